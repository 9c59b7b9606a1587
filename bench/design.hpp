// A design: one way to carry a blast to N recipients. Every one is measured by the same steps.
#pragma once

#include <cstdint>
#include <string>

#include "figures.hpp"

namespace bench {

inline constexpr std::uint64_t kBatch = 1000;         // recipients a batch, in each design
inline constexpr std::uint64_t kImportChunk = 50000;  // clients a transaction

struct Task {
  std::string path;              // of the store: a file, not there before the import
  std::uint64_t recipients = 0;  // the roster, all active, all of them recipients
  unsigned blasts = 1;           // one after another; small ones are too short to time once
};

struct Design {
  const char* name;
  const char* meaning;
  /// Makes the roster. import_s, import_rows; empty when there is nothing to import.
  Figures (*import)(const Task& task);
  /// W(N). What WorkMeter says, and accept_rows (unless counted apart), kept_bytes, draft_s if there is a
  /// draft. Throws when not every recipient was notified exactly once.
  Figures (*work)(const Task& task);
};

}  // namespace bench
