#include "core/loading.hpp"

#include <algorithm>
#include <map>
#include <span>
#include <utility>
#include <vector>

#include "core/access.hpp"
#include "core/item_rows.hpp"
#include "core/line_slices.hpp"
#include "core/message_list.hpp"
#include "core/passes_by.hpp"
#include "core/place_states.hpp"
#include "core/quiet.hpp"
#include "core/retracting.hpp"
#include "core/roster_read.hpp"
#include "core/same_address.hpp"
#include "core/texts.hpp"
#include "model/retry.hpp"

namespace bccast {
namespace {

/// Why somebody with this entry is not to be notified on a channel, if so.
std::optional<SkipReason> why_not_notify(std::uint32_t flags, bool read, std::string_view address) {
  if ((flags & flag::erased) != 0) return SkipReason::erased;
  if ((flags & flag::any_archived) != 0) return SkipReason::archived;
  if ((flags & flag::any_notify_off) != 0) return SkipReason::notify_off;
  if (read) return SkipReason::already_read;
  if (address.empty()) return SkipReason::no_address;
  return std::nullopt;
}

/// How places of a blast stand with those who deliver it.
struct Deliveries {
  std::map<SliceNo, Slice> not_delivered;  // and never will be
  std::map<Place, Ms> until;               // still being delivered: when to look again

  bool is_lost(Place place) const {
    const auto of_slice = not_delivered.find(slice_of(place));
    return of_slice != not_delivered.end() && of_slice->second.contains(within_slice(place));
  }
  void lose(Place place) { not_delivered[slice_of(place)].add(within_slice(place)); }
};

/// Whether a blast that is taken back was delivered.
enum class HadIt : std::uint8_t { no, not_yet, yes };
HadIt had_it(const PlaceStates& states, std::uint16_t at) {
  if (states[PlaceState::done].contains(at)) return HadIt::yes;
  const bool open = states[PlaceState::pending].contains(at) || states[PlaceState::in_flight].contains(at) ||
                    states[PlaceState::retry].contains(at);
  return open ? HadIt::not_yet : HadIt::no;
}

/// Items are few as a rule: those of other places are read, too, unless they are more than so many.
constexpr std::size_t kItemsBetween = 256;

std::vector<Place> places_of(std::span<const PlaceInOrder> sorted) {
  std::vector<Place> places;
  for (const auto& one : sorted)
    if (places.empty() || places.back() != one.place) places.push_back(one.place);
  return places;
}

std::vector<SliceNo> slices_of_places(std::span<const PlaceInOrder> sorted) {
  std::vector<SliceNo> slices;
  for (const auto& one : sorted)
    if (slices.empty() || slices.back() != slice_of(one.place)) slices.push_back(slice_of(one.place));
  return slices;
}

/// A message that is delivered.
struct AtHand {
  ThreadKey shelf;
  std::int64_t seq = 0;
  bool removed = false;
  Author author;
  std::optional<RosterEntry> entry;  // of its author, if a client wrote it
  std::optional<Community> community;
};

class Filling {
 public:
  Filling(const Tables& tables, const Context& context, Assignment& assignment)
      : tables_(tables),
        context_(context),
        assignment_(assignment),
        channel_(assignment.channel),
        now_(context.clock.wall_ms()),
        same_address_(tables, context, channel_.name, now_) {
    if (channel_.quiet_hours.any()) quiet_.emplace(context.zones, channel_.quiet_hours, now_);
  }

  void run() {
    if (channel_.delivers) assignment_.delivery.emplace();
    if (assignment_.line && assignment_.line->kind == LineKind::retract) {
      deliveries_to_take_back(*assignment_.line);
    } else if (assignment_.line) {
      places(*assignment_.line);
    } else {
      items();
    }
  }

 private:
  // ---- Places of a blast

