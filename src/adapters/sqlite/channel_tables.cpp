#include "adapters/sqlite/channel_tables.hpp"

#include <utility>
#include <vector>

#include "adapters/sqlite/mapping.hpp"
#include "base/error.hpp"

namespace bccast::sqlite {
namespace {

#define CHANNEL_COLUMNS                                                                             \
  "channel_no, name, delivers, paused, removed, failures, failing_since, open_until, last_reason, " \
  "items_turn, worker_seen, rate, tokens, tokens_at, concurrency, fail_percent, fail_window, "      \
  "fail_pauses, window_attempts, window_failed, window_reason, window_votes, window_seen, "         \
  "over_threshold, quiet_from, quiet_to, waits"
#define CHANNEL_ROW CHANNEL_COLUMNS ", sum"

constexpr RowTable kChannel{"channel",
                            RowKind::channel,
                            CHANNEL_COLUMNS,
                            {.key = "channel_no", .fixed = "name, delivers", .counted = "worker_seen"}};
constexpr Sql kInsertChannel = insert_row(kChannel, " ON CONFLICT DO NOTHING");
constexpr Sql kUpdateChannel = update_row(kChannel);

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

Channel channel_of(const Query& query) {
  Channel channel;
  RowReader reader(query, kChannel);
  visit(reader, channel);
  reader.finish();
  return channel;
}

/// How many rows were written.
auto write_channel(Query& query, const Channel& channel) {
  RowWriter writer(query, kChannel);
  visit(writer, channel);
  writer.finish();
  return query.run();
}

constexpr Sql kAllChannels = select_rows(kChannel);

}  // namespace

std::vector<Channel> SqliteChannelTables::channels() const {
  auto query = db_.query("SELECT " CHANNEL_ROW " FROM channel WHERE removed = 0 ORDER BY name");
  std::vector<Channel> all;
  while (query.step()) all.push_back(channel_of(query));
  return all;
}

std::optional<Channel> SqliteChannelTables::channel(std::string_view name) const {
  auto query = db_.query("SELECT " CHANNEL_ROW " FROM channel WHERE name = ? AND removed = 0");
  query.bind(name);
  if (!query.step()) return std::nullopt;
  Channel found = channel_of(query);
  if (found.name != name) throw Error(Code::corrupt, "the index of names leads to another channel");
  return found;
}

std::optional<Channel> SqliteChannelTables::channel(ChannelNo no) const {
  auto query = db_.query("SELECT " CHANNEL_ROW " FROM channel WHERE channel_no = ?");
  query.bind(no);
  if (!query.step()) return std::nullopt;
  return channel_of(query);
}

ChannelNo SqliteChannelTables::last_channel() const {
  auto query = db_.query("SELECT max(channel_no) FROM channel");
  return query.step() && !query.is_null(0) ? query.i64(0) : 0;
}

bool SqliteChannelTables::insert_channel(const Channel& channel) {
  auto query = db_.query(kInsertChannel.c_str());
  return write_channel(query, channel) > 0;
}

void SqliteChannelTables::update_channel(const Channel& channel) {
  auto query = db_.query(kUpdateChannel.c_str());
  write_channel(query, channel);
}

void SqliteChannelTables::forget_reason_details() {
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

void SqliteChannelTables::find_damage(std::vector<FindingRow>& findings) const {
  find_damaged_rows(db_, kChannel, kAllChannels, findings);
}

}  // namespace bccast::sqlite
