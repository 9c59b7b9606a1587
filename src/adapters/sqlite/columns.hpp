// Texts and blobs between our types and SQLite's.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "base/error.hpp"

namespace bccast::sqlite {

inline std::string bytes_as_string(std::span<const std::uint8_t> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

inline std::span<const std::uint8_t> string_as_bytes(std::string_view text) {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

/// Message texts are blobs that begin with a version byte. 0: the text follows, plain.
inline constexpr std::uint8_t kPlainText = 0;

inline std::string stored_text(std::string_view text) {
  std::string stored;
  stored.reserve(text.size() + 1);
  stored.push_back(static_cast<char>(kPlainText));
  stored.append(text);
  return stored;
}

inline std::string plain_text(std::span<const std::uint8_t> stored) {
  if (stored.empty() || stored[0] != kPlainText) throw Error(Code::corrupt, "a text is stored in an unknown form");
  return bytes_as_string(stored.subspan(1));
}

}  // namespace bccast::sqlite
