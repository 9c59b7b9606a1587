// Being told when there is something to do: next, fd, wait, wake, start, stop. On the system's clock, but
// where nothing sleeps.
#include <bccast/bccast.h>
#include <doctest/doctest.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <sys/resource.h>
#include <time.h>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <future>
#include <iterator>
#include <string>
#include <thread>
#include <vector>

#include "support/embedding.hpp"
#include "support/host.hpp"

namespace {

using std::string;
using std::chrono::milliseconds;
using test::call;
using test::claim;
using test::Engine;
using test::must;

std::int64_t now_ms() {
  return std::chrono::duration_cast<milliseconds>(std::chrono::steady_clock::now().time_since_epoch())
      .count();
}

constexpr int kLong = 20'000;  // nothing takes so long, unless it never comes

/// The file descriptor of an engine.
class Fd {
 public:
  explicit Fd(bccast_engine* engine) { must(bccast_fd, engine, &fd_); }
  /// Readable within so many milliseconds.
  bool wakes(int timeout_ms = kLong) const {
    pollfd p{fd_, POLLIN, 0};
    return ::poll(&p, 1, timeout_ms) == 1;
  }
  bool quiet(int for_ms = 50) const { return !wakes(for_ms); }
  int number() const { return fd_; }

 private:
  std::int32_t fd_ = -1;
};

/// A store with a practice of ten, and its path.
struct Practice {
  explicit Practice(int clients = 10) {
    const Engine engine(path);
    must(bccast_channel_put, engine, "email", "notify");
    test::make_practice(engine, clients);
  }
  test::TemporaryFolder folder;
  const string path = (folder.path() / "store.db").string();
};

/// An engine with a notifier on "email".
Engine with_notifier(const Practice& practice, test::Handle handle) {
  return Engine(practice.path,
                [&](bccast_config* c) { test::attach_notifier(c, "email", std::move(handle)); });
}

test::Handle counting(test::Tally& tally) {
  return [&](bccast_batch* batch) {
    tally.add(batch);
    return BCCAST_OK;
  };
}

std::int64_t next_of(bccast_engine* engine) {
  std::int64_t next = 77;
  must(bccast_next, engine, &next);
  return next;
}

/// Waits until it holds; false: it never did.
template <typename Condition>
bool soon(Condition&& holds) {
  for (const auto end = now_ms() + kLong; now_ms() < end; std::this_thread::sleep_for(milliseconds(1)))
    if (holds()) return true;
  return holds();
}

/// Reads, pumps, until nothing is due, as an event loop does.
void pump_all(bccast_engine* engine) {
  while (must(bccast_pump, engine, 0U, 0U, nullptr, nullptr).code != BCCAST_DONE) {
  }
}

}  // namespace

// ---- next

TEST_CASE("pump returns what is next, and next says the same") {
  test::Host host;
  host.provider("lee");
  host.clients("lee", {"ana", "ben", "cal"});
  CHECK(next_of(host) == -1);
  CHECK(host.pump().next_ms == -1);
  host.notifier.each = [](const test::Notice& notice) -> test::Outcome {
    return notice.to() == "ana" ? test::Outcome{BCCAST_ITEM_RETRY, "busy", 200} : test::Outcome{};
  };
  host.blast("lee", "Good morning");
  CHECK(next_of(host) == 0);
  auto pumped = host.pump(1);
  CHECK(pumped.code == BCCAST_OK);
  CHECK(pumped.next_ms == 0);
  pumped = host.pump();
  CHECK(pumped.code == BCCAST_DONE);
  CHECK(pumped.next_ms == 200);
  CHECK(next_of(host) == 200);
  host.clock.advance(150);
  CHECK(next_of(host) == 50);
  host.clock.advance(50);
  CHECK(next_of(host) == 0);
  host.notifier.each = nullptr;
  CHECK(host.pump().next_ms == -1);
  CHECK(next_of(host) == -1);
  CHECK(host.notifier.to("ana").size() == 2);
}

// ---- fd

