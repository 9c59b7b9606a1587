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

/// The same of several rosters.
class RosterEntries {
 public:
  RosterEntries() = default;
  RosterEntries(const Tables& tables, std::vector<RosterKey> keys);
  /// Null: it is not found.
  const RosterView* find(const RosterKey& key) const;

 private:
  RosterPage page_;  // ascending
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
