#include "core/put_off.hpp"

#include "core/set_pages.hpp"

namespace bccast {
namespace {

bool was_never_reported(const Item& item) {
  return !item.damaged && item.state != ItemState::failed && item.attempts == 0 && item.begun_again == 0;
}

/// Up to which place a set goes. It is not empty.
std::uint32_t last_of(const Slice& places) {
  std::uint32_t last = 0;
  places.for_each([&](std::uint16_t at) { last = at; });
  return last;
}

}  // namespace

std::optional<WaitReason> reason_to_wait(const Item& item, const Assignment::Deferred& deferred) {
  if (item.line_no == 0 || item.attempts > 0) return std::nullopt;
  if (item.begun_again == 0 || !deferred.reason) return deferred.reason;
  if (deferred.reason == WaitReason::unknown_zone) return std::nullopt;
  return WaitReason::quiet_again;
}

void PutOff::find(const PlacesOfLines& places) {
  std::vector<ItemNo> numbers;
  for (const auto& [line, slices] : places)
    for (const auto& [s, of_slice] : slices) {
      find_waiting(line, s, of_slice);
      find_items(line, s, of_slice, numbers);
    }
  if (numbers.empty()) return;
  for (const auto& row : tables_.work().items(numbers))
    found_[{row.item.line_no, row.item.thread.place}] = {row.item.no, row.holder};
}

void PutOff::find_waiting(LineNo line, SliceNo slice, const Slice& places) {
  OfSlice of;
  for (auto& one : tables_.work().waiting_places(line, slice)) {
    const Slice found = one.places & places;
    if (found.empty() || one.wait.reason == WaitReason::quiet_again) continue;
    of.waiting.emplace_back(one.wait, std::move(one.places));
    found.for_each([&](std::uint16_t at) { found_.emplace(std::pair(line, place_at(slice, at)), Found{}); });
  }
  if (!of.waiting.empty()) slices_.emplace(std::pair(line, slice), std::move(of));
}

void PutOff::find_items(LineNo line, SliceNo slice, const Slice& places, std::vector<ItemNo>& numbers) const {
  Slice open = tables_.work().item_places(line, slice) & places;
  if (open.empty()) return;
  open -= tables_.work().failed_places(line, slice);
  if (open.empty()) return;
  const Place end = place_at(slice, last_of(open)) + 1;
  for (std::optional<Place> from = place_at(slice, open.next(0)); from;) {
    const auto page = tables_.work().items_of_line(line, *from, end, kRowsTogether);
    for (const auto& item : page.items)
      if (open.contains(within_slice(item.thread.place)) && was_never_reported(item))
        numbers.push_back(item.no);
    from = page.next;
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
  for (const auto& [key, of] : slices_) {
    if (key.first != line.no) continue;
    for (const auto& [wait, places] : of.waiting) {
      const Slice left = places - of.taken;
      if (left == places) continue;
      tables_.work().put_waiting_places(line, key.second, wait, left);
      line.waiting -= places.count() - left.count();
    }
  }
}

}  // namespace bccast
