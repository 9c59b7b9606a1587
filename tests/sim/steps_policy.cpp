// Sending later, holding up, taking back.
#include <array>
#include <memory>

#include "check.hpp"
#include "table.hpp"
#include "world.hpp"

namespace sim {
namespace {

using State = Blast::State;

struct Verb {
  const char* name;
  std::int32_t (*call)(bccast_engine*, const char*, const char*);
};

bool archived(const World& world, const Blast& blast) {
  return world.model.providers[Model::at(blast.provider)].archived;
}

/// A verb without anything of its own, and what it does where it is allowed.
void verb(World& world, BlastNo number, const Verb& what, std::vector<std::int32_t> allowed,
          const World::Effect& effect) {
  const auto& blast = world.model.blasts[Model::at(number)];
  const auto& provider = world.model.providers[Model::at(blast.provider)].id;
  world.act(
      std::string(what.name) + " " + blast.id.substr(0, 8), std::move(allowed),
      [&] { return what.call(world.engine(), provider.c_str(), blast.id.c_str()); }, effect, true);
}

void schedule(World& world, BlastNo number, const Step& step) {
  const auto& blast = world.model.blasts[Model::at(number)];
  const auto& provider = world.model.providers[Model::at(blast.provider)].id;
  constexpr std::array<std::int64_t, 9> kAhead{
      1, 1000, 30'000, 61'000, 600'000, 3'000'000, 90'000'000, -1, 367LL * 24 * 3'600'000};
  const auto ahead = kAhead[step.b % kAhead.size()];
  std::string digest;
  if (step.c % 3 == 0) {
    const CalmDisk calm;
    bccast_rows* raw = nullptr;
    if (bccast_blast_preview(world.engine(), provider.c_str(), blast.id.c_str(), &raw) == BCCAST_OK) {
      const Table rows(raw);
      digest = rows.text(0, "digest");
    }
  }
  const bool open = blast.state == State::draft || blast.state == State::scheduled;
  std::vector<std::int32_t> allowed{BCCAST_OK};
  if (blast.state == State::discarded) allowed = {BCCAST_E_NOT_FOUND};
  if (!open && blast.state != State::discarded) allowed = {BCCAST_E_STATE};
  if (open && (ahead <= 0 || ahead > 366LL * 24 * 3'600'000)) allowed = {BCCAST_E_ARGUMENT};
  if (!blast.text || archived(world, blast)) {
    if (allowed.front() == BCCAST_OK) allowed.clear();
    allowed.push_back(BCCAST_E_STATE);
  }
  const auto at = world.clock.wall_ms() + ahead;
  const bool promised = !digest.empty();
  world.act(
      "schedule " + blast.id.substr(0, 8) + " in " + std::to_string(ahead), allowed,
      [&] {
        return bccast_blast_schedule(world.engine(), provider.c_str(), blast.id.c_str(), at,
                                     promised ? digest.c_str() : nullptr);
      },
      [=](Model& to) {
        auto& it = to.blasts[Model::at(number)];
        it.state = State::scheduled;
        it.scheduled_at = at;
        ++it.sendings;
        it.promised.reset();
        if (promised) it.promised.emplace(to.audience(it), *it.text);
      });
}

void recall(World& world, BlastNo number) {
  const auto& blast = world.model.blasts[Model::at(number)];
  std::vector<std::int32_t> allowed{BCCAST_OK};
  if (blast.state == State::recalled) allowed = {BCCAST_EXISTS};
  if (!blast.sent()) allowed = {BCCAST_E_STATE};
  if (blast.state == State::discarded) allowed = {BCCAST_E_NOT_FOUND};
  if (archived(world, blast)) {
    if (allowed.front() == BCCAST_OK) allowed.clear();
    allowed.push_back(BCCAST_E_STATE);
  }
  verb(world, number, {"recall", bccast_blast_recall}, allowed, [=](Model& to) { to.recall(number); });
}

/// `open`: of what is not finished.
void hold_up(World& world, BlastNo number, bool pause) {
  const auto& blast = world.model.blasts[Model::at(number)];
  {
    const CalmDisk calm;
    check_blast(world, world.model, number);  // whether it is finished by now
  }
  const bool open = (blast.state == State::sent && !blast.finished) || blast.state == State::paused;
  std::vector<std::int32_t> allowed{BCCAST_OK};
  if (blast.state == (pause ? State::paused : State::sent)) allowed = {BCCAST_EXISTS};
  if (!open) allowed = {BCCAST_E_STATE};
  if (blast.state == State::discarded) allowed = {BCCAST_E_NOT_FOUND};
  if (archived(world, blast)) allowed.insert(allowed.begin(), BCCAST_E_STATE);
  verb(world, number, pause ? Verb{"pause", bccast_blast_pause} : Verb{"resume", bccast_blast_resume},
       allowed, [=](Model& to) { to.blasts[Model::at(number)].state = pause ? State::paused : State::sent; });
}

void unschedule(World& world, BlastNo number) {
  const auto& blast = world.model.blasts[Model::at(number)];
  std::vector<std::int32_t> allowed{BCCAST_OK};
  if (blast.state == State::draft) allowed = {BCCAST_EXISTS};
  if (blast.sent()) allowed = {BCCAST_E_STATE};
  if (blast.state == State::discarded) allowed = {BCCAST_E_NOT_FOUND};
  if (archived(world, blast)) allowed.insert(allowed.begin(), BCCAST_E_STATE);
  verb(world, number, {"unschedule", bccast_blast_unschedule}, allowed,
       [=](Model& to) { to.blasts[Model::at(number)].state = State::draft; });
}

void purge(World& world, BlastNo number) {
  const auto& blast = world.model.blasts[Model::at(number)];
  std::vector<std::int32_t> allowed{BCCAST_OK, BCCAST_PARTIAL};
  if (blast.state != State::recalled) allowed = {BCCAST_E_STATE};
  if (blast.purged) allowed = {BCCAST_EXISTS};
  if (blast.state == State::discarded) allowed = {BCCAST_E_NOT_FOUND};
  verb(world, number, {"purge", bccast_blast_purge}, allowed,
       [=](Model& to) { to.blasts[Model::at(number)].purged = true; });
}

std::optional<BlastNo> one_of(const World& world, std::uint32_t number, bool sent) {
  const auto& blasts = world.model.blasts;
  for (std::size_t i = 0; i < blasts.size(); ++i) {
    const auto one = (number + i) % blasts.size();
    const bool fits = sent ? blasts[one].sent() && blasts[one].state != State::recalled
                           : blasts[one].state == State::draft || blasts[one].state == State::scheduled;
    if (fits && !blasts[one].id.empty()) return static_cast<BlastNo>(one);
  }
  return std::nullopt;
}

}  // namespace

void policy_step(World& world, const Step& step) {
  if (step.kind < Kind::schedule || step.kind > Kind::purge || world.model.blasts.empty()) return;
  const bool sent = step.kind >= Kind::pause;
  auto number = one_of(world, step.a, sent);
  if (!number || step.c % 8 == 0 || step.kind == Kind::purge)
    number = static_cast<BlastNo>(step.a % world.model.blasts.size());
  if (world.model.blasts[Model::at(*number)].id.empty()) return;
  switch (step.kind) {
    case Kind::schedule:
      return schedule(world, *number, step);
    case Kind::unschedule:
      return unschedule(world, *number);
    case Kind::pause:
    case Kind::resume:
      return hold_up(world, *number, step.kind == Kind::pause);
    case Kind::recall:
      return recall(world, *number);
    case Kind::purge:
      return purge(world, *number);
    default:
      return;
  }
}

/// The end waits so long for what is scheduled: its rounds are of a minute, the library's longest sleep
/// before one.
constexpr std::int64_t kWithinTheEnd = 5 * 60 * 60 * 1000;

void let_all_go(World& world) {
  for (std::size_t i = 0; i < world.model.blasts.size(); ++i) {
    const auto number = static_cast<BlastNo>(i);
    const Blast& blast = world.model.blasts[i];
    if (blast.state == State::scheduled && blast.scheduled_at - world.clock.wall_ms() > kWithinTheEnd)
      unschedule(world, number);
    if (blast.state == State::paused && !archived(world, blast)) hold_up(world, number, false);
  }
}

}  // namespace sim
