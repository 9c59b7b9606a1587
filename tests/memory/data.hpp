// All that a store in memory holds.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
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
struct Drawn {
  std::map<NumberKind, std::int64_t> of;
  std::int64_t unnumbered_event = 0;
  DebtNo debt = 0;
};

struct StoreRow {
  bool held = false;
  Folding folding;
  EventNo last_event = 0;
};

using NameKey = std::tuple<ProviderNo, NameKind, bool, std::string, Place>;
using AddressKey = std::tuple<ProviderNo, AddressHash, Place>;
using SliceKey = std::tuple<ProviderNo, BlastNo, SliceNo>;
using MarkPageKey = std::tuple<ProviderNo, BlastNo, MarkKind, MarkPageNo>;
using AudienceKey = std::tuple<ProviderNo, SliceNo, Seq>;
using StoredAt = std::pair<ThreadKey, std::int64_t>;
using MemberKey = std::tuple<ProviderNo, CommunityNo, Place>;
using WaitKey = std::tuple<LineNo, SliceNo, Wait>;
using SkipKey = std::tuple<LineNo, SliceNo, SkipReason>;
using ClaimKey = std::tuple<ChannelNo, LineNo, Token>;

struct Data {
  Table<ProviderNo, Provider> providers;
  Table<std::string, ProviderNo> provider_ids;
  Table<ProviderNo, RosterWork> roster_work;
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
  Table<MarkPageKey, MarkPage> marks;
  Table<ThreadKey, Thread> threads;
  Table<StoredAt, Message> messages;
  Table<ThreadKey, std::string> host_refs;
  Table<std::string, ThreadKey> bound_threads;  // the same by name, which makes it unique
  Table<std::pair<ProviderNo, CommunityNo>, Community> communities;
  Table<MemberKey, Member> members;
  Table<ChannelNo, Channel> channels;
  Table<ChannelNo, ChannelWork> channel_work;
  Table<LineNo, Line> lines;
  Table<WaitKey, WaitRow> waiting;
  Table<SkipKey, Slice> skips;
  Table<AddressOnLine, ToldAddress> told_addresses;
  Table<ClaimKey, Claim> claims;
  Table<ItemNo, HeldItem> items;
  Table<EventNo, Event> events;
  Table<std::int64_t, Event> new_events;  // that have no number yet, in the order of commits
  Table<std::string, EventNo> readers;
  Table<DebtNo, Nothing> debts;
  Table<ActNo, ActInParts> acts;
  Table<int, StoreRow> store;  // one row, 0
  /// Of all transactions: what was drawn stays drawn.
  std::shared_ptr<Drawn> drawn = std::make_shared<Drawn>();

  StoreRow the_store() const { return store.get(0).value_or(StoreRow{}); }
  /// As it is when nobody else changes it any more.
  StoreRow store_to_change() {
    store.lock(0, true);
    return the_store();
  }
  /// The next number of a kind.
  std::int64_t next(NumberKind kind, std::int64_t count = 1) {
    auto& last = drawn->of[kind];
    last += count;
    return last - count + 1;
  }
  /// In the order of commits.
  EventNo next_event() {
    auto row = store_to_change();
    store.put(0, {row.held, row.folding, ++row.last_event});
    return row.last_event;
  }

  auto all() {
    return std::tie(providers, provider_ids, roster_work, clients, client_ids, memberships, entries, names,
                    addresses, roster_slices, address_slices, blasts, texts, draft_slices, audiences, marks,
                    threads, messages, host_refs, bound_threads, communities, members, channels, channel_work,
                    lines, waiting, skips, told_addresses, claims, items, events, new_events, readers, debts,
                    acts, store);
  }
  template <typename F>
  void for_each_table(F&& f) {
    std::apply([&](auto&... table) { (f(table), ...); }, all());
  }
  /// Each table with that of the same name in another.
  template <typename F>
  void for_each_pair(Data& other, F&& f) {
    for_each_pair(other, f, std::make_index_sequence<std::tuple_size_v<decltype(all())>>());
  }

 private:
  template <typename F, std::size_t... I>
  void for_each_pair(Data& other, F& f, std::index_sequence<I...>) {
    auto mine = all();
    auto its = other.all();
    (f(std::get<I>(mine), std::get<I>(its)), ...);
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
