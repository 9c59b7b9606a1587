// A store is made whole or not at all: whatever fails while it is made, whoever is given it has one that
// keeps a write-ahead log, and can be checkpointed.
#include <doctest/doctest.h>

#include <array>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <string>

#include "../support/temporary_folder.hpp"
#include "adapters/sqlite/sqlite_store.hpp"
#include "base/error.hpp"
#include "faulty_files.hpp"

namespace {

using bccast::Code;
using bccast::Error;
using bccast::Tables;
using bccast::sqlite::SqliteStore;
using test::fault;
using test::FaultyFiles;
using test::Kind;
using test::TemporaryFolder;

constexpr std::array kKinds{Kind::open, Kind::read, Kind::write,    Kind::half_write,
                            Kind::full, Kind::sync, Kind::truncate, Kind::remove,
                            Kind::lock, Kind::size, Kind::map,      Kind::shared_lock};

/// What the file's header says: 2 and 2
/// (https://www.sqlite.org/fileformat2.html#file_format_version_numbers). REQUIRES: no store is open, whose
/// locks it would drop.
bool keeps_a_log(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::array<char, 20> header{};
  file.read(header.data(), header.size());
  return header[18] == 2 && header[19] == 2;
}

void write_something(SqliteStore& store) {
  store.write([](Tables& tables) { tables.events().insert_event({}); });
}

/// The code of an error, or ok.
template <typename Work>
Code code_of(Work&& work) {
  try {
    work();
    return Code::ok;
  } catch (const Error& error) {
    return error.code();
  }
}

}  // namespace

TEST_CASE("Whatever fails while a store is made, nobody is given one that keeps no log") {
  const FaultyFiles files;
  int struck = 0;
  for (const Kind kind : kKinds) {
    for (std::int64_t at = 1;; ++at) {
      CAPTURE(static_cast<int>(kind));
      CAPTURE(at);
      const TemporaryFolder folder;
      const auto path = folder.file();
      fault.set(kind, at, false);
      const Code made = code_of([&] {
        SqliteStore store(path);
        const bool failed = fault.failed > 0;
        fault.lift();
        // Given with OK: it does all that a store does.
        write_something(store);
        CHECK(store.checkpoint());
        if (failed) ++struck;
      });
      const bool failed = fault.failed > 0;
      fault.lift();
      if (made == Code::ok) CHECK(keeps_a_log(path));
      // And the same store again, whatever became of it.
      CHECK(code_of([&] {
              SqliteStore store(path);
              write_something(store);
              CHECK(store.checkpoint());
              CHECK(store.verify().empty());
            }) == Code::ok);
      CHECK(keeps_a_log(path));
      CHECK(!std::filesystem::exists(path + "-journal"));
      CHECK(!std::filesystem::exists(path + "-wal"));
      if (!failed) break;
      ++struck;
    }
  }
  MESSAGE("faults that struck: ", struck);
  CHECK(struck > 50);
}

TEST_CASE("A connection that could be opened for reading only, once, is not kept") {
  const TemporaryFolder folder;
  const auto path = folder.file();
  { SqliteStore store(path); }
  const FaultyFiles files;
  int refused = 0;
  for (std::int64_t at = 1;; ++at) {
    CAPTURE(at);
    fault.set(Kind::read_only, at, false);
    const Code opened = code_of([&] {
      SqliteStore store(path);
      write_something(store);
      refused += code_of([&] { store.checkpoint(); }) == Code::storage ? 1 : 0;
      // The next time it goes well, and the log is emptied.
      CHECK(code_of([&] { CHECK(store.checkpoint()); }) == Code::ok);
    });
    if (opened != Code::ok) CHECK(opened == Code::storage);
    refused += opened == Code::storage ? 1 : 0;
    const bool failed = fault.failed > 0;
    fault.lift();
    if (!failed) break;
  }
  CHECK(refused >= 2);  // of the connection that writes, and of the one that checkpoints
}

TEST_CASE("A checkpoint that failed does not make the later ones fail") {
  const TemporaryFolder folder;
  const FaultyFiles files;
  for (const Kind kind : {Kind::read, Kind::write, Kind::sync, Kind::open, Kind::lock, Kind::shared_lock}) {
    for (std::int64_t at = 1;; ++at) {
      CAPTURE(static_cast<int>(kind));
      CAPTURE(at);
      SqliteStore store(folder.file());
      write_something(store);
      fault.set(kind, at, false);
      const Code code = code_of([&] { store.checkpoint(); });
      const bool failed = fault.failed > 0;
      fault.lift();
      if (code != Code::ok) CHECK(failed);
      CHECK(code_of([&] { CHECK(store.checkpoint()); }) == Code::ok);
      if (!failed) break;
    }
  }
}
