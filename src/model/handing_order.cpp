#include "model/handing_order.hpp"

#include <algorithm>
#include <array>
#include <set>
#include <utility>

#include "base/error.hpp"

namespace bccast {
namespace {

constexpr Place kBlock = HandingOrder::kBlock;
constexpr std::uint32_t kSliceBlocks = Slice::kPlaces / kBlock;
constexpr std::uint32_t kWindowBlocks = HandingOrder::kWindowBlocks;
constexpr std::uint32_t kSliceWindows = (kSliceBlocks + kWindowBlocks - 1) / kWindowBlocks;
constexpr Place kNobody = ~Place{0};

std::uint32_t blocks_in(Place places, SliceNo slice) noexcept {
  return std::min((places - place_at(slice, 0) + kBlock - 1) / kBlock, kSliceBlocks);
}

/// Of a slice with so many blocks.
std::uint32_t windows_in(std::uint32_t blocks) noexcept {
  return (blocks + kWindowBlocks - 1) / kWindowBlocks;
}

/// Of a roster.
std::uint32_t windows_of(Place places) noexcept {
  const Place rest = places % Slice::kPlaces;
  return places / Slice::kPlaces * kSliceWindows + windows_in((rest + kBlock - 1) / kBlock);
}

/// What the shuffles of one key are called: all, one for each slice, one for each window.
constexpr std::uint64_t kAll = 0;
constexpr std::uint64_t kOfSlice = std::uint64_t{1} << 32;
constexpr std::uint64_t kOfWindow = std::uint64_t{2} << 32;

}  // namespace

Position OrderNumbers::end() const noexcept {
  return kind == OrderKind::singly ? Position{places} : windows_of(places) * HandingOrder::kWindow;
}

OrderNumbers HandingOrder::choose(Place places, bool limited, std::int64_t key) {
  return {places, limited || places <= kSingly ? OrderKind::singly : OrderKind::in_windows, key};
}

const Shuffle& HandingOrder::order_of_all() const {
  if (!all_) all_.emplace(singly() ? numbers_.places : windows_of(numbers_.places), secret(), kAll);
  return *all_;
}

const Shuffle& HandingOrder::order_of_slice(SliceNo slice) const {
  if (!slice_ || slice_->number != slice)
    slice_.emplace(Known{slice, Shuffle(blocks_in(numbers_.places, slice), secret(), kOfSlice + slice)});
  return slice_->order;
}

const Shuffle& HandingOrder::order_of_window(std::uint32_t index, const Window& window) const {
  if (!window_ || window_->number != index)
    window_.emplace(Known{index, Shuffle(window.blocks * kBlock, secret(), kOfWindow + index)});
  return window_->order;
}

HandingOrder::Window HandingOrder::window(std::uint32_t index) const noexcept {
  Window window;
  window.slice = index / kSliceWindows;
  const std::uint32_t k = index % kSliceWindows;
  const std::uint32_t blocks = blocks_in(numbers_.places, window.slice);
  const std::uint32_t windows = windows_in(blocks);
  window.first = k * blocks / windows;
  window.blocks = (k + 1) * blocks / windows - window.first;
  return window;
}

std::uint32_t HandingOrder::block_at(const Window& window, std::uint32_t i) const {
  return order_of_slice(window.slice).forward(window.first + i);
}

Position HandingOrder::position_of(Place place) const {
  if (place >= numbers_.places) throw Error(Code::corrupt, "a place is beyond the roster of its blast");
  if (singly()) return order_of_all().backward(place);
  const SliceNo slice = slice_of(place);
  const std::uint32_t blocks = blocks_in(numbers_.places, slice);
  const std::uint32_t at = order_of_slice(slice).backward(within_slice(place) / kBlock);
  const std::uint32_t index = slice * kSliceWindows + ((at + 1) * windows_in(blocks) - 1) / blocks;
  const Window in = window(index);
  const std::uint32_t slot = (at - in.first) * kBlock + place % kBlock;
  return order_of_all().backward(index) * kWindow + order_of_window(index, in).backward(slot);
}

std::optional<Place> HandingOrder::place_of(Position position) const {
  if (position < 0 || position >= end()) return std::nullopt;
  if (singly()) return order_of_all().forward(static_cast<std::uint32_t>(position));
  const std::uint32_t index = order_of_all().forward(static_cast<std::uint32_t>(position / kWindow));
  const Window in = window(index);
  const auto rank = static_cast<std::uint32_t>(position % kWindow);
  if (rank >= in.blocks * kBlock) return std::nullopt;
  const std::uint32_t slot = order_of_window(index, in).forward(rank);
  const Place place = place_at(in.slice, block_at(in, slot / kBlock) * kBlock + slot % kBlock);
  return place < numbers_.places ? std::optional(place) : std::nullopt;
}

template <typename F>
void HandingOrder::each_in_window(Position at, Position low, Position high, const Slice& members,
                                  F&& f) const {
  const std::uint32_t index = order_of_all().forward(static_cast<std::uint32_t>(at));
  const Window in = window(index);
  for (std::uint32_t i = 0; i < in.blocks; ++i) {
    const std::uint32_t begin = block_at(in, i) * kBlock;
    for (auto p = members.next(begin); p < begin + kBlock; p = members.next(p + 1)) {
      const Position rank = order_of_window(index, in).backward(i * kBlock + (p - begin));
      if (rank >= low && rank < high) f(place_at(in.slice, p), at * kWindow + rank);
    }
  }
}

Slice HandingOrder::between(SliceNo slice, const Slice& members, Position from, Position to) const {
  from = std::max<Position>(from, 0);
  to = std::min(to, end());
  if (from >= to || slice >= slices_for(numbers_.places)) return {};
  if (from == 0 && to == end()) return members;
  Slice found;
  if (singly()) {
    if (to - from < members.count()) {
      for (Position p = from; p < to; ++p) {
        const Place place = *place_of(p);
        if (slice_of(place) == slice && members.contains(within_slice(place))) found.add(within_slice(place));
      }
    } else {
      members.for_each([&](std::uint16_t at) {
        const Position p = position_of(place_at(slice, at));
        if (p >= from && p < to) found.add(at);
      });
    }
    return found;
  }
  const auto add = [&](Position at) {
    const Position low = std::max<Position>(from - at * kWindow, 0);
    const Position high = std::min(to - at * kWindow, kWindow);
    if (low >= high) return;
    const Window in = window(order_of_all().forward(static_cast<std::uint32_t>(at)));
    if (in.slice != slice) return;
    if (low == 0 && high == kWindow) {  // the usual case: whole blocks
      for (std::uint32_t i = 0; i < in.blocks; ++i) {
        const std::uint32_t begin = block_at(in, i) * kBlock;
        found.add_range(begin, begin + kBlock);
      }
    } else {
      each_in_window(at, low, high, members, [&](Place place, Position) { found.add(within_slice(place)); });
    }
  };
  const Position first = from / kWindow;
  const Position last = (to - 1) / kWindow;
  const std::uint32_t windows = windows_in(blocks_in(numbers_.places, slice));
  if (last - first < windows) {
    for (Position at = first; at <= last; ++at) add(at);
  } else {
    for (std::uint32_t k = 0; k < windows; ++k) add(order_of_all().backward(slice * kSliceWindows + k));
  }
  found &= members;
  return found;
}

std::vector<SliceNo> HandingOrder::slices_between(Position from, Position to) const {
  from = std::max<Position>(from, 0);
  to = std::min(to, end());
  std::vector<SliceNo> slices;
  if (from >= to) return slices;
  const SliceNo all = slices_for(numbers_.places);
  if (singly() || (to - from) / kWindow >= all) {
    for (SliceNo s = 0; s < all; ++s) slices.push_back(s);
    return slices;
  }
  std::set<SliceNo> found;
  for (Position at = from / kWindow; at <= (to - 1) / kWindow; ++at)
    found.insert(order_of_all().forward(static_cast<std::uint32_t>(at)) / kSliceWindows);
  slices.assign(found.begin(), found.end());
  return slices;
}

/// Few are found by looking for each of them, many by going through the positions.
bool HandingOrder::takes_few(std::int64_t about) const {
  constexpr std::int64_t kFew = 16;
  const std::int64_t steps = singly() ? numbers_.places / kFew : windows_of(numbers_.places) * 2;
  return about <= steps;
}

HandingOrder::Taken HandingOrder::take(Position from, Position to, std::size_t most, std::int64_t about,
                                       FunctionRef<const Slice&(SliceNo)> members) const {
  from = std::max<Position>(from, 0);
  to = std::min(to, end());
  if (from >= to || most == 0) return {{}, from};
  if (takes_few(about)) return take_few(from, to, most, members);
  return singly() ? take_singly(from, to, most, members) : take_windows(from, to, most, members);
}

HandingOrder::Taken HandingOrder::take_few(Position from, Position to, std::size_t most,
                                           FunctionRef<const Slice&(SliceNo)> members) const {
  std::vector<std::pair<Position, Place>> found;
  for (SliceNo s = 0; s < slices_for(numbers_.places); ++s)
    members(s).for_each([&](std::uint16_t at) {
      const Place place = place_at(s, at);
      const Position p = position_of(place);
      if (p >= from && p < to) found.emplace_back(p, place);
    });
  Taken taken;
  taken.stop = to;
  if (found.size() > most) {
    std::nth_element(found.begin(), found.begin() + static_cast<std::ptrdiff_t>(most - 1), found.end());
    found.resize(most);
    taken.stop = found.back().first + 1;
  }
  std::sort(found.begin(), found.end());
  taken.places.reserve(found.size());
  for (const auto& [position, place] : found) taken.places.push_back(place);
  return taken;
}

HandingOrder::Taken HandingOrder::take_singly(Position from, Position to, std::size_t most,
                                              FunctionRef<const Slice&(SliceNo)> members) const {
  Taken taken;
  Position p = from;
  for (; p < to && taken.places.size() < most; ++p) {
    const Place place = order_of_all().forward(static_cast<std::uint32_t>(p));
    if (members(slice_of(place)).contains(within_slice(place))) taken.places.push_back(place);
  }
  taken.stop = p;
  return taken;
}

HandingOrder::Taken HandingOrder::take_windows(Position from, Position to, std::size_t most,
                                               FunctionRef<const Slice&(SliceNo)> members) const {
  Taken taken;
  auto& places = taken.places;
  const std::size_t nearly_all = most / 4 * 3;
  std::array<Place, kWindow> by_rank;
  for (Position p = from; p < to;) {
    const Position at = p / kWindow;
    const Position end = std::min(to, (at + 1) * kWindow);
    const SliceNo slice = order_of_all().forward(static_cast<std::uint32_t>(at)) / kSliceWindows;
    by_rank.fill(kNobody);
    std::size_t here = 0;
    each_in_window(at, p % kWindow, end - at * kWindow, members(slice), [&](Place place, Position position) {
      by_rank[static_cast<std::size_t>(position % kWindow)] = place;
      ++here;
    });
    const bool fits = places.size() + here <= most;
    if (!fits && !places.empty() && here <= most && (places.size() >= nearly_all || here >= nearly_all)) {
      taken.stop = p;
      return taken;
    }
    for (Position rank = p % kWindow; here > 0 && rank < kWindow && places.size() < most; ++rank) {
      const Place place = by_rank[static_cast<std::size_t>(rank)];
      if (place == kNobody) continue;
      places.push_back(place);
      if (!fits) taken.stop = at * kWindow + rank + 1;
    }
    if (fits) taken.stop = end;
    if (places.size() == most) return taken;
    p = end;
  }
  return taken;
}

}  // namespace bccast
