#include "core/past_damage.hpp"

#include <algorithm>
#include <exception>

#include "base/error.hpp"
#include "core/begin_anew.hpp"
#include "core/claiming.hpp"
#include "core/holding.hpp"
#include "core/loading.hpp"
#include "core/unreadable.hpp"
#include "model/retry.hpp"

namespace bccast {
namespace {

/// So many damaged lines, one after the other, are passed by within one look.
constexpr std::size_t kMostLines = 64;

}  // namespace

std::unique_ptr<Assignment> PastDamage::claim() {
  Found found = Found::damaged;
  while (found == Found::damaged && lines_.size() < kMostLines) found = try_next();
  stored_ = found == Found::sound || !claims_.empty() || lines_.size() == kMostLines;
  if (!stored_) return nullptr;
  const auto put_behind_and_claim = [&](Tables& tables) {
    const auto locked = lock_all_that_is_open(tables, context_, channel_, most_);
    put_behind(tables);
    std::exception_ptr said;
    return found == Found::sound ? claim_next(tables, context_, channel_, locked, most_, said) : nullptr;
  };
  return context_.write(verb::claim, {}, put_behind_and_claim, Durability::relaxed);
}

PastDamage::Found PastDamage::try_next() {
  Tried tried;
  try {
    tried = try_out();
    if (!tried.assignment) return Found::nothing;
    context_.store.read([&](const Tables& tables) {
      Assignment filled = *tried.assignment;
      filled.empty();
      fill(tables, context_, filled);
    });
  } catch (const Unreadable<Next>& unreadable) {
    return pass_by(unreadable.thing());
  } catch (const Error& error) {
    if (error.code() != Code::corrupt) throw;
    return pass_by(tried.next);
  }
  return Found::sound;
}

/// Claims behind all that is passed by, and undoes it. Throws Unreadable<Next> for what cannot be claimed.
PastDamage::Tried PastDamage::try_out() const {
  struct Undone {
    Tried tried;
  };
  const auto claim = [&](Tables& tables) {
    const auto locked = lock_all_that_is_open(tables, context_, channel_, most_);
    if (hands_nothing_out(tables, context_)) throw Undone();
    throw Undone{claim_in(tables, locked)};
  };
  try {
    context_.write(verb::claim, {}, claim);
  } catch (Undone& undone) {
    return std::move(undone.tried);
  }
  return {};
}

PastDamage::Tried PastDamage::claim_in(Tables& tables, const Locked& locked) const {
  Tried tried;
  try {
    put_behind(tables);
    tried.next = next_of(tables);
    std::exception_ptr said;
    tried.assignment = claim_next(tables, context_, channel_, locked, most_, said);
  } catch (const Error& error) {
    if (error.code() != Code::corrupt) throw;
    throw Unreadable(error, std::move(tried.next));
  }
  return tried;
}

/// What would be claimed next, or could not be.
PastDamage::Next PastDamage::next_of(const Tables& tables) const {
  Next next;
  std::exception_ptr said;
  next.claim = tables.work().expired_claim(channel_, context_.clock.wall_ms(), kFarthestLease, said);
  if (next.claim) return next;
  next.line = tables.work().next_line(channel_);
  const auto work = tables.work().channel_work(channel_);
  next.items = next.line && work && work->items_turn < next.line->turn;
  return next;
}

PastDamage::Found PastDamage::pass_by(const Next& next) {
  if (next.claim) {
    const auto is_it = [&](const Claim& claim) { return claim.token == next.claim->token; };
    if (std::any_of(claims_.begin(), claims_.end(), is_it)) return Found::nothing;
    claims_.push_back(*next.claim);
    return Found::damaged;
  }
  // Where no item is due it is the line: the next look finds it out.
  if (next.items && !items_) {
    items_ = true;
    return Found::damaged;
  }
  if (!next.line || std::find(lines_.begin(), lines_.end(), next.line->no) != lines_.end())
    return Found::nothing;
  lines_.push_back(next.line->no);
  return Found::damaged;
}

/// A claim waits for another lease, a line goes behind all others, and so do the items that are due; unless
/// another has taken it up meanwhile.
void PastDamage::put_behind(Tables& tables) const {
  const Ms now = context_.clock.wall_ms();
  for (const auto& passed : claims_) {
    auto claim = tables.work().claim(passed);
    if (!claim || claim->lease_until != passed.lease_until) continue;
    claim->hold(now, context_.lease);
    tables.work().update_claim(*claim);
  }
  if (lines_.empty() && !items_) return;
  auto work = tables.work().channel_work(channel_);
  if (!work) return;
  std::int64_t next = tables.numbers().next(NumberKind::work, static_cast<std::int64_t>(lines_.size()) + 1);
  if (items_) {
    work->items_turn = next++;
    tables.work().update_channel_work(*work);
  }
  for (const auto no : lines_) {
    auto line = tables.work().line(no);
    if (!line || !line->open) continue;
    line->turn = next++;
    tables.work().update_line(*line);
  }
}

}  // namespace bccast
