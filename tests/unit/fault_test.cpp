// Any single read, write, sync, truncate, lock or allocation may fail, once or from then on: a code comes
// back, nothing is half-done, and the same call succeeds later.
//
// A scenario from opening to closing runs again and again, with the 1st, the 2nd, the 3rd ... call of a kind
// failing, until it gets through without a fault. BCCAST_TEST_SCALE (default 1) says how many of these points
// are tried: 1 is about ten seconds, 20 or more is every one of them.
#include <doctest/doctest.h>
#include <sqlite3.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <bccast/engine.hpp>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <new>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "../support/temporary_folder.hpp"
#include "faulty_files.hpp"
#include "still_clock.hpp"

// ---- Faults

using test::fault;
using test::FaultyFiles;
using test::Kind;

namespace {

constinit thread_local bool within_library = false;

}  // namespace

// Allocations of C++ in this program; they fail only within the calls of the scenario. Not inlined: a
// compiler would take malloc and free for a pair that does not match new and delete.
[[gnu::noinline]] void* operator new(std::size_t size) {
  if (within_library && fault.strikes(Kind::memory)) throw std::bad_alloc();
  if (void* memory = std::malloc(size != 0 ? size : 1)) return memory;
  throw std::bad_alloc();
}
[[gnu::noinline]] void* operator new(std::size_t size, const std::nothrow_t&) noexcept {
  return within_library && fault.strikes(Kind::memory) ? nullptr : std::malloc(size != 0 ? size : 1);
}
[[gnu::noinline]] void operator delete(void* memory, const std::nothrow_t&) noexcept {
  std::free(memory);
}
[[gnu::noinline]] void operator delete(void* memory) noexcept {
  std::free(memory);
}
[[gnu::noinline]] void operator delete(void* memory, std::size_t) noexcept {
  std::free(memory);
}

namespace {

// Those of SQLite.
sqlite3_mem_methods plain_memory{};

void fail_sqlite_memory() {
  if (plain_memory.xMalloc != nullptr) return;
  sqlite3_shutdown();
  REQUIRE(sqlite3_config(SQLITE_CONFIG_GETMALLOC, &plain_memory) == SQLITE_OK);
  auto faulty = plain_memory;
  faulty.xMalloc = [](int size) -> void* {
    return within_library && fault.strikes(Kind::memory) ? nullptr : plain_memory.xMalloc(size);
  };
  faulty.xRealloc = [](void* memory, int size) -> void* {
    return within_library && fault.strikes(Kind::memory) ? nullptr : plain_memory.xRealloc(memory, size);
  };
  REQUIRE(sqlite3_config(SQLITE_CONFIG_MALLOC, &faulty) == SQLITE_OK);
  REQUIRE(sqlite3_initialize() == SQLITE_OK);
}

// ---- The scenario

using bccast::Code;
using bccast::Engine;
using bccast::Error;
using std::string;
using test::StillClock;
using test::TemporaryFolder;
using Ids = std::set<string>;

const Ids kEverybody{"c1", "c2", "c3", "c4", "c5"};
const Ids kSome{"c2", "c4", "c5"};

/// A host that goes through the scenario step by step. Each step may be taken again when it failed.
class Scenario {
 public:
  explicit Scenario(const TemporaryFolder& folder) : path_(folder.file()) {
    for (const char* suffix : {"", "-wal", "-shm"}) std::filesystem::remove(path_ + suffix);
    using Views = std::vector<std::string_view>;
    const auto ids = [] { return Views{"c1", "c2", "c3", "c4", "c5", "c6"}; };
    const auto addresses = [] {
      return Views{"c1@example.org", "c2@example.org", "c3@example.org",
                   "c4@example.org", "c5@example.org", "c6@example.org"};
    };
    steps_ = {
        {"open", [&] { open(); }},
        {"provider_put", [&] { engine_->provider_put("lee", "Dr. Lee"); }},
        {"provider_set", [&] { engine_->provider_set("lee", "address.email", "lee@example.org"); }},
        {"client_put_many", [=, this] { engine_->client_put_many(ids(), Views(6, "Name"), addresses()); }},
        {"client_set", [&] { engine_->client_set("c5", "locale", "de"); }},
        {"roster_add_many", [=, this] { engine_->roster_add_many("lee", ids()); }},
        {"roster_archive", [&] { engine_->roster_archive("lee", "c6"); }},
        {"blast_create", [&] { first_ = engine_->blast_create("lee", "first").blast; }},
        {"select_all_active", [&] { engine_->blast_select_all_active("lee", first_); }},
        {"write", [&] { engine_->blast_write("lee", first_, string(9000, 'x')); }},
        {"preview", [&] { digest_ = engine_->blast_preview("lee", first_).digest; }},
        {"send", [&] { engine_->blast_send("lee", first_, digest_); }},
        {"pump", [&] { engine_->pump(); }},
        {"inbox", [&] { thread_ = engine_->client_threads("c2").items.at(0).thread; }},
        {"inbox again", [&] { expect(engine_->client_threads("c2").items.at(0).thread == thread_); }},
        {"read", [&] { engine_->client_read("c2", thread_, 1); }},
        {"reply", [&] { engine_->client_reply("c2", thread_, "a reply", "reply"); }},
        {"blast_create", [&] { second_ = engine_->blast_create("lee", "second").blast; }},
        {"select_many",
         [&] {
           engine_->blast_select_many("lee", second_, Views{"c2", "c4", "c5", "c6"});
         }},
        {"write", [&] { engine_->blast_write("lee", second_, "the second"); }},
        {"send", [&] { engine_->blast_send("lee", second_); }},
        {"pump", [&] { engine_->pump(); }},
        {"provider_threads", [&] { expect(engine_->provider_threads("lee").items.size() == 1); }},
        {"provider_reply", [&] { engine_->provider_reply("lee", thread_, "an answer", "answer"); }},
        {"checkpoint", [&] { engine_->checkpoint(); }},
        {"pump", [&] { engine_->pump(); }},
        {"status", [&] { engine_->blast_status("lee", second_); }},
        {"recipients",
         [&] { expect(engine_->blast_recipients("lee", second_).items.size() == kSome.size()); }},
    };
  }

