// Fuzzes the decoder of slices: whatever decodes must encode to the very same bytes, and the functions that
// only look at encoded bytes must agree with the slice, also on what is refused. Anything else traps.
// Run with -max_len=8300: the longest slice has 8,200 bytes, and libFuzzer's own limit is 4,096.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <span>
#include <vector>

#include "base/error.hpp"
#include "model/slice.hpp"

#define XXH_INLINE_ALL
#include <xxhash.h>

namespace {

using bccast::Slice;
using Bytes = std::vector<std::uint8_t>;

constexpr std::size_t kChecksumBytes = 4;

void require(bool holds) {
  if (!holds) std::abort();
}

/// True if `look` refuses its bytes as damaged. Any other exception ends the run.
template <class Look>
bool refuses(Look look) {
  try {
    look();
    return false;
  } catch (const bccast::Error& error) {
    require(error.code() == bccast::Code::corrupt);
    return true;
  }
}

void check(std::span<const std::uint8_t> bytes) {
  Slice slice;
  std::uint32_t count = 0;
  const bool refused = refuses([&] { slice = Slice::decode(bytes); });
  require(refuses([&] { count = Slice::encoded_count(bytes); }) == refused);
  require(refuses([&] { Slice::encoded_contains(bytes, 0); }) == refused);
  if (refused) return;

  const Bytes again = slice.encode();
  require(std::equal(again.begin(), again.end(), bytes.begin(), bytes.end()));
  require(count == slice.count());

  const auto agree = [&](std::uint32_t place) {
    const auto at = static_cast<std::uint16_t>(place);
    require(Slice::encoded_contains(bytes, at) == slice.contains(at));
  };
  const std::uint32_t first = slice.next(0);
  agree(first - 1);
  agree(first);
  agree(first + 1);
  agree(first * 40503 + count);
  agree(Slice::kPlaces - 1);
}

/// With the checksum that belongs to it, so that the rules behind it are reached.
Bytes sealed(Bytes bytes) {
  const std::uint64_t sum = XXH3_64bits(bytes.data(), bytes.size());
  for (std::size_t i = 0; i < kChecksumBytes; ++i) bytes.push_back(static_cast<std::uint8_t>(sum >> 8 * i));
  return bytes;
}

/// A whole bitset, of the input again and again, where the kind says bitset: no fuzzer finds 8,192 bytes by
/// itself.
Bytes bitset_of(std::span<const std::uint8_t> input) {
  Bytes bytes{1, 1, 0, 0};
  for (std::size_t i = 0; i < Slice::kPlaces / 8; ++i) bytes.push_back(input[i % input.size()]);
  return bytes;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::span<const std::uint8_t> input(data, size);
  check(input);
  if (size < kChecksumBytes) return 0;
  check(sealed(Bytes(input.begin(), input.end() - kChecksumBytes)));
  if (data[1] == 1) check(sealed(bitset_of(input)));
  return 0;
}
