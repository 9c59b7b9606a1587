// As little as any design can do that records each recipient as notified: 8 bytes appended for each, a sync
// for each batch. No database, no threads to look up, no addresses read.
#pragma once

#include "design.hpp"

namespace bench {

Figures log_floor_work(const Task& task);

}  // namespace bench
