// Threads and messages in SQLite.
#pragma once

#include "adapters/sqlite/connection.hpp"
#include "ports/thread_tables.hpp"

namespace bccast::sqlite {

class SqliteThreadTables final : public ThreadTables {
 public:
  explicit SqliteThreadTables(Connection& db) : db_(db) {}

  std::optional<Thread> thread(const ThreadKey& key) const override;
  void put_thread(const Thread& thread) override;
  void add_thread(const Thread& thread) override;
  void client_threads(ProviderNo provider, Place place, const ThreadPosition* after,
                      FunctionRef<bool(const Thread&)> f) const override;
  void provider_threads(ProviderNo provider, const ThreadPosition* after,
                        FunctionRef<bool(const Thread&)> f) const override;
  Unread client_unread(ProviderNo provider, Place place) const override;
  Unread provider_unread(ProviderNo provider) const override;
  void insert_message(const ThreadKey& thread, const Message& message) override;
  std::optional<Message> message(const ThreadKey& thread, std::int64_t seq) const override;
  std::optional<Message> message_by_key(const ThreadKey& thread, Author author,
                                        std::string_view key_hash) const override;
  void messages(const ThreadKey& thread, std::int64_t from, bool ascending,
                FunctionRef<bool(const Message&)> f) const override;
  std::int64_t count_after(const ThreadKey& thread, std::int64_t seq, Author author) const override;

 private:
  Connection& db_;
};

}  // namespace bccast::sqlite
