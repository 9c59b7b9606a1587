// Time, as the core sees it.
#pragma once

#include "model/numbers.hpp"

namespace bccast {

class Clock {
 public:
  virtual ~Clock() = default;
  /// Milliseconds since the Unix epoch, UTC; may step either way.
  virtual Ms wall_ms() = 0;
  /// Microseconds since some fixed point; never goes back. For durations.
  virtual std::int64_t monotonic_us() = 0;
};

}  // namespace bccast
