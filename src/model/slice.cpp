#include "model/slice.hpp"

#include <cstring>
#include <string>

#include "base/error.hpp"

#define XXH_INLINE_ALL
#include <xxhash.h>

namespace bccast {
namespace {

constexpr std::uint32_t kWordBits = 64;
constexpr std::uint32_t kWords = Slice::kPlaces / kWordBits;
constexpr std::uint64_t kAllBits = ~std::uint64_t{0};

constexpr std::uint8_t kVersion = 1;
enum Kind : std::uint8_t { kArray = 0, kBitset = 1, kRuns = 2 };

constexpr std::size_t kHeaderBytes = 4;
constexpr std::size_t kChecksumBytes = 4;
constexpr std::size_t kEntryBytes = 2;
constexpr std::size_t kRunBytes = 4;
constexpr std::size_t kWordBytes = 8;
constexpr std::size_t kBitsetBytes = kWords * kWordBytes;
constexpr std::size_t kShortest = kHeaderBytes + kChecksumBytes;
constexpr std::size_t kLongest = kHeaderBytes + kBitsetBytes + kChecksumBytes;

// ---- Little-endian numbers at any address

/// The same value with its bytes in the order of the stored form, and back.
template <class Number>
Number little_endian(Number value) {
  if constexpr (std::endian::native == std::endian::little) return value;
  Number swapped = 0;
  for (std::size_t i = 0; i < sizeof(Number); ++i) {
    swapped = static_cast<Number>(swapped << 8 | (value >> 8 * i & 0xff));
  }
  return swapped;
}

template <class Number>
Number load(const std::uint8_t* at) {
  Number value;
  std::memcpy(&value, at, sizeof(value));
  return little_endian(value);
}

std::uint32_t load16(const std::uint8_t* at) {
  return load<std::uint16_t>(at);
}

/// Returns where the next number goes.
template <class Number>
std::uint8_t* store(std::uint8_t* at, Number value) {
  value = little_endian(value);
  std::memcpy(at, &value, sizeof(value));
  return at + sizeof(value);
}

std::uint8_t* store16(std::uint8_t* at, std::uint32_t value) {
  return store(at, static_cast<std::uint16_t>(value));
}

// ---- Counting bits. std::popcount is a table look-up where the target has no such instruction for certain
// (plain x86-64); adding up bytes in parallel vectorises everywhere.

constexpr std::uint64_t bits_per_byte(std::uint64_t word) {
  word -= word >> 1 & 0x5555555555555555;
  word = (word & 0x3333333333333333) + (word >> 2 & 0x3333333333333333);
  return (word + (word >> 4)) & 0x0f0f0f0f0f0f0f0f;
}

constexpr std::uint32_t sum_of_bytes(std::uint64_t word) {
  word = (word & 0x00ff00ff00ff00ff) + (word >> 8 & 0x00ff00ff00ff00ff);
  return static_cast<std::uint32_t>(word * 0x0001000100010001 >> 48);
}

constexpr std::uint32_t bits_in(std::uint64_t word) {
  return sum_of_bytes(bits_per_byte(word));
}

/// Words that are worked on together; a constant, so that the loop over them becomes vector instructions.
/// The counts of their bytes are added up bytewise and must not pass 255.
constexpr std::uint32_t kBlock = 16;
static_assert(kBlock * 8 <= 255 && kWords % kBlock == 0);

/// Bits set in word_at(first) to word_at(last - 1).
template <class WordAt>
std::uint32_t count_bits(std::uint32_t first, std::uint32_t last, WordAt word_at) {
  std::uint32_t bits = 0;
  for (; last - first >= kBlock; first += kBlock) {
    std::uint64_t block = 0;
    for (std::uint32_t i = 0; i < kBlock; ++i) block += bits_per_byte(word_at(first + i));
    bits += sum_of_bytes(block);
  }
  for (; first < last; ++first) bits += bits_in(word_at(first));
  return bits;
}

/// What decides the kind of a set.
struct Shape {
  std::uint32_t members = 0;
  std::uint32_t runs = 0;
};

template <class WordAt>
Shape shape_of_bitset(WordAt word_at) {
  // A run starts at a member whose lower neighbour is none; that of bit 0 is in the word before.
  const auto starts = [&](std::uint32_t i) {
    return word_at(i) & ~(word_at(i) << 1 | word_at(i - 1) >> (kWordBits - 1));
  };
  const std::uint64_t first_starts = word_at(0) & ~(word_at(0) << 1);
  return {count_bits(0, kWords, word_at), bits_in(first_starts) + count_bits(1, kWords, starts)};
}

Kind smallest_kind(const Shape& shape) {
  const std::size_t array_bytes = shape.members * kEntryBytes;
  const std::size_t runs_bytes = shape.runs * kRunBytes;
  if (array_bytes <= kBitsetBytes && array_bytes <= runs_bytes) return kArray;
  return kBitsetBytes <= runs_bytes ? kBitset : kRuns;
}

std::uint32_t checksum(const std::uint8_t* bytes, std::size_t size) {
  return static_cast<std::uint32_t>(XXH3_64bits(bytes, size));
}

// ---- Reading

[[noreturn]] void refuse(const std::string& why) {
  throw Error(Code::corrupt, "slice is damaged: " + why);
}

Shape shape_of_array(const std::uint8_t* payload, std::uint32_t n) {
  Shape shape{n, n == 0 ? 0U : 1U};
  bool ascending = true;
  for (std::uint32_t i = 1; i < n; ++i) {
    const std::uint32_t before = load16(payload + (i - 1) * kEntryBytes);
    const std::uint32_t place = load16(payload + i * kEntryBytes);
    ascending &= before < place;
    shape.runs += place != before + 1;
  }
  if (!ascending) refuse("its array is not ascending");
  return shape;
}

Shape shape_of_runs(const std::uint8_t* payload, std::uint32_t n) {
  Shape shape{0, n};
  std::uint32_t free_from = 0;  // the first place at which the next run may start
  for (std::uint32_t i = 0; i < n; ++i, payload += kRunBytes) {
    const std::uint32_t start = load16(payload);
    const std::uint32_t end = start + load16(payload + 2) + 1;
    if (start < free_from) refuse("run " + std::to_string(i) + " is not beyond the one before");
    if (end > Slice::kPlaces) refuse("run " + std::to_string(i) + " goes past the last place");
    shape.members += end - start;
    free_from = end + 1;
  }
  return shape;
}

/// Encoded bytes found to be in order.
struct Encoded {
  Kind kind;
  std::uint32_t n;
  const std::uint8_t* payload;
  std::uint32_t members;
};

/// The one door for encoded bytes: every rule of the format is checked here.
Encoded open(std::span<const std::uint8_t> bytes, std::uint32_t key) {
  if (bytes.size() < kShortest || bytes.size() > kLongest) {
    refuse("it has " + std::to_string(bytes.size()) + " bytes");
  }
  const std::size_t summed = bytes.size() - kChecksumBytes;
  if ((load<std::uint32_t>(bytes.data() + summed) ^ key) != checksum(bytes.data(), summed))
    refuse("its checksum does not match, or it is another's");

  const std::uint32_t version = bytes[0];
  const std::uint32_t kind = bytes[1];
  const std::uint32_t n = load16(bytes.data() + 2);
  const std::uint8_t* payload = bytes.data() + kHeaderBytes;
  const auto expect_payload = [&](std::size_t expected) {
    if (summed - kHeaderBytes != expected) {
      refuse("a payload of " + std::to_string(summed - kHeaderBytes) + " bytes instead of " +
             std::to_string(expected));
    }
  };

  if (version != kVersion) refuse("version " + std::to_string(version) + " is unknown");
  Shape shape;
  switch (kind) {
    case kArray:
      expect_payload(n * kEntryBytes);
      shape = shape_of_array(payload, n);
      break;
    case kBitset:
      if (n != 0) refuse("a bitset with n = " + std::to_string(n));
      expect_payload(kBitsetBytes);
      shape = shape_of_bitset(
          [payload](std::uint32_t i) { return load<std::uint64_t>(payload + i * kWordBytes); });
      break;
    case kRuns:
      expect_payload(n * kRunBytes);
      shape = shape_of_runs(payload, n);
      break;
    default:
      refuse("kind " + std::to_string(kind) + " is unknown");
  }
  if (kind != smallest_kind(shape)) refuse("kind " + std::to_string(kind) + " is not its smallest form");
  return {static_cast<Kind>(kind), n, payload, shape.members};
}

// ---- Places and ranges

std::uint64_t bit(std::uint32_t place) {
  return std::uint64_t{1} << place % kWordBits;
}

void require_range(std::uint32_t begin, std::uint32_t end) {
  if (begin > end || end > Slice::kPlaces) {
    throw Error(Code::internal,
                "no range of a slice: " + std::to_string(begin) + " to " + std::to_string(end));
  }
}

/// The words a range touches, and which bits of the outer ones. REQUIRES begin < end.
struct WordRange {
  WordRange(std::uint32_t begin, std::uint32_t end)
      : first(begin / kWordBits),
        last((end - 1) / kWordBits),
        first_mask(kAllBits << begin % kWordBits),
        last_mask(kAllBits >> (kWordBits - 1 - (end - 1) % kWordBits)) {}

