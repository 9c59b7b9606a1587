#include "core/same_address.hpp"

#include <algorithm>
#include <optional>
#include <set>
#include <string>

#include "base/error.hpp"
#include "model/retry.hpp"
#include "model/same_address.hpp"

namespace bccast {
namespace {

/// A transaction forgets so many: some milliseconds.
constexpr std::size_t kRowsTogether = 1000;

Line line_of(const Tables& tables, LineNo no) {
  auto line = tables.work().line(no);
  if (!line) throw Error(Code::corrupt, "a line is missing");
  return std::move(*line);
}

/// The lines of blasts under way that notify on a channel.
template <typename F>
void for_each_open_line(Tables& tables, ProviderNo provider, std::string_view channel, F&& f) {
  for (const auto& line : tables.work().sound_open_lines(provider)) {
    const auto of = tables.work().channel(line.channel_no);
    if (of && !of->delivers && of->name == channel) f(line);
  }
}

bool was_handed_out(SameAddress::State state) {
  return state == SameAddress::State::told || state == SameAddress::State::in_flight;
}

/// What damage keeps from being known counts as told: nobody is told twice, and it keeps nobody from being
/// changed or erased.
template <typename F>
auto or_told(const F& look, decltype(look()) told) {
  try {
    return look();
  } catch (const Error& error) {
    if (error.code() != Code::corrupt || error.native() != 0) throw;
    return told;
  }
}

SameAddress::State state_now(const Tables& tables, const Context& context, const Line& line,
                             std::string_view channel, Place place) {
  return or_told(
      [&] {
        return SameAddress(tables, context, line.no, channel, context.clock.wall_ms()).look_at(place).state;
      },
      SameAddress::State::told);
}

std::optional<ToldAddress> held_now(const Tables& tables, LineNo line, AddressHash hash) {
  return or_told([&] { return tables.work().told_address(line, hash); },
                 ToldAddress{line, hash, ToldAddress::kLeft});
}

}  // namespace

Ms look_again(const Item& item, Ms now) {
  const Ms soon = now + kGivenBackWait;
  const Ms then = item.state == ItemState::waiting ? item.due_at + kGivenBackWait : soon;
  return std::min(std::max(then, soon), now + kLongestWait);
}

SameAddress::SameAddress(const Tables& tables, const Context& context, LineNo line, std::string_view channel,
                         Ms now)
    : tables_(tables),
      context_(context),
      line_(line_of(tables, line)),
      order_(line_.order),
      channel_(channel),
      now_(now),
      all_claims_sound_(
          tables.work().sound_claims_of(line_, [&](const Claim& claim) { claims_.push_back(claim); })) {}

bool SameAddress::leaves_out(Assignment& assignment, Place place, std::string_view address) {
  Answer& answer = ask(assignment, place, address, false);
  if (answer.holder == place) answer = {Fate::told, 0, place, assignment.batch.size()};
  if (answer.first && answer.holder != place) {
    assignment.behind.push_back({place, *answer.first});
    return true;
  }
  if (answer.fate == Fate::skip) assignment.left_out.push_back({place, SkipReason::same_address});
  if (answer.fate == Fate::wait) assignment.deferred.push_back({place, answer.until});
  return answer.fate != Fate::told;
}

bool SameAddress::leaves_out_item(Assignment& assignment, std::size_t item, std::string_view address) {
  const Place place = assignment.items[item].thread.place;
  Answer& answer = ask(assignment, place, address, true);
  if (answer.holder == place) {
    answer = {Fate::wait, now_ + kGivenBackWait, place, {}};  // for whoever comes after it
    return false;
  }
  if (answer.fate == Fate::skip) assignment.left_out.push_back({item, SkipReason::same_address});
  if (answer.fate == Fate::wait) assignment.deferred.push_back({item, answer.until});
  return answer.fate != Fate::told;
}

SameAddress::Answer& SameAddress::ask(Assignment& assignment, Place place, std::string_view address,
                                      bool is_item) {
  std::string folded = folded_address(address);
  const auto known = answers_.find(folded);
  if (known != answers_.end()) return known->second;
  const auto answer = look(assignment, place, address, folded, is_item);
  return answers_.emplace(std::move(folded), answer).first->second;
}

SameAddress::Answer SameAddress::look(Assignment& assignment, Place place, std::string_view address,
                                      const std::string& folded, bool is_item) {
  const auto hash = context_.address_hash(channel_, address);
  const auto hold = [&](Place holder, std::optional<Place> instead) {
    assignment.holds.push_back({{line_.no, hash, holder}, instead});
  };
  const auto held = tables_.work().told_address(line_.no, hash);
  if (!held) {
    const auto told = is_item ? who_was_told(place, hash, folded) : std::nullopt;
    hold(told.value_or(place), std::nullopt);
    if (told) return {Fate::skip, 0, told, {}};
    return {Fate::told, 0, place, {}};
  }
  const Place holder = held->place;
  if (holder == place) return {Fate::told, 0, place, {}};
  if (holder == ToldAddress::kLeft) return {Fate::skip, 0, {}, {}};
  const auto found = look_at(holder);
  if (found.state != State::nothing && !has_address(holder, folded))
    return {Fate::told, 0, place, {}};  // another address with the same hash
  switch (found.state) {
    case State::told:
      return {Fate::skip, 0, holder, {}};
    case State::open:
    case State::in_flight:
      return {Fate::wait, found.until, holder, {}};
    case State::nothing:
      break;
  }
  hold(place, holder);
  return {Fate::told, 0, place, {}};
}

std::optional<Place> SameAddress::who_was_told(Place place, AddressHash hash, const std::string& folded) {
  std::optional<Place> told;
  tables_.directory().shared_places(line_.provider_no, hash, [&](Place other) {
    if (other == place || look_at(other).state != State::told || !has_address(other, folded)) return true;
    told = other;
    return false;
  });
  return told;
}

SameAddress::Found SameAddress::look_at(Place place) {
  if (place >= line_.order.places) return {};  // it was not on the roster yet when the blast was sent
  const auto& of = slice(slice_of(place));
  const auto at = within_slice(place);
  if (!of.recipients.contains(at) || of.skipped.contains(at)) return {};
  const Position position = order_.position_of(place);
  if (position >= line_.cursor) return {State::open, now_ + kGivenBackWait};
  std::optional<Found> found;
  tables_.work().items_of_line(line_.no, place, place + 1, [&](const Item& item) {
    if (item.state == ItemState::claimed) {
      found = {State::in_flight, look_again(item, now_)};
    } else if (item.damaged || item.reason == kDamagedEntry) {
      found = {State::nothing, 0};  // it was told at no address, and will not be
    } else if (item.state == ItemState::failed) {
      found = {State::told, 0};
    } else {
      found = {State::open, look_again(item, now_)};
    }
    return false;
  });
  if (found) return *found;
  if (line_.waiting > 0) {  // because of its quiet hours
    tables_.work().waiting_places(line_.no, slice_of(place), [&](const Wait& wait, const Slice& places) {
      if (places.contains(at)) found = {State::open, std::max(wait.due_at, now_) + kGivenBackWait};
    });
    if (found) return *found;
  }
  for (const auto& claim : claims_)
    if (position >= claim.from && position < claim.to) return {State::in_flight, now_ + kGivenBackWait};
  if (!all_claims_sound_)
    throw Error(Code::corrupt, "a claim is damaged that may have a recipient whose address others share");
  return {State::told, 0};
}

const SameAddress::OfSlice& SameAddress::slice(SliceNo s) {
  const auto found = slices_.find(s);
  if (found != slices_.end()) return found->second;
  OfSlice& of = slices_[s];
  of.recipients = tables_.blasts().recipients(line_.provider_no, s, line_.seq);
  tables_.work().skips(line_, s, [&](SkipReason, const Slice& places) { of.skipped |= places; });
  return of;
}

/// The index has hashes: here the addresses are compared. Of a damaged entry the hash has to do.
bool SameAddress::has_address(Place other, std::string_view folded) const {
  try {
    const auto entry = tables_.directory().entry(line_.provider_no, other);
    return entry && folded_address(entry->client.addresses.get(channel_)) == folded;
  } catch (const Error& error) {
    if (error.code() != Code::corrupt) throw;
    return true;
  }
}

bool forget_told_addresses(const Context& context) {
  // Were a part lost with the power, it would be done once more.
  return context.store.write(
      [](Tables& tables) {
        const auto line = tables.work().line_to_forget();
        if (!line) return false;
        tables.work().forget_told_addresses(line->no, kRowsTogether);
        tables.work().update_line(*line);
        return true;
      },
      Durability::relaxed);
}

bool may_hold_addresses(const Tables& tables, const Assignment& assignment) {
  std::set<LineNo> lines;
  for (const auto& hold : assignment.holds) lines.insert(hold.address.line_no);
  return std::ranges::all_of(lines, [&](LineNo no) { return line_of(tables, no).open; });
}

bool hold_addresses(Tables& tables, const Assignment& assignment) {
  return std::ranges::all_of(assignment.holds, [&](const Assignment::Hold& hold) {
    return tables.work().hold_address(hold.address, hold.instead);
  });
}

void leave_address(Tables& tables, const Context& context, ProviderNo provider, Place place,
                   std::string_view channel, AddressHash hash) {
  for_each_open_line(tables, provider, channel, [&](const Line& line) {
    const auto held = held_now(tables, line.no, hash);
    if (held && held->place != place) return;
    const auto state = state_now(tables, context, line, channel, place);
    if (held ? was_handed_out(state) : state == SameAddress::State::told) {
      tables.work().put_told_address({line.no, hash, ToldAddress::kLeft});
    } else if (held) {
      tables.work().delete_told_address(line.no, hash);
    }
  });
  // What is still to be forgotten of lines that have ended goes at once.
  for (const auto line : tables.work().lines_to_forget(provider))
    tables.work().delete_told_address(line, hash);
}

void share_address(Tables& tables, const Context& context, ProviderNo provider, Place alone,
                   std::string_view channel, AddressHash hash) {
  for_each_open_line(tables, provider, channel, [&](const Line& line) {
    if (held_now(tables, line.no, hash)) return;
    if (was_handed_out(state_now(tables, context, line, channel, alone)))
      tables.work().put_told_address({line.no, hash, alone});
  });
}

}  // namespace bccast
