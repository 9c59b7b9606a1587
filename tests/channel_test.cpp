// Channels belong to the store: whoever sends makes work for all, whoever has a handler does it.
#include <bccast/bccast.h>
#include <doctest/doctest.h>

#include <cstdint>
#include <set>
#include <string>
#include <vector>

#include "support/embedding.hpp"
#include "support/host.hpp"

namespace {

using std::string;
using test::call;
using test::claim;
using test::Host;
using test::must;
using Names = std::vector<string>;

const Names kEverybody{"ana", "ben", "cal", "dan", "eve"};

/// A practice with the channels "email" and "push"; with a handler for email, unless told otherwise.
struct Practice : Host {
  explicit Practice(const Names& handlers = {"email"}) : Host(test::Setup{.channels = handlers}) {
    for (const auto& channel : {"email", "push"}) must(bccast_channel_put, *this, channel, "notify");
    provider("lee");
    clients("lee", kEverybody);
    for (const auto& client : kEverybody)
      must(bccast_directory_client_set, *this, client, "address.push", "token-" + client);
  }
  test::Row channel(const string& name) const {
    return must(bccast_channel_list, *this).rows.where("channel", name);
  }
  test::Row on(const string& blast, const string& channel) const {
    return test::people_of(*this, blast, channel);
  }
};

std::int32_t set(const Host& host, const string& channel, const string& key, const string& value) {
  return call(bccast_channel_set, host, channel, key, value).code;
}

}  // namespace

TEST_CASE("whoever sends makes work for all; a process without the handler leaves it to others") {
  Practice sender(Names{});
  Host mailer(test::Setup{.channels = {"email"}, .beside = &sender});
  Host pusher(test::Setup{.channels = {"push"}, .beside = &sender});
  const auto blast = sender.blast("lee", kEverybody, "Good morning");
  const auto thread = sender.write_direct("lee", "ana", "Hello");
  CHECK(sender.pump().code == BCCAST_DONE);
  CHECK(sender.pump().next_ms == 3'600'001);  // its deadline: there is nothing it could do before
  CHECK(sender.on(blast, "email").number("pending") == 5);
  CHECK(sender.on(blast, "push").number("pending") == 5);
  CHECK(mailer.pump_to_the_end());
  CHECK(mailer.notifier.all().size() == 6);
  CHECK(sender.on(blast, "email").number("done") == 5);
  CHECK(sender.on(blast, "push").number("pending") == 5);
  CHECK(sender.on(blast, "").text("state") == "sent");
  CHECK(pusher.pump_to_the_end());
  CHECK(pusher.notifier.all().size() == 6);
  CHECK(sender.on(blast, "").text("state") == "finished");
  for (const auto& notice : pusher.notifier.all())
    CHECK(notice.row.text("address") == "token-" + notice.to());
  CHECK(sender.notifier.all().empty());
  CHECK(sender.verify().empty());
}

TEST_CASE("a channel that was put after a blast was sent has no work of it") {
  Practice host;
  const auto blast = host.blast("lee", kEverybody, "Good morning");
  must(bccast_channel_put, host, "sms", "notify");
  CHECK(host.status("lee", blast).column("channel") == Names{"email", "push", ""});
  CHECK(host.channel("sms").number("pending") == 0);
  const auto later = host.blast("lee", kEverybody, "Good evening");
  CHECK(host.on(later, "sms").number("pending") + host.on(later, "sms").number("skipped") == 5);
}

TEST_CASE("a channel is put once, with one role") {
  Practice host;
  CHECK(call(bccast_channel_put, host, "email", "notify").code == BCCAST_EXISTS);
  CHECK(call(bccast_channel_put, host, "email", "deliver").code == BCCAST_E_CONFLICT);
  CHECK(call(bccast_channel_put, host, "chat", "deliver").code == BCCAST_OK);
  CHECK(call(bccast_channel_put, host, "chat", "deliver").code == BCCAST_EXISTS);
  CHECK(call(bccast_channel_put, host, "chat", "notify").code == BCCAST_E_CONFLICT);
  CHECK(call(bccast_channel_put, host, "sms", "shout").code == BCCAST_E_ARGUMENT);
  CHECK(call(bccast_channel_put, host, "", "notify").code == BCCAST_E_ARGUMENT);
  const auto rows = must(bccast_channel_list, host).rows;
  CHECK(rows.column("channel") == Names{"chat", "email", "push"});
  CHECK(rows.column("role") == Names{"deliver", "notify", "notify"});
}

