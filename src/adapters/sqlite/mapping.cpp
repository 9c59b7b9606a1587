#include "adapters/sqlite/mapping.hpp"

#include <string>

namespace bccast::sqlite {
namespace {

/// The sum of the row at hand. Numbers and texts were written as such, and empty texts as NULL here and
/// there.
bool is_sound(const Query& query, const RowTable& table) {
  RowSum sum(table.kind);
  for (std::size_t i = 0; i < table.count; ++i) {
    const int column = static_cast<int>(i);
    if (!query.is_number(column)) {
      sum.add(query.text(column));
    } else if (table.weights[i] == 0) {
      sum.add(query.any_i64(column));
    } else {
      sum.add_counted(query.any_i64(column), table.weights[i]);
    }
  }
  return query.any_i64(static_cast<int>(table.count)) == sum.finish();
}

}  // namespace

void find_damaged_rows(Connection& db, const RowTable& table, const Sql& select,
                       std::vector<FindingRow>& findings) {
  auto query = db.query(select.c_str());
  while (query.step()) {
    if (is_sound(query, table)) continue;
    // No texts: what is in a damaged row may be anybody's.
    std::string key(table.name);
    for_each_column(table.columns, [&](std::string_view column, std::size_t number) {
      const int at = static_cast<int>(number) - 1;
      if (number_in(table.lists.key, column) == 0 || !query.is_number(at)) return;
      key += " " + std::string(column) + " " + std::to_string(query.any_i64(at));
    });
    findings.push_back({"row", std::move(key), "it is damaged, or another's"});
  }
}

}  // namespace bccast::sqlite
