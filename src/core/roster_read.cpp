#include "core/roster_read.hpp"

#include <algorithm>
#include <cstring>

#include "base/error.hpp"

namespace bccast {
namespace {

/// A scan reads what lies between; looking an entry up costs what scanning past so many strangers costs.
constexpr Place kStrangers = 4;
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
  for_each_run(sorted, kStrangers, [&](std::span<const PlaceInOrder> run) {
    std::size_t next = 0;
    const auto read = [&](Place from, Place to) {
      try {
        tables.directory().scan(provider, from, to, [&](const RosterView& entry) {
          if (next == run.size() || entry.place != run[next].place) return;
          keep(run[next++].at, entry);
        });
      } catch (const Error& error) {
        if (error.code() != Code::corrupt) throw;
      }
    };
    read(run.front().place, run.back().place + 1);
    while (next < run.size()) {  // one is damaged, or missing: each by itself
      const auto one = next;
      read(run[one].place, run[one].place + 1);
      next = one + 1;
    }
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