  std::size_t size() const { return steps_.size(); }
  const string& name(std::size_t i) const { return steps_[i].first; }
  const string& message() const { return message_; }
  bool is_open() const { return engine_ != nullptr; }

  /// The code: Code::ok, or that of the error.
  Code take(std::size_t i) {
    const Code code = guarded([&] { steps_[i].second(); });
    CHECK_MESSAGE(!std::exchange(wrong_, false), steps_[i].first, " gave a wrong answer");
    return code;
  }
  void close() {
    within_library = true;
    engine_.reset();
    within_library = false;
  }
  void reopen() { open(); }

  /// Whatever may be asked at any time: no crash, and no error but those of the fault.
  bool look() {
    if (engine_ == nullptr) return true;
    bool good = true;
    for (const auto& ask : std::initializer_list<std::function<void()>>{
             [&] { engine_->client_threads("c1"); }, [&] { engine_->blast_list("lee"); },
             [&] { engine_->channel_list(); }, [&] { engine_->pump(); }, [&] { engine_->next_ms(); }})
      good = is_of_a_fault(guarded(ask), true) && good;
    return good;
  }
  static bool is_of_a_fault(Code code, bool also_missing = false) {
    switch (code) {
      case Code::ok:
      case Code::storage:
      case Code::full:
      case Code::busy:
      case Code::nomem:
        return true;
      default:
        return also_missing && code == Code::not_found;
    }
  }

