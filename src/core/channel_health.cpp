#include "core/channel_health.hpp"

#include "core/events.hpp"
#include "model/retry.hpp"

namespace bccast {
namespace {

void open_breaker(Tables& tables, const Context& context, Channel& channel) {
  const Ms now = context.clock.wall_ms();
  if (channel.failures++ == 0) {
    channel.failing_since = now;
    emit(tables, context, EventKind::channel_failing, 0, channel.no);
  }
  channel.open_until = now + breaker_wait(channel.failures);
}

}  // namespace

void channel_failed(Tables& tables, const Context& context, Channel& channel, const std::string& reason) {
  open_breaker(tables, context, channel);
  // What brought it over its threshold stays the reason: a probe is one of them.
  if (!channel.over_threshold) channel.last_reason = reason;
  tables.work().update_channel(channel);
}

void channel_works(Tables& tables, const Context& context, Channel& channel) {
  if (channel.failures == 0) return;
  channel.failures = 0;
  channel.failing_since = 0;
  channel.open_until = 0;
  channel.last_reason.clear();
  channel.over_threshold = false;
  channel.window = {};
  emit(tables, context, EventKind::channel_working, 0, channel.no);
  tables.work().update_channel(channel);
}

void count_attempts(Tables& tables, const Context& context, Channel& channel, const AttemptCounts& counts) {
  if (channel.fail_rule.percent == 0 || !channel.window.add(counts)) return;
  if (channel.window.exceeds(channel.fail_rule)) {
    channel.last_reason = channel.window.describe();
    channel.window = {};
    if (channel.fail_rule.pauses) {
      channel.paused = true;
      emit(tables, context, EventKind::channel_paused, 0, channel.no);
    } else {
      channel.over_threshold = true;
      open_breaker(tables, context, channel);
    }
  } else {
    channel.window.age(channel.fail_rule);
  }
  tables.work().update_channel(channel);
}

}  // namespace bccast
