// The one place in which core changes the store: what it does after a commit, and what not.
#include <doctest/doctest.h>
#include <poll.h>

#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <bccast/engine.hpp>

#include "../support/temporary_folder.hpp"
#include "code_of.hpp"
#include "core/channels.hpp"
#include "core/context.hpp"
#include "core/directory.hpp"
#include "engine/stores.hpp"
#include "ports/notifier.hpp"
#include "ports/queue.hpp"
#include "still_clock.hpp"

namespace {

using namespace bccast;

class Counted final : public Queue {
 public:
  void ring() noexcept override { ++rung; }
  int rung = 0;
};

struct World {
  World() { context.queue = &queue; }
  int rung_by(const std::function<void()>& call) {
    const int before = queue.rung;
    call();
    return queue.rung - before;
  }
  test::TemporaryFolder folder;
  test::StillClock clock;
  std::unique_ptr<Store> store = open_store(folder.file("test.db"));
  Context context{*store, clock};
  Counted queue;
};

struct Says {
  bool more = false;
  bool leaves_work() const noexcept { return more; }
};

TEST_CASE("Who waits for work is rung once after a commit that may leave some, and never without one") {
  World world;
  const auto nothing = [](Tables&) {};
  CHECK(world.rung_by([&] { world.context.write(verb::blast_send, "b", nothing); }) == 1);
  CHECK(world.rung_by([&] { world.context.write(verb::blast_write, "b", nothing); }) == 0);
  CHECK(world.rung_by([&] {
    const auto fails = [&] {
      world.context.write(verb::blast_send, "b", [](Tables&) { throw Error(Code::state, "not now"); });
    };
    CHECK(test::code_of(fails) == Code::state);
  }) == 0);
  // Who did it first may have died before it rang.
  CHECK(world.rung_by([&] {
    CHECK(world.context.write(verb::blast_send, "b", [](Tables&) { return Code::exists; }) == Code::exists);
  }) == 1);
  for (const bool more : {false, true})
    CHECK(world.rung_by([&] { world.context.write(verb::pump, {}, [&](Tables&) { return Says{more}; }); }) ==
          (more ? 1 : 0));
  world.context.queue = nullptr;  // nobody is to be rung
  CHECK(world.rung_by([&] { world.context.write(verb::blast_send, "b", nothing); }) == 0);
}

TEST_CASE("A transaction that found another is undone, begun anew, and rings once") {
  World world;
  int runs = 0;
  CHECK(world.rung_by([&] {
    const auto result = world.context.write(verb::blast_send, "b", [&](Tables& tables) {
      Provider lee;
      lee.id = "lee" + std::to_string(++runs);
      lee.name = "Dr. Lee";
      tables.directory().insert_provider(lee);
      if (runs < 3) throw FoundAnother();
      return runs;
    });
    CHECK(result == 3);
  }) == 1);
  world.store->read([](const Tables& tables) {
    CHECK_FALSE(tables.directory().provider("lee2"));
    CHECK(tables.directory().provider("lee3"));
  });
}

TEST_CASE("All contexts on a store know the same of it, and each acts for its own actor") {
  World world;
  const Context nurse(world.context, "nurse");
  world.context.known->held = true;
  CHECK(nurse.known->held);
  CHECK(nurse.actor == "nurse");
  CHECK(world.context.actor.empty());
  CHECK(world.rung_by([&] { nurse.write(verb::release, {}, [](Tables&) {}); }) == 1);
}

/// A chat server's engine, which claims by itself and waits to be rung.
struct Practice {
  Practice() {
    Options options;
    options.queue(queue);
    engine = std::make_unique<Engine>(folder.file("test.db"), std::move(options));
    engine->channel_put("chat", "deliver");
    engine->channel_put("email", "notify");
    engine->provider_put("lee", "Dr. Lee");
    for (const char* client : {"ann", "eve"}) {
      engine->client_put(client, client, std::string(client) + "@example.org");
      engine->roster_add("lee", client);
    }
  }
  std::string send() {
    const auto blast = engine->blast_create("lee", {}).blast;
    engine->blast_select_all_active("lee", blast);
    engine->blast_write("lee", blast, "text");
    engine->blast_send("lee", blast, {});
    return blast;
  }
  int rung_by(const std::function<void()>& call) {
    const int before = queue->rung;
    call();
    return queue->rung - before;
  }
  test::TemporaryFolder folder;
  std::shared_ptr<Counted> queue = std::make_shared<Counted>();
  std::unique_ptr<Engine> engine;
};

TEST_CASE("Each call rings the host's queue if there may be work after it, and no other does") {
  Practice practice;
  auto& engine = *practice.engine;
  const auto blast = practice.send();
  const auto draft = engine.blast_create("lee", {}).blast;
  const std::vector<std::pair<std::function<void()>, int>> calls{
      {[&] { engine.provider_put("kim", "Dr. Kim"); }, 0},
      {[&] { engine.client_put("bob", "Bob", "bob@example.org"); }, 0},
      {[&] { engine.roster_add("lee", "bob"); }, 0},
      {[&] { engine.blast_select_all_active("lee", draft); }, 0},
      {[&] { engine.blast_write("lee", draft, "text"); }, 0},
      {[&] { engine.blast_pause("lee", blast); }, 0},
      {[&] { engine.blast_resume("lee", blast); }, 1},
      {[&] { engine.channel_set("email", "rate", "10"); }, 1},
      {[&] { engine.blast_send("lee", draft, {}); }, 1},
      {[&] { engine.blast_status("lee", draft); }, 0},
      {[&] { engine.blast_recall("lee", draft); }, 1},
      {[&] { engine.provider_reply("lee", engine.provider_direct("lee", "ann"), "hello", {}); }, 1},
      {[&] { engine.client_reply("ann", engine.provider_direct("lee", "ann"), "hello", {}); }, 1},
      {[&] { engine.client_read("ann", engine.provider_direct("lee", "ann"), 1); }, 0},
      {[&] { engine.client_erase("bob"); }, 1},
  };
  for (std::size_t i = 0; i < calls.size(); ++i) {
    CAPTURE(i);
    CHECK(practice.rung_by(calls[i].first) == calls[i].second);
  }
}

TEST_CASE("Who has claimed a batch, of families, too, is not woken by it as long as it has it") {
  Practice practice;
  auto& engine = *practice.engine;
  engine.channel_remove("chat");
  for (int i = 0; i < 200; ++i) {
    const auto client = "client-" + std::to_string(i);
    engine.client_put(client, client, "family-" + std::to_string(i / 2) + "@example.org");
    engine.roster_add("lee", client);
  }
  practice.send();
  std::shared_ptr<BatchControl> batch;
  pollfd readable{engine.fd(), POLLIN, 0};
  CHECK(practice.rung_by([&] { batch = engine.claim("email", 150); }) == 0);
  REQUIRE(batch);
  CHECK(::poll(&readable, 1, 0) == 0);
  CHECK(practice.rung_by([&] { batch->complete(0); }) == 1);
  CHECK(::poll(&readable, 1, 0) == 1);
}

TEST_CASE("A claim that finds nobody to deliver to rings for the line that has waited for it") {
  Practice practice;
  auto& engine = *practice.engine;
  const auto blast = practice.send();
  for (const char* client : {"ann", "eve"}) engine.client_erase(client);
  const int rung = practice.rung_by([&] { CHECK_FALSE(engine.claim("chat", 10)); });
  CHECK(rung >= 1);
  CHECK_FALSE(engine.claim("email", 10));
  CHECK(engine.blast_get("lee", blast).finished_at_ms.has_value());
}

}  // namespace
