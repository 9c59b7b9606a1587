// Threads and messages.
#pragma once

#include <string>

#include "model/numbers.hpp"

namespace bccast {

/// A thread of one provider with the client at one place of its roster. `origin` is the blast that began it,
/// or 0 for the direct thread of the two.
struct ThreadKey {
  ProviderNo provider_no = 0;
  Place place = 0;
  BlastNo origin = 0;
  friend bool operator==(const ThreadKey&, const ThreadKey&) = default;
};

inline constexpr BlastNo kDirect = 0;

/// A thread as a row. A blast's thread without a row is the view `untouched` makes of its blast; which of the
/// two it is can not be told from outside.
struct Thread {
  ThreadKey key;
  std::int64_t last_seq = 0;  // of its newest message
  Ms last_at = 0;
  std::int64_t client_read = 0;
  std::int64_t provider_read = 0;
  std::int64_t client_unread = 0;
  std::int64_t provider_unread = 0;
  Ms opened_at = 0;      // 0: the client has not read it
  bool touched = false;  // somebody has written besides the blast
};

/// A blast's thread before anybody did anything in it: its first message is the blast's text.
inline Thread untouched(const ThreadKey& key, Ms sent_at) {
  Thread thread;
  thread.key = key;
  thread.last_seq = 1;
  thread.last_at = sent_at;
  thread.provider_read = 1;
  thread.client_unread = 1;
  return thread;
}

enum class Author : std::uint8_t { provider = 0, client = 1 };

struct Message {
  std::int64_t seq = 0;
  Author author = Author::provider;
  Ms at = 0;
  std::string text;
  std::string key_hash;  // of the idempotency key; empty: none
  std::string actor;     // who wrote for the provider; empty: the provider
};

/// Times a client sees are whole seconds, of blasts and of single messages alike.
constexpr Ms whole_seconds(Ms at) noexcept {
  return at - at % 1000;
}

}  // namespace bccast
