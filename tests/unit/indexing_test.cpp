// A store whose names and addresses were indexed with other tables of Unicode.
#include <doctest/doctest.h>

#include <algorithm>
#include <bccast/engine.hpp>
#include <cstdint>
#include <fstream>
#include <functional>
#include <iterator>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "../support/temporary_folder.hpp"
#include "adapters/sqlite/sqlite_store.hpp"
#include "base/error.hpp"
#include "base/unicode.hpp"
#include "core/channels.hpp"
#include "core/directory.hpp"
#include "core/drafting.hpp"
#include "core/sending.hpp"
#include "core/work.hpp"
#include "engine/claimed_batch.hpp"
#include "full_store.hpp"
#include "still_clock.hpp"

namespace {

using std::string;

constexpr int kClients = 450;  // more than two steps' worth

string client(int i) {
  return "c" + std::to_string(1000 + i);
}

/// A practice and a school with the same clients. Two of them are a family, two others may be reached by
/// nobody, and one was erased.
class Practice {
 public:
  Practice() {
    auto& e = engine();
    e.channel_put("email", "notify");
    std::vector<string> ids;
    for (int i = 0; i < kClients; ++i) {
      ids.push_back(client(i));
      e.client_put(ids.back(), "Özge Müller-" + std::to_string(i % 7),
                   "Özge" + std::to_string(i) + "@example.org");
    }
    e.client_set(client(301), "address.email", "özge300@EXAMPLE.org");
    const std::vector<std::string_view> views(ids.begin(), ids.end());
    for (const char* provider : {"lee", "school"}) {
      e.provider_put(provider, provider);
      e.roster_add_many(provider, views);
    }
    e.roster_archive("lee", client(5));
    e.client_erase(client(6));
    REQUIRE(e.verify().empty());
  }

  bccast::Engine& engine() {
    if (!engine_) {
      bccast::Options options;
      options.clock(clock_);
      engine_ = std::make_unique<bccast::Engine>(path(), std::move(options));
    }
    return *engine_;
  }
  void close() { engine_.reset(); }
  string path() const { return folder_.file(); }

  /// What tables of another version would have left: other keys, other hashes.
  void index_otherwise(std::int64_t version) {
    close();
    test::Database database(path());
    database.run("UPDATE roster_name SET key = CAST('~' || key AS BLOB)");
    database.run("UPDATE roster_address SET hash = -1 - hash");
    database.run("UPDATE shared_address SET hash = -1 - hash");
    set_version(version);
  }
  void set_version(std::int64_t version) {
    bccast::sqlite::SqliteStore store(path());
    store.write([&](bccast::Tables& tables) { tables.store().set_folding({version}); });
  }
  bccast::Folding folding() {
    bccast::sqlite::SqliteStore store(path());
    bccast::Folding folding;
    store.read([&](const bccast::Tables& tables) { folding = tables.store().folding(); });
    return folding;
  }

  /// Overwrites a page of the first roster: its last, or one before it.
  void damage_roster_page(bool last) {
    close();
    constexpr int kPage = 4096;
    std::vector<string> pages;
    {
      test::Database database(path());
      database.run("PRAGMA wal_checkpoint(TRUNCATE)");
      pages = database.texts("SELECT pageno FROM dbstat WHERE name = 'roster' AND pagetype = 'leaf'");
    }
    REQUIRE(pages.size() > 6);
    std::fstream file(path(), std::ios::binary | std::ios::in | std::ios::out);
    const auto at = last ? pages.size() / 2 - 1 : pages.size() / 4;
    file.seekp((std::stoll(pages.at(at)) - 1) * kPage).write(string(kPage, '\0').data(), kPage);
  }

