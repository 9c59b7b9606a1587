// How long each screen takes to answer.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "screens_practice.hpp"

namespace bench {

/// The same page, looked at several times.
struct Page {
  std::string where;  // "0 %" to "99 %" of the list; "slowest": the page that took longest; or "" for no list
  std::size_t rows = 0;
  double median_ms = 0;
  double worst_ms = 0;
  double cpu_ms =
      0;  // the median of what the calling thread used: less than above when others use the machine
};

struct Screen {
  std::string call;
  std::string what;      // the filter, and of what
  std::size_t rows = 0;  // of all its pages
  std::vector<Page> pages;

  /// The highest of all pages.
  double worst_ms() const;
  double slowest_ms() const;  // of the medians
  double cpu_ms() const;
  /// Any page takes three times as long as the first one, and it is more than the machine's noise.
  bool uneven() const;
};

inline constexpr double kPromiseMs = 20;

/// All screens; each page is looked at `looks` times after one look that does not count.
std::vector<Screen> look_at_screens(PracticeStore& store, const Practice& practice, unsigned looks);

}  // namespace bench
