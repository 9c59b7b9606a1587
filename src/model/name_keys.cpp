#include "model/name_keys.hpp"

namespace bccast {
namespace {

/// Between words of a folded name: white space, hyphens, apostrophes, brackets, dots, slashes, any other sign
/// of ASCII.
bool is_between(char c) {
  const bool word = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || static_cast<unsigned char>(c) >= 0x80;
  return !word;
}

}  // namespace

std::vector<std::string> later_words(std::string_view folded) {
  constexpr std::size_t kMost = 8;
  std::vector<std::string> words;
  for (std::size_t i = 1; i < folded.size() && words.size() < kMost; ++i)
    if (is_between(folded[i - 1]) && !is_between(folded[i])) words.emplace_back(folded.substr(i));
  return words;
}

}  // namespace bccast
