#include "core/work_locks.hpp"

#include <algorithm>
#include <exception>
#include <map>
#include <vector>

#include "model/retry.hpp"

namespace bccast {
namespace {

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

  Locked lock() {
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
    return {std::move(lines_), std::move(items_), std::move(tokens)};
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
  tables.lock().channel_work(channel);
  if (!tables.lock().others_write()) return {};
  ToLock to_lock(tables, context, channel);
  if (report != nullptr) to_lock.add_report(*report);
  if (most > 0) to_lock.add_next(most);
  return to_lock.lock();
}

void lock_batch(Tables& tables, const Assignment& assignment) {
  tables.lock().channel_work(assignment.claim.channel_no);
  if (assignment.line) {
    tables.lock().lines({&assignment.line->no, 1}, {});
  } else {
    tables.lock().singles({&assignment.claim, 1}, {});
  }
}

}  // namespace bccast
