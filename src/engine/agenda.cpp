#include "engine/agenda.hpp"

#include <algorithm>
#include <cstdlib>

#include "core/events.hpp"

namespace bccast {
namespace {

/// A clock that was set by more than this was stepped: nothing drifts as far between two looks.
constexpr Ms kStep = 60'000;
/// Then schedules wait so long for it to be set right again, or to stay as it is.
constexpr std::int64_t kHeldUs = 300'000'000;
/// While something is scheduled the clocks are compared at least so often.
constexpr Ms kLookEvery = 60'000;

}  // namespace

bool Agenda::compare_clocks() {
  const std::int64_t monotonic_us = context_.clock.monotonic_us();
  const Ms apart = context_.clock.wall_ms() - monotonic_us / 1000;
  bool stepped = false;
  {
    const std::lock_guard lock(mutex_);
    stepped = apart_ && std::abs(apart - *apart_) > kStep;
    apart_ = apart;
    if (stepped) held_until_us_ = monotonic_us + kHeldUs;
  }
  if (stepped)
    context_.store.write([&](Tables& tables) { emit(tables, context_, EventKind::clock_stepped, 0, 0); });
  const bool held = held_for_us() > 0;
  context_.schedules_held = held;
  return held;
}

std::int64_t Agenda::held_for_us() {
  const std::lock_guard lock(mutex_);
  return held_until_us_ ? *held_until_us_ - context_.clock.monotonic_us() : 0;
}

bool Agenda::has_pinned_log_to_say() {
  const bool pinned = context_.store.log_is_pinned();
  const std::lock_guard lock(mutex_);
  said_pinned_ = said_pinned_ && pinned;
  return pinned && !said_pinned_;
}

bool Agenda::say_log_is_pinned() {
  if (!has_pinned_log_to_say()) return false;
  context_.store.write([&](Tables& tables) { emit(tables, context_, EventKind::log_pinned, 0, 0); });
  const std::lock_guard lock(mutex_);
  said_pinned_ = true;
  return true;
}

std::size_t Agenda::run(std::int64_t until_us) {
  std::size_t done = say_log_is_pinned() ? 1 : 0;
  do {
    BlastTables::Agenda next;
    context_.store.read([&](const Tables& tables) { next = tables.blasts().agenda(); });
    const bool held = compare_clocks();
    const Ms now = context_.clock.wall_ms();
    bool did = false;
    if (next.schedule && *next.schedule <= now && !held) {
      did = scheduling_.send_due();
    } else if (next.deadline && *next.deadline < now) {
      did = overdue_.say_next();
    } else if (next.to_sweep) {
      did = control_.sweep();
    }
    if (!did) break;
    ++done;
  } while (context_.clock.monotonic_us() < until_us);
  return done;
}

std::optional<Ms> Agenda::next_due() {
  if (has_pinned_log_to_say()) return 0;
  BlastTables::Agenda next;
  context_.store.read([&](const Tables& tables) { next = tables.blasts().agenda(); });
  if (next.to_sweep) return 0;
  const Ms now = context_.clock.wall_ms();
  std::optional<Ms> in;
  const auto consider = [&](Ms ms) {
    if (!in || ms < *in) in = std::max<Ms>(ms, 0);
  };
  if (next.schedule) {
    const auto held_for = held_for_us();
    consider(std::min(kLookEvery, held_for > 0 ? held_for / 1000 + 1 : *next.schedule - now));
  }
  if (next.deadline) consider(*next.deadline + 1 - now);
  return in;
}

}  // namespace bccast
