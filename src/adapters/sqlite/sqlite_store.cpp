#include "adapters/sqlite/sqlite_store.hpp"

#include "adapters/sqlite/backup.hpp"
#include "adapters/sqlite/log_mark.hpp"
#include "adapters/sqlite/row_damage.hpp"
#include "adapters/sqlite/schema.hpp"
#include "adapters/sqlite/second_look.hpp"
#include "adapters/sqlite/session.hpp"

namespace bccast::sqlite {
namespace {

/// How long to wait for another process that writes.
constexpr int kBusyTimeoutMs = 5000;
/// 16 MiB of log: long enough that checkpoints are rare, short enough that one does not hold the writers up
/// for long.
constexpr int kCheckpointPages = 4096;
/// 64 MiB: no reader that ends has held up as many checkpoints.
constexpr int kPinnedPages = 4 * kCheckpointPages;
constexpr std::size_t kIdleReaders = 8;
/// How often, and how far apart, the log is tried to be emptied while others read.
constexpr int kEmptyingTries = 20;
constexpr int kEmptyingWaitMs = 10;

/// A transaction that could not be undone when it failed is undone before anything else is done.
void leave_transaction(Connection& db) {
  if (db.in_transaction()) db.execute("ROLLBACK");
}

/// How long a connection waits for another process, as long as this lives.
class BusyTimeout {
 public:
  BusyTimeout(Connection& db, int ms) : db_(db) { sqlite3_busy_timeout(db_.handle(), ms); }
  ~BusyTimeout() { sqlite3_busy_timeout(db_.handle(), kBusyTimeoutMs); }
  BusyTimeout(const BusyTimeout&) = delete;
  BusyTimeout& operator=(const BusyTimeout&) = delete;

