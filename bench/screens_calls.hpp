// The C API as the screens use it: answers that are owned, and failures that are thrown.
#pragma once

#include <bccast/bccast.h>

#include <cstdint>
#include <memory>
#include <stdexcept>
#include <string>

#include "column.hpp"

namespace bench {

struct RowsFree {
  void operator()(bccast_rows* rows) const { bccast_rows_free(rows); }
};
using Rows = std::unique_ptr<bccast_rows, RowsFree>;

/// Every call here is expected to do all it was asked: EXISTS and PARTIAL are failures too.
inline void require_ok(std::int32_t result) {
  if (result == BCCAST_OK) return;
  throw std::runtime_error(std::string(bccast_code_name(result)) + ": " + bccast_error_message());
}

/// The answer of a function whose last parameter is the rows it gives.
template <typename... Parameters, typename... Given>
Rows rows_of(std::int32_t (*function)(Parameters...), Given... given) {
  bccast_rows* out = nullptr;
  require_ok(function(given..., &out));
  return Rows(out);
}

/// "" for an empty cell.
inline std::string text_at(const Rows& rows, std::size_t row, const char* column) {
  const char* text = nullptr;
  const std::int32_t result = bccast_rows_get_text(rows.get(), row, column, &text, nullptr);
  if (result != BCCAST_NULL) require_ok(result);
  return text;
}

inline std::string next_of(const Rows& rows) {
  const char* next = bccast_rows_next(rows.get());
  return next == nullptr ? "" : next;
}

}  // namespace bench
