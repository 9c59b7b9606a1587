#include "adapters/sqlite/thread_tables.hpp"

#include <limits>
#include <optional>

#include "adapters/sqlite/columns.hpp"
#include "model/checked.hpp"

namespace bccast::sqlite {
namespace {

#define THREAD_COLUMNS                                                                         \
  "provider_no, place, origin, last_seq, last_at, client_read, provider_read, client_unread, " \
  "provider_unread, "                                                                          \
  "opened_at, touched, activity"
#define MESSAGE_COLUMNS "seq, author, at, key_hash, actor, text"

// A provider's threads, the latest first, of which something holds that has an index in this order.
#define OF_PROVIDER(holds)                                                 \
  "SELECT " THREAD_COLUMNS " FROM thread WHERE provider_no = ? AND " holds \
  " AND (last_at, origin, place) < (?, ?, ?) ORDER BY last_at DESC, origin DESC, place DESC"
#define OF_BLAST(holds)                                                                   \
  "SELECT " THREAD_COLUMNS " FROM thread WHERE provider_no = ? AND origin = ? AND " holds \
  " AND (last_at, place) < (?, ?) ORDER BY last_at DESC, place DESC"
#define ALONE "touched = 1"
#define REPLIED "touched = 2"

constexpr std::int64_t kMax = std::numeric_limits<std::int64_t>::max();

Thread thread_of(const Query& query) {
  Thread t;
  t.key = {query.i64(0), static_cast<Place>(query.i64(1)), query.i64(2)};
  t.last_seq = query.i64(3);
  t.last_at = query.i64(4);
  t.client_read = query.i64(5);
  t.provider_read = query.i64(6);
  t.client_unread = query.i64(7);
  t.provider_unread = query.i64(8);
  t.opened_at = query.i64(9);
  t.touched = query.i64(10) > 0;
  t.replied = query.i64(10) > 1;
  t.activity = query.i64(11);
  return t;
}

/// The rows of a query one by one; of none when there is no query.
class ThreadStream {
 public:
  template <typename Bind>
  ThreadStream(Connection& db, const char* sql, Bind&& bind) {
    if (sql == nullptr) return;
    query_.emplace(db, sql);
    bind(query_->query);
    advance();
  }
  void advance() {
    head.reset();
    if (query_->query.step()) head = thread_of(query_->query);
  }
  std::optional<Thread> head;

