// Damage that whoever looks for work passes by: it is said at each look, and costs the others that share the
// store nothing. Counted in commits, statements and wakings, with two engines on one store.
#include <doctest/doctest.h>
#include <poll.h>

#include <algorithm>
#include <bccast/engine.hpp>
#include <cstdint>
#include <fstream>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "../support/commits.hpp"
#include "../support/sqlite_counts.hpp"
#include "../support/temporary_folder.hpp"
#include "code_of.hpp"
#include "full_store.hpp"

namespace {

using bccast::Code;
using std::string;
using std::to_string;
using test::code_of;

/// A store with providers of two clients each, and two engines on it.
class TwoHosts {
 public:
  explicit TwoHosts(int providers) {
    const auto host = open();
    for (int i = 0; i < providers; ++i) {
      host->provider_put(provider(i), provider(i));
      for (const char* name : {"-ann", "-bob"}) {
        const auto client = provider(i) + name;
        host->client_put(client, client, client + "@example.org");
        host->roster_add(provider(i), client);
      }
      blasts.push_back(test::make_blast(*host, provider(i), "blast", {}));
      host->blast_send(provider(i), blasts.back());
    }
  }
  static string provider(int i) { return "p" + to_string(100 + i); }

  std::unique_ptr<bccast::Engine> open() {
    return test::open_store(path(), clock, [this](bccast::Notices& notices) {
      for (std::size_t i = 0; i < notices.size(); ++i) told.emplace_back(notices.at(i).to);
      return true;
    });
  }
  string path() const { return folder_.file(); }
  void damage(const string& table, const string& change) {
    test::Database(path()).run("UPDATE " + table + " SET " + change);
  }

  const test::Commits commits;
  std::vector<string> blasts;
  std::vector<string> told;
  std::shared_ptr<test::StillClock> clock = std::make_shared<test::StillClock>();

 private:
  test::TemporaryFolder folder_;
};

bool is_rung(bccast::Engine& engine) {
  pollfd readable{engine.fd(), POLLIN, 0};
  return ::poll(&readable, 1, 0) == 1;
}

/// Pumps whichever is rung until neither is: how often one was.
int wakings(bccast::Engine& one, bccast::Engine& other) {
  int count = 0;
  for (bool rung = true; rung && count < 50;) {
    rung = false;
    for (auto* engine : {&one, &other}) {
      if (!is_rung(*engine)) continue;
      rung = true;
      ++count;
      code_of([&] { engine->pump(); });
    }
  }
  return count;
}

constexpr std::int64_t kPageSize = 4096;

bool page_has(const string& path, std::int64_t page, const string& text) {
  std::ifstream file(path, std::ios::binary);
  string bytes(kPageSize, '\0');
  file.seekg((page - 1) * kPageSize).read(bytes.data(), kPageSize);
  return bytes.find(text) != string::npos;
}

/// All of a blast is to be read at once, some of it when a batch is filled.
const std::vector<std::pair<string, string>>& damages() {
  static const std::vector<std::pair<string, string>> all{
      {"recipients", "places = x'00'"}, {"blast", "sum = sum + 1"}, {"line", "sum = sum + 1"}};
  return all;
}

/// The last pages of a table or an index; of a store that nobody has open.
std::vector<std::int64_t> leaves_of(const string& path, const string& name) {
  test::Database db(path);
  db.run("PRAGMA wal_checkpoint(TRUNCATE)");
  std::vector<std::int64_t> pages;
  for (const auto& no :
       db.texts("SELECT pageno FROM dbstat WHERE name = '" + name + "' AND pagetype = 'leaf'"))
    pages.push_back(std::stoll(no));
  return pages;
}

void damage_page(const string& path, std::int64_t page) {
  REQUIRE(page > 0);
  std::fstream file(path, std::ios::binary | std::ios::in | std::ios::out);
  file.seekp((page - 1) * kPageSize).write(string(kPageSize, '\0').data(), kPageSize);
}

/// Overwrites a page of the table of rosters that has somebody of this provider.
void damage_roster_page(const string& path, const string& provider) {
  std::int64_t page = 0;
  for (const auto leaf : leaves_of(path, "roster"))
    page = page == 0 && page_has(path, leaf, provider + "-") ? leaf : page;
  damage_page(path, page);
}

}  // namespace

