#include "core/message_list.hpp"

#include <algorithm>
#include <limits>

#include "base/error.hpp"
#include "core/texts.hpp"

namespace bccast {

const Authors::Shown& Authors::of(const Author& author) {
  if (author.side == Side::provider) {
    if (!provider_shown_) provider_shown_ = Shown{provider_.id, provider_.name};
    return *provider_shown_;
  }
  const auto found = clients_.find(author.place);
  if (found != clients_.end()) return found->second;
  return add(access::entry_at(tables_, provider_.no, author.place));
}

const Authors::Shown& Authors::add(const RosterEntry& entry) {
  Shown shown{entry.client.id, entry.client.name};
  const bool stranger = viewer_ && *viewer_ != entry.place;
  if (stranger && !entry.erased())
    shown.id = view(context_.member_id(provider_.no, thread_.community(), entry.place));
  return clients_.insert_or_assign(entry.place, std::move(shown)).first->second;
}

namespace {

Message first_of_blast(const Tables& tables, const ThreadKey& thread) {
  const auto blast = tables.blasts().blast(thread.provider_no, thread.origin);
  auto text = texts::of_blast(tables, thread.provider_no, thread.origin);
  if (!blast || !text) throw Error(Code::corrupt, "a blast has lost its text");
  if (is_unsent(blast->state)) throw Error(Code::corrupt, "a thread belongs to a blast that was not sent");
  Message message;
  message.seq = 1;
  message.at = blast->sent_at;
  message.text = std::move(*text);
  message.actor = blast->sent_by;
  message.removed = blast->state == BlastState::recalled;
  return message;
}

}  // namespace

Message message_at(const Tables& tables, const ThreadKey& thread, std::int64_t seq) {
  if (thread.of_blast() && seq == 1) return first_of_blast(tables, thread);
  auto message = tables.threads().message(thread.shelf(), seq);
  if (!message) throw Error(Code::corrupt, "a message is missing");
  if (message->seq != seq) throw Error(Code::corrupt, "a message is another");
  return texts::open_message(thread, std::move(*message));
}

void for_each_message(const Context& context, const Tables& tables, const access::Reached& reached,
                      std::optional<Place> viewer, std::int64_t from, bool ascending,
                      FunctionRef<bool(MessageView&&)> f) {
  const ThreadKey& key = reached.thread.key;
  Authors authors(context, tables, reached.provider, key, viewer);
  if (reached.entry) authors.know(*reached.entry);
  bool more = true;
  const auto show = [&](const Message& message) {
    const auto& author = authors.of(message.author);
    MessageView row;
    row.seq = message.seq;
    row.author = author.id;
    row.author_name = author.name;
    if (!viewer || !message.removed) row.text = message.text;
    row.at_ms = viewer ? whole_seconds(message.at) : message.at;
    row.removed = message.removed;
    if (!viewer) row.actor = message.actor;
    return more = f(std::move(row));
  };
  const auto show_stored = [&](const Message& stored) {
    if (stored.seq < reached.first_seq) return false;
    return show(texts::open_message(key, stored));
  };
  if (ascending) {
    if (key.of_blast() && from <= 1 && !show(first_of_blast(tables, key))) return;
    tables.threads().messages(key.shelf(), std::max(from, reached.first_seq), true, show_stored);
  } else {
    tables.threads().messages(key.shelf(), from == 0 ? std::numeric_limits<std::int64_t>::max() : from, false,
                              show_stored);
    if (more && key.of_blast()) show(first_of_blast(tables, key));
  }
}

}  // namespace bccast
