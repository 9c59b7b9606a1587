#include "adapters/sqlite/backup.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <memory>
#include <optional>

#include "adapters/sqlite/directory_tables.hpp"
#include "adapters/sqlite/location.hpp"
#include "adapters/sqlite/log_mark.hpp"
#include "adapters/sqlite/new_file.hpp"
#include "adapters/sqlite/number_tables.hpp"
#include "adapters/sqlite/open_stores.hpp"
#include "adapters/sqlite/row_damage.hpp"
#include "adapters/sqlite/schema.hpp"
#include "adapters/sqlite/store_tables.hpp"

namespace bccast::sqlite {
namespace {

namespace fs = std::filesystem;

std::string absolute(const std::string& path) {
  std::error_code error;
  const auto whole = fs::absolute(path, error);
  if (error) throw Error(Code::storage, "the working folder is gone");
  return whole.string();
}

bool is_there(const std::string& path) {
  std::error_code error;
  return fs::exists(fs::symlink_status(path, error));
}

/// In the copy only. Numbers of what is made from now on lie behind a gap: those that the lost store gave
/// after the backup are in its host's hands, and must not come to mean something else.
void mark_held(Connection& copy) {
  constexpr std::int64_t kGap = std::int64_t{1} << 20;
  copy.text("PRAGMA journal_mode = MEMORY");  // no file beside it
  copy.execute("BEGIN IMMEDIATE");
  SqliteStoreTables(copy).set_held(true);
  SqliteDirectoryTables(copy).skip_numbers(kGap);
  for (const auto kind : {NumberKind::work, NumberKind::event}) SqliteNumberTables(copy).skip(kind, kGap);
  SqliteNumberTables(copy).skip(NumberKind::provider, kGap / 16);  // of a smaller number of them
  renew_log_mark(copy);  // the log of what was copied is not the copy's, whose pages lie elsewhere
  copy.execute("COMMIT");
}

/// False: rows are damaged. They are copied and marked as they are, so that one of them keeps nobody from
/// saving all the others; whoever reads one in the copy is told so, as in the store.
bool copy_into(Connection& db, const NewFile& file) {
  db.query("VACUUM INTO ?").bind(file.partial()).run();
  Connection copy(file.partial(), Connection::Mode::read_write, 0);
  mark_held(copy);
  return damaged_rows(copy).empty();
}

/// A log or journal that lies beside the new name is another file's, and SQLite would replay it over the new
/// one.
void require_no_companions(const std::string& path) {
  for (const char* ending : {"-wal", "-shm", "-journal"})
    if (is_there(path + ending))
      throw Error(Code::conflict, std::string("beside the new file there is a ") + ending +
                                      " of another: move it away, or take another name");
}

/// Of the store that is to be replaced nobody else has any part, as long as this lives; and it has no log.
class SoleUse {
 public:
  explicit SoleUse(const std::string& path) : path_(path) {
    if (stat(path.c_str(), &info_) != 0) return;
    if (!S_ISREG(info_.st_mode)) throw Error(Code::storage, "what is to be replaced is not a file");
    open_store_.emplace(FileId{info_.st_dev, info_.st_ino});
    try {
      db_ = std::make_unique<Connection>(path, Connection::Mode::read_write, 0);
      Connection& db = *db_;
      sqlite3_db_config(db.handle(), SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, nullptr);  // nor removes a log then
      require_own_log(db);
      db.text("PRAGMA locking_mode = EXCLUSIVE");
      db.execute("BEGIN EXCLUSIVE");
      needs_migration(db, false);  // throws when it is another program's
      db.execute("COMMIT");
      // A crash between this and its replacement must leave it whole.
      const int result =
          sqlite3_wal_checkpoint_v2(db.handle(), nullptr, SQLITE_CHECKPOINT_TRUNCATE, nullptr, nullptr);
      if (result != SQLITE_OK) throw error_of(sqlite3_extended_errcode(db.handle()));
    } catch (const Error& error) {
      if (error.code() == Code::busy)
        throw Error(Code::busy, "somebody has the store open that is to be replaced", error.native());
      if (error.code() == Code::corrupt)
        throw Error(
            Code::corrupt,
            "what is to be replaced is damaged, or no store: move it away first, with its -wal and -shm",
            error.native());
      throw;
    }
  }

