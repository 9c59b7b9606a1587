// The order in which the places of a blast are handed out: keyed, one for all lines of the blast.
//
// What a client can see of a blast's timing then says nothing of who stands where on the roster, and nothing
// of the order of the next blast. Positions are numbers from 0 on, so that a line's cursor, its claims and
// its limit are numbers, too. There are two orders:
//
// Singly, for small rosters and for channels whose rate is limited: a keyed permutation of the places.
//
// In windows, for large rosters, where reading single entries from all over the roster would cost several
// times what reading neighbours costs. The roster is cut into blocks of 32 neighbours. The blocks of a slice
// are shuffled, and 30 or 31 of them together make a window; the windows of all slices are shuffled, and in
// each window its places. So a window is a batch of the usual 1,000, reads 31 short ranges, and writes the
// bitmaps of one slice. A window has 1,024 positions; its last ones, and those of places beyond the roster's
// end, are nobody's.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "base/function_ref.hpp"
#include "model/numbers.hpp"
#include "model/shuffle.hpp"

namespace bccast {

using Position = std::int64_t;

enum class OrderKind : std::uint8_t { singly = 1, in_windows = 2 };

/// What a line stores of its order.
struct OrderNumbers {
  Place places = 0;  // of the roster, when the blast was sent
  OrderKind kind = OrderKind::singly;
  std::int64_t key = 0;  // a secret
  /// One past the last position.
  Position end() const noexcept;
};

/// Not for several threads at once: it keeps what it worked out last.
class HandingOrder {
 public:
  /// Up to so many places are handed out singly: eight batches, of which each costs a look-up for every
  /// entry instead of a part of a scan.
  static constexpr Place kSingly = 8192;
  static constexpr Place kBlock = 32;
  static constexpr std::uint32_t kWindowBlocks = 31;
  static constexpr Position kWindow = 1024;

  /// The order of a blast to a roster. `limited`: a channel of it has a limited rate, at which the thousand
  /// of a window would be told for minutes or hours.
  static OrderNumbers choose(Place places, bool limited, std::int64_t key);

  explicit HandingOrder(const OrderNumbers& numbers) : numbers_(numbers) {}

  Position end() const noexcept { return numbers_.end(); }
  Position position_of(Place place) const;
  /// Nothing: nobody is there.
  std::optional<Place> place_of(Position position) const;

  /// The members of a slice that stand at the positions from..to.
  Slice between(SliceNo slice, const Slice& members, Position from, Position to) const;
  /// The slices that have places at the positions from..to, ascending; perhaps some more.
  std::vector<SliceNo> slices_between(Position from, Position to) const;

  struct Taken {
    std::vector<Place> places;  // in their order
    Position stop = 0;          // no other member stands before it
  };
  /// Whether take() asks for all slices: there are, or were, `about` members in all.
  bool takes_few(std::int64_t about) const;
  /// The first members at the positions from..to, at most `most` of them; fewer when that leaves the next
  /// window whole, which is a batch by itself. `members` gives a slice's, good until it is asked again;
  /// `about`: how many there are, or were, in all.
  Taken take(Position from, Position to, std::size_t most, std::int64_t about,
             FunctionRef<const Slice&(SliceNo)> members) const;

 private:
  /// A part of a slice's shuffled blocks.
  struct Window {
    SliceNo slice = 0;
    std::uint32_t first = 0;
    std::uint32_t blocks = 0;
  };
  std::uint64_t secret() const noexcept { return static_cast<std::uint64_t>(numbers_.key); }
  bool singly() const noexcept { return numbers_.kind == OrderKind::singly; }
  Window window(std::uint32_t index) const noexcept;
  std::uint32_t block_at(const Window& window, std::uint32_t i) const;
  const Shuffle& order_of_all() const;  // of the places, or of the windows
  const Shuffle& order_of_slice(SliceNo slice) const;
  const Shuffle& order_of_window(std::uint32_t index, const Window& window) const;
  /// f(place, position) for the members in a window that stand at its ranks low..high, by place.
  template <typename F>
  void each_in_window(Position at, Position low, Position high, const Slice& members, F&& f) const;
  Taken take_few(Position from, Position to, std::size_t most,
                 FunctionRef<const Slice&(SliceNo)> members) const;
  Taken take_singly(Position from, Position to, std::size_t most,
                    FunctionRef<const Slice&(SliceNo)> members) const;
  Taken take_windows(Position from, Position to, std::size_t most,
                     FunctionRef<const Slice&(SliceNo)> members) const;

  struct Known {
    std::uint32_t number;
    Shuffle order;
  };
  OrderNumbers numbers_;
  mutable std::optional<Shuffle> all_;
  mutable std::optional<Known> slice_;
  mutable std::optional<Known> window_;
};

}  // namespace bccast
