// Storing what became of a batch.
#pragma once

#include "core/work.hpp"
#include "core/work_locks.hpp"

namespace bccast {

/// Stores the report, as far as nobody has reported the same before, and what follows from it.
void settle(Tables& tables, const Context& context, const Locked& locked, const Report& report,
            Advanced& advanced);

}  // namespace bccast
