#include "core/roster_update.hpp"

#include <algorithm>
#include <set>

#include "base/error.hpp"
#include "base/fold.hpp"
#include "core/communities.hpp"
#include "core/indexing.hpp"
#include "core/passes_by.hpp"
#include "model/name_keys.hpp"

namespace bccast {
namespace {

/// Of a whole name and of up to eight later words, each of at most thrice 255 bytes.
constexpr std::size_t kNamesTogether = 9 * kRowsTogether;

void put(Slice& slice, Place place, bool member) {
  if (member) {
    slice.add(within_slice(place));
  } else {
    slice.remove(within_slice(place));
  }
}

RosterKey key_of(const RosterEntry& entry) {
  return {entry.provider_no, entry.place};
}

RosterSliceKey slice_key_of(const RosterEntry& entry) {
  return {entry.provider_no, slice_of(entry.place)};
}

bool shares(const RosterEntry& entry) {
  return (entry.flags & flag::shares_address) != 0;
}

/// Whether what bitmaps and names say of two states of an entry is the same.
bool same_flags(const RosterEntry& a, const RosterEntry& b) {
  return (a.flags | flag::shares_address) == (b.flags | flag::shares_address);
}

void add_names(const RosterEntry& entry, std::vector<NameRow>& rows) {
  auto folded = fold(entry.client.name);
  auto words = later_words(folded);
  rows.push_back({key_of(entry), NameKind::whole, !entry.active(), std::move(folded)});
  for (auto& word : words)
    rows.push_back({key_of(entry), NameKind::later_word, !entry.active(), std::move(word)});
}

bool same_address(std::string_view a, std::string_view b) {
  return a == b || folded_address(a) == folded_address(b);
}

}  // namespace

const Folding& RosterUpdate::folding() {
  if (!folding_) folding_ = tables_.store().folding();
  return *folding_;
}

bool RosterUpdate::has_turn_behind(const RosterEntry& entry) {
  if (!context_.known->indexing || is_indexed(folding(), entry.provider_no)) return true;
  return entry.provider_no == folding().provider_no && std::int64_t{entry.place} < folding().place;
}

void for_each_membership_page(const Tables& tables, std::span<const ClientNo> clients,
                              FunctionRef<void(std::span<const HeldMembership>)> f) {
  for (ProviderNo after = 0;;) {
    // One more than a page says whether there is another.
    auto held = tables.directory().memberships(clients, after, kRowsTogether + 1);
    const bool more = held.size() > kRowsTogether;
    if (more) held.pop_back();
    if (!held.empty()) f(held);
    if (!more) return;
    after = held.back().membership.provider_no;
    while (clients.front() != held.back().client_no) clients = clients.subspan(1);
  }
}

// ---- What is to be done

std::vector<bool> RosterUpdate::add(RosterWork& roster, std::span<const Client* const> clients,
                                    std::uint32_t flags) {
  if (rosters_.empty()) rosters_.push_back(roster.provider_no);
  std::vector<ClientNo> nos;
  nos.reserve(clients.size());
  for (const auto* client : clients) nos.push_back(client->no);
  // Blasts sent so far cannot have reached these places: their inboxes need not look at them.
  const auto places =
      tables_.directory().insert_memberships(roster.provider_no, nos, roster.next_place, roster.send_seq);
  std::vector<bool> added(clients.size());
  for (std::size_t i = 0; i < clients.size(); ++i) {
    if (!places[i]) continue;
    if (*places[i] >= kMaxPlaces) throw Error(Code::limit, "the roster is full");
    added[i] = true;
    roster.next_place = *places[i] + 1;
    Change& change = noted_.emplace_back();
    change.kind = Kind::added;
    change.entry.provider_no = roster.provider_no;
    change.entry.place = *places[i];
    change.entry.flags = clients[i]->flags | flags;
    change.entry.since = now_;
    change.entry.client = *clients[i];
  }
  apply();
  return added;
}

void RosterUpdate::lock_rosters_of(std::span<const ClientNo> clients) {
  if (!tables_.lock().others_write()) return;
  std::set<ProviderNo> nos;
  for_each_page(clients, [&](auto page, std::size_t) {
    for_each_membership_page(tables_, page, [&](std::span<const HeldMembership> held) {
      for (const auto& one : held) nos.insert(one.membership.provider_no);
    });
  });
  rosters_.assign(nos.begin(), nos.end());
  tables_.lock().rosters(rosters_);
}

void RosterUpdate::change_clients(std::span<const Client> clients) {
  std::vector<ClientNo> nos;
  nos.reserve(clients.size());
  for (const auto& client : clients) nos.push_back(client.no);
  lock_rosters_of(nos);
  for_each_page(clients, [&](auto page, std::size_t) { change_page(page); });
}

void RosterUpdate::change_page(std::span<const Client> clients) {
  tables_.directory().update_clients(clients);
  std::vector<ClientNo> nos;
  nos.reserve(clients.size());
  for (const auto& client : clients) nos.push_back(client.no);
  auto client = clients.begin();
  for_each_membership_page(tables_, nos, [&](std::span<const HeldMembership> held) {
    std::vector<RosterKey> keys;
    keys.reserve(held.size());
    for (const auto& one : held) keys.push_back({one.membership.provider_no, one.membership.place});
    const auto entries = tables_.directory().entries(keys);
    for (std::size_t i = 0; i < held.size(); ++i) {
      while (client->no != held[i].client_no) ++client;
      const auto* before = entries.find(keys[i]);
      if (before == nullptr || before->client.no != client->no)
        throw Error(Code::corrupt, "a client's roster entry is missing");
      RosterEntry entry = *before;
      entry.flags = (entry.flags & ~flag::of_client) | client->flags;
      entry.client = *client;
      change(std::move(entry), *before);
    }
    apply();
  });
}

void RosterUpdate::change(RosterEntry entry, const RosterEntry& before) {
  if (entry.active() != before.active()) entry.since = now_;
  noted_.push_back({Kind::changed, before, std::move(entry)});
}

void RosterUpdate::erase(const RosterEntry& before) {
  RosterEntry dead;
  dead.provider_no = before.provider_no;
  dead.place = before.place;
  dead.flags = flag::erased | flag::archived;
  dead.since = now_;
  change(std::move(dead), before);
}

void RosterUpdate::index(const RosterEntry& entry) {
  if (!entry.erased()) noted_.push_back({Kind::indexed, entry, entry, false});
}

void RosterUpdate::apply() {
  if (noted_.empty()) return;
  change_addresses();
  leave_communities();
  write_entries();
  change_names();
  change_slices();
  noted_.clear();
  noted_at_.clear();
}

void RosterUpdate::finish() {
  apply();
  roster_slices_.store([&](auto rows) { write(rows); });
  address_slices_.store([&](auto rows) { write(rows); });
}

// ---- Communities

void RosterUpdate::leave_communities() {
  std::vector<RosterKey> leaving;
  for (const auto& one : noted_)
    if (one.kind == Kind::changed && one.before.active() && !one.entry.active())
      leaving.push_back(key_of(one.entry));
  if (leaving.empty()) return;
  const auto memberships = tables_.communities().memberships_of(leaving);
  for_each_page(std::span(memberships), [&](auto page, std::size_t) { leave(tables_, page); });
}

// ---- Addresses

/// What is done to the index of addresses, one entry after the other, and what that may mean for who is told.
class RosterUpdate::AddressPlan {
 public:
  /// One address of one entry.
  struct Step {
    std::size_t noted;
    AddressMove move;                   // should it be one
    std::optional<std::size_t> change;  // of the index
  };
  /// What else is to be known of an entry.
  struct Of {
    bool indexed = true;
    bool keeps_some = false;  // of its addresses
  };

