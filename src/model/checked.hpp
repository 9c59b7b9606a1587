// Bytes that tell when they were damaged: a version byte, a checksum, then the content.
//
// Every blob of a store whose damage would be taken for the truth is kept so (slices and roster entries have
// forms of their own): texts, addresses, the store's key, and the tokens of claims.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "model/row_sum.hpp"

namespace bccast {

/// u8 version (0: the content is plain), u64 LE XXH3 of the content, seeded with the kind of row it is in,
/// the content.
std::string checked_bytes(RowKind kind, std::string_view content);
/// The content, borrowed. Throws Error(corrupt), naming `what`.
std::string_view checked_content(RowKind kind, std::span<const std::uint8_t> bytes, const char* what);

/// 12 bytes that are given, then 4 that follow from them: tokens of claims, digests of idempotency keys.
using CheckedToken = std::array<std::uint8_t, 16>;
CheckedToken make_token(std::span<const std::uint8_t, 12> random);
bool is_sound(const CheckedToken& token) noexcept;

}  // namespace bccast
