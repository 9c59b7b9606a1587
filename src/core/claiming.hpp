// Taking up the next batch of a channel.
#pragma once

#include <exception>
#include <map>
#include <memory>

#include "core/assignment.hpp"

namespace bccast {

/// Claims at most `most` items, and no more than the channel's rate allows; null: nothing is due, or the
/// channel is paused, removed, at its limit, or not to be tried now. `damaged`: what was passed by meanwhile.
std::unique_ptr<Assignment> claim_next(Tables& tables, const Context& context, ChannelNo channel,
                                       std::size_t most, std::exception_ptr& damaged);

/// As many claims are in flight on the channel as it may have: until one of them ends there is nothing to do.
bool is_at_its_limit(const Tables& tables, const Channel& channel, const ChannelWork& work, Ms now);

/// Other claims of the channel have so many items less. One that is damaged stays as it is: nobody takes it
/// up.
void take_items_out_of(Tables& tables, ChannelNo channel, const std::map<Token, Position>& less,
                       std::exception_ptr& damage);

/// As if the batch had never been claimed, but that its line has had its turn. A batch that was taken over
/// from another, or behind which something has been claimed since, waits until its lease is over.
void undo_claim(Tables& tables, const Assignment& assignment);

/// Halves a batch of a line; of single items, each is taken up alone.
void split_claim(Tables& tables, Claim claim, const Assignment& assignment);

}  // namespace bccast
