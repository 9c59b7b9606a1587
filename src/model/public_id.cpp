#include "model/public_id.hpp"

namespace bccast {
namespace {

constexpr std::uint64_t kPurpose = 1;
constexpr char kDigits[] = "0123456789abcdef";

constexpr int kPlaceBits = 28;
constexpr int kRungBits = 8;
constexpr int kCheckBits = 20;
constexpr int kBelowPlace = kRungBits + kCheckBits;
constexpr std::uint64_t kMask28 = (std::uint64_t{1} << 28) - 1;
constexpr std::uint64_t kCheckMask = (std::uint64_t{1} << kCheckBits) - 1;

int digit_value(char c) noexcept {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  return -1;
}

std::optional<std::uint64_t> parse_half(std::string_view text) noexcept {
  std::uint64_t value = 0;
  for (const char c : text) {
    const int digit = digit_value(c);
    if (digit < 0) return std::nullopt;
    value = value << 4 | static_cast<std::uint64_t>(digit);
  }
  return value;
}

// high: kind 4, channel 8, provider 28, upper 24 bits of number; low: lower 8 bits of number, place 28, rung
// 8, check 20.
Block pack(const IdParts& parts) noexcept {
  const auto number = static_cast<std::uint64_t>(parts.number);
  Block block;
  block.high = static_cast<std::uint64_t>(parts.kind) << 60 |
               static_cast<std::uint64_t>(parts.channel) << 52 |
               static_cast<std::uint64_t>(parts.provider) << 24 | number >> 8;
  block.low = (number & 0xff) << (kPlaceBits + kBelowPlace) |
              static_cast<std::uint64_t>(parts.place) << kBelowPlace |
              static_cast<std::uint64_t>(parts.rung) << kCheckBits;
  return block;
}

}  // namespace

PublicIds::PublicIds(const SecretKey& store_key) : permutation_(store_key, kPurpose) {}

PublicId PublicIds::encode(const IdParts& parts) const noexcept {
  const Block block = permutation_.forward(pack(parts));
  PublicId id{};
  for (std::size_t i = 0; i < 16; ++i) {
    id[i] = kDigits[block.high >> (60 - 4 * i) & 15];
    id[16 + i] = kDigits[block.low >> (60 - 4 * i) & 15];
  }
  return id;
}

std::optional<IdParts> PublicIds::decode(std::string_view text, IdKind kind) const noexcept {
  if (text.size() != 32) return std::nullopt;
  const auto high = parse_half(text.substr(0, 16));
  const auto low = parse_half(text.substr(16));
  if (!high || !low) return std::nullopt;
  const Block block = permutation_.backward(Block{*high, *low});
  if ((block.low & kCheckMask) != 0 || block.high >> 60 != static_cast<std::uint64_t>(kind))
    return std::nullopt;
  IdParts parts;
  parts.kind = kind;
  parts.channel = static_cast<ChannelNo>(block.high >> 52 & 0xff);
  parts.provider = static_cast<ProviderNo>(block.high >> 24 & kMask28);
  parts.number = static_cast<std::int64_t>((block.high & 0xffffff) << 8 | block.low >> 56);
  parts.place = static_cast<Place>(block.low >> kBelowPlace & kMask28);
  parts.rung = static_cast<Rung>(block.low >> kCheckBits & 0xff);
  if (parts.rung != kFirstRung && kind != IdKind::blast_item) return std::nullopt;
  return parts;
}

}  // namespace bccast
