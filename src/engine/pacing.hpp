// How large the batches of a channel are: small at first, and twice as large while they are quick, so that a
// slow handler never nears its lease, and a pump does not overrun its budget by much.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>

#include "model/retry.hpp"

namespace bccast {

class Pacing {
 public:
  /// A batch that is handed out before anything is known: within a lease of 60 s at a second an item, and
  /// of a shorter lease as much of it.
  static constexpr std::size_t kFirst = 50;
  static constexpr std::size_t kLargest = 1000;

  explicit Pacing(Ms lease)
      : size_(std::clamp<std::size_t>(kFirst * static_cast<std::size_t>(lease) / kDefaultLease, 1, kFirst)) {}

  std::size_t size() const noexcept { return size_.load(); }

  /// A batch for which `items` were claimed took so long.
  void measured(std::size_t items, std::int64_t took_us) noexcept {
    const std::size_t size = size_.load();
    if (took_us < kQuickUs) {
      if (items >= size) size_ = std::min(size * 2, kLargest);
    } else if (took_us > kSlowUs) {
      const auto fitting = static_cast<std::int64_t>(items) * kQuickUs / took_us;
      size_ = std::clamp<std::size_t>(static_cast<std::size_t>(fitting), 1, size);
    }
  }

 private:
  static constexpr std::int64_t kQuickUs = 250'000;
  static constexpr std::int64_t kSlowUs = 1'000'000;
  std::atomic<std::size_t> size_;
};

}  // namespace bccast
