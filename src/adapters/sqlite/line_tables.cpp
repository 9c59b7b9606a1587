#include "adapters/sqlite/line_tables.hpp"

#include <algorithm>
#include <exception>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include "adapters/sqlite/blast_tables.hpp"
#include "adapters/sqlite/mapping.hpp"
#include "base/error.hpp"
#include "model/text_rules.hpp"
#include "ports/blast_tables.hpp"

namespace bccast::sqlite {
namespace {

#define LINE_COLUMNS                                                                                 \
  "line_no, provider_no, blast_no, channel_no, kind, state, turn, seq, slices, places, order_kind, " \
  "order_key, cursor, total, done, failed, skipped, follows, limit_pos, waiting, wake_from"
#define TOLD_ADDRESS_COLUMNS "line_no, hash, place, told"
#define WAITING_COLUMNS "line_no, slice_no, due_at, reason, channel_no, parked"
#define LINE_ROW LINE_COLUMNS ", sum"

constexpr RowTable kLine{
    "line",
    RowKind::line,
    LINE_COLUMNS,
    {.key = "line_no",
     .fixed = "provider_no, blast_no, channel_no, kind, seq, slices, places, order_kind, order_key, total, "
              "follows",
     .counted = ""}};
constexpr Sql kInsertLine = insert_row(kLine);
constexpr Sql kUpdateLine = update_row(kLine);

constexpr RowTable kToldAddress{"told_address",
                                RowKind::told_address,
                                TOLD_ADDRESS_COLUMNS,
                                {.key = "line_no, hash", .fixed = "", .counted = "told"}};
constexpr Sql kInsertToldAddress = insert_row(kToldAddress, " ON CONFLICT DO NOTHING");
constexpr Sql kPutToldAddress = replace_row(kToldAddress);

template <typename Columns, typename Row>
void visit_told_address(Columns& columns, Row& told) {
  columns.number(told.line_no);
  columns.number(told.hash);
  columns.place(told.place);
  columns.flag(told.told);
}

// Without its bitmap, which is bound to the same numbers.
constexpr RowTable kWaitingPlaces{
    "waiting",
    RowKind::waiting,
    WAITING_COLUMNS,
    {.key = "line_no, slice_no, due_at, reason", .fixed = "", .counted = "parked"}};

// Line::open, its cursor and what it has left as one number, so that one index finds the lines with something
// to hand out, and another those that have ended and left something.
// (A query that says "state = 1" does not use that index: SQLite does not conclude the index's own
// "state > 0" from it, and, told both, looks for the second.)
enum LineState : std::int64_t { kToForget = -1, kEnded = 0, kHandingOut = 1, kWaiting = 2, kPaused = 3 };

std::int64_t state_of(const Line& line) {
  if (!line.open) return line.has_told_addresses ? kToForget : kEnded;
  if (line.paused) return kPaused;
  return line.cursor < line.hand_out_to() ? kHandingOut : kWaiting;
}

template <typename Columns, typename Row>
void visit_line(Columns& columns, Row& l) {
  columns.number(l.no);
  columns.number(l.provider_no);
  columns.number(l.blast_no);
  columns.number(l.channel_no);
  columns.one_of(l.kind, kLastLineKind);
  std::int64_t state = state_of(l);
  columns.number(state);
  columns.number(l.turn);
  columns.number(l.seq);
  columns.slices(l.slices);
  columns.place(l.order.places);
  columns.one_of(l.order.kind, OrderKind::in_windows);
  columns.number(l.order.key);
  for (auto* number : {&l.cursor, &l.total, &l.done, &l.failed, &l.skipped}) columns.number(*number);
  columns.flag(l.follows);
  columns.number(l.limit);
  columns.number(l.waiting);
  columns.number(l.wake_from);
  if constexpr (Columns::kReads) {
    l.open = state > kEnded;
    l.has_told_addresses = state == kToForget;
    l.paused = state == kPaused;
  }
}

/// Positions are walked from one to another: what lies outside of the line would be walked for years.
void require_positions(const Line& l) {
  const Position end = l.order.end();
  const auto is_within = [&](Position at) { return at >= 0 && at <= end; };
  const bool within = is_within(l.cursor) && is_within(l.limit) && is_within(l.wake_from);
  const bool known = l.order.kind == OrderKind::singly || l.order.kind == OrderKind::in_windows;
  if (!within || !known) throw Error(Code::corrupt, "a line stands at a position that cannot be");
}

Line line_of(const Query& query) {
  Line line;
  RowReader reader(query, kLine);
  visit_line(reader, line);
  reader.finish();
  require_positions(line);
  return line;
}

void write_line(Query& query, const Line& line) {
  RowWriter writer(query, kLine);
  visit_line(writer, line);
  writer.finish();
  query.run();
}

void sort_by_number(std::vector<Line>& lines) {
  std::sort(lines.begin(), lines.end(), [](const Line& a, const Line& b) { return a.no < b.no; });
}

/// The column of the places, where they are selected behind a row and its sum.
constexpr int kPlacesOfWaiting = static_cast<int>(kWaitingPlaces.count) + 1;

/// A row of `waiting` but for its places.
struct WaitingRow {
  LineNo line = 0;
  SliceNo slice = 0;
  Wait wait;
  ChannelNo channel = 0;
  bool parked = false;
};

template <typename Columns, typename Row>
void visit_waiting(Columns& columns, Row& w) {
  columns.number(w.line);
  columns.slices(w.slice);
  columns.number(w.wait.due_at);
  columns.one_of(w.wait.reason, WaitReason::quiet_again);
  columns.number(w.channel);
  columns.flag(w.parked);
}

WaitingRow waiting_of(const Query& query) {
  WaitingRow row;
  RowReader reader(query, kWaitingPlaces);
  visit_waiting(reader, row);
  reader.finish();
  return row;
}

std::uint32_t waiting_key(const WaitingRow& row) {
  return bitmap_key(RowKind::waiting, 1, row.line, row.slice, row.wait.due_at,
                    static_cast<std::int64_t>(row.wait.reason), row.channel);
}
std::uint32_t bitmap_key_of(const SkipKey& key) {
  return bitmap_key(RowKind::skip, static_cast<int>(key.reason), key.provider_no, key.of.line_no,
                    key.of.slice);
}
/// How many bitmaps are 8 MiB.
constexpr std::size_t kMostBitmaps = kMaxPageBytes / sizeof(Slice);

constexpr Sql kAllLines = select_rows(kLine);
constexpr Sql kAllWaiting = select_rows(kWaitingPlaces);
constexpr Sql kAllToldAddresses = select_rows(kToldAddress);

}  // namespace

void SqliteLineTables::insert_line(const Line& line) {
  auto query = db_.query(kInsertLine.c_str());
  write_line(query, line);
}

std::optional<Line> SqliteLineTables::line(LineNo no) const {
  auto query = db_.query("SELECT " LINE_ROW " FROM line WHERE line_no = ?");
  query.bind(no);
  if (!query.step()) return std::nullopt;
  return line_of(query);
}

Found<LineNo, Line> SqliteLineTables::lines(std::span<const LineNo> nos) const {
  return find_each(nos, [&](LineNo no) { return line(no); });
}

std::vector<Line> SqliteLineTables::lines(ProviderNo provider, BlastNo blast) const {
  std::exception_ptr damaged;
  auto all = sound_lines(provider, blast, damaged);
  if (damaged) std::rethrow_exception(damaged);
  return all;
}

Found<BlastKey, std::vector<Line>> SqliteLineTables::lines_of(std::span<const BlastKey> blasts) const {
  return find_each(blasts,
                   [&](const BlastKey& blast) { return std::optional(lines(blast.first, blast.second)); });
}

std::vector<Line> SqliteLineTables::sound_lines(ProviderNo provider, BlastNo blast) const {
  std::exception_ptr damaged;
  return sound_lines(provider, blast, damaged);
}

std::vector<Line> SqliteLineTables::sound_lines(ProviderNo provider, BlastNo blast,
                                                std::exception_ptr& damaged) const {
  auto query =
      db_.query("SELECT " LINE_ROW " FROM line WHERE provider_no = ? AND blast_no = ? ORDER BY line_no");
  query.bind(provider).bind(blast);
  std::vector<Line> all;
  const auto asked_for = [&](const Query& row) {
    auto line = line_of(row);
    require_asked_for(line.provider_no == provider && line.blast_no == blast);
    return line;
  };
  while (auto line = next_sound(query, asked_for, damaged)) all.push_back(std::move(*line));
  return all;
}

std::vector<Line> SqliteLineTables::open_lines(ProviderNo provider) const {
  std::exception_ptr damaged;
  auto all = sound_open_lines(provider, damaged);
  if (damaged) std::rethrow_exception(damaged);
  return all;
}

std::vector<Line> SqliteLineTables::sound_open_lines(ProviderNo provider) const {
  std::exception_ptr damaged;
  return sound_open_lines(provider, damaged);
}

std::vector<Line> SqliteLineTables::sound_open_lines(ProviderNo provider, std::exception_ptr& damaged) const {
  auto query = db_.query(
      "SELECT blast_no FROM blast INDEXED BY blast_under_way WHERE provider_no = ? AND finished_at = 0 AND "
      "state > 0");
  query.bind(provider);
  std::vector<Line> all;
  while (query.step()) {
    for (auto& line : sound_lines(provider, query.i64(0), damaged))
      if (line.open) all.push_back(std::move(line));
  }
  sort_by_number(all);
  return all;
}

std::vector<Line> SqliteLineTables::open_lines_of_channel(ChannelNo channel) const {
  std::exception_ptr damaged;
  auto all = sound_open_lines_of_channel(channel, damaged);
  if (damaged) std::rethrow_exception(damaged);
  return all;
}

std::vector<Line> SqliteLineTables::sound_open_lines_of_channel(ChannelNo channel) const {
  std::exception_ptr damaged;
  return sound_open_lines_of_channel(channel, damaged);
}

std::vector<Line> SqliteLineTables::sound_open_lines_of_channel(ChannelNo channel,
                                                                std::exception_ptr& damaged) const {
  auto query = db_.query("SELECT " LINE_ROW " FROM line WHERE channel_no = ? AND state > 0");
  query.bind(channel);
  std::vector<Line> all;
  const auto asked_for = [&](const Query& row) {
    auto line = line_of(row);
    require_asked_for(line.channel_no == channel && line.open);
    return line;
  };
  while (auto line = next_sound(query, asked_for, damaged)) all.push_back(std::move(*line));
  sort_by_number(all);
  return all;
}

std::optional<Line> SqliteLineTables::next_line(ChannelNo channel) const {
  auto query = db_.query("SELECT " LINE_ROW
                         " FROM line WHERE channel_no = ? AND state > 0 AND state < 2 ORDER BY state, turn");
  query.bind(channel);
  return first_sound(query, [&](const Query& row) {
    auto line = line_of(row);
    require_asked_for(line.channel_no == channel && state_of(line) == kHandingOut);
    return line;
  });
}

std::int64_t SqliteLineTables::last_turn(ChannelNo channel) const {
  auto query = db_.query(
      "SELECT turn FROM line WHERE channel_no = ? AND state > 0 AND state < 2 "
      "ORDER BY state DESC, turn DESC LIMIT 1");
  query.bind(channel);
  return query.step() ? query.i64(0) : 0;
}

void SqliteLineTables::update_line(const Line& line) {
  Line stored = line;
  if (!line.open) {
    auto left = db_.query("SELECT EXISTS (SELECT 1 FROM told_address WHERE line_no = ?)");
    left.bind(line.no);
    stored.has_told_addresses = left.step() && left.i64(0) != 0;
  }
  auto query = db_.query(kUpdateLine.c_str());
  write_line(query, stored);
}

std::int64_t SqliteLineTables::pending(ChannelNo channel) const {
  std::int64_t sum = 0;
  for (const char* sql :
       {"SELECT sum(total - done - failed - skipped) FROM line WHERE channel_no = ? AND state > 0",
        "SELECT count(*) FROM item INDEXED BY item_due WHERE channel_no = ? AND line_no = 0 AND state = 0",
        "SELECT count(*) FROM item INDEXED BY item_token WHERE channel_no = ? AND line_no = 0 AND token IS "
        "NOT NULL"}) {
    auto query = db_.query(sql);
    query.bind(channel);
    if (query.step()) sum += query.i64(0);
  }
  return sum;
}

std::vector<Slice> SqliteLineTables::audience(const Line& line, std::span<const SliceNo> slices) const {
  std::vector<Slice> all;
  for (const auto slice : slices) all.push_back(recipients_of(db_, line.provider_no, slice, line.seq));
  return all;
}

void park_waiting_places(Connection& db, LineNo line, bool parked) {
  static_assert(kWaitingPlaces.weights[5] == 1);
  auto query = db.query("UPDATE waiting SET parked = ?1, sum = sum + (?1 - parked) WHERE line_no = ?2");
  query.bind(std::int64_t{parked}).bind(line).run();
}

WaitingPage SqliteLineTables::waiting_places(std::span<const LineSlice> slices) const {
  WaitingPage page;
  while (page.slices < slices.size() && page.places.size() < kMostBitmaps) {
    const auto rest = slices.subspan(page.slices);
    std::size_t run = 1;  // neighbours are read together
    while (run < rest.size() && rest[run].line_no == rest[0].line_no &&
           rest[run].slice == rest[run - 1].slice + 1)
      ++run;
    page.slices += find_waiting(rest.first(run), page.places);
  }
  return page;
}

/// How many of these slices it has read.
std::size_t SqliteLineTables::find_waiting(std::span<const LineSlice> run,
                                           std::vector<WaitingPlaces>& all) const {
  const LineNo line = run.front().line_no;
  const SliceNo begin = run.front().slice;
  const SliceNo end = run.back().slice + 1;
  auto query = db_.query("SELECT " WAITING_COLUMNS
                         ", sum, places FROM waiting WHERE line_no = ? AND slice_no >= ? AND slice_no < ? "
                         "ORDER BY slice_no, due_at, reason");
  query.bind(line).bind(std::int64_t{begin}).bind(std::int64_t{end});
  while (query.step()) {
    const auto row = waiting_of(query);
    require_asked_for(row.line == line && row.slice >= begin && row.slice < end);
    const LineSlice of{line, row.slice};
    const bool new_slice = all.empty() || all.back().of != of;
    if (new_slice && all.size() >= kMostBitmaps) return row.slice - begin;
    all.push_back({of, row.wait, Slice::decode(query.blob(kPlacesOfWaiting), waiting_key(row))});
  }
  return run.size();
}

std::vector<Slice> SqliteLineTables::waiting(std::span<const WaitingKey> keys) const {
  return each_of(keys, [&](const WaitingKey& key) { return stored_waiting(key); });
}

Slice SqliteLineTables::stored_waiting(const WaitingKey& key) const {
  auto query = db_.query("SELECT " WAITING_COLUMNS
                         ", sum, places FROM waiting WHERE line_no = ? AND slice_no = ? AND due_at = ? "
                         "AND reason = ?");
  query.bind(key.of.line_no).bind(std::int64_t{key.of.slice}).bind(key.wait.due_at);
  if (!query.bind(static_cast<std::int64_t>(key.wait.reason)).step()) return {};
  const auto row = waiting_of(query);
  require_asked_for(WaitingKey{{row.line, row.slice}, row.wait} == key);
  return Slice::decode(query.blob(kPlacesOfWaiting), waiting_key(row));
}

void SqliteLineTables::put_waiting_places(const Line& line, std::span<const WaitingPlaces> places) {
  for (const auto& one : places) {
    if (one.places.empty()) {
      auto query =
          db_.query("DELETE FROM waiting WHERE line_no = ? AND slice_no = ? AND due_at = ? AND reason = ?");
      query.bind(line.no).bind(std::int64_t{one.of.slice}).bind(one.wait.due_at);
      query.bind(static_cast<std::int64_t>(one.wait.reason)).run();
      continue;
    }
    const WaitingRow row{line.no, one.of.slice, one.wait, line.channel_no, line.paused};
    const auto bytes = one.places.encode(waiting_key(row));
    auto query = db_.query("INSERT INTO waiting(" WAITING_COLUMNS
                           ", sum, places) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7 + ?6, ?8) "
                           "ON CONFLICT DO UPDATE SET places = excluded.places");
    RowWriter writer(query, kWaitingPlaces);
    visit_waiting(writer, row);
    writer.finish();
    query.bind(bytes).run();
  }
}

std::optional<LineTables::NextWaiting> SqliteLineTables::next_waiting(ChannelNo channel, Ms now,
                                                                      Ms longest) const {
  const auto first_after = [&](Ms after) {
    auto query = db_.query("SELECT " WAITING_COLUMNS
                           ", sum FROM waiting WHERE channel_no = ? AND parked = 0 AND due_at > ? "
                           "ORDER BY due_at");
    query.bind(channel).bind(after);
    return first_sound(query, waiting_of);
  };
  std::optional<WaitingRow> row;
  try {
    row = first_after(now + longest);
  } catch (const Error& error) {
    if (error.code() != Code::corrupt || error.native() != 0) throw;  // those that are due are asked as well
  }
  if (!row) row = first_after(std::numeric_limits<Ms>::min());
  if (!row) return std::nullopt;
  return NextWaiting{row->line, row->wait.due_at};
}

std::vector<Slice> SqliteLineTables::skipped(std::span<const SkipKey> keys) const {
  return each_of(keys, [&](const SkipKey& key) { return stored_skip(key); });
}

Slice SqliteLineTables::stored_skip(const SkipKey& key) const {
  auto query = db_.query(
      "SELECT places FROM skip WHERE provider_no = ? AND line_no = ? AND slice_no = ? AND reason = ?");
  query.bind(key.provider_no)
      .bind(key.of.line_no)
      .bind(std::int64_t{key.of.slice})
      .bind(static_cast<std::int64_t>(key.reason));
  return query.step() ? Slice::decode(query.blob(0), bitmap_key_of(key)) : Slice();
}

void SqliteLineTables::put_skipped(std::span<const std::pair<SkipKey, Slice>> skips) {
  for (const auto& [key, value] : skips) {
    const auto places = value.encode(bitmap_key_of(key));
    auto query = db_.query(
        "INSERT INTO skip(provider_no, line_no, slice_no, reason, places) VALUES (?, ?, ?, ?, ?) "
        "ON CONFLICT DO UPDATE SET places = excluded.places");
    query.bind(key.provider_no)
        .bind(key.of.line_no)
        .bind(std::int64_t{key.of.slice})
        .bind(static_cast<std::int64_t>(key.reason));
    query.bind(places).run();
  }
}

SkippedPage SqliteLineTables::skips(const Line& line, std::span<const SliceNo> slices) const {
  SkippedPage page;
  for (; page.slices < slices.size() && page.places.size() < kMostBitmaps; ++page.slices)
    find_skips(line, slices[page.slices], page.places);
  return page;
}

void SqliteLineTables::find_skips(const Line& line, SliceNo slice, std::vector<SkippedPlaces>& all) const {
  auto query =
      db_.query("SELECT reason, places FROM skip WHERE provider_no = ? AND line_no = ? AND slice_no = ?");
  query.bind(line.provider_no).bind(line.no).bind(std::int64_t{slice});
  while (query.step()) {
    const auto number = query.i64(0);
    if (number < 1 || number > static_cast<std::int64_t>(kSkipReasons.size())) refuse_number("a reason");
    const auto reason = static_cast<SkipReason>(number);
    all.push_back(
        {slice, reason, Slice::decode(query.blob(1), bitmap_key_of(skip_key(line, slice, reason)))});
  }
}

Found<AddressOnLine, ToldAddress> SqliteLineTables::told_addresses(
    std::span<const AddressOnLine> addresses) const {
  return find_each(addresses, [&](const AddressOnLine& address) -> std::optional<ToldAddress> {
    auto query =
        db_.query("SELECT " TOLD_ADDRESS_COLUMNS ", sum FROM told_address WHERE line_no = ? AND hash = ?");
    query.bind(address.line_no).bind(address.hash);
    if (!query.step()) return std::nullopt;
    ToldAddress told;
    RowReader reader(query, kToldAddress);
    visit_told_address(reader, told);
    reader.finish();
    return told;
  });
}

namespace {

bool write_told_address(Query& query, const ToldAddress& address) {
  RowWriter writer(query, kToldAddress);
  visit_told_address(writer, address);
  writer.finish();
  return query.run() > 0;
}

}  // namespace

std::vector<bool> SqliteLineTables::insert_told_addresses(std::span<const ToldAddress> addresses) {
  std::vector<bool> inserted;
  inserted.reserve(addresses.size());
  for (const auto& address : addresses) {
    auto query = db_.query(kInsertToldAddress.c_str());
    inserted.push_back(write_told_address(query, address));
  }
  return inserted;
}

void SqliteLineTables::put_told_addresses(std::span<const ToldAddress> addresses) {
  for (const auto& address : addresses) {
    auto query = db_.query(kPutToldAddress.c_str());
    write_told_address(query, address);
  }
}

void SqliteLineTables::mark_told(std::span<const ToldAddress> addresses) {
  static_assert(kToldAddress.weights[3] == 1);
  for (const auto& address : addresses) {
    auto query = db_.query(
        "UPDATE told_address SET told = ?1, sum = sum + (?1 - told) "
        "WHERE line_no = ?2 AND hash = ?3 AND place = ?4");
    query.bind(std::int64_t{address.told}).bind(address.line_no).bind(address.hash);
    query.bind(std::int64_t{address.place}).run();
  }
}

void SqliteLineTables::delete_told_addresses(std::span<const AddressOnLine> addresses) {
  for (const auto& address : addresses) {
    auto query = db_.query("DELETE FROM told_address WHERE line_no = ? AND hash = ?");
    query.bind(address.line_no).bind(address.hash).run();
  }
}

std::optional<Line> SqliteLineTables::line_to_forget() const {
  auto query = db_.query("SELECT " LINE_ROW " FROM line WHERE state < 0");
  return first_sound(query, [](const Query& row) {
    auto line = line_of(row);
    require_asked_for(line.has_told_addresses);
    return line;
  });
}

std::vector<LineNo> SqliteLineTables::lines_to_forget(ProviderNo provider) const {
  auto query = db_.query("SELECT line_no FROM line WHERE provider_no = ? AND state < 0");
  query.bind(provider);
  std::vector<LineNo> all;
  while (query.step()) all.push_back(query.i64(0));
  return all;
}

void SqliteLineTables::forget_told_addresses(LineNo line, std::size_t most) {
  auto query = db_.query(
      "DELETE FROM told_address WHERE line_no = ?1 AND hash IN "
      "(SELECT hash FROM told_address WHERE line_no = ?1 ORDER BY hash LIMIT ?2)");
  query.bind(line).bind(static_cast<std::int64_t>(most)).run();
}

std::optional<LineNo> SqliteLineTables::told_line_after(LineNo after) const {
  auto query = db_.query("SELECT line_no FROM told_address WHERE line_no > ? ORDER BY line_no LIMIT 1");
  query.bind(after);
  return query.step() ? std::optional(query.i64_after(0, after)) : std::nullopt;
}

void SqliteLineTables::find_damage(std::vector<FindingRow>& findings) const {
  find_damaged_rows(db_, kLine, kAllLines, findings);
  find_damaged_rows(db_, kWaitingPlaces, kAllWaiting, findings);
  find_damaged_rows(db_, kToldAddress, kAllToldAddresses, findings);
}

}  // namespace bccast::sqlite
