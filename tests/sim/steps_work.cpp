// The queue: pump, claims, channels, reports.
#include <algorithm>
#include <memory>

#include "check.hpp"
#include "events.hpp"
#include "table.hpp"
#include "world.hpp"

namespace sim {
namespace {

using Answer = Item::Answer;

constexpr std::size_t kMostHeld = 6;

void pump(World& world, const Step& step) {
  world.mood = step.a % 4 == 0 ? Mood::good : Mood::any;
  const std::uint32_t items = step.b % 3 == 0 ? 1 + step.b / 3 % 20 : 0;
  const std::uint32_t budget = step.c % 5 == 0 ? 1 + step.c / 5 % 1000 : 0;
  world.pump(items, budget);
}

void complete(World& world, const Step& step) {
  if (world.held.empty()) return;
  const auto index = step.a % world.held.size();
  const Held& it = world.held[index];
  const auto left = it.items.size() - it.reported;
  if (left == 0) {
    if (it.retracts && it.ended) return world.free_batch(index);
    if (it.retracts && step.b % 2 == 0) world.complete(index, 0, nullptr);
    if (it.retracts) return;  // by now it may be another's place
    if (step.b % 2 == 0)
      require(bccast_batch_complete(it.batch, 0, nullptr) < 0, "R3", "a batch was reported twice");
    return world.free_batch(index);
  }
  if (step.b % 7 == 0)
    require(bccast_batch_complete(it.batch, left + 1, nullptr) < 0, "R3", "more was reported than was given");
  const auto n = step.b % 3 == 0 ? 0 : 1 + step.b / 3 % left;
  if (step.c % 4 == 0) return world.complete(index, n, nullptr);
  Prng how(step.c);
  std::vector<std::int32_t> statuses(n == 0 ? left : n);
  for (auto& status : statuses)
    status = how.percent(50) ? BCCAST_ITEM_DONE : static_cast<std::int32_t>(how.below(5));
  world.complete(index, n, &statuses);
}

void extend(World& world, const Step& step) {
  if (world.held.empty()) return;
  const Held it = world.held[step.a % world.held.size()];
  if (it.reported == it.items.size()) return;
  bool lost = false;
  bool unclear = false;
  for (auto i = it.reported; i < it.items.size(); ++i) {
    const Item& item = world.model.items[it.items[i]];
    unclear = unclear || item.dropped || item.unclear || item.may_be_left_out();
    lost = lost || item.batch != it.number || item.round != it.rounds[i];
  }
  const std::int64_t ms = 1 + step.b % 600'000;
  std::vector<std::int32_t> allowed{lost ? BCCAST_E_CONFLICT : BCCAST_OK};
  if (unclear || (lost && it.reported > 0)) allowed = {BCCAST_OK, BCCAST_E_CONFLICT};
  for (const auto i : it.items) world.model.items[i].extended = true;
  const auto until = world.clock.wall_ms() + ms;
  const auto steps = world.clock.steps;
  world.act(
      "extend by " + std::to_string(ms), allowed, [&] { return bccast_batch_extend(it.batch, ms); },
      [=](Model& to) {
        for (const auto i : it.items) {
          if (to.items[i].batch != it.number) continue;
          to.items[i].lease_until = until;
          to.items[i].clock_steps = steps;
        }
      });
}

void send_again(Item& item) {
  item.stored = item.open = item.unclear = false;
  item.uncertain = true;
  item.answer = Answer::none;
  ++item.round;
}

/// The items that have failed, by what the library says.
std::vector<std::size_t> failed_items(World& world, const Blast& blast) {
  const auto& provider = world.model.providers[Model::at(blast.provider)].id;
  bccast_rows* raw = nullptr;
  const auto code = bccast_blast_recipients(world.engine(), provider.c_str(), blast.id.c_str(),
                                            "state=failed", nullptr, 1000, &raw);
  require(code == BCCAST_OK, "R5", bccast_error_message());
  const Table rows(raw);
  std::vector<std::size_t> them;
  for (std::size_t row = 0; row < rows.size(); ++row)
    for (std::size_t i = 0; i < world.model.items.size(); ++i) {
      const Item& item = world.model.items[i];
      if (item.seq == 1 && world.model.threads[Model::at(item.thread)].id == rows.text(row, "thread") &&
          world.model.channels[Model::at(item.channel)].name == rows.text(row, "channel"))
        them.push_back(i);
    }
  return them;
}

void retry_failed(World& world, const Step& step) {
  std::vector<BlastNo> sent;
  for (std::size_t i = 0; i < world.model.blasts.size(); ++i)
    if (world.model.blasts[i].sent()) sent.push_back(static_cast<BlastNo>(i));
  if (sent.empty()) return;
  const auto number = sent[step.a % sent.size()];
  const Blast& blast = world.model.blasts[Model::at(number)];
  const auto& provider = world.model.providers[Model::at(blast.provider)];
  std::vector<std::size_t> them;
  {
    const CalmDisk calm;
    them = failed_items(world, blast);
  }
  const bool unclear = std::ranges::any_of(them, [&](std::size_t i) {
    const Item& item = world.model.items[i];
    return item.dropped || world.model.channels[Model::at(item.channel)].removed ||
           world.model.people[Model::at(item.person)].erased;
  });
  const bool refused = provider.archived || blast.state == Blast::State::recalled;
  std::vector<std::int32_t> allowed{refused ? BCCAST_E_STATE : them.empty() ? BCCAST_DONE : BCCAST_OK};
  if (unclear && !refused) allowed.insert(allowed.end(), {BCCAST_DONE, BCCAST_OK});
  std::int64_t count = 0;
  const auto code = world.act(
      "retry_failed " + blast.id.substr(0, 8), allowed,
      [&] {
        return bccast_blast_retry_failed(world.engine(), provider.id.c_str(), blast.id.c_str(), &count);
      },
      [=](Model& to) {
        for (const auto i : them) send_again(to.items[i]);
        auto& it = to.blasts[Model::at(number)];
        if (!them.empty()) it.finished = it.late = false;
        it.due = kUnknown;
        ++it.sendings;
      });
  if (code == BCCAST_OK && !unclear)
    require(count == static_cast<std::int64_t>(them.size()), "R5",
            "retry_failed says " + std::to_string(count) + ", not " + std::to_string(them.size()));
}

/// Nothing is done where the manual leaves open what the state is.
void report(World& world, const Step& step) {
  if (world.model.items.empty()) return;
  const auto index = step.a % world.model.items.size();
  const Item item = world.model.items[index];
  const Thread& thread = world.model.threads[Model::at(item.thread)];
  if (item.id.empty() || item.alike || item.dropped || item.uncertain || item.unclear) return;
  if (world.model.channels[Model::at(item.channel)].removed) return;
  if (world.model.providers[Model::at(thread.provider)].archived) return;
  if (item.person != -1 && world.model.people[Model::at(item.person)].erased) return;
  if (item.stored && item.answer == Answer::skipped) return;
  if (!item.ended() && (item.may_be_left_out() || item.tries > 0)) return;
  const bool of_blast = thread.kind == Thread::Kind::blast && item.seq == 1;
  if (of_blast && world.model.blasts[Model::at(thread.blast)].state == Blast::State::recalled) return;
  constexpr std::array kStatuses{BCCAST_ITEM_FAILED, BCCAST_ITEM_RETRY, BCCAST_ITEM_DONE};
  const auto status = kStatuses[step.b % 3];
  std::int32_t expected = BCCAST_OK;
  if (!item.ended()) {
    expected = BCCAST_E_STATE;
  } else if (item.answer == Answer::done && !of_blast) {
    expected = BCCAST_E_NOT_FOUND;
  } else if ((item.answer == Answer::done && status == BCCAST_ITEM_DONE) ||
             (item.answer == Answer::failed && status == BCCAST_ITEM_FAILED)) {
    expected = BCCAST_EXISTS;
  }
  world.act(
      "report " + item.id.substr(0, 8) + " " + std::to_string(status), {expected},
      [&] { return bccast_report(world.engine(), item.id.c_str(), status, "bounced"); },
      [=](Model& to) {
        Item& it = to.items[index];
        if (status == BCCAST_ITEM_RETRY) {
          send_again(it);
          if (of_blast) to.blasts[Model::at(to.threads[Model::at(it.thread)].blast)].finished = false;
        } else {
          it.answer = status == BCCAST_ITEM_DONE ? Answer::done : Answer::failed;
        }
      });
}

void wake(World& world) {
  if (world.excused(bccast_wake(world.engine()), 0)) return;
  const auto code = bccast_wait(world.engine(), 0);
  require(code == BCCAST_OK || world.excused(code, 0), "next",
          std::string("wait after wake gave ") + bccast_code_name(code));
}

}  // namespace

void work_step(World& world, const Step& step) {
  switch (step.kind) {
    case Kind::pump:
      return pump(world, step);
    case Kind::claim:
      if (world.held.size() < kMostHeld)
        world.claim(channel_name(step.a), step.b % 3 == 0 ? 0 : 1 + step.b % 8);
      return;
    case Kind::complete:
      return complete(world, step);
    case Kind::extend:
      return extend(world, step);
    case Kind::give_back:
      return world.held.empty() ? void() : world.free_batch(step.a % world.held.size());
    case Kind::retry_failed:
      return retry_failed(world, step);
    case Kind::report:
      return report(world, step);
    case Kind::events:
      return look_at_events(world, step.a, 1 + step.b % 30);
    case Kind::acknowledge:
      return acknowledge_event(world, step.a, step.b);
    case Kind::wake:
      return wake(world);
    default:
      return;
  }
}

}  // namespace sim
