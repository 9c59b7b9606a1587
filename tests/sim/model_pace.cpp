// How fast channels may be worked, and whose address is whose.
#include <algorithm>

#include "model.hpp"

namespace sim {

namespace {

constexpr std::int64_t kToken = 1'000'000;  // an item, so that a millisecond's worth is a whole number

}  // namespace

std::int64_t Pace::most() const {
  return std::max(kToken, rate * 1000);
}

/// A clock that was set may have filled it.
void Pace::count(std::int64_t now, int steps) {
  const auto passed = std::clamp<std::int64_t>(now - counted_at, 0, most() / rate + 1);
  tokens = steps == clock_steps ? std::min(most(), tokens + passed * rate) : most();
  counted_at = now;
  clock_steps = steps;
}

void Pace::give_back() {
  tokens += kToken;  // counting cuts what is too much
}

std::string Model::folded(std::string address) {
  if (address.find('@') == std::string::npos) return address;
  for (char& c : address)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return address;
}

void Model::put_address(PersonNo person, const std::string& channel, const std::string& address) {
  auto& it = people[at(person)];
  if (address.empty()) {
    it.addresses.erase(channel);
    return;
  }
  it.addresses[channel] = address;
  it.had.insert(channel + " " + folded(address));
}

bool Model::share_address(const Item& one, const Item& another) const {
  const auto channel = channels[at(one.channel)].name + " ";
  const auto& had = people[at(another.person)].had;
  return std::ranges::any_of(people[at(one.person)].had, [&](const std::string& address) {
    return address.starts_with(channel) && had.contains(address);
  });
}

bool Model::shares_address(std::size_t number) const {
  const Item& item = items[number];
  const Thread& thread = threads[at(item.thread)];
  if (item.to_provider || item.seq != 1 || thread.kind != Thread::Kind::blast ||
      channels[at(item.channel)].deliver)
    return false;
  return std::ranges::any_of(blasts[at(thread.blast)].recipients, [&](PersonNo other) {
    Item theirs;
    theirs.person = other;
    return other != item.person && share_address(item, theirs);
  });
}

}  // namespace sim
