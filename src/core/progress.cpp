#include "core/progress.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>
#include <span>
#include <utility>
#include <vector>

#include "core/access.hpp"
#include "core/audience_of.hpp"
#include "core/channel_health.hpp"
#include "core/cursor.hpp"
#include "core/line_slices.hpp"
#include "core/overdue.hpp"
#include "core/place_states.hpp"
#include "core/reasons.hpp"
#include "core/resolve.hpp"
#include "core/set_pages.hpp"
#include "core/texts.hpp"
#include "core/work.hpp"
#include "model/filter.hpp"
#include "model/text_rules.hpp"

namespace bccast {
namespace {

std::optional<std::int64_t> unless_zero(Ms at) {
  return at != 0 ? std::optional<std::int64_t>(at) : std::nullopt;
}

/// Counts people on one channel, whose own counts are the answer, or on none.
template <typename Row>
void count_people(const Blast& blast, const std::vector<Line>& lines, Row& row) {
  row.done = lines.empty() ? blast.recipients : lines[0].done;
  row.failed = lines.empty() ? 0 : lines[0].failed;
  row.skipped = lines.empty() ? 0 : lines[0].skipped;
  row.pending = lines.empty() ? 0 : lines[0].pending();
}

template <typename Row>
void count_marks(const MarkCounts& counts, Row& row) {
  row.opened = counts.of(MarkKind::opened);
  row.replied = counts.of(MarkKind::replied);
}

std::vector<Claim> claims_of(const Tables& tables, const Line& line) {
  const auto claims = tables.work().claims_of(line);
  return claims;
}

std::optional<PlaceState> place_state_named(std::string_view name) {
  for (std::size_t i = 0; i < kPlaceStateNames.size(); ++i)
    if (kPlaceStateNames[i] == name) return static_cast<PlaceState>(i);
  return std::nullopt;
}

}  // namespace

std::vector<StatusRow> Progress::status(std::string_view provider_id, std::string_view blast_id) {
  return context_.store.read([&](const Tables& tables) {
    std::vector<StatusRow> rows;
    const Provider provider = access::provider(tables, provider_id);
    const Blast blast = access::blast(tables, context_, provider, blast_id);
    const auto all = tables.work().lines(provider.no, blast.no);
    const bool past = (is_under_way(blast.state) || blast.state == BlastState::scheduled) &&
                      context_.clock.wall_ms() > blast.deadline_at;
    const auto describe = [&](StatusRow& row, const LinePace& pace) {
      row.deferred = pace.deferred;
      row.left_ms = pace.left;
      row.sent_at_ms = unless_zero(blast.sent_at);
      row.deadline_ms = unless_zero(blast.deadline_at);
      row.overdue = past && pace.late > 0;
      if (row.overdue) row.why = pace.why;
    };
    std::vector<Line> lines;
    for (const auto& line : all) {
      if (!is_of_sending(line.kind)) continue;
      lines.push_back(line);
      const auto channel = tables.work().channel(line.channel_no);
      StatusRow row;
      row.channel = channel ? channel->name : "";
      row.state = !line.open ? "finished" : line.paused ? "paused" : "open";
      row.recipients = line.total;
      row.done = line.done;
      row.failed = line.failed;
      row.skipped = line.skipped;
      row.pending = line.pending();
      describe(row, pace_of(tables, context_, blast, line));
      if (blast.state == BlastState::recalled) tell_what_is_left(line, all, row);
      rows.push_back(std::move(row));
    }
    StatusRow row = people(tables, blast, lines);
    row.state = name_of(blast.state);
    row.recipients = blast.recipients;
    const BlastKey key{provider.no, blast.no};
    count_marks(*tables.blasts().mark_counts({&key, 1}).find(key), row);
    describe(row, pace_of(tables, context_, blast, all));
    if (blast.state == BlastState::scheduled && past) {
      row.overdue = true;
      row.why = why_not_sent_yet(tables, context_, blast);
    }
    rows.push_back(std::move(row));
    return rows;
  });
}

/// Of a recalled blast: from how many it was taken away, or never reached them, and who has it, or was told
/// of it.
void Progress::tell_what_is_left(const Line& line, const std::vector<Line>& lines, StatusRow& row) {
  row.on_device = line.done;
  for (const auto& other : lines)
    if (takes_back(other, line)) *row.on_device -= other.done;
  row.removed = line.total - line.pending() - *row.on_device;
}

namespace {

/// Counts those of some slices over several channels.
void count_page(const Tables& tables, const Blast& blast, const std::vector<Line>& lines,
                const std::vector<std::vector<Claim>>& claims, std::span<const SliceNo> page,
                StatusRow& row) {
  struct People {
    Slice open;
    Slice failed;
    Slice done;
  };
  const auto recipients = tables.blasts().recipients(blast.provider_no, blast.seq, page);
  std::vector<People> people(page.size());
  for (std::size_t l = 0; l < lines.size(); ++l) {
    const LineSlices stored(tables, lines[l], page, true);
    for (std::size_t i = 0; i < page.size(); ++i) {
      if (recipients.at(i).empty()) continue;
      SliceStates line(tables, lines[l], claims[l], page[i], recipients[i], stored.at(page[i]));
      const auto& states = line.count();
      people[i].open |= states.open();
      people[i].failed |= states[PlaceState::failed];
      people[i].done |= states[PlaceState::done];
    }
  }
  for (std::size_t i = 0; i < page.size(); ++i) {
    auto& [open, failed, done] = people[i];
    failed -= open;
    done -= open | failed;
    const Slice rest = recipients[i] - (open | failed | done);
    row.pending += open.count();
    row.failed += failed.count();
    row.done += done.count();
    row.skipped += rest.count();
  }
}

}  // namespace

/// Counts people over all channels. With several channels the bitmaps of each slice are looked at.
StatusRow Progress::people(const Tables& tables, const Blast& blast, const std::vector<Line>& lines) const {
  StatusRow row;
  if (lines.size() <= 1) {
    count_people(blast, lines, row);
    return row;
  }
  std::vector<std::vector<Claim>> claims;
  for (const auto& line : lines) claims.push_back(claims_of(tables, line));
  const auto slices = slices_from(0, lines[0].slices);
  for_each_page(
      std::span<const SliceNo>(slices),
      [&](std::span<const SliceNo> page, std::size_t) {
        count_page(tables, blast, lines, claims, page, row);
      },
      kSlicesTogether);
  return row;
}

namespace {

/// How many single items (retries, failures) of a slice are looked at before the page may be full.
constexpr std::size_t kItemsAtOnce = 256;

/// Reads what became of recipients, place by place: one row for each channel.
class RecipientReader {
 public:
  /// `channel` empty: all.
  RecipientReader(const Context& context, const Tables& tables, const Provider& provider, const Blast& blast,
                  std::string_view channel)
      : context_(context), tables_(tables), provider_(provider), blast_(blast) {
    const auto lines = tables.work().lines(provider.no, blast.no);
    without_channels_ = lines.empty() && channel.empty();
    for (const auto& line : lines) {
      const auto found = tables.work().channel(line.channel_no);
      if (!is_of_sending(line.kind) || !found || (!channel.empty() && channel != found->name)) continue;
      ways_.push_back(
          {line, found->name, claims_of(tables, line), std::nullopt, std::nullopt, {}, std::nullopt});
      for (const auto& other : lines)
        if (takes_back(other, line)) {
          ways_.back().back = other;
          ways_.back().back_claims = claims_of(tables, other);
        }
    }
  }

