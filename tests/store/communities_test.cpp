// Communities and their members as rows.
#include <doctest/doctest.h>

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
    Thread lost;
    lost.key = community_key(kLee, 6);
    tables.threads().put_thread(lost);
    Thread of_a_member;
    of_a_member.key = community_key(kLee, 8, 3);
    tables.threads().put_thread(of_a_member);
  });
  CHECK(store.read([](const Tables& tables) { return tables.communities().communities(kLee); }) ==
        Numbers{4, 6, 9});
}

TEST_CASE("communities: members come and go") {
  StoreUnderTest store;
  store.write([](Tables& tables) {
    auto& communities = tables.communities();
    const Member ann{70'000, 12, kNow, "nurse"};
    communities.insert_member(kLee, 1, ann);
    communities.insert_member(kLee, 1, {3, 1, kNow, ""});
    communities.insert_member(kLee, 2, {3, 1, kNow, ""});
    communities.insert_member(kLee + 1, 1, {3, 1, kNow, ""});
    CHECK(same(communities.member(kLee, 1, 70'000), ann));
    CHECK(!communities.member(kLee, 2, 70'000));
    CHECK(test::numbers(communities.members(kLee, 1), &Member::place) == std::vector<Place>{3, 70'000});
    CHECK(communities.count_members(kLee, 1) == 2);
    CHECK(communities.count_members(kLee, 3) == 0);
    CHECK(communities.communities_of(kLee, 3) == Numbers{1, 2});
    CHECK(communities.communities_of(kLee, 4).empty());
    CHECK(communities.delete_member(kLee, 1, 3));
    CHECK(!communities.delete_member(kLee, 1, 3));
    CHECK(communities.communities_of(kLee, 3) == Numbers{2});
    CHECK(communities.count_members(kLee, 1) == 1);
  });
}
