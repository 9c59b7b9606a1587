// What recipients do singly with a blast, each kind of it a mark.
//
// A kind's marks are stored in pages of 4,096 places, 512 bytes of bits with their count: so one mark is a
// small row that is written, whoever else opens the blast, and how many there are is a sum over at most 245
// rows for 10^6 recipients, with no row that all who open it would change.
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>
#include <map>
#include <span>

#include "model/numbers.hpp"

namespace bccast {

/// Part of what is stored: never renumbered. More may follow.
enum class MarkKind : std::uint8_t { opened = 1, replied = 2 };
inline constexpr std::array kMarkKinds{MarkKind::opened, MarkKind::replied};

using MarkPageNo = std::uint32_t;
inline constexpr MarkPageNo kMarkPagesOfSlice = Slice::kPlaces / Slice::kPartPlaces;
constexpr MarkPageNo mark_page_of(Place place) noexcept {
  return place / Slice::kPartPlaces;
}

/// Who of 4,096 places has a mark: place p of them is bit p % 8 of byte p / 8.
class MarkPage {
 public:
  using Bits = std::span<const std::uint8_t, Slice::kPartBytes>;

  MarkPage() noexcept = default;
  explicit MarkPage(Bits bits) noexcept { std::copy(bits.begin(), bits.end(), bits_.begin()); }

  Bits bits() const noexcept { return bits_; }
  /// True if it was not there before.
  bool add(Place place) noexcept {
    const auto within = place % Slice::kPartPlaces;
    const auto bit = static_cast<std::uint8_t>(1u << within % 8);
    auto& byte = bits_[within / 8];
    if ((byte & bit) != 0) return false;
    byte = static_cast<std::uint8_t>(byte | bit);
    return true;
  }
  static std::int64_t count(Bits bits) noexcept {
    std::int64_t all = 0;
    for (const auto byte : bits) all += std::popcount(byte);
    return all;
  }

 private:
  std::array<std::uint8_t, Slice::kPartBytes> bits_{};
};

/// How many recipients of a blast have each kind of mark.
class MarkCounts {
 public:
  void add(MarkKind kind, std::int64_t more) { counts_[kind] += more; }
  std::int64_t of(MarkKind kind) const {
    const auto found = counts_.find(kind);
    return found == counts_.end() ? 0 : found->second;
  }

 private:
  std::map<MarkKind, std::int64_t> counts_;
};

}  // namespace bccast
