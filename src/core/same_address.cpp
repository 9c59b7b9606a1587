#include "core/same_address.hpp"

#include <algorithm>
#include <optional>
#include <string>

#include "base/error.hpp"
#include "model/retry.hpp"
#include "model/same_address.hpp"

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

SameAddress::SameAddress(const Tables& tables, const Context& context, LineNo line, std::string_view channel,
                         const Claim* own, Ms now)
    : tables_(tables),
      context_(context),
      line_(line_of(tables, line)),
      order_(line_.order),
      start_(static_cast<Place>(static_cast<std::uint64_t>(line_.order.key) %
                                std::max<Place>(line_.order.places, 1))),
      channel_(channel),
      own_(own),
      now_(now) {
  tables.work().claims_of(line_, [&](const Claim& claim) { claims_.push_back(claim); });
}

bool SameAddress::leaves_out(Assignment& assignment, Place place, std::string_view address) {
  std::string folded = folded_address(address);
  const auto known = answers_.find(folded);
  if (known != answers_.end()) {
    leave_out(assignment, place, known->second);
    return true;
  }
  Answer answer = look(place, address, folded);
  answer.first = assignment.batch.size();
  if (answer.fate != Fate::told) leave_out(assignment, place, answer);
  return answers_.emplace(std::move(folded), answer).first->second.fate != Fate::told;
}

void SameAddress::first_waits(Place place, std::string_view address, Ms until) {
  std::string folded = folded_address(address);
  if (answers_.count(folded) > 0) return;
  Answer answer = look(place, address, folded);
  if (answer.fate != Fate::skip)
    answer = {Fate::wait, std::min(std::max(until, now_) + kGivenBackWait, now_ + kLongestWait), 0};
  answers_.emplace(std::move(folded), answer);
}

bool SameAddress::leaves_out_item(Assignment& assignment, std::size_t item, std::string_view address) {
  if (own_places_.empty())
    for (const auto& one : assignment.items)
      if (one.line_no == line_.no) own_places_.insert(one.thread.place);
  const auto& asked = assignment.items[item];
  const auto answer = look(asked.thread.place, address, folded_address(address), asked.attempts > 0);
  if (answer.fate == Fate::told) return false;
  leave_out(assignment, item, answer);
  return true;
}

void SameAddress::leave_out(Assignment& assignment, std::size_t entry, const Answer& answer) {
  switch (answer.fate) {
    case Fate::told:
      assignment.behind.push_back({entry, answer.first});
      break;
    case Fate::skip:
      assignment.left_out.push_back({entry, SkipReason::same_address});
      break;
    case Fate::wait:
      assignment.deferred.push_back({entry, answer.until});
      break;
  }
}

SameAddress::Answer SameAddress::look(Place place, std::string_view address, const std::string& folded,
                                      bool tried) {
  const Position mine = order_.position_of(place);
  // Places come behind all that was handed out before. Of items one that was tried goes before one that was
  // not, and else they go in the order in which they are met: somebody is always first, and waits for none of
  // those that wait.
  const auto rank = [&](Place one) { return one >= start_ ? one - start_ : one + (kMaxPlaces - start_); };
  const auto goes_before = [&](Place other, Position theirs, const Found& found) {
    if (own_ != nullptr) return theirs < mine;
    return found.tried != tried ? found.tried : rank(other) < rank(place);
  };
  Answer answer;
  const auto meet = [&](Place other) {
    if (other == place || joined_later(other)) return true;
    const Position theirs = order_.position_of(other);
    if (theirs >= line_.cursor) return true;  // whoever is handed out later sees this one
    if (own_ != nullptr && theirs >= own_->from && theirs < own_->to) return true;
    const auto found = look_at(other, theirs < mine);
    if (found.state == State::nothing || !has_address(other, folded)) return true;
    if (found.state == State::told) {
      answer = {Fate::skip, 0, 0};
      return false;
    }
    if (goes_before(other, theirs, found)) {
      answer = {Fate::wait, found.until, 0};
      return false;
    }
    // One behind this one is in flight: it came to this address, or this one did, in the meantime. It goes
    // first, and waits the shorter time when it has to wait as well.
    if (own_ == nullptr && found.state == State::in_flight)
      answer = {Fate::wait, std::max(answer.until, found.until + kGivenBackWait), 0};
    return true;
  };
  // In an order of their own, so that of any number the first one that was told, or waits, ends it.
  const auto hash = context_.address_hash(channel_, address);
  if (tables_.work().is_told_address(line_.no, hash)) return {Fate::skip, 0, 0};
  tables_.directory().shared_places(line_.provider_no, hash, start_, meet);
  return answer;
}

