// What a call that may throw ends with.
#pragma once

#include <bccast/types.hpp>
#include <optional>

#include "base/error.hpp"

namespace test {

/// The code of the Error that `call` throws; nothing: it returns.
template <typename Call>
std::optional<bccast::Code> code_of(Call&& call) {
  try {
    call();
    return std::nullopt;
  } catch (const bccast::Error& error) {
    return error.code();
  }
}

}  // namespace test
