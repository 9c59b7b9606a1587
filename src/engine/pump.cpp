#include "engine/pump.hpp"

#include <algorithm>
#include <limits>
#include <utility>

#include "base/error.hpp"
#include "engine/claimed_batch.hpp"
#include "model/retry.hpp"

namespace bccast {
namespace {

/// The handlers this thread is inside of, innermost first.
struct Inside {
  const void* pump;
  const Inside* outer;
};
thread_local const Inside* inside = nullptr;

Report returned() {
  Report report;
  report.result = BatchResult::returned;
  return report;
}

}  // namespace

/// A batch's stay with a handler that keeps it, counted; it may be over before the handler says that it
/// begins.
class Pump::Stay {
 public:
  explicit Stay(std::shared_ptr<std::atomic<int>> count) : count_(std::move(count)) {}
  void begin() noexcept {
    ++*count_;
    int none = kNone;
    if (!state_.compare_exchange_strong(none, kCounted)) --*count_;
  }
  /// False: it never began.
  bool end() noexcept {
    if (state_.exchange(kOver) != kCounted) return false;
    --*count_;
    return true;
  }

 private:
  enum : int { kNone, kCounted, kOver };
  std::shared_ptr<std::atomic<int>> count_;
  std::atomic<int> state_{kNone};
};

/// One channel's batch in hand, within one run.
struct Pump::Flow {
  Way* way = nullptr;
  std::shared_ptr<Assignment> current{};
  std::optional<Ms> next_due{};  // when there is none
  bool held_up = false;          // something damaged keeps it from going on in this run
};

struct Pump::Limits {
  std::uint64_t most;
  std::int64_t until_us;
  const std::atomic<bool>* stop;
  std::uint64_t begun = 0;    // items handed to handlers
  std::uint64_t batches = 0;  // taken up

