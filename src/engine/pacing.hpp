// How large the batches of a channel are: small at first, and twice as large while they are quick, so that a
// slow handler never nears its lease; and no larger than what is left of a budget.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>

#include "model/retry.hpp"

namespace bccast {

/// May be used by several threads at once: what one overwrites of another's is an estimate.
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

  /// What the parts of a batch took: filling it with what was claimed (of a small one that is a part of its
  /// claim), its handler with what it was handed, and storing its report or claiming it, which costs much the
  /// same for one and for a thousand.
  void loaded(std::size_t claimed, std::int64_t took_us) noexcept { learn(load_ns_, claimed, took_us); }
  /// A small batch is filled with its claim, and an item of few seems dear. But it shows when it has become
  /// cheaper: else one slow moment would leave the batches small for ever.
  void filled_small(std::size_t claimed, std::int64_t took_us) noexcept {
    const std::int64_t before = load_ns_;
    if (before < 0 || claimed == 0) return;
    load_ns_ =
        std::min(before, std::max<std::int64_t>(took_us, 0) * 1000 / static_cast<std::int64_t>(claimed));
  }
  void handled(std::size_t items, std::int64_t took_us) noexcept {
    if (items == 0) unseen_ = std::min(unseen_ * 2, kLargest);
    learn(handle_ns_, items, took_us);
  }
  void stored(std::int64_t took_us) noexcept { learn(store_ns_, 1, took_us); }

  /// How many items of a batch fit into what is left of a budget, if so many transactions go with it. The
  /// first of a run has at least one item, and shares what is left with transactions that take longer. Any
  /// other has none (0) when its transactions would take longer than its items.
  std::size_t fitting(std::int64_t left_us, std::int64_t transactions, bool first) const noexcept {
    const std::int64_t load = std::max<std::int64_t>(load_ns_, 0);
    const std::int64_t handle = handle_ns_;
    const std::int64_t store = std::max<std::int64_t>(store_ns_, 0);
    const std::int64_t left = left_us * 1000;
    const std::int64_t room = left - store * transactions;
    const std::int64_t item = std::max<std::int64_t>(load + handle, 1);
    if (!first && room < store) return 0;
    auto fit = at_most((first ? std::max(room, left / 2) : room) / item, first ? 1 : 0);
    if (load_ns_ < 0) fit = std::min(fit, kLargestUnloaded);
    return handle < 0 ? std::min<std::size_t>(fit, unseen_) : fit;
  }

 private:
  static std::size_t at_most(std::int64_t items, std::size_t least) noexcept {
    return std::clamp<std::size_t>(items > 0 ? static_cast<std::size_t>(items) : 0, least, kLargest);
  }
  /// What has become dearer is believed at once, what has become cheaper by halves.
  static void learn(std::atomic<std::int64_t>& ns, std::size_t items, std::int64_t took_us) noexcept {
    if (items == 0) return;
    const std::int64_t now = std::max<std::int64_t>(took_us, 0) * 1000 / static_cast<std::int64_t>(items);
    const std::int64_t before = ns;
    ns = before < 0 ? now : std::max(now, (before + now) / 2);
  }

  static constexpr std::int64_t kQuickUs = 250'000;
  static constexpr std::int64_t kSlowUs = 1'000'000;
  static constexpr std::int64_t kUnknown = -1;
  static constexpr std::size_t kLargestUnloaded = 100;  // while it is not known what filling takes
  std::atomic<std::size_t> size_;
  std::atomic<std::size_t> unseen_{1};  // what may be claimed before the handler has shown what it takes
  std::atomic<std::int64_t> load_ns_{kUnknown};    // an item
  std::atomic<std::int64_t> handle_ns_{kUnknown};  // an item
  std::atomic<std::int64_t> store_ns_{kUnknown};   // a transaction
};

}  // namespace bccast
