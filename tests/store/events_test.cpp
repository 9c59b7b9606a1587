// What has happened, and who reads of it, as rows.
#include <doctest/doctest.h>

#include <array>
#include <vector>

#include "rows.hpp"
#include "store_under_test.hpp"

namespace {

using namespace bccast;
using test::kNow;
using test::same;
using test::StoreUnderTest;
using Numbers = std::vector<EventNo>;

EventNo add(Tables& tables, Ms at, EventKind kind = EventKind::blast_sent, std::int64_t number = 1) {
  Event event;
  event.at = at;
  event.kind = kind;
  event.number = number;
  return tables.events().insert_event(event);
}

}  // namespace

TEST_CASE("events: those after a number, oldest first, as they were stored") {
  StoreUnderTest store;
  Event full{0, kNow, EventKind::message_created, 7, -12, 70'000};
  store.write([&](Tables& tables) {
    auto& events = tables.events();
    CHECK(events.last_event() == 0);
    const auto first = add(tables, kNow);
    full.no = events.insert_event(full);
    const auto third = add(tables, kNow + 5);
    CHECK(full.no > first);
    CHECK(third > full.no);
    CHECK(events.last_event() == third);
    const auto found = events.events(first, 0, 10);
    REQUIRE(found.size() == 2);
    CHECK(same(found[0], full));
    CHECK(test::numbers(events.events(0, 0, 2), &Event::no) == Numbers{first, full.no});
    CHECK(test::numbers(events.events(0, kNow + 1, 10), &Event::no) == Numbers{third});
    CHECK(events.events(third, 0, 10).empty());
  });
}

TEST_CASE("events: what is forgotten takes no number with it") {
  StoreUnderTest store;
  const auto last = store.write([](Tables& tables) {
    std::array<EventNo, 4> nos{};
    for (std::size_t i = 0; i < nos.size(); ++i) nos.at(i) = add(tables, kNow + static_cast<Ms>(i));
    tables.events().forget_up_to(nos[0]);
    CHECK(test::numbers(tables.events().events(0, 0, 10), &Event::no) == Numbers{nos[1], nos[2], nos[3]});
    tables.events().forget_before(kNow + 2);
    CHECK(test::numbers(tables.events().events(0, 0, 10), &Event::no) == Numbers{nos[2], nos[3]});
    tables.events().forget_up_to(nos[3]);
    return nos[3];
  });
  store.open();
  store.write([&](Tables& tables) {
    CHECK(tables.events().events(0, 0, 10).empty());
    CHECK(tables.events().last_event() == last);
    CHECK(add(tables, kNow) > last);
  });
}

TEST_CASE("events: of a client that is forgotten they say nobody") {
  StoreUnderTest store;
  store.write([](Tables& tables) {
    add(tables, kNow, EventKind::roster_changed, 5);
    add(tables, kNow, EventKind::roster_changed, 6);
    add(tables, kNow, EventKind::blast_sent, 5);  // a blast's number
    tables.events().forget_client(5);
    CHECK(test::numbers(tables.events().events(0, 0, 10), &Event::number) ==
          std::vector<std::int64_t>{0, 6, 5});
  });
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
