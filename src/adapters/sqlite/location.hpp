// Where a store is: its URL, its file, and whether the file system can carry a write-ahead log.
#pragma once

#include <string>
#include <string_view>

namespace bccast::sqlite {

struct Location {
  std::string path;  // ":memory:" for a store without a file
  bool read_only = false;
  bool in_memory() const noexcept { return path == ":memory:"; }
};

/// "PATH", "sqlite:PATH", "sqlite:PATH?mode=ro", ":memory:". Throws Error(argument).
Location parse_url(std::string_view url);

/// Makes the file, mode 0600, when there is none; throws Error(storage) when the folder can not be written,
/// the path is a folder, or the file system is a network's; Error(not_found) for a missing file that was to
/// be read only.
void prepare_file(const Location& location);

}  // namespace bccast::sqlite
