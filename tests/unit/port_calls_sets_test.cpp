// That core calls the ports as often for two as for two hundred of what it goes through: slices of a roster,
// a client's rosters and threads, claims, blasts of a list.
#include <doctest/doctest.h>

#include <array>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/client_export.hpp"
#include "core/erasure.hpp"
#include "core/provider_end.hpp"
#include "port_calls.hpp"

namespace {

using namespace bccast;
using test::port_calls::Calls;
using test::port_calls::check_constant;
using test::port_calls::kEmail;
using test::port_calls::kOutcomes;
using test::port_calls::World;

constexpr std::array<std::size_t, 3> kSizes{2, 20, 200};
constexpr std::array<std::size_t, 3> kLarge{100, 200, 250};  // too large to be filled by whoever claims them

/// A roster on which each client stands in a slice of its own.
struct Spread : World {
  explicit Spread(std::size_t slices) : World(0) {
    for (std::size_t i = 0; i < slices; ++i) ids.push_back("c" + std::to_string(100'000 + i));
    views.assign(ids.begin(), ids.end());
    put("Somebody");
    for (std::size_t i = 0; i < slices; ++i) {
      directory.roster_add("lee", views[i]);
      store.write([&](Tables& tables) { end_slice(tables, static_cast<SliceNo>(i)); });
    }
  }

 private:
  /// All other places of it are dead ones.
  static void end_slice(Tables& tables, SliceNo s) {
    auto& rosters = tables.directory();
    auto roster = rosters.roster_work(1).value();
    roster.next_place = place_at(s + 1, 0);
    rosters.update_roster_work(roster);
    auto slice = rosters.roster_slice(1, s);
    slice.dead = Slice::range(1, Slice::kPlaces);
    const std::pair row(RosterSliceKey{1, s}, slice);
    rosters.put_roster_slices({&row, 1});
  }
};

struct Act {
  std::string name;
  std::function<void(World&)> prepare;
  std::function<void(World&)> act;
  const std::array<std::size_t, 3>& sizes = kSizes;
};

/// Quiet hours in which the next batch, of all, is put off.
void put_all_off(World& world) {
  world.channels.set("email", "quiet_hours", "00:00-23:59");
  const auto batch = world.claimed(world.ids.size());
  REQUIRE(batch->batch.size() == 0);
  world.report(*batch);
}

std::string told_on_two_channels(World& world) {
  world.channels.put("push", "notify");
  const auto blast = world.sent();
  const auto batch = world.claimed(world.ids.size());
  kOutcomes[2].set(batch->batch);
  world.report(*batch);
  return blast;
}

/// A blast that was delivered to nobody, of which those who follow are to be told nothing.
std::string not_delivered(World& world) {
  world.channels.put("app", "deliver");
  world.channels.set("app", "fail_percent", "0");
  const auto blast = world.sent();
  auto batch = world.work.advance(bccast::verb::pump, 2, nullptr, world.ids.size()).next;
  REQUIRE(batch);
  world.work.load(*batch);
  kOutcomes[2].set(batch->batch);
  Report report;
  report.assignment = &*batch;
  world.work.advance(bccast::verb::pump, 2, &report, 0);
  return blast;
}

std::vector<Act> acts_on_slices() {
  const auto object = std::make_shared<std::string>();
  const auto batch = std::make_shared<std::unique_ptr<Assignment>>();
  const auto nothing = [](World&) {};
  const auto sent = [object](World& w) { *object = w.sent(); };
  const auto drafted = [object](World& w) { *object = w.drafting.create("lee", {}).blast; };
  const auto all_chosen = [object](World& w) {
    *object = w.drafting.create("lee", {}).blast;
    w.drafting.act_all("lee", *object, Drafting::Act::select);
  };
  const auto in_hand = [batch](std::size_t outcome) {
    return [batch, outcome](World& w) {
      w.sent();
      *batch = w.claimed(w.ids.size());
      REQUIRE((*batch)->batch.size() == w.ids.size());
      kOutcomes[outcome].set((*batch)->batch);
    };
  };
  const auto report = [batch](World& w) { w.report(**batch); };
  return {
      {"count a roster", nothing, [](World& w) { CHECK(w.directory.roster_count("lee").active > 0); }},
      {"select clients", drafted,
       [object](World& w) { w.drafting.act_many("lee", *object, w.views, Drafting::Act::select); }},
      {"select from an earlier blast",
       [object](World& w) {
         w.sent();
         *object = w.drafting.create("lee", {}).blast;
       },
       [object](World& w) {
         w.drafting.select_from("lee", *object, w.progress.list("lee", {}, {}, 2).items.at(1).blast,
                                "opened=0");
       }},
      {"preview", all_chosen,
       [object](World& w) {
         CHECK(w.drafting.preview("lee", *object).recipients == static_cast<std::int64_t>(w.ids.size()));
       }},
      {"list a selection", all_chosen,
       [object](World& w) {
         CHECK(w.drafting.selection("lee", *object, {}, {}, 1'000).items.size() == w.ids.size());
       }},
      {"send",
       [object, all_chosen](World& w) {
         all_chosen(w);
         w.drafting.write("lee", *object, "text");
       },
       [object](World& w) { w.sending.send("lee", *object, {}); }},
      {"find among the recipients", sent,
       [object](World& w) { CHECK(w.progress.find("lee", *object, w.views).size() == w.ids.size()); }},
      {"claim and fill", sent, [](World& w) { CHECK(w.claimed(w.ids.size())->batch.size() == w.ids.size()); },
       kLarge},
      {"claim and fill what follows", not_delivered,
       [](World& w) { CHECK(w.claimed(w.ids.size())->left_out.size() == w.ids.size()); }, kLarge},
      {"report: failed", in_hand(2), report},
      {"report: skipped", in_hand(3), report},
      {"put off",
       [batch](World& w) {
         w.sent();
         w.channels.set("email", "quiet_hours", "00:00-23:59");
         *batch = w.claimed(w.ids.size());
       },
       report},
      {"report what was put off",
       [batch, in_hand](World& w) {
         in_hand(2)(w);
         w.clock.now += kLongestLease + 1;
         put_all_off(w);
       },
       report},
      {"report what was put off and woken",
       [in_hand](World& w) {
         in_hand(2)(w);
         w.clock.now += kLongestLease + 1;
         put_all_off(w);
         w.channels.set("email", "quiet_hours", "");
         REQUIRE(w.claimed(w.ids.size())->batch.size() == w.ids.size());
       },
       report},
      {"end quiet hours",
       [](World& w) {
         w.sent();
         put_all_off(w);
       },
       [](World& w) { w.channels.set("email", "quiet_hours", ""); }},
      {"wake",
       [](World& w) {
         w.sent();
         put_all_off(w);
         w.channels.set("email", "quiet_hours", "");
       },
       [](World& w) { CHECK(w.claimed(w.ids.size())->items.size() == w.ids.size()); }, kLarge},
      {"status on two channels", [object](World& w) { *object = told_on_two_channels(w); },
       [object](World& w) { w.progress.status("lee", *object); }},
      {"recall", [object](World& w) { *object = told_on_two_channels(w); },
       [object](World& w) { w.control.recall("lee", *object); }},
      {"recall what waits",
       [object](World& w) {
         *object = w.sent();
         put_all_off(w);
       },
       [object](World& w) { w.control.recall("lee", *object); }},
      {"drop what waits of an archived provider",
       [](World& w) {
         w.sent();
         const auto one = w.claimed(w.ids.size());
         kOutcomes[1].set(one->batch);
         w.report(*one);
       },
       [](World& w) { ProviderEnd(w.context).archive("lee"); }},
      {"retry what failed to be delivered",
       [object](World& w) {
         *object = not_delivered(w);
         w.report(*w.claimed(w.ids.size()));
       },
       [object](World& w) { w.second_tries.retry_failed("lee", *object); }},
  };
}

}  // namespace

TEST_CASE("What goes through slices takes the same calls for two, twenty and two hundred of them") {
  for (const auto& one : acts_on_slices()) {
    CAPTURE(one.name);
    check_constant(
        [&](std::size_t slices) {
          Spread world(slices);
          one.prepare(world);
          return world.calls([&] { one.act(world); });
        },
        one.sizes);
  }
}

namespace {

/// Providers with two clients, to whom each of them has sent a blast.
struct Rosters : World {
  explicit Rosters(std::size_t count) : World(0) {
    directory.client_put("ann", "Ann", "ann@example.org");
    directory.client_put("bob", "Bob", "bob@example.org");
    for (std::size_t i = 0; i < count; ++i) providers.push_back("p" + std::to_string(100'000 + i));
    for (const auto& id : providers) {
      directory.provider_put(id, "Dr. " + id);
      directory.roster_add(id, "ann");
      directory.roster_add(id, "bob");
    }
    for (const auto& id : providers) {
      const auto blast = drafting.create(id, {}).blast;
      drafting.act_all(id, blast, Drafting::Act::select);
      drafting.write(id, blast, "text");
      sending.send(id, blast, {});
    }
  }
  std::size_t look() { return inbox.of_client("ann", {}, {}, 1'000).items.size(); }
  std::vector<std::string> providers;
};

struct RosterAct {
  std::string name;
  std::function<void(Rosters&)> prepare;
  std::function<void(Rosters&)> act;
};

std::vector<RosterAct> acts_on_rosters() {
  const auto nothing = [](Rosters&) {};
  const auto look = [](Rosters& w) { CHECK(w.look() == w.providers.size()); };
  const auto count = [](Rosters& w) {
    CHECK(w.inbox.unread_of_client("ann").threads == static_cast<std::int64_t>(w.providers.size()));
  };
  const auto list_all = [](Rosters& w) {
    CHECK(ClientExport(w.context).list("ann", {}, 1'000).items.size() > w.providers.size());
  };
  const auto replied = [](Rosters& w) {
    for (const auto& row : w.inbox.of_client("ann", {}, {}, 1'000).items)
      w.conversation.write({Side::client, "ann"}, row.thread, {}, "Hello");
  };
  return {
      {"look at an inbox for the first time", nothing, look},
      {"look at an inbox", look, look},
      {"count what is unread, the first time", nothing, count},
      {"count what is unread", look, count},
      {"export a client", nothing, list_all},
      {"export a client who has replied", replied, list_all},
      {"list providers", nothing,
       [](Rosters& w) {
         CHECK(w.directory.provider_list({}, 1'000).items.size() == w.providers.size() + 1);
       }},
      {"claim single messages of many providers",
       [](Rosters& w) {
         for (const auto& id : w.providers)
           w.conversation.write({Side::provider, id}, w.conversation.direct(id, "ann"), {}, "Hello");
         w.channels.put("push", "notify");
         for (const auto& id : w.providers) {
           const auto thread = w.conversation.direct(id, "ann");
           w.conversation.write({Side::provider, id}, thread, {}, "Hello");
         }
       },
       [](Rosters& w) {
         auto batch = w.work.advance(bccast::verb::pump, 2, nullptr, 1'000).next;
         REQUIRE(batch);
         if (!batch->loaded) w.work.load(*batch);
         CHECK(batch->items.size() == w.providers.size());
       }},
  };
}

}  // namespace

TEST_CASE("What goes through rosters takes the same calls for two, twenty and two hundred of them") {
  for (const auto& one : acts_on_rosters()) {
    CAPTURE(one.name);
    check_constant(
        [&](std::size_t count) {
          Rosters world(count);
          one.prepare(world);
          return world.calls([&] { one.act(world); });
        },
        kSizes);
  }
}

TEST_CASE(
    "A client's export takes the same calls for two, twenty and two hundred threads, replied to or not") {
  for (const bool replied : {false, true}) {
    CAPTURE(replied);
    check_constant(
        [&](std::size_t threads) {
          World world(2);
          for (std::size_t i = 0; i < threads; ++i) world.sent();
          const auto ann = world.views[0];
          if (replied)
            for (const auto& row : world.inbox.of_client(ann, {}, {}, 1'000).items)
              world.conversation.write({Side::client, ann}, row.thread, {}, "Hello");
          return world.calls([&] {
            const auto rows = ClientExport(world.context).list(ann, {}, 1'000).items;
            CHECK(rows.size() > threads * (replied ? 2 : 1));
          });
        },
        kSizes);
  }
}

TEST_CASE("A page of blasts takes the same calls for two, twenty and two hundred of them") {
  check_constant(
      [](std::size_t blasts) {
        World world(2);
        for (std::size_t i = 0; i < blasts; ++i) world.sent();
        return world.calls([&] { CHECK(world.progress.list("lee", {}, {}, 1'000).items.size() == blasts); });
      },
      kSizes);
}

TEST_CASE(
    "A batch of single items that is split, and one whose parts are in many claims, take the same calls") {
  for (const bool split : {true, false}) {
    CAPTURE(split);
    check_constant(
        [&](std::size_t n) {
          World world(n);
          world.sent();
          const auto all = world.claimed(n);
          kOutcomes[1].set(all->batch);
          world.report(*all);
          world.clock.now += 2'000;
          const auto whole = world.claimed(n);
          REQUIRE(whole->items.size() == n);
          Report to_split;
          to_split.assignment = &*whole;
          to_split.result = BatchResult::split;
          if (split)
            return world.calls([&] { world.work.advance(bccast::verb::pump, kEmail, &to_split, 0); });
          world.work.advance(bccast::verb::pump, kEmail, &to_split, 0);  // now each is in a claim of its own
          kOutcomes[0].set(whole->batch);
          return world.calls([&] { world.report(*whole); });
        },
        kSizes);
  }
}
