// What is in flight, as rows.
#include <doctest/doctest.h>

#include <array>
#include <exception>
#include <vector>

#include "rows.hpp"
#include "store_under_test.hpp"

namespace {

using namespace bccast;
using test::kNow;
using test::same;
using test::StoreUnderTest;

constexpr ChannelNo kEmail = 2;
constexpr Ms kLongest = 1'000'000;

Claim claim_of(std::uint8_t first, LineNo line, Ms lease_until) {
  Claim claim;
  claim.token = make_token(std::array<std::uint8_t, 12>{first});
  claim.channel_no = kEmail;
  claim.line_no = line;
  claim.from = 10;
  claim.to = 20;
  claim.lease_until = lease_until;
  claim.lease = 60'000;
  claim.tries = 1;
  return claim;
}

Line add_line(Tables& tables, bool paused) {
  Line line;
  line.provider_no = 1;
  line.blast_no = paused ? 2 : 1;
  line.channel_no = kEmail;
  line.order = {1000, OrderKind::singly, 7};
  line.paused = paused;
  line.no = tables.numbers().next(NumberKind::work);
  tables.work().insert_line(line);
  return line;
}

std::vector<Ms> leases(const std::vector<Claim>& claims) {
  auto all = test::numbers(claims, &Claim::lease_until);
  std::sort(all.begin(), all.end());
  return all;
}

}  // namespace

TEST_CASE("claims: one is found by its channel, line and token, as it was stored") {
  StoreUnderTest store;
  store.write([](Tables& tables) {
    auto& work = tables.work();
    auto claim = claim_of(1, 4, kNow);
    CHECK(!work.claim(claim));
    work.insert_claim(claim);
    CHECK(same(work.claim(claim), claim));
    auto of_another = claim;
    of_another.line_no = 5;
    CHECK(!work.claim(of_another));
    CHECK(!work.claim(claim_of(2, 4, kNow)));
    claim.from = 15;
    claim.tries = 2;
    claim.hold(kNow, 30'000);
    work.update_claim(claim);
    CHECK(same(work.claim(claim), claim));
    CHECK(work.delete_claim(claim));
    CHECK(!work.delete_claim(claim));
    CHECK(!work.claim(claim));
  });
}

TEST_CASE("claims: those of a line, of items, and of a channel") {
  StoreUnderTest store;
  store.write([](Tables& tables) {
    auto& work = tables.work();
    const auto line = add_line(tables, false);
    const auto other = add_line(tables, true);
    work.insert_claim(claim_of(1, line.no, kNow + 1));
    work.insert_claim(claim_of(2, line.no, kNow + 2));
    work.insert_claim(claim_of(3, other.no, kNow + 3));
    work.insert_claim(claim_of(4, 0, kNow + 4));
    auto elsewhere = claim_of(5, 0, kNow + 5);
    elsewhere.channel_no = kEmail + 1;
    work.insert_claim(elsewhere);
    CHECK(leases(work.claims_of(line)) == std::vector<Ms>{kNow + 1, kNow + 2});
    CHECK(work.sound_claims_of(line).all_sound);
    CHECK(leases(work.sound_claims_of(line).claims) == std::vector<Ms>{kNow + 1, kNow + 2});
    CHECK(leases(work.item_claims(kEmail)) == std::vector<Ms>{kNow + 4});
    CHECK(work.sound_item_claims(kEmail).all_sound);
    CHECK(leases(work.sound_item_claims(kEmail).claims) == std::vector<Ms>{kNow + 4});
    work.delete_claims(kEmail);
    CHECK(work.claims_of(line).empty());
    CHECK(work.item_claims(kEmail).empty());
    CHECK(work.claim(elsewhere));
  });
}

TEST_CASE("claims: those whose lease is over, and those that a step of the clock left too far away") {
  StoreUnderTest store;
  store.write([](Tables& tables) {
    auto& work = tables.work();
    const auto line = add_line(tables, false).no;
    const auto paused = add_line(tables, true).no;
    std::exception_ptr damaged;
    const auto expired = [&](Ms now) {
      const auto claim = work.expired_claim(kEmail, now, kLongest, damaged);
      return claim ? claim->lease_until : -1;
    };
    CHECK(expired(kNow) == -1);
    work.insert_claim(claim_of(1, line, kNow + 20));
    work.insert_claim(claim_of(2, line, kNow + 10));
    work.insert_claim(claim_of(3, paused, kNow + 5));
    CHECK(expired(kNow + 9) == -1);
    CHECK(expired(kNow + 10) == kNow + 10);
    CHECK(expired(kNow + 30) == kNow + 10);
    CHECK(work.claims_in_flight(kEmail, kNow + 10, kLongest) == 1);
    CHECK(work.claims_in_flight(kEmail, kNow, kLongest) == 3);
    CHECK(work.next_lease_over(kEmail, kNow) == kNow + 10);
    CHECK(work.next_lease_over(kEmail, kNow + 10) == kNow + 20);
    CHECK(!work.next_lease_over(kEmail, kNow + 20));
    work.insert_claim(claim_of(6, line, kNow + kLongest + 100));
    CHECK(expired(kNow) == kNow + kLongest + 100);
    CHECK(work.claims_in_flight(kEmail, kNow, kLongest) == 3);
    work.insert_claim(claim_of(7, 0, 0));  // of items, given back
    CHECK(work.delete_claim(claim_of(6, line, 0)));
    CHECK(expired(kNow) == 0);
    CHECK(!damaged);
  });
}

TEST_CASE("claims: of items several are found, stored and deleted together") {
  StoreUnderTest store;
  store.write([](Tables& tables) {
    auto& work = tables.work();
    auto one = claim_of(1, 0, kNow);
    auto two = claim_of(2, 0, kNow);
    const auto of_a_line = claim_of(3, 4, kNow);
    work.insert_claims(std::array{one, two, of_a_line});
    one.to = 12;
    two.to = 13;
    work.update_claims(std::array{one, two});
    const std::array<Token, 4> tokens{two.token, of_a_line.token, one.token, claim_of(9, 0, 0).token};
    const auto found = work.claims(kEmail, tokens);
    CHECK(same(found.find(tokens[0]), two));
    CHECK(found.find(tokens[1]) == nullptr);
    CHECK(same(found.find(tokens[2]), one));
    CHECK(found.find(tokens[3]) == nullptr);
    work.delete_claims(std::array{one, claim_of(9, 0, 0)});
    CHECK(!work.claim(one));
    CHECK(same(work.claim(two), two));
    CHECK(same(work.claim(of_a_line), of_a_line));
  });
}