  void places(const Line& line) {
    const auto blast = tables_.blasts().blast(line.provider_no, line.blast_no);
    auto provider = tables_.directory().provider(line.provider_no);
    if (!blast || !provider) throw Error(Code::corrupt, "a line has lost its blast or its provider");
    provider_ = std::move(*provider);
    const auto dropped = why_dropped(*blast);
    assignment_.at = whole_seconds(blast->sent_at);
    if (line.kind == LineKind::deliver) text_of_blast(line);

    const auto sorted = sorted_places(assignment_.places);
    const auto deliveries = line.follows ? deliveries_of(line, sorted) : Deliveries();
    const auto add = [&](const RosterView& entry, bool read) {
      const ThreadKey key{line.provider_no, entry.place, line.blast_no};
      const auto address = address_of(entry);
      if (const auto reason = why_not(entry.flags, read, address, dropped)) {
        assignment_.left_out.push_back({entry.place, *reason});
      } else if (deliveries.is_lost(entry.place)) {
        assignment_.left_out.push_back({entry.place, SkipReason::not_delivered});
      } else if (const auto quiet = quiet_until(entry.zone)) {
        assignment_.deferred.push_back({entry.place, quiet->due_at, quiet->reason});
      } else if (const auto later = deliveries.until.find(entry.place); later != deliveries.until.end()) {
        assignment_.deferred.push_back({entry.place, later->second});
      } else if (!another_is_told(entry, line)) {
        assignment_.batch.add(blast_item_id(line.channel_no, line.provider_no, line.blast_no, entry.place),
                              Context::parts_of(key), false, entry.id, address, entry.name, entry.locale,
                              assignment_.at);
        assignment_.entries.push_back(entry.place);
        if (assignment_.delivery) describe_blast(entry.id);
      }
    };
    const auto opened = opened_among(line, sorted);
    Found<ThreadKey, Thread> threads;
    if (!opened.empty()) threads = tables_.threads().threads(opened);
    // As for single messages: only who has nothing left to read in the thread need not be told.
    const auto nothing_unread = [&](Place place) {
      const ThreadKey key{line.provider_no, place, line.blast_no};
      const auto* thread = threads.has(key) ? threads.find(key) : nullptr;
      return thread != nullptr && thread->client_unread == 0;
    };
    const RosterRead entries(tables_, line.provider_no, sorted);
    for (std::size_t i = 0; i < sorted.size(); ++i)
      if (const auto* entry = entries.at(i); entry != nullptr && shares(entry->flags))
        same_address_.add(line.provider_no, line.no, entry->place, address_of(*entry));
    for (std::size_t i = 0; i < sorted.size(); ++i) {
      const Place place = assignment_.places[i];
      if (!entries.at(i)) {
        assignment_.damaged.push_back(place);
        continue;
      }
      add(*entries.at(i), nothing_unread(place));
    }
  }

  /// The threads of those who have opened the blast.
  std::vector<ThreadKey> opened_among(const Line& line, std::span<const PlaceInOrder> sorted) const {
    std::vector<ThreadKey> opened;
    const auto slices = slices_of_places(sorted);
    for_each_page(
        std::span<const SliceNo>(slices),
        [&](std::span<const SliceNo> page, std::size_t) {
          const auto marked = tables_.blasts().marks(line.provider_no, line.blast_no, MarkKind::opened, page);
          for (const auto& one : sorted) {
            const auto at = std::lower_bound(page.begin(), page.end(), slice_of(one.place));
            if (at == page.end() || *at != slice_of(one.place)) continue;
            if (marked.at(static_cast<std::size_t>(at - page.begin())).contains(within_slice(one.place)))
              opened.push_back({line.provider_no, one.place, line.blast_no});
          }
        },
        kSlicesTogether);
    return opened;
  }

  /// True, and the place is dealt with, when it is another at the same address that is told.
  bool another_is_told(const RosterView& entry, const Line& line) {
    if (!shares(entry.flags)) return false;
    try {
      return same_address_.leaves_out(assignment_, line.no, entry.place);
    } catch (const Error& error) {
      if (!passes_by(tables_, error)) throw;
      assignment_.damaged.push_back(entry.place);
      return true;
    }
  }

