#pragma once

#include "ports/clock.hpp"

namespace test {

/// Stands still until it is moved.
class StillClock final : public bccast::Clock {
 public:
  bccast::Ms wall_ms() override { return now; }
  std::int64_t monotonic_us() override { return now * 1000; }
  bccast::Ms now = 1'700'000'000'000;
};

}  // namespace test
