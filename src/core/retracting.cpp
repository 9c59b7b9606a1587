#include "core/retracting.hpp"

#include <algorithm>
#include <map>

#include "base/error.hpp"
#include "core/line_update.hpp"
#include "core/recalled.hpp"
#include "core/sending.hpp"

namespace bccast {
namespace {

/// A transaction of the sweep deletes so many items, or looks at so many threads: some milliseconds.
constexpr std::size_t kItemsTogether = 500;
constexpr std::size_t kThreadsTogether = 2000;

/// The places of a line's items that are in somebody's hands.
std::map<SliceNo, Slice> items_in_flight(Tables& tables, const Line& line) {
  std::map<SliceNo, Slice> places;
  const auto add = [&](const Item& item) {
    if (item.line_no == line.no && !item.damaged)
      places[slice_of(item.thread.place)].add(within_slice(item.thread.place));
  };
  const bool all_sound = tables.work().sound_item_claims(line.channel_no, [&](const Claim& claim) {
    for (const auto& item : tables.work().items_of(claim.token)) add(item);
  });
  if (all_sound) return places;
  // What a damaged claim has only its items tell.
  tables.work().open_items_of_line(line.no, [&](const Item& item) {
    if (item.state == ItemState::claimed) add(item);
    return true;
  });
  return places;
}

/// Who of a slice was handed over on a line, or is being handed over.
Slice told(const Tables& tables, const Line& line, SliceNo s, const Slice& recipients,
           const Slice& in_flight) {
  Slice places = HandingOrder(line.order).between(s, recipients, 0, line.cursor);
  tables.work().skips(line, s, [&](SkipReason, const Slice& skipped) { places -= skipped; });
  places -= tables.work().item_places(line.no, s);
  if (line.waiting > 0)
    tables.work().waiting_places(line.no, s, [&](const Wait&, const Slice& those) { places -= those; });
  places |= in_flight;
  return places;
}

}  // namespace

void keep_who_knows(Tables& tables, const Blast& blast, const std::vector<Line>& lines) {
  std::map<SliceNo, Slice> touched;
  tables.threads().touched_places(blast.provider_no, blast.no,
                                  [&](Place place) { touched[slice_of(place)].add(within_slice(place)); });
  std::vector<std::map<SliceNo, Slice>> in_flight;
  for (const auto& line : lines) in_flight.push_back(items_in_flight(tables, line));
  for (SliceNo s = 0; s < slices_for(blast.roster_size); ++s) {
    const Slice recipients = tables.blasts().recipients(blast.provider_no, s, blast.seq);
    if (recipients.empty()) continue;
    const auto marks = tables.blasts().marks(blast.provider_no, blast.no, s);
    Slice kept = marks.opened | touched[s];
    for (std::size_t i = 0; i < lines.size(); ++i)
      kept |= told(tables, lines[i], s, recipients, in_flight[i][s]);
    kept &= recipients;
    tables.blasts().put_kept(blast.provider_no, s, blast.seq, blast.no, kept);
  }
}

std::int64_t add_retracting(Tables& tables, const Blast& blast, const std::vector<Line>& lines) {
  std::int64_t added = 0;
  for (const auto& delivered : lines) {
    const auto channel = tables.work().channel(delivered.channel_no);
    if (!channel || !channel->delivers || channel->removed || delivered.cursor == 0) continue;
    Line line;
    line.provider_no = delivered.provider_no;
    line.blast_no = delivered.blast_no;
    line.channel_no = delivered.channel_no;
    line.turn = next_turn(tables, *channel);
    line.seq = delivered.seq;
    line.slices = delivered.slices;
    line.order = delivered.order;
    line.follows = true;  // what is in flight may yet have been delivered
    line.retracts = true;
    line.total = blast.recipients;
    tables.work().insert_line(line);
    ++added;
  }
  return added;
}

Line delivered_by(const Tables& tables, const Line& line) {
  for (const auto& other : tables.work().lines(line.provider_no, line.blast_no))
    if (other.channel_no == line.channel_no && !other.retracts) return other;
  throw Error(Code::corrupt, "a line that takes back has lost the one that delivered");
}

void sweep_some(Tables& tables, const Context& context, Blast blast) {
  for (const auto& line : tables.work().lines(blast.provider_no, blast.no))
    if (line.open && !line.retracts &&
        drop_waiting(tables, context, line, SkipReason::recalled, InFlight::left, kItemsTogether) > 0)
      return;
  std::size_t looked_at = 0;
  while (blast.swept < blast.roster_size && looked_at < kThreadsTogether) {
    const auto s = slice_of(blast.swept);
    const Slice recipients = tables.blasts().recipients(blast.provider_no, s, blast.seq);
    const Slice kept = tables.blasts().kept(blast.provider_no, s, blast.seq);
    auto at = recipients.next(within_slice(blast.swept));
    for (; at < Slice::kPlaces && looked_at < kThreadsTogether; at = recipients.next(at + 1), ++looked_at) {
      const auto thread = tables.threads().thread({blast.provider_no, place_at(s, at), blast.no});
      if (!thread || thread->client_read > 0) continue;
      if (kept.contains(static_cast<std::uint16_t>(at))) {
        const Thread left = without_message(*thread);
        tables.threads().put_threads({&left, 1});
      } else {
        tables.threads().delete_threads({&thread->key, 1});
      }
    }
    blast.swept = std::min(place_at(s, at), blast.roster_size);
  }
  // Its lines may have been stored since it was read.
  auto stored = tables.blasts().blast(blast.provider_no, blast.no);
  if (!stored) throw Error(Code::corrupt, "a blast is missing");
  stored->swept = blast.swept;
  tables.blasts().update_blast(*stored);
  if (blast.swept < blast.roster_size) return;
  auto provider = tables.directory().provider(blast.provider_no);
  if (!provider) throw Error(Code::corrupt, "a blast has lost its provider");
  --provider->recalls;
  tables.directory().update_provider(*provider);
}

}  // namespace bccast
