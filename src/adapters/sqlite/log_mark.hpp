// Whether the log beside a file is the file's.
//
// SQLite takes the log (-wal) that lies beside a file for the file's own: when a crash has left one and then
// another file is put in the place of the first, a copy from last week, say, it is replayed over that, and
// both are lost. So the first transaction of each log writes a mark, a number at random together with the one
// before it. A file has the mark of the log that was last moved into it; the log that may be replayed over it
// is the one whose first mark follows that, or has it. Nothing is read or synced for this, and one page more
// is written for each log.
//
// What it does not see: a copy of the very state on which the log began. That is the file as it was, to the
// byte, and the log brings it to where it was when the crash came.
#pragma once

#include "adapters/sqlite/connection.hpp"

namespace bccast::sqlite {

/// The first one of a store.
void insert_log_mark(Connection& db);
/// The next one. REQUIRES: a transaction that writes.
void renew_log_mark(Connection& db);

/// Throws Error(storage) when the log that `db` would read was begun on another file than the one beside it.
/// Changes neither. A mark that cannot be read (another program began the log, say) says nothing.
void require_own_log(Connection& db);

}  // namespace bccast::sqlite
