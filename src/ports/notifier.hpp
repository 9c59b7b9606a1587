// The part that sends notifications ("you have a new message").
#pragma once

#include <cstdint>
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

class Notifier {
 public:
  virtual ~Notifier() = default;
  /// Called with no lock held and no transaction open; may block, up to the lease. Sets what did not go well
  /// in `batch` (what is not set is done). False, or an exception: the whole batch again later.
  virtual bool notify(NoticeBatch& batch) = 0;
};

}  // namespace bccast
