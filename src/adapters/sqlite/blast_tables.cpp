#include "adapters/sqlite/blast_tables.hpp"

#include "adapters/sqlite/columns.hpp"
#include "adapters/sqlite/mapping.hpp"
#include "model/text_rules.hpp"

namespace bccast::sqlite {
namespace {

#define BLAST_COLUMNS                                                                              \
  "provider_no, blast_no, state, all_active, seq, created_at, sent_at, deadline_at, finished_at, " \
  "recipients, "                                                                                   \
  "open_lines, revision, deadline, roster_size, key_hash, actor, sent_by, channels, activity, "    \
  "hold, scheduled_at, digest, missed_at, missed_reason, overdue, recalled_at, swept, purged"
#define BLAST_ROW BLAST_COLUMNS ", sum"

constexpr RowTable kBlast{
    "blast",
    RowKind::blast,
    BLAST_COLUMNS,
    {.key = "provider_no, blast_no", .fixed = "created_at, key_hash, actor", .counted = ""}};
constexpr Sql kInsertBlast = insert_row(kBlast);
constexpr Sql kUpdateBlast = update_row(kBlast);

template <typename Columns, typename Row>
void visit(Columns& columns, Row& b) {
  columns.number(b.provider_no);
  columns.number(b.no);
  columns.one_of(b.state, BlastState::recalled);
  columns.flag(b.all_active);
  for (auto* number : {&b.seq, &b.created_at, &b.sent_at, &b.deadline_at, &b.finished_at, &b.recipients,
                       &b.open_lines, &b.revision, &b.deadline})
    columns.number(*number);
  columns.place(b.roster_size);
  columns.bytes_or_null(b.key_hash);
  columns.text_or_null(b.actor);
  columns.text_or_null(b.sent_by);
  columns.text(b.channels);
  columns.number(b.activity);
  columns.number(b.hold);
  columns.number(b.scheduled_at);
  columns.text_or_null(b.digest);
  columns.number(b.missed_at);
  columns.text(b.missed_reason);
  columns.flag(b.overdue);
  columns.number(b.recalled_at);
  columns.place(b.swept);
  columns.flag(b.purged);
}

Blast blast_of(const Query& query) {
  Blast blast;
  RowReader reader(query, kBlast);
  visit(reader, blast);
  reader.finish();
  return blast;
}

void write_row(Connection& db, const Sql& sql, const Blast& blast) {
  auto query = db.query(sql.c_str());
  RowWriter writer(query, kBlast);
  visit(writer, blast);
  writer.finish();
  query.run();
}

// ---- Who has a blast: bitmaps, and a row's own numbers, which have a sum

enum AudienceColumn : int { kPlaces = 1, kArchived, kOff, kDeselected, kKept };

#define AUDIENCE_ROW "seq, blast_no, kept IS NOT NULL, sum"

/// The first columns of a query for AUDIENCE_ROW.
struct AudienceRow {
  ProviderNo provider_no;
  SliceNo slice;
  Seq seq = 0;
  BlastNo blast_no = 0;
  bool has_kept = false;

  AudienceRow(const Query& query, ProviderNo provider, SliceNo slice_in)
      : provider_no(provider),
        slice(slice_in),
        seq(query.i64(0)),
        blast_no(query.i64(1)),
        has_kept(query.i64(2) != 0) {
    if (query.i64(3) != sum() + std::int64_t{has_kept})
      throw Error(Code::corrupt, "who has a blast is damaged, or another's");
  }
  /// The row of this blast: where a key is damaged, a look-up may end at another.
  AudienceRow(const Query& query, ProviderNo provider, SliceNo slice_in, Seq asked)
      : AudienceRow(query, provider, slice_in) {
    require_asked_for(seq == asked);
  }
  AudienceRow(ProviderNo provider, SliceNo slice_in, Seq seq_in, BlastNo blast)
      : provider_no(provider), slice(slice_in), seq(seq_in), blast_no(blast) {}

