// Who writes without end holds nobody up.
#include <doctest/doctest.h>

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <thread>
#include <vector>

#include "../support/temporary_folder.hpp"
#include "adapters/sqlite/sqlite_store.hpp"

using namespace bccast;

TEST_CASE("R23: among writers that never stop, another waits for one turn of each, not for their end") {
  constexpr std::size_t kFlooders = 6;
  constexpr int kWrites = 300;
  const test::TemporaryFolder folder;
  sqlite::SqliteStore store(folder.file());
  std::atomic<bool> stop{false};
  std::atomic<std::size_t> executed{0};
  const auto write = [&] {
    std::size_t turn = 0;
    store.write([&](Tables& tables) {
      tables.events().insert_event({0, 1, EventKind::message_created, 1, 1, 0});
      turn = executed.fetch_add(1);
    });
    return turn;
  };
  std::vector<std::thread> flooders;
  for (std::size_t i = 0; i < kFlooders; ++i)
    flooders.emplace_back([&] {
      while (!stop) write();
    });
  while (executed < 10 * kFlooders) std::this_thread::yield();

  std::vector<std::size_t> before_it;
  for (int i = 0; i < kWrites; ++i) {
    const std::size_t asked_at = executed;
    before_it.push_back(write() - asked_at);
  }
  stop = true;
  for (auto& flooder : flooders) flooder.join();

  // Each flooder may have one write in the transaction under way and one that waits. A thread that is taken
  // off its processor between asking and queueing sees more, which is rare: so nine in ten.
  std::sort(before_it.begin(), before_it.end());
  CAPTURE(before_it.back());
  CHECK(before_it[before_it.size() * 9 / 10] <= 2 * kFlooders);
}
