// The file is the one that was opened: wherever the process goes, whoever forks, whatever is done to the file
// behind the store's back. Nothing is written elsewhere, nothing is undone in silence.
#include <bccast/bccast.h>
#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "support/host.hpp"
#include "support/store_file.hpp"

namespace {

using std::string;
using test::bytes_of;
using test::check_child;
using test::expect;
using test::expect_code;
using test::in_a_child;
using test::Opened;
namespace fs = std::filesystem;

/// A provider with a roster of `count`, as one call after another of a host's.
std::int32_t add_provider(bccast_engine* engine, const string& id, int count = 0) {
  auto code = bccast_directory_provider_put(engine, id.c_str(), id.c_str());
  for (int i = 0; i < count && code >= 0; ++i) {
    const string client = id + "-" + std::to_string(i);
    code = bccast_directory_client_put(engine, client.c_str(), "Name", nullptr);
    if (code >= 0) code = bccast_directory_roster_add(engine, id.c_str(), client.c_str());
  }
  return code;
}

/// How many are on a provider's roster, or the code.
std::int64_t roster_of(bccast_engine* engine, const string& provider) {
  std::int64_t active = 0;
  const auto code = bccast_provider_roster_count(engine, provider.c_str(), &active, nullptr);
  return code < 0 ? code : active;
}

void make_store(const fs::path& path, const string& provider, int count) {
  const Opened opened(path);
  REQUIRE(opened.code == BCCAST_OK);
  REQUIRE(add_provider(opened, provider, count) == BCCAST_OK);
}

std::set<string> names_in(const fs::path& folder) {
  std::set<string> names;
  for (const auto& entry : fs::directory_iterator(folder)) names.insert(entry.path().filename());
  return names;
}

using Names = std::set<string>;

bool verifies(bccast_engine* engine) {
  const auto found = test::call(bccast_operate_verify, engine);
  return found.code == BCCAST_OK && found.rows.empty();
}

}  // namespace

// ---- A copy that is put back

TEST_CASE("A copy that is put back while nothing runs is the store again, whatever was done meanwhile") {
  const test::TemporaryFolder folder;
  const auto path = folder.path() / "t.db";
  const auto copy = folder.path() / "b.db";
  make_store(path, "before", 3);
  fs::copy_file(path, copy);
  bool checkpoint = false;
  SUBCASE("without a checkpoint") {}
  SUBCASE("with a checkpoint") {
    checkpoint = true;
  }
  {
    const Opened opened(path);
    REQUIRE(add_provider(opened, "after", 50) == BCCAST_OK);
    if (checkpoint) REQUIRE(bccast_operate_checkpoint(opened) == BCCAST_OK);
    REQUIRE(add_provider(opened, "later", 2) == BCCAST_OK);
  }
  fs::copy_file(copy, path, fs::copy_options::overwrite_existing);
  {
    const Opened opened(path);
    REQUIRE(opened.code == BCCAST_OK);
    CHECK(roster_of(opened, "before") == 3);
    CHECK(roster_of(opened, "after") == BCCAST_E_NOT_FOUND);
    CHECK(roster_of(opened, "later") == BCCAST_E_NOT_FOUND);
    CHECK(verifies(opened));
  }
  const Opened opened(copy);
  CHECK(roster_of(opened, "before") == 3);
}

TEST_CASE("The last close leaves the file alone, complete") {
  const test::TemporaryFolder folder;
  const auto path = folder.path() / "t.db";
  {
    const Opened first(path);
    const Opened reader("sqlite:" + path.string() + "?mode=ro");
    {
      const Opened second(path);
      REQUIRE(add_provider(second, "lee", 4) == BCCAST_OK);
    }
    CHECK(names_in(folder.path()) == Names{"t.db", "t.db-shm", "t.db-wal"});  // others have it open
    REQUIRE(add_provider(first, "may", 5) == BCCAST_OK);
    CHECK(roster_of(reader, "lee") == 4);
    CHECK(roster_of(reader, "may") == 5);
  }
  CHECK(names_in(folder.path()) == Names{"t.db"});
  {
    const Opened only_looks(path);
    CHECK(roster_of(only_looks, "lee") == 4);
  }
  CHECK(names_in(folder.path()) == Names{"t.db"});
  // What a process left that was killed goes with the next close.
  check_child(in_a_child([&] {
    const Opened killed(path);
    expect_code(add_provider(killed, "ray", 6), BCCAST_OK, "a provider");
    _exit(0);
  }));
  CHECK(fs::exists(path.string() + "-wal"));
  { CHECK(roster_of(Opened(path), "ray") == 6); }
  CHECK(names_in(folder.path()) == Names{"t.db"});
}

