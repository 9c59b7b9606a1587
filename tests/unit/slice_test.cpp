#include "model/slice.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <random>
#include <set>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "base/error.hpp"
#include "code_of.hpp"

#define XXH_INLINE_ALL
#include <xxhash.h>

namespace {

using bccast::Code;
using bccast::Error;
using bccast::Slice;
using test::code_of;
using Bytes = std::vector<std::uint8_t>;
using Places = std::vector<std::uint16_t>;
using Range = std::pair<std::uint32_t, std::uint32_t>;

constexpr std::uint8_t kArray = 0;
constexpr std::uint8_t kBitset = 1;
constexpr std::uint8_t kRuns = 2;

// ---- The format once more, written from its definition and sharing no code with the library.

void put16(Bytes& bytes, std::uint32_t value) {
  bytes.push_back(static_cast<std::uint8_t>(value & 255));
  bytes.push_back(static_cast<std::uint8_t>(value >> 8 & 255));
}

/// With the checksum that belongs to it.
Bytes sealed(Bytes bytes) {
  const auto sum = static_cast<std::uint32_t>(XXH3_64bits(bytes.data(), bytes.size()));
  put16(bytes, sum & 65535);
  put16(bytes, sum >> 16);
  return bytes;
}

Bytes unsealed(const Bytes& bytes) {
  return Bytes(bytes.begin(), bytes.end() - 4);
}

Bytes blob(std::uint8_t version, std::uint8_t kind, std::uint32_t n, const Bytes& payload) {
  Bytes bytes{version, kind};
  put16(bytes, n);
  bytes.insert(bytes.end(), payload.begin(), payload.end());
  return sealed(std::move(bytes));
}

Bytes numbers(const std::vector<std::uint32_t>& values) {
  Bytes bytes;
  for (const std::uint32_t value : values) put16(bytes, value);
  return bytes;
}

Bytes array_blob(const std::vector<std::uint32_t>& places) {
  return blob(1, kArray, static_cast<std::uint32_t>(places.size()), numbers(places));
}

/// Pairs of first place and length - 1.
Bytes runs_blob(const std::vector<std::uint32_t>& pairs) {
  return blob(1, kRuns, static_cast<std::uint32_t>(pairs.size() / 2), numbers(pairs));
}

Bytes bitset_blob(const std::vector<bool>& model) {
  Bytes payload(Slice::kPlaces / 8);
  for (std::uint32_t place = 0; place < Slice::kPlaces; ++place) {
    if (model[place]) payload[place / 8] = static_cast<std::uint8_t>(payload[place / 8] | 1 << place % 8);
  }
  return blob(1, kBitset, 0, payload);
}

/// All three forms where they exist; the first of the shortest.
Bytes reference_encoding(const std::vector<bool>& model) {
  std::vector<std::uint32_t> members;
  std::vector<std::uint32_t> runs;
  for (std::uint32_t place = 0; place < Slice::kPlaces; ++place) {
    if (!model[place]) continue;
    members.push_back(place);
    if (place > 0 && model[place - 1]) {
      ++runs.back();
    } else {
      runs.push_back(place);
      runs.push_back(0);
    }
  }
  std::vector<Bytes> forms;
  if (members.size() <= 4096) forms.push_back(array_blob(members));
  forms.push_back(bitset_blob(model));
  forms.push_back(runs_blob(runs));
  return *std::min_element(forms.begin(), forms.end(),
                           [](const Bytes& a, const Bytes& b) { return a.size() < b.size(); });
}

// ---- Slices and models of them

std::vector<bool> model_of(const Slice& slice) {
  std::vector<bool> model(Slice::kPlaces);
  slice.for_each([&](std::uint16_t place) { model[place] = true; });
  return model;
}

Slice slice_of(const std::vector<bool>& model) {
  Slice slice;
  for (std::uint32_t place = 0; place < Slice::kPlaces; ++place) {
    if (model[place]) slice.add(static_cast<std::uint16_t>(place));
  }
  return slice;
}

Places members_of(const Slice& slice) {
  Places places;
  slice.for_each([&](std::uint16_t place) { places.push_back(place); });
  return places;
}

/// Members `first`, `first + step`, ... as long as there are `count` of them.
Slice every(std::uint32_t step, std::uint32_t first, std::uint32_t count) {
  Slice slice;
  for (std::uint32_t i = 0; i < count; ++i) slice.add(static_cast<std::uint16_t>(first + i * step));
  return slice;
}

/// `count` runs of `length` places, `gap` places apart.
Slice stripes(std::uint32_t count, std::uint32_t length, std::uint32_t gap, std::uint32_t first = 0) {
  Slice slice;
  for (std::uint32_t i = 0; i < count; ++i, first += length + gap) slice.add_range(first, first + length);
  return slice;
}

struct Sample {
  std::string name;
  Slice slice;
  std::uint8_t kind;
};

/// Every kind, and both sides of every border between two.
std::vector<Sample> samples() {
  Slice both_ends = Slice::range(0, 1);
  both_ends.add(65535);
  std::mt19937 random(7);
  Slice noise;
  for (int i = 0; i < 30000; ++i) noise.add(static_cast<std::uint16_t>(random()));
  return {
      {"empty", Slice(), kArray},
      {"place 0", Slice::range(0, 1), kArray},
      {"place 65535", Slice::range(65535, 65536), kArray},
      {"both ends", both_ends, kArray},
      {"one pair, a tie with runs", Slice::range(63, 65), kArray},
      {"one run of three", Slice::range(63, 66), kRuns},
      {"run up to the last place", Slice::range(65533, 65536), kRuns},
      {"full", Slice::range(0, 65536), kRuns},
      {"all but place 0", Slice::range(1, 65536), kRuns},
      {"all but place 65535", Slice::range(0, 65535), kRuns},
      {"one whole word", Slice::range(64, 128), kRuns},
      {"both ends as runs", Slice::range(0, 100) | Slice::range(65000, 65536), kRuns},
      {"4095 apart", every(16, 15, 4095), kArray},
      {"4096 apart, a tie with bitset", every(16, 15, 4096), kArray},
      {"4097 apart", every(15, 0, 4097), kBitset},
      {"2047 pairs, a tie with runs", stripes(2047, 2, 3), kArray},
      {"2048 pairs, a tie of all three", stripes(2048, 2, 3), kArray},
      {"2047 triples", stripes(2047, 3, 3), kRuns},
      {"2047 long runs", stripes(2047, 20, 12), kRuns},
      {"2048 triples, a tie of bitset and runs", stripes(2048, 3, 3), kBitset},
      {"2049 triples", stripes(2049, 3, 3), kBitset},
      {"alternating from 0", every(2, 0, 32768), kBitset},
      {"alternating from 1", every(2, 1, 32768), kBitset},
      {"noise", noise, kBitset},
      {"all but noise", Slice::range(0, 65536) - noise, kBitset},
  };
}

/// All three doors for encoded bytes say that they are damaged.
bool refused(std::span<const std::uint8_t> bytes) {
  return code_of([&] { Slice::decode(bytes); }) == Code::corrupt &&
         code_of([&] { Slice::encoded_count(bytes); }) == Code::corrupt &&
         code_of([&] { Slice::encoded_contains(bytes, 0); }) == Code::corrupt;
}

bool accepted(std::span<const std::uint8_t> bytes) {
  return !code_of([&] { Slice::decode(bytes); }) && !code_of([&] { Slice::encoded_count(bytes); }) &&
         !code_of([&] { Slice::encoded_contains(bytes, 0); });
}

std::uint32_t draw(std::mt19937& random, std::uint32_t below) {
  return static_cast<std::uint32_t>(random() % below);
}

/// Mostly short, sometimes anything up to the whole slice, often at the edge of a word.
Range draw_range(std::mt19937& random) {
  std::uint32_t begin = draw(random, Slice::kPlaces + 1);
  if (draw(random, 4) == 0) begin -= begin % 64;
  const std::uint32_t longest = Slice::kPlaces - begin;
  const std::uint32_t wish = draw(random, 50) == 0 ? Slice::kPlaces + 1 : 200;
  std::uint32_t length = std::min(longest, draw(random, wish));
  if (draw(random, 4) == 0) length -= length % 64;
  return {begin, begin + length};
}

}  // namespace

