// What SQLite was asked to do, in all of this program: counts for tests of cost, which never look at time.
#pragma once

#include <doctest/doctest.h>
#include <sqlite3.h>

#include <atomic>
#include <cstdint>
#include <map>
#include <mutex>
#include <set>
#include <string>

namespace test {

/// A VFS before the system's, the default while it lives, that counts syncs (and does none); and a hook that
/// counts the statements begun on every connection, and the steps of SQLite's virtual machine that they took:
/// a row that is passed by costs some as well. One at a time, and before the first connection.
class SqliteCounts {
 public:
  struct Counts {
    std::int64_t syncs = 0;
    std::int64_t statements = 0;  // of all connections, readers too
    std::int64_t steps = 0;       // of SQLite's virtual machine, in statements that ended
    std::int64_t scans = 0;       // of the statements: those that read neighbours from a roster
    std::int64_t bytes = 0;       // written to files
    friend Counts operator-(const Counts& a, const Counts& b) {
      return {a.syncs - b.syncs, a.statements - b.statements, a.steps - b.steps, a.scans - b.scans,
              a.bytes - b.bytes};
    }
  };
  Counts now() const { return {syncs_, statements_, steps_, scans_, bytes_}; }
  /// All that was begun while this object lived, each once.
  std::set<std::string> sql_begun() const {
    const std::lock_guard lock(sql_mutex_);
    return sql_;
  }

  SqliteCounts() {
    {
      const std::lock_guard lock(sql_mutex_);
      sql_.clear();
    }
    REQUIRE(sqlite3_initialize() == SQLITE_OK);
    below() = sqlite3_vfs_find(nullptr);
    vfs_ = *below();
    vfs_.zName = "bccast-counting";
    vfs_.xOpen = [](sqlite3_vfs*, const char* name, sqlite3_file* file, int flags, int* out) {
      const int result = below()->xOpen(below(), name, file, flags, out);
      if (result != SQLITE_OK || file->pMethods == nullptr) return result;
      const auto at = methods().try_emplace(file->pMethods, *file->pMethods).first;
      at->second.xSync = [](sqlite3_file*, int) {
        ++syncs_;
        return SQLITE_OK;
      };
      if (write_ == nullptr) write_ = file->pMethods->xWrite;
      if (write_ == file->pMethods->xWrite)  // that of all files of the system's VFS
        at->second.xWrite = [](sqlite3_file* written, const void* bytes, int size, sqlite3_int64 offset) {
          bytes_ += size;
          return write_(written, bytes, size, offset);
        };
      file->pMethods = &at->second;
      return result;
    };
    REQUIRE(sqlite3_vfs_register(&vfs_, 1) == SQLITE_OK);
    REQUIRE(sqlite3_auto_extension(reinterpret_cast<void (*)()>(trace)) == SQLITE_OK);
  }
  ~SqliteCounts() {
    sqlite3_cancel_auto_extension(reinterpret_cast<void (*)()>(trace));
    sqlite3_vfs_unregister(&vfs_);
    sqlite3_vfs_register(below(), 1);
  }
  SqliteCounts(const SqliteCounts&) = delete;
  SqliteCounts& operator=(const SqliteCounts&) = delete;

 private:
  static constexpr const char* kScan = "SELECT place, entry FROM roster WHERE provider_no = ? AND place >= ?";
  using Methods = const sqlite3_io_methods*;
  static sqlite3_vfs*& below() {
    static sqlite3_vfs* vfs = nullptr;
    return vfs;
  }
  static std::map<Methods, sqlite3_io_methods>& methods() {
    static std::map<Methods, sqlite3_io_methods> all;
    return all;
  }
  static int trace(sqlite3* db, char**, const sqlite3_api_routines*) {
    return sqlite3_trace_v2(
        db, SQLITE_TRACE_STMT | SQLITE_TRACE_PROFILE,
        [](unsigned what, void*, void* statement, void*) {
          if (what == SQLITE_TRACE_STMT) {
            ++statements_;
            const std::string sql = sqlite3_sql(static_cast<sqlite3_stmt*>(statement));
            if (sql.starts_with(kScan)) ++scans_;
            const std::lock_guard lock(sql_mutex_);
            sql_.insert(sql);
          } else {
            steps_ +=
                sqlite3_stmt_status(static_cast<sqlite3_stmt*>(statement), SQLITE_STMTSTATUS_VM_STEP, 1);
          }
          return 0;
        },
        nullptr);
  }

  inline static std::atomic<std::int64_t> syncs_{0};
  inline static std::atomic<std::int64_t> statements_{0};
  inline static std::atomic<std::int64_t> steps_{0};
  inline static std::atomic<std::int64_t> scans_{0};
  inline static std::atomic<std::int64_t> bytes_{0};
  inline static decltype(sqlite3_io_methods::xWrite) write_ = nullptr;
  inline static std::mutex sql_mutex_;
  inline static std::set<std::string> sql_;
  sqlite3_vfs vfs_{};
};

}  // namespace test
