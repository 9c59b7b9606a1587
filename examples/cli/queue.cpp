#include "queue.hpp"

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <numeric>
#include <optional>
#include <string>

#include "interrupt.hpp"
#include "moment.hpp"
#include "progress.hpp"
#include "text.hpp"
#include "upcoming.hpp"

namespace cli {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds kPause{500};           // after an error that may pass
constexpr std::uint32_t kBudgetUs = 100'000;  // between two looks at the clock and at Ctrl-C

}  // namespace

std::int64_t count_pending(bccast_engine* engine) {
  Rows channels;
  check(bccast_channel_list(engine, channels.out()));
  const auto pending = channels.numbers("pending");
  return std::accumulate(pending.begin(), pending.end(), std::int64_t{0});
}

bool wait_for_schedule(bccast_engine* engine, std::int64_t next_ms, const Interrupt& interrupt,
                       Progress& progress) {
  const auto at = to_be_sent_soon(engine, next_ms);
  if (!at) return false;
  const std::int64_t left = *at - now_ms();
  if (left > kPause.count()) progress.remark("waiting for what is to be sent at " + iso_time(*at));
  return interrupt.wait(milliseconds(std::max<std::int64_t>(left, 1)));
}

Worked work_queue(bccast_engine* engine, bool silent) {
  Worked worked;
  const Interrupt interrupt;
  {
    Progress progress(silent);
    std::uint64_t& all_done = worked.done.emplace(0);
    for (bool more = true; more && !interrupt.requested();) {
      if (progress.is_due()) {
        progress.show(all_done, all_done + static_cast<std::uint64_t>(count_pending(engine)));
      }
      std::uint64_t done = 0;
      std::int64_t next_ms = -1;
      const std::int32_t result = check(bccast_pump(engine, 0, kBudgetUs, &done, &next_ms));
      all_done += done;
      more = result == BCCAST_OK;
      if (more) continue;
      worked.next_at_ms = next_ms < 0 ? std::nullopt : std::optional(now_ms() + next_ms);
      more = wait_for_schedule(engine, next_ms, interrupt, progress);
    }
    worked.pending = count_pending(engine);
    progress.show(all_done, all_done + static_cast<std::uint64_t>(worked.pending));
    worked.interrupted = interrupt.requested() && worked.pending > 0;
  }
  return worked;
}

Worked watch_queue(bccast_engine* engine) {
  Worked worked;
  const Interrupt interrupt;
  std::int32_t fd = -1;
  check(bccast_fd(engine, &fd));
  std::uint64_t& all_done = worked.done.emplace(0);
  bool more = true;  // the first look does not wait
  while (!interrupt.requested()) {
    if (!more && !interrupt.wait_for_input(fd)) break;
    try {
      std::uint64_t done = 0;
      more = check(bccast_pump(engine, 0, kBudgetUs, &done, nullptr)) == BCCAST_OK;
      all_done += done;
    } catch (const Failure& failure) {
      if (!failure.retriable()) throw;
      remark(std::string(failure.what()) + "; trying again");
      interrupt.wait(kPause);
      more = true;
    }
  }
  std::int64_t next_ms = -1;
  check(bccast_next(engine, &next_ms));
  if (next_ms >= 0) worked.next_at_ms = now_ms() + next_ms;
  worked.pending = count_pending(engine);
  worked.interrupted = next_ms == 0;
  return worked;
}

}  // namespace cli
