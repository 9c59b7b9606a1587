// A table in memory: what was committed, and over it what one transaction has changed.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

namespace test::memory {

/// A copy is a snapshot, and costs nothing until it is changed.
template <typename Key, typename Row>
class Table {
 public:
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
  void put(const Key& key, Row row) { changes_.insert_or_assign(key, std::optional(std::move(row))); }
  /// False, and nothing done, when there is one.
  bool add(const Key& key, Row row) {
    if (has(key)) return false;
    put(key, std::move(row));
    return true;
  }
  /// False when there is none.
  bool erase(const Key& key) {
    if (!has(key)) return false;
    changes_.insert_or_assign(key, std::nullopt);
    return true;
  }

  /// Calls f(key, row) in the order of the keys, from `from` on, until it returns false. f must not change
  /// the table.
  template <typename F>
  void each(const Key& from, F&& f) const {
    merge(committed_->lower_bound(from), changes_.lower_bound(from), f);
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
  /// All of them.
  template <typename F>
  void for_all(F&& f) const {
    merge(committed_->begin(), changes_.begin(), [&](const Key& key, const Row& row) {
      f(key, row);
      return true;
    });
  }

  /// Makes the changes part of what is committed.
  void commit() {
    if (changes_.empty()) return;
    if (committed_.use_count() > 1) committed_ = std::make_shared<Rows>(*committed_);
    for (auto& [key, row] : changes_) {
      if (row) {
        committed_->insert_or_assign(key, std::move(*row));
      } else {
        committed_->erase(key);
      }
    }
    changes_.clear();
  }

 private:
  using Rows = std::map<Key, Row>;
  using Changes = std::map<Key, std::optional<Row>>;

  template <typename F>
  void merge(typename Rows::const_iterator committed, typename Changes::const_iterator own, F&& f) const {
    while (committed != committed_->end() || own != changes_.end()) {
      const bool is_own =
          own != changes_.end() && (committed == committed_->end() || !(committed->first < own->first));
      if (!is_own) {
        if (!f(committed->first, committed->second)) return;
        ++committed;
        continue;
      }
      if (committed != committed_->end() && !(own->first < committed->first)) ++committed;
      const auto& [key, row] = *own;
      ++own;
      if (row && !f(key, *row)) return;
    }
  }

  std::shared_ptr<Rows> committed_ = std::make_shared<Rows>();
  Changes changes_;
};

}  // namespace test::memory
