// How a roster is ordered and searched by name.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace bccast {

/// What a row of the index of names begins with.
enum class NameKind : int { whole = 0, later_word = 1 };

/// What follows the beginning of each later word of a folded name: "anna maria lee" gives "maria lee" and
/// "lee", "o'brien" gives "brien". A word begins with the first letter or digit after white space or a sign.
/// A search finds those of which the text is a prefix, so it finds every word by its beginning. At most eight
/// words.
std::vector<std::string> later_words(std::string_view folded);

}  // namespace bccast
