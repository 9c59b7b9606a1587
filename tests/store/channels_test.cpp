// Channels as rows.
#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "rows.hpp"
#include "store_under_test.hpp"

namespace {

using namespace bccast;
using test::kNow;
using test::same;
using test::StoreUnderTest;
using Names = std::vector<std::string>;

Channel channel_named(const std::string& name, ChannelNo no = 1) {
  Channel channel;
  channel.no = no;
  channel.name = name;
  return channel;
}

Channel full_channel() {
  Channel c = channel_named("email");
  c.delivers = true;
  c.paused = true;
  c.rate.per_1000_s = 250;
  c.concurrency = 4;
  c.quiet_hours = {22 * 60, 7 * 60};
  c.waits = true;
  c.fail_rule = {30, 500, true};
  return c;
}

ChannelWork full_work() {
  ChannelWork w;
  w.channel_no = 1;
  w.failures = 3;
  w.failing_since = kNow;
  w.open_until = kNow + 1;
  w.last_reason = "mailbox_full: it's 100 % full";
  w.items_turn = 5'000'000'000;
  w.worker_seen = kNow + 2;
  w.bucket = {-12, kNow + 3};
  w.window = {100, 40, "mailbox_full", 7, 20};
  w.over_threshold = true;
  w.stopped = true;
  return w;
}

}  // namespace

TEST_CASE("channels: one is found by its name and by its number, as it was stored") {
  StoreUnderTest store;
  auto email = full_channel();
  CHECK(store.write([&](Tables& tables) { return tables.work().insert_channel(email); }));
  const auto look = [&] {
    store.read([&](const Tables& tables) {
      CHECK(same(tables.work().channel("email"), email));
      CHECK(same(tables.work().channel(email.no), email));
      CHECK(tables.work().channel("email")->no == email.no);
      CHECK(!tables.work().channel("Email"));
      CHECK(!tables.work().channel(email.no + 1));
    });
  };
  look();
  email.paused = false;
  email.quiet_hours = {};
  email.concurrency = 0;
  store.write([&](Tables& tables) { tables.work().update_channel(email); });
  look();
}

TEST_CASE("channels: one that was removed keeps its number, and leaves its name to another") {
  StoreUnderTest store;
  store.write([](Tables& tables) {
    auto& work = tables.work();
    auto email = channel_named("email");
    CHECK(work.last_channel() == 0);
    CHECK(work.insert_channel(email));
    CHECK(work.insert_channel(channel_named("push", 2)));
    CHECK(work.insert_channel(channel_named("app", 3)));
    CHECK(test::numbers(work.channels(), &Channel::name) == Names{"app", "email", "push"});
    email.removed = true;
    work.update_channel(email);
    CHECK(test::numbers(work.channels(), &Channel::name) == Names{"app", "push"});
    CHECK(!work.channel("email"));
    CHECK(work.channel(email.no)->removed);
    CHECK(work.last_channel() == 3);
    CHECK(work.insert_channel(channel_named("email", 4)));
    CHECK(work.channel("email")->no == 4);
    CHECK(work.last_channel() == 4);
  });
}

TEST_CASE("channels: a name or a number that another has is not taken, and nothing is changed") {
  StoreUnderTest store;
  store.write([](Tables& tables) {
    auto& work = tables.work();
    const auto email = full_channel();
    CHECK(work.insert_channel(email));
    CHECK(!work.insert_channel(channel_named("email", 2)));
    CHECK(!work.insert_channel(channel_named("push", 1)));
    CHECK(same(work.channel("email"), email));
    CHECK(work.channels().size() == 1);
    CHECK(work.last_channel() == 1);
  });
}

TEST_CASE("channels: how one is set up and what comes of working it do not overwrite one another") {
  StoreUnderTest store;
  store.write([](Tables& tables) {
    auto& work = tables.work();
    auto email = full_channel();
    work.insert_channel(email);
    work.insert_channel(channel_named("push", 2));
    ChannelWork fresh;
    fresh.channel_no = 1;
    CHECK(same(work.channel_work(1), fresh));
    auto done = full_work();
    work.update_channel_work(done);
    CHECK(same(work.channel(1), email));
    CHECK(same(work.channel_work(1), done));
    email.paused = false;
    email.fail_rule = {};
    work.update_channel(email);
    CHECK(same(work.channel(1), email));
    CHECK(same(work.channel_work(1), done));
    fresh.channel_no = 2;
    CHECK(same(work.channel_work(2), fresh));
    CHECK(!work.channel_work(3));
  });
}

TEST_CASE("channels: of a reason its class stays, what follows it can be forgotten") {
  StoreUnderTest store;
  store.write([](Tables& tables) {
    auto& work = tables.work();
    work.insert_channel(channel_named("email"));
    work.insert_channel(channel_named("push", 2));
    auto email = full_work();
    work.update_channel_work(email);
    auto push = full_work();
    push.channel_no = 2;
    push.last_reason = "gone";
    work.update_channel_work(push);
    work.forget_reason_details();
    email.last_reason = "mailbox_full";
    CHECK(same(work.channel_work(1), email));
    CHECK(same(work.channel_work(2), push));
  });
}
