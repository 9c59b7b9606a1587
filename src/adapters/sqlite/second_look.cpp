#include "adapters/sqlite/second_look.hpp"

#include <algorithm>
#include <exception>
#include <memory>
#include <set>
#include <string>

namespace bccast::sqlite {
namespace {

bool fails_again(Connection& db, const Doubt& doubt) {
  bool again = false;
  try {
    db.execute("SAVEPOINT doubt");
    auto query = db.once(doubt.sql.c_str());
    for (int i = 0; i < doubt.steps && query.step(); ++i) {
    }
  } catch (const Error& error) {
    again = error.code() == Code::corrupt;
  }
  db.take_doubts();
  if (db.in_transaction()) db.execute("ROLLBACK");
  return again;
}

int remember_table(void* tables, int action, const char* name, const char*, const char*, const char*) {
  const bool of_table =
      action == SQLITE_READ || action == SQLITE_INSERT || action == SQLITE_UPDATE || action == SQLITE_DELETE;
  try {
    if (of_table && name != nullptr) static_cast<std::set<std::string>*>(tables)->emplace(name);
  } catch (const std::exception&) {
    return SQLITE_DENY;  // out of memory: it is not prepared
  }
  return SQLITE_OK;
}

/// The tables that a statement reads or writes, as SQLite names them while it prepares it.
std::set<std::string> tables_of(Connection& db, const Doubt& doubt) {
  std::set<std::string> tables;
  const std::unique_ptr<sqlite3, void (*)(sqlite3*)> asking(
      db.handle(), [](sqlite3* asked) { sqlite3_set_authorizer(asked, nullptr, nullptr); });
  sqlite3_set_authorizer(db.handle(), remember_table, &tables);
  db.once(doubt.sql.c_str());
  return tables;
}

/// With its indexes, and whether they have what the table has.
bool finds_damage(Connection& db, const std::string& table) {
  auto check = db.once(("PRAGMA integrity_check('" + table + "')").c_str());
  return !check.step() || check.text(0) != "ok";
}

bool has_damaged_table(Connection& db, const Doubt& doubt) {
  try {
    const auto tables = tables_of(db, doubt);
    return std::any_of(tables.begin(), tables.end(),
                       [&](const std::string& table) { return finds_damage(db, table); });
  } catch (const Error& error) {
    return error.code() == Code::corrupt;
  }
}

}  // namespace

bool fail_again(Connection& db, const std::vector<Doubt>& doubts) {
  return std::all_of(doubts.begin(), doubts.end(),
                     [&](const Doubt& doubt) { return fails_again(db, doubt); });
}

bool are_damaged(Connection& db, const std::vector<Doubt>& doubts) {
  return std::all_of(doubts.begin(), doubts.end(), [&](const Doubt& doubt) {
    return fails_again(db, doubt) || has_damaged_table(db, doubt);
  });
}

}  // namespace bccast::sqlite
