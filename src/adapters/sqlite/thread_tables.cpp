#include "adapters/sqlite/thread_tables.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <deque>
#include <limits>
#include <optional>
#include <utility>
#include <vector>

#include "adapters/sqlite/columns.hpp"
#include "adapters/sqlite/mapping.hpp"
#include "model/text_rules.hpp"

namespace bccast::sqlite {
namespace {

#define THREAD_COLUMNS                                                                         \
  "provider_no, place, origin, last_seq, last_at, client_read, provider_read, client_unread, " \
  "provider_unread, "                                                                          \
  "opened_at, touched, activity"
#define MESSAGE_COLUMNS "provider_no, place, origin, seq, author, at, key_hash, actor, text"
#define REF_COLUMNS "provider_no, place, origin, host_ref"

constexpr RowTable kThread{
    "thread",
    RowKind::thread,
    THREAD_COLUMNS,
    {.key = "provider_no, place, origin", .fixed = "", .counted = "last_seq", .growing = "last_seq"}};
constexpr Sql kInsertThread = insert_row(kThread, " ON CONFLICT DO NOTHING");
constexpr Sql kUpdateThread = update_row(kThread);

constexpr RowTable kMessage{
    "message",
    RowKind::message,
    MESSAGE_COLUMNS,
    {.key = "provider_no, place, origin, seq", .fixed = "author, at, actor", .counted = ""}};
constexpr Sql kInsertMessage = insert_row(kMessage);
constexpr Sql kUpdateMessage = update_row(kMessage);

constexpr RowTable kRef{"thread_ref",
                        RowKind::thread_ref,
                        REF_COLUMNS,
                        {.key = "provider_no, place, origin", .fixed = "", .counted = ""}};
// A reference that is taken is an error, never another thread's row.
constexpr Sql kPutRef =
    insert_row(kRef,
               " ON CONFLICT(provider_no, place, origin) DO UPDATE SET host_ref = excluded.host_ref, "
               "sum = excluded.sum");

// A provider's threads, the latest first, of which something holds that has an index in this order.
#define OF_PROVIDER(holds)                                                      \
  "SELECT " THREAD_COLUMNS ", sum FROM thread WHERE provider_no = ? AND " holds \
  " AND (last_at, origin, place) < (?, ?, ?) ORDER BY last_at DESC, origin DESC, place DESC"
#define OF_BLAST(holds)                                                                        \
  "SELECT " THREAD_COLUMNS ", sum FROM thread WHERE provider_no = ? AND origin = ? AND " holds \
  " AND (last_at, place) < (?, ?) ORDER BY last_at DESC, place DESC"
#define ALONE "touched = 1"
#define REPLIED "touched = 2"

constexpr std::int64_t kMax = std::numeric_limits<std::int64_t>::max();

template <typename Columns, typename Row>
void visit_key(Columns& columns, Row& key) {
  columns.number(key.provider_no);
  columns.place(key.place);
  columns.number(key.origin);
}

/// How far a thread was touched: by nobody, by the provider alone, by its client too.
enum class Touched : std::uint8_t { no = 0, alone = 1, replied = 2 };

template <typename Columns, typename Row>
void visit(Columns& columns, Row& t) {
  visit_key(columns, t.key);
  for (auto* number : {&t.last_seq, &t.last_at, &t.client_read, &t.provider_read, &t.client_unread,
                       &t.provider_unread, &t.opened_at})
    columns.number(*number);
  Touched touched = !t.touched ? Touched::no : !t.replied ? Touched::alone : Touched::replied;
  columns.one_of(touched, Touched::replied);
  if constexpr (Columns::kReads) {
    t.touched = touched != Touched::no;
    t.replied = touched == Touched::replied;
  }
  columns.number(t.activity);
}

Thread thread_of(const Query& query) {
  Thread thread;
  RowReader reader(query, kThread);
  visit(reader, thread);
  reader.finish();
  return thread;
}

std::pair<ThreadKey, std::string> reference_of(const Query& query) {
  std::pair<ThreadKey, std::string> found;
  RowReader reader(query, kRef);
  visit_key(reader, found.first);
  reader.text(found.second);
  reader.finish();
  return found;
}

/// The rows of a query one by one; of none when there is no query.
class ThreadStream {
 public:
  template <typename Bind>
  ThreadStream(Connection& db, const char* sql, ProviderNo provider, Bind&& bind) : provider_(provider) {
    if (sql == nullptr) return;
    query_.emplace(db, sql);
    bind(query_->query);
    advance();
  }
  void advance() {
    head.reset();
    if (!query_->query.step()) return;
    head = thread_of(query_->query);
    require_asked_for(head->key.provider_no == provider_);
  }
  std::optional<Thread> head;

