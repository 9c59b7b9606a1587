// When a failed notification is tried again.
#pragma once

#include <array>

#include "base/error.hpp"
#include "model/numbers.hpp"

namespace bccast {

/// The waits after the 1st, 2nd, ... attempt. Front-loaded, so that eight attempts fit into the hour of the
/// deadline (sum: 52 minutes).
inline constexpr std::array<Ms, 7> kRetryWaits{5'000, 15'000, 60'000, 180'000, 480'000, 900'000, 1'500'000};
inline constexpr int kMaxAttempts = static_cast<int>(kRetryWaits.size()) + 1;

/// The wait after `attempts` attempts (1 or more), spread by up to a tenth so that those who failed together
/// do not come back together; `random` is any number.
constexpr Ms retry_wait(int attempts, std::uint64_t random) noexcept {
  const auto i = static_cast<std::size_t>(attempts < 1 ? 0 : attempts - 1);
  const Ms wait = kRetryWaits[i < kRetryWaits.size() ? i : kRetryWaits.size() - 1];
  return wait - static_cast<Ms>(random % static_cast<std::uint64_t>(wait / 10 + 1));
}

/// When what a handler gave back untried, an item or a batch, is offered to it again: not in the same breath,
/// or pump would have no end.
inline constexpr Ms kGivenBackWait = 1'000;

/// The longest a channel's breaker stays open.
inline constexpr Ms kLongestBreaker = 300'000;

/// A channel whose whole batches fail: 1 s, doubled each time, at most five minutes.
constexpr Ms breaker_wait(std::int64_t failures) noexcept {
  const std::int64_t doublings = failures < 1 ? 0 : failures > 9 ? 9 : failures - 1;
  const Ms wait = Ms{1000} << doublings;
  return wait < kLongestBreaker ? wait : kLongestBreaker;
}

/// How long a worker may keep a batch before another takes it up, unless set.
inline constexpr Ms kDefaultLease = 60'000;
inline constexpr Ms kShortestLease = 1'000;
/// How far a worker may put off the end of its lease.
inline constexpr Ms kLongestLease = 600'000;
/// A lease, or a breaker, seems to last longer than it can when the clock was stepped back. Small steps only
/// make it last longer; one that ends later than this was stored before a large step.
inline constexpr Ms kClockSlack = 300'000;
/// A lease that ends later than this from now was stored before a large step of the clock, and begins anew.
inline constexpr Ms kFarthestLease = kLongestLease + kClockSlack;
/// Nothing waits longer (BCCAST_MAX_RETRY_AFTER_MS).
inline constexpr Ms kLongestWait = 24 * 60 * 60 * 1000;
/// What is due later than this from now was stored before a large step of the clock, and is due.
inline constexpr Ms kFarthestDue = kLongestWait + kClockSlack;

/// How long a handler asks to wait; -1: as the schedule says. Throws Error(argument).
inline void check_retry_after(Ms wait) {
  if (wait < -1 || wait > kLongestWait)
    throw Error(Code::argument, "the time to wait must be -1, or 0 to 86400000 milliseconds, which is a day");
}

}  // namespace bccast