  /// Without 1 for that there is `kept`, which is added later.
  std::int64_t sum() const {
    return RowSum(RowKind::recipients)
        .add(provider_no)
        .add(std::int64_t{slice})
        .add(seq)
        .add(blast_no)
        .finish();
  }
  std::uint32_t key(AudienceColumn column) const {
    return bitmap_key(RowKind::recipients, column, provider_no, slice, seq, blast_no);
  }
  /// Of coalesce(kept, places).
  std::uint32_t key_of_kept() const { return key(has_kept ? kKept : kPlaces); }
};

// ---- What recipients did: a page of places of each kind

#define MARK_COLUMNS "provider_no, blast_no, kind, page, count, bits"
#define MARK_ROW MARK_COLUMNS ", sum"

constexpr RowTable kMark{"mark",
                         RowKind::mark,
                         MARK_COLUMNS,
                         {.key = "provider_no, blast_no, kind, page", .fixed = "", .counted = ""}};
constexpr Sql kInsertMark = insert_row(kMark);
constexpr Sql kUpdateMark = update_row(kMark);
constexpr Sql kAllMarks = select_rows(kMark);

struct MarkRow {
  ProviderNo provider_no = 0;
  BlastNo blast_no = 0;
  std::int64_t kind = 0;
  std::int64_t page = 0;
  std::int64_t count = 0;
  std::span<const std::uint8_t> bits;

