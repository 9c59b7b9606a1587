// All that a store in memory holds.
#pragma once

#include <cstdint>
#include <string>
#include <tuple>
#include <utility>

#include "model/same_address.hpp"
#include "ports/store.hpp"
#include "table.hpp"

namespace test::memory {

using namespace bccast;

struct Nothing {};

struct AudienceRow {
  BlastNo blast_no = 0;
  Audience audience;
  std::optional<Slice> kept;
};

struct WaitRow {
  ChannelNo channel_no = 0;
  bool parked = false;
  Slice places;
};

/// What is given out goes on from here, and is never given out twice.
struct Numbers {
  ProviderNo provider = 0;
  ClientNo client = 0;
  ChannelNo channel = 0;
  LineNo line = 0;
  ItemNo item = 0;
  EventNo event = 0;
  DebtNo debt = 0;
  ActNo act = 0;
};

struct StoreRow {
  bool held = false;
  Folding folding;
  Numbers numbers;
};

using NameKey = std::tuple<ProviderNo, NameKind, bool, std::string, Place>;
using AddressKey = std::tuple<ProviderNo, AddressHash, Place>;
using SliceKey = std::tuple<ProviderNo, BlastNo, SliceNo>;
using AudienceKey = std::tuple<ProviderNo, SliceNo, Seq>;
using StoredAt = std::pair<ThreadKey, std::int64_t>;
using MemberKey = std::tuple<ProviderNo, CommunityNo, Place>;
using WaitKey = std::tuple<LineNo, SliceNo, Wait>;
using SkipKey = std::tuple<LineNo, SliceNo, SkipReason>;
using ClaimKey = std::tuple<ChannelNo, LineNo, Token>;

struct Data {
  Table<ProviderNo, Provider> providers;
  Table<std::string, ProviderNo> provider_ids;
  Table<ClientNo, Client> clients;
  Table<std::string, ClientNo> client_ids;
  Table<std::pair<ClientNo, ProviderNo>, Membership> memberships;
  Table<RosterKey, RosterEntry> entries;
  Table<NameKey, Nothing> names;
  Table<AddressKey, Nothing> addresses;
  Table<RosterSliceKey, RosterSlice> roster_slices;
  Table<AddressSliceKey, Slice> address_slices;
  Table<BlastKey, Blast> blasts;
  Table<BlastKey, std::string> texts;
  Table<SliceKey, DraftSlice> draft_slices;
  Table<AudienceKey, AudienceRow> audiences;
  Table<SliceKey, MarkSlice> marks;
  Table<ThreadKey, Thread> threads;
  Table<StoredAt, Message> messages;
  Table<ThreadKey, std::string> host_refs;
  Table<std::pair<ProviderNo, CommunityNo>, Community> communities;
  Table<MemberKey, Member> members;
  Table<ChannelNo, Channel> channels;
  Table<LineNo, Line> lines;
  Table<WaitKey, WaitRow> waiting;
  Table<SkipKey, Slice> skips;
  Table<std::pair<LineNo, AddressHash>, Place> told_addresses;
  Table<ClaimKey, Claim> claims;
  Table<ItemNo, HeldItem> items;
  Table<EventNo, Event> events;
  Table<std::string, EventNo> readers;
  Table<DebtNo, Nothing> debts;
  Table<ActNo, ActInParts> acts;
  Table<int, StoreRow> store;  // one row, 0

  StoreRow the_store() const { return store.get(0).value_or(StoreRow{}); }
  /// The next number of a kind.
  std::int64_t next(std::int64_t Numbers::*kind) {
    auto row = the_store();
    const auto number = ++(row.numbers.*kind);
    store.put(0, row);
    return number;
  }

  template <typename F>
  void for_each_table(F&& f) {
    f(providers), f(provider_ids), f(clients), f(client_ids), f(memberships), f(entries), f(names);
    f(addresses), f(roster_slices), f(address_slices), f(blasts), f(texts), f(draft_slices), f(audiences);
    f(marks), f(threads), f(messages), f(host_refs), f(communities), f(members), f(channels), f(lines);
    f(waiting), f(skips), f(told_addresses), f(claims), f(items), f(events), f(readers), f(debts), f(acts),
        f(store);
  }
};

/// Found rows by a set of keys, of a table with these keys.
template <typename Key, typename Row>
Found<Key, Row> found_in(const Table<Key, Row>& table, std::span<const Key> keys) {
  Found<Key, Row> found;
  for (const auto& key : keys) found.add(key, table.get(key));
  return found;
}

}  // namespace test::memory
