// Killed at random in each way of running: pump when the descriptor says so, threads of the library's, and
// claims that are completed in parts. Three processes on one store, one for each way; each also sends. What
// must hold is said at the end of the test.
//
// BCCAST_TEST_SCALE: so many times 500 kills of each; by hand, or in a long run.
#include <bccast/bccast.h>
#include <doctest/doctest.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <map>
#include <random>
#include <set>
#include <sstream>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "support/embedding.hpp"
#include "support/host.hpp"

namespace {

using std::string;
using std::to_string;
using test::Batch;
using test::Engine;
using test::must;

constexpr int kClients = 150;
#if defined(__SANITIZE_THREAD__) || defined(__SANITIZE_ADDRESS__)
constexpr int kKillsOfEach = 50;
#else
constexpr int kKillsOfEach = 500;
#endif
constexpr std::size_t kPart = 10;

/// A hundred times as fast as the world's, so that leases end while the killing goes on; and put forward at
/// the end.
struct FastClock {
  static constexpr std::int64_t kTimesAsFast = 100;
  std::int64_t start_us = 0;
  std::int64_t start_wall_ms = test::Clock::kStart;
  std::atomic<std::int64_t> forward_ms{0};

  static std::int64_t real_us() {
    return std::chrono::duration_cast<std::chrono::microseconds>(
               std::chrono::steady_clock::now().time_since_epoch())
        .count();
  }
  void attach(bccast_config* config) {
    const bccast_clock_vtbl vtbl{sizeof(bccast_clock_vtbl), 0,
                                 [](void* self) {
                                   const auto& c = *static_cast<FastClock*>(self);
                                   return c.start_wall_ms + (real_us() - c.start_us) * kTimesAsFast / 1000 +
                                          c.forward_ms;
                                 },
                                 [](void*) { return real_us(); }, nullptr};
    must(bccast_config_clock, config, &vtbl, this);
  }
};

/// Lines that outlive a killed process: one write each.
class Log {
 public:
  explicit Log(const std::filesystem::path& path)
      : file_(::open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600)) {}
  ~Log() { ::close(file_); }
  Log(const Log&) = delete;
  Log& operator=(const Log&) = delete;
  void add(const string& lines) const {
    if (::write(file_, lines.data(), lines.size()) != static_cast<ssize_t>(lines.size())) ::_exit(7);
  }

 private:
  int file_;
};

struct Paths {
  explicit Paths(const std::filesystem::path& folder)
      : store((folder / "store.db").string()), sent(folder / "sent.log"), told(folder / "told.log") {}
  string store;
  std::filesystem::path sent;
  std::filesystem::path told;
};

enum class Way { pump, start, claim };
constexpr std::array kWays{Way::pump, Way::start, Way::claim};

/// One process, until it is killed. What it tells is in the log, by worker and by what was in flight at once.
class Process {
 public:
  Process(const Paths& paths, FastClock& clock, Way way, int generation)
      : way_(way),
        generation_(generation),
        told_(paths.told),
        sent_(paths.sent),
        engine_(paths.store, [&](auto* c) {
          clock.attach(c);
          if (way != Way::claim)
            test::attach_notifier(c, "email", [this](bccast_batch* batch) {
              thread_local int in_flight = 0;
              tell(batch, 0, bccast_rows_count(bccast_batch_rows(batch)), ++in_flight);
              return BCCAST_OK;
            });
        }) {}

  void live() {
    if (generation_ % 2 == 0) sent_.add("sent " + test::send_blast(engine_) + " .\n");
    switch (way_) {
      case Way::pump: {
        std::int32_t fd = -1;
        must(bccast_fd, engine_, &fd);
        for (;;) {
          pollfd p{fd, POLLIN, 0};
          ::poll(&p, 1, 3);  // the clock runs faster than its timer
          must(bccast_pump, engine_, 100U, 2'000U, nullptr, nullptr);
        }
      }
      case Way::start:
        must(bccast_start, engine_, 2U);
        for (;;) {
          std::this_thread::sleep_for(std::chrono::milliseconds(3));
          must(bccast_wake, engine_);
        }
      case Way::claim:
        for (int in_flight = 0;;) {
          const auto batch = test::claim(engine_);
          if (batch.empty()) {
            must(bccast_wait, engine_, 3);
            continue;
          }
          for (std::size_t begin = 0, size = batch.size(); begin < size; begin += kPart) {
            const auto part = std::min(kPart, size - begin);
            tell(batch, begin, begin + part, ++in_flight);
            must(bccast_batch_complete, batch, part, nullptr);
          }
        }
    }
  }

 private:
  void tell(const bccast_batch* batch, std::size_t begin, std::size_t end, int in_flight) {
    thread_local const int worker = workers_++;
    string lines;
    for (std::size_t i = begin; i < end; ++i) {
      const char* id = nullptr;
      const char* thread = nullptr;
      bccast_rows_get_text(bccast_batch_rows(batch), i, "id", &id, nullptr);
      bccast_rows_get_text(bccast_batch_rows(batch), i, "thread", &thread, nullptr);
      lines += "told " + to_string(static_cast<int>(way_)) + "/" + to_string(generation_) + "/" +
               to_string(worker) + " " + to_string(in_flight) + " " + id + " " + thread + " .\n";
    }
    told_.add(lines);
    std::this_thread::sleep_for(std::chrono::microseconds(300));
  }

  Way way_;
  int generation_;
  Log told_;
  Log sent_;
  std::atomic<int> workers_{0};
  Engine engine_;
};

std::vector<std::vector<string>> read_log(const std::filesystem::path& path) {
  std::vector<std::vector<string>> lines;
  std::ifstream file(path);
  for (string line; std::getline(file, line);) {
    std::istringstream words(line);
    auto& parts = lines.emplace_back();
    for (string word; words >> word;) parts.push_back(word);
    if (parts.empty() || parts.back() != ".") lines.pop_back();
  }
  return lines;
}

}  // namespace

