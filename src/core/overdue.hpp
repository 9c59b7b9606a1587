// Blasts that are not finished when they should be: which, why, and how much is left.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <bccast/types.hpp>

#include "core/context.hpp"

namespace bccast {

/// How a line stands against the clock.
struct LinePace {
  std::int64_t late = 0;      // pending, and nothing that the operator set makes it wait
  std::int64_t deferred = 0;  // pending, and waiting for the end of quiet hours or for its turn at a rate
  std::optional<Ms> until;    // of the deferred: when they should have ended
  std::optional<Ms> left;     // how long the rest takes at the pace so far; nothing: not known
  std::string why;            // what holds it up
};
LinePace pace_of(const Tables& tables, const Context& context, const Blast& blast, const Line& line);

/// The same of a blast: its lines together.
LinePace pace_of(const Tables& tables, const Context& context, const Blast& blast,
                 const std::vector<Line>& lines);

/// Why a blast that is scheduled was not sent when it was due.
std::string why_not_sent_yet(const Tables& tables, const Context& context, const Blast& blast);

class Overdue {
 public:
  explicit Overdue(Context& context) : context_(context) {}

  /// Those past their deadline, the oldest deadline first. `provider` empty: of all.
  Page<OverdueRow> list(std::string_view provider, std::string_view cursor, std::size_t limit);
  /// Says of the first whose deadline has passed that it is overdue; or puts the deadline off, when all that
  /// is left of it is deferred. False: there was none.
  bool say_next();

 private:
  std::optional<bool> try_to_say_next();
  Context& context_;
};

}  // namespace bccast
