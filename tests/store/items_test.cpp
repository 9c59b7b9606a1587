// What is to be done singly, or has failed, as rows.
#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <string>
#include <vector>

#include "rows.hpp"
#include "store_under_test.hpp"

namespace {

using namespace bccast;
using test::kNow;
using test::kOddText;
using test::same;
using test::slice_of_places;
using test::StoreUnderTest;
using Numbers = std::vector<ItemNo>;
using Places = std::vector<Place>;

constexpr ProviderNo kLee = 1;
constexpr ChannelNo kEmail = 2;
constexpr LineNo kLine = 4;
constexpr Ms kLongest = 1'000'000;

Item of_place(Place place, Ms due_at = kNow, ItemState state = ItemState::waiting) {
  Item item;
  item.provider_no = kLee;
  item.channel_no = kEmail;
  item.line_no = kLine;
  item.thread = {kLee, place, 9};
  item.state = state;
  item.due_at = due_at;
  return item;
}

Item notice(std::int64_t notice_no, Place place = 3, Ms due_at = kNow) {
  Item item;
  item.provider_no = kLee;
  item.channel_no = kEmail;
  item.thread = {kLee, place, 0};
  item.notice_no = notice_no;
  item.seq = 2;
  item.at = kNow;
  item.due_at = due_at;
  return item;
}

ItemNo insert(Tables& tables, Item& item) {
  item.no = tables.numbers().next(NumberKind::work);
  tables.work().insert_items(std::array{item});
  return item.no;
}

Token token_of(std::uint8_t first) {
  return make_token(std::array<std::uint8_t, 12>{first});
}

Numbers numbers_of(const std::vector<Item>& items) {
  return test::numbers(items, &Item::no);
}

Places places_of(const ItemPage& page) {
  Places places;
  for (const auto& item : page.items) places.push_back(item.thread.place);
  return places;
}

Places places_of(const Tables& tables, Place begin, Place end) {
  const auto page = tables.work().items_of_line(kLine, begin, end, 100);
  CHECK(!page.next);
  return places_of(page);
}

}  // namespace