 private:
  struct Held {
    Held(Connection& db, const char* sql) : query(db.query(sql)) {}
    Query query;
  };
  std::optional<Held> query_;
};

void bind_thread(Query& query, const Thread& t) {
  query.bind(t.key.provider_no)
      .bind(std::int64_t{t.key.place})
      .bind(t.key.origin)
      .bind(t.last_seq)
      .bind(t.last_at);
  query.bind(t.client_read)
      .bind(t.provider_read)
      .bind(t.client_unread)
      .bind(t.provider_unread)
      .bind(t.opened_at);
  query.bind(std::int64_t{t.touched ? (t.replied ? 2 : 1) : 0}).bind(t.activity);
}

std::int64_t number_of(const Author& author) {
  return author.side == Side::provider ? 0 : std::int64_t{author.place} + 1;
}

Author author_of(std::int64_t number) {
  if (number < 0 || number > std::int64_t{kMaxPlaces})
    throw Error(Code::corrupt, "a message has an author that can not be");
  if (number == 0) return {};
  return {Side::client, static_cast<Place>(number - 1)};
}

Message message_of(const Query& query) {
  Message m;
  m.seq = query.i64(0);
  m.author = author_of(query.i64(1));
  m.at = query.i64(2);
  m.key_hash = key_hash_of(query.blob(3));
  m.actor = query.string(4);
  const auto text = query.blob(5);
  m.removed = text.empty();
  if (!m.removed) m.text = checked_content(text, "a text");
  return m;
}

Query& bind_key(Query& query, const ThreadKey& key) {
  return query.bind(key.provider_no).bind(std::int64_t{key.place}).bind(key.origin);
}

}  // namespace

std::optional<Thread> SqliteThreadTables::thread(const ThreadKey& key) const {
  auto query =
      db_.query("SELECT " THREAD_COLUMNS " FROM thread WHERE provider_no = ? AND place = ? AND origin = ?");
  if (!bind_key(query, key).step()) return std::nullopt;
  return thread_of(query);
}

void SqliteThreadTables::put_thread(const Thread& thread) {
  auto query = db_.query("INSERT OR REPLACE INTO thread(" THREAD_COLUMNS
                         ") VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)");
  bind_thread(query, thread);
  query.run();
}

void SqliteThreadTables::add_thread(const Thread& thread) {
  auto query = db_.query("INSERT INTO thread(" THREAD_COLUMNS
                         ") VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING");
  bind_thread(query, thread);
  query.run();
}

void SqliteThreadTables::client_threads(ProviderNo provider, Place place, Ms from, bool unread,
                                        FunctionRef<bool(const Thread&)> f) const {
  auto query = unread ? db_.query("SELECT " THREAD_COLUMNS
                                  " FROM thread WHERE provider_no = ? AND place = ? AND client_unread > 0 "
                                  "AND last_at <= ? ORDER BY last_at DESC, origin DESC")
                      : db_.query("SELECT " THREAD_COLUMNS
                                  " FROM thread WHERE provider_no = ? AND place = ? AND last_at <= ? "
                                  "ORDER BY last_at DESC, origin DESC");
  query.bind(provider).bind(std::int64_t{place}).bind(from);
  while (query.step())
    if (!f(thread_of(query))) return;
}

void SqliteThreadTables::provider_threads(ProviderNo provider, const ThreadPosition* after,
                                          const Wanted& wanted, FunctionRef<bool(const Thread&)> f) const {
  const auto bind = [&](Query& query) {
    query.bind(provider);
    if (wanted.of_blast) query.bind(*wanted.of_blast);
    query.bind(after != nullptr ? after->last_at : kMax);
    if (!wanted.of_blast) query.bind(after != nullptr ? after->origin : kMax);  // else the same for all
    query.bind(after != nullptr ? std::int64_t{after->place} : kMax);
  };
  const bool of_blast = wanted.of_blast.has_value();
  if (wanted.unread) {
    ThreadStream unread(db_, of_blast ? OF_BLAST("provider_unread > 0") : OF_PROVIDER("provider_unread > 0"),
                        bind);
    for (; unread.head; unread.advance())
      if (!f(*unread.head)) return;
    return;
  }
  // Those with and those without a reply are two lists, which together are the one of all.
  constexpr const char* kEmpty = nullptr;
  const bool with = wanted.replied.value_or(true);
  const bool without = !wanted.replied.value_or(false);
  ThreadStream replied(db_, !with ? kEmpty : of_blast ? OF_BLAST(REPLIED) : OF_PROVIDER(REPLIED), bind);
  ThreadStream alone(db_, !without ? kEmpty : of_blast ? OF_BLAST(ALONE) : OF_PROVIDER(ALONE), bind);
  while (replied.head || alone.head) {
    const bool first = !alone.head || (replied.head && position_of(*replied.head) > position_of(*alone.head));
    ThreadStream& next = first ? replied : alone;
    if (!f(*next.head)) return;
    next.advance();
  }
}

void SqliteThreadTables::touched_places(ProviderNo provider, BlastNo blast,
                                        FunctionRef<void(Place)> f) const {
  auto query = db_.query(
      "SELECT place FROM thread INDEXED BY thread_blast_alone "
      "WHERE provider_no = ?1 AND origin = ?2 AND " ALONE
      " UNION ALL SELECT place FROM thread INDEXED BY thread_blast_replied "
      "WHERE provider_no = ?1 AND origin = ?2 AND " REPLIED);
  query.bind(provider).bind(blast);
  while (query.step()) f(static_cast<Place>(query.i64(0)));
}

ThreadTables::Unread SqliteThreadTables::client_unread(ProviderNo provider, Place place) const {
  auto query = db_.query(
      "SELECT count(*), sum(client_unread) FROM thread WHERE provider_no = ? AND place = ? AND client_unread "
      "> 0");
  query.bind(provider).bind(std::int64_t{place});
  return query.step() ? Unread{query.i64(0), query.i64(1)} : Unread{};
}

ThreadTables::Unread SqliteThreadTables::provider_unread(ProviderNo provider) const {
  auto query = db_.query(
      "SELECT count(*), sum(provider_unread) FROM thread WHERE provider_no = ? AND provider_unread > 0");
  query.bind(provider);
  return query.step() ? Unread{query.i64(0), query.i64(1)} : Unread{};
}

void SqliteThreadTables::insert_message(const ThreadKey& thread, const Message& m) {
  const std::string stored = checked_bytes(m.text);
  auto query = db_.query("INSERT INTO message(provider_no, place, origin, " MESSAGE_COLUMNS
                         ") VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)");
  bind_key(query, thread).bind(m.seq).bind(number_of(m.author)).bind(m.at);
  query.bind_blob_or_null(m.key_hash).bind_or_null(m.actor).bind(string_as_bytes(stored)).run();
}

std::optional<Message> SqliteThreadTables::message(const ThreadKey& thread, std::int64_t seq) const {
  auto query = db_.query("SELECT " MESSAGE_COLUMNS
                         " FROM message WHERE provider_no = ? AND place = ? AND origin = ? AND seq = ?");
  if (!bind_key(query, thread).bind(seq).step()) return std::nullopt;
  return message_of(query);
}

std::optional<Message> SqliteThreadTables::message_by_key(const ThreadKey& thread, const Author& author,
                                                          std::string_view key_hash) const {
  auto query = db_.query("SELECT " MESSAGE_COLUMNS
                         " FROM message WHERE provider_no = ? AND place = ? AND origin = ? AND author = ? "
                         "AND key_hash = ?");
  bind_key(query, thread).bind(number_of(author)).bind(string_as_bytes(key_hash));
  if (!query.step()) return std::nullopt;
  return message_of(query);
}

void SqliteThreadTables::messages(const ThreadKey& thread, std::int64_t from, bool ascending,
                                  FunctionRef<bool(const Message&)> f) const {
  auto query =
      ascending ? db_.query("SELECT " MESSAGE_COLUMNS
                            " FROM message WHERE provider_no = ? AND place = ? AND origin = ? AND seq >= ? "
                            "ORDER BY seq")
                : db_.query("SELECT " MESSAGE_COLUMNS
                            " FROM message WHERE provider_no = ? AND place = ? AND origin = ? AND seq <= ? "
                            "ORDER BY seq DESC");
  bind_key(query, thread).bind(from);
  while (query.step())
    if (!f(message_of(query))) return;
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
  auto own = db_.query(
      "UPDATE message SET text = x'', key_hash = NULL WHERE provider_no = ? AND place = ? AND author = ?");
  own.bind(provider).bind(std::int64_t{place}).bind(author).run();
  auto in_communities = db_.query(
      "UPDATE message SET text = x'', key_hash = NULL WHERE provider_no = ? AND author = ? AND origin < 0");
  in_communities.bind(provider).bind(author).run();
}

void SqliteThreadTables::delete_thread(const ThreadKey& key) {
  auto query = db_.query("DELETE FROM thread WHERE provider_no = ? AND place = ? AND origin = ?");
  bind_key(query, key).run();
}

std::optional<std::string> SqliteThreadTables::host_ref(const ThreadKey& thread) const {
  auto query =
      db_.query("SELECT host_ref FROM thread_ref WHERE provider_no = ? AND place = ? AND origin = ?");
  if (!bind_key(query, thread).step()) return std::nullopt;
  return query.string(0);
}

std::optional<ThreadKey> SqliteThreadTables::thread_bound_to(std::string_view host_ref) const {
  auto query = db_.query("SELECT provider_no, place, origin FROM thread_ref WHERE host_ref = ?");
  if (!query.bind(host_ref).step()) return std::nullopt;
  return ThreadKey{query.i64(0), static_cast<Place>(query.i64(1)), query.i64(2)};
}

void SqliteThreadTables::put_host_ref(const ThreadKey& thread, std::string_view host_ref) {
  auto query = db_.query(
      "INSERT INTO thread_ref(provider_no, place, origin, host_ref) VALUES (?, ?, ?, ?) "
      "ON CONFLICT(provider_no, place, origin) DO UPDATE SET host_ref = excluded.host_ref");
  bind_key(query, thread).bind(host_ref).run();
}

void SqliteThreadTables::delete_host_ref(const ThreadKey& thread) {
  auto query = db_.query("DELETE FROM thread_ref WHERE provider_no = ? AND place = ? AND origin = ?");
  bind_key(query, thread).run();
}

void SqliteThreadTables::delete_host_refs(ProviderNo provider, Place place) {
  auto query = db_.query("DELETE FROM thread_ref WHERE provider_no = ? AND place = ?");
  query.bind(provider).bind(std::int64_t{place}).run();
}

}  // namespace bccast::sqlite
