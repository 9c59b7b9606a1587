// One host, three ways of having the work done: pump, claim and complete, threads. What can be seen of them
// must be the same: who was given what, in which order (of threads: the set), what became of it, and what the
// events tell.
//
// The disk is the real one here: threads need locks that hold between them.
#include <bccast/bccast.h>
#include <bccast/bccast_ext.h>
#include <stdlib.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <map>
#include <mutex>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "clock.hpp"
#include "entropy.hpp"
#include "prng.hpp"
#include "run.hpp"
#include "table.hpp"

namespace sim {
namespace {

enum class Way { pump, claim, threads };
constexpr std::array<const char*, 3> kWays{"pump", "claim", "threads"};
constexpr std::array<const char*, 2> kBoth{"email", "push"};
constexpr int kClients = 20;
constexpr std::chrono::seconds kLongest{60};

class FakeHost {
 public:
  explicit FakeHost(Way way) : way_(way) {
    seed_entropy(7);  // the same ids for all
    std::string folder = (std::filesystem::temp_directory_path() / "bccast-host-XXXXXX").string();
    if (mkdtemp(folder.data()) == nullptr) throw std::runtime_error("no temporary folder can be made");
    folder_ = folder;
    bccast_config* config = nullptr;
    must(bccast_config_new(&config), "config");
    const auto clock = Clock::vtbl();
    bccast_config_clock(config, &clock, &clock_);
    bccast_notifier_vtbl notifier{};
    notifier.struct_size = sizeof notifier;
    notifier.notify = [](void* self, bccast_batch* batch) {
      return static_cast<FakeHost*>(self)->work_off(batch);
    };
    if (way != Way::claim)
      for (const char* channel : kBoth) bccast_config_notifier(config, channel, &notifier, this);
    const auto code = bccast_open((folder_ + "/store.db").c_str(), config, &engine_);
    bccast_config_free(config);
    must(code, "open");
    for (const char* channel : kBoth)
      if (way == Way::claim) must(bccast_channel_put(engine_, channel, "notify"), "channel_put");
  }
  ~FakeHost() {
    bccast_close(engine_, 1000);
    std::error_code ignored;
    std::filesystem::remove_all(folder_, ignored);
  }
  FakeHost(const FakeHost&) = delete;
  FakeHost& operator=(const FakeHost&) = delete;