TEST_CASE("However many damaged blasts a channel has, who looks again commits nothing and wakes nobody") {
  for (const int damaged : {1, 2, 20})
    for (const auto& damage : damages()) {
      const auto& table = damage.first;
      const auto& change = damage.second;
      CAPTURE(damaged);
      CAPTURE(table);
      TwoHosts world(damaged);
      world.damage(table, change);
      const test::SqliteCounts counts;
      const auto one = world.open();
      const auto other = world.open();
      CHECK(code_of([&] { one->pump(); }) == Code::corrupt);
      CHECK(code_of([&] { other->pump(); }) == Code::corrupt);
      CHECK(wakings(*one, *other) <= 4);
      const auto commits = world.commits.count();
      const auto statements = counts.now().statements;
      CHECK(code_of([&] { one->pump(); }) == Code::corrupt);
      CHECK(counts.now().statements - statements <= 100 + 60 * damaged);
      CHECK_FALSE(is_rung(*other));
      CHECK(code_of([&] { other->pump(); }) == Code::corrupt);
      CHECK_FALSE(is_rung(*one));
      CHECK(world.commits.count() == commits);
      CHECK(world.told.empty());
    }
}

TEST_CASE("Damaged blasts are passed by in the transaction that takes up what is behind them") {
  std::optional<std::int64_t> without;
  for (const int damaged : {0, 1, 2, 20})
    for (const auto& damage : damages()) {
      const auto& table = damage.first;
      const auto& change = damage.second;
      CAPTURE(damaged);
      CAPTURE(table);
      TwoHosts world(damaged + 1);
      if (damaged > 0)
        world.damage(table, change + " WHERE provider_no <> (SELECT max(provider_no) FROM " + table + ")");
      const auto host = world.open();
      const auto before = world.commits.count();
      CHECK(code_of([&] { host->pump(); }) == (damaged > 0 ? std::optional(Code::corrupt) : std::nullopt));
      CHECK(world.told.size() == 2);
      const auto commits = world.commits.count() - before;
      if (!without) without = commits;
      CHECK(commits <= *without + 1);
    }
}

