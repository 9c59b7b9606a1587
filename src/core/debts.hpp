// What was promised to be forgotten, and may still stand in the store's log.
//
// Erasing and purging overwrite bytes, and in the same transaction write a debt. The debt is settled when the
// log was emptied after that: by the call itself, else by the agenda, by the next open, or by whoever asks
// for a checkpoint. So a crash at any moment, a reader that keeps the log, or a full disk only put it off.
#pragma once

#include "core/context.hpp"

namespace bccast {

/// Empties the log, and settles what was owed before. False: somebody reads an older state. Throws what the
/// disk says; what is owed then stays owed.
bool empty_log(const Context& context, Patience patience = Patience::some);

/// The same, where anything is owed at all. False: it still is, for whatever reason.
bool settle_debts(const Context& context, Patience patience) noexcept;

}  // namespace bccast
