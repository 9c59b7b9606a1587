// Threads and messages.
#pragma once

#include <string>

#include "model/numbers.hpp"

namespace bccast {

/// A thread of one provider. `origin` says where it comes from: the blast that began it; 0, the direct thread
/// of the provider with the client at `place`; below 0, a community, whose number it is with the sign turned.
///
/// A community is one thread at kCommunityPlace, with the messages, as the provider sees it; and one at the
/// place of each member, without messages, with what that member has read. So one list serves both kinds.
struct ThreadKey {
  ProviderNo provider_no = 0;
  Place place = 0;
  BlastNo origin = 0;

  constexpr bool of_blast() const noexcept { return origin > 0; }
  constexpr bool of_community() const noexcept { return origin < 0; }
  constexpr CommunityNo community() const noexcept { return -origin; }
  /// The thread that holds the messages.
  constexpr ThreadKey shelf() const noexcept {
    return of_community() ? ThreadKey{provider_no, kCommunityPlace, origin} : *this;
  }
  friend auto operator<=>(const ThreadKey&, const ThreadKey&) = default;
};

inline constexpr BlastNo kDirect = 0;

constexpr ThreadKey community_key(ProviderNo provider, CommunityNo no,
                                  Place place = kCommunityPlace) noexcept {
  return {provider, place, -no};
}

/// A thread as a row. A blast's thread without a row is the view `untouched` makes of its blast; which of the
/// two it is cannot be told from outside.
struct Thread {
  ThreadKey key;
  std::int64_t last_seq = 0;  // of its newest message
  Ms last_at = 0;
  std::int64_t activity = 0;  // what came last, counted by its provider: the order within a millisecond
  std::int64_t client_read = 0;
  std::int64_t provider_read = 0;
  std::int64_t client_unread = 0;
  std::int64_t provider_unread = 0;
  Ms opened_at = 0;      // 0: the client has not read it
  bool touched = false;  // somebody has written besides the blast; false for a member's view of a community
  bool replied = false;  // the client, or a member, has
};

/// A blast's thread before anybody did anything in it: its first message is the blast's text.
inline Thread untouched(const ThreadKey& key, Ms sent_at, std::int64_t activity) {
  Thread thread;
  thread.key = key;
  thread.last_seq = 1;
  thread.last_at = sent_at;
  thread.activity = activity;
  thread.provider_read = 1;
  thread.client_unread = 1;
  return thread;
}

/// A side of threads.
enum class Side : std::uint8_t { provider, client };

/// Who wrote a message: the provider, or the client at a place.
struct Author {
  Side side = Side::provider;
  Place place = 0;  // of a client
  friend bool operator==(const Author&, const Author&) = default;
};

struct Message {
  std::int64_t seq = 0;
  Author author;
  Ms at = 0;
  std::string text;
  std::string key_hash;  // of the idempotency key; empty: none
  std::string actor;     // who wrote for the provider; empty: the provider
  bool removed = false;  // its text is gone
};

/// A thread whose members see each other.
struct Community {
  ProviderNo provider_no = 0;
  CommunityNo no = 0;
  std::string title;
  std::int64_t max_members = 0;
  Ms created_at = 0;
  std::string actor;  // who made it; empty: the provider
};

inline constexpr std::int64_t kDefaultMembers = 50;
inline constexpr std::int64_t kMaxMembers = 1000;

struct Member {
  Place place = 0;
  std::int64_t first_seq = 1;  // of the messages it sees
  Ms since = 0;
  std::string actor;  // who added it; empty: the provider
};

/// Times a client sees are whole seconds, of blasts and of single messages alike.
constexpr Ms whole_seconds(Ms at) noexcept {
  return at - at % 1000;
}

}  // namespace bccast
