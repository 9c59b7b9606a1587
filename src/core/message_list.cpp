#include "core/message_list.hpp"

#include <algorithm>
#include <limits>
#include <utility>

#include "base/error.hpp"
#include "core/set_pages.hpp"
#include "core/texts.hpp"

namespace bccast {

const Authors::Shown& Authors::of(const Author& author) {
  if (author.side == Side::provider) {
    if (!provider_shown_) provider_shown_ = Shown{provider_.id, provider_.name};
    return *provider_shown_;
  }
  const auto found = clients_.find(author.place);
  if (found != clients_.end()) return found->second;
  const RosterKey key{provider_.no, author.place};
  return add(looked_up_.has(key) ? access::entry_in(looked_up_, key)
                                 : access::entry_at(tables_, provider_.no, author.place));
}

void Authors::look_up(std::vector<Place> places) {
  std::erase_if(places, [&](Place place) { return clients_.count(place) > 0; });
  if (places.empty()) return;
  std::sort(places.begin(), places.end());
  places.erase(std::unique(places.begin(), places.end()), places.end());
  std::vector<RosterKey> keys;
  for (const auto place : places) keys.push_back({provider_.no, place});
  looked_up_ = tables_.directory().entries(keys);
}

const Authors::Shown& Authors::add(const RosterEntry& entry) {
  Shown shown{entry.client.id, entry.client.name};
  const bool stranger = viewer_ && *viewer_ != entry.place;
  if (stranger && !entry.erased())
    shown.id = view(context_.member_id(provider_.no, thread_.community(), entry.place));
  return clients_.insert_or_assign(entry.place, std::move(shown)).first->second;
}

namespace {

/// `text`: as it was written.
Message first_of_blast(const Blast* blast, std::optional<std::string> text) {
  if (blast == nullptr || !text) throw Error(Code::corrupt, "a blast has lost its text");
  if (is_unsent(blast->state)) throw Error(Code::corrupt, "a thread belongs to a blast that was not sent");
  Message message;
  message.seq = 1;
  message.at = blast->sent_at;
  message.text = std::move(*text);
  message.actor = blast->sent_by;
  message.removed = blast->state == BlastState::recalled;
  return message;
}

Message first_of_blast(const Tables& tables, const ThreadKey& thread) {
  const auto blast = tables.blasts().blast(thread.provider_no, thread.origin);
  return first_of_blast(blast ? &*blast : nullptr,
                        texts::of_blast(tables, thread.provider_no, thread.origin));
}

Message stored_at(const ThreadKey& thread, std::int64_t seq, Message message) {
  if (message.seq != seq) throw Error(Code::corrupt, "a message is another");
  return texts::open_message(thread, std::move(message));
}

}  // namespace

Message message_at(const Tables& tables, const ThreadKey& thread, std::int64_t seq) {
  if (thread.of_blast() && seq == 1) return first_of_blast(tables, thread);
  auto message = tables.threads().message(thread.shelf(), seq);
  if (!message) throw Error(Code::corrupt, "a message is missing");
  return stored_at(thread, seq, std::move(*message));
}

void MessagesAt::read(std::span<const MessageKey> keys) {
  std::vector<MessageKey> messages;
  std::vector<BlastKey> blasts;
  for (const auto& key : keys) {
    if (is_text_of_blast(key)) {
      blasts.push_back(blast_of(key));
    } else {
      messages.push_back(stored(key));
    }
  }
  if (!messages.empty()) messages_ = tables_.threads().messages(messages);
  if (blasts.empty()) return;
  texts_ = tables_.blasts().texts(blasts);
  blasts_ = tables_.blasts().blasts(blasts);
}

Message MessagesAt::at(const MessageKey& key) const {
  if (is_text_of_blast(key)) {
    const auto* blast = blasts_.find(blast_of(key));
    const auto* text = texts_.find(blast_of(key));
    return first_of_blast(
        blast, text != nullptr ? std::optional(texts::open_of_blast(blast_of(key), *text)) : std::nullopt);
  }
  const auto* message = messages_.find(stored(key));
  if (message == nullptr) throw Error(Code::corrupt, "a message is missing");
  return stored_at(key.thread, key.seq, *message);
}

const Message* MessagesAt::peek(const MessageKey& key) const {
  if (is_text_of_blast(key) || !has(key) || messages_.is_damaged(stored(key))) return nullptr;
  return messages_.find(stored(key));
}

void for_each_message(const Context& context, const Tables& tables, const access::Reached& reached,
                      std::optional<Place> viewer, std::int64_t from, bool ascending, std::size_t expected,
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
  // The next page begins behind the last one's end. False: the viewer sees no more of them.
  const auto show_page = [&](MessagePage& page) {
    std::vector<Place> authors_of_page;
    for (const auto& message : page.messages)
      if (message.author.side == Side::client) authors_of_page.push_back(message.author.place);
    authors.look_up(std::move(authors_of_page));
    for (auto& stored : page.messages) {
      if (stored.seq < reached.first_seq) return false;
      from = ascending ? stored.seq + 1 : stored.seq - 1;
      if (!show(texts::open_message(key, std::move(stored)))) return false;
    }
    return page.more;
  };
  if (ascending) {
    if (key.of_blast() && from <= 1 && !show(first_of_blast(tables, key))) return;
    from = std::max(from, reached.first_seq);
  } else if (from == 0) {
    from = std::numeric_limits<std::int64_t>::max();
  }
  for (bool others = true; others;) {
    auto page =
        tables.threads().messages(key.shelf(), from, ascending, std::min(expected + 1, kRowsTogether));
    others = show_page(page);
  }
  if (!ascending && more && key.of_blast()) show(first_of_blast(tables, key));
}

}  // namespace bccast
