// Whether this program may write what is indexed as names and addresses are folded.
//
// The indexes go by the tables of Unicode of one version, and never back to an earlier one
// (core/indexing.hpp): whoever has earlier ones writes no more.
#pragma once

#include <optional>

#include "adapters/sqlite/connection.hpp"

namespace bccast::sqlite {

/// Of one connection. Looks at the store's version when another connection has written since the last look.
class OwnFolding {
 public:
  /// Throws Error(schema) for a store that later tables have indexed. REQUIRES: the connection has just read.
  void require(Connection& db);
  /// After a commit of this connection, before which it was looked at.
  void committed(Connection& db);

 private:
  std::optional<unsigned int> commits_seen_;  // as SQLite counts them
};

}  // namespace bccast::sqlite