  /// Page by page: who is listed, in this order.
  std::vector<string> listed(const string& filter, const string& provider = "lee") {
    std::vector<string> all;
    string cursor;
    do {
      const auto page = engine().provider_roster(provider, filter, cursor, 100);
      for (const auto& row : page.items) all.push_back(row.client);
      cursor = page.next;
    } while (!cursor.empty());
    return all;
  }
  using Lists = std::vector<std::vector<string>>;
  Lists lists() {
    Lists all;
    for (const char* provider : {"lee", "school"})
      for (const char* filter : {"", "search=ozge", "search=muller-3", "state=active", "state=archived",
                                 "state=active&search=MÜLLER", "search=nobody"})
        all.push_back(listed(filter, provider));
    return all;
  }
  bool indexing() { return engine().store_status().indexing; }
  /// One part of what the agenda has to do; nothing is handed out.
  void take_a_step() { CHECK(engine().claim("email", 10) == nullptr); }
  void index_all() {
    for (int steps = 0; indexing(); ++steps) {
      REQUIRE(steps < 1000);
      take_a_step();
    }
  }
  std::vector<string> tell(std::uint32_t most) {
    std::vector<string> told;
    auto batch = engine().claim("email", most);
    if (!batch) return told;
    for (std::size_t i = 0; i < batch->notices().size(); ++i) told.emplace_back(batch->notices().to().at(i));
    batch->complete(batch->notices().size());
    return told;
  }
  string blast_to(const std::vector<std::string_view>& ids) {
    const auto id = engine().blast_create("lee", {}).blast;
    engine().blast_select_many("lee", id, ids);
    engine().blast_write("lee", id, "Closed on Friday");
    engine().blast_send("lee", id);
    return id;
  }

 private:
  test::TemporaryFolder folder_;
  std::shared_ptr<test::StillClock> clock_ = std::make_shared<test::StillClock>();
  std::unique_ptr<bccast::Engine> engine_;
};

std::optional<bccast::Code> code_of(const std::function<void()>& work) {
  try {
    work();
    return std::nullopt;
  } catch (const bccast::Error& error) {
    return error.code();
  }
}

/// The same one floor below, with a blast to all.
struct World {
  static constexpr int kClients = 200;
  World() {
    bccast::Channels(context).put("email", "notify");
    bccast::Directory directory(context);
    directory.provider_put("lee", "Dr. Lee");
    for (int i = 0; i < kClients; ++i) {
      directory.client_put(client(i), "Özge", "family-" + std::to_string(i / 2) + "@example.org");
      directory.roster_add("lee", client(i));
    }
    bccast::Drafting drafting(context);
    const auto blast = drafting.create("lee", {}).blast;
    drafting.act_all("lee", blast, bccast::Drafting::Act::select);
    drafting.write("lee", blast, "Closed on Friday");
    bccast::Sending(context).send("lee", blast, {});
  }
  test::TemporaryFolder folder;
  bccast::sqlite::SqliteStore store{folder.file()};
  test::StillClock clock;
  bccast::Context context{store, clock};
};

}  // namespace

TEST_CASE(
    "A store indexed with earlier tables of Unicode lists everybody, at once and when it is indexed anew") {
  Practice practice;
  const auto before = practice.lists();
  REQUIRE(before.at(0).size() == kClients - 1);
  practice.index_otherwise(bccast::folding_version() - 1);
  REQUIRE(practice.indexing());
  for (int steps = 0; practice.indexing(); ++steps) {
    REQUIRE(steps < 100);
    INFO("after " << steps << " steps");
    if (steps % 2 == 0) CHECK(practice.lists() == before);
    CHECK(practice.engine().verify().empty());
    practice.take_a_step();
  }
  CHECK(practice.lists() == before);
  CHECK(practice.engine().verify().empty());
  CHECK(practice.folding() == bccast::Folding{bccast::folding_version()});
}

TEST_CASE("What is changed while a store is indexed anew is found, and the indexes are right") {
  Practice practice;
  practice.index_otherwise(bccast::folding_version() - 1);
  auto& e = practice.engine();
  for (int steps = 0; practice.indexing(); ++steps) {
    const auto id = "new" + std::to_string(steps);
    e.client_put(id, "Ångström " + std::to_string(steps), "özge300@example.org");
    e.roster_add("lee", id);
    e.client_put(client(steps + 20), "Ångström", "moved" + std::to_string(steps) + "@example.org");
    e.client_put(client(449 - steps), "Ångström", "özge300@example.org");
    e.roster_archive("school", client(steps + 100));
    if (steps % 3 == 2) e.client_erase(client(steps + 200));
    const auto found = practice.listed("search=angstrom");
    CHECK(std::find(found.begin(), found.end(), client(steps + 20)) != found.end());
    CHECK(std::find(found.begin(), found.end(), id) != found.end());
    CHECK(e.verify().empty());
    practice.take_a_step();
  }
  CHECK(e.verify().empty());
}

