#include "model/filter.hpp"

#include <algorithm>

#include "base/error.hpp"

namespace bccast {

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
    pairs_.emplace_back(key, pair.substr(equals + 1));
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
