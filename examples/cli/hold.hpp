// The time in which what was sent can still be taken back.
#pragma once

#include <cstdint>
#include <string>

#include "handles.hpp"
#include "output.hpp"

namespace cli {

/// Whether there is a terminal to count down on.
bool can_count_down();

/// A blast that was sent, and perhaps held.
class Held {
 public:
  Held(bccast_engine* engine, std::string provider, std::string blast);
  /// False: it is on its way.
  bool is_held() const { return state_ == "scheduled"; }
  /// When it goes, or was to go; empty: it was never held.
  Value goes_at() const;
  std::int64_t recipients() const;
  /// On stderr: until when it can be taken back, and how.
  void remark_how_to_take_back() const;
  /// Counts down on stderr, and lets it go. Ctrl-C takes it back: false. Throws Stop when it could not go, or
  /// somebody else has taken it back.
  bool count_down();

 private:
  void look();
  bool take_back();
  bccast_engine* engine_;
  const std::string provider_;
  const std::string blast_;
  std::string state_;
  std::string missed_reason_;
  std::int64_t goes_at_ms_ = 0;
  std::int64_t recipients_ = 0;
};

}  // namespace cli
