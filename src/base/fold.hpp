// Folding of names for lists and searches: without case, without marks.
#pragma once

#include <string>
#include <string_view>

namespace bccast {

/// The text as searches compare it: plain_letters (unicode.hpp), with one space for any white space, and none
/// at the ends. Throws Error(utf8).
std::string fold(std::string_view text);

}  // namespace bccast
