// Channels, lines, claims and items in SQLite.
#pragma once

#include <vector>

#include <bccast/types.hpp>

#include "adapters/sqlite/channel_tables.hpp"
#include "adapters/sqlite/claim_tables.hpp"
#include "adapters/sqlite/item_tables.hpp"
#include "adapters/sqlite/line_tables.hpp"
#include "ports/work_tables.hpp"

namespace bccast::sqlite {

class SqliteWorkTables final : public WorkTables,
                               public SqliteChannelTables,
                               public SqliteLineTables,
                               public SqliteClaimTables,
                               public SqliteItemTables {
 public:
  explicit SqliteWorkTables(Connection& db)
      : SqliteChannelTables(db), SqliteLineTables(db), SqliteClaimTables(db), SqliteItemTables(db) {}

  void find_damage(std::vector<FindingRow>& findings) const {
    SqliteChannelTables::find_damage(findings);
    SqliteLineTables::find_damage(findings);
    SqliteClaimTables::find_damage(findings);
    SqliteItemTables::find_damage(findings);
  }
};

}  // namespace bccast::sqlite
