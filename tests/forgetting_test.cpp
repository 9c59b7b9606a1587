// R22: what was said to be forgotten (erase, purge) is gone from the disk, also after a crash at any moment:
// at the latest when the store was opened and worked once more.
#include <doctest/doctest.h>
#include <sqlite3.h>

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>
#include <random>
#include <string>
#include <vector>

#include "support/embedding.hpp"

namespace {

using test::call;
using test::Host;
using test::must;
using test::TemporaryFolder;

/// Every byte of a store that nobody has open, or of whose locks nobody relies on here.
std::string bytes_of(const std::string& path) {
  std::string bytes;
  for (const auto* ending : {"", "-wal", "-shm"}) {
    std::ifstream file(path + ending, std::ios::binary);
    bytes.append(std::istreambuf_iterator<char>(file), {});
  }
  return bytes;
}

std::int64_t debts(bccast_engine* engine) {
  return must(bccast_operate_status, engine).rows[0].number("debts");
}

// ---- Deaths

/// The system's files; the process is killed before the n-th write, sync, truncation or removal.
class DeadlyFiles {
 public:
  DeadlyFiles() {
    below = sqlite3_vfs_find(nullptr);
    static sqlite3_vfs vfs;
    vfs = *below;
    vfs.zName = "deadly";
    vfs.xOpen = [](sqlite3_vfs*, const char* name, sqlite3_file* file, int flags, int* out_flags) {
      const int result = below->xOpen(below, name, file, flags, out_flags);
      if (result == SQLITE_OK) watch(file);
      return result;
    };
    vfs.xDelete = [](sqlite3_vfs*, const char* name, int sync) {
      step();
      return below->xDelete(below, name, sync);
    };
    sqlite3_vfs_register(&vfs, 1);
  }
  static void die_at(int n) { left = n; }

