// Random calls from eight threads: every kind of verb, with handles that are valid, freed, foreign or NULL,
// with callbacks that call back, free and keep their batch, or close their engine, and with forks among them.
// Nothing may crash, hang, leak or race, and every answer is a code that the header names. The sanitizers
// look on.
//
// BCCAST_TEST_SECONDS (default 5) says how long, BCCAST_TEST_SEED which calls: what each thread asks for is a
// function of the seed; how the threads meet is not.
#include <bccast/bccast.h>
#include <bccast/bccast_ext.h>
#include <doctest/doctest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <mutex>
#include <random>
#include <set>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "support/temporary_folder.hpp"

namespace {

using std::string;

constexpr std::size_t kThreads = 8;
constexpr std::size_t kClients = 6;

std::int64_t from_environment(const char* name, std::int64_t otherwise) {
  const char* text = std::getenv(name);
  return text != nullptr && *text != '\0' ? std::atoll(text) : otherwise;
}

class Random {
 public:
  explicit Random(std::uint64_t seed) : numbers_(seed) {}
  std::size_t below(std::size_t n) { return static_cast<std::size_t>(numbers_() % n); }
  bool one_in(std::size_t n) { return below(n) == 0; }
  template <typename Container>
  const auto& of(const Container& all) {
    return all[below(all.size())];
  }

 private:
  std::mt19937_64 numbers_;
};

/// A set of handles or ids that all threads know; the oldest go first.
template <typename T>
class Shared {
 public:
  explicit Shared(std::size_t most) : most_(most) {}
  void add(T one) {
    const std::lock_guard lock(mutex_);
    if (all_.size() == most_) all_.erase(all_.begin());
    all_.push_back(std::move(one));
  }
  std::size_t size() const {
    const std::lock_guard lock(mutex_);
    return all_.size();
  }
  void remove(const T& one) {
    const std::lock_guard lock(mutex_);
    std::erase(all_, one);
  }
  T any(Random& random, T otherwise) const {
    const std::lock_guard lock(mutex_);
    return all_.empty() ? otherwise : random.of(all_);
  }
  /// It is the caller's alone from now on.
  T take(Random& random, T otherwise) {
    const std::lock_guard lock(mutex_);
    if (all_.empty()) return otherwise;
    const auto at = all_.begin() + static_cast<std::ptrdiff_t>(random.below(all_.size()));
    T one = std::move(*at);
    all_.erase(at);
    return one;
  }

 private:
  const std::size_t most_;
  mutable std::mutex mutex_;
  std::vector<T> all_;
};

/// What all threads share. Engines may be used and closed by any of them; rows, batches and configs belong to
/// one at a time, so here are only those that are free to be taken, and those that were freed.
struct World {
  explicit World(std::uint64_t seed_in) : seed(seed_in) {
    for (std::size_t i = 0; i < kClients; ++i) clients.push_back("client-" + std::to_string(i));
  }
  std::uint64_t seed;
  test::TemporaryFolder folder;
  std::vector<string> clients;
  const std::vector<string> providers{"lee", "may"};
  static constexpr std::size_t kEngines = 6;  // so many at once, or a few more
  Shared<bccast_engine*> engines{100};
  Shared<bccast_engine*> closed{8};
  Shared<bccast_rows*> freed_rows{64};
  Shared<bccast_batch*> kept{256};
  Shared<bccast_batch*> freed_batches{64};
  Shared<bccast_config*> freed_configs{32};
  Shared<string> blasts{24};
  Shared<string> threads{48};
  Shared<string> items{24};
  std::atomic<std::uint64_t> next_random{0};
  std::atomic<std::int64_t> calls{0};
  std::atomic<std::int64_t> forks{0};
  std::atomic<std::int64_t> callbacks{0};

