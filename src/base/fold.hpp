// Folding of names for lists and searches: without case, without marks.
#pragma once

#include <string>
#include <string_view>

namespace bccast {

/// The text as searches compare it: compatibility-decomposed, without marks, case-folded (Unicode, by
/// utf8proc). Takes what check_utf8 accepts; independent of any locale.
std::string fold(std::string_view text);

}  // namespace bccast
