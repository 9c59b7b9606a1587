// What is read in one transaction and written in another: whatever happens in between, nothing comes back
// that was taken away.
#include <doctest/doctest.h>

#include <functional>
#include <memory>
#include <set>
#include <string>
#include <utility>

#include "../support/temporary_folder.hpp"
#include "adapters/sqlite/sqlite_store.hpp"
#include "code_of.hpp"
#include "core/channels.hpp"
#include "core/control.hpp"
#include "core/conversation.hpp"
#include "core/directory.hpp"
#include "core/drafting.hpp"
#include "core/erasure.hpp"
#include "core/inbox.hpp"
#include "core/progress.hpp"
#include "core/same_address.hpp"
#include "core/second_tries.hpp"
#include "core/sending.hpp"
#include "core/texts.hpp"
#include "core/verification.hpp"
#include "core/work.hpp"
#include "forwarding_store.hpp"
#include "full_store.hpp"
#include "hooked_tables.hpp"
#include "still_clock.hpp"

namespace {

using namespace bccast;

/// A store that lets something else happen before a write that may be left out.
class StoreWithHooks final : public test::ForwardingStore {
 public:
  using ForwardingStore::ForwardingStore;
  /// Done once, before the next try_write(), or write().
  std::function<void()> before_try_write;
  std::function<void()> before_write;
  /// Done once, before threads are inserted the next time: what another transaction commits just then, in a
  /// store that several write to.
  std::function<void(Tables&)> before_insert_threads;

 private:
  void run_write(FunctionRef<void(Tables&)> work, Durability durability) override {
    if (const auto first = std::exchange(before_write, nullptr)) first();
    inner().write(
        [&](Tables& tables) {
          const PortHook hook = [&](const PortCall& call) {
            if (call.name != std::string_view("insert_threads")) return;
            if (const auto first = std::exchange(before_insert_threads, nullptr)) first(tables);
          };
          HookedTables hooked(tables, hook);
          work(hooked);
        },
        durability);
  }
  bool run_try_write(FunctionRef<void(Tables&)> work) noexcept override {
    if (const auto first = std::exchange(before_try_write, nullptr)) first();
    return inner().try_write(work);
  }
};

/// A practice with two clients and nobody who notifies them.
struct World {
  World() {
    directory.provider_put("lee", "Dr. Lee");
    for (const char* id : {"ann", "bob"}) add(id);
  }
  void add(const char* id) {
    directory.client_put(id, id, std::nullopt);
    directory.roster_add("lee", id);
  }
  std::string send(const std::string& text) {
    const auto blast = drafting.create("lee", {}).blast;
    drafting.act_all("lee", blast, Drafting::Act::select);
    drafting.write("lee", blast, text);
    sending.send("lee", blast, {});
    return blast;
  }
  void recall_and_sweep(const std::string& blast) {
    control.recall("lee", blast);
    while (control.sweep()) {
    }
  }
  /// So many clients, each two of them at one address, whom "email" tells of a blast.
  std::string send_to_families(int clients) {
    Channels(context).put("email", "notify");
    for (int i = 0; i < clients; ++i) {
      add(client(i).c_str());
      directory.client_set(client(i), "address.email", "family-" + std::to_string(i / 2) + "@example.org");
    }
    return send("Closed on Friday");
  }
  static std::string client(int i) { return "client-" + std::to_string(i); }
  void report(Work& work, const Assignment& assignment) {
    Report report;
    report.assignment = &assignment;
    work.advance(bccast::verb::pump, 1, &report, 0);
  }
  std::size_t damage() { return Verification(context).run().size(); }
  std::size_t threads(const char* client) { return inbox.of_client(client, {}, {}, 0).items.size(); }

  test::TemporaryFolder folder;
  StoreWithHooks store{std::make_unique<sqlite::SqliteStore>(folder.file())};
  test::StillClock clock;
  Context context{store, clock};
  Directory directory{context};
  Drafting drafting{context};
  Sending sending{context};
  Control control{context};
  Erasure erasure{context};
  Inbox inbox{context};
};

}  // namespace

