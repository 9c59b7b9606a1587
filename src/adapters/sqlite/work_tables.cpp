#include "adapters/sqlite/work_tables.hpp"

#include <algorithm>
#include <limits>

#include "adapters/sqlite/columns.hpp"
#include "model/checked.hpp"

namespace bccast::sqlite {
namespace {

// What changes of a channel, in the order of bind_state().
#define CHANNEL_STATE                                                                                  \
  "paused, removed, failures, failing_since, open_until, last_reason, items_turn, worker_seen, rate, " \
  "tokens, "                                                                                           \
  "tokens_at, concurrency, fail_percent, fail_window, fail_pauses, window_attempts, window_failed, "   \
  "window_reason, window_votes, window_seen, over_threshold, quiet_from, quiet_to, waits"
#define CHANNEL_COLUMNS "channel_no, name, delivers, " CHANNEL_STATE
#define LINE_COLUMNS                                                                                   \
  "line_no, provider_no, blast_no, channel_no, state, turn, seq, slices, start, cursor, total, done, " \
  "failed, skipped, follows, limit_pos, retracts, waiting"
#define CLAIM_COLUMNS "token, channel_no, line_no, from_pos, to_pos, lease_until, tries"
#define CLAIM_KEY "channel_no = ? AND line_no = ? AND token = ?"
#define ITEM_COLUMNS                                                                                        \
  "item_no, provider_no, channel_no, line_no, place, origin, notice_no, to_provider, at, state, attempts, " \
  "due_at, reason, seq"
#define NOT_OF_A_PAUSED_LINE \
  "NOT EXISTS (SELECT 1 FROM line WHERE line.line_no = claim.line_no AND state = 3)"

// Line::open and its cursor as one number, so that one index finds the lines with something to hand out.
// (A query that says "state = 1" does not use that index: SQLite does not conclude the index's own
// "state > 0" from it, and, told both, looks for the second.)
enum LineState : std::int64_t { kEnded = 0, kHandingOut = 1, kWaiting = 2, kPaused = 3 };

std::int64_t state_of(const Line& line) {
  if (!line.open) return kEnded;
  if (line.paused) return kPaused;
  return line.cursor < line.hand_out_to() ? kHandingOut : kWaiting;
}

Channel channel_of(const Query& query) {
  Channel c;
  c.no = query.i64(0);
  c.name = query.string(1);
  c.delivers = query.i64(2) != 0;
  c.paused = query.i64(3) != 0;
  c.removed = query.i64(4) != 0;
  c.failures = query.i64(5);
  c.failing_since = query.i64(6);
  c.open_until = query.i64(7);
  c.last_reason = query.string(8);
  c.items_turn = query.i64(9);
  c.worker_seen = query.i64(10);
  c.rate = {query.i64(11)};
  c.bucket = {query.i64(12), query.i64(13)};
  c.concurrency = query.i64(14);
  c.fail_rule = {query.i64(15), query.i64(16), query.i64(17) != 0};
  c.window = {query.i64(18), query.i64(19), query.string(20), query.i64(21), query.i64(22)};
  c.over_threshold = query.i64(23) != 0;
  c.quiet_hours = {static_cast<int>(query.i64(24)), static_cast<int>(query.i64(25))};
  c.waits = query.i64(26) != 0;
  return c;
}

void bind_state(Query& query, const Channel& c) {
  query.bind(std::int64_t{c.paused}).bind(std::int64_t{c.removed}).bind(c.failures).bind(c.failing_since);
  query.bind(c.open_until).bind(c.last_reason).bind(c.items_turn).bind(c.worker_seen);
  query.bind(c.rate.per_1000_s).bind(c.bucket.tokens).bind(c.bucket.at).bind(c.concurrency);
  query.bind(c.fail_rule.percent).bind(c.fail_rule.window).bind(std::int64_t{c.fail_rule.pauses});
  query.bind(c.window.attempts).bind(c.window.failed).bind(c.window.reason).bind(c.window.votes);
  query.bind(c.window.seen).bind(std::int64_t{c.over_threshold});
  query.bind(std::int64_t{c.quiet_hours.from})
      .bind(std::int64_t{c.quiet_hours.to})
      .bind(std::int64_t{c.waits});
}

Line line_of(const Query& query) {
  Line l;
  l.no = query.i64(0);
  l.provider_no = query.i64(1);
  l.blast_no = query.i64(2);
  l.channel_no = query.i64(3);
  l.open = query.i64(4) != kEnded;
  l.paused = query.i64(4) == kPaused;
  l.turn = query.i64(5);
  l.seq = query.i64(6);
  l.slices = static_cast<SliceNo>(query.i64(7));
  l.start = static_cast<Place>(query.i64(8));
  l.cursor = query.i64(9);
  l.total = query.i64(10);
  l.done = query.i64(11);
  l.failed = query.i64(12);
  l.skipped = query.i64(13);
  l.follows = query.i64(14) != 0;
  l.limit = query.i64(15);
  l.retracts = query.i64(16) != 0;
  l.waiting = query.i64(17);
  return l;
}

void sort_by_number(std::vector<Line>& lines) {
  std::sort(lines.begin(), lines.end(), [](const Line& a, const Line& b) { return a.no < b.no; });
}

Token token_of(std::span<const std::uint8_t> bytes) {
  Token token{};
  if (bytes.size() != token.size()) throw Error(Code::corrupt, "a claim has a damaged token");
  std::copy(bytes.begin(), bytes.end(), token.begin());
  if (!is_sound(token)) throw Error(Code::corrupt, "a claim has a damaged token");
  return token;
}

Claim claim_of(const Query& query) {
  Claim c;
  c.token = token_of(query.blob(0));
  c.channel_no = query.i64(1);
  c.line_no = query.i64(2);
  c.from = query.i64(3);
  c.to = query.i64(4);
  c.lease_until = query.i64(5);
  c.tries = query.i64(6);
  return c;
}

Query& bind_key(Query& query, const Claim& c) {
  return query.bind(c.channel_no).bind(c.line_no).bind(std::span<const std::uint8_t>(c.token));
}

Item item_of(const Query& query) {
  Item i;
  i.no = query.i64(0);
  i.provider_no = query.i64(1);
  i.channel_no = query.i64(2);
  i.line_no = query.i64(3);
  i.thread = {i.provider_no, static_cast<Place>(query.i64(4)), query.i64(5)};
  i.notice_no = query.i64(6);
  i.to_provider = query.i64(7) != 0;
  i.at = query.i64(8);
  i.state = static_cast<ItemState>(query.i64(9));
  i.attempts = query.i64(10);
  i.due_at = query.i64(11);
  i.reason = query.string(12);
  i.seq = query.i64(13);
  return i;
}

}  // namespace

std::vector<Channel> SqliteWorkTables::channels() const {
  auto query = db_.query("SELECT " CHANNEL_COLUMNS " FROM channel WHERE removed = 0 ORDER BY name");
  std::vector<Channel> all;
  while (query.step()) all.push_back(channel_of(query));
  return all;
}

std::optional<Channel> SqliteWorkTables::channel(std::string_view name) const {
  auto query = db_.query("SELECT " CHANNEL_COLUMNS " FROM channel WHERE name = ? AND removed = 0");
  query.bind(name);
  if (!query.step()) return std::nullopt;
  return channel_of(query);
}

std::optional<Channel> SqliteWorkTables::channel(ChannelNo no) const {
  auto query = db_.query("SELECT " CHANNEL_COLUMNS " FROM channel WHERE channel_no = ?");
  query.bind(no);
  if (!query.step()) return std::nullopt;
  return channel_of(query);
}

ChannelNo SqliteWorkTables::insert_channel(const Channel& c) {
  auto query =
      db_.query("INSERT INTO channel(" CHANNEL_STATE
                ", name, delivers) "
                "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)");
  bind_state(query, c);
  query.bind(c.name).bind(std::int64_t{c.delivers}).run();
  return db_.last_rowid();
}

void SqliteWorkTables::update_channel(const Channel& c) {
  auto query = db_.query(
      "UPDATE channel SET (" CHANNEL_STATE
      ") = "
      "(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) WHERE channel_no = ?");
  bind_state(query, c);
  query.bind(c.no).run();
}

void SqliteWorkTables::insert_line(const Line& l) {
  auto query = db_.query(
      "INSERT INTO line(provider_no, blast_no, channel_no, state, turn, seq, slices, start, cursor, total, "
      "done, failed, skipped, follows, limit_pos, retracts, waiting) "
      "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)");
  query.bind(l.provider_no).bind(l.blast_no).bind(l.channel_no).bind(state_of(l)).bind(l.turn).bind(l.seq);
  query.bind(std::int64_t{l.slices}).bind(std::int64_t{l.start}).bind(l.cursor).bind(l.total);
  query.bind(l.done).bind(l.failed).bind(l.skipped).bind(std::int64_t{l.follows}).bind(l.limit);
  query.bind(std::int64_t{l.retracts}).bind(l.waiting).run();
}

std::optional<Line> SqliteWorkTables::line(LineNo no) const {
  auto query = db_.query("SELECT " LINE_COLUMNS " FROM line WHERE line_no = ?");
  query.bind(no);
  if (!query.step()) return std::nullopt;
  return line_of(query);
}

std::vector<Line> SqliteWorkTables::lines(ProviderNo provider, BlastNo blast) const {
  auto query =
      db_.query("SELECT " LINE_COLUMNS " FROM line WHERE provider_no = ? AND blast_no = ? ORDER BY line_no");
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
  auto query = db_.query("SELECT " LINE_COLUMNS " FROM line WHERE channel_no = ? AND state > 0");
  query.bind(channel);
  std::vector<Line> all;
  while (query.step()) all.push_back(line_of(query));
  sort_by_number(all);
  return all;
}

std::optional<Line> SqliteWorkTables::next_line(ChannelNo channel) const {
  auto query =
      db_.query("SELECT " LINE_COLUMNS
                " FROM line WHERE channel_no = ? AND state > 0 AND state < 2 ORDER BY state, turn LIMIT 1");
  query.bind(channel);
  if (!query.step()) return std::nullopt;
  return line_of(query);
}

std::int64_t SqliteWorkTables::last_turn(ChannelNo channel) const {
  auto query = db_.query(
      "SELECT turn FROM line WHERE channel_no = ? AND state > 0 AND state < 2 "
      "ORDER BY state DESC, turn DESC LIMIT 1");
  query.bind(channel);
  return query.step() ? query.i64(0) : 0;
}

void SqliteWorkTables::update_line(const Line& l) {
  auto query = db_.query(
      "UPDATE line SET state = ?, turn = ?, cursor = ?, done = ?, failed = ?, skipped = ?, limit_pos = ?, "
      "waiting = ? WHERE line_no = ?");
  query.bind(state_of(l))
      .bind(l.turn)
      .bind(l.cursor)
      .bind(l.done)
      .bind(l.failed)
      .bind(l.skipped)
      .bind(l.limit)
      .bind(l.waiting)
      .bind(l.no)
      .run();
  if (!l.open) db_.query("DELETE FROM told_address WHERE line_no = ?").bind(l.no).run();
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
  auto query = db_.query("SELECT " CLAIM_COLUMNS " FROM claim WHERE " CLAIM_KEY);
  bind_key(query, of);
  if (!query.step()) return std::nullopt;
  return claim_of(query);
}

std::optional<Claim> SqliteWorkTables::expired_claim(ChannelNo channel, Ms now, Ms longest) const {
  const auto first = [&](Query query, Ms at) -> std::optional<Claim> {
    query.bind(channel).bind(at);
    if (!query.step()) return std::nullopt;
    return claim_of(query);
  };
  auto over = first(db_.query("SELECT " CLAIM_COLUMNS " FROM claim WHERE channel_no = ? AND lease_until <= ? "
                              "AND " NOT_OF_A_PAUSED_LINE " ORDER BY lease_until LIMIT 1"),
                    now);
  if (over) return over;
  return first(db_.query("SELECT " CLAIM_COLUMNS " FROM claim WHERE channel_no = ? AND lease_until > ? "
                         "AND " NOT_OF_A_PAUSED_LINE " ORDER BY lease_until LIMIT 1"),
               now + longest);
}

void SqliteWorkTables::insert_claim(const Claim& c) {
  auto query = db_.query("INSERT INTO claim(" CLAIM_COLUMNS ") VALUES (?, ?, ?, ?, ?, ?, ?)");
  query.bind(std::span<const std::uint8_t>(c.token))
      .bind(c.channel_no)
      .bind(c.line_no)
      .bind(c.from)
      .bind(c.to);
  query.bind(c.lease_until).bind(c.tries).run();
}

void SqliteWorkTables::update_claim(const Claim& c) {
  auto query =
      db_.query("UPDATE claim SET from_pos = ?, to_pos = ?, lease_until = ?, tries = ? WHERE " CLAIM_KEY);
  query.bind(c.from).bind(c.to).bind(c.lease_until).bind(c.tries);
  bind_key(query, c).run();
}

bool SqliteWorkTables::delete_claim(const Claim& of) {
  auto query = db_.query("DELETE FROM claim WHERE " CLAIM_KEY);
  return bind_key(query, of).run() > 0;
}

void SqliteWorkTables::claims_of(const Line& line, FunctionRef<void(const Claim&)> f) const {
  auto query = db_.query("SELECT " CLAIM_COLUMNS " FROM claim WHERE channel_no = ? AND line_no = ?");
  query.bind(line.channel_no).bind(line.no);
  while (query.step()) f(claim_of(query));
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
  auto query = db_.query("SELECT " CLAIM_COLUMNS " FROM claim WHERE channel_no = ? AND line_no = 0");
  query.bind(channel);
  while (query.step()) f(claim_of(query));
}

ItemNo SqliteWorkTables::insert_item(const Item& i) {
  auto query = db_.query(
      "INSERT INTO item(provider_no, channel_no, line_no, place, origin, notice_no, to_provider, at, state, "
      "attempts, due_at, reason, seq) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)");
  query.bind(i.provider_no).bind(i.channel_no).bind(i.line_no).bind(std::int64_t{i.thread.place});
  query.bind(i.thread.origin).bind(i.notice_no).bind(std::int64_t{i.to_provider}).bind(i.at);
  query.bind(static_cast<std::int64_t>(i.state))
      .bind(i.attempts)
      .bind(i.due_at)
      .bind(i.reason)
      .bind(i.seq)
      .run();
  const ItemNo no = db_.last_rowid();
  item_places_.put(i);
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
      db_.query("SELECT " ITEM_COLUMNS
                " FROM item WHERE channel_no = ? AND state = 0 AND due_at <= ? ORDER BY due_at LIMIT ?");
  collect(due, now);
  if (all.size() == limit) return all;
  // What lies further away than any wait was stored before the clock stepped back.
  auto beyond =
      db_.query("SELECT " ITEM_COLUMNS
                " FROM item WHERE channel_no = ? AND state = 0 AND due_at > ? ORDER BY due_at LIMIT ?");
  collect(beyond, now + longest);
  return all;
}

std::vector<Item> SqliteWorkTables::items_of(const Token& token) const {
  auto query = db_.query("SELECT " ITEM_COLUMNS " FROM item WHERE token = ? ORDER BY item_no");
  query.bind(std::span<const std::uint8_t>(token));
  std::vector<Item> all;
  while (query.step()) all.push_back(item_of(query));
  return all;
}

std::optional<Item> SqliteWorkTables::item(ItemNo no) const {
  auto query = db_.query("SELECT " ITEM_COLUMNS " FROM item WHERE item_no = ?");
  query.bind(no);
  if (!query.step()) return std::nullopt;
  return item_of(query);
}

std::optional<Token> SqliteWorkTables::holder_of(ItemNo no) const {
  auto query = db_.query("SELECT token FROM item WHERE item_no = ? AND token IS NOT NULL");
  query.bind(no);
  if (!query.step()) return std::nullopt;
  return token_of(query.blob(0));
}

void SqliteWorkTables::claim_item(ItemNo no, const Token& token) {
  auto query = db_.query("UPDATE item SET state = 1, token = ? WHERE item_no = ?");
  query.bind(std::span<const std::uint8_t>(token)).bind(no).run();
}

void SqliteWorkTables::update_item(const Item& i) {
  auto query = db_.query(
      "UPDATE item SET state = ?, attempts = ?, due_at = ?, reason = ?, token = NULL WHERE item_no = ?");
  query.bind(static_cast<std::int64_t>(i.state))
      .bind(i.attempts)
      .bind(i.due_at)
      .bind(i.reason)
      .bind(i.no)
      .run();
  item_places_.put(i);
}

void SqliteWorkTables::delete_item(const Item& item) {
  db_.query("DELETE FROM item WHERE item_no = ?").bind(item.no).run();
  item_places_.remove(item);
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
  auto items = db_.query(
      "UPDATE item SET reason = substr(reason, 1, instr(reason, ':') - 1) "
      "WHERE provider_no = ? AND place = ? AND instr(reason, ':') > 0");
  items.bind(provider).bind(std::int64_t{place}).run();
  db_.query(
         "UPDATE channel SET last_reason = substr(last_reason, 1, instr(last_reason, ':') - 1) "
         "WHERE instr(last_reason, ':') > 0")
      .run();
}

std::optional<Item> SqliteWorkTables::item_of_notice(ChannelNo channel, ProviderNo provider,
                                                     std::int64_t notice_no) const {
  auto query =
      db_.query("SELECT " ITEM_COLUMNS
                " FROM item WHERE channel_no = ? AND provider_no = ? AND notice_no = ? AND line_no = 0");
  query.bind(channel).bind(provider).bind(notice_no);
  if (!query.step()) return std::nullopt;
  return item_of(query);
}

void SqliteWorkTables::items_of_line(LineNo line, Place begin, Place end,
                                     FunctionRef<bool(const Item&)> f) const {
  auto query =
      db_.query("SELECT " ITEM_COLUMNS
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
          "UPDATE item SET state = ? WHERE line_no > 0 AND line_no = ? AND place = ? AND state = ?");
      query.bind(parked ? parking : waiting).bind(line).bind(std::int64_t{place_at(s, at)});
      query.bind(parked ? waiting : parking).run();
    });
    return true;
  });
  db_.query("UPDATE waiting SET parked = ? WHERE line_no = ?").bind(std::int64_t{parked}).bind(line).run();
}

