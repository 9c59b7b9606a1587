// What of a batch is in none of its claims any more and yet nobody has reported: whoever took the batch over
// had to put it off, because of quiet hours or since its message was still being delivered.
#pragma once

#include <map>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "core/assignment.hpp"

namespace bccast {

/// Why the place of an item that is put off waits in the bitmaps of its line; nothing: it waits as an item.
std::optional<WaitReason> reason_to_wait(const Item& item, const Assignment::Deferred& deferred);

/// Places of lines by slice, as they are asked for.
using PlacesOfLines = std::map<LineNo, std::map<SliceNo, Slice>>;

class PutOff {
 public:
  explicit PutOff(Tables& tables) : tables_(tables) {}

  /// Finds which of these places wait, in a bitmap of their line or as an item, and were never reported.
  void find(const PlacesOfLines& places);

  bool any() const noexcept { return !found_.empty(); }
  bool has(LineNo line, Place place) const { return found_.count({line, place}) > 0; }

  struct Found {
    ItemNo no = 0;                // of its item; 0: it waits in a bitmap
    std::optional<Token> holder;  // the claim its item is in
  };
  /// REQUIRES has(). It does not wait any more. Its item is left to the caller.
  Found take(LineNo line, Place place);

  /// Stores what take() took out of the line's bitmaps. The line is not stored.
  void store(Line& line);

 private:
  struct OfSlice {
    std::vector<WaitingPlaces> waiting;
    Slice taken;
  };
  void find_waiting(std::span<const LineSlice> slices, const PlacesOfLines& places);
  void find_open(std::span<const LineSlice> slices, const PlacesOfLines& places,
                 std::map<LineNo, std::vector<Place>>& open) const;

  Tables& tables_;
  std::map<std::pair<LineNo, Place>, Found> found_;
  std::map<LineSlice, OfSlice> slices_;
};

}  // namespace bccast
