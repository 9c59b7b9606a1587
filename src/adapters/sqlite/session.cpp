#include "adapters/sqlite/session.hpp"

namespace bccast::sqlite {

void configure(Connection& db) {
  db.execute("PRAGMA synchronous = FULL");
  db.execute("PRAGMA temp_store = MEMORY");
  db.execute("PRAGMA secure_delete = ON");
  db.execute("PRAGMA trusted_schema = OFF");
  db.execute("PRAGMA cache_size = -4096");
  sqlite3_wal_autocheckpoint(db.handle(), 0);
  sqlite3_db_config(db.handle(), SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, nullptr);
  sqlite3_db_config(db.handle(), SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
}

}  // namespace bccast::sqlite
