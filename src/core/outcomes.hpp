// What was said of the items of a batch.
#pragma once

#include <cstddef>

#include "core/assignment.hpp"

namespace bccast {

/// What a handler said of item i; nothing: done.
const ItemOutcome& outcome_of(const Assignment& assignment, std::size_t i);

/// All of the batch, of at least so many items, is to be tried again, and none says when.
bool all_retry(const Assignment& assignment, std::size_t least);

/// Of a line: where the claim begins if nobody else has reported a part of it.
Position begin_of(const Report& report);

/// What the report says of item i: of its own, or as part of the whole.
ItemOutcome outcome_in(const Report& report, std::size_t i);

}  // namespace bccast
