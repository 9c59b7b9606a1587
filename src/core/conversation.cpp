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

/// The own threads of those who are in a community; of another thread nobody.
std::vector<ThreadKey> members_of(const Tables& tables, const ThreadKey& key) {
  static_assert(kMaxMembers <= std::int64_t{kRowsTogether});
  std::vector<ThreadKey> keys;
  if (!key.of_community()) return keys;
  for (const auto& member : tables.communities().members(key.provider_no, key.community()))
    keys.push_back(community_key(key.provider_no, key.community(), member.place));
  return keys;
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

/// Whoever changes a thread keeps what decides about it: its client and its provider, the blast or the
/// community that it is of, and, with `members`, the threads of all who are in that.
void lock_thread(Tables& tables, const Context& context, Conversation::Actor actor, std::string_view thread,
                 bool members) {
  if (actor.side == Side::client) {
    check_id(actor.id, "client id");
    tables.lock().clients({&actor.id, 1}, Hold::shared);
  }
  const auto key = context.thread_key(thread);
  if (!key) return;
  tables.lock().providers({&key->provider_no, 1}, Hold::shared);
  std::vector<ThreadKey> threads{*key};
  if (key->of_blast()) {
    const BlastKey blast{key->provider_no, key->origin};
    tables.lock().blasts({&blast, 1}, Hold::shared);
  } else if (key->of_community()) {
    tables.lock().community(key->provider_no, key->community(), members ? Hold::exclusive : Hold::shared);
    const auto own = members_of(tables, *key);
    threads.insert(threads.end(), own.begin(), own.end());
  }
  tables.lock().threads(threads);
}

/// Whether that side has read all up to this message.
bool is_read(const Thread& thread, Side side, std::int64_t up_to_seq) {
  return std::min(up_to_seq, thread.last_seq) <=
         (side == Side::client ? thread.client_read : thread.provider_read);
}

/// Stores a thread as it was changed. A thread that is no row yet becomes one as it is then: inserted as
/// unread and read afterwards, it would go through the index of unread threads. False: somebody else has made
/// it a row meanwhile. Nothing was stored, and what was read of it holds no more: whoever changes it begins
/// anew, and finds the row.
bool store_changed(Tables& tables, const access::Reached& reached) {
  const std::span<const Thread> thread(&reached.thread, 1);
  if (!reached.stored) return tables.threads().insert_threads(thread).front();
  tables.threads().update_threads(thread);
  return true;
}

/// What a recipient of a blast did.
void mark(Tables& tables, const ThreadKey& key, MarkKind kind) {
  if (key.of_blast()) tables.blasts().mark(key.provider_no, key.origin, kind, key.place);
}

/// A thread that was no row becomes one once: whoever meets somebody else there finds the row the next time.
constexpr int kTries = 2;

Error neither_there_nor_not() {
  return {Code::corrupt, "a thread is not found, and cannot be inserted"};
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

/// Whom a message is told to, by which channels, and with which numbers.
struct Conversation::Telling {
  std::vector<ThreadKey> members;  // of a community: their own threads
  std::vector<Channel> channels;
  std::int64_t next_number = 0;  // the message's; then of each notice, and behind it those of its items
};

Conversation::Telling Conversation::telling(Tables& tables, const ThreadKey& thread) const {
  Telling telling;
  telling.members = members_of(tables, thread);
  telling.channels = tables.work().channels();
  std::erase_if(telling.channels, [&](const Channel& channel) {
    return channel.delivers && channel.name == context_.own_channel;  // the host has it there already
  });
  const auto participants = telling.members.size() + 1;  // at most
  const auto numbers = 1 + participants * (1 + telling.channels.size());
  telling.next_number = tables.numbers().next(NumberKind::work, static_cast<std::int64_t>(numbers));
  return telling;
}

Written Conversation::write(Actor actor, std::string_view thread_id, std::string_view key,
                            std::string_view text) {
  check_message(text);
  const bool by_client = actor.side == Side::client;
  Written written =
      context_.write(by_client ? verb::client_reply : verb::provider_reply, thread_id, [&](Tables& tables) {
        lock_thread(tables, context_, actor, thread_id, true);
        for (int i = 0; i < kTries; ++i)
          if (const auto done = try_to_write(tables, actor, thread_id, key, text)) return *done;
        throw neither_there_nor_not();
      });
  if (by_client) written.at_ms = whole_seconds(written.at_ms);
  return written;
}

/// Nothing: see store_changed().
std::optional<Written> Conversation::try_to_write(Tables& tables, Actor actor, std::string_view thread_id,
                                                  std::string_view key, std::string_view text) const {
  access::Reached reached = reach(tables, actor, thread_id, true);
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
  Telling telling = this->telling(tables, thread.key);
  thread.activity = telling.next_number++;
  thread.touched = true;
  const bool by_client = actor.side == Side::client;
  if (!by_client) message.actor = context_.actor;
  const bool in_community = thread.key.of_community();
  if (by_client) {
    thread.replied = true;
    ++thread.provider_unread;
  } else if (!in_community) {
    ++thread.client_unread;
  }
  if (!store_changed(tables, reached)) return std::nullopt;
  message.text = texts::seal_of_message(thread.key, message.seq, text);
  tables.threads().insert_message(thread.key, message);
  if (by_client) mark(tables, thread.key, MarkKind::replied);
  if (by_client || !in_community) notify(tables, {&thread.key, 1}, by_client, message, telling);
  if (in_community) pass_on(tables, thread, message, telling);
  emit(tables, context_, EventKind::message_created, thread.key.provider_no, thread.key.origin,
       thread.key.place);
  return Written{false, message.seq, message.at};
}

/// A message in a community reaches the members it has now: a row each, and a notice for all but its author.
void Conversation::pass_on(Tables& tables, const Thread& community, const Message& message,
                           Telling& telling) const {
  if (telling.members.empty()) return;
  const auto found = tables.threads().threads(telling.members);
  std::vector<Thread> threads;
  std::vector<ThreadKey> told;
  for (const auto& key : telling.members) {
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
  notify(tables, told, false, message, telling);
  tables.threads().update_threads(threads);
}

void Conversation::read(Actor actor, std::string_view thread_id, std::int64_t up_to_seq) {
  if (up_to_seq < 0) throw Error(Code::argument, "the number to read up to is below 0");
  const bool nothing_to_do = context_.store.read([&](const Tables& tables) {
    return is_read(reach(tables, actor, thread_id).thread, actor.side, up_to_seq);
  });
  if (nothing_to_do) return;
  context_.write(actor.side == Side::client ? verb::client_read : verb::provider_read, thread_id,
                 [&](Tables& tables) {
                   lock_thread(tables, context_, actor, thread_id, false);
                   for (int i = 0; i < kTries; ++i)
                     if (try_to_read(tables, actor, thread_id, up_to_seq)) return;
                   throw neither_there_nor_not();
                 });
}

/// False: see store_changed().
bool Conversation::try_to_read(Tables& tables, Actor actor, std::string_view thread_id,
                               std::int64_t up_to_seq) const {
  auto reached = reach(tables, actor, thread_id);
  Thread& thread = reached.thread;
  if (is_read(thread, actor.side, up_to_seq)) return true;
  const auto up_to = std::min(up_to_seq, thread.last_seq);
  const auto unread = tables.threads().count_for(thread.key.shelf(), up_to, author_of(actor, reached));
  bool opened = false;
  if (actor.side == Side::client) {
    thread.client_read = up_to;
    thread.client_unread = unread;
    opened = thread.opened_at == 0;
    if (opened) thread.opened_at = context_.clock.wall_ms();
  } else {
    thread.provider_read = up_to;
    thread.provider_unread = unread;
  }
  if (!store_changed(tables, reached)) return false;
  if (opened) mark(tables, thread.key, MarkKind::opened);
  emit(tables, context_, EventKind::thread_read, thread.key.provider_no, thread.key.origin, thread.key.place);
  return true;
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

/// Every message makes work: for each participant that did not write it, on every channel but the one it came
/// by. `threads`: of each participant the thread as it is seen there.
void Conversation::notify(Tables& tables, std::span<const ThreadKey> threads, bool to_provider,
                          const Message& message, Telling& telling) const {
  std::vector<Item> items;
  for (const auto& key : threads) {
    const std::int64_t number = telling.next_number++;
    for (const auto& channel : telling.channels) {
      Item& item = items.emplace_back();
      item.no = telling.next_number++;
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
