// Runs one measurement in a child process of its own, so that its peak memory is its own and nothing that it
// opened, cached or leaked meets the next one.
#pragma once

#include <functional>
#include <optional>

#include "figures.hpp"

namespace bench {

/// The figures of `run`, and "memory_mib": the child's peak resident memory. Nothing when it threw (the
/// reason goes to stderr) or died. Call it before this process opens anything.
std::optional<Figures> in_child(const std::function<Figures()>& run);

}  // namespace bench
