#include "moment.hpp"

#include <date/tz.h>

#include <array>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <optional>
#include <stdexcept>
#include <string_view>
#include <utility>

#include "session.hpp"

namespace cli {
namespace {

using std::chrono::seconds;

/// Takes a text apart from the front.
class Scanner {
 public:
  explicit Scanner(std::string_view text) : text_(text) {}
  bool take(char wanted) {
    if (text_.empty() || text_.front() != wanted) return false;
    text_.remove_prefix(1);
    return true;
  }
  /// Between `fewest` and `most` digits, as many as there are.
  std::optional<int> number(std::size_t fewest, std::size_t most) {
    int value = 0;
    std::size_t digits = 0;
    for (; digits < most && !text_.empty() && text_.front() >= '0' && text_.front() <= '9'; ++digits) {
      value = value * 10 + (text_.front() - '0');
      text_.remove_prefix(1);
    }
    if (digits < fewest) return std::nullopt;
    return value;
  }
  bool at_end() const noexcept { return text_.empty(); }

 private:
  std::string_view text_;
};

/// +10m, -3d
std::optional<seconds> parse_span(std::string_view text) {
  constexpr std::array<std::pair<char, int>, 4> kUnits = {{{'s', 1}, {'m', 60}, {'h', 3600}, {'d', 86'400}}};
  constexpr std::size_t kMostDigits = 6;  // some thousand years of days
  Scanner scanner(text);
  const bool back = scanner.take('-');
  if (!back && !scanner.take('+')) return std::nullopt;
  const auto number = scanner.number(1, kMostDigits);
  if (!number) return std::nullopt;
  for (const auto& [letter, length] : kUnits) {
    if (!scanner.take(letter)) continue;
    if (!scanner.at_end()) return std::nullopt;
    return seconds(static_cast<std::int64_t>(*number) * length * (back ? -1 : 1));
  }
  return std::nullopt;
}

struct Written {
  date::local_seconds local;
  std::optional<seconds> offset;  // from UTC, where it is said
};

std::optional<seconds> parse_offset(Scanner& scanner, bool west) {
  const auto hours = scanner.number(2, 2);
  if (!hours || !scanner.take(':')) return std::nullopt;
  const auto minutes = scanner.number(2, 2);
  if (!minutes || *hours > 23 || *minutes > 59) return std::nullopt;
  return seconds((*hours * 60 + *minutes) * (west ? -60 : 60));
}

/// 2026-12-01T09:00, 2026-12-01T09:00:30Z, 2026-12-01T09:00+01:00
std::optional<Written> parse_date(std::string_view text) {
  Scanner scanner(text);
  const auto year = scanner.number(4, 4);
  if (!year || !scanner.take('-')) return std::nullopt;
  const auto month = scanner.number(2, 2);
  if (!month || !scanner.take('-')) return std::nullopt;
  const auto day = scanner.number(2, 2);
  if (!day || !scanner.take('T')) return std::nullopt;
  const auto hour = scanner.number(2, 2);
  if (!hour || !scanner.take(':')) return std::nullopt;
  const auto minute = scanner.number(2, 2);
  std::optional<int> second = 0;
  if (scanner.take(':')) second = scanner.number(2, 2);
  const date::year_month_day on{date::year(*year), date::month(static_cast<unsigned>(*month)),
                                date::day(static_cast<unsigned>(*day))};
  if (!minute || !second || !on.ok() || *hour > 23 || *minute > 59 || *second > 59) return std::nullopt;
  Written written{date::local_days(on) + seconds((*hour * 60 + *minute) * 60 + *second), std::nullopt};
  if (scanner.take('Z')) {
    written.offset = seconds(0);
  } else if (const bool west = scanner.take('-'); west || scanner.take('+')) {
    written.offset = parse_offset(scanner, west);
    if (!written.offset) return std::nullopt;
  }
  if (!scanner.at_end()) return std::nullopt;
  return written;
}

date::sys_seconds in_zone(const date::time_zone& zone, date::local_seconds local) {
  const date::local_info info = zone.get_info(local);
  // Skipped: the moment at which the clocks were put forward.
  if (info.result == date::local_info::nonexistent) return info.first.end;
  return date::sys_seconds(local.time_since_epoch() - info.first.offset);
}

const date::time_zone* find_zone(const std::string& name) {
  try {
    return date::locate_zone(name);
  } catch (const std::runtime_error&) {
    return nullptr;
  }
}

/// TZ says it before the system's setting does.
std::string system_zone() {
  const char* given = std::getenv("TZ");
  if (given != nullptr) {
    const std::string name = *given == ':' ? given + 1 : given;
    if (name.empty()) return "UTC";
    if (find_zone(name) != nullptr) return name;
    throw Stop(kUsage, "TZ is set, but not to the name of a time zone; name one with --zone");
  }
  try {
    return date::current_zone()->name();
  } catch (const std::runtime_error&) {
    return "UTC";  // as the C library does without a setting
  }
}

}  // namespace

std::int64_t now_ms() {
  using std::chrono::milliseconds;
  return std::chrono::floor<milliseconds>(std::chrono::system_clock::now()).time_since_epoch().count();
}

Zone::Zone(std::string name) : name_(std::move(name)) {
  if (name_.empty()) name_ = system_zone();
  if (find_zone(name_) == nullptr) {
    throw Stop(kUsage, "there is no time zone of that name; one is Europe/Berlin, another UTC");
  }
}

std::string Zone::local(std::int64_t ms) const {
  const auto at =
      date::floor<seconds>(date::sys_time<std::chrono::milliseconds>(std::chrono::milliseconds(ms)));
  return date::format("%FT%T%Ez", date::make_zoned(find_zone(name_), at));
}

std::int64_t Zone::parse(const std::string& text) const {
  if (const auto span = parse_span(text)) return now_ms() + span->count() * 1000;
  const auto written = parse_date(text);
  if (!written) {
    throw Stop(kUsage,
               "a time is given as 2026-12-01T09:00, also with Z or +01:00 behind it, or as +10m, +2h, +3d");
  }
  const auto at = written->offset ? date::sys_seconds(written->local.time_since_epoch() - *written->offset)
                                  : in_zone(*find_zone(name_), written->local);
  return at.time_since_epoch().count() * 1000;
}

}  // namespace cli
