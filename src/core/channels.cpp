#include "core/channels.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/error.hpp"
#include "core/channel_health.hpp"
#include "core/line_update.hpp"
#include "core/quiet.hpp"
#include "model/number.hpp"
#include "model/text_rules.hpp"

namespace bccast {
namespace {

/// More claims at once than any host has workers.
constexpr std::int64_t kMostConcurrency = 100'000;

Channel existing(const Tables& tables, std::string_view name) {
  check_key(name, "channel");
  auto channel = tables.work().channel(name);
  if (!channel) throw Error(Code::not_found, "there is no such channel");
  return std::move(*channel);
}

void set_paused(Channel& channel, std::string_view value, Ms /*now*/) {
  if (value != "on" && value != "off") throw Error(Code::argument, "the value must be on or off");
  channel.paused = value == "on";
  if (channel.paused) return;
  channel.window = {};
  if (channel.failures == 0) channel.last_reason.clear();  // why it was paused
}

/// What was saved up at the old rate counts; a rate that is new begins with a full bucket.
void set_rate(Channel& channel, std::string_view value, Ms now) {
  const Rate rate = parse_rate(value);
  if (!rate.limited()) {
    channel.bucket = {};
  } else if (channel.rate.limited()) {
    channel.bucket.refill(channel.rate, now);
    channel.bucket.tokens = std::min(channel.bucket.tokens, TokenBucket::most(rate));
  } else {
    channel.bucket = {TokenBucket::most(rate), now};
  }
  channel.rate = rate;
}

void set_concurrency(Channel& channel, std::string_view value, Ms /*now*/) {
  channel.concurrency = value.empty() ? 0 : parse_number(value, 0, kMostConcurrency, "concurrency");
}

/// The rule is another: what was counted by the one before is forgotten.
void change_rule(Channel& channel, const FailRule& rule) {
  channel.fail_rule = rule;
  channel.window = {};
}

void set_fail_percent(Channel& channel, std::string_view value, Ms /*now*/) {
  FailRule rule = channel.fail_rule;
  rule.percent = value.empty() ? FailRule{}.percent : parse_number(value, 0, 100, "fail_percent");
  change_rule(channel, rule);
}

void set_fail_window(Channel& channel, std::string_view value, Ms /*now*/) {
  FailRule rule = channel.fail_rule;
  rule.window =
      value.empty() ? FailRule{}.window : parse_number(value, kFewestToJudge, kMostToJudge, "fail_window");
  change_rule(channel, rule);
}

void set_fail_action(Channel& channel, std::string_view value, Ms /*now*/) {
  if (!value.empty() && value != "breaker" && value != "pause")
    throw Error(Code::argument, "the fail_action must be breaker or pause");
  FailRule rule = channel.fail_rule;
  rule.pauses = value == "pause";
  change_rule(channel, rule);
}

void set_quiet_hours(Channel& channel, std::string_view value, Ms /*now*/) {
  channel.quiet_hours = parse_quiet_hours(value);
  if (channel.delivers && channel.quiet_hours.any())
    throw Error(Code::argument, "only channels that notify have quiet hours");
  channel.waits = channel.waits || channel.quiet_hours.any();
}

struct Setting {
  std::string_view key;
  void (*set)(Channel& channel, std::string_view value, Ms now);
};

constexpr std::array kSettings{
    Setting{"paused", set_paused},           Setting{"rate", set_rate},
    Setting{"concurrency", set_concurrency}, Setting{"fail_percent", set_fail_percent},
    Setting{"fail_window", set_fail_window}, Setting{"fail_action", set_fail_action},
    Setting{"quiet_hours", set_quiet_hours}};

}  // namespace

Code Channels::put(std::string_view name, std::string_view role) {
  check_key(name, "channel");
  if (role != "notify" && role != "deliver")
    throw Error(Code::argument, "the role of a channel must be notify or deliver");
  const bool delivers = role == "deliver";
  const auto is_there = [&](const Tables& tables) {
    const auto channel = tables.work().channel(name);
    if (channel && channel->delivers != delivers)
      throw Error(Code::conflict, "the channel is there already, with another role");
    return channel.has_value();
  };
  if (context_.store.read(is_there)) return Code::exists;
  return context_.store.write([&](Tables& tables) {
    if (is_there(tables)) return Code::exists;
    Channel channel;
    channel.name = name;
    channel.delivers = delivers;
    for (channel.no = tables.work().last_channel() + 1; channel.no <= kMaxChannels; ++channel.no) {
      if (tables.work().insert_channel(channel)) return Code::ok;
      if (is_there(tables))
        return Code::exists;  // another was faster; or its number is taken, and the next is tried
    }
    throw Error(Code::limit, fmt::format("a store has at most {} channels, with removed ones", kMaxChannels));
  });
}

void Channels::set(std::string_view name, std::string_view key, std::string_view value) {
  const auto setting =
      std::find_if(kSettings.begin(), kSettings.end(), [&](const Setting& one) { return one.key == key; });
  if (setting == kSettings.end()) throw Error(Code::argument, "there is no such setting");
  context_.store.write([&](Tables& tables) {
    Channel channel = existing(tables, name);
    setting->set(channel, value, context_.clock.wall_ms());
    tables.work().update_channel(channel);
    if (key == "quiet_hours" && channel.waits) wake_all(tables, channel, context_.clock.wall_ms());
    // Without the rule nothing holds it up that only the rule stopped.
    if (channel.over_threshold && channel.fail_rule.percent == 0) channel_works(tables, context_, channel);
  });
}

void Channels::remove(std::string_view name) {
  context_.store.write([&](Tables& tables) {
    Channel channel = existing(tables, name);
    channel.removed = true;
    tables.work().update_channel(channel);
    // Nobody will take over what is in flight: it counts as left out from now on.
    for (const auto& line : tables.work().open_lines_of_channel(channel.no))
      drop_rest(tables, context_, line, SkipReason::channel_removed, InFlight::dropped);
    tables.work().delete_claims(channel.no);
    tables.work().delete_notices(channel.no);
  });
}

ChannelNo Channels::find(std::string_view name) {
  return context_.store.read([&](const Tables& tables) { return existing(tables, name).no; });
}

}  // namespace bccast
