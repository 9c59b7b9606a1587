// What clocks show in the time zones of the world.
#pragma once

#include <string_view>

#include "model/numbers.hpp"

namespace bccast {

/// Zones are named as in the IANA database ("Europe/Berlin"). May be used from any thread.
class Zones {
 public:
  virtual ~Zones() = default;
  virtual bool has(std::string_view name) const = 0;
  /// What a clock there shows at that moment, as if it were UTC. REQUIRES has(name).
  virtual Ms shown_at(std::string_view name, Ms moment) const = 0;
  /// When a clock there shows that; twice: the first time; never, because it skips it: when it goes on.
  virtual Ms when_shown(std::string_view name, Ms shown) const = 0;
};

/// There is nothing but UTC.
class NoZones final : public Zones {
 public:
  bool has(std::string_view) const override { return false; }
  Ms shown_at(std::string_view, Ms moment) const override { return moment; }
  Ms when_shown(std::string_view, Ms shown) const override { return shown; }
};

inline const NoZones kNoZones;

}  // namespace bccast
