#include "engine/agenda.hpp"

#include <algorithm>
#include <cstdlib>
#include <exception>

#include "base/error.hpp"
#include "core/debts.hpp"
#include "core/events.hpp"
#include "core/holding.hpp"
#include "core/same_address.hpp"

namespace bccast {
namespace {

/// A clock that was set by more than this was stepped: nothing drifts as far between two looks.
constexpr Ms kStep = 60'000;
/// Then schedules wait so long for it to be set right again, or to stay as it is.
constexpr std::int64_t kStepWaitUs = 300'000'000;
/// While something is scheduled the clocks are compared at least so often.
constexpr Ms kLookEvery = 60'000;
/// A log that somebody keeps from being emptied is tried again so soon, then each time after twice as long.
constexpr std::int64_t kFirstWaitUs = 1'000'000;
constexpr std::int64_t kLongestWaitUs = 60'000'000;

}  // namespace

bool Agenda::compare_clocks() {
  const std::int64_t monotonic_us = context_.clock.monotonic_us();
  const Ms apart = context_.clock.wall_ms() - monotonic_us / 1000;
  bool stepped = false;
  {
    const std::lock_guard lock(mutex_);
    stepped = apart_ && std::abs(apart - *apart_) > kStep;
    apart_ = apart;
    if (stepped) wait_until_us_ = monotonic_us + kStepWaitUs;
  }
  if (stepped)
    context_.write(verb::say_clock_stepped, {},
                   [&](Tables& tables) { emit(tables, context_, EventKind::clock_stepped, 0, 0); });
  const bool wait = schedules_wait_us() > 0;
  context_.known->schedules_wait = wait;
  return wait;
}

std::int64_t Agenda::schedules_wait_us() {
  const std::lock_guard lock(mutex_);
  return wait_until_us_ ? *wait_until_us_ - context_.clock.monotonic_us() : 0;
}

BlastTables::Agenda Agenda::look() {
  struct Look {
    BlastTables::Agenda next;
    bool held;
  };
  auto [next, held] = context_.store.read([&](const Tables& tables) {
    return Look{tables.blasts().agenda(), is_held(tables, context_)};
  });
  if (!next.to_index) context_.known->indexing = false;
  if (held) {
    next.schedule.reset();
    next.deadline.reset();
  } else {
    context_.known->held = false;
  }
  return next;
}

bool Agenda::settle() {
  if (settle_in_us() > 0) return false;
  const bool settled = settle_debts(context_, Patience::none);
  const std::lock_guard lock(mutex_);
  settle_wait_us_ = settled ? 0 : std::clamp(settle_wait_us_ * 2, kFirstWaitUs, kLongestWaitUs);
  settle_at_us_ = context_.clock.monotonic_us() + settle_wait_us_;
  return settled;
}

std::int64_t Agenda::settle_in_us() {
  const std::lock_guard lock(mutex_);
  return settle_at_us_ - context_.clock.monotonic_us();
}

bool Agenda::has_pinned_log_to_say() {
  const bool pinned = context_.store.log_is_pinned();
  const std::lock_guard lock(mutex_);
  said_pinned_ = said_pinned_ && pinned;
  return pinned && !said_pinned_;
}

bool Agenda::say_log_is_pinned() {
  if (!has_pinned_log_to_say()) return false;
  context_.write(verb::say_log_pinned, {},
                 [&](Tables& tables) { emit(tables, context_, EventKind::log_pinned, 0, 0); });
  const std::lock_guard lock(mutex_);
  said_pinned_ = true;
  return true;
}

std::size_t Agenda::run(std::int64_t until_us) {
  std::size_t done = say_log_is_pinned() ? 1 : 0;
  std::exception_ptr damaged;
  std::exception_ptr left_out;  // never met again
  do {
    const auto next = look();
    const bool wait = compare_clocks();
    const Ms now = context_.clock.wall_ms();
    // What one of them cannot read must not keep the others from their work.
    bool did = false;
    const auto attempt = [&](bool due, const auto& work) {
      if (did || !due) return;
      try {
        did = work();
      } catch (const Error& error) {
        if (error.code() != Code::corrupt) throw;
        damaged = std::current_exception();
      }
    };
    attempt(next.to_finish, [&] { return in_parts_.finish_some(until_us); });
    attempt(next.schedule && *next.schedule <= now && !wait, [&] { return scheduling_.send_due(); });
    attempt(next.deadline && *next.deadline < now, [&] { return overdue_.say_next(); });
    attempt(next.owes, [&] { return settle(); });
    attempt(next.to_sweep, [&] { return control_.sweep(); });
    attempt(next.to_forget, [&] { return forget_told_addresses(context_); });
    attempt(next.to_index, [&] { return indexing_.go_on(left_out); });
    if (!did) break;
    ++done;
  } while (context_.clock.monotonic_us() < until_us);
  if (left_out) {
    const std::lock_guard lock(mutex_);
    left_out_ = left_out;
  }
  if (damaged && done == 0) std::rethrow_exception(damaged);
  return done;
}

std::optional<Ms> Agenda::next_due() {
  if (has_pinned_log_to_say()) return 0;
  const auto next = look();
  if (next.to_finish || next.to_sweep || next.to_forget || next.to_index) return 0;
  const Ms now = context_.clock.wall_ms();
  std::optional<Ms> in;
  const auto consider = [&](Ms ms) {
    if (!in || ms < *in) in = std::max<Ms>(ms, 0);
  };
  if (next.schedule) {
    const auto wait_us = schedules_wait_us();
    consider(std::min(kLookEvery, wait_us > 0 ? wait_us / 1000 + 1 : *next.schedule - now));
  }
  if (next.deadline) consider(*next.deadline + 1 - now);
  if (next.owes) {
    const auto wait_us = settle_in_us();
    consider(wait_us > 0 ? wait_us / 1000 + 1 : 0);
  }
  return in;
}

}  // namespace bccast
