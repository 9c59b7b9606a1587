// ways: what running a host costs, and how long one thing waits for another, with a roster of 10^6 (or 10^7).
//
// The same is kept by counts, and with clocks that stand still, in tests/host_test.cpp, tests/claim_test.cpp,
// tests/wakeup_test.cpp and tests/unit/cost_test.cpp; here are the times and the sizes.
#include <poll.h>
#include <sys/resource.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <functional>
#include <numeric>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "figures.hpp"
#include "machine.hpp"
#include "people.hpp"
#include "sqlite.hpp"
#include "stopwatch.hpp"
#include "table.hpp"
#include "temporary_folder.hpp"
#include "ways_store.hpp"

namespace bench {
namespace {

constexpr const char* kUsage =
    "usage: ways [--clients 1e6] [--idle 60] [--dir FOLDER]\n"
    "  --clients  of the roster; 1e5 to 1e7. Above 1e6 nobody opts out, which takes a call each\n"
    "  --idle     seconds of doing nothing\n"
    "  --dir      where a temporary folder is made for the store. Default: here\n";

constexpr unsigned kRounds = 3;
constexpr std::uint64_t kBudgetUs = 2000;
constexpr std::uint64_t kFew = 1000;
constexpr double kBatchSeconds = 0.001;  // of a notifier that takes its time

struct Options {
  std::uint64_t clients = 1000000;
  int idle_s = 60;
  std::string folder = ".";
};

Options parse(int argc, char** argv) {
  Options options;
  for (int i = 1; i < argc; i += 2) {
    const std::string_view option = argv[i];
    if (i + 1 == argc) throw std::runtime_error("unknown option, or no value: " + std::string(option));
    if (option == "--clients") {
      options.clients = static_cast<std::uint64_t>(std::atof(argv[i + 1]));
      if (options.clients < 100000 || options.clients > 10000000)
        throw std::runtime_error("not a number that can be used");
    } else if (option == "--idle") {
      options.idle_s = std::atoi(argv[i + 1]);
    } else if (option == "--dir") {
      options.folder = argv[i + 1];
    } else {
      throw std::runtime_error("unknown option: " + std::string(option));
    }
  }
  return options;
}

std::vector<std::uint64_t> from_to(std::uint64_t first, std::uint64_t count, std::uint64_t step = 1) {
  std::vector<std::uint64_t> clients(count);
  for (std::uint64_t i = 0; i < count; ++i) clients[i] = first + i * step;
  return clients;
}

void require(bool holds, const char* what) {
  if (!holds) throw std::runtime_error(what);
}

// ---- The fd, and pump with a budget

void budgets(WaysStore& store, std::uint64_t clients) {
  std::vector<double> whole;
  std::vector<double> sliced;
  std::uint64_t told = 0;
  std::vector<double> overruns;  // of calls with a budget, in seconds; below 0: it was kept
  double longest_batch = 0;
  unsigned calls = 0;
  const Stopwatch* call = nullptr;
  double begun = -1;
  store.on_batch([&](bccast_batch* batch, const char*) {
    told += bccast_rows_count(bccast_batch_rows(batch));
    if (call == nullptr) return;
    const double now = call->seconds();
    if (begun >= 0) longest_batch = std::max(longest_batch, now - begun);
    begun = now;
  });
  for (unsigned round = 0; round < kRounds; ++round) {
    const Stopwatch unbudgeted;
    store.send(store.draft_to_all());
    store.pump();
    whole.push_back(unbudgeted.seconds());

    pollfd fd{store.fd(), POLLIN, 0};
    const Stopwatch budgeted;
    store.send(store.draft_to_all());
    std::int32_t result = BCCAST_OK;
    while (result == BCCAST_OK) {
      require(::poll(&fd, 1, 10000) == 1, "the fd is silent while there is work");
      const Stopwatch watch;
      call = &watch;
      begun = -1;
      result = bccast_pump(store.engine(), 0, kBudgetUs, nullptr, nullptr);
      overruns.push_back(watch.seconds() - static_cast<double>(kBudgetUs) / 1e6);
      ++calls;
    }
    call = nullptr;
    require(result == BCCAST_DONE, "pump failed");
    sliced.push_back(budgeted.seconds());
  }
  require(told == clients * 2 * kRounds, "not everybody was told");
  print_line("W, pump without a budget", median(whole) * 1e3, "ms");
  print_line("W, through the fd and pump with budgets of 2 ms", median(sliced) * 1e3, "ms");
  print_line("  ratio of the two", median(sliced) / median(whole), "");
  print_line("  calls", calls / kRounds, "");
  print_line("  items a second: with budgets", static_cast<double>(clients) / median(sliced), "");
  print_line("  items a second: without", static_cast<double>(clients) / median(whole), "");
  print_line("  a call overruns its budget: at most",
             *std::max_element(overruns.begin(), overruns.end()) * 1e3, "ms");
  print_line("  a call overruns its budget: median (below 0: it is kept)", median(overruns) * 1e3, "ms");
  print_line("  the longest from one batch to the next in a call", longest_batch * 1e3, "ms");
}

// ---- Taking turns

/// How many batches of "email" there are until a blast of 50 has been told, sent after 20 batches of a large
/// one.
void race(WaysStore& store, const char* what) {
  const auto small = store.draft_to(from_to(100, 50));
  store.on_batch({});
  const auto large = store.draft_to_all();
  std::uint64_t seen = 0;
  std::uint64_t first = 0;
  std::uint64_t last = 0;
  std::uint64_t left = 0;
  std::vector<std::string> threads;
  store.on_batch([&](bccast_batch* batch, const char* channel) {
    std::this_thread::sleep_for(std::chrono::duration<double>(kBatchSeconds));
    if (std::strcmp(channel, "email") != 0) return;
    if (++seen == 20) {
      store.send(small);
      threads = store.threads_of(small);
      left = threads.size();
      first = seen;
    }
    for (std::size_t i = 0; left > 0 && i < bccast_rows_count(bccast_batch_rows(batch)); ++i) {
      const char* thread = nullptr;
      bccast_rows_get_text(bccast_batch_rows(batch), i, "thread", &thread, nullptr);
      if (std::binary_search(threads.begin(), threads.end(), thread) && --left == 0) last = seen;
    }
  });
  store.send(large);
  store.pump_until([&] { return last > 0; });
  store.on_batch({});
  store.pump();
  print_line(what, static_cast<double>(last - first), "batches");
}

/// Replies that are sent while a large blast drains, and how many batches go out before each is told.
void replies(WaysStore& store) {
  const auto blast = store.draft_to_all();
  store.send(blast);
  const auto thread = store.thread_of(blast, 7);
  int since = -1;
  int longest = 0;
  int sent = 0;
  double longest_ms = 0;
  Stopwatch watch;
  store.on_batch([&](bccast_batch* batch, const char*) {
    const char* kind = nullptr;
    bccast_rows_get_text(bccast_batch_rows(batch), 0, "to_kind", &kind, nullptr);
    if (kind != nullptr && std::strcmp(kind, "provider") == 0) {
      longest = std::max(longest, since);
      longest_ms = std::max(longest_ms, watch.seconds() * 1e3);
      since = -1;
      return;
    }
    std::this_thread::sleep_for(std::chrono::duration<double>(kBatchSeconds));
    if (since >= 0) ++since;
    if (since < 0 && sent < 20) {
      store.reply(7, thread, "Reply " + std::to_string(++sent));
      watch = Stopwatch();
      since = 0;
    }
  });
  store.pump();
  store.on_batch({});
  require(sent == 20 && since == -1, "a reply was not told");
  print_line("a reply while it drains: batches before it, at most of 20", longest, "");
  print_line("  and it waits at most", longest_ms, "ms");
}

// ---- A thousand of a large roster

void few(WaysStore& store, std::uint64_t clients) {
  for (const bool spread : {false, true}) {
    std::vector<double> chosen;
    std::vector<double> accepted;
    std::vector<double> work;
    for (unsigned round = 0; round < 2 * kRounds + 1; ++round) {
      const auto people =
          from_to(spread ? round : 50000 + round * kFew, kFew, spread ? clients / kFew - 1 : 1);
      const Stopwatch choosing;
      const auto blast = store.draft_to(people);
      chosen.push_back(choosing.seconds());
      const Stopwatch watch;
      store.send(blast);
      accepted.push_back(watch.seconds());
      store.pump();
      work.push_back(watch.seconds());
    }
    const std::string what = spread ? "1,000 all over the roster: " : "1,000 who stand together: ";
    print_line(what + "choose by id", median(chosen) * 1e3, "ms");
    print_line(what + "send", median(accepted) * 1e3, "ms");
    print_line(what + "W", median(work) * 1e3, "ms");
  }
}

// ---- Opted out

/// No row for each of those who are left out. Counted in the file, so the store is closed before and after.
void opted_out(const std::string& path, std::uint64_t clients) {
  const auto rows = [&] {
    const auto tables = rows_by_table(path);
    return std::accumulate(tables.begin(), tables.end(), std::int64_t{0},
                           [](std::int64_t sum, const auto& table) { return sum + table.second; });
  };
  {
    WaysStore store(path, {"email"});
    std::vector<std::thread> threads;  // their changes are committed together
    constexpr unsigned kThreads = 16;
    for (unsigned t = 0; t < kThreads; ++t)
      threads.emplace_back([&store, t, clients] {
        for (std::uint64_t i = t; i < clients; i += kThreads)
          if (i % 10 < 3) store.notify_off(i);
      });
    for (auto& thread : threads) thread.join();
    store.close();
  }
  const auto before = rows();
  WaysStore store(path, {"email"});
  const auto blast = store.draft_to_all();
  const Stopwatch watch;
  store.send(blast);
  store.pump();
  const double seconds = watch.seconds();
  const auto sums = store.sums(blast);
  require(sums.at("skipped") == static_cast<double>(clients / 10 * 3), "skipped is not exact");
  require(sums.at("done") == static_cast<double>(clients / 10 * 7), "done is not exact");
  store.close();
  print_line("30 % opted out: W", seconds * 1e3, "ms");
  print_line("  rows that are kept of it, the blast's own among them", static_cast<double>(rows() - before),
             "");
}

// ---- Nothing to do

void idle(WaysStore& store, int seconds) {
  const auto spent = [] {
    rusage used{};
    ::getrusage(RUSAGE_SELF, &used);
    const auto ms = [](const timeval& t) {
      return static_cast<double>(t.tv_sec) * 1e3 + static_cast<double>(t.tv_usec) / 1e3;
    };
    return ms(used.ru_utime) + ms(used.ru_stime);
  };
  pollfd fd{store.fd(), POLLIN, 0};
  store.pump();
  const double before = spent();
  const bool woken = ::poll(&fd, 1, seconds * 1000) != 0;
  print_line("idle for " + std::to_string(seconds) + " s: wake-ups of the fd", woken ? 1 : 0, "");
  print_line("  CPU", spent() - before, "ms");
}

void run(const Options& options) {
  const TemporaryFolder folder(options.folder);
  print_machine(look_at_machine(folder.path()));
  const std::string path = folder.path() + "/store";
  std::printf("\nwith a roster of %llu; a batch takes the notifier no time, or 1 ms where something waits\n",
              static_cast<unsigned long long>(options.clients));
  {
    WaysStore store(path, {"email"});
    store.import(options.clients);
    budgets(store, options.clients);
    race(store, "a blast of 50 sent while all are told: finished after");
    replies(store);
    few(store, options.clients);
    idle(store, options.idle_s);
    store.close();
  }
  {
    WaysStore store(path, {"email", "push"});
    race(store, "a blast of 50 on two channels: finished after");
    store.close();
  }
  {
    WaysStore store(path, {"email"});
    store.remove_channel("push");
    store.close();
  }
  if (options.clients <= 1000000) opted_out(path, options.clients);
}

}  // namespace
}  // namespace bench

int main(int argc, char** argv) {
  bench::Options options;
  try {
    options = bench::parse(argc, argv);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "ways: %s\n%s", error.what(), bench::kUsage);
    return 2;
  }
  try {
    bench::run(options);
    return 0;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "ways: %s\n", error.what());
    return 1;
  }
}
