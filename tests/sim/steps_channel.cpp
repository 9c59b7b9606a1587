// Channels: made, removed, paused, and how fast they may be worked.
#include <array>
#include <string>

#include "world.hpp"

namespace sim {
namespace {

struct Choice {
  const char* value;
  std::int64_t means;
};

void put(World& world, const std::string& name) {
  const auto known = world.model.channel(name);
  const bool deliver = name == "chat";
  if (deliver && !world.has_deliverer) return;
  world.act(
      "channel_put " + name, {known ? BCCAST_EXISTS : BCCAST_OK},
      [&] { return bccast_channel_put(world.engine(), name.c_str(), deliver ? "deliver" : "notify"); },
      [=](Model& to) { to.put_channel(name, deliver); });
}

void remove(World& world, const std::string& name) {
  const auto known = world.model.channel(name);
  world.act(
      "channel_remove " + name, {known ? BCCAST_OK : BCCAST_E_NOT_FOUND},
      [&] { return bccast_channel_remove(world.engine(), name.c_str()); },
      [=](Model& to) { to.remove_channel(*known); });
}

void set(World& world, const std::string& name, const std::string& key, const std::string& value,
         std::int32_t otherwise, const std::function<void(Channel&)>& effect) {
  const auto known = world.model.channel(name);
  world.act(
      "channel_set " + name + " " + key + " " + value, {known ? otherwise : BCCAST_E_NOT_FOUND},
      [&] { return bccast_channel_set(world.engine(), name.c_str(), key.c_str(), value.c_str()); },
      [=](Model& to) { effect(to.channels[Model::at(*known)]); }, true);
}

void set_rate(World& world, const std::string& name, const Choice& rate) {
  const auto now = world.clock.wall_ms();
  const auto steps = world.clock.steps;
  const auto means = rate.means;
  set(world, name, "rate", rate.value, BCCAST_OK, [=](Channel& to) {
    to.pace.rate = means;
    to.pace.tokens = to.pace.most();  // or less, when it had a rate before
    to.pace.counted_at = now;
    to.pace.clock_steps = steps;
  });
}

void set_concurrency(World& world, const std::string& name, const Choice& most) {
  const auto means = most.means;
  set(world, name, "concurrency", most.value, BCCAST_OK, [=](Channel& to) { to.pace.concurrency = means; });
}

void set_quiet(World& world, const std::string& name, const char* hours,
               std::optional<std::pair<int, int>> means) {
  const auto known = world.model.channel(name);
  const bool deliver = known && world.model.channels[Model::at(*known)].deliver;
  set(world, name, "quiet_hours", hours, deliver && means ? BCCAST_E_ARGUMENT : BCCAST_OK,
      [=](Channel& to) { to.pace.quiet = means; });
}

void set_threshold(World& world, const std::string& name, std::uint32_t how) {
  constexpr std::array kPercents{"", "1", "20", "50", "0"};
  constexpr std::array kWindows{"50", "50", ""};
  const auto nothing = [](Channel&) {};
  set(world, name, "fail_percent", kPercents[how % kPercents.size()], BCCAST_OK, nothing);
  set(world, name, "fail_window", kWindows[how / 8 % kWindows.size()], BCCAST_OK, nothing);
  const bool pauses = how % 3 != 0;
  set(world, name, "fail_action", pauses ? "pause" : "breaker", BCCAST_OK,
      [=](Channel& to) { to.pace.pauses = pauses; });
}

constexpr Choice kNone{"", 0};

}  // namespace

void channel_step(World& world, const Step& step) {
  constexpr std::array<Choice, 5> kRates{{kNone, {"0.5", 500}, {"1", 1000}, {"3.25", 3250}, {"20", 20'000}}};
  constexpr std::array<Choice, 4> kAtOnce{{{"1", 1}, {"2", 2}, {"1", 1}, kNone}};
  struct Hours {
    const char* value;
    int from;
    int to;
  };
  constexpr std::array<Hours, 4> kHours{
      {{"", 0, 0}, {"21:00-08:00", 1260, 480}, {"06:30-14:00", 390, 840}, {"00:00-23:59", 0, 1439}}};
  const std::string name = channel_name(step.a);
  switch (step.kind) {
    case Kind::channel_put:
      return put(world, name);
    case Kind::channel_remove:
      return step.b % 2 == 0 ? void() : remove(world, name);
    case Kind::channel_pause:
    case Kind::channel_resume: {
      const bool pause = step.kind == Kind::channel_pause;
      return set(world, name, "paused", pause ? "on" : "off", BCCAST_OK,
                 [=](Channel& to) { to.paused = pause; });
    }
    case Kind::channel_rate:
      return set_rate(world, name, kRates[step.b % kRates.size()]);
    case Kind::channel_concurrency:
      return set_concurrency(world, name, kAtOnce[step.b % kAtOnce.size()]);
    case Kind::channel_quiet: {
      const auto& hours = kHours[step.b % kHours.size()];
      return set_quiet(
          world, name, hours.value,
          hours.from == hours.to ? std::nullopt : std::optional(std::pair(hours.from, hours.to)));
    }
    case Kind::channel_threshold:
      return set_threshold(world, name, step.b);
    default:
      return;
  }
}

void free_channels(World& world) {
  for (std::size_t i = 0; i < kChannelNames; ++i) {
    const std::string name = channel_name(i);
    const auto known = world.model.channel(name);
    if (!known) continue;
    set(world, name, "paused", "off", BCCAST_OK, [](Channel& to) { to.paused = false; });
    set_rate(world, name, kNone);
    set_concurrency(world, name, kNone);
    set_quiet(world, name, "", std::nullopt);
    set(world, name, "fail_action", "breaker", BCCAST_OK, [](Channel& to) { to.pace.pauses = false; });
  }
}

}  // namespace sim
