#include "adapters/sqlite/channel_tables.hpp"

#include <utility>
#include <vector>

#include "adapters/sqlite/mapping.hpp"
#include "base/error.hpp"

namespace bccast::sqlite {
namespace {

#define CHANNEL_COLUMNS                                                                         \
  "channel_no, name, delivers, paused, removed, rate, concurrency, fail_percent, fail_window, " \
  "fail_pauses, quiet_from, quiet_to, waits"
#define CHANNEL_ROW CHANNEL_COLUMNS ", sum"
#define WORK_COLUMNS                                                                                \
  "channel_no, failures, failing_since, open_until, last_reason, items_turn, worker_seen, tokens, " \
  "tokens_at, window_attempts, window_failed, window_reason, window_votes, window_seen, "           \
  "over_threshold, stopped"
#define WORK_ROW WORK_COLUMNS ", sum"

constexpr RowTable kChannel{"channel",
                            RowKind::channel,
                            CHANNEL_COLUMNS,
                            {.key = "channel_no", .fixed = "name, delivers", .counted = ""}};
constexpr Sql kInsertChannel = insert_row(kChannel, " ON CONFLICT DO NOTHING");
constexpr Sql kUpdateChannel = update_row(kChannel);

constexpr RowTable kWork{"channel_work",
                         RowKind::channel_work,
                         WORK_COLUMNS,
                         {.key = "channel_no", .fixed = "", .counted = "worker_seen"}};
constexpr Sql kInsertWork = insert_row(kWork);
constexpr Sql kUpdateWork = update_row(kWork);

template <typename Columns, typename Row>
void visit(Columns& columns, Row& c) {
  columns.number(c.no);
  columns.text(c.name);
  columns.flag(c.delivers);
  columns.flag(c.paused);
  columns.flag(c.removed);
  for (auto* number : {&c.rate.per_1000_s, &c.concurrency, &c.fail_rule.percent, &c.fail_rule.window})
    columns.number(*number);
  columns.flag(c.fail_rule.pauses);
  columns.one_of(c.quiet_hours.from, 24 * 60);
  columns.one_of(c.quiet_hours.to, 24 * 60);
  columns.flag(c.waits);
}

template <typename Columns, typename Row>
void visit_work(Columns& columns, Row& w) {
  columns.number(w.channel_no);
  columns.number(w.failures);
  columns.number(w.failing_since);
  columns.number(w.open_until);
  columns.text(w.last_reason);
  for (auto* number :
       {&w.items_turn, &w.worker_seen, &w.bucket.tokens, &w.bucket.at, &w.window.attempts, &w.window.failed})
    columns.number(*number);
  columns.text(w.window.reason);
  columns.number(w.window.votes);
  columns.number(w.window.seen);
  columns.flag(w.over_threshold);
  columns.flag(w.stopped);
}

ChannelWork work_of(const Query& query) {
  ChannelWork work;
  RowReader reader(query, kWork);
  visit_work(reader, work);
  reader.finish();
  return work;
}

void write_work(Query& query, const ChannelWork& work) {
  RowWriter writer(query, kWork);
  visit_work(writer, work);
  writer.finish();
  query.run();
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
constexpr Sql kAllWork = select_rows(kWork);

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
  if (write_channel(query, channel) == 0) return false;
  auto work = db_.query(kInsertWork.c_str());
  ChannelWork fresh;
  fresh.channel_no = channel.no;
  write_work(work, fresh);
  return true;
}

void SqliteChannelTables::update_channel(const Channel& channel) {
  auto query = db_.query(kUpdateChannel.c_str());
  write_channel(query, channel);
}

std::optional<ChannelWork> SqliteChannelTables::channel_work(ChannelNo no) const {
  auto query = db_.query("SELECT " WORK_ROW " FROM channel_work WHERE channel_no = ?");
  query.bind(no);
  if (!query.step()) return std::nullopt;
  const auto work = work_of(query);
  require_asked_for(work.channel_no == no);
  return work;
}

void SqliteChannelTables::update_channel_work(const ChannelWork& work) {
  auto query = db_.query(kUpdateWork.c_str());
  write_work(query, work);
}

void SqliteChannelTables::forget_reason_details() {
  std::vector<ChannelWork> all;
  std::vector<std::int64_t> damaged;
  {
    auto query = db_.query("SELECT " WORK_ROW " FROM channel_work WHERE instr(last_reason, ':') > 0");
    while (query.step()) try {
        all.push_back(work_of(query));
      } catch (const Error& error) {
        if (error.code() != Code::corrupt || error.native() != 0) throw;
        damaged.push_back(query.any_i64(0));
      }
  }
  for (const auto no :
       damaged) {  // what is to be forgotten is forgotten, and the row is as damaged as before
    auto query = db_.query(
        "UPDATE channel_work SET last_reason = substr(last_reason, 1, instr(last_reason, ':') - 1) "
        "WHERE channel_no = ?");
    query.bind(no).run();
  }
  for (auto& work : all) {
    work.last_reason.resize(work.last_reason.find(':'));
    update_channel_work(work);
  }
}

void SqliteChannelTables::find_damage(std::vector<FindingRow>& findings) const {
  find_damaged_rows(db_, kChannel, kAllChannels, findings);
  find_damaged_rows(db_, kWork, kAllWork, findings);
}

}  // namespace bccast::sqlite
