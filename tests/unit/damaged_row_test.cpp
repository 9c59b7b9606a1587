// A row that is damaged, of any table with sums: it is found, it keeps nobody from saving the rest, and what
// a store says of itself (held, paused) is never taken from it.
#include <doctest/doctest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <bccast/engine.hpp>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "../support/temporary_folder.hpp"
#include "code_of.hpp"
#include "full_store.hpp"

namespace {

using bccast::Code;
using std::string;
using test::code_of;
using test::Database;

/// A store that is opened, asked and closed; whom it told.
struct Store {
  explicit Store(const string& path, std::shared_ptr<test::StillClock> clock_in = nullptr,
                 std::vector<string>* told_in = nullptr)
      : told(told_in != nullptr ? *told_in : own_told),
        clock(clock_in ? std::move(clock_in) : std::make_shared<test::StillClock>()),
        engine(test::open_store(path, clock, [this](bccast::Notices& notices) {
          for (std::size_t i = 0; i < notices.size(); ++i) told.emplace_back(notices.at(i).to);
          return true;
        })) {}
  std::vector<string> own_told;
  std::vector<string>& told;
  std::shared_ptr<test::StillClock> clock;
  std::unique_ptr<bccast::Engine> engine;
};

/// Whoever comes first in a batch is to be tried again later, until it fails no more; then: whom it told.
struct FirstFails {
  bool operator()(bccast::Notices& notices) {
    for (std::size_t i = 0; i < notices.size(); ++i) {
      if (fails && i == 0) {
        notices.set(i, bccast::NoticeStatus::retry, "later");
      } else if (!fails) {
        told.emplace_back(notices.at(i).to);
      }
    }
    return true;
  }
  bool fails = true;
  std::vector<string> told;
};

std::vector<string> tables_with_sums(Database& db) {
  return db.texts(
      "SELECT m.name FROM sqlite_schema AS m WHERE m.type = 'table' AND EXISTS "
      "(SELECT 1 FROM pragma_table_info(m.name) AS c WHERE c.name = 'sum')");
}

std::vector<string> findings_of(bccast::Engine& engine) {
  std::vector<string> all;
  for (const auto& row : engine.verify()) all.push_back(row.kind + " " + row.object);
  return all;
}

bool names(const std::vector<string>& findings, const string& table) {
  return std::any_of(findings.begin(), findings.end(),
                     [&](const string& one) { return one.starts_with("row " + table); });
}

string flipped(const string& column, int bit) {
  // SQLite has no exclusive or.
  const auto mask = "(1 << " + std::to_string(bit) + ")";
  return "((" + column + " | " + mask + ") - (" + column + " & " + mask + "))";
}

/// A store in which two people wait for the end of quiet hours.
struct Waiting {
  Waiting() {
    Store store(folder.file(), clock);
    store.engine->provider_put("lee", "Lee");
    for (const string client : {"ann", "bob"}) {
      store.engine->client_put(client, client, client + "@example.org");
      store.engine->roster_add("lee", client);
    }
    store.engine->channel_set("email", "quiet_hours", "22:00-23:00");  // it is 22:13
    blast = test::make_blast(*store.engine, "lee", "waits", {});
    store.engine->blast_send("lee", blast);
    store.engine->pump();
    REQUIRE(store.told.empty());
  }
  void advance() const { clock->now += 3'600'000; }  // they are over
  void damage(const string& change) const { Database(folder.file()).run("UPDATE waiting SET " + change); }

  test::TemporaryFolder folder;
  std::shared_ptr<test::StillClock> clock = std::make_shared<test::StillClock>();
  string blast;
};

}  // namespace

