// How fast a channel may be worked: a token bucket.
//
// Tokens are millionths of an item, and a rate is items in a thousand seconds, so that a millisecond's worth
// is a whole number. The bucket holds one second's worth, and at least one item.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "model/numbers.hpp"

namespace bccast {

struct Rate {
  std::int64_t per_1000_s = 0;  // 0: no limit

  bool limited() const noexcept { return per_1000_s > 0; }
  friend bool operator==(const Rate&, const Rate&) noexcept = default;
};

/// The fastest rate that can be set, items a second: more is as good as none.
inline constexpr std::int64_t kFastestRate = 1'000'000;

/// Items a second, with up to three decimals; "" and 0: no limit. Throws Error(argument).
Rate parse_rate(std::string_view text);
/// As parse_rate() takes it; "": no limit.
std::string text_of(Rate rate);

/// What a channel may still be handed. Meaningful only beside a limited rate.
struct TokenBucket {
  std::int64_t tokens = 0;
  Ms at = 0;  // when they were counted

  static constexpr std::int64_t kItem = 1'000'000;
  static constexpr std::int64_t most(Rate rate) noexcept { return std::max(kItem, rate.per_1000_s * 1000); }
  /// A portion that is worth a batch: a tenth of a second's worth, and at least one item. Nobody is to be
  /// woken a hundred times a second for single items.
  static constexpr std::int64_t portion(Rate rate) noexcept { return std::max(kItem, rate.per_1000_s * 100); }

  /// Brings it to `now`. A clock that was stepped back adds nothing, and counts on from there.
  void refill(Rate rate, Ms now) noexcept {
    const Ms until_full = most(rate) / rate.per_1000_s + 1;
    const Ms elapsed = std::clamp<Ms>(now - at, 0, until_full);
    tokens = std::min(most(rate), tokens + elapsed * rate.per_1000_s);
    at = now;
  }
  bool ready(Rate rate) const noexcept { return tokens >= portion(rate); }
  /// In how many milliseconds it is ready, of a bucket that was brought to now.
  Ms ready_in(Rate rate) const noexcept {
    const auto missing = portion(rate) - tokens;
    return missing <= 0 ? 0 : (missing + rate.per_1000_s - 1) / rate.per_1000_s;
  }
  std::size_t items() const noexcept {
    return static_cast<std::size_t>(std::max<std::int64_t>(tokens, 0) / kItem);
  }
  void take(std::size_t count) noexcept { tokens -= static_cast<std::int64_t>(count) * kItem; }
  friend bool operator==(const TokenBucket&, const TokenBucket&) = default;
  void give_back(Rate rate, std::size_t count) noexcept {
    tokens = std::min(most(rate), tokens + static_cast<std::int64_t>(count) * kItem);
  }
};

/// How many of a line's items still wait because of the rate alone: those of `total` whose turn has not come
/// `elapsed` after the sending, and not more than are pending.
std::int64_t deferred_by_rate(Rate rate, std::int64_t total, std::int64_t pending, Ms elapsed) noexcept;

}  // namespace bccast
