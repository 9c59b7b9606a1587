// What we take from libsodium: random bytes, a keyed permutation for public ids, a keyed digest.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace bccast {

using SecretKey = std::array<std::uint8_t, 32>;

/// Fills with bytes from the system's generator. Throws Error(internal) when there is none.
void random_bytes(std::span<std::uint8_t> out);
SecretKey random_key();
/// Bytes that look random and follow from two numbers: the first is a secret, the second tells apart what
/// comes of it (ChaCha20).
void keyed_bytes(std::uint64_t key, std::uint64_t number, std::span<std::uint8_t> out);

/// A block of 128 bits.
struct Block {
  std::uint64_t high = 0;
  std::uint64_t low = 0;
  friend bool operator==(const Block&, const Block&) = default;
};

/// A keyed permutation of 128-bit blocks: four Feistel rounds with SipHash-2-4 as the round function.
/// Four rounds of a pseudo-random function are a strong pseudo-random permutation (M. Luby, C. Rackoff, "How
/// to construct pseudorandom permutations from pseudorandom functions", SIAM J. Computing 17, 1988).
class Permutation {
 public:
  /// `purpose` keeps keys derived from one master key apart.
  Permutation(const SecretKey& master, std::uint64_t purpose);
  Block forward(Block block) const noexcept;
  Block backward(Block block) const noexcept;

 private:
  static constexpr std::size_t kRounds = 4;
  std::uint64_t round(std::size_t i, std::uint64_t half) const noexcept;
  std::array<std::array<std::uint8_t, 16>, kRounds> keys_{};
};

/// Seals short values into texts that say nothing and cannot be made up, bound to a context
/// (XChaCha20-Poly1305; the nonce is a keyed digest of context and value, so that the same value in the same
/// context gives the same text).
class Sealer {
 public:
  Sealer(const SecretKey& master, std::uint64_t purpose);
  /// Hexadecimal letters.
  std::string seal(std::string_view context, std::string_view value) const;
  /// Nothing unless it was sealed with this key in this context.
  std::optional<std::string> open(std::string_view context, std::string_view sealed) const;

 private:
  SecretKey key_{};
  SecretKey nonce_key_{};
};

/// A short keyed hash, for indexes (SipHash-2-4).
class ShortHash {
 public:
  ShortHash(const SecretKey& master, std::uint64_t purpose);
  std::uint64_t operator()(std::string_view text) const noexcept;

 private:
  std::array<std::uint8_t, 16> key_{};
};

/// A keyed digest of a sequence of parts (BLAKE2b). Parts are separated by their lengths, so that no two
/// different sequences run into the same bytes.
class Digest {
 public:
  using Value = std::array<std::uint8_t, 16>;
  Digest(const SecretKey& master, std::uint64_t purpose);
  Digest& add(std::span<const std::uint8_t> part);
  Digest& add(std::string_view part);
  Digest& add(std::int64_t number);
  Value finish();

 private:
  alignas(64)
      std::array<std::uint8_t, 384> state_{};  // crypto_generichash_state: its size is checked in the .cpp
};

}  // namespace bccast