TEST_CASE(
    "killed at random in each way of running: nothing is lost, and only what was in flight comes again") {
  const test::TemporaryFolder folder;
  const Paths paths(folder.path());
  FastClock clock;
  clock.start_us = FastClock::real_us();
  {
    const Engine engine(paths.store, [&](bccast_config* c) { clock.attach(c); });
    must(bccast_channel_put, engine, "email", "notify");
    test::make_practice(engine, kClients);
  }

  // ---- Kill, and start again. Nothing is open in this process meanwhile.
  struct Role {
    Way way;
    pid_t pid = 0;
    int generation = 0;
  };
  std::array<Role, kWays.size()> roles{};
  const auto start = [&](Role& role) {
    role.pid = ::fork();
    REQUIRE(role.pid >= 0);
    if (role.pid != 0) return;
    try {
      Process(paths, clock, role.way, role.generation).live();
    } catch (const std::exception& error) {
      Log(paths.sent).add(string("failed ") + error.what() + " .\n");
    }
    ::_exit(3);
  };
  std::mt19937 random(std::random_device{}());
  for (std::size_t i = 0; i < roles.size(); ++i) {
    roles[i].way = kWays[i];
    start(roles[i]);
  }
  const std::size_t kills = kKillsOfEach * roles.size() * static_cast<std::size_t>(test::scale());
  for (std::size_t kill = 0; kill < kills; ++kill) {
    std::this_thread::sleep_for(std::chrono::microseconds(random() % 40'000));
    auto& role = roles[kill % roles.size()];
    ::kill(role.pid, SIGKILL);
    int status = 0;
    REQUIRE(::waitpid(role.pid, &status, 0) == role.pid);
    CHECK(WIFSIGNALED(status));
    ++role.generation;
    start(role);
  }
  for (auto& role : roles) {
    ::kill(role.pid, SIGKILL);
    ::waitpid(role.pid, nullptr, 0);
  }

  // ---- The rest, when all leases are over.
  Log told(paths.told);
  {
    const Engine engine(paths.store, [&](bccast_config* c) { clock.attach(c); });
    CHECK(must(bccast_operate_verify, engine).rows.empty());
    for (int turn = 0; turn < 20'000; ++turn) {
      auto batch = test::claim(engine);
      if (batch.empty() && must(bccast_channel_list, engine).rows[0].number("pending") == 0) break;
      if (batch.empty()) {
        clock.forward_ms += 60'000;
        continue;
      }
      string lines;
      for (const auto& row : batch.rows())
        lines += "told end 0 " + row.text("id") + " " + row.text("thread") + " .\n";
      told.add(lines);
      CHECK(batch.complete() == BCCAST_OK);
    }

    // Every blast that was acknowledged is there, whole, and finished; the sums are right.
    std::map<string, std::size_t> times_told;  // by id
    std::map<string, std::set<string>> ids_of_thread;
    const auto told_lines = read_log(paths.told);
    for (const auto& line : told_lines) {
      ++times_told[line[3]];
      ids_of_thread[line[4]].insert(line[3]);
    }
    std::size_t blasts = 0;
    for (const auto& line : read_log(paths.sent)) {
      if (line[0] == "failed") FAIL_CHECK(line[1]);
      if (line[0] != "sent") continue;
      ++blasts;
      const auto people = test::people_of(engine, line[1]);
      CHECK(people.text("state") == "finished");
      CHECK(people.number("recipients") == kClients);
      CHECK(people.number("done") == kClients);
      for (const auto& row :
           must(bccast_blast_recipients, engine, "lee", line[1], nullptr, nullptr, 1000U).rows) {
        // Told at least once, and always by the same id.
        CHECK(ids_of_thread[row.text("thread")].size() == 1);
      }
    }
    CHECK(blasts >= 10);
    CHECK(must(bccast_operate_verify, engine).rows.empty());

    // What came again was in flight when its worker was killed: the last that this worker had begun.
    std::map<string, int> last;
    for (const auto& line : told_lines) last[line[1]] = std::max(last[line[1]], std::stoi(line[2]));
    std::map<string, std::size_t> seen;
    std::size_t repeated = 0;
    for (const auto& line : told_lines) {
      if (++seen[line[3]] == times_told[line[3]]) continue;
      ++repeated;
      CAPTURE(line[1]);
      CAPTURE(line[2]);
      CHECK(std::stoi(line[2]) == last[line[1]]);
    }
    MESSAGE(kills << " kills, " << blasts << " blasts, " << times_told.size() << " notifications, "
                  << repeated << " repeated");
    CHECK(times_told.size() > 1'000);
  }
}