  /// A message goes to everybody; that there is one is told once at each address.
  bool shares(std::uint32_t flags) const { return !channel_.delivers && (flags & flag::shares_address) != 0; }
  std::string_view address_of(const RosterView& entry) const {
    return Addresses::find(entry.addresses, channel_.name);
  }

  /// Why nothing more of a blast is handed out, if so.
  std::optional<SkipReason> why_dropped(const Blast& blast) const {
    if (blast.state == BlastState::recalled) return SkipReason::recalled;
    if (provider_.archived_at != 0) return SkipReason::provider_archived;
    return std::nullopt;
  }

  /// What keeps somebody from being handed to this channel's handler. Delivery is for everybody who has the
  /// message.
  std::optional<SkipReason> why_not(std::uint32_t flags, bool read, std::string_view address,
                                    std::optional<SkipReason> dropped) const {
    if (dropped) return dropped;
    if (!channel_.delivers) return why_not_notify(flags, read, address);
    if ((flags & flag::erased) != 0) return SkipReason::erased;
    return std::nullopt;
  }

  /// How places stand with the lines that deliver the blast.
  Deliveries deliveries_of(const Line& follower, std::span<const PlaceInOrder> sorted) const {
    Deliveries deliveries;
    if (sorted.empty()) return deliveries;
    for (const auto& line : tables_.work().lines(follower.provider_no, follower.blast_no)) {
      if (line.kind != LineKind::deliver) continue;
      const auto channel = tables_.work().channel(line.channel_no);
      if (!channel || channel->removed) continue;
      const auto slices = slices_of_places(sorted);
      for (auto rest = std::span<const SliceNo>(slices); !rest.empty();) {
        const auto page = tables_.work().skips(line, rest);
        for (const auto& skipped : page.places) deliveries.not_delivered[skipped.slice] |= skipped.places;
        rest = rest.subspan(page.slices);
      }
      if (meet_items(line, sorted, deliveries)) continue;
      bool damaged = false;
      for (const auto& [place, item] : tables_.work().items_at(line.no, places_of(sorted))) {
        damaged = damaged || item.damaged;
        if (!item.damaged) meet_item(place, item, deliveries);
      }
      if (damaged) meet_places(line, sorted, deliveries);
    }
    return deliveries;
  }

  /// The items of a line that delivers, from the first to the last of the places. False: they are too many,
  /// or one of them is damaged, whose place may be another's.
  bool meet_items(const Line& line, std::span<const PlaceInOrder> sorted, Deliveries& deliveries) const {
    const auto page = tables_.work().items_of_line(line.no, sorted.front().place, sorted.back().place + 1,
                                                   sorted.size() + kItemsBetween);
    for (const auto& item : page.items) {
      if (item.damaged) return false;
      meet_item(item.thread.place, item, deliveries);
    }
    return !page.next;
  }
  /// What became of places whose items are damaged their bitmaps tell.
  void meet_places(const Line& line, std::span<const PlaceInOrder> sorted, Deliveries& deliveries) const {
    std::vector<LineSlice> keys;
    for (const auto s : slices_of_places(sorted)) keys.push_back({line.no, s});
    for_each_page(
        std::span<const LineSlice>(keys),
        [&](std::span<const LineSlice> page, std::size_t) {
          const auto items = tables_.work().item_slices(page);
          for (const auto& one : sorted) {
            const auto at =
                std::lower_bound(page.begin(), page.end(), LineSlice{line.no, slice_of(one.place)});
            if (at == page.end() || at->slice != slice_of(one.place)) continue;
            const auto& of_slice = items.at(static_cast<std::size_t>(at - page.begin()));
            if (of_slice.failed.contains(within_slice(one.place))) {
              deliveries.lose(one.place);
            } else if (of_slice.open.contains(within_slice(one.place))) {
              deliveries.until.try_emplace(one.place, now_ + kGivenBackWait);
            }
          }
        },
        kSlicesTogether);
  }
  void meet_item(Place place, const Item& item, Deliveries& deliveries) const {
    if (item.state == ItemState::failed) {
      deliveries.lose(place);
    } else {
      deliveries.until[place] = look_again(item, now_);
    }
  }

