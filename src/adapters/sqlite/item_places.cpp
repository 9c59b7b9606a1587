#include "adapters/sqlite/item_places.hpp"

#include <vector>

#include "adapters/sqlite/mapping.hpp"

namespace bccast::sqlite {
namespace {

enum Column : int { kOpen = 1, kFailed = 2 };

std::uint32_t key_of(Column column, LineNo line, SliceNo slice) {
  return bitmap_key(RowKind::item_slice, column, line, slice);
}

}  // namespace

void ItemPlaces::put(const Item& item) {
  if (item.line_no == 0) return;
  auto& of = to_change(item);
  const auto at = within_slice(item.thread.place);
  const bool failed = item.state == ItemState::failed;
  (failed ? of.failed : of.open).add(at);
  (failed ? of.open : of.failed).remove(at);
}

void ItemPlaces::remove(const Item& item) {
  if (item.line_no == 0) return;
  auto& of = to_change(item);
  of.open.remove(within_slice(item.thread.place));
  of.failed.remove(within_slice(item.thread.place));
}

ItemPlaces::OfSlice ItemPlaces::at(LineNo line, SliceNo slice) const {
  const auto found = changed_.find({line, slice});
  return found != changed_.end() ? found->second : stored(line, slice);
}

void ItemPlaces::for_each(LineNo line, SliceNo from, FunctionRef<bool(SliceNo, const OfSlice&)> f) {
  write();
  std::vector<SliceNo> slices;
  {
    auto query =
        db_.query("SELECT slice_no FROM item_slice WHERE line_no = ? AND slice_no >= ? ORDER BY slice_no");
    query.bind(line).bind(from_number(from));
    while (query.step()) slices.push_back(slice_in(query.i64(0)));
  }
  for (const auto slice : slices)
    if (!f(slice, stored(line, slice))) return;
}

void ItemPlaces::write() {
  for (const auto& [key, of] : changed_) {
    if (of.empty()) {
      auto query = db_.query("DELETE FROM item_slice WHERE line_no = ? AND slice_no = ?");
      query.bind(key.first).bind(std::int64_t{key.second}).run();
      continue;
    }
    const auto open = of.open.encode(key_of(kOpen, key.first, key.second));
    const auto failed = of.failed.encode(key_of(kFailed, key.first, key.second));
    auto query = db_.query(
        "INSERT INTO item_slice(line_no, slice_no, open, failed) VALUES (?, ?, ?, ?) "
        "ON CONFLICT DO UPDATE SET open = excluded.open, failed = excluded.failed");
    query.bind(key.first).bind(std::int64_t{key.second}).bind(open).bind(failed).run();
  }
  changed_.clear();
}

ItemPlaces::OfSlice& ItemPlaces::to_change(const Item& item) {
  const Key key{item.line_no, slice_of(item.thread.place)};
  auto found = changed_.find(key);
  if (found == changed_.end()) found = changed_.emplace(key, stored(key.first, key.second)).first;
  return found->second;
}

ItemPlaces::OfSlice ItemPlaces::stored(LineNo line, SliceNo slice) const {
  auto query = db_.query("SELECT open, failed FROM item_slice WHERE line_no = ? AND slice_no = ?");
  query.bind(line).bind(std::int64_t{slice});
  if (!query.step()) return {};
  return {Slice::decode(query.blob(0), key_of(kOpen, line, slice)),
          Slice::decode(query.blob(1), key_of(kFailed, line, slice))};
}

}  // namespace bccast::sqlite