TEST_CASE("R19: a store with a damaged row, of whatever table, is backed up and says so; the copy is held") {
  const test::TemporaryFolder folder;
  test::make_full_store(folder.file());
  std::vector<string> tables;
  {
    Database db(folder.file());
    tables = tables_with_sums(db);
  }
  std::erase(tables, "folding");  // whoever opens the store writes it anew
  std::erase(tables, "act");      // empty but while an act in parts is under way (in_parts_kill_test.cpp)
  CHECK(tables.size() > 15);
  for (const auto& table : tables) {
    CAPTURE(table);
    const auto path = folder.file("damaged.db");
    const auto copy = folder.file("copy.db");
    for (const char* ending : {"", "-wal", "-shm"}) {
      std::filesystem::remove(path + ending);
      std::filesystem::remove(copy + ending);
    }
    std::filesystem::copy_file(folder.file(), path);
    {
      Database db(path);
      db.run("UPDATE " + table + " SET sum = sum + 1 WHERE sum = (SELECT max(sum) FROM " + table + ")");
    }
    bccast::Engine damaged(path, {});
    CHECK(damaged.backup(copy) == Code::partial);
    CHECK(names(findings_of(damaged), table));
    bccast::Engine held(copy, {});
    CHECK(names(findings_of(held), table));
    const auto said = code_of([&] { CHECK(held.store_status().held); });
    CHECK(said == (table == "store" ? std::optional(Code::corrupt) : std::nullopt));
    std::vector<string> told;
    const auto worked = code_of([&] {
      Store store(copy, nullptr, &told);
      store.clock->now += 86'400'000;
      store.engine->pump();
    });
    CHECK((!worked || worked == Code::corrupt));
    CHECK(told.empty());
  }
}

TEST_CASE("R19: a store whose rows are sound is backed up, and nothing is said of damage") {
  const test::TemporaryFolder folder;
  test::make_full_store(folder.file());
  CHECK(Store(folder.file()).engine->backup(folder.file("copy.db")) == Code::ok);
}

namespace {

const string of_may = "provider_no = (SELECT provider_no FROM provider WHERE id = 'may')";

}  // namespace

TEST_CASE(
    "R19: in a copy a damaged provider stays damaged, and its numbers go on behind a gap all the same") {
  const test::TemporaryFolder folder;
  test::make_full_store(folder.file());
  const auto copy = folder.file("copy.db");
  Database(folder.file()).run("UPDATE roster_work SET sum = sum + 8 WHERE " + of_may);
  CHECK(Store(folder.file()).engine->backup(copy) == Code::partial);
  CHECK(code_of([&] { Store(copy).engine->blast_create("may", "new"); }) == Code::corrupt);
  CHECK_FALSE(code_of([&] { Store(copy).engine->blast_create("lee", "new"); }));
  // Were it ever mended, none of its ids would come a second time.
  Database(copy).run("UPDATE roster_work SET sum = sum - 8 WHERE " + of_may);
  Database(folder.file()).run("UPDATE roster_work SET sum = sum - 8 WHERE " + of_may);
  const auto in_the_store = Store(folder.file()).engine->blast_create("may", "one").blast;
  const auto in_the_copy = Store(copy).engine->blast_create("may", "other").blast;
  CHECK(in_the_store != in_the_copy);
  Database db(copy);
  CHECK(
      db.texts("SELECT 1 FROM roster_work WHERE next_blast > 1048576 AND next_community > 1048576").size() ==
      2);
}

TEST_CASE("R19: a damaged number of a provider that leaves no room for a gap keeps nobody from a backup") {
  const test::TemporaryFolder folder;
  test::make_full_store(folder.file());
  for (const char* column : {"next_blast", "next_community", "sum"}) {
    CAPTURE(column);
    const auto copy = folder.file(string("copy of ") + column);
    Database(folder.file())
        .run(string("UPDATE roster_work SET ") + column + " = 9223372036854775807 WHERE " + of_may);
    CHECK(Store(folder.file()).engine->backup(copy) == Code::partial);
    CHECK(code_of([&] { Store(copy).engine->blast_create("may", "new"); }) == Code::corrupt);
    CHECK_FALSE(code_of([&] { Store(copy).engine->blast_create("lee", "new"); }));
  }
}

TEST_CASE(
    "R19: what is made in a copy has no id that the lost store gave after the backup, also of new "
    "providers") {
  const test::TemporaryFolder folder;
  test::make_full_store(folder.file());
  const auto copy = folder.file("copy.db");
  Store store(folder.file());
  store.engine->events("reader");
  REQUIRE(store.engine->backup(copy) == Code::ok);
  struct Made {
    string blast;
    string event;
  };
  const auto made_in = [](bccast::Engine& engine) {
    engine.provider_put("new", "Dr. New");
    engine.client_put("newcomer", "New Comer", "newcomer@example.org");
    engine.roster_add("new", "newcomer");
    return Made{engine.blast_create("new", "first").blast, engine.events("reader").back().event};
  };
  const auto lost = made_in(*store.engine);
  const auto made = made_in(*Store(copy).engine);
  CHECK(lost.blast != made.blast);
  CHECK(lost.event != made.event);
  CHECK(Store(copy).engine->verify().empty());
}