  /// Rows of a recipient at the most.
  std::size_t rows() const noexcept { return without_channels_ ? 1 : ways_.size(); }

  /// Turns to a slice; gives its recipients.
  const Slice& turn_to(SliceNo s) {
    recipients_ = tables_.blasts().recipients(provider_.no, s, blast_.seq);
    slice_ = s;
    replied_ = marks(MarkKind::replied);
    for (auto& way : ways_) {
      way.states.reset();
      way.back_states.reset();
      if (recipients_.empty()) continue;
      way.states.emplace(tables_, way.line, way.claims, s, recipients_);
      if (way.back)
        way.back_states.emplace(tables_, *way.back, way.back_claims, s,
                                tables_.work().audience(*way.back, s));
    }
    return recipients_;
  }
  /// Reads what is to be known of the slice's recipients from `begin` on, up to `end` at the furthest. Gives
  /// the place where it stopped: nowhere else is anything known.
  std::uint32_t read(std::uint32_t begin, std::uint32_t end) {
    for (auto& way : ways_) {
      end = way.states->read(begin, end, kItemsAtOnce);
      if (way.back) end = way.back_states->read(begin, end, kItemsAtOnce);
    }
    return end;
  }
  Slice marks(MarkKind kind) const { return tables_.blasts().marks(provider_.no, blast_.no, kind, slice_); }

