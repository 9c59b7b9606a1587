// What a store promises of its transactions.
#include <doctest/doctest.h>
#include <poll.h>

#include <atomic>
#include <condition_variable>
#include <mutex>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "base/error.hpp"
#include "rows.hpp"
#include "store_under_test.hpp"

namespace {

using namespace bccast;
using test::StoreUnderTest;

ProviderNo add_provider(const StoreUnderTest& store, const std::string& id) {
  return store.write([&](Tables& tables) {
    Provider provider;
    provider.id = id;
    return tables.directory().insert_provider(provider).value();
  });
}

bool has_provider(const StoreUnderTest& store, const std::string& id) {
  return store.read([&](const Tables& tables) { return tables.directory().provider(id).has_value(); });
}

constexpr auto count_up = [](Tables& tables) {
  auto provider = *tables.directory().provider("lee");
  ++provider.archived_at;
  tables.directory().update_provider(provider);
};

std::int64_t counted(const StoreUnderTest& store) {
  return store.read([](const Tables& tables) { return tables.directory().provider("lee")->archived_at; });
}

}  // namespace

TEST_CASE("store: what is written is there for the next reader, and after it was opened again") {
  StoreUnderTest store;
  add_provider(store, "lee");
  CHECK(has_provider(store, "lee"));
  store.open();
  CHECK(has_provider(store, "lee"));
}

TEST_CASE("store: read and write return what the work returns") {
  StoreUnderTest store;
  CHECK(store.write([](Tables&) { return std::string("written"); }) == "written");
  CHECK(store.read([](const Tables&) { return std::string("read"); }) == "read");
}

TEST_CASE("store: work that throws leaves nothing behind, and its error comes out as it was") {
  StoreUnderTest store;
  add_provider(store, "lee");
  const auto write_and_throw = [&] {
    store.write([](Tables& tables) {
      Provider provider;
      provider.id = "kim";
      tables.directory().insert_provider(provider);
      count_up(tables);
      throw std::runtime_error("no");
    });
  };
  CHECK_THROWS_WITH_AS(write_and_throw(), "no", std::runtime_error);
  CHECK(!has_provider(store, "kim"));
  CHECK(counted(store) == 0);
  CHECK_THROWS_AS(store.read([](const Tables&) { throw Error(Code::not_found, "no"); }), Error);
  store.write(count_up);
  CHECK(counted(store) == 1);
}

TEST_CASE("store: a write sees what it has written itself") {
  StoreUnderTest store;
  add_provider(store, "lee");
  const auto seen = store.write([](Tables& tables) {
    count_up(tables);
    count_up(tables);
    return tables.directory().provider("lee")->archived_at;
  });
  CHECK(seen == 2);
}

TEST_CASE("store: a reader sees one state from its first look to its last, whoever writes meanwhile") {
  StoreUnderTest store;
  add_provider(store, "lee");
  const auto of = [](const Tables& tables) { return tables.directory().provider("lee")->archived_at; };
  struct Seen {
    std::int64_t first = 0;
    std::int64_t last = 0;
  };
  const auto seen = store.read([&](const Tables& tables) {
    const auto first = of(tables);
    std::thread([&] { store.write(count_up); }).join();
    return Seen{first, of(tables)};
  });
  CHECK(seen.first == seen.last);
  CHECK(counted(store) > seen.first);
}

TEST_CASE("store: a write is seen as a whole or not at all") {
  StoreUnderTest store;
  add_provider(store, "lee");
  add_provider(store, "kim");
  std::atomic<bool> stop{false};
  std::atomic<int> torn{0};
  std::atomic<int> looks{0};
  std::thread reader([&] {
    while (!stop) {
      const bool together = store.read([](const Tables& tables) {
        return tables.directory().provider("lee")->archived_at ==
               tables.directory().provider("kim")->archived_at;
      });
      torn += together ? 0 : 1;
      ++looks;
    }
  });
  for (int i = 0; i < 200 || looks < 50; ++i)
    store.write([](Tables& tables) {
      for (const char* id : {"lee", "kim"}) {
        auto provider = *tables.directory().provider(id);
        ++provider.archived_at;
        tables.directory().update_provider(provider);
      }
    });
  stop = true;
  reader.join();
  CHECK(torn == 0);
}

