#include "core/roster_update.hpp"

#include "base/error.hpp"
#include "base/fold.hpp"
#include "core/communities.hpp"
#include "core/indexing.hpp"
#include "core/same_address.hpp"
#include "model/name_keys.hpp"

namespace bccast {
namespace {

void put(Slice& slice, Place place, bool member) {
  if (member) {
    slice.add(within_slice(place));
  } else {
    slice.remove(within_slice(place));
  }
}

}  // namespace

RosterSlice& RosterUpdate::roster_slice(ProviderNo provider, Place place) {
  const Key key{provider, slice_of(place)};
  if (last_roster_ == roster_slices_.end() || last_roster_->first != key) {
    last_roster_ = roster_slices_.find(key);
    if (last_roster_ == roster_slices_.end())
      last_roster_ =
          roster_slices_.emplace(key, tables_.directory().roster_slice(provider, key.second)).first;
  }
  return last_roster_->second;
}

Slice& RosterUpdate::address_slice(ProviderNo provider, Place place, std::string_view channel) {
  const Key key{provider, slice_of(place)};
  if (last_address_ == address_slices_.end() || last_address_->first.first != key ||
      last_address_->first.second != channel) {
    const std::pair<Key, std::string> full(key, channel);
    last_address_ = address_slices_.find(full);
    if (last_address_ == address_slices_.end())
      last_address_ =
          address_slices_.emplace(full, tables_.directory().address_slice(provider, key.second, channel))
              .first;
  }
  return last_address_->second;
}

void RosterUpdate::mark_flags(ProviderNo provider, Place place, std::uint32_t flags) {
  RosterSlice& slice = roster_slice(provider, place);
  put(slice.active, place, (flags & flag::any_archived) == 0);
  put(slice.chat_off, place, (flags & flag::any_chat_off) != 0);
  put(slice.dead, place, (flags & flag::erased) != 0);
}

const Folding& RosterUpdate::folding() {
  if (!folding_) folding_ = tables_.store().folding();
  return *folding_;
}

bool RosterUpdate::has_turn_behind(ProviderNo provider, Place place) {
  if (!context_.indexing || is_indexed(folding(), provider)) return true;
  return provider == folding().provider_no && std::int64_t{place} < folding().place;
}

void RosterUpdate::index_name(const RosterEntry& entry, bool there) {
  auto& directory = tables_.directory();
  const auto put_key = [&](NameKind kind, std::string_view key) {
    const DirectoryTables::NameRow row{kind, !entry.active(), key, entry.place};
    if (there) {
      directory.insert_name(entry.provider_no, row);
    } else {
      directory.delete_name(entry.provider_no, row);
    }
  };
  const auto folded = fold(entry.client.name);
  put_key(NameKind::whole, folded);
  for (const auto& word : later_words(folded)) put_key(NameKind::later_word, word);
}

void RosterUpdate::mark_addresses(ProviderNo provider, Place place, const Addresses& before,
                                  const Addresses& after) {
  Addresses::for_each(before.stored(), [&](std::string_view channel, std::string_view) {
    if (after.get(channel).empty()) put(address_slice(provider, place, channel), place, false);
  });
  Addresses::for_each(after.stored(), [&](std::string_view channel, std::string_view) {
    if (before.get(channel).empty()) put(address_slice(provider, place, channel), place, true);
  });
}

/// Keeps the index of addresses. True when the place may share one of `after` with another. Of a place whose
/// turn to be indexed comes only what was told is kept.
bool RosterUpdate::index_addresses(ProviderNo provider, Place place, const RosterEntry& before,
                                   const Addresses& after) {
  const Addresses& old = before.client.addresses;
  const bool indexed = has_turn_behind(provider, place);
  const bool shared = (before.flags & flag::shares_address) != 0;
  const auto same = [](std::string_view a, std::string_view b) {
    return a == b || folded_address(a) == folded_address(b);
  };
  Addresses::for_each(old.stored(), [&](std::string_view channel, std::string_view address) {
    if (same(address, after.get(channel))) return;
    const auto hash = context_.address_hash(channel, address);
    if (shared) leave_address(tables_, context_, provider, place, channel, hash);
    if (indexed) tables_.directory().delete_address(provider, hash, place);
  });
  if (!indexed) return shared;
  bool shares = false;
  Addresses::for_each(after.stored(), [&](std::string_view channel, std::string_view address) {
    if (same(address, old.get(channel))) {
      shares = shares || shared;
      return;
    }
    shares = index_address(provider, place, channel, address) || shares;
  });
  return shares;
}

/// True when another has it, too.
bool RosterUpdate::index_address(ProviderNo provider, Place place, std::string_view channel,
                                 std::string_view address) {
  const auto hash = context_.address_hash(channel, address);
  const auto found = tables_.directory().insert_address(provider, hash, place);
  if (found.was_alone) {
    mark_shared(provider, *found.was_alone);
    share_address(tables_, context_, provider, *found.was_alone, channel, hash);
  }
  return found.shared;
}

/// It stays marked when it is alone again, until its own addresses change: that costs a look, and no more.
void RosterUpdate::mark_shared(ProviderNo provider, Place place) {
  try {
    auto entry = tables_.directory().entry(provider, place);
    if (!entry || (entry->flags & flag::shares_address) != 0) return;
    entry->flags |= flag::shares_address;
    tables_.directory().update_entry(*entry);
  } catch (const Error& error) {
    if (error.code() != Code::corrupt) throw;  // a damaged entry is told nothing anyway
  }
}

bool RosterUpdate::add(Provider& provider, const Client& client, std::uint32_t flags) {
  if (provider.next_place >= kMaxPlaces) throw Error(Code::limit, "the roster is full");
  RosterEntry entry;
  entry.provider_no = provider.no;
  entry.place = provider.next_place;
  entry.flags = client.flags | flags;
  entry.since = now_;
  entry.client = client;
  // Blasts sent so far cannot have reached this place: its inbox need not look at them.
  if (!tables_.directory().insert_entry(entry, provider.send_seq)) return false;
  ++provider.next_place;
  mark_flags(provider.no, entry.place, entry.flags);
  mark_addresses(provider.no, entry.place, Addresses(), client.addresses);
  if (index_addresses(provider.no, entry.place, RosterEntry(), client.addresses)) {
    entry.flags |= flag::shares_address;
    tables_.directory().update_entry(entry);
  }
  if (has_turn_behind(provider.no, entry.place)) index_name(entry, true);
  return true;
}

void RosterUpdate::index(RosterEntry entry) {
  if (entry.erased()) return;
  index_name(entry, true);
  bool shares = false;
  Addresses::for_each(entry.client.addresses.stored(),
                      [&](std::string_view channel, std::string_view address) {
                        shares = index_address(entry.provider_no, entry.place, channel, address) || shares;
                      });
  if (!shares || (entry.flags & flag::shares_address) != 0) return;
  entry.flags |= flag::shares_address;
  tables_.directory().update_entry(entry);
}

void RosterUpdate::change(RosterEntry entry, const RosterEntry& before) {
  if (entry.active() != before.active()) {
    entry.since = now_;
    if (!entry.active())
      for (const auto community : tables_.communities().communities_of(entry.provider_no, entry.place))
        leave(tables_, entry.provider_no, community, entry.place);
  }
  const bool shares = index_addresses(entry.provider_no, entry.place, before, entry.client.addresses);
  entry.flags = (entry.flags & ~flag::shares_address) | (shares ? flag::shares_address : 0);
  tables_.directory().update_entry(entry);
  if (entry.flags != before.flags) mark_flags(entry.provider_no, entry.place, entry.flags);
  mark_addresses(entry.provider_no, entry.place, before.client.addresses, entry.client.addresses);
  const bool same = entry.client.name == before.client.name && entry.active() == before.active();
  if (same && !entry.erased()) return;
  if (!has_turn_behind(entry.provider_no, entry.place)) {
    // What another version has folded is known by its place alone, and must not wait for its turn to go.
    if (entry.erased()) tables_.directory().forget_names(entry.provider_no, entry.place);
    return;
  }
  index_name(before, false);
  if (!entry.erased()) index_name(entry, true);
}

void RosterUpdate::erase(const RosterEntry& before) {
  RosterEntry dead;
  dead.provider_no = before.provider_no;
  dead.place = before.place;
  dead.flags = flag::erased | flag::archived;
  dead.since = now_;
  change(dead, before);
}

void RosterUpdate::change_client(const Client& client) {
  tables_.directory().update_client(client);
  for (const auto& membership : tables_.directory().memberships(client.no)) {
    const auto before = tables_.directory().entry(membership.provider_no, membership.place);
    if (!before || before->client.no != client.no)
      throw Error(Code::corrupt, "a client's roster entry is missing");
    RosterEntry entry = *before;
    entry.flags = (entry.flags & ~flag::of_client) | client.flags;
    entry.client = client;
    change(entry, *before);
  }
}

void RosterUpdate::finish() {
  for (const auto& [key, slice] : roster_slices_)
    tables_.directory().put_roster_slice(key.first, key.second, slice);
  for (const auto& [key, slice] : address_slices_)
    tables_.directory().put_address_slice(key.first.first, key.first.second, key.second, slice);
}

}  // namespace bccast
