// One SQLite connection, its prepared statements, and errors as ours.
#pragma once

#include <sqlite3.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "adapters/sqlite/clean_pages.hpp"
#include "base/error.hpp"

namespace bccast::sqlite {

/// The error for a result code of SQLite. The message holds no values.
Error error_of(int extended_code);

class Query;

/// A statement for which SQLite found the file damaged, if it is (second_look.hpp).
struct Doubt {
  std::string sql;  // with its values
  int steps = 0;    // as far as it got, and one more
};

/// Not for two threads at once.
class Connection {
 public:
  enum class Mode {
    create,
    read_write,
    read_only,
    immutable,  // read only, and nobody writes it: no lock is taken, and nothing made beside it
  };
  /// Only `create` makes a file that is missing. Throws Error(storage) for a file that was to be written and
  /// that SQLite could open for reading only.
  Connection(const std::string& path, Mode mode, int busy_timeout_ms);
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  /// Runs SQL without results, unprepared: for pragmas, schema and transactions' ends.
  void execute(const char* sql);
  /// The first column of the first row. The statement is run to its end: what it commits fails there.
  std::int64_t number(const char* sql);
  std::string text(const char* sql);

  /// A prepared statement, kept for the next time. `sql` must be a string literal: its address is the key.
  Query query(const char* sql);
  /// A statement that is prepared for this use alone.
  Query once(const char* sql);

  bool has_doubts() const noexcept { return !doubts_.empty(); }
  /// What SQLite found the file damaged for since this was last asked.
  std::vector<Doubt> take_doubts() noexcept { return std::exchange(doubts_, {}); }

  bool in_transaction() const noexcept { return sqlite3_get_autocommit(db_) == 0; }
  int changes() const noexcept { return sqlite3_changes(db_); }
  std::int64_t total_changes() const noexcept { return sqlite3_total_changes64(db_); }
  std::int64_t statements_run() const noexcept { return statements_run_; }
  std::int64_t last_rowid() const noexcept { return sqlite3_last_insert_rowid(db_); }
  sqlite3* handle() const noexcept { return db_; }

 private:
  friend class Query;
  struct Prepared {
    sqlite3_stmt* statement = nullptr;
    bool in_use = false;
  };
  sqlite3_stmt* prepare(const char* sql);
  void remember_doubt(sqlite3_stmt* statement, const char* sql, int steps);
  [[noreturn]] void fail(sqlite3_stmt* statement, const char* sql, int steps);

  sqlite3* db_ = nullptr;
  std::unique_ptr<CleanPages> clean_pages_;
  std::int64_t statements_run_ = 0;
  std::unordered_map<const char*, Prepared> prepared_;
  std::vector<Doubt> doubts_;
};

/// A use of a prepared statement: bind in order, step, read columns. Reset when it goes out of scope.
class Query {
 public:
  Query(Connection& db, sqlite3_stmt* statement, Connection::Prepared* home)
      : db_(db), statement_(statement), home_(home) {}
  ~Query();
  Query(const Query&) = delete;
  Query& operator=(const Query&) = delete;

  /// Parameters are bound in the order of the calls. Texts and blobs must live until the query ends.
  Query& bind(std::int64_t value);
  Query& bind(std::string_view text);
  Query& bind(std::span<const std::uint8_t> blob);
  /// NULL where the text is empty.
  Query& bind_or_null(std::string_view text);
  Query& bind_blob_or_null(std::string_view bytes);

  /// True while there is a row.
  bool step();
  /// For statements without rows. Returns the number of rows changed.
  int run();

  /// 0 for NULL. Throws Error(corrupt) for what is no number: where SQLite would read 0, a walk from number
  /// to number would begin anew for ever.
  std::int64_t i64(int column) const;
  /// The next number of a walk. Throws Error(corrupt) when it leads back.
  std::int64_t i64_after(int column, std::int64_t last) const;
  /// Of a row with a sum, which tells whether it is one.
  std::int64_t any_i64(int column) const noexcept { return sqlite3_column_int64(statement_, column); }
  bool is_number(int column) const noexcept {
    return sqlite3_column_type(statement_, column) == SQLITE_INTEGER;
  }
  bool is_null(int column) const noexcept { return sqlite3_column_type(statement_, column) == SQLITE_NULL; }
  /// Valid until the next step.
  std::string_view text(int column) const;
  std::span<const std::uint8_t> blob(int column) const;
  std::string string(int column) const { return std::string(text(column)); }

 private:
  void require_memory() const;

  Connection& db_;
  sqlite3_stmt* statement_;
  Connection::Prepared* home_;  // null: finalised when done
  int bound_ = 0;
  int steps_ = 0;
  bool done_ = false;
};

}  // namespace bccast::sqlite