TEST_CASE("A crash while a store is indexed anew loses none of what was done") {
  Practice practice;
  const auto before = practice.lists();
  practice.index_otherwise(bccast::folding_version() - 1);
  bccast::Folding last;
  int steps = 0;
  for (; practice.indexing(); ++steps) {
    REQUIRE(steps < 100);
    practice.take_a_step();
    practice.close();
    const auto now = practice.folding();
    CHECK(now.version == bccast::folding_version());
    CHECK((now != last || now.place == -1));  // -1: what was indexed before is still being taken away
    if (now.provider_no == last.provider_no) CHECK(now.place >= last.place);
    last = now;
  }
  CHECK(steps > 5);
  CHECK(practice.lists() == before);
  CHECK(practice.engine().verify().empty());
}

TEST_CASE("P12: while a store is indexed anew nobody is told, and then one of a family") {
  Practice practice;
  practice.index_otherwise(bccast::folding_version() - 1);
  const auto blast = practice.blast_to({client(10), client(300), client(301), client(400)});
  std::vector<string> told;
  for (int steps = 0; told.empty(); ++steps) {
    REQUIRE(steps < 100);
    const bool indexing = practice.indexing();
    told = practice.tell(10);
    if (practice.indexing()) CHECK((told.empty() && indexing));
  }
  CHECK(told.size() == 3);
  CHECK(std::count(told.begin(), told.end(), client(300)) +
            std::count(told.begin(), told.end(), client(301)) ==
        1);
  CHECK(practice.engine().blast_status("lee", blast).at(0).state == "finished");
}

TEST_CASE(
    "P12: who was told and leaves the address while a store is indexed anew was told there all the same") {
  for (const int steps : {0, 1, 2, 3, 4, 5}) {
    CAPTURE(steps);
    Practice practice;
    practice.blast_to({client(300), client(301)});
    const auto first = practice.tell(1);
    REQUIRE(first.size() == 1);
    practice.index_otherwise(bccast::folding_version() - 1);
    for (int i = 0; i < steps; ++i) practice.take_a_step();
    REQUIRE(practice.indexing());
    practice.engine().client_set(first[0], "address.email", "elsewhere@example.org");
    while (practice.indexing()) CHECK(practice.tell(1).empty());
    CHECK(practice.tell(10).empty());
    CHECK(practice.engine().verify().empty());
  }
}

TEST_CASE("A program with earlier tables of Unicode than a store's indexes writes nothing to it") {
  Practice practice;
  const auto before = practice.lists();
  practice.engine();
  practice.set_version(bccast::folding_version() + 1);  // another process, meanwhile
  CHECK(code_of([&] { practice.engine().client_put("new", "Özge", {}); }) == bccast::Code::schema);
  CHECK(practice.lists() == before);
  CHECK(practice.engine().verify().empty());
  practice.close();
  CHECK(code_of([&] { practice.engine(); }) == bccast::Code::schema);
  bccast::Engine reader("sqlite:" + practice.path() + "?mode=ro", bccast::Options());
  CHECK(reader.provider_roster("lee", "search=ozge", {}, 1000).items.size() == kClients - 1);
}

TEST_CASE("A program with earlier tables searches rightly while another indexes the store by later ones") {
  Practice practice;
  const auto before = practice.lists();
  {
    test::Database other(practice.path());  // halfway, and as another version folds
    other.run("UPDATE roster_name SET key = CAST('~' || key AS BLOB) WHERE place < 100");
    other.run("DELETE FROM roster_name WHERE place >= 200");
  }
  bccast::sqlite::SqliteStore other(practice.path());
  for (const std::int64_t place : {-1, 0, 200}) {
    CAPTURE(place);
    other.write([&](bccast::Tables& tables) {
      tables.store().set_folding({bccast::folding_version() + (place == 200 ? 1 : 0), 1, place});
    });
    CHECK(practice.lists() == before);
  }
  CHECK(code_of([&] { practice.engine().client_put("new", "Özge", {}); }) == bccast::Code::schema);
}

