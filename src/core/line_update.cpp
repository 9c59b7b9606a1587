#include "core/line_update.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <optional>
#include <vector>

#include "base/error.hpp"
#include "core/events.hpp"
#include "core/line_slices.hpp"
#include "core/set_pages.hpp"

namespace bccast {

void store_line(Tables& tables, const Context& context, Line& line) {
  if (line.pending() < 0)
    throw Error(Code::corrupt, fmt::format("line {} has counted more than it has", line.no));
  const bool closes = line.open && line.pending() == 0;
  if (closes) line.open = false;
  tables.work().update_line(line);
  if (!closes) return;
  const BlastKey key{line.provider_no, line.blast_no};
  tables.lock().blasts({&key, 1}, Hold::exclusive);  // by itself, unless it was foreseen
  auto blast = tables.blasts().blast(line.provider_no, line.blast_no);
  if (!blast) throw Error(Code::corrupt, "a line has lost its blast");
  if (--blast->open_lines == 0) {
    blast->state = next_state(blast->state, BlastVerb::finish).value_or(blast->state);
    blast->finished_at = context.clock.wall_ms();
    emit(tables, context, EventKind::blast_finished, line.provider_no, line.blast_no);
  }
  tables.blasts().update_blast(*blast);
}

void store_skips(Tables& tables, std::span<const SkipRow> skips) {
  for_each_page(
      skips,
      [&](std::span<const SkipRow> page, std::size_t) {
        std::vector<SkipKey> keys;
        for (const auto& row : page) keys.push_back(row.first);
        const auto before = tables.work().skipped(keys);
        std::vector<SkipRow> rows(page.begin(), page.end());
        for (std::size_t i = 0; i < rows.size(); ++i) rows[i].second |= before.at(i);
        tables.work().put_skipped(rows);
      },
      kSlicesTogether);
}

namespace {

/// Counts places of a line as left out.
void skip_places(Tables& tables, Line& line, SkipReason reason, const std::map<SliceNo, Slice>& slices) {
  std::vector<SkipRow> rows;
  for (const auto& [s, places] : slices) {
    if (places.empty()) continue;
    rows.emplace_back(skip_key(line, s, reason), places);
    line.skipped += places.count();
  }
  store_skips(tables, rows);
}

void skip_between(Tables& tables, Line& line, SkipReason reason, Position from, Position to) {
  const HandingOrder order(line.order);
  const auto slices = order.slices_between(from, to);
  for_each_page(
      std::span<const SliceNo>(slices),
      [&](std::span<const SliceNo> page, std::size_t) {
        const auto audience = tables.work().audience(line, page);
        std::map<SliceNo, Slice> gone;
        for (std::size_t i = 0; i < page.size(); ++i)
          if (!audience.at(i).empty()) gone.emplace(page[i], order.between(page[i], audience[i], from, to));
        skip_places(tables, line, reason, gone);
      },
      kSlicesTogether);
}

void skip_not_handed_out(Tables& tables, Line& line, SkipReason reason) {
  const Position end = line.order.end();
  skip_between(tables, line, reason, line.cursor, end);
  if (line.waiting > 0)
    for_each_page_of_waiting(tables, line.no, slices_from(0, line.slices),
                             [&](std::span<const WaitingPlaces> page) {
                               std::map<SliceNo, Slice> gone;
                               std::vector<WaitingPlaces> none;
                               for (const auto& one : page) {
                                 gone[one.of.slice] |= one.places;
                                 none.push_back({one.of, one.wait, {}});
                                 line.waiting -= one.places.count();
                               }
                               tables.work().put_waiting_places(line, none);
                               skip_places(tables, line, reason, gone);
                             });
  line.cursor = line.limit = end;
  line.paused = false;  // what is left of it is to be reported, or dropped
}

}  // namespace

void drop_not_handed_out(Tables& tables, const Context& context, Line line, SkipReason reason) {
  skip_not_handed_out(tables, line, reason);
  store_line(tables, context, line);
  if (line.kind == LineKind::deliver) unlock_followers(tables, line);
}

std::size_t drop_waiting(Tables& tables, const Context& context, Line line, SkipReason reason,
                         InFlight in_flight, std::size_t most) {
  std::size_t dropped = 0;
  for (std::optional<Place> from = 0; from && dropped < most;) {
    std::vector<Item> gone;
    std::map<SliceNo, Slice> places;
    const auto page =
        tables.work().open_items_of_line(line.no, *from, std::min(most - dropped, kRowsTogether));
    for (const auto& item : page.items) {
      // Of a damaged one neither place nor state is known: it fails when it is due.
      if (item.damaged || item.state == ItemState::failed) continue;
      if (item.state == ItemState::claimed && in_flight == InFlight::left) continue;
      places[slice_of(item.thread.place)].add(within_slice(item.thread.place));
      gone.push_back(item);
    }
    skip_places(tables, line, reason, places);
    if (!gone.empty()) tables.work().delete_items(gone);
    dropped += gone.size();
    from = page.next;
  }
  if (dropped > 0) store_line(tables, context, line);
  return dropped;
}

void drop_rest(Tables& tables, const Context& context, Line line, SkipReason reason, InFlight in_flight) {
  skip_not_handed_out(tables, line, reason);
  if (in_flight != InFlight::left) {
    const auto claims = in_flight == InFlight::dropped ? tables.work().claims_of(line)
                                                       : tables.work().sound_claims_of(line).claims;
    for (const auto& claim : claims) {
      skip_between(tables, line, reason, claim.from, claim.to);
      tables.work().delete_claim(claim);
    }
  }
  store_line(tables, context, line);
  drop_waiting(tables, context, line, reason, in_flight);
  if (line.kind == LineKind::deliver) unlock_followers(tables, line);
}

namespace {

/// The lines of a blast, and whether others are damaged.
struct LinesOfBlast {
  std::vector<Line> sound;
  bool all_sound = true;
};

LinesOfBlast lines_of_blast(const Tables& tables, ProviderNo provider, BlastNo blast) {
  try {
    return {tables.work().lines(provider, blast)};
  } catch (const Error& error) {
    if (error.code() != Code::corrupt || error.native() != 0) throw;
  }
  return {tables.work().sound_lines(provider, blast), false};
}

/// Up to which position lines that deliver have nothing before them any more. Nothing: nobody knows.
class Delivered {
 public:
  Delivered(const Tables& tables, const LinesOfBlast& lines, Position end) : all_(end) {
    if (!lines.all_sound) all_.reset();  // the damaged one may deliver
    for (const auto& line : lines.sound) {
      if (line.kind != LineKind::deliver) continue;
      const auto behind = line.open ? behind_of(tables, line) : end;
      of_channel_[line.channel_no] = behind;
      all_ = all_ && behind ? std::optional(std::min(*all_, *behind)) : std::nullopt;
    }
  }

