#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace bench {

struct Options {
  std::vector<std::uint64_t> sizes{50, 1000, 100000, 1000000};
  unsigned rounds = 0;               // 0: not asked for, see rounds_for
  std::vector<std::string> designs;  // empty: all
  bool extras = true;
  std::string folder = ".";
  std::string json;  // empty: none

  bool wants(const std::string& design) const;
  /// As asked for; else 3, and 1 from a million on.
  unsigned rounds_for(std::uint64_t size) const;
};

/// Throws std::runtime_error with a line for the user.
Options parse_options(int argc, char** argv);

extern const char* const kUsage;

}  // namespace bench
