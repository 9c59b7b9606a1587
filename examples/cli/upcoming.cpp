#include "upcoming.hpp"

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>

#include "handles.hpp"
#include "moment.hpp"

namespace cli {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds kSoon{60'000};
constexpr milliseconds kLate{500};  // what was not sent by then waits for something else: the clock was set

/// When the first of a provider's blasts is to be sent.
void note_soonest(bccast_engine* engine, const std::string& provider, std::optional<std::int64_t>& soonest) {
  Rows blasts;
  check(
      bccast_blast_list(engine, provider.c_str(), "state=scheduled", nullptr, BCCAST_MAX_LIST, blasts.out()));
  for (std::size_t i = 0; i < blasts.count(); ++i) {
    Rows blast;
    const std::string id(blasts.text(i, "blast"));
    check(bccast_blast_get(engine, provider.c_str(), id.c_str(), blast.out()));
    if (blast.text(0, "state") != "scheduled") continue;
    const std::int64_t at = blast.number(0, "scheduled_at_ms");
    if (!soonest || at < *soonest) soonest = at;
  }
}

std::optional<std::int64_t> soonest_schedule(bccast_engine* engine) {
  std::optional<std::int64_t> soonest;
  std::string cursor;
  for (bool more = true; more;) {
    Rows rows;
    check(bccast_directory_provider_list(engine, cursor.empty() ? nullptr : cursor.c_str(), BCCAST_MAX_LIST,
                                         rows.out()));
    for (std::size_t i = 0; i < rows.count(); ++i) {
      note_soonest(engine, std::string(rows.text(i, "provider")), soonest);
    }
    more = rows.next() != nullptr;
    if (more) cursor = rows.next();
  }
  return soonest;
}

}  // namespace

std::optional<std::int64_t> to_be_sent_soon(bccast_engine* engine, std::int64_t next_ms) {
  // Whatever is scheduled, the library looks after a minute at the latest.
  if (next_ms < 0 || next_ms > kSoon.count()) return std::nullopt;
  const auto at = soonest_schedule(engine);
  const std::int64_t now = now_ms();
  if (!at || *at > now + kSoon.count() || *at < now - kLate.count()) return std::nullopt;
  return at;
}

}  // namespace cli
