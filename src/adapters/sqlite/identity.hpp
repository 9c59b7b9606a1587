// Whether a store's files are still those that were opened.
//
// SQLite goes on writing into a file that was moved or deleted, opens by name whatever stands there now, and
// makes a log that was deleted anew. So a store remembers what its file, its log and the log's index are on
// the disk (device and inode), and looks before it reads, writes, checkpoints or leaves.
#pragma once

#include <array>
#include <optional>
#include <string>

#include "adapters/sqlite/connection.hpp"
#include "adapters/sqlite/open_stores.hpp"

namespace bccast::sqlite {

class FileIdentity {
 public:
  /// Of the file that `db` has opened, which has to be `expected`. Throws Error(storage).
  FileIdentity(Connection& db, const FileId& expected);
  ~FileIdentity();
  FileIdentity(const FileIdentity&) = delete;
  FileIdentity& operator=(const FileIdentity&) = delete;

  /// Absolute, without symbolic links: what SQLite calls the file, wherever the process goes.
  const std::string& path() const noexcept { return files_[0].path; }
  const std::string& log_path() const noexcept { return files_[1].path; }

  /// Once the log is open. Nobody takes it away as long as any connection is.
  void remember_log();
  /// Throws Error(storage) when the file, the log or its index was moved, deleted or replaced.
  void require_in_place() const;
  /// The same, and that `db` has opened this file and no other.
  void require_same_file(Connection& db) const;
  /// The same, and that the log holds all that is to be in it. REQUIRES: `db` holds the write lock.
  void require_whole(Connection& db) const;
  /// Whether what `db` commits next may be the first in a log. REQUIRES: it holds the write lock.
  static bool may_begin_log(Connection& db);

 private:
  struct File {
    std::string path;
    std::optional<FileId> id{};  // none: it is not on the disk (a disk of the tests), or nobody has looked
  };
  std::array<File, 3> files_;  // the file, "-wal", "-shm"
  // Keeps the inode from being given to another file. (O_PATH: closing it drops no lock.)
  int held_ = -1;
};

}  // namespace bccast::sqlite
