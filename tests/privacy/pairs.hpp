// P2: what two clients find when they lay side by side all that they see of their private threads.
#pragma once

#include <bccast/bccast.h>

#include <algorithm>
#include <cstddef>
#include <iterator>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "leak.hpp"
#include "store.hpp"
#include "trace.hpp"

namespace privacy {

/// All of a client's private threads: their lines in the list, their messages, their notifications. With a
/// planted leak: as they are after it.
struct View {
  std::vector<test::Row> threads;
  std::vector<test::Row> messages;
  std::vector<test::Row> notices;
  std::vector<std::string> cursors;

  template <typename Each>
  void for_each_value(Each&& each) const {
    for (const auto* rows : {&threads, &messages, &notices})
      for (const auto& row : *rows)
        for (const auto& cell : row.cells) each(cell);
  }
};

inline View view_of(Store& store, const std::string& client, const Leak* leak = nullptr,
                    const Facts& facts = {}) {
  const auto through = [&](Observation seen) {
    if (leak != nullptr && leak->answer) leak->answer(seen, facts);
    return std::move(seen.answer.rows.rows);
  };
  View view;
  std::set<std::string> hers;
  std::string cursor;
  do {
    Observation seen{"threads", test::call(bccast_client_threads, store, client, nullptr,
                                           cursor.empty() ? nullptr : cursor.c_str(), 100)};
    std::erase_if(seen.answer.rows.rows, [](const test::Row& row) { return row.text("kind") != "private"; });
    for (const auto& row : seen.answer.rows) hers.insert(row.text("thread"));
    cursor = seen.answer.rows.next;
    if (!cursor.empty()) view.cursors.push_back(cursor);
    for (auto& row : through(std::move(seen))) view.threads.push_back(std::move(row));
  } while (!cursor.empty());
  for (const auto& thread : hers)
    for (auto& row :
         through({"messages", test::call(bccast_client_messages, store, client, thread, 0, 1, 1000)}))
      view.messages.push_back(std::move(row));
  auto notices = store.notices(client);
  std::erase_if(notices,
                [&](const Store::Notice& notice) { return !hers.contains(notice.row.text("thread")); });
  if (leak != nullptr && leak->notices) leak->notices(notices, facts);
  for (const auto& notice : notices)
    for (auto& row : through(told(notice))) view.notices.push_back(std::move(row));
  return view;
}

/// Ids, or parts of six bytes of ids, that occur in both. (By chance: about once in 10^9 pairs of views.)
inline std::vector<std::string> shared_ids(const View& one, const View& two) {
  constexpr std::size_t kLetters = 12;
  const auto parts_of = [](const View& view) {
    std::set<std::string> parts;
    const auto add = [&](std::string_view text) {
      for (const auto& run : hex_runs(text))
        for (std::size_t i = 0; i + kLetters <= run.size(); i += 2) parts.insert(run.substr(i, kLetters));
    };
    view.for_each_value([&](const test::Cell& cell) { add(cell.value); });
    for (const auto& cursor : view.cursors) add(cursor);
    return parts;
  };
  const auto first = parts_of(one);
  const auto second = parts_of(two);
  std::vector<std::string> both;
  std::ranges::set_intersection(first, second, std::back_inserter(both));
  return both;
}

/// Whole values that occur in both, as column=value.
inline std::set<std::string> shared_values(const View& one, const View& two) {
  const auto values_of = [](const View& view) {
    std::set<std::string> values;
    view.for_each_value([&](const test::Cell& cell) { values.insert(cell.column + "=" + cell.value); });
    return values;
  };
  const auto first = values_of(one);
  const auto second = values_of(two);
  std::set<std::string> both;
  std::ranges::set_intersection(first, second, std::inserter(both, both.end()));
  return both;
}

}  // namespace privacy
