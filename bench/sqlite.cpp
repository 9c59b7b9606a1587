#include "sqlite.hpp"

#include <stdexcept>

namespace bench {
namespace {

[[noreturn]] void fail(sqlite3* handle, const char* during) {
  throw std::runtime_error(std::string("SQLite: ") + sqlite3_errmsg(handle) + " (" + during + ")");
}

std::int64_t single_number(const Database& database, const char* sql) {
  Statement statement(database, sql);
  if (!statement.step()) throw std::runtime_error(std::string("SQLite: no row from ") + sql);
  return statement.number(0);
}

}  // namespace

Database::Database(const std::string& path) {
  if (sqlite3_open(path.c_str(), &handle_) != SQLITE_OK) {
    const std::string reason = sqlite3_errmsg(handle_);
    sqlite3_close(handle_);
    throw std::runtime_error("SQLite: " + path + ": " + reason);
  }
  run("PRAGMA journal_mode = WAL");
  run("PRAGMA synchronous = FULL");
  run("PRAGMA cache_size = -32768");
  run("PRAGMA temp_store = MEMORY");
}

Database::~Database() {
  sqlite3_close(handle_);
}

void Database::run(const char* sql) {
  if (sqlite3_exec(handle_, sql, nullptr, nullptr, nullptr) != SQLITE_OK) fail(handle_, sql);
}

Statement::Statement(const Database& database, const char* sql) {
  if (sqlite3_prepare_v3(database.handle(), sql, -1, SQLITE_PREPARE_PERSISTENT, &statement_, nullptr) !=
      SQLITE_OK) {
    fail(database.handle(), sql);
  }
}

Statement::~Statement() {
  sqlite3_finalize(statement_);
}

Statement& Statement::bind(int parameter, std::int64_t value) {
  sqlite3_bind_int64(statement_, parameter, value);
  return *this;
}

Statement& Statement::bind(int parameter, std::string_view text) {
  sqlite3_bind_text(statement_, parameter, text.data(), static_cast<int>(text.size()), SQLITE_STATIC);
  return *this;
}

bool Statement::step() {
  const int result = sqlite3_step(statement_);
  if (result != SQLITE_ROW && result != SQLITE_DONE)
    fail(sqlite3_db_handle(statement_), sqlite3_sql(statement_));
  return result == SQLITE_ROW;
}

void Statement::run() {
  while (step()) {
  }
  reset();
}

std::string_view Statement::text(int column) const {
  const unsigned char* bytes = sqlite3_column_text(statement_, column);
  return {reinterpret_cast<const char*>(bytes),
          static_cast<std::size_t>(sqlite3_column_bytes(statement_, column))};
}

Transaction::~Transaction() {
  if (open_) sqlite3_exec(database_.handle(), "ROLLBACK", nullptr, nullptr, nullptr);
}

void Transaction::commit() {
  database_.run("COMMIT");
  open_ = false;
}

void settle(const std::string& path) {
  Database database(path);
  database.run("PRAGMA wal_checkpoint(TRUNCATE)");
}

std::uint64_t bytes_in_use(const std::string& path) {
  const Database database(path);
  const std::int64_t pages =
      single_number(database, "PRAGMA page_count") - single_number(database, "PRAGMA freelist_count");
  return static_cast<std::uint64_t>(pages * single_number(database, "PRAGMA page_size"));
}

std::map<std::string, std::int64_t> rows_by_table(const std::string& path) {
  const Database database(path);
  std::map<std::string, std::int64_t> rows;
  Statement tables(database, "SELECT name FROM sqlite_master WHERE type = 'table'");
  while (tables.step()) {
    const std::string name(tables.text(0));
    rows[name] = single_number(database, ("SELECT count(*) FROM \"" + name + '"').c_str());
  }
  return rows;
}

}  // namespace bench
