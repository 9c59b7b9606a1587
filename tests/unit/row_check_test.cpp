// What rows are checked by: sums over columns and key, ranges of numbers, and whose a found row is.
#include <doctest/doctest.h>

#include <algorithm>
#include <chrono>
#include <functional>
#include <limits>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "../support/temporary_folder.hpp"
#include "adapters/sqlite/sqlite_store.hpp"
#include "code_of.hpp"
#include "core/access.hpp"
#include "core/channels.hpp"
#include "core/control.hpp"
#include "core/directory.hpp"
#include "core/drafting.hpp"
#include "core/inbox.hpp"
#include "core/progress.hpp"
#include "core/sending.hpp"
#include "core/texts.hpp"
#include "core/verification.hpp"
#include "core/work.hpp"
#include "full_store.hpp"
#include "still_clock.hpp"

namespace {

using test::code_of;
using namespace bccast;

/// A practice with two clients, one channel, and a blast that nobody was told of yet.
struct World {
  World() {
    channels.put("email", "notify");
    directory.provider_put("lee", "Dr. Lee");
    for (const char* id : {"ann", "bob"}) {
      directory.client_put(id, id, std::string(id) + "@example.org");
      directory.roster_add("lee", id);
    }
    blast = drafting.create("lee", {}).blast;
    drafting.act_all("lee", blast, Drafting::Act::select);
    drafting.write("lee", blast, "Closed on Friday");
    sending.send("lee", blast, {});
  }
  void change_line(const std::function<void(Line&)>& change) {
    store.write([&](Tables& tables) {
      Line line = tables.work().lines(1, 1).at(0);
      change(line);
      tables.work().update_line(line);
    });
  }
  void recipients() { progress.recipients("lee", blast, {}, {}, 0); }
  bool verification_sees() { return !verification.run().empty(); }

  test::TemporaryFolder folder;
  sqlite::SqliteStore store{folder.file()};
  test::StillClock clock;
  Context context{store, clock};
  Directory directory{context};
  Drafting drafting{context};
  Sending sending{context};
  Channels channels{context};
  Inbox inbox{context};
  Progress progress{context};
  Verification verification{context};
  Work work{context};
  std::string blast;
};

constexpr std::int64_t kHuge = std::numeric_limits<std::int64_t>::max();

}  // namespace

TEST_CASE(
    "A line of a kind that is not known is CORRUPT to whoever reads it, and nothing is handed out of it") {
  World world;
  LineNo unknown = 0;
  world.store.write([&](Tables& tables) {
    Line line = tables.work().lines(1, 1).at(0);
    line.kind = static_cast<LineKind>(static_cast<int>(kLastLineKind) + 1);
    line.no = line.turn = unknown = tables.numbers().next(NumberKind::work);
    tables.work().insert_line(line);
  });
  CHECK(code_of([&] { world.store.read([&](const Tables& t) { t.work().line(unknown); }); }) ==
        Code::corrupt);
  CHECK(code_of([&] { world.progress.status("lee", world.blast); }) == Code::corrupt);
  CHECK(code_of([&] { world.recipients(); }) == Code::corrupt);
  CHECK(world.verification_sees());
  const auto next = world.work.advance(bccast::verb::pump, 1, nullptr, 10).next;  // of the one that is known
  REQUIRE(next);
  CHECK(next->line->no != unknown);
  CHECK(next->places.size() == 2);
}

TEST_CASE("A line whose cursor cannot be is CORRUPT at once, to status, recipients and verify") {
  for (const std::int64_t cursor : {kHuge, std::int64_t{-1}, std::int64_t{Slice::kPlaces} + 1}) {
    World world;
    world.change_line([&](Line& line) { line.cursor = cursor; });
    const auto begun = std::chrono::steady_clock::now();
    CHECK(code_of([&] { world.progress.status("lee", world.blast); }) == Code::corrupt);
    CHECK(code_of([&] { world.recipients(); }) == Code::corrupt);
    CHECK(world.verification_sees());
    CHECK(std::chrono::steady_clock::now() - begun < std::chrono::seconds(2));
  }
}

TEST_CASE("A line whose limit cannot be is CORRUPT at once") {
  World world;
  world.change_line([](Line& line) { line.limit = kHuge; });
  CHECK(code_of([&] { world.progress.status("lee", world.blast); }) == Code::corrupt);
}

