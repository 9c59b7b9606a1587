// The file behind a store: what is not a store, or not ours, is refused and left as it is; modes, read-only
// opening, locks of others, and a disk that is full.
#include <bccast/bccast.h>
#include <doctest/doctest.h>
#include <fcntl.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iostream>
#include <iterator>
#include <map>
#include <stdexcept>
#include <string>
#include <vector>

#include "support/host.hpp"
#include "support/store_file.hpp"

namespace {

using std::string;
namespace fs = std::filesystem;
using test::bytes_of;
using test::check_child;
using test::Database;
using test::expect;
using test::expect_code;
using test::in_a_child;
using test::kSkip;
using test::Opened;
using test::put_bytes;

/// Refused, with a message and no engine, both for writing and for reading only.
void refused(const fs::path& path, std::int32_t code) {
  for (const string& url : {path.string(), "sqlite:" + path.string() + "?mode=ro"}) {
    CAPTURE(url);
    const Opened opened(url);
    CHECK_MESSAGE(opened.code == code, string(bccast_code_name(opened.code)), ": ", opened.message);
    CHECK(opened.engine == nullptr);
    CHECK(!opened.message.empty());
  }
}

string ro(const test::Host& host) {
  return "sqlite:" + host.store_path() + "?mode=ro";
}

}  // namespace

TEST_CASE("A file that is no database is CORRUPT, and stays as it is") {
  const test::TemporaryFolder folder;
  const auto path = folder.path() / "store.db";
  string noise;
  for (unsigned i = 0; i < 20000; ++i) noise += static_cast<char>((i * 2654435761U) >> 24);
  for (const string& bytes :
       {string("xy"), string("this is a text, not a database\n"), noise, string("SQLite format 2") + noise,
        string("SQLite format 3\0", 16), string("SQLite format 3\0", 16) + noise, string(4096, '\0')}) {
    CAPTURE(bytes.substr(0, 20));
    for (const char* suffix : {"-wal", "-shm"}) fs::remove(path.string() + suffix);
    put_bytes(path, bytes);
    refused(path, BCCAST_E_CORRUPT);
    CHECK(bytes_of(path) == bytes);
    CHECK(std::distance(fs::directory_iterator(folder.path()), fs::directory_iterator()) == 1);
  }
}

TEST_CASE("A store that was cut short is CORRUPT, when opened or when it is looked into, and never crashes") {
  test::Host host;
  host.provider("lee");
  std::vector<string> ids;
  for (int i = 0; i < 500; ++i) ids.push_back("client-" + std::to_string(i));
  host.clients("lee", ids);
  const auto blast = host.blast("lee", "text");
  REQUIRE(bccast_operate_checkpoint(host) == BCCAST_OK);
  const string whole = bytes_of(host.store_path());
  const test::TemporaryFolder folder;
  const auto path = folder.path() / "cut.db";
  int said = 0;
  for (std::size_t pages = 1; pages * 4096 < whole.size(); ++pages) {
    put_bytes(path, whole.substr(0, pages * 4096));
    fs::remove(path.string() + "-wal");
    fs::remove(path.string() + "-shm");
    const Opened opened(path);
    if (opened.code != BCCAST_OK) {
      CHECK(opened.code == BCCAST_E_CORRUPT);
      ++said;
      continue;
    }
    const auto findings = test::call(bccast_operate_verify, opened);
    CHECK((findings.code == BCCAST_E_CORRUPT || (findings.code == BCCAST_OK && !findings.rows.empty())));
    test::call(bccast_blast_recipients, opened, "lee", blast.c_str(), nullptr, nullptr, 1000U);
    test::call(bccast_client_threads, opened, "client-7", nullptr, nullptr, 0U);
    ++said;
  }
  CHECK(said > 5);
}

