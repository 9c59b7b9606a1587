// How a roster is ordered and searched by name.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace bccast {

/// What a row of the index of names begins with.
enum class NameKind : int { whole = 0, later_word = 1 };

/// The folded name, and what follows the beginning of each later word of it: "anna maria lee" gives "maria
/// lee" and "lee". A search finds those of which the text is a prefix, so it finds every word by its
/// beginning. At most eight words.
std::vector<std::string> later_words(std::string_view folded);

}  // namespace bccast
