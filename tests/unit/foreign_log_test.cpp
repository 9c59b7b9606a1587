// A log that lies beside a file it does not belong to is not replayed over that file.
#include <doctest/doctest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>
#include <string>
#include <vector>

#include <bccast/engine.hpp>

#include "../support/temporary_folder.hpp"
#include "adapters/sqlite/sqlite_store.hpp"
#include "code_of.hpp"
#include "full_store.hpp"

namespace {

using bccast::Code;
using test::code_of;
namespace fs = std::filesystem;
using std::string;

string bytes_of(const string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

void put(const string& path, const string& provider) {
  bccast::Engine(path, {}).provider_put(provider, provider);
}

bool has(const string& path, const string& provider) {
  bccast::Engine engine(path, {});
  CHECK(engine.verify().empty());
  return !code_of([&] { engine.roster_count(provider); });
}

/// Works on the store in a process that then dies: its log stays.
void crash(const string& path, const std::function<void(bccast::Engine&)>& work) {
  const pid_t child = ::fork();
  if (child == 0) {
    bccast::Engine engine(path, {});
    work(engine);
    ::_exit(0);
  }
  int status = -1;
  ::waitpid(child, &status, 0);
  REQUIRE(status == 0);
  REQUIRE(fs::exists(path + "-wal"));
}

void remove_log(const string& path) {
  for (const char* ending : {"-wal", "-shm"}) fs::remove(path + ending);
}

/// As `cp` does: into the file that is there.
void copy_over(const string& from, const string& to) {
  fs::copy_file(from, to, fs::copy_options::overwrite_existing);
}

}  // namespace

TEST_CASE("R21: a copy that is put back beside a crash's log is not undone nor damaged by it: STORAGE") {
  const test::TemporaryFolder folder;
  const auto path = folder.file();
  const auto copy = folder.file("copy.db");
  put(path, "before");
  SUBCASE("a plain copy from before the log that was moved last") {
    copy_over(path, copy);
    put(path, "between");
  }
  SUBCASE("a backup, made while the log was there") {}
  SUBCASE("another store") {
    put(copy, "another");
  }
  crash(path, [&](bccast::Engine& engine) {
    engine.provider_put("after", "After");
    if (!fs::exists(copy)) engine.backup(copy);
    engine.provider_put("later", "Later");
  });
  const auto before = bytes_of(copy);
  const auto log = bytes_of(path + "-wal");
  copy_over(copy, path);
  for (const auto& url : {path, "sqlite:" + path + "?mode=ro", path})
    CHECK(code_of([&] { bccast::Engine(url, {}); }) == Code::storage);
  CHECK(code_of([&] { bccast::restore(copy, path); }) == Code::storage);
  CHECK(code_of([&] { bccast::restore(path, folder.file("third.db")); }) == Code::storage);
  CHECK(bytes_of(path) == before);
  CHECK(bytes_of(path + "-wal") == log);
  remove_log(path);
  CHECK_FALSE(has(path, "later"));
}

TEST_CASE("R21: a log that a crash has left beside its own file is replayed, wherever checkpoints had come") {
  const test::TemporaryFolder folder;
  const auto path = folder.file();
  int number = 0;
  std::vector<string> all;
  const auto add = [&](bccast::Engine& engine) {
    all.push_back("p" + std::to_string(++number));
    engine.provider_put(all.back(), "Name");
  };
  for (int checkpoints = 0; checkpoints < 4; ++checkpoints)
    for (int commits = 0; commits < 3; ++commits) {
      CAPTURE(checkpoints);
      CAPTURE(commits);
      const auto made = number;
      crash(path, [&](bccast::Engine& engine) {
        for (int i = 0; i < checkpoints; ++i) {
          add(engine);
          engine.checkpoint();
        }
        for (int i = 0; i < commits; ++i) add(engine);
      });
      number = made;
      for (int i = 0; i < checkpoints + commits; ++i) all.push_back("p" + std::to_string(++number));
      for (const auto& one : all) CHECK(has(path, one));
    }
}

TEST_CASE("R21: a log that a reader kept from beginning anew belongs to its file all the same") {
  const test::TemporaryFolder folder;
  const auto path = folder.file();
  put(path, "first");
  crash(path, [&](bccast::Engine& engine) {
    engine.provider_put("second", "Second");
    test::Database reader(path);
    for (int i = 0; i < 3; ++i) {
      reader.run("BEGIN");
      CHECK(reader.texts("SELECT id FROM provider").size() > 1);  // it reads the end of the log
      engine.checkpoint();                                        // which is moved, and goes on
      engine.provider_put("pinned" + std::to_string(i), "Pinned");
      reader.run("COMMIT");
    }
    ::_exit(0);
  });
  for (const char* one : {"first", "second", "pinned0", "pinned1", "pinned2"}) CHECK(has(path, one));
}

TEST_CASE("A mark is written once for each log, with the first transaction in it, and read by no other") {
  const test::TemporaryFolder folder;
  bccast::sqlite::SqliteStore store(folder.file());
  const auto mark = [&] {
    return test::Database(folder.file()).texts("SELECT hex(mark) FROM log_mark").at(0);
  };
  const auto write = [&] { store.write([](bccast::Tables& tables) { tables.events().insert_event({}); }); };
  write();
  const auto first = mark();
  const auto counted = store.counters();
  write();
  CHECK(mark() == first);
  CHECK(store.counters().rows_changed == counted.rows_changed + 2);  // the event, and the last number
  REQUIRE(store.checkpoint());
  const auto second = mark();
  CHECK(second != first);
  write();
  CHECK(mark() == second);
  CHECK(store.counters().commits == counted.commits + 2);
}

TEST_CASE("A mark stands where it is found without the schema, also in a backup and after VACUUM") {
  const test::TemporaryFolder folder;
  const auto path = folder.file();
  {
    bccast::Engine engine(path, {});
    engine.provider_put("lee", "Lee");
    engine.backup(folder.file("copy.db"));
  }
  test::Database(path).run("VACUUM");
  for (const auto& file : {path, folder.file("copy.db")})
    CHECK(test::Database(file).texts("SELECT rootpage FROM sqlite_schema WHERE name = 'log_mark'") ==
          std::vector<string>{"2"});
}

TEST_CASE("A call that changes nothing writes no mark, though a log could begin with it") {
  const test::TemporaryFolder folder;
  put(folder.file(), "lee");
  bccast::sqlite::SqliteStore store(folder.file());  // the last close left no log
  const auto rows_of = [&](auto&& work) {
    const auto before = store.counters().rows_changed;
    store.write(work, bccast::Durability::synced);
    return store.counters().rows_changed - before;
  };
  CHECK(rows_of([](bccast::Tables&) {}) == 0);
  const auto put_provider = [](bccast::Tables& tables) {
    auto provider = *tables.directory().provider("lee");
    provider.name = "Dr. Lee";
    tables.directory().update_provider(provider);
  };
  CHECK(rows_of(put_provider) == 2);  // the provider, and the mark of the log
  CHECK(rows_of(put_provider) == 1);
}