  bool is_there() const noexcept { return db_ != nullptr; }
  const struct stat& info() const noexcept { return info_; }

  /// The lock is on the file, and not on its name.
  void require_in_place() const {
    struct stat now {};
    if (stat(path_.c_str(), &now) != 0 || now.st_dev != info_.st_dev || now.st_ino != info_.st_ino)
      throw Error(Code::conflict, "the store was moved, deleted or replaced by another meanwhile");
  }

  /// What belongs to the old file would count for the new one.
  void remove_companions() const {
    for (const char* ending : {"-wal", "-shm", "-journal"})
      if (unlink((path_ + ending).c_str()) != 0 && errno != ENOENT)
        throw_system_error("what belongs to the old store cannot be removed");
  }

 private:
  std::string path_;
  struct stat info_ {};
  std::optional<OpenStore> open_store_;
  std::unique_ptr<Connection> db_;  // null: there is none
};

/// A backup that is to be read.
class Source {
 public:
  explicit Source(const std::string& path) {
    struct stat info {};
    if (stat(path.c_str(), &info) != 0) throw Error(Code::not_found, "there is no backup at the path");
    const FileId file{info.st_dev, info.st_ino};
    // Without a log no process has it open, and nothing need be made beside it.
    if (is_there(path + "-wal") || !open_without_locks(path, file)) {
      open_store_.emplace(file);
      db_ = std::make_unique<Connection>(path, Connection::Mode::read_only, 0);
    }
    require_own_log(*db_);
    needs_migration(*db_, true);
  }
  Connection& db() const noexcept { return *db_; }

 private:
  /// False: this process has it open.
  bool open_without_locks(const std::string& path, const FileId& file) {
    try {
      open_store_.emplace(file, OpenStore::Locks::not_taken);
    } catch (const Error& error) {
      if (error.code() != Code::busy) throw;
      return false;
    }
    db_ = std::make_unique<Connection>(path, Connection::Mode::immutable, 0);
    return true;
  }

  std::optional<OpenStore> open_store_;
  std::unique_ptr<Connection> db_;
};

}  // namespace

bool back_up(Connection& db, std::string_view path) {
  if (path.empty()) throw Error(Code::argument, "the path is empty");
  const auto whole = absolute(std::string(path));
  if (is_there(whole)) throw Error(Code::conflict, "there is a file of that name already");
  require_no_companions(whole);
  NewFile file(whole);
  const bool sound = copy_into(db, file);
  require_no_companions(whole);
  file.publish(NewFile::Existing::refused);
  return sound;
}

void restore(std::string_view backup, std::string_view path, FunctionRef<void(const std::string&)> check) {
  const Location from = parse_url(backup);
  const Location to = parse_url(path);
  if (from.in_memory() || to.in_memory()) throw Error(Code::argument, "a store in memory is no file");
  if (to.read_only) throw Error(Code::argument, "the store is to be written");
  const auto source = absolute(from.path);
  const auto target = fs::weakly_canonical(absolute(to.path)).string();  // what a link names is replaced
  if (!is_there(source)) throw Error(Code::not_found, "there is no backup at the path");
  std::error_code error;
  if (fs::equivalent(source, target, error))
    throw Error(Code::argument, "the backup and the store are one file");
  const SoleUse old(target);
  if (!old.is_there()) old.remove_companions();  // of a store that is lost
  NewFile file(target);
  copy_into(Source(source).db(), file);
  check(file.partial());
  if (old.is_there()) {
    old.require_in_place();
    file.take_after(old.info());
    old.remove_companions();
    file.publish(NewFile::Existing::replaced);
    return;
  }
  // Nothing was there to be locked: whoever has made a store there since keeps it.
  file.publish(NewFile::Existing::refused);
}

}  // namespace bccast::sqlite
