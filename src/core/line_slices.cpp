#include "core/line_slices.hpp"

namespace bccast {

std::vector<SliceNo> slices_from(SliceNo begin, SliceNo end) {
  std::vector<SliceNo> slices;
  for (SliceNo s = begin; s < end; ++s) slices.push_back(s);
  return slices;
}

LineSlices::LineSlices(const Tables& tables, const Line& line, std::span<const SliceNo> slices, bool items) {
  if (slices.empty()) return;
  std::vector<LineSlice> keys;
  for (const auto s : slices) {
    keys.push_back({line.no, s});
    slices_.emplace(s, Of{});
  }
  for (auto rest = slices; !rest.empty();) {
    auto page = tables.work().skips(line, rest);
    for (auto& one : page.places) {
      auto& of = slices_.at(one.slice);
      of.skips.push_back(std::move(one));
    }
    rest = rest.subspan(page.slices);
  }
  if (line.waiting > 0)
    for_each_page_of_waiting(tables, line.no, slices, [&](std::span<WaitingPlaces> page) {
      for (auto& one : page) {
        auto& of = slices_.at(one.of.slice);
        of.waiting.push_back(std::move(one));
      }
    });
  if (!items) return;
  auto read = tables.work().item_slices(keys);
  for (std::size_t i = 0; i < slices.size(); ++i) slices_.at(slices[i]).items = std::move(read.at(i));
}

}  // namespace bccast
