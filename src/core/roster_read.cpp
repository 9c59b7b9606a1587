#include "core/roster_read.hpp"

#include <algorithm>

namespace bccast {

std::vector<PlaceInOrder> sorted_places(const std::vector<Place>& places) {
  std::vector<PlaceInOrder> sorted;
  sorted.reserve(places.size());
  for (const auto place : places) sorted.push_back({place, static_cast<std::uint32_t>(sorted.size())});
  std::sort(sorted.begin(), sorted.end(),
            [](const PlaceInOrder& left, const PlaceInOrder& right) { return left.place < right.place; });
  return sorted;
}

RosterRead::RosterRead(const Tables& tables, ProviderNo provider, std::span<const PlaceInOrder> sorted)
    : entries_(sorted.size()) {
  std::vector<RosterKey> places;
  places.reserve(sorted.size());
  for (const auto& one : sorted)
    if (places.empty() || places.back().place != one.place) places.push_back({provider, one.place});
  page_ = tables.directory().scan(places);
  std::size_t next = 0;
  for (const auto& entry : page_.entries()) {
    while (sorted[next].place < entry.place) ++next;
    for (; next < sorted.size() && sorted[next].place == entry.place; ++next)
      entries_[sorted[next].at] = &entry;
  }
}

namespace {

RosterKey key_of(const RosterView& entry) {
  return {entry.provider_no, entry.place};
}

}  // namespace

RosterEntries::RosterEntries(const Tables& tables, std::vector<RosterKey> keys) {
  if (keys.empty()) return;
  std::sort(keys.begin(), keys.end());
  keys.erase(std::unique(keys.begin(), keys.end()), keys.end());
  page_ = tables.directory().scan(keys);
}

const RosterView* RosterEntries::find(const RosterKey& key) const {
  const auto& entries = page_.entries();
  const auto at = std::lower_bound(entries.begin(), entries.end(), key,
                                   [](const RosterView& a, const RosterKey& b) { return key_of(a) < b; });
  return at != entries.end() && key_of(*at) == key ? &*at : nullptr;
}

}  // namespace bccast
