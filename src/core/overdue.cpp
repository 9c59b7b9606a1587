#include "core/overdue.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "core/access.hpp"
#include "core/channel_health.hpp"
#include "core/cursor.hpp"
#include "core/events.hpp"
#include "core/holding.hpp"
#include "core/quiet.hpp"
#include "core/reasons.hpp"
#include "model/text_rules.hpp"

namespace bccast {
namespace {

/// The same for all that waits in a held store.
constexpr std::string_view kHeld = "the store was made by a backup, and is held until it is released";
constexpr std::string_view kIndexing =
    "names and addresses are being indexed anew, as the ICU library is another";

std::string what_holds_up(const Blast& blast, const Line& line, const Channel& channel,
                          const ChannelWork& work, std::int64_t unknown) {
  if (blast.state == BlastState::paused) return "the blast is paused";
  if (is_paused(channel, work)) return fmt::format("channel {}: paused", channel.name);
  if (work.failures > 0)
    return fmt::format("channel {}: failing since {} ({})", channel.name, work.failing_since,
                       work.last_reason.empty() ? "no reason given"
                       : work.over_threshold    ? std::string_view(work.last_reason)
                                                : class_of(work.last_reason));
  if (unknown > 0)
    return fmt::format("channel {}: it has quiet hours, and {} wait for their time zone to be known",
                       channel.name, unknown);
  if (work.worker_seen == 0) return fmt::format("channel {}: no worker was ever seen", channel.name);
  if (work.worker_seen < blast.sent_at)
    return fmt::format("channel {}: no worker was seen since {}", channel.name, work.worker_seen);
  return fmt::format("channel {}: {} pending, a worker was last seen at {}", channel.name, line.pending(),
                     work.worker_seen);
}

/// By what has ended since it was sent.
std::optional<Ms> time_left(const Blast& blast, const Line& line, Ms now) {
  const auto ended = line.total - line.pending();
  if (ended <= 0 || now <= blast.sent_at) return std::nullopt;
  return static_cast<Ms>(static_cast<double>(now - blast.sent_at) / static_cast<double>(ended) *
                         static_cast<double>(line.pending()));
}

}  // namespace

LinePace pace_of(const Tables& tables, const Context& context, const Blast& blast, const Line& line) {
  LinePace pace;
  const auto channel = tables.work().channel(line.channel_no);
  if (!line.open || !channel) return pace;
  const Ms now = context.clock.wall_ms();
  // What quiet hours, or the rate alone, make wait is not late.
  const auto quiet = quiet_places(tables, line, now);
  const auto slowed =
      deferred_by_rate(channel->rate, line.total, line.pending() - quiet.count, now - blast.sent_at);
  pace.deferred = quiet.count + slowed;
  const Ms deadline = context.deadline_of(blast);
  if (quiet.count > 0) pace.until = quiet.until + deadline;
  if (slowed > 0) {
    const Ms all_had = now + deadline + slowed * TokenBucket::kItem / channel->rate.per_1000_s;
    pace.until = std::max(pace.until.value_or(0), all_had);
  }
  pace.late = line.pending() - pace.deferred;
  const std::string_view held = is_held(tables, context)       ? kHeld
                                : is_indexing(tables, context) ? kIndexing
                                                               : std::string_view();
  const auto work = channel_work(tables, channel->no);
  const bool goes =
      blast.state == BlastState::sent && !is_paused(*channel, work) && work.failures == 0 && held.empty();
  if (goes && quiet.unknown == 0) pace.left = time_left(blast, line, now);
  if (pace.late > 0)
    pace.why = held.empty() ? what_holds_up(blast, line, *channel, work, quiet.unknown) : std::string(held);
  return pace;
}

LinePace pace_of(const Tables& tables, const Context& context, const Blast& blast,
                 const std::vector<Line>& lines) {
  LinePace all;
  bool known = true;
  for (const auto& line : lines) {
    if (!line.open) continue;
    const auto one = pace_of(tables, context, blast, line);
    all.late += one.late;
    all.deferred += one.deferred;
    if (one.until && (!all.until || *one.until > *all.until)) all.until = one.until;
    if (!one.left) known = false;
    if (one.left && (!all.left || *one.left > *all.left)) all.left = one.left;
    // What is said of the blast as a whole is said once.
    if (one.why.empty() || all.why.find(one.why) != std::string::npos) continue;
    if (!all.why.empty()) all.why += "; ";
    all.why += one.why;
  }
  if (!known) all.left.reset();
  return all;
}

std::string why_not_sent_yet(const Tables& tables, const Context& context, const Blast& blast) {
  std::string_view why = "no worker has looked since";
  if (context.known->schedules_wait) why = "the clock was stepped, and schedules wait";
  if (is_held(tables, context)) why = kHeld;
  return fmt::format("it was to be sent at {}: {}", blast.scheduled_at, why);
}

namespace {

OverdueRow row_of(const Tables& tables, const Context& context, const Blast& blast) {
  OverdueRow row;
  const auto provider = tables.directory().provider(blast.provider_no);
  if (!provider) throw Error(Code::corrupt, "a blast has lost its provider");
  row.provider = provider->id;
  row.blast = view(context.blast_id(blast.provider_no, blast.no));
  row.state = name_of(blast.state);
  row.recipients = blast.recipients;
  row.deadline_ms = blast.deadline_at;
  if (blast.state == BlastState::scheduled) {
    row.why = why_not_sent_yet(tables, context, blast);
    return row;
  }
  const auto lines = tables.work().lines(blast.provider_no, blast.no);
  const auto pace = pace_of(tables, context, blast, lines);
  for (const auto& line : lines) row.pending += line.pending();
  row.deferred = pace.deferred;
  row.why = pace.why;
  row.left_ms = pace.left;
  return row;
}

/// Whether somebody is to be told that it is late: something is late that nobody made wait.
bool is_late(const Tables& tables, const Context& context, const Blast& blast, LinePace& pace) {
  if (blast.state == BlastState::scheduled) return true;
  pace = pace_of(tables, context, blast, tables.work().lines(blast.provider_no, blast.no));
  return pace.late > 0;
}

}  // namespace

Page<OverdueRow> Overdue::list(std::string_view provider_id, std::string_view cursor, std::size_t limit) {
  const auto list = list_of("overdue", provider_id);
  const auto from = open_cursor<3>(context_, list, cursor).value_or(std::array<std::int64_t, 3>{0, 0, 0});
  const std::size_t most = page_limit(limit);
  return context_.store.read([&](const Tables& tables) {
    Page<OverdueRow> page;
    std::optional<ProviderNo> of_provider;
    if (!provider_id.empty()) of_provider = access::provider(tables, provider_id).no;
    const Ms now = context_.clock.wall_ms();
    DeadlinePosition after{from[0], from[1], from[2]};
    for (;;) {
      const auto blasts = tables.blasts().past_deadline(of_provider, now, after, most + 1);
      for (const auto& blast : blasts) {
        LinePace pace;
        if (is_late(tables, context_, blast, pace)) {
          if (page.items.size() == most) {
            page.next =
                seal_cursor<3>(context_, list, {after.deadline_at, after.provider_no, after.blast_no});
            return page;
          }
          page.items.push_back(row_of(tables, context_, blast));
        }
        after = {blast.deadline_at, blast.provider_no, blast.no};
      }
      if (blasts.size() <= most) return page;
    }
  });
}

bool Overdue::say_next() {
  for (;;)
    if (const auto one = try_to_say_next()) return *one;
}

/// Nothing: somebody else was faster with the first.
std::optional<bool> Overdue::try_to_say_next() {
  return context_.write(verb::say_overdue, {}, [&](Tables& tables) -> std::optional<bool> {
    const auto due = tables.blasts().due_deadline(context_.clock.wall_ms());
    if (!due) return false;
    const BlastKey key{due->provider_no, due->no};
    tables.lock().blasts({&key, 1}, Hold::exclusive);
    auto blast = tables.blasts().blast(key.first, key.second);
    if (!blast || blast->deadline_at != due->deadline_at || blast->overdue != due->overdue)
      return std::nullopt;
    LinePace pace;
    if (is_late(tables, context_, *blast, pace) || !pace.until) {
      blast->overdue = true;
      emit(tables, context_, EventKind::blast_overdue, blast->provider_no, blast->no);
    } else {
      // What waits for its morning, or for its turn at a rate, has a deadline of its own.
      blast->deadline_at = std::max(*pace.until, blast->deadline_at + 1);
    }
    tables.blasts().update_blast(*blast);
    return true;
  });
}

}  // namespace bccast
