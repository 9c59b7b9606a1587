#include "script.hpp"

#include <algorithm>
#include <sstream>
#include <stdexcept>

#include "prng.hpp"

namespace sim {
namespace {

struct Named {
  Kind kind;
  std::string_view name;
  unsigned weight;  // how often, of all
};

constexpr std::array<Named, kKinds> kAll{{
    {Kind::provider, "provider", 1},
    {Kind::provider_address, "provider_address", 1},
    {Kind::provider_zone, "provider_zone", 1},
    {Kind::provider_archive, "provider_archive", 1},
    {Kind::provider_restore, "provider_restore", 3},
    {Kind::client, "client", 4},
    {Kind::client_address, "client_address", 4},
    {Kind::client_flag, "client_flag", 3},
    {Kind::client_zone, "client_zone", 2},
    {Kind::client_archive, "client_archive", 2},
    {Kind::client_restore, "client_restore", 3},
    {Kind::client_erase, "client_erase", 2},
    {Kind::roster_add, "roster_add", 5},
    {Kind::roster_archive, "roster_archive", 4},
    {Kind::roster_restore, "roster_restore", 4},
    {Kind::roster_flag, "roster_flag", 3},
    {Kind::create, "create", 5},
    {Kind::select, "select", 8},
    {Kind::deselect, "deselect", 4},
    {Kind::select_all, "select_all", 4},
    {Kind::select_none, "select_none", 1},
    {Kind::write, "write", 6},
    {Kind::only_channels, "only_channels", 2},
    {Kind::hold, "hold", 4},
    {Kind::deadline, "deadline", 2},
    {Kind::select_from, "select_from", 4},
    {Kind::discard, "discard", 1},
    {Kind::send, "send", 8},
    {Kind::blast, "blast", 22},
    {Kind::schedule, "schedule", 10},
    {Kind::unschedule, "unschedule", 3},
    {Kind::pause, "pause", 4},
    {Kind::resume, "resume", 6},
    {Kind::recall, "recall", 8},
    {Kind::purge, "purge", 3},
    {Kind::purge_all, "purge_all", 1},
    {Kind::direct, "direct", 6},
    {Kind::client_reply, "client_reply", 12},
    {Kind::provider_reply, "provider_reply", 6},
    {Kind::client_read, "client_read", 10},
    {Kind::provider_read, "provider_read", 4},
    {Kind::community, "community", 2},
    {Kind::member_add, "member_add", 6},
    {Kind::member_remove, "member_remove", 2},
    {Kind::pump, "pump", 30},
    {Kind::claim, "claim", 20},
    {Kind::complete, "complete", 24},
    {Kind::extend, "extend", 3},
    {Kind::give_back, "give_back", 4},
    {Kind::channel_put, "channel_put", 3},
    {Kind::channel_pause, "channel_pause", 2},
    {Kind::channel_resume, "channel_resume", 4},
    {Kind::channel_rate, "channel_rate", 3},
    {Kind::channel_concurrency, "channel_concurrency", 4},
    {Kind::channel_quiet, "channel_quiet", 3},
    {Kind::channel_threshold, "channel_threshold", 2},
    {Kind::channel_remove, "channel_remove", 1},
    {Kind::retry_failed, "retry_failed", 4},
    {Kind::report, "report", 4},
    {Kind::events, "events", 4},
    {Kind::acknowledge, "acknowledge", 4},
    {Kind::wake, "wake", 2},
    {Kind::wait, "wait", 24},
    {Kind::step_clock, "step_clock", 4},
    {Kind::fault, "fault", 6},
    {Kind::heal, "heal", 8},
    {Kind::crash, "crash", 3},
    {Kind::crash_within, "crash_within", 5},
    {Kind::power_loss, "power_loss", 3},
    {Kind::reopen, "reopen", 2},
    {Kind::recover, "recover", 2},
    {Kind::checkpoint, "checkpoint", 1},
    {Kind::backup, "backup", 3},
    {Kind::restore, "restore", 2},
    {Kind::probe, "probe", 4},
}};

bool client_is_first(Kind kind) {
  return (kind >= Kind::client && kind <= Kind::client_erase) || kind == Kind::client_reply ||
         kind == Kind::client_read;
}

bool client_is_second(Kind kind) {
  return (kind >= Kind::roster_add && kind <= Kind::roster_flag) || kind == Kind::select ||
         kind == Kind::deselect || kind == Kind::direct || kind == Kind::member_add ||
         kind == Kind::member_remove;
}

/// How often each kind comes in one script: seeds differ in what they do much of, and what never
/// (Groce et al.: Swarm testing, 2012).
class Mixture {
 public:
  explicit Mixture(Prng& prng) {
    constexpr std::array<unsigned, 8> kFactors{0, 1, 1, 1, 2, 2, 3, 5};
    for (std::size_t i = 0; i < kAll.size(); ++i) {
      const unsigned factor = kFactors[prng.below(kFactors.size())];
      weights_[i] = kAll[i].weight * (kAll[i].weight >= kUsual ? std::max(factor, 1U) : factor);
      sum_ += weights_[i];
    }
  }
  Kind any(Prng& prng) const {
    auto left = prng.below(sum_);
    for (std::size_t i = 0; i < kAll.size(); ++i) {
      if (left < weights_[i]) return kAll[i].kind;
      left -= weights_[i];
    }
    return Kind::wait;
  }

