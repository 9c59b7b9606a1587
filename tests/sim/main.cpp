// The simulator's program: many seeds, one seed, or a script.
//
//   bccast_sim --seeds N [--from S] [--steps K]    N seeds, from S (1) on
//   bccast_sim --seed S [--steps K] [--verbose]    one
//   bccast_sim --script FILE [--verbose]           what a failing seed has printed
//   bccast_sim --fake-host                         one host through pump, claims and threads
//   bccast_sim --can-fail                          faults planted between library and model must be found
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <fstream>
#include <iterator>
#include <string>
#include <string_view>

#include "run.hpp"

namespace sim {
namespace {

constexpr std::size_t kSteps = 150;
constexpr std::chrono::seconds kShrinking{60};
constexpr std::uint64_t kReplayEvery = 20;  // seeds that are run twice, and must be the same
constexpr std::uint64_t kSeedsForPlanted = 60;

struct Arguments {
  std::uint64_t seeds = 200;
  std::uint64_t from = 1;
  std::size_t steps = kSteps;
  std::string script;
  std::chrono::seconds shrinking = kShrinking;
  bool can_fail = false;
  bool fake_host = false;
  Settings settings{};
};

void tell(std::uint64_t seed, const Script& script, const Outcome& outcome, const Arguments& arguments) {
  std::fprintf(stderr, "seed %llu failed at step %zu of %zu: %s\n", static_cast<unsigned long long>(seed),
               outcome.steps, script.size(), outcome.detail.c_str());
  Script until(script.begin(), script.begin() + static_cast<std::ptrdiff_t>(outcome.steps));
  const auto shorter = shrink(seed, until, *outcome.check, arguments.settings, arguments.shrinking);
  const auto again = run(seed, shorter, arguments.settings);
  std::fprintf(
      stderr,
      "shrunk to %zu steps: %s\nTo see it again, put these lines into a file, and give it to --script:\n%s",
      shorter.size(), again.detail.c_str(), print(seed, shorter).c_str());
}

int run_seeds(const Arguments& arguments) {
  const auto began = std::chrono::steady_clock::now();
  std::size_t steps = 0;
  Tally sum;
  int failed = 0;
  for (std::uint64_t seed = arguments.from; seed < arguments.from + arguments.seeds; ++seed) {
    const auto script = generate(seed, arguments.steps);
    const auto outcome = run(seed, script, arguments.settings);
    steps += outcome.steps;
    sum.crashes += outcome.tally.crashes;
    sum.sent += outcome.tally.sent;
    sum.given += outcome.tally.given;
    sum.repeated += outcome.tally.repeated;
    sum.conflicts += outcome.tally.conflicts;
    if (outcome.check) {
      ++failed;
      tell(seed, script, outcome, arguments);
    } else if (seed % kReplayEvery == 0 && run(seed, script, arguments.settings).trace != outcome.trace) {
      ++failed;
      std::fprintf(stderr, "seed %llu is not the same when it is run again\n",
                   static_cast<unsigned long long>(seed));
    }
  }
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - began;
  std::printf("%llu seeds, %d failed; %zu steps in %.1f s: %.0f steps a second\n",
              static_cast<unsigned long long>(arguments.seeds), failed, steps, took.count(),
              static_cast<double>(steps) / took.count());
  std::printf(
      "%d crashes, %d blasts, %d notifications and deliveries, %d of them repeated, %d reports too late\n",
      sum.crashes, sum.sent, sum.given, sum.repeated, sum.conflicts);
  return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

int run_script(const Arguments& arguments) {
  std::ifstream in(arguments.script);
  const std::string text((std::istreambuf_iterator<char>(in)), std::istreambuf_iterator<char>());
  if (text.empty()) throw std::runtime_error("no script in " + arguments.script);
  std::uint64_t seed = 0;
  const auto script = parse(text, seed);
  const auto outcome = run(seed, script, arguments.settings);
  std::printf("%zu of %zu steps: %s\n", outcome.steps, script.size(),
              outcome.check ? outcome.detail.c_str() : "nothing was found");
  return outcome.check ? EXIT_FAILURE : EXIT_SUCCESS;
}

/// Each planted fault must be found, by the check that is meant for it, in the first seed in which it takes
/// effect.
int can_fail(Arguments arguments) {
  int missed = 0;
  for (const auto& planted : kPlanted) {
    arguments.settings.plant = planted.plant;
    Outcome outcome;
    std::uint64_t seed = arguments.from;
    for (; seed < arguments.from + kSeedsForPlanted; ++seed) {
      outcome = run(seed, generate(seed, arguments.steps), arguments.settings);
      if (outcome.planted || outcome.check) break;
    }
    const bool found = outcome.planted && outcome.check == planted.found_by;
    if (!found) ++missed;
    std::printf("%-24s %s (seed %llu: %s)\n", planted.name, found ? "found" : "NOT FOUND",
                static_cast<unsigned long long>(seed), outcome.check ? outcome.detail.c_str() : "nothing");
  }
  return missed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

Arguments parse_arguments(int count, char** words) {
  Arguments arguments;
  for (int i = 1; i < count; ++i) {
    const std::string_view word = words[i];
    const auto next = [&]() -> std::string {
      if (i + 1 == count) throw std::runtime_error(std::string(word) + " needs a value");
      return words[++i];
    };
    if (word == "--seeds") {
      arguments.seeds = std::stoull(next());
    } else if (word == "--from") {
      arguments.from = std::stoull(next());
    } else if (word == "--seed") {
      arguments.from = std::stoull(next());
      arguments.seeds = 1;
    } else if (word == "--steps") {
      arguments.steps = std::stoull(next());
    } else if (word == "--shrink") {
      arguments.shrinking = std::chrono::seconds(std::stoll(next()));
    } else if (word == "--script") {
      arguments.script = next();
    } else if (word == "--can-fail") {
      arguments.can_fail = true;
    } else if (word == "--fake-host") {
      arguments.fake_host = true;
    } else if (word == "--verbose") {
      arguments.settings.verbose = true;
    } else {
      throw std::runtime_error("no such option: " + std::string(word));
    }
  }
  return arguments;
}

}  // namespace
}  // namespace sim

int main(int count, char** words) {
  try {
    const auto arguments = sim::parse_arguments(count, words);
    if (arguments.fake_host) return sim::fake_host();
    if (!arguments.script.empty()) return sim::run_script(arguments);
    return arguments.can_fail ? sim::can_fail(arguments) : sim::run_seeds(arguments);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return EXIT_FAILURE;
  }
}
