#include "adapters/sqlite/new_file.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <system_error>
#include <utility>

#include "adapters/sqlite/open_stores.hpp"
#include "base/error.hpp"

namespace bccast::sqlite {
namespace {

/// Gives `from` the name `to`, which nothing has. False, with errno: it could not.
bool name_it(const char* from, const char* to) {
  if (renameat2(AT_FDCWD, from, AT_FDCWD, to, RENAME_NOREPLACE) == 0) return true;
  if (errno != EINVAL && errno != ENOSYS) return false;
  // A file system that cannot do that in one step has links.
  if (link(from, to) != 0) return false;
  unlink(from);
  return true;
}

void sync_folder_of(const std::string& path) {
  const auto folder = std::filesystem::path(path).parent_path();
  const int fd = open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0) throw_system_error("the folder cannot be synced");
  const bool synced = fsync(fd) == 0;
  const int number = errno;
  close(fd);
  errno = number;
  if (!synced && number != EINVAL) throw_system_error("the folder cannot be synced");
}

}  // namespace

void throw_system_error(const std::string& what) {
  const int number = errno;
  const Code code = number == ENOSPC || number == EDQUOT ? Code::full : Code::storage;
  throw Error(code, fmt::format("{}: {}", what, std::generic_category().message(number)));
}

NewFile::NewFile(std::string path) : path_(std::move(path)), partial_(path_ + ".bccast-partial") {
  try {
    open_partial();
  } catch (...) {
    if (fd_ >= 0) close(fd_);
    throw;
  }
}

void NewFile::open_partial() {
  for (;;) {
    fd_ = open(partial_.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, S_IRUSR | S_IWUSR);
    if (fd_ < 0) throw_system_error("the file cannot be made");
    struct stat mine {};
    struct stat there {};
    if (fstat(fd_, &mine) != 0) throw_system_error("the file cannot be made");
    if (!S_ISREG(mine.st_mode))
      throw Error(Code::storage, "what has the name of the partial file is no file");
    // Whoever writes it holds this lock, and nobody who has died. (It is none of those that SQLite takes.)
    if (flock(fd_, LOCK_EX | LOCK_NB) != 0) {
      if (errno == EWOULDBLOCK) throw Error(Code::busy, "another is writing that file");
      throw_system_error("the file cannot be locked");
    }
    // The other may have given it its name, or removed it, between the two.
    if (lstat(partial_.c_str(), &there) == 0 && there.st_ino == mine.st_ino && there.st_dev == mine.st_dev)
      break;
    close(std::exchange(fd_, -1));
  }
  if (fchmod(fd_, S_IRUSR | S_IWUSR) != 0 || ftruncate(fd_, 0) != 0)
    throw_system_error("the file cannot be made");
}

NewFile::~NewFile() {
  if (fd_ < 0) return;
  unlink(partial_.c_str());
  close(fd_);
}

void NewFile::take_after(const struct stat& old) {
  constexpr auto kSame = static_cast<uid_t>(-1);
  constexpr mode_t kRights = S_IRWXU | S_IRWXG | S_IRWXO;
  struct stat mine {};
  if (fstat(fd_, &mine) != 0) throw_system_error("the file cannot be read");
  mode_t mode = old.st_mode & kRights;
  if (mine.st_gid != old.st_gid && fchown(fd_, kSame, old.st_gid) != 0) mode &= ~mode_t{S_IRWXG};
  if (fchmod(fd_, mode) != 0) throw_system_error("the mode of the old file cannot be kept");
  if (mine.st_uid != old.st_uid && fchown(fd_, old.st_uid, kSame) != 0)
    throw Error(Code::storage,
                "what is to be replaced belongs to another user: do this as that user, or as root");
}

void NewFile::publish(Existing existing) {
  if (fsync(fd_) != 0) throw_system_error("the file cannot be written");
  name_and_close(existing);
  sync_folder_of(path_);
}

/// From when it has its name a thread of this process may open it as a store. That waits until it is closed
/// here, which would drop SQLite's locks.
void NewFile::name_and_close(Existing existing) {
  const NoStoreIsOpened meanwhile;
  if (existing == Existing::replaced) {
    if (rename(partial_.c_str(), path_.c_str()) != 0) throw_system_error("the file cannot be replaced");
  } else if (!name_it(partial_.c_str(), path_.c_str())) {
    if (errno == EEXIST) throw Error(Code::conflict, "there is a file of that name already");
    throw_system_error("the file cannot be given its name");
  }
  close(std::exchange(fd_, -1));
}

}  // namespace bccast::sqlite
