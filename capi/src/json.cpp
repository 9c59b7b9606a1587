// Rows as JSON (RFC 8259).
#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <new>
#include <string>
#include <string_view>

#include "rows.hpp"

using namespace bccast::capi;

namespace {

/// Code points that JSON may hold as they are, but a terminal or an editor should not be shown: DEL and the
/// controls above it, the separators of lines, and what turns the order of a line around.
bool is_unsafe(char32_t point) noexcept {
  return point < 0x20 || (point >= 0x7F && point <= 0x9F) || point == 0x061C || point == 0x2028 ||
         point == 0x2029 || (point >= 0x202A && point <= 0x202E) || (point >= 0x2066 && point <= 0x2069);
}

/// Takes the first code point of a text that is known to be UTF-8.
char32_t take_code_point(std::string_view& text) noexcept {
  const auto lead = static_cast<unsigned char>(text.front());
  const std::size_t length = lead < 0x80 ? 1 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
  char32_t point = length == 1 ? lead : lead & (0x7FU >> length);
  for (std::size_t i = 1; i < length && i < text.size(); ++i)
    point = point << 6U | (static_cast<unsigned char>(text[i]) & 0x3FU);
  text.remove_prefix(std::min(length, text.size()));
  return point;
}

void add_text(std::string& json, std::string_view text) {
  json += '"';
  while (!text.empty()) {
    const std::string_view before = text;
    const char32_t point = take_code_point(text);
    if (point == '"' || point == '\\') {
      json += '\\';
      json += before.front();
    } else if (point == '\n') {
      json += "\\n";
    } else if (point == '\r') {
      json += "\\r";
    } else if (point == '\t') {
      json += "\\t";
    } else if (is_unsafe(point)) {
      fmt::format_to(std::back_inserter(json), "\\u{:04x}", static_cast<unsigned>(point));
    } else {
      json += before.substr(0, before.size() - text.size());
    }
  }
  json += '"';
}

void add_cell(std::string& json, const bccast_rows* handle, const Rows& rows, std::size_t row,
              std::size_t column) {
  std::int64_t number = 0;
  const char* text = nullptr;
  std::size_t length = 0;
  if (rows.columns[column].type == BCCAST_TYPE_I64) {
    const auto code = bccast_rows_i64_at(handle, row, column, &number);
    json += code == BCCAST_OK ? std::to_string(number) : "null";
    return;
  }
  const auto code = bccast_rows_text_at(handle, row, column, &text, &length);
  if (code == BCCAST_E_NOMEM) throw std::bad_alloc();
  if (length == 0) {
    json += "null";
  } else {
    add_text(json, {text, length});
  }
}

void add_row(std::string& json, const bccast_rows* handle, const Rows& rows, std::size_t row) {
  json += '{';
  for (std::size_t i = 0; i < rows.columns.size(); ++i) {
    if (i > 0) json += ',';
    add_text(json, rows.columns[i].name);
    json += ':';
    add_cell(json, handle, rows, row, i);
  }
  json += '}';
}

}  // namespace

int32_t bccast_rows_json(const bccast_rows* handle, size_t row, const char** out_json, size_t* out_length) {
  if (out_length != nullptr) *out_length = 0;
  if (out_json == nullptr) return BCCAST_E_ARGUMENT;
  *out_json = "";
  const auto* rows = find_rows(handle);
  if (rows == nullptr) return BCCAST_E_HANDLE;
  if (row != BCCAST_ALL_ROWS && row >= rows->count) return BCCAST_E_ARGUMENT;
  try {
    std::string& json = rows->json;
    json.clear();
    if (row != BCCAST_ALL_ROWS) {
      add_row(json, handle, *rows, row);
    } else {
      json += '[';
      for (std::size_t i = 0; i < rows->count; ++i) {
        if (i > 0) json += ',';
        add_row(json, handle, *rows, i);
      }
      json += ']';
    }
    *out_json = json.c_str();
    if (out_length != nullptr) *out_length = json.size();
    return BCCAST_OK;
  } catch (...) {
    return BCCAST_E_NOMEM;
  }
}
