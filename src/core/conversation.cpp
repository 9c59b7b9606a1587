#include "core/conversation.hpp"

#include <algorithm>
#include <limits>

#include "base/error.hpp"
#include "model/text_rules.hpp"

namespace bccast {

access::Reached Conversation::reach(const Tables& tables, Actor actor, std::string_view thread,
                                    bool may_begin) const {
  if (actor.side == Author::client)
    return access::thread_of_client(tables, context_, access::client(tables, actor.id), thread);
  return access::thread_of_provider(tables, context_, access::provider(tables, actor.id), thread, may_begin);
}

Page<MessageView> Conversation::messages(Actor actor, std::string_view thread_id, std::int64_t from_seq,
                                         int direction, std::size_t limit) {
  if (direction != 1 && direction != -1) throw Error(Code::argument, "the direction must be 1 or -1");
  if (from_seq < 0) throw Error(Code::argument, "the number to begin from is below 0");
  Page<MessageView> page;
  context_.store.read([&](const Tables& tables) {
    const access::Reached reached = reach(tables, actor, thread_id);
    const Thread& thread = reached.thread;
    const Provider& provider = reached.provider;
    const RosterEntry& entry = reached.entry;
    const std::size_t most = page_limit(limit);
    std::size_t bytes = 0;
    bool full = false;  // for good: what comes after the first that does not fit is left to the next page
    const auto add = [&](std::int64_t seq, Author author, Ms at, std::string text) {
      full = full || page.items.size() == most || bytes + text.size() > kMaxPageBytes;
      if (full) return false;
      bytes += text.size();
      MessageView row;
      row.seq = seq;
      row.author = author == Author::provider ? provider.id : entry.client.id;
      row.author_name = author == Author::provider ? provider.name : entry.client.name;
      row.text = std::move(text);
      row.at_ms = actor.side == Author::client ? whole_seconds(at) : at;
      page.items.push_back(std::move(row));
      return true;
    };
    const auto add_own = [&](const Message& m) { return add(m.seq, m.author, m.at, m.text); };
    const auto add_first = [&] {
      if (thread.key.origin == kDirect) return true;
      const auto blast = tables.blasts().blast(provider.no, thread.key.origin);
      auto text = tables.blasts().text(provider.no, thread.key.origin);
      if (!blast || !text) throw Error(Code::corrupt, "a blast has lost its text");
      return add(1, Author::provider, blast->sent_at, std::move(*text));
    };
    if (direction > 0) {
      if (from_seq > 1 || add_first()) tables.threads().messages(thread.key, from_seq, true, add_own);
    } else {
      const auto from = from_seq == 0 ? std::numeric_limits<std::int64_t>::max() : from_seq;
      tables.threads().messages(thread.key, from, false, add_own);
      add_first();
    }
  });
  return page;
}

Written Conversation::write(Actor actor, std::string_view thread_id, std::string_view key,
                            std::string_view text, std::string_view on_behalf) {
  check_message(text);
  Written written;
  context_.store.write([&](Tables& tables) {
    auto [thread, provider, entry] = reach(tables, actor, thread_id, true);
    const Author author = actor.side;
    Message message;
    message.key_hash = context_.key_hash(key);
    if (!message.key_hash.empty()) {
      if (const auto first = tables.threads().message_by_key(thread.key, author, message.key_hash)) {
        written = {true, first->seq, first->at};
        return;
      }
    }
    if (thread.last_seq == 0 && !entry.active())
      throw Error(Code::state, "the client is archived: no new thread can be begun");
    message.seq = ++thread.last_seq;
    message.author = author;
    message.at = thread.last_at = provider.last_at = context_.next_time(provider);
    message.text = text;
    message.actor = on_behalf;
    thread.touched = true;
    ++(author == Author::client ? thread.provider_unread : thread.client_unread);
    tables.threads().insert_message(thread.key, message);
    tables.threads().put_thread(thread);
    if (author == Author::client) mark(tables, thread.key, false, true);
    notify(tables, provider, thread.key, author, message.at);
    tables.directory().update_provider(provider);
    written = {false, message.seq, message.at};
  });
  if (actor.side == Author::client) written.at_ms = whole_seconds(written.at_ms);
  return written;
}

void Conversation::read(Actor actor, std::string_view thread_id, std::int64_t up_to_seq) {
  if (up_to_seq < 0) throw Error(Code::argument, "the number to read up to is below 0");
  const bool by_client = actor.side == Author::client;
  const auto already = [&](const Thread& thread) {
    return std::min(up_to_seq, thread.last_seq) <= (by_client ? thread.client_read : thread.provider_read);
  };
  bool nothing_to_do = false;
  context_.store.read(
      [&](const Tables& tables) { nothing_to_do = already(reach(tables, actor, thread_id).thread); });
  if (nothing_to_do) return;
  context_.store.write([&](Tables& tables) {
    auto thread = reach(tables, actor, thread_id).thread;
    if (already(thread)) return;
    const auto up_to = std::min(up_to_seq, thread.last_seq);
    if (by_client) {
      thread.client_read = up_to;
      thread.client_unread = tables.threads().count_after(thread.key, up_to, Author::provider);
      if (thread.opened_at == 0) {
        thread.opened_at = context_.clock.wall_ms();
        mark(tables, thread.key, true, false);
      }
    } else {
      thread.provider_read = up_to;
      thread.provider_unread = tables.threads().count_after(thread.key, up_to, Author::client);
    }
    tables.threads().put_thread(thread);
  });
}

std::string Conversation::direct(std::string_view provider_id, std::string_view client_id) {
  std::string id;
  context_.store.read([&](const Tables& tables) {
    const Provider provider = access::provider(tables, provider_id);
    const RosterEntry entry = access::entry(tables, provider, client_id);
    const ThreadKey key{provider.no, entry.place, kDirect};
    if (!entry.active() && !tables.threads().thread(key))
      throw Error(Code::state, "the client is archived: no new thread can be begun");
    id = view(context_.thread_id(key));
  });
  return id;
}

/// What the recipients of a blast did, as bitmaps beside it.
void Conversation::mark(Tables& tables, const ThreadKey& key, bool opened, bool replied) const {
  if (key.origin == kDirect) return;
  const auto s = slice_of(key.place);
  auto marks = tables.blasts().marks(key.provider_no, key.origin, s);
  const bool news_opened = opened && marks.opened.add(within_slice(key.place));
  const bool news_replied = replied && marks.replied.add(within_slice(key.place));
  if (news_opened || news_replied) tables.blasts().put_marks(key.provider_no, key.origin, s, marks);
}

/// Every message makes work: for the participant that did not write it, on every channel.
void Conversation::notify(Tables& tables, Provider& provider, const ThreadKey& key, Author author,
                          Ms at) const {
  if (provider.next_notice > kMaxNumber)
    throw Error(Code::limit, "the provider has no numbers left for notices");
  const std::int64_t number = provider.next_notice++;
  for (const auto& channel : tables.work().channels()) {
    Item item;
    item.provider_no = key.provider_no;
    item.channel_no = channel.no;
    item.thread = key;
    item.notice_no = number;
    item.to_provider = author == Author::client;
    item.at = at;
    item.due_at = context_.clock.wall_ms();
    tables.work().insert_item(item);
  }
}

}  // namespace bccast
