// Several recipients of a blast at one address: one of them is told.
//
// On each line one recipient holds an address, and only the holder is told there. Who it is is stored in a
// row before anything is handed out, and that it was told is, too, with the report that says so. Until then
// the others wait while the holder may still be told; afterwards they are left out. If the holder is left out
// itself, the next recipient that comes up becomes the holder. So neither the order of batches matters nor
// whether one was lost and taken over.
//
// Only who has flag::shares_address comes here, so that a blast without families costs nothing more. The rows
// of a batch are asked for together; only of holders of which no row says that they were told, it is worked
// out what became of them (told_so_far.hpp).
#pragma once

#include <map>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/assignment.hpp"
#include "core/told_so_far.hpp"

namespace bccast {

class SameAddress {
 public:
  /// On lines of one channel that notifies, in one snapshot.
  SameAddress(const Tables& tables, const Context& context, std::string_view channel, Ms now)
      : tables_(tables), context_(context), channel_(channel), now_(now) {}

  /// One of the batch, of a line of this provider. All are named before the first is asked about.
  void add(ProviderNo provider, LineNo line, Place place, std::string_view address);
  void add_item(const Item& item, std::string_view address);

  /// True: another at its address was told, may still be told, or is in the batch; the assignment says what
  /// becomes of this place (this item). False: this one is told, and the caller adds it to the batch next. A
  /// new holder is noted in the assignment, for hold_addresses() to store.
  bool leaves_out(Assignment& assignment, LineNo line, Place place);
  bool leaves_out_item(Assignment& assignment, std::size_t item);

 private:
  enum class Does : std::uint8_t {
    tell,  // this one
    skip,  // another was told at this address
    wait,  // another may yet be told: look again at `until`
  };
  struct Answer {
    Does does = Does::tell;
    Ms until = 0;
    std::optional<Place> holder{};
    std::optional<std::size_t> first{};  // the holder is in the batch, at this place
  };
  /// The addresses of a line that are asked for.
  struct OfLine {
    ProviderNo provider = 0;
    std::map<Place, AddressHash> of_place;
    std::set<AddressHash> of_items;
    std::optional<ToldSoFar> so_far;
    bool told_alone = false;  // those of all cannot be read together
    std::optional<std::map<AddressHash, Place>> told_before;
  };
  /// Whose address it is, and what that means for `place`.
  Answer& ask(Assignment& assignment, AddressOnLine address, Place place);
  Answer look(Assignment& assignment, AddressOnLine address, Place place);
  const ToldAddress* row(AddressOnLine address);
  ToldSoFar& so_far(LineNo line);
  /// Somebody who was told there before the line was closed, and opened again for what is to be tried once
  /// more: who held its addresses is not known any more.
  std::optional<Place> who_was_told(AddressOnLine address);
  std::map<AddressHash, Place> told_before(LineNo no, const OfLine& line,
                                           const std::set<AddressHash>& of_items);
  bool has_address(const Found<RosterKey, RosterEntry>& entries, const RosterKey& key,
                   AddressHash hash) const;

  const Tables& tables_;
  const Context& context_;
  const std::string channel_;
  const Ms now_;
  std::map<LineNo, OfLine> lines_;
  std::optional<Found<AddressOnLine, ToldAddress>> rows_;
  std::map<AddressOnLine, Answer> answers_;
};

/// Stores what those in the batch hold. False, and nothing is to be handed out: another holds one of the
/// addresses meanwhile.
bool hold_addresses(Tables& tables, const Assignment& assignment);
/// The same in the transaction in which the batch was filled.
void store_holds(Tables& tables, const Assignment& assignment);
/// Whether the lines on which they would hold something are all open still. A line that has ended keeps
/// nothing of it.
bool may_hold_addresses(const Tables& tables, const Assignment& assignment);

/// Whoever was told is to be tried again after all: if that comes to nothing, another at its address may be
/// told.
void untell(Tables& tables, const Context& context, const Line& line, Place place);

/// Forgets some of what a line that has ended has left, each time in a transaction of its own. False: there
/// was nothing.
bool forget_told_addresses(const Context& context);

}  // namespace bccast
