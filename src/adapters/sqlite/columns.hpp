// Texts and blobs between our types and SQLite's.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace bccast::sqlite {

inline std::string bytes_as_string(std::span<const std::uint8_t> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

inline std::span<const std::uint8_t> string_as_bytes(std::string_view text) {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

}  // namespace bccast::sqlite
