// Cursors of lists: numbers, sealed, and bound to the list and the one who asked.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/error.hpp"
#include "core/context.hpp"

namespace bccast {

/// `context` says whose list it is: its name, NUL, and the id of the one who asks.
template <std::size_t Count>
std::string seal_cursor(const Context& context, std::string_view list,
                        const std::array<std::int64_t, Count>& numbers) {
  std::string plain;
  for (const auto number : numbers)
    for (std::size_t b = 0; b < 8; ++b)
      plain.push_back(static_cast<char>(static_cast<std::uint64_t>(number) >> (8 * b)));
  return context.cursors.seal(list, plain);
}

/// Nothing for an empty cursor. Throws Error(argument) for one that is not of this list and caller.
template <std::size_t Count>
std::optional<std::array<std::int64_t, Count>> open_cursor(const Context& context, std::string_view list,
                                                           std::string_view cursor) {
  if (cursor.empty()) return std::nullopt;
  const auto plain = context.cursors.open(list, cursor);
  if (!plain || plain->size() != Count * 8) throw Error(Code::argument, "the cursor is not one of this list");
  std::array<std::int64_t, Count> numbers{};
  for (std::size_t i = 0; i < plain->size(); ++i)
    numbers[i / 8] |=
        static_cast<std::int64_t>(std::uint64_t{static_cast<std::uint8_t>((*plain)[i])} << (8 * (i % 8)));
  return numbers;
}

inline std::string list_of(std::string_view list, std::string_view caller) {
  std::string context(list);
  context.push_back('\0');
  context.append(caller);
  return context;
}

}  // namespace bccast
