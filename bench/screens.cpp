// screens: what every list and look-up of a provider's and a client's screens costs with a roster of 10^6,
// page by page.
//
// The promise: under 20 ms each, the same at any depth of paging. It is kept by counts, not times
// (tests/unit/screen_cost_test.cpp); here are the times.
#include <charconv>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <fstream>
#include <stdexcept>
#include <string>
#include <string_view>

#include "machine.hpp"
#include "screens_looks.hpp"
#include "screens_practice.hpp"
#include "table.hpp"
#include "temporary_folder.hpp"

namespace bench {
namespace {

constexpr const char* kUsage =
    "usage: screens [--clients 1e6] [--looks 15] [--dir FOLDER] [--json FILE]\n"
    "  --clients  of each of three rosters; 1e5 to 9e6\n"
    "  --looks    at each page, after one that does not count; medians and the worst are shown\n"
    "  --dir      where a temporary folder is made for the store. Default: here\n"
    "  --json     all figures into this file\n";

struct Options {
  PracticeSize size;
  unsigned looks = 15;
  std::string folder = ".";
  std::string json;  // empty: none
};

double number(std::string_view text, double least, double most) {
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || value < least || value > most)
    throw std::runtime_error("not a number that can be used: " + std::string(text));
  return value;
}

Options parse(int argc, char** argv) {
  Options options;
  for (int i = 1; i < argc; i += 2) {
    const std::string_view option = argv[i];
    if (i + 1 == argc) throw std::runtime_error("unknown option, or no value: " + std::string(option));
    const std::string_view value = argv[i + 1];
    if (option == "--clients") {
      options.size.clients = static_cast<std::uint64_t>(number(value, 1e5, 9e6));
      options.size.touched = options.size.clients / 20;
    } else if (option == "--looks") {
      options.looks = static_cast<unsigned>(number(value, 1, 1000));
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

double load() {
  double average = 0;
  return getloadavg(&average, 1) == 1 ? average : -1;
}

void print(const std::vector<Screen>& screens) {
  std::printf("\n%-24s %-44s %9s %8s %8s  %s\n", "", "", "rows", "worst", "CPU ms",
              "median ms at 0, 10, 50, 90, 99 %, slowest");
  for (const Screen& screen : screens) {
    std::printf("%-24s %-44s %9zu %8.2f %8.2f ", screen.call.c_str(), screen.what.c_str(), screen.rows,
                screen.worst_ms(), screen.cpu_ms());
    for (const Page& page : screen.pages) std::printf(" %7.2f", page.median_ms);
    std::printf("%s%s\n", screen.slowest_ms() > kPromiseMs ? "  OVER 20 ms" : "",
                screen.uneven() ? "  UNEVEN" : "");
  }
}

std::string to_json(const Options& options, const Machine& machine, double load_before, double load_after,
                    const std::vector<Screen>& screens) {
  char text[512];
  std::snprintf(
      text, sizeof text,
      "{\n  \"machine\": {\"cores\": %u, \"sqlite\": \"%s\", \"load_before\": %.2f, \"load_after\": %.2f},\n"
      "  \"clients\": %llu, \"looks\": %u,\n  \"screens\": [\n",
      machine.cores, machine.sqlite_version.c_str(), load_before, load_after,
      static_cast<unsigned long long>(options.size.clients), options.looks);
  std::string json = text;
  for (const Screen& screen : screens) {
    json += "    {\"call\": \"" + screen.call + "\", \"what\": \"" + screen.what +
            "\", \"rows\": " + std::to_string(screen.rows) + ", \"pages\": [";
    for (const Page& page : screen.pages) {
      std::snprintf(
          text, sizeof text,
          "%s{\"where\": \"%s\", \"rows\": %zu, \"median_ms\": %.4f, \"worst_ms\": %.4f, \"cpu_ms\": %.4f}",
          &page == &screen.pages.front() ? "" : ", ", page.where.c_str(), page.rows, page.median_ms,
          page.worst_ms, page.cpu_ms);
      json += text;
    }
    json += &screen == &screens.back() ? "]}\n" : "]},\n";
  }
  return json + "  ]\n}\n";
}

void run(const Options& options) {
  const TemporaryFolder folder(options.folder);
  const Machine machine = look_at_machine(folder.path());
  print_machine(machine);
  PracticeStore store(folder.path() + "/store");
  const Practice practice = make_practice(store, options.size);
  const double load_before = load();
  const auto screens = look_at_screens(store, practice, options.looks);
  const double load_after = load();
  print(screens);
  std::printf("\nload of the machine: %.2f before, %.2f after\n", load_before, load_after);
  if (options.json.empty()) return;
  std::ofstream file(options.json);
  file << to_json(options, machine, load_before, load_after, screens);
  if (!file.flush()) throw std::runtime_error("cannot write " + options.json);
}

}  // namespace
}  // namespace bench

int main(int argc, char** argv) {
  bench::Options options;
  try {
    options = bench::parse(argc, argv);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "screens: %s\n%s", error.what(), bench::kUsage);
    return 2;
  }
  try {
    bench::run(options);
    return 0;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "screens: %s\n", error.what());
    return 1;
  }
}
