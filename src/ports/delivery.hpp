// What a deliverer is given beside the columns all handlers get: the text, and what a host's own thread
// needs.
#pragma once

#include <string>
#include <vector>

#include "ports/notice_batch.hpp"

namespace bccast {

/// One message for all of a batch; the columns have a cell for each of its items.
struct Delivery {
  bool retracts = false;  // it takes back what was delivered: there is no text
  std::string text;
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
