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
  std::vector<Place> places;
  places.reserve(sorted.size());
  for (const auto& one : sorted)
    if (places.empty() || places.back() != one.place) places.push_back(one.place);
  page_ = tables.directory().entries(provider, places);
  std::size_t next = 0;
  for (const auto& entry : page_.entries()) {
    while (sorted[next].place < entry.place) ++next;
    for (; next < sorted.size() && sorted[next].place == entry.place; ++next)
      entries_[sorted[next].at] = &entry;
  }
}

}  // namespace bccast
