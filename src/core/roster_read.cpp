#include "core/roster_read.hpp"

#include <algorithm>
#include <cstring>

namespace bccast {
namespace {

constexpr std::size_t kChunk = 64 * 1024;

}  // namespace

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
  std::size_t next = 0;
  tables.directory().entries(provider, places, [&](const RosterView& entry) {
    while (sorted[next].place < entry.place) ++next;
    for (; next < sorted.size() && sorted[next].place == entry.place; ++next) keep(sorted[next].at, entry);
  });
}

void RosterRead::keep(std::size_t i, const RosterView& entry) {
  RosterView copy = entry;
  std::string_view* const texts[] = {&copy.id, &copy.name, &copy.locale, &copy.zone, &copy.addresses};
  std::size_t size = 0;
  for (const auto* text : texts) size += text->size();
  if (size > room_ - used_) {
    room_ = std::max(size, kChunk);
    used_ = 0;
    chunks_.emplace_back(new char[room_]);
  }
  char* to = chunks_.empty() ? nullptr : chunks_.back().get() + used_;
  used_ += size;
  for (auto* text : texts) {
    if (text->empty()) continue;
    std::memcpy(to, text->data(), text->size());
    *text = {to, text->size()};
    to += text->size();
  }
  entries_[i] = copy;
}

}  // namespace bccast
