#include "adapters/sqlite/item_tables.hpp"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "adapters/sqlite/columns.hpp"
#include "adapters/sqlite/line_tables.hpp"
#include "adapters/sqlite/mapping.hpp"
#include "adapters/sqlite/number_tables.hpp"
#include "adapters/sqlite/token_bytes.hpp"

namespace bccast::sqlite {
namespace {

#define ITEM_COLUMNS                                                                                        \
  "item_no, provider_no, channel_no, line_no, place, origin, notice_no, to_provider, at, state, attempts, " \
  "due_at, reason, seq, begun_again, token"
#define ITEM_ROW ITEM_COLUMNS ", sum"

constexpr RowTable kItem{
    "item",
    RowKind::item,
    ITEM_COLUMNS,
    {.key = "item_no",
     .fixed = "provider_no, channel_no, line_no, place, origin, notice_no, to_provider, at, seq",
     .counted = "state"}};
constexpr Sql kInsertItem = insert_row(kItem);
constexpr Sql kUpdateItem = update_row(kItem);

template <typename Columns, typename Row>
void visit_item(Columns& columns, Row& i, std::string& token) {
  columns.number(i.no);
  columns.number(i.provider_no);
  columns.number(i.channel_no);
  columns.number(i.line_no);
  columns.place(i.thread.place);
  columns.number(i.thread.origin);
  columns.number(i.notice_no);
  columns.flag(i.to_provider);
  columns.number(i.at);
  columns.one_of(i.state, ItemState::parked);
  columns.number(i.attempts);
  columns.number(i.due_at);
  columns.text(i.reason);
  columns.number(i.seq);
  columns.number(i.begun_again);
  columns.bytes_or_null(token);
  if constexpr (Columns::kReads) i.thread.provider_no = i.provider_no;
}

/// `token`: of the claim it is in; empty: of none.
Item item_of(const Query& query, std::string* token = nullptr) {
  std::string held;
  Item item;
  RowReader reader(query, kItem);
  visit_item(reader, item, held);
  item.damaged = !reader.sound();
  if (token != nullptr) *token = std::move(held);
  return item;
}

void write_item(Query& query, const Item& item, std::string token = {}) {
  RowWriter writer(query, kItem);
  visit_item(writer, item, token);
  writer.finish();
  query.run();
}

constexpr Sql kAllItems = select_rows(kItem);

}  // namespace

void SqliteItemTables::insert_items(std::span<const Item> items) {
  const auto to_number = std::count_if(items.begin(), items.end(), [](const Item& i) { return i.no == 0; });
  ItemNo next = to_number > 0 ? SqliteNumberTables(db_).next(NumberKind::work, to_number) : 0;
  for (const auto& item : items) {
    Item row = item;
    if (row.no == 0) row.no = next++;
    auto query = db_.query(kInsertItem.c_str());
    write_item(query, row);
    item_places_.put(row);
  }
}

/// Never twice because an index says so: of a damaged row the index may keep what the row was before it
/// failed, and SQLite gives the state as the index has it.
bool SqliteItemTables::may_be_due(const Item& item) const {
  if (!item.damaged) return item.state == ItemState::waiting;
  auto query = db_.query("SELECT state FROM item NOT INDEXED WHERE item_no = ?");
  query.bind(item.no);
  return query.step() && query.any_i64(0) != static_cast<std::int64_t>(ItemState::failed);
}

std::vector<Item> SqliteItemTables::due_items(ChannelNo channel, Ms now, Ms longest,
                                              std::size_t limit) const {
  std::vector<Item> all;
  const auto collect = [&](Query& query, Ms at) {
    query.bind(channel).bind(at);
    while (all.size() < limit && query.step()) {
      auto item = item_of(query);
      if (may_be_due(item)) all.push_back(std::move(item));
    }
  };
  auto due = db_.query("SELECT " ITEM_ROW
                       " FROM item WHERE channel_no = ? AND state = 0 AND due_at <= ? ORDER BY due_at");
  collect(due, now);
  if (all.size() == limit) return all;
  // What lies further away than any wait was stored before the clock stepped back.
  auto beyond = db_.query("SELECT " ITEM_ROW
                          " FROM item WHERE channel_no = ? AND state = 0 AND due_at > ? ORDER BY due_at");
  collect(beyond, now + longest);
  return all;
}

std::vector<Item> SqliteItemTables::items_of(const Token& token) const {
  auto query = db_.query("SELECT " ITEM_ROW " FROM item WHERE token = ? ORDER BY item_no");
  query.bind(std::span<const std::uint8_t>(token));
  std::vector<Item> all;
  while (query.step()) all.push_back(item_of(query));
  return all;
}

std::vector<Item> SqliteItemTables::items_of(std::span<const Claim> claims) const {
  std::vector<Item> all;
  for (const auto& claim : claims) {
    auto some = items_of(claim.token);
    all.insert(all.end(), std::make_move_iterator(some.begin()), std::make_move_iterator(some.end()));
  }
  return all;
}

std::vector<HeldItem> SqliteItemTables::items(std::span<const ItemNo> nos) const {
  std::vector<HeldItem> all;
  for (const auto no : nos) {
    auto query = db_.query("SELECT " ITEM_ROW " FROM item WHERE item_no = ?");
    query.bind(no);
    if (!query.step()) continue;
    std::string token;
    Item item = item_of(query, &token);
    all.push_back({std::move(item), token.empty() ? std::nullopt : std::optional(token_of(token))});
  }
  std::sort(all.begin(), all.end(),
            [](const HeldItem& a, const HeldItem& b) { return a.item.no < b.item.no; });
  return all;
}

void SqliteItemTables::claim_items(std::span<const Item> items, const Token& token) {
  for (const auto& item : items) claim_item(item, token);
}

void SqliteItemTables::claim_items(std::span<const Item> items, std::span<const Token> tokens) {
  for (std::size_t i = 0; i < items.size(); ++i) claim_item(items[i], tokens[i]);
}

void SqliteItemTables::claim_item(const Item& item, const Token& token) {
  if (item.damaged) {  // and stays so
    auto query = db_.query("UPDATE item SET state = 1, token = ? WHERE item_no = ?");
    query.bind(std::span<const std::uint8_t>(token)).bind(item.no).run();
    return;
  }
  Item claimed = item;
  claimed.state = ItemState::claimed;
  auto query = db_.query(kUpdateItem.c_str());
  write_item(query, claimed, bytes_of(token));
}

void SqliteItemTables::update_items(std::span<const Item> items) {
  for (const auto& item : items) update_item(item);
}

void SqliteItemTables::update_item(const Item& item) {
  if (item.damaged) {
    auto query =
        db_.query("UPDATE item SET state = ?, due_at = ?, reason = ?, token = NULL WHERE item_no = ?");
    query.bind(static_cast<std::int64_t>(item.state)).bind(item.due_at).bind(item.reason).bind(item.no).run();
    if (stands_where_it_says(item)) item_places_.put(item);
    return;
  }
  auto query = db_.query(kUpdateItem.c_str());
  write_item(query, item);
  item_places_.put(item);
}

void SqliteItemTables::delete_items(std::span<const Item> items) {
  for (const auto& item : items) {
    const bool known = !item.damaged || stands_where_it_says(item);
    db_.query("DELETE FROM item WHERE item_no = ?").bind(item.no).run();
    if (known) item_places_.remove(item);
  }
}

/// Of a damaged row, line and place may be another's. They are its own where the bitmaps, which are sound,
/// have an item there, and there is no other that it could be.
bool SqliteItemTables::stands_where_it_says(const Item& item) const {
  const auto of = item_places_.at(item.line_no, slice_of(item.thread.place));
  const auto at = within_slice(item.thread.place);
  if (!of.open.contains(at) && !of.failed.contains(at)) return false;
  auto query = db_.query("SELECT count(*) FROM item WHERE line_no > 0 AND line_no = ? AND place = ?");
  query.bind(item.line_no).bind(std::int64_t{item.thread.place});
  return query.step() && query.i64(0) == 1;
}

void SqliteItemTables::delete_notices(ChannelNo channel) {
  db_.query("DELETE FROM item WHERE channel_no = ? AND line_no = 0").bind(channel).run();
}

void SqliteItemTables::delete_waiting_notices(ChannelNo channel, ProviderNo provider) {
  auto query =
      db_.query("DELETE FROM item WHERE channel_no = ? AND provider_no = ? AND line_no = 0 AND state = 0");
  query.bind(channel).bind(provider).run();
}

void SqliteItemTables::forget_details(ProviderNo provider, Place place) {
  std::vector<std::pair<Item, std::string>> items;
  {
    auto query = db_.query("SELECT " ITEM_ROW
                           " FROM item WHERE provider_no = ? AND place = ? AND instr(reason, ':') > 0");
    query.bind(provider).bind(std::int64_t{place});
    while (query.step()) {
      std::string token;
      Item item = item_of(query, &token);
      items.emplace_back(std::move(item), std::move(token));
    }
  }
  for (auto& [item, token] : items) {
    item.reason.resize(item.reason.find(':'));
    if (item.damaged) {  // what is to be forgotten is forgotten
      auto query = db_.query("UPDATE item SET reason = ? WHERE item_no = ?");
      query.bind(item.reason).bind(item.no).run();
    } else {
      auto query = db_.query(kUpdateItem.c_str());
      write_item(query, item, token);
    }
  }
}

std::optional<Item> SqliteItemTables::item_of_notice(ChannelNo channel, ProviderNo provider,
                                                     std::int64_t notice_no) const {
  auto query =
      db_.query("SELECT " ITEM_ROW
                " FROM item WHERE channel_no = ? AND provider_no = ? AND notice_no = ? AND line_no = 0");
  query.bind(channel).bind(provider).bind(notice_no);
  if (!query.step()) return std::nullopt;
  return item_of(query);
}

ItemPage SqliteItemTables::items_of_line(LineNo line, Place begin, Place end, std::size_t limit) const {
  auto query =
      db_.query("SELECT " ITEM_ROW
                " FROM item WHERE line_no > 0 AND line_no = ? AND place >= ? AND place < ? ORDER BY place");
  query.bind(line).bind(std::int64_t{begin}).bind(std::int64_t{end});
  ItemPage page;
  while (!page.next && query.step()) {
    Item item = item_of(query);
    if (page.items.size() >= limit && !item.damaged) {
      page.next = item.thread.place;
    } else {
      page.items.push_back(std::move(item));
    }
  }
  return page;
}

Found<NoticeKey, Item> SqliteItemTables::items_of_notices(ChannelNo channel,
                                                          std::span<const NoticeKey> notices) const {
  return find_each(notices, [&](const NoticeKey& notice) {
    return item_of_notice(channel, notice.provider_no, notice.notice_no);
  });
}

namespace {

/// More than there are, also where damage has moved others there.
constexpr std::size_t kAtOnePlace = 1'000;

}  // namespace

// Items are few as a rule: those of up to so many places in between are read, too, and passed by.
std::vector<ItemAt> SqliteItemTables::items_at(LineNo line, std::span<const Place> places) const {
  constexpr Place kStrangers = 256;
  std::vector<ItemAt> found;
  const auto each_by_itself = [&](std::span<const Place> run) {
    for (const auto place : run)
      for (auto& item : items_of_line(line, place, place + 1, kAtOnePlace).items)
        found.push_back({place, std::move(item)});
  };
  const auto together = [&](std::span<const Place> run) {
    auto query =
        db_.query("SELECT " ITEM_ROW
                  " FROM item WHERE line_no > 0 AND line_no = ? AND place >= ? AND place < ? ORDER BY place");
    query.bind(line).bind(std::int64_t{run.front()}).bind(std::int64_t{run.back()} + 1);
    const auto before = found.size();
    while (query.step()) {
      Item item = item_of(query);
      const Place place = item.thread.place;
      if (item.damaged) {  // it may say another place
        found.resize(before);
        return false;
      }
      if (std::binary_search(run.begin(), run.end(), place)) found.push_back({place, std::move(item)});
    }
    return true;
  };
  while (!places.empty()) {
    std::size_t count = 1;
    while (count < places.size() && places[count] - places[count - 1] <= kStrangers + 1) ++count;
    const auto run = places.first(count);
    if (count == 1 || !together(run)) each_by_itself(run);
    places = places.subspan(count);
  }
  return found;
}

ItemPage SqliteItemTables::open_items_of_line(LineNo line, Place begin, std::size_t limit) {
  ItemPage page;
  item_places_.for_each(line, slice_of(begin), [&](SliceNo s, const ItemPlaces::OfSlice& of) {
    const std::uint32_t from = s == slice_of(begin) ? within_slice(begin) : 0;
    for (auto at = of.open.next(from); at < Slice::kPlaces; at = of.open.next(at + 1)) {
      const Place place = place_at(s, at);
      if (page.items.size() >= limit) {
        page.next = place;
        return false;
      }
      for (auto& item : items_of_line(line, place, place + 1, kAtOnePlace).items)
        page.items.push_back(std::move(item));
    }
    return true;
  });
  return page;
}

std::vector<ItemSlice> SqliteItemTables::item_slices(std::span<const LineSlice> slices) const {
  return each_of(slices, [&](const LineSlice& one) {
    auto of = item_places_.at(one.line_no, one.slice);
    return ItemSlice{of.open, of.failed};
  });
}

void SqliteItemTables::park_items(LineNo line, bool parked) {
  static_assert(kItem.weights[9] == 1);
  const auto waiting = static_cast<std::int64_t>(ItemState::waiting);
  const auto parking = static_cast<std::int64_t>(ItemState::parked);
  item_places_.for_each(line, 0, [&](SliceNo s, const ItemPlaces::OfSlice& of) {
    of.open.for_each([&](std::uint16_t at) {
      auto query = db_.query(
          "UPDATE item SET state = ?1, sum = sum + (?1 - state) "
          "WHERE line_no > 0 AND line_no = ?2 AND place = ?3 AND state = ?4");
      query.bind(parked ? parking : waiting).bind(line).bind(std::int64_t{place_at(s, at)});
      query.bind(parked ? waiting : parking).run();
    });
    return true;
  });
  park_waiting_places(db_, line, parked);
}

std::optional<Ms> SqliteItemTables::next_item_due(ChannelNo channel) const {
  auto query = db_.query("SELECT " ITEM_ROW " FROM item WHERE channel_no = ? AND state = 0 ORDER BY due_at");
  query.bind(channel);
  return first_sound(query, [&](const Query& row) {
    const auto item = item_of(row);
    require_asked_for(may_be_due(item));  // else it would be due for ever
    return item.due_at;
  });
}

void SqliteItemTables::find_damage(std::vector<FindingRow>& findings) const {
  find_damaged_rows(db_, kItem, kAllItems, findings);
}

}  // namespace bccast::sqlite
