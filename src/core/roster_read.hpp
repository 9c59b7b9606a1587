// Roster entries that are read in the order of places, and met in another.
#pragma once

#include <cstddef>
#include <cstdint>
#include <exception>
#include <span>
#include <utility>
#include <vector>

#include "core/context.hpp"
#include "core/set_pages.hpp"

namespace bccast {

/// Places, ascending, each with where it stands in the order in which it is met.
struct PlaceInOrder {
  Place place;
  std::uint32_t at;
};

/// Ascending.
std::vector<PlaceInOrder> sorted_places(const std::vector<Place>& places);

/// Calls f(run) for runs of ascending places between which at most `gap` others lie. They do not leave their
/// slice.
template <typename F>
void for_each_run(std::span<const PlaceInOrder> sorted, Place gap, F&& f) {
  for (std::size_t begin = 0; begin < sorted.size();) {
    std::size_t end = begin + 1;
    while (end < sorted.size() && slice_of(sorted[end].place) == slice_of(sorted[begin].place) &&
           sorted[end].place - sorted[end - 1].place <= gap + 1)
      ++end;
    f(sorted.subspan(begin, end - begin));
    begin = end;
  }
}
inline constexpr Place kWholeSlice = Slice::kPlaces;

/// Entries, which live as long as this does.
class RosterRead {
 public:
  /// Whom the roster does not know, or no longer tells right, is not found; and holds up nobody else.
  RosterRead(const Tables& tables, ProviderNo provider, std::span<const PlaceInOrder> sorted);
  /// Null: it is not found.
  const RosterView* at(std::size_t i) const noexcept { return entries_[i]; }

 private:
  RosterPage page_;
  std::vector<const RosterView*> entries_;
};

/// Calls f(entry) for the entries from `begin` up to but not including `end`, ascending, page by page. The
/// view lives until f returns. Throws Error(corrupt) behind those that stand before a damaged one.
template <typename F>
void for_each_entry(const Tables& tables, ProviderNo provider, Place begin, Place end, F&& f) {
  while (begin < end) {
    const auto page = tables.directory().scan(provider, begin, end, kRowsTogether);
    for (const auto& entry : page.entries()) f(entry);
    if (page.damage()) std::rethrow_exception(page.damage());
    if (page.entries().empty()) return;
    begin = page.entries().back().place + 1;
  }
}

}  // namespace bccast
