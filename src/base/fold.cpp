#include "base/fold.hpp"

#include <algorithm>

#include "base/unicode.hpp"

namespace bccast {
namespace {

bool is_ascii(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) < 0x80; });
}

bool is_space(char c) {
  return c == ' ' || (c >= '\t' && c <= '\r');
}

/// In lower case, and with single spaces.
std::string tidied(std::string_view text) {
  std::string tidy;
  tidy.reserve(text.size());
  for (const char c : text) {
    if (!is_space(c)) {
      tidy.push_back(c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c);
    } else if (!tidy.empty() && tidy.back() != ' ') {
      tidy.push_back(' ');
    }
  }
  if (!tidy.empty() && tidy.back() == ' ') tidy.pop_back();
  return tidy;
}

}  // namespace

std::string fold(std::string_view text) {
  // Nearly all names are of ASCII.
  return is_ascii(text) ? tidied(text) : tidied(plain_letters(text));
}

}  // namespace bccast
