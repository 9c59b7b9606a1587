#include "adapters/sqlite/open_stores.hpp"

#include <pthread.h>
#include <unistd.h>

#include <map>
#include <mutex>
#include <utility>

#include "base/error.hpp"

namespace bccast::sqlite {
namespace {

struct Entry {
  pid_t pid = 0;  // of the process that opened it
  int count = 0;  // how often it has it open
  OpenStore::Locks locks = OpenStore::Locks::taken;
  bool inherited = false;  // by a fork: it stays for ever, as SQLite's table does
};

struct OpenFiles {
  std::mutex mutex;  // guards `files`; held by whoever forks
  std::map<std::pair<dev_t, ino_t>, Entry> files;
};

OpenFiles& open_files();

void lock_before_fork() {
  open_files().mutex.lock();
}
void unlock_in_parent() {
  open_files().mutex.unlock();
}
void inherit_in_child() {
  for (auto& [file, entry] : open_files().files) entry.inherited = true;
  open_files().mutex.unlock();
}

// Never destroyed: a store may be closed after the static objects.
OpenFiles& open_files() {
  static OpenFiles& the_files = []() -> OpenFiles& {
    auto& made = *new OpenFiles;
    pthread_atfork(lock_before_fork, unlock_in_parent, inherit_in_child);
    return made;
  }();
  return the_files;
}

// Made when the library is loaded, before there is a thread that could hold its first use up, and whose lock
// a child would inherit.
[[maybe_unused]] const OpenFiles& made_at_load = open_files();

[[noreturn]] void throw_forked() {
  throw Error(
      Code::forked,
      "the store was open when this process was forked: open it in a process started by exec, or only "
      "after the fork");
}

}  // namespace

OpenStore::OpenStore(const FileId& file, Locks locks) : file_(file), pid_(getpid()) {
  const std::lock_guard lock(open_files().mutex);
  auto& entry = open_files().files[{file.device, file.inode}];
  // A fork that ran no handlers (_Fork, clone) is known by its process id.
  if (entry.inherited || (entry.count > 0 && entry.pid != pid_)) throw_forked();
  if (entry.count > 0 && entry.locks != locks)
    throw Error(Code::busy, "the file is being read as a backup in this process");
  entry.pid = pid_;
  entry.locks = locks;
  ++entry.count;
}

OpenStore::~OpenStore() {
  const std::lock_guard lock(open_files().mutex);
  const auto found = open_files().files.find({file_.device, file_.inode});
  if (found == open_files().files.end() || found->second.inherited || found->second.pid != getpid()) return;
  if (--found->second.count == 0) open_files().files.erase(found);
}

NoStoreIsOpened::NoStoreIsOpened() {
  open_files().mutex.lock();
}

NoStoreIsOpened::~NoStoreIsOpened() {
  open_files().mutex.unlock();
}

bool OpenStore::is_ours() const noexcept {
  return pid_ == getpid();
}

void OpenStore::require_ours() const {
  if (!is_ours()) throw_forked();
}

}  // namespace bccast::sqlite
