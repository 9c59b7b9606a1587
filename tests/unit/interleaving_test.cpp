// What is read in one transaction and written in another: whatever happens in between, nothing comes back
// that was taken away.
#include <doctest/doctest.h>

#include <functional>
#include <set>
#include <string>
#include <utility>

#include "../support/temporary_folder.hpp"
#include "adapters/sqlite/sqlite_store.hpp"
#include "core/channels.hpp"
#include "core/control.hpp"
#include "core/directory.hpp"
#include "core/drafting.hpp"
#include "core/erasure.hpp"
#include "core/inbox.hpp"
#include "core/sending.hpp"
#include "core/work.hpp"
#include "still_clock.hpp"

namespace {

using namespace bccast;

/// A store that lets something else happen before a write that may be left out.
class HookedStore final : public Store {
 public:
  explicit HookedStore(const std::string& path) : store_(path) {}
  /// Done once, before the next try_write(), or write().
  std::function<void()> before_try_write;
  std::function<void()> before_write;

  const SecretKey& key() const noexcept override { return store_.key(); }
  bool read_only() const noexcept override { return false; }
  bool checkpoint(Patience patience) override { return store_.checkpoint(patience); }
  bool backup(std::string_view path) override { return store_.backup(path); }
  int changes_fd() override { return store_.changes_fd(); }
  bool is_shared() const noexcept override { return store_.is_shared(); }
  void drain_changes() noexcept override { store_.drain_changes(); }
  std::vector<FindingRow> verify() override { return store_.verify(); }

 private:
  void run_read(FunctionRef<void(const Tables&)> work) override { store_.read(work); }
  void run_write(FunctionRef<void(Tables&)> work, Durability durability) override {
    if (const auto first = std::exchange(before_write, nullptr)) first();
    store_.write(work, durability);
  }
  bool run_try_write(FunctionRef<void(Tables&)> work) noexcept override {
    if (const auto first = std::exchange(before_try_write, nullptr)) first();
    return store_.try_write(work);
  }

  sqlite::SqliteStore store_;
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
    const auto blast = drafting.create("lee", {}, {}).blast;
    drafting.act_all("lee", blast, Drafting::Act::select);
    drafting.write("lee", blast, text);
    sending.send("lee", blast, {}, {});
    return blast;
  }
  void recall_and_sweep(const std::string& blast) {
    control.recall("lee", blast);
    while (control.sweep()) {
    }
  }
  std::size_t threads(const char* client) { return inbox.of_client(client, {}, {}, 0).items.size(); }

  test::TemporaryFolder folder;
  HookedStore store{folder.file()};
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
  Channels(world.context).put("email", "notify");
  constexpr int kClients = 400;
  for (int i = 0; i < kClients; ++i) {
    const auto id = "client-" + std::to_string(i);
    world.add(id.c_str());
    world.directory.client_set(id, "address.email", "family-" + std::to_string(i / 2) + "@example.org");
  }
  world.send("Closed on Friday");
  Work work(world.context);
  auto one = work.advance(1, nullptr, kClients / 2).next;
  auto other = work.advance(1, nullptr, kClients).next;
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