 private:
  struct Held {
    Held(Connection& db, const char* sql) : query(db.query(sql)) {}
    Query query;
  };
  ProviderNo provider_;
  std::optional<Held> query_;
};

/// Says whether there is a row of it now that was not there, or not so.
bool write_thread(Query& query, const Thread& thread) {
  RowWriter writer(query, kThread);
  visit(writer, thread);
  writer.finish();
  return query.run() > 0;
}

std::int64_t number_of(const Author& author) {
  return author.side == Side::provider ? 0 : std::int64_t{author.place} + 1;
}

Author author_of(std::int64_t number) {
  if (number < 0 || number > std::int64_t{kMaxPlaces})
    throw Error(Code::corrupt, "a message has an author that cannot be");
  if (number == 0) return {};
  return {Side::client, static_cast<Place>(number - 1)};
}

template <typename Columns, typename Key, typename Row>
void visit(Columns& columns, Key& key, Row& m) {
  visit_key(columns, key);
  columns.number(m.seq);
  std::int64_t author = number_of(m.author);
  columns.number(author);
  columns.number(m.at);
  columns.bytes_or_null(m.key_hash);
  columns.text_or_null(m.actor);
  columns.bytes(m.text);
  if constexpr (Columns::kReads) {
    columns.finish();
    m.author = author_of(author);
    m.removed = m.text.empty();
  }
}

/// `asked`: the thread that the query is about.
Message message_of(const Query& query, const ThreadKey& asked) {
  ThreadKey key;
  Message message;
  RowReader reader(query, kMessage);
  visit(reader, key, message);
  if (key != asked) throw Error(Code::corrupt, "a message of another thread was found");
  return message;
}

Query& bind_key(Query& query, const ThreadKey& key) {
  return query.bind(key.provider_no).bind(std::int64_t{key.place}).bind(key.origin);
}

/// Each row of the query is of one that is gone.
void add_gone(Query& query, const char* table, const char* detail, std::vector<FindingRow>& findings) {
  while (query.step())
    findings.push_back({"row",
                        fmt::format("{} provider_no {} place {} origin {}", table, query.any_i64(0),
                                    query.any_i64(1), query.any_i64(2)),
                        detail});
}

constexpr Sql kAllThreads = select_rows(kThread);
constexpr Sql kAllMessages = select_rows(kMessage);
constexpr Sql kAllRefs = select_rows(kRef);

}  // namespace

std::optional<Thread> SqliteThreadTables::thread(const ThreadKey& key) const {
  auto query = db_.query("SELECT " THREAD_COLUMNS
                         ", sum FROM thread WHERE provider_no = ? AND place = ? AND origin = ?");
  if (!bind_key(query, key).step()) return std::nullopt;
  Thread found = thread_of(query);
  if (found.key != key) throw Error(Code::corrupt, "another thread was found");
  return found;
}

Found<ThreadKey, Thread> SqliteThreadTables::threads(std::span<const ThreadKey> keys) const {
  return find_each(keys, [&](const ThreadKey& key) { return thread(key); });
}

std::vector<bool> SqliteThreadTables::insert_threads(std::span<const Thread> threads) {
  std::vector<bool> inserted;
  inserted.reserve(threads.size());
  for (const auto& thread : threads) {
    auto query = db_.query(kInsertThread.c_str());
    inserted.push_back(write_thread(query, thread));
  }
  return inserted;
}

void SqliteThreadTables::update_threads(std::span<const Thread> threads) {
  for (const auto& thread : threads) {
    auto query = db_.query(kUpdateThread.c_str());
    write_thread(query, thread);
  }
}

std::vector<Thread> SqliteThreadTables::client_threads(std::span<const RosterKey> places,
                                                       const ClientThreadPosition& after, bool unread,
                                                       std::size_t limit) const {
  const char* sql = unread ? "SELECT " THREAD_COLUMNS
                             ", sum FROM thread WHERE provider_no = ? AND place = ? AND client_unread > 0 "
                             "AND (last_at, origin) < (?, ?) ORDER BY last_at DESC, origin DESC"
                           : "SELECT " THREAD_COLUMNS
                             ", sum FROM thread WHERE provider_no = ? AND place = ? "
                             "AND (last_at, origin) < (?, ?) ORDER BY last_at DESC, origin DESC";
  std::deque<ThreadStream> streams;  // one for each roster
  for (const auto& [provider, place] : places) {
    const BlastNo origin = provider == after.provider_no  ? after.origin
                           : provider < after.provider_no ? kMax
                                                          : std::numeric_limits<BlastNo>::min();
    const auto bind = [&, provider = provider, place = place](Query& query) {
      query.bind(provider).bind(std::int64_t{place}).bind(after.last_at).bind(origin);
    };
    streams.emplace_back(db_, sql, provider, bind);
  }
  std::vector<Thread> threads;
  while (threads.size() < limit) {
    ThreadStream* next = nullptr;
    for (auto& stream : streams)
      if (stream.head &&
          (next == nullptr || client_position_of(*stream.head) > client_position_of(*next->head)))
        next = &stream;
    if (next == nullptr) break;
    require_asked_for(std::any_of(places.begin(), places.end(), [&](const RosterKey& at) {
      return at == RosterKey{next->head->key.provider_no, next->head->key.place};
    }));
    threads.push_back(std::move(*next->head));
    next->head.reset();
    // The next row is not read before it is wanted: where it is damaged the page before it is sound.
    if (threads.size() < limit) next->advance();
  }
  return threads;
}

std::vector<Thread> SqliteThreadTables::provider_threads(ProviderNo provider, const ThreadPosition* after,
                                                         const Wanted& wanted, std::size_t limit) const {
  const auto bind = [&](Query& query) {
    query.bind(provider);
    if (wanted.of_blast) query.bind(*wanted.of_blast);
    query.bind(after != nullptr ? after->last_at : kMax);
    if (!wanted.of_blast) query.bind(after != nullptr ? after->origin : kMax);  // else the same for all
    query.bind(after != nullptr ? std::int64_t{after->place} : kMax);
  };
  const bool of_blast = wanted.of_blast.has_value();
  std::vector<Thread> threads;
  // The next row is not read before it is wanted: where it is damaged the page before it is sound.
  const auto take = [&](ThreadStream& stream) {
    threads.push_back(std::move(*stream.head));
    if (threads.size() < limit) stream.advance();
  };
  if (wanted.unread) {
    ThreadStream unread(db_, of_blast ? OF_BLAST("provider_unread > 0") : OF_PROVIDER("provider_unread > 0"),
                        provider, bind);
    while (unread.head && threads.size() < limit) take(unread);
    return threads;
  }
  // Those with and those without a reply are two lists, which together are the one of all.
  constexpr const char* kEmpty = nullptr;
  const bool with = wanted.replied.value_or(true);
  const bool without = !wanted.replied.value_or(false);
  ThreadStream replied(db_,
                       !with      ? kEmpty
                       : of_blast ? OF_BLAST(REPLIED)
                                  : OF_PROVIDER(REPLIED),
                       provider, bind);
  ThreadStream alone(db_,
                     !without   ? kEmpty
                     : of_blast ? OF_BLAST(ALONE)
                                : OF_PROVIDER(ALONE),
                     provider, bind);
  while ((replied.head || alone.head) && threads.size() < limit) {
    const bool first = !alone.head || (replied.head && position_of(*replied.head) > position_of(*alone.head));
    take(first ? replied : alone);
  }
  return threads;
}

std::vector<ThreadPosition> SqliteThreadTables::touched_places(ProviderNo provider, BlastNo blast,
                                                               const ThreadPosition* after,
                                                               std::size_t limit) const {
#define TOUCHED_FROM(index, which)                      \
  "SELECT last_at, place FROM thread INDEXED BY " index \
  " WHERE provider_no = ?1 AND origin = ?2 "            \
  "AND " which " AND (last_at, place) < (?3, ?4)"
  auto query = db_.query(TOUCHED_FROM("thread_blast_alone", ALONE) " UNION ALL " TOUCHED_FROM(
      "thread_blast_replied", REPLIED) " ORDER BY 1 DESC, 2 DESC LIMIT ?5");
#undef TOUCHED_FROM
  query.bind(provider).bind(blast).bind(after != nullptr ? after->last_at : kMax);
  query.bind(after != nullptr ? std::int64_t{after->place} : kMax).bind(static_cast<std::int64_t>(limit));
  std::vector<ThreadPosition> touched;
  while (query.step()) touched.push_back({query.i64(0), provider, blast, place_in(query.i64(1))});
  return touched;
}

namespace {

ThreadTables::Unread unread_at(Connection& db, const RosterKey& at) {
  auto query = db.query(
      "SELECT count(*), sum(client_unread) FROM thread WHERE provider_no = ? AND place = ? AND client_unread "
      "> 0");
  query.bind(at.provider_no).bind(std::int64_t{at.place});
  return query.step() ? ThreadTables::Unread{query.i64(0), query.i64(1)} : ThreadTables::Unread{};
}

}  // namespace

ThreadTables::Unread SqliteThreadTables::client_unread(std::span<const RosterKey> places) const {
  Unread sum;
  for (const auto& at : places) {
    const auto of_one = unread_at(db_, at);
    sum.threads += of_one.threads;
    sum.messages += of_one.messages;
  }
  return sum;
}

ThreadTables::Unread SqliteThreadTables::provider_unread(ProviderNo provider) const {
  auto query = db_.query(
      "SELECT count(*), sum(provider_unread) FROM thread WHERE provider_no = ? AND provider_unread > 0");
  query.bind(provider);
  return query.step() ? Unread{query.i64(0), query.i64(1)} : Unread{};
}

void SqliteThreadTables::insert_message(const ThreadKey& thread, const Message& message) {
  auto query = db_.query(kInsertMessage.c_str());
  RowWriter writer(query, kMessage);
  visit(writer, thread, message);
  writer.finish();
  query.run();
}

std::optional<Message> SqliteThreadTables::message(const ThreadKey& thread, std::int64_t seq) const {
  auto query = db_.query("SELECT " MESSAGE_COLUMNS
                         ", sum FROM message WHERE provider_no = ? AND place = ? AND origin = ? AND seq = ?");
  if (!bind_key(query, thread).bind(seq).step()) return std::nullopt;
  auto found = message_of(query, thread);
  require_asked_for(found.seq == seq);
  return found;
}

std::optional<Message> SqliteThreadTables::message_by_key(const ThreadKey& thread, const Author& author,
                                                          std::string_view key_hash) const {
  auto query =
      db_.query("SELECT " MESSAGE_COLUMNS
                ", sum FROM message WHERE provider_no = ? AND place = ? AND origin = ? AND author = ? "
                "AND key_hash = ?");
  bind_key(query, thread).bind(number_of(author)).bind(string_as_bytes(key_hash));
  if (!query.step()) return std::nullopt;
  Message found = message_of(query, thread);
  if (found.author != author || found.key_hash != key_hash)
    throw Error(Code::corrupt, "the index of keys leads to another message");
  return found;
}

Found<MessageKey, Message> SqliteThreadTables::messages(std::span<const MessageKey> keys) const {
  return find_up_to(
      keys, kMaxPageBytes, [&](const MessageKey& key) { return message(key.thread, key.seq); },
      [](const Message& message) { return message.text.size(); });
}

MessagePage SqliteThreadTables::messages(const ThreadKey& thread, std::int64_t from, bool ascending,
                                         std::size_t limit) const {
  auto query =
      ascending
          ? db_.query("SELECT " MESSAGE_COLUMNS
                      ", sum FROM message WHERE provider_no = ? AND place = ? AND origin = ? AND seq >= ? "
                      "ORDER BY seq LIMIT ?")
          : db_.query("SELECT " MESSAGE_COLUMNS
                      ", sum FROM message WHERE provider_no = ? AND place = ? AND origin = ? AND seq <= ? "
                      "ORDER BY seq DESC LIMIT ?");
  bind_key(query, thread).bind(from).bind(static_cast<std::int64_t>(limit) + 1);
  MessagePage page;
  std::size_t bytes = 0;
  while (query.step()) {
    page.more = page.messages.size() == limit || bytes >= kMaxPageBytes;
    if (page.more) break;
    page.messages.push_back(message_of(query, thread));
    bytes += page.messages.back().text.size();
  }
  return page;
}

MessagesOf SqliteThreadTables::messages_from(std::span<const MessagesFrom> threads, std::size_t limit) const {
  MessagesOf all;
  std::size_t bytes = 0;
  for (; all.threads < threads.size(); ++all.threads) {
    const auto& from = threads[all.threads];
    auto query =
        db_.query("SELECT " MESSAGE_COLUMNS
                  ", sum FROM message WHERE provider_no = ? AND place = ? AND origin = ? AND seq >= ? "
                  "ORDER BY seq");
    bind_key(query, from.thread).bind(from.seq);
    while (query.step()) {
      if (all.messages.size() == limit || bytes >= kMaxPageBytes) return all;
      all.messages.push_back({all.threads, message_of(query, from.thread)});
      bytes += all.messages.back().message.text.size();
    }
  }
  return all;
}

std::int64_t SqliteThreadTables::count_for(const ThreadKey& thread, std::int64_t seq,
                                           const Author& reader) const {
  auto query = db_.query(
      "SELECT count(*) FROM message WHERE provider_no = ? AND place = ? AND origin = ? AND seq > ? AND "
      "author <> ?");
  bind_key(query, thread).bind(seq).bind(number_of(reader));
  return query.step() ? query.i64(0) : 0;
}

void SqliteThreadTables::remove_texts(ProviderNo provider, Place place) {
  const auto author = number_of({Side::client, place});
  std::vector<std::pair<ThreadKey, Message>> written;
  const auto collect = [&](Query& query) {
    while (query.step()) {
      auto& [key, message] = written.emplace_back();
      key = {query.i64(0), place_in(query.i64(1)), query.i64(2)};
      message.seq = query.i64(3);
    }
  };
  {
    auto own = db_.query(
        "SELECT provider_no, place, origin, seq FROM message WHERE provider_no = ? AND place = ? AND author "
        "= ?");
    own.bind(provider).bind(std::int64_t{place}).bind(author);
    collect(own);
    auto in_communities = db_.query(
        "SELECT provider_no, place, origin, seq FROM message WHERE provider_no = ? AND author = ? AND origin "
        "< 0");
    in_communities.bind(provider).bind(author);
    collect(in_communities);
  }
  for (auto& [key, message] : written) remove_text(key, message.seq);
}

/// Also of a damaged row, which stays damaged: what is to be forgotten is forgotten.
void SqliteThreadTables::remove_text(const ThreadKey& thread, std::int64_t seq) {
  std::optional<Message> sound;
  try {
    sound = message(thread, seq);
  } catch (const Error& error) {
    if (error.code() != Code::corrupt) throw;
  }
  if (!sound) {
    auto query = db_.query(
        "UPDATE message SET text = x'', key_hash = NULL "
        "WHERE provider_no = ? AND place = ? AND origin = ? AND seq = ?");
    bind_key(query, thread).bind(seq).run();
    return;
  }
  sound->text.clear();
  sound->key_hash.clear();
  auto query = db_.query(kUpdateMessage.c_str());
  RowWriter writer(query, kMessage);
  const Message& removed = *sound;
  visit(writer, thread, removed);
  writer.finish();
  query.run();
}

void SqliteThreadTables::delete_threads(std::span<const ThreadKey> keys) {
  for (const auto& key : keys) {
    auto query = db_.query("DELETE FROM thread WHERE provider_no = ? AND place = ? AND origin = ?");
    bind_key(query, key).run();
  }
}

std::optional<ThreadKey> SqliteThreadTables::thread_bound_to(std::string_view host_ref) const {
  auto query = db_.query("SELECT " REF_COLUMNS ", sum FROM thread_ref WHERE host_ref = ?");
  if (!query.bind(host_ref).step()) return std::nullopt;
  const auto [key, found] = reference_of(query);
  if (found != host_ref) throw Error(Code::corrupt, "the index of references leads to another");
  return key;
}

/// Nobody else writes between the look and the insert.
ThreadTables::Bound SqliteThreadTables::put_host_ref(const ThreadKey& thread, std::string_view host_ref) {
  if (const auto bound = thread_bound_to(host_ref)) return *bound == thread ? Bound::same : Bound::taken;
  auto query = db_.query(kPutRef.c_str());
  RowWriter writer(query, kRef);
  visit_key(writer, thread);
  writer.text(host_ref);
  writer.finish();
  query.run();
  return Bound::put;
}

bool SqliteThreadTables::delete_host_ref(const ThreadKey& thread) {
  auto query = db_.query("DELETE FROM thread_ref WHERE provider_no = ? AND place = ? AND origin = ?");
  return bind_key(query, thread).run() > 0;
}

void SqliteThreadTables::delete_host_refs(ProviderNo provider, Place place) {
  auto query = db_.query("DELETE FROM thread_ref WHERE provider_no = ? AND place = ?");
  query.bind(provider).bind(std::int64_t{place}).run();
}

void SqliteThreadTables::find_damage(std::vector<FindingRow>& findings) const {
  find_damaged_rows(db_, kThread, kAllThreads, findings);
  find_damaged_rows(db_, kMessage, kAllMessages, findings);
  find_damaged_rows(db_, kRef, kAllRefs, findings);
  // Rows that are no more, by what they have left.
  auto threads = db_.once(
      "SELECT DISTINCT provider_no, place, origin FROM message AS m WHERE NOT EXISTS "
      "(SELECT 1 FROM thread AS t WHERE t.provider_no = m.provider_no AND t.place = m.place AND "
      "t.origin = m.origin)");
  add_gone(threads, "thread", "it is gone, and has messages", findings);
  auto members = db_.once(
      "SELECT provider_no, place, origin FROM thread AS t WHERE origin < 0 AND place <> ? AND NOT EXISTS "
      "(SELECT 1 FROM member AS m WHERE m.provider_no = t.provider_no AND m.community_no = -t.origin AND "
      "m.place = t.place)");
  members.bind(std::int64_t{kCommunityPlace});
  add_gone(members, "member", "it is gone, and has a thread of the community", findings);
}

}  // namespace bccast::sqlite
