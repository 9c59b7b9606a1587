#include "run.hpp"

#include <algorithm>
#include <exception>
#include <memory>

namespace sim {

Outcome run(std::uint64_t seed, const Script& script, Settings settings) {
  Outcome outcome;
  std::unique_ptr<World> world;
  try {
    world = std::make_unique<World>(seed, settings);
    for (const auto& step : script) {
      ++outcome.steps;
      world->take(step);
    }
    world->finish();
  } catch (const Failure& failure) {
    outcome.check = failure.check;
    outcome.detail = failure.what();
  } catch (const std::exception& error) {
    outcome.check = "simulator";
    outcome.detail = error.what();
  }
  if (world) {
    outcome.tally = world->tally();
    outcome.planted = world->planted();
    outcome.trace = world->trace_hash();
  }
  return outcome;
}

/// Delta debugging (Zeller, Hildebrandt: Simplifying and isolating failure-inducing input, 2002), leaving out
/// ever smaller parts.
Script shrink(std::uint64_t seed, Script script, const std::string& check, Settings settings,
              std::chrono::seconds at_most) {
  const auto until = std::chrono::steady_clock::now() + at_most;
  settings.verbose = false;
  const auto fails = [&](const Script& shorter) { return run(seed, shorter, settings).check == check; };
  for (auto part = std::max<std::size_t>(script.size() / 2, 1);;) {
    bool shorter = false;
    for (std::size_t end = script.size(); end > 0;) {
      if (std::chrono::steady_clock::now() > until) return script;
      const auto begin = end > part ? end - part : 0;
      Script candidate(script.begin(), script.begin() + static_cast<std::ptrdiff_t>(begin));
      candidate.insert(candidate.end(), script.begin() + static_cast<std::ptrdiff_t>(end), script.end());
      if (fails(candidate)) {
        script = std::move(candidate);
        shorter = true;
      }
      end = begin;
    }
    if (part == 1 && !shorter) return script;
    if (part > 1) part /= 2;
  }
}

}  // namespace sim
