// The work behind a blast and behind every message: taking up what is due, and storing what became of it.
//
// One primitive carries everything. advance() stores the report on one batch and claims the next in a single
// transaction; load() fills the claimed batch from a snapshot. Between the two and the next advance() nothing
// is held: no lock, no transaction. The claim, with its tries, is stored before anything is sent, so that a
// worker that dies leaves a trace; what a report says counts for all that nobody has reported yet, and
// changes nothing else.
#pragma once

#include <array>
#include <atomic>
#include <exception>
#include <memory>
#include <optional>

#include "core/work_locks.hpp"

namespace bccast {

struct Advanced {
  std::unique_ptr<Assignment> next;  // null: nothing is due
  std::size_t ended = 0;             // items the report ended
  bool too_late = false;             // some of it had been reported already: that stays as it was
  bool unlocked = false;             // other lines may hand out more because of it
  std::exception_ptr damage;   // what was passed by, or kept the report from being counted; null: nothing
  std::optional<Ms> next_due;  // when nothing could be claimed: as Work::next_due

  bool leaves_work() const noexcept { return unlocked; }
};

class Work {
 public:
  explicit Work(Context& context) : context_(context) {}

  /// For the verb `kind` stores `report` (null: none) and claims at most `most` items (0: none). What cannot
  /// be read is passed by (PastDamage); Error(corrupt), and nothing is written, where there is nothing else.
  Advanced advance(const VerbKind& kind, ChannelNo channel, const Report* report, std::size_t most);
  /// Fills the batch of a claimed assignment, unless it is filled. Small ones are by advance(), whose
  /// transaction has what they need at hand; large ones must not hold the writers up: they are read in a
  /// snapshot, and only what they hold is written. Error(corrupt): the claim
  /// is undone, or waits until its lease is over.
  void load(Assignment& assignment);
  /// The report on a batch after load() that no handler is to see: an empty one, one whose workers die, or
  /// one that is withdrawn: its line has ended meanwhile, or who shares an address is not known any more.
  static std::optional<Report> without_handler(const Assignment& assignment);
  /// Gives back what a report of that kind says. Where that cannot be stored, its lease will end: somebody
  /// has to know when.
  void give_back(const Report& report) noexcept;
  /// Makes the lease of a batch last so long from now. False: it is another's, or reported.
  bool extend(const Assignment& assignment, Ms how_long);

  /// In how many milliseconds something is due on the channel: 0: now; nothing: nothing known.
  std::optional<Ms> next_due(const Tables& tables, const Channel& channel) const;

 private:
  Advanced advance_once(const VerbKind& kind, ChannelNo channel, const Report* report, std::size_t most);
  void claim(Tables& tables, ChannelNo channel, const Locked& locked, std::size_t most, Advanced& advanced);
  void fill_and_hold(Tables& tables, Assignment& assignment);
  void load_large(Assignment& assignment);
  void give_up_loading(const Assignment& assignment);
  std::atomic<bool>& has_damage(ChannelNo channel) noexcept;

  Context& context_;
  std::array<std::atomic<bool>, kMaxChannels + 1> damaged_{};  // a large batch could not be loaded
};

}  // namespace bccast