  bool in_state(std::size_t row, std::uint16_t at, PlaceState state) const {
    return without_channels_ ? state == PlaceState::done : ways_[row].states->states()[state].contains(at);
  }
  /// The recipients that are in the state on any of the channels.
  Slice in_state(PlaceState state) const {
    Slice slice;
    if (without_channels_ && state == PlaceState::done) slice = recipients_;
    for (const auto& way : ways_) slice |= way.states->states()[state];
    return slice;
  }

  /// What all rows of a recipient have in common.
  RecipientRow describe(const RosterEntry& entry, const Thread* thread) const {
    const ThreadKey key{provider_.no, entry.place, blast_.no};
    RecipientRow row;
    row.client = entry.client.id;
    row.client_name = entry.client.name;
    row.thread = view(context_.thread_id(key));
    row.state = kPlaceStateNames[static_cast<std::size_t>(PlaceState::done)];
    if (thread != nullptr) row.opened_at_ms = unless_zero(thread->opened_at);
    row.replied = replied_.contains(within_slice(entry.place));
    return row;
  }
  /// What is the row's own.
  void fill(RecipientRow& row, std::size_t which, Place place) const {
    if (without_channels_) return;
    const Way& way = ways_[which];
    const PlaceStates& states = way.states->states();
    const auto at = within_slice(place);
    row.channel = way.channel;
    for (std::size_t i = 0; i < kPlaceStateNames.size(); ++i)
      if (states.of[i].contains(at)) row.state = kPlaceStateNames[i];
    for (std::size_t r = 0; r < kSkipReasons.size(); ++r)
      if (states.skipped_by[r].contains(at)) row.reason = name_of(kSkipReasons[r]);
    const bool done = states[PlaceState::done].contains(at);
    row.attempts = done ? 1 : 0;
    for (const auto& [wait, places] : states.waiting) {
      if (!places.contains(at)) continue;
      row.reason = wait.reason == WaitReason::unknown_zone ? kUnknownZone : "quiet_hours";
      row.next_at_ms = wait.due_at;
    }
    if (done && blast_.state == BlastState::recalled)
      row.reason =
          way.back && way.back_states->states()[PlaceState::done].contains(at) ? "removed" : "on_device";
    const auto item = std::lower_bound(states.items.begin(), states.items.end(), place,
                                       [](const Item& i, Place p) { return i.thread.place < p; });
    if (item == states.items.end() || item->thread.place != place) return;
    row.reason = class_of(item->reason);
    row.attempts = item->attempts;
    if (item->state == ItemState::waiting) row.next_at_ms = item->due_at;
  }

