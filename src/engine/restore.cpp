// Puts a backup in the place of a store.
#include <bccast/engine.hpp>

#include <string>

#include "adapters/sqlite/backup.hpp"
#include "adapters/sqlite/sqlite_store.hpp"
#include "core/verification.hpp"
#include "engine/system_clock.hpp"

namespace bccast {

void restore(std::string_view backup, std::string_view path) {
  sqlite::restore(backup, path, [](const std::string& copy) {
    sqlite::SqliteStore store(sqlite::Location{copy, true});
    SystemClock clock;
    Context context(store, clock);
    const auto findings = Verification(context).run();
    if (!findings.empty())
      throw Error(Code::corrupt, "the backup is damaged: " + std::to_string(findings.size()) +
                                     " things are wrong with it, the first with its " +
                                     findings.front().kind);
  });
}

}  // namespace bccast