  /// All that can be seen, line by line.
  std::vector<std::string> live() {
    write();
    if (way_ == Way::threads) must(bccast_start(engine_, 3), "start");
    const auto until = std::chrono::steady_clock::now() + kLongest;
    while (!finished()) {
      if (std::chrono::steady_clock::now() > until) throw std::runtime_error("it does not come to its end");
      work();
    }
    if (way_ == Way::threads) must(bccast_stop(engine_, 10'000), "stop");
    look();
    return trace_;
  }

 private:
  static void must(std::int32_t code, const char* what) {
    if (code < 0) throw std::runtime_error(std::string(what) + ": " + bccast_error_message());
  }

  void write() {
    bccast_rows* rows = nullptr;
    must(bccast_events(engine_, "reader", 1, &rows), "events");
    bccast_rows_free(rows);
    must(bccast_directory_provider_put(engine_, "p", "Dr. Lee"), "provider");
    must(bccast_directory_provider_set(engine_, "p", "address.email", "lee@example.org"), "provider_set");
    for (int i = 0; i < kClients; ++i) {
      const auto id = "c" + std::to_string(i);
      must(bccast_directory_client_put(engine_, id.c_str(), "Name", (id + "@example.org").c_str()), "client");
      if (i % 3 != 0)
        must(bccast_directory_client_set(engine_, id.c_str(), "address.push", id.c_str()), "push");
      must(bccast_directory_roster_add(engine_, "p", id.c_str()), "roster");
    }
    for (int b = 0; b < 3; ++b) {
      char blast[BCCAST_ID_SIZE];
      must(bccast_blast_create(engine_, "p", nullptr, blast), "create");
      must(bccast_blast_select_all_active(engine_, "p", blast), "select");
      must(bccast_blast_write(engine_, "p", blast, "Good morning", 12), "write");
      must(bccast_blast_send(engine_, "p", blast, nullptr), "send");
      blasts_.emplace_back(blast);
    }
    char thread[BCCAST_ID_SIZE];
    must(bccast_provider_direct(engine_, "p", "c1", thread), "direct");
    must(bccast_provider_reply(engine_, "p", thread, nullptr, "Hello", 5, nullptr, nullptr), "reply");
    must(bccast_client_reply(engine_, "c1", thread, nullptr, "Hello", 5, nullptr, nullptr), "reply");
  }

  /// What becomes of an item is a function of its id and of how often it was tried.
  std::int32_t answer(const std::string& id) {
    const auto tried = ++tries_[id];
    const auto digit = static_cast<unsigned>(id.back());
    if (digit % 7 == 1) return BCCAST_ITEM_FAILED;
    if (digit % 7 == 2) return BCCAST_ITEM_SKIPPED;
    if (digit % 7 == 3 && tried <= 2) return BCCAST_ITEM_RETRY;
    return BCCAST_ITEM_DONE;
  }

  std::int32_t work_off(bccast_batch* batch) {
    const std::lock_guard lock(mutex_);
    const Table rows(bccast_batch_rows(batch));
    for (std::size_t i = 0; i < rows.size(); ++i) {
      const auto status = answer(rows.text(i, "id"));
      trace_.push_back("given " + rows.print(i) + "-> " + std::to_string(status));
      must(bccast_batch_set(batch, i, status, status == BCCAST_ITEM_DONE ? nullptr : "a_reason", 0), "set");
    }
    return BCCAST_OK;
  }

  void work() {
    if (way_ == Way::pump) {
      must(bccast_pump(engine_, 0, 0, nullptr, nullptr), "pump");
    } else if (way_ == Way::claim) {
      // As pump does it: a batch of each channel in turn.
      for (int idle = 0; idle < 2;) {
        for (const char* channel : kBoth) {
          bccast_batch* batch = nullptr;
          must(bccast_claim(engine_, channel, 0, &batch), "claim");
          idle = batch == nullptr ? idle + 1 : 0;
          if (batch == nullptr) continue;
          work_off(batch);
          must(bccast_batch_complete(batch, 0, nullptr), "complete");
          bccast_batch_free(batch);
        }
      }
    } else {
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
  }

  bool finished() {
    bccast_rows* raw = nullptr;
    must(bccast_channel_list(engine_, &raw), "channels");
    const Table rows(raw);
    for (std::size_t i = 0; i < rows.size(); ++i)
      if (rows.number(i, "pending") != 0) return false;
    return true;
  }

  void look() {
    for (const auto& blast : blasts_) {
      bccast_rows* raw = nullptr;
      must(bccast_blast_status(engine_, "p", blast.c_str(), &raw), "status");
      const Table status(raw);
      for (std::size_t i = 0; i < status.size(); ++i) trace_.push_back("status " + status.print(i));
      raw = nullptr;
      must(bccast_blast_recipients(engine_, "p", blast.c_str(), nullptr, nullptr, 1000, &raw), "recipients");
      const Table recipients(raw);
      for (std::size_t i = 0; i < recipients.size(); ++i)
        trace_.push_back("recipient " + recipients.print(i));
    }
    bccast_rows* raw = nullptr;
    must(bccast_events(engine_, "reader", 1000, &raw), "events");
    const Table events(raw);
    for (std::size_t i = 0; i < events.size(); ++i)
      trace_.push_back("event " + events.text(i, "kind") + " " + events.text(i, "object"));
  }

  Way way_;
  std::string folder_;
  Clock clock_;
  bccast_engine* engine_ = nullptr;
  std::vector<std::string> blasts_;
  std::mutex mutex_;
  std::map<std::string, int> tries_;
  std::vector<std::string> trace_;
};

bool same(std::vector<std::string> first, std::vector<std::string> second, const char* name, bool in_order) {
  if (!in_order) {
    std::ranges::sort(first);
    std::ranges::sort(second);
  }
  if (first == second) return true;
  const auto [a, b] = std::ranges::mismatch(first, second);
  std::printf("pump and %s differ at line %td:\n  %s\n  %s\n", name, a - first.begin(),
              a == first.end() ? "(nothing)" : a->c_str(), b == second.end() ? "(nothing)" : b->c_str());
  return false;
}

}  // namespace

int fake_host() {
  const auto pumped = FakeHost(Way::pump).live();
  const auto claimed = FakeHost(Way::claim).live();
  const auto threaded = FakeHost(Way::threads).live();
  auto planted = threaded;
  planted.erase(planted.begin());
  const bool claims_alike = same(pumped, claimed, kWays[1], true);
  const bool all = same(pumped, threaded, kWays[2], false) && claims_alike;
  std::printf("%zu lines seen of one host in three ways\n", pumped.size());
  std::printf("a planted difference: ");
  return all && pumped.size() > 3 * kClients && !same(pumped, planted, "less", false) ? EXIT_SUCCESS
                                                                                      : EXIT_FAILURE;
}

}  // namespace sim
