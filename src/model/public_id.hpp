// Ids that leave the library: 32 hexadecimal letters that say nothing and need no index.
//
// 128 bits of kind (4), channel (8), provider (28), number (32), place (28), rung (8) and check (20, zero),
// put through a permutation keyed by the store. An id can be named before a row exists and decoded without a
// look-up. Only the items of a blast have a rung: of all others it is checked, too. So what is made up fails
// the check bits but once in 2^28, as an item of a blast once in 2^20, and access is checked after that in
// any case.
#pragma once

#include <array>
#include <optional>
#include <string_view>

#include "base/crypto.hpp"
#include "model/numbers.hpp"

namespace bccast {

/// How often a place has been told of a blast on a channel before, by other lines. The same rung at every
/// attempt: who is told anew gets an item with another id, which nobody takes for a repeat of the first.
using Rung = std::uint8_t;
/// Of what a sending tells, and of what is taken back of it.
inline constexpr Rung kFirstRung = 0;

enum class IdKind : std::uint8_t {
  blast = 1,       // provider, number: blast
  thread = 2,      // provider, number: origin, place; of a community its number, and kCommunityPlace
  blast_item = 3,  // the notification of a blast to one place: channel, provider, number: blast, place, rung
  notice_item =
      4,       // the notification of one message: channel, provider, number and place: notice (notice_id())
  member = 5,  // somebody to the other members: provider, number: community, place
  event = 6,   // number: event
};

struct IdParts {
  IdKind kind = IdKind::blast;
  ChannelNo channel = 0;
  ProviderNo provider = 0;
  std::int64_t number = 0;
  Place place = 0;
  Rung rung = kFirstRung;
};

constexpr IdParts blast_item_id(ChannelNo channel, ProviderNo provider, BlastNo blast, Place place,
                                Rung rung = kFirstRung) noexcept {
  return {IdKind::blast_item, channel, provider, blast, place, rung};
}

/// The number of a notice takes the room of the place, too: it is one of the whole store.
constexpr IdParts notice_id(ChannelNo channel, ProviderNo provider, std::int64_t notice) noexcept {
  return {IdKind::notice_item, channel, provider, notice & 0xffff'ffff, static_cast<Place>(notice >> 32),
          kFirstRung};
}
constexpr std::int64_t notice_of(const IdParts& parts) noexcept {
  return std::int64_t{parts.place} << 32 | parts.number;
}

/// 32 letters and a NUL.
using PublicId = std::array<char, 33>;

inline std::string_view view(const PublicId& id) noexcept {
  return {id.data(), id.size() - 1};
}

class PublicIds {
 public:
  explicit PublicIds(const SecretKey& store_key);
  PublicId encode(const IdParts& parts) const noexcept;
  /// Nothing when `text` is not an id of this store and of this kind.
  std::optional<IdParts> decode(std::string_view text, IdKind kind) const noexcept;

 private:
  Permutation permutation_;
};

}  // namespace bccast
