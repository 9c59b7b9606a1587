// What is to be sent soon.
#pragma once

#include <bccast/bccast.h>

#include <cstdint>
#include <optional>

namespace cli {

/// When the first blast is to be sent, if that is within a minute. `next_ms`: as bccast_next says.
std::optional<std::int64_t> to_be_sent_soon(bccast_engine* engine, std::int64_t next_ms);

}  // namespace cli
