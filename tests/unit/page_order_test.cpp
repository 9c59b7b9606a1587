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

TEST_CASE("A page of threads is shown though one that is not on it is damaged") {
  constexpr int kThreads = 10;
  constexpr std::size_t kOnPage = 5;
  const auto clock = std::make_shared<test::StillClock>();
  const test::TemporaryFolder folder;
  const auto open_it = [&] { return test::open_store(folder.file(), clock, [](auto&) { return true; }); };
  string thread;
  {
    const auto engine = open_it();
    engine->provider_put("lee", "Lee");
    for (const char* client : {"ann", "bob"}) {
      engine->client_put(client, client, std::nullopt);
      engine->roster_add("lee", client);
    }
    for (int i = 0; i < kThreads; ++i) {
      const auto blast = engine->blast_create("lee").blast;
      engine->blast_select_all_active("lee", blast);
      engine->blast_write("lee", blast, "text");
      engine->blast_send("lee", blast);
      clock->now += 60'000;
      thread = engine->client_threads("ann", {}, {}, 1).items.at(0).thread;
      engine->client_reply("ann", thread, "reply");
      clock->now += 60'000;
    }
  }
  // Besides those on the page one is read that says that there is another page, and of a client's one that
  // says that none of the same time is missing.
  const auto damage = [&](std::size_t behind) {
    Database db(folder.file());
    db.run("UPDATE thread SET sum = sum + 1 WHERE origin = " + to_string(kThreads - behind) +
           " AND place = 0");
  };
  const auto pages = [&] {
    const auto engine = open_it();
    return std::pair(engine->client_threads("ann", {}, {}, kOnPage).items.size(),
                     engine->provider_threads("lee", "client=ann", {}, kOnPage).items.size());
  };
  damage(kOnPage + 2);
  CHECK(pages() == std::pair(kOnPage, kOnPage));
  CHECK(test::code_of([&] { open_it()->client_threads("ann", {}, {}, 0); }) == bccast::Code::corrupt);
}
