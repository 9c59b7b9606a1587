#include "adapters/sqlite/work_tables.hpp"

#include <algorithm>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include "adapters/sqlite/columns.hpp"
#include "adapters/sqlite/mapping.hpp"
#include "model/checked.hpp"

namespace bccast::sqlite {
namespace {

#define CHANNEL_COLUMNS                                                                             \
  "channel_no, name, delivers, paused, removed, failures, failing_since, open_until, last_reason, " \
  "items_turn, worker_seen, rate, tokens, tokens_at, concurrency, fail_percent, fail_window, "      \
  "fail_pauses, window_attempts, window_failed, window_reason, window_votes, window_seen, "         \
  "over_threshold, quiet_from, quiet_to, waits"
#define LINE_COLUMNS                                                                           \
  "line_no, provider_no, blast_no, channel_no, state, turn, seq, slices, places, order_kind, " \
  "order_key, cursor, total, done, failed, skipped, follows, limit_pos, retracts, waiting, "   \
  "wake_from"
#define CLAIM_COLUMNS "token, channel_no, line_no, from_pos, to_pos, lease_until, tries, lease"
#define CLAIM_KEY "channel_no = ? AND line_no = ? AND token = ?"
#define ITEM_COLUMNS                                                                                        \
  "item_no, provider_no, channel_no, line_no, place, origin, notice_no, to_provider, at, state, attempts, " \
  "due_at, reason, seq, token"
#define TOLD_ADDRESS_COLUMNS "line_no, hash, place"
#define WAITING_COLUMNS "line_no, slice_no, due_at, reason, channel_no, parked"
#define CHANNEL_ROW CHANNEL_COLUMNS ", sum"
#define LINE_ROW LINE_COLUMNS ", sum"
#define CLAIM_ROW CLAIM_COLUMNS ", sum"
#define ITEM_ROW ITEM_COLUMNS ", sum"

#define NOT_OF_A_PAUSED_LINE \
  "NOT EXISTS (SELECT 1 FROM line WHERE line.line_no = claim.line_no AND state = 3)"

constexpr RowTable kChannel{
    "channel",
    RowKind::channel,
    CHANNEL_COLUMNS,
    {.key = "channel_no", .fixed = "name, delivers", .counted = "channel_no, worker_seen"}};
constexpr Sql kInsertChannel =
    insert_numbered_row(kChannel, "(SELECT coalesce(max(channel_no), 0) + 1 FROM channel)");
constexpr Sql kUpdateChannel = update_row(kChannel);

constexpr RowTable kLine{
    "line",
    RowKind::line,
    LINE_COLUMNS,
    {.key = "line_no",
     .fixed = "provider_no, blast_no, channel_no, seq, slices, places, order_kind, order_key, total, "
              "follows, retracts",
     .counted = "line_no"}};
constexpr Sql kInsertLine = insert_numbered_row(kLine, "(SELECT coalesce(max(line_no), 0) + 1 FROM line)");
constexpr Sql kUpdateLine = update_row(kLine);

constexpr RowTable kClaim{"claim",
                          RowKind::claim,
                          CLAIM_COLUMNS,
                          {.key = "channel_no, line_no, token", .fixed = "", .counted = ""}};
constexpr Sql kInsertClaim = insert_row(kClaim);
constexpr Sql kUpdateClaim = update_row(kClaim);

constexpr RowTable kItem{
    "item",
    RowKind::item,
    ITEM_COLUMNS,
    {.key = "item_no",
     .fixed = "provider_no, channel_no, line_no, place, origin, notice_no, to_provider, at, seq",
     .counted = "item_no, state"}};
constexpr Sql kInsertItem = insert_numbered_row(kItem, "(SELECT coalesce(max(item_no), 0) + 1 FROM item)");
constexpr Sql kUpdateItem = update_row(kItem);

constexpr RowTable kToldAddress{"told_address",
                                RowKind::told_address,
                                TOLD_ADDRESS_COLUMNS,
                                {.key = "line_no, hash", .fixed = "", .counted = ""}};
constexpr Sql kPutToldAddress = replace_row(kToldAddress);
constexpr Sql kInsertToldAddress = insert_row(kToldAddress, " ON CONFLICT DO NOTHING");

template <typename Columns, typename Row>
void visit_told_address(Columns& columns, Row& told) {
  columns.number(told.line_no);
  columns.number(told.hash);
  columns.place(told.place);
}

// Without its bitmap, which is bound to the same numbers.
constexpr RowTable kWaitingPlaces{
    "waiting",
    RowKind::waiting,
    WAITING_COLUMNS,
    {.key = "line_no, slice_no, due_at, reason", .fixed = "", .counted = "parked"}};

// Line::open and its cursor as one number, so that one index finds the lines with something to hand out.
// (A query that says "state = 1" does not use that index: SQLite does not conclude the index's own
// "state > 0" from it, and, told both, looks for the second.)
enum LineState : std::int64_t { kEnded = 0, kHandingOut = 1, kWaiting = 2, kPaused = 3 };

std::int64_t state_of(const Line& line) {
  if (!line.open) return kEnded;
  if (line.paused) return kPaused;
  return line.cursor < line.hand_out_to() ? kHandingOut : kWaiting;
}

template <typename Columns, typename Row>
void visit(Columns& columns, Row& c) {
  columns.number(c.no);
  columns.text(c.name);
  columns.flag(c.delivers);
  columns.flag(c.paused);
  columns.flag(c.removed);
  columns.number(c.failures);
  columns.number(c.failing_since);
  columns.number(c.open_until);
  columns.text(c.last_reason);
  for (auto* number : {&c.items_turn, &c.worker_seen, &c.rate.per_1000_s, &c.bucket.tokens, &c.bucket.at,
                       &c.concurrency, &c.fail_rule.percent, &c.fail_rule.window})
    columns.number(*number);
  columns.flag(c.fail_rule.pauses);
  columns.number(c.window.attempts);
  columns.number(c.window.failed);
  columns.text(c.window.reason);
  columns.number(c.window.votes);
  columns.number(c.window.seen);
  columns.flag(c.over_threshold);
  columns.one_of(c.quiet_hours.from, 24 * 60);
  columns.one_of(c.quiet_hours.to, 24 * 60);
  columns.flag(c.waits);
}

template <typename Columns, typename Row>
void visit_line(Columns& columns, Row& l) {
  columns.number(l.no);
  columns.number(l.provider_no);
  columns.number(l.blast_no);
  columns.number(l.channel_no);
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
  columns.flag(l.retracts);
  columns.number(l.waiting);
  columns.number(l.wake_from);
  if constexpr (Columns::kReads) {
    l.open = state != kEnded;
    l.paused = state == kPaused;
  }
}

template <typename Columns, typename Row>
void visit_claim(Columns& columns, std::string& token, Row& c) {
  columns.bytes(token);
  for (auto* number : {&c.channel_no, &c.line_no, &c.from, &c.to, &c.lease_until, &c.tries, &c.lease})
    columns.number(*number);
}

template <typename Columns, typename Row>
void visit_item(Columns& columns, Row& i, std::string& token) {
  columns.number(i.no);
  columns.number(i.provider_no);
  columns.number(i.channel_no);
  columns.number(i.line_no);
  columns.place(i.thread.place);
  columns.number(i.thread.origin);
  columns.number(i.notice_no);
  columns.flag(i.to_provider);
  columns.number(i.at);
  columns.one_of(i.state, ItemState::parked);
  columns.number(i.attempts);
  columns.number(i.due_at);
  columns.text(i.reason);
  columns.number(i.seq);
  columns.bytes_or_null(token);
  if constexpr (Columns::kReads) i.thread.provider_no = i.provider_no;
}

Channel channel_of(const Query& query) {
  Channel channel;
  RowReader reader(query, kChannel);
  visit(reader, channel);
  reader.finish();
  return channel;
}

void write_channel(Query& query, const Channel& channel) {
  RowWriter writer(query, kChannel);
  visit(writer, channel);
  writer.finish();
  query.run();
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

Token token_of(std::string_view bytes) {
  Token token{};
  if (bytes.size() == token.size()) std::copy(bytes.begin(), bytes.end(), token.begin());
  if (!is_sound(token)) throw Error(Code::corrupt, "a claim has a damaged token");
  return token;
}

std::string bytes_of(const Token& token) {
  return bytes_as_string(token);
}

Query& bind_key(Query& query, const Claim& c) {
  return query.bind(c.channel_no).bind(c.line_no).bind(std::span<const std::uint8_t>(c.token));
}

Claim claim_of(const Query& query) {
  std::string token;
  Claim claim;
  RowReader reader(query, kClaim);
  visit_claim(reader, token, claim);
  reader.finish();
  claim.token = token_of(token);
  constexpr Position kMost = Position{slices_for(kMaxPlaces)} * Slice::kPlaces;
  if (claim.from < 0 || claim.from > claim.to || claim.to > kMost)
    throw Error(Code::corrupt, "a claim has positions that cannot be");
  return claim;
}

void write_claim(Query& query, const Claim& claim) {
  std::string token = bytes_of(claim.token);
  RowWriter writer(query, kClaim);
  visit_claim(writer, token, claim);
  writer.finish();
  query.run();
}

/// `token`: of the claim it is in; empty: of none.
Item item_of(const Query& query, std::string* token = nullptr) {
  std::string held;
  Item item;
  RowReader reader(query, kItem);
  visit_item(reader, item, held);
  item.damaged = !reader.sound();
  if (token != nullptr) *token = std::move(held);
  return item;
}

void write_item(Query& query, const Item& item, std::string token = {}) {
  RowWriter writer(query, kItem);
  visit_item(writer, item, token);
  writer.finish();
  query.run();
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
  columns.one_of(w.wait.reason, WaitReason::unknown_zone);
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
std::uint32_t skip_key(const Line& line, SliceNo slice, SkipReason reason) {
  return bitmap_key(RowKind::skip, static_cast<int>(reason), line.provider_no, line.no, slice);
}

constexpr Sql kAllChannels = select_rows(kChannel);
constexpr Sql kAllLines = select_rows(kLine);
constexpr Sql kAllClaims = select_rows(kClaim);
constexpr Sql kAllItems = select_rows(kItem);
constexpr Sql kAllToldAddresses = select_rows(kToldAddress);
constexpr Sql kAllWaiting = select_rows(kWaitingPlaces);

}  // namespace

std::vector<Channel> SqliteWorkTables::channels() const {
  auto query = db_.query("SELECT " CHANNEL_ROW " FROM channel WHERE removed = 0 ORDER BY name");
  std::vector<Channel> all;
  while (query.step()) all.push_back(channel_of(query));
  return all;
}

std::optional<Channel> SqliteWorkTables::channel(std::string_view name) const {
  auto query = db_.query("SELECT " CHANNEL_ROW " FROM channel WHERE name = ? AND removed = 0");
  query.bind(name);
  if (!query.step()) return std::nullopt;
  Channel found = channel_of(query);
  if (found.name != name) throw Error(Code::corrupt, "the index of names leads to another channel");
  return found;
}

std::optional<Channel> SqliteWorkTables::channel(ChannelNo no) const {
  auto query = db_.query("SELECT " CHANNEL_ROW " FROM channel WHERE channel_no = ?");
  query.bind(no);
  if (!query.step()) return std::nullopt;
  return channel_of(query);
}

ChannelNo SqliteWorkTables::insert_channel(const Channel& channel) {
  auto query = db_.query(kInsertChannel.c_str());
  write_channel(query, channel);
  return db_.last_rowid();
}

void SqliteWorkTables::update_channel(const Channel& channel) {
  auto query = db_.query(kUpdateChannel.c_str());
  write_channel(query, channel);
}

void SqliteWorkTables::insert_line(const Line& line) {
  auto query = db_.query(kInsertLine.c_str());
  write_line(query, line);
}

std::optional<Line> SqliteWorkTables::line(LineNo no) const {
  auto query = db_.query("SELECT " LINE_ROW " FROM line WHERE line_no = ?");
  query.bind(no);
  if (!query.step()) return std::nullopt;
  return line_of(query);
}

std::vector<Line> SqliteWorkTables::lines(ProviderNo provider, BlastNo blast) const {
  auto query =
      db_.query("SELECT " LINE_ROW " FROM line WHERE provider_no = ? AND blast_no = ? ORDER BY line_no");
  query.bind(provider).bind(blast);
  std::vector<Line> all;
  while (query.step()) all.push_back(line_of(query));
  return all;
}

std::vector<Line> SqliteWorkTables::open_lines(ProviderNo provider) const {
  auto query = db_.query(
      "SELECT blast_no FROM blast INDEXED BY blast_under_way WHERE provider_no = ? AND finished_at = 0 AND "
      "state > 0");
  query.bind(provider);
  std::vector<Line> all;
  while (query.step()) {
    for (auto& line : lines(provider, query.i64(0)))
      if (line.open) all.push_back(std::move(line));
  }
  sort_by_number(all);
  return all;
}

std::vector<Line> SqliteWorkTables::open_lines_of_channel(ChannelNo channel) const {
  auto query = db_.query("SELECT " LINE_ROW " FROM line WHERE channel_no = ? AND state > 0");
  query.bind(channel);
  std::vector<Line> all;
  while (query.step()) all.push_back(line_of(query));
  sort_by_number(all);
  return all;
}

std::optional<Line> SqliteWorkTables::next_line(ChannelNo channel) const {
  auto query = db_.query("SELECT " LINE_ROW
                         " FROM line WHERE channel_no = ? AND state > 0 AND state < 2 ORDER BY state, turn");
  query.bind(channel);
  return first_sound(query, line_of);
}

std::int64_t SqliteWorkTables::last_turn(ChannelNo channel) const {
  auto query = db_.query(
      "SELECT turn FROM line WHERE channel_no = ? AND state > 0 AND state < 2 "
      "ORDER BY state DESC, turn DESC LIMIT 1");
  query.bind(channel);
  return query.step() ? query.i64(0) : 0;
}

void SqliteWorkTables::update_line(const Line& line) {
  auto query = db_.query(kUpdateLine.c_str());
  write_line(query, line);
  if (!line.open) db_.query("DELETE FROM told_address WHERE line_no = ?").bind(line.no).run();
}

std::int64_t SqliteWorkTables::pending(ChannelNo channel) const {
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

std::optional<Claim> SqliteWorkTables::claim(const Claim& of) const {
  auto query = db_.query("SELECT " CLAIM_ROW " FROM claim WHERE " CLAIM_KEY);
  bind_key(query, of);
  if (!query.step()) return std::nullopt;
  return claim_of(query);
}

std::optional<Claim> SqliteWorkTables::expired_claim(ChannelNo channel, Ms now, Ms longest) const {
  std::exception_ptr damaged;  // for verification to say: nobody knows what is in such a claim
  const auto first = [&](Query query, Ms at) -> std::optional<Claim> {
    query.bind(channel).bind(at);
    return next_sound(query, claim_of, damaged);
  };
  // Those from before a step of the clock first: while there is one, nobody knows what is in flight.
  auto far = first(db_.query("SELECT " CLAIM_ROW " FROM claim WHERE channel_no = ? AND lease_until > ? "
                             "AND " NOT_OF_A_PAUSED_LINE " ORDER BY lease_until"),
                   now + longest);
  if (far) return far;
  return first(db_.query("SELECT " CLAIM_ROW " FROM claim WHERE channel_no = ? AND lease_until <= ? "
                         "AND " NOT_OF_A_PAUSED_LINE " ORDER BY lease_until"),
               now);
}

void SqliteWorkTables::insert_claim(const Claim& claim) {
  auto query = db_.query(kInsertClaim.c_str());
  write_claim(query, claim);
}

void SqliteWorkTables::update_claim(const Claim& claim) {
  auto query = db_.query(kUpdateClaim.c_str());
  write_claim(query, claim);
}

bool SqliteWorkTables::delete_claim(const Claim& of) {
  auto query = db_.query("DELETE FROM claim WHERE " CLAIM_KEY);
  return bind_key(query, of).run() > 0;
}

void SqliteWorkTables::claims_of(const Line& line, FunctionRef<void(const Claim&)> f) const {
  auto query = db_.query("SELECT " CLAIM_ROW " FROM claim WHERE channel_no = ? AND line_no = ?");
  query.bind(line.channel_no).bind(line.no);
  while (query.step()) f(claim_of(query));
}

bool SqliteWorkTables::sound_claims_of(const Line& line, FunctionRef<void(const Claim&)> f) const {
  auto query = db_.query("SELECT " CLAIM_ROW " FROM claim WHERE channel_no = ? AND line_no = ?");
  query.bind(line.channel_no).bind(line.no);
  std::exception_ptr damaged;
  while (const auto claim = next_sound(query, claim_of, damaged)) f(*claim);
  return damaged == nullptr;
}

std::int64_t SqliteWorkTables::claims_in_flight(ChannelNo channel, Ms now, Ms longest) const {
  auto query =
      db_.query("SELECT count(*) FROM claim WHERE channel_no = ? AND lease_until > ? AND lease_until <= ?");
  query.bind(channel).bind(now).bind(now + longest);
  return query.step() ? query.i64(0) : 0;
}

void SqliteWorkTables::delete_claims(ChannelNo channel) {
  db_.query("DELETE FROM claim WHERE channel_no = ?").bind(channel).run();
}

void SqliteWorkTables::item_claims(ChannelNo channel, FunctionRef<void(const Claim&)> f) const {
  auto query = db_.query("SELECT " CLAIM_ROW " FROM claim WHERE channel_no = ? AND line_no = 0");
  query.bind(channel);
  while (query.step()) f(claim_of(query));
}

ItemNo SqliteWorkTables::insert_item(const Item& item) {
  auto query = db_.query(kInsertItem.c_str());
  write_item(query, item);
  const ItemNo no = db_.last_rowid();
  item_places_.put(item);
  return no;
}

std::vector<Item> SqliteWorkTables::due_items(ChannelNo channel, Ms now, Ms longest,
                                              std::size_t limit) const {
  std::vector<Item> all;
  const auto collect = [&](Query& query, Ms at) {
    query.bind(channel).bind(at).bind(static_cast<std::int64_t>(limit - all.size()));
    while (query.step()) all.push_back(item_of(query));
  };
  auto due =
      db_.query("SELECT " ITEM_ROW
                " FROM item WHERE channel_no = ? AND state = 0 AND due_at <= ? ORDER BY due_at LIMIT ?");
  collect(due, now);
  if (all.size() == limit) return all;
  // What lies further away than any wait was stored before the clock stepped back.
  auto beyond =
      db_.query("SELECT " ITEM_ROW
                " FROM item WHERE channel_no = ? AND state = 0 AND due_at > ? ORDER BY due_at LIMIT ?");
  collect(beyond, now + longest);
  return all;
}

std::vector<Item> SqliteWorkTables::items_of(const Token& token) const {
  auto query = db_.query("SELECT " ITEM_ROW " FROM item WHERE token = ? ORDER BY item_no");
  query.bind(std::span<const std::uint8_t>(token));
  std::vector<Item> all;
  while (query.step()) all.push_back(item_of(query));
  return all;
}

std::optional<Item> SqliteWorkTables::item(ItemNo no) const {
  auto query = db_.query("SELECT " ITEM_ROW " FROM item WHERE item_no = ?");
  query.bind(no);
  if (!query.step()) return std::nullopt;
  return item_of(query);
}

std::optional<Token> SqliteWorkTables::holder_of(ItemNo no) const {
  auto query = db_.query("SELECT token FROM item WHERE item_no = ? AND token IS NOT NULL");
  query.bind(no);
  if (!query.step()) return std::nullopt;
  return token_of(bytes_as_string(query.blob(0)));
}

void SqliteWorkTables::claim_item(const Item& item, const Token& token) {
  if (item.damaged) {  // and stays so
    auto query = db_.query("UPDATE item SET state = 1, token = ? WHERE item_no = ?");
    query.bind(std::span<const std::uint8_t>(token)).bind(item.no).run();
    return;
  }
  Item claimed = item;
  claimed.state = ItemState::claimed;
  auto query = db_.query(kUpdateItem.c_str());
  write_item(query, claimed, bytes_of(token));
}

void SqliteWorkTables::update_item(const Item& item) {
  if (item.damaged) {
    auto query =
        db_.query("UPDATE item SET state = ?, due_at = ?, reason = ?, token = NULL WHERE item_no = ?");
    query.bind(static_cast<std::int64_t>(item.state)).bind(item.due_at).bind(item.reason).bind(item.no).run();
    if (stands_where_it_says(item)) item_places_.put(item);
    return;
  }
  auto query = db_.query(kUpdateItem.c_str());
  write_item(query, item);
  item_places_.put(item);
}

void SqliteWorkTables::delete_item(const Item& item) {
  const bool known = !item.damaged || stands_where_it_says(item);
  db_.query("DELETE FROM item WHERE item_no = ?").bind(item.no).run();
  if (known) item_places_.remove(item);
}

/// Of a damaged row, line and place may be another's. They are its own where the bitmaps, which are sound, have an
/// item there, and there is no other that it could be.
bool SqliteWorkTables::stands_where_it_says(const Item& item) const {
  const auto of = item_places_.at(item.line_no, slice_of(item.thread.place));
  const auto at = within_slice(item.thread.place);
  if (!of.open.contains(at) && !of.failed.contains(at)) return false;
  auto query = db_.query("SELECT count(*) FROM item WHERE line_no > 0 AND line_no = ? AND place = ?");
  query.bind(item.line_no).bind(std::int64_t{item.thread.place});
  return query.step() && query.i64(0) == 1;
}

void SqliteWorkTables::delete_notices(ChannelNo channel) {
  db_.query("DELETE FROM item WHERE channel_no = ? AND line_no = 0").bind(channel).run();
}

void SqliteWorkTables::delete_waiting_notices(ChannelNo channel, ProviderNo provider) {
  auto query =
      db_.query("DELETE FROM item WHERE channel_no = ? AND provider_no = ? AND line_no = 0 AND state = 0");
  query.bind(channel).bind(provider).run();
}

void SqliteWorkTables::forget_details(ProviderNo provider, Place place) {
  std::vector<std::pair<Item, std::string>> items;
  {
    auto query = db_.query("SELECT " ITEM_ROW
                           " FROM item WHERE provider_no = ? AND place = ? AND instr(reason, ':') > 0");
    query.bind(provider).bind(std::int64_t{place});
    while (query.step()) {
      std::string token;
      Item item = item_of(query, &token);
      items.emplace_back(std::move(item), std::move(token));
    }
  }
  for (auto& [item, token] : items) {
    item.reason.resize(item.reason.find(':'));
    if (item.damaged) {  // what is to be forgotten is forgotten
      auto query = db_.query("UPDATE item SET reason = ? WHERE item_no = ?");
      query.bind(item.reason).bind(item.no).run();
    } else {
      auto query = db_.query(kUpdateItem.c_str());
      write_item(query, item, token);
    }
  }
  std::vector<Channel> channels;
  {
    auto query = db_.query("SELECT " CHANNEL_ROW " FROM channel WHERE instr(last_reason, ':') > 0");
    while (query.step()) channels.push_back(channel_of(query));
  }
  for (auto& channel : channels) {
    channel.last_reason.resize(channel.last_reason.find(':'));
    update_channel(channel);
  }
}

std::optional<Item> SqliteWorkTables::item_of_notice(ChannelNo channel, ProviderNo provider,
                                                     std::int64_t notice_no) const {
  auto query =
      db_.query("SELECT " ITEM_ROW
                " FROM item WHERE channel_no = ? AND provider_no = ? AND notice_no = ? AND line_no = 0");
  query.bind(channel).bind(provider).bind(notice_no);
  if (!query.step()) return std::nullopt;
  return item_of(query);
}

void SqliteWorkTables::items_of_line(LineNo line, Place begin, Place end,
                                     FunctionRef<bool(const Item&)> f) const {
  auto query =
      db_.query("SELECT " ITEM_ROW
                " FROM item WHERE line_no > 0 AND line_no = ? AND place >= ? AND place < ? ORDER BY place");
  query.bind(line).bind(std::int64_t{begin}).bind(std::int64_t{end});
  while (query.step() && f(item_of(query))) {
  }
}

void SqliteWorkTables::open_items_of_line(LineNo line, FunctionRef<bool(const Item&)> f) {
  item_places_.for_each(line, [&](SliceNo s, const ItemPlaces::OfSlice& of) {
    for (auto at = of.open.next(0); at < Slice::kPlaces; at = of.open.next(at + 1)) {
      bool more = true;
      items_of_line(line, place_at(s, at), place_at(s, at) + 1,
                    [&](const Item& item) { return more = f(item); });
      if (!more) return false;
    }
    return true;
  });
}

Slice SqliteWorkTables::item_places(LineNo line, SliceNo slice) const {
  const auto of = item_places_.at(line, slice);
  return of.open | of.failed;
}

Slice SqliteWorkTables::failed_places(LineNo line, SliceNo slice) const {
  return item_places_.at(line, slice).failed;
}

void SqliteWorkTables::park_items(LineNo line, bool parked) {
  const auto waiting = static_cast<std::int64_t>(ItemState::waiting);
  const auto parking = static_cast<std::int64_t>(ItemState::parked);
  item_places_.for_each(line, [&](SliceNo s, const ItemPlaces::OfSlice& of) {
    of.open.for_each([&](std::uint16_t at) {
      auto query = db_.query(
          "UPDATE item SET state = ?1, sum = sum + (?1 - state) * 3 "
          "WHERE line_no > 0 AND line_no = ?2 AND place = ?3 AND state = ?4");
      query.bind(parked ? parking : waiting).bind(line).bind(std::int64_t{place_at(s, at)});
      query.bind(parked ? waiting : parking).run();
    });
    return true;
  });
  static_assert(kWaitingPlaces.weights[5] == 1);
  auto query = db_.query("UPDATE waiting SET parked = ?1, sum = sum + (?1 - parked) WHERE line_no = ?2");
  query.bind(std::int64_t{parked}).bind(line).run();
}

void SqliteWorkTables::waiting_places(LineNo line, SliceNo slice,
                                      FunctionRef<void(const Wait&, const Slice&)> f) const {
  std::vector<std::pair<Wait, Slice>> all;  // f may write
  {
    auto query = db_.query("SELECT " WAITING_COLUMNS
                           ", sum, places FROM waiting WHERE line_no = ? AND slice_no = ? "
                           "ORDER BY due_at, reason");
    query.bind(line).bind(std::int64_t{slice});
    while (query.step()) {
      const auto row = waiting_of(query);
      all.emplace_back(row.wait, Slice::decode(query.blob(kPlacesOfWaiting), waiting_key(row)));
    }
  }
  for (const auto& [wait, places] : all) f(wait, places);
}

void SqliteWorkTables::put_waiting_places(const Line& line, SliceNo slice, const Wait& wait,
                                          const Slice& places) {
  const auto reason = static_cast<std::int64_t>(wait.reason);
  if (places.empty()) {
    auto query =
        db_.query("DELETE FROM waiting WHERE line_no = ? AND slice_no = ? AND due_at = ? AND reason = ?");
    query.bind(line.no).bind(std::int64_t{slice}).bind(wait.due_at).bind(reason).run();
    return;
  }
  const WaitingRow row{line.no, slice, wait, line.channel_no, line.paused};
  const auto bytes = places.encode(waiting_key(row));
  auto query = db_.query("INSERT INTO waiting(" WAITING_COLUMNS
                         ", sum, places) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7 + ?6, ?8) "
                         "ON CONFLICT DO UPDATE SET places = excluded.places");
  RowWriter writer(query, kWaitingPlaces);
  visit_waiting(writer, row);
  writer.finish();
  query.bind(bytes).run();
}

std::optional<WorkTables::NextWaiting> SqliteWorkTables::next_waiting(ChannelNo channel, Ms now,
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

Slice SqliteWorkTables::skipped(const Line& line, SliceNo slice, SkipReason reason) const {
  auto query = db_.query(
      "SELECT places FROM skip WHERE provider_no = ? AND line_no = ? AND slice_no = ? AND reason = ?");
  query.bind(line.provider_no)
      .bind(line.no)
      .bind(std::int64_t{slice})
      .bind(static_cast<std::int64_t>(reason));
  return query.step() ? Slice::decode(query.blob(0), skip_key(line, slice, reason)) : Slice();
}

void SqliteWorkTables::put_skipped(const Line& line, SliceNo slice, SkipReason reason, const Slice& value) {
  const auto places = value.encode(skip_key(line, slice, reason));
  auto query = db_.query(
      "INSERT INTO skip(provider_no, line_no, slice_no, reason, places) VALUES (?, ?, ?, ?, ?) "
      "ON CONFLICT DO UPDATE SET places = excluded.places");
  query.bind(line.provider_no)
      .bind(line.no)
      .bind(std::int64_t{slice})
      .bind(static_cast<std::int64_t>(reason));
  query.bind(places).run();
}

void SqliteWorkTables::skips(const Line& line, SliceNo slice,
                             FunctionRef<void(SkipReason, const Slice&)> f) const {
  auto query =
      db_.query("SELECT reason, places FROM skip WHERE provider_no = ? AND line_no = ? AND slice_no = ?");
  query.bind(line.provider_no).bind(line.no).bind(std::int64_t{slice});
  while (query.step()) {
    const auto number = query.i64(0);
    if (number < 1 || number > static_cast<std::int64_t>(kSkipReasons.size())) refuse_number("a reason");
    const auto reason = static_cast<SkipReason>(number);
    f(reason, Slice::decode(query.blob(1), skip_key(line, slice, reason)));
  }
}

std::optional<ToldAddress> SqliteWorkTables::told_address(LineNo line, AddressHash hash) const {
  auto query =
      db_.query("SELECT " TOLD_ADDRESS_COLUMNS ", sum FROM told_address WHERE line_no = ? AND hash = ?");
  query.bind(line).bind(hash);
  if (!query.step()) return std::nullopt;
  ToldAddress told;
  RowReader reader(query, kToldAddress);
  visit_told_address(reader, told);
  reader.finish();
  return told;
}

bool SqliteWorkTables::hold_address(const ToldAddress& address, std::optional<Place> instead) {
  if (instead) {
    const auto held = told_address(address.line_no, address.hash);
    if (held && held->place != instead) return false;
    put_told_address(address);
    return true;
  }
  auto query = db_.query(kInsertToldAddress.c_str());
  RowWriter writer(query, kToldAddress);
  visit_told_address(writer, address);
  writer.finish();
  return query.run() > 0;
}

void SqliteWorkTables::put_told_address(const ToldAddress& address) {
  auto query = db_.query(kPutToldAddress.c_str());
  RowWriter writer(query, kToldAddress);
  visit_told_address(writer, address);
  writer.finish();
  query.run();
}

void SqliteWorkTables::delete_told_address(const ToldAddress& address) {
  auto query = db_.query("DELETE FROM told_address WHERE line_no = ? AND hash = ?");
  query.bind(address.line_no).bind(address.hash).run();
}

std::optional<Ms> SqliteWorkTables::next_item_due(ChannelNo channel) const {
  auto query =
      db_.query("SELECT due_at FROM item WHERE channel_no = ? AND state = 0 ORDER BY due_at LIMIT 1");
  query.bind(channel);
  if (!query.step()) return std::nullopt;
  return query.i64(0);
}

std::optional<Ms> SqliteWorkTables::next_lease_over(ChannelNo channel, Ms after) const {
  auto query = db_.query(
      "SELECT " CLAIM_ROW " FROM claim WHERE channel_no = ? AND lease_until > ? AND " NOT_OF_A_PAUSED_LINE
      " ORDER BY lease_until");
  query.bind(channel).bind(after);
  std::exception_ptr damaged;  // nobody can take up such a claim
  const auto next = next_sound(query, claim_of, damaged);
  return next ? std::optional(next->lease_until) : std::nullopt;
}

void SqliteWorkTables::find_damage(std::vector<FindingRow>& findings) const {
  find_damaged_rows(db_, kChannel, kAllChannels, findings);
  find_damaged_rows(db_, kLine, kAllLines, findings);
  find_damaged_rows(db_, kClaim, kAllClaims, findings);
  find_damaged_rows(db_, kItem, kAllItems, findings);
  find_damaged_rows(db_, kToldAddress, kAllToldAddresses, findings);
  find_damaged_rows(db_, kWaitingPlaces, kAllWaiting, findings);
}

}  // namespace bccast::sqlite
