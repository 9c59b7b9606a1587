// openings: what clients who open a large blast one by one write into the log, and what a list of blasts that
// many have opened costs.
//
// Bytes, not times: one commit an opening. tests/unit/cost_test.cpp keeps them.
#include <dlfcn.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <stdexcept>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "figures.hpp"
#include "people.hpp"
#include "screens_calls.hpp"
#include "stopwatch.hpp"
#include "temporary_folder.hpp"
#include "ways_store.hpp"

namespace {

std::string log_path;                     // set before anything is counted
std::atomic<std::uint64_t> log_bytes{0};  // written there

bool is_log(int file) {
  struct stat one {
  }, other{};
  return ::fstat(file, &one) == 0 && ::stat(log_path.c_str(), &other) == 0 && one.st_ino == other.st_ino &&
         one.st_dev == other.st_dev;
}

}  // namespace

// SQLite's writes. That they come here needs the symbol exported, as in sync_count.cpp.
extern "C" __attribute__((visibility("default"))) ssize_t pwrite64(int file, const void* bytes,
                                                                   std::size_t count, off64_t at) {
  using Write = ssize_t (*)(int, const void*, std::size_t, off64_t);
  static const auto next = reinterpret_cast<Write>(dlsym(RTLD_NEXT, "pwrite64"));
  if (!log_path.empty() && is_log(file)) log_bytes.fetch_add(count, std::memory_order_relaxed);
  return next(file, bytes, count, at);
}

namespace bench {
namespace {

constexpr const char* kUsage =
    "usage: openings [--clients 1e6] [--openings 1e5] [--blasts 50] [--dir FOLDER]\n"
    "  --clients   of the roster\n"
    "  --openings  of one blast to all, by clients all over the roster\n"
    "  --blasts    of the list; each was opened, and replied to, on every 4,096 places. 0: no list\n"
    "  --dir       where a temporary folder is made for the store. Default: here\n";

constexpr std::uint64_t kPage = 4096;
constexpr unsigned kRounds = 21;

struct Options {
  std::uint64_t clients = 1000000;
  std::uint64_t openings = 100000;
  std::uint64_t blasts = 50;
  std::string folder = ".";
};

Options parse(int argc, char** argv) {
  Options options;
  for (int i = 1; i < argc; i += 2) {
    const std::string_view option = argv[i];
    if (i + 1 == argc) throw std::runtime_error("unknown option, or no value: " + std::string(option));
    const auto number = static_cast<std::uint64_t>(std::atof(argv[i + 1]));
    if (option == "--clients") {
      options.clients = number;
    } else if (option == "--openings") {
      options.openings = number;
    } else if (option == "--blasts") {
      options.blasts = number;
    } else if (option == "--dir") {
      options.folder = argv[i + 1];
    } else {
      throw std::runtime_error("unknown option: " + std::string(option));
    }
  }
  if (options.clients < kPage || options.openings > options.clients)
    throw std::runtime_error("not numbers that can be used");
  return options;
}

std::vector<std::string> threads_of(WaysStore& store, const std::string& blast,
                                    const std::vector<std::uint64_t>& clients) {
  constexpr std::size_t kTogether = 1000;
  std::unordered_map<std::string, std::string> threads;
  for (std::size_t from = 0; from < clients.size(); from += kTogether) {
    Column ids;
    for (std::size_t i = from; i < std::min(from + kTogether, clients.size()); ++i)
      ids.add(client_id(clients[i]));
    const auto rows = rows_of(bccast_blast_find, store.engine(), kProvider, blast.c_str(), ids.count(),
                              ids.bytes(), ids.offsets());
    for (std::size_t i = 0; i < bccast_rows_count(rows.get()); ++i)
      threads[text_at(rows, i, "client")] = text_at(rows, i, "thread");
  }
  std::vector<std::string> all;
  for (const auto client : clients) all.push_back(threads.at(client_id(client)));
  return all;
}

void open_all(WaysStore& store, const std::string& blast, const std::vector<std::uint64_t>& clients) {
  const auto threads = threads_of(store, blast, clients);
  const auto before = log_bytes.load();
  std::uint64_t last_tenth = 0;
  const Stopwatch watch;
  for (std::size_t i = 0; i < clients.size(); ++i) {
    if (i == clients.size() - clients.size() / 10) last_tenth = log_bytes.load();
    require_ok(bccast_client_read(store.engine(), client_id(clients[i]).c_str(), threads[i].c_str(), 1));
  }
  const auto count = static_cast<double>(clients.size());
  print_line("openings, one by one, in no order", count, "");
  print_line("  log of all", static_cast<double>(log_bytes.load() - before) / 1e6, "MB");
  print_line("  log of one", static_cast<double>(log_bytes.load() - before) / count, "bytes");
  print_line("  log of one, of the last tenth",
             static_cast<double>(log_bytes.load() - last_tenth) / (count / 10), "bytes");
  print_line("  time of one", watch.seconds() / count * 1e6, "us");
}

void list(WaysStore& store, const Options& options) {
  std::vector<std::uint64_t> clients;  // one on every page of places
  for (std::uint64_t client = 7; client < options.clients; client += kPage) clients.push_back(client);
  for (std::uint64_t i = 0; i < options.blasts; ++i) {
    const auto blast = store.draft_to_all();
    store.send(blast);
    const auto threads = threads_of(store, blast, clients);
    for (std::size_t c = 0; c < clients.size(); ++c) {
      require_ok(bccast_client_read(store.engine(), client_id(clients[c]).c_str(), threads[c].c_str(), 1));
      store.reply(clients[c], threads[c], "Thank you");
    }
  }
  const auto time_of = [&](const char* what, std::uint32_t limit) {
    std::vector<double> times;
    for (unsigned round = 0; round < kRounds; ++round) {
      const Stopwatch watch;
      const auto rows = rows_of(bccast_blast_list, store.engine(), kProvider, "", nullptr, limit);
      times.push_back(watch.seconds());
    }
    print_line(what, median(times) * 1e3, "ms");
  };
  time_of("the list of all these blasts", static_cast<std::uint32_t>(options.blasts));
  time_of("  of one", 1);
}

void run(const Options& options) {
  const TemporaryFolder folder(options.folder);
  const auto path = folder.path() + "/openings.db";
  WaysStore store(path, {"email"});
  store.import(options.clients);
  const auto blast = store.draft_to_all();
  store.send(blast);
  std::vector<std::uint64_t> clients;
  constexpr std::uint64_t kPrime = 7368787;  // of all clients, in no order
  for (std::uint64_t i = 0; i < options.openings; ++i) clients.push_back(i * kPrime % options.clients);
  log_path = path + "-wal";
  open_all(store, blast, clients);
  if (options.blasts > 0) list(store, options);
}

}  // namespace
}  // namespace bench

int main(int argc, char** argv) {
  try {
    bench::run(bench::parse(argc, argv));
    return 0;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "openings: %s\n%s", error.what(), bench::kUsage);
    return 1;
  }
}
