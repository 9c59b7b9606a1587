// What became of each place of a blast on a channel, as bitmaps of one slice: worked out from the line's
// cursor, what is in flight, what waits or failed, and what was left out.
#pragma once

#include <array>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include "core/context.hpp"
#include "core/line_slices.hpp"

namespace bccast {

enum class PlaceState : std::uint8_t { pending, in_flight, retry, done, failed, skipped };
inline constexpr std::array<std::string_view, 6> kPlaceStateNames{"pending", "in_flight", "retry",
                                                                  "done",    "failed",    "skipped"};

/// One slice of a line. The six states are disjoint and together its audience.
struct PlaceStates {
  std::array<Slice, kPlaceStateNames.size()> of;
  std::array<Slice, kSkipReasons.size()> skipped_by;  // in the order of kSkipReasons
  std::vector<std::pair<Wait, Slice>> waiting;        // because of quiet hours
  std::vector<Item> items;                            // those that wait or failed, by place

  Slice& operator[](PlaceState state) { return of[static_cast<std::size_t>(state)]; }
  const Slice& operator[](PlaceState state) const { return of[static_cast<std::size_t>(state)]; }
  /// Not yet ended.
  Slice open() const {
    return (*this)[PlaceState::pending] | (*this)[PlaceState::in_flight] | (*this)[PlaceState::retry];
  }
};

/// Reads the states of a slice's audience. What is stored as bitmaps is read once; the single items, of
/// which there may be many, only where they are asked for.
class SliceStates {
 public:
  /// `claims`: those of the line (WorkTables::claims_of), read once for all of its slices. `audience`: that
  /// of the line (WorkTables::audience), or a part of it. `stored`: what is stored of the slice as bitmaps.
  SliceStates(const Tables& tables, const Line& line, const std::vector<Claim>& claims, SliceNo slice,
              const Slice& audience, const LineSlices::Of& stored);
  SliceStates(const Tables& tables, const Line& line, const std::vector<Claim>& claims, SliceNo slice,
              const Slice& audience)
      : SliceStates(tables, line, claims, slice, audience,
                    LineSlices(tables, line, {&slice, 1}, false).at(slice)) {}

  static constexpr std::size_t kAll = static_cast<std::size_t>(-1);
  /// Reads on from `begin`, up to `end` at the furthest and at most `most` items, one or more. Gives the
  /// place up to which states() holds now, from `begin` on: that is further, unless `begin` is `end`.
  std::uint32_t read(std::uint32_t begin, std::uint32_t end, std::size_t most);
  /// Takes the items of some places, which ascend: states() holds for these places alone.
  void set(std::span<const ItemAt> items);
  const PlaceStates& states() const noexcept { return states_; }
  /// All of the slice for counting, from bitmaps alone: what has an item that did not fail is pending.
  /// REQUIRES: it was made with these.
  const PlaceStates& count();

 private:
  void start();
  void add(std::uint16_t at, const Item& item, Slice& rest);
  /// `rest`: what was handed out and has no item.
  void finish(Slice rest);

  const Tables& tables_;
  Line line_;
  SliceNo slice_;
  Slice not_handed_out_;  // or waiting because of quiet hours
  Slice rest_;            // of them only single items and claims tell
  ItemSlice items_;
  std::vector<Slice> in_claims_;
  PlaceStates states_;
};

/// All of a slice at once.
PlaceStates place_states(const Tables& tables, const Line& line, const std::vector<Claim>& claims,
                         SliceNo slice, const Slice& audience);

}  // namespace bccast
