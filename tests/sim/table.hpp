// Rows of the library, read by name.
#pragma once

#include <bccast/bccast.h>

#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>

#include "failure.hpp"

namespace sim {

class Table {
 public:
  Table() = default;
  /// Owns the rows.
  explicit Table(bccast_rows* rows) : rows_(rows), owned_(rows) {}
  /// Borrows them, of a batch.
  explicit Table(const bccast_rows* rows) : rows_(rows) {}
  Table(Table&& other) noexcept
      : rows_(std::exchange(other.rows_, nullptr)), owned_(std::exchange(other.owned_, nullptr)) {}
  Table& operator=(Table&& other) noexcept {
    std::swap(rows_, other.rows_);
    std::swap(owned_, other.owned_);
    return *this;
  }
  ~Table() { bccast_rows_free(owned_); }

  std::size_t size() const { return bccast_rows_count(rows_); }
  std::string text(std::size_t row, const char* column) const {
    const char* text = nullptr;
    std::size_t length = 0;
    if (bccast_rows_get_text(rows_, row, column, &text, &length) < 0)
      throw Failure("rows", std::string("no text in column ") + column);
    return {text, length};
  }
  std::int64_t number(std::size_t row, const char* column) const {
    std::int64_t value = 0;
    if (bccast_rows_get_i64(rows_, row, column, &value) < 0)
      throw Failure("rows", std::string("no number in column ") + column);
    return value;
  }
  bool empty(std::size_t row, const char* column) const {
    std::size_t index = 0;
    if (bccast_rows_find(rows_, column, &index) < 0)
      throw Failure("rows", std::string("no column ") + column);
    const char* text = nullptr;
    std::int64_t value = 0;
    return (bccast_rows_type(rows_, index) == BCCAST_TYPE_I64
                ? bccast_rows_i64_at(rows_, row, index, &value)
                : bccast_rows_text_at(rows_, row, index, &text, nullptr)) == BCCAST_NULL;
  }
  std::string next() const {
    const char* cursor = bccast_rows_next(rows_);
    return cursor != nullptr ? cursor : "";
  }
  /// A row as text, all of its columns: to compare two looks.
  std::string print(std::size_t row) const {
    std::string all;
    for (std::size_t c = 0; c < bccast_rows_columns(rows_); ++c) {
      const char* name = bccast_rows_name(rows_, c);
      all += std::string(name) + "=";
      if (!empty(row, name))
        all += bccast_rows_type(rows_, c) == BCCAST_TYPE_I64 ? std::to_string(number(row, name))
                                                             : text(row, name);
      all += " ";
    }
    return all;
  }
  /// The names and types of the columns.
  std::string shape() const {
    std::string all;
    for (std::size_t c = 0; c < bccast_rows_columns(rows_); ++c)
      all += std::string(bccast_rows_name(rows_, c)) + ":" + std::to_string(bccast_rows_type(rows_, c)) + " ";
    return all;
  }

 private:
  const bccast_rows* rows_ = nullptr;
  bccast_rows* owned_ = nullptr;
};

}  // namespace sim
