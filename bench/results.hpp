// All that one run of the program found out.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "figures.hpp"
#include "machine.hpp"

namespace bench {

/// One design at one size: the figures of each round.
struct Series {
  std::string design;
  std::uint64_t size = 0;
  std::vector<Figures> rounds;
};

struct Results {
  Machine machine;
  double append_ms_after = 0;  // again at the end: shared machines drift
  std::vector<Series> series;
  Figures extras;
  std::uint64_t extras_size = 0;
  std::vector<std::string> failures;
};

/// The results as a JSON document.
std::string to_json(const Results& results);

}  // namespace bench
