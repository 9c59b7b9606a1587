#include "core/retracting.hpp"

#include <algorithm>
#include <map>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "base/error.hpp"
#include "core/line_slices.hpp"
#include "core/line_update.hpp"
#include "core/recalled.hpp"
#include "core/sending.hpp"
#include "core/set_pages.hpp"

namespace bccast {
namespace {

/// A transaction of the sweep deletes so many items: some milliseconds.
constexpr std::size_t kItemsTogether = 500;

/// The places of a line's items that are in somebody's hands.
std::map<SliceNo, Slice> items_in_flight(Tables& tables, const Line& line) {
  std::map<SliceNo, Slice> places;
  const auto add = [&](const Item& item) {
    if (item.line_no == line.no && !item.damaged)
      places[slice_of(item.thread.place)].add(within_slice(item.thread.place));
  };
  const auto claims = tables.work().sound_item_claims(line.channel_no);
  if (!claims.claims.empty())
    for (const auto& item : tables.work().items_of(claims.claims)) add(item);
  if (claims.all_sound) return places;
  // What a damaged claim has only its items tell.
  for (std::optional<Place> from = 0; from;) {
    const auto page = tables.work().open_items_of_line(line.no, *from, kRowsTogether);
    for (const auto& item : page.items)
      if (item.state == ItemState::claimed) add(item);
    from = page.next;
  }
  return places;
}

/// Who of a slice was handed over on a line, or is being handed over.
Slice told(const LineSlices::Of& stored, const Line& line, SliceNo s, const Slice& recipients,
           const Slice& in_flight) {
  Slice places = HandingOrder(line.order).between(s, recipients, 0, line.cursor);
  for (const auto& skipped : stored.skips) places -= skipped.places;
  places -= stored.items.open;
  places -= stored.items.failed;
  for (const auto& those : stored.waiting) places -= those.places;
  places |= in_flight;
  return places;
}

/// Those of these slices in which somebody has the blast.
std::vector<PlacesOfSlice> recipients_of(const Tables& tables, const Blast& blast,
                                         std::span<const SliceNo> slices) {
  std::vector<PlacesOfSlice> some;
  auto all = tables.blasts().recipients(blast.provider_no, blast.seq, slices);
  for (std::size_t i = 0; i < slices.size(); ++i)
    if (!all.at(i).empty()) some.emplace_back(slices[i], std::move(all[i]));
  return some;
}

}  // namespace

/// Who knows of a blast.
class Knowing {
 public:
  Knowing(Tables& tables, const Blast& blast, const std::vector<Line>& lines)
      : tables_(tables), blast_(blast), lines_(lines) {
    std::optional<ThreadPosition> last;
    for (bool more = true; more;) {
      const auto page = tables.threads().touched_places(blast.provider_no, blast.no, last ? &*last : nullptr,
                                                        kRowsTogether);
      for (const auto& one : page) touched_[slice_of(one.place)].add(within_slice(one.place));
      more = page.size() == kRowsTogether;
      if (more) last = page.back();
    }
    for (const auto& line : lines) in_flight_.push_back(items_in_flight(tables, line));
  }

  /// Of no more than kSlicesTogether.
  void keep(std::span<const SliceNo> slices) {
    const auto audience = recipients_of(tables_, blast_, slices);
    if (audience.empty()) return;
    std::vector<SliceNo> here;
    for (const auto& one : audience) here.push_back(one.first);
    std::vector<PlacesOfSlice> all;
    const auto opened = tables_.blasts().marks(blast_.provider_no, blast_.no, MarkKind::opened, here);
    for (std::size_t i = 0; i < here.size(); ++i) all.emplace_back(here[i], opened.at(i) | touched_[here[i]]);
    for (std::size_t l = 0; l < lines_.size(); ++l) {
      const LineSlices stored(tables_, lines_[l], here, true);
      for (std::size_t i = 0; i < here.size(); ++i)
        all[i].second |=
            told(stored.at(here[i]), lines_[l], here[i], audience[i].second, in_flight_[l][here[i]]);
    }
    for (std::size_t i = 0; i < here.size(); ++i) all[i].second &= audience[i].second;
    tables_.blasts().put_kept(blast_.provider_no, blast_.seq, blast_.no, all);
  }

