#include "core/quiet.hpp"

#include <algorithm>
#include <map>
#include <span>
#include <utility>
#include <vector>

#include "base/error.hpp"
#include "core/line_slices.hpp"
#include "core/passes_by.hpp"
#include "model/retry.hpp"

namespace bccast {
namespace {

constexpr Ms kMinute = 60'000;
constexpr Ms kDay = 24 * 60 * kMinute;

/// What a stored moment means now: further away than any wait, it is from before the clock was stepped back.
bool is_due(Ms at, Ms now) {
  return at <= now || at > now + kFarthestDue;
}

/// The places of a slice whose wait is over, by what they waited for.
struct DuePlaces {
  /// Without those that are gone, as they are to be stored.
  void take_away(const Slice& gone, std::vector<WaitingPlaces>& rows) const {
    for (const auto& one : by_wait) {
      const Slice left = one.places - gone;
      if (!(left == one.places)) rows.push_back({one.of, one.wait, left});
    }
  }
  std::vector<WaitingPlaces> by_wait;
  Slice all;
  Slice again;  // of them: those that had ended before
};

/// Of the first of these slices.
std::vector<DuePlaces> due_places(const Tables& tables, LineNo line, std::span<const SliceNo> slices,
                                  Ms now) {
  std::vector<LineSlice> keys;
  for (const auto s : slices) keys.push_back({line, s});
  auto page = tables.work().waiting_places(keys);
  std::vector<DuePlaces> due(page.slices);
  std::size_t i = 0;
  for (auto& one : page.places) {
    while (slices[i] != one.of.slice) ++i;
    if (!is_due(one.wait.due_at, now)) continue;
    due[i].all |= one.places;
    if (one.wait.reason == WaitReason::quiet_again) due[i].again |= one.places;
    due[i].by_wait.push_back(std::move(one));
  }
  return due;
}

}  // namespace

std::optional<Wait> Quiet::until(std::string_view zone, std::string_view instead) {
  const auto name = zone.empty() ? instead : zone;
  const auto found = known_.find(name);
  if (found != known_.end()) return found->second;
  std::string owned(name);
  std::optional<Wait> wait;
  if (!name.empty() && !zones_.has(name)) {
    wait = {(now_ / kZoneWait + 1) * kZoneWait, WaitReason::unknown_zone};
  } else if (const auto end = in_zone(owned)) {
    wait = {*end, WaitReason::quiet_hours};
  }
  return known_.emplace(std::move(owned), wait).first->second;
}

/// By the moments at which the hours begin and end there, so that a clock that skips or repeats an hour is
/// right.
std::optional<Ms> Quiet::in_zone(const std::string& zone) const {
  const bool utc = zone.empty();
  const Ms shown = utc ? now_ : zones_.shown_at(zone, now_);
  const Ms today = shown - ((shown % kDay) + kDay) % kDay;
  const auto moment = [&](Ms day, int minutes) {
    const Ms at = day + minutes * kMinute;
    return utc ? at : zones_.when_shown(zone, at);
  };
  for (const Ms day : {today - kDay, today}) {
    const Ms begin = moment(day, hours_.from);
    const Ms end = moment(hours_.to < hours_.from ? day + kDay : day, hours_.to);
    if (begin <= now_ && now_ < end) return std::min(end, now_ + kLongestWait);
  }
  return std::nullopt;
}

QuietPlaces quiet_places(const Tables& tables, const Line& line, Ms now) {
  QuietPlaces quiet;
  if (line.waiting == 0) return quiet;
  const auto slices = slices_from(0, line.slices);
  for_each_page_of_waiting(tables, line.no, slices, [&](std::span<const WaitingPlaces> page) {
    for (const auto& one : page) {
      if (one.wait.reason == WaitReason::unknown_zone) {
        quiet.unknown += one.places.count();
      } else if (!is_due(one.wait.due_at, now)) {
        quiet.count += one.places.count();
        quiet.until = std::max(quiet.until, one.wait.due_at);
      }
    }
  });
  return quiet;
}

void let_wait(Tables& tables, Line& line, std::vector<WaitingPlaces> places) {
  for (const auto& one : places) line.waiting += one.places.count();
  for_each_page(
      std::span<WaitingPlaces>(places),
      [&](std::span<WaitingPlaces> page, std::size_t) {
        std::vector<WaitingKey> keys;
        for (const auto& one : page) keys.push_back({one.of, one.wait});
        const auto before = tables.work().waiting(keys);
        for (std::size_t i = 0; i < page.size(); ++i) page[i].places |= before.at(i);
        tables.work().put_waiting_places(line, page);
      },
      kSlicesTogether);
}

namespace {

/// Places that are due, in the order in which they would have been told.
struct Waking {
  Line line;
  Blast blast;
  SlicesAhead<DuePlaces> due;
  std::vector<Place> places;
};

/// Changes nothing.
std::optional<Waking> next_waking(const Tables& tables, const Locked& locked, ChannelNo channel, Ms now,
                                  std::size_t most) {
  const auto first = tables.work().next_waiting(channel, now, kFarthestDue);
  if (!first || !is_due(first->due_at, now)) return std::nullopt;
  auto line = tables.work().line(first->line_no);
  if (!line) throw Error(Code::corrupt, "places that wait have lost their line");
  locked.require(*line);
  auto blast = tables.blasts().blast(line->provider_no, line->blast_no);
  if (!blast) throw Error(Code::corrupt, "a line has lost its blast");
  const HandingOrder order(line->order);
  const SlicesAhead<DuePlaces> none(line->slices, order.takes_few(line->waiting), line->slices);
  Waking waking{std::move(*line), std::move(*blast), none, {}};
  Line& of = waking.line;
  const auto read = [&](std::span<const SliceNo> slices) { return due_places(tables, of.no, slices, now); };
  const auto take = [&](Position from, Position to) {
    return order.take(from, to, most, of.waiting,
                      [&](SliceNo s) -> const Slice& { return waking.due.at(s, read).all; });
  };
  // On from the last ones: what they have left is not looked through again before the end is reached.
  auto taken = take(of.wake_from, order.end());
  if (taken.places.empty()) taken = take(0, of.wake_from);
  of.wake_from = taken.stop;
  waking.places = std::move(taken.places);
  return waking;
}

}  // namespace

std::vector<Item> wake_places(Tables& tables, const Locked& locked, ChannelNo channel, Ms now,
                              std::size_t most) {
  std::vector<Item> items;
  std::optional<Waking> waking;
  try {
    waking = next_waking(tables, locked, channel, now, most);
  } catch (const Error& error) {
    // It is said as soon as it holds up nobody.
    if (!passes_by(tables, error) || !tables.work().next_line(channel)) throw;
  }
  if (!waking) return items;
  Line& line = waking->line;
  std::map<SliceNo, Slice> gone;
  for (const auto place : waking->places) {
    gone[slice_of(place)].add(within_slice(place));
    Item item;
    item.provider_no = line.provider_no;
    item.channel_no = line.channel_no;
    item.line_no = line.no;
    item.thread = {line.provider_no, place, line.blast_no};
    item.seq = 1;
    item.begun_again = waking->due.at(slice_of(place)).again.contains(within_slice(place)) ? 1 : 0;
    item.at = whole_seconds(waking->blast.sent_at);
    item.due_at = now;
    items.push_back(std::move(item));
  }
  if (!items.empty()) {
    ItemNo next = tables.numbers().next(NumberKind::work, static_cast<std::int64_t>(items.size()));
    for (auto& item : items) item.no = next++;
    tables.work().insert_items(items);
  }
  std::vector<WaitingPlaces> left;
  for (const auto& [s, places] : gone) {
    waking->due.at(s).take_away(places, left);
    line.waiting -= places.count();
  }
  for_each_page(
      std::span<const WaitingPlaces>(left),
      [&](auto page, std::size_t) { tables.work().put_waiting_places(line, page); }, kSlicesTogether);
  tables.work().update_line(line);
  return items;
}

void wake_all(Tables& tables, const Channel& channel, Ms now) {
  for (auto& line : tables.work().open_lines_of_channel(channel.no)) {
    if (line.waiting == 0) continue;
    const auto slices = slices_from(0, line.slices);
    for_each_page_of_waiting(tables, line.no, slices, [&](std::span<const WaitingPlaces> page) {
      std::map<WaitingKey, Slice> rows;  // in place of those that are there; empty: none
      for (const auto& one : page) rows[{one.of, one.wait}];
      for (const auto& one : page) {
        const bool again = one.wait.reason == WaitReason::quiet_again;
        const auto reason = again ? WaitReason::quiet_again : WaitReason::quiet_hours;
        rows[{one.of, {now, reason}}] |= one.places;
      }
      std::vector<WaitingPlaces> all;
      for (const auto& [key, places] : rows) all.push_back({key.of, key.wait, places});
      tables.work().put_waiting_places(line, all);
    });
  }
}

}  // namespace bccast