bool SameAddress::was_told(Place place, const std::vector<Place>& others) {
  if (joined_later(place)) return false;
  const Position mine = order_.position_of(place);
  if (mine >= line_.cursor) return false;
  const auto state = look_at(place, true).state;
  if (state != State::in_flight) return state == State::told;
  const auto is_first = [&](const Claim& claim) {
    return std::none_of(others.begin(), others.end(), [&](Place other) {
      if (joined_later(other)) return false;
      const Position theirs = order_.position_of(other);
      return theirs >= claim.from && theirs < mine &&
             slice(slice_of(other)).recipients.contains(within_slice(other));
    });
  };
  return std::all_of(claims_.begin(), claims_.end(), [&](const Claim& claim) {
    return mine < claim.from || mine >= claim.to || is_first(claim);
  });
}

void remember_told(Tables& tables, const Context& context, ProviderNo provider, Place place,
                   std::string_view channel, AddressHash hash, bool indexed) {
  std::optional<std::vector<Place>> others;  // read when a blast is under way
  for (const auto& line : tables.work().open_lines(provider)) {
    const auto of = tables.work().channel(line.channel_no);
    if (!of || of->delivers || of->name != channel) continue;
    if (!others) {
      others.emplace();
      tables.directory().shared_places(provider, hash, 0, [&](Place other) {
        others->push_back(other);
        return true;
      });
      if (std::erase(*others, place) == 0 && indexed) return;  // it has the address alone
    }
    if (SameAddress(tables, context, line.no, channel, nullptr, context.clock.wall_ms())
            .was_told(place, *others))
      tables.work().insert_told_address(line.no, hash);
  }
}

SameAddress::Found SameAddress::look_at(Place other, bool earlier) {
  const auto& of = slice(slice_of(other));
  const auto at = within_slice(other);
  if (!of.recipients.contains(at) || of.skipped.contains(at)) return {};
  // Who was left out for an earlier one stands for it, which may have another address by now.
  if (of.skipped_here.contains(at)) return {earlier ? State::told : State::nothing, 0};
  std::optional<Found> found;
  tables_.work().items_of_line(line_.no, other, other + 1, [&](const Item& item) {
    if (item.damaged) throw Error(Code::corrupt, "an item of the blast is damaged");
    if (item.state == ItemState::failed) {
      // Whose entry could not be read was not told at any address.
      found = {item.reason == kDamagedEntry ? State::nothing : State::told, 0};
    } else {
      // One of the own claim is nobody's yet: among those the order alone decides.
      const bool in_flight = item.state == ItemState::claimed && own_places_.count(other) == 0;
      found = {in_flight ? State::in_flight : State::open, look_again(item, now_), item.attempts > 0};
    }
    return false;
  });
  if (found) return *found;
  if (line_.waiting > 0) {  // because of its quiet hours
    tables_.work().waiting_places(line_.no, slice_of(other), [&](const Wait& wait, const Slice& places) {
      if (places.contains(at)) found = {State::open, std::max(wait.due_at, now_) + kGivenBackWait};
    });
    if (found) return *found;
  }
  const Position position = order_.position_of(other);
  for (const auto& claim : claims_)
    if (position >= claim.from && position < claim.to) return {State::in_flight, now_ + kGivenBackWait};
  return {State::told, 0};
}

const SameAddress::OfSlice& SameAddress::slice(SliceNo s) {
  const auto found = slices_.find(s);
  if (found != slices_.end()) return found->second;
  OfSlice& of = slices_[s];
  of.recipients = tables_.blasts().recipients(line_.provider_no, s, line_.seq);
  tables_.work().skips(line_, s, [&](SkipReason reason, const Slice& places) {
    (reason == SkipReason::same_address ? of.skipped_here : of.skipped) |= places;
  });
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

}  // namespace bccast
