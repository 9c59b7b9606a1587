// What a recall leaves of a blast's threads.
//
// Who had not read it, not written in its thread, and was not told of it, has no such thread any more. To all
// others it stays where it was, without its text and read. So it is from the moment of the recall on; the
// rows are brought up to date later, a few at a time (Agenda), which nobody can see.
#pragma once

#include <optional>
#include <span>

#include "core/context.hpp"

namespace bccast {

/// A thread of a recalled blast whose client still has it.
inline Thread without_message(Thread thread) noexcept {
  if (thread.client_read > 0) return thread;
  thread.client_read = 1;
  if (thread.client_unread > 0) --thread.client_unread;
  return thread;
}

/// Stored threads as they are seen now. Those that were read, or are up to date, are seen as they are without
/// a look at their blasts.
class SeenThreads {
 public:
  /// Whose blasts these are is read with two calls.
  SeenThreads(const Tables& tables, std::span<const Thread> stored);
  /// Nothing: it is gone. Throws Error(corrupt) when what tells of it is damaged. REQUIRES: one of those.
  std::optional<Thread> of(const Thread& stored) const;

 private:
  static bool may_be_recalled(const Thread& stored) noexcept {
    return stored.key.of_blast() && stored.client_read == 0;
  }

  Found<BlastKey, Blast> blasts_;
  Found<RecipientKey, bool> have_;
};

/// The same of one.
inline std::optional<Thread> as_seen(const Tables& tables, const Thread& stored) {
  return SeenThreads(tables, {&stored, 1}).of(stored);
}

}  // namespace bccast
