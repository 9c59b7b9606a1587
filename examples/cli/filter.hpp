// The filter of a list: "key=value" pairs, in whose values some bytes are written as %26.
#pragma once

#include <string>
#include <string_view>

namespace cli {

class Filter {
 public:
  /// Nothing is added when `value` is empty.
  Filter& add(std::string_view key, std::string_view value) {
    if (value.empty()) return *this;
    text_.append(text_.empty() ? "" : "&").append(key).append("=");
    for (const char c : value) {
      if (c == '%') {
        text_ += "%25";
      } else if (c == '&') {
        text_ += "%26";
      } else {
        text_ += c;
      }
    }
    return *this;
  }
  /// nullptr: nothing is left out.
  const char* get() const noexcept { return text_.empty() ? nullptr : text_.c_str(); }

 private:
  std::string text_;
};

}  // namespace cli