TEST_CASE("the fd becomes readable when something is to be done, and is quiet again once pump was entered") {
  const Practice practice;
  test::Tally tally;
  const auto engine = with_notifier(practice, counting(tally));
  const Fd fd(engine);
  CHECK(Fd(engine).number() == fd.number());
  pump_all(engine);
  CHECK(fd.quiet());
  test::send_blast(engine);
  CHECK(fd.wakes());
  CHECK(fd.wakes(0));  // until somebody pumps
  pump_all(engine);
  CHECK(fd.quiet());
  CHECK(tally.items() == 10);

  const auto thread =
      must(bccast_client_threads, engine, "c100003", nullptr, nullptr, 1U).rows[0].text("thread");
  pump_all(engine);
  CHECK(fd.quiet());
  must(bccast_client_reply, engine, "c100003", thread, nullptr, "Thank you", 9U, nullptr, nullptr);
  CHECK(fd.wakes());
  pump_all(engine);
  CHECK(tally.to("lee") == 1);
  CHECK(fd.quiet());
}

TEST_CASE("the fd of a store that has work when it is opened is readable") {
  const Practice practice;
  {
    const Engine sender(practice.path);
    test::send_blast(sender);
  }
  test::Tally tally;
  const auto engine = with_notifier(practice, counting(tally));
  const Fd fd(engine);
  CHECK(fd.wakes());
  pump_all(engine);
  CHECK(fd.quiet());
  CHECK(tally.items() == 10);
}

TEST_CASE("pump that was stopped by a limit leaves the fd readable; when nothing is left, quiet") {
  test::Tally tally;
  const test::TemporaryFolder folder;
  string path = ":memory:";
  SUBCASE("in a file") {
    path = (folder.path() / "store.db").string();
  }
  SUBCASE("in memory") {}
  const Engine engine(path, [&](bccast_config* c) { test::attach_notifier(c, "email", counting(tally)); });
  test::make_practice(engine, 10);
  const Fd fd(engine);
  test::send_blast(engine);
  int wakes = 0;
  while (fd.wakes(200) && ++wakes < 100) must(bccast_pump, engine, 1U, 0U, nullptr, nullptr);
  CHECK(wakes >= 10);
  CHECK(wakes <= 12);
  CHECK(tally.items() == 10);
}

TEST_CASE("a host that sits at its own limit does not spin: it is woken when a batch of its own ends") {
  const Practice practice;
  const Engine engine(practice.path);  // no handlers: it claims
  const Fd fd(engine);
  test::send_blast(engine);
  REQUIRE(fd.wakes());
  auto first = claim(engine, "email", 3);
  REQUIRE(first.size() == 3);
  CHECK(fd.quiet(200));  // seven more are due, and it was told so
  CHECK(first.complete(1) == BCCAST_OK);
  CHECK(first.complete() == BCCAST_OK);
  CHECK(fd.wakes());
  auto second = claim(engine, "email", 3);
  CHECK(fd.quiet());
  second.free();  // given back
  CHECK(fd.wakes());
  std::size_t items = 3;
  for (auto batch = claim(engine, "email", 3); !batch.empty(); batch = claim(engine, "email", 3)) {
    items += batch.size();
    CHECK(batch.complete() == BCCAST_OK);
  }
  CHECK(items == 10);
  CHECK(fd.quiet());
}

TEST_CASE("a host that does not look at its events is not woken for them") {
  const Practice practice;
  test::Tally tally;
  const auto engine = with_notifier(practice, counting(tally));
  must(bccast_events, engine, "reader", 0U);
  const Fd fd(engine);
  test::send_blast(engine);
  REQUIRE(fd.wakes());
  pump_all(engine);
  CHECK(fd.quiet(300));
  CHECK(must(bccast_events, engine, "reader", 0U).rows.size() >= 2);
}