TEST_CASE("A database of another program is refused and stays the same byte for byte") {
  const test::TemporaryFolder folder;
  const auto path = folder.path() / "other.db";
  const auto look = [&] {
    const string before = bytes_of(path);
    REQUIRE(!before.empty());
    refused(path, BCCAST_E_SCHEMA);
    CHECK(bytes_of(path) == before);
  };
  SUBCASE("without an application id") {
    Database(path).run("CREATE TABLE patient(id, name); INSERT INTO patient VALUES (1, 'A')");
  }
  SUBCASE("with one of its own") {
    Database(path).run("PRAGMA application_id = 12345; CREATE TABLE store(one)");
  }
  SUBCASE("with one of its own, and empty") {
    Database(path).run("PRAGMA application_id = 12345; VACUUM");
  }
  SUBCASE("in WAL mode") {
    Database(path).run("PRAGMA journal_mode = WAL; CREATE TABLE patient(id, name)");
  }
  look();
}

TEST_CASE("A store whose tables are not ours is refused at once, and stays the same byte for byte") {
  const test::TemporaryFolder folder;
  const auto path = folder.path() / "crafted.db";
  { REQUIRE(Opened(path).code == BCCAST_OK); }
  string sql;
  const string for_ever = "WITH RECURSIVE r(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM r) SELECT ";
  SUBCASE("a view that recurses for ever in place of the key's table") {
    sql = "ALTER TABLE store RENAME TO hidden; CREATE VIEW store AS " + for_ever +
          "1 AS one, zeroblob(41) AS key, max(n) AS min_reader, 1 AS min_writer FROM r";
  }
  SUBCASE("the same in a store of a later version") {
    sql = "PRAGMA user_version = 1000; ALTER TABLE store RENAME TO hidden; CREATE VIEW store AS " + for_ever +
          "1 AS one, zeroblob(41) AS key, max(n) AS min_reader, 1 AS min_writer FROM r";
  }
  SUBCASE("a trigger") {
    sql = "CREATE TRIGGER t AFTER INSERT ON provider BEGIN INSERT INTO event_reader " + for_ever +
          "n, 0 FROM r; END";
  }
  SUBCASE("a column that is computed") {
    sql = "ALTER TABLE event ADD COLUMN more INTEGER AS (at + 1)";
  }
  SUBCASE("an index of another's") {
    sql = "CREATE UNIQUE INDEX more ON event(kind)";
  }
  SUBCASE("a table that is missing") {
    sql = "DROP TABLE told_address";
  }
  SUBCASE("a column that is missing") {
    sql = "DROP TABLE told_address; CREATE TABLE told_address(line_no INTEGER PRIMARY KEY)";
  }
  SUBCASE("a table with a rule of another's") {
    sql =
        "DROP TABLE event_reader; CREATE TABLE event_reader(name TEXT PRIMARY KEY, acknowledged INTEGER NOT "
        "NULL "
        "CHECK (acknowledged < 5)) STRICT, WITHOUT ROWID";
  }
  SUBCASE("our mark, and nothing else") {
    sql = "PRAGMA user_version = 0";
  }
  SUBCASE("a version that is none") {
    sql = "PRAGMA user_version = -5";
  }
  Database(path).run("PRAGMA journal_mode = DELETE; " + sql);
  const string before = bytes_of(path);
  const auto began = std::chrono::steady_clock::now();
  refused(path, BCCAST_E_SCHEMA);
  CHECK(std::chrono::steady_clock::now() - began < std::chrono::seconds(2));
  CHECK(bytes_of(path) == before);
}

TEST_CASE("What ANALYZE adds to a store does not make it another's") {
  const test::TemporaryFolder folder;
  const auto path = folder.path() / "analysed.db";
  { REQUIRE(Opened(path).code == BCCAST_OK); }
  Database(path).run("ANALYZE");
  CHECK(Opened(path).code == BCCAST_OK);
}

