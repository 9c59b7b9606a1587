#include "adapters/sqlite/identity.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

namespace bccast::sqlite {
namespace {

std::optional<FileId> id_at(const std::string& path) {
  struct stat info {};
  if (stat(path.c_str(), &info) != 0) return std::nullopt;
  return FileId{info.st_dev, info.st_ino};
}

[[noreturn]] void throw_moved(const char* what) {
  throw Error(
      Code::storage,
      std::string(what) +
          " was moved, deleted or replaced while the store is open: put it back, or open the store again");
}

/// False also where the file system below cannot say.
bool has_moved(Connection& db) {
  int moved = 0;
  const int result = sqlite3_file_control(db.handle(), "main", SQLITE_FCNTL_HAS_MOVED, &moved);
  return result == SQLITE_OK && moved != 0;
}

/// What the index of a log says of it (https://www.sqlite.org/walformat.html, "The WAL-Index Header").
struct LogIndex {
  std::int64_t bytes = 0;    // how many the log has to have
  bool all_is_moved = true;  // into the file: the next commit may begin the log anew
};

// REQUIRES: `db` holds the write lock, under which nobody changes that.
LogIndex log_index(Connection& db) {
  constexpr int kIndexPage = 32768;
  constexpr std::uint32_t kIndexVersion = 3007000;
  constexpr std::int64_t kLogHeader = 32;
  constexpr std::int64_t kFrameHeader = 24;
  sqlite3_file* file = nullptr;
  int result = sqlite3_file_control(db.handle(), "main", SQLITE_FCNTL_FILE_POINTER, &file);
  if (result != SQLITE_OK) throw error_of(result);
  if (file->pMethods == nullptr || file->pMethods->iVersion < 2) return {};
  void volatile* mapped = nullptr;
  result = file->pMethods->xShmMap(file, 0, kIndexPage, 0, &mapped);
  if (result != SQLITE_OK && result != SQLITE_READONLY) throw error_of(result);
  if (mapped == nullptr) return {};
  const auto* words = static_cast<const volatile std::uint32_t*>(mapped);
  if (words[0] != kIndexVersion) return {};
  const std::uint16_t page = static_cast<const volatile std::uint16_t*>(mapped)[7];
  const std::int64_t page_size = page == 1 ? 65536 : page;
  const std::int64_t frames = words[4];
  const std::int64_t moved = words[24];
  return {frames == 0 ? 0 : kLogHeader + frames * (kFrameHeader + page_size), moved >= frames};
}

std::int64_t size_of_log(Connection& db) {
  sqlite3_file* log = nullptr;
  int result = sqlite3_file_control(db.handle(), "main", SQLITE_FCNTL_JOURNAL_POINTER, &log);
  sqlite3_int64 size = 0;
  if (result == SQLITE_OK && log != nullptr && log->pMethods != nullptr)
    result = log->pMethods->xFileSize(log, &size);
  if (result != SQLITE_OK) throw error_of(result);
  return size;
}

}  // namespace

FileIdentity::FileIdentity(Connection& db, const FileId& expected) {
  const char* name = sqlite3_db_filename(db.handle(), "main");
  if (name == nullptr) throw Error(Code::internal, "SQLite does not know the store's path");
  const std::string path = name;
  files_ = {File{path, expected}, File{path + "-wal"}, File{path + "-shm"}};
  held_ = open(path.c_str(), O_PATH | O_CLOEXEC);
  struct stat info {};
  const bool same = held_ >= 0 && fstat(held_, &info) == 0 && FileId{info.st_dev, info.st_ino} == expected;
  if (same && !has_moved(db)) return;
  if (held_ >= 0) close(held_);
  throw_moved("the store's file");
}

FileIdentity::~FileIdentity() {
  close(held_);
}

void FileIdentity::remember_log() {
  files_[1].id = id_at(files_[1].path);
  files_[2].id = id_at(files_[2].path);
}

void FileIdentity::require_in_place() const {
  static constexpr std::array<const char*, 3> kNames{"the store's file", "the store's log (-wal)",
                                                     "the index of the store's log (-shm)"};
  for (std::size_t i = 0; i < files_.size(); ++i)
    if (files_[i].id && id_at(files_[i].path) != files_[i].id) throw_moved(kNames[i]);
}

void FileIdentity::require_same_file(Connection& db) const {
  require_in_place();
  if (has_moved(db)) throw_moved("the store's file");
}

void FileIdentity::require_whole(Connection& db) const {
  require_same_file(db);
  if (size_of_log(db) < log_index(db).bytes)
    throw Error(Code::storage, "the store's log (-wal) was cut short while the store is open: open it again");
}

bool FileIdentity::may_begin_log(Connection& db) {
  return log_index(db).all_is_moved;
}

}  // namespace bccast::sqlite
