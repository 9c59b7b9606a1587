// The pages of a list, one after the other.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>

#include "handles.hpp"
#include "output.hpp"

namespace cli {

constexpr std::uint64_t kNoLimit = std::numeric_limits<std::uint64_t>::max();

/// Prints up to `most` rows of a list. `list` is called with a cursor, a limit and out_rows for each page.
template <typename List>
void list_all(Listing& listing, std::uint64_t most, List list) {
  std::string cursor;
  for (bool more = true; more;) {
    const auto limit = static_cast<std::uint32_t>(std::clamp<std::uint64_t>(most, 1, BCCAST_MAX_LIST));
    Rows rows;
    check(list(cursor.empty() ? nullptr : cursor.c_str(), limit, rows.out()));
    listing.add_page(rows, static_cast<std::size_t>(most));
    if (most != kNoLimit) most -= std::min<std::uint64_t>(most, rows.count());
    more = most != 0 && rows.next() != nullptr;
    if (more) cursor = rows.next();
  }
  listing.end();
}

}  // namespace cli
