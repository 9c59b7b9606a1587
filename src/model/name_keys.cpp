#include "model/name_keys.hpp"

namespace bccast {

std::vector<std::string> later_words(std::string_view folded) {
  constexpr std::size_t kMost = 8;
  std::vector<std::string> words;
  for (std::size_t i = 1; i < folded.size() && words.size() < kMost; ++i)
    if ((folded[i - 1] == ' ' || folded[i - 1] == '-') && folded[i] != ' ' && folded[i] != '-')
      words.emplace_back(folded.substr(i));
  return words;
}

}  // namespace bccast
