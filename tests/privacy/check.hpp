// P1: one history in two worlds, and what ana could have told them apart by. A failing history is made
// smaller.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <exception>
#include <iterator>
#include <sstream>
#include <string>
#include <vector>

#include "history.hpp"
#include "leak.hpp"
#include "world.hpp"

namespace privacy {

/// The first line in which two traces differ; nothing when they do not.
inline std::string first_difference(const Trace& one, const Trace& two, const char* of_one = "alone",
                                    const char* of_two = "among others") {
  const auto size = std::max(one.lines.size(), two.lines.size());
  for (std::size_t i = 0; i < size; ++i) {
    const auto line = [&](const Trace& trace) {
      return i < trace.lines.size() ? trace.lines[i] : "(the end)";
    };
    if (line(one) == line(two)) continue;
    std::string after = "line " + std::to_string(i) + ", after";
    for (std::size_t j = i; j-- > 0;) {
      if (!one.lines[j].starts_with("-- ")) continue;
      after += one.lines[j].substr(2);
      break;
    }
    return after + "\n  " + of_one + ": " + line(one) + "\n  " + of_two + ": " + line(two);
  }
  return "";
}

struct Checked {
  Findings findings;
  std::size_t lines = 0;  // of the trace
  std::size_t answers = 0;

  bool has(const std::string& detector) const {
    return std::ranges::any_of(findings,
                               [&](const Finding& finding) { return finding.detector == detector; });
  }
};

inline Checked check(const History& history, const Leak* leak = nullptr) {
  Checked checked;
  try {
    World alone(history, true, leak);
    World among_others(history, false, leak);
    alone.run();
    among_others.run();
    checked.lines = alone.trace.lines.size();
    if (const auto difference = first_difference(alone.trace, among_others.trace); !difference.empty())
      checked.findings.push_back({"two worlds", difference});
    for (const auto* world : {&alone, &among_others})
      std::ranges::copy(world->findings, std::back_inserter(checked.findings));
  } catch (const std::exception& error) {
    checked.findings.push_back({"error", error.what()});
  }
  return checked;
}

/// A part of the history that still shows `detector` something: events are left out, many at first, then one
/// by one.
inline History shrink(History history, const std::string& detector, const Leak* leak = nullptr) {
  const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(20);
  for (std::size_t chunk = std::max<std::size_t>(1, history.events.size() / 2);;) {
    bool smaller = false;
    for (std::size_t begin = 0; begin < history.events.size();) {
      if (std::chrono::steady_clock::now() > until) return history;
      History without = history;
      const auto from = without.events.begin() + static_cast<std::ptrdiff_t>(begin);
      without.events.erase(
          from, from + static_cast<std::ptrdiff_t>(std::min(chunk, without.events.size() - begin)));
      if (check(without, leak).has(detector)) {
        history = std::move(without);
        smaller = true;
      } else {
        begin += chunk;
      }
    }
    if (chunk == 1 && !smaller) return history;
    chunk = std::max<std::size_t>(1, chunk / 2);
  }
}

/// What to print of a history in which something was found.
inline std::string report_on(const History& history, const Checked& checked, const Leak* leak = nullptr) {
  std::ostringstream out;
  const auto& first = checked.findings.front();
  out << "BCCAST_PRIVACY_SEED=" << history.seed << " finds (" << first.detector << ") " << first.text << "\n";
  const auto small = shrink(history, first.detector, leak);
  const auto again = check(small, leak);
  for (const auto& finding : again.findings)
    if (finding.detector == first.detector) {
      out << "made smaller: " << finding.text << "\n";
      break;
    }
  out << small;
  return out.str();
}

inline std::uint64_t setting(const char* name, std::uint64_t otherwise) {
  const char* value = std::getenv(name);
  return value == nullptr || *value == '\0' ? otherwise : std::strtoull(value, nullptr, 10);
}

}  // namespace privacy
