#include "engine/claimed_batch.hpp"

#include "base/error.hpp"
#include "model/retry.hpp"

namespace bccast {

ClaimedBatch::~ClaimedBatch() {
  if (!over_) {
    if (around_.given_back) around_.given_back();
    Report report;
    report.assignment = assignment_.get();
    report.result = BatchResult::returned;
    report.begin = reported_;
    work_.give_back(report);
    if (around_.stored) around_.stored();
  }
  if (around_.freed) around_.freed();
}

std::size_t ClaimedBatch::reported() const {
  const std::lock_guard lock(mutex_);
  return reported_;
}

bool ClaimedBatch::over() const {
  const std::lock_guard lock(mutex_);
  return over_;
}

void ClaimedBatch::hand_over() noexcept {
  const std::lock_guard lock(mutex_);
  over_ = true;
}

bool ClaimedBatch::complete(std::size_t n) {
  Advanced advanced;
  {
    const std::lock_guard lock(mutex_);
    if (over_) throw Error(Code::state, "all of the batch was reported");
    const std::size_t left = assignment_->batch.size() - reported_;
    if (n > left) throw Error(Code::argument, "the batch has fewer items that were not reported");
    if (n == 0) n = left;
    Report report;
    report.assignment = assignment_.get();
    report.begin = reported_;
    report.end = reported_ + n;
    advanced = work_.advance(verb::batch_complete, assignment_->claim.channel_no, &report, 0);
    reported_ += n;
    over_ = reported_ == assignment_->batch.size();
  }
  if (around_.stored) around_.stored();
  if (advanced.too_late && advanced.damage) std::rethrow_exception(advanced.damage);
  return !advanced.too_late;
}

void ClaimedBatch::extend(Ms ms) {
  if (ms < 1 || ms > kLongestLease)
    throw Error(Code::argument, "a lease can be extended by 1 to 600000 milliseconds");
  const std::lock_guard lock(mutex_);
  if (over_) throw Error(Code::state, "all of the batch was reported");
  if (!work_.extend(*assignment_, ms))
    throw Error(Code::conflict, "another has taken the batch over, or reported it");
}

}  // namespace bccast