 private:
  struct Way {
    Line line;
    std::string channel;
    std::vector<Claim> claims;
    std::optional<SliceStates> states;
    std::optional<Line> back;  // the line that takes back
    std::vector<Claim> back_claims;
    std::optional<SliceStates> back_states;
  };
  const Context& context_;
  const Tables& tables_;
  const Provider& provider_;
  const Blast& blast_;
  std::vector<Way> ways_;
  bool without_channels_ = false;
  Slice recipients_;
  SliceNo slice_ = 0;
  Slice replied_;
};

/// The next recipients of one slice that are shown, read together.
class People {
 public:
  /// Those in `here`, of the places from `begin` up to but not including `end`, at most `most`: at least one.
  People(const Tables& tables, const Blast& blast, const Slice& here, Place begin, Place end,
         std::size_t most) {
    const auto s = slice_of(begin);
    for (auto at = here.next(within_slice(begin)); at < Slice::kPlaces; at = here.next(at + 1)) {
      const Place place = place_at(s, at);
      if (place >= end || keys_.size() == std::min(most, kRowsTogether)) break;
      keys_.push_back({blast.provider_no, place, blast.no});
    }
    std::vector<RosterKey> places;
    for (const auto& key : keys_) places.push_back({key.provider_no, key.place});
    entries_ = tables.directory().entries(places);
    threads_ = tables.threads().threads(keys_);
  }

  const std::vector<ThreadKey>& keys() const noexcept { return keys_; }
  const RosterEntry& entry(const ThreadKey& key) const {
    return access::entry_in(entries_, {key.provider_no, key.place});
  }
  const Thread* thread(const ThreadKey& key) const { return threads_.find(key); }

