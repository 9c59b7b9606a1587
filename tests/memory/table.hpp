// A table in memory: what was committed, and over it what one transaction has changed and locked.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace test::memory {

/// What a transaction does where another has the row: it waits until the other one has ended, or throws.
using AwaitOther = std::function<void()>;
/// What a server answers when a second row with the same key is inserted.
struct NotUnique : std::logic_error {
  explicit NotUnique(const char* table) : std::logic_error(std::string("there is such a row: ") + table) {}
};

/// A copy is a snapshot, and costs nothing until it is changed.
template <typename Key, typename Row>
class Table {
 public:
  /// `name`: in messages.
  explicit Table(const char* name = "") : name_(name) {}

  /// Null: there is none. Good until the table is changed.
  const Row* find(const Key& key) const {
    const auto own = changes_.find(key);
    if (own != changes_.end()) return own->second ? &*own->second : nullptr;
    const auto found = committed_->find(key);
    return found == committed_->end() ? nullptr : &found->second;
  }
  std::optional<Row> get(const Key& key) const {
    const Row* row = find(key);
    return row != nullptr ? std::optional(*row) : std::nullopt;
  }
  bool has(const Key& key) const { return find(key) != nullptr; }
  void put(const Key& key, Row row) { change(key, std::optional(std::move(row))); }
  /// REQUIRES: there is none, in this transaction or committed.
  void insert(const Key& key, Row row) {
    if (!add(key, std::move(row))) throw NotUnique(name_);
  }
  /// Nothing is done when there is none.
  void update(const Key& key, Row row) {
    wait_for(key, true);
    if (has(key)) put(key, std::move(row));
  }
  /// False, and nothing done, when there is one.
  bool add(const Key& key, Row row) {
    wait_for(key, true);
    if (has(key)) return false;
    put(key, std::move(row));
    return true;
  }
  /// False when there is none.
  bool erase(const Key& key) {
    wait_for(key, true);
    if (!has(key)) return false;
    change(key, std::nullopt);
    return true;
  }

  // ---- Of a transaction beside others that are not committed (beside/read_committed.hpp)

  /// From now on `await` is called by whoever wants what `other` has changed or locked; null: all is free.
  /// Both live until then.
  void begin_beside(const Table* other, const AwaitOther* await) {
    other_ = other;
    await_ = await;
  }
  /// Reads from now on what was committed last.
  void refresh(const Table& newest) { committed_ = newest.committed_; }
  /// Until the transaction ends nobody else changes the row, or locks it, unless both only share it. Nothing
  /// is locked where there is no row.
  void lock(const Key& key, bool exclusive) {
    wait_for(key, exclusive);
    if (!has(key)) return;
    auto& held = locks_[key];
    held = held || exclusive;
  }
  /// By this transaction, so or more so.
  bool is_locked(const Key& key, bool exclusive) const {
    const auto held = locks_.find(key);
    return held != locks_.end() && (held->second || !exclusive);
  }
  bool is_changed(const Key& key) const { return changes_.count(key) != 0; }

  /// Calls f(key, row) in the order of the keys, from `from` on, until it returns false. f must not change
  /// the table.
  template <typename F>
  void each(const Key& from, F&& f) const {
    const auto committed = committed_;  // f may see to it that others commit
    merge(*committed, committed->lower_bound(from), changes_.lower_bound(from), f);
  }
  /// The rows for which wanted(key, row) is true, up to the first for which within(key) is not.
  template <typename Within, typename Wanted>
  std::vector<std::pair<Key, Row>> rows(const Key& from, const Within& within, const Wanted& wanted) const {
    std::vector<std::pair<Key, Row>> found;
    each(from, [&](const Key& key, const Row& row) {
      if (!within(key)) return false;
      if (wanted(key, row)) found.emplace_back(key, row);
      return true;
    });
    return found;
  }
  template <typename Wanted>
  std::vector<std::pair<Key, Row>> rows(const Wanted& wanted) const {
    std::vector<std::pair<Key, Row>> found;
    for_all([&](const Key& key, const Row& row) {
      if (wanted(key, row)) found.emplace_back(key, row);
    });
    return found;
  }
  /// The same, to change them all: whoever holds one is waited for, and then it must still be wanted.
  template <typename Wanted>
  std::vector<std::pair<Key, Row>> rows_to_change(const Wanted& wanted) const {
    std::vector<std::pair<Key, Row>> still;
    for (const auto& one : rows(wanted)) {
      wait_for(one.first, true);
      const Row* now = find(one.first);
      if (now != nullptr && wanted(one.first, *now)) still.emplace_back(one.first, *now);
    }
    return still;
  }
  /// All of them.
  template <typename F>
  void for_all(F&& f) const {
    const auto committed = committed_;
    merge(*committed, committed->begin(), changes_.begin(), [&](const Key& key, const Row& row) {
      f(key, row);
      return true;
    });
  }

  /// Makes the changes part of what is committed.
  void commit() {
    if (!changes_.empty() && committed_.use_count() > 1) committed_ = std::make_shared<Rows>(*committed_);
    for (auto& [key, row] : changes_) {
      if (row) {
        committed_->insert_or_assign(key, std::move(*row));
      } else {
        committed_->erase(key);
      }
    }
    changes_.clear();
    locks_.clear();
    other_ = nullptr;
    await_ = nullptr;
  }

 private:
  using Rows = std::map<Key, Row>;
  using Changes = std::map<Key, std::optional<Row>>;

  void change(const Key& key, std::optional<Row> row) {
    wait_for(key, true);
    changes_.insert_or_assign(key, std::move(row));
  }
  void wait_for(const Key& key, bool exclusive) const {
    while (other_ != nullptr && other_->holds(key, exclusive)) (*await_)();
  }
  bool holds(const Key& key, bool exclusive) const {
    const auto held = locks_.find(key);
    return is_changed(key) || (held != locks_.end() && (exclusive || held->second));
  }

  template <typename F>
  void merge(const Rows& rows, typename Rows::const_iterator committed, typename Changes::const_iterator own,
             F&& f) const {
    while (committed != rows.end() || own != changes_.end()) {
      const bool is_own =
          own != changes_.end() && (committed == rows.end() || !(committed->first < own->first));
      if (!is_own) {
        if (!f(committed->first, committed->second)) return;
        ++committed;
        continue;
      }
      if (committed != rows.end() && !(own->first < committed->first)) ++committed;
      const auto& [key, row] = *own;
      ++own;
      if (row && !f(key, *row)) return;
    }
  }

  std::shared_ptr<Rows> committed_ = std::make_shared<Rows>();
  Changes changes_;
  std::map<Key, bool> locks_;  // true: exclusively
  const Table* other_ = nullptr;
  const AwaitOther* await_ = nullptr;
  const char* name_;
};

}  // namespace test::memory
