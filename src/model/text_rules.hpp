// What a text from outside may be. Refused, never mended; messages name the limit, not the text.
#pragma once

#include <cstddef>
#include <string_view>

namespace bccast {

inline constexpr std::size_t kMaxId = 1023;
inline constexpr std::size_t kMaxName = 255;
inline constexpr std::size_t kMaxAddress = 320;
inline constexpr std::size_t kMaxTitle = 255;
inline constexpr std::size_t kMaxKey = 255;
inline constexpr std::size_t kMaxText = 1048576;
inline constexpr std::size_t kMaxColumn = 1000000;
inline constexpr std::size_t kDefaultList = 100;
inline constexpr std::size_t kMaxList = 1000;
inline constexpr std::size_t kMaxPageBytes = 8 * 1024 * 1024;

/// Each throws Error: argument (empty where it may not be, a control character), utf8, limit (too long).
/// `what` is said in the message: "client id". Names, addresses, titles and messages are refused (argument)
/// when they show nothing: only white space, or characters that nobody sees (is_visible).
void check_id(std::string_view id, const char* what);
void check_name(std::string_view name);
void check_address(std::string_view address);
void check_title(std::string_view title);
void check_key(std::string_view key, const char* what);
void check_message(std::string_view text);

/// The rows of a page: 0 is the default, more than the most is the most.
constexpr std::size_t page_limit(std::size_t asked) noexcept {
  return asked == 0 ? kDefaultList : asked > kMaxList ? kMaxList : asked;
}

}  // namespace bccast
