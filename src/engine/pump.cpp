#include "engine/pump.hpp"

#include <algorithm>
#include <limits>

#include "base/error.hpp"
#include "model/retry.hpp"

namespace bccast {
namespace {

constexpr std::size_t kLargestBatch = 1000;
constexpr std::int64_t kQuickUs = 250'000;
constexpr std::int64_t kSlowUs = 1'000'000;

/// The notifiers this thread is inside of, innermost first.
struct Inside {
  const void* pump;
  const Inside* outer;
};
thread_local const Inside* inside = nullptr;

const Report kReturned{nullptr, BatchResult::returned, {}};

}  // namespace

/// One channel's batch in hand, within one run.
struct Pump::Flow {
  Way* way = nullptr;
  std::unique_ptr<Assignment> current{};
  std::optional<Ms> next_due{};  // when there is none
};

Pump::Pump(Context& context, Work& work,
           const std::map<std::string, std::shared_ptr<Notifier>, std::less<>>& notifiers)
    : context_(context), work_(work) {
  context_.store.read([&](const Tables& tables) {
    for (const auto& [name, notifier] : notifiers) {
      const auto channel = tables.work().channel(name);
      if (!channel) throw Error(Code::internal, "a notifier's channel is not in the store");
      ways_.push_back(std::make_unique<Way>(channel->no, notifier));
    }
  });
}

bool Pump::notifying() const noexcept {
  for (const auto* i = inside; i != nullptr; i = i->outer)
    if (i->pump == this) return true;
  return false;
}

Pumped Pump::run(std::uint32_t max_items, std::uint32_t budget_us) {
  Pumped pumped;
  store_unstored(pumped);
  std::vector<Flow> flows;
  for (const auto& way : ways_) flows.push_back(Flow{way.get()});
  try {
    pumped.more = run_flows(flows, max_items, budget_us, pumped);
    for (auto& flow : flows)  // another channel's batch has reached the limit
      if (flow.current) store(flow, kReturned, 0, pumped);
  } catch (...) {
    for (auto& flow : flows)
      if (flow.current) keep(flow, kReturned);
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
bool Pump::run_flows(std::vector<Flow>& flows, std::uint32_t max_items, std::uint32_t budget_us,
                     Pumped& pumped) {
  const std::int64_t began = context_.clock.monotonic_us();
  const std::uint64_t most = max_items != 0 ? max_items : std::numeric_limits<std::uint64_t>::max();
  std::uint64_t begun = 0;  // items handed to notifiers
  const auto batch_size = [&](const Way& way) {
    return static_cast<std::size_t>(std::min<std::uint64_t>(way.batch_size.load(), most - begun));
  };
  // A channel that had nothing when it was asked is asked again only after another has done something since.
  std::size_t idle = 0;
  for (std::size_t i = 0; idle < flows.size(); i = (i + 1) % flows.size()) {
    auto& flow = flows[i];
    if (!flow.current) {
      auto advanced = work_.advance(flow.way->channel, nullptr, batch_size(*flow.way));
      flow.current = std::move(advanced.next);
      flow.next_due = advanced.next_due;
    }
    if (!flow.current) {
      ++idle;
      continue;
    }
    const Report report = work_off(*flow.way, *flow.current);
    begun += flow.current->batch.size() + flow.current->left_out.size();
    const bool stop =
        begun >= most || (budget_us != 0 && context_.clock.monotonic_us() - began >= std::int64_t{budget_us});
    // Among several channels the next batch is claimed when its turn comes: its lease must not run while
    // others work.
    const bool claim_next = !stop && flows.size() == 1;
    store(flow, report, claim_next ? batch_size(*flow.way) : 0, pumped);
    if (stop) return true;
    idle = flow.current || flows.size() > 1 ? 0 : 1;
  }
  return false;
}

/// Loads the batch and hands it to its notifier.
Report Pump::work_off(Way& way, Assignment& assignment) {
  const std::int64_t began = context_.clock.monotonic_us();
  work_.load(assignment);
  Report report;
  if (assignment.claim.tries > kDeathsTogether && assignment.batch.size() > 1) {
    report.result = BatchResult::split;
    return report;
  }
  if (assignment.claim.tries > kMaxAttempts) {
    report.result = BatchResult::given_up;
    return report;
  }
  if (assignment.batch.size() == 0) return report;
  const Inside here{this, inside};
  inside = &here;
  try {
    if (!way.notifier->notify(assignment.batch)) {
      report.result = BatchResult::failed;
      report.reason = "notifier_failed";
    }
  } catch (...) {
    report.result = BatchResult::failed;
    report.reason = "notifier_threw";
  }
  inside = here.outer;
  const std::int64_t took = context_.clock.monotonic_us() - began;
  const std::size_t size = way.batch_size.load();
  if (took < kQuickUs) {
    way.batch_size = std::min(size * 2, kLargestBatch);
  } else if (took > kSlowUs) {
    way.batch_size = std::max<std::size_t>(size / 2, 1);
  }
  return report;
}

/// Stores the report on the flow's batch, and takes up the next. What can not be stored is kept: nothing more
/// is sent before it is.
void Pump::store(Flow& flow, Report report, std::size_t most, Pumped& pumped) {
  report.assignment = flow.current.get();
  Advanced advanced;
  try {
    advanced = work_.advance(flow.way->channel, &report, most);
  } catch (...) {
    keep(flow, std::move(report));
    throw;
  }
  pumped.done += advanced.ended;
  flow.current = std::move(advanced.next);
  flow.next_due = advanced.next_due;
}

void Pump::keep(Flow& flow, Report report) {
  report.assignment = flow.current.get();
  const std::lock_guard lock(mutex_);
  unstored_.push_back({flow.way, std::move(flow.current), std::move(report)});
}

void Pump::store_unstored(Pumped& pumped) {
  const std::lock_guard storing(storing_mutex_);  // nobody sends while another still tries to store
  for (;;) {
    Unstored* next = nullptr;
    {
      const std::lock_guard lock(mutex_);
      if (unstored_.empty()) return;
      next = &unstored_.front();
    }
    pumped.done += work_.advance(next->way->channel, &next->report, 0).ended;
    const std::lock_guard lock(mutex_);
    unstored_.pop_front();
  }
}

void Pump::finish() {
  Pumped pumped;
  store_unstored(pumped);
}

std::int64_t Pump::next_ms() {
  {
    const std::lock_guard lock(mutex_);
    if (!unstored_.empty()) return 0;
  }
  std::optional<Ms> next;
  context_.store.read([&](const Tables& tables) {
    for (const auto& way : ways_) {
      const auto channel = tables.work().channel(way->channel);
      if (!channel) continue;
      const auto due = work_.next_due(tables, *channel);
      if (due && (!next || *due < *next)) next = due;
    }
  });
  return next.value_or(-1);
}

}  // namespace bccast
