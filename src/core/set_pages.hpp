// How large the sets are with which core calls the ports.
//
// A call is a round trip on a server, so acts on many go through sets: so many calls for each page, whatever
// becomes of its rows. No call carries more than 8 MiB, so that neither a server's memory nor a driver's
// buffers decide how much may be done at once.
#pragma once

#include <algorithm>
#include <cstddef>
#include <map>
#include <span>
#include <utility>
#include <vector>

namespace bccast {

/// Rows in one call. 8 MiB are 8 KiB for each: a person's row has 1,023 bytes of an id, three texts of 255,
/// and room for eleven of the longest addresses; a thread's, a member's or an item's has less than 1 KiB.
inline constexpr std::size_t kRowsTogether = 1000;

/// Bitmaps in one call: three for each slice of a roster, of 8 KiB each, are 6 MiB.
inline constexpr std::size_t kSlicesTogether = 256;

/// Calls f(page, number of its first) for pages of at most `most`.
template <typename Item, typename F>
void for_each_page(std::span<Item> items, F&& f, std::size_t most = kRowsTogether) {
  for (std::size_t begin = 0; begin < items.size(); begin += most)
    f(items.subspan(begin, std::min(most, items.size() - begin)), begin);
}

/// Bitmaps that are read as a set, changed in memory and written as a set. At most kSlicesTogether are kept.
template <typename Key, typename Value>
class SliceCache {
 public:
  using Row = std::pair<Key, Value>;

  /// Makes each change to its bitmap, those of one bitmap in their order. `read(keys)` gives the bitmaps,
  /// `write(rows)` stores them, `apply(bitmap, change)` changes one.
  template <typename Change, typename Read, typename Write, typename Apply>
  void change(std::vector<std::pair<Key, Change>>& changes, const Read& read, const Write& write,
              const Apply& apply) {
    const auto by_key = [](const auto& a, const auto& b) { return a.first < b.first; };
    if (!std::is_sorted(changes.begin(), changes.end(), by_key))
      std::stable_sort(changes.begin(), changes.end(), by_key);
    for (auto next = changes.begin(); next != changes.end();) {
      std::vector<Key> keys;
      auto end = next;
      for (; end != changes.end(); ++end) {
        if (!keys.empty() && keys.back() == end->first) continue;
        if (keys.size() == kSlicesTogether) break;
        keys.push_back(end->first);
      }
      load(keys, read, write);
      Value* value = nullptr;
      const Key* of = nullptr;
      for (; next != end; ++next) {
        if (of == nullptr || *of != next->first) value = &values_.at(next->first);
        of = &next->first;
        apply(*value, next->second);
      }
    }
    changes.clear();
  }

  template <typename Write>
  void store(const Write& write) {
    if (values_.empty()) return;
    std::vector<Row> rows;
    rows.reserve(values_.size());
    for (auto& [key, value] : values_) rows.emplace_back(key, std::move(value));
    values_.clear();
    write(std::span<const Row>(rows));
  }

 private:
  template <typename Read, typename Write>
  void load(std::vector<Key> keys, const Read& read, const Write& write) {
    const auto known = [this](const Key& key) { return values_.count(key) > 0; };
    const auto unknown =
        keys.size() - static_cast<std::size_t>(std::count_if(keys.begin(), keys.end(), known));
    if (values_.size() + unknown > kSlicesTogether) store(write);
    std::erase_if(keys, known);
    if (keys.empty()) return;
    auto read_ones = read(std::span<const Key>(keys));
    for (std::size_t i = 0; i < keys.size(); ++i) values_.emplace(keys[i], std::move(read_ones.at(i)));
  }

  std::map<Key, Value> values_;
};

}  // namespace bccast
