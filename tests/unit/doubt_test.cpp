// What looks like damage and is a read that failed without saying so: SQLite is given a page of zeros, once.
// That is no damage, and is not called so; what is really damaged is.
#include <doctest/doctest.h>
#include <sqlite3.h>

#include <atomic>
#include <bccast/engine.hpp>
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <functional>
#include <future>
#include <memory>
#include <set>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "../support/temporary_folder.hpp"
#include "adapters/sqlite/sqlite_store.hpp"
#include "base/error.hpp"
#include "faulty_files.hpp"
#include "full_store.hpp"
#include "still_clock.hpp"

namespace {

using bccast::Code;
using bccast::Error;
using bccast::Event;
using bccast::Tables;
using bccast::sqlite::SqliteStore;
using test::fault;
using test::FaultyFiles;
using test::Kind;
using test::TemporaryFolder;

constexpr int kEvents = 3000;

template <typename Work>
Code code_of(Work&& work) {
  try {
    work();
    return Code::ok;
  } catch (const Error& error) {
    return error.code();
  }
}

void fill(const std::string& path) {
  SqliteStore store(path);
  store.write([](Tables& tables) {
    for (int i = 0; i < kEvents; ++i) tables.events().insert_event({});
  });
}

std::size_t count_events(SqliteStore& store) {
  std::size_t count = 0;
  store.read([&](const Tables& tables) { count = tables.events().events(0, 0, kEvents * 2).size(); });
  return count;
}

void change_all(SqliteStore& store) {
  store.write([](Tables& tables) {
    tables.events().forget_up_to(kEvents / 2);
    tables.events().insert_event({});
  });
}

/// Calls back when SQLite begins to look through a whole table, once. One at a time, and before the first
/// connection.
class TableCheck {
 public:
  explicit TableCheck(std::function<void()> begins) {
    begins_ = std::move(begins);
    REQUIRE(sqlite3_auto_extension(reinterpret_cast<void (*)()>(trace)) == SQLITE_OK);
  }
  ~TableCheck() {
    sqlite3_cancel_auto_extension(reinterpret_cast<void (*)()>(trace));
    begins_ = nullptr;
  }
  TableCheck(const TableCheck&) = delete;
  TableCheck& operator=(const TableCheck&) = delete;

 private:
  static int trace(sqlite3* db, char**, const sqlite3_api_routines*) {
    return sqlite3_trace_v2(
        db, SQLITE_TRACE_STMT,
        [](unsigned, void*, void* statement, void*) {
          const std::string sql = sqlite3_sql(static_cast<sqlite3_stmt*>(statement));
          if (begins_ && sql.starts_with("PRAGMA integrity_check(")) std::exchange(begins_, nullptr)();
          return 0;
        },
        nullptr);
  }
  inline static std::function<void()> begins_;
};

}  // namespace

TEST_CASE(
    "A read that gives nothing, once, is STORAGE and not CORRUPT, and the next one gives what is there") {
  const FaultyFiles files;
  int refused = 0;
  for (const Kind kind : {Kind::empty_read, Kind::bad_read}) {
    for (std::int64_t at = 1;; ++at) {
      CAPTURE(static_cast<int>(kind));
      CAPTURE(at);
      const TemporaryFolder folder;
      fill(folder.file());
      fault.set(kind, at, false);
      const auto check = [&](Code code) {
        if (code == Code::ok) return;
        CHECK(code == Code::storage);
        ++refused;
      };
      check(code_of([&] {
        SqliteStore store(folder.file());
        check(code_of([&] { CHECK(count_events(store) == kEvents); }));
        CHECK(code_of([&] { CHECK(count_events(store) == kEvents); }) == Code::ok);
        check(code_of([&] { change_all(store); }));
        CHECK(code_of([&] { change_all(store); }) == Code::ok);
        CHECK(store.verify().empty());
      }));
      const bool failed = fault.failed > 0;
      fault.lift();
      CHECK(code_of([&] { SqliteStore(folder.file()); }) == Code::ok);
      if (!failed) break;
    }
  }
  MESSAGE("refused: ", refused);
  CHECK(refused > 20);
}

TEST_CASE("A rule that rows of the same transaction break is CORRUPT, and not called a failed read") {
  const TemporaryFolder folder;
  SqliteStore store(folder.file());
  const auto insert_twice = [](Tables& tables) {
    // As numbers that are damaged would have it; alone, the second is in nobody's way.
    bccast::Line line;
    line.no = 1;
    for (int i = 0; i < 2; ++i) tables.work().insert_line(line);
  };
  CHECK(code_of([&] { store.write(insert_twice); }) == Code::corrupt);
  CHECK(code_of([&] { store.write([](Tables& tables) { tables.events().insert_event({}); }); }) == Code::ok);
  store.read([](const Tables& tables) { CHECK_FALSE(tables.work().line(1)); });
}

