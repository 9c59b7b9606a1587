// A store on which the calls of the ports are counted.
#pragma once

#include <doctest/doctest.h>

#include <array>
#include <functional>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "../support/temporary_folder.hpp"
#include "adapters/sqlite/sqlite_store.hpp"
#include "core/channels.hpp"
#include "core/communities.hpp"
#include "core/control.hpp"
#include "core/conversation.hpp"
#include "core/directory.hpp"
#include "core/drafting.hpp"
#include "core/events.hpp"
#include "core/inbox.hpp"
#include "core/progress.hpp"
#include "core/roster.hpp"
#include "core/second_tries.hpp"
#include "core/sending.hpp"
#include "core/work.hpp"
#include "hooked_store.hpp"
#include "model/retry.hpp"
#include "still_clock.hpp"

namespace test::port_calls {

using namespace bccast;

using Calls = std::map<std::string, std::int64_t>;  // by name
inline constexpr ChannelNo kEmail = 1;

struct World {
  explicit World(std::size_t clients) {
    channels.put("email", "notify");
    channels.set("email", "fail_percent", "0");  // as many may fail as will
    directory.provider_put("lee", "Dr. Lee");
    for (std::size_t i = 0; i < clients; ++i) ids.push_back("c" + std::to_string(100'000 + i));
    views.assign(ids.begin(), ids.end());
    put("Somebody");
    directory.roster_add_many("lee", views);
  }
  /// All clients; their addresses are their ids.
  void put(std::string_view name) {
    const std::vector<std::string_view> names(ids.size(), name);
    directory.client_put_many(views, names, views);
  }
  std::string sent() {
    const auto blast = drafting.create("lee", {}).blast;
    drafting.act_all("lee", blast, Drafting::Act::select);
    drafting.write("lee", blast, "text");
    sending.send("lee", blast, {});
    return blast;
  }
  void opened(std::size_t i) {
    const std::string id = "c" + std::to_string(100'000 + i);
    const auto thread = inbox.of_client(id, {}, {}, 0).items.at(0).thread;
    conversation.read({Side::client, id}, thread, 1);
  }
  /// How often `act` calls each function of the ports.
  Calls calls(const std::function<void()>& act) {
    counts.clear();
    act();
    return counts;
  }
  /// The next batch, filled.
  std::unique_ptr<Assignment> claimed(std::size_t most) {
    auto next = work.advance(bccast::verb::pump, kEmail, nullptr, most).next;
    REQUIRE(next);
    work.load(*next);
    return next;
  }
  void report(const Assignment& assignment) {
    Report report;
    report.assignment = &assignment;
    work.advance(bccast::verb::pump, kEmail, &report, 0);
  }
  Calls counts;
  std::vector<std::string> ids;
  std::vector<std::string_view> views;
  TemporaryFolder folder;
  StillClock clock;
  HookedStore store{std::make_unique<sqlite::SqliteStore>(folder.file()), [this](const PortCall& call) {
                      if (call.kind != PortCall::locks) ++counts[call.name];  // they go with the next
                    }};
  Context context{store, clock};
  Directory directory{context};
  Drafting drafting{context};
  Inbox inbox{context};
  Roster roster{context};
  Conversation conversation{context};
  Communities communities{context};
  Sending sending{context};
  Control control{context};
  Progress progress{context};
  SecondTries second_tries{context};
  Channels channels{context};
  Work work{context};
};

/// Of every item the same.
struct Outcome {
  const char* name;
  ItemStatus status;
  Ms retry_after;
  void set(NoticeBatch& batch) const {
    for (std::size_t i = 0; i < batch.size(); ++i) batch.set(i, {status, "reason", retry_after});
  }
};
inline constexpr std::array kOutcomes{
    Outcome{"done", ItemStatus::done, -1}, Outcome{"retry", ItemStatus::retry, 1'000},
    Outcome{"failed", ItemStatus::failed, -1}, Outcome{"skipped", ItemStatus::skipped, -1},
    Outcome{"not tried", ItemStatus::not_tried, -1}};

/// Checks that all sizes take the same calls.
template <typename F, std::size_t kCount>
void check_constant(F&& calls_for, const std::array<std::size_t, kCount>& sizes) {
  const Calls few = calls_for(sizes[0]);
  CHECK_FALSE(few.empty());
  for (std::size_t i = 1; i < kCount; ++i) {
    CAPTURE(sizes[i]);
    const Calls many = calls_for(sizes[i]);
    for (const auto& one : many) {
      CAPTURE(one.first);
      CHECK(few.count(one.first) == 1);
      if (few.count(one.first) == 1) CHECK(one.second == few.at(one.first));
    }
    CHECK(few.size() == many.size());
  }
}

}  // namespace test::port_calls