TEST_CASE("removing a channel ends its work with a reason, and blasts finish") {
  Practice host;
  const auto blast = host.blast("lee", kEverybody, "Good morning");
  host.write_direct("lee", "ana", "Hello");
  host.pump_to_the_end();  // email
  CHECK(host.on(blast, "").text("state") == "sent");
  CHECK(host.channel("push").number("pending") == 6);
  must(bccast_events, host, "reader", 0U);
  CHECK(call(bccast_channel_remove, host, "push").code == BCCAST_OK);
  CHECK(call(bccast_channel_remove, host, "push").code == BCCAST_E_NOT_FOUND);
  CHECK(must(bccast_channel_list, host).rows.column("channel") == Names{"email"});
  CHECK(host.on(blast, "push").number("skipped") == 5);
  CHECK(host.on(blast, "").text("state") == "finished");
  CHECK(host.on(blast, "").number("done") == 5);
  for (const auto& row : host.recipients("lee", blast, "channel=push")) {
    CHECK(row.text("state") == "skipped");
    CHECK(row.text("reason") == "channel_removed");
  }
  const auto events = must(bccast_events, host, "reader", 0U).rows;
  REQUIRE(events.size() == 1);
  CHECK(events[0].text("kind") == "blast.finished");
  bccast_batch* batch = nullptr;
  CHECK(call(bccast_claim, host, "push", 0, &batch).code == BCCAST_E_NOT_FOUND);
  CHECK(host.verify().empty());

  // Putting it again makes a new one.
  CHECK(call(bccast_channel_put, host, "push", "notify").code == BCCAST_OK);
  CHECK(claim(host, "push").empty());
  const auto later = host.blast("lee", kEverybody, "Good evening");
  CHECK(claim(host, "push").size() == 5);
  CHECK(host.on(later, "push").number("pending") == 5);
  CHECK(host.on(blast, "push").number("skipped") == 5);
  CHECK(host.verify().empty());
}

