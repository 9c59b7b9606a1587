// A keyed permutation of the numbers from 0 up to n.
#pragma once

#include <cstdint>
#include <vector>

namespace bccast {

/// A Feistel network on the next power of two, whose round functions are tables of keyed bytes; what it takes
/// beyond n is sent through again until it comes back ("cycle walking": J. Black, P. Rogaway, "Ciphers with
/// arbitrary finite domains", CT-RSA 2002), twice on average at the most, but for tiny n. It is made in a
/// microsecond for a thousand numbers, ten for a million, and applied in some nanoseconds.
class Shuffle {
 public:
  /// `number` tells apart what one key shuffles. REQUIRES n <= 2^28.
  Shuffle(std::uint32_t n, std::uint64_t key, std::uint64_t number);
  /// Of a number below n, below n; and its inverse.
  std::uint32_t forward(std::uint32_t value) const noexcept;
  std::uint32_t backward(std::uint32_t value) const noexcept;

 private:
  static constexpr std::uint32_t kRounds = 8;
  std::uint32_t once_forward(std::uint32_t value) const noexcept;
  std::uint32_t once_backward(std::uint32_t value) const noexcept;

  std::uint32_t n_;
  std::uint32_t low_bits_ = 0;
  std::uint32_t pair_ = 0;  // entries of two rounds: one that changes the low half, one the high half
  std::vector<std::uint16_t> tables_;
};

}  // namespace bccast
