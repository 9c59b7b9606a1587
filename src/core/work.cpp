#include "core/work.hpp"

#include <algorithm>

#include "base/error.hpp"
#include "core/claiming.hpp"
#include "core/holding.hpp"
#include "core/indexing.hpp"
#include "core/loading.hpp"
#include "core/same_address.hpp"
#include "core/settling.hpp"
#include "model/retry.hpp"

namespace bccast {
namespace {

/// A batch of so many is loaded in the transaction that claims it.
constexpr std::size_t kSmallBatch = 64;
/// So many lines in a row that cannot be read are passed by within one call.
constexpr int kMostPassedBy = 16;

}  // namespace

Advanced Work::advance(ChannelNo channel, const Report* report, std::size_t most) {
  std::exception_ptr damage;
  try {
    return advance_once(channel, report, most);
  } catch (const Error& error) {
    if (error.code() != Code::corrupt || most == 0) throw;
    damage = std::current_exception();
  }
  // What would go next cannot be read. It goes to the back, and what is behind it has its turn.
  Advanced advanced;
  if (report != nullptr) advanced = advance_once(channel, report, 0);
  for (int damaged = 1;; ++damaged) {
    const bool another = put_next_back(channel);
    try {
      Advanced next = advance_once(channel, nullptr, most);
      advanced.next = std::move(next.next);
      advanced.next_due = next.next_due;
      advanced.damage = damage;
      return advanced;
    } catch (const Error& error) {
      if (error.code() != Code::corrupt) throw;
      if (another && damaged < kMostPassedBy) continue;
      if (report == nullptr) throw;
      advanced.damage = damage;  // the report is stored
      return advanced;
    }
  }
}

/// A claim that anybody may take up waits for another lease; else the next line goes behind the others.
/// False: it was behind them already. Then nothing is written, which would wake other processes to do the
/// same.
bool Work::put_next_back(ChannelNo channel) {
  bool put = false;
  context_.store.write([&](Tables& tables) {
    const Ms now = context_.clock.wall_ms();
    put = true;
    if (auto claim = tables.work().expired_claim(channel, now, kFarthestLease)) {
      claim->hold(now, context_.lease);
      tables.work().update_claim(*claim);
      return;
    }
    auto line = tables.work().next_line(channel);
    const auto row = tables.work().channel(channel);
    const auto last = tables.work().last_turn(channel);
    put = line && row && (line->turn < last || line->turn <= row->items_turn);
    if (!put) return;
    line->turn = std::max(last, row->items_turn) + 1;
    tables.work().update_line(*line);
  });
  return put;
}

Advanced Work::advance_once(ChannelNo channel, const Report* report, std::size_t most) {
  Advanced advanced;
  // A claim alone need not wait for the disk: were it lost in a power cut, nothing would be known of the
  // batch, and it would be sent again, just as after a loss of the process.
  const auto durability = report != nullptr ? Durability::synced : Durability::relaxed;
  context_.store.write(
      [&](Tables& tables) {
        if (report != nullptr) settle(tables, context_, *report, advanced);
        if (most == 0 || hands_nothing_out(tables, context_)) return;
        advanced.next = claim_next(tables, context_, channel, most);
        if (advanced.next) {
          if (most > kSmallBatch) return;
          const auto began = context_.clock.monotonic_us();
          fill_and_hold(tables, *advanced.next);
          advanced.next->filled_in_us = context_.clock.monotonic_us() - began;
        } else if (const auto row = tables.work().channel(channel)) {
          advanced.next_due = next_due(tables, *row);
        }
      },
      durability);
  return advanced;
}

void Work::load(Assignment& assignment) {
  if (assignment.loaded) return;
  context_.store.read([&](const Tables& tables) {
    assignment.withdrawn = has_begun_indexing(tables, context_);
    if (!assignment.withdrawn) fill(tables, context_, assignment);
  });
  if (assignment.holds.empty()) return;
  // Like the claim: were it lost in a power cut, the batch would be, too.
  context_.store.write(
      [&](Tables& tables) {
        assignment.withdrawn = !may_hold_addresses(tables, assignment);
        if (!assignment.withdrawn && hold_addresses(tables, assignment)) return;
        assignment.empty();
        if (!assignment.withdrawn) fill_and_hold(tables, assignment);
      },
      Durability::relaxed);
}

void Work::fill_and_hold(Tables& tables, Assignment& assignment) {
  fill(tables, context_, assignment);
  if (!hold_addresses(tables, assignment))
    throw Error(Code::corrupt, "the holder of an address is not who it was in the same transaction");
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

bool Work::extend(const Assignment& assignment, Ms how_long) {
  bool extended = false;
  context_.store.write([&](Tables& tables) {
    auto claim = tables.work().claim(assignment.claim);
    extended = claim && claim->tries == assignment.claim.tries;
    if (!extended) return;
    claim->hold(context_.clock.wall_ms(), how_long);
    tables.work().update_claim(*claim);
  });
  return extended;
}

std::optional<Ms> Work::next_due(const Tables& tables, const Channel& channel) const {
  if (channel.paused || channel.removed || hands_nothing_out(tables, context_)) return std::nullopt;
  const Ms now = context_.clock.wall_ms();
  std::optional<Ms> at;
  const auto consider = [&](std::optional<Ms> moment, Ms longest) {
    if (!moment) return;
    if (*moment > now + longest) moment = now;  // stored before the clock stepped back
    if (!at || *moment < *at) at = moment;
  };
  const bool full = is_at_its_limit(tables, channel, now);
  if (!full) {
    if (tables.work().next_line(channel.no)) consider(now, 0);
    consider(tables.work().next_item_due(channel.no), kFarthestDue);
    if (channel.waits)
      if (const auto next = tables.work().next_waiting(channel.no, now, kFarthestDue))
        consider(next->due_at, kFarthestDue);
  }
  consider(tables.work().next_lease_over(channel.no, full ? now : -1), kFarthestLease);
  if (!at) return std::nullopt;
  const Ms opens = channel.open_until > now + kLongestBreaker + kClockSlack ? now : channel.open_until;
  TokenBucket bucket = channel.bucket;
  Ms allowed = now;
  if (channel.rate.limited()) {
    bucket.refill(channel.rate, now);
    allowed += bucket.ready_in(channel.rate);
  }
  return std::max({*at, opens, allowed, now}) - now;
}

}  // namespace bccast
