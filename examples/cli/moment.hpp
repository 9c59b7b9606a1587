// Times as people give them, in their own zone.
#pragma once

#include <cstdint>
#include <string>

namespace cli {

/// Milliseconds since 1970. The system's clock.
std::int64_t now_ms();

/// A time zone, by its IANA name ("Europe/Berlin").
class Zone {
 public:
  /// `name` empty: the system's. Throws Stop when there is no such zone.
  explicit Zone(std::string name);
  const std::string& name() const noexcept { return name_; }
  /// 2026-12-01T09:00:00+01:00
  std::string local(std::int64_t ms) const;
  /// 2026-12-01T09:00 (or :30) in this zone, or with Z or +01:00 as it says; +10m (s, m, h, d: of 24 hours)
  /// from now on, -10m before. What the clocks skip is the next minute that there is; what they repeat, the
  /// first one. Throws Stop when it is none of these.
  std::int64_t parse(const std::string& text) const;

 private:
  std::string name_;
};

}  // namespace cli