TEST_CASE("A read that gives nothing, once, beside an insert with a key, is never CORRUPT") {
  const FaultyFiles files;
  int refused = 0;
  for (const Kind kind : {Kind::empty_read, Kind::bad_read}) {
    for (std::int64_t at = 1;; ++at) {
      CAPTURE(static_cast<int>(kind));
      CAPTURE(at);
      const TemporaryFolder folder;
      const auto insert = [&](SqliteStore& store, const std::string& name) {
        return code_of([&] {
          store.write([&](Tables& tables) {
            for (int i = 0; i < 200; ++i) {
              bccast::Provider provider;
              provider.id = name + std::to_string(i * 7919 % 1000);
              tables.directory().insert_provider(provider);
            }
          });
        });
      };
      {
        SqliteStore store(folder.file());
        REQUIRE(insert(store, "first") == Code::ok);
      }
      Code code = Code::ok;
      bool failed = false;
      {
        SqliteStore store(folder.file());
        fault.set(kind, at, false);
        code = insert(store, "second");
        failed = fault.failed > 0;
        fault.lift();
        CHECK(insert(store, "third") == Code::ok);
        CHECK(store.verify().empty());
      }
      CHECK((code == Code::ok || code == Code::storage));
      if (code != Code::ok) ++refused;
      if (!failed) break;
    }
  }
  CHECK(refused > 0);
}

TEST_CASE("A read that gives nothing, once, fails nobody's notification for good") {
  const FaultyFiles files;
  const TemporaryFolder folder;
  const auto clock = std::make_shared<test::StillClock>();
  constexpr int kClients = 60;  // a batch that is filled where it is claimed
  std::string blast;
  {
    const auto engine = test::open_store(folder.file(), clock, [](auto&) { return true; });
    engine->provider_put("lee", "Lee");
    std::vector<std::string> ids;
    for (int i = 0; i < kClients; ++i) {
      ids.push_back("c" + std::to_string(i));
      engine->client_put(ids.back(), std::string(250, 'x'), ids.back() + "@example.org");
      engine->roster_add("lee", ids.back());
    }
    blast = test::make_blast(*engine, "lee", "blast", {});
    engine->blast_send("lee", blast);
  }
  int refused = 0;
  std::size_t expected = kClients;
  for (const bool items : {false, true})  // all of it is tried again, one by one
    for (const Kind kind : {Kind::empty_read, Kind::bad_read}) {
      if (items && kind == Kind::empty_read) {
        test::open_store(folder.file(), clock, [&](bccast::Notices& notices) {
          --expected;  // were all of them to be tried again, the whole batch would be
          for (std::size_t i = 0; i < notices.size(); ++i)
            notices.set(i, i == 0 ? bccast::NoticeStatus::skipped : bccast::NoticeStatus::retry, "later");
          return true;
        })->pump();
        clock->now += 3'600'000;
      }
      for (std::int64_t at = 1;; ++at) {
        CAPTURE(items);
        CAPTURE(static_cast<int>(kind));
        CAPTURE(at);
        const auto copy = folder.file("copy.db");
        for (const char* ending : {"", "-wal", "-shm"}) std::filesystem::remove(copy + ending);
        std::filesystem::copy_file(folder.file(), copy);
        std::set<std::string> told;
        const auto engine = test::open_store(copy, clock, [&](bccast::Notices& notices) {
          for (std::size_t i = 0; i < notices.size(); ++i) told.emplace(notices.at(i).to);
          return true;
        });
        engine->provider_set("lee", "locale", "de");  // begins a log: what reads its mark is another matter
        fault.set(kind, at, false);
        const auto code = code_of([&] { engine->pump(); });
        const bool failed = fault.failed > 0;
        fault.lift();
        CHECK((code == Code::ok || code == Code::storage));
        if (code != Code::ok) ++refused;
        for (int i = 0; i < 3; ++i) {
          CHECK(code_of([&] { engine->pump(); }) == Code::ok);
          clock->now += 61'000;
        }
        CHECK(engine->blast_status("lee", blast).at(0).failed == 0);
        CHECK(told.size() == expected);
        CHECK(engine->verify().empty());
        if (!failed) break;
      }
    }
  MESSAGE("refused: ", refused);
  CHECK(refused > 20);
}