TEST_CASE("A claim of positions that cannot be is CORRUPT at once") {
  using Range = std::pair<Position, Position>;
  for (const auto& [from, to] : {Range{0, kHuge}, Range{-1, 1}, Range{2, 1}, Range{kHuge - 1, kHuge}}) {
    World world;
    const Position begin = from;
    const Position end = to;
    world.store.write([&](Tables& tables) {
      Claim claim;
      claim.token = make_token(std::array<std::uint8_t, 12>{1});
      claim.channel_no = 1;
      claim.line_no = 1;
      claim.from = begin;
      claim.to = end;
      claim.tries = 1;
      tables.work().insert_claim(claim);
    });
    const auto begun = std::chrono::steady_clock::now();
    CHECK(code_of([&] { world.recipients(); }) == Code::corrupt);
    const auto others = world.work.advance(bccast::verb::pump, 1, nullptr, 10);  // it is passed by
    REQUIRE(others.next);
    CHECK(others.next->batch.size() == 2);
    CHECK(world.verification_sees());
    CHECK(std::chrono::steady_clock::now() - begun < std::chrono::seconds(2));
  }
}

TEST_CASE("A place that is too large is CORRUPT, and not cut off to another's") {
  World world;
  test::Database(world.folder.file())
      .run("UPDATE client_provider SET place = place + 4294967296 WHERE client_no = 1");
  CHECK(code_of([&] { world.inbox.of_client("ann", {}, {}, 0); }) == Code::corrupt);
  CHECK_FALSE(code_of([&] { world.inbox.of_client("bob", {}, {}, 0); }));
}

TEST_CASE("A client that the index of ids leads to another is CORRUPT") {
  World world;
  world.store.read([](const Tables& tables) { CHECK(tables.directory().client("ann")->no == 1); });
  {
    // As a damaged index would: the id of one, the row of another.
    test::Database db(world.folder.file());
    db.run("UPDATE client SET id = 'was ann' WHERE client_no = 1");
    db.run("UPDATE client SET id = 'ann' WHERE client_no = 2");
  }
  CHECK(code_of([&] { world.inbox.of_client("ann", {}, {}, 0); }) == Code::corrupt);
  CHECK(code_of([&] {
          world.store.read([](const Tables& tables) { tables.directory().place_of(1, "ann"); });
        }) == Code::corrupt);
}

TEST_CASE("A text that is another blast's, or another message's, is CORRUPT") {
  World world;
  const auto other = world.drafting.create("lee", {}).blast;
  world.drafting.write("lee", other, "Not sent yet");
  test::Database(world.folder.file())
      .run(
          "UPDATE blast_text SET text = (SELECT text FROM blast_text WHERE blast_no = 2) WHERE blast_no = 1");
  CHECK(code_of([&] { world.inbox.of_client("ann", {}, {}, 0); }) == Code::corrupt);
  CHECK(world.drafting.get("lee", other).text == "Not sent yet");

  const ThreadKey thread{1, 0, kDirect};
  Message message;
  message.seq = 1;
  message.text = texts::seal_of_message(thread, 1, "for ann");
  CHECK(texts::open_message(thread, message).text == "for ann");
  const ThreadKey of_bob{1, 1, kDirect};
  CHECK(code_of([&] { texts::open_message(of_bob, message); }) == Code::corrupt);
  message.seq = 2;
  CHECK(code_of([&] { texts::open_message(thread, message); }) == Code::corrupt);
}

TEST_CASE("A bitmap that was stored for another row is CORRUPT") {
  const Slice slice = Slice::range(3, 500);
  const auto bytes = slice.encode(7);
  CHECK(Slice::decode(bytes, 7) == slice);
  CHECK(code_of([&] { Slice::decode(bytes, 8); }) == Code::corrupt);
  CHECK(code_of([&] { Slice::encoded_contains(bytes, 3, 8); }) == Code::corrupt);
  auto plain = slice.encode();
  Slice::bind(plain, 7);
  CHECK(plain == bytes);
}

TEST_CASE("Verification sees who has an address and is not in the bitmap of those who have one") {
  World world;
  CHECK_FALSE(world.verification_sees());
  test::Database database(world.folder.file());
  SUBCASE("its row is lost") {
    database.run("DELETE FROM address_slice");
  }
  SUBCASE("its row is another channel's") {
    database.run("UPDATE address_slice SET channel = 'e-mail'");
  }
  SUBCASE("it has nobody") {
    world.store.write([](Tables& tables) {
      const std::pair<AddressSliceKey, Slice> nobody{{{1, 0}, "email"}, Slice()};
      tables.directory().put_address_slices({&nobody, 1});
    });
  }
  CHECK(world.verification_sees());
}

