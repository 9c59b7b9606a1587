#include "engine/pump.hpp"

#include <algorithm>
#include <limits>

#include "base/error.hpp"
#include "engine/claimed_batch.hpp"

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
};

struct Pump::Limits {
  std::uint64_t most;
  std::int64_t until_us;
  const std::atomic<bool>* stop;
  std::uint64_t begun = 0;  // items handed to handlers

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
  context_.store.read([&](const Tables& tables) {
    for (const auto& way : ways_) {
      const auto channel = tables.work().channel(way->name);
      const bool right = channel && channel->delivers == (way->handler.deliverer != nullptr);
      way->channel = right ? channel->no : 0;
    }
  });
}

bool Pump::handling() const noexcept {
  for (const auto* i = inside; i != nullptr; i = i->outer)
    if (i->pump == this) return true;
  return false;
}

Pumped Pump::run(std::uint32_t max_items, std::uint32_t budget_us, const std::atomic<bool>* stop) {
  return run_until(max_items, budget_us != 0 ? context_.clock.monotonic_us() + budget_us : kNoLimit, stop);
}

Pumped Pump::run_until(std::uint32_t max_items, std::int64_t until_us, const std::atomic<bool>* stop) {
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
    if (way->channel != 0) flows.push_back(Flow{way.get()});
  try {
    pumped.more = run_flows(flows, limits, pumped);
    for (auto& flow : flows)  // another channel's batch has reached the limit
      if (flow.current) store(flow, returned(), 0, pumped);
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
bool Pump::run_flows(std::vector<Flow>& flows, Limits& limits, Pumped& pumped) {
  // A channel that had nothing when it was asked is asked again only after another has done something since.
  std::size_t idle = 0;
  // A small budget may be used up by one of them: the next run begins with the next.
  while (idle < flows.size()) {
    auto& flow = flows[turn_++ % flows.size()];
    const bool has_room = flow.way->kept->load() < kMostKept;
    if (!flow.current && has_room) {
      const auto most = batch_size(*flow.way, limits, 1);
      if (most == 0) {
        --turn_;
        return true;
      }
      auto advanced = advance(*flow.way, nullptr, most);
      flow.current = std::move(advanced.next);
      flow.next_due = advanced.next_due;
    }
    if (!flow.current) {
      if (!has_room) flow.next_due.reset();  // rung when there is
      ++idle;
      continue;
    }
    const auto batch = flow.current;
    Report report;
    const bool to_report = work_off(flow, report);
    limits.begun += batch->batch.size() + batch->left_out.size();
    const bool stop = limits.reached(context_.clock.monotonic_us());
    // Among several channels the next batch is claimed when its turn comes: its lease must not run while
    // others work.
    const bool claim_next = to_report && !stop && flows.size() == 1;
    // Its report is a transaction, too.
    const auto most = claim_next ? batch_size(*flow.way, limits, 2) : 0;
    if (to_report) store(flow, report, most, pumped);
    if (stop || (claim_next && most == 0)) return true;
    idle = claim_next && !flow.current ? 1 : 0;
  }
  return false;
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
  auto advanced = work_.advance(way.channel, report, most);
  way.pacing.stored(context_.clock.monotonic_us() - began);
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
  around.stored = [this] { queue_.ring(); };
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
/// is sent before it is.
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
  if (advanced.unlocked) queue_.ring();
}

void Pump::keep(Flow& flow, Report report) {
  report.assignment = flow.current.get();
  const std::lock_guard lock(mutex_);
  unstored_.push_back({flow.way->channel, std::move(flow.current), std::move(report)});
}

/// False when time is up and there are more: nothing may be sent yet.
bool Pump::store_unstored(Pumped& pumped, std::int64_t until_us) {
  const std::lock_guard storing(storing_mutex_);  // nobody sends while another still tries to store
  for (;;) {
    Unstored* next = nullptr;
    {
      const std::lock_guard lock(mutex_);
      if (unstored_.empty()) return true;
      next = &unstored_.front();
    }
    pumped.done += work_.advance(next->channel, &next->report, 0).ended;
    const std::lock_guard lock(mutex_);
    unstored_.pop_front();
    if (!unstored_.empty() && context_.clock.monotonic_us() >= until_us) return false;
  }
}

void Pump::finish() {
  Pumped pumped;
  store_unstored(pumped, kNoLimit);
}

std::int64_t Pump::next_ms() {
  {
    const std::lock_guard lock(mutex_);
    if (!unstored_.empty()) return 0;
  }
  std::optional<Ms> next;
  context_.store.read([&](const Tables& tables) {
    for (const auto& way : ways_) {
      if (way->kept->load() >= kMostKept) continue;
      const auto channel = tables.work().channel(way->name);
      if (!channel || channel->delivers != (way->handler.deliverer != nullptr)) continue;
      const auto due = work_.next_due(tables, *channel);
      if (due && (!next || *due < *next)) next = due;
    }
  });
  return next.value_or(-1);
}

}  // namespace bccast
