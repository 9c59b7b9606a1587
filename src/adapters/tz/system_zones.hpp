// The time zones of the system (/usr/share/zoneinfo), read by Howard Hinnant's date library.
#pragma once

#include "ports/zones.hpp"

namespace bccast::tz {

class SystemZones final : public Zones {
 public:
  bool has(std::string_view name) const override;
  Ms shown_at(std::string_view name, Ms moment) const override;
  Ms when_shown(std::string_view name, Ms shown) const override;
};

}  // namespace bccast::tz
