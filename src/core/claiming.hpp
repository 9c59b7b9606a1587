// Taking up the next batch of a channel.
#pragma once

#include <memory>

#include "core/assignment.hpp"

namespace bccast {

/// Claims at most `most` items; null: nothing is due, or the channel is paused, removed, or not to be tried
/// now.
std::unique_ptr<Assignment> claim_next(Tables& tables, const Context& context, ChannelNo channel,
                                       std::size_t most);

/// Halves a batch of a line; of single items, each is taken up alone.
void split_claim(Tables& tables, Claim claim, const Assignment& assignment);

}  // namespace bccast
