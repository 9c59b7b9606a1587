// How often core calls the ports: the round trips that each verb and each batch would cost on a server.
#include <doctest/doctest.h>

#include <array>
#include <fstream>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "port_calls.hpp"

namespace {

using namespace bccast;
using test::port_calls::Calls;
using test::port_calls::kEmail;
using test::port_calls::kOutcomes;
using test::port_calls::World;

constexpr std::array<std::size_t, 2> kSizes{10, 1'000};
constexpr std::array<std::size_t, 2> kLarge{100, 1'000};  // too large to be filled by whoever claims them

/// A blast to `n` that had to be tried again, each of them by itself, and is due.
void single_items_wait(World& world, std::size_t n) {
  world.sent();
  const auto batch = world.claimed(n);
  kOutcomes[1].set(batch->batch);
  world.report(*batch);
  world.clock.now += 2'000;
}

/// Checks that both sizes take the same calls.
template <typename F>
void check_constant(F&& calls_for, std::array<std::size_t, 2> sizes = kSizes) {
  test::port_calls::check_constant(calls_for, sizes);
}

}  // namespace

TEST_CASE(
    "A batch is claimed and filled with the same calls, however many are in it and have opened theirs") {
  check_constant(
      [](std::size_t n) {
        World world(n);
        world.sent();
        for (std::size_t i = 0; i < n; i += 3) world.opened(i);
        return world.calls([&] { CHECK(world.claimed(n)->left_out.size() == (n + 2) / 3); });
      },
      kLarge);
}

TEST_CASE("A batch of single items is claimed and filled with the same calls, however many are in it") {
  check_constant(
      [](std::size_t n) {
        World world(n);
        single_items_wait(world, n);
        return world.calls([&] {
          const auto batch = world.claimed(n);
          CHECK(batch->items.size() == n);
          CHECK(batch->batch.size() == n);
        });
      },
      kLarge);
}

TEST_CASE(
    "A report on a blast takes the same calls for ten recipients and a thousand, whatever became of them") {
  for (const auto& outcome : kOutcomes) {
    CAPTURE(outcome.name);
    check_constant([&](std::size_t n) {
      World world(n);
      world.sent();
      const auto batch = world.claimed(n);
      REQUIRE(batch->batch.size() == n);
      outcome.set(batch->batch);
      return world.calls([&] { world.report(*batch); });
    });
  }
}

TEST_CASE("A report on single items of one blast takes the same calls for ten and for a thousand") {
  for (const auto& outcome : kOutcomes) {
    CAPTURE(outcome.name);
    check_constant([&](std::size_t n) {
      World world(n);
      single_items_wait(world, n);
      const auto batch = world.claimed(n);
      REQUIRE(batch->items.size() == n);
      REQUIRE(batch->batch.size() == n);
      outcome.set(batch->batch);
      return world.calls([&] { world.report(*batch); });
    });
  }
}

TEST_CASE(
    "A batch that was taken over is reported with the same calls, however many of it are single items") {
  check_constant([&](std::size_t n) {
    World world(n);
    single_items_wait(world, n);
    const auto first = world.claimed(n);
    world.clock.now += kLongestLease + 1;
    const auto second = world.claimed(n / 2);  // the rest of it is in another claim now
    REQUIRE(second->items.size() == n / 2);
    return world.calls([&] { world.report(*first); });
  });
}

TEST_CASE("A batch that was put off meanwhile is reported with the same calls, however many are in it") {
  for (const bool woken : {false, true})
    for (const auto& outcome : kOutcomes) {
      CAPTURE(woken);
      CAPTURE(outcome.name);
      check_constant([&](std::size_t n) {
        World world(n);
        world.sent();
        const auto first = world.claimed(n);
        world.clock.now += kLongestLease + 1;
        world.channels.set("email", "quiet_hours", "00:00-23:59");
        const auto second = world.claimed(n);
        REQUIRE(second->batch.size() == 0);
        world.report(*second);
        if (woken) {
          world.channels.set("email", "quiet_hours", "");
          REQUIRE(world.claimed(n)->batch.size() == n);
        }
        outcome.set(first->batch);
        return world.calls([&] { world.report(*first); });
      });
    }
}

TEST_CASE("What a provider does to a blast takes the same calls for ten recipients and a thousand") {
  struct Act {
    const char* name;
    std::function<void(World&, const std::string& blast)> act;
  };
  const std::vector<Act> acts{
      {"select all",
       [](World& w, const std::string& b) { w.drafting.act_all("lee", b, Drafting::Act::select); }},
      {"write", [](World& w, const std::string& b) { w.drafting.write("lee", b, "text"); }},
      {"send", [](World& w, const std::string& b) { w.sending.send("lee", b, {}); }},
      {"status", [](World& w, const std::string& b) { w.progress.status("lee", b); }},
      {"pause", [](World& w, const std::string& b) { w.control.pause("lee", b); }},
      {"resume", [](World& w, const std::string& b) { w.control.resume("lee", b); }},
      {"recall", [](World& w, const std::string& b) { w.control.recall("lee", b); }}};
  World few(kSizes[0]);
  World many(kSizes[1]);
  const std::array<World*, 2> worlds{&few, &many};
  std::array<std::string, 2> blasts;
  for (std::size_t i = 0; i < 2; ++i) blasts[i] = worlds[i]->drafting.create("lee", {}).blast;
  for (const auto& one : acts) {
    CAPTURE(one.name);
    check_constant([&](std::size_t n) {
      const std::size_t i = n == kSizes[0] ? 0 : 1;
      return worlds[i]->calls([&] { one.act(*worlds[i], blasts[i]); });
    });
  }
}

namespace {

/// What is done to many who are named one by one. Each begins with a world of `n`.
struct ActOnMany {
  const char* name;
  std::function<void(World&)> prepare;
  std::function<void(World&)> act;
};

std::string community_of_all(World& world) {
  const auto community = world.communities.create("lee", "Everybody");
  world.communities.set("lee", community, "max_members", "1000");
  return community;
}

std::string community_with_all(World& world) {
  const auto community = community_of_all(world);
  world.communities.add_many("lee", community, world.views);
  return community;
}

/// One blast to all, which failed for all of them.
std::string failed_for_all(World& world) {
  const auto blast = world.sent();
  const auto batch = world.claimed(world.ids.size());
  kOutcomes[2].set(batch->batch);
  world.report(*batch);
  return blast;
}

/// All of another name, or at addresses of which each is another's, too.
void put_names(World& world) {
  world.put("Somebody Else");
}
void put_families(World& world) {
  const std::vector<std::string_view> names(world.ids.size(), "Somebody");
  std::vector<std::string_view> addresses = world.views;
  for (std::size_t i = 0; i < addresses.size(); i += 2) addresses[i] = addresses[i + 1];
  world.directory.client_put_many(world.views, names, addresses);
}

/// One blast, to which everybody has replied.
void all_replied(World& world) {
  world.sent();
  for (const auto& id : world.views) {
    const auto thread = world.inbox.of_client(id, {}, {}, 0).items.at(0).thread;
    world.conversation.write({Side::client, id}, thread, {}, "Hello");
  }
}

std::vector<ActOnMany> acts_on_many() {
  const auto object = std::make_shared<std::string>();
  const auto nothing = [](World&) {};
  const auto of_new = [](World& world) {
    for (auto& id : world.ids) id.front() = 'n';
    world.views.assign(world.ids.begin(), world.ids.end());
  };
  return {
      {"put new clients", of_new, [](World& w) { w.put("Somebody"); }},
      {"put clients, of other names", nothing, put_names},
      {"put clients, at addresses that others have", [](World& w) { w.sent(); }, put_families},
      {"add clients to a roster",
       [of_new](World& w) {
         of_new(w);
         w.put("Somebody");
       },
       [](World& w) { w.directory.roster_add_many("lee", w.views); }},
      {"archive clients of a roster", [](World& w) { community_with_all(w); },
       [](World& w) { w.directory.roster_archive_many("lee", w.views); }},
      {"select clients", [object](World& w) { *object = w.drafting.create("lee", {}).blast; },
       [object](World& w) { w.drafting.act_many("lee", *object, w.views, Drafting::Act::select); }},
      {"add members to a community", [object](World& w) { *object = community_of_all(w); },
       [object](World& w) { w.communities.add_many("lee", *object, w.views); }},
      {"write to a community", [object](World& w) { *object = community_with_all(w); },
       [object](World& w) {
         w.conversation.write({Side::provider, "lee"}, *object, {}, "Hello");
       }},
      {"list the members of a community", [object](World& w) { *object = community_with_all(w); },
       [object](World& w) { w.communities.members_for_provider("lee", *object); }},
      {"retry all that failed", [object](World& w) { *object = failed_for_all(w); },
       [object](World& w) { w.second_tries.retry_failed("lee", *object); }},
      {"find clients among the recipients", [object](World& w) { *object = w.sent(); },
       [object](World& w) { w.progress.find("lee", *object, w.views); }},
      {"list a page of recipients", [object](World& w) { *object = w.sent(); },
       [object](World& w) { w.progress.recipients("lee", *object, {}, {}, 1'000); }},
      {"list a page of events",
       [](World& w) {
         Events(w.context).list("host", 1);
         for (const auto& id : w.views) w.directory.client_set(id, "chat", "off");
       },
       [](World& w) { CHECK(Events(w.context).list("host", 1'000).size() == w.ids.size()); }},
      {"list a page of a roster", nothing,
       [](World& w) { CHECK(w.roster.list("lee", {}, {}, 1'000).items.size() == w.ids.size()); }},
      {"search a roster", nothing,
       [](World& w) { CHECK(w.roster.list("lee", "search=some", {}, 1'000).items.size() == w.ids.size()); }},
      {"list a page of an inbox",
       [](World& w) {
         for (std::size_t i = 0; i < w.ids.size(); ++i) w.sent();
         w.inbox.of_client(w.views[0], {}, {}, 1'000);
       },
       [](World& w) { CHECK(w.inbox.of_client(w.views[0], {}, {}, 1'000).items.size() == w.ids.size()); }},
      {"look at an inbox for the first time",
       [](World& w) {
         for (std::size_t i = 0; i < w.ids.size(); ++i) w.sent();
       },
       [](World& w) { CHECK(w.inbox.of_client(w.views[0], {}, {}, 1'000).items.size() == w.ids.size()); }},
      {"count what a client has not read",
       [](World& w) {
         for (std::size_t i = 0; i < w.ids.size(); ++i) w.sent();
       },
       [](World& w) {
         CHECK(w.inbox.unread_of_client(w.views[0]).threads == static_cast<std::int64_t>(w.ids.size()));
       }},
      {"list a page of a provider's threads", all_replied,
       [](World& w) { CHECK(w.inbox.of_provider("lee", {}, {}, 1'000).items.size() == w.ids.size()); }},
      {"list the messages of a thread",
       [object](World& w) {
         w.sent();
         *object = w.inbox.of_client(w.views[0], {}, {}, 0).items.at(0).thread;
         const Conversation::Actor ann{Side::client, w.views[0]};
         for (std::size_t i = 1; i < w.ids.size(); ++i) w.conversation.write(ann, *object, {}, "Hello");
       },
       [object](World& w) {
         const Conversation::Actor ann{Side::client, w.views[0]};
         CHECK(w.conversation.messages(ann, *object, 0, 1, 1'000).items.size() == w.ids.size());
       }},
      {"list a page of a selection",
       [object](World& w) {
         *object = w.drafting.create("lee", {}).blast;
         w.drafting.act_all("lee", *object, Drafting::Act::select);
       },
       [object](World& w) { w.drafting.selection("lee", *object, {}, {}, 1'000); }},
  };
}

}  // namespace

TEST_CASE("Recipients two of whom have each address are claimed and reported with the same calls") {
  enum class First { none, done, retry, failed_and_again };
  for (const auto first : {First::none, First::done, First::retry, First::failed_and_again}) {
    CAPTURE(static_cast<int>(first));
    for (const bool report : {false, true}) {
      CAPTURE(report);
      check_constant(
          [&](std::size_t n) {
            World world(2 * n);
            put_families(world);
            const auto blast = world.sent();
            if (first != First::none) {  // one half of them
              const auto before = world.claimed(first == First::failed_and_again ? 2 * n : n);
              kOutcomes[first == First::done ? 0 : first == First::retry ? 1 : 2].set(before->batch);
              world.report(*before);
            }
            if (first == First::failed_and_again) world.second_tries.retry_failed("lee", blast);
            std::unique_ptr<Assignment> batch;
            const auto claim = world.calls([&] { batch = world.claimed(n); });
            CHECK(batch->batch.size() + batch->left_out.size() + batch->deferred.size() +
                      batch->behind.size() ==
                  n);
            return report ? world.calls([&] { world.report(*batch); }) : claim;
          },
          {100, 500});
    }
  }
}

TEST_CASE("An act on many takes the same calls for ten and for a thousand of them") {
  for (const auto& one : acts_on_many()) {
    CAPTURE(one.name);
    check_constant([&](std::size_t n) {
      World world(n);
      one.prepare(world);
      return world.calls([&] { one.act(world); });
    });
  }
}

TEST_CASE("Clients who are a small part of a roster are found with the same calls, however many they are") {
  World world(2'000);
  const auto blast = world.drafting.create("lee", {}).blast;
  const auto select = [&](std::size_t n) {
    const std::span<const std::string_view> some(world.views.data(), n);
    return world.calls([&] { world.drafting.act_many("lee", blast, some, Drafting::Act::select); });
  };
  check_constant(select, {10, 200});
}

TEST_CASE(
    "The notices of a message to a community are claimed with the same calls for any number of members") {
  for (const bool delivers : {false, true}) {
    CAPTURE(delivers);
    check_constant(
        [&](std::size_t n) {
          World world(n);
          world.channels.put("app", "deliver");
          const auto community = community_with_all(world);
          world.conversation.write({Side::client, "c100000"}, community, {}, "Hello");
          const ChannelNo channel = delivers ? 2 : kEmail;
          return world.calls([&] {
            auto next = world.work.advance(bccast::verb::pump, channel, nullptr, n).next;
            REQUIRE(next);
            if (!next->loaded) world.work.load(*next);
          });
        },
        kLarge);
  }
}

TEST_CASE("How many have opened which blast is one call for all blasts of a list") {
  for (const std::size_t blasts : {1u, 50u}) {
    World world(10);
    for (std::size_t i = 0; i < blasts; ++i) world.sent();
    auto calls = world.calls([&] { CHECK(world.progress.list("lee", {}, {}, 100).items.size() == blasts); });
    CHECK(calls["mark_counts"] == 1);
  }
}

namespace {

std::int64_t sum_of(const Calls& calls) {
  std::int64_t sum = 0;
  for (const auto& [name, n] : calls) sum += n;
  return sum;
}

using Rows = std::vector<std::pair<std::string, std::int64_t>>;

/// A batch of a thousand places, and again as a thousand single items.
void count_batches(Rows& rows) {
  constexpr std::size_t kMany = kSizes[1];
  for (const bool single : {false, true}) {
    const std::string what = single ? "single items" : "recipients";
    for (const auto& outcome : kOutcomes) {
      World world(kMany);
      if (single) {
        single_items_wait(world, kMany);
      } else {
        world.sent();
      }
      std::unique_ptr<Assignment> batch;
      const auto claim = sum_of(world.calls([&] { batch = world.claimed(kMany); }));
      if (&outcome == kOutcomes.data()) rows.emplace_back("claim and fill a batch of " + what, claim);
      REQUIRE(batch->batch.size() == kMany);
      outcome.set(batch->batch);
      rows.emplace_back("report " + what + ": " + outcome.name,
                        sum_of(world.calls([&] { world.report(*batch); })));
    }
  }
}

/// A thousand of two thousand, two of whom have each address: when nobody was told yet, and when the others
/// were.
void count_families(Rows& rows) {
  constexpr std::size_t kMany = kSizes[1];
  World world(2 * kMany);
  put_families(world);
  world.sent();
  for (const char* which : {"the first", "the others"}) {
    std::unique_ptr<Assignment> batch;
    rows.emplace_back(std::string("claim and fill a batch of recipients, two at each address: ") + which,
                      sum_of(world.calls([&] { batch = world.claimed(kMany); })));
    rows.emplace_back(std::string("report them: ") + which,
                      sum_of(world.calls([&] { world.report(*batch); })));
  }
}

void count_verbs(Rows& rows) {
  World world(kSizes[1]);
  const auto count = [&](const char* name, const std::function<void()>& act) {
    rows.emplace_back(name, sum_of(world.calls(act)));
  };
  std::string blast;
  count("create a blast", [&] { blast = world.drafting.create("lee", {}).blast; });
  count("select all", [&] { world.drafting.act_all("lee", blast, Drafting::Act::select); });
  count("write it", [&] { world.drafting.write("lee", blast, "text"); });
  count("send it", [&] { world.sending.send("lee", blast, {}); });
  count("its status", [&] { world.progress.status("lee", blast); });
  const std::string ann = "c100000";
  std::string thread;
  count("a client's inbox, the first time",
        [&] { thread = world.inbox.of_client(ann, {}, {}, 0).items.at(0).thread; });
  count("a client's inbox, later", [&] { world.inbox.of_client(ann, {}, {}, 0); });
  count("read a thread", [&] { world.conversation.read({Side::client, ann}, thread, 1); });
  count("reply", [&] { world.conversation.write({Side::client, ann}, thread, {}, "yes"); });
  count("a provider's reply", [&] { world.conversation.write({Side::provider, "lee"}, thread, {}, "good"); });
  count("pause", [&] { world.control.pause("lee", blast); });
  count("resume", [&] { world.control.resume("lee", blast); });
  count("recall", [&] { world.control.recall("lee", blast); });
}

void count_acts_on_many(Rows& rows) {
  for (const auto& one : acts_on_many()) {
    World world(kSizes[1]);
    one.prepare(world);
    rows.emplace_back(one.name, sum_of(world.calls([&] { one.act(world); })));
  }
}

/// The rows "| `what` | calls |" of docs/design.md.
Rows documented() {
  std::ifstream file(std::string(BCCAST_SOURCE_DIR) + "/docs/design.md");
  Rows rows;
  bool here = false;
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with("#")) here = line == "### Calls of the ports";
    const auto end = line.find("` | ");
    if (here && line.starts_with("| `") && end != std::string::npos)
      rows.emplace_back(line.substr(3, end - 3), std::stoll(line.substr(end + 4)));
  }
  return rows;
}

}  // namespace

TEST_CASE("Each verb and each batch takes the calls of the ports that docs/design.md says") {
  Rows rows;
  count_batches(rows);
  count_families(rows);
  count_verbs(rows);
  count_acts_on_many(rows);
  std::string would_say;
  for (const auto& [what, calls] : rows) would_say += "| `" + what + "` | " + std::to_string(calls) + " |\n";
  INFO("docs/design.md would have to say:\n" << would_say);
  CHECK(documented() == rows);
}
