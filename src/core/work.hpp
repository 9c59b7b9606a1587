// The work behind a blast and behind every message: taking up what is due, and storing what became of it.
//
// One primitive carries everything. advance() stores the report on one batch and claims the next in a single
// transaction; load() fills the claimed batch from a snapshot. Between the two and the next advance() nothing
// is held: no lock, no transaction. The claim, with its tries, is stored before anything is sent, so that a
// worker that dies leaves a trace; a report counts if nobody has reported the claim yet, and changes nothing
// otherwise.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/error.hpp"
#include "core/context.hpp"
#include "ports/notice_batch.hpp"

namespace bccast {

/// A claimed batch, and what is to be known for the report on it.
struct Assignment {
  Claim claim;
  std::optional<Line> line;  // the blast's line; nothing: single items
  std::vector<Item> items;   // then these
  NoticeBatch batch;         // what the notifier is given
  std::vector<std::size_t>
      entries;  // for each notice of the batch: its place (of a line), or its index in items
  struct LeftOut {
    std::size_t entry;
    SkipReason reason;
  };
  std::vector<LeftOut> left_out;
  std::vector<std::size_t> damaged;  // entries that can not be read
  Ms at = 0;                         // of a line: when its message was sent, in whole seconds
  bool loaded = false;               // the batch is filled

  explicit Assignment(const PublicIds& ids) : batch(ids) {}
};

/// A batch whose workers died so often is halved instead of being sent again.
inline constexpr std::int64_t kDeathsTogether = 3;

/// How a batch went as a whole.
enum class BatchResult {
  as_set,    // each item as the notifier said
  failed,    // the whole of it again later: the channel's failure, not the items'
  given_up,  // its workers died too often: every item fails
  split,     // its workers died, though not too often yet: in halves
  returned,  // not begun: as if it had never been claimed
};

struct Report {
  const Assignment* assignment = nullptr;
  BatchResult result = BatchResult::as_set;
  std::string reason;
};

struct Advanced {
  std::unique_ptr<Assignment> next;  // null: nothing is due
  std::size_t ended = 0;             // notifications the report ended
  bool too_late = false;             // the claim had been reported already: the report changed nothing
  std::optional<Ms> next_due;        // when nothing could be claimed: as Work::next_due
};

class Work {
 public:
  explicit Work(Context& context) : context_(context) {}

  /// Makes the channel. exists: it is there. Throws Error(conflict): with another role.
  Code channel_put(std::string_view name, std::string_view role);

  /// Stores `report` (null: none) and claims at most `most` notifications (0: none).
  Advanced advance(ChannelNo channel, const Report* report, std::size_t most);
  /// Fills the batch of a claimed assignment, unless it is filled. Small ones are by advance(), whose
  /// transaction has what they need at hand; large ones must not hold the writers up.
  void load(Assignment& assignment);
  /// In how many milliseconds something is due on the channel: 0: now; nothing: nothing known.
  std::optional<Ms> next_due(const Tables& tables, const Channel& channel) const;

 private:
  void settle(Tables& tables, const Report& report, Advanced& advanced);
  void split(Tables& tables, Claim claim, const Assignment& assignment);
  void settle_line(Tables& tables, const Report& report, Advanced& advanced);
  void settle_items(Tables& tables, const Report& report, Advanced& advanced);
  void settle_channel(Tables& tables, ChannelNo channel, bool failed, const std::string& reason);
  std::unique_ptr<Assignment> claim(Tables& tables, ChannelNo channel, std::size_t most);
  std::unique_ptr<Assignment> claim_items(Tables& tables, Channel& channel, std::vector<Item> due);
  std::unique_ptr<Assignment> claim_places(Tables& tables, const Channel& channel, Line line,
                                           std::size_t most);
  void load(const Tables& tables, Assignment& assignment);
  void load_places(const Tables& tables, Assignment& assignment);
  void load_items(const Tables& tables, Assignment& assignment);
  void load_item(const Tables& tables, Assignment& assignment, std::size_t i);

  Context& context_;
};

}  // namespace bccast
