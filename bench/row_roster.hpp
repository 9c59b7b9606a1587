// The roster of the row designs, and the bare loop that bccast's import is compared with.
#pragma once

#include "design.hpp"
#include "sqlite.hpp"

namespace bench {

/// A client row, a roster row and a client_provider row for each client, with prepared inserts, in
/// transactions of kImportChunk clients. import_s counts until all is in the database file.
Figures import_rows(const Task& task);

}  // namespace bench