  bool is_of(ProviderNo provider, BlastNo blast) const {
    return provider_no == provider && blast_no == blast;
  }
  MarkPage::Bits places() const { return bits.first<Slice::kPartBytes>(); }
};

template <typename Columns, typename Row>
void visit_mark(Columns& columns, Row& m) {
  for (auto* number : {&m.provider_no, &m.blast_no, &m.kind, &m.page, &m.count}) columns.number(*number);
  columns.bytes(m.bits);
}

/// Valid until the query's next step.
MarkRow mark_of(const Query& query) {
  MarkRow row;
  RowReader reader(query, kMark);
  visit_mark(reader, row);
  reader.finish();
  if (row.kind < 1 || row.kind > 255 || row.bits.size() != Slice::kPartBytes)
    throw Error(Code::corrupt, "who has marked a blast is not what was once written");
  return row;
}

std::uint32_t draft_key(int column, ProviderNo provider, BlastNo blast, SliceNo slice) {
  return bitmap_key(RowKind::draft_slice, column, provider, blast, slice);
}

constexpr Sql kAllBlasts = select_rows(kBlast);
// As AudienceRow sums it; to be looked through, never to be written by.
constexpr RowTable kAudience{
    "recipients",
    RowKind::recipients,
    "provider_no, slice_no, seq, blast_no, kept IS NOT NULL",
    {.key = "provider_no, slice_no, seq", .fixed = "", .counted = "kept IS NOT NULL"}};
constexpr Sql kAllAudiences = select_rows(kAudience);

/// Nobody would ask for them.
constexpr Sql rows_of_no_blast(std::string_view table) {
  return Sql()
      .add("SELECT")
      .add(" provider_no, blast_no FROM ")
      .add(table)
      .add(" AS row WHERE NOT EXISTS (SELECT 1 FROM blast WHERE blast.provider_no = row.provider_no AND ")
      .add("blast.blast_no = row.blast_no)");
}
constexpr Sql kDraftsOfNone = rows_of_no_blast("draft_slice");
constexpr Sql kMarksOfNone = rows_of_no_blast("mark");
constexpr Sql kTextsOfNone = rows_of_no_blast("blast_text");

}  // namespace

std::optional<Blast> SqliteBlastTables::blast(ProviderNo provider, BlastNo no) const {
  auto query = db_.query("SELECT " BLAST_ROW " FROM blast WHERE provider_no = ? AND blast_no = ?");
  query.bind(provider).bind(no);
  if (!query.step()) return std::nullopt;
  auto found = blast_of(query);
  require_asked_for(found.provider_no == provider && found.no == no);
  return found;
}

Found<BlastKey, Blast> SqliteBlastTables::blasts(std::span<const BlastKey> keys) const {
  return find_each(keys, [&](const BlastKey& key) { return blast(key.first, key.second); });
}

std::optional<BlastNo> SqliteBlastTables::blast_by_key(ProviderNo provider, std::string_view key_hash) const {
  auto query = db_.query("SELECT " BLAST_ROW " FROM blast WHERE provider_no = ? AND key_hash = ?");
  query.bind(provider).bind(string_as_bytes(key_hash));
  if (!query.step()) return std::nullopt;
  const Blast found = blast_of(query);
  if (found.provider_no != provider || found.key_hash != key_hash)
    throw Error(Code::corrupt, "the index of keys leads to another blast");
  return found.no;
}

std::vector<Blast> SqliteBlastTables::blasts(ProviderNo provider, BlastNo before,
                                             std::optional<BlastState> state, std::size_t limit) const {
  auto query =
      state
          ? db_.query(
                "SELECT " BLAST_ROW
                " FROM blast INDEXED BY blast_in_state WHERE provider_no = ? AND state = ? AND blast_no < ? "
                "ORDER BY blast_no DESC LIMIT ?")
          : db_.query("SELECT " BLAST_ROW
                      " FROM blast WHERE provider_no = ? AND blast_no < ? ORDER BY blast_no DESC LIMIT ?");
  query.bind(provider);
  if (state) query.bind(static_cast<std::int64_t>(*state));
  query.bind(before).bind(static_cast<std::int64_t>(limit));
  std::vector<Blast> all;
  while (query.step()) {
    all.push_back(blast_of(query));
    const Blast& found = all.back();
    require_asked_for(found.provider_no == provider && found.no < before &&
                      (!state || found.state == *state));
    before = found.no;
  }
  return all;
}

std::vector<BlastNo> SqliteBlastTables::blast_numbers(ProviderNo provider, BlastNo after,
                                                      std::size_t limit) const {
  auto query = db_.query(
      "SELECT blast_no FROM blast WHERE provider_no = ? AND blast_no > ? ORDER BY blast_no LIMIT ?");
  query.bind(provider).bind(after).bind(static_cast<std::int64_t>(limit));
  std::vector<BlastNo> all;
  while (query.step()) all.push_back(query.i64(0));
  return all;
}

std::vector<Blast> SqliteBlastTables::unsent(ProviderNo provider) const {
  auto query =
      db_.query("SELECT " BLAST_ROW " FROM blast WHERE provider_no = ? AND state < 2 ORDER BY state");
  query.bind(provider);
  std::vector<Blast> all;
  while (query.step()) {
    all.push_back(blast_of(query));
    require_asked_for(all.back().provider_no == provider && all.back().state < BlastState::sent);
  }
  return all;
}

std::optional<BlastNo> SqliteBlastTables::unsent_from(ProviderNo provider, BlastNo from) const {
  std::optional<BlastNo> first;
  for (const auto state : {BlastState::draft, BlastState::scheduled}) {
    auto query = db_.query(
        "SELECT blast_no FROM blast INDEXED BY blast_in_state WHERE provider_no = ? AND state = ? "
        "AND blast_no >= ? ORDER BY blast_no LIMIT 1");
    query.bind(provider).bind(static_cast<std::int64_t>(state)).bind(from);
    if (query.step() && (!first || query.i64(0) < *first)) first = query.i64(0);
  }
  return first;
}

BlastTables::Agenda SqliteBlastTables::agenda() const {
  auto query = db_.query(
      "SELECT (SELECT min(scheduled_at) FROM blast WHERE state = 1), "
      "(SELECT min(deadline_at) FROM blast WHERE state BETWEEN 1 AND 3 AND overdue = 0), "
      "EXISTS (SELECT 1 FROM blast WHERE state = 5 AND swept < roster_size), "
      "(SELECT max(debt_no) FROM debt) IS NOT NULL, "
      "EXISTS (SELECT 1 FROM folding WHERE one = 1 AND provider_no <> 0), "
      "EXISTS (SELECT 1 FROM line WHERE state < 0), "
      "(SELECT max(act_no) FROM act) IS NOT NULL");
  Agenda agenda;
  if (!query.step()) return agenda;
  if (!query.is_null(0)) agenda.schedule = query.i64(0);
  if (!query.is_null(1)) agenda.deadline = query.i64(1);
  agenda.to_sweep = query.i64(2) != 0;
  agenda.owes = query.i64(3) != 0;
  agenda.to_index = query.i64(4) != 0;
  agenda.to_forget = query.i64(5) != 0;
  agenda.to_finish = query.i64(6) != 0;
  return agenda;
}

std::optional<Blast> SqliteBlastTables::due_schedule(Ms now) const {
  auto query = db_.query("SELECT " BLAST_ROW
                         " FROM blast WHERE state = 1 AND scheduled_at <= ? ORDER BY scheduled_at");
  query.bind(now);
  return first_sound(query, [&](const Query& row) {
    auto blast = blast_of(row);
    require_asked_for(blast.state == BlastState::scheduled && blast.scheduled_at <= now);
    return blast;
  });
}

std::optional<Blast> SqliteBlastTables::due_deadline(Ms now) const {
  auto query = db_.query("SELECT " BLAST_ROW
                         " FROM blast WHERE state BETWEEN 1 AND 3 AND overdue = 0 AND deadline_at < ? "
                         "ORDER BY deadline_at");
  query.bind(now);
  return first_sound(query, [&](const Query& row) {
    auto blast = blast_of(row);
    require_asked_for(!blast.overdue && blast.deadline_at < now);
    return blast;
  });
}

#define PAST_DEADLINE(overdue)                                                         \
  "SELECT " BLAST_ROW " FROM blast WHERE state BETWEEN 1 AND 3 AND overdue = " overdue \
  " AND deadline_at < ?1 AND (deadline_at, provider_no, blast_no) > (?2, ?3, ?4) AND ?5 = 0"
std::vector<Blast> SqliteBlastTables::past_deadline(std::optional<ProviderNo> provider, Ms now,
                                                    const DeadlinePosition& after, std::size_t limit) const {
  // Those of which it was said, and the others: SQLite merges the two, row by row.
  auto query =
      provider
          ? db_.query("SELECT " BLAST_ROW
                      " FROM blast WHERE provider_no = ?5 AND finished_at = 0 AND state > 0 AND state <= 3 "
                      "AND deadline_at < ?1 AND (deadline_at, provider_no, blast_no) > (?2, ?3, ?4) "
                      "ORDER BY deadline_at, provider_no, blast_no LIMIT ?6")
          : db_.query(PAST_DEADLINE("0") " UNION ALL " PAST_DEADLINE(
                "1") " ORDER BY deadline_at, provider_no, blast_no LIMIT ?6");
  query.bind(now).bind(after.deadline_at).bind(after.provider_no).bind(after.blast_no);
  query.bind(provider.value_or(0)).bind(static_cast<std::int64_t>(limit));
  std::vector<Blast> all;
  while (query.step()) {
    all.push_back(blast_of(query));
    require_asked_for(!provider || all.back().provider_no == *provider);
  }
  return all;
}

std::optional<Blast> SqliteBlastTables::recall_to_sweep() const {
  auto query = db_.query("SELECT " BLAST_ROW " FROM blast WHERE state = 5 AND swept < roster_size");
  return first_sound(query, [](const Query& row) {
    auto blast = blast_of(row);
    require_asked_for(blast.state == BlastState::recalled && blast.swept < blast.roster_size);
    return blast;
  });
}

std::vector<bool> SqliteBlastTables::have_recalls_to_sweep(std::span<const ProviderNo> providers) const {
  std::vector<bool> have;
  for (const auto provider : providers) have.push_back(has_recall(provider));
  return have;
}

bool SqliteBlastTables::has_recall(ProviderNo provider) const {
  auto query = db_.query(
      "SELECT 1 FROM blast INDEXED BY blast_recalled "
      "WHERE provider_no = ? AND state = 5 AND swept < roster_size LIMIT 1");
  return query.bind(provider).step();
}

std::vector<Blast> SqliteBlastTables::recalled_before(Ms before, std::size_t limit,
                                                      std::exception_ptr& damaged) const {
  auto query = db_.query("SELECT " BLAST_ROW
                         " FROM blast WHERE state = 5 AND purged = 0 AND recalled_at < ? ORDER BY "
                         "recalled_at");
  query.bind(before);
  std::vector<Blast> all;
  while (all.size() < limit) {
    auto blast = next_sound(query, blast_of, damaged);
    if (!blast) break;
    all.push_back(std::move(*blast));
  }
  return all;
}

void SqliteBlastTables::insert_blast(const Blast& b) {
  write_row(db_, kInsertBlast, b);
}

void SqliteBlastTables::update_blast(const Blast& b) {
  write_row(db_, kUpdateBlast, b);
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
  return bytes_as_string(query.blob(0));
}

Found<BlastKey, std::string> SqliteBlastTables::texts(std::span<const BlastKey> keys) const {
  return find_up_to(
      keys, kMaxPageBytes, [&](const BlastKey& key) { return text(key.first, key.second); },
      [](const std::string& text) { return text.size(); });
}

void SqliteBlastTables::put_text(ProviderNo provider, BlastNo no, std::string_view text) {
  auto query = db_.query(
      "INSERT INTO blast_text(provider_no, blast_no, text) VALUES (?, ?, ?) "
      "ON CONFLICT DO UPDATE SET text = excluded.text");
  query.bind(provider).bind(no).bind(string_as_bytes(text)).run();
}

namespace {

DraftSlice draft_slice_of(const Query& query, ProviderNo provider, BlastNo no, SliceNo slice) {
  return {Slice::decode(query.blob(0), draft_key(1, provider, no, slice)),
          Slice::decode(query.blob(1), draft_key(2, provider, no, slice))};
}

}  // namespace

std::vector<DraftSlice> SqliteBlastTables::draft_slices(ProviderNo provider, BlastNo no,
                                                        std::span<const SliceNo> slices) const {
  return each_of(slices, [&](SliceNo s) { return stored_draft(provider, no, s); });
}

DraftSlice SqliteBlastTables::stored_draft(ProviderNo provider, BlastNo no, SliceNo slice) const {
  auto query = db_.query(
      "SELECT picked, deselected FROM draft_slice WHERE provider_no = ? AND blast_no = ? AND slice_no = ?");
  query.bind(provider).bind(no).bind(std::int64_t{slice});
  if (!query.step()) return {};
  return draft_slice_of(query, provider, no, slice);
}

std::vector<ChosenSlice> SqliteBlastTables::draft_slices(ProviderNo provider, BlastNo no, SliceNo from,
                                                         std::size_t limit) const {
  auto query = db_.query(
      "SELECT picked, deselected, slice_no FROM draft_slice WHERE provider_no = ? AND blast_no = ? "
      "AND slice_no >= ? ORDER BY slice_no LIMIT ?");
  query.bind(provider).bind(no).bind(from_number(from)).bind(static_cast<std::int64_t>(limit));
  std::vector<ChosenSlice> slices;
  while (query.step()) {
    const auto slice = slice_in(query.i64(2));
    slices.push_back({slice, draft_slice_of(query, provider, no, slice)});
  }
  return slices;
}

void SqliteBlastTables::put_draft_slices(ProviderNo provider, BlastNo no,
                                         std::span<const ChosenSlice> slices) {
  for (const auto& [slice, value] : slices) {
    if (value.empty()) {
      auto query =
          db_.query("DELETE FROM draft_slice WHERE provider_no = ? AND blast_no = ? AND slice_no = ?");
      query.bind(provider).bind(no).bind(std::int64_t{slice}).run();
      continue;
    }
    const auto picked = value.picked.encode(draft_key(1, provider, no, slice));
    const auto deselected = value.deselected.encode(draft_key(2, provider, no, slice));
    auto query = db_.query(
        "INSERT INTO draft_slice(provider_no, blast_no, slice_no, picked, deselected) VALUES (?, ?, ?, ?, ?) "
        "ON CONFLICT DO UPDATE SET picked = excluded.picked, deselected = excluded.deselected");
    query.bind(provider).bind(no).bind(std::int64_t{slice}).bind(picked).bind(deselected).run();
  }
}

void SqliteBlastTables::delete_draft(ProviderNo provider, BlastNo no) {
  db_.query("DELETE FROM draft_slice WHERE provider_no = ? AND blast_no = ?").bind(provider).bind(no).run();
}

void SqliteBlastTables::insert_audiences(ProviderNo provider, Seq seq, BlastNo no,
                                         std::span<const AudienceOfSlice> slices) {
  for (const auto& [slice, value] : slices) {
    const AudienceRow row(provider, slice, seq, no);
    StoredAudience stored = value;
    Slice::bind(stored.recipients, row.key(kPlaces));
    Slice::bind(stored.archived, row.key(kArchived));
    Slice::bind(stored.off, row.key(kOff));
    Slice::bind(stored.deselected, row.key(kDeselected));
    auto query = db_.query(
        "INSERT INTO recipients(provider_no, slice_no, seq, blast_no, sum, places, archived, off, "
        "deselected) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)");
    query.bind(provider).bind(std::int64_t{slice}).bind(seq).bind(no).bind(row.sum());
    query.bind(stored.recipients).bind(stored.archived).bind(stored.off).bind(stored.deselected).run();
  }
}

Audience SqliteBlastTables::audience(ProviderNo provider, SliceNo slice, Seq seq) const {
  auto query = db_.query("SELECT " AUDIENCE_ROW
                         ", places, archived, off, deselected FROM recipients WHERE provider_no = ? "
                         "AND slice_no = ? AND seq = ?");
  query.bind(provider).bind(std::int64_t{slice}).bind(seq);
  if (!query.step()) return {};
  const AudienceRow row(query, provider, slice, seq);
  return {Slice::decode(query.blob(4), row.key(kPlaces)),
          Slice::decode(query.blob(5), row.key(kArchived)),
          Slice::decode(query.blob(6), row.key(kOff)),
          Slice::decode(query.blob(7), row.key(kDeselected)),
          {}};
}

#define PLACES_OF \
  "SELECT " AUDIENCE_ROW ", places FROM recipients WHERE provider_no = ? AND slice_no = ? AND seq = ?"
#define KEPT_OF          \
  "SELECT " AUDIENCE_ROW \
  ", coalesce(kept, places) FROM recipients WHERE provider_no = ? AND slice_no = ? AND seq = ?"

std::vector<Slice> SqliteBlastTables::recipients(ProviderNo provider, Seq seq,
                                                 std::span<const SliceNo> slices) const {
  return each_of(slices, [&](SliceNo s) { return recipients_of(db_, provider, s, seq); });
}

Slice recipients_of(Connection& db, ProviderNo provider, SliceNo slice, Seq seq) {
  auto query = db.query(PLACES_OF);
  query.bind(provider).bind(std::int64_t{slice}).bind(seq);
  if (!query.step()) return {};
  return Slice::decode(query.blob(4), AudienceRow(query, provider, slice, seq).key(kPlaces));
}

bool SqliteBlastTables::is_recipient(ProviderNo provider, Place place, Seq seq) const {
  auto query = db_.query(PLACES_OF);
  query.bind(provider).bind(std::int64_t{slice_of(place)}).bind(seq);
  if (!query.step()) return false;
  const AudienceRow row(query, provider, slice_of(place), seq);
  return Slice::encoded_contains(query.blob(4), within_slice(place), row.key(kPlaces));
}

bool SqliteBlastTables::has_thread(ProviderNo provider, Place place, Seq seq) const {
  auto query = db_.query(KEPT_OF);
  query.bind(provider).bind(std::int64_t{slice_of(place)}).bind(seq);
  if (!query.step()) return false;
  const AudienceRow row(query, provider, slice_of(place), seq);
  return Slice::encoded_contains(query.blob(4), within_slice(place), row.key_of_kept());
}

Found<RecipientKey, bool> SqliteBlastTables::have_threads(std::span<const RecipientKey> keys) const {
  return find_each(keys, [&](const RecipientKey& key) {
    return std::optional(has_thread(key.provider_no, key.place, key.seq));
  });
}

std::vector<Slice> SqliteBlastTables::kept(ProviderNo provider, Seq seq,
                                           std::span<const SliceNo> slices) const {
  return each_of(slices, [&](SliceNo s) { return stored_kept(provider, seq, s); });
}

Slice SqliteBlastTables::stored_kept(ProviderNo provider, Seq seq, SliceNo slice) const {
  auto query = db_.query(KEPT_OF);
  query.bind(provider).bind(std::int64_t{slice}).bind(seq);
  if (!query.step()) return {};
  return Slice::decode(query.blob(4), AudienceRow(query, provider, slice, seq).key_of_kept());
}

bool SqliteBlastTables::has_kept(ProviderNo provider, SliceNo slice, Seq seq) const {
  auto query = db_.query(PLACES_OF);
  query.bind(provider).bind(std::int64_t{slice}).bind(seq);
  return query.step() && AudienceRow(query, provider, slice, seq).has_kept;
}

void SqliteBlastTables::put_kept(ProviderNo provider, Seq seq, BlastNo no,
                                 std::span<const PlacesOfSlice> slices) {
  for (const auto& [slice, value] : slices) {
    const auto kept = value.encode(AudienceRow(provider, slice, seq, no).key(kKept));
    auto query = db_.query(
        "UPDATE recipients SET kept = ?, sum = sum + (kept IS NULL) "
        "WHERE provider_no = ? AND slice_no = ? AND seq = ?");
    query.bind(kept).bind(provider).bind(std::int64_t{slice}).bind(seq).run();
  }
}

std::vector<NewerBlast> SqliteBlastTables::newer_blasts(std::span<const NewerKey> places,
                                                        std::size_t limit) const {
  std::vector<NewerBlast> blasts;
  for (const auto& key : places) {
    if (blasts.size() == limit) break;
    find_newer(key, limit, blasts);
  }
  return blasts;
}

void SqliteBlastTables::find_newer(const NewerKey& key, std::size_t limit,
                                   std::vector<NewerBlast>& blasts) const {
  const auto [provider, place] = key.at;
  Seq after = key.after;
  auto query = db_.query("SELECT " AUDIENCE_ROW
                         ", coalesce(kept, places) FROM recipients WHERE provider_no = ? "
                         "AND slice_no = ? AND seq > ? ORDER BY seq");
  query.bind(provider).bind(std::int64_t{slice_of(place)}).bind(after);
  while (blasts.size() < limit && query.step()) {
    const AudienceRow row(query, provider, slice_of(place));
    require_asked_for(row.seq > after);
    after = row.seq;
    if (Slice::encoded_contains(query.blob(4), within_slice(place), row.key_of_kept()))
      blasts.push_back({key.at, {row.seq, row.blast_no, row.has_kept}});
  }
}

void SqliteBlastTables::mark(ProviderNo provider, BlastNo no, MarkKind kind, Place place) {
  const std::int64_t page = mark_page_of(place);
  MarkRow row{provider, no, static_cast<std::int64_t>(kind), page, 0, {}};
  MarkPage places;
  bool found = false;
  {
    auto query = db_.query("SELECT " MARK_ROW
                           " FROM mark WHERE provider_no = ? AND blast_no = ? AND kind = ? AND page = ?");
    query.bind(provider).bind(no).bind(row.kind).bind(page);
    found = query.step();
    if (found) {
      row = mark_of(query);
      require_asked_for(row.is_of(provider, no) && row.kind == static_cast<std::int64_t>(kind) &&
                        row.page == page);
      places = MarkPage(row.places());
    }
  }
  if (!places.add(place)) return;
  ++row.count;
  row.bits = places.bits();
  auto query = db_.query(found ? kUpdateMark.c_str() : kInsertMark.c_str());
  RowWriter writer(query, kMark);
  visit_mark(writer, row);
  writer.finish();
  query.run();
}

std::vector<Slice> SqliteBlastTables::marks(ProviderNo provider, BlastNo no, MarkKind kind,
                                            std::span<const SliceNo> slices) const {
  return each_of(slices, [&](SliceNo s) { return stored_marks(provider, no, kind, s); });
}

Slice SqliteBlastTables::stored_marks(ProviderNo provider, BlastNo no, MarkKind kind, SliceNo slice) const {
  const std::int64_t begin = std::int64_t{slice} * kMarkPagesOfSlice;
  const std::int64_t end = begin + kMarkPagesOfSlice;
  auto query = db_.query("SELECT " MARK_ROW
                         " FROM mark WHERE provider_no = ? AND blast_no = ? AND kind = ? AND page >= ? AND "
                         "page < ?");
  query.bind(provider).bind(no).bind(static_cast<std::int64_t>(kind)).bind(begin).bind(end);
  Slice all;
  while (query.step()) {
    const MarkRow row = mark_of(query);
    require_asked_for(row.is_of(provider, no) && row.kind == static_cast<std::int64_t>(kind) &&
                      row.page >= begin && row.page < end);
    all.add_part(static_cast<std::uint32_t>(row.page - begin), row.places());
  }
  return all;
}

Found<BlastKey, MarkCounts> SqliteBlastTables::mark_counts(std::span<const BlastKey> keys) const {
  return find_each(keys, [&](const BlastKey& key) -> std::optional<MarkCounts> {
    auto query = db_.query("SELECT " MARK_ROW " FROM mark WHERE provider_no = ? AND blast_no = ?");
    query.bind(key.first).bind(key.second);
    MarkCounts counts;
    std::pair<std::int64_t, std::int64_t> last{-1, -1};
    while (query.step()) {
      const MarkRow row = mark_of(query);
      const std::pair at(row.kind, row.page);
      require_asked_for(row.is_of(key.first, key.second) && at > last);
      last = at;
      counts.add(static_cast<MarkKind>(row.kind), row.count);
    }
    return counts;
  });
}

void SqliteBlastTables::find_damage(std::vector<FindingRow>& findings) const {
  find_damaged_rows(db_, kBlast, kAllBlasts, findings);
  find_damaged_rows(db_, kAudience, kAllAudiences, findings);
  find_damaged_rows(db_, kMark, kAllMarks, findings);
  for (const auto& [table, sql] : {std::pair("draft_slice", &kDraftsOfNone), std::pair("mark", &kMarksOfNone),
                                   std::pair("blast_text", &kTextsOfNone)}) {
    auto query = db_.query(sql->c_str());
    while (query.step())
      findings.push_back({"row",
                          std::string(table) + " provider_no " + std::to_string(query.any_i64(0)) +
                              " blast_no " + std::to_string(query.any_i64(1)),
                          "its blast is not there"});
  }
}

}  // namespace bccast::sqlite
