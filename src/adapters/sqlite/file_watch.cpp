#include "adapters/sqlite/file_watch.hpp"

#include <sys/inotify.h>
#include <unistd.h>

#include <array>

namespace bccast::sqlite {

FileWatch::FileWatch(const std::string& path) : fd_(inotify_init1(IN_NONBLOCK | IN_CLOEXEC)) {
  if (fd_ < 0) return;
  if (inotify_add_watch(fd_, path.c_str(), IN_MODIFY) >= 0) return;
  close(fd_);
  fd_ = -1;
}

FileWatch::~FileWatch() {
  if (fd_ >= 0) close(fd_);
}

void FileWatch::drain() noexcept {
  if (fd_ < 0) return;
  alignas(inotify_event) std::array<char, 4096> events;
  while (read(fd_, events.data(), events.size()) > 0) {
  }
}

}  // namespace bccast::sqlite
