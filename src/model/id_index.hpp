// A list of ids, findable by id: for meeting a long list with a roster in one pass over each.
#pragma once

#include <cstdint>
#include <limits>
#include <span>
#include <string_view>
#include <vector>

namespace bccast {

class IdIndex {
 public:
  static constexpr std::uint32_t kNone = std::numeric_limits<std::uint32_t>::max();

  /// Borrows `ids`. Open addressing, at most half full: 8 to 16 bytes an id.
  explicit IdIndex(std::span<const std::string_view> ids);
  /// Where `id` stands in the list for the first time, or kNone.
  std::uint32_t find(std::string_view id) const noexcept;

 private:
  std::size_t slot_of(std::string_view id) const noexcept;
  std::span<const std::string_view> ids_;
  std::vector<std::uint32_t> slots_;
};

}  // namespace bccast