TEST_CASE("A store of a later version is opened as far as it says it may be") {
  test::Host host;
  host.provider("lee");
  REQUIRE(bccast_operate_checkpoint(host) == BCCAST_OK);
  const test::TemporaryFolder folder;
  const auto path = folder.path() / "later.db";
  const auto make = [&](int min_reader, int min_writer) {
    for (const char* suffix : {"", "-wal", "-shm"}) fs::remove(path.string() + suffix);
    put_bytes(path, bytes_of(host.store_path()));
    Database(path).run("PRAGMA user_version = 1000; CREATE TABLE later(x); UPDATE store SET min_reader = " +
                       std::to_string(min_reader) + ", min_writer = " + std::to_string(min_writer) +
                       ", sum = sum + " + std::to_string(min_reader - 1 + 3 * (min_writer - 1)) +
                       "; PRAGMA wal_checkpoint(TRUNCATE)");
  };
  make(1000, 1000);
  const string before = bytes_of(path);
  refused(path, BCCAST_E_SCHEMA);
  CHECK(bytes_of(path) == before);

  make(1, 1000);
  CHECK(Opened(path).code == BCCAST_E_SCHEMA);
  {
    const Opened reader("sqlite:" + path.string() + "?mode=ro");
    CHECK(reader.code == BCCAST_OK);
    CHECK(bccast_provider_roster_count(reader, "lee", nullptr, nullptr) == BCCAST_OK);
  }
  make(1, 1);
  const Opened opened(path);
  CHECK(opened.code == BCCAST_OK);
  CHECK(bccast_directory_provider_put(opened, "lee", "Dr. Lee") == BCCAST_OK);
}

TEST_CASE("What is no file, or cannot be one, is refused") {
  const test::TemporaryFolder folder;
  refused(folder.path(), BCCAST_E_STORAGE);
  CHECK(fs::is_empty(folder.path()));
  CHECK(Opened(folder.path() / "missing" / "store.db").code == BCCAST_E_STORAGE);
  CHECK(Opened(ro(test::Host()) + "x").code == BCCAST_E_ARGUMENT);
  CHECK(Opened("sqlite:" + (folder.path() / "missing.db").string() + "?mode=ro").code == BCCAST_E_NOT_FOUND);
  put_bytes(folder.path() / "file", "x");
  CHECK(Opened(folder.path() / "file" / "store.db").code == BCCAST_E_STORAGE);
  refused("/dev/null", BCCAST_E_STORAGE);
  REQUIRE(mkfifo((folder.path() / "pipe").c_str(), 0600) == 0);
  refused(folder.path() / "pipe", BCCAST_E_STORAGE);
  fs::create_symlink(folder.path() / "nowhere", folder.path() / "link");
  CHECK(Opened(folder.path() / "link").code < 0);
  CHECK(!fs::exists(folder.path() / "nowhere"));
  CHECK(Opened(folder.path() / string(300, 'x')).code == BCCAST_E_STORAGE);
}

TEST_CASE("A path is a path, whatever SQLite would make of it") {
  const test::TemporaryFolder folder;
  for (const char* name :
       {"a?b.db", "a%41.db", "file:a.db", "a b\tc.db", "\xc3\xa9.db", ":memory:", "-a.db"}) {
    const auto path = folder.path() / name;
    CHECK(Opened(path).code == BCCAST_OK);
    CHECK(fs::exists(path));
  }
  // A relative one too, beginning with what means something to SQLite.
  check_child(in_a_child([&] {
    fs::current_path(folder.path());
    for (const char* name : {"file:b.db?mode=memory", "plain.db"}) {
      const Opened opened(name);
      expect_code(opened.code, BCCAST_OK, name);
      expect(fs::exists(folder.path() / name), name);
    }
  }));
}

TEST_CASE("The store's files can be read by nobody else, whatever the umask") {
  for (const mode_t mask : {mode_t{0}, mode_t{022}, mode_t{077}}) {
    const test::TemporaryFolder folder;
    const auto before = umask(mask);
    const auto path = folder.path() / "store.db";
    const Opened opened(path);
    REQUIRE(opened.code == BCCAST_OK);
    REQUIRE(bccast_directory_provider_put(opened, "lee", "Lee") == BCCAST_OK);
    umask(before);
    for (const char* suffix : {"", "-wal", "-shm"}) {
      struct stat info {};
      REQUIRE(stat((path.string() + suffix).c_str(), &info) == 0);
      CHECK((info.st_mode & 07777) == 0600);
    }
    for (const auto& entry : fs::directory_iterator(folder.path())) {
      const string name = entry.path().filename();
      CHECK((name == "store.db" || name == "store.db-wal" || name == "store.db-shm"));
    }
  }
}