TEST_CASE("slice: a new one is empty, and clear() makes it so again") {
  Slice slice;
  CHECK(slice.empty());
  CHECK(slice.count() == 0);
  CHECK(slice.next(0) == Slice::kPlaces);
  CHECK(slice == Slice::range(0, 0));
  CHECK(slice == Slice::range(65536, 65536));
  slice.add_range(0, 65536);
  CHECK(!slice.empty());
  CHECK(slice.count() == 65536);
  slice.clear();
  CHECK(slice == Slice());
}

TEST_CASE("slice: add and remove tell whether they changed anything") {
  for (const std::uint16_t place : Places{0, 1, 63, 64, 65, 32767, 32768, 65534, 65535}) {
    CAPTURE(place);
    Slice slice;
    CHECK(!slice.remove(place));
    CHECK(slice.add(place));
    CHECK(!slice.add(place));
    CHECK(slice.contains(place));
    CHECK(members_of(slice) == Places{place});
    CHECK(slice.remove(place));
    CHECK(!slice.contains(place));
    CHECK(slice.empty());
  }
}

TEST_CASE("slice: parts of 4,096 places are added as bits, each at its place") {
  std::array<std::uint8_t, Slice::kPartBytes> bits{};
  bits[0] = 0b1000'0001;
  bits[511] = 0b1000'0000;
  Slice slice;
  slice.add(5);
  slice.add_part(0, bits);
  slice.add_part(15, bits);
  const std::array<std::uint16_t, 7> expected{0, 5, 7, 4'095, 61'440, 61'447, 65'535};
  CHECK(slice == Slice::from_places(expected));
  slice.add_part(0, bits);
  CHECK(slice.count() == expected.size());
}

