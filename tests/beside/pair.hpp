// Two verbs of which one is stopped before each call of a port that it makes, and the other runs then, as on
// a server that isolates statements and not transactions. Whatever comes of it must be what comes of one
// after the other.
#pragma once

#include <doctest/doctest.h>

#include <cstdlib>
#include <iostream>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "practice.hpp"

namespace test::beside {

struct Outcome {
  std::string first;
  std::string second;
  std::string seen;
  friend bool operator==(const Outcome&, const Outcome&) = default;
};

inline Outcome one_after_the_other(Scenario& scenario, const Verb& first, const Verb& second) {
  auto both = scenario.begin();
  Host host(both, SideBySide::kFirst, scenario.clock(), [](const bccast::PortCall&) {});
  Outcome outcome;
  outcome.first = first.act(host);
  outcome.second = second.act(host);
  outcome.seen = scenario.seen(host);
  return outcome;
}

/// Of each call of a port that a verb makes, in which of its transactions it does so.
inline std::vector<std::size_t> transactions_of(Scenario& scenario, const Verb& verb) {
  auto both = scenario.begin();
  std::vector<std::size_t> all;
  Host host(both, SideBySide::kFirst, scenario.clock(),
            [&](const bccast::PortCall&) { all.push_back(both.transactions()); });
  verb.act(host);
  return all;
}

/// Two verbs, of which the first is stopped.
class Pair {
 public:
  Pair(Scenario& scenario, const Verb& first, const Verb& second)
      : scenario_(scenario),
        first_(first),
        second_(second),
        before_(one_after_the_other(scenario, first, second)),
        after_(one_after_the_other(scenario, second, first)) {
    std::swap(after_.first, after_.second);
  }

  /// A fault that is made: rows of these ranks are not locked.
  void leave_out(std::set<int> ranks) { left_out_ = std::move(ranks); }

  /// Before which of its calls the first must be stopped for something else to come of it. Not all are tried
  /// where the second waits: before the calls that follow in the same transaction it will wait as well.
  /// `all`: they are, all the same.
  std::string try_each(const std::vector<std::size_t>& transactions, bool all, std::size_t& runs) {
    std::string bad;
    for (std::size_t at = 1; at <= transactions.size() && run(at); ++at) {
      ++runs;
      if (outcome_ != before_ && outcome_ != after_) {
        bad += " " + std::to_string(at);
        if (std::getenv("BCCAST_TEST_SHOW") != nullptr) show(at);
      }
      if (all || !waited_) continue;
      while (at + 1 < transactions.size() && transactions[at + 1] == transactions[at - 1]) ++at;
    }
    return bad;
  }

 private:
  /// False: there is no such call any more.
  bool run(std::size_t at) {
    auto both = scenario_.begin();
    both.leave_out(left_out_);
    Host other(both, SideBySide::kSecond, scenario_.clock(), [](const bccast::PortCall&) {});
    std::size_t calls = 0;
    outcome_ = {};
    Host host(both, SideBySide::kFirst, scenario_.clock(), [&](const bccast::PortCall&) {
      if (++calls == at) both.start_second([&] { outcome_.second = second_.act(other); });
    });
    outcome_.first = first_.act(host);
    const bool met = both.second_started();
    both.join();
    waited_ = both.second_waited();
    calls = at;
    if (met) outcome_.seen = scenario_.seen(host);
    return met;
  }
  void show(std::size_t at) const {
    std::cerr << "==== " << first_.name << ", " << second_.name << " at " << at << "\n";
    for (const auto* one : {&outcome_, &before_, &after_})
      std::cerr << "---- " << one->first << " | " << one->second << "\n" << one->seen;
  }

  Scenario& scenario_;
  const Verb& first_;
  const Verb& second_;
  Outcome before_;
  Outcome after_;
  Outcome outcome_;
  std::set<int> left_out_;
  bool waited_ = false;
};

/// BCCAST_TEST_SCALE above 1: before each call, whatever was found before the one before it.
/// BCCAST_TEST_VERBS: only pairs of these verbs, by name, between commas. BCCAST_TEST_SHOW: what comes of
/// those that fail.
inline void try_each_pair(Scenario& scenario) {
  const char* only = std::getenv("BCCAST_TEST_VERBS");
  const char* scale = std::getenv("BCCAST_TEST_SCALE");
  const bool all = scale != nullptr && std::atoi(scale) > 1;
  const auto wanted = [&](const Verb& verb) {
    return only == nullptr ||
           ("," + std::string(only) + ",").find("," + verb.name + ",") != std::string::npos;
  };
  std::size_t runs = 0;
  for (const auto& first : scenario.verbs()) {
    if (!wanted(first)) continue;
    const auto transactions = transactions_of(scenario, first);
    for (const auto& second : scenario.verbs()) {
      if (!wanted(second)) continue;
      CAPTURE(first.name);
      CAPTURE(second.name);
      CHECK(Pair(scenario, first, second).try_each(transactions, all, runs) == "");
    }
  }
  CHECK(runs > 0);
}

/// A race that was found once, or thought of, and what keeps it away.
struct Race {
  const char* what;
  std::set<int> ranks;  // that keep it away
  const char* first;
  const char* second;
};

/// It is found where the locks of its ranks are left out.
inline void must_be_back(Scenario& scenario, const Race& race) {
  const std::string what = race.what;
  CAPTURE(what);
  const Verb& first = scenario.verb(race.first);
  Pair pair(scenario, first, scenario.verb(race.second));
  pair.leave_out(race.ranks);
  std::size_t runs = 0;
  CHECK(pair.try_each(transactions_of(scenario, first), true, runs) != "");
}

/// Whether the second has to wait for the first, which is stopped before this call.
inline bool has_to_wait(Scenario& scenario, const Verb& first, std::string_view call, const Verb& second) {
  auto both = scenario.begin();
  Host other(both, SideBySide::kSecond, scenario.clock(), [](const bccast::PortCall&) {});
  Host host(both, SideBySide::kFirst, scenario.clock(), [&](const bccast::PortCall& next) {
    if (!both.second_started() && next.name == call) both.start_second([&] { second.act(other); });
  });
  first.act(host);
  REQUIRE(both.second_started());
  both.join();
  return both.second_waited();
}

}  // namespace test::beside
