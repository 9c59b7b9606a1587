// Working the queue until nothing is due.
#pragma once

#include <cstdint>
#include <optional>

#include "session.hpp"

namespace cli {

struct Worked {
  std::uint64_t done = 0;                  ///< notifications that ended, in whatever way
  std::int64_t pending = 0;                ///< not ended yet
  std::optional<std::int64_t> next_at_ms;  ///< when the next one is due
  bool interrupted = false;
};

/// Shows progress on stderr unless `silent`. Ends between two batches on SIGINT and SIGTERM.
Worked work_queue(bccast_engine* engine, bool silent);

/// Goes on when nothing is due, with what falls due and what others put in, until SIGINT or SIGTERM.
Worked watch_queue(bccast_engine* engine);

}  // namespace cli
