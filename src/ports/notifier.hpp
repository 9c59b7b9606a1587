// The parts that carry batches out of the library: those that notify, and those that deliver.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "model/numbers.hpp"

namespace bccast {

enum class ItemStatus : std::uint8_t { done = 0, retry = 1, failed = 2, skipped = 3, not_tried = 4 };

/// What became of one item.
struct ItemOutcome {
  ItemStatus status = ItemStatus::done;
  std::string reason;   // a short class; empty: none
  Ms retry_after = -1;  // not before so many milliseconds; -1: as the schedule says
};

class NoticeBatch;
struct Delivery;

/// A claimed batch in somebody's hands. With the last reference to it goes what was not reported: back, as it
/// was.
class BatchControl {
 public:
  virtual ~BatchControl() = default;
  /// Lives as long as this.
  virtual NoticeBatch& notices() = 0;
  /// Of a batch to deliver; null: it is to notify.
  virtual const Delivery* delivery() const = 0;
  /// How many items were reported so far.
  virtual std::size_t reported() const = 0;
  /// Reports the next `n` items as they were set. False: some had been reported by another.
  virtual bool complete(std::size_t n) = 0;
  /// Makes the lease last so long from now. Throws Error(conflict) when another has the batch.
  virtual void extend(Ms ms) = 0;
};

enum class Handled {
  as_set,  // each item as it was set, done where it was not
  failed,  // the whole batch again later
  kept,    // the handler keeps the control, and completes the batch later
};

/// Handlers are called with no lock held and no transaction open, and may block, up to the lease. An
/// exception is Handled::failed.
class Notifier {
 public:
  virtual ~Notifier() = default;
  virtual Handled notify(NoticeBatch& batch, const std::shared_ptr<BatchControl>& control) = 0;
};

class Deliverer {
 public:
  virtual ~Deliverer() = default;
  virtual Handled deliver(NoticeBatch& batch, const Delivery& delivery,
                          const std::shared_ptr<BatchControl>& control) = 0;
  /// Takes back what was delivered.
  virtual Handled retract(NoticeBatch& batch, const Delivery& delivery,
                          const std::shared_ptr<BatchControl>& control) = 0;
};

}  // namespace bccast
