// Numbers in texts.
#pragma once

#include <charconv>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/error.hpp"

namespace bccast {

/// A decimal number from `least` to `most`, and nothing else. Throws Error(argument), naming `what`.
inline std::int64_t parse_number(std::string_view text, std::int64_t least, std::int64_t most,
                                 const char* what) {
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size() || number < least || number > most)
    throw Error(Code::argument, std::string("the ") + what + " must be a number from " +
                                    std::to_string(least) + " to " + std::to_string(most));
  return number;
}

}  // namespace bccast