 private:
  std::vector<ThreadKey> keys_;
  Found<RosterKey, RosterEntry> entries_;
  Found<ThreadKey, Thread> threads_;
};

}  // namespace

Page<RecipientRow> Progress::recipients(std::string_view provider_id, std::string_view blast_id,
                                        std::string_view filter_text, std::string_view cursor,
                                        std::size_t limit) {
  const Filter filter(filter_text, {"state", "channel", "opened", "replied"});
  const auto opened = filter.get_switch("opened");
  const auto replied = filter.get_switch("replied");
  std::optional<PlaceState> state;
  if (!filter.get("state").empty()) {
    state = place_state_named(filter.get("state"));
    if (!state) throw Error(Code::argument, "the filter has a state that recipients do not have");
  }
  const auto list = list_of("blast_recipients", std::string(provider_id) + '\0' + std::string(blast_id) +
                                                    '\0' + std::string(filter_text));
  const auto from = open_cursor<2>(context_, list, cursor).value_or(std::array<std::int64_t, 2>{0, 0});
  const auto first_place = static_cast<Place>(from[0]);
  const std::size_t most = page_limit(limit);

  return context_.store.read([&](const Tables& tables) {
    Page<RecipientRow> page;
    const Provider provider = access::provider(tables, provider_id);
    const Blast blast = access::sent_blast(tables, context_, provider, blast_id);
    RecipientReader reader(context_, tables, provider, blast, filter.get("channel"));
    for (SliceNo s = slice_of(first_place); s < slices_for(blast.roster_size); ++s) {
      Slice wanted = reader.turn_to(s);
      if (wanted.empty()) continue;
      const auto keep = [&wanted](bool with, const Slice& those) {
        with ? wanted &= those : wanted -= those;
      };
      if (opened) keep(*opened, reader.marks(MarkKind::opened));
      if (replied) keep(*replied, reader.marks(MarkKind::replied));
      std::uint32_t at = wanted.next(s == slice_of(first_place) ? within_slice(first_place) : 0);
      while (at < Slice::kPlaces) {
        const std::uint32_t end = reader.read(at, Slice::kPlaces);
        Slice here = wanted & Slice::range(at, end);
        if (state) here &= reader.in_state(*state);
        for (at = here.next(at); at < end;) {
          const People people(tables, blast, here, place_at(s, at), place_at(s, end),
                              most - page.items.size() + 1);
          for (const auto& key : people.keys()) {
            const RecipientRow base = reader.describe(people.entry(key), people.thread(key));
            for (std::size_t w = key.place == first_place ? static_cast<std::size_t>(from[1]) : 0;
                 w < reader.rows(); ++w) {
              if (state && !reader.in_state(w, within_slice(key.place), *state)) continue;
              if (page.items.size() == most) {
                page.next =
                    seal_cursor<2>(context_, list, {std::int64_t{key.place}, static_cast<std::int64_t>(w)});
                return page;
              }
              page.items.push_back(base);
              reader.fill(page.items.back(), w, key.place);
            }
          }
          at = here.next(within_slice(people.keys().back().place) + 1u);
        }
        at = wanted.next(end);
      }
    }
    return page;
  });
}

std::vector<FoundRow> Progress::find(std::string_view provider_id, std::string_view blast_id,
                                     std::span<const std::string_view> ids) {
  return context_.store.read([&](const Tables& tables) {
    std::vector<FoundRow> rows;
    const Provider provider = access::provider(tables, provider_id);
    const Blast blast = access::sent_blast(tables, context_, provider, blast_id);
    const auto resolved = resolve_places(tables, provider, ids);
    std::set<SliceNo> wanted;
    for (const auto& one : resolved)
      if (one.code == Code::ok) wanted.insert(slice_of(one.place));
    std::map<SliceNo, Slice> slices;
    const std::vector<SliceNo> all(wanted.begin(), wanted.end());
    for_each_page(
        std::span<const SliceNo>(all),
        [&](std::span<const SliceNo> page, std::size_t) {
          auto recipients = tables.blasts().recipients(provider.no, blast.seq, page);
          for (std::size_t i = 0; i < page.size(); ++i) slices.emplace(page[i], std::move(recipients.at(i)));
        },
        kSlicesTogether);
    for (std::size_t i = 0; i < ids.size(); ++i) {
      if (resolved[i].code != Code::ok) continue;
      const Place place = resolved[i].place;
      if (!slices.at(slice_of(place)).contains(within_slice(place))) continue;
      rows.push_back(
          {std::string(ids[i]), std::string(view(context_.thread_id({provider.no, place, blast.no})))});
    }
    return rows;
  });
}

std::vector<RecipientRow> Progress::why(std::string_view provider_id, std::string_view blast_id,
                                        std::string_view client_id) {
  return context_.store.read([&](const Tables& tables) {
    std::vector<RecipientRow> rows;
    const Provider provider = access::provider(tables, provider_id);
    const Blast blast = access::blast(tables, context_, provider, blast_id);
    const RosterEntry entry = access::entry(tables, provider, client_id);
    const auto s = slice_of(entry.place);
    const auto at = within_slice(entry.place);
    Audience audience;
    if (is_unsent(blast.state)) {
      for_each_audience(tables, access::roster_work(tables, provider.no), blast,
                        [&](SliceNo slice, const Audience& one) {
                          if (slice == s) audience = one;
                        });
    } else {
      audience = tables.blasts().audience(provider.no, s, blast.seq);
    }
    if (!is_unsent(blast.state) && audience.recipients.contains(at)) {
      RecipientReader reader(context_, tables, provider, blast, {});
      reader.turn_to(s);
      reader.read(at, at + 1u);
      const auto thread = tables.threads().thread({provider.no, entry.place, blast.no});
      for (std::size_t w = 0; w < reader.rows(); ++w) {
        rows.push_back(reader.describe(entry, thread ? &*thread : nullptr));
        reader.fill(rows.back(), w, entry.place);
      }
      return rows;
    }
    RecipientRow row;
    row.client = entry.client.id;
    row.client_name = entry.client.name;
    if (audience.recipients.contains(at)) {
      row.state = "chosen";
    } else {
      row.state = "left_out";
      row.reason = reason_left_out(audience, at);
      if (row.reason.empty())
        row.reason =
            !is_unsent(blast.state) && entry.place >= blast.roster_size ? "added_later" : "not_chosen";
    }
    rows.push_back(std::move(row));
    return rows;
  });
}

BlastSummary Progress::summary_of(const Blast& blast, std::vector<Line> lines,
                                  const MarkCounts& counts) const {
  BlastSummary row;
  row.blast = view(context_.blast_id(blast.provider_no, blast.no));
  row.state = name_of(blast.state);
  row.created_at_ms = blast.created_at;
  row.sent_at_ms = unless_zero(blast.sent_at);
  row.recipients = blast.recipients;
  row.key_given = !blast.key_hash.empty();
  row.actor = blast.actor;
  row.sent_by = blast.sent_by;
  count_marks(counts, row);
  std::erase_if(lines, [](const Line& line) { return !is_of_sending(line.kind); });
  if (lines.size() <= 1) count_people(blast, lines, row);
  return row;
}

Page<BlastSummary> Progress::list(std::string_view provider_id, std::string_view filter_text,
                                  std::string_view cursor, std::size_t limit) {
  const Filter filter(filter_text, {"state"});
  std::optional<BlastState> state;
  if (!filter.get("state").empty()) {
    state = blast_state_named(filter.get("state"));
    if (!state) throw Error(Code::argument, "the filter has a state that blasts do not have");
  }
  const auto list = list_of("blast_list", std::string(provider_id) + '\0' + std::string(filter_text));
  const auto before =
      open_cursor<1>(context_, list, cursor).value_or(std::array<std::int64_t, 1>{kMaxNumber + 1})[0];
  const std::size_t most = page_limit(limit);
  return context_.store.read([&](const Tables& tables) {
    Page<BlastSummary> page;
    const Provider provider = access::provider(tables, provider_id);
    const auto blasts = tables.blasts().blasts(provider.no, before, state, most + 1);
    std::vector<BlastKey> keys;
    for (std::size_t i = 0; i < std::min(blasts.size(), most); ++i)
      keys.push_back({provider.no, blasts[i].no});
    const auto counts = tables.blasts().mark_counts(keys);
    const auto lines = tables.work().lines_of(keys);
    Found<BlastKey, std::string> texts;
    std::size_t bytes = 0;
    for (std::size_t i = 0; i < blasts.size(); ++i) {
      const Blast& blast = blasts[i];
      if (i == most || bytes >= kMaxPageBytes) {
        page.next = seal_cursor<1>(context_, list, {blasts[i - 1].no});
        break;
      }
      if (!texts.has(keys[i])) texts = tables.blasts().texts(std::span(keys).subspan(i));
      const auto* text = texts.find(keys[i]);
      page.items.push_back(summary_of(blast, *lines.find(keys[i]), *counts.find(keys[i])));
      if (text != nullptr) page.items.back().text = texts::open_of_blast(keys[i], *text);
      bytes += page.items.back().text.size();
    }
    return page;
  });
}

namespace {

/// The names of the first that are stored and not known, joined by ",".
std::string unknown_zones(const Tables& tables, const Zones& zones) {
  constexpr int kMost = 10;
  std::string names;
  int count = 0;
  for (const auto& zone : tables.directory().zones()) {
    if (zones.has(zone)) continue;
    if (++count > kMost) break;
    if (!names.empty()) names += ',';
    names += zone;
  }
  return names;
}

}  // namespace

std::vector<ChannelSummary> Progress::channels() {
  return context_.store.read([&](const Tables& tables) {
    std::vector<ChannelSummary> rows;
    const Work work(context_);
    const Ms now = context_.clock.wall_ms();
    for (const auto& channel : tables.work().channels()) {
      const auto done = channel_work(tables, channel.no);
      rows.push_back({channel.name, channel.delivers ? "deliver" : "notify", is_paused(channel, done),
                      unless_zero(done.failing_since), done.last_reason, tables.work().pending(channel.no),
                      unless_zero(done.worker_seen), text_of(channel.rate), unless_zero(channel.concurrency),
                      channel.fail_rule.percent, channel.fail_rule.window,
                      channel.fail_rule.pauses ? "pause" : "breaker", text_of(channel.quiet_hours),
                      std::nullopt,
                      channel.quiet_hours.any() ? unknown_zones(tables, context_.zones) : std::string()});
      if (const auto due = work.next_due(tables, channel)) rows.back().due_at_ms = now + *due;
    }
    return rows;
  });
}

}  // namespace bccast
