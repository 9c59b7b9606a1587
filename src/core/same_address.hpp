// Several recipients of a blast at one address: one of them is told.
//
// Who is to be told at an address holds it, for one line: a row that is stored before anything is handed out,
// and stays. The others wait while the holder may yet be told, and are left out once it was. When it turns
// out that it will not be told, the next who asks holds the address instead. So it makes no difference who is
// asked first, in which batch, or whether a batch was lost and taken over.
//
// Only who has flag::shares_address comes here, so that a blast without families costs nothing more. What
// became of a holder is worked out as for any place: from the line's cursor, claims, items and skips.
#pragma once

#include <map>
#include <optional>
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

  /// True, and the place (the item) is dealt with, when another at its address was told, may yet be, or is in
  /// the batch. False: it is to be told, and will be the next in the batch. What that makes it hold goes into
  /// the assignment, to be stored by hold_addresses().
  bool leaves_out(Assignment& assignment, Place place, std::string_view address);
  bool leaves_out_item(Assignment& assignment, std::size_t item, std::string_view address);

  enum class State : std::uint8_t {
    nothing,    // it was not told, and will not be
    open,       // it waits for its turn, or for another try
    in_flight,  // it may have been told just now
    told        // or another was for it
  };
  struct Found {
    State state = State::nothing;
    Ms until = 0;  // when to look again
  };
  /// What became of a recipient so far. Throws Error(corrupt) where only a damaged claim would tell.
  Found look_at(Place place);

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
  };
  const OfSlice& slice(SliceNo s);
  bool has_address(Place other, std::string_view folded) const;

  const Tables& tables_;
  const Context& context_;
  const Line line_;
  const HandingOrder order_;
  const std::string channel_;
  const Ms now_;
  std::vector<Claim> claims_;
  bool all_claims_sound_;
  std::map<SliceNo, OfSlice> slices_;
  std::unordered_map<std::string, Answer> answers_;  // by folded address
};

/// Stores what those in the batch hold. False, and nothing is to be handed out: another holds one of the
/// addresses meanwhile.
bool hold_addresses(Tables& tables, const Assignment& assignment);

/// A place has one address less on a channel. Where it was told there, or may be just now, the address stays
/// told on every blast that is under way; where it held the address for nothing, another may have it.
void leave_address(Tables& tables, const Context& context, ProviderNo provider, Place place,
                   std::string_view channel, AddressHash hash);
/// Another comes to the address of a place that had it alone so far, and holds it if it was handed out.
void share_address(Tables& tables, const Context& context, ProviderNo provider, Place alone,
                   std::string_view channel, AddressHash hash);

/// When what waits for an item should look again.
Ms look_again(const Item& item, Ms now);

}  // namespace bccast