TEST_CASE("Opened for reading only: reads and inboxes work, every write is refused, nothing is written") {
  test::Host host;
  host.provider("lee");
  host.clients("lee", {"ana", "ben", "cyd"});
  const auto first = host.blast("lee", "first");
  const auto thread = host.of_blast("lee", first, "ana");
  host.reply("ana", thread, "a reply");
  const auto draft = host.draft("lee", {"ana", "ben"});
  host.write("lee", draft, "a draft");
  for (int i = 0; i < 100; ++i) host.blast("lee", "many");  // nobody has looked yet
  const auto stored = [&] {
    return bytes_of(host.store_path()) + "|" + bytes_of(host.store_path() + "-wal");
  };
  const string before = stored();

  const Opened e(ro(host));
  REQUIRE(e.code == BCCAST_OK);
  CHECK(test::must(bccast_client_threads, e, "ben", nullptr, nullptr, 1000U).rows.size() == 101);
  CHECK(test::must(bccast_client_threads, e, "ben", nullptr, nullptr, 1000U).rows.size() == 101);
  CHECK(test::must(bccast_client_messages, e, "ana", thread.c_str(), 0, 1, 0U).rows.size() == 2);
  CHECK(test::must(bccast_provider_threads, e, "lee", nullptr, nullptr, 0U).rows.size() == 1);
  CHECK(test::must(bccast_blast_recipients, e, "lee", first.c_str(), nullptr, nullptr, 0U).rows.size() == 3);
  CHECK(test::must(bccast_blast_preview, e, "lee", draft.c_str()).rows[0].number("recipients") == 2);
  CHECK(test::must(bccast_blast_status, e, "lee", first.c_str()).rows.size() == 2);
  CHECK(test::must(bccast_channel_list, e).rows[0].number("pending") == 101 * 3 + 1);
  CHECK(test::must(bccast_operate_verify, e).rows.empty());
  CHECK(bccast_provider_direct(e, "lee", "ana", std::array<char, BCCAST_ID_SIZE>{}.data()) == BCCAST_OK);

  std::array<char, BCCAST_ID_SIZE> id{};
  const std::uint64_t offsets[] = {0, 3};
  const std::map<string, std::int32_t> writes{
      {"provider_put", bccast_directory_provider_put(e, "new", "New")},
      {"provider_set", bccast_directory_provider_set(e, "lee", "locale", "de")},
      {"client_put", bccast_directory_client_put(e, "new", "New", nullptr)},
      {"client_put_many",
       bccast_directory_client_put_many(e, 1, "new", offsets, nullptr, nullptr, nullptr, nullptr, nullptr)},
      {"client_set", bccast_directory_client_set(e, "ana", "chat", "off")},
      {"client_archive", bccast_directory_client_archive(e, "ana")},
      {"roster_add", bccast_directory_roster_add(e, "lee", "ana")},
      {"roster_set", bccast_directory_roster_set(e, "lee", "ana", "chat", "off")},
      {"roster_archive", bccast_directory_roster_archive(e, "lee", "ana")},
      {"roster_archive_many", bccast_directory_roster_archive_many(e, "lee", 1, "ana", offsets, nullptr)},
      {"blast_create", bccast_blast_create(e, "lee", nullptr, id.data())},
      {"blast_discard", bccast_blast_discard(e, "lee", draft.c_str())},
      {"blast_select", bccast_blast_select(e, "lee", draft.c_str(), "cyd")},
      {"blast_select_many", bccast_blast_select_many(e, "lee", draft.c_str(), 1, "cyd", offsets, nullptr)},
      {"blast_select_all_active", bccast_blast_select_all_active(e, "lee", draft.c_str())},
      {"blast_write", bccast_blast_write(e, "lee", draft.c_str(), "x", 1)},
      {"blast_send", bccast_blast_send(e, "lee", draft.c_str(), nullptr)},
      {"client_reply", bccast_client_reply(e, "ana", thread.c_str(), nullptr, "x", 1, nullptr, nullptr)},
      {"client_read", bccast_client_read(e, "ana", thread.c_str(), 1)},
      {"provider_reply", bccast_provider_reply(e, "lee", thread.c_str(), nullptr, "x", 1, nullptr, nullptr)},
      {"provider_read", bccast_provider_read(e, "lee", thread.c_str(), 2)},
      {"channel_put", bccast_channel_put(e, "sms", "notify")},
      {"operate_checkpoint", bccast_operate_checkpoint(e)},
  };
  for (const auto& write : writes)
    CHECK_MESSAGE(write.second == BCCAST_E_STATE, write.first, ": ", write.second);
  CHECK(stored() == before);

  // A notifier may be attached to a channel that is there, but is given nothing.
  bccast_config* config = nullptr;
  REQUIRE(bccast_config_new(&config) == BCCAST_OK);
  host.notifier.attach(config, "email");
  {
    const Opened with_notifier(ro(host), config);
    REQUIRE(with_notifier.code == BCCAST_OK);
    CHECK(bccast_pump(with_notifier, 0, 0, nullptr, nullptr) == BCCAST_E_STATE);
  }
  bccast_config_free(config);
  CHECK(host.notifier.all().empty());
  CHECK(stored() == before);
}

