// The order in which the places of a blast are worked on: ascending, but from a keyed starting place and
// around.
//
// What a client can see of a blast's timing then depends on a keyed number, not on who stands before it on
// the roster. Positions count from 0 at the starting place; a line's cursor is a position.
#pragma once

#include "model/numbers.hpp"

namespace bccast {

using Position = std::int64_t;

class Rotation {
 public:
  Rotation(SliceNo slices, Place start) : span_(Position{slices} * Slice::kPlaces), start_(start) {}
  /// One past the last position.
  Position end() const noexcept { return span_; }
  Position position_of(Place place) const noexcept {
    const Position p = Position{place} - start_;
    return p < 0 ? p + span_ : p;
  }
  Place place_of(Position position) const noexcept {
    const Position p = position + start_;
    return static_cast<Place>(p < span_ ? p : p - span_);
  }
  /// The positions from `from` to `to` in runs that neither leave a slice nor wrap: f(slice, begin, end,
  /// position) with begin and end within the slice, and the position of begin; stops when f returns false.
  template <typename F>
  void for_each_run(Position from, Position to, F&& f) const {
    while (from < to) {
      const Place place = place_of(from);
      const auto begin = within_slice(place);
      // A run ends with its slice, or where the circle closes, which is at the end of the last slice too.
      Position length = Position{Slice::kPlaces} - begin;
      if (length > to - from) length = to - from;
      if (!f(slice_of(place), begin, begin + static_cast<std::uint32_t>(length), from)) return;
      from += length;
    }
  }

 private:
  Position span_;
  Position start_;
};

}  // namespace bccast
