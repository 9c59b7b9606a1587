#include "table.hpp"

#include <algorithm>
#include <iostream>
#include <utility>

#include "text.hpp"

namespace cli {
namespace {

constexpr std::size_t kGap = 2;  // cells between two columns

}  // namespace

std::vector<std::string> Table::aligned(std::vector<std::size_t>& widths) const {
  std::vector<std::string> all;
  widths.resize(to_the_right.size());
  for (const auto& line : lines) {
    for (std::size_t i = 0; i < line.size(); ++i) widths[i] = std::max(widths[i], width(line[i]));
  }
  for (const auto& line : lines) {
    std::string out;
    for (std::size_t i = 0; i < line.size(); ++i) {
      const std::string padding(widths[i] - width(line[i]), ' ');
      if (to_the_right[i]) out += padding;
      out += line[i];
      if (i + 1 == line.size()) break;
      if (!to_the_right[i]) out += padding;
      out.append(kGap, ' ');
    }
    all.push_back(std::move(out));
  }
  return all;
}

void Table::print(std::vector<std::size_t>& widths) const {
  for (const std::string& line : aligned(widths)) std::cout << line << '\n';
}

}  // namespace cli
