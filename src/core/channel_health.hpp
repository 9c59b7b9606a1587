// Whether a channel works: its breaker, and how much of what it is handed fails.
#pragma once

#include <string>

#include "core/context.hpp"
#include "model/fail_window.hpp"

namespace bccast {

/// As of a channel that there is: the store is damaged when it has none.
ChannelWork channel_work(const Tables& tables, ChannelNo channel);

/// Nothing is handed out on it, until somebody sets it to go on.
inline bool is_paused(const Channel& channel, const ChannelWork& work) noexcept {
  return channel.paused || work.stopped;
}

/// A batch failed as a whole, or a probe did: the breaker opens, for longer each time.
void channel_failed(Tables& tables, const Context& context, ChannelWork& work, const std::string& reason);

/// Closes the breaker, and begins to count anew. Nothing, when it was closed.
void channel_works(Tables& tables, const Context& context, ChannelWork& work);

/// Counts how single attempts went on a channel that does not fail as a whole. When too many failed, the
/// breaker opens, or the channel is paused.
void count_attempts(Tables& tables, const Context& context, const FailRule& rule, ChannelWork& work,
                    const AttemptCounts& counts);

}  // namespace bccast