  /// What is taken back is what its own channel has delivered, whatever the others have; one is told of what
  /// all have.
  std::optional<Position> before(const Line& follower) const {
    if (follower.kind != LineKind::retract) return all_;
    const auto own = of_channel_.find(follower.channel_no);
    return own != of_channel_.end() ? own->second : std::nullopt;
  }

 private:
  static std::optional<Position> behind_of(const Tables& tables, const Line& line) {
    const auto in_flight = tables.work().sound_claims_of(line);
    if (!in_flight.all_sound) return std::nullopt;
    Position behind = line.cursor;
    for (const auto& claim : in_flight.claims) behind = std::min(behind, claim.from);
    return behind;
  }

  std::optional<Position> all_;
  std::map<ChannelNo, std::optional<Position>> of_channel_;
};

}  // namespace

bool unlock_followers(Tables& tables, const Line& changed) {
  const auto lines = lines_of_blast(tables, changed.provider_no, changed.blast_no);
  const Delivered delivered(tables, lines, changed.order.end());
  bool more = false;
  for (Line line : lines.sound) {
    if (!line.follows || !line.open) continue;
    const auto behind = delivered.before(line);
    if (!behind || line.limit >= *behind) continue;
    line.limit = *behind;
    tables.work().update_line(line);
    more = true;
  }
  return more;
}

}  // namespace bccast
