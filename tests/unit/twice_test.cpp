// The checking store of tests/twice/: whether it finds what it is there for.
#include "../twice/twice_store.hpp"

#include <doctest/doctest.h>

#include <memory>
#include <string>
#include <vector>

#include "../support/temporary_folder.hpp"
#include "adapters/sqlite/sqlite_store.hpp"
#include "code_of.hpp"

namespace {

using namespace bccast;

struct World {
  test::TemporaryFolder folder;
  test::TwiceStore store{std::make_unique<sqlite::SqliteStore>(folder.file())};

  std::size_t events() {
    return store.read([](const Tables& tables) { return tables.events().events(0, 0, 10).size(); });
  }
};

}  // namespace

TEST_CASE("Run twice, work that adds to what it captured shows") {
  World world;
  int added = 0;
  world.store.write([&](Tables& tables) {
    tables.events().insert_event({});
    added += 1;
  });
  CHECK(added == 2);
  world.store.read([&](const Tables&) { added += 1; });
  CHECK(added == 4);
  world.store.try_write([&](Tables&) { added += 1; });
  CHECK(added == 6);
}

TEST_CASE("Run twice, work that returns what it found out is as right as if it had run once") {
  World world;
  const auto counted = world.store.write([](Tables& tables) {
    int count = 0;
    tables.events().insert_event({});
    count += 1;
    return count;
  });
  CHECK(counted == 1);
  CHECK(world.events() == 1);
  CHECK(world.store.try_write([](Tables& tables) { tables.events().insert_event({}); }));
  CHECK(world.events() == 2);
}

TEST_CASE("Run twice, only what the second run throws is thrown, and nothing of it is stored") {
  World world;
  int runs = 0;
  const auto fails_once = [&](Tables& tables) {
    tables.events().insert_event({});
    if (++runs == 1) throw Error(Code::busy, "not now");
    return std::string("done");
  };
  CHECK(world.store.write(fails_once) == "done");
  CHECK(world.events() == 1);
  const auto fails = [](Tables& tables) {
    tables.events().insert_event({});
    throw Error(Code::state, "never");
  };
  CHECK(test::code_of([&] { world.store.write(fails); }) == Code::state);
  CHECK(world.events() == 1);
}

TEST_CASE("A result is that of the last run, and none of a run before it is left") {
  World world;
  int runs = 0;
  const auto found = world.store.read([&](const Tables&) {
    std::vector<int> all;
    all.push_back(++runs);
    return all;
  });
  CHECK(found == std::vector<int>{2});
}
