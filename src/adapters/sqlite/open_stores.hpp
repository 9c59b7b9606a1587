// The files that this process has open as stores.
//
// SQLite keeps a table of the locks that a process holds, since POSIX forgets all of them when any descriptor
// of the file is closed (https://www.sqlite.org/howtocorrupt.html, 2.2). A fork copies that table, but not
// the locks: a child that opened the same file would believe in locks that it does not have. It ends in BUSY
// with nobody writing, or in a log that another process cuts beneath it. So such a child is refused; exec
// makes it a process with a table of its own.
#pragma once

#include <sys/types.h>

namespace bccast::sqlite {

/// What a file is, whatever it is called.
struct FileId {
  dev_t device = 0;
  ino_t inode = 0;
  friend bool operator==(const FileId& a, const FileId& b) noexcept {
    return a.device == b.device && a.inode == b.inode;
  }
};

/// A file's place in the table, for as long as the store is open. One is needed before SQLite opens the file.
class OpenStore {
 public:
  /// Throws Error(forked) when a parent process had the file open as it forked.
  explicit OpenStore(const FileId& file);
  ~OpenStore();
  OpenStore(const OpenStore&) = delete;
  OpenStore& operator=(const OpenStore&) = delete;

  /// Whether this process is the one that opened it.
  bool is_ours() const noexcept;
  /// Throws Error(forked) unless it is.
  void require_ours() const;

 private:
  FileId file_;
  pid_t pid_;
};

}  // namespace bccast::sqlite
