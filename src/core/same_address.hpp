// Several recipients of a blast at one address: one of them is told.
//
// On each line one recipient holds an address, and only the holder is told there. Who it is is stored in a
// row before anything is handed out. The others wait while the holder may still be told, and are left out
// once it was. If the holder is left out itself, the next recipient that comes up becomes the holder. So
// neither the order of batches matters nor whether one was lost and taken over.
//
// Only who has flag::shares_address comes here, so that a blast without families costs nothing more. What
// became of a holder is worked out as for any place: from the line's cursor, claims, items and skips.
#pragma once

#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "core/assignment.hpp"

namespace bccast {

class SameAddress {
 public:
  /// On one line that notifies, in one snapshot.
  SameAddress(const Tables& tables, const Context& context, LineNo line, std::string_view channel, Ms now);

  /// True: another at its address was told, may still be told, or is in the batch; the assignment says what
  /// becomes of this place (this item). False: this one is told, and the caller adds it to the batch next. A
  /// new holder is noted in the assignment, for hold_addresses() to store.
  bool leaves_out(Assignment& assignment, Place place, std::string_view address);
  bool leaves_out_item(Assignment& assignment, std::size_t item, std::string_view address);

  enum class State : std::uint8_t {
    nothing,    // it was not told, and will not be
    open,       // it waits for its turn, or for another try
    in_flight,  // it may have been told just now
    told        // or it failed: either way it was handed out
  };
  struct Found {
    State state = State::nothing;
    Ms until = 0;  // when to look again
  };
  /// What became of a recipient so far. Throws Error(corrupt) where only a damaged claim would tell.
  Found look_at(Place place);
  /// Reads ahead what look_at() needs of these places, with one call.
  void read(std::span<const Place> places);

 private:
  enum class Fate : std::uint8_t {
    told,  // tell this one
    skip,  // another was told at this address
    wait,  // another may yet be told: look again at `until`
  };
  struct Answer {
    Fate fate = Fate::told;
    Ms until = 0;
    std::optional<Place> holder{};
    std::optional<std::size_t> first{};  // the holder is in the batch, at this place
  };
  /// Whose address it is, and what that means for `place`.
  Answer& ask(Assignment& assignment, Place place, std::string_view address, bool is_item);
  Answer look(Assignment& assignment, Place place, std::string_view address, const std::string& folded,
              bool is_item);
  /// Somebody who was told there before the line was closed, and opened again for what is to be tried once
  /// more: who held its addresses is not known any more.
  std::optional<Place> who_was_told(Place place, AddressHash hash, const std::string& folded);
  struct OfSlice {
    Slice recipients;
    Slice skipped;
    std::vector<std::pair<Ms, Slice>> waiting;  // because of quiet hours: until when
  };
  const OfSlice& slice(SliceNo s);
  /// Of one that has an item.
  std::optional<Found> look_at_item(Place place);
  bool has_address(const bccast::Found<RosterKey, RosterEntry>& entries, Place other,
                   std::string_view folded) const;

  const Tables& tables_;
  const Context& context_;
  const Line line_;
  const HandingOrder order_;
  const std::string channel_;
  const Ms now_;
  const SoundClaims claims_;
  std::map<SliceNo, OfSlice> slices_;
  std::map<Place, std::optional<Item>> items_;       // of places that were read
  std::unordered_map<std::string, Answer> answers_;  // by folded address
};

/// Stores what those in the batch hold. False, and nothing is to be handed out: another holds one of the
/// addresses meanwhile.
bool hold_addresses(Tables& tables, const Assignment& assignment);
/// Whether the lines on which they would hold something are all open still. A line that has ended keeps
/// nothing of it.
bool may_hold_addresses(const Tables& tables, const Assignment& assignment);

/// A place leaves an address, or another comes to the address that it had alone so far.
struct AddressMove {
  RosterKey at;
  std::string channel;
  AddressHash hash = 0;
  bool leaves = true;
};
/// Keeps who is told where, one move after the other, on every blast that is under way. Of an address that
/// was left: where it was told there, or may be just now, it stays told; where it held it for nothing,
/// another may have it. One to which another comes is held by who had it, if it was handed out.
void follow_addresses(Tables& tables, const Context& context, std::span<const AddressMove> moves);

/// Forgets some of what a line that has ended has left, each time in a transaction of its own. False: there
/// was nothing.
bool forget_told_addresses(const Context& context);

/// When what waits for an item should look again.
Ms look_again(const Item& item, Ms now);

}  // namespace bccast
