// What the clock brings about and no channel carries: schedules that are due, deadlines that pass; and what
// others have left behind: acts in parts that are not finished, the rows of a recall, who was told at which
// address, a log that is to be emptied, or cannot be, indexes that are to be made anew.
#pragma once

#include <exception>
#include <mutex>
#include <optional>
#include <utility>

#include "core/control.hpp"
#include "core/in_parts.hpp"
#include "core/indexing.hpp"
#include "core/overdue.hpp"
#include "core/scheduling.hpp"

namespace bccast {

class Agenda {
 public:
  Agenda(Context& context, Scheduling& scheduling, Overdue& overdue, Control& control, Indexing& indexing,
         InParts& in_parts)
      : context_(context),
        scheduling_(scheduling),
        overdue_(overdue),
        control_(control),
        indexing_(indexing),
        in_parts_(in_parts) {}

  /// Does what is due, one thing after another, until nothing is or the monotonic clock has passed
  /// `until_us`; at least one thing. Says how many things were done. Where nothing is due it costs one
  /// statement that reads.
  std::size_t run(std::int64_t until_us);
  /// What was left out of the indexes because of damage since this was last asked; null: nothing.
  std::exception_ptr take_left_out() noexcept {
    const std::lock_guard lock(mutex_);
    return std::exchange(left_out_, nullptr);
  }
  /// In how many milliseconds something is due: 0: now; nothing: nothing known.
  std::optional<Ms> next_due();

 private:
  /// What is due; of a held store neither schedules nor deadlines.
  BlastTables::Agenda look();
  bool has_pinned_log_to_say();
  /// An event, once each time that the log is pinned.
  bool say_log_is_pinned();
  /// Whether schedules have to wait, because the wall clock was set.
  bool compare_clocks();
  std::int64_t schedules_wait_us();
  /// Whether something owed was settled. What cannot be is tried again after a while.
  bool settle();
  std::int64_t settle_in_us();

  Context& context_;
  Scheduling& scheduling_;
  Overdue& overdue_;
  Control& control_;
  Indexing& indexing_;
  InParts& in_parts_;
  std::mutex mutex_;  // guards all below
  // The wall clock and the monotonic one run together; when they do not, somebody has set the wall clock.
  std::optional<Ms> apart_;                    // how far apart they were at the last look
  std::optional<std::int64_t> wait_until_us_;  // of the monotonic clock
  std::int64_t settle_at_us_ = 0;              // of it, too: not before that
  std::int64_t settle_wait_us_ = 0;            // after the last try that failed
  bool said_pinned_ = false;
  std::exception_ptr left_out_;
};

}  // namespace bccast
