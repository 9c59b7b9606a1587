// What a set of keys leads to.
#pragma once

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

/// Of a store that finds rows one by one: `find(key)` gives the row, nothing, or throws Error(corrupt).
template <typename Key, typename Find>
auto find_each(std::span<const Key> keys, const Find& find) {
  Found<Key, typename std::invoke_result_t<const Find&, const Key&>::value_type> found;
  for (const auto& key : keys) {
    if (found.has(key)) continue;
    try {
      found.add(key, find(key));
    } catch (const Error& error) {
      if (error.code() != Code::corrupt) throw;
      found.add_damaged(key, std::current_exception());
    }
  }
  return found;
}

}  // namespace bccast
