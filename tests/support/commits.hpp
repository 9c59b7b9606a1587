// How often any connection of this program has committed a change.
#pragma once

#include <doctest/doctest.h>
#include <sqlite3.h>

#include <cstdint>
#include <map>
#include <mutex>

namespace test {

/// Counts while it lives; made before the first connection.
class Commits {
 public:
  Commits() {
    {
      const std::lock_guard lock(mutex_);
      count_ = 0;
      changes_.clear();
    }
    REQUIRE(sqlite3_initialize() == SQLITE_OK);
    REQUIRE(sqlite3_auto_extension(reinterpret_cast<void (*)()>(listen)) == SQLITE_OK);
  }
  ~Commits() { sqlite3_cancel_auto_extension(reinterpret_cast<void (*)()>(listen)); }
  Commits(const Commits&) = delete;
  Commits& operator=(const Commits&) = delete;

  std::int64_t count() const {
    const std::lock_guard lock(mutex_);
    return count_;
  }

 private:
  static int listen(sqlite3* db, char**, const sqlite3_api_routines*) {
    {
      const std::lock_guard lock(mutex_);
      changes_[db] = 0;
    }
    sqlite3_commit_hook(
        db,
        [](void* of) {
          const std::lock_guard lock(mutex_);
          auto& changes = changes_[of];
          const auto now = sqlite3_total_changes64(static_cast<sqlite3*>(of));
          if (now != changes) ++count_;
          changes = now;
          return 0;
        },
        db);
    return SQLITE_OK;
  }
  inline static std::mutex mutex_;
  inline static std::int64_t count_ = 0;
  inline static std::map<const void*, std::int64_t> changes_;
};

}  // namespace test
