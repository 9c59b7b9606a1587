#include "core/same_address.hpp"

#include <algorithm>
#include <optional>
#include <set>
#include <string>

#include "base/error.hpp"
#include "core/passes_by.hpp"
#include "core/set_pages.hpp"
#include "model/retry.hpp"
#include "model/same_address.hpp"

namespace bccast {
namespace {

/// A transaction forgets so many: some milliseconds.
constexpr std::size_t kForgottenTogether = 1000;

Line line_of(const Tables& tables, LineNo no) {
  auto line = tables.work().line(no);
  if (!line) throw Error(Code::corrupt, "a line is missing");
  return std::move(*line);
}

/// The lines of blasts under way that notify, and their channels.
template <typename F>
void for_each_open_line(Tables& tables, ProviderNo provider, F&& f) {
  std::map<ChannelNo, std::optional<Channel>> channels;
  for (const auto& line : tables.work().sound_open_lines(provider)) {
    auto known = channels.find(line.channel_no);
    if (known == channels.end())
      known = channels.emplace(line.channel_no, tables.work().channel(line.channel_no)).first;
    if (known->second && !known->second->delivers) f(line, *known->second);
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

/// The moves on one line.
class Following {
 public:
  Following(Tables& tables, const Context& context, const Line& line, std::string_view channel,
            std::span<const AddressMove* const> moves)
      : tables_(tables), line_(line.no), moves_(moves) {
    std::vector<AddressHash> hashes;
    std::vector<Place> places;
    for (const auto* move : moves) {
      hashes.push_back(move->hash);
      places.push_back(move->at.place);
    }
    const auto found = tables.work().told_addresses(line_, hashes);
    for (const auto hash : hashes) {
      const auto told = or_told(
          [&] {
            const auto* row = found.find(hash);
            return row != nullptr ? std::optional(row->place) : std::nullopt;
          },
          std::optional(ToldAddress::kLeft));
      holders_.emplace(hash, Holder{told, false});
    }
    or_told(
        [&] {
          states_.emplace(tables, context, line_, channel, context.clock.wall_ms());
          states_->read(places);
          return true;
        },
        false);
  }

  void run() {
    for (const auto* move : moves_) (move->leaves ? leave(*move) : share(*move));
    std::vector<ToldAddress> held;
    std::vector<AddressHash> free;
    for (const auto& [hash, holder] : holders_) {
      if (!holder.changed) continue;
      if (holder.place) {
        held.push_back({line_, hash, *holder.place});
      } else {
        free.push_back(hash);
      }
    }
    if (!held.empty()) tables_.work().put_told_addresses(held);
    if (!free.empty()) tables_.work().delete_told_addresses(line_, free);
  }

 private:
  struct Holder {
    std::optional<Place> place;
    bool changed = false;
  };

  void leave(const AddressMove& move) {
    auto& holder = holders_.at(move.hash);
    if (holder.place && holder.place != move.at.place) return;
    const auto state = state_now(move.at.place);
    if (holder.place ? was_handed_out(state) : state == SameAddress::State::told) {
      holder = {ToldAddress::kLeft, true};
    } else if (holder.place) {
      holder = {std::nullopt, true};
    }
  }

  void share(const AddressMove& move) {
    auto& holder = holders_.at(move.hash);
    if (!holder.place && was_handed_out(state_now(move.at.place))) holder = {move.at.place, true};
  }

  SameAddress::State state_now(Place place) {
    constexpr auto kTold = SameAddress::State::told;
    return or_told([&] { return states_ ? states_->look_at(place).state : kTold; }, kTold);
  }

  Tables& tables_;
  const LineNo line_;
  std::span<const AddressMove* const> moves_;
  std::map<AddressHash, Holder> holders_;
  std::optional<SameAddress> states_;  // nothing: damage keeps it from being known
};

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
      claims_(tables.work().sound_claims_of(line_)) {}

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
  const RosterKey key{line_.provider_no, holder};
  if (found.state != State::nothing && !has_address(tables_.directory().entries({&key, 1}), holder, folded))
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
  for (std::optional<Place> last;;) {
    const auto places = tables_.directory().shared_places(line_.provider_no, hash, last, kRowsTogether);
    read(places);
    std::vector<RosterKey> keys;
    for (const auto other : places) keys.push_back({line_.provider_no, other});
    const auto entries = tables_.directory().entries(keys);
    for (const auto other : places)
      if (other != place && look_at(other).state == State::told && has_address(entries, other, folded))
        return other;
    if (places.size() < kRowsTogether) return std::nullopt;
    last = places.back();
  }
}

SameAddress::Found SameAddress::look_at(Place place) {
  if (place >= line_.order.places) return {};  // it was not on the roster yet when the blast was sent
  const auto& of = slice(slice_of(place));
  const auto at = within_slice(place);
  if (!of.recipients.contains(at) || of.skipped.contains(at)) return {};
  const Position position = order_.position_of(place);
  if (position >= line_.cursor) return {State::open, now_ + kGivenBackWait};
  if (const auto found = look_at_item(place)) return *found;
  if (line_.waiting > 0) {  // because of its quiet hours
    for (const auto& [due_at, places] : of.waiting)
      if (places.contains(at)) return {State::open, std::max(due_at, now_) + kGivenBackWait};
  }
  for (const auto& claim : claims_.claims)
    if (position >= claim.from && position < claim.to) return {State::in_flight, now_ + kGivenBackWait};
  if (!claims_.all_sound)
    throw Error(Code::corrupt, "a claim is damaged that may have a recipient whose address others share");
  return {State::told, 0};
}

void SameAddress::read(std::span<const Place> places) {
  std::vector<Place> unread;
  for (const auto place : places)
    if (items_.emplace(place, std::nullopt).second) unread.push_back(place);
  std::sort(unread.begin(), unread.end());
  if (unread.empty()) return;
  for (auto& [place, item] : tables_.work().items_at(line_.no, unread)) items_[place] = std::move(item);
}

std::optional<SameAddress::Found> SameAddress::look_at_item(Place place) {
  read({&place, 1});
  const auto& item = items_.at(place);
  if (!item) return std::nullopt;
  if (item->state == ItemState::claimed) return Found{State::in_flight, look_again(*item, now_)};
  // Of a damaged one nobody was told at any address, and will not be.
  if (item->damaged || item->reason == kDamagedEntry) return Found{State::nothing, 0};
  if (item->state == ItemState::failed) return Found{State::told, 0};
  return Found{State::open, look_again(*item, now_)};
}

const SameAddress::OfSlice& SameAddress::slice(SliceNo s) {
  const auto found = slices_.find(s);
  if (found != slices_.end()) return found->second;
  OfSlice& of = slices_[s];
  of.recipients = tables_.blasts().recipients(line_.provider_no, s, line_.seq);
  for (const auto& skipped : tables_.work().skips(line_, s)) of.skipped |= skipped.places;
  if (line_.waiting > 0)
    for (auto& one : tables_.work().waiting_places(line_.no, s))
      of.waiting.emplace_back(one.wait.due_at, std::move(one.places));
  return of;
}

/// The index has hashes: here the addresses are compared. Of a damaged entry the hash has to do.
bool SameAddress::has_address(const bccast::Found<RosterKey, RosterEntry>& entries, Place other,
                              std::string_view folded) const {
  try {
    const auto* entry = entries.find({line_.provider_no, other});
    return entry != nullptr && folded_address(entry->client.addresses.get(channel_)) == folded;
  } catch (const Error& error) {
    if (!passes_by(tables_, error)) throw;
    return true;
  }
}

bool forget_told_addresses(const Context& context) {
  // Were a part lost with the power, it would be done once more.
  return context.store.write(
      [](Tables& tables) {
        const auto next = tables.peek().work().line_to_forget();
        if (!next) return false;
        tables.lock().lines({&next->no, 1}, {});
        const auto line = tables.work().line(next->no);
        if (!line || line->open) return true;  // it goes on meanwhile: another may be next
        tables.work().forget_told_addresses(line->no, kForgottenTogether);
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

void follow_addresses(Tables& tables, const Context& context, std::span<const AddressMove> moves) {
  std::map<ProviderNo, std::vector<const AddressMove*>> of_providers;
  for (const auto& move : moves) of_providers[move.at.provider_no].push_back(&move);
  for (const auto& one : of_providers) {
    const ProviderNo provider = one.first;
    const auto& of_provider = one.second;
    for_each_open_line(tables, provider, [&](const Line& line, const Channel& channel) {
      std::vector<const AddressMove*> here;
      for (const auto* move : of_provider)
        if (move->channel == channel.name) here.push_back(move);
      if (!here.empty()) Following(tables, context, line, channel.name, here).run();
    });
    // What is still to be forgotten of lines that have ended goes at once.
    std::vector<AddressHash> left;
    for (const auto* move : of_provider)
      if (move->leaves) left.push_back(move->hash);
    if (left.empty()) continue;
    for (const auto line : tables.work().lines_to_forget(provider))
      tables.work().delete_told_addresses(line, left);
  }
}

}  // namespace bccast
