// Messages as somebody in the thread is shown them.
#pragma once

#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include <bccast/types.hpp>

#include "base/function_ref.hpp"
#include "core/access.hpp"

namespace bccast {

/// Who wrote, by the names the viewer may know. To a client, another member of its community has a keyed id;
/// to the provider all have the host's ids. Who was erased has neither id nor name.
class Authors {
 public:
  /// `viewer`: the place of the client who looks; nothing: the provider does.
  Authors(const Context& context, const Tables& tables, const Provider& provider, const ThreadKey& thread,
          std::optional<Place> viewer)
      : context_(context), tables_(tables), provider_(provider), thread_(thread), viewer_(viewer) {}

  /// An entry at hand need not be looked up.
  void know(const RosterEntry& entry) { add(entry); }
  struct Shown {
    std::string id;
    std::string name;
  };
  /// Those at these places are looked up together.
  void look_up(std::vector<Place> places);
  const Shown& of(const Author& author);

 private:
  const Shown& add(const RosterEntry& entry);
  const Context& context_;
  const Tables& tables_;
  const Provider& provider_;
  ThreadKey thread_;
  std::optional<Place> viewer_;
  Found<RosterKey, RosterEntry> looked_up_;
  std::optional<Shown> provider_shown_;
  std::map<Place, Shown> clients_;
};

/// The message with this number; the first of a blast's thread is the blast's text. Of a recalled blast it is
/// `removed`, and its text is for the provider alone. Throws Error(corrupt) when it is missing.
Message message_at(const Tables& tables, const ThreadKey& thread, std::int64_t seq);

/// The same of many threads, read with three calls: as many of the first as are short of 8 MiB, and one at
/// least.
class MessagesAt {
 public:
  explicit MessagesAt(const Tables& tables) : tables_(tables) {}
  void read(std::span<const MessageKey> keys);
  bool has(const MessageKey& key) const {
    return is_text_of_blast(key) ? texts_.has(blast_of(key)) : messages_.has(stored(key));
  }
  /// Throws Error(corrupt) when it is missing or damaged. REQUIRES: has(key), here and below.
  Message at(const MessageKey& key) const;
  /// As it is stored, only to learn who wrote it. Null: the provider, or it cannot be read.
  const Message* peek(const MessageKey& key) const;

 private:
  static bool is_text_of_blast(const MessageKey& key) { return key.thread.of_blast() && key.seq == 1; }
  static BlastKey blast_of(const MessageKey& key) { return {key.thread.provider_no, key.thread.origin}; }
  static MessageKey stored(const MessageKey& key) { return {key.thread.shelf(), key.seq}; }

  const Tables& tables_;
  Found<MessageKey, Message> messages_;
  Found<BlastKey, std::string> texts_;
  Found<BlastKey, Blast> blasts_;
};

/// The messages of a thread that the viewer sees, from number `from` (0: the first, or descending the newest)
/// on, until f returns false; it will for one behind `expected` of them.
void for_each_message(const Context& context, const Tables& tables, const access::Reached& reached,
                      std::optional<Place> viewer, std::int64_t from, bool ascending, std::size_t expected,
                      FunctionRef<bool(MessageView&&)> f);

}  // namespace bccast
