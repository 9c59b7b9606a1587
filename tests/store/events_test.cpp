// What has happened, and who reads of it, as rows.
#include <doctest/doctest.h>

#include <vector>

#include "rows.hpp"
#include "store_under_test.hpp"

namespace {

using namespace bccast;
using test::kNow;
using test::same;
using test::StoreUnderTest;
using Numbers = std::vector<EventNo>;

void add(Tables& tables, Ms at, EventKind kind = EventKind::blast_sent, std::int64_t number = 1,
         Ms keep_since = 0) {
  Event event;
  event.at = at;
  event.kind = kind;
  event.number = number;
  tables.events().insert_event(event, keep_since);
}

/// Whoever reads gives them their numbers.
Numbers all(const StoreUnderTest& store) {
  return store.write([](Tables& tables) {
    while (tables.events().number_events(2)) {
    }
    return test::numbers(tables.events().events(0, 0, 10'000), &Event::no);
  });
}

}  // namespace

TEST_CASE("events: those after a number, oldest first, as they were stored") {
  StoreUnderTest store;
  Event full{0, kNow, EventKind::message_created, 7, -12, 70'000};
  CHECK(store.read([](const Tables& tables) { return tables.events().last_event(); }) == 0);
  store.write([&](Tables& tables) {
    add(tables, kNow);
    tables.events().insert_event(full);
  });
  store.write([](Tables& tables) { add(tables, kNow + 5); });
  const auto nos = all(store);
  REQUIRE(nos.size() == 3);
  CHECK(0 < nos[0]);
  CHECK(nos[0] < nos[1]);
  CHECK(nos[1] < nos[2]);
  store.read([&](const Tables& tables) {
    const auto& events = tables.events();
    CHECK(!events.has_unnumbered());
    CHECK(events.last_event() == nos[2]);
    full.no = nos[1];
    CHECK(same(events.events(nos[0], 0, 10).at(0), full));
    CHECK(test::numbers(events.events(0, 0, 2), &Event::no) == Numbers{nos[0], nos[1]});
    CHECK(test::numbers(events.events(0, kNow + 1, 10), &Event::no) == Numbers{nos[2]});
    CHECK(events.events(nos[2], 0, 10).empty());
  });
}

TEST_CASE("events: each is numbered once, in the order of commits, and keeps its number") {
  StoreUnderTest store;
  for (int i = 0; i < 5; ++i) store.write([&](Tables& tables) { add(tables, kNow - i); });
  const auto first = all(store);
  CHECK(all(store) == first);
  CHECK(store.read([](const Tables& tables) {
    return test::numbers(tables.events().events(0, 0, 10), &Event::at);
  }) == std::vector<Ms>{kNow, kNow - 1, kNow - 2, kNow - 3, kNow - 4});
  store.write([](Tables& tables) { add(tables, kNow); });
  const auto then = all(store);
  REQUIRE(then.size() == 6);
  CHECK(Numbers(then.begin(), then.begin() + 5) == first);
  CHECK(then[5] > first[4]);
}

TEST_CASE("events: what is forgotten takes no number with it") {
  StoreUnderTest store;
  store.write([](Tables& tables) {
    for (Ms i = 0; i < 4; ++i) add(tables, kNow + i);
  });
  const auto nos = all(store);
  store.write([&](Tables& tables) { tables.events().forget_up_to(nos.at(0)); });
  CHECK(all(store) == Numbers{nos[1], nos[2], nos[3]});
  store.write([&](Tables& tables) { tables.events().forget_up_to(nos[3]); });
  store.open();
  CHECK(all(store).empty());
  store.read([&](const Tables& tables) { CHECK(tables.events().last_event() == nos[3]); });
  store.write([](Tables& tables) { add(tables, kNow); });
  CHECK(all(store).at(0) > nos[3]);
}

TEST_CASE("events: new ones take those away that are too old, whether anybody reads or not") {
  for (const bool read : {true, false}) {
    StoreUnderTest store;
    store.write([](Tables& tables) {
      for (int i = 0; i < 100; ++i) add(tables, kNow);
    });
    if (read) CHECK(all(store).size() == 100);
    for (int i = 0; i < 10; ++i)
      store.write([](Tables& tables) {
        for (int k = 0; k < 100; ++k) add(tables, kNow + 10, EventKind::blast_sent, 1, kNow + 5);
      });
    CHECK(all(store).size() == 1000);
  }
}

TEST_CASE("events: of a client that is forgotten they say nobody, numbered or not") {
  for (const bool numbered : {true, false}) {
    StoreUnderTest store;
    store.write([](Tables& tables) {
      add(tables, kNow, EventKind::roster_changed, 5);
      add(tables, kNow, EventKind::roster_changed, 6);
      add(tables, kNow, EventKind::blast_sent, 5);  // a blast's number
    });
    if (numbered) all(store);
    store.write([](Tables& tables) { tables.events().forget_client(5); });
    all(store);
    CHECK(store.read([](const Tables& tables) {
      return test::numbers(tables.events().events(0, 0, 10), &Event::number);
    }) == std::vector<std::int64_t>{0, 6, 5});
  }
}

TEST_CASE("events: each reader acknowledges for itself") {
  StoreUnderTest store;
  store.write([](Tables& tables) {
    auto& events = tables.events();
    CHECK(!events.has_readers());
    CHECK(events.acknowledged_by_all() == 0);
    events.set_acknowledged("app", 5);
    events.set_acknowledged("audit", 3);
    events.set_acknowledged("app", 9);
    CHECK(events.has_readers());
    CHECK(events.acknowledged("app") == EventNo{9});
    CHECK(events.acknowledged("audit") == EventNo{3});
    CHECK(!events.acknowledged("APP"));
    CHECK(events.acknowledged_by_all() == 3);
  });
}