  void add(std::size_t noted, const Context& context, const RosterEntry& entry, std::string_view channel,
           std::string_view address, bool comes) {
    const auto hash = context.address_hash(channel, address);
    std::optional<std::size_t> change;
    if (of[noted].indexed) {
      change = changes.size();
      changes.push_back({key_of(entry), hash, comes});
    }
    steps.push_back({noted, {key_of(entry), std::string(channel), hash, !comes}, change});
  }

  std::vector<Of> of;  // for each that was noted
  std::vector<Step> steps;
  std::vector<AddressChange> changes;
};

RosterUpdate::AddressPlan RosterUpdate::plan_addresses() {
  AddressPlan plan;
  plan.of.resize(noted_.size());
  const Addresses none;
  for (std::size_t i = 0; i < noted_.size(); ++i) {
    const auto& one = noted_[i];
    const auto& before = one.kind == Kind::changed ? one.before.client.addresses : none;
    const auto& after = one.entry.client.addresses;
    auto& of = plan.of[i];
    of.indexed = one.kind == Kind::indexed || has_turn_behind(one.entry);
    of.keeps_some = before == after && !after.stored().empty();
    if (before == after) continue;
    Addresses::for_each(before.stored(), [&](std::string_view channel, std::string_view address) {
      if (!same_address(address, after.get(channel)))
        plan.add(i, context_, one.entry, channel, address, false);
    });
    Addresses::for_each(after.stored(), [&](std::string_view channel, std::string_view address) {
      if (same_address(address, before.get(channel))) {
        of.keeps_some = true;
      } else if (of.indexed) {
        plan.add(i, context_, one.entry, channel, address, true);
      }
    });
  }
  return plan;
}

/// Keeps the index of addresses, and says of each entry whether it may share one with another. Of a place
/// whose turn to be indexed comes only what was told is kept.
void RosterUpdate::change_addresses() {
  auto plan = plan_addresses();
  std::vector<SharedAddress> found;
  if (!plan.changes.empty()) found = tables_.directory().change_addresses(plan.changes);

  std::vector<AddressMove> moves;
  auto step = plan.steps.begin();
  for (std::size_t i = 0; i < noted_.size(); ++i) {
    const bool shared = one_shares(noted_[i]);
    bool to_share = shared && (plan.of[i].keeps_some || !plan.of[i].indexed);
    for (; step != plan.steps.end() && step->noted == i; ++step) {
      if (step->move.leaves) {
        if (shared) moves.push_back(std::move(step->move));
        continue;
      }
      const auto& at = found[step->change.value()];
      to_share = to_share || at.shared;
      if (!at.was_alone) continue;
      step->move.at.place = *at.was_alone;
      mark_shared(step->move.at, i);
      moves.push_back(std::move(step->move));
    }
    set_shares(noted_[i], to_share);
  }
  if (!moves.empty()) follow(moves);
  mark_strangers();
}

/// No line comes to be open meanwhile: nothing is sent, or tried again, on a roster that is locked.
void RosterUpdate::follow(std::span<const AddressMove> moves) {
  if (!has_lines_) {
    for (const auto& move : moves)
      if (std::find(rosters_.begin(), rosters_.end(), move.at.provider_no) == rosters_.end())
        rosters_.push_back(move.at.provider_no);
    tables_.lock().told_lines(rosters_);
    has_lines_ = true;
  }
  follow_addresses(tables_, context_, moves);
}

bool RosterUpdate::one_shares(const Change& one) {
  return one.kind == Kind::changed && shares(one.before);
}

/// What is indexed anew stays marked.
void RosterUpdate::set_shares(Change& one, bool to_share) {
  if (one.kind == Kind::indexed) to_share = to_share || shares(one.entry);
  if (to_share == shares(one.entry)) return;
  one.entry.flags ^= flag::shares_address;
  one.to_write = true;
}

RosterUpdate::Change* RosterUpdate::noted_at(const RosterKey& key) {
  if (noted_at_.empty())
    for (std::size_t i = 0; i < noted_.size(); ++i) noted_at_.emplace(key_of(noted_[i].entry), i);
  const auto found = noted_at_.find(key);
  return found != noted_at_.end() ? &noted_[found->second] : nullptr;
}

/// Another has come to its address. It stays marked when it is alone again, until its own addresses change:
/// that costs a look, and no more. `now`: the last of the noted ones that has its mark already.
void RosterUpdate::mark_shared(const RosterKey& key, std::size_t now) {
  Change* noted = noted_at(key);
  if (noted == nullptr) {
    strangers_.push_back(key);
    return;
  }
  noted->before.flags |= flag::shares_address;
  if (noted->kind == Kind::indexed || noted <= &noted_[now]) set_shares(*noted, true);
}

void RosterUpdate::mark_strangers() {
  if (strangers_.empty()) return;
  std::sort(strangers_.begin(), strangers_.end());
  strangers_.erase(std::unique(strangers_.begin(), strangers_.end()), strangers_.end());
  for_each_page(std::span<const RosterKey>(strangers_), [&](auto page, std::size_t) {
    const auto entries = tables_.directory().entries(page);
    std::vector<RosterEntry> marked;
    for (const auto& key : page) {
      try {
        const auto* entry = entries.find(key);
        if (entry == nullptr || shares(*entry)) continue;
        marked.push_back(*entry);
        marked.back().flags |= flag::shares_address;
      } catch (const Error& error) {
        if (!passes_by(tables_, error)) throw;  // a damaged entry is told nothing anyway
      }
    }
    if (!marked.empty()) tables_.directory().update_entries(marked);
  });
  strangers_.clear();
}

// ---- Entries, names and bitmaps

void RosterUpdate::write_entries() {
  std::vector<RosterEntry> added;
  std::vector<RosterEntry> changed;
  for (const auto& one : noted_)
    if (one.to_write) (one.kind == Kind::added ? added : changed).push_back(one.entry);
  if (!added.empty()) tables_.directory().insert_entries(added);
  if (!changed.empty()) tables_.directory().update_entries(changed);
}

void RosterUpdate::change_names() {
  std::vector<NameRow> gone;
  std::vector<NameRow> rows;
  for (const auto& one : noted_) {
    const auto& entry = one.entry;
    if (one.kind == Kind::changed && !entry.erased() && entry.client.name == one.before.client.name &&
        entry.active() == one.before.active())
      continue;
    if (one.kind != Kind::indexed && !has_turn_behind(entry)) {
      // What another version has folded is known by its place alone, and must not wait for its turn to go.
      if (entry.erased()) tables_.directory().forget_names(entry.provider_no, entry.place);
      continue;
    }
    if (one.kind == Kind::changed) add_names(one.before, gone);
    if (!entry.erased()) add_names(entry, rows);
  }
  for_each_page(
      std::span<const NameRow>(gone), [&](auto page, std::size_t) { tables_.directory().delete_names(page); },
      kNamesTogether);
  for_each_page(
      std::span<const NameRow>(rows), [&](auto page, std::size_t) { tables_.directory().insert_names(page); },
      kNamesTogether);
}

void RosterUpdate::change_slices() {
  std::vector<std::pair<RosterSliceKey, const RosterEntry*>> flags;
  struct Mark {
    Place place;
    bool there;
  };
  std::vector<std::pair<AddressSliceKey, Mark>> addresses;
  const auto mark = [&](const RosterEntry& entry, std::string_view channel, bool there) {
    addresses.push_back({{slice_key_of(entry), std::string(channel)}, {entry.place, there}});
  };
  const Addresses none;
  for (const auto& one : noted_) {
    if (one.kind == Kind::indexed) continue;
    const bool changed = one.kind == Kind::changed;
    if (!changed || !same_flags(one.entry, one.before))
      flags.push_back({slice_key_of(one.entry), &one.entry});
    const auto& before = changed ? one.before.client.addresses : none;
    const auto& after = one.entry.client.addresses;
    Addresses::for_each(before.stored(), [&](std::string_view channel, std::string_view) {
      if (after.get(channel).empty()) mark(one.entry, channel, false);
    });
    Addresses::for_each(after.stored(), [&](std::string_view channel, std::string_view) {
      if (before.get(channel).empty()) mark(one.entry, channel, true);
    });
  }
  auto& directory = tables_.directory();
  const auto write_rows = [&](auto rows) { write(rows); };
  roster_slices_.change(
      flags, [&](auto keys) { return directory.roster_slices(keys); }, write_rows,
      [](RosterSlice& slice, const RosterEntry* entry) {
        put(slice.active, entry->place, entry->active());
        put(slice.chat_off, entry->place, (entry->flags & flag::any_chat_off) != 0);
        put(slice.dead, entry->place, entry->erased());
      });
  address_slices_.change(
      addresses, [&](auto keys) { return directory.address_slices(keys); }, write_rows,
      [](Slice& slice, const Mark& one) { put(slice, one.place, one.there); });
}

}  // namespace bccast
