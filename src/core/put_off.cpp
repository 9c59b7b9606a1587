#include "core/put_off.hpp"

#include "core/set_pages.hpp"

namespace bccast {
namespace {

bool was_never_reported(const Item& item) {
  return !item.damaged && item.state != ItemState::failed && item.attempts == 0 && item.begun_again == 0;
}

}  // namespace

std::optional<WaitReason> reason_to_wait(const Item& item, const Assignment::Deferred& deferred) {
  if (item.line_no == 0 || item.attempts > 0) return std::nullopt;
  if (item.begun_again == 0 || !deferred.reason) return deferred.reason;
  if (deferred.reason == WaitReason::unknown_zone) return std::nullopt;
  return WaitReason::quiet_again;
}

void PutOff::find(const PlacesOfLines& places) {
  std::vector<LineSlice> keys;
  for (const auto& [line, slices] : places)
    for (const auto& [s, of_slice] : slices) keys.push_back({line, s});
  const auto all = std::span<const LineSlice>(keys);
  for_each_page(
      all, [&](std::span<const LineSlice> page, std::size_t) { find_waiting(page, places); },
      kSlicesTogether);
  std::map<LineNo, std::vector<Place>> open;
  for_each_page(
      all, [&](std::span<const LineSlice> page, std::size_t) { find_open(page, places, open); },
      kSlicesTogether);
  std::vector<ItemNo> numbers;
  for (const auto& [line, of_line] : open)
    for (const auto& [place, item] : tables_.work().items_at(line, of_line))
      if (was_never_reported(item)) numbers.push_back(item.no);
  if (numbers.empty()) return;
  for (const auto& row : tables_.work().items(numbers))
    found_[{row.item.line_no, row.item.thread.place}] = {row.item.no, row.holder};
}

void PutOff::find_waiting(std::span<const LineSlice> slices, const PlacesOfLines& places) {
  for (auto rest = slices; !rest.empty();) {
    auto page = tables_.work().waiting_places(rest);
    for (auto& one : page.places) {
      const Slice found = one.places & places.at(one.of.line_no).at(one.of.slice);
      if (found.empty() || one.wait.reason == WaitReason::quiet_again) continue;
      found.for_each([&](std::uint16_t at) {
        found_.emplace(std::pair(one.of.line_no, place_at(one.of.slice, at)), Found{});
      });
      slices_[one.of].waiting.push_back(std::move(one));
    }
    rest = rest.subspan(page.slices);
  }
}

/// Which of the places have an item that has not failed, ascending.
void PutOff::find_open(std::span<const LineSlice> slices, const PlacesOfLines& places,
                       std::map<LineNo, std::vector<Place>>& open) const {
  const auto items = tables_.work().item_slices(slices);
  for (std::size_t i = 0; i < slices.size(); ++i) {
    const auto [line, s] = slices[i];
    const Slice here = items.at(i).open & places.at(line).at(s);
    for (auto at = here.next(0); at < Slice::kPlaces; at = here.next(at + 1))
      open[line].push_back(place_at(s, at));
  }
}

PutOff::Found PutOff::take(LineNo line, Place place) {
  const auto at = found_.find({line, place});
  Found found = std::move(at->second);
  found_.erase(at);
  if (found.no == 0) slices_.at({line, slice_of(place)}).taken.add(within_slice(place));
  return found;
}

void PutOff::store(Line& line) {
  std::vector<WaitingPlaces> rows;
  for (auto of = slices_.lower_bound({line.no, 0}); of != slices_.end() && of->first.line_no == line.no; ++of)
    for (const auto& one : of->second.waiting) {
      const Slice left = one.places - of->second.taken;
      if (left == one.places) continue;
      rows.push_back({one.of, one.wait, left});
      line.waiting -= one.places.count() - left.count();
    }
  for_each_page(
      std::span<const WaitingPlaces>(rows),
      [&](auto page, std::size_t) { tables_.work().put_waiting_places(line, page); }, kSlicesTogether);
}

}  // namespace bccast
