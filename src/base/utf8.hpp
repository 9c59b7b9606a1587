// Checks of UTF-8 texts (RFC 3629).
#pragma once

#include <string_view>

namespace bccast {

enum class TextFault { none, not_utf8, control };

/// Looks through `text`: well-formed UTF-8 (no overlong forms, no surrogates, nothing above U+10FFFF), and no
/// control characters (U+0000 to U+001F, U+007F to U+009F) but TAB, LF and CR where `line_breaks` is true.
TextFault check_utf8(std::string_view text, bool line_breaks) noexcept;

}  // namespace bccast
