#include "model/fail_window.hpp"

#include <fmt/format.h>

namespace bccast {

bool FailWindow::add(const AttemptCounts& counts) {
  if (failed == 0 && counts.bad.empty()) return false;
  if (counts.good == 0 && counts.bad.empty()) return false;
  attempts += counts.good;
  for (const auto& [name, count] : counts.bad) {
    attempts += count;
    failed += count;
    if (name == reason) {
      votes += count;
      seen += count;
    } else if (votes < count) {
      reason = name;
      votes = count - votes;
      seen = count;
    } else {
      votes -= count;
    }
  }
  return true;
}

void FailWindow::age(const FailRule& rule) {
  while (attempts > 2 * rule.window) {
    attempts /= 2;
    failed /= 2;
    votes /= 2;
    seen /= 2;
  }
  if (failed == 0) *this = {};
}

std::string FailWindow::describe() const {
  auto text = fmt::format("failing: {} % of {}", failed * 100 / attempts, attempts);
  if (!reason.empty() && 2 * seen >= failed) text += ", mostly " + reason;
  return text;
}

}  // namespace bccast
