// Numbers for what is made.
#include <doctest/doctest.h>

#include <array>
#include <cstdint>
#include <set>
#include <stdexcept>
#include <string>

#include "rows.hpp"
#include "store_under_test.hpp"

namespace {

using namespace bccast;
using test::StoreUnderTest;

std::int64_t draw(const StoreUnderTest& store, NumberKind kind, std::int64_t count = 1) {
  return store.write([&](Tables& tables) { return tables.numbers().next(kind, count); });
}

}  // namespace

TEST_CASE(
    "numbers: none is given twice, in one transaction, in several, or after the store was opened again") {
  for (const auto kind : kNumberKinds) {
    StoreUnderTest store;
    std::set<std::int64_t> given;
    const auto keep = [&](std::int64_t first, std::int64_t count) {
      CHECK(first > 0);
      for (std::int64_t i = 0; i < count; ++i) CHECK(given.insert(first + i).second);
    };
    keep(draw(store, kind), 1);
    keep(draw(store, kind, 1000), 1000);
    for (const auto first : store.write([&](Tables& tables) {
           return std::array{tables.numbers().next(kind, 3), tables.numbers().next(kind, 3)};
         }))
      keep(first, 3);
    store.open();
    keep(draw(store, kind, 2), 2);
  }
}

TEST_CASE("numbers: what was undone may leave a gap, and gives nothing twice") {
  StoreUnderTest store;
  const auto before = draw(store, NumberKind::work, 5);
  CHECK_THROWS(store.write([&](Tables& tables) {
    tables.numbers().next(NumberKind::work, 7);
    throw std::runtime_error("undone");
  }));
  CHECK(draw(store, NumberKind::work) >= before + 5);
}

TEST_CASE("numbers: of an item that is gone no other has the number") {
  StoreUnderTest store;
  std::set<ItemNo> had;
  Item item;
  item.provider_no = 1;
  item.channel_no = 1;
  item.notice_no = 1;
  for (int i = 0; i < 3; ++i) {
    store.write([&](Tables& tables) { tables.work().insert_items(std::array{item, item}); });
    const auto items = store.write([](Tables& tables) {
      auto due = tables.work().due_items(1, test::kNow, 1000, 10);
      tables.work().delete_items(due);
      return due;
    });
    CHECK(items.size() == 2);
    for (const auto& one : items) CHECK(had.insert(one.no).second);
  }
}

TEST_CASE("directory: a provider is inserted, or nothing where the id is taken") {
  StoreUnderTest store;
  Provider lee;
  lee.id = "lee";
  lee.name = "Lee";
  lee.no = store.write([&](Tables& tables) { return tables.directory().insert_provider(lee).value(); });
  Provider other = lee;
  other.name = "Another";
  CHECK(!store.write([&](Tables& tables) { return tables.directory().insert_provider(other); }));
  CHECK(test::same(store.read([](const Tables& t) { return t.directory().provider("lee"); }), lee));
}
