// The store's own row, and its debts, in SQLite.
#pragma once

#include <vector>

#include <bccast/types.hpp>

#include "adapters/sqlite/connection.hpp"
#include "ports/store_tables.hpp"

namespace bccast::sqlite {

class SqliteStoreTables final : public StoreTables {
 public:
  explicit SqliteStoreTables(Connection& db) : db_(db) {}

  bool held() const override;
  void set_held(bool held) override;
  Folding folding() const override;
  void set_folding(const Folding& folding) override;
  void add_debt() override;
  std::int64_t debts() const override;
  std::optional<DebtNo> last_debt() const override;
  void settle_debts(DebtNo last) override;

  void find_damage(std::vector<FindingRow>& findings) const;

 private:
  Connection& db_;
};

}  // namespace bccast::sqlite
