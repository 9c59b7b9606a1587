#include "adapters/sqlite/schema.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "adapters/sqlite/columns.hpp"
#include "adapters/sqlite/log_mark.hpp"
#include "adapters/sqlite/number_tables.hpp"
#include "adapters/sqlite/store_tables.hpp"
#include "base/unicode.hpp"
#include "model/checked.hpp"

namespace bccast::sqlite {
namespace {

// "bcca"; a database says by it whose it is (https://www.sqlite.org/pragma.html#pragma_application_id).
constexpr std::int64_t kApplicationId = 0x62636361;

// Migration i brings a store from version i to i + 1. Never changed once released; `store` says the oldest
// versions that may read and write what it leaves.
constexpr std::array kMigrations{
    R"sql(
CREATE TABLE log_mark(                    -- the first table: found without the schema (log_mark.hpp)
  one         INTEGER PRIMARY KEY CHECK (one = 1),
  mark        BLOB NOT NULL               -- of the log that was last moved into the file, and of the one before
) STRICT;

CREATE TABLE store(
  one         INTEGER PRIMARY KEY CHECK (one = 1),
  key         BLOB NOT NULL,              -- 32 random bytes, checked: public ids and digests are keyed with it
  min_reader  INTEGER NOT NULL,
  min_writer  INTEGER NOT NULL,
  held        INTEGER NOT NULL,           -- 1: made by a backup: nothing is handed out until it is released
  sum         INTEGER NOT NULL            -- of all that is in the row (src/model/row_sum.hpp), here and below
) STRICT;

CREATE TABLE debt(                        -- was overwritten, and may still stand in the log
  debt_no     INTEGER PRIMARY KEY AUTOINCREMENT
) STRICT;

CREATE TABLE number(                      -- the last one that was given, of each kind (src/ports/number_tables.hpp)
  kind        INTEGER PRIMARY KEY,
  last        INTEGER NOT NULL,
  sum         INTEGER NOT NULL
) STRICT;

CREATE TABLE act(                         -- an act in parts that are not all done (src/core/in_parts.hpp)
  act_no      INTEGER PRIMARY KEY,
  kind        INTEGER NOT NULL,           -- 1: a recall, 2: pause or resume, 3: a provider's end, 4: a channel's
  provider_no INTEGER NOT NULL,
  number      INTEGER NOT NULL,           -- of the blast, or the channel
  stage       INTEGER NOT NULL,           -- which kind of parts is next,
  next        INTEGER NOT NULL,           -- and from where on: a number of a slice, line, blast
  sum         INTEGER NOT NULL
) STRICT;

CREATE TABLE folding(                     -- of the names and addresses in their indexes
  one         INTEGER PRIMARY KEY CHECK (one = 1),
  version     INTEGER NOT NULL,           -- of the tables of Unicode they are folded with (src/base/unicode.hpp)
  provider_no INTEGER NOT NULL,           -- at which making them anew goes on; 0: all are made
  place       INTEGER NOT NULL,           -- on its roster; -1: what was indexed is to be taken away first
  sum         INTEGER NOT NULL
) STRICT;

CREATE TABLE provider(
  provider_no INTEGER PRIMARY KEY,
  id          TEXT NOT NULL UNIQUE,
  name        TEXT NOT NULL,
  locale      TEXT NOT NULL,
  zone        TEXT NOT NULL,
  addresses   BLOB NOT NULL,              -- channel NUL address NUL ..., checked
  archived_at INTEGER NOT NULL,           -- 0: it is not
  sum         INTEGER NOT NULL
) STRICT;
CREATE INDEX provider_zone ON provider(zone) WHERE zone <> '';

CREATE TABLE roster_work(                 -- of a provider: what sending and adding to its roster count on
  provider_no INTEGER PRIMARY KEY,
  next_place  INTEGER NOT NULL,
  next_blast  INTEGER NOT NULL,
  next_community INTEGER NOT NULL,
  send_seq    INTEGER NOT NULL,
  sum         INTEGER NOT NULL
) STRICT;

CREATE TABLE client(
  client_no   INTEGER PRIMARY KEY,
  id          TEXT NOT NULL UNIQUE,
  name        TEXT NOT NULL,
  locale      TEXT NOT NULL,
  zone        TEXT NOT NULL,
  addresses   BLOB NOT NULL,
  flags       INTEGER NOT NULL,
  sum         INTEGER NOT NULL
) STRICT;
CREATE INDEX client_zone ON client(zone) WHERE zone <> '';

CREATE TABLE client_provider(
  client_no   INTEGER NOT NULL,
  provider_no INTEGER NOT NULL,
  place       INTEGER NOT NULL,
  stored_seq  INTEGER NOT NULL,           -- the inbox here is stored up to this blast
  sum         INTEGER NOT NULL,
  PRIMARY KEY (client_no, provider_no)
) STRICT, WITHOUT ROWID;

CREATE TABLE roster(
  provider_no INTEGER NOT NULL,
  place       INTEGER NOT NULL,
  entry       BLOB NOT NULL,              -- client, flags, since when, and what a notification needs, with a checksum
  PRIMARY KEY (provider_no, place)
) STRICT, WITHOUT ROWID;

CREATE TABLE roster_name(
  provider_no INTEGER NOT NULL,
  kind        INTEGER NOT NULL,           -- 0: the whole name, folded; 1: from a later word of it on
  archived    INTEGER NOT NULL,           -- so that a list of one state passes by nobody in the other
  key         BLOB NOT NULL,
  place       INTEGER NOT NULL,
  PRIMARY KEY (provider_no, kind, archived, key, place)
) STRICT, WITHOUT ROWID;

CREATE TABLE roster_slice(
  provider_no INTEGER NOT NULL,
  slice_no    INTEGER NOT NULL,
  active      BLOB NOT NULL,
  chat_off    BLOB NOT NULL,
  dead        BLOB NOT NULL,              -- places whose clients were erased
  PRIMARY KEY (provider_no, slice_no)
) STRICT, WITHOUT ROWID;

CREATE TABLE address_slice(
  provider_no INTEGER NOT NULL,
  slice_no    INTEGER NOT NULL,
  channel     TEXT NOT NULL,
  places      BLOB NOT NULL,              -- who has an address there
  PRIMARY KEY (provider_no, slice_no, channel)
) STRICT, WITHOUT ROWID;

CREATE TABLE roster_address(
  provider_no INTEGER NOT NULL,
  hash        INTEGER NOT NULL,           -- of a channel and an address there, keyed
  place       INTEGER NOT NULL,           -- one that has it
  PRIMARY KEY (provider_no, hash)
) STRICT, WITHOUT ROWID;

CREATE TABLE shared_address(
  provider_no INTEGER NOT NULL,
  hash        INTEGER NOT NULL,
  place       INTEGER NOT NULL,           -- each of those that have it, when there are several
  PRIMARY KEY (provider_no, hash, place)
) STRICT, WITHOUT ROWID;

CREATE TABLE channel(
  channel_no    INTEGER PRIMARY KEY,
  name          TEXT NOT NULL,
  delivers      INTEGER NOT NULL,
  paused        INTEGER NOT NULL,
  removed       INTEGER NOT NULL,
  rate          INTEGER NOT NULL,         -- items in a thousand seconds; 0: no limit
  concurrency   INTEGER NOT NULL,         -- claims in flight at most; 0: no limit
  fail_percent  INTEGER NOT NULL,         -- so much of so many attempts fails: too much; 0: never
  fail_window   INTEGER NOT NULL,
  fail_pauses   INTEGER NOT NULL,         -- 1: it is paused then; 0: its breaker opens
  quiet_from    INTEGER NOT NULL,         -- minutes of the day; both the same: no quiet hours
  quiet_to      INTEGER NOT NULL,
  waits         INTEGER NOT NULL,         -- 1: it has quiet hours, or had
  sum           INTEGER NOT NULL
) STRICT;
CREATE UNIQUE INDEX channel_name ON channel(name) WHERE removed = 0;

CREATE TABLE channel_work(                -- what comes of working a channel
  channel_no    INTEGER PRIMARY KEY,
  failures      INTEGER NOT NULL,
  failing_since INTEGER NOT NULL,
  open_until    INTEGER NOT NULL,
  last_reason   TEXT NOT NULL,
  items_turn    INTEGER NOT NULL,
  worker_seen   INTEGER NOT NULL,
  tokens        INTEGER NOT NULL,         -- of its bucket, in millionths of an item, as of tokens_at
  tokens_at     INTEGER NOT NULL,
  window_attempts INTEGER NOT NULL,       -- the last attempts, if some failed (src/model/fail_window.hpp)
  window_failed INTEGER NOT NULL,
  window_reason TEXT NOT NULL,
  window_votes  INTEGER NOT NULL,
  window_seen   INTEGER NOT NULL,
  over_threshold INTEGER NOT NULL,        -- 1: its breaker was opened because too much failed
  stopped       INTEGER NOT NULL,         -- 1: it was paused because too much failed
  sum           INTEGER NOT NULL
) STRICT;

CREATE TABLE blast(
  provider_no INTEGER NOT NULL,
  blast_no    INTEGER NOT NULL,
  state       INTEGER NOT NULL,
  all_active  INTEGER NOT NULL,
  seq         INTEGER NOT NULL,
  activity    INTEGER NOT NULL,
  created_at  INTEGER NOT NULL,
  sent_at     INTEGER NOT NULL,
  deadline_at INTEGER NOT NULL,
  finished_at INTEGER NOT NULL,
  recipients  INTEGER NOT NULL,
  open_lines  INTEGER NOT NULL,
  revision    INTEGER NOT NULL,
  deadline    INTEGER NOT NULL,           -- milliseconds after sending; 0: the store's default
  roster_size INTEGER NOT NULL,           -- places of the roster when it was sent: later ones cannot have it
  key_hash    BLOB,
  actor       TEXT,                       -- who made it for the provider
  sent_by     TEXT,                       -- who sent it
  channels    TEXT NOT NULL,              -- names joined by ","; empty: all
  hold        INTEGER NOT NULL,           -- milliseconds that sending waits
  scheduled_at INTEGER NOT NULL,          -- 0: it never was
  digest      TEXT,                       -- what the schedule was made for
  missed_at   INTEGER NOT NULL,           -- 0: no schedule was missed
  missed_reason TEXT NOT NULL,
  overdue     INTEGER NOT NULL,           -- 1: its deadline has passed, and that was said
  recalled_at INTEGER NOT NULL,
  swept       INTEGER NOT NULL,           -- of a recalled blast: threads at lower places are up to date
  purged      INTEGER NOT NULL,
  sum         INTEGER NOT NULL,
  PRIMARY KEY (provider_no, blast_no)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX blast_key ON blast(provider_no, key_hash) WHERE key_hash IS NOT NULL;
CREATE INDEX blast_in_state ON blast(provider_no, state, blast_no);
CREATE INDEX blast_under_way ON blast(provider_no, deadline_at, blast_no) WHERE finished_at = 0 AND state > 0;
CREATE INDEX blast_scheduled ON blast(scheduled_at) WHERE state = 1;
CREATE INDEX blast_deadline ON blast(overdue, deadline_at) WHERE state BETWEEN 1 AND 3;
CREATE INDEX blast_recalled ON blast(provider_no, blast_no) WHERE state = 5 AND swept < roster_size;
CREATE INDEX blast_to_purge ON blast(recalled_at) WHERE state = 5 AND purged = 0;

CREATE TABLE blast_text(
  provider_no INTEGER NOT NULL,
  blast_no    INTEGER NOT NULL,
  text        BLOB NOT NULL,              -- bound to its key (src/core/texts.hpp)
  PRIMARY KEY (provider_no, blast_no)
) STRICT;

CREATE TABLE draft_slice(
  provider_no INTEGER NOT NULL,
  blast_no    INTEGER NOT NULL,
  slice_no    INTEGER NOT NULL,
  picked      BLOB NOT NULL,
  deselected  BLOB NOT NULL,
  PRIMARY KEY (provider_no, blast_no, slice_no)
) STRICT, WITHOUT ROWID;

CREATE TABLE recipients(
  provider_no INTEGER NOT NULL,
  slice_no    INTEGER NOT NULL,
  seq         INTEGER NOT NULL,
  blast_no    INTEGER NOT NULL,
  sum         INTEGER NOT NULL,           -- of the numbers before it, and of whether there is `kept`
  places      BLOB NOT NULL,              -- who has it; then who was chosen and left out, and why
  archived    BLOB NOT NULL,
  off         BLOB NOT NULL,
  deselected  BLOB NOT NULL,
  kept        BLOB,                       -- of a recalled blast: who still has a thread
  PRIMARY KEY (provider_no, slice_no, seq)
) STRICT, WITHOUT ROWID;

CREATE TABLE mark(                        -- what recipients did (src/model/mark.hpp)
  provider_no INTEGER NOT NULL,
  blast_no    INTEGER NOT NULL,
  kind        INTEGER NOT NULL,           -- 1: opened it; 2: replied
  page        INTEGER NOT NULL,           -- of 4,096 places
  count       INTEGER NOT NULL,           -- of those who did
  bits        BLOB NOT NULL,              -- one for each place
  sum         INTEGER NOT NULL,
  PRIMARY KEY (provider_no, blast_no, kind, page)
) STRICT, WITHOUT ROWID;

CREATE TABLE thread(
  provider_no     INTEGER NOT NULL,
  place           INTEGER NOT NULL,
  origin          INTEGER NOT NULL,       -- the blast; 0: the direct thread; below 0: a community (src/model/thread.hpp)
  last_seq        INTEGER NOT NULL,
  last_at         INTEGER NOT NULL,
  activity        INTEGER NOT NULL,
  client_read     INTEGER NOT NULL,
  provider_read   INTEGER NOT NULL,
  client_unread   INTEGER NOT NULL,
  provider_unread INTEGER NOT NULL,
  opened_at       INTEGER NOT NULL,
  touched         INTEGER NOT NULL,       -- 0: no; 1: by the provider alone; 2: by the client, too
  sum             INTEGER NOT NULL,
  PRIMARY KEY (provider_no, place, origin)
) STRICT, WITHOUT ROWID;
CREATE INDEX thread_of_client ON thread(provider_no, place, last_at, origin);
CREATE INDEX thread_alone ON thread(provider_no, last_at, origin, place) WHERE touched = 1;
CREATE INDEX thread_replied ON thread(provider_no, last_at, origin, place) WHERE touched = 2;
CREATE INDEX thread_blast_alone ON thread(provider_no, origin, last_at, place) WHERE touched = 1;
CREATE INDEX thread_blast_replied ON thread(provider_no, origin, last_at, place) WHERE touched = 2;
CREATE INDEX thread_client_unread ON thread(provider_no, place, last_at, origin, client_unread)
  WHERE client_unread > 0;
CREATE INDEX thread_provider_unread ON thread(provider_no, last_at, origin, place, provider_unread)
  WHERE provider_unread > 0;
CREATE INDEX thread_blast_unread ON thread(provider_no, origin, last_at, place) WHERE provider_unread > 0;

CREATE TABLE thread_ref(
  provider_no INTEGER NOT NULL,
  place       INTEGER NOT NULL,
  origin      INTEGER NOT NULL,
  host_ref    TEXT NOT NULL UNIQUE,
  sum         INTEGER NOT NULL,
  PRIMARY KEY (provider_no, place, origin)
) STRICT, WITHOUT ROWID;

CREATE TABLE community(
  provider_no  INTEGER NOT NULL,
  community_no INTEGER NOT NULL,
  title        TEXT NOT NULL,
  max_members  INTEGER NOT NULL,
  created_at   INTEGER NOT NULL,
  actor        TEXT,
  sum          INTEGER NOT NULL,
  PRIMARY KEY (provider_no, community_no)
) STRICT, WITHOUT ROWID;

CREATE TABLE member(
  provider_no  INTEGER NOT NULL,
  community_no INTEGER NOT NULL,
  place        INTEGER NOT NULL,
  first_seq    INTEGER NOT NULL,          -- of the messages it sees
  since        INTEGER NOT NULL,
  actor        TEXT,
  sum          INTEGER NOT NULL,
  PRIMARY KEY (provider_no, community_no, place)
) STRICT, WITHOUT ROWID;
CREATE INDEX member_place ON member(provider_no, place);

CREATE TABLE message(
  provider_no INTEGER NOT NULL,
  place       INTEGER NOT NULL,
  origin      INTEGER NOT NULL,
  seq         INTEGER NOT NULL,           -- a blast's own text is number 1 of its threads, and no row
  author      INTEGER NOT NULL,           -- 0: the provider; else 1 more than the place of a client
  at          INTEGER NOT NULL,
  key_hash    BLOB,
  actor       TEXT,
  sum         INTEGER NOT NULL,
  text        BLOB NOT NULL,              -- as in blast_text; without a byte: removed
  PRIMARY KEY (provider_no, place, origin, seq)
) STRICT;
CREATE INDEX message_in_community ON message(provider_no, author) WHERE origin < 0;
CREATE UNIQUE INDEX message_key ON message(provider_no, place, origin, author, key_hash) WHERE key_hash IS NOT NULL;

CREATE TABLE line(
  line_no     INTEGER PRIMARY KEY,
  provider_no INTEGER NOT NULL,
  blast_no    INTEGER NOT NULL,
  channel_no  INTEGER NOT NULL,
  kind        INTEGER NOT NULL,           -- 0: notifies, 1: delivers, 2: takes back what another line has delivered
  state       INTEGER NOT NULL,           -- 0: ended, 1: has more to hand out, 2: waits for what was handed out,
                                          -- 3: paused, -1: ended, rows of told_address are left
  turn        INTEGER NOT NULL,
  seq         INTEGER NOT NULL,
  slices      INTEGER NOT NULL,
  places      INTEGER NOT NULL,           -- of the roster, when the blast was sent
  order_kind  INTEGER NOT NULL,           -- of handing out; 1: place by place, 2: in windows
  order_key   INTEGER NOT NULL,
  cursor      INTEGER NOT NULL,
  follows     INTEGER NOT NULL,           -- 1: hands out only what other lines have delivered
  limit_pos   INTEGER NOT NULL,
  total       INTEGER NOT NULL,
  done        INTEGER NOT NULL,
  failed      INTEGER NOT NULL,
  skipped     INTEGER NOT NULL,
  waiting     INTEGER NOT NULL,           -- places in the table of that name
  wake_from   INTEGER NOT NULL,           -- a position: where those whose wait is over are looked for first
  sum         INTEGER NOT NULL
) STRICT;
CREATE INDEX line_of_blast ON line(provider_no, blast_no);
CREATE INDEX line_open ON line(channel_no, state, turn) WHERE state > 0;
CREATE INDEX line_to_forget ON line(provider_no) WHERE state < 0;

CREATE TABLE waiting(                     -- because of quiet hours
  line_no     INTEGER NOT NULL,
  slice_no    INTEGER NOT NULL,
  due_at      INTEGER NOT NULL,
  reason      INTEGER NOT NULL,           -- 0: for the end of them; 1: for their time zone to be known; 2: as 0, begun again
  channel_no  INTEGER NOT NULL,
  parked      INTEGER NOT NULL,           -- 1: their blast is paused
  sum         INTEGER NOT NULL,           -- of the numbers before it
  places      BLOB NOT NULL,
  PRIMARY KEY (line_no, slice_no, due_at, reason)
) STRICT, WITHOUT ROWID;
CREATE INDEX waiting_due ON waiting(channel_no, due_at) WHERE parked = 0;

CREATE TABLE claim(
  channel_no  INTEGER NOT NULL,
  line_no     INTEGER NOT NULL,           -- 0: the items with this token
  token       BLOB NOT NULL,
  from_pos    INTEGER NOT NULL,
  to_pos      INTEGER NOT NULL,
  lease_until INTEGER NOT NULL,
  lease       INTEGER NOT NULL,           -- how long that was from when it was set
  tries       INTEGER NOT NULL,
  sum         INTEGER NOT NULL,
  PRIMARY KEY (channel_no, line_no, token)
) STRICT, WITHOUT ROWID;
CREATE INDEX claim_lease ON claim(channel_no, lease_until);

CREATE TABLE item(
  item_no     INTEGER PRIMARY KEY,
  provider_no INTEGER NOT NULL,
  channel_no  INTEGER NOT NULL,
  line_no     INTEGER NOT NULL,           -- 0: the notice of one message
  place       INTEGER NOT NULL,
  origin      INTEGER NOT NULL,
  notice_no   INTEGER NOT NULL,           -- of its provider, for its public id; 0: of a place
  begun_again INTEGER NOT NULL,           -- so often, after it had ended
  seq         INTEGER NOT NULL,           -- of the message in its thread
  to_provider INTEGER NOT NULL,
  at          INTEGER NOT NULL,
  state       INTEGER NOT NULL,           -- 0: waiting, 1: claimed, 2: failed, 3: parked, its blast is paused
  attempts    INTEGER NOT NULL,
  due_at      INTEGER NOT NULL,
  reason      TEXT NOT NULL,
  token       BLOB,
  sum         INTEGER NOT NULL
) STRICT;
CREATE INDEX item_due ON item(channel_no, due_at, line_no) WHERE state = 0;  -- line_no: for counting notices
CREATE INDEX item_token ON item(token) WHERE token IS NOT NULL;
CREATE INDEX item_of_line ON item(line_no, place) WHERE line_no > 0;
CREATE INDEX item_of_notice ON item(channel_no, provider_no, notice_no) WHERE line_no = 0;
CREATE INDEX item_detail ON item(provider_no, place) WHERE instr(reason, ':') > 0;  -- for erasing

CREATE TABLE item_slice(                  -- what stands in `item` of a line's places, as bitmaps
  line_no     INTEGER NOT NULL,
  slice_no    INTEGER NOT NULL,
  open        BLOB NOT NULL,              -- an item that waits, is claimed or parked
  failed      BLOB NOT NULL,
  PRIMARY KEY (line_no, slice_no)
) STRICT, WITHOUT ROWID;

CREATE TABLE skip(
  provider_no INTEGER NOT NULL,
  line_no     INTEGER NOT NULL,
  slice_no    INTEGER NOT NULL,
  reason      INTEGER NOT NULL,
  places      BLOB NOT NULL,
  PRIMARY KEY (provider_no, line_no, slice_no, reason)
) STRICT, WITHOUT ROWID;

CREATE TABLE told_address(                -- who is told of the blast where several have an address
  line_no     INTEGER NOT NULL,
  hash        INTEGER NOT NULL,
  place       INTEGER NOT NULL,           -- 2^28 - 1: of somebody who was told, and has left the address
  told        INTEGER NOT NULL,           -- 0: it is to be told before anybody else, and may have been
  sum         INTEGER NOT NULL,
  PRIMARY KEY (line_no, hash)
) STRICT, WITHOUT ROWID;

CREATE TABLE event(
  event_no    INTEGER PRIMARY KEY,
  at          INTEGER NOT NULL,
  kind        INTEGER NOT NULL,
  provider_no INTEGER NOT NULL,
  number      INTEGER NOT NULL,
  place       INTEGER NOT NULL,
  sum         INTEGER NOT NULL
) STRICT;
CREATE INDEX event_of_client ON event(number) WHERE kind = 5;  -- for erasing

CREATE TABLE event_reader(
  name         TEXT PRIMARY KEY,
  acknowledged INTEGER NOT NULL,
  sum          INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
)sql",
};

constexpr auto kVersion = static_cast<std::int64_t>(kMigrations.size());

/// All that a schema is made of, but for what ANALYZE adds.
std::string schema_of(Connection& db) {
  auto query = db.query(
      "SELECT type, name, tbl_name, ifnull(sql, '') FROM sqlite_schema WHERE name NOT LIKE 'sqlite_stat%' "
      "ORDER BY type, name");
  std::string all;
  while (query.step()) {
    for (int column = 0; column < 4; ++column) {
      all += query.text(column);
      all += '\n';
    }
  }
  return all;
}

/// What each version's schema is.
const std::string& own_schema(std::int64_t version) {
  static const auto all = [] {
    std::array<std::string, kMigrations.size()> made;
    Connection db(":memory:", Connection::Mode::create, 0);
    for (std::size_t i = 0; i < kMigrations.size(); ++i) {
      db.execute(kMigrations[i]);
      made[i] = schema_of(db);
    }
    return made;
  }();
  return all.at(static_cast<std::size_t>(version - 1));
}

/// A file that was made to do harm can hold views, triggers or generated columns that run for ever in place
/// of our tables. Of a later version only the kinds are known: tables and indexes.
void require_own_schema(Connection& db, std::int64_t version) {
  const bool own =
      version >= 1 && version <= kVersion
          ? schema_of(db) == own_schema(version)
          : version > kVersion &&
                db.number(
                    "SELECT count(*) FROM sqlite_schema WHERE type NOT IN ('table', 'index') "
                    "OR sql LIKE 'CREATE VIRTUAL%' OR sql LIKE '%GENERATED%' OR sql LIKE '% AS (%'") == 0;
  if (!own) throw Error(Code::schema, "the store's tables are not those that this program makes");
}

}  // namespace

bool needs_migration(Connection& db, bool read_only) {
  const auto application = db.number("PRAGMA application_id");
  if (application != kApplicationId) {
    if (application == 0 && db.number("SELECT count(*) FROM sqlite_schema") == 0) {
      if (read_only) throw Error(Code::not_found, "the store is empty and was opened for reading only");
      return true;
    }
    throw Error(Code::schema, "the database belongs to another program");
  }
  const auto version = db.number("PRAGMA user_version");
  require_own_schema(db, version);
  if (version <= kVersion) return version < kVersion && !read_only;
  const auto own = read_store_row(db);
  if ((read_only ? own.min_reader : own.min_writer) > kVersion)
    throw Error(Code::schema, fmt::format("the store has version {}; this program understands up to {}",
                                          version, kVersion));
  return false;
}

void migrate(Connection& db) {
  db.execute("BEGIN IMMEDIATE");
  try {
    // Another process may have been faster.
    if (needs_migration(db, false)) {
      const auto from = db.number("PRAGMA user_version");
      for (auto i = from; i < kVersion; ++i) db.execute(kMigrations[static_cast<std::size_t>(i)]);
      if (from == 0) {
        const SecretKey key = random_key();
        StoreRow own;
        own.key = checked_bytes(RowKind::store, {reinterpret_cast<const char*>(key.data()), key.size()});
        insert_store_row(db, own);
        insert_log_mark(db);
        SqliteNumberTables(db).insert_all();
        SqliteStoreTables(db).set_folding({folding_version()});
        db.execute(fmt::format("PRAGMA application_id = {}", kApplicationId).c_str());
      }
      db.execute(fmt::format("PRAGMA user_version = {}", kVersion).c_str());
    }
    db.execute("COMMIT");
  } catch (...) {
    if (db.in_transaction()) db.execute("ROLLBACK");
    throw;
  }
}

SecretKey read_key(Connection& db) {
  auto query = db.query("SELECT key FROM store WHERE one = 1");
  if (!query.step()) throw Error(Code::corrupt, "the store has lost its key");
  const auto content = checked_content(RowKind::store, query.blob(0), "the store's key");
  SecretKey key{};
  if (content.size() != key.size()) throw Error(Code::corrupt, "the store's key is damaged");
  std::copy(content.begin(), content.end(), key.begin());
  return key;
}

}  // namespace bccast::sqlite
