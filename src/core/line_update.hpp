// Storing how far a blast is on a channel, and what follows from it.
#pragma once

#include "core/context.hpp"

namespace bccast {

/// Writes the line; when nothing of it is pending any more it is closed, and with the last line its blast is
/// finished.
void store_line(Tables& tables, const Context& context, Line& line);

/// Leaves out all that was not begun: the places not yet handed out, and those that wait for another try.
/// What is in flight is still reported by whoever has it.
void drop_rest(Tables& tables, const Context& context, Line line, SkipReason reason);

}  // namespace bccast
