#include "adapters/tz/system_zones.hpp"

#include <date/tz.h>

#include <chrono>
#include <exception>

namespace bccast::tz {
namespace {

/// Null: there is no such zone, or the system has none at all.
const date::time_zone* zone_named(std::string_view name) {
  try {
    return date::locate_zone(name);
  } catch (const std::exception&) {
    return nullptr;
  }
}

}  // namespace

bool SystemZones::has(std::string_view name) const {
  return name == "UTC" || zone_named(name) != nullptr;  // which needs no file
}

Ms SystemZones::shown_at(std::string_view name, Ms moment) const {
  const auto* zone = zone_named(name);
  if (zone == nullptr) return moment;
  const date::sys_time<std::chrono::milliseconds> at{std::chrono::milliseconds(moment)};
  return zone->to_local(at).time_since_epoch().count();
}

Ms SystemZones::when_shown(std::string_view name, Ms shown) const {
  const auto* zone = zone_named(name);
  if (zone == nullptr) return shown;
  const date::local_time<std::chrono::milliseconds> local{std::chrono::milliseconds(shown)};
  return zone->to_sys(local, date::choose::earliest).time_since_epoch().count();
}

}  // namespace bccast::tz