 private:
  static constexpr unsigned kUsual = 20;  // no run is without these
  std::array<std::size_t, kKinds> weights_{};
  std::size_t sum_ = 0;
};

}  // namespace

std::string_view name_of(Kind kind) {
  for (const auto& it : kAll)
    if (it.kind == kind) return it.name;
  return "?";
}

Script generate(std::uint64_t seed, std::size_t steps) {
  Prng prng(seed);
  const auto number = [&] { return static_cast<std::uint32_t>(prng.next() >> 32); };
  const auto small = [](std::size_t n) { return static_cast<std::uint32_t>(n); };
  Script script;
  const auto providers = 1 + prng.below(3);
  const auto clients = 4 + prng.below(9);
  if (prng.percent(40)) script.push_back({Kind::channel_put, 3, number(), number()});
  for (std::size_t p = 0; p < providers; ++p) {
    script.push_back({Kind::provider, small(p), number(), number()});
    script.push_back({Kind::provider_address, small(p), number(), number()});
  }
  for (std::size_t c = 0; c < clients; ++c) {
    script.push_back({Kind::client, small(c), number(), number()});
    if (prng.percent(50)) script.push_back({Kind::client_address, small(c), number(), number()});
    for (std::size_t p = 0; p < providers; ++p)
      if (prng.percent(75)) script.push_back({Kind::roster_add, small(p), small(c), number()});
  }
  const Mixture mixture(prng);
  for (std::size_t i = 0; i < steps; ++i) {
    Step step{mixture.any(prng), number(), number(), number()};
    // Mostly about clients who are there.
    const auto client = small(prng.below(clients + 1));
    if (client_is_first(step.kind)) step.a = client;
    if (client_is_second(step.kind)) step.b = client;
    script.push_back(step);
  }
  return script;
}

std::string print(std::uint64_t seed, const Script& script) {
  std::ostringstream out;
  out << "seed " << seed << "\n";
  for (const auto& step : script)
    out << name_of(step.kind) << " " << step.a << " " << step.b << " " << step.c << "\n";
  return out.str();
}

Script parse(const std::string& text, std::uint64_t& out_seed) {
  std::istringstream in(text);
  Script script;
  for (std::string line; std::getline(in, line);) {
    if (line.empty() || line.front() == '#') continue;
    std::istringstream words(line);
    std::string name;
    Step step;
    words >> name;
    if (name == "seed") {
      words >> out_seed;
    } else {
      words >> step.a >> step.b >> step.c;
      bool known = false;
      for (const auto& it : kAll) {
        if (it.name != name) continue;
        step.kind = it.kind;
        known = true;
      }
      if (!known) throw std::runtime_error("no step: " + line);
      script.push_back(step);
    }
    if (words.fail()) throw std::runtime_error("no step: " + line);
  }
  return script;
}

}  // namespace sim