TEST_CASE("What a statement changes in place keeps a right sum right and a wrong one wrong") {
  World world;
  const auto look = [&] { return code_of([&] { world.inbox.of_client("ann", {}, {}, 0); }); };
  const auto store_seq = [&] {
    world.store.write([](Tables& tables) { tables.directory().set_stored_seq(1, 1, 1); });
  };
  store_seq();
  CHECK_FALSE(look());
  test::Database(world.folder.file()).run("UPDATE client_provider SET stored_seq = 0 WHERE client_no = 1");
  store_seq();
  CHECK(look() == Code::corrupt);
}

TEST_CASE("Who has opened a blast is counted from sound rows alone, and a mark makes no damaged row sound") {
  struct Damage {
    const char* sql;
    bool is_marked_again;  // the page of the mark is the one that is damaged
  };
  for (const auto& damage : {Damage{"count = 100", true}, Damage{"bits = zeroblob(512)", true},
                             Damage{"bits = x'00'", true}, Damage{"count = 0, bits = zeroblob(512)", true},
                             Damage{"page = 1", false}, Damage{"kind = 2", false}}) {
    CAPTURE(damage.sql);
    World world;
    const auto opened = [&] { return world.progress.list("lee", {}, {}, 0).items.at(0).opened; };
    const auto mark = [&](Place place) {
      return code_of([&] {
        world.store.write([&](Tables& tables) { tables.blasts().mark(1, 1, MarkKind::opened, place); });
      });
    };
    CHECK_FALSE(mark(0));
    CHECK_FALSE(mark(0));
    CHECK(opened() == 1);
    CHECK_FALSE(world.verification_sees());
    test::Database(world.folder.file()).run(std::string("UPDATE mark SET ") + damage.sql);
    if (damage.is_marked_again) CHECK(mark(1) == Code::corrupt);
    CHECK(code_of([&] { opened(); }) == Code::corrupt);
    CHECK(world.verification_sees());
  }
}

TEST_CASE("Verification finds somebody who has opened a blast without having it") {
  World world;
  CHECK_FALSE(world.verification_sees());
  world.store.write([](Tables& tables) { tables.blasts().mark(1, 1, MarkKind::replied, 2); });
  CHECK(world.verification_sees());
}

TEST_CASE(
    "A damaged claim is passed by: its channel goes on, nobody is woken for it, and verification says it") {
  for (const char* damage : {"UPDATE claim SET tries = tries + 1", "UPDATE claim SET to_pos = to_pos + 1",
                             "UPDATE claim SET lease = lease + 1", "UPDATE claim SET lease_until = 1",
                             "UPDATE claim SET lease_until = lease_until + 1099511627776"}) {
    CAPTURE(damage);
    World world;
    const auto lost = world.work.advance(bccast::verb::pump, 1, nullptr, 1);
    REQUIRE(lost.next);
    test::Database(world.folder.file()).run(damage);
    world.clock.now += 120'000;
    const auto rest = world.work.advance(bccast::verb::pump, 1, nullptr, 10);
    REQUIRE(rest.next);
    CHECK(rest.next->batch.size() == 1);
    Report report;
    report.assignment = rest.next.get();
    CHECK(world.work.advance(bccast::verb::pump, 1, &report, 10).ended == 1);
    const auto second = world.drafting.create("lee", {}).blast;
    world.drafting.act_all("lee", second, Drafting::Act::select);
    world.drafting.write("lee", second, "Open again");
    world.sending.send("lee", second, {});
    const auto after = world.work.advance(bccast::verb::pump, 1, nullptr, 10);
    REQUIRE(after.next);
    report.assignment = after.next.get();
    CHECK(world.work.advance(bccast::verb::pump, 1, &report, 10).ended == 2);
    world.store.read([&](const Tables& tables) {
      CHECK_FALSE(world.work.next_due(tables, *tables.work().channel(ChannelNo{1})));
    });
    // Whoever had it comes too late: nothing is known of what others have done with it.
    report.assignment = lost.next.get();
    const auto late = world.work.advance(bccast::verb::pump, 1, &report, 0);
    CHECK(late.too_late);
    CHECK(late.damage);
    CHECK(late.ended == 0);
    const auto findings = world.verification.run();
    CHECK(std::any_of(findings.begin(), findings.end(),
                      [](const auto& found) { return found.object.find("claim") != std::string::npos; }));
  }
}

