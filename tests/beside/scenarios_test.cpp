// What meets where much of one kind is under way (scenarios.hpp): every pair of verbs, as in
// preemption_test.cpp.
#include "scenarios.hpp"

#include <doctest/doctest.h>

#include "pair.hpp"

using namespace test::beside;

TEST_CASE("Side by side: families at one address") {
  Families families;
  try_each_pair(families);
}

TEST_CASE("Side by side: quiet hours, and what was put off because of them") {
  QuietPractice quiet;
  try_each_pair(quiet);
}

TEST_CASE("Side by side: retries and single messages in one batch") {
  Singles singles;
  try_each_pair(singles);
}

TEST_CASE("Side by side: a rate, and so many claims at a time") {
  Limits limits;
  try_each_pair(limits);
}

TEST_CASE("Side by side: a store that is held, and indexed anew") {
  HeldAndIndexed held;
  try_each_pair(held);
}

TEST_CASE("Without the locks of their rank the races of the scenarios are back") {
  Families families;
  for (const auto& race : {Race{"what failed is tried again on a channel that is removed",
                                {4},
                                "retry_failed failed",
                                "channel_remove"},
                           Race{"a line that is tried again is stored as ended by who forgets its addresses",
                                {6},
                                "forget",
                                "late report: retry"}})
    must_be_back(families, race);
  Singles singles;
  must_be_back(singles, {"a notice has ended and is tried again",
                         {10},
                         "late report of one notice: retry",
                         "late report of one notice: done"});
  HeldAndIndexed held;
  must_be_back(held, {"a roster changes while it is indexed", {3}, "go on indexing", "client_put"});
}

TEST_CASE("A report of a line on which all went well does not wait for who claims on its channel") {
  Practice practice;
  CHECK(!has_to_wait(practice, practice.verb("claim on chat"), "insert_claims",
                     practice.verb("report on chat")));
  Families families;  // of whom some failed: how it goes on is counted
  for (const auto* report : {"report: done", "report: failed"})
    CHECK(has_to_wait(families, families.verb("claim"), "insert_claims", families.verb(report)));
}

TEST_CASE(
    "Leases from before the clock was set back are held one after the other, and nobody begins for ever") {
  Families families;  // with two batches in flight
  auto both = families.begin();
  families.clock().now -= Ms{100} * 24 * 60 * 60 * 1000;
  Host host(both, SideBySide::kFirst, families.clock(), [](const PortCall&) {});
  const auto any_from_before = [&] {
    return host.store.read([&](const Tables& tables) {
      std::exception_ptr damaged;
      return tables.work().expired_claim(1, families.clock().now, kFarthestLease, damaged).has_value();
    });
  };
  CHECK(any_from_before());
  CHECK(families.verb("claim").act(host) != "nothing");
  CHECK(any_from_before());
  families.verb("claim").act(host);
  CHECK(!any_from_before());
}