TEST_CASE("A blast recalled while somebody looks at an inbox does not come back as unread") {
  World world;
  const auto blast = world.send("Closed on Friday");
  world.store.before_try_write = [&] { world.recall_and_sweep(blast); };
  CHECK(world.threads("ann") == 1);  // its snapshot is older than the recall
  CHECK_FALSE(world.store.before_try_write);
  CHECK(world.threads("ann") == 0);
  const auto unread = world.inbox.unread_of_client("ann");
  CHECK(unread.threads == 0);
  CHECK(unread.messages == 0);
}

TEST_CASE("One blast recalled while somebody looks takes no other with it") {
  World world;
  world.send("Open on Monday");
  const auto blast = world.send("Closed on Friday");
  world.store.before_try_write = [&] { world.recall_and_sweep(blast); };
  CHECK(world.threads("ann") == 2);
  CHECK(world.threads("ann") == 1);
  CHECK(world.inbox.unread_of_client("ann").messages == 1);
}

TEST_CASE("A client erased while it looks gets no thread any more, nor does whoever has its number next") {
  World world;
  world.send("Closed on Friday");
  world.store.before_try_write = [&] {
    world.erasure.erase("bob");  // the last one: its number is free again
    world.add("cid");
    world.send("Open on Monday");
    world.send("Open on Tuesday");
  };
  CHECK(world.threads("bob") == 1);
  CHECK(world.threads("cid") == 2);
  world.store.read([](const Tables& tables) {
    CHECK_FALSE(tables.threads().thread({1, 1, 1}));  // at its place, which is dead
  });
}

TEST_CASE("A slow look does not undo what a later one has stored") {
  World world;
  world.send("Closed on Friday");
  world.store.before_try_write = [&] {
    world.send("Open on Monday");
    CHECK(world.threads("ann") == 2);
  };
  CHECK(world.threads("ann") == 1);
  std::int64_t stored = 0;
  world.store.read([&](const Tables& tables) {
    stored = tables.directory().memberships(tables.directory().client("ann")->no).at(0).stored_seq;
  });
  CHECK(stored == 2);
  CHECK(world.threads("ann") == 2);
}

TEST_CASE("P12: of two large batches that are filled in the same moment one tells a family") {
  World world;
  constexpr int kClients = 400;
  world.send_to_families(kClients);
  Work work(world.context);
  auto one = work.advance(bccast::verb::pump, 1, nullptr, kClients / 2).next;
  auto other = work.advance(bccast::verb::pump, 1, nullptr, kClients).next;
  REQUIRE((one && other));
  world.store.before_write = [&] { work.load(*other); };
  work.load(*one);
  CHECK_FALSE(world.store.before_write);
  std::multiset<std::string> told;
  for (const auto* assignment : {one.get(), other.get()}) {
    const auto& batch = assignment->batch;
    CHECK(batch.size() + assignment->left_out.size() + assignment->deferred.size() +
              assignment->behind.size() ==
          assignment->claimed);
    for (std::size_t i = 0; i < batch.size(); ++i) told.emplace(batch.address().at(i));
  }
  CHECK(told.size() == kClients / 2);
  CHECK(std::set<std::string>(told.begin(), told.end()).size() == told.size());
}

TEST_CASE("P12: of a blast that ended while a batch of it was filled, who holds an address is not kept") {
  for (const bool recalled : {false, true}) {
    CAPTURE(recalled);
    World world;
    constexpr int kClients = 400;
    const auto blast = world.send_to_families(kClients);
    Work work(world.context);
    auto slow = work.advance(bccast::verb::pump, 1, nullptr, kClients + 2).next;
    REQUIRE(slow);
    world.store.before_write = [&] {  // its lease is over, and another tells everybody, or nobody any more
      if (recalled) world.control.recall("lee", blast);
      world.clock.now += kLongestLease + 1;
      auto quick = work.advance(bccast::verb::pump, 1, nullptr, kClients + 2).next;
      REQUIRE(quick);
      work.load(*quick);
      CHECK(quick->batch.size() == (recalled ? 0 : kClients / 2));
      world.report(work, *quick);
      while (forget_told_addresses(world.context)) {
      }
    };
    work.load(*slow);
    CHECK_FALSE(world.store.before_write);
    CHECK(slow->batch.size() == 0);  // there is nothing left to tell
    const auto report = Work::without_handler(*slow);
    REQUIRE(report);
    CHECK(work.advance(bccast::verb::pump, 1, &*report, 0).too_late);
    CHECK(world.damage() == 0);
    world.store.read([](const Tables& tables) { CHECK_FALSE(tables.work().told_line_after(0)); });
    CHECK(Progress(world.context).status("lee", blast).back().pending == 0);
  }
}

