// Quiet hours, in the zones of the system.
#include "core/quiet.hpp"

#include <doctest/doctest.h>

#include <string>

#include "adapters/tz/system_zones.hpp"
#include "base/error.hpp"

using bccast::Ms;
using bccast::parse_quiet_hours;
using bccast::Quiet;
using bccast::text_of;

namespace {

const bccast::tz::SystemZones kZones;

std::optional<bccast::Wait> wait(const char* hours, Ms now, const char* zone, const char* instead = "") {
  return Quiet(kZones, parse_quiet_hours(hours), now).until(zone, instead);
}

std::optional<Ms> until(const char* hours, Ms now, const char* zone, const char* instead = "") {
  const auto found = wait(hours, now, zone, instead);
  if (!found) return std::nullopt;
  CHECK(found->reason == bccast::WaitReason::quiet_hours);
  return found->due_at;
}

constexpr Ms kHour = 3'600'000;
constexpr Ms kNight = 1'700'000'000'000;  // 2023-11-14 22:13:20 UTC

}  // namespace

TEST_CASE("quiet hours are two times of the day") {
  for (const std::string text : {"21:00-08:00", "00:00-23:59", "12:30-12:31", ""})
    CHECK(text_of(parse_quiet_hours(text)) == text);
  for (const std::string text : {"21-8", "21:00", "21:00-21:00", "24:00-08:00", "21:60-08:00", "21:00 08:00",
                                 "21:00-08:00 ", "-21:00-08:0", "2a:00-08:00", "21:00-08:00-09:00"}) {
    CAPTURE(text);
    CHECK_THROWS_AS(parse_quiet_hours(text), bccast::Error);
  }
}

TEST_CASE("quiet hours end where the person is; without a zone where the provider is, else in UTC") {
  const char* night = "21:00-08:00";
  CHECK(until(night, kNight, "") == 1'700'035'200'000);               // 08:00 UTC
  CHECK(until(night, kNight, "Europe/Berlin") == 1'700'031'600'000);  // 07:00 UTC
  CHECK(until(night, kNight, "", "Asia/Tokyo") == 1'700'002'800'000);
  CHECK(until(night, kNight, "UTC", "Asia/Tokyo") == 1'700'035'200'000);
  CHECK_FALSE(until(night, kNight, "America/New_York"));  // 17:13
  CHECK_FALSE(until(night, 1'700'035'200'000, ""));       // 08:00 is not quiet any more
  CHECK(until(night, 1'700'035'199'999, "") == 1'700'035'200'000);
}

TEST_CASE("quiet hours where a zone is not known: nobody can say, and the next full hour asks again") {
  const bccast::Wait next_hour{1'700'002'800'000, bccast::WaitReason::unknown_zone};  // 23:00 UTC
  for (const char* hours : {"21:00-08:00", "08:00-21:00"}) {
    CHECK(wait(hours, kNight, "Not/There", "Asia/Tokyo") == next_hour);
    CHECK(wait(hours, kNight, "../../etc/passwd") == next_hour);
    CHECK(wait(hours, kNight, "", "Not/There") == next_hour);
    CHECK(wait(hours, next_hour.due_at, "Not/There")->due_at == next_hour.due_at + kHour);
  }
  const bccast::NoZones none;  // as on a machine without tzdata
  CHECK(Quiet(none, parse_quiet_hours("21:00-08:00"), kNight).until("Europe/Berlin", "") == next_hour);
  CHECK(Quiet(none, parse_quiet_hours("08:00-21:00"), kNight).until("", "") == std::nullopt);
}

TEST_CASE("quiet hours within a day") {
  CHECK(until("22:00-22:30", kNight, "") == kNight + 1'000'000);
  CHECK_FALSE(until("22:14-23:00", kNight, ""));
  CHECK_FALSE(until("08:00-21:00", kNight, ""));
}

TEST_CASE("quiet hours whose end a clock skips last until it goes on") {
  constexpr Ms before = 1'711'845'000'000;  // 2024-03-31 00:30 UTC, in Berlin 01:30; 02:00 becomes 03:00
  CHECK(until("21:00-02:30", before, "Europe/Berlin") == 1'711'846'800'000);
  CHECK_FALSE(until("21:00-02:30", 1'711'846'800'000, "Europe/Berlin"));
  CHECK_FALSE(until("02:10-02:40", 1'711'846'800'000, "Europe/Berlin"));  // there are none that night
  CHECK(until("21:00-08:00", before, "Europe/Berlin") == before + 5 * kHour + kHour / 2);
}

TEST_CASE("quiet hours whose end a clock shows twice last until the first") {
  constexpr Ms first = 1'729'987'800'000;  // 2024-10-27 00:10 UTC, in Berlin 02:10; an hour later again
  CHECK(until("21:00-02:30", first, "Europe/Berlin") == first + kHour / 3);
  CHECK_FALSE(until("21:00-02:30", first + kHour, "Europe/Berlin"));
  CHECK(until("02:30-08:00", first + kHour, "Europe/Berlin") == first + 7 * kHour - kHour / 6);
}
