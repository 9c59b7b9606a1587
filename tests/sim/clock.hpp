// The simulated time. Waiting moves both clocks; a step moves what is on the wall alone.
#pragma once

#include <bccast/bccast_ext.h>

#include <algorithm>
#include <cstdint>

namespace sim {

class Clock {
 public:
  static constexpr std::int64_t kStart = 1'800'000'000'000;

  std::int64_t wall_ms() const { return wall_us_ / 1000; }
  std::int64_t monotonic_us() const { return monotonic_us_; }
  void pass_us(std::int64_t us) {
    wall_us_ += us;
    monotonic_us_ += us;
    note();
  }
  void pass_ms(std::int64_t ms) { pass_us(ms * 1000); }
  void step_ms(std::int64_t ms) {
    wall_us_ += ms * 1000;
    ++steps;
    note();
  }
  /// Between the earliest and the latest time that was ever on the wall.
  std::int64_t spread_ms() const { return (latest_us_ - earliest_us_) / 1000; }
  int steps = 0;

  static bccast_clock_vtbl vtbl() {
    bccast_clock_vtbl made{};
    made.struct_size = sizeof made;
    made.wall_ms = [](void* self) { return static_cast<Clock*>(self)->wall_ms(); };
    made.monotonic_us = [](void* self) { return static_cast<Clock*>(self)->monotonic_us(); };
    return made;
  }

 private:
  std::int64_t wall_us_ = kStart * 1000;
  void note() {
    earliest_us_ = std::min(earliest_us_, wall_us_);
    latest_us_ = std::max(latest_us_, wall_us_);
  }
  std::int64_t monotonic_us_ = 0;
  std::int64_t earliest_us_ = kStart * 1000;
  std::int64_t latest_us_ = kStart * 1000;
};

}  // namespace sim