 private:
  Connection& db_;
};

int remember_log_pages(void* pages, sqlite3*, const char*, int count) {
  *static_cast<int*>(pages) = count;
  return SQLITE_OK;
}

/// What SQLite does by now, once it has looked at the file: a journal that was rolled back takes the file out
/// of WAL again.
void require_log_in_use(Connection& db) {
  db.number("SELECT count(*) FROM sqlite_schema");
  if (db.text("PRAGMA journal_mode") != "wal")
    throw Error(Code::storage, "the store cannot use a write-ahead log");
}

void use_log(Connection& db) {
  // Two processes that make the same store at once may see each other's lock here: the busy handler does not
  // cover it.
  for (int attempt = 0;; ++attempt) {
    try {
      if (db.text("PRAGMA journal_mode = WAL") == "wal") break;
      throw Error(Code::storage, "the file system cannot carry a write-ahead log");
    } catch (const Error& error) {
      if (error.code() != Code::busy || attempt == 100) throw;
      sqlite3_sleep(10);
    }
  }
  require_log_in_use(db);
}

/// What is told instead of CORRUPT when the file is not damaged.
Error failed_read(const Error& error) {
  return {Code::storage, "a read of the store failed; tried again, it did not", error.native()};
}

/// What opens something is done once more when the file seems damaged: a read that failed without saying so
/// looks like that, but not twice.
template <typename Work>
auto twice_if_damaged(Work&& work) {
  try {
    return work();
  } catch (const Error& error) {
    if (error.code() != Code::corrupt) throw;
  }
  return work();
}

/// Where a damaged header asks for it SQLite begins no transaction that writes, and does not say so.
void require_writable_header(Connection& db) {
  if (sqlite3_db_readonly(db.handle(), "main") == 1)
    throw Error(Code::corrupt, "the header of the store's file says that nobody may write it");
}

/// A log or an index that SQLite could open for reading only, if only for a moment, stays so for as long as
/// the connection does.
void require_writable_log(Connection& db) {
  sqlite3_busy_timeout(db.handle(), 0);
  try {
    db.execute("BEGIN IMMEDIATE");
    db.execute("ROLLBACK");
    require_writable_header(db);
  } catch (const Error& error) {
    // Somebody else writes: SQLite has looked first whether this one may.
    if (error.code() != Code::busy) throw;
  }
  sqlite3_busy_timeout(db.handle(), kBusyTimeoutMs);
}

}  // namespace

SqliteStore::SqliteStore(Location location) : location_(std::move(location)) {
  if (location_.in_memory()) {
    writer_ = open_session(Connection::Mode::create);
    migrate(writer_->db);
    key_ = read_key(writer_->db);
    return;
  }
  const FileId file = prepare_file(location_);
  open_store_.emplace(file);
  try {
    twice_if_damaged([&] { open_file(file); });
  } catch (const Error& error) {
    const bool no_log =
        (error.native() & 0xff) == SQLITE_CANTOPEN || error.native() == SQLITE_READONLY_DIRECTORY;
    if (!location_.read_only || !no_log) throw;
    throw Error(
        Code::storage,
        "the store has no log (-wal), and none can be made in its folder: without one it cannot be read",
        error.native());
  }
}

/// Opens the file with the first connection, the only one that may make it.
void SqliteStore::open_file(const FileId& file) {
  writer_.reset();
  own_folding_ = {};
  identity_.reset();
  writer_ = open_session(location_.read_only ? Connection::Mode::read_only : Connection::Mode::create);
  Connection& db = writer_->db;
  identity_.emplace(db, file);
  location_.path = identity_->path();
  require_own_log(db);
  db.execute("PRAGMA cache_size = -32768");  // a large import meets its indexes all over
  const bool migration = needs_migration(db, location_.read_only);
  if (!location_.read_only) use_log(db);
  if (migration) migrate(db);
  key_ = read_key(db);
  identity_->remember_log();
  if (location_.read_only) return;
  own_folding_.require(db);
  require_log_in_use(db);
  require_writable_log(db);
  open_checkpointer();
  sqlite3_wal_hook(db.handle(), remember_log_pages, &log_pages_);
  next_checkpoint_ = kCheckpointPages;
}

SqliteStore::~SqliteStore() {
  if (location_.in_memory() || location_.read_only || !writer_ || !open_store_->is_ours()) return;
  if (!may_remove_log()) return;
  // SQLite moves and removes the log when it finds that no other connection has the file open.
  idle_readers_.clear();
  checkpointer_.reset();
  sqlite3_db_config(writer_->db.handle(), SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 0, nullptr);
}

/// Whether the files are those that were opened; what is in the log is moved while others may have it open.
bool SqliteStore::may_remove_log() noexcept {
  try {
    if (log_pages_ > 0) {
      checkpoint_under_lock();
    } else {
      sqlite3_busy_timeout(writer_->db.handle(), 0);  // whoever writes now has it open
      begin_write();
      writer_->db.execute("ROLLBACK");
    }
    return true;
  } catch (const std::exception&) {
    return false;  // the log stays, and is read by whoever opens the store next
  }
}

std::unique_ptr<Session> SqliteStore::open_session(Connection::Mode mode) {
  return twice_if_damaged([&] { return std::make_unique<Session>(location_.path, mode, kBusyTimeoutMs); });
}

std::unique_ptr<Session> SqliteStore::open_reader() {
  auto reader = open_session(Connection::Mode::read_only);
  identity_->require_same_file(reader->db);
  return reader;
}

void SqliteStore::open_checkpointer() {
  twice_if_damaged([&] {
    auto opened = std::make_unique<Connection>(location_.path, Connection::Mode::read_write, kBusyTimeoutMs);
    configure(*opened);
    identity_->require_same_file(*opened);
    opened->number("SELECT count(*) FROM store");  // opens its log; half-opened it would not do
    require_writable_log(*opened);
    checkpointer_ = std::move(opened);
  });
}

/// Takes the write lock of a file that is still the one that was opened.
void SqliteStore::begin_write() {
  Connection& db = writer_->db;
  leave_transaction(db);
  if (identity_) identity_->require_in_place();
  db.query("BEGIN IMMEDIATE").run();
  try {
    require_writable_header(db);
    if (identity_) identity_->require_whole(db);
    own_folding_.require(db);
  } catch (...) {
    leave_transaction(db);
    throw;
  }
}

void SqliteStore::require_writable() const {
  if (open_store_) open_store_->require_ours();
  if (location_.read_only) throw Error(Code::state, "the store was opened for reading only");
}

std::unique_ptr<Session> SqliteStore::take_reader() {
  {
    const std::lock_guard lock(readers_mutex_);
    if (!idle_readers_.empty()) {
      auto reader = std::move(idle_readers_.back());
      idle_readers_.pop_back();
      return reader;
    }
  }
  return open_reader();
}

void SqliteStore::run_read(FunctionRef<void(const Tables&)> work) {
  if (location_.in_memory()) {  // one connection for all
    const auto on_writer = [&] { work(*writer_); };
    WriteQueue::Request request{on_writer, Durability::relaxed};
    submit(request);
    return;
  }
  open_store_->require_ours();
  identity_->require_in_place();
  auto reader = take_reader();
  try {
    reader->db.query("BEGIN").run();
    work(*reader);  // when it throws, the connection goes with its transaction
  } catch (const Error& error) {
    const auto doubts = reader->db.take_doubts();
    reader.reset();
    if (error.code() == Code::corrupt && !doubts.empty() && !fail_again(open_reader()->db, doubts))
      throw failed_read(error);
    throw;
  }
  if (const auto passed_by = reader->db.take_doubts(); !passed_by.empty()) {
    reader.reset();  // its COMMIT would only say it again
    if (!fail_again(open_reader()->db, passed_by)) throw failed_read(error_of(SQLITE_CORRUPT));
    return;
  }
  reader->db.query("COMMIT").run();
  const std::lock_guard lock(readers_mutex_);
  if (idle_readers_.size() < kIdleReaders) idle_readers_.push_back(std::move(reader));
}

void SqliteStore::run_write(FunctionRef<void(Tables&)> work, Durability durability) {
  require_writable();
  const auto on_writer = [&] { work(*writer_); };
  WriteQueue::Request request{on_writer, durability};
  submit(request);
}

bool SqliteStore::run_try_write(FunctionRef<void(Tables&)> work) noexcept {
  if (location_.read_only) return false;
  try {
    const auto on_writer = [&] { work(*writer_); };
    WriteQueue::Request request{on_writer, Durability::relaxed};
    return queue_.try_submit(request, [this](Group group) {
      const BusyTimeout timeout(writer_->db, 0);  // another process that writes is not waited for
      run_group(group);
    });
  } catch (const std::exception&) {
    return false;
  }
}

void SqliteStore::use_durability(Durability durability) {
  if (durability == durability_) return;
  writer_->db.execute(durability == Durability::synced ? "PRAGMA synchronous = FULL"
                                                       : "PRAGMA synchronous = NORMAL");
  durability_ = durability;
}

void SqliteStore::run_group(Group group) noexcept {
  bool together = true;
  try {
    if (group.front()->alone) {
      group.front()->work();
    } else {
      together = run_transaction(group);
    }
  } catch (...) {
    // What fails the transaction fails all who were in it; those who failed on their own keep their own
    // error.
    for (auto* request : group)
      if (!request->error) request->error = std::current_exception();
  }
  try {
    keep_doubts(group);
  } catch (...) {
    // Then what was found stands.
  }
  for (std::size_t i = 0; !together && i < group.size(); ++i)
    if (!group[i]->error) run_group(group.subspan(i, 1));
}

/// For what failed because the file seems damaged. After a failed read SQLite may keep pages that hold
/// nothing.
void SqliteStore::keep_doubts(Group group) {
  const auto doubts = writer_->db.take_doubts();
  if (doubts.empty()) return;
  leave_transaction(writer_->db);
  sqlite3_db_release_memory(writer_->db.handle());
  for (auto* request : group)
    if (request->error) request->doubts = doubts;
}

/// On a connection of its own, and with no place in the queue: a look takes as long as the tables are large.
bool SqliteStore::is_found_again(const std::vector<Doubt>& doubts) {
  if (location_.in_memory()) return true;  // no read fails there
  try {
    Connection fresh(location_.path, Connection::Mode::read_write, kBusyTimeoutMs);
    configure(fresh);
    identity_->require_same_file(fresh);
    return are_damaged(fresh, doubts);
  } catch (const Error& error) {
    return error.code() == Code::corrupt;
  }
}

/// Where SQLite found the file damaged and does not find it so again, a read has failed.
void SqliteStore::submit(WriteQueue::Request& request) {
  try {
    queue_.submit(request, [this](Group group) { run_group(group); });
  } catch (const Error& error) {
    const bool doubtful = error.code() == Code::corrupt && error.native() != 0 && !request.doubts.empty();
    if (doubtful && !is_found_again(request.doubts)) throw failed_read(error);
    throw;
  }
}

/// How many of them succeeded. Nothing: one of several has met a damaged page, after which SQLite writes
/// nothing more, and commits nothing.
std::optional<std::size_t> SqliteStore::run_requests(Group group) {
  Connection& db = writer_->db;
  const bool several = group.size() > 1;
  std::size_t succeeded = 0;
  for (auto* request : group) {
    if (several) db.execute("SAVEPOINT request");
    try {
      request->work();
      writer_->write_gathered();
      ++succeeded;
    } catch (...) {
      request->error = std::current_exception();
      writer_->forget_gathered();
      if (several && db.has_doubts()) return std::nullopt;
      // Some errors (a full disk, say) make SQLite undo the whole transaction.
      if (!db.in_transaction()) throw;
      if (several) db.execute("ROLLBACK TO request");
    }
    if (several && db.has_doubts()) return std::nullopt;
    if (several) db.execute("RELEASE request");
  }
  return succeeded;
}

/// False: it is undone since one of several has met a damaged page; whoever has no error of its own is to be
/// run alone.
bool SqliteStore::run_transaction(Group group) {
  Connection& db = writer_->db;
  auto durability = Durability::relaxed;
  for (const auto* request : group)
    if (request->durability == Durability::synced) durability = Durability::synced;
  leave_transaction(db);
  use_durability(durability);
  begin_write();
  try {
    const bool may_begin_log = identity_ && identity_->may_begin_log(db);
    const auto changes = db.total_changes();
    const auto succeeded = run_requests(group);
    if (succeeded.value_or(0) == 0) {
      leave_transaction(db);
      return succeeded.has_value();
    }
    // A transaction that changes nothing begins no log.
    if (may_begin_log && db.total_changes() != changes) renew_log_mark(db);
    db.query("COMMIT").run();
    own_folding_.committed(db);
    if (durability == Durability::synced) ++synced_commits_;
  } catch (...) {
    try {
      leave_transaction(db);
    } catch (const Error&) {
      // Out of memory even for that: the next one does it first.
    }
    throw;
  }
  if (next_checkpoint_ > 0 && log_pages_ >= next_checkpoint_) {
    try {
      checkpoint_under_lock();
    } catch (...) {
      // It is committed; the log is tried again when it has grown further.
      next_checkpoint_ = log_pages_ + kCheckpointPages;
    }
  } else if (next_checkpoint_ > kCheckpointPages && log_pages_ < kCheckpointPages) {
    next_checkpoint_ = kCheckpointPages;  // the log began anew
    log_pinned_ = false;
  }
  return true;
}

// REQUIRES: the caller leads the queue, or nobody else is left.
void SqliteStore::checkpoint_under_lock() {
  if (!checkpointer_) {
    identity_->require_in_place();
    open_checkpointer();
  }
  begin_write();
  int in_log = 0;
  int moved = 0;
  const int result =
      sqlite3_wal_checkpoint_v2(checkpointer_->handle(), nullptr, SQLITE_CHECKPOINT_PASSIVE, &in_log, &moved);
  const int extended = sqlite3_extended_errcode(checkpointer_->handle());
  writer_->db.execute("ROLLBACK");
  next_checkpoint_ = log_pages_ + kCheckpointPages;
  log_pinned_ = in_log >= kPinnedPages && moved < in_log;
  if (result == SQLITE_OK || (result & 0xff) == SQLITE_BUSY) return;
  checkpointer_.reset();  // whatever it suffers from, the next one need not
  throw error_of(extended);
}

/// A commit that writes a page, and changes nothing that anybody asks for.
void SqliteStore::write_log_mark() {
  Connection& db = writer_->db;
  begin_write();
  try {
    renew_log_mark(db);
    db.execute("COMMIT");
  } catch (...) {
    leave_transaction(db);
    throw;
  }
}

/// Once all of the log is in the file, the next commit begins the log anew, and cuts off what was behind it.
/// (SQLITE_CHECKPOINT_TRUNCATE would have to run without the write lock held here.)
// REQUIRES: the caller leads the queue.
bool SqliteStore::empty_log(Patience patience) {
  Connection& db = writer_->db;
  const int tries = patience == Patience::some ? kEmptyingTries : 1;
  for (int i = 0; i < tries; ++i) {
    if (i > 0) sqlite3_sleep(kEmptyingWaitMs);
    checkpoint_under_lock();
    use_durability(Durability::synced);
    db.execute("PRAGMA journal_size_limit = 0");
    write_log_mark();  // one page
    db.execute("PRAGMA journal_size_limit = -1");
    if (log_pages_ != 1) continue;
    // What its pages have in their unused space must not come back with what is written next; other processes
    // read theirs anew, since there was a commit.
    sqlite3_db_release_memory(db.handle());
    return true;
  }
  return false;
}

bool SqliteStore::checkpoint(Patience patience) {
  require_writable();
  if (location_.in_memory()) return true;
  bool emptied = false;
  const auto work = [&] {
    const BusyTimeout timeout(writer_->db, patience == Patience::some ? kBusyTimeoutMs : 0);
    emptied = empty_log(patience);
  };
  WriteQueue::Request request{work, Durability::synced, true};
  submit(request);
  return emptied;
}

bool SqliteStore::backup(std::string_view path) {
  if (!location_.in_memory()) {
    open_store_->require_ours();
    identity_->require_in_place();
    return back_up(open_reader()->db, path);
  }
  bool sound = false;
  const auto work = [&] {
    leave_transaction(writer_->db);
    sound = back_up(writer_->db, path);
  };
  WriteQueue::Request request{work, Durability::synced, true};
  submit(request);
  return sound;
}

int SqliteStore::changes_fd() {
  if (location_.in_memory()) return -1;
  const std::lock_guard lock(changes_mutex_);
  if (!changes_) changes_.emplace(identity_->log_path());
  return changes_->fd();
}

void SqliteStore::drain_changes() noexcept {
  const std::lock_guard lock(changes_mutex_);
  if (changes_) changes_->drain();
}

std::vector<FindingRow> SqliteStore::verify() {
  const auto check = [](Session& session) {
    std::vector<FindingRow> findings;
    {
      auto query = session.db.query("PRAGMA integrity_check");
      while (query.step())
        if (query.text(0) != "ok") findings.push_back({"file", "sqlite", query.string(0)});
    }
    for (auto& row : damaged_rows(session.db)) findings.push_back(std::move(row));
    return findings;
  };
  std::vector<FindingRow> findings;
  if (location_.in_memory()) {
    const auto work = [&] { findings = check(*writer_); };
    WriteQueue::Request request{work, Durability::synced, true};
    submit(request);
    return findings;
  }
  const auto look = [&] {
    identity_->require_in_place();
    return check(*open_reader());
  };
  findings = twice_if_damaged(look);
  // What a read that failed has made look damaged is not found again.
  return findings.empty() ? findings : look();
}

Counters SqliteStore::counters() {
  Counters counters;
  const auto work = [&] {
    counters = {writer_->db.statements_run(), writer_->db.total_changes(), synced_commits_};
  };
  WriteQueue::Request request{work, Durability::synced, true};
  submit(request);
  return counters;
}

}  // namespace bccast::sqlite