  // What must be true at any time, of a store without a fault.
  void check() {
    for (const auto& finding : engine_->verify())
      FAIL_CHECK(finding.kind << " " << finding.object << ": " << finding.detail);
    for (const auto& [blast, expected] : {std::pair{first_, kEverybody}, std::pair{second_, kSome}}) {
      if (blast.empty()) continue;
      const auto rows = engine_->blast_status("lee", blast);
      if (rows.back().state == "draft") continue;
      CHECK(recipients(blast) == expected);
      for (const auto& row : rows) CHECK(row.done + row.failed + row.skipped + row.pending == row.recipients);
    }
  }
  /// And at the end of it.
  void check_end(bool once) {
    for (int turn = 0; turn < 20; ++turn) {
      const auto pumped = engine_->pump();
      if (pumped.next_ms < 0) break;
      clock_->now += pumped.next_ms;
    }
    check();
    for (const auto& [blast, expected] : {std::pair{first_, kEverybody}, std::pair{second_, kSome}}) {
      const auto people = engine_->blast_status("lee", blast).back();
      CHECK(people.state == "finished");
      CHECK(people.done + people.skipped == static_cast<std::int64_t>(expected.size()));
    }
    CHECK(engine_->client_messages("c2", thread_).items.size() == 3);
    CHECK(engine_->client_messages("c2", thread_).items.at(1).text == "a reply");
    for (const auto& client : kEverybody)
      CHECK(engine_->client_threads(client).items.size() == (kSome.count(client) != 0 ? 2 : 1));
    CHECK(engine_->client_threads("c6").items.empty());
    // Nobody is told of what is not theirs, everybody of what is; and once, unless a process was lost.
    std::map<std::pair<string, string>, Ids> ids;  // by person and thread
    std::map<std::array<string, 3>, int> times;
    for (const auto& [to, thread, id] : told_) {
      ids[{to, thread}].insert(id);
      ++times[{to, thread, id}];
      CHECK((kEverybody.count(to) == 1 || to == "lee"));
    }
    for (const auto& [notice, count] : times)
      if (once) CHECK(count == 1);
    for (const auto& client : kEverybody)
      for (const auto& thread : engine_->client_threads(client).items) {
        if (client == "c2" && thread.thread == thread_) continue;  // has an answer too
        CHECK(ids[{client, thread.thread}].size() == 1);
      }
    CHECK(ids[{"lee", thread_}].size() == 1);
  }

 private:
  struct Told {
    string to;
    string thread;
    string id;
  };

  /// For answers within a step: a check of the test would catch the fault, and meet it.
  void expect(bool right) { wrong_ = wrong_ || !right; }

  void open() {
    bccast::Options options;
    options.clock(clock_);
    options.notifier("email", [this](bccast::Notices& notices) {
      const bool before = std::exchange(within_library, false);  // the host's own memory
      for (std::size_t i = 0; i < notices.size(); ++i) {
        auto notice = notices.at(i);
        told_.push_back({string(notice.to), notice.thread, notice.id});
      }
      within_library = before;
      return true;
    });
    engine_ = std::make_unique<Engine>(path_, std::move(options));
  }
  Ids recipients(const string& blast) {
    Ids all;
    for (const auto& row : engine_->blast_recipients("lee", blast).items) all.insert(row.client);
    return all;
  }
  Code guarded(const std::function<void()>& work) {
    within_library = true;
    Code code = Code::ok;
    try {
      work();
    } catch (const Error& error) {
      code = error.code();
      within_library = false;
      message_ = error.what();
    } catch (const std::bad_alloc&) {
      code = Code::nomem;
    }
    within_library = false;
    return code;
  }

