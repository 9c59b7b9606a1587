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
  const Digest digest = some_digest(world, number, step.c);
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
  if (!digest.fits) {
    if (allowed.front() == BCCAST_OK) allowed.clear();
    allowed.push_back(BCCAST_E_CONFLICT);
  }
  const bool promised = !digest.text.empty();
  const auto code = world.act(
      "schedule " + blast.id.substr(0, 8) + " in " + std::to_string(ahead), allowed,
      [&] {
        return bccast_blast_schedule(world.engine(), provider.c_str(), blast.id.c_str(), at,
                                     promised ? digest.text.c_str() : nullptr);
      },
      [=](Model& to) {
        auto& it = to.blasts[Model::at(number)];
        it.state = State::scheduled;
        it.scheduled_at = at;
        it.held = false;
        ++it.sendings;
        it.promised = digest.of;
        it.due = at + it.deadline_ms;
        it.late = false;
      });
  check_refused(world, code);
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
  verb(world, number, {"unschedule", bccast_blast_unschedule}, allowed, [=](Model& to) {
    auto& it = to.blasts[Model::at(number)];
    it.state = State::draft;
    it.held = false;
    it.due = kUnknown;
  });
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

/// Far ahead of all clocks, or before the first.
void purge_all(World& world, bool all) {
  const auto before = all ? Clock::kStart + 20 * 366 * 24 * kHour : 1;
  std::int64_t expected = 0;
  for (const auto& blast : world.model.blasts)
    if (all && blast.state == State::recalled && !blast.purged) ++expected;
  std::int64_t count = 0;
  const auto code = world.act(
      "purge_all", {BCCAST_OK, BCCAST_PARTIAL},
      [&] { return bccast_operate_purge(world.engine(), before, &count); },
      [=](Model& to) {
        for (auto& blast : to.blasts)
          if (all && blast.state == State::recalled) blast.purged = true;
      },
      true);
  if (code == BCCAST_OK && !world.asking_again())
    require(count == expected, "R1",
            std::to_string(count) + " blasts were purged, not " + std::to_string(expected));
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

void check_refused(World& world, std::int32_t code) {
  require(code != BCCAST_E_CONFLICT || !world.plant(Plant::digest_is_ignored), "code",
          "what has changed since the preview was taken");
}

Digest some_digest(World& world, BlastNo number, std::uint32_t how) {
  Digest digest;
  if (how % 3 == 1) return digest;
  Blast& blast = world.model.blasts[Model::at(number)];
  if (!blast.text || blast.sent() || blast.state == State::discarded) return digest;
  const Blast::Shown now{world.model.audience(blast), *blast.text};
  if (how % 6 == 2 && blast.looked) {
    digest.text = blast.looked->first;
    digest.of = blast.looked->second;
  } else {
    const CalmDisk calm;
    bccast_rows* raw = nullptr;
    const auto code = bccast_blast_preview(
        world.engine(), world.model.providers[Model::at(blast.provider)].id.c_str(), blast.id.c_str(), &raw);
    require(code == BCCAST_OK, "code", std::string("preview: ") + bccast_error_message());
    digest.text = Table(raw).text(0, "digest");
    blast.looked = {digest.text, now};
    digest.of = now;
    if (how % 6 == 5) {
      digest.text.back() = digest.text.back() == '0' ? '1' : '0';
      digest.of.reset();
    }
  }
  digest.fits = digest.of == now;
  return digest;
}

void policy_step(World& world, const Step& step) {
  if (step.kind == Kind::purge_all) return purge_all(world, step.a % 3 != 0);
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
