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

/// A channel as it is set up.
struct Channel {
  ChannelNo no = 0;
  std::string name;
  bool delivers = false;  // its role: to deliver messages, or to notify of them
  bool paused = false;
  bool removed = false;
  Rate rate;                     // how fast it may be worked
  std::int64_t concurrency = 0;  // so many claims in flight at most, of all processes; 0: no limit
  QuietHours quiet_hours;
  bool waits = false;  // it has quiet hours, or had: places may wait for the end of them
  FailRule fail_rule;
};

/// What comes of working it. Apart from how it is set up: neither is written with the other.
struct ChannelWork {
  ChannelNo channel_no = 0;
  std::int64_t failures = 0;  // whole batches that failed in a row
  Ms failing_since = 0;
  Ms open_until = 0;  // its breaker is open: nothing is claimed before
  std::string last_reason;
  std::int64_t items_turn = 0;  // when single items last had their turn (see Line::turn)
  Ms worker_seen = 0;
  TokenBucket bucket;  // of a limited rate: what is left of it
  FailWindow window;
  bool over_threshold = false;  // its breaker was opened by the rule: only a probe that goes well closes it
  bool stopped = false;         // it was paused by the rule: until it is set to go on

  friend bool operator==(const ChannelWork&, const ChannelWork&) = default;
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
  /// With the work of a new one. False, and nothing is done: another has its number, or its name and was not
  /// removed.
  virtual bool insert_channel(const Channel& channel) = 0;
  /// REQUIRES: its name and its role are unchanged.
  virtual void update_channel(const Channel& channel) = 0;
  virtual std::optional<ChannelWork> channel_work(ChannelNo no) const = 0;
  virtual void update_channel_work(const ChannelWork& work) = 0;

  /// Cuts off what follows the class of a reason: somebody is forgotten whom it may be about.
  virtual void forget_reason_details() = 0;
};

}  // namespace bccast
