// Every verb beside every other: one of them is stopped before each call of a port that it makes, and the
// other runs then, as on a server that isolates statements and not transactions. Whatever comes of it must be
// what comes of one after the other.
#include <doctest/doctest.h>

#include <array>
#include <cstdlib>
#include <iostream>
#include <set>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "practice.hpp"

namespace {

using namespace test::beside;

struct Outcome {
  std::string first;
  std::string second;
  std::string seen;
  friend bool operator==(const Outcome&, const Outcome&) = default;
};

Outcome one_after_the_other(Practice& practice, const Verb& first, const Verb& second) {
  auto both = practice.begin();
  Host host(both, SideBySide::kFirst, practice.clock(), [](const bccast::PortCall&) {});
  Outcome outcome;
  outcome.first = first.act(host);
  outcome.second = second.act(host);
  outcome.seen = practice.seen(host);
  return outcome;
}

/// Of each call of a port that a verb makes, in which of its transactions it does so.
std::vector<std::size_t> transactions_of(Practice& practice, const Verb& verb) {
  auto both = practice.begin();
  std::vector<std::size_t> all;
  Host host(both, SideBySide::kFirst, practice.clock(),
            [&](const bccast::PortCall&) { all.push_back(both.transactions()); });
  verb.act(host);
  return all;
}

/// Two verbs, of which the first is stopped.
class Pair {
 public:
  Pair(Practice& practice, const Verb& first, const Verb& second)
      : practice_(practice),
        first_(first),
        second_(second),
        before_(one_after_the_other(practice, first, second)),
        after_(one_after_the_other(practice, second, first)) {
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
    auto both = practice_.begin();
    both.leave_out(left_out_);
    Host other(both, SideBySide::kSecond, practice_.clock(), [](const bccast::PortCall&) {});
    std::size_t calls = 0;
    outcome_ = {};
    Host host(both, SideBySide::kFirst, practice_.clock(), [&](const bccast::PortCall&) {
      if (++calls == at) both.start_second([&] { outcome_.second = second_.act(other); });
    });
    outcome_.first = first_.act(host);
    const bool met = both.second_started();
    both.join();
    waited_ = both.second_waited();
    calls = at;
    if (met) outcome_.seen = practice_.seen(host);
    return met;
  }
  void show(std::size_t at) const {
    std::cerr << "==== " << first_.name << ", " << second_.name << " at " << at << "\n";
    for (const auto* one : {&outcome_, &before_, &after_})
      std::cerr << "---- " << one->first << " | " << one->second << "\n" << one->seen;
  }

  Practice& practice_;
  const Verb& first_;
  const Verb& second_;
  Outcome before_;
  Outcome after_;
  Outcome outcome_;
  std::set<int> left_out_;
  bool waited_ = false;
};

}  // namespace

// BCCAST_TEST_SCALE above 1: before each call, whatever was found before the one before it.
// BCCAST_TEST_VERBS: only pairs of these verbs, by name, between commas. BCCAST_TEST_SHOW: what comes of
// those that fail.
TEST_CASE("Two verbs side by side come to what they come to one after the other") {
  Practice practice;
  const char* only = std::getenv("BCCAST_TEST_VERBS");
  const char* scale = std::getenv("BCCAST_TEST_SCALE");
  const bool all = scale != nullptr && std::atoi(scale) > 1;
  const auto wanted = [&](const Verb& verb) {
    return only == nullptr ||
           ("," + std::string(only) + ",").find("," + verb.name + ",") != std::string::npos;
  };
  std::size_t runs = 0;
  for (const auto& first : practice.verbs()) {
    if (!wanted(first)) continue;
    const auto transactions = transactions_of(practice, first);
    for (const auto& second : practice.verbs()) {
      if (!wanted(second)) continue;
      CAPTURE(first.name);
      CAPTURE(second.name);
      CHECK(Pair(practice, first, second).try_each(transactions, all, runs) == "");
    }
  }
  CHECK(runs > 0);
}

namespace {

/// A race that was found once, or thought of, and what keeps it away.
struct Race {
  const char* what;
  std::set<int> ranks;  // that keep it away
  const char* first;
  const char* second;
};
const std::array kRaces{
    Race{"a client is archived while it comes to a roster", {1}, "roster_add", "client_archive of dan"},
    Race{"a client is erased while it replies", {1}, "reply", "client_erase"},
    Race{"two come to one place of a roster", {3}, "roster_add", "client_put of a new one on a roster"},
    Race{"two blasts are sent with one number", {3}, "send", "send_due"},
    Race{"two lines that deliver end together, and who follows them stays locked",
         {6, 7},
         "report on chat",
         "report on app"},
    Race{"a blast is paused while a batch of it is claimed", {6}, "claim on push", "pause"},
    Race{"a draft is written while it is sent", {7}, "blast_write", "send"},
    Race{"a blast is recalled while a client replies to it", {7}, "reply", "recall"},
    Race{"two write in one thread", {8}, "reply of bob's directly", "reply of lee's directly"}};

}  // namespace

TEST_CASE("Without the locks of their rank the races are back") {
  Practice practice;
  const auto verb = [&](std::string_view name) -> const Verb& {
    for (const auto& one : practice.verbs())
      if (one.name == name) return one;
    throw std::logic_error("there is no such verb: " + std::string(name));
  };
  std::size_t runs = 0;
  for (const auto& race : kRaces) {
    const std::string what = race.what;
    CAPTURE(what);
    const Verb& first = verb(race.first);
    Pair pair(practice, first, verb(race.second));
    pair.leave_out(race.ranks);
    CHECK(pair.try_each(transactions_of(practice, first), true, runs) != "");
  }
}
