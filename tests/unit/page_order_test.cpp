// What is read page by page comes to an end, passes nobody by, and reads no more than it shows, whatever
// damage has put out of order.
#include <doctest/doctest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <bccast/engine.hpp>
#include <cstddef>
#include <cstdint>
#include <fstream>
#include <iterator>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "../support/temporary_folder.hpp"
#include "code_of.hpp"
#include "full_store.hpp"

namespace {

using std::string;
using std::to_string;
using test::Database;

constexpr int kOfPage = 1000;  // rows that are read together

std::unique_ptr<bccast::Engine> open(const string& path) {
  return test::open_store(path, std::make_shared<test::StillClock>(), [](auto&) { return true; });
}

/// A roster whose index of addresses has more than one page.
void make_roster(const string& path) {
  const auto engine = open(path);
  engine->provider_put("lee", "Lee");
  for (int i = 0; i < kOfPage + 100; ++i) {
    const string id = "c" + to_string(i);
    engine->client_put(id, id, id + "@example.org");
    engine->roster_add("lee", id);
  }
}

/// As SQLite stores it.
string bytes_of(std::int64_t number) {
  string bytes;
  for (int shift = 56; shift >= 0; shift -= 8)
    bytes.push_back(static_cast<char>(static_cast<std::uint64_t>(number) >> shift));
  return bytes;
}

/// In the file, wherever they are. How often.
int change_bytes(const string& path, const string& from, const string& to) {
  std::ifstream file(path, std::ios::binary);
  string bytes((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
  int changed = 0;
  for (auto at = bytes.find(from); at != string::npos; at = bytes.find(from, at + to.size()), ++changed)
    bytes.replace(at, to.size(), to);
  std::ofstream(path, std::ios::binary | std::ios::trunc) << bytes;
  return changed;
}

/// Of a verification in a process of its own. Negative: it did not end, and was ended.
int count_findings(const string& path) {
  const pid_t child = fork();
  if (child == 0) {
    alarm(20);
    _exit(static_cast<int>(std::min<std::size_t>(open(path)->verify().size(), 100)));
  }
  int status = 0;
  waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

}  // namespace

TEST_CASE("Verification ends where the last address of a page is out of order") {
  const test::TemporaryFolder folder;
  make_roster(folder.file());
  CHECK(count_findings(folder.file()) == 0);
  string last;
  {
    Database db(folder.file());
    last = db.texts("SELECT hash FROM roster_address ORDER BY hash LIMIT 1 OFFSET " + to_string(kOfPage - 1))
               .at(0);
  }
  // Where the next page would begin, it is now before all others.
  constexpr auto kLeast = std::numeric_limits<std::int64_t>::min() + 1;
  CHECK(change_bytes(folder.file(), bytes_of(std::stoll(last)), bytes_of(kLeast)) == 1);
  CHECK(count_findings(folder.file()) > 0);
}

TEST_CASE("A client whose entry is out of order on a roster is damaged, and not unknown") {
  const test::TemporaryFolder folder;
  make_roster(folder.file());
  constexpr int kPlace = 500;
  string entry;
  {
    Database db(folder.file());
    entry = db.texts("SELECT hex(entry) FROM roster WHERE place = " + to_string(kPlace)).at(0);
  }
  string bytes;
  for (std::size_t i = 0; i < entry.size(); i += 2)
    bytes.push_back(static_cast<char>(std::stoi(entry.substr(i, 2), nullptr, 16)));
  const auto place = [](int number) { return bytes_of(number).substr(6); };  // in two bytes
  REQUIRE(change_bytes(folder.file(), place(kPlace) + bytes, place(kPlace / 2 + 10) + bytes) == 1);
  const auto engine = open(folder.file());
  const auto blast = engine->blast_create("lee").blast;
  std::vector<string> ids;
  for (int i = kPlace - 100; i < kPlace + 200; ++i) ids.push_back("c" + to_string(i));
  const std::vector<std::string_view> views(ids.begin(), ids.end());
  CHECK(test::code_of([&] { engine->blast_select_many("lee", blast, views); }) == bccast::Code::corrupt);
}

namespace {

/// An inbox in which threads have the same time, so many together.
struct ManyThreads {
  ManyThreads(int threads, int together) {
    const auto engine = open();
    engine->provider_put("lee", "Lee");
    for (const char* client : {"ann", "bob"}) {
      engine->client_put(client, client, std::nullopt);
      engine->roster_add("lee", client);
    }
    for (int i = 0; i < threads; ++i) {
      if (i % together == 0) clock->now += 60'000;
      const auto blast = engine->blast_create("lee").blast;
      engine->blast_select_all_active("lee", blast);
      engine->blast_write("lee", blast, "text");
      engine->blast_send("lee", blast);
      engine->client_reply("ann", engine->client_threads("ann", {}, {}, 1).items.at(0).thread, "reply");
    }
    last = threads;
  }
  std::unique_ptr<bccast::Engine> open() const {
    return test::open_store(folder.file(), clock, [](auto&) { return true; });
  }
  /// The row so many behind the first of the list.
  void damage(int behind) const {
    Database(folder.file())
        .run("UPDATE thread SET sum = sum + 1 WHERE origin = " + to_string(last - behind) + " AND place = 0");
  }
  auto pages(std::size_t limit) const {
    const auto engine = open();
    return std::pair(engine->client_threads("ann", {}, {}, limit).items.size(),
                     engine->provider_threads("lee", "client=ann", {}, limit).items.size());
  }

  std::shared_ptr<test::StillClock> clock = std::make_shared<test::StillClock>();
  test::TemporaryFolder folder;
  int last = 0;
};

}  // namespace

// Besides those on the page one is read that says that there is another page, and of a client's one that says
// that none of the same time is missing.
TEST_CASE("A page of threads is shown though one that is not on it is damaged") {
  const ManyThreads inbox(10, 1);
  inbox.damage(7);
  CHECK(inbox.pages(5) == std::pair(std::size_t{5}, std::size_t{5}));
  CHECK(test::code_of([&] { inbox.open()->client_threads("ann", {}, {}, 0); }) == bccast::Code::corrupt);
}

TEST_CASE("Where threads of one time do not end with a page, only some more are read") {
  const ManyThreads inbox(60, 2);
  inbox.damage(50);
  CHECK(inbox.pages(6) == std::pair(std::size_t{6}, std::size_t{6}));
  CHECK(test::code_of([&] { inbox.open()->client_threads("ann", {}, {}, 0); }) == bccast::Code::corrupt);
}