TEST_CASE("A claim that cannot be read, and whose worker is gone, is said, and holds up nobody else's") {
  for (const bool of_a_message : {false, true}) {
    CAPTURE(of_a_message);
    TwoHosts world(of_a_message ? 0 : 2);
    const auto dead = world.open();
    if (of_a_message) {
      dead->provider_put("p100", "p100");
      for (const char* client : {"ann", "bob"}) {
        dead->client_put(client, client, string(client) + "@example.org");
        dead->roster_add("p100", client);
      }
      dead->provider_reply("p100", dead->provider_direct("p100", "ann"), "Please call");
    }
    const auto lost = dead->claim("email", 10);
    REQUIRE(lost != nullptr);
    world.damage("claim", "tries = tries + 1");
    const auto one = world.open();
    const auto other = world.open();
    one->pump();  // its worker may be at work yet
    CHECK(world.told.size() == (of_a_message ? 0 : 2));
    world.clock->now += 300'000;
    const auto told = world.told.size();
    const auto blast = test::make_blast(*one, TwoHosts::provider(0), "second", {});
    one->blast_send(TwoHosts::provider(0), blast);
    CHECK(code_of([&] { one->pump(); }) == Code::corrupt);
    CHECK(world.told.size() == told + 2);
    CHECK(code_of([&] { other->claim("email", 10); }) == Code::corrupt);
    wakings(*one, *other);
    const auto commits = world.commits.count();
    CHECK(code_of([&] { other->pump(); }) == Code::corrupt);
    CHECK(code_of([&] { one->pump(); }) == Code::corrupt);
    CHECK_FALSE(is_rung(*one));
    CHECK_FALSE(is_rung(*other));
    CHECK((one->next_ms() < 0 || one->next_ms() >= 60'000));
    CHECK(world.commits.count() == commits);
  }
}

TEST_CASE("A damaged page of a roster fails those on it alone, and is CORRUPT: all others are told") {
  TwoHosts world(0);
  constexpr int kClients = 100;  // some pages of them
  {
    const auto host = world.open();
    for (const string provider : {"lee", "may"}) {
      host->provider_put(provider, provider);
      for (int i = 0; i < kClients; ++i) {
        const auto client = provider + "-" + to_string(1000 + i);
        host->client_put(client, string(200, 'x'), client + "@example.org");
        host->roster_add(provider, client);
      }
      world.blasts.push_back(test::make_blast(*host, provider, "blast", {}));
      host->blast_send(provider, world.blasts.back());
    }
  }
  damage_roster_page(world.path(), "lee");
  const auto host = world.open();
  for (int i = 0; i < 5; ++i) {
    const auto code = code_of([&] { host->pump(); });
    CHECK((!code || code == Code::corrupt));
    world.clock->now += 300'000;
  }
  const auto told_of = [&](const string& provider) {
    return std::count_if(world.told.begin(), world.told.end(),
                         [&](const string& one) { return one.starts_with(provider); });
  };
  CHECK(told_of("may") == kClients);
  CHECK(told_of("lee") >= kClients - 20);
  CHECK(told_of("lee") < kClients);
  const auto status = host->blast_status("lee", world.blasts[0]).at(0);
  CHECK(status.done == told_of("lee"));
  CHECK(status.failed == kClients - told_of("lee"));
  CHECK(code_of([&] { host->verify(); }) == Code::corrupt);
}

TEST_CASE("Blasts are handed out though the notices of single messages cannot be read") {
  TwoHosts world(3);
  {
    const auto host = world.open();
    const auto ann = TwoHosts::provider(0) + "-ann";
    const auto thread = host->provider_direct(TwoHosts::provider(0), ann);
    for (int i = 0; i < 2; ++i) {  // their turn is before that of a blast that is sent now
      host->provider_reply(TwoHosts::provider(0), thread, "Please call");
      host->pump();
    }
    CHECK(world.told.size() == 8);
    for (int i = 0; i < 3; ++i)
      host->blast_send(TwoHosts::provider(i), test::make_blast(*host, TwoHosts::provider(i), "second", {}));
    for (int i = 0; i < 400; ++i) host->provider_reply(TwoHosts::provider(0), thread, "Please call");
  }
  for (const auto page : leaves_of(world.path(), "item_due")) damage_page(world.path(), page);
  world.told.clear();
  const auto one = world.open();
  const auto other = world.open();
  CHECK(code_of([&] { one->pump(); }) == Code::corrupt);
  CHECK(world.told.size() == 6);
  wakings(*one, *other);
  const auto commits = world.commits.count();
  CHECK(code_of([&] { one->pump(); }) == Code::corrupt);
  CHECK_FALSE(is_rung(*other));
  CHECK(code_of([&] { other->pump(); }) == Code::corrupt);
  CHECK_FALSE(is_rung(*one));
  CHECK(world.commits.count() == commits);
}

TEST_CASE("Who claims is not woken again and again for what the agenda cannot read") {
  for (const string damaged : {"line", "blast"}) {
    CAPTURE(damaged);
    TwoHosts world(1);
    {
      const auto host = world.open();
      host->pump();
      if (damaged == "blast") host->blast_recall(TwoHosts::provider(0), world.blasts[0]);
    }
    // It is to be swept; of the line something is to be forgotten, and its sum is wrong.
    world.damage(damaged, damaged == "blast" ? "sum = sum + 1" : "state = -1");
    bccast::Options options;  // nobody pumps: it is rung for its claims alone
    options.clock(world.clock);
    bccast::Engine host(world.path(), std::move(options));
    CHECK(is_rung(host));  // when it is first asked for
    for (int i = 0; i < 2; ++i) {
      CHECK(code_of([&] { host.claim("email", 10); }) == Code::corrupt);
      CHECK_FALSE(is_rung(host));
    }
  }
}

TEST_CASE("A large batch of a blast that cannot be read leaves no claim behind, and wakes nobody for ever") {
  constexpr int kClients = 200;  // more than are read in the transaction that claims them
  for (const auto& damage : {std::pair<string, string>{"blast", "sum = sum + 1"},
                             std::pair<string, string>{"mark", "bits = x'00'"}}) {
    CAPTURE(damage.first);
    TwoHosts world(1);
    const auto one = world.open();
    one->pump();
    one->provider_put("lee", "lee");
    for (int i = 0; i < kClients; ++i) {
      const auto client = "lee-" + to_string(i);
      one->client_put(client, client, client + "@example.org");
      one->roster_add("lee", client);
    }
    const auto blast = test::make_blast(*one, "lee", "blast", {});
    one->blast_send("lee", blast);
    one->client_read("lee-7", one->client_threads("lee-7").items.at(0).thread, 1);
    world.damage(damage.first,
                 damage.second + " WHERE provider_no = (SELECT max(provider_no) FROM provider)");
    const auto other = world.open();
    const auto claims = [&] {
      return test::Database(world.path()).texts("SELECT count(*) FROM claim").at(0) +
             test::Database(world.path()).texts("SELECT sum(cursor) FROM line").at(0);
    };
    const auto before = claims();
    for (auto* host : {one.get(), other.get()}) {
      CHECK(code_of([&] { host->claim("email", 1000); }) == Code::corrupt);
      CHECK(claims() == before);
    }
    wakings(*one, *other);
    const auto commits = world.commits.count();
    for (auto* host : {one.get(), other.get()}) {
      CHECK(code_of([&] { host->claim("email", 1000); }) == Code::corrupt);
      CHECK(code_of([&] { host->pump(); }) == Code::corrupt);
    }
    CHECK(world.commits.count() == commits);
    CHECK(claims() == before);
    // What is behind it has its turn.
    world.told.clear();
    one->blast_send(TwoHosts::provider(0), test::make_blast(*one, TwoHosts::provider(0), "second", {}));
    CHECK(code_of([&] { one->pump(); }) == Code::corrupt);
    CHECK(world.told.size() == 2);
  }
}
