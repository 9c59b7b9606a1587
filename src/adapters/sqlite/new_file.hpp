// A file that is written under another name, and gets its own when it is complete and on the disk.
#pragma once

#include <sys/stat.h>

#include <string>

namespace bccast::sqlite {

class NewFile {
 public:
  /// Makes an empty file beside `path`, mode 0600. What a crash left of an earlier one is written over.
  /// Throws Error(busy): another is writing it.
  explicit NewFile(std::string path);
  /// Removes it, unless it was published.
  ~NewFile();
  NewFile(const NewFile&) = delete;
  NewFile& operator=(const NewFile&) = delete;

  /// Where to write: the path with ".bccast-partial" behind it. Nothing may have it open when it is
  /// published.
  const std::string& partial() const noexcept { return partial_; }

  /// Gives it the group, mode and owner of the file that it is to replace. A group that this process may not
  /// give loses its rights. Throws Error(storage) when it may not give it to the owner.
  void take_after(const struct stat& old);

  enum class Existing { refused, replaced };
  /// Syncs it, gives it its name at once and as a whole, and syncs the folder. Throws Error(conflict): there
  /// is a file of that name.
  void publish(Existing existing);

 private:
  void open_partial();
  void name_and_close(Existing existing);

  std::string path_;
  std::string partial_;
  int fd_ = -1;
};

/// Throws the error that errno stands for.
[[noreturn]] void throw_system_error(const std::string& what);

}  // namespace bccast::sqlite
