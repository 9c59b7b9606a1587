#include "model/filter.hpp"

#include <algorithm>

#include "base/error.hpp"

namespace bccast {
namespace {

int hex_digit(char c) noexcept {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

/// The value with %26 and the like made bytes. Throws Error(argument).
std::string decode(std::string_view value) {
  std::string plain;
  plain.reserve(value.size());
  for (std::size_t i = 0; i < value.size(); ++i) {
    if (value[i] != '%') {
      plain.push_back(value[i]);
      continue;
    }
    const auto digits = value.substr(i + 1, 2);
    const int high = digits.size() == 2 ? hex_digit(digits[0]) : -1;
    const int low = digits.size() == 2 ? hex_digit(digits[1]) : -1;
    if (high < 0 || low < 0)
      throw Error(Code::argument, "the filter has a % without two hexadecimal digits behind it (%25 is a %)");
    plain.push_back(static_cast<char>(high * 16 + low));
    i += 2;
  }
  return plain;
}

}  // namespace

Filter::Filter(std::string_view text, std::initializer_list<std::string_view> known_keys) {
  while (!text.empty()) {
    const auto end = text.find('&');
    const auto pair = text.substr(0, end);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    const auto equals = pair.find('=');
    if (equals == std::string_view::npos || equals + 1 == pair.size())
      throw Error(Code::argument, "the filter is not of the form key=value&key=value");
    const auto key = pair.substr(0, equals);
    if (std::find(known_keys.begin(), known_keys.end(), key) == known_keys.end())
      throw Error(Code::argument, "the filter has a key that this list does not know");
    if (!get(key).empty()) throw Error(Code::argument, "the filter has a key twice");
    pairs_.emplace_back(key, decode(pair.substr(equals + 1)));
  }
}

std::string_view Filter::get(std::string_view key) const noexcept {
  for (const auto& [k, v] : pairs_)
    if (k == key) return v;
  return {};
}

std::optional<bool> Filter::get_switch(std::string_view key) const {
  const auto value = get(key);
  if (value.empty()) return std::nullopt;
  if (value == "1") return true;
  if (value == "0") return false;
  throw Error(Code::argument, "the filter has a value that is not 0 or 1");
}

}  // namespace bccast
