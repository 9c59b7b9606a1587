// Working the queue with threads of the library's.
#include <algorithm>
#include <chrono>
#include <cstdint>
#include <optional>

#include "interrupt.hpp"
#include "moment.hpp"
#include "progress.hpp"
#include "queue.hpp"

namespace cli {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds kLook{100};        // between two looks whether anything is due
constexpr std::int64_t kStopMs = 60'000;  // as long as a batch may take

std::int64_t next_due_ms(bccast_engine* engine) {
  std::int64_t next_ms = -1;
  check(bccast_next(engine, &next_ms));
  return next_ms;
}

/// The batches in hand are finished first.
void stop(bccast_engine* engine) {
  while (bccast_stop(engine, kStopMs) == BCCAST_E_BUSY)
    remark("waiting for batches that are still being sent");
}

/// While the threads work: until nothing is due, or with `watch` until interrupted.
void look_on(bccast_engine* engine, bool watch, std::int64_t most, const Interrupt& interrupt,
             Progress& progress) {
  do {
    if (!watch && progress.is_due()) {
      const std::int64_t pending = count_pending(engine);
      progress.show(static_cast<std::uint64_t>(std::max<std::int64_t>(most - pending, 0)),
                    static_cast<std::uint64_t>(std::max(most, pending)));
    }
  } while (interrupt.wait(kLook) && (watch || next_due_ms(engine) == 0));
}

}  // namespace

Worked work_with_threads(bccast_engine* engine, std::uint32_t threads, bool watch, bool silent) {
  Worked worked;
  const Interrupt interrupt;
  {
    Progress progress(silent);
    const std::int64_t most = count_pending(engine);
    std::int64_t next_ms = 0;
    for (bool more = true; more && !interrupt.requested();) {
      check(bccast_start(engine, threads));
      look_on(engine, watch, most, interrupt, progress);
      stop(engine);
      // What was in hand may have made more due.
      next_ms = next_due_ms(engine);
      more = next_ms == 0 || wait_for_schedule(engine, next_ms, interrupt, progress);
    }
    if (next_ms >= 0) worked.next_at_ms = now_ms() + next_ms;
    worked.interrupted = interrupt.requested() && next_ms == 0;
  }
  worked.pending = count_pending(engine);
  return worked;
}

}  // namespace cli
