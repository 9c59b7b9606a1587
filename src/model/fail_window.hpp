// How much of what a channel was last handed failed: a window that decays, a few numbers in all.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

namespace bccast {

/// When a channel fails too much.
struct FailRule {
  std::int64_t percent = 50;  // 1 to 100; 0: never
  std::int64_t window = 200;  // attempts to judge by, at least
  bool pauses = false;        // the channel is paused then; else its breaker opens
};
inline constexpr std::int64_t kFewestToJudge = 50;
inline constexpr std::int64_t kMostToJudge = 100'000;

/// How attempts went; the failed ones by the class of their reason.
struct AttemptCounts {
  std::int64_t good = 0;
  std::map<std::string, std::int64_t, std::less<>> bad;

  /// The detail of a reason, behind its colon, is not kept.
  void add_bad(std::string_view reason) { ++bad[std::string(reason.substr(0, reason.find(':')))]; }
};

/// The last `window` attempts or more, at most twice as many. It begins with the first failure and is
/// forgotten when failures are rare, so that a channel on which all goes well has none.
struct FailWindow {
  std::int64_t attempts = 0;
  std::int64_t failed = 0;
  // The class that most failures have, if one has most of them (Boyer and Moore's vote), and how many were
  // seen of it since it led.
  std::string reason{};
  std::int64_t votes = 0;
  std::int64_t seen = 0;

  bool empty() const noexcept { return attempts == 0; }
  friend bool operator==(const FailWindow&, const FailWindow&) = default;
  /// False: nothing changed.
  bool add(const AttemptCounts& counts);
  bool exceeds(const FailRule& rule) const noexcept {
    return rule.percent > 0 && attempts >= rule.window && failed * 100 >= attempts * rule.percent;
  }
  /// What lies further back counts half, and half again.
  void age(const FailRule& rule);
  /// "failing: 62 % of 210, mostly mailbox_full".
  std::string describe() const;
};

}  // namespace bccast
