#include "core/channel_health.hpp"

#include <utility>

#include "base/error.hpp"
#include "core/events.hpp"
#include "model/retry.hpp"

namespace bccast {
namespace {

void open_breaker(Tables& tables, const Context& context, ChannelWork& work) {
  const Ms now = context.clock.wall_ms();
  if (work.failures++ == 0) {
    work.failing_since = now;
    emit(tables, context, EventKind::channel_failing, 0, work.channel_no);
  }
  work.open_until = now + breaker_wait(work.failures);
}

}  // namespace

ChannelWork channel_work(const Tables& tables, ChannelNo channel) {
  auto work = tables.work().channel_work(channel);
  if (!work) throw Error(Code::corrupt, "a channel has lost the row of its work");
  return std::move(*work);
}

void channel_failed(Tables& tables, const Context& context, ChannelWork& work, const std::string& reason) {
  open_breaker(tables, context, work);
  // What brought it over its threshold stays the reason: a probe is one of them.
  if (!work.over_threshold) work.last_reason = reason;
  tables.work().update_channel_work(work);
}

void channel_works(Tables& tables, const Context& context, ChannelWork& work) {
  if (work.failures == 0) return;
  work.failures = 0;
  work.failing_since = 0;
  work.open_until = 0;
  work.last_reason.clear();
  work.over_threshold = false;
  work.window = {};
  emit(tables, context, EventKind::channel_working, 0, work.channel_no);
  tables.work().update_channel_work(work);
}

void count_attempts(Tables& tables, const Context& context, const FailRule& rule, ChannelWork& work,
                    const AttemptCounts& counts) {
  if (rule.percent == 0 || !work.window.add(counts)) return;
  if (work.window.exceeds(rule)) {
    work.last_reason = work.window.describe();
    work.window = {};
    if (rule.pauses) {
      work.stopped = true;
      emit(tables, context, EventKind::channel_paused, 0, work.channel_no);
    } else {
      work.over_threshold = true;
      open_breaker(tables, context, work);
    }
  } else {
    work.window.age(rule);
  }
  tables.work().update_channel_work(work);
}

}  // namespace bccast
