#include "rows.hpp"

#include <cstring>

#include "guard.hpp"

using namespace bccast;
using namespace bccast::capi;

namespace {

const Column* find(const Rows* rows, const char* name, std::size_t* out_index = nullptr) noexcept {
  if (rows == nullptr || name == nullptr) return nullptr;
  for (std::size_t i = 0; i < rows->columns.size(); ++i) {
    if (std::strcmp(rows->columns[i].name, name) != 0) continue;
    if (out_index != nullptr) *out_index = i;
    return &rows->columns[i];
  }
  return nullptr;
}

const Column* at(const Rows* rows, std::size_t column) noexcept {
  return rows != nullptr && column < rows->columns.size() ? &rows->columns[column] : nullptr;
}

/// The texts of a column, made if they were not yet. NULL when out of memory.
const TextColumn* texts_of(const Column& column) noexcept {
  if (!column.texts) {
    try {
      const_cast<Column&>(column).texts = column.make();
    } catch (...) {
      return nullptr;
    }
  }
  return column.texts.get();
}

/// A copy for each cell. Never of more than a page of a list has.
std::int32_t make_texts(const Rows& rows, const Column& column) noexcept {
  constexpr std::size_t kMost = std::size_t{8} << 20;
  std::size_t bytes = 0;
  for (std::size_t i = 0; i < rows.count; ++i) bytes += column.long_texts->at(i).size() + 1;
  if (bytes > kMost) return BCCAST_E_LIMIT;
  try {
    auto texts = std::make_shared<TextColumn>();
    for (std::size_t i = 0; i < rows.count; ++i) texts->add(column.long_texts->at(i));
    const_cast<Column&>(column).texts = std::move(texts);
  } catch (...) {
    return BCCAST_E_NOMEM;
  }
  return BCCAST_OK;
}

std::int32_t number_in(const Rows* rows, std::size_t row, const Column* column, std::int64_t* out) noexcept {
  if (out == nullptr) return BCCAST_E_ARGUMENT;
  *out = 0;
  if (rows == nullptr) return BCCAST_E_HANDLE;
  if (column == nullptr || row >= rows->count || column->type != BCCAST_TYPE_I64) return BCCAST_E_ARGUMENT;
  if (!column->nulls.empty() && column->nulls[row] != 0) return BCCAST_NULL;
  *out = (*column->numbers)[row];
  return BCCAST_OK;
}

std::int32_t text_in(const Rows* rows, std::size_t row, const Column* column, const char** out_text,
                     std::size_t* out_length) noexcept {
  if (out_length != nullptr) *out_length = 0;
  if (out_text == nullptr) return BCCAST_E_ARGUMENT;
  *out_text = "";
  if (rows == nullptr) return BCCAST_E_HANDLE;
  if (column == nullptr || row >= rows->count || column->type != BCCAST_TYPE_TEXT) return BCCAST_E_ARGUMENT;
  const auto* texts = column->long_texts == nullptr ? texts_of(*column) : nullptr;
  if (texts == nullptr && column->long_texts == nullptr) return BCCAST_E_NOMEM;
  const auto text = texts != nullptr ? texts->at(row) : column->long_texts->at(row);
  *out_text = text.data();
  if (out_length != nullptr) *out_length = text.size();
  return text.empty() && column->empty_is_null ? BCCAST_NULL : BCCAST_OK;
}

}  // namespace

size_t bccast_rows_count(const bccast_rows* handle) {
  const auto* rows = find_rows(handle);
  return rows != nullptr ? rows->count : 0;
}

size_t bccast_rows_columns(const bccast_rows* handle) {
  const auto* rows = find_rows(handle);
  return rows != nullptr ? rows->columns.size() : 0;
}

const char* bccast_rows_name(const bccast_rows* handle, size_t column) {
  const auto* rows = find_rows(handle);
  const auto* found = at(rows, column);
  return found != nullptr ? found->name : nullptr;
}

int32_t bccast_rows_find(const bccast_rows* handle, const char* name, size_t* out_column) {
  const auto* rows = find_rows(handle);
  if (out_column == nullptr) return BCCAST_E_ARGUMENT;
  *out_column = 0;
  if (rows == nullptr) return BCCAST_E_HANDLE;
  return find(rows, name, out_column) != nullptr ? BCCAST_OK : BCCAST_E_ARGUMENT;
}

int32_t bccast_rows_type(const bccast_rows* handle, size_t column) {
  const auto* rows = find_rows(handle);
  if (rows == nullptr) return BCCAST_E_HANDLE;
  const auto* found = at(rows, column);
  return found != nullptr ? found->type : BCCAST_E_ARGUMENT;
}

int32_t bccast_rows_i64(const bccast_rows* handle, size_t column, const int64_t** out_values) {
  const auto* rows = find_rows(handle);
  if (out_values == nullptr) return BCCAST_E_ARGUMENT;
  *out_values = nullptr;
  if (rows == nullptr) return BCCAST_E_HANDLE;
  const auto* found = at(rows, column);
  if (found == nullptr || found->type != BCCAST_TYPE_I64) return BCCAST_E_ARGUMENT;
  *out_values = found->numbers->data();
  return BCCAST_OK;
}

int32_t bccast_rows_text(const bccast_rows* handle, size_t column, const char** out_bytes,
                         const uint64_t** out_offsets) {
  const auto* rows = find_rows(handle);
  if (out_bytes != nullptr) *out_bytes = nullptr;
  if (out_offsets != nullptr) *out_offsets = nullptr;
  if (out_bytes == nullptr || out_offsets == nullptr) return BCCAST_E_ARGUMENT;
  if (rows == nullptr) return BCCAST_E_HANDLE;
  const auto* found = at(rows, column);
  if (found == nullptr || found->type != BCCAST_TYPE_TEXT) return BCCAST_E_ARGUMENT;
  if (found->long_texts != nullptr && !found->texts)
    if (const auto code = make_texts(*rows, *found); code != BCCAST_OK) return code;
  const auto* texts = texts_of(*found);
  if (texts == nullptr) return BCCAST_E_NOMEM;
  *out_bytes = texts->bytes();
  *out_offsets = texts->offsets();
  return BCCAST_OK;
}

int32_t bccast_rows_i64_at(const bccast_rows* handle, size_t row, size_t column, int64_t* out_value) {
  const auto* rows = find_rows(handle);
  return number_in(rows, row, at(rows, column), out_value);
}

int32_t bccast_rows_text_at(const bccast_rows* handle, size_t row, size_t column, const char** out_text,
                            size_t* out_length) {
  const auto* rows = find_rows(handle);
  return text_in(rows, row, at(rows, column), out_text, out_length);
}

int32_t bccast_rows_get_i64(const bccast_rows* handle, size_t row, const char* column, int64_t* out_value) {
  const auto* rows = find_rows(handle);
  return number_in(rows, row, find(rows, column), out_value);
}

int32_t bccast_rows_get_text(const bccast_rows* handle, size_t row, const char* column, const char** out_text,
                             size_t* out_length) {
  const auto* rows = find_rows(handle);
  return text_in(rows, row, find(rows, column), out_text, out_length);
}

const char* bccast_rows_next(const bccast_rows* handle) {
  const auto* rows = find_rows(handle);
  return rows != nullptr && !rows->next.empty() ? rows->next.c_str() : nullptr;
}

void bccast_rows_free(bccast_rows* handle) {
  const auto* rows = find_rows(handle);
  if (rows == nullptr || rows->borrowed) return;
  delete static_cast<Rows*>(rows_handles.remove(reinterpret_cast<std::uintptr_t>(handle)));
}