TEST_CASE("A flipped bit in the last numbers is found; nothing is given twice, and nobody is stopped by it") {
  const test::TemporaryFolder folder;
  test::make_full_store(folder.file());
  for (const string column : {"last", "sum"})
    for (const int bit : {0, 1, 2, 3, 7, 31, 50}) {
      const auto what = column + ", bit " + std::to_string(bit);
      CAPTURE(what);
      const auto path = folder.file("damaged.db");
      for (const char* ending : {"", "-wal", "-shm"}) std::filesystem::remove(path + ending);
      std::filesystem::copy_file(folder.file(), path);
      Database(path).run("UPDATE number SET " + column + " = " + flipped(column, bit));
      Store store(path);
      CHECK(names(findings_of(*store.engine), "number"));
      store.engine->provider_put("new", "Dr. New");
      store.engine->client_put("newcomer", "New Comer", "newcomer@example.org");
      store.engine->roster_add("new", "newcomer");
      const auto thread = store.engine->provider_direct("new", "newcomer");
      store.engine->provider_reply("new", thread, "hello");
      store.engine->provider_reply("new", thread, "again");
      Database db(path);
      for (const string key : {"client_no FROM client", "provider_no FROM provider", "line_no FROM line",
                               "item_no FROM item", "notice_no || ' ' || channel_no FROM item"}) {
        CAPTURE(key);
        CHECK(db.texts("SELECT count(*) FROM (SELECT " + key + ")") ==
              db.texts("SELECT count(*) FROM (SELECT DISTINCT " + key + ")"));
      }
    }
}

TEST_CASE("A flipped bit in the store's own row is found, and a held store stays held") {
  const test::TemporaryFolder folder;
  const auto held = folder.file("held.db");
  {
    Store store(folder.file());
    store.engine->provider_put("lee", "Lee");
    for (const string client : {"ann", "bob"}) {
      store.engine->client_put(client, client, client + "@example.org");
      store.engine->roster_add("lee", client);
    }
    store.engine->blast_send("lee", test::make_blast(*store.engine, "lee", "waits", {}));
    REQUIRE(store.engine->backup(held) == Code::ok);
  }
  for (const string column : {"held", "min_reader", "min_writer", "sum"})
    for (const int bit : {0, 1, 7, 31, 62}) {
      const auto what = column + ", bit " + std::to_string(bit);
      CAPTURE(what);
      const auto path = folder.file("damaged.db");
      for (const char* ending : {"", "-wal", "-shm"}) std::filesystem::remove(path + ending);
      std::filesystem::copy_file(held, path);
      Database(path).run("UPDATE store SET " + column + " = " + flipped(column, bit));
      Store store(path);
      CHECK(code_of([&] { store.engine->pump(); }) == Code::corrupt);
      CHECK(store.told.empty());
      CHECK(code_of([&] { store.engine->store_status(); }) == Code::corrupt);
      CHECK(code_of([&] { store.engine->release(); }) == Code::corrupt);
      CHECK(names(findings_of(*store.engine), "store"));
      CHECK(store.engine->roster_count("lee").active == 2);  // it can be read
    }
}

TEST_CASE("A flipped bit in a row of places that wait is found, and nobody is told by it") {
  for (const string column : {"parked", "channel_no", "due_at", "reason", "sum"})
    for (const int bit : {0, 1, 7, 31, 62}) {
      const auto what = column + ", bit " + std::to_string(bit);
      CAPTURE(what);
      const Waiting world;
      world.damage(column + " = " + flipped(column, bit));
      Store store(world.folder.file(), world.clock);
      CHECK(names(findings_of(*store.engine), "waiting"));
      CHECK(code_of([&] { store.engine->blast_recipients("lee", world.blast); }) == Code::corrupt);
      world.advance();
      const auto code = code_of([&] { store.engine->pump(); });
      CHECK((!code || code == Code::corrupt));
      CHECK(store.told.empty());
    }
}