  // ---- What is taken back

  /// Those of a recalled blast to whom it was delivered.
  void deliveries_to_take_back(const Line& line) {
    const auto blast = begin_taking_back(line);
    const auto sorted = sorted_places(assignment_.places);
    const auto had = who_had_it(line, sorted);
    const RosterRead entries(tables_, line.provider_no, sorted);
    for (std::size_t i = 0; i < sorted.size(); ++i) {
      const auto& entry = entries.at(i);
      if (entry) {
        take_back(entry->place, had.at(entry->place), line, blast, entry->flags, entry->id,
                  Addresses::find(entry->addresses, channel_.name), entry->name, entry->locale);
      } else {
        assignment_.damaged.push_back(assignment_.places[i]);
      }
    }
  }

  std::map<Place, HadIt> who_had_it(const Line& line, std::span<const PlaceInOrder> sorted) const {
    const Line delivered = delivered_by(tables_, line);
    const auto claims = tables_.work().claims_of(delivered);
    std::map<Place, HadIt> had;
    const auto slices = slices_of_places(sorted);
    const auto items = tables_.work().items_at(delivered.no, places_of(sorted));
    auto place = sorted.begin();
    auto item = items.begin();
    for_each_page(
        std::span<const SliceNo>(slices),
        [&](std::span<const SliceNo> page, std::size_t) {
          const auto audience = tables_.work().audience(delivered, page);
          const LineSlices stored(tables_, delivered, page, false);
          for (std::size_t i = 0; i < page.size(); ++i) {
            const auto s = page[i];
            SliceStates states(tables_, delivered, claims, s, audience.at(i), stored.at(s));
            auto end = item;
            while (end != items.end() && slice_of(end->place) == s) ++end;
            states.set({item, end});
            item = end;
            for (; place != sorted.end() && slice_of(place->place) == s; ++place)
              had[place->place] = had_it(states.states(), within_slice(place->place));
          }
        },
        kSlicesTogether);
    return had;
  }

  Blast begin_taking_back(const Line& line) {
    auto blast = tables_.blasts().blast(line.provider_no, line.blast_no);
    auto provider = tables_.directory().provider(line.provider_no);
    if (!blast || !provider) throw Error(Code::corrupt, "a line has lost its blast or its provider");
    provider_ = std::move(*provider);
    assignment_.delivery->retracts = true;
    assignment_.at = whole_seconds(blast->sent_at);
    return std::move(*blast);
  }

  /// `entry`: what the assignment calls it; the place itself, unless it is an item.
  void take_back(Place place, HadIt had, const Line& line, const Blast& blast, std::uint32_t flags,
                 std::string_view id, std::string_view address, std::string_view name,
                 std::string_view locale, std::optional<std::size_t> item = std::nullopt) {
    const std::size_t entry = item.value_or(place);
    if ((flags & flag::erased) != 0) {
      assignment_.left_out.push_back({entry, SkipReason::erased});
    } else if (had == HadIt::yes) {
      assignment_.batch.add(blast_item_id(line.channel_no, line.provider_no, line.blast_no, place),
                            Context::parts_of({line.provider_no, place, line.blast_no}), false, id, address,
                            name, locale, whole_seconds(blast.sent_at));
      assignment_.entries.push_back(entry);
      describe_blast(id);
    } else if (had == HadIt::not_yet) {
      assignment_.deferred.push_back({entry, now_ + kGivenBackWait});
    } else {
      assignment_.left_out.push_back({entry, SkipReason::not_delivered});
    }
  }

  /// The same for one item.
  void item_to_take_back(std::size_t i, const Line& line, const Blast& blast) {
    assignment_.delivery->retracts = true;
    assignment_.at = whole_seconds(blast.sent_at);
    const auto& entry = entry_of(i);
    take_back(entry.place, had_it_of_item(entry.place, line), line, blast, entry.flags, entry.id,
              Addresses::find(entry.addresses, channel_.name), entry.name, entry.locale, i);
  }

