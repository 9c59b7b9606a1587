// How much of what a channel was last handed failed.
#include "model/fail_window.hpp"

#include <doctest/doctest.h>

#include <string>

using bccast::AttemptCounts;
using bccast::FailRule;
using bccast::FailWindow;

namespace {

AttemptCounts counts(std::int64_t good, std::map<std::string, std::int64_t, std::less<>> bad = {}) {
  return {good, std::move(bad)};
}

}  // namespace

TEST_CASE("a window begins with the first failure") {
  FailWindow window;
  CHECK_FALSE(window.add(counts(1000)));
  CHECK(window.empty());
  CHECK(window.add(counts(10, {{"busy", 1}})));
  CHECK(window.attempts == 11);
  CHECK_FALSE(window.add(counts(0)));
  CHECK(window.add(counts(5)));
  CHECK(window.attempts == 16);
  CHECK(window.failed == 1);
}

TEST_CASE("a rule needs as many attempts as its window, and as many failures as its per cent") {
  const FailRule rule{50, 200, false};
  FailWindow window;
  window.add(counts(0, {{"busy", 199}}));
  CHECK_FALSE(window.exceeds(rule));
  window.add(counts(1));
  CHECK(window.exceeds(rule));
  window = {};
  window.add(counts(101, {{"busy", 100}}));
  CHECK_FALSE(window.exceeds(rule));
  window.add(counts(0, {{"busy", 1}}));
  CHECK(window.exceeds(rule));
  CHECK_FALSE(window.exceeds(FailRule{0, 200, false}));
}

TEST_CASE(
    "a window ages: it stays between its size and twice as much, and is forgotten when failures are rare") {
  const FailRule rule{50, 200, false};
  FailWindow window;
  window.add(counts(0, {{"busy", 100}}));
  for (int i = 0; i < 100 && !window.empty(); ++i) {
    window.add(counts(50));
    window.age(rule);
    if (!window.empty()) CHECK(window.attempts <= 400);
    if (i >= 10 && !window.empty()) CHECK(window.attempts >= 200);
  }
  CHECK(window.empty());
  CHECK(window.reason.empty());
  window.add(counts(999, {{"busy", 1}}));  // one in a thousand
  window.age(rule);
  CHECK(window.empty());
}

TEST_CASE("a window tells the class that most failures have, and none when no class has") {
  FailWindow window;
  window.add(counts(80, {{"mailbox_full", 100}, {"timeout", 30}}));
  CHECK(window.describe() == "failing: 61 % of 210, mostly mailbox_full");
  FailWindow mixed;
  mixed.add(counts(0, {{"a", 30}, {"b", 30}, {"c", 30}, {"d", 30}}));
  CHECK(mixed.describe() == "failing: 100 % of 120");
  FailWindow later;  // who led at first is overtaken
  for (int i = 0; i < 10; ++i) later.add(counts(0, {{"a", 1}}));
  for (int i = 0; i < 30; ++i) later.add(counts(0, {{"b", 1}}));
  CHECK(later.describe() == "failing: 100 % of 40, mostly b");
  FailWindow without;
  without.add(counts(0, {{"", 50}}));
  CHECK(without.describe() == "failing: 100 % of 50");
}

TEST_CASE("of a reason only the class is kept") {
  AttemptCounts some;
  some.add_bad("mailbox_full:552 5.2.2 ana@example.org");
  some.add_bad("mailbox_full");
  CHECK(some.bad.size() == 1);
  CHECK(some.bad.at("mailbox_full") == 2);
}
