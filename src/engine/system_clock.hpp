// The system's clock.
#pragma once

#include <chrono>

#include "ports/clock.hpp"

namespace bccast {

class SystemClock final : public Clock {
 public:
  Ms wall_ms() override {
    using namespace std::chrono;
    return duration_cast<milliseconds>(system_clock::now().time_since_epoch()).count();
  }
  std::int64_t monotonic_us() override {
    using namespace std::chrono;
    return duration_cast<microseconds>(steady_clock::now().time_since_epoch()).count();
  }
};

}  // namespace bccast
