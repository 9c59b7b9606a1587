// What became of recipients of a blast on a line that notifies, as far as it matters to others at their
// addresses: worked out from the line's cursor, claims, items and skips, as for any place.
#pragma once

#include <map>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "core/context.hpp"

namespace bccast {

class ToldSoFar {
 public:
  /// In one snapshot. `places`: whom it will be asked of, read together.
  ToldSoFar(const Tables& tables, LineNo line, Ms now, std::span<const Place> places);

  enum class State : std::uint8_t {
    nothing,    // it was not told, and will not be
    open,       // it waits for its turn, or for another try
    in_flight,  // it may have been told just now
    told        // or it failed: either way it was handed out
  };
  struct Fate {
    State state = State::nothing;
    Ms until = 0;  // when to look again
  };
  /// Throws Error(corrupt) where only a damaged claim would tell. REQUIRES: it was named.
  Fate of(Place place);

 private:
  struct OfSlice {
    Slice audience;
    Slice skipped;
    std::vector<std::pair<Ms, Slice>> waiting;  // because of quiet hours: until when
  };
  const OfSlice& slice(SliceNo s);
  /// Of one that has an item.
  std::optional<Fate> of_item(Place place) const;

  const Tables& tables_;
  const Line line_;
  const HandingOrder order_;
  const Ms now_;
  const SoundClaims claims_;
  std::map<Place, Item> items_;
  std::map<SliceNo, OfSlice> slices_;
};

/// When what waits for an item should look again.
Ms look_again(const Item& item, Ms now);

}  // namespace bccast
