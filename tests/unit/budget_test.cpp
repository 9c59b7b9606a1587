// What a pump with a budget takes, by a clock that only what is simulated moves.
#include <doctest/doctest.h>

#include <algorithm>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "../support/temporary_folder.hpp"
#include "adapters/sqlite/sqlite_store.hpp"
#include "core/channels.hpp"
#include "core/directory.hpp"
#include "core/drafting.hpp"
#include "core/sending.hpp"
#include "core/work.hpp"
#include "engine/claims.hpp"
#include "engine/doorbell.hpp"
#include "engine/pump.hpp"
#include "full_store.hpp"

namespace {

/// Each claim, each report and each filling of a batch looks at the wall clock once, and takes as long as
/// that.
class SteppingClock final : public bccast::Clock {
 public:
  bccast::Ms wall_ms() override { return 1'700'000'000'000 + (us += own_us) / 1000; }
  std::int64_t monotonic_us() override { return us; }
  std::int64_t us = 0;
  std::int64_t own_us = 0;
};

/// Takes so long for each item, and another time after the first so many.
class Steady final : public bccast::Notifier {
 public:
  explicit Steady(SteppingClock& clock) : clock_(clock) {}
  bccast::Handled notify(bccast::NoticeBatch& batch, const std::shared_ptr<bccast::BatchControl>&) override {
    for (std::size_t i = 0; i < batch.size(); ++i) clock_.us += told++ < jumps_at ? item_us : later_us;
    ++batches;
    return bccast::Handled::as_set;
  }
  std::int64_t item_us = 0;
  std::int64_t later_us = 0;
  std::int64_t jumps_at = 1'000'000'000;
  std::int64_t told = 0;
  std::int64_t batches = 0;

 private:
  SteppingClock& clock_;
};

class NoQueue final : public bccast::Queue {
 public:
  void ring() noexcept override {}
};

constexpr std::int64_t kClients = 3000;

struct World {
  explicit World(std::vector<std::string> names = {"email"}) {
    bccast::Handlers handlers;
    for (const auto& name : names) {
      channels.put(name, "notify");
      notifiers.push_back(std::make_shared<Steady>(clock));
      handlers[name] = {notifiers.back(), nullptr};
    }
    directory.provider_put("lee", "Dr. Lee");
    std::vector<std::string> ids;
    for (std::int64_t i = 0; i < kClients; ++i) ids.push_back("client-" + std::to_string(i));
    const std::vector<std::string_view> views(ids.begin(), ids.end());
    directory.client_put_many(views, views, views);
    directory.roster_add_many("lee", views);
    pump = std::make_unique<bccast::Pump>(context, work, queue, handlers);
    notifier().item_us = 1;
  }
  Steady& notifier(std::size_t i = 0) { return *notifiers.at(i); }
  void send() {
    const auto blast = drafting.create("lee", {}).blast;
    drafting.act_all("lee", blast, bccast::Drafting::Act::select);
    drafting.write("lee", blast, "text");
    sending.send("lee", blast, {});
  }
  /// Pumps until nothing is left: by how much each call took longer than its budget.
  std::vector<std::int64_t> overruns(std::uint32_t budget_us) {
    std::vector<std::int64_t> all;
    for (bool more = true; more;) {
      const auto began = clock.us;
      const auto told = told_so_far();
      more = pump->run(0, budget_us).more;
      all.push_back(clock.us - began - budget_us);
      REQUIRE((told_so_far() > told || !more));  // every call gets on
    }
    return all;
  }
  std::int64_t told_so_far() {
    std::int64_t told = 0;
    for (const auto& notifier : notifiers) told += notifier->told;
    return told;
  }

  test::TemporaryFolder folder;
  SteppingClock clock;
  bccast::sqlite::SqliteStore store{folder.file()};
  bccast::Context context{store, clock};
  bccast::Directory directory{context};
  bccast::Drafting drafting{context};
  bccast::Sending sending{context};
  bccast::Channels channels{context};
  bccast::Work work{context};
  NoQueue queue;
  std::vector<std::shared_ptr<Steady>> notifiers;
  std::unique_ptr<bccast::Pump> pump;
};

std::int64_t longest(const std::vector<std::int64_t>& overruns) {
  return *std::max_element(overruns.begin(), overruns.end());
}

}  // namespace