TEST_CASE("A reader in another engine sees what was committed, at once") {
  test::Host host;
  host.provider("lee");
  host.clients("lee", {"ana", "ben"});
  const Opened reader(ro(host));
  REQUIRE(reader.code == BCCAST_OK);
  for (int i = 1; i <= 5; ++i) {
    host.blast("lee", "text");
    CHECK(test::must(bccast_client_threads, reader, "ana", nullptr, nullptr, 0U).rows.size() ==
          static_cast<std::size_t>(i));
    if (i == 3) REQUIRE(bccast_operate_checkpoint(host) == BCCAST_OK);
  }
}

TEST_CASE("A store in memory does all that one in a file does, and is alone") {
  const Opened e(":memory:");
  const Opened other(":memory:");
  REQUIRE(e.code == BCCAST_OK);
  test::must(bccast_directory_provider_put, e, "lee", "Lee");
  CHECK(bccast_provider_roster_count(other, "lee", nullptr, nullptr) == BCCAST_E_NOT_FOUND);
  for (const char* client : {"ana", "ben"}) {
    test::must(bccast_directory_client_put, e, client, client, nullptr);
    test::must(bccast_directory_roster_add, e, "lee", client);
  }
  std::array<char, BCCAST_ID_SIZE> blast{};
  test::must(bccast_blast_create, e, "lee", nullptr, blast.data());
  test::must(bccast_blast_select_all_active, e, "lee", blast.data());
  test::must(bccast_blast_write, e, "lee", blast.data(), "text", 4U);
  CHECK(bccast_blast_send(e, "lee", blast.data(), nullptr) == BCCAST_OK);
  CHECK(test::must(bccast_client_threads, e, "ana", nullptr, nullptr, 0U).rows.size() == 1);
  CHECK(test::must(bccast_client_threads, e, "ana", nullptr, nullptr, 0U).rows.size() == 1);
  CHECK(bccast_operate_checkpoint(e) == BCCAST_OK);
  CHECK(test::must(bccast_operate_verify, e).rows.empty());
}

TEST_CASE(
    "While another process holds the store for writing, writes wait and then say BUSY, and reads do not "
    "wait") {
  test::Host host;
  host.provider("lee");
  host.clients("lee", {"ana", "ben"});
  host.blast("lee", "text");
  Database other(host.store_path());
  other.run("BEGIN IMMEDIATE");
  const auto began = std::chrono::steady_clock::now();
  const auto seconds = [&] {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count();
  };
  CHECK(host.threads("ana").size() == 1);
  CHECK(host.threads("ana").size() == 1);
  CHECK(host.verify().empty());
  CHECK(seconds() < 2);
  CHECK(bccast_directory_provider_put(host, "may", "May") == BCCAST_E_BUSY);
  CHECK(bccast_error_retriable() == 1);
  CHECK((bccast_error_native() & 0xff) == 5);
  CHECK(seconds() > 2);
  other.run("ROLLBACK");
  CHECK(bccast_directory_provider_put(host, "may", "May") == BCCAST_OK);
}

