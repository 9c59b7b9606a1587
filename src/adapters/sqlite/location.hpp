// Where a store is: its URL, its file, and whether the file system can carry a write-ahead log.
#pragma once

#include <string>
#include <string_view>

#include "adapters/sqlite/open_stores.hpp"

namespace bccast::sqlite {

struct Location {
  std::string path;  // ":memory:" for a store without a file
  bool read_only = false;
  bool in_memory() const noexcept { return path == ":memory:"; }
};

/// "PATH", "sqlite:PATH", "sqlite:PATH?mode=ro", ":memory:". Throws Error(argument).
Location parse_url(std::string_view url);

/// Makes the file, mode 0600, when there is none, and says what it is on the disk; `location.path` becomes
/// absolute and free of symbolic links, so that it means the same file wherever the process goes. Throws
/// Error(storage) when the folder cannot be written, the path is a folder, the file has a second name (a hard
/// link), or the file system is a network's; Error(limit) for a path too long for SQLite; Error(not_found)
/// for a missing file that was to be read only.
FileId prepare_file(Location& location);

}  // namespace bccast::sqlite
