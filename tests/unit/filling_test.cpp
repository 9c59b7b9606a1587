// What a batch is filled with where something that it is about is damaged, or was changed meanwhile.
#include <doctest/doctest.h>

#include <algorithm>
#include <bccast/engine.hpp>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "../support/temporary_folder.hpp"
#include "adapters/sqlite/sqlite_store.hpp"
#include "code_of.hpp"
#include "core/channels.hpp"
#include "core/control.hpp"
#include "core/conversation.hpp"
#include "core/directory.hpp"
#include "core/drafting.hpp"
#include "core/inbox.hpp"
#include "core/loading.hpp"
#include "core/sending.hpp"
#include "core/work.hpp"
#include "full_store.hpp"
#include "still_clock.hpp"

namespace {

using namespace bccast;
using std::string;
using test::code_of;
using test::Database;

/// One provider with clients, and a channel.
struct World {
  World(const char* channel, const char* role, std::size_t clients) {
    channels.put(channel, role);
    directory.provider_put("lee", "Dr. Lee");
    for (std::size_t i = 0; i < clients; ++i) ids.push_back("c" + std::to_string(100 + i));
    const std::vector<std::string_view> views(ids.begin(), ids.end());
    directory.client_put_many(views, std::vector<std::string_view>(ids.size(), "Somebody"), views);
    directory.roster_add_many("lee", views);
    blast = drafting.create("lee", {}).blast;
    drafting.act_all("lee", blast, Drafting::Act::select);
    drafting.write("lee", blast, "text");
  }
  string thread_of(const string& client) { return inbox.of_client(client, {}, {}, 0).items.at(0).thread; }
  Line line() {
    return store.read([](const Tables& tables) { return tables.work().line(1).value(); });
  }

  std::vector<string> ids;
  string blast;
  test::TemporaryFolder folder;
  test::StillClock clock;
  sqlite::SqliteStore store{folder.file()};
  Context context{store, clock};
  Directory directory{context};
  Drafting drafting{context};
  Inbox inbox{context};
  Conversation conversation{context};
  Sending sending{context};
  Control control{context};
  Channels channels{context};
  Work work{context};
};

constexpr ChannelNo kFirst = 1;

}  // namespace

TEST_CASE("A damaged item of somebody to whom a blast was not delivered leaves nobody else untold of it") {
  const test::TemporaryFolder folder;
  const auto clock = std::make_shared<test::StillClock>();
  const std::vector<string> clients{"ann", "bob", "cid", "dan"};
  std::set<string> told;
  const auto open = [&](bool tells) {
    Options options;
    options.clock(clock);
    options.deliverer("chat", [](Deliveries& deliveries) {
      for (std::size_t i = 0; i < deliveries.size(); ++i)
        if (deliveries.at(i).to == "bob") deliveries.set(i, NoticeStatus::failed, "gone");
      return true;
    });
    if (tells)
      options.notifier("email", [&](Notices& notices) {
        for (std::size_t i = 0; i < notices.size(); ++i) told.emplace(notices.at(i).to);
        return true;
      });
    return std::make_unique<Engine>(folder.file(), std::move(options));
  };
  {
    const auto host = open(true);
    host->provider_put("lee", "Dr. Lee");
    for (const auto& client : clients) {
      host->client_put(client, client, client + "@example.org");
      host->roster_add("lee", client);
    }
  }
  {
    const auto host = open(false);
    host->blast_send("lee", test::make_blast(*host, "lee", "blast", {}));
    host->pump();
  }
  Database db(folder.file());
  REQUIRE(db.texts("SELECT place FROM item WHERE state = 2") == std::vector<string>{"1"});
  db.run("UPDATE item SET place = 2");  // cid's
  const auto host = open(true);
  for (int i = 0; i < 3; ++i) {
    code_of([&] { host->pump(); });
    clock->now += 3'600'000;
  }
  CHECK(told == std::set<string>{"ann", "cid", "dan"});
}

TEST_CASE("A batch that cannot be filled is not given back to a blast that was recalled meanwhile") {
  World world("email", "notify", 200);
  world.sending.send("lee", world.blast, {});
  world.conversation.read({Side::client, "c100"}, world.thread_of("c100"), 1);
  auto batch = world.work.advance(bccast::verb::pump, kFirst, nullptr, 1000).next;  // all of it
  REQUIRE(batch);
  REQUIRE_FALSE(batch->loaded);
  REQUIRE(world.line().cursor == world.line().order.end());
  REQUIRE(world.control.recall("lee", world.blast) == Code::ok);
  const auto marks = Database(world.folder.file()).texts("SELECT quote(bits) FROM mark").at(0);
  Database(world.folder.file()).run("UPDATE mark SET bits = x'00'");
  CHECK(code_of([&] { world.work.load(*batch); }) == Code::corrupt);
  CHECK(world.line().cursor == world.line().order.end());

  // Whoever takes it up leaves them out.
  Database(world.folder.file()).run("UPDATE mark SET bits = " + marks);
  world.clock.now += kLongestLease + 1;
  batch = world.work.advance(bccast::verb::pump, kFirst, nullptr, 1000).next;
  REQUIRE(batch);
  world.work.load(*batch);
  CHECK(batch->batch.size() == 0);
  CHECK(batch->left_out.size() == batch->claimed);
}

TEST_CASE("Of two messages in threads of one blast that one claim has, nobody gets the other's text") {
  World world("chat", "deliver", 2);
  world.sending.send("lee", world.blast, {});
  for (const auto& client : world.ids)
    world.conversation.write({Side::provider, "lee"}, world.thread_of(client), {}, "only for " + client);
  world.store.read([&](const Tables& tables) {
    Assignment batch(world.context.ids);
    batch.channel = tables.work().channel(kFirst).value();
    batch.items = tables.work().due_items(kFirst, world.clock.now, kFarthestDue, 10);
    REQUIRE(batch.items.size() == 2);
    fill(tables, world.context, batch);
    CHECK(batch.batch.size() == 1);
    CHECK(batch.damaged.size() == 1);
    CHECK(batch.delivery->text.at(0) == "only for c100");
    return 0;
  });
}