TEST_CASE("A folder or a file that must not be written is STORAGE") {
  if (geteuid() != 0) {
    std::cout << "not tested here: needs root, to become nobody\n";
    return;
  }
  constexpr uid_t kNobody = 65534;
  const test::TemporaryFolder folder;
  const auto as_nobody = [&](const std::function<void()>& work) {
    REQUIRE(chown(folder.path().c_str(), kNobody, kNobody) == 0);
    check_child(in_a_child([&] {
      expect(setgid(kNobody) == 0 && setuid(kNobody) == 0, "to become nobody");
      work();
    }));
    fs::permissions(folder.path(), fs::perms::owner_all);
  };
  const auto path = folder.path() / "store.db";
  as_nobody([&] {
    fs::permissions(folder.path(), fs::perms::owner_read | fs::perms::owner_exec);
    const Opened opened(path);
    expect_code(opened.code, BCCAST_E_STORAGE, "a store in a folder that is read-only");
    expect(opened.engine == nullptr && fs::is_empty(folder.path()), "nothing was made");
  });
  as_nobody([&] {
    {
      const Opened opened(path);
      expect_code(opened.code, BCCAST_OK, "a store in a folder of one's own");
      expect_code(bccast_directory_provider_put(opened, "lee", "Lee"), BCCAST_OK, "provider_put");
    }
    fs::permissions(path, fs::perms::none);
    expect_code(Opened(path).code, BCCAST_E_STORAGE, "a store that cannot be read");
    fs::permissions(path, fs::perms::owner_read);
    {
      const Opened opened(path);
      if (opened.code == BCCAST_OK)
        expect_code(bccast_directory_provider_put(opened, "may", "May"), BCCAST_E_STORAGE, "a write into it");
      else
        expect_code(opened.code, BCCAST_E_STORAGE, "a store that cannot be written");
    }
    fs::permissions(path, fs::perms::owner_read | fs::perms::owner_write);
    for (const char* suffix : {"-wal", "-shm"}) fs::remove(path.string() + suffix);
    fs::permissions(folder.path(), fs::perms::owner_read | fs::perms::owner_exec);
    expect_code(Opened(path).code, BCCAST_E_STORAGE, "a store whose log cannot be made");
    {
      const Opened reader("sqlite:" + path.string() + "?mode=ro");
      expect_code(reader.code, BCCAST_E_STORAGE, "the same for reading only");
      expect(reader.message.find("its folder") != string::npos, "to say why: " + reader.message);
    }
    fs::permissions(folder.path(), fs::perms::owner_all);
    const Opened opened(path);
    expect_code(opened.code, BCCAST_OK, "the store again");
    expect_code(bccast_provider_roster_count(opened, "lee", nullptr, nullptr), BCCAST_OK, "what was in it");
  });
}

// ---- A full disk

namespace {

void write_file(const char* path, const string& text) {
  std::ofstream file(path);
  file << text;
}

/// A file system of its own with room for `mebibytes`, seen by this process alone.
void mount_small_disk(const fs::path& at, int mebibytes) {
  const auto uid = std::to_string(getuid());
  const auto gid = std::to_string(getgid());
  if (unshare(CLONE_NEWNS) != 0) {
    if (unshare(CLONE_NEWUSER | CLONE_NEWNS) != 0)
      throw std::runtime_error(kSkip + "a mount namespace: " + std::strerror(errno));
    write_file("/proc/self/setgroups", "deny");
    write_file("/proc/self/uid_map", "0 " + uid + " 1");
    write_file("/proc/self/gid_map", "0 " + gid + " 1");
  }
  if (mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0 ||
      mount("small", at.c_str(), "tmpfs", 0, ("size=" + std::to_string(mebibytes) + "m").c_str()) != 0)
    throw std::runtime_error(kSkip + "a small file system: " + std::strerror(errno));
}

/// Takes all the room there is, and gives it back.
class Filler {
 public:
  explicit Filler(fs::path folder) : path_(std::move(folder) / "filler") {}
  void fill() {
    const int file = open(path_.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600);
    const string block(4096, 'x');
    while (write(file, block.data(), block.size()) > 0) {
    }
    const bool full = errno == ENOSPC;
    close(file);
    expect(full, "the disk to be full");
  }
  void clear() { fs::remove(path_); }

