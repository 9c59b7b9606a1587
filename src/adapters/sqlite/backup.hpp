// Copies of a store: a backup of one that is open, and what makes a store of it again.
#pragma once

#include <string>
#include <string_view>

#include "adapters/sqlite/connection.hpp"
#include "base/function_ref.hpp"

namespace bccast::sqlite {

/// Writes what `db` sees in one snapshot into a new file, beside all who write; the copy is held. VACUUM
/// INTO, and not the backup API: it takes part in no checkpoint, and carries over no free page nor anything
/// that was overwritten.
/// False: rows are damaged, in the copy as in what was copied.
bool back_up(Connection& db, std::string_view path);

/// Puts a copy of `backup` at `path`, in place of the store that is there. `check` is given the copy's path
/// before that, and throws when it is not sound. Throws Error(busy): somebody has the store at `path` open.
void restore(std::string_view backup, std::string_view path, FunctionRef<void(const std::string&)> check);

}  // namespace bccast::sqlite
