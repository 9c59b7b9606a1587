// A checksum over the columns of a row and its key, so that neither a flipped bit nor a row, or an index
// entry, that was exchanged for another is taken for the truth.
//
// All but a few columns are hashed in their order. Those that a statement changes in place, or that the store
// itself gives (a counter, a number of a new row), enter as a sum instead: new sum = old sum + weight * (new
// - old). So such a statement keeps a right sum right and a wrong one wrong, and needs not read the row.
#pragma once

#include <cstdint>
#include <string_view>

namespace bccast {

/// Kinds of rows, and of what else has a checksum bound to its key. Part of what is stored: never renumbered.
enum class RowKind : std::uint8_t {
  provider = 1,
  client = 2,
  membership = 3,
  channel = 4,
  blast = 5,
  recipients = 6,
  thread = 7,
  thread_ref = 8,
  community = 9,
  member = 10,
  message = 11,
  line = 12,
  claim = 13,
  item = 14,
  event = 15,
  reader = 16,
  told_address = 17,
  blast_text = 18,
  roster_slice = 19,
  address_slice = 20,
  draft_slice = 21,
  mark = 22,
  waiting = 23,
  skip = 24,
  item_slice = 25,
  store = 26,
  folding = 27,
  log_mark = 28,
  act = 29,
  number = 30,
  roster_work = 31,
  channel_work = 32,
};

class RowSum {
 public:
  explicit RowSum(RowKind kind) noexcept { add(static_cast<std::int64_t>(kind)); }

  /// Each step is a bijection of what was before and of what comes: one changed column always shows.
  RowSum& add(std::int64_t value) noexcept {
    hash_ ^= static_cast<std::uint64_t>(value);
    hash_ *= 0x9e3779b97f4a7c15;
    hash_ ^= hash_ >> 29;
    return *this;
  }
  RowSum& add(std::string_view bytes) noexcept;
  /// A column that is changed in place. `weight`: odd, below 2^20, another for each such column of a row.
  RowSum& add_counted(std::int64_t value, std::int64_t weight) noexcept {
    counted_ += static_cast<std::uint64_t>(value) * static_cast<std::uint64_t>(weight);
    return *this;
  }
  /// Far enough from the largest number that sums of what is counted do not overflow in a store's arithmetic.
  std::int64_t finish() const noexcept { return static_cast<std::int64_t>((hash_ >> 2) + counted_); }
  /// Of a bitmap's key.
  std::uint32_t short_sum() const noexcept { return static_cast<std::uint32_t>(hash_ >> 32 ^ hash_); }

 private:
  std::uint64_t hash_ = 0x62636361'73746f72;
  std::uint64_t counted_ = 0;
};

}  // namespace bccast
