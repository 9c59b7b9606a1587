#include "adapters/sqlite/own_folding.hpp"

#include <fmt/format.h>

#include "adapters/sqlite/store_tables.hpp"
#include "base/error.hpp"
#include "base/unicode.hpp"

namespace bccast::sqlite {
namespace {

/// Changes with each commit of this connection, and when it has seen one of another.
unsigned int commits_of(Connection& db) {
  unsigned int commits = 0;
  sqlite3_file_control(db.handle(), "main", SQLITE_FCNTL_DATA_VERSION, &commits);
  return commits;
}

}  // namespace

void OwnFolding::committed(Connection& db) {
  commits_seen_ = commits_of(db);
}

void OwnFolding::require(Connection& db) {
  const auto commits = commits_of(db);
  if (commits == commits_seen_) return;
  const auto version = SqliteStoreTables(db).folding().version;
  if (version > folding_version())
    throw Error(
        Code::schema,
        fmt::format("the store's names and addresses are indexed by later tables of Unicode ({}) than "
                    "this program's ICU library has ({}): use the library that the others use",
                    version, folding_version()));
  commits_seen_ = commits;
}

}  // namespace bccast::sqlite
