// The last error of each thread: a fixed buffer, trivially destroyed, so that it needs no clean-up when a
// thread ends.
#pragma once

#include <cstdint>
#include <string_view>

#include "base/error.hpp"

namespace bccast::capi {

void clear_error() noexcept;
/// Keeps the error and returns its number.
std::int32_t set_error(Code code, std::string_view message, std::int32_t native = 0) noexcept;

}  // namespace bccast::capi
