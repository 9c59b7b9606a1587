// The store's own row, and its debts, in SQLite.
#pragma once

#include "adapters/sqlite/connection.hpp"
#include "ports/store_tables.hpp"

namespace bccast::sqlite {

class SqliteStoreTables final : public StoreTables {
 public:
  explicit SqliteStoreTables(Connection& db) : db_(db) {}

  bool held() const override;
  void set_held(bool held) override;
  void add_debt() override;
  std::int64_t debts() const override;
  std::optional<DebtNo> last_debt() const override;
  void settle_debts(DebtNo last) override;

 private:
  Connection& db_;
};

}  // namespace bccast::sqlite
