// What a set of keys leads to.
#pragma once

#include <cstddef>
#include <exception>
#include <map>
#include <optional>
#include <span>
#include <type_traits>
#include <utility>

#include "base/error.hpp"

namespace bccast {

template <typename Key, typename Row>
class Found {
 public:
  void add(const Key& key, std::optional<Row> row) { rows_[key] = {std::move(row), nullptr}; }
  /// The row is damaged: `why` says so to whoever asks for it, and nobody else.
  void add_damaged(const Key& key, std::exception_ptr why) { rows_[key] = {std::nullopt, std::move(why)}; }
  bool has(const Key& key) const { return rows_.count(key) > 0; }
  /// REQUIRES: it was asked for.
  bool is_damaged(const Key& key) const { return rows_.at(key).damaged != nullptr; }

  /// Null: there is no such row. Throws Error(corrupt) when it is damaged. REQUIRES: it was asked for.
  const Row* find(const Key& key) const {
    const auto& one = rows_.at(key);
    if (one.damaged) std::rethrow_exception(one.damaged);
    return one.row ? &*one.row : nullptr;
  }

 private:
  struct One {
    std::optional<Row> row;
    std::exception_ptr damaged;
  };
  std::map<Key, One> rows_;
};

/// Of a store that finds rows one by one: `find(key)` gives the row, nothing, or throws Error(corrupt). No
/// more are looked for when those that were found have `most` bytes, as `size_of(row)` counts them.
template <typename Key, typename Find, typename SizeOf>
auto find_up_to(std::span<const Key> keys, std::size_t most, const Find& find, const SizeOf& size_of) {
  Found<Key, typename std::invoke_result_t<const Find&, const Key&>::value_type> found;
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

template <typename Key, typename Find>
auto find_each(std::span<const Key> keys, const Find& find) {
  return find_up_to(keys, 1, find, [](const auto&) { return std::size_t{0}; });
}

}  // namespace bccast
