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
  Locked(std::set<LineNo> lines, std::set<ItemNo> items, std::set<Token> claims)
      : everything_(false), lines_(std::move(lines)), items_(std::move(items)), claims_(std::move(claims)) {}

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
  std::set<LineNo> lines_;
  std::set<ItemNo> items_;
  std::set<Token> claims_;
};

/// `report` null: none. `most` 0: nothing is claimed.
Locked lock_work(Tables& tables, const Context& context, ChannelNo channel, const Report* report,
                 std::size_t most);

/// A batch in somebody's hands, alone: to make its lease last, or to undo its claim.
void lock_batch(Tables& tables, const Assignment& assignment);

}  // namespace bccast
