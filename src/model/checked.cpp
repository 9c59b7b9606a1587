#include "model/checked.hpp"

#define XXH_INLINE_ALL
#include <xxhash.h>

#include <algorithm>
#include <string>

#include "base/error.hpp"

namespace bccast {
namespace {

constexpr std::uint8_t kPlain = 0;
constexpr std::size_t kHead = 9;

std::array<std::uint8_t, 8> checksum(const void* bytes, std::size_t size, std::uint64_t seed = 0) noexcept {
  const std::uint64_t sum = XXH3_64bits_withSeed(bytes, size, seed);
  std::array<std::uint8_t, 8> out{};
  for (std::size_t i = 0; i < 8; ++i) out[i] = static_cast<std::uint8_t>(sum >> (8 * i));
  return out;
}

}  // namespace

std::string checked_bytes(RowKind kind, std::string_view content) {
  std::string bytes;
  bytes.reserve(kHead + content.size());
  bytes.push_back(static_cast<char>(kPlain));
  for (const auto byte : checksum(content.data(), content.size(), static_cast<std::uint64_t>(kind)))
    bytes.push_back(static_cast<char>(byte));
  bytes.append(content);
  return bytes;
}

std::string_view checked_content(RowKind kind, std::span<const std::uint8_t> bytes, const char* what) {
  if (bytes.size() < kHead || bytes[0] != kPlain)
    throw Error(Code::corrupt, std::string(what) + " is damaged, or stored in an unknown form");
  const auto content = bytes.subspan(kHead);
  const auto sum = checksum(content.data(), content.size(), static_cast<std::uint64_t>(kind));
  if (!std::equal(sum.begin(), sum.end(), bytes.begin() + 1))
    throw Error(Code::corrupt, std::string(what) + " is damaged");
  return {reinterpret_cast<const char*>(content.data()), content.size()};
}

CheckedToken make_token(std::span<const std::uint8_t, 12> random) {
  CheckedToken token{};
  std::copy(random.begin(), random.end(), token.begin());
  const auto sum = checksum(random.data(), random.size());
  std::copy_n(sum.begin(), 4, token.begin() + 12);
  return token;
}

bool is_sound(const CheckedToken& token) noexcept {
  const auto sum = checksum(token.data(), 12);
  return std::equal(token.begin() + 12, token.end(), sum.begin());
}

}  // namespace bccast