TEST_CASE(
    "Who has a batch in its lease reports it, also when its claim is damaged, and the claim is whole again") {
  for (const bool in_parts : {false, true}) {
    World world;
    const auto advanced = world.work.advance(bccast::verb::pump, 1, nullptr, 10);
    REQUIRE(advanced.next);
    Report report;
    report.assignment = advanced.next.get();
    const auto damage = [&] {
      test::Database(world.folder.file()).run("UPDATE claim SET tries = tries + 1, to_pos = to_pos + 7");
    };
    damage();
    if (in_parts) {
      report.end = 1;
      CHECK(world.work.advance(bccast::verb::pump, 1, &report, 0).ended == 1);
      damage();
      report.begin = 1;
      report.end = Report::kAll;
    }
    const auto last = world.work.advance(bccast::verb::pump, 1, &report, 0);
    CHECK(last.ended == (in_parts ? 1 : 2));
    CHECK_FALSE(last.damage);
    CHECK(world.progress.status("lee", world.blast).back().state == "finished");
    CHECK_FALSE(world.verification_sees());
  }
}

/// Both places of the line wait for another try; the item of the first then says that it is the second's.
void move_first_item(World& world) {
  auto advanced = world.work.advance(bccast::verb::pump, 1, nullptr, 10);
  REQUIRE(advanced.next);
  for (std::size_t i = 0; i < 2; ++i)
    advanced.next->batch.set(i,
                             {ItemStatus::retry, "later", advanced.next->entries[i] == 0 ? 5'000 : 500'000});
  Report report;
  report.assignment = advanced.next.get();
  world.work.advance(bccast::verb::pump, 1, &report, 0);
  test::Database(world.folder.file()).run("UPDATE item SET place = 1 WHERE place = 0");
}

TEST_CASE("An item that damage has moved to another's place fails as itself, and not in the other's place") {
  World world;
  move_first_item(world);
  Report report;
  const auto work_off = [&] {
    const auto advanced = world.work.advance(bccast::verb::pump, 1, nullptr, 10);
    REQUIRE(advanced.next);
    report.assignment = advanced.next.get();
    world.work.advance(bccast::verb::pump, 1, &report, 0);
    return advanced.next->batch.size();
  };
  world.clock.now += 10'000;
  CHECK(work_off() == 0);
  world.store.read([](const Tables& tables) {
    CHECK(tables.work().line(1)->failed == 1);
    CHECK_FALSE(tables.work().failed_places(1, 0).contains(1));  // who still waits has not failed
  });
  world.clock.now += 600'000;
  CHECK(work_off() == 1);
  world.store.read([](const Tables& tables) {
    const auto line = tables.work().line(1);
    CHECK(line->done == 1);
    CHECK(line->failed == 1);
    CHECK_FALSE(line->open);
    CHECK_FALSE(tables.work().failed_places(1, 0).contains(1));  // who was told has not failed
  });
  CHECK(world.verification_sees());
}

TEST_CASE("What a recall drops is whoever waits, and not whose place a damaged item names") {
  World world;
  move_first_item(world);
  Control control(world.context);
  control.recall("lee", world.blast);
  while (control.sweep()) {
  }
  world.store.read([](const Tables& tables) {
    const auto line = tables.work().line(1);
    CHECK(line->skipped == 1);
    CHECK(line->pending() == 1);  // the damaged one, until it is due
  });
  world.clock.now += 600'000;
  auto advanced = world.work.advance(bccast::verb::pump, 1, nullptr, 10);
  REQUIRE(advanced.next);
  CHECK(advanced.next->batch.size() == 0);
  Report report;
  report.assignment = advanced.next.get();
  world.work.advance(bccast::verb::pump, 1, &report, 0);
  world.store.read([](const Tables& tables) {
    const auto line = tables.work().line(1);
    CHECK(line->failed == 1);
    CHECK_FALSE(line->open);
  });
}

