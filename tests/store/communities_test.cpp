// Communities and their members as rows.
#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <vector>

#include "rows.hpp"
#include "store_under_test.hpp"

namespace {

using namespace bccast;
using test::kNow;
using test::kOddText;
using test::same;
using test::StoreUnderTest;

constexpr ProviderNo kLee = 1;
using Numbers = std::vector<CommunityNo>;

}  // namespace

TEST_CASE("communities: one is found as it was stored") {
  StoreUnderTest store;
  Community walkers{kLee, 7, kOddText, 50, kNow, "nurse"};
  store.write([&](Tables& tables) { tables.communities().insert_community(walkers); });
  const auto found = [&](CommunityNo no) {
    return store.read([&](const Tables& tables) { return tables.communities().community(kLee, no); });
  };
  CHECK(same(found(7), walkers));
  CHECK(!found(8));
  store.read([&](const Tables& tables) {
    const std::array<ThreadKey, 2> keys{community_key(kLee, 7), community_key(kLee, 8)};
    const auto set = tables.communities().communities(keys);
    CHECK(same(*set.find(keys[0]), walkers));
    CHECK(set.find(keys[1]) == nullptr);
  });
  CHECK(!store.read([](const Tables& tables) { return tables.communities().community(kLee + 1, 7); }));
  walkers.title = "Walkers";
  walkers.max_members = 900;
  store.write([&](Tables& tables) { tables.communities().update_community(walkers); });
  CHECK(same(found(7), walkers));
}

TEST_CASE("communities: those of a provider, with a row or a thread") {
  StoreUnderTest store;
  store.write([](Tables& tables) {
    tables.communities().insert_community({kLee, 9, "b", 50, kNow, ""});
    tables.communities().insert_community({kLee, 4, "a", 50, kNow, ""});
    tables.communities().insert_community({kLee + 1, 5, "c", 50, kNow, ""});
    std::array<Thread, 2> threads;
    threads[0].key = community_key(kLee, 6);
    threads[1].key = community_key(kLee, 8, 3);  // a member's own
    tables.threads().insert_threads(threads);
  });
  CHECK(store.read([](const Tables& tables) { return tables.communities().communities(kLee); }) ==
        Numbers{4, 6, 9});
}

TEST_CASE("communities: members come and go") {
  StoreUnderTest store;
  store.write([](Tables& tables) {
    auto& communities = tables.communities();
    const Member ann{70'000, 12, kNow, "nurse"};
    const Member bob{3, 1, kNow, ""};
    communities.insert_members(kLee, 1, std::array{ann, bob});
    communities.insert_members(kLee, 2, std::array{bob});
    communities.insert_members(kLee + 1, 1, std::array{bob});
    CHECK(same(communities.member(kLee, 1, 70'000), ann));
    CHECK(!communities.member(kLee, 2, 70'000));
    CHECK(test::numbers(communities.members(kLee, 1), &Member::place) == std::vector<Place>{3, 70'000});
    CHECK(communities.count_members(kLee, 1) == 2);
    CHECK(communities.count_members(kLee, 3) == 0);
    const auto ann_in_1 = community_key(kLee, 1, 70'000);
    const auto bob_in_1 = community_key(kLee, 1, 3);
    const auto bob_in_2 = community_key(kLee, 2, 3);
    const auto ann_in_2 = community_key(kLee, 2, 70'000);
    const auto found = communities.members(std::array{bob_in_2, ann_in_1, ann_in_2});
    CHECK(same(found.find(ann_in_1), ann));
    CHECK(same(found.find(bob_in_2), bob));
    CHECK(found.find(ann_in_2) == nullptr);
    CHECK(!found.has(bob_in_1));
    const auto memberships = [&](const std::vector<RosterKey>& keys) {
      auto all = communities.memberships_of(keys);
      std::sort(all.begin(), all.end());
      return all;
    };
    using Keys = std::vector<ThreadKey>;
    const auto sorted = [](Keys keys) {
      std::sort(keys.begin(), keys.end());
      return keys;
    };
    CHECK(memberships({{kLee, 3}}) == sorted({bob_in_1, bob_in_2}));
    CHECK(memberships({{kLee, 3}, {kLee, 70'000}, {kLee, 4}}) == sorted({bob_in_1, bob_in_2, ann_in_1}));
    CHECK(memberships({{kLee, 4}}).empty());
    CHECK(communities.delete_members(std::array{bob_in_1, ann_in_2}) == std::vector<bool>{true, false});
    CHECK(communities.delete_members(std::array{bob_in_1}) == std::vector<bool>{false});
    CHECK(memberships({{kLee, 3}}) == Keys{bob_in_2});
    CHECK(communities.count_members(kLee, 1) == 1);
  });
}