  bool budgeted() const noexcept { return until_us != kNoLimit; }
  bool reached(std::int64_t now_us) const {
    return begun >= most || now_us >= until_us || (stop != nullptr && stop->load());
  }
};

Pump::Pump(Context& context, Work& work, Queue& queue, const Handlers& handlers)
    : context_(context), work_(work), queue_(queue) {
  for (const auto& [name, handler] : handlers) {
    auto way = std::make_unique<Way>(context_.lease);
    way->name = name;
    way->handler = handler;
    ways_.push_back(std::move(way));
  }
  find_channels();
}

void Pump::find_channels() {
  struct Found {
    std::vector<ChannelNo> channels;  // of the ways, in their order; 0: none
    std::exception_ptr damage;
  };
  const auto found = context_.store.read([&](const Tables& tables) {
    Found all;
    for (const auto& way : ways_) {
      auto& no = all.channels.emplace_back(0);
      try {
        const auto channel = tables.work().channel(way->name);
        const bool right = channel && channel->delivers == (way->handler.deliverer != nullptr);
        if (right) no = channel->no;
      } catch (const Error& error) {
        all.damage = passed_by(error);
      }
    }
    return all;
  });
  for (std::size_t i = 0; i < ways_.size(); ++i) ways_[i]->channel = found.channels[i];
  keep_damage(found.damage);
}

bool Pump::handling() const noexcept {
  for (const auto* i = inside; i != nullptr; i = i->outer)
    if (i->pump == this) return true;
  return false;
}

Pumped Pump::run(std::uint32_t max_items, std::uint32_t budget_us, const std::atomic<bool>* stop) {
  return run_until(max_items, budget_us != 0 ? context_.clock.monotonic_us() + budget_us : kNoLimit, stop);
}

Pumped Pump::run_until(std::uint32_t max_items, std::int64_t until_us, const std::atomic<bool>* stop,
                       const std::function<void()>& between) {
  Pumped pumped;
  Limits limits{max_items != 0 ? max_items : std::numeric_limits<std::uint64_t>::max(), until_us, stop};
  if (!store_unstored(pumped, until_us)) {
    pumped.next_ms = 0;
    pumped.more = true;
    return pumped;
  }
  find_channels();
  std::vector<Flow> flows;
  for (const auto& way : ways_)
    if (way->channel != 0 && !is_held_up(way->channel)) flows.push_back(Flow{way.get()});
  try {
    pumped.more = run_flows(flows, limits, between, pumped);
    for (auto& flow : flows)  // another channel's batch has reached the limit
      if (flow.current) give_back(flow, pumped);
  } catch (...) {
    for (auto& flow : flows)
      if (flow.current) keep(flow, returned());
    throw;
  }
  if (pumped.more) {  // stopped by a limit: there may be nothing left all the same
    pumped.next_ms = next_ms();
  } else {
    for (const auto& flow : flows)
      if (flow.next_due && (pumped.next_ms < 0 || *flow.next_due < pumped.next_ms))
        pumped.next_ms = *flow.next_due;
  }
  pumped.more = pumped.next_ms == 0;
  return pumped;
}

/// One batch of each channel in turn, until none has anything due (false) or a limit is reached (true).
bool Pump::run_flows(std::vector<Flow>& flows, Limits& limits, const std::function<void()>& between,
                     Pumped& pumped) {
  // A channel that had nothing when it was asked is asked again only after another has done something since.
  std::size_t idle = 0;
  // A small budget may be used up by one of them: the next run begins with the next.
  while (idle < flows.size()) {
    auto& flow = flows[turn_++ % flows.size()];
    auto turn = Turn::idle;
    const auto batches = limits.batches;
    try {
      if (!flow.held_up) turn = take_turn(flow, limits, flows.size() == 1, pumped);
    } catch (const Error& error) {
      pass_by(error);
      // A batch that could not be filled is given up: what is behind it has its turn. Where
      // nothing could be claimed, or a report not be stored, the channel is held up.
      flow.held_up = flow.current == nullptr;
      flow.current.reset();
      flow.next_due.reset();
      turn = flow.held_up ? Turn::idle : Turn::worked;
      if (limits.reached(context_.clock.monotonic_us())) turn = Turn::limit;
    }
    if (turn == Turn::limit) return true;
    idle = turn == Turn::idle ? idle + 1 : 0;
    if (between && (turn == Turn::worked || limits.batches > batches)) between();
  }
  return false;
}

Pump::Turn Pump::take_turn(Flow& flow, Limits& limits, bool alone, Pumped& pumped) {
  const bool has_room = flow.way->kept->load() < kMostKept;
  const Ms rests = rests_for(*flow.way);
  if (!flow.current && has_room && rests == 0) {
    const auto most = batch_size(*flow.way, limits, 1);
    if (most == 0) {
      --turn_;
      return Turn::limit;
    }
    auto advanced = advance(*flow.way, nullptr, most);
    flow.current = std::move(advanced.next);
    flow.next_due = advanced.next_due;
  }
  if (!flow.current) {
    if (rests > 0)  // another may have done meanwhile what was given back
      flow.next_due = context_.store.read([&](const Tables& tables) { return next_due(tables, *flow.way); });
    if (!has_room) flow.next_due.reset();  // rung when there is
    return Turn::idle;
  }
  const auto batch = flow.current;
  ++limits.batches;
  Report report;
  const bool to_report = work_off(flow, report);
  limits.begun += batch->batch.size() + batch->left_out.size();
  const bool stop = limits.reached(context_.clock.monotonic_us());
  // Among several channels the next batch is claimed when its turn comes: its lease must not run while others
  // work.
  const bool claim_next = to_report && !stop && alone;
  // Its report is a transaction, too.
  const auto most = claim_next ? batch_size(*flow.way, limits, 2) : 0;
  if (to_report) store(flow, report, most, pumped);
  if (stop || (claim_next && most == 0)) return Turn::limit;
  return claim_next && !flow.current ? Turn::idle : Turn::worked;
}

Ms Pump::rests_for(const Way& way) const {
  const auto left_us = way.rests_until_us - context_.clock.monotonic_us();
  return left_us > 0 ? (left_us + 999) / 1000 : 0;
}

/// How many items the next batch may have; 0: the budget has no room for one.
std::size_t Pump::batch_size(const Way& way, const Limits& limits, std::int64_t transactions) {
  const auto most =
      static_cast<std::size_t>(std::min<std::uint64_t>(way.pacing.size(), limits.most - limits.begun));
  if (!limits.budgeted()) return most;
  const auto left_us = limits.until_us - context_.clock.monotonic_us();
  return std::min(most, way.pacing.fitting(left_us, transactions, limits.begun == 0));
}

/// Work::advance, timed. Small batches are filled in it.
Advanced Pump::advance(Way& way, const Report* report, std::size_t most) {
  const auto began = context_.clock.monotonic_us();
  auto advanced = work_.advance(verb::pump, way.channel, report, most);
  way.pacing.stored(context_.clock.monotonic_us() - began);
  if (advanced.next && advanced.next->loaded)
    way.pacing.filled_small(advanced.next->claimed, advanced.next->filled_in_us);
  keep_damage(advanced.damage);
  return advanced;
}

/// Loads the batch and hands it to its handler. False: the handler keeps it, or has reported all of it.
bool Pump::work_off(Flow& flow, Report& report) {
  Way& way = *flow.way;
  const std::int64_t began = context_.clock.monotonic_us();
  if (!flow.current->loaded) {
    work_.load(*flow.current);
    way.pacing.loaded(flow.current->claimed, context_.clock.monotonic_us() - began);
  }
  report.assignment = flow.current.get();
  if (const auto at_once = Work::without_handler(*flow.current)) {
    report = *at_once;
    way.pacing.handled(0, 0);
    return true;
  }
  const auto stay = std::make_shared<Stay>(way.kept);
  ClaimedBatch::Around around;
  around.keep_alive = owner_.lock();
  around.given_back = [this, &way] {
    way.rests_until_us = context_.clock.monotonic_us() + kGivenBackWait * 1000;
  };
  around.freed = [this, stay] {
    if (stay->end()) queue_.ring();  // there is room for one more
  };
  const auto batch = std::make_shared<ClaimedBatch>(work_, flow.current, std::move(around));
  const auto items = flow.current->batch.size();
  const auto handed_at = context_.clock.monotonic_us();
  const Inside here{this, inside};
  inside = &here;
  Handled handled = Handled::failed;
  report.reason = "handler_failed";
  try {
    handled = way.handler.handle(batch);
  } catch (...) {
    report.reason = "handler_threw";
  }
  inside = here.outer;
  const auto now = context_.clock.monotonic_us();
  way.pacing.handled(items, now - handed_at);
  way.pacing.measured(flow.current->claimed, now - began);
  if (handled == Handled::kept) stay->begin();
  if (handled == Handled::kept || batch->over()) {
    flow.current.reset();
    return false;
  }
  report.begin = batch->reported();
  batch->hand_over();
  if (handled == Handled::failed) {
    report.result = BatchResult::failed;
  } else {
    report.reason.clear();
  }
  return true;
}

/// Stores the report on the flow's batch, and takes up the next. What cannot be stored is kept: nothing more
/// is sent before it is; where something damaged is the cause, nothing more on its channel.
void Pump::store(Flow& flow, Report report, std::size_t most, Pumped& pumped) {
  report.assignment = flow.current.get();
  Advanced advanced;
  try {
    advanced = advance(*flow.way, &report, most);
  } catch (...) {
    keep(flow, std::move(report));
    throw;
  }
  pumped.done += advanced.ended;
  flow.current = std::move(advanced.next);
  flow.next_due = advanced.next_due;
}

/// A batch that was not begun.
void Pump::give_back(Flow& flow, Pumped& pumped) {
  try {
    store(flow, returned(), 0, pumped);
  } catch (const Error& error) {
    pass_by(error);
  }
}

void Pump::keep(Flow& flow, Report report) {
  report.assignment = flow.current.get();
  const std::lock_guard lock(mutex_);
  unstored_.push_back({flow.way->channel, std::move(flow.current), std::move(report)});
}

/// False when time is up and there are more: nothing may be sent yet. What something damaged keeps from being
/// stored goes to the back, and holds up its own channel alone.
bool Pump::store_unstored(Pumped& pumped, std::int64_t until_us) {
  const std::lock_guard storing(storing_mutex_);  // nobody sends while another still tries to store
  std::unique_lock lock(mutex_);
  for (std::size_t left = unstored_.size(); left > 0; --left) {
    const auto next = unstored_.begin();
    lock.unlock();
    bool stored = false;
    try {
      const auto advanced = work_.advance(verb::pump, next->channel, &next->report, 0);
      pumped.done += advanced.ended;
      keep_damage(advanced.damage);
      stored = true;
    } catch (const Error& error) {
      pass_by(error);
    }
    const bool time_is_up = left > 1 && context_.clock.monotonic_us() >= until_us;
    lock.lock();
    if (stored) {
      unstored_.erase(next);
    } else {
      next->damaged = true;
      unstored_.splice(unstored_.end(), unstored_, next);
    }
    if (time_is_up) break;
  }
  return std::all_of(unstored_.begin(), unstored_.end(), [](const Unstored& one) { return one.damaged; });
}

bool Pump::is_held_up(ChannelNo channel) {
  const std::lock_guard lock(mutex_);
  return std::any_of(unstored_.begin(), unstored_.end(),
                     [&](const Unstored& one) { return one.channel == channel; });
}

/// Called while `error` is being handled. Only what is damaged is passed by, and said later.
std::exception_ptr Pump::passed_by(const Error& error) {
  if (error.code() != Code::corrupt) throw;
  return std::current_exception();
}

void Pump::pass_by(const Error& error) {
  keep_damage(passed_by(error));
}

void Pump::keep_damage(std::exception_ptr found) {
  if (!found) return;
  const std::lock_guard lock(mutex_);
  damage_ = std::move(found);
}

std::exception_ptr Pump::take_damage() noexcept {
  const std::lock_guard lock(mutex_);
  return std::exchange(damage_, nullptr);
}

void Pump::finish() {
  Pumped pumped;
  store_unstored(pumped, kNoLimit);
  if (const auto damage = take_damage()) std::rethrow_exception(damage);
}

std::optional<Ms> Pump::next_due(const Tables& tables, const Way& way) {
  const auto channel = tables.work().channel(way.name);
  if (!channel || channel->delivers != (way.handler.deliverer != nullptr)) return std::nullopt;
  if (is_held_up(channel->no)) return std::nullopt;
  const auto due = work_.next_due(tables, *channel);
  return due ? std::optional(std::max(*due, rests_for(way))) : std::nullopt;
}

std::int64_t Pump::next_ms() {
  {
    const std::lock_guard lock(mutex_);
    if (std::any_of(unstored_.begin(), unstored_.end(), [](const Unstored& one) { return !one.damaged; }))
      return 0;
  }
  struct Found {
    std::optional<Ms> next;
    std::exception_ptr damage;
  };
  const auto found = context_.store.read([&](const Tables& tables) {
    Found all;
    for (const auto& way : ways_) {
      if (way->kept->load() >= kMostKept) continue;
      try {
        const auto due = next_due(tables, *way);
        if (due && (!all.next || *due < *all.next)) all.next = due;
      } catch (const Error& error) {
        all.damage = passed_by(error);
      }
    }
    return all;
  });
  keep_damage(found.damage);
  return found.next.value_or(-1);
}

}  // namespace bccast
