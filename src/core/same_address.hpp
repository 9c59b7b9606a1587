// Several recipients of a blast at one address: one of them is told, the first in the order of the line.
//
// Only who has flag::shares_address comes here, so that a blast without families costs nothing more. What
// became of the others is worked out as for any place: from the line's cursor, claims, items and skips.
#pragma once

#include <map>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "core/assignment.hpp"

namespace bccast {

class SameAddress {
 public:
  /// On one line that notifies, in one snapshot. `own`: the claim of places that is being filled; null: of
  /// items. `soon`: when to look again at what is in flight.
  SameAddress(const Tables& tables, const Context& context, LineNo line, std::string_view channel,
              const Claim* own, Ms now);

  /// True, and the place (the item) is dealt with, when another at its address was told, may yet be, or is in
  /// the batch. False: it is to be told, and will be the next in the batch. Places are asked in their order.
  bool leaves_out(Assignment& assignment, Place place, std::string_view address);
  /// A place of the own claim is not told before `until`. Who comes after it at its address waits, too,
  /// unless another was told there already.
  void first_waits(Place place, std::string_view address, Ms until);
  bool leaves_out_item(Assignment& assignment, std::size_t item, std::string_view address);
  /// The place was handed out, and told at the address it has had so far, or another was for it. `others`:
  /// who has this address, too; of those in one claim the first is told.
  bool was_told(Place place, const std::vector<Place>& others);

 private:
  enum class Fate : std::uint8_t {
    told,  // tell this one
    skip,  // another was told at this address
    wait,  // another may yet be told: look again at `until`
  };
  struct Answer {
    Fate fate = Fate::told;
    Ms until = 0;
    std::size_t first = 0;  // of those of the own claim at one address: its place in the batch, if told
  };
  static void leave_out(Assignment& assignment, std::size_t entry, const Answer& answer);
  /// Those of the own claim are not looked at: answers_ knows them. `tried`: it was told before, and is to be
  /// told again.
  Answer look(Place place, std::string_view address, const std::string& folded, bool tried = false);
  enum class State : std::uint8_t { nothing, open, in_flight, told };
  struct Found {
    State state = State::nothing;
    Ms until = 0;
    bool tried = false;  // an item that is to be tried again
  };
  struct OfSlice {
    Slice recipients;
    Slice skipped;
    Slice skipped_here;  // as another was told at their address
  };
  const OfSlice& slice(SliceNo s);
  /// It was not on the roster yet when the blast was sent.
  bool joined_later(Place place) const noexcept { return place >= line_.order.places; }
  Found look_at(Place other, bool earlier);
  bool has_address(Place other, std::string_view folded) const;

  const Tables& tables_;
  const Context& context_;
  const Line line_;
  const HandingOrder order_;
  const Place start_;  // where looking at those of an address begins
  const std::string channel_;
  const Claim* own_;
  const Ms now_;
  std::vector<Claim> claims_;
  std::set<Place> own_places_;  // of the own claim, when it is one of items
  std::map<SliceNo, OfSlice> slices_;
  std::unordered_map<std::string, Answer> answers_;  // of the own claim, by folded address
};

/// What becomes of a place's address on a channel when the place is about to leave it to others that have it,
/// too: on blasts that it was told of there, it stays told. `indexed`: the index has all of them; else it is
/// taken for one that was told wherever it may have been.
void remember_told(Tables& tables, const Context& context, ProviderNo provider, Place place,
                   std::string_view channel, AddressHash hash, bool indexed);

/// When what waits for an item should look again.
Ms look_again(const Item& item, Ms now);

}  // namespace bccast
