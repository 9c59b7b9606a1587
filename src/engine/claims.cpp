#include "engine/claims.hpp"

#include <algorithm>

#include "engine/claimed_batch.hpp"
#include "model/retry.hpp"

namespace bccast {

std::shared_ptr<Pacing> Claims::pacing_of(ChannelNo channel) {
  const std::lock_guard lock(mutex_);
  auto& pacing = pacings_[channel];
  if (!pacing) pacing = std::make_shared<Pacing>(context_.lease);
  return pacing;
}

/// Nothing was due: the bell is quiet until something is.
void Claims::rest(ChannelNo channel) {
  if (alone_) doorbell_.clear();  // its own commits have rung, and perhaps others' as well: a last look tells
  const auto due = context_.store.read([&](const Tables& tables) {
    const auto row = tables.work().channel(channel);
    return row ? work_.next_due(tables, *row) : std::nullopt;
  });
  doorbell_.set_timer(channel, due.value_or(-1));
}

/// What keeps it from being loaded: what is behind it has its turn. Null: it is loaded.
std::exception_ptr Claims::load(Assignment& assignment) {
  try {
    work_.load(assignment);
  } catch (const Error& error) {
    if (error.code() != Code::corrupt) throw;
    return std::current_exception();
  }
  return nullptr;
}

std::shared_ptr<BatchControl> Claims::next(ChannelNo channel, std::size_t most,
                                           std::shared_ptr<void> keep_alive) {
  const auto pacing = pacing_of(channel);
  if (most == 0) most = pacing->size();
  most = std::min(most, Pacing::kLargest);
  if (alone_) doorbell_.clear();
  std::shared_ptr<Assignment> before;
  std::optional<Report> report;
  std::exception_ptr damage;
  const auto until = context_.clock.monotonic_us() + kLongestLookUs;
  for (;;) {
    const bool time_is_up = report && context_.clock.monotonic_us() >= until;
    auto advanced = work_.advance(verb::claim, channel, report ? &*report : nullptr, time_is_up ? 0 : most);
    std::shared_ptr<Assignment> assignment = std::move(advanced.next);
    if (!assignment) {
      rest(channel);  // which rings at once where more is due
      if (advanced.damage) damage = advanced.damage;
      if (damage) std::rethrow_exception(damage);
      return nullptr;
    }
    if (const auto found = load(*assignment)) {
      damage = found;
      report.reset();
      continue;
    }
    report = Work::without_handler(*assignment);
    before = assignment;  // as long as the report on it
    if (report) continue;
    // The host asks for more, or is at its limit: the bell is quiet until this ends.
    if (alone_) doorbell_.hold();
    const auto began = context_.clock.monotonic_us();
    const auto items = assignment->claimed;
    ClaimedBatch::Around around;
    around.keep_alive = std::move(keep_alive);
    around.stored = [this] { doorbell_.let_go(); };
    around.freed = [this, pacing, items, began] {
      pacing->measured(items, context_.clock.monotonic_us() - began);
      doorbell_.let_go();
    };
    return std::make_shared<ClaimedBatch>(work_, std::move(assignment), std::move(around));
  }
}

}  // namespace bccast
