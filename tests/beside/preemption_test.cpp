// Every verb beside every other: one of them is stopped before each call of a port that it makes, and the other runs
// then, as on a server that isolates statements and not transactions. Whatever comes of it must be what comes of one
// after the other.
#include <doctest/doctest.h>

#include <cstdlib>
#include <iostream>
#include <map>

#include "practice.hpp"

namespace {

using namespace test::beside;

struct Outcome {
  std::string first;
  std::string second;
  std::string seen;
  friend bool operator==(const Outcome&, const Outcome&) = default;
};

/// `first`, and before its call `at` of a port `second`. Not so many calls: nothing.
std::optional<Outcome> run(Practice& practice, const Verb& first, const Verb& second, std::size_t at) {
  auto both = practice.begin();
  Host other(both, SideBySide::kSecond, practice.clock(), [](const bccast::PortCall&) {});
  Outcome outcome;
  std::size_t calls = 0;
  Host host(both, SideBySide::kFirst, practice.clock(), [&](const bccast::PortCall&) {
    if (++calls == at) both.start_second([&] { outcome.second = second.act(other); });
  });
  outcome.first = first.act(host);
  const bool met = both.second_started();
  both.join();
  if (!met) return std::nullopt;
  calls = at;
  outcome.seen = practice.seen(host);
  return outcome;
}

Outcome one_after_the_other(Practice& practice, const Verb& first, const Verb& second) {
  auto both = practice.begin();
  Host host(both, SideBySide::kFirst, practice.clock(), [](const bccast::PortCall&) {});
  Outcome outcome;
  outcome.first = first.act(host);
  outcome.second = second.act(host);
  outcome.seen = practice.seen(host);
  return outcome;
}

}  // namespace

// BCCAST_TEST_VERBS: only pairs of these verbs, by name, between commas; BCCAST_TEST_SHOW: what is seen of each that
// fails.
TEST_CASE("Two verbs side by side come to what they come to one after the other") {
  Practice practice;
  const char* only = std::getenv("BCCAST_TEST_VERBS");
  const bool show = std::getenv("BCCAST_TEST_SHOW") != nullptr;
  const auto wanted = [&](const Verb& verb) {
    return only == nullptr || ("," + std::string(only) + ",").find("," + verb.name + ",") != std::string::npos;
  };
  std::size_t runs = 0;
  for (const auto& first : practice.verbs()) {
    if (!wanted(first)) continue;
    for (const auto& second : practice.verbs()) {
      if (!wanted(second)) continue;
      const auto before = one_after_the_other(practice, first, second);
      auto after = one_after_the_other(practice, second, first);
      std::swap(after.first, after.second);
      std::string bad;
      for (std::size_t at = 1;; ++at) {
        const auto outcome = run(practice, first, second, at);
        if (!outcome) break;
        ++runs;
        if (*outcome == before || *outcome == after) continue;
        bad += " " + std::to_string(at);
        if (show) {
          std::cerr << "==== " << first.name << ", " << second.name << " at " << at << "\n";
          for (const Outcome* one : {static_cast<const Outcome*>(&*outcome), static_cast<const Outcome*>(&before), static_cast<const Outcome*>(&after)})
            std::cerr << "---- " << one->first << " | " << one->second << "\n" << one->seen;
        }
      }
      CAPTURE(first.name);
      CAPTURE(second.name);
      CHECK(bad == "");
    }
  }
  CHECK(runs > 0);
}
