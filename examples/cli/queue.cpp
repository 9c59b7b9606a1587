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

namespace cli {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds kPause{500};           // after an error that may pass
constexpr milliseconds kWaitedFor{60'000};    // ending just before it would surprise
constexpr std::uint32_t kBudgetUs = 100'000;  // between two looks at the clock and at Ctrl-C

std::int64_t count_pending(bccast_engine* engine) {
  Rows channels;
  check(bccast_channel_list(engine, channels.out()));
  const auto pending = channels.numbers("pending");
  return std::accumulate(pending.begin(), pending.end(), std::int64_t{0});
}

/// When the first of a provider's blasts is to be sent.
void note_soonest(bccast_engine* engine, const std::string& provider, std::optional<std::int64_t>& soonest) {
  Rows blasts;
  check(
      bccast_blast_list(engine, provider.c_str(), "state=scheduled", nullptr, BCCAST_MAX_LIST, blasts.out()));
  for (std::size_t i = 0; i < blasts.count(); ++i) {
    Rows blast;
    const std::string id(blasts.text(i, "blast"));
    check(bccast_blast_get(engine, provider.c_str(), id.c_str(), blast.out()));
    if (blast.text(0, "state") != "scheduled") continue;
    const std::int64_t at = blast.number(0, "scheduled_at_ms");
    if (!soonest || at < *soonest) soonest = at;
  }
}

std::optional<std::int64_t> soonest_schedule(bccast_engine* engine) {
  std::optional<std::int64_t> soonest;
  std::string cursor;
  for (bool more = true; more;) {
    Rows rows;
    check(bccast_directory_provider_list(engine, cursor.empty() ? nullptr : cursor.c_str(), BCCAST_MAX_LIST,
                                         rows.out()));
    for (std::size_t i = 0; i < rows.count(); ++i) {
      note_soonest(engine, std::string(rows.text(i, "provider")), soonest);
    }
    more = rows.next() != nullptr;
    if (more) cursor = rows.next();
  }
  return soonest;
}

/// Waits for what is to be sent within a minute. False: there is nothing of the kind, or interrupted.
bool wait_for_schedule(bccast_engine* engine, std::int64_t next_ms, const Interrupt& interrupt, bool silent) {
  // Whatever is scheduled, the library looks after a minute at the latest.
  if (next_ms < 0 || next_ms > kWaitedFor.count()) return false;
  const auto at = soonest_schedule(engine);
  if (!at || *at > now_ms() + kWaitedFor.count()) return false;
  const std::int64_t left = *at - now_ms();
  if (left < -kPause.count()) return false;  // the clock was set, and schedules wait
  if (!silent && left > kPause.count()) remark("waiting for what is to be sent at " + iso_time(*at));
  return interrupt.wait(milliseconds(std::max<std::int64_t>(left, 1)));
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
      if (more) continue;
      worked.next_at_ms = next_ms < 0 ? std::nullopt : std::optional(now_ms() + next_ms);
      more = wait_for_schedule(engine, next_ms, interrupt, silent);
    }
    worked.pending = count_pending(engine);
    progress.show(worked.done, worked.done + static_cast<std::uint64_t>(worked.pending));
    worked.interrupted = interrupt.requested() && worked.pending > 0;
  }
  return worked;
}

Worked watch_queue(bccast_engine* engine) {
  Worked worked;
  const Interrupt interrupt;
  std::int32_t fd = -1;
  check(bccast_fd(engine, &fd));
  bool more = true;  // the first look does not wait
  while (!interrupt.requested()) {
    if (!more && !interrupt.wait_for_input(fd)) break;
    try {
      std::uint64_t done = 0;
      more = check(bccast_pump(engine, 0, kBudgetUs, &done, nullptr)) == BCCAST_OK;
      worked.done += done;
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
