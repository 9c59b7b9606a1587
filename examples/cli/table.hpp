// Aligned columns on stdout.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace cli {

struct Table {
  std::vector<std::vector<std::string>> lines;
  std::vector<bool> to_the_right;  ///< the columns of numbers

  /// `widths`, of the columns, only grow: so that the pages of a list stand below each other.
  std::vector<std::string> aligned(std::vector<std::size_t>& widths) const;
  void print(std::vector<std::size_t>& widths) const;
};

}  // namespace cli
