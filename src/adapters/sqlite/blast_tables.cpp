#include "adapters/sqlite/blast_tables.hpp"

#include "adapters/sqlite/columns.hpp"
#include "model/checked.hpp"

namespace bccast::sqlite {
namespace {

#define BLAST_COLUMNS                                                                              \
  "provider_no, blast_no, state, all_active, seq, created_at, sent_at, deadline_at, finished_at, " \
  "recipients, "                                                                                   \
  "open_lines, revision, deadline, roster_size, key_hash, actor, sent_by, channels, activity, "    \
  "hold, scheduled_at, digest, missed_at, missed_reason, overdue, recalled_at, swept, purged, "    \
  "opened, replied"

Blast blast_of(const Query& query) {
  Blast b;
  b.provider_no = query.i64(0);
  b.no = query.i64(1);
  const auto state = query.i64(2);
  if (state < 0 || state > static_cast<std::int64_t>(BlastState::recalled))
    throw Error(Code::corrupt, "a blast is in no known state");
  b.state = static_cast<BlastState>(state);
  b.all_active = query.i64(3) != 0;
  b.seq = query.i64(4);
  b.created_at = query.i64(5);
  b.sent_at = query.i64(6);
  b.deadline_at = query.i64(7);
  b.finished_at = query.i64(8);
  b.recipients = query.i64(9);
  b.open_lines = query.i64(10);
  b.revision = query.i64(11);
  b.deadline = query.i64(12);
  b.roster_size = static_cast<Place>(query.i64(13));
  b.key_hash = key_hash_of(query.blob(14));
  b.actor = query.string(15);
  b.sent_by = query.string(16);
  b.channels = query.string(17);
  b.activity = query.i64(18);
  b.hold = query.i64(19);
  b.scheduled_at = query.i64(20);
  b.digest = query.string(21);
  b.missed_at = query.i64(22);
  b.missed_reason = query.string(23);
  b.overdue = query.i64(24) != 0;
  b.recalled_at = query.i64(25);
  b.swept = static_cast<Place>(query.i64(26));
  b.purged = query.i64(27) != 0;
  b.opened = query.i64(28);
  b.replied = query.i64(29);
  return b;
}

Query& bind_policy(Query& query, const Blast& b) {
  query.bind(b.hold).bind(b.scheduled_at).bind_or_null(b.digest).bind(b.missed_at).bind(b.missed_reason);
  query.bind(std::int64_t{b.overdue}).bind(b.recalled_at).bind(std::int64_t{b.swept});
  return query.bind(std::int64_t{b.purged});
}

}  // namespace

std::optional<Blast> SqliteBlastTables::blast(ProviderNo provider, BlastNo no) const {
  auto query = db_.query("SELECT " BLAST_COLUMNS " FROM blast WHERE provider_no = ? AND blast_no = ?");
  query.bind(provider).bind(no);
  if (!query.step()) return std::nullopt;
  return blast_of(query);
}

std::optional<BlastNo> SqliteBlastTables::blast_by_key(ProviderNo provider, std::string_view key_hash) const {
  auto query = db_.query("SELECT blast_no FROM blast WHERE provider_no = ? AND key_hash = ?");
  query.bind(provider).bind(string_as_bytes(key_hash));
  if (!query.step()) return std::nullopt;
  return query.i64(0);
}

std::vector<Blast> SqliteBlastTables::blasts(ProviderNo provider, BlastNo before,
                                             std::optional<BlastState> state, std::size_t limit) const {
  auto query =
      state ? db_.query("SELECT " BLAST_COLUMNS
                        " FROM blast WHERE provider_no = ? AND state = ? AND blast_no < ? "
                        "ORDER BY blast_no DESC LIMIT ?")
            : db_.query("SELECT " BLAST_COLUMNS
                        " FROM blast WHERE provider_no = ? AND blast_no < ? ORDER BY blast_no DESC LIMIT ?");
  query.bind(provider);
  if (state) query.bind(static_cast<std::int64_t>(*state));
  query.bind(before).bind(static_cast<std::int64_t>(limit));
  std::vector<Blast> all;
  while (query.step()) all.push_back(blast_of(query));
  return all;
}

std::vector<Blast> SqliteBlastTables::unsent(ProviderNo provider) const {
  auto query =
      db_.query("SELECT " BLAST_COLUMNS " FROM blast WHERE provider_no = ? AND state < 2 ORDER BY state");
  query.bind(provider);
  std::vector<Blast> all;
  while (query.step()) all.push_back(blast_of(query));
  return all;
}

BlastTables::Agenda SqliteBlastTables::agenda() const {
  auto query = db_.query(
      "SELECT (SELECT min(scheduled_at) FROM blast WHERE state = 1), "
      "(SELECT min(deadline_at) FROM blast WHERE state BETWEEN 1 AND 3 AND overdue = 0), "
      "EXISTS (SELECT 1 FROM blast WHERE state = 5 AND swept < roster_size)");
  Agenda agenda;
  if (!query.step()) return agenda;
  if (!query.is_null(0)) agenda.schedule = query.i64(0);
  if (!query.is_null(1)) agenda.deadline = query.i64(1);
  agenda.to_sweep = query.i64(2) != 0;
  return agenda;
}

std::optional<Blast> SqliteBlastTables::due_schedule(Ms now) const {
  auto query = db_.query("SELECT " BLAST_COLUMNS
                         " FROM blast WHERE state = 1 AND scheduled_at <= ? ORDER BY scheduled_at LIMIT 1");
  query.bind(now);
  if (!query.step()) return std::nullopt;
  return blast_of(query);
}

std::optional<Blast> SqliteBlastTables::due_deadline(Ms now) const {
  auto query = db_.query("SELECT " BLAST_COLUMNS
                         " FROM blast WHERE state BETWEEN 1 AND 3 AND overdue = 0 AND deadline_at < ? "
                         "ORDER BY deadline_at LIMIT 1");
  query.bind(now);
  if (!query.step()) return std::nullopt;
  return blast_of(query);
}

#define PAST_DEADLINE(overdue)                                                             \
  "SELECT " BLAST_COLUMNS " FROM blast WHERE state BETWEEN 1 AND 3 AND overdue = " overdue \
  " AND deadline_at < ?1 AND (deadline_at, provider_no, blast_no) > (?2, ?3, ?4) AND ?5 = 0"
std::vector<Blast> SqliteBlastTables::past_deadline(std::optional<ProviderNo> provider, Ms now,
                                                    const DeadlinePosition& after, std::size_t limit) const {
  // Those of which it was said, and the others: SQLite merges the two, row by row.
  auto query =
      provider
          ? db_.query("SELECT " BLAST_COLUMNS
                      " FROM blast WHERE provider_no = ?5 AND finished_at = 0 AND state > 0 AND state <= 3 "
                      "AND deadline_at < ?1 AND (deadline_at, provider_no, blast_no) > (?2, ?3, ?4) "
                      "ORDER BY deadline_at, provider_no, blast_no LIMIT ?6")
          : db_.query(PAST_DEADLINE("0") " UNION ALL " PAST_DEADLINE(
                "1") " ORDER BY deadline_at, provider_no, blast_no LIMIT ?6");
  query.bind(now).bind(after.deadline_at).bind(after.provider_no).bind(after.blast_no);
  query.bind(provider.value_or(0)).bind(static_cast<std::int64_t>(limit));
  std::vector<Blast> all;
  while (query.step()) all.push_back(blast_of(query));
  return all;
}

std::optional<Blast> SqliteBlastTables::recall_to_sweep() const {
  auto query =
      db_.query("SELECT " BLAST_COLUMNS " FROM blast WHERE state = 5 AND swept < roster_size LIMIT 1");
  if (!query.step()) return std::nullopt;
  return blast_of(query);
}

std::vector<Blast> SqliteBlastTables::recalled_before(Ms before, std::size_t limit) const {
  auto query = db_.query("SELECT " BLAST_COLUMNS
                         " FROM blast WHERE state = 5 AND purged = 0 AND recalled_at < ? ORDER BY "
                         "recalled_at LIMIT ?");
  query.bind(before).bind(static_cast<std::int64_t>(limit));
  std::vector<Blast> all;
  while (query.step()) all.push_back(blast_of(query));
  return all;
}

void SqliteBlastTables::insert_blast(const Blast& b) {
  auto query = db_.query(
      "INSERT INTO blast(" BLAST_COLUMNS
      ") VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)");
  query.bind(b.provider_no)
      .bind(b.no)
      .bind(static_cast<std::int64_t>(b.state))
      .bind(std::int64_t{b.all_active});
  query.bind(b.seq)
      .bind(b.created_at)
      .bind(b.sent_at)
      .bind(b.deadline_at)
      .bind(b.finished_at)
      .bind(b.recipients);
  query.bind(b.open_lines).bind(b.revision).bind(b.deadline).bind(std::int64_t{b.roster_size});
  query.bind_blob_or_null(b.key_hash)
      .bind_or_null(b.actor)
      .bind_or_null(b.sent_by)
      .bind(b.channels)
      .bind(b.activity);
  bind_policy(query, b).bind(b.opened).bind(b.replied).run();
}

void SqliteBlastTables::update_blast(const Blast& b) {
  auto query = db_.query(
      "UPDATE blast SET state = ?, all_active = ?, seq = ?, sent_at = ?, deadline_at = ?, finished_at = ?, "
      "recipients = ?, open_lines = ?, revision = ?, deadline = ?, roster_size = ?, "
      "sent_by = ?, channels = ?, activity = ?, hold = ?, scheduled_at = ?, digest = ?, missed_at = ?, "
      "missed_reason = ?, overdue = ?, recalled_at = ?, swept = ?, purged = ? "
      "WHERE provider_no = ? AND blast_no = ?");
  query.bind(static_cast<std::int64_t>(b.state)).bind(std::int64_t{b.all_active}).bind(b.seq).bind(b.sent_at);
  query.bind(b.deadline_at).bind(b.finished_at).bind(b.recipients).bind(b.open_lines).bind(b.revision);
  query.bind(b.deadline)
      .bind(std::int64_t{b.roster_size})
      .bind_or_null(b.sent_by)
      .bind(b.channels)
      .bind(b.activity);
  bind_policy(query, b).bind(b.provider_no).bind(b.no).run();
}

void SqliteBlastTables::delete_blast(ProviderNo provider, BlastNo no) {
  delete_draft(provider, no);
  db_.query("DELETE FROM blast_text WHERE provider_no = ? AND blast_no = ?").bind(provider).bind(no).run();
  db_.query("DELETE FROM blast WHERE provider_no = ? AND blast_no = ?").bind(provider).bind(no).run();
}

std::optional<std::string> SqliteBlastTables::text(ProviderNo provider, BlastNo no) const {
  auto query = db_.query("SELECT text FROM blast_text WHERE provider_no = ? AND blast_no = ?");
  query.bind(provider).bind(no);
  if (!query.step()) return std::nullopt;
  return std::string(checked_content(query.blob(0), "a text"));
}

void SqliteBlastTables::put_text(ProviderNo provider, BlastNo no, std::string_view text) {
  const std::string stored = checked_bytes(text);
  auto query = db_.query(
      "INSERT INTO blast_text(provider_no, blast_no, text) VALUES (?, ?, ?) "
      "ON CONFLICT DO UPDATE SET text = excluded.text");
  query.bind(provider).bind(no).bind(string_as_bytes(stored)).run();
}

DraftSlice SqliteBlastTables::draft_slice(ProviderNo provider, BlastNo no, SliceNo slice) const {
  auto query = db_.query(
      "SELECT picked, deselected FROM draft_slice WHERE provider_no = ? AND blast_no = ? AND slice_no = ?");
  query.bind(provider).bind(no).bind(std::int64_t{slice});
  if (!query.step()) return {};
  return {Slice::decode(query.blob(0)), Slice::decode(query.blob(1))};
}

void SqliteBlastTables::put_draft_slice(ProviderNo provider, BlastNo no, SliceNo slice,
                                        const DraftSlice& value) {
  if (value.empty()) {
    auto query = db_.query("DELETE FROM draft_slice WHERE provider_no = ? AND blast_no = ? AND slice_no = ?");
    query.bind(provider).bind(no).bind(std::int64_t{slice}).run();
    return;
  }
  const auto picked = value.picked.encode();
  const auto deselected = value.deselected.encode();
  auto query = db_.query(
      "INSERT INTO draft_slice(provider_no, blast_no, slice_no, picked, deselected) VALUES (?, ?, ?, ?, ?) "
      "ON CONFLICT DO UPDATE SET picked = excluded.picked, deselected = excluded.deselected");
  query.bind(provider).bind(no).bind(std::int64_t{slice}).bind(picked).bind(deselected).run();
}

void SqliteBlastTables::delete_draft(ProviderNo provider, BlastNo no) {
  db_.query("DELETE FROM draft_slice WHERE provider_no = ? AND blast_no = ?").bind(provider).bind(no).run();
}

void SqliteBlastTables::insert_audience(ProviderNo provider, SliceNo slice, Seq seq, BlastNo no,
                                        const StoredAudience& value) {
  auto query = db_.query(
      "INSERT INTO recipients(provider_no, slice_no, seq, blast_no, places, archived, off, deselected) "
      "VALUES (?, ?, ?, ?, ?, ?, ?, ?)");
  query.bind(provider).bind(std::int64_t{slice}).bind(seq).bind(no);
  query.bind(value.recipients).bind(value.archived).bind(value.off).bind(value.deselected).run();
}

Audience SqliteBlastTables::audience(ProviderNo provider, SliceNo slice, Seq seq) const {
  auto query = db_.query(
      "SELECT places, archived, off, deselected FROM recipients WHERE provider_no = ? AND slice_no = ? AND "
      "seq = ?");
  query.bind(provider).bind(std::int64_t{slice}).bind(seq);
  if (!query.step()) return {};
  return {Slice::decode(query.blob(0)),
          Slice::decode(query.blob(1)),
          Slice::decode(query.blob(2)),
          Slice::decode(query.blob(3)),
          {}};
}

Slice SqliteBlastTables::recipients(ProviderNo provider, SliceNo slice, Seq seq) const {
  auto query = db_.query("SELECT places FROM recipients WHERE provider_no = ? AND slice_no = ? AND seq = ?");
  query.bind(provider).bind(std::int64_t{slice}).bind(seq);
  return query.step() ? Slice::decode(query.blob(0)) : Slice();
}

bool SqliteBlastTables::is_recipient(ProviderNo provider, Place place, Seq seq) const {
  auto query = db_.query("SELECT places FROM recipients WHERE provider_no = ? AND slice_no = ? AND seq = ?");
  query.bind(provider).bind(std::int64_t{slice_of(place)}).bind(seq);
  return query.step() && Slice::encoded_contains(query.blob(0), within_slice(place));
}

bool SqliteBlastTables::has_thread(ProviderNo provider, Place place, Seq seq) const {
  auto query = db_.query(
      "SELECT coalesce(kept, places) FROM recipients WHERE provider_no = ? AND slice_no = ? AND seq = ?");
  query.bind(provider).bind(std::int64_t{slice_of(place)}).bind(seq);
  return query.step() && Slice::encoded_contains(query.blob(0), within_slice(place));
}

Slice SqliteBlastTables::kept(ProviderNo provider, SliceNo slice, Seq seq) const {
  auto query = db_.query(
      "SELECT coalesce(kept, places) FROM recipients WHERE provider_no = ? AND slice_no = ? AND seq = ?");
  query.bind(provider).bind(std::int64_t{slice}).bind(seq);
  return query.step() ? Slice::decode(query.blob(0)) : Slice();
}

void SqliteBlastTables::put_kept(ProviderNo provider, SliceNo slice, Seq seq, const Slice& value) {
  const auto kept = value.encode();
  auto query = db_.query("UPDATE recipients SET kept = ? WHERE provider_no = ? AND slice_no = ? AND seq = ?");
  query.bind(kept).bind(provider).bind(std::int64_t{slice}).bind(seq).run();
}

void SqliteBlastTables::newer_blasts(ProviderNo provider, Place place, Seq after,
                                     FunctionRef<void(Seq, BlastNo, bool recalled)> f) const {
  auto query = db_.query(
      "SELECT seq, blast_no, coalesce(kept, places), kept IS NOT NULL FROM recipients WHERE provider_no = ? "
      "AND slice_no = ? AND seq > ? ORDER BY seq");
  query.bind(provider).bind(std::int64_t{slice_of(place)}).bind(after);
  while (query.step())
    if (Slice::encoded_contains(query.blob(2), within_slice(place)))
      f(query.i64(0), query.i64(1), query.i64(3) != 0);
}

MarkSlice SqliteBlastTables::marks(ProviderNo provider, BlastNo no, SliceNo slice) const {
  auto query = db_.query(
      "SELECT opened, replied FROM mark_slice WHERE provider_no = ? AND blast_no = ? AND slice_no = ?");
  query.bind(provider).bind(no).bind(std::int64_t{slice});
  if (!query.step()) return {};
  return {Slice::decode(query.blob(0)), Slice::decode(query.blob(1))};
}

void SqliteBlastTables::put_marks(ProviderNo provider, BlastNo no, SliceNo slice, const MarkSlice& value) {
  const auto opened = value.opened.encode();
  const auto replied = value.replied.encode();
  auto query = db_.query(
      "INSERT INTO mark_slice(provider_no, blast_no, slice_no, opened, replied) VALUES (?, ?, ?, ?, ?) "
      "ON CONFLICT DO UPDATE SET opened = excluded.opened, replied = excluded.replied");
  query.bind(provider).bind(no).bind(std::int64_t{slice}).bind(opened).bind(replied).run();
}

void SqliteBlastTables::count_marks(ProviderNo provider, BlastNo no, std::int64_t opened,
                                    std::int64_t replied) {
  auto query = db_.query(
      "UPDATE blast SET opened = opened + ?, replied = replied + ? WHERE provider_no = ? AND blast_no = ?");
  query.bind(opened).bind(replied).bind(provider).bind(no).run();
}

}  // namespace bccast::sqlite
