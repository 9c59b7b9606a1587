// The threads of one client, page by page.
#pragma once

#include <algorithm>
#include <limits>
#include <span>
#include <vector>

#include "core/context.hpp"
#include "core/set_pages.hpp"

namespace bccast {

/// How many rows are read after those that ought to be enough: a few, as of the same time or against a filter
/// there are some more; and then more and more.
class Growing {
 public:
  /// `first`: so many were read.
  explicit Growing(std::size_t first) : last_(std::min(first, kFew)) {}
  std::size_t next() { return last_ = std::min(last_ * 4, kRowsTogether); }

 private:
  static constexpr std::size_t kFew = 8;
  std::size_t last_;
};

/// Calls f(page) for pages of the client's stored threads at its places on rosters, the latest activity
/// first, from those of the time `from` on, until it returns false. `unread`: of those with messages it has
/// not read. The first page is of `first`; where that does not do, a few more are read, and then more and
/// more.
template <typename F>
void for_each_page_of_client(const Tables& tables, std::span<const RosterKey> places, Ms from, bool unread,
                             std::size_t first, F&& f) {
  if (places.empty()) return;
  ClientThreadPosition last{from, std::numeric_limits<ProviderNo>::max(),
                            std::numeric_limits<BlastNo>::max()};
  Growing wish(first);
  for (std::size_t most = first;; most = wish.next()) {
    const auto page = tables.threads().client_threads(places, last, unread, most);
    if (page.empty() || !f(std::span<const Thread>(page)) || page.size() < most) return;
    last = client_position_of(page.back());
  }
}

/// Calls f(page) for pages of the blasts that were sent to the client since its last looks that were stored:
/// of one roster after the other.
template <typename F>
void for_each_page_of_newer(const Tables& tables, std::vector<NewerKey> places, F&& f) {
  auto rest = std::span<NewerKey>(places);
  while (!rest.empty()) {
    // One more, which tells whether there is another page.
    const auto found = tables.blasts().newer_blasts(rest, kRowsTogether + 1);
    const auto page = std::span<const NewerBlast>(found).first(std::min(found.size(), kRowsTogether));
    if (!page.empty()) f(page);
    if (page.size() == found.size()) return;
    while (rest.front().at != page.back().at) rest = rest.subspan(1);
    rest.front().after = page.back().blast.seq;
  }
}

}  // namespace bccast
