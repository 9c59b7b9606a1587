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

/// A channel that is set otherwise, and what that does to its work.
struct Set {
  Channel& channel;
  ChannelWork& work;
  std::string_view value;
  Ms now;
};

void set_paused(const Set& set) {
  if (set.value != "on" && set.value != "off") throw Error(Code::argument, "the value must be on or off");
  set.channel.paused = set.value == "on";
  if (set.channel.paused) return;
  set.work.stopped = false;
  set.work.window = {};
  if (set.work.failures == 0) set.work.last_reason.clear();  // why it was paused
}

/// What was saved up at the old rate counts; a rate that is new begins with a full bucket.
void set_rate(const Set& set) {
  const Rate rate = parse_rate(set.value);
  auto& bucket = set.work.bucket;
  if (!rate.limited()) {
    bucket = {};
  } else if (set.channel.rate.limited()) {
    bucket.refill(set.channel.rate, set.now);
    bucket.tokens = std::min(bucket.tokens, TokenBucket::most(rate));
  } else {
    bucket = {TokenBucket::most(rate), set.now};
  }
  set.channel.rate = rate;
}

void set_concurrency(const Set& set) {
  set.channel.concurrency =
      set.value.empty() ? 0 : parse_number(set.value, 0, kMostConcurrency, "concurrency");
}

/// The rule is another: what was counted by the one before is forgotten.
void change_rule(const Set& set, const FailRule& rule) {
  set.channel.fail_rule = rule;
  set.work.window = {};
}

void set_fail_percent(const Set& set) {
  FailRule rule = set.channel.fail_rule;
  rule.percent = set.value.empty() ? FailRule{}.percent : parse_number(set.value, 0, 100, "fail_percent");
  change_rule(set, rule);
}

void set_fail_window(const Set& set) {
  FailRule rule = set.channel.fail_rule;
  rule.window = set.value.empty() ? FailRule{}.window
                                  : parse_number(set.value, kFewestToJudge, kMostToJudge, "fail_window");
  change_rule(set, rule);
}

void set_fail_action(const Set& set) {
  if (!set.value.empty() && set.value != "breaker" && set.value != "pause")
    throw Error(Code::argument, "the fail_action must be breaker or pause");
  FailRule rule = set.channel.fail_rule;
  rule.pauses = set.value == "pause";
  change_rule(set, rule);
}

void set_quiet_hours(const Set& set) {
  set.channel.quiet_hours = parse_quiet_hours(set.value);
  if (set.channel.delivers && set.channel.quiet_hours.any())
    throw Error(Code::argument, "only channels that notify have quiet hours");
  set.channel.waits = set.channel.waits || set.channel.quiet_hours.any();
}

/// With all lines of their blasts, which go on when they end, and the blasts.
std::vector<Line> lock_open_lines(Tables& tables, ChannelNo channel) {
  if (!tables.lock().others_write()) return tables.work().open_lines_of_channel(channel);
  std::vector<BlastKey> blasts;
  for (const auto& line : tables.work().open_lines_of_channel(channel))
    blasts.emplace_back(line.provider_no, line.blast_no);
  tables.lock().lines({}, blasts);
  tables.lock().blasts(blasts, Hold::exclusive);
  return tables.work().open_lines_of_channel(channel);
}

struct Setting {
  std::string_view key;
  void (*set)(const Set& set);
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
  return context_.write(verb::channel_put, name, [&](Tables& tables) {
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
  context_.write(verb::channel_set, name, [&](Tables& tables) {
    tables.lock().channel(name, Hold::exclusive);
    Channel channel = existing(tables, name);
    tables.lock().channel_work(channel.no);
    if (key == "quiet_hours") tables.lock().open_lines_of_channel(channel.no);
    ChannelWork work = channel_work(tables, channel.no);
    const ChannelWork before = work;
    setting->set({channel, work, value, context_.clock.wall_ms()});
    tables.work().update_channel(channel);
    if (work != before) tables.work().update_channel_work(work);
    if (key == "quiet_hours" && channel.waits) wake_all(tables, channel, context_.clock.wall_ms());
    // Without the rule nothing holds it up that only the rule stopped.
    if (work.over_threshold && channel.fail_rule.percent == 0) channel_works(tables, context_, work);
  });
}

void Channels::remove(std::string_view name) {
  context_.write(verb::channel_remove, name, [&](Tables& tables) {
    tables.lock().channel(name, Hold::exclusive);
    Channel channel = existing(tables, name);
    tables.lock().channel_work(channel.no);
    const auto lines = lock_open_lines(tables, channel.no);
    channel.removed = true;
    tables.work().update_channel(channel);
    // Nobody will take over what is in flight: it counts as left out from now on.
    for (const auto& line : lines)
      drop_rest(tables, context_, line, SkipReason::channel_removed, InFlight::dropped);
    tables.work().delete_claims(channel.no);
    tables.work().delete_notices(channel.no);
  });
}

ChannelNo Channels::find(std::string_view name) {
  return context_.store.read([&](const Tables& tables) { return existing(tables, name).no; });
}

}  // namespace bccast