TEST_CASE("Who leaves an address while its batch is being read is not told there, and another is") {
  World world;
  constexpr int kClients = 400;
  const auto blast = world.send_to_families(kClients);
  Work work(world.context);
  auto batch = work.advance(bccast::verb::pump, 1, nullptr, kClients + 2).next;
  REQUIRE(batch);
  world.store.before_write = [&] {  // of each two at one address one moves, or is erased
    for (int i = 0; i < kClients; i += 4) {
      world.directory.client_set(World::client(i), "address.email",
                                 "alone-" + std::to_string(i) + "@example.org");
      world.erasure.erase(World::client(i + 2));
    }
  };
  std::multiset<std::string> told;
  while (batch) {
    work.load(*batch);
    CHECK_FALSE(world.store.before_write);
    for (std::size_t i = 0; i < batch->batch.size(); ++i) told.emplace(batch->batch.address().at(i));
    world.report(work, *batch);
    world.clock.now += 2'000;  // who waits for another looks again
    batch = work.advance(bccast::verb::pump, 1, nullptr, kClients + 2).next;
  }
  for (int i = 0; i < kClients; i += 2) {
    CAPTURE(i);
    CHECK(told.count("family-" + std::to_string(i / 2) + "@example.org") == 1);
    if (i % 4 == 0) CHECK(told.count("alone-" + std::to_string(i) + "@example.org") == 1);
  }
  CHECK(told.size() == kClients / 2 + kClients / 4);
  CHECK(world.damage() == 0);
  CHECK(Progress(world.context).status("lee", blast).back().pending == 0);
}

TEST_CASE("P12: while who was told at which address is forgotten, another try tells nobody at them again") {
  constexpr int kClients = 3'000;  // half as many rows: more than are forgotten at once
  for (const int steps : {0, 1, 2}) {
    CAPTURE(steps);
    World world;
    const auto blast = world.send_to_families(kClients);
    Work work(world.context);
    std::multiset<std::string> told;
    std::int64_t failed = 0;
    const auto take = [&](bool fails) {
      auto batch = work.advance(bccast::verb::pump, 1, nullptr, kClients + 2).next;
      if (!batch) return false;
      work.load(*batch);
      for (std::size_t i = 0; i < batch->batch.size(); ++i) {
        if (fails && i % 10 == 0 && batch->batch.to().at(i) != World::client(9)) {
          ++failed;
          batch->batch.set(i, {ItemStatus::failed, "bounced"});
        } else {
          told.emplace(batch->batch.address().at(i));
        }
      }
      world.report(work, *batch);
      return true;
    };
    REQUIRE(take(true));
    REQUIRE_FALSE(take(true));
    CHECK(failed >= kClients / 2 / 10 - 1);
    CHECK(told.size() == kClients / 2 - static_cast<std::size_t>(failed));
    for (int i = 0; i < steps; ++i) CHECK(forget_told_addresses(world.context));
    // Who leaves an address is forgotten there at once.
    world.directory.client_set(World::client(7), "address.email", "elsewhere@example.org");
    world.erasure.erase(World::client(9));
    CHECK(SecondTries(world.context).retry_failed("lee", blast) == failed);
    while (take(false)) {
    }
    CHECK(told.size() == kClients / 2);
    CHECK(std::set<std::string>(told.begin(), told.end()).size() == told.size());
    CHECK(world.damage() == 0);
    while (forget_told_addresses(world.context)) {
    }
    world.store.read([](const Tables& tables) { CHECK_FALSE(tables.work().told_line_after(0)); });
    CHECK(world.damage() == 0);
  }
}