void SqliteWorkTables::waiting_places(LineNo line, SliceNo slice,
                                      FunctionRef<void(Ms, const Slice&)> f) const {
  std::vector<std::pair<Ms, Slice>> all;  // f may write
  {
    auto query =
        db_.query("SELECT due_at, places FROM waiting WHERE line_no = ? AND slice_no = ? ORDER BY due_at");
    query.bind(line).bind(std::int64_t{slice});
    while (query.step()) all.emplace_back(query.i64(0), Slice::decode(query.blob(1)));
  }
  for (const auto& [due_at, places] : all) f(due_at, places);
}

void SqliteWorkTables::put_waiting_places(const Line& line, SliceNo slice, Ms due_at, const Slice& places) {
  if (places.empty()) {
    auto query = db_.query("DELETE FROM waiting WHERE line_no = ? AND slice_no = ? AND due_at = ?");
    query.bind(line.no).bind(std::int64_t{slice}).bind(due_at).run();
    return;
  }
  const auto bytes = places.encode();
  auto query = db_.query(
      "INSERT INTO waiting(line_no, slice_no, due_at, channel_no, parked, places) VALUES (?, ?, ?, ?, ?, ?) "
      "ON CONFLICT DO UPDATE SET places = excluded.places");
  query.bind(line.no).bind(std::int64_t{slice}).bind(due_at).bind(line.channel_no);
  query.bind(std::int64_t{line.paused}).bind(bytes).run();
}