// ---- Where the process goes

TEST_CASE("A store opened by a relative path is the same one wherever the process goes") {
  const test::TemporaryFolder folder;
  check_child(in_a_child([&] {
    const auto home = folder.path() / "home";
    const auto other = folder.path() / "other";
    fs::create_directory(home);
    fs::create_directory(other);
    {
      const Opened opened(other / "t.db");
      expect_code(add_provider(opened, "lee", 1), BCCAST_OK, "the other store");
    }
    const string others = bytes_of(other / "t.db");
    fs::current_path(home);
    const Opened opened("t.db");
    expect_code(opened.code, BCCAST_OK, "open");
    expect_code(add_provider(opened, "lee", 7), BCCAST_OK, "a provider");
    fs::current_path(other);
    std::atomic<int> wrong = 0;
    std::vector<std::thread> readers;
    readers.reserve(8);
    for (int i = 0; i < 8; ++i)
      readers.emplace_back([&] {
        for (int turn = 0; turn < 50; ++turn)
          if (roster_of(opened, "lee") != 7) ++wrong;
      });
    for (auto& reader : readers) reader.join();
    expect(wrong == 0,
           "readers to be given this store's roster, not " + std::to_string(wrong) + " another's");
    std::int32_t fd = -1;
    expect_code(bccast_fd(opened, &fd), BCCAST_OK, "a descriptor");
    expect_code(add_provider(opened, "may", 2), BCCAST_OK, "a write");
    expect_code(bccast_operate_checkpoint(opened), BCCAST_OK, "a checkpoint");
    expect(fs::file_size(home / "t.db-wal") < 10'000, "the log to be emptied");
    expect(verifies(opened), "verify to find nothing");
    expect(names_in(other) == Names{"t.db"}, "nothing to be made in the other folder");
    expect(bytes_of(other / "t.db") == others, "the other store to be as it was");
    fs::current_path(folder.path());
    expect_code(bccast_close(opened, 0), BCCAST_OK, "close");
    expect(names_in(folder.path()) == Names{"home", "other"}, "nothing to be made at close");
    expect(names_in(home) == Names{"t.db"}, "the log to be removed where it was");
    _exit(0);
  }));
}

TEST_CASE("A store is one, whichever symbolic link leads to it") {
  const test::TemporaryFolder folder;
  const auto path = folder.path() / "t.db";
  fs::create_directory(folder.path() / "links");
  fs::create_symlink("../t.db", folder.path() / "links" / "l.db");
  make_store(path, "lee", 2);
  const Opened direct(path);
  const Opened linked(folder.path() / "links" / "l.db");
  REQUIRE(linked.code == BCCAST_OK);
  REQUIRE(add_provider(linked, "may", 3) == BCCAST_OK);
  CHECK(roster_of(direct, "may") == 3);
  CHECK(names_in(folder.path() / "links") == Names{"l.db"});
  // The link may go elsewhere afterwards.
  fs::remove(folder.path() / "links" / "l.db");
  CHECK(roster_of(linked, "may") == 3);
  CHECK(add_provider(linked, "ray") == BCCAST_OK);
}

TEST_CASE("A file with two names is refused: each name would have a log of its own") {
  const test::TemporaryFolder folder;
  const auto path = folder.path() / "t.db";
  make_store(path, "lee", 2);
  fs::create_hard_link(path, folder.path() / "h.db");
  for (const auto& name : {path, folder.path() / "h.db"}) {
    const Opened opened(name);
    CHECK(opened.code == BCCAST_E_STORAGE);
    CHECK(opened.message.find("hard link") != string::npos);
  }
  fs::remove(folder.path() / "h.db");
  CHECK(roster_of(Opened(path), "lee") == 2);
}

TEST_CASE("A path too long for SQLite is refused with its length, and nothing is made") {
  const test::TemporaryFolder folder;
  auto deep = folder.path();
  while (deep.string().size() < 400) deep /= string(50, 'd');
  fs::create_directories(deep);
  const auto name = [&](std::size_t bytes) { return deep / string(bytes - deep.string().size() - 1, 'x'); };
  {
    const Opened longest(name(504));
    CHECK(longest.code == BCCAST_OK);
    CHECK(add_provider(longest, "lee", 1) == BCCAST_OK);
    CHECK(roster_of(longest, "lee") == 1);
  }
  for (const std::size_t bytes : {std::size_t{505}, std::size_t{512}, std::size_t{600}}) {
    const Opened refused(name(bytes));
    CHECK(refused.code == BCCAST_E_LIMIT);
    CHECK(refused.message.find(std::to_string(bytes)) != string::npos);
    CHECK(!fs::exists(name(bytes)));
  }
  // A short name of a long path, too.
  check_child(in_a_child([&] {
    fs::current_path(deep);
    expect_code(Opened(string(600 - deep.string().size() - 1, 'x')).code, BCCAST_E_LIMIT, "a relative path");
    expect_code(Opened("short.db").code, BCCAST_OK, "a shorter one");
  }));
}

// ---- Moved, deleted, replaced

namespace {

/// A change behind the back of an open store, and how it is taken back.
struct Trick {
  const char* name;
  std::function<void(const fs::path&)> play;
  std::function<void(const fs::path&)> undo;  // none: it cannot be
};

fs::path with(const fs::path& path, const char* ending) {
  return path.string() + ending;
}

std::vector<Trick> tricks() {
  const auto swap = [](const char* ending) {
    return Trick{"replaced",
                 [=](const fs::path& p) {
                   fs::rename(with(p, ending), with(p, ".kept"));
                   fs::copy_file(with(p, ".kept"), with(p, ending));
                 },
                 [=](const fs::path& p) { fs::rename(with(p, ".kept"), with(p, ending)); }};
  };
  const auto move = [](const char* ending) {
    return Trick{"moved", [=](const fs::path& p) { fs::rename(with(p, ending), with(p, ".kept")); },
                 [=](const fs::path& p) { fs::rename(with(p, ".kept"), with(p, ending)); }};
  };
  const auto remove = [](const char* ending) {
    return Trick{"deleted", [=](const fs::path& p) { fs::remove(with(p, ending)); }, nullptr};
  };
  std::vector<Trick> all;
  for (const char* ending : {"", "-wal", "-shm"}) {
    all.push_back(swap(ending));
    all.push_back(move(ending));
    all.push_back(remove(ending));
  }
  all.push_back({"moved with its folder",
                 [](const fs::path& p) { fs::rename(p.parent_path(), with(p.parent_path(), "-moved")); },
                 [](const fs::path& p) { fs::rename(with(p.parent_path(), "-moved"), p.parent_path()); }});
  all.push_back({"another store of the same name",
                 [](const fs::path& p) {
                   fs::rename(p, with(p, ".kept"));
                   fs::create_directory(with(p, ".d"));
                   make_store(with(p, ".d") / "s.db", "lee", 1);
                   fs::rename(with(p, ".d") / "s.db", p);
                   fs::remove(with(p, ".d"));
                 },
                 [](const fs::path& p) { fs::rename(with(p, ".kept"), p); }});
  return all;
}

/// Names and sizes of all that is in a folder and beside it.
std::map<string, std::uintmax_t> listing(const fs::path& folder) {
  std::map<string, std::uintmax_t> all;
  for (const auto& entry : fs::recursive_directory_iterator(folder))
    all[fs::relative(entry.path(), folder)] = entry.is_regular_file() ? entry.file_size() : 0;
  return all;
}

}  // namespace

TEST_CASE(
    "A store whose files were moved, deleted or replaced is STORAGE; nothing is made, no log is deleted") {
  int turn = 0;
  for (const auto& trick : tricks()) {
    CAPTURE(trick.name);
    CAPTURE(++turn);
    for (const bool undone : {false, true}) {
      if (undone && !trick.undo) continue;
      CAPTURE(undone);
      const test::TemporaryFolder folder;
      const auto home = folder.path() / "home";
      fs::create_directory(home);
      const auto path = home / "t.db";
      Opened opened(path);
      REQUIRE(add_provider(opened, "lee", 5) == BCCAST_OK);
      REQUIRE(roster_of(opened, "lee") == 5);
      trick.play(path);
      const auto before = listing(folder.path());
      CHECK(add_provider(opened, "may", 1) == BCCAST_E_STORAGE);
      CHECK(string(bccast_error_message()).find("while the store is open") != string::npos);
      CHECK(roster_of(opened, "lee") == BCCAST_E_STORAGE);
      CHECK(bccast_operate_checkpoint(opened) == BCCAST_E_STORAGE);
      CHECK(test::call(bccast_operate_verify, opened).code == BCCAST_E_STORAGE);
      CHECK(bccast_pump(opened, 0, 0, nullptr, nullptr) == BCCAST_E_STORAGE);
      std::array<std::thread, 4> threads;
      std::atomic<int> answered = 0;
      for (auto& thread : threads)
        thread = std::thread([&] { answered += roster_of(opened, "lee") >= 0 ? 1 : 0; });
      for (auto& thread : threads) thread.join();
      CHECK(answered == 0);
      CHECK(listing(folder.path()) == before);
      if (!undone) {
        CHECK(bccast_close(opened, 0) == BCCAST_OK);
        opened.code = BCCAST_E_CLOSED;
        CHECK(listing(folder.path()) == before);
        continue;
      }
      trick.undo(path);
      CHECK(roster_of(opened, "lee") == 5);
      CHECK(add_provider(opened, "may", 3) == BCCAST_OK);
      CHECK(bccast_operate_checkpoint(opened) == BCCAST_OK);
      CHECK(verifies(opened));
      REQUIRE(bccast_close(opened, 0) == BCCAST_OK);
      opened.code = BCCAST_E_CLOSED;
      const Opened again(path);
      CHECK(roster_of(again, "lee") == 5);
      CHECK(roster_of(again, "may") == 3);
    }
  }
}

TEST_CASE("What was written before a store was moved with its log is all there when it is moved back") {
  const test::TemporaryFolder folder;
  const auto path = folder.path() / "t.db";
  {
    const Opened opened(path);
    REQUIRE(add_provider(opened, "lee", 5) == BCCAST_OK);
    for (const char* ending : {"", "-wal", "-shm"})
      fs::rename(with(path, ending), with(path, (string(".kept") + ending).c_str()));
    CHECK(add_provider(opened, "may", 5) == BCCAST_E_STORAGE);
  }
  CHECK(names_in(folder.path()) == Names{"t.db.kept", "t.db.kept-shm", "t.db.kept-wal"});
  for (const char* ending : {"", "-wal", "-shm"})
    fs::rename(with(path, (string(".kept") + ending).c_str()), with(path, ending));
  const Opened opened(path);
  CHECK(roster_of(opened, "lee") == 5);
  CHECK(roster_of(opened, "may") == BCCAST_E_NOT_FOUND);
}

TEST_CASE("A log that is cut short beneath an open store is STORAGE, and stays") {
  const test::TemporaryFolder folder;
  const auto path = folder.path() / "t.db";
  Opened opened(path);
  REQUIRE(add_provider(opened, "lee", 5) == BCCAST_OK);
  const auto size = fs::file_size(with(path, "-wal"));
  for (const auto left : {size - 1, size / 2, std::uintmax_t{0}}) {
    CAPTURE(left);
    fs::resize_file(with(path, "-wal"), left);
    CHECK(add_provider(opened, "may") == BCCAST_E_STORAGE);
    CHECK(bccast_operate_checkpoint(opened) == BCCAST_E_STORAGE);
  }
  CHECK(bccast_close(opened, 0) == BCCAST_OK);
  opened.code = BCCAST_E_CLOSED;
  CHECK(fs::exists(with(path, "-wal")));
}

// ---- Fork

namespace {

/// One process waits at it, another opens it.
class Gate {
 public:
  Gate() { REQUIRE(pipe2(ends_.data(), O_CLOEXEC) == 0); }
  void open() {
    if (write(ends_[1], "x", 1) != 1) _exit(90);
  }
  void wait() {
    char byte = 0;
    if (read(ends_[0], &byte, 1) != 1) _exit(91);
  }

 private:
  std::array<int, 2> ends_{};
};

/// Runs `work` in a process of its own; 0: it went well.
pid_t start(const std::function<void()>& work) {
  const pid_t pid = fork();
  if (pid != 0) return pid;
  int result = 0;
  try {
    work();
  } catch (const std::exception& error) {
    std::cerr << "in a child: " << error.what() << '\n';
    result = 1;
  }
  _exit(result);
}

int end_of(pid_t pid) {
  int status = -1;
  waitpid(pid, &status, 0);
  return status;
}

constexpr const char* kExecuted = "(what a child does after exec)";

/// Becomes a process of its own, which opens the store and looks for a provider.
void exec_and_look(const fs::path& path) {
  setenv("BCCAST_TEST_STORE", path.c_str(), 1);
  const string filter = string("--test-case=") + kExecuted;
  execl("/proc/self/exe", "bccast_capi_test", filter.c_str(), "--no-skip", "--minimal", nullptr);
  throw std::runtime_error("exec");
}

void use_as_another(const fs::path& path, const char* provider) {
  const Opened opened(path);
  expect_code(opened.code, BCCAST_OK, "a process of its own opens it");
  expect_code(add_provider(opened, provider, 1), BCCAST_OK, "and writes");
  expect(roster_of(opened, "lee") == 3, "and reads");
}

void be_refused(const fs::path& path) {
  expect_code(Opened(path).code, BCCAST_E_FORKED, "the child opens what its parent had open");
  expect_code(Opened("sqlite:" + path.string() + "?mode=ro").code, BCCAST_E_FORKED, "and for reading");
}

}  // namespace

TEST_CASE(kExecuted* doctest::skip()) {
  const char* path = std::getenv("BCCAST_TEST_STORE");
  REQUIRE(path != nullptr);
  const Opened opened(path);
  CHECK(opened.code == BCCAST_OK);
  CHECK(roster_of(opened, "lee") == 3);
  CHECK(add_provider(opened, "executed", 1) == BCCAST_OK);
}

TEST_CASE(
    "A child is refused the store that its parent had open, whichever ends first; after exec it is not") {
  const test::TemporaryFolder folder;
  const auto path = folder.path() / "t.db";
  make_store(path, "lee", 3);
  Gate forked;
  Gate third_may;
  Gate third_has;
  bool child_first = false;
  bool parent_closes = false;
  SUBCASE("the child ends first") {
    child_first = true;
  }
  SUBCASE("the parent ends first, without a close") {}
  SUBCASE("the parent closes, and ends first") {
    parent_closes = true;
  }
  const pid_t third = start([&] {
    third_may.wait();
    use_as_another(path, "third");
    third_has.open();
  });
  Gate child_may;
  Gate child_has;
  const pid_t parent = start([&] {
    Opened opened(path);
    expect_code(opened.code, BCCAST_OK, "open");
    expect(roster_of(opened, "lee") == 3, "reading");
    const pid_t child = start([&] {
      expect_code(add_provider(opened, "never"), BCCAST_E_FORKED, "the inherited engine");
      be_refused(path);
      expect_code(bccast_close(opened, 0), BCCAST_OK, "closing what was inherited");
      be_refused(path);
      child_may.wait();
      be_refused(path);
      child_has.open();
      exec_and_look(path);
    });
    if (child_first) {
      child_may.open();
      expect(end_of(child) == 0, "the child to end well");
      expect_code(add_provider(opened, "parent", 2), BCCAST_OK, "the parent goes on");
      expect(roster_of(opened, "executed") == 1, "what the executed one wrote");
      expect(verifies(opened), "verify to find nothing");
    } else if (parent_closes) {
      expect_code(bccast_close(opened, 0), BCCAST_OK, "close");
    }
    _exit(0);
  });
  CHECK(end_of(parent) == 0);
  third_may.open();
  third_has.wait();
  if (!child_first) child_may.open();
  child_has.wait();
  CHECK(end_of(third) == 0);
  for (int i = 0; i < 500 && roster_of(Opened(path), "executed") != 1; ++i) usleep(10'000);
  const Opened opened(path);
  CHECK(roster_of(opened, "lee") == 3);
  CHECK(roster_of(opened, "third") == 1);
  CHECK(roster_of(opened, "executed") == 1);
  CHECK(roster_of(opened, "never") == BCCAST_E_NOT_FOUND);
  CHECK(verifies(opened));
}

TEST_CASE("A child may open any store that was closed before the fork, or is another") {
  const test::TemporaryFolder folder;
  const auto closed = folder.path() / "closed.db";
  const auto first = folder.path() / "first.db";
  const auto second = folder.path() / "second.db";
  make_store(closed, "lee", 3);
  make_store(folder.path() / "other.db", "lee", 3);
  const Opened one(first);
  const Opened two(second);
  check_child(in_a_child([&] {
    use_as_another(closed, "child");
    use_as_another(folder.path() / "other.db", "child");
    be_refused(first);
    be_refused(second);
    expect_code(Opened(":memory:").code, BCCAST_OK, "a store in memory");
    // The file, not its name: a link leads to the same one, a new file of the name is another.
    fs::create_symlink(first, folder.path() / "link.db");
    be_refused(folder.path() / "link.db");
    // A grandchild is a child.
    const pid_t grandchild = start([&] { be_refused(first); });
    expect(end_of(grandchild) == 0, "the grandchild to be refused");
  }));
  CHECK(add_provider(one, "may") == BCCAST_OK);
  CHECK(add_provider(two, "may") == BCCAST_OK);
  CHECK(roster_of(Opened(closed), "child") == 1);
}

// ---- A reader that does not end

TEST_CASE("A log that grows since somebody reads an older state is told by an event, once") {
  test::Host host;
  host.provider("lee");
  host.clients("lee", {"ana", "ben"});
  const auto pinned = [&] {
    std::size_t count = 0;
    for (const auto& row : test::must(bccast_events, host, "watch", 1000U).rows)
      if (row.text("kind") == "log.pinned") ++count;
    return count;
  };
  REQUIRE(pinned() == 0);
  const auto draft = host.draft("lee", {"ana", "ben"});
  const string text(60'000, 'x');
  const auto grow = [&](std::uintmax_t bytes) {
    while (fs::file_size(host.store_path() + "-wal") < bytes) host.write("lee", draft, text);
  };
  constexpr std::uintmax_t kMega = 1U << 20U;
  test::Database reader(host.store_path());
  const auto pump = [&] { return test::must(bccast_pump, host, 0U, std::int64_t{0}, nullptr, nullptr).code; };
  for (int turn = 1; turn <= 2; ++turn) {
    reader.run("BEGIN; SELECT count(*) FROM store");
    grow(20 * kMega);
    pump();
    CHECK(pinned() == static_cast<std::size_t>(turn) - 1);  // it may end yet
    grow(90 * kMega);
    pump();
    grow(110 * kMega);
    pump();
    CHECK(pinned() == static_cast<std::size_t>(turn));
    CHECK(bccast_operate_checkpoint(host) == BCCAST_E_BUSY);
    reader.run("ROLLBACK");
    CHECK(bccast_operate_checkpoint(host) == BCCAST_OK);
    CHECK(fs::file_size(host.store_path() + "-wal") < kMega);
  }
}
