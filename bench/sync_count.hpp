// Counts the calls of fsync and fdatasync made by anybody in this process, shared libraries too.
#pragma once

#include <cstdint>

namespace bench {

std::uint64_t sync_count() noexcept;

}  // namespace bench
