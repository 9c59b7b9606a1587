// Acts on many clients go by pages. What is there afterwards is what it would be had each been done by
// itself.
#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <map>
#include <memory>
#include <random>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "../support/temporary_folder.hpp"
#include "adapters/sqlite/sqlite_store.hpp"
#include "core/channels.hpp"
#include "core/communities.hpp"
#include "core/directory.hpp"
#include "core/drafting.hpp"
#include "core/erasure.hpp"
#include "core/sending.hpp"
#include "core/set_pages.hpp"
#include "core/verification.hpp"
#include "core/work.hpp"
#include "still_clock.hpp"

namespace {

using namespace bccast;
using Views = std::vector<std::string_view>;
using Codes = std::vector<Code>;

constexpr std::array<std::string_view, 2> kProviders{"lee", "kim"};
constexpr int kClients = 24;

/// What was made of a blast to everybody before their addresses change.
enum class Told { nobody, in_flight, done, failed, to_try_again };
constexpr std::array kTold{Told::nobody, Told::in_flight, Told::done, Told::failed, Told::to_try_again};

struct World {
  World() {
    Channels channels(context);
    channels.put("email", "notify");
    channels.set("email", "fail_percent", "0");
    for (const auto provider : kProviders) directory.provider_put(provider, provider);
  }
  void send_to_all(std::string_view provider, Told told) {
    Drafting drafting(context);
    const auto blast = drafting.create(provider, {}).blast;
    drafting.act_all(provider, blast, Drafting::Act::select);
    drafting.write(provider, blast, "text");
    Sending(context).send(provider, blast, {});
    if (told == Told::nobody) return;
    Work work(context);
    const auto batch = work.advance(bccast::verb::pump, 1, nullptr, 1'000).next;
    REQUIRE(batch);
    if (!batch->loaded) work.load(*batch);
    if (told == Told::in_flight) return;
    const auto status = told == Told::done     ? ItemStatus::done
                        : told == Told::failed ? ItemStatus::failed
                                               : ItemStatus::retry;
    for (std::size_t i = 0; i < batch->batch.size(); ++i) batch->batch.set(i, {status, "reason", 60'000});
    Report report;
    report.assignment = batch.get();
    work.advance(bccast::verb::pump, 1, &report, 0);
  }
  std::string entries(std::string_view provider) {
    std::string said;
    store.read([&](const Tables& tables) {
      const auto no = tables.directory().provider(provider)->no;
      constexpr std::size_t kAll = 100'000;
      const auto page = tables.directory().scan(no, 0, kMaxPlaces, kAll);
      for (const auto& e : page.entries())
        said += std::string(e.id) + ' ' + std::string(e.name) + ' ' + std::to_string(e.place) + ' ' +
                std::to_string(e.flags) + ' ' + std::to_string(e.since) + ' ' + std::string(e.addresses) +
                '\n';
      // The indexes have hashes, by a key of the store's own: here the places that have one are told.
      std::map<AddressHash, std::vector<Place>> together;
      for (const auto& one : tables.directory().addresses(no, {}, kAll)) together[one.hash] = {one.place};
      for (const auto& one : tables.directory().shared_addresses(no, {}, kAll))
        together[one.hash].push_back(one.place);
      std::multiset<std::vector<Place>> sorted;
      for (const auto& [hash, places] : together) sorted.insert(places);
      for (const auto& places : sorted) {
        for (const auto place : places) said += std::to_string(place) + ' ';
        said += '\n';
      }
      for (const bool archived : {false, true})
        for (const auto kind : {NameKind::whole, NameKind::later_word})
          for (const auto& one : tables.directory().names(no, kind, archived, {}, {}, kAll))
            said += one.key + ' ' + std::to_string(one.place) + '\n';
    });
    return said;
  }
  /// Who holds which address on which line.
  std::string holders(std::span<const std::string> addresses) {
    std::string said;
    store.read([&](const Tables& tables) {
      for (LineNo line = 1; tables.work().line(line); ++line)
        for (const auto& address : addresses) {
          const AddressOnLine key{line, context.address_hash("email", address)};
          const auto found = tables.work().told_addresses({&key, 1});
          if (const auto* held = found.find(key))
            said += std::to_string(line) + ' ' + address + ' ' + std::to_string(held->place) +
                    (held->told ? " told\n" : "\n");
        }
    });
    return said;
  }
  std::size_t findings() { return Verification(context).run().size(); }

  test::TemporaryFolder folder;
  test::StillClock clock;
  sqlite::SqliteStore store{folder.file()};
  Context context{store, clock};
  Directory directory{context};
  Communities communities{context};
};

/// The same done to two stores: at once, and one after the other.
class Pair {
 public:
  void put(const Views& ids, const Views& names, const Views& addresses) {
    const auto at_once = together.directory.client_put_many(ids, names, addresses);
    Codes singly;
    for (std::size_t i = 0; i < ids.size(); ++i)
      singly.push_back(
          one_by_one.directory
              .client_put_many({&ids[i], 1}, names.empty() ? Views() : Views{names[i]}, Views{addresses[i]})
              .at(0));
    CHECK(at_once == singly);
  }
  void add(std::string_view provider, const Views& ids) {
    const auto at_once = together.directory.roster_add_many(provider, ids);
    Codes singly;
    for (const auto& id : ids)
      singly.push_back(one_by_one.directory.roster_add_many(provider, {&id, 1}).at(0));
    CHECK(at_once == singly);
  }
  void archive(std::string_view provider, const Views& ids) {
    const auto at_once = together.directory.roster_archive_many(provider, ids);
    Codes singly;
    for (const auto& id : ids)
      singly.push_back(one_by_one.directory.roster_archive_many(provider, {&id, 1}).at(0));
    CHECK(at_once == singly);
  }
  template <typename Act>
  void both(const Act& act) {
    act(together);
    act(one_by_one);
  }
  void check(std::span<const std::string> addresses) {
    for (const auto provider : kProviders) CHECK(together.entries(provider) == one_by_one.entries(provider));
    CHECK(together.holders(addresses) == one_by_one.holders(addresses));
    CHECK(together.findings() == 0);
  }
  World together;
  World one_by_one;
};

}  // namespace

TEST_CASE("What is done to many clients at once is what it is one by one, whoever shares addresses") {
  for (unsigned seed = 1; seed <= 40; ++seed) {
    CAPTURE(seed);
    std::mt19937 random(seed);
    const auto below = [&](std::size_t n) { return random() % n; };
    Pair pair;
    std::vector<std::string> ids;
    std::vector<std::string> own;
    std::vector<std::string> shared;
    for (int i = 0; i < kClients; ++i) {
      ids.push_back("c" + std::to_string(100 + i));
      own.push_back(ids.back() + "@example.org");
    }
    for (int i = 0; i < 5; ++i) shared.push_back("Family" + std::to_string(i) + "@example.org");
    const auto some = [&](std::size_t most) {
      Views chosen(ids.begin(), ids.end());
      std::shuffle(chosen.begin(), chosen.end(), random);
      chosen.resize(1 + below(most));
      return chosen;
    };
    std::vector<std::string> all(own);
    all.insert(all.end(), shared.begin(), shared.end());

    Views first(ids.begin(), ids.begin() + kClients / 2);
    pair.put(first, first, Views(own.begin(), own.begin() + kClients / 2));
    for (const auto provider : kProviders) pair.add(provider, first);
    for (const auto provider : kProviders) {
      const Told told = kTold.at(below(kTold.size()));
      pair.both([&](World& world) { world.send_to_all(provider, told); });
    }
    for (int step = 0; step < 8; ++step) {
      const auto provider = kProviders.at(below(kProviders.size()));
      const auto chosen = some(kClients);
      switch (below(4)) {
        case 0:
          pair.add(provider, chosen);
          break;
        case 1:
          pair.archive(provider, some(4));
          break;
        default: {
          Views addresses;
          for (std::size_t i = 0; i < chosen.size(); ++i)
            addresses.push_back(below(4) == 0 ? std::string_view()
                                              : std::string_view(shared[below(shared.size())]));
          pair.put(chosen, below(2) == 0 ? chosen : Views(), addresses);
        }
      }
      pair.check(all);
    }
  }
}

TEST_CASE("Lists longer than a page are done in full, and say of each what became of it") {
  World world;
  std::vector<std::string> ids;
  for (std::size_t i = 0; i < 2 * kRowsTogether + 5; ++i) ids.push_back("c" + std::to_string(10'000 + i));
  ids.at(kRowsTogether + 1) = "";         // no id
  ids.at(kRowsTogether + 3) = ids.at(3);  // stands in the page before
  const Views views(ids.begin(), ids.end());
  const Views names(ids.size(), "Somebody");
  const auto expect = [&](const Codes& codes, Code twice) {
    for (std::size_t i = 0; i < ids.size(); ++i) {
      CAPTURE(i);
      CHECK(codes.at(i) == (i == kRowsTogether + 1   ? Code::argument
                            : i == kRowsTogether + 3 ? twice
                                                     : Code::ok));
    }
  };
  expect(world.directory.client_put_many(views, names, {}), Code::exists);
  expect(world.directory.client_put_many(views, views, {}), Code::exists);
  expect(world.directory.roster_add_many("lee", views), Code::exists);
  CHECK(world.directory.roster_count("lee").active == static_cast<std::int64_t>(ids.size()) - 2);
  const auto again = world.directory.roster_add_many("lee", views);
  CHECK(std::count(again.begin(), again.end(), Code::exists) == static_cast<std::int64_t>(ids.size()) - 1);
  expect(world.directory.roster_archive_many("lee", views), Code::exists);
  CHECK(world.directory.roster_count("lee").active == 0);
  CHECK(world.findings() == 0);
}

TEST_CASE("A client on more rosters than a page has is changed on each of them, and erased from each") {
  World world;
  world.directory.client_put("ann", "Ann", "ann@example.org");
  std::vector<std::string> providers;
  for (std::size_t i = 0; i < kRowsTogether + 3; ++i) {
    providers.push_back("p" + std::to_string(10'000 + i));
    world.directory.provider_put(providers.back(), "Practice");
    world.directory.roster_add(providers.back(), "ann");
  }
  world.directory.client_put("ann", "Anna", "anna@example.org");
  CHECK(world.directory.client_archive("ann", true) == Code::ok);
  for (const auto& provider : {providers.front(), providers.at(kRowsTogether - 1), providers.back()}) {
    CAPTURE(provider);
    CHECK(world.directory.roster_count(provider).active == 0);
    CHECK(world.entries(provider).find("Anna") != std::string::npos);
  }
  CHECK(world.findings() == 0);
  Erasure(world.context).erase("ann");
  for (const auto& provider : providers) CHECK(world.entries(provider).find("ann") == std::string::npos);
  CHECK(world.findings() == 0);
}
