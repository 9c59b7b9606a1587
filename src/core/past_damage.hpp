// Taking up work where what would go next cannot be read: what is behind it has its turn.
//
// SQLite refuses to write anything more in a transaction that has met a damaged page. So it is tried out what
// can be claimed, in transactions that are undone, and read in snapshots; then all that has to be passed by
// goes to the back in the transaction that claims. Where nothing can be claimed nothing is written: a commit
// would wake the other processes to do the same, and theirs this one.
#pragma once

#include <memory>
#include <vector>

#include "core/assignment.hpp"
#include "core/work_locks.hpp"

namespace bccast {

class PastDamage {
 public:
  PastDamage(Context& context, ChannelNo channel, std::size_t most)
      : context_(context), channel_(channel), most_(most) {}

  /// Claims what is next of all that can be read; it is not filled. Null: there is nothing.
  std::unique_ptr<Assignment> claim();
  /// Something has been stored: damaged claims are not looked at again before another lease is over, or there
  /// are more damaged lines than one look passes by, and the next begins behind these.
  bool has_stored() const noexcept { return stored_; }

 private:
  struct Next {
    std::optional<Claim> claim;  // whose lease is over
    std::optional<Line> line;
    bool items = false;  // they are looked for before the line
  };
  enum class Found { sound, damaged, nothing };

  /// What was claimed in a transaction that was undone; null: there is nothing.
  struct Tried {
    Next next;
    std::shared_ptr<Assignment> assignment;
  };

  Found try_next();
  Tried try_out() const;
  Tried claim_in(Tables& tables, const Locked& locked) const;
  Found pass_by(const Next& next);
  Next next_of(const Tables& tables) const;
  void put_behind(Tables& tables) const;

  Context& context_;
  ChannelNo channel_;
  std::size_t most_;
  std::vector<Claim> claims_;  // what is passed by
  std::vector<LineNo> lines_;
  bool items_ = false;  // all that are due
  bool stored_ = false;
};

}  // namespace bccast
