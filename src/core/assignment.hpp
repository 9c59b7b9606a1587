// A batch of work in somebody's hands, and the report on it.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/error.hpp"
#include "core/context.hpp"
#include "ports/delivery.hpp"
#include "ports/notice_batch.hpp"

namespace bccast {

/// A claimed batch, and what is to be known for the report on it. An entry is a place of the line, or an
/// index in `items`.
struct Assignment {
  Claim claim;
  Channel channel;                   // as it was when the claim was made
  std::optional<Line> line;          // the blast's line; nothing: single items
  std::vector<Place> places;         // of the line: what the claim has, in the order of the line
  std::vector<Item> items;           // of single items: these
  NoticeBatch batch;                 // what the handler is given
  std::optional<Delivery> delivery;  // when it is to deliver
  std::vector<std::size_t> entries;  // for each notice of the batch its entry, in the order of work
  struct LeftOut {
    std::size_t entry;
    SkipReason reason;
  };
  std::vector<LeftOut> left_out;
  std::vector<std::size_t> damaged;  // entries that cannot be read
  struct Deferred {
    std::size_t entry;
    Ms until;
    std::optional<WaitReason> reason{};  // because of quiet hours; else its message is still being delivered
  };
  std::vector<Deferred> deferred;  // entries that are not to be handed over yet
  struct Behind {
    std::size_t entry;
    std::size_t first;  // of the batch
  };
  std::vector<Behind> behind;  // of a line: entries at the address of one that is in the batch
  struct Hold {
    ToldAddress address;
    std::optional<Place> instead;  // the holder that it replaces; nothing: there was none
  };
  std::vector<Hold> holds;  // addresses that become those of their places before anything is handed out
  std::map<std::size_t, AddressHash> addresses;  // of the entries in the batch that share theirs with others
  Ms at = 0;                                     // of a line: when its message was sent, in whole seconds
  bool loaded = false;                           // the batch is filled
  std::int64_t filled_in_us = 0;                 // how long that took, within the transaction that claimed it
  bool withdrawn = false;                        // it is not to be handed out after all, but given back
  std::size_t claimed = 0;                       // how many entries the claim had when it was made
  bool probe = false;                            // of a channel that was failing when the claim was made
  bool rated = false;                            // they were taken from the rate of the channel

  explicit Assignment(const PublicIds& ids) : batch(ids) {}

  /// It is not filled any more.
  void empty() {
    batch.clear();
    delivery.reset();
    entries.clear();
    left_out.clear();
    damaged.clear();
    deferred.clear();
    behind.clear();
    holds.clear();
    addresses.clear();
    at = 0;
    loaded = false;
  }
};

/// How a batch went as a whole.
enum class BatchResult {
  as_set,    // each item as its handler said
  failed,    // the whole of it again later: the channel's failure, not the items'
  given_up,  // its workers died too often: every item fails
  split,     // its workers died, though not too often yet: in halves
  returned,  // not begun: as if it had never been claimed
};

/// On all of a batch, or on a part: the notices from `begin` up to `end`. Parts are reported in order.
struct Report {
  const Assignment* assignment = nullptr;
  BatchResult result = BatchResult::as_set;
  std::string reason{};
  std::size_t begin = 0;
  std::size_t end = kAll;
  static constexpr std::size_t kAll = static_cast<std::size_t>(-1);

  std::size_t stop() const noexcept {
    return end < assignment->batch.size() ? end : assignment->batch.size();
  }
  /// Nothing is left to be reported after it.
  bool last() const noexcept { return stop() == assignment->batch.size(); }
};

/// A batch whose workers died so often is halved instead of being sent again.
inline constexpr std::int64_t kDeathsTogether = 3;

}  // namespace bccast
