#include "core/work_locks.hpp"

#include <algorithm>
#include <exception>
#include <map>
#include <vector>

#include "core/channel_health.hpp"
#include "core/outcomes.hpp"
#include "core/passes_by.hpp"
#include "model/retry.hpp"

namespace bccast {
namespace {

/// Nothing of it was told later than the rest, or not at all.
bool all_went_well(const Report& report) {
  const Assignment& assignment = *report.assignment;
  if (report.result != BatchResult::as_set || !assignment.damaged.empty()) return false;
  for (std::size_t i = report.begin; i < report.stop(); ++i) {
    const auto status = outcome_of(assignment, i).status;
    if (status != ItemStatus::done && status != ItemStatus::skipped) return false;
  }
  return true;
}

/// Nothing is counted of it while it works and nothing fails.
bool counts_successes(const Channel& channel, const ChannelWork& work) {
  return work.failures > 0 || work.over_threshold || (channel.fail_rule.percent > 0 && !work.window.empty());
}

/// Whether a report may be stored beside others of its channel: one on a batch of a line that all went well,
/// and that nobody has taken over. What was put off, and single items, may be in another's claim meanwhile.
bool goes_beside_others(const Tables& tables, const Report& report) {
  const Assignment& assignment = *report.assignment;
  if (!assignment.line || assignment.rated || assignment.probe || !all_went_well(report)) return false;
  try {
    const auto channel = tables.work().channel(assignment.claim.channel_no);
    const auto work = tables.work().channel_work(assignment.claim.channel_no);
    if (!channel || !work || counts_successes(*channel, *work)) return false;
    const auto claim = tables.work().claim(assignment.claim);
    return claim && claim->tries == assignment.claim.tries && claim->from == begin_of(report) &&
           claim->to == assignment.claim.to;
  } catch (const Error& error) {
    if (!passes_by(tables, error)) throw;
    return false;
  }
}

/// Collects, by what is only looked at, what is to be locked.
class ToLock {
 public:
  ToLock(Tables& tables, const Context& context, ChannelNo channel)
      : tables_(tables), now_(context.clock.wall_ms()), channel_(channel) {}

  void add_report(const Report& report) {
    const Assignment& assignment = *report.assignment;
    if (assignment.line) {
      add(*assignment.line);
      may_end_[assignment.line->no] = static_cast<std::int64_t>(assignment.places.size());
    } else {
      add(assignment.claim);
      std::vector<ItemNo> numbers;
      for (const auto& item : assignment.items) {
        numbers.push_back(item.no);
        ++may_end_[item.line_no];
      }
      add_items(assignment.items);
      for (const auto& held : tables_.work().items(numbers)) add_holder(held);
    }
  }

  /// What may be taken up next.
  void add_next(std::size_t most) {
    std::exception_ptr damaged;
    if (const auto claim = tables_.work().expired_claim(channel_, now_, kFarthestLease, damaged)) {
      add(*claim);
      if (claim->line_no == 0) add_items(tables_.work().items_of(claim->token));
    }
    if (const auto line = tables_.work().next_line(channel_)) lines_.insert(line->no);
    add_items(tables_.work().due_items(channel_, now_, kFarthestDue, most));
    if (const auto next = tables_.work().next_waiting(channel_, now_, kFarthestDue))
      lines_.insert(next->line_no);
  }

  Locked lock(bool channel_work) {
    const std::vector<LineNo> lines(lines_.begin(), lines_.end());
    tables_.lock().lines(lines, std::vector(all_of_.begin(), all_of_.end()));
    std::vector<BlastKey> closing;
    const auto rows = tables_.work().lines(lines);
    for (const auto& [no, count] : may_end_) {
      const auto* line = no != 0 ? rows.find(no) : nullptr;
      if (line != nullptr && line->open && line->pending() <= count)
        closing.emplace_back(line->provider_no, line->blast_no);
    }
    tables_.lock().blasts(closing, Hold::exclusive);
    std::set<Token> tokens;
    for (const auto& claim : claims_) tokens.insert(claim.token);
    tables_.lock().singles(claims_, std::vector(items_.begin(), items_.end()));
    return {channel_work, std::move(lines_), std::move(items_), std::move(tokens)};
  }

