// What a check found.
#pragma once

#include <stdexcept>
#include <string>
#include <utility>

namespace sim {

struct Failure : std::runtime_error {
  Failure(std::string check_name, const std::string& detail)
      : std::runtime_error(check_name + ": " + detail), check(std::move(check_name)) {}
  std::string check;  // "R1", "R2", ... "code"
};

inline void require(bool holds, const char* check, const std::string& detail) {
  if (!holds) throw Failure(check, detail);
}

}  // namespace sim
