// Threads and messages as rows.
#pragma once

#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "model/person.hpp"
#include "model/thread.hpp"
#include "ports/found.hpp"

namespace bccast {

/// Where a page of a provider's threads goes on: after this one, in the order of the list. They are ordered
/// by last activity, the latest first, then by origin and place, all descending.
struct ThreadPosition {
  Ms last_at = 0;
  ProviderNo provider_no = 0;
  BlastNo origin = 0;
  Place place = 0;
  friend auto operator<=>(const ThreadPosition&, const ThreadPosition&) = default;
};

inline ThreadPosition position_of(const Thread& t) noexcept {
  return {t.last_at, t.key.provider_no, t.key.origin, t.key.place};
}

/// Where a page of one client's threads goes on: after this one, in the order of last activity, provider and
/// origin, all descending.
struct ClientThreadPosition {
  Ms last_at = 0;
  ProviderNo provider_no = 0;
  BlastNo origin = 0;
  friend auto operator<=>(const ClientThreadPosition&, const ClientThreadPosition&) = default;
};
inline ClientThreadPosition client_position_of(const Thread& t) noexcept {
  return {t.last_at, t.key.provider_no, t.key.origin};
}

/// The messages of a thread from a number on.
struct MessagesFrom {
  ThreadKey thread;
  std::int64_t seq = 0;
};
/// A message, and of which of the threads that were asked for.
struct MessageOf {
  std::size_t thread = 0;
  Message message;
};
/// Messages of several threads, and how many of these were read to their ends: the next one was cut.
struct MessagesOf {
  std::vector<MessageOf> messages;
  std::size_t threads = 0;
};

struct MessageKey {
  ThreadKey thread;
  std::int64_t seq = 0;
  friend auto operator<=>(const MessageKey&, const MessageKey&) = default;
};

/// Messages, and whether others come behind them.
struct MessagePage {
  std::vector<Message> messages;
  bool more = false;
};

class ThreadTables {
 public:
  virtual ~ThreadTables() = default;

  virtual std::optional<Thread> thread(const ThreadKey& key) const = 0;
  virtual Found<ThreadKey, Thread> threads(std::span<const ThreadKey> keys) const = 0;
  /// Which were inserted: those that are there already stay as they are.
  virtual std::vector<bool> insert_threads(std::span<const Thread> threads) = 0;
  /// Of threads that are there. `last_seq` never goes back: what is stored stays where it is higher.
  virtual void update_threads(std::span<const Thread> threads) = 0;

  /// The stored threads of one client at its places on rosters, in the order of these positions, the first
  /// `limit` after `after`; of all, or of those with messages it has not read. Of each roster no more is read
  /// than one behind those that are given.
  virtual std::vector<Thread> client_threads(std::span<const RosterKey> places,
                                             const ClientThreadPosition& after, bool unread,
                                             std::size_t limit) const = 0;
  /// Which of a provider's threads.
  struct Wanted {
    bool unread = false;              // with messages it has not read
    std::optional<BlastNo> of_blast;  // of this blast
    std::optional<bool> replied;      // with, or without, a message of a client; not heeded where `unread` is
  };
  /// The first `limit` touched threads of a provider that come after `after`.
  virtual std::vector<Thread> provider_threads(ProviderNo provider, const ThreadPosition* after,
                                               const Wanted& wanted, std::size_t limit) const = 0;

  /// The threads of the blast in which somebody has written besides it, in the same order and pages; no more
  /// of them is read.
  virtual std::vector<ThreadPosition> touched_places(ProviderNo provider, BlastNo blast,
                                                     const ThreadPosition* after,
                                                     std::size_t limit) const = 0;

  /// Over the stored threads of one side: those with unread messages, and how many these are.
  struct Unread {
    std::int64_t threads = 0;
    std::int64_t messages = 0;
  };
  virtual Unread client_unread(std::span<const RosterKey> places) const = 0;
  virtual Unread provider_unread(ProviderNo provider) const = 0;

  /// Messages have their texts as bytes (core/texts.hpp); without a byte the text was removed.
  virtual void insert_message(const ThreadKey& thread, const Message& message) = 0;
  virtual std::optional<Message> message(const ThreadKey& thread, std::int64_t seq) const = 0;
  /// The first of these, up to 8 MiB of texts, and one at least: it was asked for the others in vain.
  virtual Found<MessageKey, Message> messages(std::span<const MessageKey> keys) const = 0;
  virtual std::optional<Message> message_by_key(const ThreadKey& thread, const Author& author,
                                                std::string_view key_hash) const = 0;
  /// Ascending from `from`, or descending: the first `limit`, up to 8 MiB of texts, and one at least.
  virtual MessagePage messages(const ThreadKey& thread, std::int64_t from, bool ascending,
                               std::size_t limit) const = 0;
  /// Of one thread after the other, ascending: the first `limit`, up to 8 MiB of texts, and one at least.
  virtual MessagesOf messages_from(std::span<const MessagesFrom> threads, std::size_t limit) const = 0;
  /// How many messages above `seq` others than the reader wrote.
  virtual std::int64_t count_for(const ThreadKey& thread, std::int64_t seq, const Author& reader) const = 0;
  /// Takes away the texts, and idempotency keys, of all that the client at this place of the roster wrote.
  virtual void remove_texts(ProviderNo provider, Place place) = 0;

  virtual void delete_threads(std::span<const ThreadKey> keys) = 0;

  /// The host's own name for a thread: at most one each way.
  virtual std::optional<ThreadKey> thread_bound_to(std::string_view host_ref) const = 0;
  /// What came of binding a thread to a name.
  enum class Bound {
    put,   // instead of the name that it had
    same,  // it was bound to that already
    taken  // nothing was done: another is
  };
  /// Inserted or nothing, and looked at then: no two threads are bound to one name.
  virtual Bound put_host_ref(const ThreadKey& thread, std::string_view host_ref) = 0;
  /// False: it had none.
  virtual bool delete_host_ref(const ThreadKey& thread) = 0;
  virtual void delete_host_refs(ProviderNo provider, Place place) = 0;
};

}  // namespace bccast
