#include "core/place_states.hpp"

#include <algorithm>
#include <optional>
#include <utility>

#include "base/error.hpp"
#include "core/set_pages.hpp"

namespace bccast {

SliceStates::SliceStates(const Tables& tables, const Line& line, const std::vector<Claim>& claims,
                         SliceNo slice, const Slice& audience, const LineSlices::Of& stored)
    : tables_(tables), line_(line), slice_(slice), items_(stored.items) {
  const HandingOrder order(line.order);
  rest_ = order.between(slice, audience, 0, line.cursor);
  not_handed_out_ = audience - rest_;
  for (const auto& one : stored.skips) {
    Slice& skipped = states_.skipped_by[index_of(one.reason)];
    skipped = one.places & rest_;
    states_[PlaceState::skipped] |= skipped;
  }
  rest_ -= states_[PlaceState::skipped];
  for (const auto& one : stored.waiting) {
    not_handed_out_ |= one.places;
    rest_ -= one.places;
    states_.waiting.emplace_back(one.wait, one.places);
  }
  for (const auto& claim : claims) {
    Slice in_claim = order.between(slice, rest_, claim.from, claim.to);
    if (!in_claim.empty()) in_claims_.push_back(std::move(in_claim));
  }
}

void SliceStates::start() {
  for (const auto state : {PlaceState::in_flight, PlaceState::retry, PlaceState::failed})
    states_[state].clear();
  states_[PlaceState::pending] = not_handed_out_;
  states_.items.clear();
}

void SliceStates::finish(Slice rest) {
  for (const auto& in_claim : in_claims_) {
    const Slice in_flight = rest & in_claim;
    states_[PlaceState::in_flight] |= in_flight;
    rest -= in_flight;
  }
  states_[PlaceState::done] = rest;
}

const PlaceStates& SliceStates::count() {
  start();
  states_[PlaceState::failed] = items_.failed;
  states_[PlaceState::pending] |= items_.open;
  finish(rest_ - (items_.open | items_.failed));
  return states_;
}

void SliceStates::add(std::uint16_t at, const Item& item, Slice& rest) {
  if (item.damaged) throw Error(Code::corrupt, "an item of the blast is damaged");
  const auto state = item.state == ItemState::failed    ? PlaceState::failed
                     : item.state == ItemState::claimed ? PlaceState::in_flight
                     : item.attempts == 0               ? PlaceState::pending
                                                        : PlaceState::retry;
  states_[state].add(at);
  rest.remove(at);
  states_.items.push_back(item);
}

void SliceStates::set(std::span<const ItemAt> items) {
  start();
  Slice rest = rest_;
  for (const auto& one : items) add(within_slice(one.place), one.item, rest);
  finish(std::move(rest));
}

std::uint32_t SliceStates::read(std::uint32_t begin, std::uint32_t end, std::size_t most) {
  start();
  Slice rest = rest_;
  std::optional<Place> from = place_at(slice_, begin);
  const Place behind = place_at(slice_, end);
  while (from && states_.items.size() < most) {
    const auto room = std::min(most - states_.items.size(), kRowsTogether);
    const auto page = tables_.work().items_of_line(line_.no, *from, behind, room);
    for (const auto& item : page.items) add(within_slice(item.thread.place), item, rest);
    from = page.next;
  }
  finish(std::move(rest));
  return from ? within_slice(*from) : end;
}

PlaceStates place_states(const Tables& tables, const Line& line, const std::vector<Claim>& claims,
                         SliceNo slice, const Slice& audience) {
  SliceStates states(tables, line, claims, slice, audience);
  states.read(0, Slice::kPlaces, SliceStates::kAll);
  return states.states();
}

}  // namespace bccast
