#include "core/quiet.hpp"

#include <algorithm>
#include <map>
#include <utility>
#include <vector>

#include "base/error.hpp"
#include "model/retry.hpp"

namespace bccast {
namespace {

constexpr Ms kMinute = 60'000;
constexpr Ms kDay = 24 * 60 * kMinute;

/// What a stored moment means now: further away than any wait, it is from before the clock was stepped back.
bool is_due(Ms at, Ms now) {
  return at <= now || at > now + kLongestWait;
}

/// The places of a slice whose quiet hours are over, by when that was.
struct DuePlaces {
  DuePlaces(const Tables& tables, LineNo line, SliceNo s, Ms now) {
    tables.work().waiting_places(line, s, [&](Ms due_at, const Slice& places) {
      if (!is_due(due_at, now)) return;
      by_time.emplace_back(due_at, places);
      all |= places;
    });
  }
  void take_away(Tables& tables, Line& line, SliceNo s, const Slice& gone) {
    for (const auto& [due_at, places] : by_time) {
      const Slice left = places - gone;
      if (left == places) continue;
      tables.work().put_waiting_places(line, s, due_at, left);
      line.waiting -= places.count() - left.count();
    }
  }
  std::vector<std::pair<Ms, Slice>> by_time;
  Slice all;
};

}  // namespace

std::optional<Ms> Quiet::until(std::string_view zone, std::string_view instead) {
  for (const auto name : {zone, instead}) {
    if (name.empty()) continue;
    auto found = known_.find(name);
    if (found == known_.end()) {
      std::string owned(name);
      // 0: no zone; so is never the end of quiet hours.
      auto end = zones_.has(name) ? in_zone(owned) : std::optional<Ms>(0);
      found = known_.emplace(std::move(owned), end).first;
    }
    if (found->second != 0) return found->second;
  }
  const auto utc = known_.find(std::string_view());
  if (utc != known_.end()) return utc->second;
  return known_.emplace(std::string(), in_zone({})).first->second;
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
  for (SliceNo s = 0; s < line.slices; ++s) {
    tables.work().waiting_places(line.no, s, [&](Ms due_at, const Slice& places) {
      if (is_due(due_at, now)) return;
      quiet.count += places.count();
      quiet.until = std::max(quiet.until, due_at);
    });
  }
  return quiet;
}

void let_wait(Tables& tables, Line& line, SliceNo slice, Ms until, const Slice& places) {
  Slice all = places;
  tables.work().waiting_places(line.no, slice, [&](Ms due_at, const Slice& those) {
    if (due_at == until) all |= those;
  });
  tables.work().put_waiting_places(line, slice, until, all);
  line.waiting += places.count();
}

std::vector<Item> wake_places(Tables& tables, ChannelNo channel, Ms now, std::size_t most) {
  std::vector<Item> items;
  const auto first = tables.work().next_waiting(channel, now, kLongestWait);
  if (!first || !is_due(first->due_at, now)) return items;
  auto line = tables.work().line(first->line_no);
  if (!line) throw Error(Code::corrupt, "places that wait have lost their line");
  const auto blast = tables.blasts().blast(line->provider_no, line->blast_no);
  if (!blast) throw Error(Code::corrupt, "a line has lost its blast");
  std::map<SliceNo, DuePlaces> due;
  // In the order in which they would have been told.
  const auto taken = HandingOrder(line->order)
                         .take(0, line->order.end(), most, line->waiting, [&](SliceNo s) -> const Slice& {
                           const auto known = due.find(s);
                           if (known != due.end()) return known->second.all;
                           return due.emplace(s, DuePlaces(tables, line->no, s, now)).first->second.all;
                         });
  std::map<SliceNo, Slice> gone;
  for (const auto place : taken.places) {
    gone[slice_of(place)].add(within_slice(place));
    Item item;
    item.provider_no = line->provider_no;
    item.channel_no = line->channel_no;
    item.line_no = line->no;
    item.thread = {line->provider_no, place, line->blast_no};
    item.seq = 1;
    item.at = whole_seconds(blast->sent_at);
    item.due_at = now;
    item.no = tables.work().insert_item(item);
    items.push_back(std::move(item));
  }
  for (const auto& [s, places] : gone) due.at(s).take_away(tables, *line, s, places);
  tables.work().update_line(*line);
  return items;
}

void wake_all(Tables& tables, const Channel& channel, Ms now) {
  for (auto& line : tables.work().open_lines_of_channel(channel.no)) {
    if (line.waiting == 0) continue;
    for (SliceNo s = 0; s < line.slices; ++s) {
      Slice all;
      std::vector<Ms> times;
      tables.work().waiting_places(line.no, s, [&](Ms due_at, const Slice& places) {
        all |= places;
        times.push_back(due_at);
      });
      for (const auto at : times) tables.work().put_waiting_places(line, s, at, {});
      if (!all.empty()) tables.work().put_waiting_places(line, s, now, all);
    }
  }
}

}  // namespace bccast
