#include "adapters/sqlite/event_tables.hpp"

#include <algorithm>
#include <optional>
#include <string>

#include "adapters/sqlite/mapping.hpp"
#include "adapters/sqlite/number_tables.hpp"
#include "base/error.hpp"

namespace bccast::sqlite {
namespace {

/// So many events lie between two looks for those that are too old, and several times as many may go at one,
/// so that the oldest are always gone in the end.
constexpr EventNo kForgetEvery = 256;
constexpr std::int64_t kForgottenTogether = 2048;
#define EVENT_COLUMNS "event_no, at, kind, provider_no, number, place"
#define READER_COLUMNS "name, acknowledged"

constexpr RowTable kEvent{
    "event", RowKind::event, EVENT_COLUMNS, {.key = "event_no", .fixed = "", .counted = "number"}};
constexpr Sql kInsertEvent = insert_row(kEvent);

constexpr RowTable kReader{
    "event_reader", RowKind::reader, READER_COLUMNS, {.key = "name", .fixed = "", .counted = ""}};
constexpr Sql kPutReader = replace_row(kReader);

template <typename Columns, typename Row>
void visit(Columns& columns, Row& e) {
  columns.number(e.no);
  columns.number(e.at);
  columns.one_of(e.kind, EventKind::log_pinned);
  columns.number(e.provider_no);
  columns.number(e.number);
  columns.place(e.place);
}

EventNo acknowledged_of(const Query& query) {
  std::string name;
  EventNo no = 0;
  RowReader reader(query, kReader);
  reader.text(name);
  reader.number(no);
  reader.finish();
  return no;
}

constexpr Sql kAllEvents = select_rows(kEvent);
constexpr Sql kAllReaders = select_rows(kReader);

}  // namespace

bool SqliteEventTables::has_readers() const {
  return db_.query("SELECT 1 FROM event_reader LIMIT 1").step();
}

std::optional<EventNo> SqliteEventTables::acknowledged(std::string_view reader) const {
  auto query = db_.query("SELECT " READER_COLUMNS ", sum FROM event_reader WHERE name = ?");
  if (!query.bind(reader).step()) return std::nullopt;
  return acknowledged_of(query);
}

void SqliteEventTables::set_acknowledged(std::string_view reader, EventNo no) {
  auto query = db_.query(kPutReader.c_str());
  RowWriter writer(query, kReader);
  writer.text(reader);
  writer.number(no);
  writer.finish();
  query.run();
}

EventNo SqliteEventTables::acknowledged_by_all() const {
  auto query = db_.query("SELECT " READER_COLUMNS ", sum FROM event_reader");  // a few rows
  std::optional<EventNo> least;
  while (query.step()) {
    const auto no = acknowledged_of(query);
    least = std::min(least.value_or(no), no);
  }
  return least.value_or(0);
}

EventNo SqliteEventTables::last_event() const {
  return SqliteNumberTables(db_).peek(NumberKind::event) - 1;
}

void SqliteEventTables::insert_event(const Event& event, Ms keep_since) {
  Event row = event;
  row.no = SqliteNumberTables(db_).next(NumberKind::event);  // who writes is alone until the commit
  auto query = db_.query(kInsertEvent.c_str());
  RowWriter writer(query, kEvent);
  visit(writer, row);
  writer.finish();
  query.run();
  if (row.no % kForgetEvery == 0) forget_before(keep_since);
}

std::vector<Event> SqliteEventTables::events(EventNo after, Ms since, std::size_t limit) const {
  auto query = db_.query("SELECT " EVENT_COLUMNS
                         ", sum FROM event WHERE event_no > ? AND at >= ? ORDER BY event_no LIMIT ?");
  query.bind(after).bind(since).bind(static_cast<std::int64_t>(limit));
  std::vector<Event> all;
  while (query.step()) {
    RowReader reader(query, kEvent);
    visit(reader, all.emplace_back());
    reader.finish();
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
  db_.query("UPDATE event SET number = 0, sum = sum - number WHERE kind = 5 AND number = ?")
      .bind(client_no)
      .run();
}

void SqliteEventTables::find_damage(std::vector<FindingRow>& findings) const {
  find_damaged_rows(db_, kEvent, kAllEvents, findings);
  find_damaged_rows(db_, kReader, kAllReaders, findings);
}

}  // namespace bccast::sqlite