 private:
  fs::path path_;
};

/// Runs `work` with a disk of 4 MiB, on which hosts put their stores.
void on_a_small_disk(const std::function<void(Filler&)>& work) {
  const test::TemporaryFolder folder;
  check_child(in_a_child([&] {
    mount_small_disk(folder.path(), 4);
    setenv("TMPDIR", folder.path().c_str(), 1);
    Filler filler(folder.path());
    work(filler);
  }));
}

std::vector<string> some_clients(int count) {
  std::vector<string> ids;
  for (int i = 0; i < count; ++i) ids.push_back("client-" + std::to_string(1000 + i));
  return ids;
}

}  // namespace

TEST_CASE(
    "On a full disk every write says FULL and changes nothing, reads go on, and with room all goes on") {
  on_a_small_disk([](Filler& filler) {
    test::Host host;
    host.provider("lee");
    host.clients("lee", some_clients(200));
    const auto sent = host.blast("lee", "sent before");
    const auto thread = host.of_blast("lee", sent, "client-1007");
    const auto draft = host.draft("lee");
    test::must(bccast_blast_select_all_active, host, "lee", draft.c_str());
    host.write("lee", draft, "sent after");
    const auto preview = host.preview("lee", draft);
    const string long_text(500'000, 'x');

    std::array<char, BCCAST_ID_SIZE> id{};
    using Write = std::pair<const char*, std::function<std::int32_t()>>;
    const std::vector<Write> writes{
        {"provider_put", [&] { return bccast_directory_provider_put(host, "may", "May"); }},
        {"client_put", [&] { return bccast_directory_client_put(host, "new", "New", "new@example.org"); }},
        {"client_set", [&] { return bccast_directory_client_set(host, "client-1000", "locale", "de"); }},
        {"roster_archive", [&] { return bccast_directory_roster_archive(host, "lee", "client-1001"); }},
        {"roster_restore", [&] { return bccast_directory_roster_restore(host, "lee", "client-1001"); }},
        {"blast_create", [&] { return bccast_blast_create(host, "lee", "key", id.data()); }},
        {"blast_write a long text",
         [&] { return bccast_blast_write(host, "lee", draft.c_str(), long_text.data(), long_text.size()); }},
        {"blast_write", [&] { return bccast_blast_write(host, "lee", draft.c_str(), "sent after", 10); }},
        {"client_reply",
         [&] {
           return bccast_client_reply(host, "client-1007", thread.c_str(), "key", "text", 4, nullptr,
                                      nullptr);
         }},
        {"client_read", [&] { return bccast_client_read(host, "client-1007", thread.c_str(), 1); }},
        {"blast_send", [&] { return bccast_blast_send(host, "lee", draft.c_str(), nullptr); }},
    };
    const auto view = [&] {
      std::vector<test::Rows> rows{
          host.threads("client-1007"),  host.threads("client-1009"),  host.messages("client-1007", thread),
          host.provider_threads("lee"), host.recipients("lee", sent), host.status("lee", sent),
          host.status("lee", draft)};
      rows.push_back(test::must(bccast_blast_list, host, "lee", nullptr, nullptr, 0U).rows);
      return rows;
    };
    const auto before = view();
    filler.fill();
    for (const auto& [name, write] : writes) {
      if (string(name) == "roster_restore") continue;  // she is active still
      expect_code(write(), BCCAST_E_FULL, name);
      expect(bccast_error_retriable() == 1, string(name) + " to be retriable");
      expect(bccast_error_native() != 0, string(name) + " to say what SQLite said");
    }
    std::int64_t next = 0;
    expect_code(bccast_pump(host, 0, 0, nullptr, &next), BCCAST_E_FULL, "pump");
    expect(next > 0, "pump to say when to try again");
    expect(host.notifier.batches() == 0, "nothing to be sent that cannot be stored");
    expect(view() == before, "all to be as it was");
    expect(host.preview("lee", draft) == preview, "the draft to be as it was");
    expect(host.verify().empty(), "verify to find nothing");
    // The same as seen by another process: nothing half-done is on the disk.
    {
      const Opened reader(ro(host));
      expect_code(reader.code, BCCAST_OK, "opening for reading");
      expect(test::must(bccast_operate_verify, reader).rows.empty(), "verify to find nothing elsewhere");
      expect(test::must(bccast_client_threads, reader, "client-1007", nullptr, nullptr, 0U).rows.size() == 1,
             "one thread");
    }

    filler.clear();
    for (const auto& [name, write] : writes)
      expect_code(write(), BCCAST_OK, string(name) + ", with room again");
    expect(host.pump_to_the_end(), "an end of pump");
    for (const auto& blast : {sent, draft}) {
      const auto people = host.status("lee", blast).where("channel", "");
      expect(people.text("state") == "finished", "the blast to be finished");
      expect(people.number("done") + people.number("skipped") == 200, "everybody to be told");
    }
    expect(host.notifier.to("client-1009").size() == 2, "everybody to be told of each blast once");
    expect(host.verify().empty(), "verify to find nothing in the end");
    host.restart();
    expect(host.threads("client-1009").size() == 2, "both blasts to be there");
    expect(host.verify().empty(), "verify to find nothing after a restart");
  });
}

TEST_CASE(
    "When the disk fills up while a batch is sent, nothing more is sent, and with room nobody is told "
    "twice") {
  on_a_small_disk([](Filler& filler) {
    test::Host host;
    host.provider("lee");
    host.clients("lee", some_clients(300));
    const auto blast = host.blast("lee", "text");
    host.write_direct("lee", "client-1003", "directly");
    host.notifier.whole = [&](const std::vector<test::Notice>&) {
      if (host.notifier.batches() == 2) filler.fill();
      return BCCAST_OK;
    };
    expect_code(bccast_pump(host, 0, 0, nullptr, nullptr), BCCAST_E_FULL, "the report");
    const auto told = host.notifier.all().size();
    expect(host.notifier.batches() == 2, "two batches to be sent");
    for (int i = 0; i < 3; ++i)
      expect_code(bccast_pump(host, 0, 0, nullptr, nullptr), BCCAST_E_FULL, "pump, still without room");
    expect(host.notifier.all().size() == told, "nothing to be sent without room");
    expect(host.status("lee", blast).where("channel", "").number("done") < 300, "the count to be as stored");
    filler.clear();
    std::uint64_t done = 0;
    std::int64_t next = 0;
    expect_code(bccast_pump(host, 0, 0, &done, &next), BCCAST_DONE, "pump, with room");
    expect(next == -1, "nothing to be left");
    std::map<string, int> times;
    for (const auto& notice : host.notifier.all()) ++times[notice.id()];
    expect(times.size() == 301, "everybody to be told");
    for (const auto& [notice, count] : times) expect(count == 1, "nobody to be told twice");
    expect(host.status("lee", blast).where("channel", "").number("done") == 300, "all to be done");
    expect(host.verify().empty(), "verify to find nothing");
  });
}

TEST_CASE("On a full disk a store is opened, or the code says why not; with room it is") {
  on_a_small_disk([](Filler& filler) {
    const test::TemporaryFolder folder;
    test::Host host;
    host.provider("lee");
    host.clients("lee", {"ana", "ben"});
    host.blast("lee", "text");
    filler.fill();
    const auto fresh = folder.path() / "new.db";
    {
      const Opened opened(fresh);
      expect_code(opened.code, BCCAST_E_FULL, "a new store");
      expect(bccast_error_retriable() == 1, "retriable");
    }
    bccast_operate_checkpoint(host);
    {
      const Opened opened(host.store_path());
      if (opened.code != BCCAST_OK) expect_code(opened.code, BCCAST_E_FULL, "a store that was there");
      if (opened.code == BCCAST_OK)
        expect(test::must(bccast_client_threads, opened, "ana", nullptr, nullptr, 0U).rows.size() == 1,
               "reading");
    }
    filler.clear();
    expect_code(Opened(fresh).code, BCCAST_OK, "the new store, with room");
    expect_code(bccast_operate_checkpoint(host), BCCAST_OK, "a checkpoint, with room");
    const Opened opened(host.store_path());
    expect_code(opened.code, BCCAST_OK, "the old store, with room");
    expect(test::must(bccast_operate_verify, opened).rows.empty(), "verify to find nothing");
  });
}
