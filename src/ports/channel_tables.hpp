// Channels as rows.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "model/fail_window.hpp"
#include "model/numbers.hpp"
#include "model/quiet_hours.hpp"
#include "model/rate.hpp"

namespace bccast {

struct Channel {
  ChannelNo no = 0;
  std::string name;
  bool delivers = false;  // its role: to deliver messages, or to notify of them
  bool paused = false;
  bool removed = false;
  std::int64_t failures = 0;  // whole batches that failed in a row
  Ms failing_since = 0;
  Ms open_until = 0;  // its breaker is open: nothing is claimed before
  std::string last_reason;
  std::int64_t items_turn = 0;  // when single items last had their turn (see Line::turn)
  Ms worker_seen = 0;
  Rate rate;                     // how fast it may be worked
  TokenBucket bucket;            // of a limited rate: what is left of it
  std::int64_t concurrency = 0;  // so many claims in flight at most, of all processes; 0: no limit
  QuietHours quiet_hours;
  bool waits = false;  // it has quiet hours, or had: places may wait for the end of them
  FailRule fail_rule;
  FailWindow window;
  bool over_threshold = false;  // its breaker was opened by the rule: only a probe that goes well closes it
};

class ChannelTables {
 public:
  virtual ~ChannelTables() = default;

  /// By name; removed ones are found by number alone.
  virtual std::vector<Channel> channels() const = 0;
  virtual std::optional<Channel> channel(std::string_view name) const = 0;
  virtual std::optional<Channel> channel(ChannelNo no) const = 0;
  /// The highest number that a channel has, also one that was removed; 0: there was none.
  virtual ChannelNo last_channel() const = 0;
  /// False, and nothing is done: another has its number, or its name and was not removed.
  virtual bool insert_channel(const Channel& channel) = 0;
  /// REQUIRES: its name and its role are unchanged.
  virtual void update_channel(const Channel& channel) = 0;

  /// Cuts off what follows the class of a reason: somebody is forgotten whom it may be about.
  virtual void forget_reason_details() = 0;
};

}  // namespace bccast
