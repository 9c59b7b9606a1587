#include "core/same_address.hpp"

#include <algorithm>

#include "base/error.hpp"
#include "core/passes_by.hpp"
#include "core/set_pages.hpp"
#include "model/retry.hpp"
#include "model/same_address.hpp"

namespace bccast {
namespace {

/// A transaction forgets so many: some milliseconds.
constexpr std::size_t kForgottenTogether = 1000;

}  // namespace

void SameAddress::add(ProviderNo provider, LineNo line, Place place, std::string_view address) {
  OfLine& of = lines_[line];
  of.provider = provider;
  of.of_place.emplace(place, context_.address_hash(channel_, address));
}

void SameAddress::add_item(const Item& item, std::string_view address) {
  add(item.provider_no, item.line_no, item.thread.place, address);
  OfLine& of = lines_.at(item.line_no);
  of.of_items.insert(of.of_place.at(item.thread.place));
}

bool SameAddress::leaves_out(Assignment& assignment, LineNo line, Place place) {
  const AddressOnLine address{line, lines_.at(line).of_place.at(place)};
  Answer& answer = ask(assignment, address, place);
  if (answer.holder == place) {
    answer = {Does::tell, 0, place, assignment.batch.size()};
    assignment.addresses.emplace(place, address.hash);
    return false;
  }
  if (answer.first) {
    assignment.behind.push_back({place, *answer.first});
  } else if (answer.does == Does::skip) {
    assignment.left_out.push_back({place, SkipReason::same_address});
  } else {
    assignment.deferred.push_back({place, answer.until});
  }
  return true;
}

bool SameAddress::leaves_out_item(Assignment& assignment, std::size_t item) {
  const Item& asks = assignment.items[item];
  const Place place = asks.thread.place;
  const AddressOnLine address{asks.line_no, lines_.at(asks.line_no).of_place.at(place)};
  Answer& answer = ask(assignment, address, place);
  if (answer.holder == place) {
    answer = {Does::wait, now_ + kGivenBackWait, place, {}};  // for whoever comes after it
    assignment.addresses.emplace(item, address.hash);
    return false;
  }
  if (answer.does == Does::skip) {
    assignment.left_out.push_back({item, SkipReason::same_address});
  } else {
    assignment.deferred.push_back({item, answer.until});
  }
  return true;
}

SameAddress::Answer& SameAddress::ask(Assignment& assignment, AddressOnLine address, Place place) {
  const auto known = answers_.find(address);
  if (known != answers_.end()) return known->second;
  const auto answer = look(assignment, address, place);
  return answers_.emplace(address, answer).first->second;
}

SameAddress::Answer SameAddress::look(Assignment& assignment, AddressOnLine address, Place place) {
  const auto hold = [&](Place holder, bool told, std::optional<Place> instead) {
    assignment.holds.push_back({{address.line_no, address.hash, holder, told}, instead});
  };
  const auto* held = row(address);
  if (held == nullptr || held->is_free()) {
    const auto told = who_was_told(address);
    hold(told.value_or(place), told.has_value(), held != nullptr ? std::optional(held->place) : std::nullopt);
    return {told ? Does::skip : Does::tell, 0, told.value_or(place), {}};
  }
  if (held->place == place) return {Does::tell, 0, place, {}};
  if (held->told) return {Does::skip, 0, held->place, {}};
  const auto fate = so_far(address.line_no).of(held->place);
  switch (fate.state) {
    case ToldSoFar::State::told:
      return {Does::skip, 0, held->place, {}};
    case ToldSoFar::State::open:
    case ToldSoFar::State::in_flight:
      return {Does::wait, fate.until, held->place, {}};
    case ToldSoFar::State::nothing:
      break;
  }
  hold(place, false, held->place);
  return {Does::tell, 0, place, {}};
}

const ToldAddress* SameAddress::row(AddressOnLine address) {
  if (!rows_) {
    std::set<AddressOnLine> all;
    for (const auto& [no, line] : lines_)
      for (const auto& [place, hash] : line.of_place) all.insert({no, hash});
    rows_ = tables_.work().told_addresses(std::vector(all.begin(), all.end()));
  }
  return rows_->find(address);
}

ToldSoFar& SameAddress::so_far(LineNo no) {
  OfLine& line = lines_.at(no);
  if (line.so_far) return *line.so_far;
  std::vector<Place> holders;
  for (const auto& [place, hash] : line.of_place) {
    const AddressOnLine address{no, hash};
    if (rows_->is_damaged(address)) continue;
    const auto* held = rows_->find(address);
    if (held != nullptr && !held->told && !held->is_free()) holders.push_back(held->place);
  }
  return line.so_far.emplace(tables_, no, now_, holders);
}

std::optional<Place> SameAddress::who_was_told(AddressOnLine address) {
  OfLine& line = lines_.at(address.line_no);
  if (line.of_items.count(address.hash) == 0) return std::nullopt;
  const auto place_in = [&](const std::map<AddressHash, Place>& told) {
    const auto found = told.find(address.hash);
    return found != told.end() ? std::optional(found->second) : std::nullopt;
  };
  if (!line.told_before && !line.told_alone) {
    try {
      line.told_before = told_before(address.line_no, line, line.of_items);
    } catch (const Error& error) {
      if (!passes_by(tables_, error)) throw;
      line.told_alone = true;
    }
  }
  return place_in(line.told_before ? *line.told_before : told_before(address.line_no, line, {address.hash}));
}

std::map<AddressHash, Place> SameAddress::told_before(LineNo no, const OfLine& line,
                                                      const std::set<AddressHash>& of_items) {
  std::map<AddressHash, Place> told;
  std::vector<AddressHash> hashes;
  for (const auto hash : of_items) {
    if (rows_->is_damaged({no, hash})) continue;
    const auto* held = rows_->find({no, hash});
    if (held == nullptr || held->is_free()) hashes.push_back(hash);
  }
  std::optional<AddressRow> last;
  for (bool more = true; more;) {
    const auto page = tables_.directory().shared_places(line.provider, hashes, last, kRowsTogether);
    more = page.size() == kRowsTogether;
    if (more) last = page.back();
    if (page.empty()) break;
    std::vector<Place> places;
    std::vector<RosterKey> keys;
    for (const auto& one : page) {
      places.push_back(one.place);
      keys.push_back({line.provider, one.place});
    }
    ToldSoFar so_far(tables_, no, now_, places);
    const auto entries = tables_.directory().entries(keys);
    for (const auto& one : page)
      if (told.count(one.hash) == 0 && so_far.of(one.place).state == ToldSoFar::State::told &&
          has_address(entries, {line.provider, one.place}, one.hash))
        told.emplace(one.hash, one.place);
  }
  return told;
}

/// A row of the index says so, and has no sum. Of a damaged entry it has to do.
bool SameAddress::has_address(const Found<RosterKey, RosterEntry>& entries, const RosterKey& key,
                              AddressHash hash) const {
  try {
    const auto* entry = entries.find(key);
    return entry != nullptr && context_.address_hash(channel_, entry->client.addresses.get(channel_)) == hash;
  } catch (const Error& error) {
    if (!passes_by(tables_, error)) throw;
    return true;
  }
}

bool forget_told_addresses(const Context& context) {
  // Were a part lost with the power, it would be done once more.
  return context.write(
      verb::forget_addresses, {},
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
  std::set<LineNo> numbers;
  for (const auto& hold : assignment.holds) numbers.insert(hold.address.line_no);
  const auto lines = tables.work().lines(std::vector(numbers.begin(), numbers.end()));
  return std::ranges::all_of(numbers, [&](LineNo no) {
    const auto* line = lines.find(no);
    if (line == nullptr) throw Error(Code::corrupt, "a line is missing");
    return line->open;
  });
}

namespace {

void put_sorted(Tables& tables, std::vector<ToldAddress> addresses) {
  std::ranges::sort(addresses, {}, &ToldAddress::key);
  if (!addresses.empty()) tables.work().put_told_addresses(addresses);
}

}  // namespace

bool hold_addresses(Tables& tables, const Assignment& assignment) {
  std::vector<ToldAddress> fresh;
  std::vector<ToldAddress> instead;
  std::vector<AddressOnLine> held;
  for (const auto& hold : assignment.holds) {
    (hold.instead ? instead : fresh).push_back(hold.address);
    if (hold.instead) held.push_back(hold.address.key());
  }
  if (!held.empty()) {
    const auto rows = tables.work().told_addresses(held);
    for (const auto& hold : assignment.holds) {
      if (!hold.instead) continue;
      const auto* row = rows.find(hold.address.key());
      if (row == nullptr || row->place != *hold.instead || row->told) return false;
    }
    put_sorted(tables, std::move(instead));
  }
  std::ranges::sort(fresh, {}, &ToldAddress::key);
  return fresh.empty() || std::ranges::all_of(tables.work().insert_told_addresses(fresh),
                                              [](bool inserted) { return inserted; });
}

void store_holds(Tables& tables, const Assignment& assignment) {
  std::vector<ToldAddress> held;
  for (const auto& hold : assignment.holds) held.push_back(hold.address);
  put_sorted(tables, std::move(held));
}

void untell(Tables& tables, const Context& context, const Line& line, Place place) {
  const auto entry = tables.directory().entry(line.provider_no, place);
  if (line.kind != LineKind::notify || !entry || (entry->flags & flag::shares_address) == 0) return;
  const auto channel = tables.work().channel(line.channel_no);
  if (!channel) return;
  const auto hash = context.address_hash(channel->name, entry->client.addresses.get(channel->name));
  const ToldAddress again{line.no, hash, place, false};
  tables.work().mark_told({&again, 1});
}

}  // namespace bccast