TEST_CASE("A page that is damaged is CORRUPT each time") {
  const TemporaryFolder folder;
  fill(folder.file());
  const auto size = std::filesystem::file_size(folder.file());
  {
    std::fstream file(folder.file(), std::ios::binary | std::ios::in | std::ios::out);
    const std::string zeros(4096, '\0');
    for (std::uintmax_t at = size - std::uintmax_t{8} * 4096; at < size; at += 4096)
      file.seekp(static_cast<std::streamoff>(at)).write(zeros.data(), 4096);
  }
  SqliteStore store(folder.file());
  for (int i = 0; i < 3; ++i) {
    CHECK(code_of([&] { count_events(store); }) == Code::corrupt);
    CHECK(code_of([&] { change_all(store); }) == Code::corrupt);
  }
}

TEST_CASE("A write that meets a damaged page fails nobody whose write is committed with it") {
  const TemporaryFolder folder;
  fill(folder.file());
  std::vector<std::string> pages;
  {
    test::Database db(folder.file());
    db.run("PRAGMA wal_checkpoint(TRUNCATE)");
    pages = db.texts("SELECT pageno FROM dbstat WHERE name = 'event' AND pagetype = 'leaf'");
  }
  for (const auto& page : pages) {
    std::fstream file(folder.file(), std::ios::binary | std::ios::in | std::ios::out);
    file.seekp((std::stoll(page) - 1) * 4096).write(std::string(4096, '\0').data(), 4096);
  }
  SqliteStore store(folder.file());
  std::atomic<int> running{0};
  std::atomic<bool> may_end{false};
  std::vector<std::thread> threads;
  threads.emplace_back([&] {
    store.write([&](Tables&) {
      ++running;
      while (!may_end) std::this_thread::yield();
    });
  });
  while (running == 0) std::this_thread::yield();
  // Meanwhile these wait, to be committed together.
  std::vector<Code> codes(6);
  for (std::size_t i = 0; i < codes.size(); ++i) {
    threads.emplace_back([&, i] {
      ++running;
      codes[i] = code_of([&] {
        store.write([&](Tables& tables) {
          if (i % 2 == 1) tables.events().events(0, 0, kEvents * 2);
          bccast::Provider provider;
          provider.id = "provider " + std::to_string(i);
          tables.directory().insert_provider(provider);
        });
      });
    });
    while (running < static_cast<int>(i) + 2) std::this_thread::yield();
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
  may_end = true;
  for (auto& thread : threads) thread.join();
  store.read([&](const Tables& tables) {
    for (std::size_t i = 0; i < codes.size(); ++i) {
      CAPTURE(i);
      CHECK(codes[i] == (i % 2 == 1 ? Code::corrupt : Code::ok));
      CHECK(tables.directory().provider("provider " + std::to_string(i)).has_value() == (i % 2 == 0));
    }
  });
}

TEST_CASE("While a table is looked through, since a write seemed to meet damage, others write") {
  const FaultyFiles files;
  const TemporaryFolder folder;
  fill(folder.file());
  std::unique_ptr<SqliteStore> store;
  const auto write_one = [&] {
    return code_of([&] { store->write([](Tables& tables) { tables.events().insert_event({}); }); });
  };
  int looks = 0;
  for (std::int64_t at = 1; at < 200; ++at) {
    std::future<Code> written;
    const TableCheck check([&] {
      ++looks;
      fault.lift();
      written = std::async(std::launch::async, write_one);
      CHECK(written.wait_for(std::chrono::seconds(2)) == std::future_status::ready);
      // Another process, too.
      SqliteStore another(folder.file());
      CHECK(another.try_write([](Tables& tables) { tables.events().insert_event({}); }));
    });
    store = std::make_unique<SqliteStore>(folder.file());
    fault.set(Kind::empty_read, at, false);
    const auto code = code_of([&] { change_all(*store); });
    const bool failed = fault.failed > 0;
    fault.lift();
    CHECK((code == Code::ok || code == Code::storage));
    if (written.valid()) CHECK(written.get() == Code::ok);
    if (!failed) break;
  }
  CHECK(looks > 0);
}

TEST_CASE("A header that forbids writing is CORRUPT when the store is opened") {
  constexpr std::streamoff kWriteVersion = 18;
  const TemporaryFolder folder;
  fill(folder.file());
  {
    std::fstream file(folder.file(), std::ios::binary | std::ios::in | std::ios::out);
    file.seekp(kWriteVersion).put(3);
  }
  CHECK(code_of([&] { SqliteStore store(folder.file()); }) == Code::corrupt);
}