TEST_CASE("slice: from_places takes any order and repetitions") {
  const Places places{65535, 3, 0, 3, 64, 65535, 63};
  CHECK(members_of(Slice::from_places(places)) == Places{0, 3, 63, 64, 65535});
  CHECK(Slice::from_places({}).empty());
}

TEST_CASE("slice: a range that is none is an internal error and changes nothing") {
  const Slice before = every(3, 1, 1000);
  Slice slice = before;
  Places out;
  for (const Range& range : std::vector<Range>{{1, 0}, {0, 65537}, {65537, 65537}, {5, ~0U}}) {
    const std::uint32_t begin = range.first;
    const std::uint32_t end = range.second;
    CAPTURE(begin);
    CAPTURE(end);
    CHECK(code_of([&] { slice.add_range(begin, end); }) == Code::internal);
    CHECK(code_of([&] { slice.remove_range(begin, end); }) == Code::internal);
    CHECK(code_of([&] { slice.count_range(begin, end); }) == Code::internal);
    CHECK(code_of([&] { slice.take(begin, end, 1, out); }) == Code::internal);
    CHECK(code_of([&] { Slice::range(begin, end); }) == Code::internal);
  }
  CHECK(slice == before);
  CHECK(out.empty());
}

TEST_CASE("slice: a million single operations answer as std::set does") {
  std::mt19937 random(1);
  Slice slice;
  std::set<std::uint16_t> model;
  int wrong = 0;
  for (int i = 0; i < 1'000'000; ++i) {
    // Half of the operations in a corner, so that they meet.
    const auto place = static_cast<std::uint16_t>(draw(random, i % 2 == 0 ? 65536 : 300));
    switch (draw(random, 4)) {
      case 0:
        wrong += slice.add(place) != model.insert(place).second;
        break;
      case 1:
        wrong += slice.remove(place) != (model.erase(place) == 1);
        break;
      case 2:
        wrong += slice.contains(place) != (model.count(place) == 1);
        break;
      default: {
        const auto found = model.lower_bound(place);
        wrong += slice.next(place) != (found == model.end() ? Slice::kPlaces : *found);
      }
    }
    if (i % 100'000 == 0) {
      CHECK(members_of(slice) == Places(model.begin(), model.end()));
      CHECK(slice.count() == model.size());
    }
  }
  CHECK(wrong == 0);
  CHECK(members_of(slice) == Places(model.begin(), model.end()));
}