TEST_CASE(
    "store: what many threads write at once is all there, and those that throw take nothing with them") {
  StoreUnderTest store;
  add_provider(store, "lee");
  constexpr int kThreads = 8;
  constexpr int kEach = 50;
  std::atomic<int> thrown{0};
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t)
    threads.emplace_back([&, t] {
      for (int i = 0; i < kEach; ++i) {
        const bool throws = (t + i) % 5 == 0;
        try {
          store.write([&](Tables& tables) {
            count_up(tables);
            if (throws) throw std::runtime_error("no");
          });
        } catch (const std::runtime_error&) {
          ++thrown;
        }
      }
    });
  for (auto& thread : threads) thread.join();
  CHECK(thrown == kThreads * kEach / 5);
  CHECK(counted(store) == kThreads * kEach - thrown);
}

TEST_CASE("store: a write that costs nobody anything is done or says that it was not") {
  StoreUnderTest store;
  add_provider(store, "lee");
  int done = 0;
  for (int i = 0; i < 20; ++i) done += store->try_write(count_up) ? 1 : 0;
  CHECK(done > 0);
  CHECK(counted(store) == done);
  CHECK(!store->try_write([](Tables& tables) {
    count_up(tables);
    throw std::runtime_error("no");
  }));
  CHECK(counted(store) == done);
}

TEST_CASE("store: its key is the same whenever it is opened, and no other store's") {
  StoreUnderTest store;
  const auto key = store->key();
  store.open();
  CHECK(store->key() == key);
  const StoreUnderTest other;
  CHECK(other->key() != key);
}

TEST_CASE("store: a copy has all that was committed, is held, and leaves the store as it was") {
  StoreUnderTest store;
  add_provider(store, "lee");
  const auto path = store.file("copy.db");
  CHECK(store->backup(path));
  add_provider(store, "kim");
  CHECK_THROWS_AS(store->backup(path), Error);
  const auto copy = open_store(path);
  CHECK(copy->read([](const Tables& t) { return t.directory().provider("lee").has_value(); }));
  CHECK(!copy->read([](const Tables& t) { return t.directory().provider("kim").has_value(); }));
  CHECK(copy->read([](const Tables& t) { return t.store().held(); }));
  CHECK(copy->key() == store->key());
  CHECK(!store.read([](const Tables& t) { return t.store().held(); }));
}

TEST_CASE("store: it can be emptied of what was overwritten while nobody reads") {
  StoreUnderTest store;
  add_provider(store, "lee");
  CHECK(store->checkpoint());
  CHECK(has_provider(store, "lee"));
  CHECK(!store->log_is_pinned());
}

TEST_CASE("store: its own checks find nothing wrong with what was only written") {
  StoreUnderTest store;
  add_provider(store, "lee");
  CHECK(store->verify().empty());
}

TEST_CASE("store: held, and released") {
  StoreUnderTest store;
  for (const bool held : {true, false}) {
    store.write([&](Tables& tables) { tables.store().set_held(held); });
    CHECK(store.read([](const Tables& tables) { return tables.store().held(); }) == held);
  }
  const auto release = [&] { return store.write([](Tables& tables) { return tables.store().release(); }); };
  CHECK(!release());
  store.write([](Tables& tables) { tables.store().set_held(true); });
  CHECK(release());
  CHECK(!store.read([](const Tables& tables) { return tables.store().held(); }));
  CHECK(!release());
}

