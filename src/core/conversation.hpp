// Inside a thread: reading, writing, and marking as read, for all who are in it.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

#include <bccast/types.hpp>

#include "core/access.hpp"

namespace bccast {

class Conversation {
 public:
  explicit Conversation(Context& context) : context_(context) {}

  /// Who acts: a side of threads, and its id.
  struct Actor {
    Side side;
    std::string_view id;
  };

  Page<MessageView> messages(Actor actor, std::string_view thread, std::int64_t from_seq, int direction,
                             std::size_t limit);
  Written write(Actor actor, std::string_view thread, std::string_view key, std::string_view text);
  void read(Actor actor, std::string_view thread, std::int64_t up_to_seq);

  /// The id of the direct thread of the two.
  std::string direct(std::string_view provider, std::string_view client);

 private:
  access::Reached reach(const Tables& tables, Actor actor, std::string_view thread,
                        bool may_begin = false) const;
  std::optional<Written> try_to_write(Tables& tables, Actor actor, std::string_view thread,
                                      std::string_view key, std::string_view text) const;
  bool try_to_read(Tables& tables, Actor actor, std::string_view thread, std::int64_t up_to_seq) const;
  struct Telling;
  Telling telling(Tables& tables, const ThreadKey& thread) const;
  void pass_on(Tables& tables, const Thread& community, const Message& message, Telling& telling) const;
  void notify(Tables& tables, std::span<const ThreadKey> threads, bool to_provider, const Message& message,
              Telling& telling) const;

  Context& context_;
};

}  // namespace bccast
