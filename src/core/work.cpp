#include "core/work.hpp"

#include <algorithm>

#include "base/error.hpp"
#include "core/channel_health.hpp"
#include "core/claiming.hpp"
#include "core/holding.hpp"
#include "core/indexing.hpp"
#include "core/loading.hpp"
#include "core/past_damage.hpp"
#include "core/same_address.hpp"
#include "core/settling.hpp"
#include "core/work_locks.hpp"
#include "model/retry.hpp"

namespace bccast {
namespace {

/// A batch of so many is loaded in the transaction that claims it.
constexpr std::size_t kSmallBatch = 64;
/// The durability of a transaction that stores `report` (null: none) and claims. A claim alone need not wait
/// for the disk: were it lost in a power cut, nothing would be known of the batch, and it would be sent
/// again, just as after a loss of the process.
Durability durability_of(const Report* report) {
  return report != nullptr ? Durability::synced : Durability::relaxed;
}

}  // namespace

Advanced Work::advance(const VerbKind& kind, ChannelNo channel, const Report* report, std::size_t most) {
  std::exception_ptr damage;
  auto& damaged = has_damage(channel);
  const bool careful = damaged;
  if (careful) most = std::min(most, kSmallBatch);
  try {
    auto advanced = advance_once(kind, channel, report, most);
    if (careful && most > 0) damaged = false;
    return advanced;
  } catch (const Error& error) {
    if (error.code() != Code::corrupt || most == 0) throw;
    damage = std::current_exception();
  }
  Advanced advanced;
  if (report != nullptr) advanced = advance_once(kind, channel, report, 0);
  PastDamage past(context_, channel, most);
  try {
    advanced.next = past.claim();
  } catch (...) {
    if (report == nullptr) throw;
    damage = std::current_exception();  // the report is stored, and not to be stored once more
  }
  if (!past.has_stored() && report == nullptr) std::rethrow_exception(damage);
  advanced.damage = damage;
  return advanced;
}

Advanced Work::advance_once(const VerbKind& kind, ChannelNo channel, const Report* report, std::size_t most) {
  return context_.write(
      kind, {},
      [&](Tables& tables) {
        Advanced advanced;
        const auto locked = lock_work(tables, context_, channel, report, most);
        if (report != nullptr) settle(tables, context_, locked, *report, advanced);
        if (most > 0) claim(tables, channel, locked, most, advanced);
        return advanced;
      },
      durability_of(report));
}

void Work::claim(Tables& tables, ChannelNo channel, const Locked& locked, std::size_t most,
                 Advanced& advanced) {
  if (hands_nothing_out(tables, context_)) return;
  advanced.next = claim_next(tables, context_, channel, locked, most, advanced.damage);
  if (advanced.next) {
    if (most > kSmallBatch) return;
    const auto began = context_.clock.monotonic_us();
    fill_and_hold(tables, *advanced.next);
    advanced.next->filled_in_us = context_.clock.monotonic_us() - began;
  } else if (const auto row = tables.work().channel(channel)) {
    advanced.next_due = next_due(tables, *row);
  }
}

void Work::load(Assignment& assignment) {
  if (assignment.loaded) return;
  try {
    load_large(assignment);
  } catch (const Error& error) {
    if (error.code() != Code::corrupt) throw;
    give_up_loading(assignment);
    throw;
  }
}

/// The claim leaves nothing behind, and the next of its channel are small: those are filled before they are
/// stored. Else two processes would claim, and wake each other, for ever. What cannot be loaded even so waits
/// until its lease is over.
void Work::give_up_loading(const Assignment& assignment) {
  if (has_damage(assignment.claim.channel_no).exchange(true)) return;
  try {
    context_.write(
        verb::claim, {},
        [&](Tables& tables) {
          lock_batch(tables, assignment);
          undo_claim(tables, assignment);
        },
        Durability::relaxed);
  } catch (const Error& error) {
    if (error.code() != Code::corrupt) throw;  // then it waits as well
  }
}

std::atomic<bool>& Work::has_damage(ChannelNo channel) noexcept {
  return damaged_[static_cast<std::size_t>(channel) % damaged_.size()];
}

void Work::load_large(Assignment& assignment) {
  assignment = context_.store.read([&](const Tables& tables) {
    Assignment filled = assignment;
    filled.withdrawn = has_begun_indexing(tables);
    if (!filled.withdrawn) fill(tables, context_, filled);
    return filled;
  });
  if (assignment.withdrawn) context_.known->indexing = true;
  if (assignment.holds.empty()) return;
  // Like the claim: were it lost in a power cut, the batch would be, too. Nothing: all of it could be held.
  auto anew = context_.write(
      verb::claim, {},
      [&](Tables& tables) -> std::optional<Assignment> {
        lock_batch(tables, assignment);
        const bool withdrawn = !may_hold_addresses(tables, assignment);
        if (!withdrawn && hold_addresses(tables, assignment)) return std::nullopt;
        Assignment filled = assignment;
        filled.empty();
        filled.withdrawn = withdrawn;
        if (!withdrawn) fill_and_hold(tables, filled);
        return filled;
      },
      Durability::relaxed);
  if (anew) assignment = std::move(*anew);
}

void Work::fill_and_hold(Tables& tables, Assignment& assignment) {
  fill(tables, context_, assignment);
  store_holds(tables, assignment);
}

std::optional<Report> Work::without_handler(const Assignment& assignment) {
  Report report;
  report.assignment = &assignment;
  if (assignment.withdrawn) {
    report.result = BatchResult::returned;
    return report;
  }
  if (assignment.claim.tries > kDeathsTogether && assignment.batch.size() > 1) {
    report.result = BatchResult::split;
    return report;
  }
  if (assignment.claim.tries > kMaxAttempts) {
    report.result = BatchResult::given_up;
    return report;
  }
  if (assignment.batch.size() == 0) return report;
  return std::nullopt;
}

void Work::give_back(const Report& report) noexcept {
  try {
    advance(verb::batch_free, report.assignment->claim.channel_no, &report, 0);
  } catch (...) {
    context_.ring_who_waits();
  }
}

bool Work::extend(const Assignment& assignment, Ms how_long) {
  return context_.write(verb::batch_extend, {}, [&](Tables& tables) {
    lock_batch(tables, assignment);
    auto claim = tables.work().claim(assignment.claim);
    if (!claim || claim->tries != assignment.claim.tries) return false;
    claim->hold(context_.clock.wall_ms(), how_long);
    tables.work().update_claim(*claim);
    return true;
  });
}

std::optional<Ms> Work::next_due(const Tables& tables, const Channel& channel) const {
  if (channel.removed || hands_nothing_out(tables, context_)) return std::nullopt;
  const auto work = channel_work(tables, channel.no);
  if (is_paused(channel, work)) return std::nullopt;
  const Ms now = context_.clock.wall_ms();
  std::optional<Ms> at;
  const auto consider = [&](std::optional<Ms> moment, Ms longest) {
    if (!moment) return;
    if (*moment > now + longest) moment = now;  // stored before the clock stepped back
    if (!at || *moment < *at) at = moment;
  };
  const bool full = is_at_its_limit(tables, channel, work, now);
  if (!full) {
    if (tables.work().next_line(channel.no)) consider(now, 0);
    consider(tables.work().next_item_due(channel.no), kFarthestDue);
    if (channel.waits)
      if (const auto next = tables.work().next_waiting(channel.no, now, kFarthestDue))
        consider(next->due_at, kFarthestDue);
  }
  consider(tables.work().next_lease_over(channel.no, full ? now : -1), kFarthestLease);
  if (!at) return std::nullopt;
  const Ms opens = work.open_until > now + kLongestBreaker + kClockSlack ? now : work.open_until;
  TokenBucket bucket = work.bucket;
  Ms allowed = now;
  if (channel.rate.limited()) {
    bucket.refill(channel.rate, now);
    allowed += bucket.ready_in(channel.rate);
  }
  return std::max({*at, opens, allowed, now}) - now;
}

}  // namespace bccast