TEST_CASE("store: debts ascend, and are settled up to the last one that was seen") {
  StoreUnderTest store;
  const auto last = [&] { return store.read([](const Tables& t) { return t.store().last_debt(); }); };
  const auto debts = [&] { return store.read([](const Tables& t) { return t.store().debts(); }); };
  const auto agenda_owes = [&] {
    return store.read([](const Tables& t) { return t.blasts().agenda().owes; });
  };
  CHECK(!last());
  CHECK(debts() == 0);
  CHECK(!agenda_owes());
  store.write([](Tables& tables) { tables.store().add_debt(); });
  store.write([](Tables& tables) { tables.store().add_debt(); });
  const auto seen = last();
  REQUIRE(seen);
  CHECK(debts() == 2);
  CHECK(agenda_owes());
  store.write([](Tables& tables) { tables.store().add_debt(); });
  store.write([&](Tables& tables) { tables.store().settle_debts(*seen); });
  CHECK(debts() == 1);
  const auto later = last();
  REQUIRE(later);
  CHECK(*later > *seen);
  store.write([&](Tables& tables) { tables.store().settle_debts(*later); });
  CHECK(!last());
  CHECK(!agenda_owes());
  store.write([](Tables& tables) { tables.store().add_debt(); });
  CHECK(*last() > *later);
}

TEST_CASE("store: acts in parts are kept until all their parts are done, the first one first") {
  StoreUnderTest store;
  const auto to_finish = [&] {
    return store.read([](const Tables& t) { return t.blasts().agenda().to_finish; });
  };
  const auto first = [&] { return store.read([](const Tables& t) { return t.store().first_act(); }); };
  CHECK(!to_finish());
  CHECK(!first());
  ActInParts recall{0, ActInParts::Kind::recall, 7, 12, 0, 0};
  ActInParts removal{0, ActInParts::Kind::channel_end, 0, 3, 1, 4};
  store.write([&](Tables& tables) {
    recall.no = tables.numbers().next(NumberKind::act, 2);
    removal.no = recall.no + 1;
    tables.store().add_act(removal);
    tables.store().add_act(recall);
  });
  CHECK(to_finish());
  CHECK(first() == recall);
  CHECK(store.read([&](const Tables& t) { return t.store().act(removal.no); }) == removal);
  recall.stage = 2;
  recall.next = 5'000'000'000;
  store.write([&](Tables& tables) { tables.store().update_act(recall); });
  CHECK(first() == recall);
  store.write([&](Tables& tables) { tables.store().delete_act(recall.no); });
  CHECK(first() == removal);
  CHECK(!store.read([&](const Tables& t) { return t.store().act(recall.no); }));
  store.write([&](Tables& tables) { tables.store().delete_act(removal.no); });
  CHECK(!to_finish());
}

TEST_CASE("store: how far the indexes were made anew") {
  StoreUnderTest store;
  const auto folding = [&] { return store.read([](const Tables& t) { return t.store().folding(); }); };
  const auto to_index = [&] {
    return store.read([](const Tables& t) { return t.blasts().agenda().to_index; });
  };
  CHECK(!folding().under_way());
  CHECK(!to_index());
  for (const auto& wanted : {Folding{7, 3, -1}, Folding{7, 3, 1200}, Folding{8, 0, 0}}) {
    store.write([&](Tables& tables) { tables.store().set_folding(wanted); });
    CHECK(folding() == wanted);
    CHECK(to_index() == wanted.under_way());
  }
}

TEST_CASE("store: whoever waits for what others write is told of it by a descriptor, or the store has none") {
  StoreUnderTest store;
  add_provider(store, "lee");
  const int changes = store->changes_fd();
  if (changes < 0) return;
  const auto told = [&](int timeout_ms) {
    pollfd watched{changes, POLLIN, 0};
    return ::poll(&watched, 1, timeout_ms) > 0;
  };
  const auto other = open_store(store.url());
  store->drain_changes();
  CHECK(!told(0));
  other->write(count_up);
  CHECK(told(5000));
  store->drain_changes();
  CHECK(!told(0));
}
