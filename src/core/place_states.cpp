#include "core/place_states.hpp"

namespace bccast {

Slice places_between(const Rotation& rotation, SliceNo slice, Position from, Position to) {
  Slice places;
  rotation.for_each_run(from, to, [&](SliceNo s, std::uint32_t begin, std::uint32_t end, Position) {
    if (s == slice) places.add_range(begin, end);
    return true;
  });
  return places;
}

PlaceStates place_states(const Tables& tables, const Line& line, const std::vector<Claim>& claims,
                         SliceNo slice, const Slice& recipients) {
  PlaceStates states;
  const Rotation rotation = line.rotation();
  Slice rest = recipients & places_between(rotation, slice, 0, line.cursor);
  states[PlaceState::pending] = recipients - rest;
  for (std::size_t r = 0; r < kSkipReasons.size(); ++r) {
    states.skipped_by[r] = tables.work().skipped(line, slice, kSkipReasons[r]) & rest;
    states[PlaceState::skipped] |= states.skipped_by[r];
  }
  rest -= states[PlaceState::skipped];
  if (line.waiting > 0)
    tables.work().waiting_places(line.no, slice, [&](Ms due_at, const Slice& places) {
      states[PlaceState::pending] |= places;
      rest -= places;
      states.waiting.emplace_back(due_at, places);
    });
  tables.work().items_of_line(line.no, place_at(slice, 0), place_at(slice + 1, 0), [&](const Item& item) {
    const auto state = item.state == ItemState::failed    ? PlaceState::failed
                       : item.state == ItemState::claimed ? PlaceState::in_flight
                       : item.attempts == 0               ? PlaceState::pending
                                                          : PlaceState::retry;
    states[state].add(within_slice(item.thread.place));
    rest.remove(within_slice(item.thread.place));
    states.items.push_back(item);
  });
  for (const auto& claim : claims) {
    const Slice in_flight = rest & places_between(rotation, slice, claim.from, claim.to);
    states[PlaceState::in_flight] |= in_flight;
    rest -= in_flight;
  }
  states[PlaceState::done] = rest;
  return states;
}

}  // namespace bccast
