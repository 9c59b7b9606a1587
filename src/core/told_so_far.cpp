#include "core/told_so_far.hpp"

#include <algorithm>

#include "base/error.hpp"
#include "core/set_pages.hpp"
#include "model/retry.hpp"

namespace bccast {
namespace {

Line line_of(const Tables& tables, LineNo no) {
  auto line = tables.work().line(no);
  if (!line) throw Error(Code::corrupt, "a line is missing");
  return std::move(*line);
}

}  // namespace

Ms look_again(const Item& item, Ms now) {
  const Ms soon = now + kGivenBackWait;
  const Ms then = item.state == ItemState::waiting ? item.due_at + kGivenBackWait : soon;
  return std::min(std::max(then, soon), now + kLongestWait);
}

ToldSoFar::ToldSoFar(const Tables& tables, LineNo line, Ms now, std::span<const Place> places)
    : tables_(tables),
      line_(line_of(tables, line)),
      order_(line_.order),
      now_(now),
      claims_(tables.work().sound_claims_of(line_)) {
  std::vector<Place> sorted(places.begin(), places.end());
  std::sort(sorted.begin(), sorted.end());
  sorted.erase(std::unique(sorted.begin(), sorted.end()), sorted.end());
  for_each_page(std::span<const Place>(sorted), [&](std::span<const Place> page, std::size_t) {
    for (auto& one : tables.work().items_at(line, page))
      items_.insert_or_assign(one.place, std::move(one.item));
  });
}

ToldSoFar::Fate ToldSoFar::of(Place place) {
  if (place >= line_.order.places) return {};  // it was not on the roster yet when the blast was sent
  const auto& of = slice(slice_of(place));
  const auto at = within_slice(place);
  if (!of.audience.contains(at) || of.skipped.contains(at)) return {};
  const Position position = order_.position_of(place);
  if (position >= line_.cursor) return {State::open, now_ + kGivenBackWait};
  if (const auto fate = of_item(place)) return *fate;
  for (const auto& [due_at, places] : of.waiting)
    if (places.contains(at)) return {State::open, std::max(due_at, now_) + kGivenBackWait};
  for (const auto& claim : claims_.claims)
    if (position >= claim.from && position < claim.to) return {State::in_flight, now_ + kGivenBackWait};
  if (!claims_.all_sound)
    throw Error(Code::corrupt, "a claim is damaged that may have a recipient whose address others share");
  return {State::told, 0};
}

std::optional<ToldSoFar::Fate> ToldSoFar::of_item(Place place) const {
  const auto found = items_.find(place);
  if (found == items_.end()) return std::nullopt;
  const Item& item = found->second;
  if (item.state == ItemState::claimed) return Fate{State::in_flight, look_again(item, now_)};
  // Of a damaged one nobody was told at any address, and will not be.
  if (item.damaged || item.reason == kDamagedEntry) return Fate{State::nothing, 0};
  if (item.state == ItemState::failed) return Fate{State::told, 0};
  return Fate{State::open, look_again(item, now_)};
}

const ToldSoFar::OfSlice& ToldSoFar::slice(SliceNo s) {
  const auto [found, is_new] = slices_.try_emplace(s);
  OfSlice& of = found->second;
  if (!is_new) return of;
  of.audience = tables_.work().audience(line_, s);
  for (const auto& skipped : tables_.work().skips(line_, s)) of.skipped |= skipped.places;
  if (line_.waiting > 0)
    for (auto& one : tables_.work().waiting_places(line_.no, s))
      of.waiting.emplace_back(one.wait.due_at, std::move(one.places));
  return of;
}

}  // namespace bccast
