// The numbers things have inside a store. They never leave it: what leaves are public ids (public_id.hpp).
#pragma once

#include <cstdint>

#include "model/slice.hpp"

namespace bccast {

using ProviderNo = std::int64_t;
using ClientNo = std::int64_t;
using BlastNo = std::int64_t;
using CommunityNo = std::int64_t;
using ChannelNo = std::int64_t;
using LineNo = std::int64_t;
using ItemNo = std::int64_t;
/// Where a client stands on a roster: dense, from 0, never used twice.
using Place = std::uint32_t;
using SliceNo = std::uint32_t;
/// The order in which a provider's blasts became visible.
using Seq = std::int64_t;
/// Milliseconds since the Unix epoch, UTC.
using Ms = std::int64_t;
inline constexpr Ms kEndOfTime = 0x7fff'ffff'ffff'ffff;

constexpr SliceNo slice_of(Place place) noexcept {
  return place / Slice::kPlaces;
}
constexpr std::uint16_t within_slice(Place place) noexcept {
  return static_cast<std::uint16_t>(place % Slice::kPlaces);
}
constexpr Place place_at(SliceNo slice, std::uint32_t within) noexcept {
  return slice * Slice::kPlaces + within;
}
/// How many slices `places` places need.
constexpr SliceNo slices_for(Place places) noexcept {
  return places / Slice::kPlaces + (places % Slice::kPlaces != 0 ? 1 : 0);
}

/// The largest roster a public id has room for.
inline constexpr Place kMaxPlaces = (Place{1} << 28) - 1;
/// Where a community stands: a place that no client has.
inline constexpr Place kCommunityPlace = kMaxPlaces;
inline constexpr ProviderNo kMaxProviders = (ProviderNo{1} << 28) - 1;
inline constexpr std::int64_t kMaxNumber = (std::int64_t{1} << 32) - 1;
inline constexpr ChannelNo kMaxChannels = 255;

}  // namespace bccast
