// What SQLite finds damaged may be a read that failed without saying so: asked again, with nothing kept from
// the first time, it tells.
#pragma once

#include <vector>

#include "adapters/sqlite/connection.hpp"

namespace bccast::sqlite {

/// Whether each of the statements fails so again. What they write is undone. REQUIRES: the connection is new,
/// and has no transaction open.
bool fail_again(Connection& db, const std::vector<Doubt>& doubts);

/// The same of what a transaction has met that writes: a page it may have met only because of what it wrote
/// before, so that all of the tables tell. That reads much, but keeps nobody from writing meanwhile.
bool are_damaged(Connection& db, const std::vector<Doubt>& doubts);

}  // namespace bccast::sqlite
