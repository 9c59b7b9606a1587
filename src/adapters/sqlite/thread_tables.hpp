// Threads and messages in SQLite.
#pragma once

#include <vector>

#include <bccast/types.hpp>

#include "adapters/sqlite/connection.hpp"
#include "ports/thread_tables.hpp"

namespace bccast::sqlite {

class SqliteThreadTables final : public ThreadTables {
 public:
  explicit SqliteThreadTables(Connection& db) : db_(db) {}

  std::optional<Thread> thread(const ThreadKey& key) const override;
  Found<ThreadKey, Thread> threads(std::span<const ThreadKey> keys) const override;
  std::vector<bool> insert_threads(std::span<const Thread> threads) override;
  void update_threads(std::span<const Thread> threads) override;
  std::vector<Thread> client_threads(std::span<const RosterKey> places, const ClientThreadPosition& after,
                                     bool unread, std::size_t limit) const override;
  std::vector<Thread> provider_threads(ProviderNo provider, const ThreadPosition* after, const Wanted& wanted,
                                       std::size_t limit) const override;
  std::vector<ThreadPosition> touched_places(ProviderNo provider, BlastNo blast, const ThreadPosition* after,
                                             std::size_t limit) const override;
  Unread client_unread(std::span<const RosterKey> places) const override;
  Unread provider_unread(ProviderNo provider) const override;
  void insert_message(const ThreadKey& thread, const Message& message) override;
  std::optional<Message> message(const ThreadKey& thread, std::int64_t seq) const override;
  std::optional<Message> message_by_key(const ThreadKey& thread, const Author& author,
                                        std::string_view key_hash) const override;
  Found<MessageKey, Message> messages(std::span<const MessageKey> keys) const override;
  MessagePage messages(const ThreadKey& thread, std::int64_t from, bool ascending,
                       std::size_t limit) const override;
  MessagesOf messages_from(std::span<const MessagesFrom> threads, std::size_t limit) const override;
  std::int64_t count_for(const ThreadKey& thread, std::int64_t seq, const Author& reader) const override;
  void remove_texts(ProviderNo provider, Place place) override;
  void delete_threads(std::span<const ThreadKey> keys) override;
  std::optional<ThreadKey> thread_bound_to(std::string_view host_ref) const override;
  Bound put_host_ref(const ThreadKey& thread, std::string_view host_ref) override;
  bool delete_host_ref(const ThreadKey& thread) override;
  void delete_host_refs(ProviderNo provider, Place place) override;

  /// For verification: rows that are not what was once written.
  void find_damage(std::vector<FindingRow>& findings) const;

 private:
  void remove_text(const ThreadKey& thread, std::int64_t seq);
  Connection& db_;
};

}  // namespace bccast::sqlite
