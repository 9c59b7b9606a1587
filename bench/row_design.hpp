// The usual design, done well: a thread, a message and a job row for each recipient, in one transaction, then
// a worker that claims batches under a lease.
#pragma once

#include "design.hpp"

namespace bench {

Figures row_design_work(const Task& task);

}  // namespace bench