TEST_CASE("items: one is found by its number, as it was stored, with the claim it is in") {
  StoreUnderTest store;
  store.write([](Tables& tables) {
    auto& work = tables.work();
    auto full = of_place(70'000, kNow + 9);
    full.notice_no = 5'000'000'000;
    full.begun_again = 3;
    full.seq = 12;
    full.to_provider = true;
    full.at = kNow + 1;
    full.attempts = 3;
    full.reason = kOddText;
    auto other = notice(7);
    full.no = tables.numbers().next(NumberKind::work, 2);
    other.no = full.no + 1;
    work.insert_items(std::array{full, other});
    const std::array<ItemNo, 3> asked{other.no, 999'999, full.no};
    auto found = work.items(asked);
    REQUIRE(found.size() == 2);
    std::sort(found.begin(), found.end(), [&](const auto& a, const auto&) { return a.item.no == full.no; });
    CHECK(same(found[0].item, full));
    CHECK(!found[0].holder);
    CHECK(same(found[1].item, other));

    work.claim_items(std::array{full}, token_of(1));
    full.state = ItemState::claimed;
    found = work.items(std::array{full.no});
    CHECK(same(found.at(0).item, full));
    CHECK(found.at(0).holder == token_of(1));
    CHECK(numbers_of(work.items_of(token_of(1))) == Numbers{full.no});
    CHECK(work.items_of(token_of(2)).empty());

    full.state = ItemState::failed;
    full.reason = "gone";
    full.attempts = 4;
    work.update_items(std::array{full});
    found = work.items(std::array{full.no});
    CHECK(same(found.at(0).item, full));
    CHECK(!found.at(0).holder);
    CHECK(work.items_of(token_of(1)).empty());

    work.delete_items(std::array{full, other});
    CHECK(work.items(asked).empty());
  });
}

TEST_CASE(
    "items: those that are due, the first first, and those that a step of the clock left too far away") {
  StoreUnderTest store;
  store.write([](Tables& tables) {
    auto& work = tables.work();
    auto later = notice(1, 3, kNow + 10);
    auto now = notice(2, 3, kNow);
    auto before = of_place(5, kNow - 10);
    auto beyond = notice(3, 3, kNow + kLongest + 11);
    auto elsewhere = notice(4, 3, kNow - 20);
    elsewhere.channel_no = kEmail + 1;
    auto failed = of_place(6, kNow - 20, ItemState::failed);
    auto parked = of_place(7, kNow - 20, ItemState::parked);
    for (auto* item : {&later, &now, &before, &beyond, &elsewhere, &failed, &parked}) insert(tables, *item);
    const auto due = [&](Ms at, std::size_t limit) {
      return numbers_of(work.due_items(kEmail, at, kLongest, limit));
    };
    CHECK(due(kNow, 10) == Numbers{before.no, now.no, beyond.no});
    CHECK(due(kNow, 1) == Numbers{before.no});
    CHECK(due(kNow + 11, 10) == Numbers{before.no, now.no, later.no});
    CHECK(work.next_item_due(kEmail) == kNow - 10);
    CHECK(work.next_item_due(kEmail + 1) == kNow - 20);
    CHECK(!work.next_item_due(kEmail + 2));
    work.claim_items(std::array{before}, token_of(1));
    CHECK(due(kNow, 10) == Numbers{now.no, beyond.no});
  });
}

TEST_CASE("items: those of a line go by place, and its bitmaps know them") {
  StoreUnderTest store;
  store.write([](Tables& tables) {
    auto& work = tables.work();
    auto one = of_place(9);
    auto two = of_place(70'000, kNow, ItemState::failed);
    auto three = of_place(3, kNow, ItemState::failed);
    auto four = of_place(65'535);
    auto of_another = of_place(4);
    of_another.line_no = kLine + 1;
    for (auto* item : {&one, &two, &three, &four, &of_another}) insert(tables, *item);
    CHECK(places_of(tables, 0, kMaxPlaces) == Places{3, 9, 65'535, 70'000});
    CHECK(places_of(tables, 3, 65'535) == Places{3, 9});
    CHECK(places_of(tables, 4, 9).empty());
    const auto page = work.items_of_line(kLine, 3, 70'000, 2);
    CHECK(places_of(page) == Places{3, 9});
    CHECK(page.next == Place{65'535});
    const auto last = work.items_of_line(kLine, *page.next, 70'000, 1);
    CHECK(places_of(last) == Places{65'535});
    CHECK(!last.next);
    Numbers at;
    for (const auto& [place, item] : work.items_at(kLine, Places{3, 4, 9, 70'000})) {
      CHECK(item.thread.place == place);
      at.push_back(item.no);
    }
    CHECK(at == Numbers{three.no, one.no, two.no});
    CHECK(work.item_places(kLine, 0) == slice_of_places(3, 9, 65'535));
    CHECK(work.failed_places(kLine, 0) == slice_of_places(3));
    CHECK(work.failed_places(kLine, 1) == slice_of_places(70'000 - 65'536));
    CHECK(work.item_places(kLine, 2).empty());
    const std::array<LineSlice, 3> slices{LineSlice{kLine, 1}, {kLine + 1, 0}, {kLine, 0}};
    const auto of_slices = work.item_slices(slices);
    REQUIRE(of_slices.size() == 3);
    CHECK(of_slices[0].open.empty());
    CHECK(of_slices[0].failed == slice_of_places(70'000 - 65'536));
    CHECK(of_slices[1].open == slice_of_places(4));
    CHECK(of_slices[2].open == slice_of_places(9, 65'535));
    CHECK(of_slices[2].failed == slice_of_places(3));
    const auto open = [&](std::size_t most, Place begin = 0) {
      return places_of(work.open_items_of_line(kLine, begin, most));
    };
    CHECK(open(10) == Places{9, 65'535});
    CHECK(open(1) == Places{9});
    CHECK(work.open_items_of_line(kLine, 0, 1).next == Place{65'535});
    CHECK(!work.open_items_of_line(kLine, 0, 2).next);
    CHECK(open(10, 65'535) == Places{65'535});
    CHECK(open(10, 65'536).empty());
    one.state = ItemState::failed;
    three.state = ItemState::waiting;
    work.update_items(std::array{one, three});
    CHECK(work.failed_places(kLine, 0) == slice_of_places(9));
    CHECK(open(10) == Places{3, 65'535});
    work.delete_items(std::array{one, four});
    CHECK(work.item_places(kLine, 0) == slice_of_places(3));
    CHECK(places_of(tables, 0, kMaxPlaces) == Places{3, 70'000});
  });
}

TEST_CASE("items: those of a paused line are parked, and wait again") {
  StoreUnderTest store;
  store.write([](Tables& tables) {
    auto& work = tables.work();
    auto waiting = of_place(1);
    auto failed = of_place(2, kNow, ItemState::failed);
    auto claimed = of_place(3);
    auto of_another = of_place(4);
    of_another.line_no = kLine + 1;
    for (auto* item : {&waiting, &failed, &claimed, &of_another}) insert(tables, *item);
    work.claim_items(std::array{claimed}, token_of(1));
    const auto state = [&](const Item& item) { return work.items(std::array{item.no}).at(0).item.state; };
    work.park_items(kLine, true);
    CHECK(state(waiting) == ItemState::parked);
    CHECK(state(failed) == ItemState::failed);
    CHECK(state(claimed) == ItemState::claimed);
    CHECK(state(of_another) == ItemState::waiting);
    CHECK(work.items_of(token_of(1)).size() == 1);
    work.park_items(kLine, false);
    CHECK(state(waiting) == ItemState::waiting);
    CHECK(state(failed) == ItemState::failed);
  });
}

TEST_CASE("items: notices of single messages are found by their number, and go with their channel") {
  StoreUnderTest store;
  store.write([](Tables& tables) {
    auto& work = tables.work();
    auto one = notice(1);
    auto two = notice(2);
    auto of_another = notice(1);
    of_another.provider_no = kLee + 1;
    of_another.thread.provider_no = kLee + 1;
    auto place = of_place(3);
    place.notice_no = 2;
    for (auto* item : {&one, &two, &of_another, &place}) insert(tables, *item);
    CHECK(same(work.item_of_notice(kEmail, kLee, 2), two));
    CHECK(same(work.item_of_notice(kEmail, kLee + 1, 1), of_another));
    CHECK(!work.item_of_notice(kEmail, kLee, 3));
    CHECK(!work.item_of_notice(kEmail + 1, kLee, 1));
    const std::array<NoticeKey, 3> asked{NoticeKey{kLee, 2}, NoticeKey{kLee, 3}, NoticeKey{kLee + 1, 1}};
    const auto found = work.items_of_notices(kEmail, asked);
    CHECK(same(found.find({kLee, 2}), two));
    CHECK(found.find({kLee, 3}) == nullptr);
    CHECK(same(found.find({kLee + 1, 1}), of_another));
    work.claim_items(std::array{one}, token_of(1));
    work.delete_waiting_notices(kEmail, kLee);
    CHECK(work.item_of_notice(kEmail, kLee, 1));  // it is in somebody's hands
    CHECK(!work.item_of_notice(kEmail, kLee, 2));
    CHECK(work.item_of_notice(kEmail, kLee + 1, 1));
    work.delete_notices(kEmail);
    CHECK(!work.item_of_notice(kEmail, kLee, 1));
    CHECK(!work.item_of_notice(kEmail, kLee + 1, 1));
    CHECK(places_of(tables, 0, 100) == Places{3});
  });
}

TEST_CASE("items: of a reason its class stays, what follows it can be forgotten") {
  StoreUnderTest store;
  store.write([](Tables& tables) {
    auto& work = tables.work();
    auto one = of_place(3, kNow, ItemState::failed);
    one.reason = "bounced: ann@example.org: unknown";
    auto held = notice(1, 3);
    held.reason = "busy: ann";
    auto of_another = of_place(4, kNow, ItemState::failed);
    of_another.reason = "bounced: bob";
    for (auto* item : {&one, &held, &of_another}) insert(tables, *item);
    work.claim_items(std::array{held}, token_of(1));
    work.forget_details(kLee, 3);
    const auto look = [&](const Item& item) { return work.items(std::array{item.no}).at(0); };
    CHECK(look(one).item.reason == "bounced");
    CHECK(look(held).item.reason == "busy");
    CHECK(look(held).holder == token_of(1));
    CHECK(look(of_another).item.reason == "bounced: bob");
    CHECK(!look(one).item.damaged);
  });
}

TEST_CASE("items: a set is claimed, each by a claim of its own") {
  StoreUnderTest store;
  store.write([](Tables& tables) {
    auto& work = tables.work();
    auto one = of_place(1);
    auto two = of_place(2);
    for (auto* item : {&one, &two}) insert(tables, *item);
    work.claim_items(std::array{one, two}, std::array{token_of(1), token_of(2)});
    const auto of_first = work.items_of(token_of(1));
    const auto of_second = work.items_of(token_of(2));
    REQUIRE(of_first.size() == 1);
    REQUIRE(of_second.size() == 1);
    CHECK(of_first[0].no == one.no);
    CHECK(of_second[0].no == two.no);
    CHECK(of_second[0].state == ItemState::claimed);
  });
}
