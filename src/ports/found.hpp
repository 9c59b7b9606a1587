// What a set of keys leads to.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <optional>
#include <span>
#include <type_traits>
#include <utility>
#include <vector>

#include "base/error.hpp"

namespace bccast {

/// Rows in the order in which they were found, and beside them where each key's stands, in the order of keys:
/// a list of a page is a few blocks, and is mostly asked for in the order of its keys.
template <typename Key, typename Row>
class Found {
 public:
  void reserve(std::size_t count) {
    rows_.reserve(count);
    order_.reserve(count);
  }
  void add(const Key& key, std::optional<Row> row) { put({key, std::move(row), nullptr}); }
  /// The row is damaged: `why` says so to whoever asks for it, and nobody else.
  void add_damaged(const Key& key, std::exception_ptr why) { put({key, std::nullopt, std::move(why)}); }
  bool has(const Key& key) const { return stands_at(place_of(key), key); }
  /// REQUIRES: it was asked for.
  bool is_damaged(const Key& key) const { return at(key).damaged != nullptr; }

  /// Null: there is no such row. Throws Error(corrupt) when it is damaged. REQUIRES: it was asked for.
  const Row* find(const Key& key) const {
    const auto& one = at(key);
    if (one.damaged) std::rethrow_exception(one.damaged);
    return one.row ? &*one.row : nullptr;
  }

 private:
  struct One {
    Key key;
    std::optional<Row> row;
    std::exception_ptr damaged;
  };
  using Order = std::vector<std::uint32_t>;

  Order::const_iterator place_of(const Key& key) const {
    if (order_.empty() || rows_[order_.back()].key < key) return order_.end();
    return std::lower_bound(order_.begin(), order_.end(), key,
                            [this](std::uint32_t i, const Key& wanted) { return rows_[i].key < wanted; });
  }
  bool stands_at(Order::const_iterator place, const Key& key) const {
    return place != order_.end() && !(key < rows_[*place].key);
  }
  const One& at(const Key& key) const {
    const auto place = place_of(key);
    if (!stands_at(place, key)) throw Error(Code::internal, "a row is used that was not asked for");
    return rows_[*place];
  }
  void put(One one) {
    const auto place = place_of(one.key);
    if (stands_at(place, one.key)) {
      rows_[*place] = std::move(one);
      return;
    }
    order_.insert(place, static_cast<std::uint32_t>(rows_.size()));
    rows_.push_back(std::move(one));
  }

  std::vector<One> rows_;
  Order order_;  // of the keys
};

/// Of a store that finds rows one by one: `find(key)` gives the row, nothing, or throws Error(corrupt). No
/// more are looked for when those that were found have `most` bytes, as `size_of(row)` counts them.
template <typename Key, typename Find, typename SizeOf>
auto find_up_to(std::span<const Key> keys, std::size_t most, const Find& find, const SizeOf& size_of) {
  Found<Key, typename std::invoke_result_t<const Find&, const Key&>::value_type> found;
  found.reserve(keys.size());
  std::size_t bytes = 0;
  for (const auto& key : keys) {
    if (found.has(key)) continue;
    if (bytes >= most) break;
    try {
      auto row = find(key);
      if (row) bytes += size_of(*row);
      found.add(key, std::move(row));
    } catch (const Error& error) {
      if (error.code() != Code::corrupt) throw;
      found.add_damaged(key, std::current_exception());
    }
  }
  return found;
}

/// Of a store that reads one by one: `read(key)` for each of the keys, in their order.
template <typename Key, typename Read>
auto each_of(std::span<const Key> keys, const Read& read) {
  std::vector<std::invoke_result_t<const Read&, const Key&>> all;
  all.reserve(keys.size());
  for (const auto& key : keys) all.push_back(read(key));
  return all;
}

template <typename Key, typename Find>
auto find_each(std::span<const Key> keys, const Find& find) {
  return find_up_to(keys, 1, find, [](const auto&) { return std::size_t{0}; });
}

}  // namespace bccast