TEST_CASE("one that sleeps on the fd is woken for a retry that is due in 200 ms") {
  const Practice practice;
  test::Tally tally;
  const auto engine = with_notifier(practice, [&](bccast_batch* batch) {
    if (tally.batches() == 0) bccast_batch_set(batch, 0, BCCAST_ITEM_RETRY, "busy", 200);
    tally.add(batch);
    return BCCAST_OK;
  });
  const Fd fd(engine);
  test::send_blast(engine);
  REQUIRE(fd.wakes());
  pump_all(engine);
  const auto began = now_ms();
  REQUIRE(fd.wakes());
  const auto slept = now_ms() - began;
  CHECK(slept >= 100);
  CHECK(slept < 5'000);
  pump_all(engine);
  CHECK(tally.repeated() == 1);
  CHECK(fd.quiet());
  CHECK(next_of(engine) == -1);
}

TEST_CASE("one that sleeps on the fd is woken for the end of a lease, and of a breaker") {
  const Practice practice;
  std::atomic<int> calls{0};
  const auto engine = with_notifier(practice, [&](bccast_batch*) {
    return ++calls == 1 ? -10'001 : BCCAST_OK;  // the breaker opens for a second
  });
  const Fd fd(engine);
  test::send_blast(engine);
  REQUIRE(fd.wakes());
  pump_all(engine);
  CHECK(calls == 1);
  const auto began = now_ms();
  REQUIRE(fd.wakes());
  CHECK(now_ms() - began >= 500);
  pump_all(engine);
  CHECK(calls >= 2);

  // A batch of another that is lost.
  const Engine other(practice.path);
  test::send_blast(other);
  const auto lost = claim(other);
  REQUIRE(!lost.empty());
  must(bccast_batch_extend, lost, 300);
  pump_all(engine);
  REQUIRE(fd.wakes());
  CHECK(soon([&] {
    pump_all(engine);
    return must(bccast_channel_list, engine).rows[0].number("pending") == 0;
  }));
}

TEST_CASE("one that sleeps on the fd is woken by another thread's send") {
  const Practice practice;
  test::Tally tally;
  const auto engine = with_notifier(practice, counting(tally));
  const Fd fd(engine);
  pump_all(engine);
  for (int i = 0; i < 20; ++i) {
    std::thread sender([&] {
      std::this_thread::sleep_for(milliseconds(5));
      test::send_blast(engine);
    });
    CHECK(fd.wakes());
    sender.join();
    pump_all(engine);
    CHECK(tally.items() == static_cast<std::size_t>(i + 1) * 10);
  }
}

TEST_CASE("one that sleeps on the fd is woken by the send of another engine, and of another process") {
  const test::TemporaryFolder folder;
  const string path = (folder.path() / "store.db").string();
  test::Child child([&] {
    const Engine engine(path);
    std::this_thread::sleep_for(milliseconds(200));
    test::send_blast(engine);
  });
  {
    const Engine engine(path);
    must(bccast_channel_put, engine, "email", "notify");
    test::make_practice(engine, 10);
  }
  test::Tally tally;
  const Engine engine(path, [&](bccast_config* c) { test::attach_notifier(c, "email", counting(tally)); });
  const Fd fd(engine);
  pump_all(engine);
  CHECK(fd.quiet(100));
  child.begin();
  auto began = now_ms();
  // It may be woken to look, and find nothing.
  CHECK(soon([&] {
    if (fd.wakes(100)) pump_all(engine);
    return tally.items() == 10;
  }));
  CHECK(now_ms() - began < 10'000);
  CHECK(child.finish() == 0);

  const Engine other(path);
  test::send_blast(other);
  began = now_ms();
  CHECK(soon([&] {
    if (fd.wakes(100)) pump_all(engine);
    return tally.items() == 20;
  }));
  CHECK(now_ms() - began < 10'000);
}

TEST_CASE("no wake-up is lost: many threads write while one sleeps, pumps and sleeps") {
  const Practice practice;
  test::Tally tally;
  const auto engine = with_notifier(practice, counting(tally));
  const Fd fd(engine);
  constexpr int kThreads = 4;
  constexpr int kMessages = 50;
  std::vector<std::thread> writers;
  for (int t = 0; t < kThreads; ++t)
    writers.emplace_back([&, t] {
      const string client = "c10000" + std::to_string(t);
      char thread[BCCAST_ID_SIZE];
      bccast_provider_direct(engine, "lee", client.c_str(), thread);
      for (int i = 0; i < kMessages; ++i) {
        bccast_provider_reply(engine, "lee", thread, nullptr, "Hello", 5, nullptr, nullptr);
        if (i % 7 == 0) std::this_thread::sleep_for(milliseconds(1));
      }
    });
  bool woken = true;
  while (woken && tally.items() < kThreads * kMessages) {
    woken = fd.wakes();
    pump_all(engine);
  }
  for (auto& writer : writers) writer.join();
  CHECK(woken);
  CHECK(tally.items() == kThreads * kMessages);
  CHECK(tally.repeated() == 0);
}

TEST_CASE("wake makes the fd readable, once") {
  const Practice practice;
  const Engine engine(practice.path, [](bccast_config* c) {
    test::attach_notifier(c, "email", [](bccast_batch*) { return BCCAST_OK; });
  });
  const Fd fd(engine);
  pump_all(engine);
  CHECK(fd.quiet());
  must(bccast_wake, engine);
  must(bccast_wake, engine);
  CHECK(fd.wakes());
  pump_all(engine);
  CHECK(fd.quiet());
}

TEST_CASE("what another handle of the same engine stores wakes, too") {
  const Practice practice;
  test::Tally tally;
  const auto engine = with_notifier(practice, counting(tally));
  bccast_engine* assistant = nullptr;
  must(bccast_as, engine, "assistant", &assistant);
  const Fd fd(engine);
  pump_all(engine);
  test::send_blast(assistant);
  CHECK(fd.wakes());
  pump_all(engine);
  CHECK(tally.items() == 10);
  must(bccast_close, assistant, 0);
}

// ---- wait and wake

TEST_CASE("wait blocks until there is something to do, or its time has passed") {
  const Practice practice;
  test::Tally tally;
  const auto engine = with_notifier(practice, [&](bccast_batch* batch) {
    if (tally.batches() == 0) bccast_batch_set(batch, 0, BCCAST_ITEM_RETRY, "busy", 200);
    tally.add(batch);
    return BCCAST_OK;
  });
  must(bccast_wait, engine, 0);  // the first time it may say "look" at once
  pump_all(engine);
  auto began = now_ms();
  CHECK(must(bccast_wait, engine, 0).code == BCCAST_DONE);
  CHECK(must(bccast_wait, engine, 60).code == BCCAST_DONE);
  CHECK(now_ms() - began >= 50);
  CHECK(now_ms() - began < 10'000);

  test::send_blast(engine);
  CHECK(must(bccast_wait, engine, -1).code == BCCAST_OK);
  pump_all(engine);
  began = now_ms();
  CHECK(must(bccast_wait, engine, kLong).code == BCCAST_OK);  // the retry
  CHECK(now_ms() - began >= 100);
  CHECK(now_ms() - began < 5'000);
  pump_all(engine);
  CHECK(tally.repeated() == 1);

  std::thread sender([&] {
    std::this_thread::sleep_for(milliseconds(30));
    test::send_blast(engine);
  });
  CHECK(must(bccast_wait, engine, kLong).code == BCCAST_OK);
  sender.join();
}

TEST_CASE("wake ends a wait, and one that comes before it ends the next") {
  const Practice practice;
  const Engine engine(practice.path);
  must(bccast_wait, engine, 0);  // the first time it may say "look" at once
  pump_all(engine);
  CHECK(must(bccast_wait, engine, 0).code == BCCAST_DONE);
  must(bccast_wake, engine);
  auto began = now_ms();
  CHECK(must(bccast_wait, engine, kLong).code == BCCAST_OK);
  pump_all(engine);
  CHECK(must(bccast_wait, engine, 0).code == BCCAST_DONE);  // just once
  std::thread waker([&] {
    std::this_thread::sleep_for(milliseconds(30));
    must(bccast_wake, engine);
  });
  CHECK(must(bccast_wait, engine, -1).code == BCCAST_OK);
  CHECK(now_ms() - began < 10'000);
  waker.join();
}

TEST_CASE("wait is woken by another process's send") {
  const test::TemporaryFolder folder;
  const string path = (folder.path() / "store.db").string();
  test::Child child([&] {
    const Engine engine(path);
    std::this_thread::sleep_for(milliseconds(100));
    test::send_blast(engine);
  });
  {
    const Engine engine(path);
    must(bccast_channel_put, engine, "email", "notify");
    test::make_practice(engine, 10);
  }
  const Engine engine(path);
  child.begin();
  const auto began = now_ms();
  test::Batch batch;
  while (batch.empty() && now_ms() - began < kLong) {
    must(bccast_wait, engine, kLong);
    batch = claim(engine);
  }
  CHECK(batch.size() == 10);
  CHECK(now_ms() - began < 10'000);
  CHECK(child.finish() == 0);
}

// ---- start and stop

TEST_CASE("start does the work without pump, and stop ends it") {
  const Practice practice;
  test::Tally tally;
  const auto engine = with_notifier(practice, counting(tally));
  CHECK(call(bccast_start, engine, 0).code == BCCAST_E_ARGUMENT);
  CHECK(call(bccast_start, engine, 65).code == BCCAST_E_ARGUMENT);
  CHECK(call(bccast_stop, engine, 0).code == BCCAST_OK);  // there are none
  CHECK(call(bccast_start, engine, 2).code == BCCAST_OK);
  CHECK(call(bccast_start, engine, 1).code == BCCAST_E_STATE);
  for (std::size_t i = 1; i <= 3; ++i) {
    test::send_blast(engine);
    CHECK(soon([&] { return tally.items() == i * 10; }));
  }
  CHECK(call(bccast_stop, engine, kLong).code == BCCAST_OK);
  CHECK(call(bccast_stop, engine, 0).code == BCCAST_OK);
  test::send_blast(engine);
  std::this_thread::sleep_for(milliseconds(100));
  CHECK(tally.items() == 30);
  CHECK(call(bccast_start, engine, 64).code == BCCAST_OK);  // and again
  CHECK(soon([&] { return tally.items() == 40; }));
  CHECK(tally.repeated() == 0);
}

TEST_CASE("the threads of start do retries and what other processes send") {
  const test::TemporaryFolder folder;
  const string path = (folder.path() / "store.db").string();
  test::Child child([&] {
    const Engine engine(path);
    test::send_blast(engine);
  });
  {
    const Engine engine(path);
    must(bccast_channel_put, engine, "email", "notify");
    test::make_practice(engine, 10);
  }
  test::Tally tally;
  const Engine engine(path, [&](bccast_config* c) {
    test::attach_notifier(c, "email", [&](bccast_batch* batch) {
      if (tally.batches() == 0) bccast_batch_set(batch, 0, BCCAST_ITEM_RETRY, "busy", 100);
      tally.add(batch);
      return BCCAST_OK;
    });
  });
  must(bccast_start, engine, 2U);
  child.begin();
  CHECK(soon([&] { return tally.items() == 10 && tally.repeated() == 1; }));
  CHECK(child.finish() == 0);
  CHECK(soon([&] { return must(bccast_channel_list, engine).rows[0].number("pending") == 0; }));
}

TEST_CASE("stop lets the threads finish the batches in their hands; BUSY when that takes too long") {
  const Practice practice;
  std::promise<void> go;
  auto gone = go.get_future().share();
  std::atomic<int> inside{0};
  const auto engine = with_notifier(practice, [&](bccast_batch*) {
    ++inside;
    gone.wait();
    return BCCAST_OK;
  });
  must(bccast_start, engine, 1U);
  const auto blast = test::send_blast(engine);
  REQUIRE(soon([&] { return inside == 1; }));
  CHECK(call(bccast_stop, engine, 30).code == BCCAST_E_BUSY);
  CHECK(bccast_error_retriable() == 1);
  go.set_value();
  CHECK(call(bccast_stop, engine, kLong).code == BCCAST_OK);
  CHECK(inside == 1);
  CHECK(test::people_of(engine, blast).number("done") == 10);
}

TEST_CASE("close stops the threads by itself, and nothing in their hands is lost or sent twice") {
  Practice practice(300);
  test::Tally tally;
  for (int round = 0; round < 10; ++round) {
    auto engine = std::make_unique<Engine>(practice.path, [&](bccast_config* c) {
      test::attach_notifier(c, "email", [&](bccast_batch* batch) {
        tally.add(batch);
        std::this_thread::sleep_for(milliseconds(1));
        return BCCAST_OK;
      });
    });
    test::send_blast(*engine);
    must(bccast_start, *engine, 3U);
    std::this_thread::sleep_for(milliseconds(round));
    engine->close();
  }
  const auto engine = with_notifier(practice, counting(tally));
  pump_all(engine);
  CHECK(tally.items() == 3000);
  CHECK(tally.repeated() == 0);
  CHECK(must(bccast_operate_verify, engine).rows.empty());
}

TEST_CASE("the threads of start block all signals") {
  const Practice practice;
  std::promise<int> blocked;
  const auto engine = with_notifier(practice, [&](bccast_batch*) {
    sigset_t set;
    ::sigemptyset(&set);
    ::pthread_sigmask(SIG_BLOCK, nullptr, &set);
    int count = 0;
    for (const int signal : {SIGTERM, SIGINT, SIGHUP, SIGALRM, SIGCHLD, SIGUSR1, SIGUSR2, SIGPIPE})
      count += ::sigismember(&set, signal);
    blocked.set_value(count);
    return BCCAST_OK;
  });
  must(bccast_start, engine, 1U);
  test::send_blast(engine);
  auto count = blocked.get_future();
  REQUIRE(count.wait_for(milliseconds(kLong)) == std::future_status::ready);
  CHECK(count.get() == 8);
}

TEST_CASE("wait, stop, close and pump inside a handler are REENTRANT, on the threads of start, too") {
  const Practice practice;
  std::promise<std::vector<std::int32_t>> answers;
  bccast_engine* raw = nullptr;
  const auto engine = with_notifier(practice, [&](bccast_batch*) {
    answers.set_value({bccast_wait(raw, 0), bccast_wait(raw, -1), bccast_stop(raw, 0), bccast_stop(raw, 1000),
                       bccast_close(raw, 0), bccast_pump(raw, 0, 0, nullptr, nullptr), bccast_wake(raw),
                       bccast_start(raw, 1)});
    return BCCAST_OK;
  });
  raw = engine;
  must(bccast_start, engine, 1U);
  test::send_blast(engine);
  auto got = answers.get_future();
  REQUIRE(got.wait_for(milliseconds(kLong)) == std::future_status::ready);
  CHECK(got.get() == std::vector<std::int32_t>{BCCAST_E_REENTRANT, BCCAST_E_REENTRANT, BCCAST_E_REENTRANT,
                                               BCCAST_E_REENTRANT, BCCAST_E_REENTRANT, BCCAST_E_REENTRANT,
                                               BCCAST_OK, BCCAST_E_STATE});
}

// ---- Idle

namespace {

/// How long to be idle: BCCAST_TEST_SECONDS, or two seconds.
int idle_ms() {
  const char* text = std::getenv("BCCAST_TEST_SECONDS");
  const int seconds = text != nullptr ? std::atoi(text) : 0;
  return seconds > 0 ? seconds * 1000 : 2000;
}

struct Spent {
  double cpu_ms;
  long switches;
  long own;  // of them this thread's
};

// A sanitizer has threads of its own, which are not idle.
#if defined(__SANITIZE_THREAD__) || defined(__SANITIZE_ADDRESS__)
constexpr bool kOwnThreadsAlone = false;
#else
constexpr bool kOwnThreadsAlone = true;
#endif

Spent spent() {
  rusage used{};
  ::getrusage(RUSAGE_SELF, &used);
  const auto ms = [](const timeval& t) {
    return static_cast<double>(t.tv_sec) * 1e3 + static_cast<double>(t.tv_usec) / 1e3;
  };
  rusage own{};
  ::getrusage(RUSAGE_THREAD, &own);
  return {ms(used.ru_utime) + ms(used.ru_stime), used.ru_nvcsw, own.ru_nvcsw};
}

/// Switches of all threads because the process was stopped meanwhile and went on (SIGSTOP, a frozen machine):
/// each thread has as many of these as this one, which has slept once and is woken by nothing else.
long switches_of_stops(const Spent& before, const Spent& after) {
  const std::filesystem::directory_iterator threads("/proc/self/task");
  return (after.own - before.own - 1) * std::distance(begin(threads), end(threads));
}

void check_idle(const Spent& before, const Spent& after) {
  if (!kOwnThreadsAlone) return;
  CHECK(after.cpu_ms - before.cpu_ms < 20);
  CHECK(after.switches - before.switches <= 5);
}

}  // namespace

TEST_CASE("idle: the fd wakes nobody, and costs nothing") {
  const test::TemporaryFolder folder;
  string path = ":memory:";
  SUBCASE("in a file") {
    path = (folder.path() / "store.db").string();
  }
  SUBCASE("in memory") {}
  const Engine engine(path, [](bccast_config* c) {
    test::attach_notifier(c, "email", [](bccast_batch*) { return BCCAST_OK; });
  });
  test::make_practice(engine, 10);
  const Fd fd(engine);
  test::send_blast(engine);
  pump_all(engine);
  const auto before = spent();
  CHECK(fd.quiet(idle_ms()));
  check_idle(before, spent());
}

TEST_CASE("idle: the threads of start sleep") {
  const Practice practice;
  test::Tally tally;
  const auto engine = with_notifier(practice, counting(tally));
  must(bccast_start, engine, 4U);
  test::send_blast(engine);
  REQUIRE(soon([&] { return must(bccast_channel_list, engine).rows[0].number("pending") == 0; }));
  // On a busy machine the workers take a while to go to sleep after the last item.
  REQUIRE(soon([&] {
    const auto looked = spent();
    std::this_thread::sleep_for(milliseconds(500));
    return !kOwnThreadsAlone || spent().switches - looked.switches <= 1;  // this thread's own
  }));
  const auto before = spent();
  std::this_thread::sleep_for(milliseconds(idle_ms()));
  auto after = spent();
  MESSAGE("CPU " << after.cpu_ms - before.cpu_ms << " ms, switches " << after.switches - before.switches);
  after.switches -= switches_of_stops(before, after);
  check_idle(before, after);
}

// ---- fork

TEST_CASE("in the child of a fork wait, wake, fd, start and stop are refused") {
  const Practice practice;
  const auto engine = with_notifier(practice, [](bccast_batch*) { return BCCAST_OK; });
  must(bccast_start, engine, 1U);
  test::Child child([&] {
    std::int32_t fd = 7;
    bccast_batch* batch = nullptr;
    const std::vector<std::int32_t> codes{bccast_wait(engine, 0), bccast_wake(engine),
                                          bccast_fd(engine, &fd), bccast_start(engine, 1),
                                          bccast_stop(engine, 0), bccast_claim(engine, "email", 0, &batch)};
    for (const auto code : codes)
      if (code != BCCAST_E_FORKED) throw std::runtime_error("not FORKED: " + std::to_string(code) + "\n");
    ::_exit(bccast_close(engine, 0) == BCCAST_OK ? 0 : 2);
  });
  child.begin();
  CHECK(child.finish() == 0);
  const auto blast = test::send_blast(engine);
  CHECK(soon([&] { return test::people_of(engine, blast).number("done") == 10; }));  // the parent goes on
}