 private:
  static void step() {
    if (left > 0 && --left == 0) ::kill(::getpid(), SIGKILL);
  }
  static void watch(sqlite3_file* file) {
    static std::vector<std::pair<const sqlite3_io_methods*, sqlite3_io_methods*>> watched;
    for (const auto& [of, instead] : watched)
      if (of == file->pMethods) {
        file->pMethods = instead;
        return;
      }
    own = file->pMethods;  // of files with the same way of locking they are the same
    auto* instead = new sqlite3_io_methods(*own);
    instead->xWrite = [](sqlite3_file* f, const void* from, int size, sqlite3_int64 at) {
      step();
      return own->xWrite(f, from, size, at);
    };
    instead->xSync = [](sqlite3_file* f, int flags) {
      step();
      return own->xSync(f, flags);
    };
    instead->xTruncate = [](sqlite3_file* f, sqlite3_int64 size) {
      step();
      return own->xTruncate(f, size);
    };
    watched.emplace_back(own, instead);
    file->pMethods = instead;
  }
  static inline sqlite3_vfs* below = nullptr;
  static inline const sqlite3_io_methods* own = nullptr;
  static inline int left = 0;
};

const std::string kWords = "zqwords that are to be forgotten, ";
const std::string kName = "zqname of somebody";
const std::string kAddress = "zqaddress@example.org";

struct Forgetting {
  std::string what;
  std::function<std::int32_t(bccast_engine*, const std::string& blast)> act;
  std::function<bool(bccast_engine*, const std::string& blast)> done;
  std::vector<std::string> words;
};

const std::vector<Forgetting>& all_that_forgets() {
  const auto purged = [](bccast_engine* engine, const std::string& blast) {
    return must(bccast_blast_get, engine, "lee", blast).rows[0].number("purged") == 1;
  };
  static const std::vector<Forgetting> all{
      {"erase",
       [](bccast_engine* engine, const std::string&) {
         return call(bccast_directory_client_erase, engine, "zqperson").code;
       },
       [](bccast_engine* engine, const std::string&) {
         return call(bccast_directory_client_get, engine, "zqperson").code == BCCAST_E_NOT_FOUND;
       },
       {"zqperson", kName, kAddress, "zqreply"}},
      {"purge",
       [](bccast_engine* engine, const std::string& blast) {
         return call(bccast_blast_purge, engine, "lee", blast).code;
       },
       purged,
       {kWords}},
      {"purge all",
       [](bccast_engine* engine, const std::string&) {
         return call(bccast_operate_purge, engine, std::int64_t{4'000'000'000'000}, nullptr).code;
       },
       purged,
       {kWords}}};
  return all;
}

/// A store with much to forget, some of it in the file and some in the log, as a crash leaves it; the
/// recalled blast.
std::string make_store(const std::string& path) {
  test::Child child([&] {
    const test::Engine engine(path);
    must(bccast_channel_put, engine, "email", "notify");
    test::make_practice(engine, 20);
    must(bccast_directory_client_put, engine, "zqperson", kName, kAddress);
    must(bccast_directory_roster_add, engine, "lee", "zqperson");
    std::string text;
    while (text.size() < 10'000) text += kWords;
    const auto recalled = test::send_blast(engine, text);
    test::send_blast(engine, "Good morning");
    must(bccast_operate_checkpoint, engine);
    for (const auto& row : must(bccast_client_threads, engine, "zqperson", nullptr, nullptr, 0).rows)
      must(bccast_client_reply, engine, "zqperson", row.text("thread"), nullptr, "zqreply", 7, nullptr,
           nullptr);
    must(bccast_blast_recall, engine, "lee", recalled);
    must(bccast_pump, engine, 0, 0, nullptr, nullptr);
    std::ofstream(path + ".blast") << recalled;
    ::_exit(0);
  });
  child.begin();
  REQUIRE(child.finish() == 0);
  std::string blast;
  std::ifstream(path + ".blast") >> blast;
  return blast;
}

void copy_store(const std::string& from, const std::string& to) {
  for (const auto* ending : {"", "-wal"}) {
    std::filesystem::remove(to + ending);
    if (std::filesystem::exists(from + ending)) std::filesystem::copy_file(from + ending, to + ending);
  }
  std::filesystem::remove(to + "-shm");
}

TEST_CASE(
    "R22: killed at any point of an erase or a purge, opened and worked once more: nothing of it is left") {
  const TemporaryFolder folder;
  const auto original = (folder.path() / "original.db").string();
  const auto path = (folder.path() / "store.db").string();
  const auto blast = make_store(original);
  REQUIRE(std::filesystem::file_size(original + "-wal") > 0);
  for (const auto& forgetting : all_that_forgets()) {
    CAPTURE(forgetting.what);
    for (const auto& word : forgetting.words) REQUIRE(bytes_of(original).find(word) != std::string::npos);
    int killed = 0;
    int killed_after_commit = 0;
    int left_by_the_crash = 0;
    for (int point = 1;; ++point) {
      CAPTURE(point);
      copy_store(original, path);
      test::Child child([&] {
        const DeadlyFiles files;
        const test::Engine engine(path);
        DeadlyFiles::die_at(point);
        static_cast<void>(forgetting.act(engine, blast));
        DeadlyFiles::die_at(0);
        ::_exit(0);  // without closing: as by a power cut behind it
      });
      child.begin();
      const bool survived = child.finish() == 0;
      killed += survived ? 0 : 1;
      const auto before = bytes_of(path);
      bool done = false;
      {
        const test::Engine engine(path);
        done = forgetting.done(engine, blast);
        must(bccast_pump, engine, 0, 0, nullptr, nullptr);
        if (done) CHECK(debts(engine) == 0);
      }
      if (!done) {
        CHECK_FALSE(survived);
        continue;
      }
      killed_after_commit += survived ? 0 : 1;
      const auto after = bytes_of(path);
      for (const auto& word : forgetting.words) {
        CAPTURE(word);
        if (!survived && before.find(word) != std::string::npos) ++left_by_the_crash;
        CHECK(after.find(word) == std::string::npos);
      }
      if (survived) break;
    }
    // There were such points, and what they left was to be seen.
    CHECK(killed > 10);
    CHECK(killed_after_commit > 5);
    CHECK(left_by_the_crash > 5);
  }
}

TEST_CASE("R22: killed at a random moment, many times") {
  const TemporaryFolder folder;
  const auto original = (folder.path() / "original.db").string();
  const auto path = (folder.path() / "store.db").string();
  const auto blast = make_store(original);
  std::mt19937 random(20261129);
  const auto begun = (folder.path() / "begun").string();
  for (int round = 0; round < 20 * test::scale(); ++round) {
    const auto& forgetting = all_that_forgets()[static_cast<std::size_t>(round) % 3];
    CAPTURE(forgetting.what);
    CAPTURE(round);
    copy_store(original, path);
    test::Child child([&] {
      const test::Engine engine(path);
      std::ofstream(begun).put('x');
      static_cast<void>(forgetting.act(engine, blast));
      for (;;) ::pause();
    });
    child.begin();
    while (!std::filesystem::exists(begun)) ::usleep(100);
    ::usleep(static_cast<useconds_t>(random() % 15'000));
    child.kill();
    std::filesystem::remove(begun);
    {
      const test::Engine engine(path);
      if (!forgetting.done(engine, blast)) continue;
      must(bccast_pump, engine, 0, 0, nullptr, nullptr);
      CHECK(debts(engine) == 0);
    }
    const auto after = bytes_of(path);
    for (const auto& word : forgetting.words) CHECK(after.find(word) == std::string::npos);
  }
}

// ---- Readers, full disks

/// Another program that looks at the store, and holds on to what it saw.
class Reader {
 public:
  explicit Reader(const std::string& path) {
    if (sqlite3_open_v2(path.c_str(), &file_, SQLITE_OPEN_READWRITE, nullptr) != SQLITE_OK ||
        sqlite3_exec(file_, "BEGIN; SELECT count(*) FROM sqlite_schema", nullptr, nullptr, nullptr) !=
            SQLITE_OK)
      throw std::runtime_error("the store cannot be read");
    sqlite3_db_config(file_, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, nullptr);
  }
  ~Reader() { sqlite3_close(file_); }
  Reader(const Reader&) = delete;
  Reader& operator=(const Reader&) = delete;

 private:
  sqlite3* file_ = nullptr;
};

struct Practice : Host {
  Practice() {
    provider("lee");
    clients("lee", {"ana", "ben", "cal"});
    must(bccast_directory_client_put, *this, "ana", kName, kAddress);
    blast("lee", "Good morning");
    REQUIRE(pump_to_the_end());
  }
  bool remembers_ana() const { return stored().find(kName) != std::string::npos; }
  std::int32_t erase_ana() { return call(bccast_directory_client_erase, *this, "ana").code; }
};

TEST_CASE("R22: an erase that was PARTIAL is finished by whoever works next, without a second call") {
  Practice host;
  {
    const Reader reader(host.store_path());
    REQUIRE(host.erase_ana() == BCCAST_PARTIAL);
    CHECK(debts(host) == 1);
    CHECK(host.pump().next_ms > 0);  // the reader is still there: again later
    CHECK(host.remembers_ana());
    CHECK(debts(host) == 1);
  }
  SUBCASE("by pump, when it said so") {
    CHECK(host.pump_to_the_end());
  }
  SUBCASE("by a claim") {
    host.clock.advance(1000);
    CHECK(test::claim(host).empty());
  }
  SUBCASE("by the next open") {
    host.restart();
  }
  SUBCASE("by a checkpoint") {
    must(bccast_operate_checkpoint, host);
  }
  SUBCASE("by the next erase") {
    CHECK(call(bccast_directory_client_erase, host, "ben").code == BCCAST_OK);
  }
  SUBCASE("by another process' pump") {
    Host beside(test::Setup{.beside = &host});
    host.clock.advance(1000);
    beside.pump();
  }
  CHECK_FALSE(host.remembers_ana());
  CHECK(debts(host) == 0);
  CHECK(host.verify().empty());
}

TEST_CASE("R22: what is owed stays owed while it cannot be settled, and is tried less and less often") {
  Practice host;
  const Reader reader(host.store_path());
  REQUIRE(host.erase_ana() == BCCAST_PARTIAL);
  std::int64_t waited = 0;
  for (int tries = 0; tries < 10; ++tries) {
    const auto next = host.pump().next_ms;
    CHECK(next >= std::min<std::int64_t>(waited, 60'000));
    CHECK(next <= 60'001);
    waited = next;
    host.clock.advance(next);
  }
  CHECK(waited >= 60'000);
  CHECK(debts(host) == 1);
}

TEST_CASE("R22: opened for reading only, nothing is settled, and nothing forgotten that is owed") {
  Practice host;
  {
    const Reader reader(host.store_path());
    REQUIRE(host.erase_ana() == BCCAST_PARTIAL);
    const test::Engine beside("sqlite:" + host.store_path() + "?mode=ro");
    CHECK(debts(beside) == 1);
  }
  CHECK(debts(host) == 1);
  host.restart();
  CHECK(debts(host) == 0);
  CHECK_FALSE(host.remembers_ana());
}

TEST_CASE("R22: on a full disk an erase is refused or remembered; with room again it is finished") {
  Practice host;
  int partial = 0;
  for (std::size_t room = 0; room < 40; ++room) {
    CAPTURE(room);
    must(bccast_directory_client_put, host, "ana", kName, kAddress);
    std::int32_t code = 0;
    {
      const auto size = std::filesystem::file_size(host.store_path() + "-wal") + room * 1024;
      rlimit before{};
      ::getrlimit(RLIMIT_FSIZE, &before);
      const auto handler = ::signal(SIGXFSZ, SIG_IGN);
      rlimit limit = before;
      limit.rlim_cur = static_cast<rlim_t>(size);
      ::setrlimit(RLIMIT_FSIZE, &limit);
      code = host.erase_ana();
      ::setrlimit(RLIMIT_FSIZE, &before);
      ::signal(SIGXFSZ, handler);
    }
    if (code == BCCAST_E_FULL || code == BCCAST_E_STORAGE) continue;
    REQUIRE((code == BCCAST_OK || code == BCCAST_PARTIAL));
    partial += code == BCCAST_PARTIAL ? 1 : 0;
    host.clock.advance(60'000);
    host.pump();
    CHECK_FALSE(host.remembers_ana());
    CHECK(debts(host) == 0);
  }
  CHECK(partial > 0);
}

// ---- What SQLite leaves between the cells

TEST_CASE("R22: nothing of the erased is left in the unused space of any page") {
  // Rows of many sizes, in no order, renamed: pages split, and cells move from one to another.
  const TemporaryFolder folder;
  const auto path = (folder.path() / "store.db").string();
  constexpr int kPeople = 3000;
  std::mt19937 random(1);
  std::vector<int> people(kPeople);
  for (int i = 0; i < kPeople; ++i) people[static_cast<std::size_t>(i)] = i;
  std::shuffle(people.begin(), people.end(), random);
  const auto token = [](int person, const char* what) {
    auto number = std::to_string(100'000 + person);
    return "zq" + number + what + number + "zq";
  };
  std::vector<int> erased;
  {
    const test::Engine engine(path);
    must(bccast_directory_provider_put, engine, "lee", "Lee");
    for (int round = 0; round < 2; ++round) {
      std::vector<std::string> ids;
      std::vector<std::string> names;
      std::vector<std::string> addresses;
      for (const auto person : people) {
        ids.push_back(token(person, "id"));
        names.push_back(token(person, "name") + std::string(random() % 150, 'x'));
        addresses.push_back(token(person, "mail") + std::string(random() % 100, 'y') + "@example.org");
      }
      const test::Column id(ids);
      const test::Column name(names);
      const test::Column address(addresses);
      must(bccast_directory_client_put_many, engine, ids.size(), id.bytes, id.offsets.data(), name.bytes,
           name.offsets.data(), address.bytes, address.offsets.data(), nullptr);
      must(bccast_directory_roster_add_many, engine, "lee", ids.size(), id.bytes, id.offsets.data(), nullptr);
    }
    std::shuffle(people.begin(), people.end(), random);
    erased.assign(people.begin(), people.begin() + 150);
    for (const auto person : erased) must(bccast_directory_client_erase, engine, token(person, "id"));
    CHECK(must(bccast_operate_verify, engine).rows.empty());
    const auto bytes = bytes_of(path);
    int left = 0;
    for (const auto person : erased)
      left += bytes.find("zq" + std::to_string(100'000 + person)) != std::string::npos;
    CHECK(left == 0);
    // Nor does it come back with what is written next.
    for (const auto person : people)
      if (std::find(erased.begin(), erased.end(), person) == erased.end())
        must(bccast_directory_roster_set, engine, "lee", token(person, "id"), "chat", "off");
  }
  const auto bytes = bytes_of(path);
  int back = 0;
  for (const auto person : erased)
    back += bytes.find("zq" + std::to_string(100'000 + person)) != std::string::npos;
  CHECK(back == 0);
  CHECK(bytes.find("zq" + std::to_string(100'000 + people.back())) != std::string::npos);
}

}  // namespace
