// A script, run; and a failing one, made shorter.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

#include "script.hpp"
#include "world.hpp"

namespace sim {

struct Outcome {
  std::optional<std::string> check;  // that failed
  std::string detail;
  std::size_t steps = 0;  // taken
  Tally tally{};
  bool planted = false;  // the planted fault took effect
  std::uint64_t trace = 0;
};

Outcome run(std::uint64_t seed, const Script& script, Settings settings);

/// Leaves out what is not needed for the same check to fail, for at most that long.
Script shrink(std::uint64_t seed, Script script, const std::string& check, Settings settings,
              std::chrono::seconds at_most);

/// One host through pump, claims and threads: the program's exit status.
int fake_host();

}  // namespace sim
