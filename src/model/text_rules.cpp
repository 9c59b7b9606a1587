#include "model/text_rules.hpp"

#include <fmt/format.h>

#include "base/error.hpp"
#include "base/unicode.hpp"
#include "base/utf8.hpp"

namespace bccast {
namespace {

enum class Empty { refused, allowed };
enum class Lines { one, many };

void check(std::string_view text, const char* what, std::size_t most, Empty empty, Lines lines = Lines::one) {
  if (text.empty() && empty == Empty::refused)
    throw Error(Code::argument, fmt::format("the {} is empty", what));
  if (text.size() > most)
    throw Error(Code::limit,
                fmt::format("the {} has {} bytes; at most {} are allowed", what, text.size(), most));
  switch (check_utf8(text, lines == Lines::many)) {
    case TextFault::none:
      return;
    case TextFault::not_utf8:
      throw Error(Code::utf8, fmt::format("the {} is not UTF-8", what));
    case TextFault::control:
      throw Error(Code::argument, fmt::format("the {} holds a control character", what));
  }
}

/// What people read: unless it is empty and may be, there is something to see.
void check_shown(std::string_view text, const char* what, std::size_t most, Empty empty,
                 Lines lines = Lines::one) {
  check(text, what, most, empty, lines);
  if (!text.empty() && !is_visible(text))
    throw Error(Code::argument,
                fmt::format("the {} shows nothing: it is only white space or invisible characters", what));
}

}  // namespace

void check_id(std::string_view id, const char* what) {
  check(id, what, kMaxId, Empty::refused);
}
void check_name(std::string_view name) {
  check_shown(name, "display name", kMaxName, Empty::allowed);
}
void check_address(std::string_view address) {
  check_shown(address, "address", kMaxAddress, Empty::allowed);
}
void check_title(std::string_view title) {
  check_shown(title, "title", kMaxTitle, Empty::refused);
}
void check_key(std::string_view key, const char* what) {
  check(key, what, kMaxKey, Empty::refused);
}
void check_message(std::string_view text) {
  check_shown(text, "text", kMaxText, Empty::refused, Lines::many);
}

}  // namespace bccast
