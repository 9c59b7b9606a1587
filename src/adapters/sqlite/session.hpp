// A connection of a store, and the tables on it.
#pragma once

#include <string>

#include "adapters/sqlite/blast_tables.hpp"
#include "adapters/sqlite/community_tables.hpp"
#include "adapters/sqlite/connection.hpp"
#include "adapters/sqlite/directory_tables.hpp"
#include "adapters/sqlite/event_tables.hpp"
#include "adapters/sqlite/number_tables.hpp"
#include "adapters/sqlite/store_tables.hpp"
#include "adapters/sqlite/thread_tables.hpp"
#include "adapters/sqlite/work_tables.hpp"
#include "ports/store.hpp"

namespace bccast::sqlite {

/// Settings that every connection of a store has.
void configure(Connection& db);

/// Not for two threads at once.
class Session final : public Tables {
 public:
  Session(const std::string& path, Connection::Mode mode, int busy_timeout_ms)
      : db(path, mode, busy_timeout_ms),
        directory_(db),
        blasts_(db),
        threads_(db),
        communities_(db),
        work_(db),
        events_(db),
        store_(db),
        numbers_(db) {
    configure(db);
  }

  Locks& lock() override { return lock_; }
  DirectoryTables& directory() override { return directory_; }
  BlastTables& blasts() override { return blasts_; }
  ThreadTables& threads() override { return threads_; }
  CommunityTables& communities() override { return communities_; }
  WorkTables& work() override { return work_; }
  EventTables& events() override { return events_; }
  StoreTables& store() override { return store_; }
  NumberTables& numbers() override { return numbers_; }
  const DirectoryTables& directory() const override { return directory_; }
  const BlastTables& blasts() const override { return blasts_; }
  const ThreadTables& threads() const override { return threads_; }
  const CommunityTables& communities() const override { return communities_; }
  const WorkTables& work() const override { return work_; }
  const EventTables& events() const override { return events_; }
  const StoreTables& store() const override { return store_; }

  /// What a transaction has gathered is part of it.
  void write_gathered() { work_.gathered().write(); }
  void forget_gathered() noexcept { work_.gathered().forget(); }

  Connection db;

 private:
  SqliteDirectoryTables directory_;
  SqliteBlastTables blasts_;
  SqliteThreadTables threads_;
  SqliteCommunityTables communities_;
  SqliteWorkTables work_;
  SqliteEventTables events_;
  SqliteStoreTables store_;
  SqliteNumberTables numbers_;
  NoLocks lock_;
};

}  // namespace bccast::sqlite