TEST_CASE("Pausing and resuming keep the sum of places that wait right, and a wrong one wrong") {
  for (const bool damaged : {false, true}) {
    CAPTURE(damaged);
    const Waiting world;
    if (damaged) world.damage("sum = sum + 4");
    Store store(world.folder.file(), world.clock);
    for (int turn = 0; turn < 2; ++turn) {
      store.engine->blast_pause("lee", world.blast);
      CHECK(names(findings_of(*store.engine), "waiting") == damaged);
      store.engine->blast_resume("lee", world.blast);
      CHECK(names(findings_of(*store.engine), "waiting") == damaged);
    }
    world.advance();
    code_of([&] { store.engine->pump(); });
    CHECK(store.told.size() == (damaged ? 0 : 2));
  }
}

TEST_CASE("Damaged places that wait keep nobody else from being told") {
  for (const char* damage : {"parked = 2", "sum = sum + 1", "places = x'00'"}) {
    CAPTURE(damage);
    const Waiting world;
    world.damage(damage);
    Store store(world.folder.file(), world.clock);
    world.advance();
    store.engine->provider_put("may", "May");
    for (const string client : {"cid", "dan"}) {
      store.engine->client_put(client, client, client + "@example.org");
      store.engine->roster_add("may", client);
    }
    store.engine->blast_send("may", test::make_blast(*store.engine, "may", "other", {}));
    for (int i = 0; i < 3; ++i) {
      const auto code = code_of([&] { store.engine->pump(); });
      CHECK((!code || code == Code::corrupt));
    }
    std::sort(store.told.begin(), store.told.end());
    CHECK(store.told == std::vector<string>{"cid", "dan"});
    CHECK_FALSE(findings_of(*store.engine).empty());
  }
}

TEST_CASE("A damaged claim of a worker that died keeps nobody else's from being taken up") {
  const test::TemporaryFolder folder;
  const auto path = folder.file();
  const auto clock = std::make_shared<test::StillClock>();
  {
    Store store(path, clock);
    for (const string provider : {"lee", "may"}) {
      store.engine->provider_put(provider, provider);
      for (const string client : {"-ann", "-bob"}) {
        store.engine->client_put(provider + client, client, provider + client + "@example.org");
        store.engine->roster_add(provider, provider + client);
      }
      store.engine->blast_send(provider, test::make_blast(*store.engine, provider, "blast", {}));
    }
  }
  const pid_t worker = ::fork();
  if (worker == 0) {
    Store store(path, clock);
    const auto one = store.engine->claim("email", 10);
    const auto other = store.engine->claim("email", 10);
    ::_exit(one && other ? 0 : 1);
  }
  int status = -1;
  ::waitpid(worker, &status, 0);
  REQUIRE(status == 0);
  Database(path).run("UPDATE claim SET tries = tries + 1 WHERE line_no = (SELECT min(line_no) FROM claim)");
  Store store(path, clock);
  clock->now += 300'000;
  CHECK(code_of([&] { store.engine->pump(); }) == Code::corrupt);
  std::sort(store.told.begin(), store.told.end());
  CHECK(store.told == std::vector<string>{"may-ann", "may-bob"});
  CHECK(names(findings_of(*store.engine), "claim"));
}

TEST_CASE("Who looks for work again where only damaged places are left writes nothing") {
  const test::TemporaryFolder folder;
  const auto path = folder.file();
  {
    Store store(path);
    store.engine->provider_put("lee", "Lee");
    for (const string client : {"ann", "bob"}) {
      store.engine->client_put(client, client, client + "@example.org");
      store.engine->roster_add("lee", client);
    }
    store.engine->blast_send("lee", test::make_blast(*store.engine, "lee", "blast", {}));
  }
  Database(path).run("UPDATE recipients SET places = x'00'");
  Store store(path);
  Database other(path);
  const auto commits = [&] { return other.texts("PRAGMA data_version").at(0); };
  CHECK(code_of([&] { store.engine->pump(); }) == Code::corrupt);
  const auto before = commits();
  for (int i = 0; i < 3; ++i) CHECK(code_of([&] { store.engine->pump(); }) == Code::corrupt);
  CHECK(commits() == before);  // each would wake the other processes, and theirs this one
  store.engine->provider_put("may", "May");
  for (const string client : {"ann", "bob"}) store.engine->roster_add("may", client);
  store.engine->blast_send("may", test::make_blast(*store.engine, "may", "another", {}));
  CHECK(code_of([&] { store.engine->pump(); }) == Code::corrupt);
  CHECK(store.told.size() == 2);
}

