// Tells when a file is written to, by whichever process.
#pragma once

#include <string>

namespace bccast::sqlite {

class FileWatch {
 public:
  /// The file must be there. Without inotify, or room for one more watch, there is no descriptor.
  explicit FileWatch(const std::string& path);
  ~FileWatch();
  FileWatch(const FileWatch&) = delete;
  FileWatch& operator=(const FileWatch&) = delete;

  /// Readable when the file was written to since the last drain(); -1: there is none.
  int fd() const noexcept { return fd_; }
  void drain() noexcept;

 private:
  int fd_ = -1;
};

}  // namespace bccast::sqlite
