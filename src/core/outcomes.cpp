#include "core/outcomes.hpp"

namespace bccast {

const ItemOutcome& outcome_of(const Assignment& assignment, std::size_t i) {
  static const ItemOutcome kDone{};
  const auto* set = assignment.batch.outcome(i);
  return set != nullptr ? *set : kDone;
}

bool all_retry(const Assignment& assignment, std::size_t least) {
  if (assignment.batch.size() < least) return false;
  for (std::size_t i = 0; i < assignment.batch.size(); ++i)
    if (outcome_of(assignment, i).status != ItemStatus::retry || outcome_of(assignment, i).retry_after >= 0)
      return false;
  return true;
}

Position begin_of(const Report& report) {
  const Assignment& assignment = *report.assignment;
  if (report.begin == 0 || report.begin >= assignment.entries.size()) return assignment.claim.from;
  return HandingOrder(assignment.line->order)
      .position_of(static_cast<Place>(assignment.entries[report.begin]));
}

ItemOutcome outcome_in(const Report& report, std::size_t i) {
  if (report.result == BatchResult::given_up) return {ItemStatus::failed, "worker_lost", -1};
  if (report.result == BatchResult::failed) return {ItemStatus::retry, report.reason, -1};
  return outcome_of(*report.assignment, i);
}

}  // namespace bccast