TEST_CASE("P12: a batch that was claimed before another began to index the store anew is not handed out") {
  for (const bool later : {false, true}) {
    CAPTURE(later);
    World world;
    bccast::Work work(world.context);
    const auto batch = work.advance(bccast::verb::pump, 1, nullptr, World::kClients).next;
    REQUIRE(batch);
    REQUIRE_FALSE(batch->loaded);
    bccast::sqlite::SqliteStore other(world.folder.file());
    other.write([&](bccast::Tables& tables) {
      tables.store().set_folding({bccast::folding_version() + (later ? 1 : 0), 1, 0});
    });
    work.load(*batch);
    CHECK(batch->batch.size() == 0);
    const auto report = bccast::Work::without_handler(*batch);
    REQUIRE(report);
    CHECK(report->result == bccast::BatchResult::returned);
    const auto store = [&] {
      return work.advance(bccast::verb::pump, 1, &*report, World::kClients).next != nullptr;
    };
    if (later) {
      CHECK(code_of(store) == bccast::Code::schema);
    } else {
      CHECK_FALSE(store());  // it is given back, and nobody is told while the store is indexed
    }
  }
}

TEST_CASE("A store that is only read is searched rightly whatever its indexes go by") {
  Practice practice;
  practice.index_otherwise(bccast::folding_version() - 1);
  bccast::Engine reader("sqlite:" + practice.path() + "?mode=ro", bccast::Options());
  CHECK(reader.provider_roster("lee", "search=ozge", {}, 1000).items.size() == kClients - 1);
  CHECK(reader.verify().empty());
}

TEST_CASE("A store that has lost which tables its indexes go by is indexed anew") {
  Practice practice;
  practice.index_otherwise(bccast::folding_version());
  test::Database(practice.path()).run("UPDATE folding SET sum = sum + 1");
  REQUIRE(practice.indexing());
  practice.index_all();
  CHECK(practice.engine().verify().empty());
}

TEST_CASE("A damaged page of one roster is said, once, and all other rosters are indexed anew") {
  for (const bool last_page : {false, true}) {
    CAPTURE(last_page);
    Practice practice;
    const auto before = practice.listed("search=ozge", "school");
    practice.index_otherwise(bccast::folding_version() - 1);
    practice.damage_roster_page(last_page);
    int said = 0;
    for (int looks = 0; practice.indexing(); ++looks) {
      REQUIRE(looks < 100);
      const auto code = code_of([&] { practice.engine().pump(); });
      CHECK((!code || code == bccast::Code::corrupt));
      if (code) ++said;
    }
    CHECK(said > 0);
    CHECK(practice.folding() == bccast::Folding{bccast::folding_version()});
    CHECK_FALSE(code_of([&] { practice.engine().pump(); }));
    CHECK(practice.listed("search=ozge", "school") == before);
    CHECK(code_of([&] { practice.engine().verify(); }) == bccast::Code::corrupt);
  }
}

TEST_CASE("R22: who is erased while a store is indexed anew is in none of its files afterwards") {
  for (const int steps : {0, 1, 2, 3, 5}) {
    CAPTURE(steps);
    Practice practice;
    practice.engine().client_put(client(400), "Sir Quuxwald Zanzibar", {});
    practice.close();
    practice.set_version(bccast::folding_version() - 1);
    for (int i = 0; i < steps; ++i) practice.take_a_step();
    REQUIRE(practice.indexing());
    CHECK(practice.engine().client_erase(client(400)));
    for (const char* ending : {"", "-wal"}) {
      std::ifstream file(practice.path() + ending, std::ios::binary);
      string bytes{std::istreambuf_iterator<char>(file), {}};
      std::transform(bytes.begin(), bytes.end(), bytes.begin(),
                     [](unsigned char c) { return std::tolower(c); });
      INFO("in the file" << ending);
      CHECK(bytes.find("quuxwald") == string::npos);
    }
    practice.index_all();
    CHECK(practice.engine().verify().empty());
  }
}