TEST_CASE("A damaged item fails alone: the others of its batch are told") {
  World world;
  ItemNo first = 0;
  world.store.write([&](Tables& tables) {
    first = tables.numbers().next(NumberKind::work, 2);
    for (const Place place : {Place{0}, Place{1}}) {
      Item item;
      item.no = first + place;
      item.provider_no = 1;
      item.channel_no = 1;
      item.thread = {1, place, kDirect};
      item.notice_no = 1 + std::int64_t{place};
      item.seq = 1;
      tables.work().insert_items({&item, 1});
    }
  });
  test::Database(world.folder.file()).run("UPDATE item SET place = 1 WHERE notice_no = 1");
  world.store.write([](Tables& tables) {  // the items have their turn
    auto work = *tables.work().channel_work(1);
    work.items_turn = -1;
    tables.work().update_channel_work(work);
  });
  auto advanced = world.work.advance(bccast::verb::pump, 1, nullptr, 10);
  REQUIRE(advanced.next);
  world.work.load(*advanced.next);
  REQUIRE(advanced.next->batch.size() == 1);
  Report report;
  report.assignment = advanced.next.get();
  world.work.advance(bccast::verb::pump, 1, &report, 0);
  world.store.read([&](const Tables& tables) {
    const auto items = tables.work().items(std::vector<ItemNo>{first, first + 1});
    REQUIRE(items.size() == 1);
    const Item& item = items.front().item;
    CHECK(item.no == first);
    CHECK(item.damaged);  // and stays so
    CHECK(item.state == ItemState::failed);
    CHECK(item.reason == kDamagedEntry);
  });
}

TEST_CASE("One damaged row of a provider keeps nobody else's people from being told") {
  for (const char* damage : {
           "UPDATE blast SET revision = revision + 1 WHERE provider_no = 1 AND state = 1",  // scheduled, and
                                                                                            // due
           "UPDATE blast SET revision = revision + 1 WHERE provider_no = 1 AND state = 2",  // sent, and late
           "UPDATE line SET done = done + 1 WHERE provider_no = 1",
           "UPDATE recipients SET blast_no = blast_no + 1 WHERE provider_no = 1",
           "UPDATE provider SET archived_at = archived_at + 1 WHERE provider_no = 1",
           "UPDATE roster_work SET send_seq = send_seq + 1 WHERE provider_no = 1",
           "UPDATE thread SET activity = activity + 1 WHERE provider_no = 1",  // of a recalled blast
       }) {
    CAPTURE(damage);
    const test::TemporaryFolder folder;
    const auto clock = std::make_shared<test::StillClock>();
    std::vector<std::string> told;
    const auto notify = [&](bccast::Notices& notices) {
      for (std::size_t i = 0; i < notices.size(); ++i) told.emplace_back(notices.at(i).to);
      return true;
    };
    auto engine = test::open_store(folder.file(), clock, notify);
    for (const std::string provider : {"harmed", "other"}) {
      engine->provider_put(provider, provider);
      for (const std::string name : {"-ann", "-bob"}) {
        engine->client_put(provider + name, name, provider + name + "@example.org");
        engine->roster_add(provider, provider + name);
      }
    }
    const auto recalled = test::make_blast(*engine, "harmed", "recalled", {});
    engine->blast_send("harmed", recalled);
    engine->client_threads("harmed-ann", {}, {}, 0);  // makes the thread a row
    engine->blast_recall("harmed", recalled);
    const auto scheduled = test::make_blast(*engine, "harmed", "scheduled", {});
    engine->blast_schedule("harmed", scheduled, clock->now + 1000, {});
    engine->blast_send("harmed", test::make_blast(*engine, "harmed", "sent", {}));
    engine.reset();
    test::Database(folder.file()).run(damage);
    engine = test::open_store(folder.file(), clock, notify);
    engine->blast_send("other", test::make_blast(*engine, "other", "sent", {}));
    clock->now += 2 * 60 * 60 * 1000;  // the schedule is due, the deadline over
    bool said = false;
    for (int i = 0; i < 3; ++i) {
      const auto code = code_of([&] { engine->pump(); });
      said = said || code == bccast::Code::corrupt;
      CHECK((!code || code == bccast::Code::corrupt));
    }
    CHECK(std::count(told.begin(), told.end(), "other-ann") == 1);
    CHECK((said || !engine->verify().empty()));
  }
}

