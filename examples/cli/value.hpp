// A single value as it is shown: in a table for people, or in JSON.
//
// Times are milliseconds in JSON, under the column's name ("sent_at_ms"); in a table they are ISO 8601 in
// UTC, under the name without the unit ("sent_at"). An empty value, be it an empty cell or a
// text without letters, is null in JSON and "-" in a table.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <variant>

#include "handles.hpp"

namespace cli {

/// The first alternative is the empty one.
using Value = std::variant<std::monostate, bool, std::int64_t, std::string>;

/// What a table shows of somebody who was erased.
constexpr std::string_view kErased = "(erased)";

Value cell(const Rows& rows, std::size_t row, std::size_t column);

/// Whether a column of that name holds times.
bool is_time(std::string_view name);
/// The name of a column in a table.
std::string heading(const std::string& name);
/// A value in a table.
std::string shown(const std::string& name, const Value& value);
std::string shown(const std::string& name, std::string_view text);

/// A value in JSON; safe to be looked at on a terminal.
std::string as_json(const Value& value);

}  // namespace cli