TEST_CASE("While an item's cost is steady, a pump overruns its budget by one item or one budget at most") {
  for (const std::int64_t item_us : {1, 20, 300, 7000}) {
    World world;
    for (const std::uint32_t budget_us : {200u, 2000u, 50'000u}) {
      CAPTURE(item_us);
      CAPTURE(budget_us);
      world.notifier().item_us = item_us;
      world.notifier().told = 0;
      world.send();
      const auto overruns = world.overruns(budget_us);
      CHECK(world.notifier().told == kClients);
      CHECK(longest(overruns) <= std::max<std::int64_t>(item_us, budget_us));
      // And it is used: but for the first calls, in which the cost is new, at least half of it.
      const auto calls = static_cast<std::int64_t>(overruns.size());
      CHECK(calls <= 2 * kClients * item_us / std::min<std::int64_t>(budget_us, kClients * item_us) + 40);
    }
  }
}

TEST_CASE("A budget is kept from the first batch on, of which nothing is known") {
  for (const std::int64_t item_us : {50, 1500, 30'000}) {
    CAPTURE(item_us);
    World world;
    world.notifier().item_us = item_us;
    world.send();
    const auto began = world.clock.us;
    world.pump->run(0, 2000);
    CHECK(world.clock.us - began - 2000 <= std::max<std::int64_t>(item_us, 2000));
  }
}

TEST_CASE("When an item's cost jumps, the call and perhaps the next one overrun, and then it is known") {
  World world;
  world.notifier().item_us = 2;
  world.notifier().later_us = 100;
  world.notifier().jumps_at = 1500;
  world.send();
  const auto overruns = world.overruns(2000);
  CHECK(world.notifier().told == kClients);
  CHECK(longest(overruns) > 2000);  // nobody can know
  CHECK(std::count_if(overruns.begin(), overruns.end(), [](auto overrun) { return overrun > 2000; }) <= 2);
  CHECK(overruns.back() <= 0);
}

TEST_CASE("The library's own cost counts: what a batch costs besides its items is left room for") {
  World world;
  world.notifier().item_us = 10;
  world.send();
  world.clock.own_us = 400;
  const auto overruns = world.overruns(3000);
  CHECK(world.notifier().told == kClients);
  CHECK(longest(overruns) <= 3000);
  CHECK(std::count_if(overruns.begin(), overruns.end(), [](auto overrun) { return overrun > 1000; }) <= 2);
  // It is not spent on batches that cost more than they carry.
  CHECK(world.notifier().batches <= 2 * static_cast<std::int64_t>(overruns.size()) + 10);
}

TEST_CASE("A budget below what a batch costs by itself still gets on, with more than one item") {
  World world;
  world.notifier().item_us = 1;
  world.send();
  world.clock.own_us = 1500;
  const auto overruns = world.overruns(1000);
  CHECK(world.notifier().told == kClients);
  CHECK(overruns.size() < kClients / 10);
}

TEST_CASE("One slow moment does not leave a budget with small batches") {
  World world;
  world.clock.own_us = 10;
  const auto batches_of_a_blast = [&] {
    world.send();
    const auto before = world.notifier().batches;
    world.overruns(2000);
    return world.notifier().batches - before;
  };
  batches_of_a_blast();
  const auto usual = batches_of_a_blast();
  world.send();
  world.pump->run(1000, 0);
  world.clock.own_us = 70'000;  // the machine does something else for a while
  world.pump->run(1000, 2000);
  world.clock.own_us = 10;
  world.overruns(2000);
  batches_of_a_blast();
  CHECK(batches_of_a_blast() == usual);
}

TEST_CASE("Two channels of different cost keep one budget") {
  World world({"email", "push"});
  for (std::int64_t i = 0; i < kClients; ++i) {
    const auto id = "client-" + std::to_string(i);
    world.directory.client_set(id, "address.push", id);
  }
  world.notifier(0).item_us = 5;
  world.notifier(1).item_us = 900;
  world.send();
  const auto overruns = world.overruns(2000);
  CHECK(world.notifier(0).told == kClients);
  CHECK(world.notifier(1).told == kClients);
  CHECK(longest(overruns) <= 2000);
}

TEST_CASE("Without a budget batches are as large as they were: they begin with fifty, and double") {
  World world;
  world.notifier().item_us = 7000;  // seconds a batch
  world.send();
  world.pump->run(50, 0);
  CHECK(world.notifier().told == 50);
  CHECK(world.notifier().batches == 1);
}

TEST_CASE("A claim that finds nobody to be told ends soon, and the bell says that there is more") {
  World world;
  world.channels.set("email", "quiet_hours", "21:00-08:00");  // it is 22:13
  world.send();
  bccast::Doorbell doorbell(world.store);
  bccast::Claims claims(world.context, world.work, doorbell, true);
  doorbell.fd();
  world.clock.own_us = 1000;
  const auto waiting = [&] {
    std::int64_t count = 0;
    world.store.read([&](const bccast::Tables& tables) { count = tables.work().line(1)->waiting; });
    return count;
  };
  int calls = 0;
  for (bool rings = true; rings; ++calls) {
    REQUIRE(calls < 100);
    const auto before = waiting();
    const auto began = world.clock.us;
    CHECK(claims.next(1, 100, nullptr) == nullptr);
    CHECK(world.clock.us - began <= 20'000 + 6 * world.clock.own_us);  // and one batch
    CHECK((waiting() > before || before == kClients));                 // every call gets on
    rings = doorbell.wait(0);
  }
  CHECK(calls > 3);
  CHECK(waiting() == kClients);
}

TEST_CASE("Where nothing limits a pump, messages and what a recall has left behind take turns") {
  const test::TemporaryFolder folder;
  const auto clock = std::make_shared<test::StillClock>();
  std::vector<std::int64_t> swept;  // of the recalled blast, when each batch of the other was handed out
  const auto engine = test::open_store(folder.file(), clock, [&](bccast::Notices&) {
    swept.push_back(std::stoll(
        test::Database(folder.file()).texts("SELECT swept FROM blast ORDER BY blast_no LIMIT 1").at(0)));
    return true;
  });
  constexpr std::int64_t kMany = 10'000;
  engine->provider_put("lee", "Dr. Lee");
  std::vector<std::string> ids;
  for (std::int64_t i = 0; i < kMany; ++i) ids.push_back("client-" + std::to_string(i));
  const std::vector<std::string_view> views(ids.begin(), ids.end());
  engine->client_put_many(views, views, views);
  engine->roster_add_many("lee", views);
  const auto recalled = test::make_blast(*engine, "lee", "recalled", {});
  engine->blast_send("lee", recalled);
  engine->blast_recall("lee", recalled);
  engine->blast_send("lee", test::make_blast(*engine, "lee", "sent", {}));
  engine->pump();
  REQUIRE(swept.size() > 5);
  CHECK(swept.front() > 0);
  CHECK(swept.front() < kMany);
  for (std::size_t i = 1; i < swept.size(); ++i) CHECK((swept[i] > swept[i - 1] || swept[i - 1] == kMany));
  CHECK(swept.back() == kMany);
  CHECK(engine->next_ms() != 0);
  CHECK(engine->verify().empty());
}
