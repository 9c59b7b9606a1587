#include "core/line_update.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "base/error.hpp"
#include "core/events.hpp"

namespace bccast {

void store_line(Tables& tables, const Context& context, Line& line) {
  if (line.pending() < 0)
    throw Error(Code::corrupt, fmt::format("line {} has counted more than it has", line.no));
  const bool closes = line.open && line.pending() == 0;
  if (closes) line.open = false;
  tables.work().update_line(line);
  if (!closes) return;
  auto blast = tables.blasts().blast(line.provider_no, line.blast_no);
  if (!blast) throw Error(Code::corrupt, "a line has lost its blast");
  if (--blast->open_lines == 0) {
    blast->state = next_state(blast->state, BlastVerb::finish).value_or(blast->state);
    blast->finished_at = context.clock.wall_ms();
    emit(tables, context, EventKind::blast_finished, line.provider_no, line.blast_no);
  }
  tables.blasts().update_blast(*blast);
}

void drop_rest(Tables& tables, const Context& context, Line line, SkipReason reason, InFlight in_flight) {
  const auto skip = [&](SliceNo s, const Slice& places) {
    if (places.empty()) return;
    Slice all = tables.work().skipped(line, s, reason);
    all |= places;
    tables.work().put_skipped(line, s, reason, all);
    line.skipped += places.count();
  };
  const Rotation rotation = line.rotation();
  const auto skip_run = [&](Position from, Position to) {
    rotation.for_each_run(from, to, [&](SliceNo s, std::uint32_t begin, std::uint32_t end, Position) {
      Slice run;
      run.add_range(begin, end);
      skip(s, run & tables.blasts().recipients(line.provider_no, s, line.seq));
      return true;
    });
  };
  skip_run(line.cursor, rotation.end());
  if (in_flight == InFlight::dropped) {
    std::vector<Claim> claims;
    tables.work().claims_of(line.no, [&](const Claim& claim) { claims.push_back(claim); });
    for (const auto& claim : claims) {
      skip_run(claim.from, claim.to);
      tables.work().delete_claim(claim.token);
    }
  }
  line.cursor = line.limit = rotation.end();
  std::vector<Item> waiting;
  tables.work().items_of_line(line.no, 0, kMaxPlaces, [&](const Item& item) {
    const bool claimed = item.state == ItemState::claimed;
    if (item.state == ItemState::waiting || (claimed && in_flight == InFlight::dropped))
      waiting.push_back(item);
  });
  for (const auto& item : waiting) {
    Slice place;
    place.add(within_slice(item.thread.place));
    skip(slice_of(item.thread.place), place);
    tables.work().delete_item(item.no);
  }
  store_line(tables, context, line);
  if (!line.follows) unlock_followers(tables, line);
}

bool unlock_followers(Tables& tables, const Line& changed) {
  const auto lines = tables.work().lines(changed.provider_no, changed.blast_no);
  Position behind = changed.rotation().end();
  for (const auto& line : lines) {
    const auto channel = tables.work().channel(line.channel_no);
    if (line.follows || !line.open || !channel || !channel->delivers) continue;
    behind = std::min(behind, line.cursor);
    tables.work().claims_of(line.no, [&](const Claim& claim) { behind = std::min(behind, claim.from); });
  }
  bool more = false;
  for (Line line : lines) {
    if (!line.follows || !line.open || line.limit >= behind) continue;
    line.limit = behind;
    tables.work().update_line(line);
    more = true;
  }
  return more;
}

}  // namespace bccast
