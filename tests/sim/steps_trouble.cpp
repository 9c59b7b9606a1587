// Time, faults and crashes; and how it all must come to its end.
#include <algorithm>
#include <array>
#include <set>

#include "check.hpp"
#include "events.hpp"
#include "table.hpp"
#include "world.hpp"

namespace sim {
namespace {

constexpr std::int64_t kSecond = 1000;
constexpr std::int64_t kMinute = 60 * kSecond;
constexpr std::int64_t kDay = 24 * 60 * kMinute;
constexpr std::int64_t kTwoLeases = 2 * kMinute;

void wait(World& world, const Step& step) {
  constexpr std::array<std::int64_t, 10> kTimes{10,           kSecond,      6 * kSecond, 20 * kSecond,
                                                61 * kSecond, 61 * kSecond, 4 * kMinute, 16 * kMinute,
                                                60 * kMinute, kDay};
  const auto ms = kTimes[step.a % kTimes.size()];
  world.clock.pass_ms(ms);
  world.trace("wait " + std::to_string(ms));
}

void step_clock(World& world, const Step& step) {
  constexpr std::array<std::int64_t, 6> kSteps{kSecond,      30 * kSecond, 10 * kMinute,
                                               90 * kMinute, kDay,         365 * kDay};
  auto ms = kSteps[step.a % kSteps.size()];
  if (step.b % 2 == 0 && world.clock.wall_ms() > Clock::kStart - 2 * 365 * kDay) ms = -ms;
  world.clock.step_ms(ms);
  world.trace("step " + std::to_string(ms));
}

/// Items that a process which is gone had in its hands, and that nothing keeps from being taken up again.
std::vector<std::size_t> orphans(const World& world) {
  const Model& model = world.model;
  const auto failing = failing_channels(world.engine());
  std::vector<std::size_t> them;
  for (std::size_t i = 0; i < model.items.size(); ++i) {
    const Item& item = model.items[i];
    const Channel& way = model.channels[Model::at(item.channel)];
    if (!item.uncertain || item.batch != -1 || item.extended || item.dropped || item.seq != 1 ||
        way.removed || way.paused)
      continue;
    if (item.clock_steps != world.clock.steps || failing.contains(way.name)) continue;
    if (way.name == channel_name(kChannelNames - 1) || world.has_its_fill(item.channel))
      continue;  // nobody takes it
    if (way.pace.rate > 0 || way.pace.concurrency > 0 || way.pace.quiet || item.may_share) continue;
    const Thread& thread = model.threads[Model::at(item.thread)];
    if (thread.kind != Thread::Kind::blast || model.people[Model::at(item.person)].erased) continue;
    if (model.blasts[Model::at(thread.blast)].state != Blast::State::sent) continue;
    if (model.blasts[Model::at(thread.blast)].channels.size() > 1 && world.has_deliverer && !way.deliver)
      continue;
    them.push_back(i);
  }
  return them;
}

/// What the library says has become of a blast's notification or delivery.
std::string state_of(const World& world, const Item& item) {
  const Model& model = world.model;
  const auto& blast = model.blasts[Model::at(model.threads[Model::at(item.thread)].blast)];
  bccast_rows* raw = nullptr;
  const auto code = bccast_blast_why(world.engine(), model.providers[Model::at(blast.provider)].id.c_str(),
                                     blast.id.c_str(), model.people[Model::at(item.person)].id.c_str(), &raw);
  require(code == BCCAST_OK, "R4", bccast_error_message());
  const Table rows(raw);
  for (std::size_t row = 0; row < rows.size(); ++row)
    if (rows.text(row, "channel") == model.channels[Model::at(item.channel)].name)
      return rows.text(row, "state");
  return {};
}

/// R4: what was in flight when a process went is taken up again within two leases.
void recover(World& world) {
  Disk::instance().heal();
  Disk::instance().drop_plan();
  world.mood = Mood::good;
  const auto them = orphans(world);
  world.trace("recover " + std::to_string(them.size()));
  // Of what was reported after all, or left out, the planted fault would not show.
  const bool in_flight = std::ranges::any_of(
      them, [&](std::size_t i) { return state_of(world, world.model.items[i]) == "in_flight"; });
  const bool idle = in_flight && world.plant(Plant::orphan_left);
  for (std::int64_t passed = 0; passed <= kTwoLeases; passed += 10 * kSecond) {
    if (!idle) world.pump(0, 0);
    world.clock.pass_ms(10 * kSecond);
  }
  for (const auto i : them) {
    const Item& item = world.model.items[i];
    const auto state = state_of(world, item);
    require(state != "pending" && state != "in_flight", "R4",
            "an orphan is " + state + " after two leases: " + item.id.substr(0, 8));
  }
}

void arm(World& world, const Step& step) {
  constexpr std::array kKinds{Fault::write, Fault::write, Fault::full, Fault::sync,
                              Fault::sync,  Fault::lock,  Fault::read};
  const auto kind = kKinds[step.a % kKinds.size()];
  const bool for_ever = step.c % 3 == 0;
  Disk::instance().arm(kind, 1 + step.b % 12, for_ever);
  world.trace(std::string("fault ") + kFaultNames[static_cast<std::size_t>(kind)] +
              (for_ever ? " for ever" : ""));
}

}  // namespace

void trouble_step(World& world, const Step& step) {
  switch (step.kind) {
    case Kind::wait:
      return wait(world, step);
    case Kind::step_clock:
      return step_clock(world, step);
    case Kind::fault:
      return arm(world, step);
    case Kind::heal:
      Disk::instance().heal();
      return;
    case Kind::crash:
    case Kind::power_loss:
      return world.crash(step.kind == Kind::power_loss);
    case Kind::crash_within:
      return world.plan_crash(1 + step.a % 25, step.b % 3 == 0);
    case Kind::reopen:
      Disk::instance().heal();
      Disk::instance().drop_plan();
      return world.reopen();
    case Kind::recover:
      return recover(world);
    case Kind::checkpoint:
      world.act(
          "checkpoint", {BCCAST_OK, BCCAST_E_BUSY}, [&] { return bccast_operate_checkpoint(world.engine()); },
          [](Model&) {});
      return;
    case Kind::backup:
      return world.back_up();
    case Kind::restore:
      return world.restore_backup();
    case Kind::probe: {
      const CalmDisk calm;
      return check_probes(world, world.model, world.prng);
    }
    default:
      return;
  }
}

// ---- The end

namespace {

/// Who of a blast is still waiting.
std::string print_open(World& world, const Blast& blast) {
  std::string all;
  for (const char* state : {"pending", "in_flight", "retry"}) {
    bccast_rows* raw = nullptr;
    const auto code = bccast_blast_recipients(
        world.engine(), world.model.providers[Model::at(blast.provider)].id.c_str(), blast.id.c_str(),
        (std::string("state=") + state).c_str(), nullptr, 1000, &raw);
    require(code == BCCAST_OK, "R5", bccast_error_message());
    const Table rows(raw);
    for (std::size_t i = 0; i < rows.size(); ++i) all += "; " + rows.print(i);
  }
  return all;
}

std::string print_channels(const World& world) {
  bccast_rows* raw = nullptr;
  require(bccast_channel_list(world.engine(), &raw) == BCCAST_OK, "R5", bccast_error_message());
  const Table rows(raw);
  std::string all;
  for (std::size_t i = 0; i < rows.size(); ++i) all += "; " + rows.print(i);
  return all;
}

/// What has not come to its end; empty: all has.
std::string not_ended(World& world) {
  const Model& model = world.model;
  for (std::size_t i = 0; i < model.blasts.size(); ++i) {
    const auto& blast = model.blasts[i];
    if (blast.state == Blast::State::scheduled) return "the blast " + blast.id.substr(0, 8) + " is scheduled";
    if (!blast.sent()) continue;
    check_blast(world, world.model, static_cast<BlastNo>(i));
    if (!blast.finished) return "the blast " + blast.id.substr(0, 8) + print_open(world, blast);
  }
  for (const auto& item : model.items) {
    if (item.ended() || item.dropped || item.may_be_left_out() || item.given || item.alike) continue;
    const auto& thread = model.threads[Model::at(item.thread)];
    return "message " + std::to_string(item.seq) + " in thread " + thread.id.substr(0, 8) + " for " +
           (item.to_provider ? model.providers[Model::at(thread.provider)].id
                             : model.people[Model::at(item.person)].id) +
           " on " + model.channels[Model::at(item.channel)].name;
  }
  return {};
}

}  // namespace

void World::finish() {
  trace("finish");
  recover(*this);
  while (!held.empty()) {
    const auto last = held.size() - 1;
    if (held[last].reported < held[last].items.size()) complete(last, 0, nullptr);
    free_batch(last);
  }
  let_all_go(*this);
  free_channels(*this);
  mood = Mood::good;
  constexpr int kRounds = 400;
  constexpr std::int64_t kLongest = 60 * kMinute;
  constexpr int kPatience = 20;  // rounds without anything new
  int idle = 0;
  int given = tally_.given;
  for (int round = 0;; ++round) {
    check_schedules(*this, model, false);
    const auto left = not_ended(*this);
    if (left.empty()) break;
    require(round < kRounds, "R5", "it does not come to its end: " + left + print_channels(*this));
    pump(0, 0);
    for (std::size_t i = 0; i < kChannelNames; ++i) {
      const std::string name = channel_name(i);
      if (i < kHandled || (name == "chat" && has_deliverer)) continue;
      while (claim(name, 0)) {
        complete(held.size() - 1, 0, nullptr);
        free_batch(held.size() - 1);
      }
    }
    std::int64_t next = 0;
    require(bccast_next(engine_, &next) == BCCAST_OK, "next", bccast_error_message());
    // What is claimed is not in `next`, and its lease or a retry may be a day away when the clock was stepped
    // back; who waits for it looks every second.
    const auto soon = next < 0 ? kMinute * (round + 1) : std::clamp<std::int64_t>(next, 1, kLongest);
    idle = tally_.given == given ? idle + 1 : 0;
    given = tally_.given;
    clock.pass_ms(idle < kPatience ? soon : std::max(soon, kMinute * (idle - kPatience)));
    model.note_reasons();
  }
  check_all(*this, model);
  check_events(*this);
  check_store(*this);
}

}  // namespace sim
