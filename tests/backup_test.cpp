// R19: a store that a backup has made is held: it reads, and nothing leaves it until it is released. And what
// a backup and a restore leave behind: a whole file or none.
#include <doctest/doctest.h>
#include <signal.h>
#include <sqlite3.h>
#include <sys/stat.h>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "support/embedding.hpp"

namespace {

namespace fs = std::filesystem;
using test::call;
using test::Host;
using test::must;
using Names = std::vector<std::string>;

constexpr std::int64_t kHour = 3'600'000;

std::string bytes_of(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

mode_t mode_of(const std::string& path) {
  struct stat info {};
  REQUIRE(stat(path.c_str(), &info) == 0);
  return info.st_mode & 0777;
}

Names files_in(const fs::path& folder) {
  Names names;
  for (const auto& entry : fs::directory_iterator(folder)) names.push_back(entry.path().filename().string());
  std::sort(names.begin(), names.end());
  return names;
}

bool held(bccast_engine* engine) {
  return must(bccast_operate_status, engine).rows[0].number("held") == 1;
}

Names events_of(bccast_engine* engine) {
  return must(bccast_events, engine, "reader", 0).rows.column("kind");
}

/// A store with something of everything that could leave it, and where its copy is to be.
struct Practice : Host {
  Practice() {
    provider("lee");
    clients("lee", {"ana", "ben", "cal"});
    must(bccast_events, *this, "reader", 0);
    told = blast("lee", "Told");
    REQUIRE(pump_to_the_end());
    waits = blast("lee", "Waits");
    scheduled = draft("lee", {"ana", "ben"});
    write("lee", scheduled, "Scheduled");
    must(bccast_blast_schedule, *this, "lee", scheduled, clock.now_ms() + kHour, nullptr);
    reply("ana", of_blast("lee", told, "ana"), "An answer");
    notifier.forget();
  }
  fs::path folder() const { return fs::path(store_path()).parent_path(); }
  std::string copy_path() const { return (folder() / "copy.db").string(); }
  void back_up() { must(bccast_operate_backup, *this, copy_path()); }

  std::string told;
  std::string waits;
  std::string scheduled;
};

/// Another host, on a store that is there.
struct Other {
  Other(Practice& of, const std::string& path)
      : engine(path, [&](bccast_config* config) {
          of.clock.attach(config);
          notifier.attach(config, "email");
        }) {}
  operator bccast_engine*() const { return engine; }  // NOLINT: stands for its engine in calls
  std::int32_t pump(std::int64_t* next_ms = nullptr) {
    return must(bccast_pump, engine, 0, 0, nullptr, next_ms).code;
  }
  std::string state(const std::string& blast) {
    return must(bccast_blast_get, engine, "lee", blast).rows[0].text("state");
  }
  test::Notifier notifier;
  test::Engine engine;
};

// ---- Held

TEST_CASE("R19: of a store that a backup has made nothing leaves, until it is released") {
  Practice host;
  host.back_up();
  CHECK_FALSE(held(host));  // in the copy only
  const Names events_before = events_of(host);
  Other copy(host, host.copy_path());
  CHECK(held(copy));
  host.clock.advance(kHour + kHour / 2);  // the schedule and the deadline are past
  const auto nothing_leaves = [&] {
    std::int64_t next = 0;
    CHECK(copy.pump(&next) == BCCAST_DONE);
    CHECK(next == -1);
    CHECK(test::claim(copy).empty());
    must(bccast_next, copy, &next);
    CHECK(next == -1);
    CHECK(copy.notifier.all().empty());
    CHECK(copy.state(host.scheduled) == "scheduled");
    CHECK(events_of(copy) == events_before);
    CHECK(must(bccast_channel_list, copy).rows[0].null("due_at_ms"));
  };
  nothing_leaves();
  SUBCASE("also not by threads of the library's") {
    must(bccast_start, copy, 2);
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
    must(bccast_stop, copy, 10'000);
    nothing_leaves();
  }
  SUBCASE("also not after it was closed and opened") {
    copy.engine.close();
    Other again(host, host.copy_path());
    CHECK(again.pump() == BCCAST_DONE);
    CHECK(again.notifier.all().empty());
    CHECK(held(again));
    return;
  }
  SUBCASE("also not from a copy of the copy") {
    must(bccast_operate_backup, copy, host.copy_path() + "2");
    Other second(host, host.copy_path() + "2");
    must(bccast_operate_release, copy);
    CHECK(held(second));
    CHECK(second.pump() == BCCAST_DONE);
    CHECK(second.notifier.all().empty());
    return;
  }
  // Whoever asks why is told.
  const auto late = must(bccast_operate_overdue, copy, nullptr, nullptr, 0).rows;
  CHECK(late.size() == 1);  // the other's deadline is an hour after its schedule
  for (const auto& row : late) CHECK(row.text("why").find("is held until") != std::string::npos);
  CHECK(test::people_of(copy, host.waits).text("why").find("is held until") != std::string::npos);

  CHECK(call(bccast_operate_release, copy).code == BCCAST_OK);
  CHECK(call(bccast_operate_release, copy).code == BCCAST_EXISTS);
  CHECK_FALSE(held(copy));
  std::int64_t next = 0;
  must(bccast_next, copy, &next);
  CHECK(next == 0);
  copy.pump();
  // The three of the blast that waited, the provider of the answer, and the two of the schedule.
  CHECK(copy.notifier.all().size() == 6);
  CHECK(copy.state(host.waits) == "finished");
  CHECK(copy.state(host.scheduled) == "finished");
  const auto events = events_of(copy);
  CHECK(std::count(events.begin(), events.end(), "blast.overdue") == 1);
  CHECK(must(bccast_operate_verify, copy).rows.empty());
  // The store that was copied goes its own way.
  CHECK(host.status("lee", host.waits)[0].text("state") == "open");
}

TEST_CASE("R19: a held store is written as ever, and what is sent stays in its queue") {
  Practice host;
  host.back_up();
  Other copy(host, host.copy_path());
  const auto sent = test::send_blast(copy, "In the held store");
  CHECK(copy.state(sent) == "sent");
  // What is behind is put right.
  must(bccast_blast_recall, copy, "lee", host.waits);
  must(bccast_blast_unschedule, copy, "lee", host.scheduled);
  must(bccast_channel_set, copy, "email", "rate", "100");
  const auto threads = must(bccast_client_threads, copy, "ben", nullptr, nullptr, 0).rows;
  CHECK(threads.column("last_text") == Names{"In the held store", "Told"});
  must(bccast_client_reply, copy, "ben", threads[0].text("thread"), nullptr, "Yes", 3, nullptr, nullptr);
  host.clock.advance(kHour);
  copy.pump();
  CHECK(copy.notifier.all().empty());
  must(bccast_operate_release, copy);
  copy.pump();
  std::set<std::string> to;
  for (const auto& notice : copy.notifier.all()) to.insert(notice.to());
  CHECK(to == std::set<std::string>{"ana", "ben", "cal", "lee"});
  CHECK(copy.notifier.all().size() == 5);  // the new blast, and two answers
}

TEST_CASE("R19: a release is seen by every process at once") {
  Practice host;
  host.back_up();
  Other one(host, host.copy_path());
  Other another(host, host.copy_path());
  REQUIRE(one.pump() == BCCAST_DONE);
  REQUIRE(one.notifier.all().empty());
  must(bccast_operate_release, another);
  one.pump();
  CHECK(one.notifier.all().size() == 4);
  CHECK(call(bccast_operate_release, one).code == BCCAST_EXISTS);
}

TEST_CASE("R19: clients see nothing of their store's being held") {
  Practice host;
  host.back_up();
  const auto view_of = [&](bccast_engine* engine) {
    std::vector<test::Rows> view;
    for (const auto* client : {"ana", "ben", "cal"}) {
      view.push_back(must(bccast_client_threads, engine, client, nullptr, nullptr, 0).rows);
      for (const auto& row : view.back().rows)
        view.push_back(must(bccast_client_messages, engine, client, row.text("thread"), 0, 1, 0).rows);
      view.push_back(must(bccast_directory_client_export, engine, client, nullptr, 0).rows);
    }
    return view;
  };
  const auto in_the_store = view_of(host);
  Other copy(host, host.copy_path());
  CHECK(view_of(copy) == in_the_store);
  must(bccast_operate_release, copy);
  CHECK(view_of(copy) == in_the_store);
}

TEST_CASE("R19: a held store settles what it owes") {
  Practice host;
  host.back_up();
  Other copy(host, host.copy_path());
  const std::string name = Host::name_of("ana");
  sqlite3* reader = nullptr;
  REQUIRE(sqlite3_open(host.copy_path().c_str(), &reader) == SQLITE_OK);
  REQUIRE(sqlite3_exec(reader, "BEGIN; SELECT count(*) FROM client", nullptr, nullptr, nullptr) == SQLITE_OK);
  CHECK(call(bccast_directory_client_erase, copy, "ana").code == BCCAST_PARTIAL);
  sqlite3_db_config(reader, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, nullptr);
  sqlite3_close(reader);
  host.clock.advance(1000);
  copy.pump();
  CHECK(must(bccast_operate_status, copy).rows[0].number("debts") == 0);
  CHECK(held(copy));
  copy.engine.close();
  CHECK((bytes_of(host.copy_path()) + bytes_of(host.copy_path() + "-wal")).find(name) == std::string::npos);
}

TEST_CASE("R19: a plain copy of a closed store is not held") {
  Practice host;
  const auto path = host.store_path();
  host.restart();
  must(bccast_operate_checkpoint, host);
  fs::copy_file(path, host.copy_path());
  Other copy(host, host.copy_path());
  CHECK_FALSE(held(copy));
  copy.pump();
  CHECK(copy.notifier.all().size() == 4);
}

// ---- Backups

TEST_CASE("A backup is all of the store, in one new file with mode 0600, whatever the umask") {
  Practice host;
  for (const mode_t mask : {mode_t{0}, mode_t{022}, mode_t{0777}}) {
    CAPTURE(mask);
    const auto before = umask(mask);
    const auto made = call(bccast_operate_backup, host, host.copy_path());
    umask(before);
    REQUIRE(made.code == BCCAST_OK);
    CHECK(mode_of(host.copy_path()) == 0600);
    CHECK(files_in(host.folder()) == Names{"copy.db", "store.db", "store.db-shm", "store.db-wal"});
    {
      Other copy(host, host.copy_path());
      CHECK(must(bccast_operate_verify, copy).rows.empty());
      CHECK(must(bccast_provider_roster, copy, "lee", nullptr, nullptr, 0).rows ==
            must(bccast_provider_roster, host, "lee", nullptr, nullptr, 0).rows);
      CHECK(must(bccast_blast_recipients, copy, "lee", host.told, nullptr, nullptr, 0).rows ==
            host.recipients("lee", host.told));
    }
    for (const auto* ending : {"", "-wal", "-shm"}) fs::remove(host.copy_path() + ending);
  }
}

TEST_CASE("A backup is never written over a file, nor anything else that is there") {
  Practice host;
  const auto path = host.copy_path();
  SUBCASE("a file") {
    std::ofstream(path) << "mine";
  }
  SUBCASE("an empty file") {
    std::ofstream{path};
  }
  SUBCASE("a folder") {
    fs::create_directory(path);
  }
  SUBCASE("a link to nothing") {
    fs::create_symlink(host.folder() / "nothing", path);
  }
  SUBCASE("the store itself") {
    CHECK(call(bccast_operate_backup, host, host.store_path()).code == BCCAST_E_CONFLICT);
    CHECK(host.verify().empty());
    return;
  }
  const auto there = files_in(host.folder());
  const auto bytes = fs::is_regular_file(path) ? bytes_of(path) : std::string();
  CHECK(call(bccast_operate_backup, host, path).code == BCCAST_E_CONFLICT);
  CHECK(files_in(host.folder()) == there);
  if (fs::is_regular_file(path)) CHECK(bytes_of(path) == bytes);
}

TEST_CASE("A backup that fails leaves no file") {
  Practice host;
  const auto there = files_in(host.folder());
  SUBCASE("its folder is not there") {
    CHECK(call(bccast_operate_backup, host, (host.folder() / "none" / "copy.db").string()).code ==
          BCCAST_E_STORAGE);
  }
  SUBCASE("it has no name") {
    CHECK(call(bccast_operate_backup, host, "").code == BCCAST_E_ARGUMENT);
    CHECK(call(bccast_operate_backup, host, nullptr).code == BCCAST_E_ARGUMENT);
  }
  SUBCASE("its disk is full") {
    rlimit before{};
    ::getrlimit(RLIMIT_FSIZE, &before);
    const auto handler = ::signal(SIGXFSZ, SIG_IGN);
    for (const rlim_t room : {rlim_t{0}, rlim_t{5'000}, rlim_t{50'000}, rlim_t{100'000}}) {
      CAPTURE(room);
      rlimit limit = before;
      limit.rlim_cur = room;
      ::setrlimit(RLIMIT_FSIZE, &limit);
      const auto code = call(bccast_operate_backup, host, host.copy_path()).code;
      ::setrlimit(RLIMIT_FSIZE, &before);
      CHECK((code == BCCAST_E_FULL || code == BCCAST_E_STORAGE));
      CHECK(files_in(host.folder()) == there);
    }
    ::signal(SIGXFSZ, handler);
  }
  CHECK(files_in(host.folder()) == there);
  host.back_up();
}

TEST_CASE("A backup beside writers is the store as of one moment") {
  Practice host;
  std::atomic<bool> stop = false;
  std::atomic<int> sent = 0;
  std::thread writer([&] {
    while (!stop && sent < 500) {
      host.blast("lee", {"ana", "ben", "cal"}, "Number " + std::to_string(sent + 1));
      ++sent;
      if (sent % 10 == 0) call(bccast_operate_checkpoint, host);
      call(bccast_pump, host, 0, 0, nullptr, nullptr);
    }
  });
  for (int round = 0; round < 10 * test::scale(); ++round) {
    const int before = sent;
    const auto path = host.copy_path() + std::to_string(round);
    must(bccast_operate_backup, host, path);
    const test::Engine copy(path);
    CHECK(must(bccast_operate_verify, copy).rows.empty());
    const auto threads = must(bccast_client_threads, copy, "ana", nullptr, nullptr, BCCAST_MAX_LIST).rows;
    CHECK(threads.size() >= static_cast<std::size_t>(before) + 2);
    for (const auto* other : {"ben", "cal"})
      CHECK(must(bccast_client_threads, copy, other, nullptr, nullptr, BCCAST_MAX_LIST).rows.size() ==
            threads.size());
  }
  stop = true;
  writer.join();
  CHECK(sent > 10);
}

TEST_CASE("A store in memory, and one opened for reading only, can be backed up") {
  Practice host;
  SUBCASE("in memory") {
    const test::Engine engine(":memory:");
    test::make_practice(engine, 5);
    must(bccast_operate_backup, engine, host.copy_path());
    CHECK_FALSE(held(engine));
    const test::Engine copy(host.copy_path());
    CHECK(held(copy));
    CHECK(must(bccast_provider_roster, copy, "lee", nullptr, nullptr, 0).rows.size() == 5);
    test::send_blast(engine);  // it goes on
  }
  SUBCASE("for reading only") {
    const test::Engine engine("sqlite:" + host.store_path() + "?mode=ro");
    must(bccast_operate_backup, engine, host.copy_path());
    const test::Engine copy(host.copy_path());
    CHECK(held(copy));
    CHECK(call(bccast_operate_release, engine).code == BCCAST_E_STATE);
  }
}

TEST_CASE("A backup holds nothing that was erased or deleted before") {
  Practice host;
  const auto thrown_away = host.draft("lee", {"ana", "ben"});
  host.write("lee", thrown_away, "zqdraft that was thrown away");
  must(bccast_blast_discard, host, "lee", thrown_away);
  host.erase("ana");
  host.back_up();
  const auto bytes = bytes_of(host.copy_path());
  CHECK(bytes.find("zqdraft") == std::string::npos);
  CHECK(bytes.find(Host::name_of("ana")) == std::string::npos);
  CHECK(bytes.find(Host::name_of("ben")) != std::string::npos);
}

TEST_CASE("Killed while it writes a backup, it leaves no file of that name; the next one does not mind") {
  const test::TemporaryFolder folder;
  const auto path = (folder.path() / "store.db").string();
  const auto copy = (folder.path() / "copy.db").string();
  const auto begun = (folder.path() / "begun").string();
  {
    const test::Engine engine(path);
    test::make_practice(engine, 2000);
  }
  int killed = 0;
  for (int round = 0; round < 30; ++round) {
    test::Child child([&] {
      const test::Engine engine(path);
      std::ofstream(begun).put('x');
      must(bccast_operate_backup, engine, copy);
      for (;;) ::pause();
    });
    child.begin();
    while (!fs::exists(begun)) ::usleep(100);
    ::usleep(static_cast<useconds_t>(round * 700));
    child.kill();
    fs::remove(begun);
    if (!fs::exists(copy)) {
      ++killed;
      continue;
    }
    {
      const test::Engine made(copy);
      CHECK(held(made));
      CHECK(must(bccast_operate_verify, made).rows.empty());
    }
    for (const auto* ending : {"", "-wal", "-shm"}) fs::remove(copy + ending);
  }
  CHECK(killed > 0);
  const test::Engine engine(path);
  must(bccast_operate_backup, engine, copy);
  CHECK(mode_of(copy) == 0600);
  CHECK_FALSE(fs::exists(copy + ".bccast-partial"));
}

// ---- Restores

TEST_CASE(
    "R19, R21: a restore puts the backup in the place of the store, held, and nothing of the old one comes "
    "back") {
  Practice host;
  host.back_up();
  const auto path = (host.folder() / "old.db").string();
  // The old store has gone on, and was killed: some of it is in its log alone.
  {
    must(bccast_operate_checkpoint, host);
    const auto later = host.blast("lee", "After the backup");
    for (const auto* ending : {"", "-wal"}) fs::copy_file(host.store_path() + ending, path + ending);
    REQUIRE(bytes_of(path + "-wal").find("After the backup") != std::string::npos);
  }
  SUBCASE("over a store that a crash has left") {}
  SUBCASE("over one that another program can read") {
    fs::permissions(path, fs::perms::group_read | fs::perms::others_read, fs::perm_options::add);
  }
  SUBCASE("where there is none") {
    fs::remove(path);
    fs::remove(path + "-wal");
  }
  SUBCASE("where there is none, but a log of one") {
    fs::remove(path);
  }
  SUBCASE("from a plain copy with its log") {
    const auto copy = host.copy_path();
    fs::remove(copy);
    for (const auto* ending : {"", "-wal"}) fs::copy_file(host.store_path() + ending, copy + ending);
    CHECK(call(bccast_restore, copy, path).code == BCCAST_OK);
    const test::Engine restored(path);
    CHECK(held(restored));
    CHECK(must(bccast_client_threads, restored, "ana", nullptr, nullptr, 0).rows.size() == 3);
    return;
  }
  const auto backup = bytes_of(host.copy_path());
  const auto mode = fs::exists(path) ? mode_of(path) : mode_t{0600};
  CHECK(call(bccast_restore, host.copy_path(), path).code == BCCAST_OK);
  CHECK(mode_of(path) == mode);
  CHECK(bytes_of(host.copy_path()) == backup);
  CHECK_FALSE(fs::exists(path + "-wal"));
  CHECK_FALSE(fs::exists(path + "-shm"));
  CHECK_FALSE(fs::exists(path + ".bccast-partial"));
  Other restored(host, path);
  CHECK(held(restored));
  CHECK(must(bccast_operate_verify, restored).rows.empty());
  CHECK(must(bccast_client_threads, restored, "ana", nullptr, nullptr, 0).rows.column("last_text") ==
        Names{"An answer", "Waits"});
  restored.pump();
  CHECK(restored.notifier.all().empty());
  must(bccast_operate_release, restored);
  restored.pump();
  CHECK(restored.notifier.all().size() == 4);
}

TEST_CASE("A restore is refused while anybody has the store open, and the store stays as it is") {
  Practice host;
  host.back_up();
  const auto refused = [&] {
    const auto answer = call(bccast_restore, host.copy_path(), host.store_path());
    CHECK(answer.code == BCCAST_E_BUSY);
    CHECK(answer.message.find("open") != std::string::npos);
    CHECK_FALSE(fs::exists(host.store_path() + ".bccast-partial"));
  };
  SUBCASE("this process") {
    refused();
    host.blast("lee", "It goes on");
    CHECK(host.verify().empty());
    CHECK(host.threads("ana")[0].text("last_text") == "It goes on");
  }
  SUBCASE("this process, for reading only") {
    const auto path = (host.folder() / "other.db").string();
    { const test::Engine made(path); }
    const test::Engine reading("sqlite:" + path + "?mode=ro");
    CHECK(call(bccast_restore, host.copy_path(), path).code == BCCAST_E_BUSY);
  }
}

TEST_CASE("A restore is refused while another process has the store open") {
  const test::TemporaryFolder folder;
  const auto path = (folder.path() / "store.db").string();
  const auto backup = (folder.path() / "backup.db").string();
  const auto opened = (folder.path() / "opened").string();
  for (const std::string mode : {"", "?mode=ro"}) {
    CAPTURE(mode);
    {
      const test::Engine engine(path);
      if (!fs::exists(backup)) must(bccast_operate_backup, engine, backup);
    }
    test::Child child([&] {
      const test::Engine engine("sqlite:" + path + mode);
      std::ofstream(opened).put('x');
      for (;;) ::pause();
    });
    child.begin();
    while (!fs::exists(opened)) ::usleep(100);
    CHECK(call(bccast_restore, backup, path).code == BCCAST_E_BUSY);
    child.kill();
    fs::remove(opened);
    CHECK(call(bccast_restore, backup, path).code == BCCAST_OK);
  }
}

TEST_CASE("What is no sound backup is refused, and the store stays as it is") {
  Practice host;
  host.back_up();
  const auto path = (host.folder() / "old.db").string();
  const auto backup = host.copy_path();
  {
    const test::Engine old(path);
    test::make_practice(old, 3);
  }
  const auto before = bytes_of(path) + bytes_of(path + "-wal");
  std::int32_t expected = BCCAST_E_CORRUPT;
  SUBCASE("no file") {
    fs::remove(backup);
    expected = BCCAST_E_NOT_FOUND;
  }
  SUBCASE("no database") {
    std::ofstream(backup) << "This is a letter, and no store at all; it is long enough for a header, though.";
  }
  SUBCASE("cut short") {
    fs::resize_file(backup, fs::file_size(backup) / 2);
  }
  SUBCASE("another program's") {
    fs::remove(backup);
    sqlite3* db = nullptr;
    sqlite3_open(backup.c_str(), &db);
    sqlite3_exec(db, "CREATE TABLE mine(a)", nullptr, nullptr, nullptr);
    sqlite3_close(db);
    expected = BCCAST_E_SCHEMA;
  }
  SUBCASE("with a damaged row") {
    sqlite3* db = nullptr;
    sqlite3_open(backup.c_str(), &db);
    REQUIRE(sqlite3_exec(db, "UPDATE roster SET entry = x'00112233'", nullptr, nullptr, nullptr) ==
            SQLITE_OK);
    sqlite3_close(db);
  }
  SUBCASE("the store itself") {
    CHECK(call(bccast_restore, path, path).code == BCCAST_E_ARGUMENT);
    CHECK(call(bccast_restore, (host.folder() / "." / "old.db").string(), path).code == BCCAST_E_ARGUMENT);
    return;
  }
  SUBCASE("what cannot be a path") {
    CHECK(call(bccast_restore, nullptr, path).code == BCCAST_E_ARGUMENT);
    CHECK(call(bccast_restore, backup, nullptr).code == BCCAST_E_ARGUMENT);
    CHECK(call(bccast_restore, backup, ":memory:").code == BCCAST_E_ARGUMENT);
    CHECK(call(bccast_restore, ":memory:", path).code == BCCAST_E_ARGUMENT);
    CHECK(call(bccast_restore, backup, "").code == BCCAST_E_ARGUMENT);
    return;
  }
  CHECK(call(bccast_restore, backup, path).code == expected);
  CHECK(bytes_of(path) + bytes_of(path + "-wal") == before);
  CHECK_FALSE(fs::exists(path + ".bccast-partial"));
  const test::Engine old(path);
  CHECK_FALSE(held(old));
  CHECK(must(bccast_provider_roster, old, "lee", nullptr, nullptr, 0).rows.size() == 3);
}

TEST_CASE("What is at the path and no store is not replaced") {
  Practice host;
  host.back_up();
  const auto path = (host.folder() / "letter").string();
  SUBCASE("a letter") {
    std::ofstream(path) << "Dear Ana, this is not a store, and it is to stay. Yours, Ben.";
    CHECK(call(bccast_restore, host.copy_path(), path).code == BCCAST_E_CORRUPT);
  }
  SUBCASE("a database of another program") {
    sqlite3* db = nullptr;
    sqlite3_open(path.c_str(), &db);
    sqlite3_exec(db, "CREATE TABLE mine(a)", nullptr, nullptr, nullptr);
    sqlite3_close(db);
    CHECK(call(bccast_restore, host.copy_path(), path).code == BCCAST_E_SCHEMA);
  }
  SUBCASE("a folder") {
    fs::create_directory(path);
    CHECK(call(bccast_restore, host.copy_path(), path).code == BCCAST_E_STORAGE);
  }
}

TEST_CASE("Killed in a restore, the old store is there or the backup, whole") {
  const test::TemporaryFolder folder;
  const auto path = (folder.path() / "store.db").string();
  const auto backup = (folder.path() / "backup.db").string();
  const auto begun = (folder.path() / "begun").string();
  {
    const test::Engine engine(path);
    test::make_practice(engine, 500);
    must(bccast_operate_backup, engine, backup);
  }
  const auto began = std::chrono::steady_clock::now();
  must(bccast_restore, backup, path);
  const std::chrono::duration<double, std::micro> one_restore = std::chrono::steady_clock::now() - began;
  constexpr int kRounds = 40;
  int old = 0;
  int restored = 0;
  // From the beginning of a restore to four times as long as one takes, which is how far a busy machine may
  // be behind.
  for (int round = 0; round < kRounds; ++round) {
    for (const auto* ending : {"", "-wal", "-shm"}) fs::remove(path + ending);
    fs::copy_file(backup, path);
    {
      const test::Engine engine(path);
      must(bccast_operate_release, engine);
      must(bccast_directory_client_put, engine, "later", "Later", nullptr);
    }
    test::Child child([&] {
      std::ofstream(begun).put('x');
      must(bccast_restore, backup, path);
      for (;;) ::pause();
    });
    child.begin();
    while (!fs::exists(begun)) ::usleep(100);
    ::usleep(static_cast<useconds_t>(one_restore.count() * 4 * round / kRounds));
    child.kill();
    fs::remove(begun);
    const test::Engine engine(path);
    CHECK(must(bccast_operate_verify, engine).rows.empty());
    const bool is_old = call(bccast_directory_client_get, engine, "later").code == BCCAST_OK;
    CHECK(held(engine) == !is_old);
    ++(is_old ? old : restored);
  }
  CHECK(old > 0);
  CHECK(restored > 0);
}

TEST_CASE("No id that the lost store gave after the backup is given again by the restored one") {
  Practice host;
  host.back_up();
  // What the lost store still did, and what its host remembers of it.
  std::set<std::string> given;
  for (int i = 0; i < 5; ++i) {
    const auto blast = host.blast("lee", "Lost");
    given.insert(blast);
    for (const auto& row : host.recipients("lee", blast)) given.insert(row.text("thread"));
    given.insert(host.community("lee", "Lost"));
    host.reply("ana", host.of_blast("lee", host.told, "ana"), "Lost");
  }
  REQUIRE(host.pump_to_the_end());
  for (const auto& notice : host.notifier.all()) given.insert(notice.id());
  Other copy(host, host.copy_path());
  must(bccast_operate_release, copy);
  copy.pump();
  const auto repeated_from_before = copy.notifier.all().size();  // those are the same notifications
  for (int i = 0; i < 5; ++i) {
    const auto blast = test::send_blast(copy, "New");
    CHECK_FALSE(given.contains(blast));
    for (const auto& row : must(bccast_blast_recipients, copy, "lee", blast, nullptr, nullptr, 0).rows)
      CHECK_FALSE(given.contains(row.text("thread")));
    char community[BCCAST_ID_SIZE];
    must(bccast_provider_community, copy, "lee", "New", community);
    CHECK_FALSE(given.contains(community));
    const auto thread = host.of_blast("lee", host.told, "ana");
    must(bccast_client_reply, copy, "ana", thread, nullptr, "New", 3, nullptr, nullptr);
  }
  copy.pump();
  const auto notices = copy.notifier.all();
  CHECK(notices.size() > repeated_from_before + 15);
  for (std::size_t i = repeated_from_before; i < notices.size(); ++i)
    CHECK_FALSE(given.contains(notices[i].id()));
  CHECK(must(bccast_operate_verify, copy).rows.empty());
}

}  // namespace

TEST_CASE("A backup is refused a name beside which another file's log or journal lies") {
  Practice host;
  for (const char* ending : {"-wal", "-shm", "-journal"}) {
    CAPTURE(ending);
    const auto path = (host.folder() / "named.db").string();
    std::ofstream(path + ending) << "another's";
    CHECK(call(bccast_operate_backup, host, path).code == BCCAST_E_CONFLICT);
    CHECK_FALSE(fs::exists(path));
    CHECK(fs::exists(path + ending));
    fs::remove(path + ending);
  }
}
