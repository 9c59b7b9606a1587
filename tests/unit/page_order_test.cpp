// An index that damage has put out of order is read page by page, and yet to an end.
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
#include <string>
#include <vector>

#include "../support/temporary_folder.hpp"
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
