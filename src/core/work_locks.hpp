// What a report and a claim go by, locked together.
#pragma once

#include <cstddef>
#include <set>
#include <span>

#include "core/assignment.hpp"
#include "core/begin_anew.hpp"

namespace bccast {

/// What a claim may take up. Whatever was found before it was locked may have been taken, paused or moved on
/// since; whatever is found afterwards and is not among these was not locked.
class Locked {
 public:
  /// Nobody else writes: everything is.
  Locked() = default;
  Locked(bool channel_work, std::set<LineNo> lines, std::set<ItemNo> items, std::set<Token> claims)
      : everything_(false),
        channel_work_(channel_work),
        lines_(std::move(lines)),
        items_(std::move(items)),
        claims_(std::move(claims)) {}

  /// What comes of working the channel. If not, the report has nothing to say of it.
  bool has_channel_work() const noexcept { return everything_ || channel_work_; }
  bool has(const Line& line) const { return everything_ || lines_.count(line.no) > 0; }
  /// With the line it is of, or as a single one.
  bool has(const Claim& claim) const {
    return everything_ || (claim.line_no != 0 ? lines_.count(claim.line_no) : claims_.count(claim.token)) > 0;
  }
  bool has(std::span<const Item> items) const;
  /// Throws FoundAnother where it has not.
  template <typename What>
  void require(const What& what) const {
    if (!has(what)) throw FoundAnother();
  }

 private:
  bool everything_ = true;
  bool channel_work_ = true;
  std::set<LineNo> lines_;
  std::set<ItemNo> items_;
  std::set<Token> claims_;
};

/// `report` null: none. `most` 0: nothing is claimed.
Locked lock_work(Tables& tables, const Context& context, ChannelNo channel, const Report* report,
                 std::size_t most);

/// All that may be taken up on a channel where it is not known beforehand what is passed by.
Locked lock_all_that_is_open(Tables& tables, const Context& context, ChannelNo channel, std::size_t most);

/// A batch in somebody's hands, with the lines of its items, where who is told at an address is kept: to make
/// its lease last, to undo its claim, or to fill it.
void lock_batch(Tables& tables, const Assignment& assignment);

}  // namespace bccast
