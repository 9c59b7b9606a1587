// What a recall leaves of a blast's threads.
//
// Who had not read it, not written in its thread, and was not told of it, has no such thread any more. To all
// others it stays where it was, without its text and read. So it is from the moment of the recall on; the
// rows are brought up to date later, a few at a time (Agenda), which nobody can see.
#pragma once

#include <optional>

#include "core/context.hpp"

namespace bccast {

/// A thread of a recalled blast whose client still has it.
inline Thread without_message(Thread thread) noexcept {
  if (thread.client_read > 0) return thread;
  thread.client_read = 1;
  if (thread.client_unread > 0) --thread.client_unread;
  return thread;
}

/// A stored thread as it is seen now. Nothing: it is gone. One that was read, or is up to date, is seen as it
/// is without a look at its blast.
std::optional<Thread> as_seen(const Tables& tables, const Thread& stored);

}  // namespace bccast
