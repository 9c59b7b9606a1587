// A set of places within one slice of a roster: who gets a blast, who has chat off, who was left out.
//
// In memory a slice is always a plain bitset, so that the algebra of audiences is a loop over words.
// Stored, it is one Roaring container (Chambi, Lemire, Kaser, Godin 2016: array, bitset or runs) with an
// envelope that makes damage visible:
//
//   u8   version    1
//   u8   kind       0 array, 1 bitset, 2 runs
//   u16  n          array: number of members; runs: number of runs; bitset: 0
//   payload         array:  n times u16, strictly ascending
//                   bitset: 1,024 times u64; place p is bit p % 64 of word p / 64
//                   runs:   n times (u16 first place, u16 length - 1), ascending, neither overlapping nor
//                           touching, none beyond place 65,535
//   u32  checksum   low 32 bits of XXH3_64bits over everything before it, xor a number that stands for the
//                   place it is stored at (0: none), so that two that were exchanged are refused
//
// Numbers are little-endian. The kind is the one with the smallest payload, the lowest number among equals;
// so an array has at most 4,096 entries, there are at most 2,047 runs, and equal sets have equal bytes.
// Whatever differs from this by a bit or a byte is refused, by every function that takes encoded bytes.
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace bccast {

/// A value of 8 KiB: pass it by reference. Distinct objects may be used on distinct threads.
/// Ranges are half open, [begin, end), and REQUIRE begin <= end <= kPlaces: anything else throws
/// Error(Code::internal) and changes nothing, since a wrong range is a wrong recipient.
class Slice {
 public:
  static constexpr std::uint32_t kPlaces = 65536;

  /// Nobody.
  Slice() noexcept = default;
  static Slice range(std::uint32_t begin, std::uint32_t end);
  /// In any order; a place named twice counts once.
  static Slice from_places(std::span<const std::uint16_t> places) noexcept;

  bool contains(std::uint16_t place) const noexcept;
  /// True if it was not there before.
  bool add(std::uint16_t place) noexcept;
  /// True if it was there.
  bool remove(std::uint16_t place) noexcept;
  void add_range(std::uint32_t begin, std::uint32_t end);
  void remove_range(std::uint32_t begin, std::uint32_t end);
  void clear() noexcept { words_.fill(0); }

  /// Adds members among the places from `part` * kPartPlaces on: place p of these is bit p % 8 of byte p / 8.
  /// REQUIRES part < kPlaces / kPartPlaces.
  static constexpr std::uint32_t kPartPlaces = 4096;
  static constexpr std::size_t kPartBytes = kPartPlaces / 8;
  void add_part(std::uint32_t part, std::span<const std::uint8_t, kPartBytes> bits) noexcept;

  /// Counted anew at every call: a few times the cost of one `&=`.
  std::uint32_t count() const noexcept;
  std::uint32_t count_range(std::uint32_t begin, std::uint32_t end) const;
  bool empty() const noexcept { return next(0) == kPlaces; }

  Slice& operator|=(const Slice& other) noexcept;
  Slice& operator&=(const Slice& other) noexcept;
  /// Takes the members of `other` away.
  Slice& operator-=(const Slice& other) noexcept;

  friend Slice operator|(const Slice& left, const Slice& right) noexcept {
    Slice result(left);
    result |= right;
    return result;
  }
  friend Slice operator&(const Slice& left, const Slice& right) noexcept {
    Slice result(left);
    result &= right;
    return result;
  }
  friend Slice operator-(const Slice& left, const Slice& right) noexcept {
    Slice result(left);
    result -= right;
    return result;
  }
  friend bool operator==(const Slice& left, const Slice& right) noexcept = default;

  /// The smallest member that is `from` or greater; kPlaces if there is none. Any `from` will do.
  std::uint32_t next(std::uint32_t from) const noexcept;

  /// Appends the first members of [from, end) to `out`, ascending, at most `most` of them. Returns where to
  /// go on: one past the last member taken if `most` were taken (`from` if `most` is 0), otherwise `end`.
  /// So calls that pass on what the last one returned take every member once, and when `end` comes back
  /// none is left.
  std::uint32_t take(std::uint32_t from, std::uint32_t end, std::size_t most,
                     std::vector<std::uint16_t>& out) const;

  /// Calls f(std::uint16_t place) for every member, ascending. f must not change this slice.
  template <class F>
  void for_each(F&& f) const {
    for (std::uint32_t i = 0; i < kWords; ++i) {
      for (std::uint64_t rest = words_[i]; rest != 0; rest &= rest - 1) {
        f(static_cast<std::uint16_t>(i * kWordBits + static_cast<std::uint32_t>(std::countr_zero(rest))));
      }
    }
  }

  /// The stored form, defined above: 8 to 8,200 bytes, the same for equal sets with the same key.
  std::vector<std::uint8_t> encode(std::uint32_t key = 0) const;
  /// Gives what encode() made with key 0 the key.
  static void bind(std::span<std::uint8_t> bytes, std::uint32_t key);

  /// These three check `bytes` in full and throw Error(Code::corrupt) unless encode(key) could have made
  /// them. `bytes` need not be aligned. The latter two build no Slice.
  static Slice decode(std::span<const std::uint8_t> bytes, std::uint32_t key = 0);
  static bool encoded_contains(std::span<const std::uint8_t> bytes, std::uint16_t place,
                               std::uint32_t key = 0);
  static std::uint32_t encoded_count(std::span<const std::uint8_t> bytes, std::uint32_t key = 0);

 private:
  static constexpr std::uint32_t kWordBits = 64;
  static constexpr std::uint32_t kWords = kPlaces / kWordBits;

  std::array<std::uint64_t, kWords> words_{};
};

}  // namespace bccast
