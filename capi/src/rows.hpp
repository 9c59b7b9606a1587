// Rows: a table of columns, owned by whoever asked for it, or borrowed from a batch.
#pragma once

#include <bccast/bccast.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "handle_slots.hpp"
#include "ports/delivery.hpp"

namespace bccast::capi {

struct Column {
  const char* name = "";
  std::int32_t type = BCCAST_TYPE_TEXT;
  bool empty_is_null = false;               // of texts
  std::shared_ptr<const TextColumn> texts;  // owned, or an alias of what the rows borrow
  std::shared_ptr<const std::vector<std::int64_t>> numbers;
  std::vector<std::uint8_t> nulls;                          // of numbers; empty: none
  std::function<std::shared_ptr<const TextColumn>()> make;  // of texts: made when first asked for
  const LongTextColumn* long_texts = nullptr;               // instead of texts: of what the rows borrow
};

/// What a bccast_rows stands for.
struct Rows {
  std::size_t count = 0;
  bool borrowed = false;                // part of a batch: not to be freed
  mutable std::vector<Column> columns;  // a column is filled in when first asked for
  std::string next;
  mutable std::string json;  // what bccast_rows_json gave last
};

inline constinit HandleSlots rows_handles{1};

/// Null: not a handle, or a freed one.
inline Rows* find_rows(const bccast_rows* handle) noexcept {
  return static_cast<Rows*>(rows_handles.find(reinterpret_cast<std::uintptr_t>(handle)));
}

inline bccast_rows* as_rows(std::uintptr_t handle) noexcept {
  return reinterpret_cast<bccast_rows*>(handle);
}

/// They are the host's from now on.
inline bccast_rows* hand_over(std::unique_ptr<Rows> rows) {
  bccast_rows* handle = as_rows(rows_handles.add(rows.get()));
  static_cast<void>(rows.release());
  return handle;
}

/// Builds rows from items: each column is a name and what to take from an item.
template <typename Item>
class RowsBuilder {
 public:
  explicit RowsBuilder(const std::vector<Item>& items) : items_(items), rows_(std::make_unique<Rows>()) {
    rows_->count = items.size();
  }

  /// get(item) gives a text; where `empty_is_null`, an empty one is an empty cell.
  template <typename Get>
  RowsBuilder& text(const char* name, Get&& get, bool empty_is_null = false) {
    auto texts = std::make_shared<TextColumn>();
    for (const auto& item : items_) texts->add(get(item));
    rows_->columns.push_back({name, BCCAST_TYPE_TEXT, empty_is_null, std::move(texts), nullptr, {}, {}});
    return *this;
  }

  /// get(item) gives a number, or an optional one.
  template <typename Get>
  RowsBuilder& i64(const char* name, Get&& get) {
    auto numbers = std::make_shared<std::vector<std::int64_t>>();
    std::vector<std::uint8_t> nulls;
    for (const auto& item : items_) {
      const std::optional<std::int64_t> value = get(item);
      numbers->push_back(value.value_or(0));
      nulls.push_back(value ? 0 : 1);
    }
    rows_->columns.push_back(
        {name, BCCAST_TYPE_I64, false, nullptr, std::move(numbers), std::move(nulls), {}});
    return *this;
  }

  bccast_rows* finish(std::string next = {}) {
    rows_->next = std::move(next);
    return hand_over(std::move(rows_));
  }

 private:
  const std::vector<Item>& items_;
  std::unique_ptr<Rows> rows_;
};

}  // namespace bccast::capi
