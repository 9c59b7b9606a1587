// What a batch may hold: P12, and the pace of its channel. After each claim.
#include <algorithm>
#include <set>

#include "check.hpp"
#include "table.hpp"

namespace sim {
namespace {

using Answer = Item::Answer;

constexpr std::int64_t kToken = 1'000'000;
constexpr std::int64_t kMinute = 60'000;
constexpr std::int64_t kDayMinutes = 24 * 60;
/// A claim was made a moment ago: while the disk was locked the clock went on.
constexpr std::int64_t kMomentMs = 10'000;

/// Of the zones that are used here.
std::int64_t offset_of(const std::string& zone) {
  return zone == "Etc/GMT-5" ? 5 * 60 : zone == "Etc/GMT+7" ? -7 * 60 : 0;
}

bool is_quiet(const std::pair<int, int>& hours, const std::string& zone, std::int64_t at_ms) {
  const auto minute = (at_ms / kMinute + offset_of(zone)) % kDayMinutes;
  const auto [from, to] = hours;
  return from < to ? minute >= from && minute < to : minute >= from || minute < to;
}

/// Whether another item, given before, keeps this one from being told at an address.
bool stands_for(const Item& other, const std::string& address) {
  if (other.told_at.contains(address)) return true;
  // What a crash left open goes again with its batch, and whoever is the first there then is told.
  if (!other.given || other.uncertain || other.dropped || other.may_skip) return false;
  if (Model::folded(other.address) != address) return false;
  // In flight, or it may have been told; else it was not, and the other may come first.
  return (other.open && !other.stored && other.answer == Answer::none) || other.answer == Answer::done ||
         other.answer == Answer::failed;
}

/// P12: nobody else of the blast was told at this address, or is being told.
void check_address(World& world, const Model& model, const Item& item, const std::string& what) {
  const Thread& thread = model.threads[Model::at(item.thread)];
  if (thread.kind != Thread::Kind::blast || item.seq != 1 || item.to_provider || item.alike) return;
  const auto address = Model::folded(item.address);
  for (const auto& [person, own] : model.blasts[Model::at(thread.blast)].threads) {
    if (person == item.person) continue;
    const auto found = model.items_of.find(own);
    if (found == model.items_of.end()) continue;
    for (const auto i : found->second) {
      const Item& other = model.items[i];
      if (other.seq != 1 || other.channel != item.channel || other.to_provider || other.alike) continue;
      const bool twice = other.given && world.plant(Plant::address_told_twice);
      require(!twice && !stands_for(other, address), "P12", what + ": another was told at its address");
    }
  }
}

void check_quiet(World& world, const Model& model, const Item& item, const std::string& what) {
  const Channel& way = model.channels[Model::at(item.channel)];
  if (!way.pace.quiet) return;
  const auto& provider = model.providers[Model::at(model.threads[Model::at(item.thread)].provider)];
  const auto& own = item.to_provider ? provider.zone : model.people[Model::at(item.person)].zone;
  const auto& zone = own.empty() ? provider.zone : own;
  const auto now = world.clock.wall_ms();
  const bool quiet = is_quiet(*way.pace.quiet, zone, now) && is_quiet(*way.pace.quiet, zone, now - kMomentMs);
  require(!quiet && !world.plant(Plant::quiet_is_told), "quiet", what + ": told in its quiet hours");
}

/// How many batches of a channel are in the host's hands, by all that is known.
std::int64_t in_flight(const World& world, const Model& model, ChannelNo channel) {
  return std::ranges::count_if(world.held, [&](const Held& it) {
    if (it.channel != channel || it.retracts || it.reported == it.items.size()) return false;
    const Item& last = model.items[it.items.back()];
    return last.batch == it.number && last.open && !last.stored && last.clock_steps == world.clock.steps &&
           last.lease_until - kMomentMs > world.clock.wall_ms();
  });
}

}  // namespace

void check_turn(World& world, const Model& model, std::size_t number) {
  const Item& item = model.items[number];
  const Channel& way = model.channels[Model::at(item.channel)];
  if (way.deliver) return;
  const std::string what = "item " + item.id.substr(0, 8) + " on " + way.name;
  check_address(world, model, item, what);
  check_quiet(world, model, item, what);
}

void check_pace(World& world, Model& model, const Held& batch) {
  Channel& way = model.channels[Model::at(batch.channel)];
  auto count = static_cast<std::int64_t>(batch.items.size());
  way.pace.given += count;
  if (way.pace.rate > 0) {
    if (world.plant(Plant::rate_is_ignored)) count = way.pace.most() / kToken + 1;
    way.pace.count(world.clock.wall_ms(), world.clock.steps);
    way.pace.tokens -= count * kToken;
    require(way.pace.tokens >= 0, "rate", "more was given on " + way.name + " than its rate allows");
  }
  if (way.pace.concurrency > 0) {
    auto open = in_flight(world, model, batch.channel);
    if (world.plant(Plant::concurrency_is_ignored)) open = way.pace.concurrency;
    require(open < way.pace.concurrency, "concurrency", "more batches at once than " + way.name + " allows");
  }
}

void learn_pauses(World& world, Model& model) {
  constexpr std::int64_t kFewest = 50;  // attempts to judge by
  bccast_rows* raw = nullptr;
  require(bccast_channel_list(world.engine(), &raw) == BCCAST_OK, "directory", bccast_error_message());
  const Table rows(raw);
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const auto known = model.channel(rows.text(i, "channel"));
    if (!known || rows.number(i, "paused") == 0) continue;
    Channel& way = model.channels[Model::at(*known)];
    if (way.paused) continue;
    require(way.pace.pauses && way.pace.given >= kFewest, "directory", way.name + " is paused for no reason");
    way.paused = true;
    world.trace("  paused " + way.name);
  }
}

}  // namespace sim
