// Storing how far a blast is on a channel, and what follows from it.
#pragma once

#include <span>
#include <utility>

#include "core/context.hpp"

namespace bccast {

/// Adds places to those that were left out. Their lines are not stored.
using SkipRow = std::pair<SkipKey, Slice>;
void store_skips(Tables& tables, std::span<const SkipRow> skips);

/// Writes the line; when nothing of it is pending any more it is closed, and with the last line its blast is
/// finished.
void store_line(Tables& tables, const Context& context, Line& line);

/// What becomes of what is in flight: whoever has it still reports it, or it is dropped as well; or all but
/// what a damaged claim has, which stays pending, since nobody knows what that is.
enum class InFlight { left, dropped, sound_dropped };

/// Leaves out all that was not begun: the places not yet handed out, and those that wait for another try.
void drop_rest(Tables& tables, const Context& context, Line line, SkipReason reason, InFlight in_flight);

/// Only the first part of it: the places not yet handed out. One bitmap a slice.
void drop_not_handed_out(Tables& tables, const Context& context, Line line, SkipReason reason);
/// Only the second: at most `most` of the items that wait. Says how many.
std::size_t drop_waiting(Tables& tables, const Context& context, Line line, SkipReason reason,
                         InFlight in_flight, std::size_t most = static_cast<std::size_t>(-1));

/// Lets the lines that notify of the same blast hand out what `line`, and all others that deliver it, have
/// behind them. False: nothing more than before.
bool unlock_followers(Tables& tables, const Line& line);

}  // namespace bccast