TEST_CASE(
    "P12: a damaged claim of one batch keeps no family of its blast from being told, changed or erased") {
  const test::TemporaryFolder folder;
  const auto path = folder.file();
  const auto clock = std::make_shared<test::StillClock>();
  {
    Store store(path, clock);
    store.engine->provider_put("lee", "Lee");
    for (int i = 0; i < 20; ++i) {
      const auto id = "c" + std::to_string(i);
      store.engine->client_put(id, id, (i >= 10 ? "f" + std::to_string(i / 2) : id) + "@example.org");
      store.engine->roster_add("lee", id);
    }
    store.engine->blast_send("lee", test::make_blast(*store.engine, "lee", "blast", {}));
  }
  const pid_t worker = ::fork();
  if (worker == 0) {
    Store store(path, clock);
    const auto one = store.engine->claim("email", 1);
    ::_exit(one ? 0 : 1);
  }
  int status = -1;
  ::waitpid(worker, &status, 0);
  REQUIRE(status == 0);
  Database(path).run("UPDATE claim SET tries = tries + 1");
  Store store(path, clock);
  clock->now += 300'000;
  code_of([&] { store.engine->pump(); });
  clock->now += 300'000;
  code_of([&] { store.engine->pump(); });
  CHECK(store.told.size() >= 14);  // ten alone and five families, less the one whose claim is damaged
  CHECK(code_of([&] { store.engine->client_set("c12", "address.email", "new@example.org"); }) ==
        std::nullopt);
  CHECK(code_of([&] { store.engine->client_erase("c14"); }) == std::nullopt);
}

TEST_CASE("R9: a damaged line whose items are due holds up nobody else's notifications") {
  const test::TemporaryFolder folder;
  const auto path = folder.file();
  const auto clock = std::make_shared<test::StillClock>();
  FirstFails handler;
  const auto open = [&] { return test::open_store(path, clock, std::ref(handler)); };
  {
    const auto engine = open();
    for (const string provider : {"lee", "may"}) {
      engine->provider_put(provider, provider);
      for (const string client : {"-ann", "-bob"}) {
        engine->client_put(provider + client, client, provider + client + "@example.org");
        engine->roster_add(provider, provider + client);
      }
    }
    engine->blast_send("lee", test::make_blast(*engine, "lee", "blast", {}));
    engine->pump();
  }
  REQUIRE(Database(path).texts("SELECT count(*) FROM item").at(0) == "1");
  Database(path).run("UPDATE line SET sum = sum + 1");
  handler.fails = false;
  const auto engine = open();
  clock->now += 3'600'000;
  code_of([&] { engine->pump(); });
  engine->blast_send("may", test::make_blast(*engine, "may", "blast", {}));
  for (int i = 0; i < 5; ++i) {
    clock->now += 300'000;
    code_of([&] { engine->pump(); });
  }
  std::sort(handler.told.begin(), handler.told.end());
  CHECK(handler.told == std::vector<string>{"may-ann", "may-bob"});
}

TEST_CASE("An index that calls an item due which has ended keeps no host busy, and holds up nobody else's") {
  const test::TemporaryFolder folder;
  const auto path = folder.file();
  const auto clock = std::make_shared<test::StillClock>();
  FirstFails handler;
  const auto open = [&] { return test::open_store(path, clock, std::ref(handler)); };
  {
    const auto engine = open();
    engine->provider_put("lee", "Lee");
    for (const string client : {"ann", "bob"}) {
      engine->client_put(client, client, client + "@example.org");
      engine->roster_add("lee", client);
    }
    engine->blast_send("lee", test::make_blast(*engine, "lee", "blast", {}));
    engine->pump();
  }
  const string is_index = " WHERE type = 'index' AND name = 'item_due'";
  string root;
  string sql;
  {
    Database db(path);
    REQUIRE(db.texts("SELECT count(*) FROM item WHERE state = 0").at(0) == "1");
    root = db.texts("SELECT rootpage FROM sqlite_schema" + is_index).at(0);
    sql = db.texts("SELECT sql FROM sqlite_schema" + is_index).at(0);
    db.run("PRAGMA writable_schema = ON");
    db.run("DELETE FROM sqlite_schema" + is_index);
  }
  {
    Database db(path);
    db.run("UPDATE item SET state = 3, sum = sum + 3");  // parked, as when its blast is paused
    db.run("PRAGMA writable_schema = ON");
    db.run("INSERT INTO sqlite_schema VALUES ('index', 'item_due', 'item', " + root + ", '" + sql + "')");
  }
  handler.fails = false;
  const auto engine = open();
  clock->now += 3'600'000;
  CHECK(code_of([&] { engine->pump(); }) == Code::corrupt);
  CHECK(code_of([&] { engine->next_ms(); }) == Code::corrupt);
  CHECK(handler.told.empty());
  engine->blast_send("lee", test::make_blast(*engine, "lee", "another", {}));
  CHECK(code_of([&] { engine->pump(); }) == Code::corrupt);
  CHECK(handler.told.size() == 2);
}

