#include "adapters/sqlite/row_damage.hpp"

#include "adapters/sqlite/blast_tables.hpp"
#include "adapters/sqlite/community_tables.hpp"
#include "adapters/sqlite/directory_tables.hpp"
#include "adapters/sqlite/event_tables.hpp"
#include "adapters/sqlite/number_tables.hpp"
#include "adapters/sqlite/store_tables.hpp"
#include "adapters/sqlite/thread_tables.hpp"
#include "adapters/sqlite/work_tables.hpp"

namespace bccast::sqlite {

std::vector<FindingRow> damaged_rows(Connection& db) {
  std::vector<FindingRow> findings;
  try {
    SqliteStoreTables(db).find_damage(findings);
    SqliteNumberTables(db).find_damage(findings);
    SqliteDirectoryTables(db).find_damage(findings);
    SqliteBlastTables(db).find_damage(findings);
    SqliteThreadTables(db).find_damage(findings);
    SqliteCommunityTables(db).find_damage(findings);
    SqliteWorkTables(db).find_damage(findings);
    SqliteEventTables(db).find_damage(findings);
  } catch (const Error& error) {
    if (error.code() != Code::corrupt) throw;
    findings.push_back({"file", "sqlite", error.what()});
  }
  return findings;
}

}  // namespace bccast::sqlite