 private:
  Tables& tables_;
  const Blast& blast_;
  const std::vector<Line>& lines_;
  std::map<SliceNo, Slice> touched_;                 // in whose thread somebody has written
  std::vector<std::map<SliceNo, Slice>> in_flight_;  // of each line
};

void keep_who_knows(Tables& tables, const Blast& blast, const std::vector<Line>& lines) {
  Knowing knowing(tables, blast, lines);
  const auto slices = slices_from(0, slices_for(blast.roster_size));
  for_each_page(
      std::span<const SliceNo>(slices), [&](auto page, std::size_t) { knowing.keep(page); }, kSlicesTogether);
}

void keep_who_knows(Tables& tables, const Blast& blast, SliceNo slice) {
  const auto lines = tables.work().lines(blast.provider_no, blast.no);
  Knowing(tables, blast, lines).keep({&slice, 1});
}

void keep_everybody(Tables& tables, const Blast& blast, SliceNo slice) {
  const Slice recipients = tables.blasts().recipients(blast.provider_no, slice, blast.seq);
  if (!recipients.empty())
    tables.blasts().put_kept(blast.provider_no, slice, blast.seq, blast.no, recipients);
}

std::int64_t add_retracting(Tables& tables, const Blast& blast, const std::vector<Line>& lines) {
  std::vector<Line> added;
  for (const auto& delivered : lines) {
    if (delivered.kind != LineKind::deliver || delivered.cursor == 0) continue;
    const auto channel = tables.work().channel(delivered.channel_no);
    if (!channel || channel->removed) continue;
    Line& line = added.emplace_back();
    line.provider_no = delivered.provider_no;
    line.blast_no = delivered.blast_no;
    line.channel_no = delivered.channel_no;
    line.kind = LineKind::retract;
    line.seq = delivered.seq;
    line.slices = delivered.slices;
    line.order = delivered.order;
    line.follows = true;  // what is in flight may yet have been delivered
    line.total = blast.recipients;
  }
  const auto count = static_cast<std::int64_t>(added.size());
  if (count == 0) return 0;
  LineNo next = tables.numbers().next(NumberKind::work, count);
  for (auto& line : added) {
    line.no = line.turn = next++;  // behind all that wait
    tables.work().insert_line(line);
  }
  return count;
}

Line delivered_by(const Tables& tables, const Line& line) {
  for (auto& other : tables.work().sound_lines(line.provider_no, line.blast_no))
    if (takes_back(line, other)) return std::move(other);
  throw Error(Code::corrupt, "a line that takes back has lost the one that delivered, or that is damaged");
}

bool sweep_items(Tables& tables, const Context& context, const Blast& blast) {
  for (const auto& line : tables.work().sound_lines(blast.provider_no, blast.no))
    if (line.open && line.kind != LineKind::retract &&
        drop_waiting(tables, context, line, SkipReason::recalled, InFlight::left, kItemsTogether) > 0)
      return true;
  return false;
}

namespace {

/// The threads at lower places than `to` are up to date.
void set_swept(Tables& tables, Blast blast, Place to) {
  blast.swept = std::min(to, blast.roster_size);
  tables.blasts().update_blast(blast);
}

/// As it is stored now: its lines may have been stored since it was read. Nothing: another has swept it.
std::optional<Blast> still_to_sweep(const Tables& tables, const Blast& read) {
  auto blast = tables.blasts().blast(read.provider_no, read.no);
  if (!blast) throw Error(Code::corrupt, "a blast is missing");
  return blast->swept == read.swept ? std::move(blast) : std::nullopt;
}

}  // namespace

void sweep_threads(Tables& tables, const Blast& read, std::size_t most) {
  const auto blast = still_to_sweep(tables, read);
  if (!blast) return;
  Place swept = blast->swept;
  std::vector<ThreadKey> keys;
  std::vector<bool> keeps;
  const auto& blasts = std::as_const(tables).blasts();
  const SliceNo end = slices_for(blast->roster_size);
  SlicesAhead<Slice> all_recipients(end, false, kSlicesTogether);
  SlicesAhead<Slice> all_kept(end, false, kSlicesTogether);
  while (swept < blast->roster_size && keys.size() < most) {
    const auto s = slice_of(swept);
    const Slice& recipients = all_recipients.at(
        s, [&](auto slices) { return blasts.recipients(blast->provider_no, blast->seq, slices); });
    const Slice& kept =
        all_kept.at(s, [&](auto slices) { return blasts.kept(blast->provider_no, blast->seq, slices); });
    auto at = recipients.next(within_slice(swept));
    for (; at < Slice::kPlaces && keys.size() < most; at = recipients.next(at + 1)) {
      keys.push_back({blast->provider_no, place_at(s, at), blast->no});
      keeps.push_back(kept.contains(static_cast<std::uint16_t>(at)));
    }
    swept = place_at(s, at);
  }
  tables.lock().threads(keys);
  const auto threads = tables.threads().threads(keys);
  std::vector<Thread> left;
  std::vector<ThreadKey> gone;
  for (std::size_t i = 0; i < keys.size(); ++i) {
    const Thread* thread = threads.find(keys[i]);
    if (thread == nullptr || thread->client_read > 0) continue;
    if (keeps[i]) {
      left.push_back(without_message(*thread));
    } else {
      gone.push_back(keys[i]);
    }
  }
  if (!left.empty()) tables.threads().update_threads(left);
  if (!gone.empty()) tables.threads().delete_threads(gone);
  set_swept(tables, *blast, swept);
}

void pass_one_by(Tables& tables, const Blast& read) {
  const auto blast = still_to_sweep(tables, read);
  if (!blast) return;
  const auto s = slice_of(blast->swept);
  Place next = place_at(s + 1, 0);
  try {
    const Slice recipients = tables.blasts().recipients(blast->provider_no, s, blast->seq);
    tables.blasts().kept(blast->provider_no, s, blast->seq);
    const auto at = recipients.next(within_slice(blast->swept));
    if (at < Slice::kPlaces) next = place_at(s, at) + 1;
  } catch (const Error& error) {
    if (error.code() != Code::corrupt || error.native() != 0) throw;
  }
  set_swept(tables, *blast, next);
}

}  // namespace bccast
