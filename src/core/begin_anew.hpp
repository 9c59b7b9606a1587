// A transaction that begins anew, since what it had to lock was found too late.
#pragma once

namespace bccast {

/// What is there now is not what was looked at before it was locked: the transaction is undone, and its work
/// done once more. Where nobody else writes, none is thrown.
struct FoundAnother {};

/// Calls `work`, which runs a transaction, until it has not found another.
template <typename Work>
auto begin_anew_while_changed(const Work& work) {
  for (;;) {
    try {
      return work();
    } catch (const FoundAnother&) {
    }
  }
}

}  // namespace bccast
