// Messages as somebody in the thread is shown them.
#pragma once

#include <map>
#include <optional>
#include <string>

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
  const Shown& of(const Author& author);

 private:
  const Shown& add(const RosterEntry& entry);
  const Context& context_;
  const Tables& tables_;
  const Provider& provider_;
  ThreadKey thread_;
  std::optional<Place> viewer_;
  std::optional<Shown> provider_shown_;
  std::map<Place, Shown> clients_;
};

/// The message with this number; the first of a blast's thread is the blast's text. Of a recalled blast it is
/// `removed`, and its text is for the provider alone. Throws Error(corrupt) when it is missing.
Message message_at(const Tables& tables, const ThreadKey& thread, std::int64_t seq);

/// The messages of a thread that the viewer sees, from number `from` (0: the first, or descending the newest)
/// on, until f returns false.
void for_each_message(const Context& context, const Tables& tables, const access::Reached& reached,
                      std::optional<Place> viewer, std::int64_t from, bool ascending,
                      FunctionRef<bool(MessageView&&)> f);

}  // namespace bccast
