// Bitmaps of slices that are read together, and those of slices that are met in an order of their own.
#pragma once

#include <algorithm>
#include <cstddef>
#include <map>
#include <span>
#include <utility>
#include <vector>

#include "core/context.hpp"
#include "core/set_pages.hpp"

namespace bccast {

/// The slices from `begin` up to but not including `end`.
std::vector<SliceNo> slices_from(SliceNo begin, SliceNo end);

/// Calls f(page) for pages of places of a line that wait, of these slices, ascending. A page has all of each
/// slice that it has; f may change them.
template <typename F>
void for_each_page_of_waiting(const Tables& tables, LineNo line, std::span<const SliceNo> slices, F&& f) {
  for_each_page(slices, [&](std::span<const SliceNo> some, std::size_t) {
    std::vector<LineSlice> keys;
    for (const auto s : some) keys.push_back({line, s});
    for (auto rest = std::span<const LineSlice>(keys); !rest.empty();) {
      auto page = tables.work().waiting_places(rest);
      if (!page.places.empty()) f(std::span<WaitingPlaces>(page.places));
      rest = rest.subspan(page.slices);
    }
  });
}

/// What is stored of some slices of a line, but for those who wait: read only where anybody does.
class LineSlices {
 public:
  /// REQUIRES: the slices ascend, and are no more than kSlicesTogether. `items`: read which places have one.
  LineSlices(const Tables& tables, const Line& line, std::span<const SliceNo> slices, bool items);

  struct Of {
    std::vector<SkippedPlaces> skips;
    std::vector<WaitingPlaces> waiting;
    ItemSlice items;
  };
  /// REQUIRES: one of those.
  const Of& at(SliceNo slice) const { return slices_.at(slice); }

 private:
  std::map<SliceNo, Of> slices_;
};

/// Values of slices that are asked for one by one, in whatever order. Each time that one is not there more
/// are read with it than the last time, of those that stand behind it: so many slices take few calls, and
/// where one is enough no other is read.
template <typename Value>
class SlicesAhead {
 public:
  /// `all`: they will all be asked for. `most`: so many are held at once.
  SlicesAhead(SliceNo count, bool all, std::size_t most) : count_(count), most_(most) {
    if (all) together_ = kSlicesTogether;
  }

  /// `read(slices)` gives the values of the first of these, of one at least. Good until the next one.
  template <typename Read>
  Value& at(SliceNo s, const Read& read) {
    const auto known = values_.find(s);
    if (known != values_.end()) return known->second;
    if (values_.size() >= most_) values_.clear();
    std::vector<SliceNo> wanted{s};
    for (SliceNo other = s + 1; other < count_ && wanted.size() < together_; ++other)
      if (values_.count(other) == 0) wanted.push_back(other);
    together_ = std::min(together_ * 4, kSlicesTogether);
    auto found = read(std::span<const SliceNo>(wanted));
    for (std::size_t i = 0; i < found.size(); ++i) values_.insert_or_assign(wanted[i], std::move(found[i]));
    return values_.at(s);
  }
  /// REQUIRES: it was asked for, and all are held.
  Value& at(SliceNo s) { return values_.at(s); }

 private:
  std::map<SliceNo, Value> values_;
  SliceNo count_;
  std::size_t most_;
  std::size_t together_ = 1;
};

}  // namespace bccast