  std::uint32_t first;
  std::uint32_t last;  // the last word itself, not one past it
  std::uint64_t first_mask;
  std::uint64_t last_mask;
};

// ---- Algebra

using Words = std::array<std::uint64_t, kWords>;

/// By way of a block of its own: compilers that cannot rule out that the two overlap would go word by word.
template <class Operation>
void combine(Words& mine, const Words& theirs, Operation operation) noexcept {
  for (std::uint32_t first = 0; first < kWords; first += kBlock) {
    std::array<std::uint64_t, kBlock> block;
    for (std::uint32_t i = 0; i < kBlock; ++i) block[i] = operation(mine[first + i], theirs[first + i]);
    for (std::uint32_t i = 0; i < kBlock; ++i) mine[first + i] = block[i];
  }
}

}  // namespace

Slice Slice::range(std::uint32_t begin, std::uint32_t end) {
  Slice slice;
  slice.add_range(begin, end);
  return slice;
}

Slice Slice::from_places(std::span<const std::uint16_t> places) noexcept {
  Slice slice;
  for (const std::uint16_t place : places) slice.words_[place / kWordBits] |= bit(place);
  return slice;
}

bool Slice::contains(std::uint16_t place) const noexcept {
  return (words_[place / kWordBits] & bit(place)) != 0;
}

bool Slice::add(std::uint16_t place) noexcept {
  const bool newly = !contains(place);
  words_[place / kWordBits] |= bit(place);
  return newly;
}

bool Slice::remove(std::uint16_t place) noexcept {
  const bool was_there = contains(place);
  words_[place / kWordBits] &= ~bit(place);
  return was_there;
}

void Slice::add_range(std::uint32_t begin, std::uint32_t end) {
  require_range(begin, end);
  if (begin == end) return;
  const WordRange range(begin, end);
  if (range.first == range.last) {
    words_[range.first] |= range.first_mask & range.last_mask;
    return;
  }
  words_[range.first] |= range.first_mask;
  for (std::uint32_t i = range.first + 1; i < range.last; ++i) words_[i] = kAllBits;
  words_[range.last] |= range.last_mask;
}

void Slice::remove_range(std::uint32_t begin, std::uint32_t end) {
  require_range(begin, end);
  if (begin == end) return;
  const WordRange range(begin, end);
  if (range.first == range.last) {
    words_[range.first] &= ~(range.first_mask & range.last_mask);
    return;
  }
  words_[range.first] &= ~range.first_mask;
  for (std::uint32_t i = range.first + 1; i < range.last; ++i) words_[i] = 0;
  words_[range.last] &= ~range.last_mask;
}

std::uint32_t Slice::count() const noexcept {
  return count_bits(0, kWords, [this](std::uint32_t i) { return words_[i]; });
}

std::uint32_t Slice::count_range(std::uint32_t begin, std::uint32_t end) const {
  require_range(begin, end);
  if (begin == end) return 0;
  const WordRange range(begin, end);
  if (range.first == range.last) return bits_in(words_[range.first] & range.first_mask & range.last_mask);
  return bits_in(words_[range.first] & range.first_mask) +
         count_bits(range.first + 1, range.last, [this](std::uint32_t i) { return words_[i]; }) +
         bits_in(words_[range.last] & range.last_mask);
}

void Slice::add_part(std::uint32_t part, std::span<const std::uint8_t, kPartBytes> bits) noexcept {
  const std::size_t first = part * (kPartPlaces / kWordBits);
  for (std::size_t i = 0; i < kPartBytes / kWordBytes; ++i)
    words_[first + i] |= load<std::uint64_t>(bits.data() + i * kWordBytes);
}

Slice& Slice::operator|=(const Slice& other) noexcept {
  combine(words_, other.words_, [](std::uint64_t mine, std::uint64_t theirs) { return mine | theirs; });
  return *this;
}

Slice& Slice::operator&=(const Slice& other) noexcept {
  combine(words_, other.words_, [](std::uint64_t mine, std::uint64_t theirs) { return mine & theirs; });
  return *this;
}

Slice& Slice::operator-=(const Slice& other) noexcept {
  combine(words_, other.words_, [](std::uint64_t mine, std::uint64_t theirs) { return mine & ~theirs; });
  return *this;
}

std::uint32_t Slice::next(std::uint32_t from) const noexcept {
  if (from >= kPlaces) return kPlaces;
  std::uint32_t i = from / kWordBits;
  std::uint64_t word = words_[i] & kAllBits << from % kWordBits;
  while (word == 0) {
    if (++i == kWords) return kPlaces;
    word = words_[i];
  }
  return i * kWordBits + static_cast<std::uint32_t>(std::countr_zero(word));
}

std::uint32_t Slice::take(std::uint32_t from, std::uint32_t end, std::size_t most,
                          std::vector<std::uint16_t>& out) const {
  require_range(from, end);
  for (; most > 0; --most) {
    const std::uint32_t place = next(from);
    if (place >= end) return end;
    out.push_back(static_cast<std::uint16_t>(place));
    from = place + 1;
  }
  return from;
}

std::vector<std::uint8_t> Slice::encode(std::uint32_t key) const {
  const Shape shape = shape_of_bitset([this](std::uint32_t i) { return words_[i]; });
  const Kind kind = smallest_kind(shape);
  const std::uint32_t n = kind == kArray ? shape.members : kind == kRuns ? shape.runs : 0;
  const std::size_t payload = kind == kArray ? n * kEntryBytes : kind == kRuns ? n * kRunBytes : kBitsetBytes;

  std::vector<std::uint8_t> bytes(kHeaderBytes + payload + kChecksumBytes);
  bytes[0] = kVersion;
  bytes[1] = kind;
  std::uint8_t* at = store16(bytes.data() + 2, n);
  switch (kind) {
    case kArray:
      for_each([&at](std::uint16_t place) { at = store16(at, place); });
      break;
    case kBitset:
      for (const std::uint64_t word : words_) at = store(at, word);
      break;
    case kRuns: {
      // An edge is a place that differs from the one before it; runs start and end at every other edge.
      std::uint32_t start = 0;
      bool inside = false;
      std::uint64_t before = 0;
      for (std::uint32_t i = 0; i < kWords; ++i) {
        std::uint64_t edges = words_[i] ^ (words_[i] << 1 | before);
        before = words_[i] >> (kWordBits - 1);
        for (; edges != 0; edges &= edges - 1) {
          const std::uint32_t edge = i * kWordBits + static_cast<std::uint32_t>(std::countr_zero(edges));
          if (inside) {
            at = store16(store16(at, start), edge - start - 1);
          } else {
            start = edge;
          }
          inside = !inside;
        }
      }
      if (inside) at = store16(store16(at, start), kPlaces - start - 1);
      break;
    }
  }
  store(at, checksum(bytes.data(), kHeaderBytes + payload) ^ key);
  return bytes;
}

void Slice::bind(std::span<std::uint8_t> bytes, std::uint32_t key) {
  std::uint8_t* sum = bytes.data() + (bytes.size() - kChecksumBytes);
  store(sum, load<std::uint32_t>(sum) ^ key);
}

Slice Slice::decode(std::span<const std::uint8_t> bytes, std::uint32_t key) {
  const Encoded encoded = open(bytes, key);
  const std::uint8_t* at = encoded.payload;
  Slice slice;
  switch (encoded.kind) {
    case kArray:
      for (std::uint32_t i = 0; i < encoded.n; ++i, at += kEntryBytes) {
        const std::uint32_t place = load16(at);
        slice.words_[place / kWordBits] |= bit(place);
      }
      break;
    case kBitset:
      for (std::uint32_t i = 0; i < kWords; ++i) slice.words_[i] = load<std::uint64_t>(at + i * kWordBytes);
      break;
    case kRuns:
      for (std::uint32_t i = 0; i < encoded.n; ++i, at += kRunBytes) {
        const std::uint32_t start = load16(at);
        slice.add_range(start, start + load16(at + 2) + 1);
      }
      break;
  }
  return slice;
}

bool Slice::encoded_contains(std::span<const std::uint8_t> bytes, std::uint16_t place, std::uint32_t key) {
  const Encoded encoded = open(bytes, key);
  if (encoded.kind == kBitset) {
    return (encoded.payload[place / 8] >> place % 8 & 1) != 0;
  }
  // Entries and runs are in order: find the last one that starts at `place` or below it.
  const std::size_t stride = encoded.kind == kArray ? kEntryBytes : kRunBytes;
  std::uint32_t low = 0;
  std::uint32_t high = encoded.n;
  while (low < high) {
    const std::uint32_t middle = (low + high) / 2;
    if (load16(encoded.payload + middle * stride) <= place) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  if (low == 0) return false;
  const std::uint8_t* found = encoded.payload + (low - 1) * stride;
  const std::uint32_t beyond = encoded.kind == kArray ? 0U : load16(found + 2);
  return place <= load16(found) + beyond;
}

std::uint32_t Slice::encoded_count(std::span<const std::uint8_t> bytes, std::uint32_t key) {
  return open(bytes, key).members;
}

}  // namespace bccast
