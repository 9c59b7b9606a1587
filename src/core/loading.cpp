#include "core/loading.hpp"

#include <map>
#include <set>
#include <span>
#include <utility>
#include <vector>

#include "core/access.hpp"
#include "core/message_list.hpp"
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

/// How the places of one slice stand with those who deliver a blast.
struct Deliveries {
  Slice not_delivered;        // and never will be
  std::map<Place, Ms> until;  // still being delivered: when to look again
};

/// Whether a blast that is taken back was delivered.
enum class HadIt : std::uint8_t { no, not_yet, yes };
HadIt had_it(const PlaceStates& states, std::uint16_t at) {
  if (states[PlaceState::done].contains(at)) return HadIt::yes;
  const bool open = states[PlaceState::pending].contains(at) || states[PlaceState::in_flight].contains(at) ||
                    states[PlaceState::retry].contains(at);
  return open ? HadIt::not_yet : HadIt::no;
}

/// Items are few as a rule: those of other places are read, too. Where they are more than so many, those
/// between places that stand further apart are passed by.
constexpr Place kItemsBetween = 256;

class Filling {
 public:
  Filling(const Tables& tables, const Context& context, Assignment& assignment)
      : tables_(tables),
        context_(context),
        assignment_(assignment),
        channel_(assignment.channel),
        now_(context.clock.wall_ms()) {
    if (channel_.quiet_hours.any()) quiet_.emplace(context.zones, channel_.quiet_hours, now_);
  }

