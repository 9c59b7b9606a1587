// The store's own row, its debts, and acts that are not finished, in SQLite.
#pragma once

#include <string>
#include <vector>

#include <bccast/types.hpp>

#include "adapters/sqlite/connection.hpp"
#include "ports/store_tables.hpp"

namespace bccast::sqlite {

/// The store's own row. What it has, and its sum, stays as it is in all versions of the schema: an older
/// program reads it to learn whether it may read the rest.
struct StoreRow {
  std::int64_t one = 1;
  std::int64_t min_reader = 1;
  std::int64_t min_writer = 1;
  bool held = false;
  std::string key;
};

/// Throws Error(corrupt).
StoreRow read_store_row(Connection& db);
void insert_store_row(Connection& db, const StoreRow& row);

class SqliteStoreTables final : public StoreTables {
 public:
  explicit SqliteStoreTables(Connection& db) : db_(db) {}

  bool held() const override;
  void set_held(bool held) override;
  bool release() override;
  Folding folding() const override;
  void set_folding(const Folding& folding) override;
  void add_debt() override;
  std::int64_t debts() const override;
  std::optional<DebtNo> last_debt() const override;
  void settle_debts(DebtNo last) override;
  void add_act(const ActInParts& act) override;
  std::optional<ActInParts> first_act() const override;
  std::optional<ActInParts> act(ActNo no) const override;
  void update_act(const ActInParts& act) override;
  void delete_act(ActNo no) override;

  void find_damage(std::vector<FindingRow>& findings) const;

 private:
  Connection& db_;
};

}  // namespace bccast::sqlite
