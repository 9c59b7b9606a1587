// Numbers for what is made, in SQLite: for each kind a row with the last one.
#pragma once

#include <vector>

#include <bccast/types.hpp>

#include "adapters/sqlite/connection.hpp"
#include "ports/number_tables.hpp"

namespace bccast::sqlite {

class SqliteNumberTables final : public NumberTables {
 public:
  explicit SqliteNumberTables(Connection& db) : db_(db) {}

  std::int64_t next(NumberKind kind, std::int64_t count = 1) override;

  /// The one that next() would give.
  std::int64_t peek(NumberKind kind) const;
  /// A row for each kind.
  void insert_all();
  /// What is drawn from now on lies behind a gap. Reads no row: a damaged one stays so.
  void skip(NumberKind kind, std::int64_t gap);

  /// For verification: rows that are not what was once written.
  void find_damage(std::vector<FindingRow>& findings) const;

 private:
  std::int64_t last(NumberKind kind) const;

  Connection& db_;
};

}  // namespace bccast::sqlite