  string path_;
  std::shared_ptr<StillClock> clock_ = std::make_shared<StillClock>();
  std::unique_ptr<Engine> engine_;
  std::vector<Told> told_;
  std::vector<std::pair<string, std::function<void()>>> steps_;
  string first_;
  string second_;
  string digest_;
  string thread_;
  string message_;
  bool wrong_ = false;
};

enum class After { same_engine, reopened };

/// One run. False: the fault did not strike any more.
bool run(const TemporaryFolder& folder, Kind kind, std::int64_t at, bool for_ever, After after) {
  CAPTURE(at);
  CAPTURE(for_ever);
  const bool reopened = after == After::reopened;
  CAPTURE(reopened);
  Scenario scenario(folder);
  fault.set(kind, at, for_ever);
  for (std::size_t i = 0; i < scenario.size(); ++i) {
    const Code code = scenario.take(i);
    CAPTURE(scenario.name(i));
    if (code == Code::ok) continue;
    CHECK_MESSAGE(Scenario::is_of_a_fault(code), scenario.message());
    REQUIRE(fault.failed > 0);
    if (for_ever) CHECK(scenario.look());
    if (after == After::reopened) {
      scenario.close();
      fault.lift();
      scenario.reopen();
      scenario.check();
    } else {
      fault.lift();
      if (scenario.is_open()) scenario.check();
    }
    // The same call once more.
    const Code again = scenario.take(i);
    CHECK_MESSAGE(again == Code::ok, "again: ", scenario.message());
    if (again != Code::ok) return true;
  }
  if (for_ever && fault.failed > 0) CHECK(scenario.look());
  if (after == After::reopened) scenario.close();
  const bool struck = fault.failed > 0;
  fault.lift();
  if (after == After::reopened) scenario.reopen();
  scenario.check_end(after == After::same_engine && kind != Kind::memory);
  scenario.close();
  return struck;
}

std::int64_t scale() {
  const char* text = std::getenv("BCCAST_TEST_SCALE");
  const auto given = text != nullptr ? std::atoll(text) : 1;
  return std::max<std::int64_t>(given, 1);
}

/// All points, or as many as `most` times the scale, spread evenly.
void run_all(Kind kind, std::int64_t most) {
  const TemporaryFolder folder;
  const FaultyFiles files;
  std::int64_t points = 0;
  {
    Scenario scenario(folder);
    fault.set(kind, 0, false);
    for (std::size_t i = 0; i < scenario.size(); ++i) REQUIRE(scenario.take(i) == Code::ok);
    scenario.close();
    points = fault.calls;
    fault.lift();
  }
  REQUIRE(points > 0);
  const std::int64_t step = std::max<std::int64_t>(1, points / (most * scale()));
  std::int64_t struck = 0;
  int turn = 0;
  for (std::int64_t at = 1; at <= points; at += step, ++turn) {
    for (const bool for_ever : {false, true})
      for (const After after : {After::same_engine, After::reopened}) {
        // When only some points are tried, each is tried in one of the four ways.
        if (step > 1 && turn % 4 != (for_ever ? 2 : 0) + (after == After::reopened ? 1 : 0)) continue;
        struck += run(folder, kind, at, for_ever, after) ? 1 : 0;
      }
  }
  MESSAGE("calls: ", points, ", tried every: ", step, ", faults that struck: ", struck);
  CHECK(struck > 0);
}

}  // namespace

TEST_CASE("The scenario goes through without a fault") {
  const TemporaryFolder folder;
  const FaultyFiles files;
  CHECK(!run(folder, Kind::none, 0, false, After::same_engine));
  CHECK(!run(folder, Kind::none, 0, false, After::reopened));
}

TEST_CASE("Any open may fail") {
  run_all(Kind::open, 100);
}
TEST_CASE("Any read may fail") {
  run_all(Kind::read, 100);
}
TEST_CASE("Any read may fail with the disk, and the store is not called damaged") {
  run_all(Kind::bad_read, 50);
}
TEST_CASE("Any write may fail") {
  run_all(Kind::write, 150);
}
TEST_CASE("Any write may be left half done") {
  run_all(Kind::half_write, 100);
}
TEST_CASE("Any write may find the disk full") {
  run_all(Kind::full, 100);
}
TEST_CASE("Any sync may fail") {
  run_all(Kind::sync, 100);
}
TEST_CASE("Any truncation may fail") {
  run_all(Kind::truncate, 100);
}
TEST_CASE("Any removal of a file may fail") {
  run_all(Kind::remove, 20);
}
TEST_CASE("Any lock may fail") {
  run_all(Kind::lock, 100);
}
TEST_CASE("Any question for a file's size may fail") {
  run_all(Kind::size, 50);
}
TEST_CASE("Any mapping of the log's index may fail") {
  run_all(Kind::map, 50);
}
TEST_CASE("Any lock of the log's index may fail") {
  run_all(Kind::shared_lock, 100);
}
TEST_CASE("Any allocation may fail, ours and SQLite's") {
  fail_sqlite_memory();
  run_all(Kind::memory, 300);
}