TEST_CASE("Verification finds who was told at which address of a line that has ended, or that there is not") {
  World world;
  const auto blast = world.send_to_families(4);
  Work work(world.context);
  auto batch = work.advance(bccast::verb::pump, 1, nullptr, 10).next;
  REQUIRE(batch);
  world.report(work, *batch);
  CHECK(world.damage() == 0);  // they are still to be forgotten
  while (forget_told_addresses(world.context)) {
  }
  CHECK(world.damage() == 0);
  for (const LineNo line : {LineNo{1}, LineNo{7}})
    world.store.write(
        [&](Tables& tables) {
          const ToldAddress told{line, 4711, 1};
          tables.work().put_told_addresses({&told, 1});
        },
        Durability::relaxed);
  CHECK(world.damage() == 2);
}

TEST_CASE("A report that is stored is not stored again where what is behind damage could not be claimed") {
  World world;
  Channels(world.context).put("email", "notify");
  for (const char* client : {"ann", "bob"})
    world.directory.client_set(client, "address.email", std::string(client) + "@example.org");
  world.send("Closed on Friday");
  world.send("Open on Monday");
  Work work(world.context);
  const auto batch = work.advance(bccast::verb::pump, 1, nullptr, 10).next;
  REQUIRE(batch);
  REQUIRE(batch->batch.size() == 2);
  test::Database(world.folder.file()).run("UPDATE line SET sum = sum + 1 WHERE blast_no = 2");
  int writes = 0;
  std::function<void()> count_write = [&] {
    if (++writes == 3) throw Error(Code::busy, "another process writes");
    world.store.before_write = count_write;
  };
  world.store.before_write = count_write;
  Report report;
  report.assignment = batch.get();
  const auto advanced = work.advance(bccast::verb::pump, 1, &report, 10);
  CHECK(writes == 3);
  CHECK(advanced.ended == 2);
  CHECK_FALSE(advanced.too_late);
  REQUIRE(advanced.damage);
  CHECK(test::code_of([&] { std::rethrow_exception(advanced.damage); }) == Code::busy);
}

TEST_CASE(
    "Two who do something in a thread at once, in which nobody has yet, undo nothing of one another's") {
  World world;
  world.send("Closed on Friday");
  const ThreadKey key{1, 0, 1};
  const std::string thread(view(world.context.thread_id(key)));
  const Conversation::Actor ann{Side::client, "ann"};
  Conversation conversation(world.context);
  const auto stored = [&] {
    return *world.store.read([&](const Tables& tables) { return tables.threads().thread(key); });
  };
  auto other = untouched(key, world.clock.wall_ms(), 1);
  SUBCASE("both write") {
    world.store.before_insert_threads = [&](Tables& tables) {
      other.last_seq = 2;
      other.client_unread = 2;
      other.touched = true;
      CHECK(tables.threads().insert_threads({&other, 1}).front());
      Message message;
      message.seq = 2;
      message.at = world.clock.wall_ms();
      message.text = texts::seal_of_message(key, 2, "Which one?");
      tables.threads().insert_message(key, message);
    };
    CHECK(conversation.write(ann, thread, {}, "Thank you").seq == 3);
    CHECK(conversation.messages(ann, thread, 0, 1, 0).items.size() == 3);
    CHECK(stored().last_seq == 3);
    CHECK(stored().client_unread == 2);
    CHECK(stored().provider_unread == 1);
  }
  SUBCASE("both read, in two tabs") {
    world.store.before_insert_threads = [&](Tables& tables) {
      other.client_read = 1;
      other.client_unread = 0;
      other.opened_at = 5;
      CHECK(tables.threads().insert_threads({&other, 1}).front());
    };
    conversation.read(ann, thread, 1);
    CHECK(stored().opened_at == 5);
  }
  CHECK_FALSE(world.store.before_insert_threads);
}
