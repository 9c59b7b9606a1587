#include "adapters/sqlite/store_tables.hpp"

#include "base/error.hpp"

namespace bccast::sqlite {

bool SqliteStoreTables::held() const {
  auto query = db_.query("SELECT held FROM store WHERE one = 1");
  if (!query.step()) throw Error(Code::corrupt, "the store has lost its own row");
  return query.i64(0) != 0;
}

void SqliteStoreTables::set_held(bool held) {
  db_.query("UPDATE store SET held = ? WHERE one = 1").bind(std::int64_t{held}).run();
}

void SqliteStoreTables::add_debt() {
  db_.query("INSERT INTO debt DEFAULT VALUES").run();
}

std::int64_t SqliteStoreTables::debts() const {
  auto query = db_.query("SELECT count(*) FROM debt WHERE debt_no > 0");
  return query.step() ? query.i64(0) : 0;
}

std::optional<DebtNo> SqliteStoreTables::last_debt() const {
  auto query = db_.query("SELECT max(debt_no) FROM debt");
  if (!query.step() || query.is_null(0)) return std::nullopt;
  return query.i64(0);
}

void SqliteStoreTables::settle_debts(DebtNo last) {
  db_.query("DELETE FROM debt WHERE debt_no <= ?").bind(last).run();
}

}  // namespace bccast::sqlite