TEST_CASE("A report that damage keeps from being stored holds up its own channel alone, and is said") {
  const test::TemporaryFolder folder;
  const auto clock = std::make_shared<test::StillClock>();
  std::map<std::string, std::vector<std::string>> told;
  bool damage = true;
  bccast::Options options;
  options.clock(clock);
  for (const std::string channel : {"email", "push"})
    options.notifier(channel, [&, channel](bccast::Notices& notices) {
      for (std::size_t i = 0; i < notices.size(); ++i) told[channel].emplace_back(notices.at(i).to);
      if (channel == "email" && std::exchange(damage, false))
        test::Database(folder.file()).run("UPDATE line SET done = done + 1 WHERE channel_no = 1");
      return true;
    });
  const auto engine = std::make_unique<bccast::Engine>(folder.file(), std::move(options));
  engine->provider_put("lee", "Dr. Lee");
  for (const std::string client : {"ann", "bob"}) {
    engine->client_put(client, client, client + "@example.org");
    engine->client_set(client, "address.push", client);
    engine->roster_add("lee", client);
  }
  engine->blast_send("lee", test::make_blast(*engine, "lee", "first", {}));
  CHECK(code_of([&] { engine->pump(); }) == Code::corrupt);
  CHECK(told["email"].size() == 2);
  CHECK(told["push"].size() == 2);

  engine->blast_send("lee", test::make_blast(*engine, "lee", "second", {}));
  CHECK(code_of([&] { engine->pump(); }) == Code::corrupt);
  CHECK(told["email"].size() == 2);  // nothing is sent before what was sent is stored
  CHECK(told["push"].size() == 4);
  CHECK(engine->next_ms() != 0);  // nobody is woken for it again and again

  test::Database(folder.file()).run("UPDATE line SET done = done - 1 WHERE channel_no = 1 AND blast_no = 1");
  CHECK_FALSE(code_of([&] { engine->pump(); }));
  CHECK(told["email"].size() == 4);
  CHECK(told["push"].size() == 4);
  CHECK(engine->verify().empty());
}

TEST_CASE("A batch that damage keeps from being filled waits alone: its channel and the others go on") {
  const test::TemporaryFolder folder;
  const auto clock = std::make_shared<test::StillClock>();
  std::vector<std::string> told;
  auto engine = test::open_store(folder.file(), clock, [&](bccast::Notices& notices) {
    for (std::size_t i = 0; i < notices.size(); ++i) told.emplace_back(notices.at(i).to);
    return true;
  });
  const auto send = [&](const std::string& provider, int clients) {
    engine->provider_put(provider, provider);
    for (int i = 0; i < clients; ++i) {
      const auto client = provider + "-" + std::to_string(i);
      engine->client_put(client, client, client + "@example.org");
      engine->roster_add(provider, client);
    }
    engine->blast_send(provider, test::make_blast(*engine, provider, "sent", {}));
    engine->pump();
  };
  send("warm", 400);  // batches grow: large ones are filled after they were claimed, and given up then
  told.clear();
  engine->provider_put("harmed", "harmed");
  for (int i = 0; i < 100; ++i) {
    const auto client = "harmed-" + std::to_string(i);
    engine->client_put(client, client, client + "@example.org");
    engine->roster_add("harmed", client);
  }
  engine->blast_send("harmed", test::make_blast(*engine, "harmed", "sent", {}));
  test::Database(folder.file()).run("UPDATE provider SET archived_at = archived_at + 1 WHERE id = 'harmed'");
  CHECK(code_of([&] { engine->pump(); }) == Code::corrupt);
  CHECK(code_of([&] { send("other", 3); }) == Code::corrupt);
  for (int minutes = 0; minutes < 3; ++minutes) {
    clock->now += 61'000;
    CHECK(code_of([&] { engine->pump(); }) == Code::corrupt);
    CHECK(code_of([&] { send("another" + std::to_string(minutes), 3); }) == Code::corrupt);
  }
  CHECK(std::count_if(told.begin(), told.end(), [](const auto& to) { return to.find("other") <= 2; }) == 12);

  engine.reset();  // batches are small again, and filled in the transaction that claims them
  engine = test::open_store(folder.file(), clock, [&](bccast::Notices& notices) {
    for (std::size_t i = 0; i < notices.size(); ++i) told.emplace_back(notices.at(i).to);
    return true;
  });
  clock->now += 61'000;
  CHECK(code_of([&] { send("last", 3); }) == Code::corrupt);
  CHECK(std::count_if(told.begin(), told.end(), [](const auto& to) { return to.starts_with("last"); }) == 3);
}
