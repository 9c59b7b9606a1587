// Texts as they may be shown on a terminal.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace cli {

/// True for what must not reach a terminal as it is: control characters, and characters that end a line or
/// turn the order of what follows them around.
bool is_unsafe(char32_t point) noexcept;

/// Takes the first code point off `text`, which is not empty. U+FFFD for a byte that is not UTF-8.
char32_t take_code_point(std::string_view& text) noexcept;

/// One line: line ends and tabs as a space, other unsafe characters written out, as in "\u001b".
std::string printable(std::string_view text);

/// The lines of a text, each printable.
std::string printable_lines(std::string_view text, std::string_view indent);

/// How many cells of a terminal a printable text takes: 2 for a wide character, 0 for a combining one.
std::size_t width(std::string_view text);

/// At most `cells` wide; what was cut ends with an ellipsis.
std::string shortened(std::string_view text, std::size_t cells);

/// 2026-11-23T12:00:00Z
std::string iso_time(std::int64_t ms);

/// 1:05:00, for an hour and five minutes.
std::string duration(std::uint64_t seconds);

}  // namespace cli
