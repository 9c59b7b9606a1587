// What a deliverer is given beside the columns all handlers get: the texts, and what a host's own thread
// needs.
#pragma once

#include <deque>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "ports/notice_batch.hpp"

namespace bccast {

/// A column of long texts, each with a NUL behind: what several cells have in common is there once.
class LongTextColumn {
 public:
  /// That of the cells that are added from now on.
  void set_text(std::string text) { texts_.push_back(std::move(text)); }
  void add() { cells_.push_back(texts_.size()); }
  std::size_t size() const noexcept { return cells_.size(); }
  std::string_view at(std::size_t row) const noexcept {
    const auto number = cells_[row];
    return number == 0 ? std::string_view("") : texts_[number - 1];
  }

 private:
  std::deque<std::string> texts_;   // they stay where they are
  std::vector<std::size_t> cells_;  // of each the number of its text, from 1 on; 0: none
};

/// The columns have a cell for each item of the batch.
struct Delivery {
  bool retracts = false;  // it takes back what was delivered: there are no texts
  LongTextColumn text;
  TextColumn provider;
  TextColumn provider_name;
  TextColumn client;  // of a private thread
  TextColumn kind;    // of the thread
  TextColumn title;
  std::vector<std::int64_t> seq;  // of the message in its thread
  TextColumn author;              // as the one it is delivered to is shown it
  TextColumn author_name;
  TextColumn action;  // "deliver" or "retract", the same for all
};

/// What a deliverer does with a batch to take back when it cannot: it stays where it is.
inline Handled cannot_retract(NoticeBatch& batch) {
  for (std::size_t i = 0; i < batch.size(); ++i) batch.set(i, {ItemStatus::skipped, "cannot_retract", -1});
  return Handled::as_set;
}

}  // namespace bccast
