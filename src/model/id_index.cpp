#include "model/id_index.hpp"

#define XXH_INLINE_ALL
#include <xxhash.h>

#include <bit>

namespace bccast {

IdIndex::IdIndex(std::span<const std::string_view> ids)
    : ids_(ids), slots_(std::bit_ceil(ids.size() * 2 + 2), kNone) {
  for (std::uint32_t i = 0; i < ids.size(); ++i) {
    std::uint32_t& slot = slots_[slot_of(ids[i])];
    if (slot == kNone) slot = i;
  }
}

std::uint32_t IdIndex::find(std::string_view id) const noexcept {
  return slots_[slot_of(id)];
}

// The slot of the id, or the free one where it would go.
std::size_t IdIndex::slot_of(std::string_view id) const noexcept {
  const std::size_t mask = slots_.size() - 1;
  std::size_t slot = XXH3_64bits(id.data(), id.size()) & mask;
  while (slots_[slot] != kNone && ids_[slots_[slot]] != id) slot = (slot + 1) & mask;
  return slot;
}

}  // namespace bccast
