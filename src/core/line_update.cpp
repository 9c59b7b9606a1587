#include "core/line_update.hpp"

#include <fmt/format.h>

#include "base/error.hpp"

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
  }
  tables.blasts().update_blast(*blast);
}

void drop_rest(Tables& tables, const Context& context, Line line, SkipReason reason) {
  const auto skip = [&](SliceNo s, const Slice& places) {
    if (places.empty()) return;
    Slice all = tables.work().skipped(line, s, reason);
    all |= places;
    tables.work().put_skipped(line, s, reason, all);
    line.skipped += places.count();
  };
  const Rotation rotation = line.rotation();
  rotation.for_each_run(line.cursor, rotation.end(),
                        [&](SliceNo s, std::uint32_t begin, std::uint32_t end, Position) {
                          Slice run;
                          run.add_range(begin, end);
                          skip(s, run & tables.blasts().recipients(line.provider_no, s, line.seq));
                          return true;
                        });
  line.cursor = rotation.end();
  std::vector<Item> waiting;
  tables.work().items_of_line(line.no, 0, kMaxPlaces, [&](const Item& item) {
    if (item.state == ItemState::waiting) waiting.push_back(item);
  });
  for (const auto& item : waiting) {
    Slice place;
    place.add(within_slice(item.thread.place));
    skip(slice_of(item.thread.place), place);
    tables.work().delete_item(item.no);
  }
  store_line(tables, context, line);
}

}  // namespace bccast
