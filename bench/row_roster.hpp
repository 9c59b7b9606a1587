// The roster of the row designs, and the bare loop that bccast's import is compared with.
#pragma once

#include "design.hpp"
#include "sqlite.hpp"

namespace bench {

/// What bccast's import writes: for each client a client row, a roster row, a client_provider row, and in the
/// index of names a row for the folded name and one from each later word of it on, in the index of addresses
/// one; with prepared inserts, in transactions of kImportChunk clients. import_s counts until all is in the
/// database file.
Figures import_rows(const Task& task);

}  // namespace bench