  /// Read for all items of the line together; where one of what they are about is damaged, for each by
  /// itself.
  HadIt had_it_of_item(Place place, const Line& line) {
    auto known = had_.find(line.no);
    if (known == had_.end()) {
      known = had_.try_emplace(line.no).first;
      try {
        known->second = who_had_it(line, places_of_items(line.no));
      } catch (const Error& error) {
        if (!passes_by(tables_, error)) throw;
      }
    }
    const auto found = known->second.find(place);
    if (found != known->second.end()) return found->second;
    const PlaceInOrder alone{place, 0};
    return who_had_it(line, std::span(&alone, 1)).at(place);
  }

  /// Until when somebody in that zone is not to be told.
  std::optional<Wait> quiet_until(std::string_view zone) {
    return quiet_ ? quiet_->until(zone, provider_.zone) : std::nullopt;
  }

  // ---- Single items

  void items() {
    rows_ = rows_of(tables_, assignment_.items);
    for (std::size_t i = 0; i < assignment_.items.size(); ++i) {
      const Item& item = assignment_.items[i];
      if (item.damaged || item.line_no == 0) continue;
      const auto* entry = rows_.entries.find({item.provider_no, item.thread.place});
      if (entry != nullptr && shares(entry->flags)) same_address_.add_item(item, address_of(*entry));
    }
    for (std::size_t i = 0; i < assignment_.items.size(); ++i) {
      try {
        item(i);
      } catch (const Error& error) {
        if (!passes_by(tables_, error)) throw;
        assignment_.damaged.push_back(i);
      }
    }
  }

  void item(std::size_t i) {
    const Item& item = assignment_.items[i];
    if (item.damaged) throw Error(Code::corrupt, "an item is damaged");
    const auto* provider = rows_.providers.find(item.provider_no);
    if (provider == nullptr) throw Error(Code::corrupt, "an item has lost its provider");
    provider_ = *provider;
    dropped_ = provider_.archived_at != 0 ? std::optional(SkipReason::provider_archived) : std::nullopt;
    if (item.line_no != 0 && held_or_taken_back(i)) return;
    const auto* thread = rows_.threads.find(item.thread);
    if (item.to_provider) {
      add_item(i, thread != nullptr && thread->provider_unread == 0, 0, provider_,
               provider_.addresses.get(channel_.name), {});
      return;
    }
    const auto& entry = entry_of(i);
    // Who has left a community has nothing to read there, nor who has joined again of what was before.
    if (item.thread.of_community() && !sees(item)) {
      assignment_.left_out.push_back({i, SkipReason::already_read});
      return;
    }
    add_item(i, thread != nullptr && thread->client_unread == 0, entry.flags, entry,
             Addresses::find(entry.addresses, channel_.name), entry.id);
  }

  const RosterView& entry_of(std::size_t i) const {
    const Item& item = assignment_.items[i];
    const auto* entry = rows_.entries.find({item.provider_no, item.thread.place});
    if (entry == nullptr) throw Error(Code::corrupt, "an item has lost what it is about");
    return *entry;
  }

  /// True, and the item is dealt with, when its blast is paused, or its line takes back. Of a recalled blast
  /// it will be left out.
  bool held_or_taken_back(std::size_t i) {
    const Item& item = assignment_.items[i];
    const auto* line = rows_.lines.find(item.line_no);
    const auto* blast = rows_.blasts.find({item.provider_no, item.thread.origin});
    if (line == nullptr || blast == nullptr)
      throw Error(Code::corrupt, "an item has lost its line or its blast");
    if (line->paused) {
      assignment_.deferred.push_back({i, item.due_at});
      return true;
    }
    if (line->kind == LineKind::retract) {
      item_to_take_back(i, *line, *blast);
      return true;
    }
    dropped_ = why_dropped(*blast);
    return false;
  }

