// One batch of single items from several slices of a roster: what is damaged in one of these costs those of
// the others nothing.
#include <doctest/doctest.h>

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <bccast/engine.hpp>

#include "../support/temporary_folder.hpp"
#include "full_store.hpp"
#include "ports/notice_batch.hpp"
#include "ports/notifier.hpp"
#include "still_clock.hpp"

namespace {

using namespace bccast;

/// A roster of more than one slice, of which a few have a blast.
struct Practice {
  static constexpr int kClients = 65'700;

  explicit Practice(const std::function<std::string(int)>& address_of) {
    Options options;
    options.clock(clock);
    engine = std::make_unique<Engine>(folder.file(), std::move(options));
    engine->provider_put("lee", "Dr. Lee");
    std::vector<std::string> ids;
    std::vector<std::string> addresses;
    for (int i = 0; i < kClients; ++i) {
      ids.push_back(client(i));
      addresses.push_back(address_of(i));
    }
    const std::vector<std::string_view> id_views(ids.begin(), ids.end());
    const std::vector<std::string_view> address_views(addresses.begin(), addresses.end());
    engine->client_put_many(id_views, id_views, address_views);
    engine->roster_add_many("lee", id_views);
  }
  static std::string client(int i) { return "c" + std::to_string(i); }
  static std::string address(int i) { return client(i) + "@example.org"; }

  std::string send(const std::vector<int>& to) {
    const auto blast = engine->blast_create("lee").blast;
    for (const int i : to) engine->blast_select("lee", blast, client(i));
    engine->blast_write("lee", blast, "text");
    engine->blast_send("lee", blast);
    return blast;
  }
  /// Works off a channel, each item as `outcome` says: who was told at last, and how.
  std::map<std::string, ItemStatus> work_off(const char* channel,
                                             const std::function<ItemStatus(const std::string&)>& outcome) {
    std::map<std::string, ItemStatus> told;
    while (const auto batch = engine->claim(channel, 100)) {
      auto& notices = batch->notices();
      for (std::size_t i = 0; i < notices.size(); ++i) {
        const std::string to(notices.to().at(i));
        notices.set(i, {told[to] = outcome(to), "bounced"});
      }
      batch->complete(0);
    }
    return told;
  }
  void damage_skips(const std::string& where) {
    test::Database(folder.file())
        .run("UPDATE skip SET places = CAST(substr(places, 1, length(places) - 1) || x'7e' AS BLOB) WHERE " +
             where);
  }
  test::TemporaryFolder folder;
  std::shared_ptr<test::StillClock> clock = std::make_shared<test::StillClock>();
  std::unique_ptr<Engine> engine;
};

constexpr int kFirst = 1;        // of the first slice
constexpr int kSecond = 65'600;  // of the second

ItemStatus done(const std::string&) {
  return ItemStatus::done;
}

TEST_CASE("A damaged bitmap of who was not delivered to fails the items of its slice alone") {
  Practice practice(Practice::address);
  practice.engine->channel_put("chat", "deliver");
  practice.engine->channel_put("email", "notify");
  practice.send({kFirst, kFirst + 1, kFirst + 2, kSecond, kSecond + 1, kSecond + 2});
  practice.work_off("chat", [](const std::string& to) {
    return to == Practice::client(kFirst + 2) ? ItemStatus::skipped : ItemStatus::done;
  });
  practice.work_off("email", [](const std::string& to) {
    return to == Practice::client(kFirst) || to == Practice::client(kSecond) ? ItemStatus::retry
                                                                             : ItemStatus::done;
  });
  practice.damage_skips("slice_no = 0");
  practice.clock->now += 120'000;
  const auto told = practice.work_off("email", done);
  CHECK(told.size() == 1);
  CHECK(told.count(Practice::client(kSecond)) == 1);
}

TEST_CASE("A damaged bitmap of who was left out keeps no family of another slice from being told") {
  Practice practice([](int i) {
    if (i == kFirst || i == kFirst + 1) return std::string("first@example.org");
    if (i == kSecond || i == kSecond + 1) return std::string("second@example.org");
    return Practice::address(i);
  });
  practice.engine->channel_put("email", "notify");
  const auto blast = practice.send({kFirst, kFirst + 1, kFirst + 2, kSecond, kSecond + 1, kSecond + 2});
  const auto fails = [](const std::string& to) {
    return to == Practice::client(kFirst + 2) || to == Practice::client(kSecond + 2) ? ItemStatus::done
                                                                                     : ItemStatus::failed;
  };
  for (int i = 0; i < 4; ++i) {
    practice.work_off("email", fails);
    practice.clock->now += 120'000;
  }
  practice.engine->pump();  // who was told at which address is forgotten
  CHECK(practice.engine->blast_retry_failed("lee", blast) == 2);
  practice.damage_skips("slice_no = 0");
  const auto told = practice.work_off("email", done);
  CHECK(told.size() == 1);
  CHECK(told.count(Practice::client(kSecond)) + told.count(Practice::client(kSecond + 1)) == 1);
}

}  // namespace
