// The promise of cost: sending writes as many rows as there are slices and channels and a constant, first
// touches and batches a constant, whatever the size of the audience. Counted in statements, rows and syncs,
// never in time.
#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <bccast/engine.hpp>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "../support/sqlite_counts.hpp"
#include "../support/temporary_folder.hpp"
#include "adapters/sqlite/sqlite_store.hpp"
#include "core/channels.hpp"
#include "core/control.hpp"
#include "core/conversation.hpp"
#include "core/directory.hpp"
#include "core/drafting.hpp"
#include "core/inbox.hpp"
#include "core/progress.hpp"
#include "core/quiet.hpp"
#include "core/roster.hpp"
#include "core/same_address.hpp"
#include "core/sending.hpp"
#include "core/verification.hpp"
#include "core/work.hpp"
#include "engine/pump.hpp"
#include "still_clock.hpp"

namespace {

using bccast::Code;
using bccast::Conversation;
using bccast::Drafting;
using bccast::Side;
using std::string;
using std::to_string;

class NoQueue final : public bccast::Queue {
 public:
  void ring() noexcept override {}
};

/// Says that all is done, and counts.
class AllDone final : public bccast::Notifier {
 public:
  bccast::Handled notify(bccast::NoticeBatch& batch, const std::shared_ptr<bccast::BatchControl>&) override {
    ++batches;
    notices += static_cast<std::int64_t>(batch.size());
    return bccast::Handled::as_set;
  }
  std::int64_t batches = 0;
  std::int64_t notices = 0;
};

/// What an operation cost.
struct Cost {
  std::int64_t statements;  // of the connection that writes; each row read counts as well
  std::int64_t begun;       // statements of all connections
  std::int64_t rows;        // written
  std::int64_t commits;     // that waited for the disk
  std::int64_t syncs;
  std::int64_t steps;  // of SQLite's virtual machine, on all connections
  std::int64_t scans;  // of `begun`: those that read neighbours from a roster
  std::int64_t bytes;  // written: to the log, whole pages
};

std::ostream& operator<<(std::ostream& out, const Cost& c) {
  return out << "statements " << c.statements << ", begun " << c.begun << ", rows " << c.rows << ", commits "
             << c.commits << ", syncs " << c.syncs << ", steps " << c.steps << ", scans " << c.scans
             << ", bytes " << c.bytes;
}

/// The library without its outer doors, so that the store can be asked what it did.
struct World {
  explicit World(int channels = 1) {
    for (int i = 0; i < channels; ++i) channels_of_store.put(channel(i), "notify");
    directory.provider_put("lee", "Dr. Lee");
  }
  static string channel(int i) { return i == 0 ? "email" : "channel-" + to_string(i); }
  static string id(std::size_t i) { return "client-" + to_string(1'000'000 + i); }

  void clients(std::size_t from, std::size_t to) {
    std::vector<string> ids;
    for (std::size_t i = from; i < to; ++i) ids.push_back(id(i));
    const std::vector<std::string_view> views(ids.begin(), ids.end());
    const std::vector<std::string_view> names(ids.size(), "Somebody");
    directory.client_put_many(views, names, views);  // each at an address of its own
    directory.roster_add_many("lee", views);
  }
  /// Every `nth` client has the address of the one before it.
  void families(std::size_t clients, std::size_t nth) {
    for (std::size_t i = nth; i < clients; i += nth) directory.client_set(id(i), "address.email", id(i - 1));
  }
  string draft(const string& text = "text") {
    const auto blast = drafting.create("lee", {}).blast;
    drafting.act_all("lee", blast, Drafting::Act::select);
    drafting.write("lee", blast, text);
    return blast;
  }
  string sent() {
    const auto blast = draft();
    sending.send("lee", blast, {});
    return blast;
  }
  Conversation::Actor client(std::size_t i) {
    name_ = id(i);
    return {Side::client, name_};
  }

  /// The next write neither begins the log anew, which takes a sync and some statements more, nor finds it so
  /// long that it is moved into the file.
  void begin_log() {
    store.checkpoint();
    store.write([](bccast::Tables& tables) { tables.store().set_held(tables.store().held()); });
  }

  template <typename F>
  Cost cost(F&& operation) {
    begin_log();
    const auto before = store.counters();
    const auto asked_before = counts.now();
    operation();
    const auto asked = counts.now() - asked_before;
    const auto after = store.counters();
    return {after.statements - before.statements,
            asked.statements,
            after.rows_changed - before.rows_changed,
            after.commits - before.commits,
            asked.syncs,
            asked.steps,
            asked.scans,
            asked.bytes};
  }