  bool sees(const Item& item) const {
    const auto* member = rows_.members.find(item.thread);
    return member != nullptr && item.seq >= member->first_seq;
  }

  template <typename Person>
  void add_item(std::size_t i, bool read, std::uint32_t flags, const Person& person, std::string_view address,
                std::string_view client) {
    const Item& item = assignment_.items[i];
    if (const auto reason = why_not(flags, read, address, dropped_)) {
      assignment_.left_out.push_back({i, *reason});
      return;
    }
    if (!channel_.delivers && waits_or_lost(i)) return;
    if (const auto quiet = quiet_until(person.zone)) {
      assignment_.deferred.push_back({i, quiet->due_at, quiet->reason});
      return;
    }
    if (item.line_no != 0 && shares(flags) && same_address_.leaves_out_item(assignment_, i)) return;
    if (assignment_.delivery && !describe_item(item, client)) {
      assignment_.left_out.push_back({i, SkipReason::erased});
      return;
    }
    const IdParts id = item.line_no != 0 ? blast_item_id(item.channel_no, item.provider_no,
                                                         item.thread.origin, item.thread.place)
                                         : notice_id(item.channel_no, item.provider_no, item.notice_no);
    assignment_.batch.add(id, Context::parts_of(item.thread), item.to_provider, person.id, address,
                          person.name, person.locale, whole_seconds(item.at));
    assignment_.entries.push_back(i);
  }

  /// True, and the item is dealt with, when its message is still being delivered, or was not.
  bool waits_or_lost(std::size_t i) {
    const Item& item = assignment_.items[i];
    if (item.line_no != 0) {
      const auto* line = rows_.lines.find(item.line_no);
      if (!line->follows) return false;
      const auto& deliveries = deliveries_of_item(item.thread.place, *line);
      if (deliveries.is_lost(item.thread.place)) {
        assignment_.left_out.push_back({i, SkipReason::not_delivered});
        return true;
      }
      const auto later = deliveries.until.find(item.thread.place);
      if (later == deliveries.until.end()) return false;
      assignment_.deferred.push_back({i, later->second});
      return true;
    }
    for (const auto& of_channel : delivered_notices()) {
      const auto* delivery = of_channel.find({item.provider_no, item.notice_no});
      if (delivery == nullptr) continue;
      if (delivery->state == ItemState::failed) {
        assignment_.left_out.push_back({i, SkipReason::not_delivered});
      } else {
        assignment_.deferred.push_back({i, look_again(*delivery, now_)});
      }
      return true;
    }
    return false;
  }

  /// The places of the items of one line, in their order.
  std::vector<PlaceInOrder> places_of_items(LineNo line) const {
    std::vector<Place> places;
    for (const auto& item : assignment_.items)
      if (!item.damaged && item.line_no == line) places.push_back(item.thread.place);
    return sorted_places(places);
  }

  /// How an item's place stands with those who deliver the line's blast. Read for all items of the line
  /// together; where one of what they are about is damaged, for each by itself.
  const Deliveries& deliveries_of_item(Place place, const Line& line) {
    auto known = deliveries_.find(line.no);
    if (known == deliveries_.end()) {
      known = deliveries_.try_emplace(line.no).first;
      try {
        known->second = deliveries_of(line, places_of_items(line.no));
      } catch (const Error& error) {
        if (!passes_by(tables_, error)) throw;
      }
    }
    if (known->second) return *known->second;
    const PlaceInOrder alone{place, 0};
    return delivery_of_one_ = deliveries_of(line, std::span(&alone, 1));
  }

  /// On each channel that delivers, what is left to do of the messages that the items are notices of.
  const std::vector<Found<NoticeKey, Item>>& delivered_notices() {
    if (notices_) return *notices_;
    std::vector<Found<NoticeKey, Item>> found;
    std::vector<NoticeKey> keys;
    for (const auto& item : assignment_.items)
      if (!item.damaged && item.line_no == 0) keys.push_back({item.provider_no, item.notice_no});
    for (const auto& channel : tables_.work().channels())
      if (channel.delivers) found.push_back(tables_.work().items_of_notices(channel.no, keys));
    return notices_.emplace(std::move(found));
  }

