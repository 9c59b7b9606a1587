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
  enum class Locks {
    taken,
    not_taken,  // it is read by SQLite as immutable: its close drops all locks that the process has on the
                // file
  };
  /// Throws Error(forked) when a parent process had the file open as it forked; Error(busy) when this one has
  /// it open in the other way.
  explicit OpenStore(const FileId& file, Locks locks = Locks::taken);
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

/// While it lives, who would make an OpenStore in this process waits, and so does who forks.
class NoStoreIsOpened {
 public:
  NoStoreIsOpened();
  ~NoStoreIsOpened();
  NoStoreIsOpened(const NoStoreIsOpened&) = delete;
  NoStoreIsOpened& operator=(const NoStoreIsOpened&) = delete;
};

}  // namespace bccast::sqlite
