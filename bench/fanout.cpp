// fanout: what a blast to N recipients costs, with bccast and with designs that have a row for each
// recipient.
//
// The work W(N): durably accept one send to N recipients; give each their thread with the message; call a
// no-op notifier once for each, with the address; durably record each as notified; done when all N are
// recorded. All designs take turns in one run, because shared machines drift: ratios matter more than times.
#include <algorithm>
#include <cstdio>
#include <exception>
#include <filesystem>
#include <fstream>
#include <optional>
#include <stdexcept>

#include "bccast_design.hpp"
#include "bccast_extras.hpp"
#include "design.hpp"
#include "forked.hpp"
#include "log_floor.hpp"
#include "machine.hpp"
#include "options.hpp"
#include "results.hpp"
#include "row_design.hpp"
#include "row_floor.hpp"
#include "row_roster.hpp"
#include "table.hpp"
#include "temporary_folder.hpp"

namespace bench {
namespace {

Figures nothing_to_import(const Task&) {
  return {};
}

constexpr const char* kBccast = "bccast";

constexpr Design kDesigns[] = {
    {kBccast, "through its C API", bccast_import, bccast_work},
    {"row", "a thread, a message and a job row for each recipient, claimed by lease", import_rows,
     row_design_work},
    {"row-floor", "one job row for each recipient, no claims stored", import_rows, row_floor_work},
    {"log-floor", "8 bytes in a log for each recipient; no threads, no addresses", nothing_to_import,
     log_floor_work},
};

/// Before each run the disk is asked how long a sync takes: on a shared machine that changes by the minute.
constexpr unsigned kDiskLooks = 40;

/// Small blasts are too short to be timed once.
unsigned blasts_for(std::uint64_t size) {
  return size <= 100 ? 21 : size <= 10000 ? 7 : 1;
}

class Run {
 public:
  explicit Run(const Options& options) : options_(options), folder_(options.folder) {}

  Results all() {
    results_.machine = look_at_machine(folder_.path());
    print_machine(results_.machine);
    for (const Design& design : kDesigns) {
      if (options_.wants(design.name)) std::printf("  %-10s %s\n", design.name, design.meaning);
    }
    for (const std::uint64_t size : options_.sizes) {
      measure_size(size);
      print_size(results_, size);
    }
    if (options_.extras && options_.wants(kBccast)) {
      measure_extras(options_.sizes.back());
      print_extras(results_);
    }
    results_.append_ms_after = append_and_sync_ms(folder_.path());
    std::printf("\n4 KiB append + fdatasync at the end: %.3f ms\n", results_.append_ms_after);
    return std::move(results_);
  }

 private:
  void measure_size(std::uint64_t size) {
    const std::size_t first = results_.series.size();
    for (const Design& design : kDesigns) {
      if (options_.wants(design.name)) results_.series.push_back({design.name, size, {}});
    }
    for (unsigned round = 0; round < options_.rounds_for(size); ++round) {
      std::size_t series = first;
      for (const Design& design : kDesigns) {
        if (options_.wants(design.name)) measure_design(design, size, results_.series[series++]);
      }
    }
  }

  void measure_design(const Design& design, std::uint64_t size, Series& series) {
    const TemporaryFolder folder(folder_.path());
    const Task task{folder.path() + "/store", size, blasts_for(size)};
    const auto import = child(design.name, [&] { return design.import(task); });
    if (!import) return;
    const double append_ms = append_and_sync_ms(folder.path(), kDiskLooks);
    const auto work = child(design.name, [&] { return design.work(task); });
    if (!work) return;
    Figures figures = *work;
    figures["append_ms"] = append_ms;
    for (const auto& [name, value] : *import)
      figures[name == "memory_mib" ? "import_memory_mib" : name] = value;
    if (design.name == kBccast) {
      const auto rows = child(design.name, [&] { return bccast_accept_rows(task); });
      if (!rows) return;
      figures["accept_rows"] = rows->at("accept_rows");
      figures.insert(rows->begin(), rows->end());
    }
    series.rounds.push_back(std::move(figures));
  }

  void measure_extras(std::uint64_t size) {
    results_.extras_size = size;
    constexpr Figures (*kExtras[])(const Task&) = {bccast_inbox, bccast_select_by_id, bccast_random_half,
                                                   bccast_recall};
    const TemporaryFolder folder(folder_.path());
    const Task task{folder.path() + "/store", size, 1};
    if (!child("bccast's roster for the extras", [&] { return bccast_import(task); })) return;
    for (const auto extra : kExtras) {
      auto figures = child("bccast's extras", [&] { return extra(task); });
      if (figures) results_.extras.merge(*figures);
    }
    results_.extras.erase("memory_mib");
  }

  std::optional<Figures> child(const char* what, const std::function<Figures()>& run) {
    auto figures = in_child(run);
    if (!figures) results_.failures.emplace_back(what);
    return figures;
  }

  const Options& options_;
  TemporaryFolder folder_;
  Results results_;
};

void require_known(const Options& options) {
  for (const std::string& name : options.designs) {
    const auto same_name = [&name](const Design& design) { return name == design.name; };
    if (std::none_of(std::begin(kDesigns), std::end(kDesigns), same_name)) {
      throw std::runtime_error("unknown design: " + name);
    }
  }
}

int run(const Options& options) {
  const Results results = Run(options).all();
  if (!options.json.empty()) {
    std::ofstream file(options.json);
    file << to_json(results);
    if (!file.flush()) throw std::runtime_error("cannot write " + options.json);
  }
  for (const std::string& failure : results.failures)
    std::fprintf(stderr, "fanout: FAILED: %s\n", failure.c_str());
  return results.failures.empty() ? 0 : 1;
}

}  // namespace
}  // namespace bench

int main(int argc, char** argv) {
  bench::Options options;
  try {
    options = bench::parse_options(argc, argv);
    bench::require_known(options);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "fanout: %s\n%s", error.what(), bench::kUsage);
    return 2;
  }
  try {
    return bench::run(options);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "fanout: %s\n", error.what());
    return 1;
  }
}
