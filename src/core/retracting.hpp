// The parts of a recall: who keeps a thread, what was delivered and is to be taken back, and the rows that
// are brought up to date afterwards.
#pragma once

#include <cstddef>
#include <vector>

#include "core/context.hpp"

namespace bccast {

/// Stores who still has the thread: who has read it, or was told of it or may be right now (a batch in
/// flight), or in whose thread somebody has written.
void keep_who_knows(Tables& tables, const Blast& blast, const std::vector<Line>& lines);

/// The same of one slice, in a store with damage. Of a line that is damaged nobody can say whom it has told:
/// then everybody may know of it.
void keep_who_knows(Tables& tables, const Blast& blast, SliceNo slice);
/// All of a slice keep the thread: who knows of it cannot be read.
void keep_everybody(Tables& tables, const Blast& blast, SliceNo slice);

/// A line for each channel that has delivered some of it, to take that back. Says how many.
std::int64_t add_retracting(Tables& tables, const Blast& blast, const std::vector<Line>& lines);

/// The line that delivered what `line` takes back.
Line delivered_by(const Tables& tables, const Line& line);

// A few of the rows that tell of a recalled blast as it was are deleted, or corrected. Nobody can see a
// difference.

/// Items that wait. False: there are none.
bool sweep_items(Tables& tables, const Context& context, const Blast& blast);
/// At most `most` threads.
void sweep_threads(Tables& tables, const Blast& blast, std::size_t most);
/// The next one stays as it is, or all of its slice: it cannot be read.
void pass_one_by(Tables& tables, const Blast& blast);

}  // namespace bccast
