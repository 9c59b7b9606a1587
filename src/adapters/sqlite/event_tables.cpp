#include "adapters/sqlite/event_tables.hpp"

#include "base/error.hpp"

namespace bccast::sqlite {
namespace {

/// Several times as many as come between two calls, so that the oldest are always gone in the end.
constexpr std::int64_t kForgottenTogether = 2048;

}  // namespace

bool SqliteEventTables::has_readers() const {
  return db_.query("SELECT 1 FROM event_reader LIMIT 1").step();
}

std::optional<EventNo> SqliteEventTables::acknowledged(std::string_view reader) const {
  auto query = db_.query("SELECT acknowledged FROM event_reader WHERE name = ?");
  if (!query.bind(reader).step()) return std::nullopt;
  return query.i64(0);
}

void SqliteEventTables::set_acknowledged(std::string_view reader, EventNo no) {
  auto query = db_.query(
      "INSERT INTO event_reader(name, acknowledged) VALUES (?, ?) "
      "ON CONFLICT DO UPDATE SET acknowledged = excluded.acknowledged");
  query.bind(reader).bind(no).run();
}

EventNo SqliteEventTables::acknowledged_by_all() const {
  auto query = db_.query("SELECT min(acknowledged) FROM event_reader");
  return query.step() ? query.i64(0) : 0;
}

EventNo SqliteEventTables::last_event() const {
  // Of all there ever were: numbers are not used twice, also when the last ones were forgotten.
  auto query = db_.query("SELECT seq FROM sqlite_sequence WHERE name = 'event'");
  return query.step() ? query.i64(0) : 0;
}

EventNo SqliteEventTables::insert_event(const Event& e) {
  auto query = db_.query("INSERT INTO event(at, kind, provider_no, number, place) VALUES (?, ?, ?, ?, ?)");
  query.bind(e.at).bind(static_cast<std::int64_t>(e.kind)).bind(e.provider_no).bind(e.number);
  query.bind(std::int64_t{e.place}).run();
  return db_.last_rowid();
}

std::vector<Event> SqliteEventTables::events(EventNo after, Ms since, std::size_t limit) const {
  auto query = db_.query(
      "SELECT event_no, at, kind, provider_no, number, place FROM event WHERE event_no > ? AND at >= ? "
      "ORDER BY event_no LIMIT ?");
  query.bind(after).bind(since).bind(static_cast<std::int64_t>(limit));
  std::vector<Event> all;
  while (query.step()) {
    const auto kind = query.i64(2);
    if (kind < 1 || kind > static_cast<std::int64_t>(EventKind::channel_paused))
      throw Error(Code::corrupt, "an event is of no known kind");
    all.push_back({query.i64(0), query.i64(1), static_cast<EventKind>(kind), query.i64(3), query.i64(4),
                   static_cast<Place>(query.i64(5))});
  }
  return all;
}

void SqliteEventTables::forget_up_to(EventNo no) {
  db_.query("DELETE FROM event WHERE event_no <= ?").bind(no).run();
}

void SqliteEventTables::forget_before(Ms at) {
  // The oldest come first, but for steps of the clock: what those leave behind goes with the rest. Only the
  // oldest are looked at, however many there are.
  auto query = db_.query(
      "DELETE FROM event WHERE event_no <= (SELECT coalesce(max(event_no), 0) FROM "
      "(SELECT event_no, at FROM event ORDER BY event_no LIMIT ?) WHERE at < ?)");
  query.bind(kForgottenTogether).bind(at).run();
}

void SqliteEventTables::forget_client(std::int64_t client_no) {
  static_assert(static_cast<int>(EventKind::roster_changed) == 5, "as in the index event_of_client");
  db_.query("UPDATE event SET number = 0 WHERE kind = 5 AND number = ?").bind(client_no).run();
}

}  // namespace bccast::sqlite
