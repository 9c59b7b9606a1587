#include "adapters/sqlite/connection.hpp"

#include <fmt/format.h>

namespace bccast::sqlite {

Error error_of(int extended_code) {
  Code code = Code::storage;
  switch (extended_code & 0xff) {
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      code = Code::busy;
      break;
    case SQLITE_FULL:
      code = Code::full;
      break;
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
    case SQLITE_TOOBIG:      // nothing is stored that is longer than kLongestValue
    case SQLITE_CONSTRAINT:  // what is written here violates none, unless rows or indexes are damaged
      code = Code::corrupt;
      break;
    case SQLITE_NOMEM:
      code = Code::nomem;
      break;
    case SQLITE_IOERR:
      if (extended_code == SQLITE_IOERR_NOMEM) code = Code::nomem;
      // SQLITE_IOERR_CORRUPTFS is what a read gives that failed with EIO: the disk's fault, and no store's.
      break;
    case SQLITE_MISUSE:
    case SQLITE_RANGE:
      code = Code::internal;
      break;
    default:
      break;
  }
  return {code, fmt::format("the store: {} (SQLite {})", sqlite3_errstr(extended_code), extended_code),
          extended_code};
}

namespace {

/// Far more than anything that is stored (texts end at 1 MiB) or bound (lists of numbers). What a damaged row
/// claims to have beyond it is not read at all, whatever memory there is.
constexpr int kLongestValue = 64 << 20;
/// So many statements do not fail by one read.
constexpr std::size_t kMostDoubts = 64;

/// The path as SQLite reads it in a URI.
std::string immutable_uri(const std::string& path) {
  std::string uri = "file:";
  for (const char c : path) {
    if (c == '%' || c == '?' || c == '#') {
      uri += fmt::format("%{:02x}", static_cast<unsigned char>(c));
    } else {
      uri += c;
    }
  }
  return uri + "?immutable=1";
}

}  // namespace

Connection::Connection(const std::string& path, Mode mode, int busy_timeout_ms) {
  const bool reads = mode == Mode::read_only || mode == Mode::immutable;
  int flags = SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_PRIVATECACHE;
  flags |= reads ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE;
  if (mode == Mode::create) flags |= SQLITE_OPEN_CREATE;
  if (mode == Mode::immutable) flags |= SQLITE_OPEN_URI;
  const std::string name = mode == Mode::immutable ? immutable_uri(path) : path;
  const int result = sqlite3_open_v2(name.c_str(), &db_, flags, nullptr);
  if (result != SQLITE_OK) {
    const int extended = db_ != nullptr ? sqlite3_extended_errcode(db_) : result;
    sqlite3_close(db_);
    throw error_of(extended);
  }
  if (!reads && sqlite3_db_readonly(db_, "main") == 1) {
    sqlite3_close(db_);
    throw error_of(SQLITE_READONLY);
  }
  sqlite3_extended_result_codes(db_, 1);
  sqlite3_busy_timeout(db_, busy_timeout_ms);
  try {
    // A cell that a damaged page places across its end would be compared, and returned, with what lies behind
    // the page in memory: another answer each time, which may be nobody's, or right, or CORRUPT.
    execute("PRAGMA cell_size_check = ON");
    sqlite3_limit(db_, SQLITE_LIMIT_LENGTH, kLongestValue);
    if (!reads) clean_pages_ = std::make_unique<CleanPages>(db_);
  } catch (...) {
    sqlite3_close(db_);
    throw;
  }
}

Connection::~Connection() {
  for (auto& [sql, prepared] : prepared_) sqlite3_finalize(prepared.statement);
  sqlite3_close(db_);
}

void Connection::execute(const char* sql) {
  ++statements_run_;
  const int result = sqlite3_exec(db_, sql, nullptr, nullptr, nullptr);
  if (result != SQLITE_OK) fail(nullptr, sql, 1);
}

sqlite3_stmt* Connection::prepare(const char* sql) {
  sqlite3_stmt* statement = nullptr;
  if (sqlite3_prepare_v3(db_, sql, -1, SQLITE_PREPARE_PERSISTENT, &statement, nullptr) != SQLITE_OK) {
    // Not the statement is at fault, which is ours, but what it is about.
    if (const int extended = sqlite3_extended_errcode(db_); extended == SQLITE_ERROR)
      throw Error(Code::corrupt, "the store's tables are not as this program makes them", extended);
    fail(nullptr, sql, 0);
  }
  return statement;
}

void Connection::remember_doubt(sqlite3_stmt* statement, const char* sql, int steps) {
  using Text = std::unique_ptr<char, decltype(&sqlite3_free)>;
  const Text expanded(sqlite3_expanded_sql(statement), &sqlite3_free);
  std::string text;
  if (statement == nullptr) text = sql;
  if (expanded) text = expanded.get();
  // Once SQLite has found damage in a transaction it refuses whatever would write, and the COMMIT: only what
  // reads tells more.
  const bool tells = doubts_.empty() || text.starts_with("SELECT");
  if (!text.empty() && tells && doubts_.size() < kMostDoubts) doubts_.push_back({std::move(text), steps});
}

void Connection::fail(sqlite3_stmt* statement, const char* sql, int steps) {
  const int code = sqlite3_extended_errcode(db_);
  // SQLite checks the cells of a page once, and keeps the page also when they are wrong: whoever came to it
  // next would read behind its end. So it is read, and checked, anew.
  if ((code & 0xff) == SQLITE_CORRUPT) sqlite3_db_release_memory(db_);
  // What is ours, and was prepared, fails for what it reads: numbers too large to be added up.
  if (code == SQLITE_ERROR && statement != nullptr &&
      std::string_view(sqlite3_sql(statement)).starts_with("SELECT"))
    throw Error(Code::corrupt, "the store has numbers that cannot be");
  // A rule that is broken may be so by what this transaction wrote before: alone it would not be broken
  // again, and no failed read looks like that.
  if (error_of(code).code() == Code::corrupt && (code & 0xff) != SQLITE_CONSTRAINT)
    remember_doubt(statement, sql, statement == nullptr ? 1 : steps);
  throw error_of(code);
}

std::int64_t Connection::number(const char* sql) {
  Query query = once(sql);
  const std::int64_t value = query.step() ? query.i64(0) : 0;
  query.run();
  return value;
}

std::string Connection::text(const char* sql) {
  Query query = once(sql);
  std::string value = query.step() ? query.string(0) : std::string();
  query.run();
  return value;
}

Query Connection::once(const char* sql) {
  return {*this, prepare(sql), nullptr};
}

Query Connection::query(const char* sql) {
  Prepared& prepared = prepared_[sql];
  if (prepared.statement == nullptr) prepared.statement = prepare(sql);
  if (prepared.in_use) return once(sql);  // within a scan of the same statement
  prepared.in_use = true;
  return {*this, prepared.statement, &prepared};
}

Query::~Query() {
  if (home_ == nullptr) {
    sqlite3_finalize(statement_);
    return;
  }
  sqlite3_reset(statement_);
  sqlite3_clear_bindings(statement_);
  home_->in_use = false;
}

namespace {

void check_bound(int result) {
  if (result != SQLITE_OK) throw error_of(result);
}

}  // namespace

Query& Query::bind(std::int64_t value) {
  check_bound(sqlite3_bind_int64(statement_, ++bound_, value));
  return *this;
}

Query& Query::bind(std::string_view text) {
  // A null pointer would bind NULL.
  check_bound(sqlite3_bind_text64(statement_, ++bound_, text.data() != nullptr ? text.data() : "",
                                  text.size(), SQLITE_STATIC, SQLITE_UTF8));
  return *this;
}

Query& Query::bind(std::span<const std::uint8_t> blob) {
  const void* data = blob.data() != nullptr ? static_cast<const void*>(blob.data()) : "";
  check_bound(sqlite3_bind_blob64(statement_, ++bound_, data, blob.size(), SQLITE_STATIC));
  return *this;
}

Query& Query::bind_or_null(std::string_view text) {
  if (!text.empty()) return bind(text);
  check_bound(sqlite3_bind_null(statement_, ++bound_));
  return *this;
}

Query& Query::bind_blob_or_null(std::string_view bytes) {
  if (!bytes.empty())
    return bind(std::span(reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size()));
  check_bound(sqlite3_bind_null(statement_, ++bound_));
  return *this;
}

bool Query::step() {
  if (done_) return false;  // SQLite would begin anew
  ++db_.statements_run_;
  ++steps_;
  const int result = sqlite3_step(statement_);
  if (result == SQLITE_ROW) return true;
  done_ = true;
  if (result == SQLITE_DONE) return false;
  db_.fail(statement_, "", steps_);
}

int Query::run() {
  while (step()) {
  }
  return db_.changes();
}

std::int64_t Query::i64(int column) const {
  const int type = sqlite3_column_type(statement_, column);
  if (type != SQLITE_INTEGER && type != SQLITE_NULL)
    throw Error(Code::corrupt, "the store has something else where a number must be");
  return any_i64(column);
}

std::int64_t Query::i64_after(int column, std::int64_t last) const {
  const auto number = i64(column);
  if (number <= last) throw Error(Code::corrupt, "the store has numbers that are not in their order");
  return number;
}

/// SQLite gives nothing for what is empty, and when it is out of memory.
void Query::require_memory() const {
  if (sqlite3_errcode(db_.handle()) == SQLITE_NOMEM) throw error_of(SQLITE_NOMEM);
}

std::string_view Query::text(int column) const {
  const auto* data = reinterpret_cast<const char*>(sqlite3_column_text(statement_, column));
  if (data == nullptr) require_memory();
  if (data == nullptr) return {};
  return {data, static_cast<std::size_t>(sqlite3_column_bytes(statement_, column))};
}

std::span<const std::uint8_t> Query::blob(int column) const {
  const auto* data = static_cast<const std::uint8_t*>(sqlite3_column_blob(statement_, column));
  if (data == nullptr) require_memory();
  if (data == nullptr) return {};
  return {data, static_cast<std::size_t>(sqlite3_column_bytes(statement_, column))};
}

}  // namespace bccast::sqlite
