// A few lines of a terminal that are drawn again and again.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace cli {

class Screen {
 public:
  /// Whether stdout is a terminal.
  static bool is_there();
  /// In place of the lines before; each is cut at the terminal's width.
  void draw(const std::vector<std::string>& lines);

 private:
  std::size_t drawn_ = 0;
};

}  // namespace cli
