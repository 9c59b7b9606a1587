// For tests of the ways to embed the library: engines with any handlers, on a simulated clock or the
// system's; batches that are claimed; processes that were forked before anything was open.
#pragma once

#include <bccast/bccast.h>
#include <bccast/bccast_ext.h>
#include <dlfcn.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "host.hpp"

namespace test {

/// BCCAST_TEST_SCALE: how many times as much as usual a test of quantities does.
inline int scale() {
  const char* text = std::getenv("BCCAST_TEST_SCALE");
  const int given = text != nullptr ? std::atoi(text) : 0;
  return given > 0 ? given : 1;
}

// ---- Handlers

/// What a handler does with a batch; the config, and then the engine, owns it.
using Handle = std::function<std::int32_t(bccast_batch*)>;

inline std::int32_t call_handle(void* self, bccast_batch* batch) {
  return (*static_cast<Handle*>(self))(batch);
}
inline void destroy_handle(void* self) {
  delete static_cast<Handle*>(self);
}

inline void attach_notifier(bccast_config* config, const std::string& channel, Handle handle) {
  const bccast_notifier_vtbl vtbl{sizeof(bccast_notifier_vtbl), 0, call_handle, destroy_handle};
  must(bccast_config_notifier, config, channel, &vtbl, new Handle(std::move(handle)));
}

inline void attach_deliverer(bccast_config* config, const std::string& channel, Handle handle) {
  const bccast_deliverer_vtbl vtbl{sizeof(bccast_deliverer_vtbl), 0, call_handle, nullptr, destroy_handle};
  must(bccast_config_deliverer, config, channel, &vtbl, new Handle(std::move(handle)));
}

inline void attach_queue(bccast_config* config, std::function<void()> ring) {
  using Ring = std::function<void()>;
  const bccast_queue_vtbl vtbl{sizeof(bccast_queue_vtbl), 0,
                               [](void* self) {
                                 (*static_cast<Ring*>(self))();
                                 return std::int32_t{BCCAST_OK};
                               },
                               [](void* self) { delete static_cast<Ring*>(self); }};
  must(bccast_config_queue, config, &vtbl, new Ring(std::move(ring)));
}

/// An engine with what `set_up` attached; on the system's clock unless it attached another.
class Engine {
 public:
  explicit Engine(const std::string& path, const std::function<void(bccast_config*)>& set_up = {}) {
    bccast_config* config = nullptr;
    must(bccast_config_new, &config);
    const std::unique_ptr<bccast_config, void (*)(bccast_config*)> owner(config, bccast_config_free);
    if (set_up) set_up(config);
    must(bccast_open, path, config, &engine_);
  }
  ~Engine() { bccast_close(engine_, 10'000); }
  Engine(const Engine&) = delete;
  Engine& operator=(const Engine&) = delete;
  operator bccast_engine*() const { return engine_; }  // NOLINT: stands for its engine in calls
  /// Closes now.
  void close() { must(bccast_close, std::exchange(engine_, nullptr), 10'000); }

 private:
  bccast_engine* engine_ = nullptr;
};

/// Counts who was told or given what, by the item's id; may be used from any thread.
class Tally {
 public:
  void add(const bccast_batch* batch) {
    const auto rows = copy_rows(bccast_batch_rows(batch));
    const std::lock_guard lock(mutex_);
    ++batches_;
    for (const auto& row : rows) {
      ++times_[row.text("id")];
      ++people_[row.text("to")];
    }
  }
  std::size_t items() const {
    const std::lock_guard lock(mutex_);
    return times_.size();
  }
  std::size_t batches() const {
    const std::lock_guard lock(mutex_);
    return batches_;
  }
  /// How many items came more than once.
  std::size_t repeated() const {
    const std::lock_guard lock(mutex_);
    std::size_t repeated = 0;
    for (const auto& [id, times] : times_) repeated += times > 1 ? 1U : 0U;
    return repeated;
  }
  std::size_t to(const std::string& person) const {
    const std::lock_guard lock(mutex_);
    const auto found = people_.find(person);
    return found != people_.end() ? found->second : 0;
  }

 private:
  mutable std::mutex mutex_;
  std::map<std::string, std::size_t> times_;
  std::map<std::string, std::size_t> people_;
  std::size_t batches_ = 0;
};

// ---- Batches

/// A batch that was claimed or kept.
class Batch {
 public:
  Batch() = default;
  explicit Batch(bccast_batch* batch) : batch_(batch) {}
  ~Batch() { free(); }
  Batch(Batch&& other) noexcept : batch_(std::exchange(other.batch_, nullptr)) {}
  Batch& operator=(Batch&& other) noexcept {
    free();
    batch_ = std::exchange(other.batch_, nullptr);
    return *this;
  }
  operator bccast_batch*() const { return batch_; }  // NOLINT: stands for its batch in calls
  bool empty() const { return batch_ == nullptr; }
  Rows rows() const { return copy_rows(bccast_batch_rows(batch_)); }
  std::size_t size() const { return bccast_rows_count(bccast_batch_rows(batch_)); }
  /// The item that goes to that person.
  std::size_t item_to(const std::string& person) const {
    const auto people = rows().column("to");
    const auto found = std::ranges::find(people, person);
    if (found == people.end()) throw std::logic_error("no item to " + person);
    return static_cast<std::size_t>(found - people.begin());
  }
  void set(std::size_t item, std::int32_t status, const char* reason = nullptr,
           std::int64_t retry_after_ms = -1) const {
    must(bccast_batch_set, batch_, item, status, reason, retry_after_ms);
  }
  /// The next `n`, 0: all that are left; as they were set.
  std::int32_t complete(std::size_t n = 0) const {
    return call(bccast_batch_complete, batch_, n, nullptr).code;
  }
  /// The next, as this list says.
  std::int32_t complete_as(const std::vector<std::int32_t>& statuses) const {
    return call(bccast_batch_complete, batch_, statuses.size(), statuses.data()).code;
  }
  void free() { bccast_batch_free(std::exchange(batch_, nullptr)); }

 private:
  bccast_batch* batch_ = nullptr;
};

/// Empty when nothing is due.
inline Batch claim(bccast_engine* engine, const std::string& channel = "email", std::uint32_t most = 0) {
  bccast_batch* batch = nullptr;
  const auto code = must(bccast_claim, engine, channel, most, &batch).code;
  if ((code == BCCAST_DONE) != (batch == nullptr))
    throw std::logic_error("batch and code do not go together");
  return Batch(batch);
}

/// The ids by person.
inline std::map<std::string, std::string> ids_of(const Rows& rows) {
  std::map<std::string, std::string> ids;
  for (const auto& row : rows) ids[row.text("to")] = row.text("id");
  return ids;
}

// ---- A practice, on any engine

inline std::vector<std::string> some_people(int count) {
  std::vector<std::string> ids;
  for (int i = 0; i < count; ++i) ids.push_back("c" + std::to_string(100'000 + i));
  return ids;
}

/// A provider, "lee", and clients on its roster, c100000, c100001, ..., all with addresses on "email".
inline void make_practice(bccast_engine* engine, int clients) {
  must(bccast_directory_provider_put, engine, "lee", "Lee");
  must(bccast_directory_provider_set, engine, "lee", "address.email", "lee@example.org");
  const auto ids = some_people(clients);
  std::vector<std::string> addresses;
  for (const auto& id : ids) addresses.push_back(id + "@example.org");
  const Column id_column(ids);
  const Column address_column(addresses);
  must(bccast_directory_client_put_many, engine, ids.size(), id_column.bytes, id_column.offsets.data(),
       nullptr, nullptr, address_column.bytes, address_column.offsets.data(), nullptr);
  must(bccast_directory_roster_add_many, engine, "lee", ids.size(), id_column.bytes, id_column.offsets.data(),
       nullptr);
}

/// Sent by lee to all, or to the first `most` clients.
inline std::string send_blast(bccast_engine* engine, const std::string& text = "Good morning", int most = 0) {
  char blast[BCCAST_ID_SIZE];
  must(bccast_blast_create, engine, "lee", nullptr, blast);
  if (most == 0) {
    must(bccast_blast_select_all_active, engine, "lee", blast);
  } else {
    const auto ids = some_people(most);
    const Column column(ids);
    must(bccast_blast_select_many, engine, "lee", blast, ids.size(), column.bytes, column.offsets.data(),
         nullptr);
  }
  must(bccast_blast_write, engine, "lee", blast, text.data(), text.size());
  must(bccast_blast_send, engine, "lee", blast, nullptr);
  return blast;
}

/// The row of people of a blast's status, after looking that every row adds up.
inline Row people_of(bccast_engine* engine, const std::string& blast, const std::string& channel = "") {
  const auto rows = must(bccast_blast_status, engine, "lee", blast).rows;
  for (const auto& row : rows)
    if (row.number("done") + row.number("failed") + row.number("skipped") + row.number("pending") !=
        row.number("recipients"))
      throw std::runtime_error("the counts of a blast do not add up");
  return rows.where("channel", channel);
}

// ---- Other processes

/// A process that is forked now, when nothing should be open, and works when it is told to.
class Child {
 public:
  explicit Child(const std::function<void()>& work) {
    if (::pipe(begin_) != 0) throw std::runtime_error("no pipe");
    pid_ = ::fork();
    if (pid_ < 0) throw std::runtime_error("no child");
    if (pid_ != 0) return;
    char byte = 0;
    ::close(begin_[1]);
    if (::read(begin_[0], &byte, 1) != 1) ::_exit(9);  // the test is over already
    try {
      work();
    } catch (const std::exception& error) {
      static_cast<void>(::write(2, error.what(), std::string(error.what()).size()));
      ::_exit(1);
    }
    ::_exit(0);
  }
  ~Child() {
    if (pid_ <= 0) return;
    ::kill(pid_, SIGKILL);
    finish();
  }
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;
  void begin() const {
    if (::write(begin_[1], "g", 1) != 1) throw std::runtime_error("the child is gone");
  }
  void kill() {
    ::kill(pid_, SIGKILL);
    finish();
  }
  /// Waits for its end: 0 when it did what it should.
  int finish() {
    int status = 0;
    ::waitpid(std::exchange(pid_, 0), &status, 0);
    ::close(begin_[0]);
    ::close(begin_[1]);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  }

 private:
  int begin_[2]{};
  pid_t pid_ = 0;
};

// ---- A disk without room

/// While it lives, this process cannot make the store's log longer.
class NoRoom {
 public:
  explicit NoRoom(const std::string& store_path) {
    ::getrlimit(RLIMIT_FSIZE, &before_);
    handler_ = ::signal(SIGXFSZ, SIG_IGN);
    rlimit limit = before_;
    limit.rlim_cur = static_cast<rlim_t>(std::filesystem::file_size(store_path + "-wal"));
    ::setrlimit(RLIMIT_FSIZE, &limit);
  }
  ~NoRoom() {
    ::setrlimit(RLIMIT_FSIZE, &before_);
    ::signal(SIGXFSZ, handler_);
  }
  NoRoom(const NoRoom&) = delete;
  NoRoom& operator=(const NoRoom&) = delete;

 private:
  rlimit before_{};
  void (*handler_)(int) = nullptr;
};

// ---- What is in the file

/// How many rows there are in all tables of a store, as SQLite itself counts them.
inline std::int64_t rows_in(const std::string& store_path) {
  const auto open = reinterpret_cast<int (*)(const char*, void**)>(::dlsym(RTLD_DEFAULT, "sqlite3_open"));
  using Each = int (*)(void*, int, char**, char**);
  const auto exec = reinterpret_cast<int (*)(void*, const char*, Each, void*, char**)>(
      ::dlsym(RTLD_DEFAULT, "sqlite3_exec"));
  const auto close = reinterpret_cast<int (*)(void*)>(::dlsym(RTLD_DEFAULT, "sqlite3_close"));
  if (open == nullptr || exec == nullptr || close == nullptr) throw std::runtime_error("no SQLite");
  void* db = nullptr;
  if (open(store_path.c_str(), &db) != 0) throw std::runtime_error("SQLite cannot open the store");
  std::vector<std::string> cells;
  const auto query = [&](const std::string& sql) {
    cells.clear();
    const auto each = [](void* to, int, char** values, char**) {
      static_cast<std::vector<std::string>*>(to)->emplace_back(values[0]);
      return 0;
    };
    if (exec(db, sql.c_str(), each, &cells, nullptr) != 0) throw std::runtime_error("SQLite: " + sql);
    return cells;
  };
  std::int64_t rows = 0;
  for (const auto& table : query("SELECT name FROM sqlite_master WHERE type = 'table'"))
    rows += std::stoll(query("SELECT count(*) FROM \"" + table + "\"").at(0));
  close(db);
  return rows;
}

}  // namespace test
