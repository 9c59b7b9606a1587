// The parts of a recall: who keeps a thread, what was delivered and is to be taken back, and the rows that
// are brought up to date afterwards.
#pragma once

#include <vector>

#include "core/context.hpp"

namespace bccast {

/// Stores who still has the thread: who has read it, or was told of it or may be right now (a batch in
/// flight), or in whose thread somebody has written.
void keep_who_knows(Tables& tables, const Blast& blast, const std::vector<Line>& lines);

/// A line for each channel that has delivered some of it, to take that back. Says how many.
std::int64_t add_retracting(Tables& tables, const Blast& blast, const std::vector<Line>& lines);

/// The line that delivered what `line` takes back.
Line delivered_by(const Tables& tables, const Line& line);

/// Deletes, or corrects, a few of the rows that tell of a recalled blast as it was: items that wait, then
/// threads. Nobody can see a difference.
void sweep_some(Tables& tables, const Context& context, Blast blast);

}  // namespace bccast
