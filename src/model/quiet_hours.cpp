#include "model/quiet_hours.hpp"

#include <fmt/format.h>

#include "base/error.hpp"

namespace bccast {
namespace {

/// "08:30" in minutes; below 0: it is no time of day.
int minutes_of(std::string_view text) {
  const auto digit = [&](std::size_t i) { return text[i] >= '0' && text[i] <= '9' ? text[i] - '0' : -1000; };
  if (text.size() != 5 || text[2] != ':') return -1;
  const int hour = digit(0) * 10 + digit(1);
  const int minute = digit(3) * 10 + digit(4);
  return hour < 0 || hour > 23 || minute < 0 || minute > 59 ? -1 : hour * 60 + minute;
}

}  // namespace

QuietHours parse_quiet_hours(std::string_view text) {
  if (text.empty()) return {};
  const QuietHours hours{minutes_of(text.substr(0, 5)), text.size() == 11 ? minutes_of(text.substr(6)) : -1};
  if (hours.from < 0 || hours.to < 0 || text[5] != '-' || !hours.any())
    throw Error(Code::argument, "quiet hours must be two times of the day that differ, such as 21:00-08:00");
  return hours;
}

std::string text_of(QuietHours hours) {
  if (!hours.any()) return {};
  return fmt::format("{:02}:{:02}-{:02}:{:02}", hours.from / 60, hours.from % 60, hours.to / 60,
                     hours.to % 60);
}

}  // namespace bccast
