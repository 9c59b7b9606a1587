// Writers of one process: served in order, committed in groups, each undone on its own.
#include <doctest/doctest.h>

#include <atomic>
#include <chrono>
#include <span>
#include <string>
#include <thread>
#include <vector>

#include "../support/temporary_folder.hpp"
#include "adapters/sqlite/sqlite_store.hpp"
#include "adapters/sqlite/write_queue.hpp"
#include "base/error.hpp"

using namespace bccast;
using sqlite::SqliteStore;
using sqlite::WriteQueue;

namespace {

Provider named(const std::string& id) {
  Provider provider;
  provider.id = id;
  return provider;
}

}  // namespace

TEST_CASE("Of writers that are committed together, those that fail undo themselves and nobody else") {
  constexpr int kThreads = 8;
  constexpr int kEach = 60;
  const test::TemporaryFolder folder;
  SqliteStore store(folder.file());
  std::atomic<int> refused{0};
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < kEach; ++i) {
        const auto id = std::to_string(t) + "-" + std::to_string(i);
        try {
          store.write([&](Tables& tables) {
            tables.directory().insert_provider(named(id));
            if (i % 3 == 0) throw Error(Code::state, id);  // after it has written
          });
        } catch (const Error& error) {
          // Each hears of its own failure.
          if (error.code() == Code::state && error.what() == id && i % 3 == 0) ++refused;
        }
      }
    });
  }
  for (auto& thread : threads) thread.join();

  CHECK(refused == kThreads * kEach / 3);
  store.read([&](const Tables& tables) {
    for (int t = 0; t < kThreads; ++t)
      for (int i = 0; i < kEach; ++i)
        CHECK(tables.directory().provider(std::to_string(t) + "-" + std::to_string(i)).has_value() ==
              (i % 3 != 0));
  });
  CHECK(store.counters().commits <=
        kThreads * kEach * 2 / 3 + 1);  // at most one for each that wrote, and the schema
}

TEST_CASE("Writers that wait are committed in one transaction, in the order in which they came") {
  WriteQueue queue;
  std::vector<std::size_t> groups;
  std::vector<int> order;
  std::atomic<bool> first_runs{false};
  std::atomic<bool> go_on{false};
  const auto runner = [&](std::span<WriteQueue::Request* const> group) {
    groups.push_back(group.size());
    for (auto* request : group) request->work();
  };
  std::thread first([&] {
    const auto work = [&] {
      first_runs = true;
      while (!go_on) std::this_thread::yield();
      order.push_back(0);
    };
    WriteQueue::Request request{work, Durability::synced};
    queue.submit(request, runner);
  });
  while (!first_runs) std::this_thread::yield();
  // While the first runs, three more come, one after the other; try_submit does not wait for anybody.
  std::vector<std::thread> others;
  for (int i = 1; i <= 3; ++i) {
    std::atomic<bool> about{false};
    others.emplace_back([&, i] {
      const auto work = [&, i] { order.push_back(i); };
      WriteQueue::Request request{work, Durability::synced};
      about = true;
      queue.submit(request, runner);
    });
    while (!about) std::this_thread::yield();
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
  }
  const auto never = [&] { order.push_back(-1); };
  WriteQueue::Request impatient{never, Durability::relaxed};
  CHECK_FALSE(queue.try_submit(impatient, runner));
  go_on = true;
  first.join();
  for (auto& thread : others) thread.join();

  CHECK(order == std::vector<int>{0, 1, 2, 3});
  CHECK(groups == std::vector<std::size_t>{1, 3});
}

TEST_CASE("An exception in one request is its own, and the queue goes on") {
  WriteQueue queue;
  const auto runner = [](std::span<WriteQueue::Request* const> group) {
    for (auto* request : group) {
      try {
        request->work();
      } catch (...) {
        request->error = std::current_exception();
      }
    }
  };
  const auto fails = [] { throw Error(Code::full, "no space"); };
  WriteQueue::Request bad{fails, Durability::synced};
  CHECK_THROWS_AS(queue.submit(bad, runner), Error);
  bool ran = false;
  const auto works = [&] { ran = true; };
  WriteQueue::Request good{works, Durability::synced};
  queue.submit(good, runner);
  CHECK(ran);
}
