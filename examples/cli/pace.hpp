// How fast a number grows, by what was seen of it in the last seconds.
#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <utility>

namespace cli {

class Pace {
 public:
  using Clock = std::chrono::steady_clock;

  void note(std::int64_t number) {
    const auto now = Clock::now();
    seen_.emplace_back(now, number);
    while (seen_.size() > 2 && now - seen_.front().first > kWindow) seen_.pop_front();
  }
  /// A second; 0 as long as it is not known.
  double per_second() const {
    if (seen_.size() < 2) return 0;
    const std::chrono::duration<double> time = seen_.back().first - seen_.front().first;
    const auto more = static_cast<double>(seen_.back().second - seen_.front().second);
    return time.count() > 0 && more > 0 ? more / time.count() : 0;
  }

 private:
  static constexpr std::chrono::seconds kWindow{5};
  std::deque<std::pair<Clock::time_point, std::int64_t>> seen_;
};

}  // namespace cli
