#include "core/quiet.hpp"

#include <algorithm>
#include <map>
#include <span>
#include <utility>
#include <vector>

#include "base/error.hpp"
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
  DuePlaces(const Tables& tables, LineNo line, SliceNo s, Ms now) {
    for (auto& [slice, wait, places] : tables.work().waiting_places(line, s)) {
      if (!is_due(wait.due_at, now)) continue;
      all |= places;
      if (wait.reason == WaitReason::quiet_again) again |= places;
      by_wait.emplace_back(wait, std::move(places));
    }
  }
  void take_away(Tables& tables, Line& line, SliceNo s, const Slice& gone) {
    for (const auto& [wait, places] : by_wait) {
      const Slice left = places - gone;
      if (left == places) continue;
      tables.work().put_waiting_places(line, s, wait, left);
      line.waiting -= places.count() - left.count();
    }
  }
  std::vector<std::pair<Wait, Slice>> by_wait;
  Slice all;
  Slice again;  // of them: those that had ended before
};

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
  for_each_waiting(tables, line, [&](SliceNo, std::span<const WaitingPlaces> of_slice) {
    for (const auto& one : of_slice) {
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

void let_wait(Tables& tables, Line& line, SliceNo slice, const Wait& wait, const Slice& places) {
  Slice all = places;
  for (const auto& stored : tables.work().waiting_places(line.no, slice))
    if (stored.wait == wait) all |= stored.places;
  tables.work().put_waiting_places(line, slice, wait, all);
  line.waiting += places.count();
}

namespace {

/// Places that are due, in the order in which they would have been told.
struct Waking {
  Line line;
  Blast blast;
  std::map<SliceNo, DuePlaces> due;
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
  Waking waking{std::move(*line), std::move(*blast), {}, {}};
  Line& of = waking.line;
  const HandingOrder order(of.order);
  const auto take = [&](Position from, Position to) {
    return order.take(from, to, most, of.waiting, [&](SliceNo s) -> const Slice& {
      const auto known = waking.due.find(s);
      if (known != waking.due.end()) return known->second.all;
      return waking.due.emplace(s, DuePlaces(tables, of.no, s, now)).first->second.all;
    });
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
  for (const auto& [s, places] : gone) waking->due.at(s).take_away(tables, line, s, places);
  tables.work().update_line(line);
  return items;
}

void wake_all(Tables& tables, const Channel& channel, Ms now) {
  for (auto& line : tables.work().open_lines_of_channel(channel.no)) {
    if (line.waiting == 0) continue;
    for_each_waiting(tables, line, [&](SliceNo s, std::span<const WaitingPlaces> of_slice) {
      std::map<WaitReason, Slice> all;
      for (const auto& one : of_slice) {
        const bool again = one.wait.reason == WaitReason::quiet_again;
        all[again ? WaitReason::quiet_again : WaitReason::quiet_hours] |= one.places;
        tables.work().put_waiting_places(line, s, one.wait, {});
      }
      for (const auto& [reason, places] : all)
        tables.work().put_waiting_places(line, s, {now, reason}, places);
    });
  }
}

}  // namespace bccast
