// bccast, measured by the steps that every design takes.
#pragma once

#include "design.hpp"

namespace bench {

/// client_put_many and roster_add_many, kImportChunk clients a call. import_s counts until all is in the
/// database file.
Figures bccast_import(const Task& task);

/// accept_s is bccast_blast_send. What comes before it (create, select all active, write) is draft_s.
Figures bccast_work(const Task& task);

/// accept_rows: the rows that one send adds, over all tables, and accept_rows_<table> for each that grew. On
/// a store with a roster; not timed.
Figures bccast_accept_rows(const Task& task);

}  // namespace bench
