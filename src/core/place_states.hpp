// What became of each place of a blast on a channel, as bitmaps of one slice: worked out from the line's
// cursor, what is in flight, what waits or failed, and what was left out.
#pragma once

#include <array>
#include <string_view>
#include <utility>
#include <vector>

#include "core/context.hpp"

namespace bccast {

enum class PlaceState : std::uint8_t { pending, in_flight, retry, done, failed, skipped };
inline constexpr std::array<std::string_view, 6> kPlaceStateNames{"pending", "in_flight", "retry",
                                                                  "done",    "failed",    "skipped"};

/// One slice of a line. The six states are disjoint and together the recipients.
struct PlaceStates {
  std::array<Slice, kPlaceStateNames.size()> of;
  std::array<Slice, kSkipReasons.size()> skipped_by;  // in the order of kSkipReasons
  std::vector<std::pair<Ms, Slice>> waiting;          // for the end of quiet hours, by when that is
  std::vector<Item> items;                            // those that wait or failed, by place

  Slice& operator[](PlaceState state) { return of[static_cast<std::size_t>(state)]; }
  const Slice& operator[](PlaceState state) const { return of[static_cast<std::size_t>(state)]; }
  /// Not yet ended.
  Slice open() const {
    return (*this)[PlaceState::pending] | (*this)[PlaceState::in_flight] | (*this)[PlaceState::retry];
  }
};

/// The places of the slice that stand at the positions from..to.
Slice places_between(const Rotation& rotation, SliceNo slice, Position from, Position to);

/// `claims`: those of the line (WorkTables::claims_of), read once for all of its slices.
PlaceStates place_states(const Tables& tables, const Line& line, const std::vector<Claim>& claims,
                         SliceNo slice, const Slice& recipients);

}  // namespace bccast