  void run() {
    if (channel_.delivers) assignment_.delivery.emplace();
    if (assignment_.line && assignment_.line->retracts) {
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
    if (channel_.delivers) text_of_blast(line);

    const auto add = [&](const RosterView& entry, bool read, const Deliveries& deliveries) {
      const ThreadKey key{line.provider_no, entry.place, line.blast_no};
      const auto address = Addresses::find(entry.addresses, channel_.name);
      if (const auto reason = why_not(entry.flags, read, address, dropped)) {
        assignment_.left_out.push_back({entry.place, *reason});
      } else if (deliveries.not_delivered.contains(within_slice(entry.place))) {
        assignment_.left_out.push_back({entry.place, SkipReason::not_delivered});
      } else if (const auto quiet = quiet_until(entry.zone)) {
        assignment_.deferred.push_back({entry.place, quiet->due_at, quiet->reason});
      } else if (const auto later = deliveries.until.find(entry.place); later != deliveries.until.end()) {
        assignment_.deferred.push_back({entry.place, later->second});
      } else if (!another_is_told(entry, line, address)) {
        assignment_.batch.add(
            {IdKind::blast_item, line.channel_no, line.provider_no, line.blast_no, entry.place},
            Context::parts_of(key), false, entry.id, address, entry.name, entry.locale, assignment_.at);
        assignment_.entries.push_back(entry.place);
        if (assignment_.delivery) describe_blast(entry.id);
      }
    };
    const auto sorted = sorted_places(assignment_.places);
    std::vector<ThreadKey> opened;
    std::map<SliceNo, Deliveries> deliveries;
    for_each_run(sorted, kWholeSlice, [&](std::span<const PlaceInOrder> of_slice) {
      const auto s = slice_of(of_slice.front().place);
      const Slice marked = tables_.blasts().marks(line.provider_no, line.blast_no, s).opened;
      for (const auto& one : of_slice)
        if (marked.contains(within_slice(one.place)))
          opened.push_back({line.provider_no, one.place, line.blast_no});
      if (line.follows) deliveries.emplace(s, deliveries_of(line, of_slice));
    });
    Found<ThreadKey, Thread> threads;
    if (!opened.empty()) threads = tables_.threads().threads(opened);
    // As for single messages: only who has nothing left to read in the thread need not be told.
    const auto nothing_unread = [&](Place place) {
      const ThreadKey key{line.provider_no, place, line.blast_no};
      const auto* thread = threads.has(key) ? threads.find(key) : nullptr;
      return thread != nullptr && thread->client_unread == 0;
    };
    const Deliveries all_delivered;
    const RosterRead entries(tables_, line.provider_no, sorted);
    for (std::size_t i = 0; i < sorted.size(); ++i) {
      const Place place = assignment_.places[i];
      if (!entries.at(i)) {
        assignment_.damaged.push_back(place);
        continue;
      }
      add(*entries.at(i), nothing_unread(place),
          line.follows ? deliveries.at(slice_of(place)) : all_delivered);
    }
  }

  /// True, and the place is dealt with, when it is another at the same address that is told.
  bool another_is_told(const RosterView& entry, const Line& line, std::string_view address) {
    if (!shares(entry.flags)) return false;
    try {
      return same_address(line.no).leaves_out(assignment_, entry.place, address);
    } catch (const Error& error) {
      if (error.code() != Code::corrupt) throw;
      assignment_.damaged.push_back(entry.place);
      return true;
    }
  }

  /// A message goes to everybody; that there is one is told once at each address.
  bool shares(std::uint32_t flags) const { return !channel_.delivers && (flags & flag::shares_address) != 0; }
  SameAddress& same_address(LineNo line) {
    return same_address_.try_emplace(line, tables_, context_, line, channel_.name, now_).first->second;
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

  /// How places of one slice stand with the lines that deliver the blast.
  Deliveries deliveries_of(const Line& follower, std::span<const PlaceInOrder> sorted) const {
    Deliveries deliveries;
    for (const auto& line : tables_.work().lines(follower.provider_no, follower.blast_no)) {
      if (line.follows || line.retracts) continue;
      const auto channel = tables_.work().channel(line.channel_no);
      if (!channel || !channel->delivers || channel->removed) continue;
      tables_.work().skips(line, slice_of(sorted.front().place),
                           [&](SkipReason, const Slice& places) { deliveries.not_delivered |= places; });
      if (!meet_items(line, sorted, deliveries, sorted.size() + kItemsBetween))
        for_each_run(sorted, kItemsBetween, [&](std::span<const PlaceInOrder> run) {
          meet_items(line, run, deliveries, SliceStates::kAll);
        });
    }
    return deliveries;
  }

  /// The items of a line that delivers, from the first to the last of the places. False: they are more.
  bool meet_items(const Line& line, std::span<const PlaceInOrder> sorted, Deliveries& deliveries,
                  std::size_t most) const {
    std::size_t met = 0;
    tables_.work().items_of_line(line.no, sorted.front().place, sorted.back().place + 1,
                                 [&](const Item& item) {
                                   if (++met > most) return false;
                                   if (item.state == ItemState::failed) {
                                     deliveries.not_delivered.add(within_slice(item.thread.place));
                                   } else {
                                     deliveries.until[item.thread.place] = look_again(item, now_);
                                   }
                                   return true;
                                 });
    return met <= most;
  }

  // ---- What is taken back

  /// Those of a recalled blast to whom it was delivered.
  void deliveries_to_take_back(const Line& line) {
    const auto blast = begin_taking_back(line);
    const Line delivered = delivered_by(tables_, line);
    std::vector<Claim> claims;
    tables_.work().claims_of(delivered, [&](const Claim& claim) { claims.push_back(claim); });
    const auto sorted = sorted_places(assignment_.places);
    std::vector<HadIt> had(sorted.size());
    for_each_run(sorted, kWholeSlice, [&](std::span<const PlaceInOrder> of_slice) {
      const auto s = slice_of(of_slice.front().place);
      SliceStates reader(tables_, delivered, claims, s,
                         tables_.blasts().recipients(line.provider_no, s, line.seq));
      // True when all of these were read.
      const auto read = [&](std::span<const PlaceInOrder> these, std::size_t most) {
        const auto end = within_slice(these.back().place) + 1u;
        if (reader.read(within_slice(these.front().place), end, most) < end) return false;
        for (const auto& one : these) had[one.at] = had_it(reader.states(), within_slice(one.place));
        return true;
      };
      if (!read(of_slice, of_slice.size() + kItemsBetween))
        for_each_run(of_slice, kItemsBetween,
                     [&](std::span<const PlaceInOrder> run) { read(run, SliceStates::kAll); });
    });
    const RosterRead entries(tables_, line.provider_no, sorted);
    for (std::size_t i = 0; i < sorted.size(); ++i) {
      const auto& entry = entries.at(i);
      if (entry) {
        take_back(entry->place, had[i], line, blast, entry->flags, entry->id,
                  Addresses::find(entry->addresses, channel_.name), entry->name, entry->locale);
      } else {
        assignment_.damaged.push_back(assignment_.places[i]);
      }
    }
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
      assignment_.batch.add({IdKind::blast_item, line.channel_no, line.provider_no, line.blast_no, place},
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
  void item_to_take_back(std::size_t i, const Line& line) {
    const auto blast = begin_taking_back(line);
    const Place place = assignment_.items[i].thread.place;
    const auto entry = tables_.directory().entry(line.provider_no, place);
    if (!entry) throw Error(Code::corrupt, "an item has lost what it is about");
    const Line delivered = delivered_by(tables_, line);
    std::vector<Claim> claims;
    tables_.work().claims_of(delivered, [&](const Claim& claim) { claims.push_back(claim); });
    const auto s = slice_of(place);
    SliceStates reader(tables_, delivered, claims, s,
                       tables_.blasts().recipients(line.provider_no, s, line.seq));
    reader.read(within_slice(place), within_slice(place) + 1u, SliceStates::kAll);
    take_back(place, had_it(reader.states(), within_slice(place)), line, blast, entry->flags,
              entry->client.id, entry->client.addresses.get(channel_.name), entry->client.name,
              entry->client.locale, i);
  }

  /// Until when somebody in that zone is not to be told.
  std::optional<Wait> quiet_until(std::string_view zone) {
    return quiet_ ? quiet_->until(zone, provider_.zone) : std::nullopt;
  }

  // ---- Single items

  /// The rows that the items are about, read together.
  struct Rows {
    Found<ProviderNo, Provider> providers;
    Found<LineNo, Line> lines;
    Found<BlastKey, Blast> blasts;
    Found<ThreadKey, Thread> threads;
    std::map<ProviderNo, RosterRead> rosters;
    std::vector<std::size_t> of_roster;  // for each item: which of its roster's entries
  };

  Rows rows_of_items() const {
    Rows rows;
    std::set<ProviderNo> providers;
    std::set<LineNo> lines;
    std::set<BlastKey> blasts;
    std::set<ThreadKey> threads;
    std::map<ProviderNo, std::vector<Place>> places;
    rows.of_roster.resize(assignment_.items.size());
    for (std::size_t i = 0; i < assignment_.items.size(); ++i) {
      const Item& item = assignment_.items[i];
      if (item.damaged) continue;
      providers.insert(item.provider_no);
      threads.insert(item.thread);
      if (item.line_no != 0) {
        lines.insert(item.line_no);
        blasts.insert({item.provider_no, item.thread.origin});
      }
      if (item.to_provider) continue;
      auto& of_provider = places[item.provider_no];
      rows.of_roster[i] = of_provider.size();
      of_provider.push_back(item.thread.place);
    }
    const auto all = [](const auto& set) { return std::vector(set.begin(), set.end()); };
    rows.providers = tables_.directory().providers(all(providers));
    rows.threads = tables_.threads().threads(all(threads));
    if (!lines.empty()) rows.lines = tables_.work().lines(all(lines));
    if (!blasts.empty()) rows.blasts = tables_.blasts().blasts(all(blasts));
    for (const auto& [provider, of_provider] : places)
      rows.rosters.try_emplace(provider, tables_, provider, sorted_places(of_provider));
    return rows;
  }

  void items() {
    rows_ = rows_of_items();
    for (std::size_t i = 0; i < assignment_.items.size(); ++i) {
      try {
        item(i);
      } catch (const Error& error) {
        if (error.code() != Code::corrupt) throw;
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
    const auto& entry = rows_.rosters.at(item.provider_no).at(rows_.of_roster[i]);
    if (!entry) throw Error(Code::corrupt, "an item has lost what it is about");
    // Who has left a community has nothing to read there, nor who has joined again of what was before.
    if (item.thread.of_community() && !sees(item)) {
      assignment_.left_out.push_back({i, SkipReason::already_read});
      return;
    }
    add_item(i, thread != nullptr && thread->client_unread == 0, entry->flags, *entry,
             Addresses::find(entry->addresses, channel_.name), entry->id);
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
    if (line->retracts) {
      item_to_take_back(i, *line);
      return true;
    }
    dropped_ = why_dropped(*blast);
    return false;
  }

  bool sees(const Item& item) const {
    const auto member =
        tables_.communities().member(item.provider_no, item.thread.community(), item.thread.place);
    return member && item.seq >= member->first_seq;
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
    if (item.line_no != 0 && shares(flags) &&
        same_address(item.line_no).leaves_out_item(assignment_, i, address))
      return;
    if (assignment_.delivery && !describe_item(item, client)) {
      assignment_.left_out.push_back({i, SkipReason::erased});
      return;
    }
    const IdParts id = item.line_no != 0 ? IdParts{IdKind::blast_item, item.channel_no, item.provider_no,
                                                   item.thread.origin, item.thread.place}
                                         : IdParts{IdKind::notice_item, item.channel_no, item.provider_no,
                                                   item.notice_no, 0};
    assignment_.batch.add(id, Context::parts_of(item.thread), item.to_provider, person.id, address,
                          person.name, person.locale, whole_seconds(item.at));
    assignment_.entries.push_back(i);
  }

  /// True, and the item is dealt with, when its message is still being delivered, or was not.
  bool waits_or_lost(std::size_t i) {
    const Item& item = assignment_.items[i];
    const auto judge = [&](const Item& delivery) {
      if (delivery.state == ItemState::failed) {
        assignment_.left_out.push_back({i, SkipReason::not_delivered});
      } else {
        assignment_.deferred.push_back({i, look_again(delivery, now_)});
      }
      return true;
    };
    if (item.line_no != 0) {
      const auto* line = rows_.lines.find(item.line_no);
      if (!line->follows) return false;
      const PlaceInOrder one{item.thread.place, 0};
      const auto deliveries = deliveries_of(*line, std::span(&one, 1));
      if (deliveries.not_delivered.contains(within_slice(item.thread.place))) {
        assignment_.left_out.push_back({i, SkipReason::not_delivered});
        return true;
      }
      if (deliveries.until.empty()) return false;
      assignment_.deferred.push_back({i, deliveries.until.begin()->second});
      return true;
    }
    if (!delivering_) {
      delivering_ = tables_.work().channels();
      std::erase_if(*delivering_, [](const Channel& channel) { return !channel.delivers; });
    }
    for (const auto& channel : *delivering_)
      if (const auto delivery = tables_.work().item_of_notice(channel.no, item.provider_no, item.notice_no))
        return judge(*delivery);
    return false;
  }

  // ---- What is delivered

  void text_of_blast(const Line& line) {
    auto text = texts::of_blast(tables_, line.provider_no, line.blast_no);
    if (!text) throw Error(Code::corrupt, "a blast has lost its text");
    assignment_.delivery->text = std::move(*text);
  }

  void describe_blast(std::string_view client) {
    add_columns(client, "private", {}, 1, {provider_.id, provider_.name});
  }

  /// False: the message was taken away.
  bool describe_item(const Item& item, std::string_view client) {
    Delivery& delivery = *assignment_.delivery;
    Message message = message_at(tables_, item.thread, item.seq);
    if (message.removed) return false;
    std::optional<Place> viewer;
    if (!item.to_provider) viewer = item.thread.place;
    Authors authors(context_, tables_, provider_, item.thread, viewer);
    if (item.thread.of_community()) {
      const auto community = tables_.communities().community(item.provider_no, item.thread.community());
      if (!community) throw Error(Code::corrupt, "a community is missing");
      add_columns({}, "community", community->title, message.seq, authors.of(message.author));
    } else {
      const auto& author = authors.of(message.author);
      add_columns(item.to_provider ? std::string_view(author.id) : client, "private", {}, message.seq,
                  author);
    }
    delivery.text = std::move(message.text);
    return true;
  }

  void add_columns(std::string_view client, std::string_view kind, std::string_view title, std::int64_t seq,
                   const Authors::Shown& author) {
    Delivery& delivery = *assignment_.delivery;
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
  std::map<LineNo, SameAddress> same_address_;
  Rows rows_;
  Provider provider_;
  std::optional<std::vector<Channel>> delivering_;
  std::optional<SkipReason> dropped_;  // of the item at hand
  std::optional<Quiet> quiet_;
};

}  // namespace

void fill(const Tables& tables, const Context& context, Assignment& assignment) {
  Filling(tables, context, assignment).run();
  assignment.loaded = true;
}

}  // namespace bccast
