#include "core/conversation.hpp"

#include <algorithm>

#include "base/error.hpp"
#include "core/events.hpp"
#include "core/message_list.hpp"
#include "core/set_pages.hpp"
#include "core/texts.hpp"
#include "model/text_rules.hpp"

namespace bccast {
namespace {

/// The one who acts, as the author of what is written.
Author author_of(Conversation::Actor actor, const access::Reached& reached) {
  if (actor.side == Side::provider) return {};
  return {Side::client, reached.entry->place};
}

std::optional<Place> viewer_of(Conversation::Actor actor, const access::Reached& reached) {
  if (actor.side == Side::provider) return std::nullopt;
  return reached.entry->place;
}

void require_writable(Conversation::Actor actor, const access::Reached& reached) {
  if (actor.side == Side::provider) {
    access::require_open(reached.provider);
    if (reached.closed()) throw Error(Code::state, "the client was erased: the thread is closed");
    if (reached.thread.last_seq == 0 && reached.entry && !reached.entry->active())
      throw Error(Code::state, "the client is archived: no new thread can be begun");
  } else if (reached.closed()) {
    throw Error(Code::state, "the thread is closed");
  }
}

}  // namespace

access::Reached Conversation::reach(const Tables& tables, Actor actor, std::string_view thread,
                                    bool may_begin) const {
  if (actor.side == Side::client)
    return access::thread_of_client(tables, context_, access::client(tables, actor.id), thread);
  return access::thread_of_provider(tables, context_, access::provider(tables, actor.id), thread, may_begin);
}

Page<MessageView> Conversation::messages(Actor actor, std::string_view thread_id, std::int64_t from_seq,
                                         int direction, std::size_t limit) {
  if (direction != 1 && direction != -1) throw Error(Code::argument, "the direction must be 1 or -1");
  if (from_seq < 0) throw Error(Code::argument, "the number to begin from is below 0");
  return context_.store.read([&](const Tables& tables) {
    Page<MessageView> page;
    const access::Reached reached = reach(tables, actor, thread_id);
    const std::size_t most = page_limit(limit);
    std::size_t bytes = 0;
    for_each_message(context_, tables, reached, viewer_of(actor, reached), from_seq, direction > 0, most,
                     [&](MessageView&& row) {
                       if (page.items.size() == most || bytes + row.text.size() > kMaxPageBytes) return false;
                       bytes += row.text.size();
                       page.items.push_back(std::move(row));
                       return true;
                     });
    return page;
  });
}

Written Conversation::write(Actor actor, std::string_view thread_id, std::string_view key,
                            std::string_view text, std::string_view on_behalf) {
  check_message(text);
  Written written = context_.store.write([&](Tables& tables) {
    access::Reached reached = reach(tables, actor, thread_id, true);
    Provider& provider = reached.provider;
    const ThreadKey shelf = reached.thread.key.shelf();
    Message message;
    message.author = author_of(actor, reached);
    message.key_hash = context_.key_hash(key);
    if (!message.key_hash.empty()) {
      if (const auto first = tables.threads().message_by_key(shelf, message.author, message.key_hash))
        return Written{true, first->seq, first->at};
    }
    require_writable(actor, reached);
    if (shelf != reached.thread.key) {  // a member's view of a community
      auto community = tables.threads().thread(shelf);
      if (!community) throw Error(Code::corrupt, "a community has lost its thread");
      reached.thread = *community;
    }
    Thread& thread = reached.thread;
    message.seq = ++thread.last_seq;
    message.at = thread.last_at = context_.time_after(thread.last_at);
    thread.activity = ++provider.activity;
    message.actor = on_behalf;
    thread.touched = true;
    if (actor.side == Side::client) {
      thread.replied = true;
      ++thread.provider_unread;
      mark(tables, thread.key, false, true);
      notify(tables, provider, {&thread.key, 1}, true, message);
    }
    if (thread.key.of_community()) {
      pass_on(tables, thread, message, provider);
    } else if (actor.side == Side::provider) {
      ++thread.client_unread;
      notify(tables, provider, {&thread.key, 1}, false, message);
    }
    message.text = texts::seal_of_message(thread.key, message.seq, text);
    tables.threads().insert_message(thread.key, message);
    tables.threads().put_threads({&thread, 1});
    tables.directory().update_provider(provider);
    emit(tables, context_, EventKind::message_created, provider.no, thread.key.origin, thread.key.place);
    return Written{false, message.seq, message.at};
  });
  if (actor.side == Side::client) written.at_ms = whole_seconds(written.at_ms);
  return written;
}

/// A message in a community reaches the members it has now: a row each, and a notice for all but its author.
void Conversation::pass_on(Tables& tables, const Thread& community, const Message& message,
                           Provider& provider) const {
  static_assert(kMaxMembers <= std::int64_t{kRowsTogether});
  std::vector<ThreadKey> keys;
  for (const auto& member : tables.communities().members(provider.no, community.key.community()))
    keys.push_back(community_key(provider.no, community.key.community(), member.place));
  if (keys.empty()) return;
  const auto found = tables.threads().threads(keys);
  std::vector<Thread> threads;
  std::vector<ThreadKey> told;
  for (const auto& key : keys) {
    const auto* before = found.find(key);
    if (before == nullptr) throw Error(Code::corrupt, "a member has lost its thread");
    auto& thread = threads.emplace_back(*before);
    thread.last_seq = message.seq;
    thread.last_at = message.at;
    thread.activity = community.activity;
    if (message.author == Author{Side::client, key.place}) continue;
    ++thread.client_unread;
    told.push_back(key);
  }
  notify(tables, provider, told, false, message);
  tables.threads().put_threads(threads);
}

void Conversation::read(Actor actor, std::string_view thread_id, std::int64_t up_to_seq) {
  if (up_to_seq < 0) throw Error(Code::argument, "the number to read up to is below 0");
  const bool by_client = actor.side == Side::client;
  const auto already = [&](const Thread& thread) {
    return std::min(up_to_seq, thread.last_seq) <= (by_client ? thread.client_read : thread.provider_read);
  };
  const bool nothing_to_do = context_.store.read(
      [&](const Tables& tables) { return already(reach(tables, actor, thread_id).thread); });
  if (nothing_to_do) return;
  context_.store.write([&](Tables& tables) {
    const auto reached = reach(tables, actor, thread_id);
    Thread thread = reached.thread;
    if (already(thread)) return;
    const auto up_to = std::min(up_to_seq, thread.last_seq);
    const auto unread = tables.threads().count_for(thread.key.shelf(), up_to, author_of(actor, reached));
    if (by_client) {
      thread.client_read = up_to;
      thread.client_unread = unread;
      if (thread.opened_at == 0) {
        thread.opened_at = context_.clock.wall_ms();
        mark(tables, thread.key, true, false);
      }
    } else {
      thread.provider_read = up_to;
      thread.provider_unread = unread;
    }
    tables.threads().put_threads({&thread, 1});
    emit(tables, context_, EventKind::thread_read, thread.key.provider_no, thread.key.origin,
         thread.key.place);
  });
}

std::string Conversation::direct(std::string_view provider_id, std::string_view client_id) {
  return context_.store.read([&](const Tables& tables) {
    const Provider provider = access::provider(tables, provider_id);
    const RosterEntry entry = access::entry(tables, provider, client_id);
    const ThreadKey key{provider.no, entry.place, kDirect};
    if (!tables.threads().thread(key)) {
      access::require_open(provider);
      if (!entry.active()) throw Error(Code::state, "the client is archived: no new thread can be begun");
    }
    return std::string(view(context_.thread_id(key)));
  });
}

/// What the recipients of a blast did, as bitmaps beside it.
void Conversation::mark(Tables& tables, const ThreadKey& key, bool opened, bool replied) const {
  if (!key.of_blast()) return;
  const auto s = slice_of(key.place);
  auto marks = tables.blasts().marks(key.provider_no, key.origin, s);
  const bool news_opened = opened && marks.opened.add(within_slice(key.place));
  const bool news_replied = replied && marks.replied.add(within_slice(key.place));
  if (!news_opened && !news_replied) return;
  tables.blasts().put_marks(key.provider_no, key.origin, s, marks);
  tables.blasts().count_marks(key.provider_no, key.origin, news_opened ? 1 : 0, news_replied ? 1 : 0);
}

/// Every message makes work: for each participant that did not write it, on every channel but the one it came
/// by. `threads`: of each participant the thread as it is seen there.
void Conversation::notify(Tables& tables, Provider& provider, std::span<const ThreadKey> threads,
                          bool to_provider, const Message& message) const {
  if (threads.empty()) return;
  const auto channels = tables.work().channels();
  std::vector<Item> items;
  for (const auto& key : threads) {
    if (provider.next_notice > kMaxNumber)
      throw Error(Code::limit, "the provider has no numbers left for notices");
    const std::int64_t number = provider.next_notice++;
    for (const auto& channel : channels) {
      if (channel.delivers && channel.name == context_.own_channel)
        continue;  // the host has it there already
      Item& item = items.emplace_back();
      item.provider_no = key.provider_no;
      item.channel_no = channel.no;
      item.thread = key;
      item.notice_no = number;
      item.to_provider = to_provider;
      item.at = message.at;
      item.seq = message.seq;
      item.due_at = context_.clock.wall_ms();
    }
  }
  for_each_page(std::span<const Item>(items),
                [&](auto page, std::size_t) { tables.work().insert_items(page); });
}

}  // namespace bccast
