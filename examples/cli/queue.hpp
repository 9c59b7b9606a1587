// Working the queue until nothing is due.
#pragma once

#include <cstdint>
#include <optional>

#include "interrupt.hpp"
#include "progress.hpp"
#include "session.hpp"

namespace cli {

struct Worked {
  std::optional<std::uint64_t> done;  ///< notifications that ended, in whatever way; threads do not count
  std::int64_t pending = 0;           ///< not ended yet
  std::optional<std::int64_t> next_at_ms;  ///< when the next one is due
  bool interrupted = false;
};

/// Shows progress on stderr unless `silent`. Ends between two batches on SIGINT and SIGTERM.
Worked work_queue(bccast_engine* engine, bool silent);

/// Goes on when nothing is due, with what falls due and what others put in, until SIGINT or SIGTERM.
Worked watch_queue(bccast_engine* engine);

/// The same with threads of the library's; `watch`: goes on when nothing is due.
Worked work_with_threads(bccast_engine* engine, std::uint32_t threads, bool watch, bool silent);

/// What has not ended yet, over all channels.
std::int64_t count_pending(bccast_engine* engine);
/// Waits for what is to be sent within a minute: ending just before it would surprise. False: there is no
/// such thing, or interrupted. `next_ms`: as bccast_next says.
bool wait_for_schedule(bccast_engine* engine, std::int64_t next_ms, const Interrupt& interrupt,
                       Progress& progress);

}  // namespace cli
