// Texts and blobs between our types and SQLite's.
#pragma once

#include <algorithm>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "base/error.hpp"
#include "model/checked.hpp"

namespace bccast::sqlite {

inline std::string bytes_as_string(std::span<const std::uint8_t> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

inline std::span<const std::uint8_t> string_as_bytes(std::string_view text) {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

/// The digest of an idempotency key, or "" for none. Throws Error(corrupt).
inline std::string key_hash_of(std::span<const std::uint8_t> blob) {
  if (blob.empty()) return {};
  CheckedToken hash{};
  if (blob.size() == hash.size()) std::copy(blob.begin(), blob.end(), hash.begin());
  if (!is_sound(hash)) throw Error(Code::corrupt, "the digest of a key is damaged");
  return bytes_as_string(blob);
}

}  // namespace bccast::sqlite