 private:
  /// The followers of a line that delivers go on when it has.
  void add(const Line& line) {
    lines_.insert(line.no);
    if (line.kind == LineKind::deliver) all_of_.insert({line.provider_no, line.blast_no});
  }
  void add(const Claim& claim) {
    if (claim.line_no != 0) {
      lines_.insert(claim.line_no);
    } else {
      claims_.push_back(claim);
    }
  }
  void add_items(std::span<const Item> items) {
    std::set<LineNo> numbers;
    for (const auto& item : items) {
      items_.insert(item.no);
      if (item.line_no != 0) numbers.insert(item.line_no);
    }
    const auto lines = tables_.work().lines(std::vector(numbers.begin(), numbers.end()));
    for (const auto no : numbers)
      if (const auto* line = lines.find(no)) add(*line);
  }
  /// Who has it now.
  void add_holder(const HeldItem& held) {
    if (!held.holder) return;
    Claim claim;
    claim.channel_no = channel_;
    claim.token = *held.holder;
    add(claim);
  }

  Tables& tables_;
  const Ms now_;
  const ChannelNo channel_;
  std::set<LineNo> lines_;
  std::set<BlastKey> all_of_;
  std::set<ItemNo> items_;
  std::vector<Claim> claims_;
  std::map<LineNo, std::int64_t> may_end_;  // so many places of each line
};

}  // namespace

bool Locked::has(std::span<const Item> items) const {
  return everything_ || std::all_of(items.begin(), items.end(), [&](const Item& item) {
           return items_.count(item.no) > 0 && (item.line_no == 0 || lines_.count(item.line_no) > 0);
         });
}

Locked lock_work(Tables& tables, const Context& context, ChannelNo channel, const Report* report,
                 std::size_t most) {
  tables.lock().channel(channel, Hold::shared);
  if (!tables.lock().others_write()) return {};
  const bool beside_others = report != nullptr && most == 0 && goes_beside_others(tables.peek(), *report);
  if (!beside_others) tables.lock().channel_work(channel);
  ToLock to_lock(tables, context, channel);
  if (report != nullptr) to_lock.add_report(*report);
  if (most > 0) to_lock.add_next(most);
  auto locked = to_lock.lock(!beside_others);
  if (beside_others && !goes_beside_others(tables.peek(), *report)) throw FoundAnother();
  return locked;
}

Locked lock_all_that_is_open(Tables& tables, const Context& context, ChannelNo channel, std::size_t most) {
  tables.lock().channel(channel, Hold::shared);
  tables.lock().channel_work(channel);
  if (!tables.lock().others_write()) return {};
  tables.lock().open_lines_of_channel(channel);
  std::set<LineNo> lines;
  for (const auto& line : tables.work().sound_open_lines_of_channel(channel)) lines.insert(line.no);
  const auto claims = tables.work().sound_item_claims(channel).claims;
  std::set<ItemNo> items;
  for (const auto& item : tables.work().due_items(channel, context.clock.wall_ms(), kFarthestDue, most))
    items.insert(item.no);
  for (const auto& item : tables.work().items_of(claims)) items.insert(item.no);
  tables.lock().singles(claims, std::vector(items.begin(), items.end()));
  std::set<Token> tokens;
  for (const auto& claim : claims) tokens.insert(claim.token);
  return {true, std::move(lines), std::move(items), std::move(tokens)};
}

void lock_batch(Tables& tables, const Assignment& assignment) {
  tables.lock().channel(assignment.claim.channel_no, Hold::shared);
  tables.lock().channel_work(assignment.claim.channel_no);
  std::set<LineNo> lines;
  if (assignment.line) lines.insert(assignment.line->no);
  std::vector<ItemNo> items;
  for (const auto& item : assignment.items) {
    items.push_back(item.no);
    if (item.line_no != 0) lines.insert(item.line_no);
  }
  tables.lock().lines(std::vector(lines.begin(), lines.end()), {});
  if (!assignment.line) tables.lock().singles({&assignment.claim, 1}, items);
}

}  // namespace bccast
