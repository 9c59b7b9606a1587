#include "queue.hpp"

#include <chrono>
#include <cstddef>

#include "interrupt.hpp"
#include "progress.hpp"

namespace cli {
namespace {

constexpr std::uint32_t kBudgetUs = 100'000;  // between two looks at the clock and at Ctrl-C

std::int64_t count_pending(bccast_engine* engine) {
  Rows channels;
  check(bccast_channel_list(engine, channels.out()));
  std::int64_t pending = 0;
  for (std::size_t i = 0; i < channels.count(); ++i) pending += channels.number(i, "pending");
  return pending;
}

std::int64_t now_ms() {
  using std::chrono::milliseconds;
  return std::chrono::floor<milliseconds>(std::chrono::system_clock::now()).time_since_epoch().count();
}

}  // namespace

Worked work_queue(bccast_engine* engine, bool silent) {
  Worked worked;
  const Interrupt interrupt;
  {
    Progress progress(silent);
    for (bool more = true; more && !interrupt.requested();) {
      if (progress.is_due()) {
        progress.show(worked.done, worked.done + static_cast<std::uint64_t>(count_pending(engine)));
      }
      std::uint64_t done = 0;
      std::int64_t next_ms = -1;
      const std::int32_t result = check(bccast_pump(engine, 0, kBudgetUs, &done, &next_ms));
      worked.done += done;
      more = result == BCCAST_OK;
      if (!more && next_ms >= 0) worked.next_at_ms = now_ms() + next_ms;
    }
    worked.pending = count_pending(engine);
    progress.show(worked.done, worked.done + static_cast<std::uint64_t>(worked.pending));
    worked.interrupted = interrupt.requested() && worked.pending > 0;
  }
  return worked;
}

}  // namespace cli