  // ---- What is delivered

  void text_of_blast(const Line& line) {
    auto text = texts::of_blast(tables_, line.provider_no, line.blast_no);
    if (!text) throw Error(Code::corrupt, "a blast has lost its text");
    assignment_.delivery->text.set_text(std::move(*text));
  }

  void describe_blast(std::string_view client) {
    add_columns(client, "private", {}, 1, {provider_.id, provider_.name});
  }

  /// False: the message was taken away.
  bool describe_item(const Item& item, std::string_view client) {
    const AtHand& at_hand = message_of(item);
    if (at_hand.removed) return false;
    std::optional<Place> viewer;
    if (!item.to_provider) viewer = item.thread.place;
    Authors authors(context_, tables_, provider_, item.thread, viewer);
    if (at_hand.entry) authors.know(*at_hand.entry);
    const auto& author = authors.of(at_hand.author);
    if (at_hand.community) {
      add_columns({}, "community", at_hand.community->title, item.seq, author);
    } else {
      add_columns(item.to_provider ? std::string_view(author.id) : client, "private", {}, item.seq, author);
    }
    return true;
  }

  /// A batch delivers one message, to however many: it is read once, and its text goes into the batch.
  const AtHand& message_of(const Item& item) {
    const bool of_all = item.thread.of_blast() && item.seq == 1;
    const auto shelf = of_all ? ThreadKey{item.provider_no, 0, item.thread.origin} : item.thread.shelf();
    if (at_hand_ && at_hand_->shelf == shelf && at_hand_->seq == item.seq) return *at_hand_;
    if (at_hand_ && !assignment_.entries.empty())
      throw Error(Code::corrupt, "a claim has items of several messages");
    at_hand_.reset();
    Message message = message_at(tables_, item.thread, item.seq);
    AtHand found{shelf, item.seq, message.removed, message.author, {}, {}};
    if (!message.removed) {
      if (message.author.side == Side::client)
        found.entry = access::entry_at(tables_, item.provider_no, message.author.place);
      if (item.thread.of_community()) {
        found.community = tables_.communities().community(item.provider_no, item.thread.community());
        if (!found.community) throw Error(Code::corrupt, "a community is missing");
      }
      assignment_.delivery->text.set_text(std::move(message.text));
    }
    return at_hand_.emplace(std::move(found));
  }

  void add_columns(std::string_view client, std::string_view kind, std::string_view title, std::int64_t seq,
                   const Authors::Shown& author) {
    Delivery& delivery = *assignment_.delivery;
    delivery.text.add();
    delivery.provider.add(provider_.id);
    delivery.provider_name.add(provider_.name);
    delivery.client.add(client);
    delivery.kind.add(kind);
    delivery.title.add(title);
    delivery.seq.push_back(seq);
    delivery.author.add(author.id);
    delivery.author_name.add(author.name);
    delivery.action.add(delivery.retracts ? "retract" : "deliver");
  }

  const Tables& tables_;
  const Context& context_;
  Assignment& assignment_;
  const Channel& channel_;
  const Ms now_;
  SameAddress same_address_;
  ItemRows rows_;
  Provider provider_;
  std::map<LineNo, std::map<Place, HadIt>> had_;            // of the items of lines that take back
  std::map<LineNo, std::optional<Deliveries>> deliveries_;  // of the items of lines that follow
  Deliveries delivery_of_one_;                              // where those of all cannot be read
  std::optional<std::vector<Found<NoticeKey, Item>>> notices_;
  std::optional<AtHand> at_hand_;
  std::optional<SkipReason> dropped_;  // of the item at hand
  std::optional<Quiet> quiet_;
};

}  // namespace

void fill(const Tables& tables, const Context& context, Assignment& assignment) {
  Filling(tables, context, assignment).run();
  assignment.loaded = true;
}

}  // namespace bccast
