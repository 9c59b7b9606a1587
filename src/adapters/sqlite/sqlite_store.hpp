// A store in one SQLite file.
//
// One connection writes, behind a queue; others read beside it, each in a snapshot. WAL, synchronous=FULL.
// Several processes of one machine may have the file open.
//
// Checkpoints. SQLite 3.7.0 to 3.51.2 can lose pages when a commit restarts the WAL while another connection
// begins a checkpoint (https://www.sqlite.org/wal.html, "the WAL-reset bug"). So no connection checkpoints by
// itself, not even on close; a connection of its own does it, only while the writing connection holds the
// write lock (BEGIN IMMEDIATE, nothing written), so that no commit of any process can run beside it. The one
// exception is the last close of all, under the file's exclusive lock, where there is no other connection:
// SQLite then moves the log into the file and removes it, so that nothing is replayed over a copy that is put
// back.
#pragma once

#include <atomic>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "adapters/sqlite/connection.hpp"
#include "adapters/sqlite/file_watch.hpp"
#include "adapters/sqlite/identity.hpp"
#include "adapters/sqlite/location.hpp"
#include "adapters/sqlite/open_stores.hpp"
#include "adapters/sqlite/own_folding.hpp"
#include "adapters/sqlite/write_queue.hpp"
#include "ports/store.hpp"

namespace bccast::sqlite {

class Session;

/// What a store has done since it was opened; for checks that an operation costs what it should.
struct Counters {
  std::int64_t statements = 0;    // of the writing connection
  std::int64_t rows_changed = 0;  // of the writing connection
  std::int64_t commits = 0;       // synced ones
};

class SqliteStore final : public Store {
 public:
  /// Opens the store, and makes it when there is none.
  explicit SqliteStore(std::string_view url) : SqliteStore(parse_url(url)) {}
  explicit SqliteStore(Location location);
  /// Moves the log into the file when it can, removes it when nobody else has the store open, and closes.
  ~SqliteStore() override;

  const SecretKey& key() const noexcept override { return key_; }
  bool read_only() const noexcept override { return location_.read_only; }
  bool checkpoint(Patience patience = Patience::some) override;
  bool backup(std::string_view path) override;
  bool log_is_pinned() const noexcept override { return log_pinned_; }
  int changes_fd() override;
  bool is_shared() const noexcept override { return !location_.in_memory(); }
  void drain_changes() noexcept override;
  std::vector<FindingRow> verify() override;

  Counters counters();

 private:
  using Group = std::span<WriteQueue::Request* const>;

  void run_read(FunctionRef<void(const Tables&)> work) override;
  void run_write(FunctionRef<void(Tables&)> work, Durability durability) override;
  bool run_try_write(FunctionRef<void(Tables&)> work) noexcept override;
  void open_file(const FileId& file);
  std::unique_ptr<Session> open_session(Connection::Mode mode);
  std::unique_ptr<Session> open_reader();
  std::unique_ptr<Session> take_reader();
  void open_checkpointer();
  void begin_write();
  bool may_remove_log() noexcept;
  void run_group(Group group) noexcept;
  void keep_doubts(Group group);
  void submit(WriteQueue::Request& request);
  bool is_found_again(const std::vector<Doubt>& doubts);
  std::optional<std::size_t> run_requests(Group group);
  bool run_transaction(Group group);
  void use_durability(Durability durability);
  void checkpoint_under_lock();
  bool empty_log(Patience patience);
  void write_log_mark();
  void require_writable() const;

  Location location_;
  // Of a store in a file; they outlive its connections.
  std::optional<OpenStore> open_store_;
  std::optional<FileIdentity> identity_;
  SecretKey key_{};
  std::unique_ptr<Session> writer_;
  OwnFolding own_folding_;
  WriteQueue queue_;
  Durability durability_ = Durability::synced;  // of the writing connection, as set now
  std::int64_t synced_commits_ = 0;

  std::unique_ptr<Connection> checkpointer_;  // none: it failed, and is opened anew when it is needed
  int log_pages_ = 0;                         // of the WAL, as of the last commit
  int next_checkpoint_ = 0;                   // when it has this many pages
  std::atomic<bool> log_pinned_{false};

  std::mutex changes_mutex_;
  std::optional<FileWatch> changes_;  // of the log: every commit writes there

  std::mutex readers_mutex_;
  std::vector<std::unique_ptr<Session>> idle_readers_;
};

}  // namespace bccast::sqlite
