// What the store knows of itself: whether it is held, and what it still owes.
#pragma once

#include <cstdint>
#include <optional>

namespace bccast {

/// A debt: bytes were overwritten that were promised to be forgotten, and the log may still hold them.
/// Numbers ascend and are never used twice.
using DebtNo = std::int64_t;

class StoreTables {
 public:
  virtual ~StoreTables() = default;

  /// Made by a backup, and not yet released: nothing is handed out.
  virtual bool held() const = 0;
  virtual void set_held(bool held) = 0;

  /// Written in the transaction that overwrites, so that no crash can come between.
  virtual void add_debt() = 0;
  virtual std::int64_t debts() const = 0;
  virtual std::optional<DebtNo> last_debt() const = 0;
  /// Those up to and including `last`: the log was emptied after they were committed.
  virtual void settle_debts(DebtNo last) = 0;
};

}  // namespace bccast
