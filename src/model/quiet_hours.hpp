// The hours of a day in which nobody is to be told.
#pragma once

#include <string>
#include <string_view>

namespace bccast {

/// From one minute of the day, included, to another, not included; over midnight when that comes first.
struct QuietHours {
  int from = 0;  // minutes after midnight; both the same: none
  int to = 0;

  bool any() const noexcept { return from != to; }
  friend bool operator==(const QuietHours&, const QuietHours&) noexcept = default;
};

/// "21:00-08:00"; "": none. Throws Error(argument).
QuietHours parse_quiet_hours(std::string_view text);
/// As parse_quiet_hours() takes it.
std::string text_of(QuietHours hours);

}  // namespace bccast