  test::SqliteCounts counts;
  test::TemporaryFolder folder;
  test::StillClock clock;
  bccast::sqlite::SqliteStore store{folder.file()};
  bccast::Context context{store, clock};
  bccast::Directory directory{context};
  Drafting drafting{context};
  bccast::Sending sending{context};
  bccast::Control control{context};
  bccast::Inbox inbox{context};
  Conversation conversation{context};
  bccast::Progress progress{context};
  bccast::Roster roster{context};
  bccast::Verification verification{context};
  bccast::Channels channels_of_store{context};
  bccast::Work work{context};
  NoQueue queue;
  std::shared_ptr<AllDone> notifier = std::make_shared<AllDone>();

 private:
  string name_;
};

/// The blast's row, the provider's row; and what SQLite counts besides.
constexpr std::int64_t kConstant = 4;

std::size_t slices(std::size_t clients) {
  return (clients + 65'535) / 65'536;
}

}  // namespace

TEST_CASE(
    "Sending writes slices + channels + a constant rows, with one sync, whatever the size of the audience") {
  World world(3);
  world.clients(0, 50);
  Cost small{};
  Cost larger{};
  std::size_t there = 50;
  world.sent();  // prepares the statements
  for (const std::size_t size : {std::size_t{50}, std::size_t{1'000}, std::size_t{60'000},
                                 std::size_t{100'000}, std::size_t{200'000}}) {
    if (size > there) world.clients(there, size);
    there = size;
    const auto blast = world.draft(string(size == 1'000 ? 100'000 : 100, 'x'));
    const auto cost = world.cost([&] { CHECK(world.sending.send("lee", blast, {}) == Code::ok); });
    CAPTURE(size);
    INFO(cost);
    CHECK(world.progress.status("lee", blast).back().recipients == static_cast<std::int64_t>(size));
    CHECK(cost.rows <= static_cast<std::int64_t>(slices(size)) + 3 + kConstant);
    CHECK(cost.commits == 1);
    CHECK(cost.syncs == 1);
    if (size == 50) small = cost;
    if (size == 1'000 || size == 60'000) {  // within a slice
      CHECK(cost.statements == small.statements);
      CHECK(cost.begun == small.begun);
      CHECK(cost.rows == small.rows);
    }
    if (size == 100'000) larger = cost;
    if (size == 200'000) {  // a constant for each slice more
      CHECK((cost.statements - larger.statements) %
                static_cast<std::int64_t>(slices(size) - slices(100'000)) ==
            0);
      CHECK(cost.statements - larger.statements <=
            8 * static_cast<std::int64_t>(slices(size) - slices(100'000)));
    }
    // A second time nothing is written.
    const auto again = world.cost([&] { CHECK(world.sending.send("lee", blast, {}) == Code::exists); });
    CHECK(again.rows == 0);
  }
}

TEST_CASE("Sending costs the same whatever was sent before") {
  World world;
  world.clients(0, 100);
  world.sent();
  std::array<Cost, 2> costs{};
  for (auto& cost : costs) {
    const auto blast = world.draft();
    cost = world.cost([&] { world.sending.send("lee", blast, {}); });
    for (int i = 0; i < 200; ++i) world.sent();
  }
  CHECK(costs[0].statements == costs[1].statements);
  CHECK(costs[0].rows == costs[1].rows);
}

TEST_CASE(
    "The first look at an inbox writes a constant for each new blast in it, and does not wait for the disk") {
  std::vector<Cost> firsts;
  std::vector<Cost> seconds;
  for (const std::size_t size : {std::size_t{100}, std::size_t{100'000}}) {
    CAPTURE(size);
    World world;
    world.clients(0, size);
    for (int i = 0; i < 5; ++i) world.sent();
    const auto look = [&](std::size_t who) {
      return world.cost([&] { CHECK(world.inbox.of_client(World::id(who), {}, {}, 0).items.size() == 5); });
    };
    look(7);  // prepares the statements
    const auto& first = firsts.emplace_back(look(size - 1));
    INFO(first);
    CHECK(first.rows <= 5 + 1);
    CHECK(first.commits == 0);
    CHECK(first.syncs == 0);
    const auto& second = seconds.emplace_back(look(size - 1));
    INFO(second);
    CHECK(second.rows == 0);
    CHECK(second.syncs == 0);
    CHECK(second.statements == 0);  // not one on the connection that writes
  }
  CHECK(firsts[0].rows == firsts[1].rows);
  CHECK(firsts[0].begun == firsts[1].begun);
  CHECK(seconds[0].begun == seconds[1].begun);
}

TEST_CASE("A later look at an inbox takes a constant number of statements, however much was sent before") {
  World world;
  world.clients(0, 10);
  std::array<std::int64_t, 2> begun{};
  for (auto& one : begun) {
    for (int i = 0; i < 300; ++i) world.sent();
    world.inbox.of_client(World::id(3), {}, {}, 10);
    one =
        world.cost([&] { CHECK(world.inbox.of_client(World::id(3), {}, {}, 10).items.size() == 10); }).begun;
  }
  CHECK(begun[0] == begun[1]);
}

TEST_CASE("The first read and the first reply write a constant number of rows, and sync once") {
  std::vector<Cost> reads;
  std::vector<Cost> replies;
  for (const std::size_t size : {std::size_t{100}, std::size_t{100'000}}) {
    World world;
    world.clients(0, size);
    world.sent();
    const auto touch = [&](std::size_t who) {
      const auto thread = world.inbox.of_client(World::id(who), {}, {}, 0).items.at(0).thread;
      reads.push_back(world.cost([&] { world.conversation.read(world.client(who), thread, 1); }));
      replies.push_back(world.cost([&] { world.conversation.write(world.client(who), thread, {}, "yes"); }));
    };
    touch(7);
    reads.clear();  // those prepared the statements
    replies.clear();
    touch(8);
    touch(size - 1);
  }
  for (const auto* costs : {&reads, &replies})
    for (const auto& cost : *costs) {
      INFO(cost);
      CHECK(cost.rows <= 6);
      CHECK(cost.commits == 1);
      CHECK(cost.syncs == 1);
      CHECK(cost.statements == costs->front().statements);
    }
}

TEST_CASE("Opening a blast writes a few pages of log, however many have opened it, and none for the blast") {
  constexpr std::size_t kClients = 20'000;
  constexpr auto kPage = 4096 + 24;  // and its head in the log
  World world;
  world.clients(0, kClients);
  const auto blast = world.sent();
  const auto key = [](std::size_t i) { return bccast::ThreadKey{1, static_cast<bccast::Place>(i), 1}; };
  const auto open = [&](std::size_t i) {
    world.conversation.read(world.client(i), bccast::view(world.context.thread_id(key(i))), 1);
  };
  open(1);
  const auto first = world.cost([&] { open(9'000); });
  for (std::size_t i = 0; i < kClients; i += 2)  // so that no encoding makes a slice's bitmap small
    world.store.write([&](bccast::Tables& tables) {
      tables.blasts().mark(1, 1, bccast::MarkKind::opened, static_cast<bccast::Place>(i));
    });
  const auto later = world.cost([&] { open(9'001); });
  INFO("the first: " << first << "; after ten thousand: " << later);
  CHECK(world.progress.status("lee", blast).back().opened == kClients / 2 + 2);
  CHECK(first.rows == later.rows);
  CHECK(later.bytes <= first.bytes + kPage);
  CHECK(later.bytes <= 5 * kPage);
}

TEST_CASE(
    "Draining waits for the disk at most once for each batch, and writes a constant number of rows for it") {
  for (const std::size_t size : {std::size_t{20'000}, std::size_t{100'000}}) {
    CAPTURE(size);
    World world;
    world.clients(0, size);
    const auto blast = world.sent();
    bccast::Pump pump(world.context, world.work, world.queue, {{"email", {world.notifier, nullptr}}});
    pump.run(64, 0);  // prepares the statements
    world.notifier->batches = 0;
    world.notifier->notices = 0;
    const auto cost = world.cost([&] { pump.run(0, 0); });
    INFO(cost);
    const auto batches = world.notifier->batches;
    CHECK(world.notifier->notices == static_cast<std::int64_t>(size) - 64);
    CHECK(batches <= static_cast<std::int64_t>(size) / 1000 + 10);  // they grow
    CHECK(cost.commits <= batches);
    CHECK(cost.syncs <= cost.commits + 2);  // and one or two for a checkpoint, as the log grows
    // Of each batch: its claim in and out, its line for the report and for the next claim; and once the
    // blast.
    CHECK(cost.rows <= 4 * batches + kConstant);
    CHECK(world.progress.status("lee", blast).back().state == "finished");
  }
}

TEST_CASE("Draining those who are left out writes bitmaps, not a row each") {
  World world;
  world.clients(0, 20'000);
  for (std::size_t i = 0; i < 20'000; i += 3)
    world.directory.roster_set("lee", World::id(i), "notify", "off");
  const auto blast = world.sent();
  bccast::Pump pump(world.context, world.work, world.queue, {{"email", {world.notifier, nullptr}}});
  pump.run(64, 0);
  world.notifier->batches = 0;
  const auto cost = world.cost([&] { pump.run(0, 0); });
  INFO(cost);
  CHECK(cost.rows <= 5 * world.notifier->batches + kConstant);
  CHECK(cost.commits <= world.notifier->batches);
  CHECK(world.progress.status("lee", blast).back().skipped == 6667);
}

namespace {

/// A line of a blast to a roster of so many, all of whom have waited until now.
bccast::Line waiting_line(World& world, bccast::Place places) {
  bccast::Line line;
  world.store.write([&](bccast::Tables& tables) {
    line = tables.work().lines(1, 1).at(0);
    line.order = bccast::HandingOrder::choose(places, false, 4711);
    line.slices = bccast::slices_for(places);
    line.cursor = line.order.end();
    line.total = places;
    line.no = tables.numbers().next(bccast::NumberKind::work);
    tables.work().insert_line(line);
    for (bccast::SliceNo s = 0; s < line.slices; ++s) {
      bccast::Slice all;
      all.add_range(0, std::min(places - bccast::place_at(s, 0), bccast::Slice::kPlaces));
      bccast::let_wait(tables, line,
                       {{{line.no, s}, {world.clock.now, bccast::WaitReason::quiet_hours}, all}});
    }
    tables.work().update_line(line);
  });
  return line;
}

std::size_t wake(World& world, std::vector<bccast::Place>* places = nullptr) {
  std::size_t woken = 0;
  world.store.write([&](bccast::Tables& tables) {
    const auto items = bccast::wake_places(tables, bccast::Locked(), 1, world.clock.now, 1000);
    woken = items.size();
    for (const auto& item : items)
      if (places != nullptr) places->push_back(item.thread.place);
  });
  return woken;
}

}  // namespace

TEST_CASE("Waking those who have waited costs what is woken, however many wait, and have been woken") {
  World world;
  world.clients(0, 2);
  world.sent();
  waiting_line(world, 16 * 65'536);
  wake(world);  // prepares the statements
  for (int i = 0; i < 60; ++i) {
    std::size_t woken = 0;
    const auto cost = world.cost([&] { woken = wake(world); });
    CAPTURE(i);
    CAPTURE(cost);
    CHECK(woken >= 750);
    // A row for each; what is due, its line and blast; and of at most two windows, each in a slice, who waits
    // there and who has an item, read and written.
    CHECK(cost.begun <= static_cast<std::int64_t>(woken) + 5 + 2 * 5);
  }
}

TEST_CASE("Who has to wait again after others were woken is woken all the same") {
  World world;
  world.clients(0, 2);
  world.sent();
  auto line = waiting_line(world, 10'000);
  std::vector<bccast::Place> woken;
  for (int i = 0; i < 4; ++i) wake(world, &woken);
  world.store.write([&](bccast::Tables& tables) {
    line = *tables.work().line(line.no);
    bccast::Slice again;
    std::vector<bccast::ItemNo> numbers;
    for (std::size_t i = 0; i < woken.size(); ++i) {
      again.add(static_cast<std::uint16_t>(woken[i]));
      numbers.push_back(line.no + 1 + static_cast<bccast::ItemNo>(i));
    }
    std::vector<bccast::Item> items;
    for (auto& held : tables.work().items(numbers)) items.push_back(std::move(held.item));
    REQUIRE(items.size() == woken.size());
    tables.work().delete_items(items);
    bccast::let_wait(tables, line,
                     {{{line.no, 0}, {world.clock.now, bccast::WaitReason::quiet_hours}, again}});
    tables.work().update_line(line);
  });
  const auto twice = woken.size();
  CHECK(twice > 2'000);
  for (int i = 0; i < 20 && wake(world, &woken) > 0; ++i) {
  }
  CHECK(woken.size() == 10'000 + twice);
  world.store.read([&](const bccast::Tables& tables) { CHECK(tables.work().line(line.no)->waiting == 0); });
}

TEST_CASE("An address costs an import one statement, and a row") {
  World world;
  std::vector<string> ids;
  for (std::size_t i = 0; i < 2'000; ++i) ids.push_back(World::id(i));
  const std::vector<std::string_view> views(ids.begin(), ids.end());
  const std::span<const std::string_view> without(views.data(), 1'000);
  const std::span<const std::string_view> with(views.data() + 1'000, 1'000);
  world.directory.client_put_many(without, without, {});
  world.directory.client_put_many(with, with, with);
  world.clients(3'000, 3'001);  // prepares the statements
  const auto plain = world.cost([&] { world.directory.roster_add_many("lee", without); });
  const auto addressed = world.cost([&] { world.directory.roster_add_many("lee", with); });
  INFO(plain << "; with addresses " << addressed);
  // Of each address its row in the index; and once the bitmap of who has one, read and written.
  CHECK(addressed.statements - plain.statements == 1'000 + 2);
  CHECK(addressed.rows - plain.rows == 1'000 + 1);
}

TEST_CASE("Families cost a look each when a blast is handed out, whatever their size and the roster's") {
  struct Drained {
    Cost cost{};
    std::int64_t batches = 0;
  };
  constexpr std::size_t kClients = 20'000;
  const auto drain = [](std::size_t nth) {
    World world;
    world.clients(0, kClients);
    if (nth > 0) world.families(kClients, nth);
    const auto blast = world.sent();
    bccast::Pump pump(world.context, world.work, world.queue, {{"email", {world.notifier, nullptr}}});
    pump.run(64, 0);  // prepares the statements
    world.notifier->batches = 0;
    Drained drained;
    drained.cost = world.cost([&] { pump.run(0, 0); });
    drained.batches = world.notifier->batches;
    CHECK(world.verification.run().empty());
    CHECK(world.progress.status("lee", blast).back().state == "finished");
    return drained;
  };
  const auto none = drain(0);
  const auto some = drain(100);
  INFO("none: " << none.cost << "; two hundred families: " << some.cost);
  const auto besides_scans = [](const Cost& cost) { return cost.begun - cost.scans; };
  // Without families what is known of the roster's index of addresses is not asked for at all: a batch is
  // its claim and report, and what they need, whatever the order's key.
  CHECK(besides_scans(none.cost) <= 26 * none.batches);
  // And a short scan of the roster for each block of each window. While batches grow, six of them end within
  // a window: its parts lie scattered, so that each of them may take as many scans again.
  constexpr std::int64_t kBlocks = kClients / bccast::HandingOrder::kBlock;
  constexpr std::int64_t kWindows = kBlocks / bccast::HandingOrder::kWindowBlocks + 1;
  constexpr std::int64_t kGrowing = 6;
  for (const auto* drained : {&none, &some})
    CHECK(drained->cost.scans <= bccast::HandingOrder::kWindowBlocks * (kWindows + 2 * kGrowing));
  // Of each family: who is told at its address, who is to be, and that it was. Of each batch: how its line
  // stands. A family in two batches looks a few times more.
  CHECK(besides_scans(some.cost) > besides_scans(none.cost));
  CHECK(besides_scans(some.cost) - besides_scans(none.cost) <= 3 * 200 + 10 * some.batches);
  // Of each family one row, which says who is told there, and goes when the blast has ended; of the others
  // bitmaps.
  CHECK(some.cost.rows <= none.cost.rows + 2 * 200 + 3 * some.batches);
}

TEST_CASE("The end of a blast costs the same however many families were told, who are forgotten bit by bit") {
  std::vector<Cost> ends;
  for (const std::size_t size : {std::size_t{1'000}, std::size_t{10'000}}) {
    CAPTURE(size);
    World world;
    world.clients(0, size);
    world.families(size, 2);
    const auto blast = world.sent();
    const auto end = [&] {
      const auto batch = world.work.advance(bccast::verb::pump, 1, nullptr, size + 1).next;
      REQUIRE(batch);
      world.work.load(*batch);
      CHECK(batch->holds.size() == size / 2 - 1);
      bccast::Report report;
      report.assignment = batch.get();
      return world.cost([&] { world.work.advance(bccast::verb::pump, 1, &report, 0); });
    };
    ends.push_back(end());
    INFO(ends.back());
    CHECK(world.progress.status("lee", blast).back().state == "finished");
    CHECK(ends.back().rows <= 6);
    std::size_t steps = 0;
    for (bool more = true; more; ++steps) {
      const auto cost = world.cost([&] { more = bccast::forget_told_addresses(world.context); });
      INFO(cost);
      CHECK(cost.rows <= 1'000 + 1);
      CHECK(cost.commits == 0);
    }
    CHECK(steps == (size / 2 + 999) / 1'000 + 1);
    CHECK(world.verification.run().empty());
  }
  CHECK(ends[0].rows == ends[1].rows);
  CHECK(ends[0].statements == ends[1].statements);
}

TEST_CASE("A blast to fifty waits for the disk twice: when it is sent, and when it is told") {
  World world;
  world.clients(0, 50);
  bccast::Pump pump(world.context, world.work, world.queue, {{"email", {world.notifier, nullptr}}});
  world.sent();
  pump.run(0, 0);
  const auto blast = world.draft();
  const auto cost = world.cost([&] {
    world.sending.send("lee", blast, {});
    pump.run(0, 0);
  });
  INFO(cost);
  CHECK(world.progress.status("lee", blast).back().state == "finished");
  CHECK(cost.commits == 2);
  CHECK(cost.syncs == 2);
  CHECK(cost.rows <= 12);
}

TEST_CASE("A blast to fifty costs the same in a roster of a million as in one of a thousand") {
  struct Costs {
    Cost choose{}, send{}, drain{};
  };
  const auto costs_of = [](World& world, std::size_t step) {
    bccast::Pump pump(world.context, world.work, world.queue, {{"email", {world.notifier, nullptr}}});
    std::vector<string> ids;
    for (std::size_t i = 0; i < 50; ++i) ids.push_back(World::id(i * step));
    const std::vector<std::string_view> views(ids.begin(), ids.end());
    Costs costs;
    for (int i = 0; i < 2; ++i) {  // the first prepares the statements
      string blast;
      costs.choose = world.cost([&] {
        blast = world.drafting.create("lee", {}).blast;
        world.drafting.act_many("lee", blast, views, Drafting::Act::select);
        world.drafting.write("lee", blast, "text");
      });
      costs.send = world.cost([&] { world.sending.send("lee", blast, {}); });
      world.notifier->notices = 0;
      costs.drain = world.cost([&] { pump.run(0, 0); });
      CHECK(world.notifier->notices == 50);
      CHECK(world.progress.status("lee", blast).back().state == "finished");
    }
    return costs;
  };
  constexpr std::size_t kMillion = 1'000'000;
  World world;
  world.clients(0, 1'000);
  const auto in_small = costs_of(world, 1);
  world.clients(1'000, kMillion);
  const auto in_large = costs_of(world, 1);
  const auto all_over = costs_of(world, kMillion / 50);
  constexpr auto kPage = 4096 + 24;  // and its head in the log
  for (const auto part : {&Costs::choose, &Costs::send, &Costs::drain}) {
    INFO("of a thousand: " << in_small.*part);
    INFO("of a million: " << in_large.*part);
    INFO("all over it: " << all_over.*part);
    // Whether a slice has recipients takes a look; 65,536 clients more, one slice more.
    const auto looks = part == &Costs::drain ? slices(kMillion) - slices(1'000) : 0;
    CHECK((in_large.*part).begun <= (in_small.*part).begun + static_cast<std::int64_t>(looks));
    CHECK((in_large.*part).rows == (in_small.*part).rows);
    CHECK((in_large.*part).syncs == (in_small.*part).syncs);
    CHECK((in_large.*part).steps <= (in_small.*part).steps + 200);
    CHECK((in_large.*part).bytes <= (in_small.*part).bytes + 4 * kPage);
    const auto touched = static_cast<std::int64_t>(slices(kMillion));
    CHECK((all_over.*part).begun <= (in_small.*part).begun + 6 * touched);
    CHECK((all_over.*part).rows <= (in_small.*part).rows + 2 * touched);
    CHECK((all_over.*part).bytes <= (in_small.*part).bytes + 2 * touched * kPage);
  }
}

TEST_CASE(
    "A thousand all over the roster cost what a thousand who stand together cost, and a constant a slice") {
  constexpr std::size_t kRoster = 400'000;  // seven slices
  constexpr std::size_t kFew = 1'000;
  World world;
  world.clients(0, kRoster);
  bccast::Pump pump(world.context, world.work, world.queue, {{"email", {world.notifier, nullptr}}});
  const auto costs = [&](std::size_t step) {
    std::vector<string> ids;
    for (std::size_t i = 0; i < kFew; ++i) ids.push_back(World::id(70'000 + i * step % (kRoster - 70'000)));
    const std::vector<std::string_view> views(ids.begin(), ids.end());
    const auto blast = world.drafting.create("lee", {}).blast;
    world.drafting.act_many("lee", blast, views, Drafting::Act::select);
    world.drafting.write("lee", blast, "text");
    const auto sent = world.cost([&] { world.sending.send("lee", blast, {}); });
    world.notifier->batches = world.notifier->notices = 0;
    const auto drained = world.cost([&] { pump.run(0, 0); });
    CHECK(world.notifier->notices == static_cast<std::int64_t>(kFew));
    return std::pair{sent, drained};
  };
  costs(1);  // prepares the statements
  const auto dense = costs(1);
  const auto dense_batches = world.notifier->batches;
  const auto sparse = costs(330);
  const auto more = static_cast<std::int64_t>(slices(kRoster));
  INFO("send: " << dense.first << "; all over: " << sparse.first);
  INFO("drain: " << dense.second << "; all over: " << sparse.second);
  CHECK(world.notifier->batches <= dense_batches + 1);
  CHECK(sparse.first.rows <= dense.first.rows + 2 * more);  // and its slice of the draft goes
  CHECK(sparse.first.syncs == dense.first.syncs);
  CHECK(sparse.first.steps <= dense.first.steps + 400 * more);
  CHECK(sparse.second.rows <= dense.second.rows + 5);
  CHECK(sparse.second.syncs <= dense.second.syncs + 1);
  // Looked up one by one, not scanned: a statement for each of them, and not a row of anybody else.
  CHECK(sparse.second.begun <= dense.second.begun + static_cast<std::int64_t>(kFew) + 20 * more);
  CHECK(sparse.second.steps <= 4 * dense.second.steps + 400 * more);
}

TEST_CASE("Selecting many is one transaction, and writes a row for each slice") {
  World world;
  world.clients(0, 100'000);
  const auto blast = world.drafting.create("lee", {}).blast;
  std::vector<string> ids;
  for (std::size_t i = 0; i < 100'000; i += 2) ids.push_back(World::id(i));
  const std::vector<std::string_view> views(ids.begin(), ids.end());
  const auto cost = world.cost([&] { world.drafting.act_many("lee", blast, views, Drafting::Act::select); });
  INFO(cost);
  CHECK(cost.rows <= 2 + kConstant);
  CHECK(cost.commits == 1);
  CHECK(cost.syncs == 1);
  const auto preview = world.cost([&] { CHECK(world.drafting.preview("lee", blast).recipients == 50'000); });
  CHECK(preview.rows == 0);
  CHECK(preview.begun <= 20);
}

TEST_CASE("Selecting from an earlier blast is some statements a slice, however many have it") {
  std::map<std::size_t, Cost> costs;
  for (const std::size_t size : {std::size_t{100}, std::size_t{60'000}, std::size_t{100'000}}) {
    CAPTURE(size);
    World world;
    world.clients(0, size);
    const auto earlier = world.sent();
    const auto thread = world.inbox.of_client(World::id(7), {}, {}, 0).items.at(0).thread;
    world.conversation.read(world.client(7), thread, 1);
    const auto select = [&] {
      const auto blast = world.drafting.create("lee", {}).blast;
      const auto cost =
          world.cost([&] { world.drafting.select_from("lee", blast, earlier, "opened=0&replied=0"); });
      CHECK(world.drafting.preview("lee", blast).recipients == static_cast<std::int64_t>(size) - 1);
      return cost;
    };
    select();  // prepares the statements
    const auto cost = costs[size] = select();
    INFO(cost);
    CHECK(cost.rows == static_cast<std::int64_t>(slices(size)) + 1);
    CHECK(cost.commits == 1);
    CHECK(cost.syncs == 1);
  }
  CHECK(costs[60'000].begun == costs[100].begun);
  // Of each slice: its recipients, who has opened it, who has replied, the draft's, and these written.
  CHECK(costs[100'000].begun - costs[60'000].begun == 5);
}

TEST_CASE("A page of the roster costs the same at any depth of any roster, and so do a search and a why") {
  struct Costs {
    std::int64_t begun = 0;
    std::int64_t steps = 0;
    void worst(const Cost& cost) {
      begun = std::max(begun, cost.begun);
      steps = std::max(steps, cost.steps);
    }
  };
  std::map<string, Costs> of_small;
  for (const std::size_t size : {std::size_t{5'000}, std::size_t{50'000}}) {
    CAPTURE(size);
    World world;
    {
      std::vector<string> ids;
      std::vector<string> names;
      for (std::size_t i = 0; i < size; ++i) {
        ids.push_back(World::id(i));
        names.push_back("Nr " + to_string(i * 7919 % size) + " Lee");
      }
      const std::vector<std::string_view> id_views(ids.begin(), ids.end());
      const std::vector<std::string_view> name_views(names.begin(), names.end());
      world.directory.client_put_many(id_views, name_views, {});
      world.directory.roster_add_many("lee", id_views);
      std::vector<std::string_view> half;
      for (std::size_t i = 0; i < size; i += 2) half.push_back(id_views[i]);
      world.directory.roster_archive_many("lee", half);
    }
    const auto draft = world.draft();
    const auto blast = world.sent();
    std::map<string, Costs> costs;
    for (const string filter : {"", "search=lee", "search=nr", "state=active", "state=archived&search=lee"}) {
      std::size_t rows = 0;
      string cursor;
      do {
        bccast::Page<bccast::RosterRow> page;
        costs["roster " + filter].worst(
            world.cost([&] { page = world.roster.list("lee", filter, cursor, 100); }));
        rows += page.items.size();
        cursor = page.next;
      } while (!cursor.empty());
      CHECK(rows == (filter.find("state") != string::npos ? size / 2 : size));
    }
    costs["search that finds one"].worst(world.cost(
        [&] { CHECK(world.roster.list("lee", "search=" + to_string(size - 1), {}, 0).items.size() == 1); }));
    costs["search that finds nobody"].worst(
        world.cost([&] { CHECK(world.roster.list("lee", "search=zoe", {}, 0).items.empty()); }));
    for (const std::size_t who : {std::size_t{1}, size / 2, size - 1}) {
      costs["why"].worst(world.cost([&] { world.progress.why("lee", blast, World::id(who)); }));
      costs["why of a draft"].worst(world.cost([&] { world.progress.why("lee", draft, World::id(who)); }));
    }
    for (const auto& one : costs) {
      const auto& what = one.first;
      const auto& cost = one.second;
      INFO(what << ": begun " << cost.begun << ", steps " << cost.steps);
      const bool by_state = what.find("state=") != string::npos;  // which passes by those in the other one
      CHECK(cost.begun <= (what.starts_with("roster") ? 100 : 1) + 25);
      CHECK(cost.steps <= (by_state ? 20'000 : what.starts_with("roster") ? 10'000 : 1'000));
      const auto small = of_small.find(what);
      if (small == of_small.end()) continue;
      CHECK(cost.begun <= small->second.begun + 2);
      if (!by_state) CHECK(cost.steps <= small->second.steps + 50);
    }
    if (of_small.empty()) of_small = costs;
  }
}

TEST_CASE(
    "A recall writes a bitmap a slice and a constant, with one sync, whatever the number of recipients") {
  std::map<std::size_t, Cost> untold;
  std::map<std::size_t, Cost> told;
  for (const std::size_t size : {std::size_t{1'000}, std::size_t{60'000}, std::size_t{200'000}}) {
    CAPTURE(size);
    World world;
    world.clients(0, size);
    const auto recall = [&](const string& blast) {
      // Where the log begins anew, the first write syncs it once more.
      world.directory.provider_put("lee", "Dr. Lee");
      world.directory.provider_put("lee", "Dr. Lee again");
      return world.cost([&] { CHECK(world.control.recall("lee", blast) == Code::ok); });
    };
    recall(world.sent());  // prepares the statements
    while (world.control.sweep()) {
    }
    untold[size] = recall(world.sent());
    while (world.control.sweep()) {
    }
    const auto blast = world.sent();
    bccast::Pump(world.context, world.work, world.queue, {{"email", {world.notifier, nullptr}}}).run(0, 0);
    told[size] = recall(blast);
    for (const auto& cost : {untold[size], told[size]}) {
      INFO(cost);
      // A bitmap of who keeps the thread, one of who is left out; the blast, its line, the provider.
      CHECK(cost.rows <= static_cast<std::int64_t>(2 * slices(size)) + kConstant + 3);
      CHECK(cost.syncs == 1);
    }
  }
  // The slice in which the order of places begins may be met twice: once more its bitmap is read and written.
  constexpr std::int64_t kMetTwice = 4;
  CHECK(std::abs(untold[1'000].statements - untold[60'000].statements) <= kMetTwice);
  CHECK(told[1'000].statements == told[60'000].statements);
  // A constant for each slice more.
  CHECK(untold[200'000].begun - untold[60'000].begun <= 3 * 40);
  CHECK(told[200'000].begun - told[60'000].begun <= 3 * 40);
}

TEST_CASE(
    "Sweeping up after a recall looks at some threads a transaction, and does not grow with the blast") {
  World world;
  world.clients(0, 20'000);
  const auto blast = world.sent();
  for (std::size_t i = 0; i < 100; ++i) world.inbox.of_client(World::id(i), {}, {}, 10);
  CHECK(world.control.recall("lee", blast) == Code::ok);
  int transactions = 0;
  for (bool more = true; more;) {
    const auto cost = world.cost([&] { more = world.control.sweep(); });
    INFO(cost);
    CHECK(cost.begun <= 2'200);
    CHECK(cost.rows <= 110);
    ++transactions;
  }
  CHECK(transactions == 11);  // ten of 2,000, and one that finds nothing
}

TEST_CASE("Leaving an address costs the same however many share it, while no blast is under way") {
  std::map<std::size_t, Cost> costs;
  for (const std::size_t size : {std::size_t{10}, std::size_t{1'000}}) {
    World world;
    world.clients(0, size);
    for (std::size_t i = 0; i < size; ++i) world.directory.client_set(World::id(i), "address.email", "desk");
    const auto leave = [&](std::size_t i) {
      return world.cost([&] { world.directory.client_set(World::id(i), "address.email", World::id(i)); });
    };
    leave(1);  // prepares the statements
    costs[size] = leave(5);
    INFO(costs[size]);
    CHECK(costs[size].rows < 12);
  }
  CHECK(costs[1'000].statements == costs[10].statements);
  CHECK(costs[1'000].rows == costs[10].rows);
  CHECK(costs[1'000].steps <= costs[10].steps + 20);
}

TEST_CASE("Counting counts: a row that is written and a commit that is synced show") {
  World world;
  const auto cost = world.cost([&] {
    world.directory.provider_put("lee", "Dr. May");
    world.directory.provider_put("lee", "Dr. Noa");
  });
  CHECK(cost.rows == 2);
  CHECK(cost.commits == 2);
  CHECK(cost.syncs == 2);
  CHECK(cost.statements > 2);
  CHECK(cost.begun > 2);
  CHECK(cost.steps > 20);
}

TEST_CASE("Verification asks for the blasts there are, whatever numbers a restore has left out") {
  World world;
  world.clients(0, 10);
  world.sent();
  const auto look = [&] { return world.cost([&] { CHECK(world.verification.run().empty()); }); };
  look();  // prepares the statements
  const auto before = look();
  world.store.write([](bccast::Tables& tables) {
    auto roster = tables.directory().roster_work(1);
    REQUIRE(roster.has_value());
    roster->next_blast += 1 << 20;
    tables.directory().update_roster_work(*roster);
  });
  CHECK(look().begun == before.begun);
}