std::optional<WorkTables::NextWaiting> SqliteWorkTables::next_waiting(ChannelNo channel, Ms now,
                                                                      Ms longest) const {
  for (const Ms after : {now + longest, std::numeric_limits<Ms>::min()}) {
    auto query = db_.query(
        "SELECT line_no, due_at FROM waiting WHERE channel_no = ? AND parked = 0 AND due_at > ? "
        "ORDER BY due_at LIMIT 1");
    query.bind(channel).bind(after);
    if (query.step()) return NextWaiting{query.i64(0), query.i64(1)};
  }
  return std::nullopt;
}

Slice SqliteWorkTables::skipped(const Line& line, SliceNo slice, SkipReason reason) const {
  auto query = db_.query(
      "SELECT places FROM skip WHERE provider_no = ? AND line_no = ? AND slice_no = ? AND reason = ?");
  query.bind(line.provider_no)
      .bind(line.no)
      .bind(std::int64_t{slice})
      .bind(static_cast<std::int64_t>(reason));
  return query.step() ? Slice::decode(query.blob(0)) : Slice();
}

void SqliteWorkTables::put_skipped(const Line& line, SliceNo slice, SkipReason reason, const Slice& value) {
  const auto places = value.encode();
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
  while (query.step()) f(static_cast<SkipReason>(query.i64(0)), Slice::decode(query.blob(1)));
}

void SqliteWorkTables::insert_told_address(LineNo line, AddressHash hash) {
  auto query = db_.query("INSERT INTO told_address(line_no, hash) VALUES (?, ?) ON CONFLICT DO NOTHING");
  query.bind(line).bind(hash).run();
}

bool SqliteWorkTables::is_told_address(LineNo line, AddressHash hash) const {
  return db_.query("SELECT 1 FROM told_address WHERE line_no = ? AND hash = ?").bind(line).bind(hash).step();
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
      "SELECT lease_until FROM claim WHERE channel_no = ? AND lease_until > ? AND " NOT_OF_A_PAUSED_LINE
      " ORDER BY lease_until LIMIT 1");
  query.bind(channel).bind(after);
  if (!query.step()) return std::nullopt;
  return query.i64(0);
}

}  // namespace bccast::sqlite