TEST_CASE("slice: two million single operations and range operations leave what std::vector<bool> holds") {
  std::mt19937 random(2);
  Slice slice;
  std::vector<bool> model(Slice::kPlaces);
  const auto at = [&](std::uint32_t place) { return model.begin() + static_cast<std::ptrdiff_t>(place); };
  std::int64_t members = 0;
  int wrong = 0;
  for (int i = 0; i < 2'000'000; ++i) {
    const auto place = static_cast<std::uint16_t>(random());
    const std::uint32_t choice = draw(random, 200);
    if (choice < 100) {
      wrong += slice.add(place) == model[place];
      members += !model[place];
      model[place] = true;
    } else if (choice < 195) {
      wrong += slice.remove(place) != model[place];
      members -= model[place];
      model[place] = false;
    } else {
      const auto [begin, end] = draw_range(random);
      const std::int64_t inside = std::count(at(begin), at(end), true);
      wrong += slice.count_range(begin, end) != inside;
      if (choice < 198) {
        slice.add_range(begin, end);
        std::fill(at(begin), at(end), true);
        members += (end - begin) - inside;
      } else {
        slice.remove_range(begin, end);
        std::fill(at(begin), at(end), false);
        members -= inside;
      }
      wrong += slice.count() != members;
    }
    if (i % 100'000 == 0) CHECK(model_of(slice) == model);
  }
  CHECK(wrong == 0);
  CHECK(model_of(slice) == model);
}

TEST_CASE("slice: ranges begin and end on every bit of a word") {
  int wrong = 0;
  const Slice full = Slice::range(0, 65536);
  for (std::uint32_t begin = 64; begin <= 192; ++begin) {
    for (std::uint32_t end = begin; end <= 193; ++end) {
      const Slice slice = Slice::range(begin, end);
      const bool some = end > begin;
      wrong += slice.count() != end - begin;
      wrong += slice.next(0) != (some ? begin : Slice::kPlaces);
      wrong += some && !slice.contains(static_cast<std::uint16_t>(end - 1));
      wrong += slice.contains(static_cast<std::uint16_t>(end));
      wrong += full.count_range(begin, end) != end - begin;
      Slice rest = full;
      rest.remove_range(begin, end);
      wrong += rest != full - slice;
    }
  }
  CHECK(wrong == 0);
}

TEST_CASE("slice: or, and, and-not are decided place by place") {
  int wrong = 0;
  const std::vector<Sample> all = samples();
  for (const Sample& left : all) {
    for (const Sample& right : all) {
      const Slice either = left.slice | right.slice;
      const Slice both = left.slice & right.slice;
      const Slice only_left = left.slice - right.slice;
      // Every third place: affordable for all pairs, and every bit of a word is seen.
      for (std::uint32_t p = 0; p < Slice::kPlaces; p += 3) {
        const auto place = static_cast<std::uint16_t>(p);
        const bool in_left = left.slice.contains(place);
        const bool in_right = right.slice.contains(place);
        wrong += either.contains(place) != (in_left || in_right);
        wrong += both.contains(place) != (in_left && in_right);
        wrong += only_left.contains(place) != (in_left && !in_right);
      }
      Slice changed = left.slice;
      changed |= right.slice;
      wrong += changed != either;
      changed &= right.slice;
      wrong += changed != right.slice;
      changed -= right.slice;
      wrong += !changed.empty();
      wrong += either.count() != left.slice.count() + right.slice.count() - both.count();
      wrong += (left.slice == right.slice) != (left.name == right.name);
    }
  }
  CHECK(wrong == 0);
}

TEST_CASE("slice: next finds the smallest member from a place on") {
  for (const Sample& sample : samples()) {
    CAPTURE(sample.name);
    int wrong = 0;
    std::uint32_t expected = Slice::kPlaces;
    for (std::uint32_t place = Slice::kPlaces; place-- > 0;) {
      if (sample.slice.contains(static_cast<std::uint16_t>(place))) expected = place;
      // Not from everywhere: in the sparse ones each call may look at the whole slice.
      if (place % 7 == 0 || expected == place) wrong += sample.slice.next(place) != expected;
    }
    CHECK(wrong == 0);
    CHECK(sample.slice.next(65536) == Slice::kPlaces);
    CHECK(sample.slice.next(~0U) == Slice::kPlaces);
  }
}

TEST_CASE("slice: take says where to go on") {
  const Slice slice = Slice::from_places(Places{0, 5, 64, 65535});
  Places out{9};
  CHECK(slice.take(0, 65536, 2, out) == 6);
  CHECK(out == Places{9, 0, 5});  // appended
  CHECK(slice.take(6, 64, 2, out) == 64);
  CHECK(out.size() == 3);  // the end is not part of the range
  CHECK(slice.take(6, 65, 1, out) == 65);
  CHECK(out.back() == 64);
  CHECK(slice.take(65, 65536, 1, out) == 65536);
  CHECK(out.back() == 65535);
  CHECK(slice.take(65536, 65536, 1, out) == 65536);
  CHECK(slice.take(1, 1, 1, out) == 1);
  CHECK(slice.take(3, 65536, 0, out) == 3);
  CHECK(out == Places{9, 0, 5, 64, 65535});
}

TEST_CASE("slice: takes of any size hand out every member of a range once and in order") {
  std::mt19937 random(3);
  for (const Sample& sample : samples()) {
    CAPTURE(sample.name);
    for (int round = 0; round < 20; ++round) {
      std::uint32_t begin = draw(random, Slice::kPlaces + 1);
      std::uint32_t end = draw(random, Slice::kPlaces + 1);
      if (begin > end) std::swap(begin, end);
      if (round == 0) begin = 0, end = Slice::kPlaces;
      Places expected;
      (sample.slice & Slice::range(begin, end)).for_each([&](std::uint16_t p) { expected.push_back(p); });

      Places out;
      int wrong = 0;
      for (std::uint32_t from = begin; from != end;) {
        const std::size_t before = out.size();
        const std::size_t most = 1 + draw(random, 2000);
        const std::uint32_t on = sample.slice.take(from, end, most, out);
        const bool reached = out.size() - before == most;
        wrong += on != (reached ? out.back() + 1U : end);
        if (on <= from) break;
        from = on;
      }
      CHECK(wrong == 0);
      CHECK(out == expected);
    }
  }
}

TEST_CASE("slice: the stored form is these bytes for good") {
  CHECK(Slice().encode() == Bytes{1, 0, 0, 0, 0x08, 0x57, 0xd6, 0x96});
  CHECK(Slice::from_places(Places{1, 258, 65535}).encode() ==
        Bytes{1, 0, 3, 0, 1, 0, 2, 1, 255, 255, 0x54, 0x9d, 0xc7, 0x59});
  CHECK(Slice::range(0, 65536).encode() == Bytes{1, 2, 1, 0, 0, 0, 255, 255, 0xf9, 0x2c, 0xb1, 0xcf});
  const Bytes bitset = every(2, 1, 32768).encode();
  REQUIRE(bitset.size() == 8200);
  CHECK(Bytes(bitset.begin(), bitset.begin() + 6) == Bytes{1, 1, 0, 0, 0xaa, 0xaa});
  CHECK(Bytes(bitset.end() - 4, bitset.end()) == Bytes{0xce, 0x41, 0xa5, 0x8e});
}

TEST_CASE("slice: every kind and border is stored in its smallest form and comes back the same") {
  for (const Sample& sample : samples()) {
    CAPTURE(sample.name);
    const Bytes bytes = sample.slice.encode();
    CHECK(bytes[1] == sample.kind);
    CHECK(bytes == reference_encoding(model_of(sample.slice)));
    CHECK(Slice::decode(bytes) == sample.slice);
    CHECK(Slice::encoded_count(bytes) == sample.slice.count());
  }
}

TEST_CASE("slice: random sets of every density are stored in their smallest form and come back the same") {
  std::mt19937 random(4);
  std::array<int, 3> seen{};
  for (int round = 0; round < 150; ++round) {
    std::vector<bool> model(Slice::kPlaces);
    // Runs and gaps of random mean lengths, so that each kind and the borders between them come up.
    const std::uint32_t run = 1 + draw(random, 1U << draw(random, 8));
    const std::uint32_t gap = 1 + draw(random, 1U << draw(random, 12));
    std::uint32_t place = draw(random, gap);
    while (place < Slice::kPlaces) {
      const std::uint32_t end = std::min(Slice::kPlaces, place + 1 + draw(random, 2 * run));
      for (; place < end; ++place) model[place] = true;
      place += 1 + draw(random, 2 * gap);
    }
    const Slice slice = slice_of(model);
    const Bytes bytes = slice.encode();
    ++seen.at(bytes[1]);
    CAPTURE(round);
    CHECK(bytes == reference_encoding(model));
    CHECK(Slice::decode(bytes) == slice);
    CHECK(model_of(slice) == model);
  }
  for (const int times : seen) CHECK(times >= 10);
}

TEST_CASE("slice: encoded bytes answer as the slice does") {
  for (const Sample& sample : samples()) {
    CAPTURE(sample.name);
    const Bytes bytes = sample.slice.encode();
    int wrong = 0;
    const auto compare = [&](std::uint32_t place) {
      const auto at = static_cast<std::uint16_t>(place);
      wrong += Slice::encoded_contains(bytes, at) != sample.slice.contains(at);
    };
    for (std::uint32_t place = 0; place < 200; ++place) compare(place);
    for (std::uint32_t place = 0; place < Slice::kPlaces; place += 331) compare(place);
    for (std::uint32_t place = Slice::kPlaces - 200; place < Slice::kPlaces; ++place) compare(place);
    CHECK(wrong == 0);
  }
}

TEST_CASE("slice: encoded bytes may lie at any address") {
  for (const Sample& sample : samples()) {
    CAPTURE(sample.name);
    const Bytes bytes = sample.slice.encode();
    Bytes shifted(bytes.size() + 8);
    for (std::size_t shift = 0; shift < 8; ++shift) {
      std::copy(bytes.begin(), bytes.end(), shifted.begin() + static_cast<std::ptrdiff_t>(shift));
      const std::span<const std::uint8_t> view(shifted.data() + shift, bytes.size());
      CHECK(Slice::decode(view) == sample.slice);
      CHECK(Slice::encoded_count(view) == sample.slice.count());
    }
  }
}

TEST_CASE("slice: one flipped bit is refused") {
  for (const Sample& sample : samples()) {
    CAPTURE(sample.name);
    Bytes bytes = sample.slice.encode();
    // Small ones in full; of large ones both ends and a sample with all bit numbers.
    const std::size_t bits = bytes.size() * 8;
    const std::size_t step = bytes.size() <= 40 ? 1 : 1021;
    int passed = 0;
    for (std::size_t i = 0; i < bits; i += i < 64 || i >= bits - 64 - step ? 1 : step) {
      const auto mask = static_cast<std::uint8_t>(1 << i % 8);
      bytes[i / 8] ^= mask;
      passed += !refused(bytes);
      bytes[i / 8] ^= mask;
    }
    CHECK(passed == 0);
    CHECK(accepted(bytes));
  }
}

TEST_CASE("slice: one flipped bit under a right checksum is refused or is the stored form of another set") {
  int refusals = 0;
  int others = 0;
  for (const Sample& sample : samples()) {
    CAPTURE(sample.name);
    const Bytes bytes = sample.slice.encode();
    const std::size_t bits = (bytes.size() - 4) * 8;
    const std::size_t step = bytes.size() <= 40 ? 1 : 1021;
    int wrong = 0;
    for (std::size_t i = 0; i < bits; i += i < 64 ? 1 : step) {
      Bytes flipped = unsealed(bytes);
      flipped[i / 8] ^= static_cast<std::uint8_t>(1 << i % 8);
      flipped = sealed(std::move(flipped));
      if (refused(flipped)) {
        ++refusals;
        continue;
      }
      ++others;
      const Slice other = Slice::decode(flipped);
      wrong += other == sample.slice || other.encode() != flipped;
      wrong += i < 32;  // the header allows one reading only
    }
    CHECK(wrong == 0);
  }
  CHECK(refusals > 0);
  CHECK(others > 0);
}

TEST_CASE("slice: shortened and lengthened bytes are refused, under a right checksum too") {
  for (const Sample& sample : samples()) {
    CAPTURE(sample.name);
    const Bytes bytes = sample.slice.encode();
    int passed = 0;
    const std::size_t step = bytes.size() <= 40 ? 1 : 97;
    for (std::size_t size = 0; size < bytes.size();
         size += size < 20 || size + 20 > bytes.size() ? 1 : step) {
      const Bytes prefix(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(size));
      passed += !refused(prefix);
      if (size + 4 < bytes.size()) passed += !refused(sealed(prefix));
    }
    for (std::size_t more = 1; more <= 9; ++more) {
      for (const std::uint8_t filler : Bytes{0, 255}) {
        Bytes longer = bytes;
        longer.resize(bytes.size() + more, filler);
        passed += !refused(longer);
        longer = unsealed(bytes);
        longer.resize(longer.size() + more, filler);
        passed += !refused(sealed(longer));
      }
    }
    CHECK(passed == 0);
  }
  CHECK(refused({}));
  CHECK(refused(sealed(Bytes(100'000))));
}

TEST_CASE("slice: an unknown version or kind is refused") {
  const Bytes payload = numbers({1, 9});
  CHECK(accepted(blob(1, kArray, 2, payload)));
  for (const std::uint8_t version : Bytes{0, 2, 255}) CHECK(refused(blob(version, kArray, 2, payload)));
  for (const std::uint8_t kind : Bytes{3, 4, 128, 255}) CHECK(refused(blob(1, kind, 2, payload)));
}

TEST_CASE("slice: an n that does not fit the payload is refused") {
  CHECK(accepted(blob(1, kArray, 3, numbers({1, 5, 9}))));
  for (const std::uint32_t n : {0U, 1U, 2U, 4U, 4096U, 65535U}) {
    CHECK(refused(blob(1, kArray, n, numbers({1, 5, 9}))));
  }
  CHECK(refused(blob(1, kArray, 1, {7})));
  CHECK(accepted(blob(1, kRuns, 2, numbers({0, 9, 20, 9}))));
  for (const std::uint32_t n : {0U, 1U, 3U, 4U, 2047U, 65535U}) {
    CHECK(refused(blob(1, kRuns, n, numbers({0, 9, 20, 9}))));
  }
  CHECK(refused(blob(1, kRuns, 1, numbers({0, 9, 20}))));

  const Bytes alternating(8192, 0x55);
  CHECK(accepted(blob(1, kBitset, 0, alternating)));
  for (const std::uint32_t n : {1U, 1024U, 8192U, 32768U}) CHECK(refused(blob(1, kBitset, n, alternating)));
  CHECK(refused(blob(1, kBitset, 0, Bytes(8191, 0x55))));
  CHECK(refused(blob(1, kBitset, 0, Bytes(8193, 0x55))));
  CHECK(refused(blob(1, kBitset, 0, {})));
}

TEST_CASE("slice: an array that is not strictly ascending is refused") {
  CHECK(accepted(array_blob({1, 5, 9})));
  CHECK(refused(array_blob({5, 1, 9})));
  CHECK(refused(array_blob({1, 9, 5})));
  CHECK(refused(array_blob({9, 5, 1})));
  CHECK(refused(array_blob({5, 5})));
  CHECK(refused(array_blob({1, 5, 5})));
  CHECK(refused(array_blob({0, 0})));
  CHECK(refused(array_blob({65535, 65535})));
  CHECK(refused(array_blob({65535, 0})));

  std::vector<std::uint32_t> places;
  for (std::uint32_t i = 0; i < 4096; ++i) places.push_back(i * 16);
  CHECK(accepted(array_blob(places)));
  for (std::size_t i = 1; i < places.size(); i += 315) {  // 315 * 13 = 4095
    std::swap(places[i], places[i - 1]);
    CHECK(refused(array_blob(places)));
    std::swap(places[i], places[i - 1]);
    const std::uint32_t place = std::exchange(places[i], places[i - 1]);
    CHECK(refused(array_blob(places)));
    places[i] = place;
  }
  CHECK(accepted(array_blob(places)));
}

TEST_CASE("slice: runs that descend, overlap, touch or go past the last place are refused") {
  CHECK(accepted(runs_blob({10, 9, 21, 9})));  // 10 to 19, 21 to 30
  CHECK(refused(runs_blob({10, 9, 20, 9})));   // touching
  CHECK(refused(runs_blob({10, 9, 19, 9})));   // sharing a place
  CHECK(refused(runs_blob({10, 9, 10, 9})));   // twice
  CHECK(refused(runs_blob({10, 9, 12, 3})));   // one inside the other
  CHECK(refused(runs_blob({40, 9, 10, 9})));   // descending
  CHECK(refused(runs_blob({40, 9, 10, 9, 60, 9})));
  CHECK(accepted(runs_blob({0, 65535})));
  CHECK(refused(runs_blob({1, 65535})));
  CHECK(refused(runs_blob({65535, 65535})));
  CHECK(accepted(runs_blob({65526, 9})));
  CHECK(refused(runs_blob({65527, 9})));
  CHECK(accepted(runs_blob({0, 9, 65526, 9})));
  CHECK(refused(runs_blob({0, 9, 65527, 9})));
  CHECK(refused(runs_blob({65526, 9, 0, 9})));  // going round
  CHECK(refused(runs_blob({0, 65535, 0, 9})));
  CHECK(refused(runs_blob({0, 65535, 65535, 0})));
}

TEST_CASE("slice: a set in any but its smallest form is refused") {
  CHECK(accepted(array_blob({})));
  CHECK(refused(runs_blob({})));
  CHECK(refused(blob(1, kBitset, 0, Bytes(8192))));
  CHECK(accepted(array_blob({7})));
  CHECK(refused(runs_blob({7, 0})));
  CHECK(accepted(array_blob({7, 8})));  // a tie
  CHECK(refused(runs_blob({7, 1})));
  CHECK(refused(array_blob({7, 8, 9})));
  CHECK(accepted(runs_blob({7, 2})));
  CHECK(refused(array_blob({7, 8, 9, 20, 21})));
  CHECK(accepted(array_blob({7, 8, 9, 20})));
  CHECK(refused(blob(1, kBitset, 0, Bytes(8192, 0xff))));

  for (const Sample& sample : samples()) {
    CAPTURE(sample.name);
    const std::vector<bool> model = model_of(sample.slice);
    const Bytes bitset = bitset_blob(model);
    CHECK(accepted(bitset) == (sample.kind == kBitset));
    std::vector<std::uint32_t> members;
    std::vector<std::uint32_t> runs;
    std::uint32_t place = sample.slice.next(0);
    while (place < Slice::kPlaces) {
      const std::uint32_t start = place;
      while (place < Slice::kPlaces && model[place]) members.push_back(place++);
      runs.push_back(start);
      runs.push_back(place - start - 1);
      place = sample.slice.next(place);
    }
    CHECK(accepted(array_blob(members)) == (sample.kind == kArray));
    CHECK(accepted(runs_blob(runs)) == (sample.kind == kRuns));
  }
}
