#include "model/shuffle.hpp"

#include <bit>

#include "base/crypto.hpp"

namespace bccast {
namespace {

/// Halves of three bits: smaller ones would not mix, and of few numbers many orders would never come.
constexpr std::uint32_t kFewestBits = 6;

}  // namespace

Shuffle::Shuffle(std::uint32_t n, std::uint64_t key, std::uint64_t number) : n_(n) {
  std::uint32_t bits = n > 1 ? static_cast<std::uint32_t>(std::bit_width(n - 1)) : 0;
  if (bits < kFewestBits) bits = kFewestBits;
  low_bits_ = bits / 2;
  const std::uint32_t high_bits = bits - low_bits_;
  const std::uint32_t low_size = 1u << low_bits_;
  const std::uint32_t high_size = 1u << high_bits;
  pair_ = low_size + high_size;
  tables_.resize(std::size_t{pair_} * (kRounds / 2));
  std::vector<std::uint8_t> bytes(tables_.size() * 2);
  keyed_bytes(key, number, bytes);
  for (std::size_t i = 0; i < tables_.size(); ++i) {
    const bool changes_high = i % pair_ < low_size;
    const auto entry = static_cast<std::uint32_t>(bytes[2 * i] | bytes[2 * i + 1] << 8);
    tables_[i] = static_cast<std::uint16_t>(entry & ((changes_high ? high_size : low_size) - 1));
  }
}

std::uint32_t Shuffle::once_forward(std::uint32_t value) const noexcept {
  const std::uint32_t low_size = 1u << low_bits_;
  std::uint32_t low = value & (low_size - 1);
  std::uint32_t high = value >> low_bits_;
  const std::uint16_t* table = tables_.data();
  for (std::uint32_t i = 0; i < kRounds; i += 2, table += pair_) {
    high ^= table[low];
    low ^= table[low_size + high];
  }
  return high << low_bits_ | low;
}

std::uint32_t Shuffle::once_backward(std::uint32_t value) const noexcept {
  const std::uint32_t low_size = 1u << low_bits_;
  std::uint32_t low = value & (low_size - 1);
  std::uint32_t high = value >> low_bits_;
  const std::uint16_t* table = tables_.data() + tables_.size();
  for (std::uint32_t i = 0; i < kRounds; i += 2) {
    table -= pair_;
    low ^= table[low_size + high];
    high ^= table[low];
  }
  return high << low_bits_ | low;
}

std::uint32_t Shuffle::forward(std::uint32_t value) const noexcept {
  do value = once_forward(value);
  while (value >= n_);
  return value;
}

std::uint32_t Shuffle::backward(std::uint32_t value) const noexcept {
  do value = once_backward(value);
  while (value >= n_);
  return value;
}

}  // namespace bccast
