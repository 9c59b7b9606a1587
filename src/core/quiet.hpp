// Quiet hours: who is not to be told now, and who waits because of them.
#pragma once

#include <algorithm>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/context.hpp"
#include "core/work_locks.hpp"

namespace bccast {

/// When somebody is looked at again whose time zone is set but not known: at the next full hour.
inline constexpr Ms kZoneWait = 3'600'000;

/// Until when a channel is quiet for people, at one moment.
class Quiet {
 public:
  Quiet(const Zones& zones, QuietHours hours, Ms now) : zones_(zones), hours_(hours), now_(now) {}

  /// For whoever lives in `zone`, or, where that is empty, in `instead`, or in UTC. Nothing: it is not quiet.
  /// Where that is not a zone which is known, nobody can say: nobody is told by a guess.
  std::optional<Wait> until(std::string_view zone, std::string_view instead);

 private:
  std::optional<Ms> in_zone(const std::string& zone) const;

  const Zones& zones_;
  const QuietHours hours_;
  const Ms now_;
  std::map<std::string, std::optional<Wait>, std::less<>> known_;
};

/// What of a line waits for the end of quiet hours.
struct QuietPlaces {
  std::int64_t count = 0;
  Ms until = 0;              // the latest; 0: nobody waits
  std::int64_t unknown = 0;  // besides: those that wait for their time zone to be known
};
QuietPlaces quiet_places(const Tables& tables, const Line& line, Ms now);

/// Lets these wait in the line's bitmaps, besides those that do. The line is not stored.
void let_wait(Tables& tables, Line& line, std::vector<WaitingPlaces> places);

/// Of the line whose waiting places are due, at most `most` as items. Empty: none is due.
std::vector<Item> wake_places(Tables& tables, const Locked& locked, ChannelNo channel, Ms now,
                              std::size_t most);

/// The quiet hours are others: all that wait are looked at again now.
void wake_all(Tables& tables, const Channel& channel, Ms now);

}  // namespace bccast
