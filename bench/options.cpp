#include "options.hpp"

#include <algorithm>
#include <charconv>
#include <stdexcept>
#include <string_view>

namespace bench {

const char* const kUsage =
    "usage: fanout [--sizes 50,1e3,1e5,1e6] [--rounds N] [--designs bccast,row,row-floor,log-floor]\n"
    "              [--no-extras] [--dir FOLDER] [--json FILE]\n"
    "  --sizes    recipients of a blast; 2 to 9e6\n"
    "  --rounds   each design this often, in turn; medians are shown. Default 3, and 1 from 1e6 on\n"
    "  --designs  only these\n"
    "  --no-extras  not: choosing by id, a random half, the inbox (they run at the largest size)\n"
    "  --dir      where a temporary folder is made for the data: a real disk, not tmpfs. Default: here\n"
    "  --json     all figures of all rounds, and the medians, into this file\n";

namespace {

std::vector<std::string> split(std::string_view list) {
  std::vector<std::string> parts;
  for (;;) {
    const std::size_t comma = list.find(',');
    parts.emplace_back(list.substr(0, comma));
    if (comma == std::string_view::npos) return parts;
    list.remove_prefix(comma + 1);
  }
}

/// Whole numbers, also written as 1e6.
std::uint64_t whole_number(const std::string& text, double least, double most) {
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  const bool read = error == std::errc() && end == text.data() + text.size();
  if (!read || value < least || value > most ||
      value != static_cast<double>(static_cast<std::uint64_t>(value))) {
    throw std::runtime_error("not a number that can be used: " + text);
  }
  return static_cast<std::uint64_t>(value);
}

std::vector<std::uint64_t> sizes(const std::string& list) {
  constexpr double kMost = 9e6;  // people.cpp numbers clients with seven digits
  std::vector<std::uint64_t> result;
  for (const std::string& part : split(list)) result.push_back(whole_number(part, 2, kMost));
  std::sort(result.begin(), result.end());
  return result;
}

}  // namespace

bool Options::wants(const std::string& design) const {
  return designs.empty() || std::find(designs.begin(), designs.end(), design) != designs.end();
}

unsigned Options::rounds_for(std::uint64_t size) const {
  if (rounds > 0) return rounds;
  return size >= 1000000 ? 1 : 3;
}

Options parse_options(int argc, char** argv) {
  Options options;
  for (int i = 1; i < argc; ++i) {
    const std::string_view option = argv[i];
    if (option == "--no-extras") {
      options.extras = false;
      continue;
    }
    if (i + 1 == argc) throw std::runtime_error("unknown option, or no value: " + std::string(option));
    const std::string value = argv[++i];
    if (option == "--sizes") {
      options.sizes = sizes(value);
    } else if (option == "--rounds") {
      options.rounds = static_cast<unsigned>(whole_number(value, 1, 1000));
    } else if (option == "--designs") {
      options.designs = split(value);
    } else if (option == "--dir") {
      options.folder = value;
    } else if (option == "--json") {
      options.json = value;
    } else {
      throw std::runtime_error("unknown option: " + std::string(option));
    }
  }
  return options;
}

}  // namespace bench
