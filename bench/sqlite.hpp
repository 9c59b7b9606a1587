// The least around SQLite's C API that the row designs need: two owners and an exception.
#pragma once

#include <sqlite3.h>

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

namespace bench {

class Database {
 public:
  /// Opens or creates; write-ahead log, synchronous=FULL, 32 MiB of cache.
  explicit Database(const std::string& path);
  ~Database();
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;

  void run(const char* sql);
  sqlite3* handle() const { return handle_; }

  /// Rows inserted, updated or deleted since it was opened.
  std::int64_t rows_changed() const { return sqlite3_total_changes64(handle_); }

 private:
  sqlite3* handle_ = nullptr;
};

/// A prepared statement. Texts are bound without a copy: they must live until the step.
class Statement {
 public:
  Statement(const Database& database, const char* sql);
  ~Statement();
  Statement(const Statement&) = delete;
  Statement& operator=(const Statement&) = delete;

  Statement& bind(int parameter, std::int64_t value);
  Statement& bind(int parameter, std::string_view text);
  bool step();  // true: a row
  void reset() { sqlite3_reset(statement_); }
  void run();  // steps to the end, then resets

  std::int64_t number(int column) const { return sqlite3_column_int64(statement_, column); }
  std::string_view text(int column) const;

 private:
  sqlite3_stmt* statement_ = nullptr;
};

/// BEGIN IMMEDIATE now, COMMIT on `commit`, ROLLBACK if that never came.
class Transaction {
 public:
  explicit Transaction(Database& database) : database_(database) { database_.run("BEGIN IMMEDIATE"); }
  ~Transaction();
  Transaction(const Transaction&) = delete;
  Transaction& operator=(const Transaction&) = delete;

  void commit();

 private:
  Database& database_;
  bool open_ = true;
};

/// Moves all of the write-ahead log into the file. Nobody else may have the store open.
void settle(const std::string& path);

/// Bytes of the pages in use: the file without its free pages. Nobody else may have the store open.
std::uint64_t bytes_in_use(const std::string& path);

/// Rows of every table, by the table's name. Nobody else may have the store open.
std::map<std::string, std::int64_t> rows_by_table(const std::string& path);

}  // namespace bench