  std::mutex codes_mutex;
  std::set<std::int32_t> codes;
  std::set<std::int32_t> unknown_codes;
};

World* the_world = nullptr;

Random& random_of_this_thread() {
  thread_local Random random(the_world->seed * 1000 + ++the_world->next_random);
  return random;
}

/// Counts an answer, and looks whether the header knows it.
std::int32_t answered(std::int32_t code) {
  ++the_world->calls;
  const std::lock_guard lock(the_world->codes_mutex);
  if (the_world->codes.insert(code).second && string(bccast_code_name(code)) == "unknown" && code > -10'000)
    the_world->unknown_codes.insert(code);
  return code;
}

/// No handle of anybody: a number, a text, an object of the host's.
template <typename T>
T* foreign(Random& random) {
  static const char text[] = "not a handle at all, but some bytes of the host's own";
  static std::array<std::uint64_t, 16> object{};
  switch (random.below(4)) {
    case 0:
      return nullptr;
    case 1:
      return reinterpret_cast<T*>(const_cast<char*>(text + random.below(8)));
    case 2:
      return reinterpret_cast<T*>(&object[random.below(8)]);
    default:
      return reinterpret_cast<T*>(random.below(1'000'000) * 2 + 1);
  }
}

// ---- What belongs to one thread

/// One thread's own handles; freed with it.
class Caller {
 public:
  Caller() : random_(random_of_this_thread()) {}
  ~Caller() {
    while (!rows_.empty()) free_rows();
    while (!batches_.empty()) free_batch();
    while (!configs_.empty()) free_config();
  }
  Caller(const Caller&) = delete;
  Caller& operator=(const Caller&) = delete;

  /// Any of the verbs that may be called anywhere.
  void call_something() {
    switch (random_.below(12)) {
      case 0:
        return read_rows(any_rows());
      case 1:
        return free_rows();
      case 2:
        return use_batch(any_batch());
      case 3:
        return free_batch();
      case 4:
        return use_config();
      case 5:
        return claim();
      case 6:
      case 7:
        return write_something();
      default:
        return ask_something();
    }
  }

  bccast_engine* any_engine() {
    if (random_.one_in(12)) return foreign<bccast_engine>(random_);
    if (random_.one_in(12)) return world_.closed.any(random_, nullptr);
    return world_.engines.any(random_, nullptr);
  }

  void open() {
    if (world_.engines.size() >= World::kEngines) return;
    bccast_config* config = nullptr;
    answered(bccast_config_new(&config));
    answered(bccast_config_set(config, "lease_ms", "1000"));
    attach(config);
    const string url = random_.one_in(3) ? ":memory:" : world_.folder.file("store.db");
    bccast_engine* engine = nullptr;
    bccast_config* given = random_.one_in(10) ? world_.freed_configs.any(random_, nullptr) : config;
    answered(bccast_open(url.c_str(), given, &engine));
    bccast_config_free(config);
    world_.freed_configs.add(config);
    if (engine == nullptr) return;
    fill(engine);
    if (random_.one_in(3)) answered(bccast_start(engine, 1 + static_cast<std::uint32_t>(random_.below(2))));
    world_.engines.add(engine);
    bccast_engine* as = nullptr;
    if (random_.one_in(3) && answered(bccast_as(engine, "somebody", &as)) == BCCAST_OK)
      world_.engines.add(as);
  }

  void close(bccast_engine* engine) {
    if (answered(bccast_close(engine, random_.one_in(2) ? 0 : 50)) != BCCAST_OK || engine == nullptr) return;
    world_.engines.remove(engine);
    world_.closed.add(engine);
  }

  void keep(bccast_batch* batch) { batches_.push_back(batch); }
  void use_batch(bccast_batch* batch) {
    std::array<std::int32_t, 4> statuses{};
    for (auto& status : statuses) status = static_cast<std::int32_t>(random_.below(6));
    switch (random_.below(6)) {
      case 0:
      case 1:
        return read_rows(const_cast<bccast_rows*>(bccast_batch_rows(batch)));
      case 2:
        answered(bccast_batch_extend(batch, static_cast<std::int64_t>(random_.below(5'000)) - 100));
        return;
      case 3:
        answered(
            bccast_batch_complete(batch, random_.below(4), random_.one_in(2) ? statuses.data() : nullptr));
        return;
      case 4:  // borrowed
        return bccast_rows_free(const_cast<bccast_rows*>(bccast_batch_rows(batch)));
      default:
        answered(bccast_batch_set(batch, random_.below(5), static_cast<std::int32_t>(random_.below(6)),
                                  random_.one_in(2) ? "busy:just now" : nullptr,
                                  static_cast<std::int64_t>(random_.below(4)) - 1));
    }
  }

  void read_rows(bccast_rows* rows) {
    const auto row = random_.below(6);
    const auto column = random_.below(12);
    std::int64_t number = 0;
    const std::int64_t* numbers = nullptr;
    const std::uint64_t* offsets = nullptr;
    const char* text = "";
    std::size_t length = 0;
    ++world_.calls;
    static_cast<void>(bccast_rows_columns(rows));
    static_cast<void>(bccast_rows_name(rows, column));
    static_cast<void>(bccast_rows_next(rows));
    answered(bccast_rows_find(rows, "client", &length));
    answered(bccast_rows_i64_at(rows, row, column, &number));
    if (answered(bccast_rows_text_at(rows, row, column, &text, &length)) == BCCAST_OK) learn(rows, row);
    answered(bccast_rows_get_i64(rows, row, "last_at_ms", &number));
    if (answered(bccast_rows_i64(rows, column, &numbers)) == BCCAST_OK && bccast_rows_count(rows) > 0)
      number += numbers[bccast_rows_count(rows) - 1];
    if (answered(bccast_rows_text(rows, column, &text, &offsets)) == BCCAST_OK)
      length += offsets[bccast_rows_count(rows)];
    answered(bccast_rows_json(rows, random_.one_in(2) ? row : BCCAST_ALL_ROWS, &text, &length));
    seen_ += static_cast<std::uint64_t>(number) + length + std::strlen(text);
  }

  /// A child that has what its parent had: everything is refused, or frees memory. The first wrong answer, or
  /// 0.
  int look_around_in_a_child(bccast_engine* engine) {
    const auto ok = [](std::int32_t code) { return code == BCCAST_E_FORKED || code == BCCAST_E_HANDLE; };
    if (engine != nullptr && !ok(bccast_directory_client_put(engine, "c", "C", nullptr))) return 1;
    if (engine != nullptr && !ok(bccast_pump(engine, 0, 0, nullptr, nullptr))) return 2;
    for (auto* batch : batches_)
      if (!ok(bccast_batch_complete(batch, 0, nullptr))) return 3;
    for (auto* batch : batches_) bccast_batch_free(batch);
    for (auto* rows : rows_) {
      const char* json = nullptr;
      std::size_t length = 0;
      if (bccast_rows_json(rows, BCCAST_ALL_ROWS, &json, &length) != BCCAST_OK) return 4;
      bccast_rows_free(rows);
      if (bccast_rows_json(rows, BCCAST_ALL_ROWS, &json, &length) != BCCAST_E_HANDLE) return 5;
    }
    if (engine != nullptr) {
      const auto code = bccast_close(engine, 0);
      if (code != BCCAST_OK && code != BCCAST_E_HANDLE) return 6;
    }
    return 0;
  }

 private:
  bccast_rows* any_rows() {
    if (random_.one_in(6)) return foreign<bccast_rows>(random_);
    if (rows_.empty() || random_.one_in(4)) return world_.freed_rows.any(random_, nullptr);
    return random_.of(rows_);
  }
  bccast_batch* any_batch() {
    if (random_.one_in(6)) return foreign<bccast_batch>(random_);
    if (auto* kept = world_.kept.take(random_, nullptr)) batches_.push_back(kept);
    if (batches_.empty() || random_.one_in(4)) return world_.freed_batches.any(random_, nullptr);
    return random_.of(batches_);
  }
  template <typename T>
  static T* take_last(std::vector<T*>& all) {
    if (all.empty()) return nullptr;
    T* one = all.back();
    all.pop_back();
    return one;
  }
  void free_rows() {
    auto* rows = take_last(rows_);
    bccast_rows_free(rows);
    if (rows != nullptr) world_.freed_rows.add(rows);
    bccast_rows_free(world_.freed_rows.any(random_, nullptr));
    bccast_rows_free(foreign<bccast_rows>(random_));
  }
  void free_batch() {
    auto* batch = take_last(batches_);
    auto* borrowed = const_cast<bccast_rows*>(bccast_batch_rows(batch));
    bccast_batch_free(batch);
    if (batch != nullptr) world_.freed_batches.add(batch);
    if (borrowed != nullptr) world_.freed_rows.add(borrowed);
    bccast_batch_free(world_.freed_batches.any(random_, nullptr));
    bccast_batch_free(foreign<bccast_batch>(random_));
  }
  void free_config() {
    auto* config = take_last(configs_);
    bccast_config_free(config);
    if (config != nullptr) world_.freed_configs.add(config);
  }

  void use_config() {
    if (configs_.size() > 3 || random_.one_in(4)) {
      free_config();
      bccast_config_free(world_.freed_configs.any(random_, nullptr));
      return;
    }
    bccast_config* config = nullptr;
    if (answered(bccast_config_new(&config)) == BCCAST_OK) configs_.push_back(config);
    auto* any = random_.one_in(3)   ? foreign<bccast_config>(random_)
                : random_.one_in(3) ? world_.freed_configs.any(random_, nullptr)
                                    : config;
    answered(bccast_config_set(any, "lease_ms", random_.one_in(3) ? "never" : "2000"));
    attach(any);
  }

  static void attach(bccast_config* config);
  static void fill(bccast_engine* engine) {
    for (const auto& provider : the_world->providers)
      answered(bccast_directory_provider_put(engine, provider.c_str(), "Dr. Lee"));
    for (const auto& client : the_world->clients) {
      answered(bccast_directory_client_put(engine, client.c_str(), "Ana", "ana@example.org"));
      for (const auto& provider : the_world->providers)
        answered(bccast_directory_roster_add(engine, provider.c_str(), client.c_str()));
    }
  }

  /// What ids the rows have, for further calls.
  void learn(bccast_rows* rows, std::size_t row) {
    const char* text = nullptr;
    if (bccast_rows_get_text(rows, row, "thread", &text, nullptr) == BCCAST_OK) world_.threads.add(text);
    if (bccast_rows_get_text(rows, row, "blast", &text, nullptr) == BCCAST_OK) world_.blasts.add(text);
    if (bccast_rows_get_text(rows, row, "id", &text, nullptr) == BCCAST_OK) world_.items.add(text);
  }

  void claim() {
    if (batches_.size() > 8) return free_batch();
    bccast_batch* batch = nullptr;
    const char* channel = random_.one_in(2) ? "push" : random_.one_in(2) ? "email" : "none";
    answered(bccast_claim(any_engine(), channel, static_cast<std::uint32_t>(random_.below(6)), &batch));
    if (batch != nullptr) keep(batch);
  }

  void write_something();
  void ask_something();

  Random& random_;
  World& world_ = *the_world;
  std::vector<bccast_rows*> rows_;
  std::vector<bccast_batch*> batches_;
  std::vector<bccast_config*> configs_;
  std::uint64_t seen_ = 0;
};

void Caller::write_something() {
  auto* const e = any_engine();
  const string provider = random_.of(world_.providers);
  const string client = random_.of(world_.clients);
  const string blast = world_.blasts.any(random_, "0123456789abcdef0123456789abcdef");
  const string thread = world_.threads.any(random_, "0123456789abcdef0123456789abcdef");
  const char* const p = provider.c_str();
  const char* const c = client.c_str();
  const char* const b = random_.one_in(30) ? nullptr : blast.c_str();
  const char* const t = thread.c_str();
  char id[BCCAST_ID_SIZE] = {};
  std::int64_t number = 0;
  std::uint64_t done = 0;
  switch (random_.below(30)) {
    case 0:
    case 1:
    case 2:
      if (answered(bccast_blast_create(e, p, nullptr, id)) != BCCAST_OK) return;
      answered(bccast_blast_write(e, p, id, "We are closed.", 14));
      answered(bccast_blast_select_all_active(e, p, id));
      if (random_.one_in(2)) answered(bccast_blast_send(e, p, id, nullptr));
      world_.blasts.add(id);
      return;
    case 3:
      answered(bccast_blast_send(e, p, b, nullptr));
      return;
    case 4:
      answered(bccast_blast_pause(e, p, b));
      return;
    case 5:
      answered(bccast_blast_resume(e, p, b));
      return;
    case 6:
      if (random_.one_in(3)) answered(bccast_blast_recall(e, p, b));
      return;
    case 7:
      answered(bccast_blast_retry_failed(e, p, b, &number));
      return;
    case 8:
      answered(bccast_blast_discard(e, p, b));
      return;
    case 9:
    case 10:
      answered(bccast_client_reply(e, c, t, nullptr, "Thanks.", 7, &number, nullptr));
      return;
    case 11:
      answered(bccast_client_read(e, c, t, static_cast<std::int64_t>(random_.below(4))));
      return;
    case 12:
      answered(bccast_provider_reply(e, p, t, "key", "You are welcome.", 16, nullptr, nullptr));
      return;
    case 13:
      if (answered(bccast_provider_direct(e, p, c, id)) >= 0) world_.threads.add(id);
      return;
    case 14:
      if (answered(bccast_provider_community(e, p, "Group", id)) >= 0) world_.threads.add(id);
      return;
    case 15:
      answered(bccast_provider_community_add(e, p, t, c));
      return;
    case 16:
      answered(bccast_directory_roster_archive(e, p, c));
      return;
    case 17:
      answered(bccast_directory_roster_restore(e, p, c));
      return;
    case 18:
      answered(bccast_directory_client_set(e, c, "address.push", random_.one_in(2) ? "same" : c));
      return;
    case 19:
      if (random_.one_in(10)) answered(bccast_directory_client_erase(e, c));
      return;
    case 20:
      answered(bccast_directory_client_put(e, c, "Ana", "ana@example.org"));
      answered(bccast_directory_roster_add(e, p, c));
      return;
    case 21:
      answered(bccast_channel_set(e, "push", "concurrency", random_.one_in(2) ? "2" : ""));
      return;
    case 22:
      answered(bccast_channel_put(e, random_.one_in(2) ? "push" : "email", "notify"));
      return;
    case 23:
      answered(bccast_report(e, world_.items.any(random_, "none").c_str(),
                             static_cast<std::int32_t>(random_.below(5)), "bounced"));
      return;
    case 24:
      answered(bccast_events_ack(e, "host", "none"));
      return;
    case 25:
      if (random_.one_in(5)) answered(bccast_operate_checkpoint(e));
      return;
    case 26:
      answered(bccast_wake(e));
      return;
    case 27:
      answered(bccast_stop(e, 0));
      return;
    default:
      answered(bccast_pump(e, 10, 2'000, &done, &number));
  }
}

void Caller::ask_something() {
  if (rows_.size() > 8) free_rows();
  auto* const e = any_engine();
  const string provider = random_.of(world_.providers);
  const string client = random_.of(world_.clients);
  const string blast = world_.blasts.any(random_, "0123456789abcdef0123456789abcdef");
  const string thread = world_.threads.any(random_, "0123456789abcdef0123456789abcdef");
  const char* const p = provider.c_str();
  const char* const c = client.c_str();
  bccast_rows* rows = nullptr;
  std::int32_t fd = -1;
  std::int64_t number = 0;
  switch (random_.below(15)) {
    case 0:
      answered(bccast_directory_provider_list(e, nullptr, 10, &rows));
      break;
    case 1:
      answered(bccast_provider_roster(e, p, random_.one_in(2) ? "state=active" : nullptr, nullptr, 5, &rows));
      break;
    case 2:
      answered(bccast_blast_list(e, p, nullptr, nullptr, 10, &rows));
      break;
    case 3:
      answered(bccast_blast_status(e, p, blast.c_str(), &rows));
      break;
    case 4:
      answered(bccast_blast_recipients(e, p, blast.c_str(), nullptr, nullptr, 5, &rows));
      break;
    case 5:
      answered(bccast_blast_why(e, p, blast.c_str(), c, &rows));
      break;
    case 6:
      answered(bccast_client_threads(e, c, nullptr, nullptr, 10, &rows));
      break;
    case 7:
      answered(bccast_client_messages(e, c, thread.c_str(), 0, 1, 10, &rows));
      break;
    case 8:
      answered(bccast_provider_threads(e, p, "unread=1", nullptr, 10, &rows));
      break;
    case 9:
      answered(bccast_provider_messages(e, p, thread.c_str(), 0, 1, 10, &rows));
      break;
    case 10:
      answered(bccast_channel_list(e, &rows));
      break;
    case 11:
      answered(bccast_events(e, "host", 10, &rows));
      break;
    case 12:
      answered(bccast_directory_client_export(e, c, nullptr, 10, &rows));
      break;
    case 13:
      answered(bccast_fd(e, &fd));
      answered(bccast_next(e, &number));
      answered(bccast_wait(e, 1));
      return;
    default:
      answered(bccast_operate_overdue(e, nullptr, nullptr, 10, &rows));
  }
  if (rows == nullptr) return;
  rows_.push_back(rows);
  read_rows(rows);
}

// ---- Callbacks

/// A handler that does what it likes with its batch, and calls whatever there is.
std::int32_t handle(void*, bccast_batch* batch) {
  ++the_world->callbacks;
  Random& random = random_of_this_thread();
  Caller caller;
  for (std::size_t i = random.below(4); i > 0; --i) caller.use_batch(batch);
  if (random.one_in(3)) caller.call_something();
  if (random.one_in(10)) caller.close(caller.any_engine());
  switch (random.below(8)) {
    case 0:
      bccast_batch_free(batch);
      bccast_batch_free(batch);
      return BCCAST_OK;
    case 1:
    case 2:
      the_world->kept.add(batch);  // may be freed by another thread before this returns
      return BCCAST_PENDING;
    case 3:
      return random.one_in(2) ? BCCAST_E_NOTIFIER : -12'345;
    default:
      return BCCAST_OK;
  }
}

void destroy(void* self) {
  delete static_cast<int*>(self);
}

void Caller::attach(bccast_config* config) {
  bccast_notifier_vtbl vtbl{sizeof vtbl, 0, handle, destroy};
  answered(bccast_config_notifier(config, "push", &vtbl, new int(0)));
}

// ---- The threads

/// The harness's locks may be another thread's at the moment of the fork: the child touches none.
void fork_once(Caller& caller, World& world) {
  bccast_engine* engine = world.engines.any(random_of_this_thread(), nullptr);
  const pid_t child = fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    alarm(60);
    _exit(caller.look_around_in_a_child(engine));
  }
  int status = 0;
  while (waitpid(child, &status, 0) < 0) {
  }
  ++world.forks;
  CHECK(WIFEXITED(status));
  if (WIFEXITED(status)) CHECK(WEXITSTATUS(status) == 0);
}

void run_thread(World& world, std::chrono::steady_clock::time_point end) {
  Random& random = random_of_this_thread();
  Caller caller;
  caller.open();
  while (std::chrono::steady_clock::now() < end) {
    for (int i = 0; i < 50; ++i) caller.call_something();
    if (random.one_in(4)) caller.open();
    if (random.one_in(10)) caller.close(caller.any_engine());
    if (random.one_in(20)) fork_once(caller, world);
  }
}

}  // namespace

TEST_CASE("Random calls from eight threads, with callbacks, closes, frees and forks among them, give codes") {
  const auto seed = static_cast<std::uint64_t>(from_environment("BCCAST_TEST_SEED", getpid()));
  const auto seconds = from_environment("BCCAST_TEST_SECONDS", 5);
  MESSAGE("BCCAST_TEST_SEED=" << seed << " BCCAST_TEST_SECONDS=" << seconds);
  World world(seed);
  the_world = &world;
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(seconds);
  std::vector<std::thread> threads;
  for (std::size_t i = 0; i < kThreads; ++i) threads.emplace_back([&] { run_thread(world, end); });
  for (auto& thread : threads) thread.join();
  Random random(seed);
  while (auto* batch = world.kept.take(random, nullptr)) bccast_batch_free(batch);
  while (auto* engine = world.engines.take(random, nullptr)) {
    std::int32_t code = BCCAST_E_BUSY;
    for (int tries = 0; code == BCCAST_E_BUSY && tries < 30; ++tries) code = bccast_close(engine, 1'000);
    CHECK((code == BCCAST_OK || code == BCCAST_E_HANDLE));  // it may be closed, and known twice
  }
  while (auto* batch = world.kept.take(random, nullptr)) bccast_batch_free(batch);
  bccast_engine* engine = nullptr;
  bccast_rows* findings = nullptr;
  REQUIRE(bccast_open(world.folder.file("store.db").c_str(), nullptr, &engine) == BCCAST_OK);
  CHECK(bccast_operate_verify(engine, &findings) == BCCAST_OK);
  for (std::size_t i = 0; i < bccast_rows_count(findings); ++i) {
    const char* json = "";
    bccast_rows_json(findings, i, &json, nullptr);
    FAIL_CHECK(json);
  }
  bccast_rows_free(findings);
  CHECK(bccast_close(engine, 1'000) == BCCAST_OK);
  MESSAGE(world.calls.load() << " calls, " << world.callbacks.load() << " callbacks, " << world.forks.load()
                             << " forks, " << world.codes.size() << " different answers");
  CHECK(world.unknown_codes.empty());
  CHECK(world.codes.size() > 8);
  CHECK(world.callbacks > 0);
  CHECK(world.forks > 0);
}
