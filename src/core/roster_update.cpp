#include "core/roster_update.hpp"

#include "base/error.hpp"

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

bool RosterUpdate::add(Provider& provider, const Client& client) {
  if (provider.next_place >= kMaxPlaces) throw Error(Code::limit, "the roster is full");
  RosterEntry entry;
  entry.provider_no = provider.no;
  entry.place = provider.next_place;
  entry.flags = client.flags;
  entry.client = client;
  // Blasts sent so far can not have reached this place: its inbox need not look at them.
  if (!tables_.directory().insert_entry(entry, provider.send_seq)) return false;
  ++provider.next_place;
  mark_flags(provider.no, entry.place, entry.flags);
  mark_addresses(provider.no, entry.place, Addresses(), client.addresses);
  return true;
}

void RosterUpdate::change(const RosterEntry& entry, std::uint32_t flags_before,
                          const Addresses& addresses_before) {
  tables_.directory().update_entry(entry);
  if (entry.flags != flags_before) mark_flags(entry.provider_no, entry.place, entry.flags);
  mark_addresses(entry.provider_no, entry.place, addresses_before, entry.client.addresses);
}

void RosterUpdate::change_client(const Client& client, const Client& before) {
  tables_.directory().update_client(client);
  for (const auto& membership : tables_.directory().memberships(client.no)) {
    auto entry = tables_.directory().entry(membership.provider_no, membership.place);
    if (!entry || entry->client.no != client.no)
      throw Error(Code::corrupt, "a client's roster entry is missing");
    const auto flags_before = entry->flags;
    entry->flags = (entry->flags & ~flag::of_client) | client.flags;
    entry->client = client;
    change(*entry, flags_before, before.addresses);
  }
}

void RosterUpdate::finish() {
  for (const auto& [key, slice] : roster_slices_)
    tables_.directory().put_roster_slice(key.first, key.second, slice);
  for (const auto& [key, slice] : address_slices_)
    tables_.directory().put_address_slice(key.first.first, key.first.second, key.second, slice);
}

}  // namespace bccast
