// Planted leaks: what a defective library might tell ana, put between the library and what is recorded.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "store.hpp"
#include "trace.hpp"

namespace privacy {

/// A notification, or a message put into the host's own thread, as an answer.
inline Observation told(const Store::Notice& notice) {
  Observation seen{notice.channel == Store::kDelivers ? "delivered" : "told",
                   {BCCAST_OK, notice.channel, {}}};
  for (const auto& cell : notice.row.cells) seen.answer.rows.columns.emplace_back(cell.column, cell.type);
  seen.answer.rows.rows.push_back(notice.row);
  return seen;
}

/// What a library knows and ana must not.
struct Facts {
  struct Sent {
    std::string blast;
    std::int64_t number = 0;  // counted over all blasts
    std::int64_t recipients = 0;
    std::int64_t sent_ms = 0;
  };
  std::int64_t now_ms = 0;
  std::int64_t clients = 0;
  std::int64_t messages = 0;
  std::int64_t blasts = 0;
  std::int64_t recalls = 0;
  std::map<std::string, Sent> sent;  // by the thread of a recipient
  std::map<std::string, std::string>
      first_name;  // of a thread's provider, when somebody else touched the thread
  std::set<std::string> keys_of_others;
  bool thing_exists = false;  // what is probed
  std::string key;            // of ana's reply
};

struct Leak {
  std::string name;
  std::string detector;  // that must notice
  std::function<void(Observation&, const Facts&)> answer{};
  std::function<void(std::vector<Store::Notice>&, const Facts&)> notices{};
};

}  // namespace privacy
