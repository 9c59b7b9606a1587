// Changes to rosters, kept in step: the entries, the indexes of names and of addresses, and the bitmaps that
// say who is active, who has chat off and who has an address.
//
// Changes are noted and then made together, a page of at most kRowsTogether with the same few calls of the
// store. It is as if each had been made by itself, in the order in which they were noted. Bitmaps are read
// once, changed in memory and written by finish().
#pragma once

#include <map>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "base/function_ref.hpp"
#include "core/address_moves.hpp"
#include "core/context.hpp"
#include "core/set_pages.hpp"

namespace bccast {

class RosterUpdate {
 public:
  RosterUpdate(Tables& tables, const Context& context)
      : tables_(tables), context_(context), now_(context.clock.wall_ms()) {}

  /// Adds a page of clients at the provider's next places. The roster's row is the caller's to write. Those
  /// that are on the roster already are not added; says which were.
  std::vector<bool> add(RosterWork& roster, std::span<const Client* const> clients, std::uint32_t flags = 0);
  /// Writes clients, each of which is there once, and their entries on all of their rosters.
  void change_clients(std::span<const Client> clients);
  /// Locks all rosters of these clients. Once, and before anything is noted.
  void lock_rosters_of(std::span<const ClientNo> clients);

  /// Notes an entry that was `before`, as the store has it now. Who is archived by it leaves its communities.
  void change(RosterEntry entry, const RosterEntry& before);
  /// Notes that the place becomes a dead one: without identity, reached by nothing.
  void erase(const RosterEntry& before);
  /// Notes an entry that is in no index of names and addresses yet, and is to be in them.
  void index(const RosterEntry& entry);
  /// Makes what was noted: at most a page, and no place twice.
  void apply();

  /// To be called at the end.
  void finish();

 private:
  enum class Kind : std::uint8_t { added, changed, indexed };
  struct Change {
    Kind kind;
    RosterEntry before;
    RosterEntry entry;
    bool to_write = true;
  };
  using RosterSlices = SliceCache<RosterSliceKey, RosterSlice>;
  using AddressSlices = SliceCache<AddressSliceKey, Slice>;
  class AddressPlan;

  /// False: its turn to be indexed comes (core/indexing.hpp), and until then its changes leave the indexes
  /// alone.
  bool has_turn_behind(const RosterEntry& entry);
  const Folding& folding();
  void leave_communities();
  AddressPlan plan_addresses();
  void change_addresses();
  void change_page(std::span<const Client> clients);
  void follow(std::span<const AddressMove> moves);
  static bool one_shares(const Change& one);
  static void set_shares(Change& one, bool to_share);
  /// The one noted at a place, or nothing.
  Change* noted_at(const RosterKey& key);
  void mark_shared(const RosterKey& key, std::size_t now);
  void mark_strangers();
  void write_entries();
  void change_names();
  void change_slices();
  void write(std::span<const RosterSlices::Row> rows) { tables_.directory().put_roster_slices(rows); }
  void write(std::span<const AddressSlices::Row> rows) { tables_.directory().put_address_slices(rows); }

  Tables& tables_;
  const Context& context_;
  Ms now_;
  std::optional<Folding> folding_;
  std::vector<Change> noted_;
  std::map<RosterKey, std::size_t> noted_at_;  // filled when it is first asked
  std::vector<ProviderNo> rosters_;            // that are locked for what follows
  bool has_lines_ = false;                     // those on which it is kept who is told where, are locked
  std::vector<RosterKey> strangers_;           // who shares an address with one that was noted
  RosterSlices roster_slices_;
  AddressSlices address_slices_;
};

/// Calls f with page after page of the clients' places on rosters, in the order of these and then by
/// provider.
void for_each_membership_page(const Tables& tables, std::span<const ClientNo> clients,
                              FunctionRef<void(std::span<const HeldMembership>)> f);

}  // namespace bccast