TEST_CASE(
    "what is in flight when its channel is removed counts as left out, whatever is still reported of it") {
  Practice host(Names{});
  const auto blast = host.blast("lee", kEverybody, "Good morning");
  host.write_direct("lee", "ana", "Hello");
  std::vector<test::Batch> batches;
  for (auto batch = claim(host, "push", 2); !batch.empty(); batch = claim(host, "push", 2))
    batches.push_back(std::move(batch));
  REQUIRE(batches.size() >= 3);
  CHECK(batches[0].complete() == BCCAST_OK);
  const auto done = host.on(blast, "push").number("done");
  CHECK(batches[1].complete(1) == BCCAST_OK);
  must(bccast_channel_remove, host, "push");
  const auto after = host.status("lee", blast);
  CHECK(host.on(blast, "push").number("pending") == 0);
  CHECK(host.on(blast, "push").number("done") >= done);
  SUBCASE("at once") {}
  SUBCASE("when there is a new channel of that name") {
    must(bccast_channel_put, host, "push", "notify");
  }
  for (std::size_t i = 1; i < batches.size(); ++i) {
    CHECK(call(bccast_batch_extend, batches[i], 1'000).code == BCCAST_E_CONFLICT);
    CHECK(batches[i].complete() == BCCAST_E_CONFLICT);
  }
  batches.clear();
  CHECK(host.status("lee", blast) == after);
  CHECK(host.verify().empty());
}

TEST_CASE("an engine whose handler's channel was removed goes on with its others") {
  Practice host(Names{"email", "push"});
  const auto blast = host.blast("lee", kEverybody, "Good morning");
  must(bccast_channel_remove, host, "push");
  CHECK(host.pump_to_the_end());
  CHECK(host.notifier.all().size() == 5);
  CHECK(host.on(blast, "").text("state") == "finished");
  std::int64_t next = 0;
  must(bccast_next, host, &next);
  CHECK(next == -1);
}

TEST_CASE("a channel that is removed inside its own handler") {
  Practice host(Names{"email", "push"});
  const auto blast = host.blast("lee", kEverybody, "Good morning");
  host.notifier.whole = [&](const std::vector<test::Notice>& batch) {
    return batch[0].channel == "push" ? bccast_channel_remove(host, "push") : BCCAST_OK;
  };
  CHECK(host.pump_to_the_end());
  CHECK(host.on(blast, "push").number("skipped") == 5);
  CHECK(host.on(blast, "email").number("done") == 5);
  CHECK(host.on(blast, "").text("state") == "finished");
  CHECK(host.verify().empty());
}

TEST_CASE("the last channel is removed: a blast without channels is finished") {
  Practice host(Names{});
  const auto blast = host.blast("lee", kEverybody, "Good morning");
  must(bccast_channel_remove, host, "push");
  must(bccast_channel_remove, host, "email");
  CHECK(host.on(blast, "").text("state") == "finished");
  CHECK(host.on(blast, "").number("skipped") == 5);
  CHECK(must(bccast_channel_list, host).rows.empty());
  const auto later = host.blast("lee", kEverybody, "Good evening");
  CHECK(host.on(later, "").text("state") == "finished");
  CHECK(host.verify().empty());
}

TEST_CASE("a paused channel hands nothing out, and its work waits") {
  Practice host;
  CHECK(set(host, "email", "paused", "on") == BCCAST_OK);
  CHECK(host.channel("email").number("paused") == 1);
  const auto blast = host.blast("lee", kEverybody, "Good morning");
  CHECK(host.pump().next_ms == 3'600'001);  // the deadline
  CHECK(claim(host, "email").empty());
  CHECK(host.notifier.all().empty());
  CHECK(host.channel("email").number("pending") == 5);
  host.clock.advance(600'000);
  CHECK(host.pump().done == 0);
  CHECK(set(host, "email", "paused", "off") == BCCAST_OK);
  CHECK(host.channel("email").number("paused") == 0);
  CHECK(host.pump_to_the_end());
  CHECK(host.notifier.all().size() == 5);
  CHECK(host.on(blast, "email").number("done") == 5);

  CHECK(set(host, "email", "paused", "maybe") == BCCAST_E_ARGUMENT);
  CHECK(set(host, "email", "colour", "on") == BCCAST_E_ARGUMENT);
  CHECK(set(host, "pigeon", "paused", "on") == BCCAST_E_NOT_FOUND);
}

TEST_CASE("what was claimed before a channel was paused may still be reported") {
  Practice host(Names{});
  const auto blast = host.blast("lee", kEverybody, "Good morning");
  const auto batch = claim(host, "email", 3);
  REQUIRE(batch.size() == 3);
  must(bccast_channel_set, host, "email", "paused", "on");
  CHECK(batch.complete() == BCCAST_OK);
  CHECK(host.on(blast, "email").number("done") == 3);
  CHECK(claim(host, "email").empty());
}

TEST_CASE("channel_list says who has not been seen working, and since when a channel fails and why") {
  Practice host;
  for (const auto& channel : {"email", "push"}) CHECK(host.channel(channel).null("worker_seen_ms"));
  host.blast("lee", kEverybody, "Good morning");
  CHECK(host.channel("push").number("pending") == 5);
  host.clock.advance(10'000);
  host.pump();
  CHECK(host.channel("email").number("worker_seen_ms") > host.clock.now_ms() - 60'000);
  CHECK(host.channel("email").number("worker_seen_ms") <= host.clock.now_ms());
  CHECK(host.channel("push").null("worker_seen_ms"));
  host.clock.advance(3'600'000);
  host.blast("lee", kEverybody, "Good evening");
  host.pump();
  CHECK(host.channel("email").number("worker_seen_ms") > host.clock.now_ms() - 60'000);
  host.restart();
  CHECK(host.channel("email").number("worker_seen_ms") > host.clock.now_ms() - 60'000);
  CHECK(host.channel("push").null("worker_seen_ms"));
}

TEST_CASE("a blast that was given channels makes work for those alone") {
  Practice host(Names{});
  const auto draft = host.draft("lee", kEverybody);
  host.write("lee", draft, "Good morning");
  must(bccast_blast_set, host, "lee", draft, "channels", "push");
  host.send("lee", draft);
  CHECK(host.status("lee", draft).column("channel") == Names{"push", ""});
  CHECK(claim(host, "email").empty());
  const auto batch = claim(host, "push");
  CHECK(batch.size() == 5);
  CHECK(batch.complete() == BCCAST_OK);
  CHECK(host.on(draft, "").text("state") == "finished");
  CHECK(host.verify().empty());
}

TEST_CASE("every message makes work on every channel, for providers at their address of it") {
  Practice host(Names{});
  const auto thread = host.write_direct("lee", "ana", "Hello");
  host.reply("ana", thread, "Thank you");
  must(bccast_directory_provider_set, host, "lee", "address.push", "token-of-lee");
  for (const auto& channel : {"email", "push"}) {
    std::set<string> told;
    for (auto batch = claim(host, channel); !batch.empty(); batch = claim(host, channel)) {
      for (const auto& row : batch.rows()) {
        told.insert(row.text("to_kind") + " " + row.text("to") + " " + row.text("address"));
        CHECK(row.text("thread") == thread);
      }
      CHECK(batch.complete() == BCCAST_OK);
    }
    const bool push = string(channel) == "push";
    CHECK(told == std::set<string>{push ? "client ana token-ana" : "client ana ana@example.org",
                                   push ? "provider lee token-of-lee" : "provider lee lee@example.org"});
  }
  CHECK(host.verify().empty());
}

TEST_CASE("removing, pausing and putting channels while others work: every blast adds up, and finishes") {
  Practice host(Names{"email", "push"});
  Host other(test::Setup{.channels = {"email", "push"}, .beside = &host});
  Names more;
  for (int i = 0; i < 300; ++i) more.push_back("m" + std::to_string(i));
  host.clients("lee", more);
  std::vector<string> blasts;
  for (int round = 0; round < 12; ++round) {
    blasts.push_back(host.blast("lee", "Good morning " + std::to_string(round)));
    host.pump(50);
    if (round % 4 == 1) must(bccast_channel_set, host, "push", "paused", "on");
    if (round % 4 == 2) must(bccast_channel_remove, host, "push");
    other.pump(70);
    if (round % 4 == 3) must(bccast_channel_put, host, "push", "notify");
    for (const auto& blast : blasts) host.on(blast, "");  // throws when it does not add up
    CHECK(host.verify().empty());
  }
  must(bccast_channel_set, host, "push", "paused", "off");
  CHECK(host.pump_to_the_end());
  Host last(test::Setup{.channels = {"email", "push"}, .beside = &host});
  CHECK(last.pump_to_the_end());
  for (const auto& blast : blasts) CHECK(host.on(blast, "").text("state") == "finished");
  CHECK(host.verify().empty());
}
