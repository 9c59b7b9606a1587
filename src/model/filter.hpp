// Filters of lists: "key=value" pairs joined by "&".
#pragma once

#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace bccast {

class Filter {
 public:
  /// Throws Error(argument) for what is no such text, an unknown key, or a key given twice. In values %26 and
  /// the like stand for bytes.
  Filter(std::string_view text, std::initializer_list<std::string_view> known_keys);

  /// "" when not given.
  std::string_view get(std::string_view key) const noexcept;
  /// For keys whose values are 0 and 1. Throws Error(argument) for others.
  std::optional<bool> get_switch(std::string_view key) const;

 private:
  std::vector<std::pair<std::string, std::string>> pairs_;
};

}  // namespace bccast
