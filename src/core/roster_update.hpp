// Changes to a roster, kept in step: the entries, the indexes of names and of addresses, and the bitmaps that
// say who is active, who has chat off and who has an address. Bitmaps are read once, changed in memory and
// written by finish().
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "core/context.hpp"

namespace bccast {

class RosterUpdate {
 public:
  RosterUpdate(Tables& tables, const Context& context)
      : tables_(tables), context_(context), now_(context.clock.wall_ms()) {}

  /// A new entry at the provider's next place. The provider's row is the caller's to write. False when the
  /// client is on the roster already.
  bool add(Provider& provider, const Client& client, std::uint32_t flags = 0);
  /// Writes an entry that was `before`. Who is archived by it leaves its communities.
  void change(RosterEntry entry, const RosterEntry& before);
  /// Writes the client, and its entry on each of its rosters.
  void change_client(const Client& client);
  /// Makes the place dead: without identity, reached by nothing.
  void erase(const RosterEntry& before);
  /// Puts an entry that is in no index of names and addresses yet into them.
  void index(RosterEntry entry);
  void finish();

 private:
  using Key = std::pair<ProviderNo, SliceNo>;
  RosterSlice& roster_slice(ProviderNo provider, Place place);
  Slice& address_slice(ProviderNo provider, Place place, std::string_view channel);
  void mark_flags(ProviderNo provider, Place place, std::uint32_t flags);
  /// False: its turn to be indexed comes (core/indexing.hpp), and until then its changes leave the indexes
  /// alone.
  bool has_turn_behind(ProviderNo provider, Place place);
  const Folding& folding();
  void index_name(const RosterEntry& entry, bool there);
  void mark_addresses(ProviderNo provider, Place place, const Addresses& before, const Addresses& after);
  bool index_addresses(ProviderNo provider, Place place, const RosterEntry& before, const Addresses& after);
  bool index_address(ProviderNo provider, Place place, std::string_view channel, std::string_view address);
  void mark_shared(ProviderNo provider, Place place);

  Tables& tables_;
  const Context& context_;
  Ms now_;
  std::optional<Folding> folding_;
  std::map<Key, RosterSlice> roster_slices_;
  std::map<std::pair<Key, std::string>, Slice> address_slices_;
  // The slices used last: an import stays in them for 65,536 clients.
  std::map<Key, RosterSlice>::iterator last_roster_ = roster_slices_.end();
  std::map<std::pair<Key, std::string>, Slice>::iterator last_address_ = address_slices_.end();
};

}  // namespace bccast
