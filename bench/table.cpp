#include "table.hpp"

#include <cmath>
#include <cstdio>

namespace bench {
namespace {

/// NaN, shown as "-", when it was not measured.
double figure(const Figures& figures, const char* name) {
  const auto found = figures.find(name);
  return found == figures.end() ? std::nan("") : found->second;
}

/// `value` in `width` columns after a space, with about three digits that count.
void cell(int width, double value) {
  if (std::isnan(value)) {
    std::printf(" %*s", width, "-");
    return;
  }
  const double size = std::fabs(value);
  const bool whole = value == std::floor(value);
  const int decimals = whole || size >= 100 ? 0 : size >= 10 ? 1 : size >= 1 ? 2 : size >= 0.1 ? 3 : 4;
  std::printf(" %*.*f", width, decimals, value);
}

double work_seconds(const Results& results, std::uint64_t size, const std::string& design) {
  for (const Series& series : results.series) {
    if (series.size == size && series.design == design) return figure(medians(series.rounds), "work_s");
  }
  return std::nan("");
}

void print_work(const Series& series, double row_floor_s) {
  const Figures f = medians(series.rounds);
  const auto n = static_cast<double>(series.size);
  const double kept_by = n * figure(f, "blasts");
  std::printf("%-10s", series.design.c_str());
  cell(9, figure(f, "draft_s") * 1e3);
  cell(10, figure(f, "accept_s") * 1e3);
  cell(8, figure(f, "accept_rows"));
  cell(7, figure(f, "accept_syncs"));
  cell(9, figure(f, "work_s") * 1e3);
  cell(6, figure(f, "work_syncs"));
  cell(7, figure(f, "batches"));
  cell(9, std::round(n / figure(f, "work_s")));
  cell(8, row_floor_s / figure(f, "work_s"));
  cell(8, figure(f, "kept_bytes") / kept_by);
  cell(8, figure(f, "peak_bytes") / kept_by);
  cell(6, figure(f, "memory_mib"));
  cell(7, figure(f, "append_ms"));
  std::printf("\n");
}

/// The median of all imports at this size, with bccast or with the bare loop that all others use.
double import_seconds(const Results& results, std::uint64_t size, bool with_bccast) {
  std::vector<double> seconds;
  for (const Series& series : results.series) {
    if (series.size != size || (series.design == "bccast") != with_bccast) continue;
    for (const Figures& round : series.rounds) {
      if (round.contains("import_s")) seconds.push_back(round.at("import_s"));
    }
  }
  return seconds.empty() ? std::nan("") : median(seconds);
}

void print_import(const char* name, std::uint64_t size, double seconds, double bare_seconds) {
  if (std::isnan(seconds)) return;
  std::printf("import, %-16s", name);
  cell(9, seconds * 1e3);
  std::printf(" ms");
  cell(9, std::round(static_cast<double>(size) / seconds));
  std::printf(" clients/s");
  cell(6, bare_seconds / seconds);
  std::printf(" x bare\n");
}

void print_line(const Figures& figures, const char* name, const char* meaning, double scale,
                const char* unit) {
  const double value = figure(figures, name);
  if (std::isnan(value)) return;
  std::printf("  %-66s", meaning);
  cell(9, value * scale);
  std::printf(" %s\n", unit);
}

}  // namespace

void print_machine(const Machine& machine) {
  std::printf("%u cores, SQLite %s, 4 KiB append + fdatasync %.3f ms (median)\n", machine.cores,
              machine.sqlite_version.c_str(), machine.append_ms);
  if (machine.memory_disk)
    std::printf("WARNING: the folder is in memory (tmpfs): syncs cost nothing there\n");
}

void print_size(const Results& results, std::uint64_t size) {
  const double row_floor_s = work_seconds(results, size, "row-floor");
  std::printf("\nW(%llu)\n", static_cast<unsigned long long>(size));
  std::printf(
      "design      draft ms  accept ms     rows   syncs      W ms  syncs batches    rcpt/s  x floor  kept B/r"
      " peak B/r    MiB disk ms\n");
  for (const Series& series : results.series) {
    if (series.size == size && !series.rounds.empty()) print_work(series, row_floor_s);
  }
  const double bare_s = import_seconds(results, size, false);
  print_import("bccast", size, import_seconds(results, size, true), bare_s);
  print_import("bare SQLite loop", size, bare_s, bare_s);
}

void print_extras(const Results& results) {
  if (results.extras.empty()) return;
  const Figures& f = results.extras;
  std::printf("\nbccast with a roster of %llu\n", static_cast<unsigned long long>(results.extras_size));
  print_line(f, "select_ascending_s", "choose all, by id, in order", 1, "s");
  print_line(f, "select_shuffled_s", "choose all, by id, in no order", 1, "s");
  print_line(f, "half_accept_s", "random half of the roster: send", 1e3, "ms");
  print_line(f, "half_work_s", "random half of the roster: W", 1e3, "ms");
  const double half_kept = figure(f, "half_kept_bytes") / figure(f, "half_recipients");
  print_line({{"kept", half_kept}}, "kept", "random half of the roster: kept for each recipient", 1, "B");
  print_line(f, "recall_untold_s", "recall from all, before anybody was told", 1e3, "ms");
  print_line(f, "recall_told_s", "recall from all, after everybody was told", 1e3, "ms");
  print_line(f, "inbox_2_first_s", "inbox, five unseen blasts to 2: first look", 1e3, "ms");
  print_line(f, "inbox_2_later_s", "inbox, five unseen blasts to 2: later looks", 1e3, "ms");
  print_line(f, "inbox_all_first_s", "inbox, five unseen blasts to all: first look", 1e3, "ms");
  print_line(f, "inbox_all_later_s", "inbox, five unseen blasts to all: later looks", 1e3, "ms");
}

}  // namespace bench
