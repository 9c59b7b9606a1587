// Rows that are not what was once written, in all tables that have sums.
#pragma once

#include <vector>

#include <bccast/types.hpp>

#include "adapters/sqlite/connection.hpp"

namespace bccast::sqlite {

/// Names each of them. What cannot be read at all is one finding, and ends the look.
std::vector<FindingRow> damaged_rows(Connection& db);

}  // namespace bccast::sqlite