TEST_CASE("A damaged line of a blast under way keeps nobody from being changed or erased") {
  const test::TemporaryFolder folder;
  const auto path = folder.file();
  {
    Store store(path);
    store.engine->provider_put("lee", "Lee");
    for (const string client : {"ann", "bob", "cid"}) {
      store.engine->client_put(client, client, "family@example.org");
      store.engine->roster_add("lee", client);
    }
    store.engine->blast_send("lee", test::make_blast(*store.engine, "lee", "blast", {}));
  }
  SUBCASE("the line") {
    Database(path).run("UPDATE line SET sum = sum + 1");
  }
  SUBCASE("what it has told") {
    Database(path).run("UPDATE recipients SET places = x'00'");
  }
  Store store(path);
  CHECK(code_of([&] { store.engine->client_set("ann", "address.email", "new@example.org"); }) ==
        std::nullopt);
  CHECK(code_of([&] { store.engine->client_erase("bob"); }) == std::nullopt);
  CHECK(code_of([&] { store.engine->client_put("dan", "Dan", "family@example.org"); }) == std::nullopt);
  CHECK(code_of([&] { store.engine->roster_add("lee", "dan"); }) == std::nullopt);
}

TEST_CASE("A damaged row of what comes of a channel keeps nobody from being erased, and forgets its detail") {
  const test::TemporaryFolder folder;
  const auto path = folder.file();
  Store store(path);
  store.engine->client_put("ann", "ann", std::nullopt);
  Database(path).run("UPDATE channel_work SET last_reason = 'refused: ann@example.org'");
  CHECK(code_of([&] { store.engine->client_erase("ann"); }) == std::nullopt);
  Database db(path);
  CHECK(db.texts("SELECT last_reason FROM channel_work") == std::vector<string>{"refused"});
  CHECK_FALSE(store.engine->verify().empty());  // it has not become whole by it
}

TEST_CASE("Counts of unread messages that cannot be added up are CORRUPT") {
  const test::TemporaryFolder folder;
  test::make_full_store(folder.file());
  Database(folder.file()).run("UPDATE thread SET client_unread = 9e18, provider_unread = 9e18");
  Store store(folder.file());
  CHECK(code_of([&] { store.engine->provider_unread("lee"); }) == Code::corrupt);
  CHECK(code_of([&] { store.engine->client_unread("bob"); }) == Code::corrupt);
}

TEST_CASE(
    "What a row claims to have beyond all that is ever stored is CORRUPT, and is not read into memory") {
  constexpr int kClaimed = 200 << 20;
  const test::TemporaryFolder folder;
  const auto made = test::make_full_store(folder.file());
  Database(folder.file()).run("UPDATE blast_text SET text = zeroblob(" + std::to_string(kClaimed) + ")");
  Store store(folder.file());
  sqlite3_memory_highwater(1);
  CHECK(code_of([&] { store.engine->blast_get(made.sent[0].first, made.sent[0].second); }) == Code::corrupt);
  CHECK(sqlite3_memory_highwater(0) < kClaimed);
}

TEST_CASE("What of a draft has come to belong to no blast is found by verification") {
  for (const char* table : {"draft_slice", "mark", "blast_text"}) {
    CAPTURE(table);
    const test::TemporaryFolder folder;
    test::make_full_store(folder.file());
    Database(folder.file()).run(string("UPDATE ") + table + " SET blast_no = blast_no + 32");
    Store store(folder.file());
    CHECK(names(findings_of(*store.engine), table));
  }
}
