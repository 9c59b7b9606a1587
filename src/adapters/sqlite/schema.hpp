// The tables, and how a store is made or brought up to date.
#pragma once

#include "adapters/sqlite/connection.hpp"
#include "base/crypto.hpp"

namespace bccast::sqlite {

/// Throws Error(schema) for a database of another program, or of a version this one cannot read (or not
/// write, unless `read_only`). True when the schema must be made or migrated.
bool needs_migration(Connection& db, bool read_only);
/// Makes or migrates the schema, in one transaction. Safe when another process does the same.
void migrate(Connection& db);
SecretKey read_key(Connection& db);

}  // namespace bccast::sqlite
