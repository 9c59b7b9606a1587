// What an operator sets for a channel: how fast it is worked, and by how many at once.
#include <bccast/bccast.h>
#include <doctest/doctest.h>

#include <algorithm>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "support/embedding.hpp"
#include "support/host.hpp"

namespace {

using std::string;
using test::Batch;
using test::call;
using test::claim;
using test::Host;
using test::must;
using test::Setup;

/// A practice with so many clients, c100000 and on, and the notifier of its channels.
struct Practice : Host {
  explicit Practice(int count, const Setup& setup = {}) : Host(setup) {
    provider("lee");
    clients("lee", test::some_people(count));
  }
  void set(const string& key, const string& value, const string& channel = "email") {
    must(bccast_channel_set, *this, channel, key, value);
  }
  std::int32_t set_code(const string& key, const string& value, const string& channel = "email") {
    return call(bccast_channel_set, *this, channel, key, value).code;
  }
  test::Row channel(const string& name = "email") const {
    return must(bccast_channel_list, *this).rows.where("channel", name);
  }
  string everybody() { return Host::blast("lee", "Good morning"); }
  test::Row people(const string& blast) const { return test::people_of(*this, blast); }
  std::int64_t next_ms() const {
    std::int64_t next = 0;
    must(bccast_next, *this, &next);
    return next;
  }
  /// How long it takes until nothing is due any more, on the host's clock.
  std::int64_t time_to_the_end() {
    const auto began = clock.now_ms();
    REQUIRE(pump_to_the_end());
    return clock.now_ms() - began;
  }
  std::size_t told() const { return notifier.all().size(); }
};

/// One that claims.
Setup claims() {
  return {.channels = {}};
}

}  // namespace

// ---- What can be set

TEST_CASE("a channel's settings: what the list shows, taken back by an empty value or none") {
  Practice host(0);
  CHECK(host.channel().null("rate"));
  CHECK(host.channel().null("concurrency"));
  CHECK(host.channel().number("fail_percent") == 50);
  CHECK(host.channel().number("fail_window") == 200);
  CHECK(host.channel().text("fail_action") == "breaker");
  host.set("fail_percent", "0");
  host.set("fail_window", "100000");
  host.set("fail_action", "pause");
  CHECK(host.channel().number("fail_percent") == 0);
  CHECK(host.channel().number("fail_window") == 100'000);
  CHECK(host.channel().text("fail_action") == "pause");
  for (const auto* key : {"fail_percent", "fail_window", "fail_action"}) host.set(key, "");
  CHECK(host.channel().number("fail_percent") == 50);
  CHECK(host.channel().number("fail_window") == 200);
  CHECK(host.channel().text("fail_action") == "breaker");
  host.set("rate", "2.50");
  host.set("concurrency", "3");
  CHECK(host.channel().text("rate") == "2.5");
  CHECK(host.channel().number("concurrency") == 3);
  host.restart();
  CHECK(host.channel().text("rate") == "2.5");
  host.set("rate", "0");
  CHECK(call(bccast_channel_set, host, "email", "concurrency", nullptr).code == BCCAST_OK);
  CHECK(host.channel().null("rate"));
  CHECK(host.channel().null("concurrency"));
}

TEST_CASE("a channel's settings: what is refused changes nothing") {
  Practice host(0);
  const std::map<string, std::vector<string>> bad{
      {"rate", {"-1", "x", "1.", ".5", "1.2345", "1e3", "1000001", " 1", "1,5"}},
      {"concurrency", {"-1", "x", "1.5", "100001", "99999999999999999999"}},
      {"paused", {"", "yes", "1"}},
      {"fail_percent", {"-1", "101", "50%", "0.5", "x"}},
      {"fail_window", {"0", "49", "100001", "x"}},
      {"fail_action", {"stop", "Pause", "on"}},
      {"speed", {"1"}}};
  const auto before = host.channel();
  for (const auto& [bad_key, values] : bad)
    for (const auto& value : values) {
      const string& key = bad_key;
      CAPTURE(key);
      CAPTURE(value);
      CHECK(host.set_code(key, value) == BCCAST_E_ARGUMENT);
    }
  CHECK(host.channel() == before);
  CHECK(host.set_code("rate", "1", "pigeon") == BCCAST_E_NOT_FOUND);
}

// ---- Rates

TEST_CASE("rate: 1,000 recipients at 100 a second take ten seconds, but for the second that was saved up") {
  Practice host(1000);
  host.set("rate", "100");
  const auto blast = host.everybody();
  CHECK(host.time_to_the_end() == 9'000);
  CHECK(host.told() == 1000);
  CHECK(host.people(blast).number("done") == 1000);
  // No more than a second's worth in one breath, and afterwards a tenth of a second's at a time.
  CHECK(host.notifier.batches() <= 2 + 90);
  CHECK(host.verify().empty());
}

TEST_CASE("rate: in no stretch of time goes out more than the rate and a second's worth") {
  Practice host(300);
  host.set("rate", "20");
  host.everybody();
  std::vector<std::int64_t> times;
  host.notifier.each = [&](const test::Notice&) {
    times.push_back(host.clock.now_ms());
    return test::Outcome{};
  };
  CHECK(host.time_to_the_end() == 14'000);
  REQUIRE(times.size() == 300);
  for (std::size_t i = 0; i < times.size(); ++i)
    for (std::size_t j = i; j < times.size(); ++j)
      REQUIRE(static_cast<std::int64_t>(j - i + 1) <= 20 + 20 * (times[j] - times[i]) / 1000);
}

TEST_CASE("rate: less than one a second is one at a time") {
  Practice host(5);
  host.set("rate", "0.5");
  host.everybody();
  host.pump();
  CHECK(host.told() == 1);
  CHECK(host.next_ms() == 2'000);
  CHECK(host.time_to_the_end() == 8'000);
  CHECK(host.told() == 5);
}

TEST_CASE("rate: nobody is woken before a tenth of a second's worth may go") {
  Practice host(500);
  host.set("rate", "100");
  host.everybody();
  host.pump();
  CHECK(host.told() == 100);
  CHECK(host.next_ms() == 100);
  host.clock.advance(99);
  CHECK(host.next_ms() == 1);
  CHECK(host.pump().next_ms == 1);
  CHECK(host.told() == 100);
  host.clock.advance(1);
  CHECK(host.next_ms() == 0);
  host.pump();
  CHECK(host.told() == 110);
}

TEST_CASE("rate: changed while the work goes on, it holds from the next claim on") {
  Practice host(1000);
  host.set("rate", "10");
  host.everybody();
  host.pump();
  CHECK(host.told() == 10);
  host.set("rate", "100");  // what is saved up is not more for it
  CHECK(host.next_ms() == 100);
  host.clock.advance(1000);
  host.pump();
  CHECK(host.told() == 110);
  host.clock.advance(1000);
  host.set("rate", "5");  // nor is what was saved up at the old rate more than a second's worth of the new
  host.pump();
  CHECK(host.told() == 115);
  host.clock.advance(400);
  host.pump();
  CHECK(host.told() == 117);
  host.set("rate", "");
  CHECK(host.next_ms() == 0);
  host.pump();
  CHECK(host.told() == 1000);
}

TEST_CASE(
    "rate: a clock that is stepped back does not stall it, one that is stepped ahead saves up no more") {
  Practice host(400);
  host.set("rate", "100");
  host.everybody();
  host.pump();
  CHECK(host.told() == 100);
  host.clock.advance(-1'000'000'000);
  CHECK(host.next_ms() <= 100);
  host.pump();
  host.clock.advance(1'000);
  host.pump();
  CHECK(host.told() == 200);
  host.clock.advance(2'000'000'000);
  host.pump();
  CHECK(host.told() == 300);
  host.clock.advance(1'000);
  host.pump();
  CHECK(host.told() == 400);
}

TEST_CASE("rate: it holds for claims, and for all processes together") {
  Practice host(100, claims());
  must(bccast_channel_put, host, "email", "notify");
  host.set("rate", "10");
  host.everybody();
  Host other(Setup{.channels = {}, .beside = &host});
  const auto first = claim(host, "email", 4);
  const auto second = claim(other, "email", 100);
  CHECK(first.size() == 4);
  CHECK(second.size() == 6);
  CHECK(claim(host).empty());
  host.clock.advance(300);
  CHECK(claim(other).size() == 3);
}

TEST_CASE("rate: what turns out left out, and what is given back, takes nothing of it") {
  Practice host(1000, claims());
  must(bccast_channel_put, host, "email", "notify");
  const auto people = test::some_people(1000);
  for (int i = 0; i < 1000; ++i)
    if (i % 4 != 0)
      must(bccast_directory_roster_set, host, "lee", people[static_cast<std::size_t>(i)], "notify", "off");
  host.set("rate", "50");
  const auto blast = host.everybody();
  std::size_t told = 0;
  for (;;) {  // in one breath: a second's worth of those who are to be told
    const auto batch = claim(host);
    if (batch.empty()) break;
    told += batch.size();
    CHECK(batch.complete() == BCCAST_OK);
  }
  CHECK(told > 45);
  CHECK(told <= 50);
  host.clock.advance(1000);
  for (int i = 0; i < 20; ++i) {  // given back whole, or in part
    const auto batch = claim(host, "email", 10);
    REQUIRE(batch.size() > 0);
    if (i % 2 == 0) continue;
    for (std::size_t item = 0; item < batch.size(); ++item) batch.set(item, BCCAST_ITEM_NOT_TRIED);
    CHECK(batch.complete() == BCCAST_OK);
  }
  CHECK(host.people(blast).number("done") == static_cast<std::int64_t>(told));
}

TEST_CASE("rate: a batch that is reported in part and freed gives back what was not reported") {
  Practice host(40, claims());
  must(bccast_channel_put, host, "email", "notify");
  host.set("rate", "10");
  host.everybody();
  {
    const auto batch = claim(host);
    REQUIRE(batch.size() == 10);
    CHECK(batch.complete(4) == BCCAST_OK);
  }
  auto rest = claim(host);
  CHECK(rest.size() == 6);
  CHECK(claim(host).empty());
}

TEST_CASE("rate: retries take of it as well, and so does the probe of a channel that fails") {
  Practice host(20);
  host.set("rate", "10");
  const auto blast = host.everybody();
  host.notifier.each = [](const test::Notice&) { return test::Outcome{BCCAST_ITEM_RETRY, "busy", 1'000}; };
  host.pump();
  CHECK(host.told() == 10);
  host.clock.advance(1'000);
  host.pump();
  host.clock.advance(1'000);
  host.pump();
  CHECK(host.told() == 30);
  CHECK(host.people(blast).number("pending") == 20);

  Practice failing(20);
  failing.set("rate", "0.1");
  failing.everybody();
  failing.notifier.whole = [](const auto&) { return BCCAST_E_NOTIFIER; };
  failing.pump();
  CHECK(failing.told() == 1);
  CHECK(failing.next_ms() == 10'000);  // its breaker is open for a second only
}

TEST_CASE("rate: one channel's does not hold another up") {
  Practice host(100, Setup{.channels = {"email", "push"}});
  for (const auto& id : test::some_people(100))
    must(bccast_directory_client_set, host, id, "address.push", "token-" + id);
  host.set("rate", "1");
  const auto blast = host.everybody();
  host.pump();
  const auto status = host.status("lee", blast);
  CHECK(status.where("channel", "push").number("done") == 100);
  CHECK(status.where("channel", "email").number("done") == 1);
}

// ---- Concurrency

TEST_CASE("concurrency: so many claims are in flight at once, of all processes together") {
  Practice host(50, claims());
  must(bccast_channel_put, host, "email", "notify");
  host.set("concurrency", "2");
  const auto blast = host.everybody();
  Host other(Setup{.channels = {}, .beside = &host});
  const auto first = claim(host, "email", 5);
  auto second = claim(other, "email", 5);
  CHECK(first.size() == 5);
  CHECK(second.size() == 5);
  CHECK(claim(host).empty());
  CHECK(claim(other).empty());
  CHECK(second.complete() == BCCAST_OK);
  const auto third = claim(host, "email", 5);
  CHECK(third.size() == 5);
  CHECK(claim(other).empty());
  host.set("concurrency", "3");
  const auto fourth = claim(other, "email", 5);
  CHECK(fourth.size() == 5);
  CHECK(claim(other).empty());
  host.set("concurrency", "0");
  auto rest = claim(other, "email", 100);
  CHECK(rest.size() == 30);
  for (const auto* batch : {&first, &third, &fourth, static_cast<const Batch*>(&rest)})
    CHECK(batch->complete() == BCCAST_OK);
  CHECK(host.people(blast).number("done") == 50);
  CHECK(host.verify().empty());
}

TEST_CASE("concurrency: a claim whose worker is gone counts until its lease is over") {
  Practice host(50, claims());
  must(bccast_channel_put, host, "email", "notify");
  host.set("concurrency", "1");
  host.everybody();
  const auto lost = claim(host, "email", 5);
  CHECK(claim(host).empty());
  host.clock.advance(60'000);
  CHECK(claim(host, "email", 5).size() == 5);
}

TEST_CASE("concurrency: a pump goes on by itself, one batch after another") {
  Practice host(200);
  host.set("concurrency", "1");
  host.everybody();
  host.pump();
  CHECK(host.told() == 200);
}

// ---- Thresholds

namespace {

/// Answers `bad` for so many of a hundred items, spread evenly.
struct Sometimes {
  int percent;
  test::Outcome bad{BCCAST_ITEM_FAILED, "mailbox_full:552 5.2.2 over quota"};
  int seen = 0;

  test::Outcome operator()(const test::Notice&) {
    const int before = seen++ * percent / 100;
    return seen * percent / 100 > before ? bad : test::Outcome{};
  }
};

std::vector<string> kinds_of_events(const Host& host) {
  return must(bccast_events, host, "operator", 100).rows.column("kind");
}

}  // namespace

TEST_CASE("threshold: when half of the last 200 or more failed, the breaker opens, and tells why") {
  Practice host(1000);
  must(bccast_events, host, "operator", 100);
  const auto blast = host.everybody();
  host.notifier.each = Sometimes{62};
  host.pump();
  CHECK(host.told() == 350);  // 50, 100, 200: batches grow, and are judged as a whole
  CHECK(host.channel().text("last_reason") == "failing: 62 % of 350, mostly mailbox_full");
  CHECK(host.channel().number("failing_since_ms") == host.clock.now_ms());
  CHECK(host.channel().number("paused") == 0);
  CHECK(host.next_ms() == 1'000);
  CHECK(kinds_of_events(host).back() == "channel.failing");
  CHECK(host.people(blast).number("failed") == 217);
  CHECK(host.people(blast).number("pending") == 650);
  CHECK(host.verify().empty());
}

TEST_CASE("threshold: its breaker is probed one by one, and closes when a probe goes well, not before") {
  Practice host(1000);
  must(bccast_events, host, "operator", 100);
  host.everybody();
  host.notifier.each = Sometimes{100};
  host.pump();
  const auto told = host.told();
  for (const auto wait : {1'000, 2'000, 4'000}) {  // a probe that fails for good is no success here
    CHECK(host.next_ms() == wait);
    host.clock.advance(wait);
    host.pump();
  }
  CHECK(host.told() == told + 3);
  CHECK(host.channel().text("last_reason").starts_with("failing: 100 % of "));
  host.notifier.each = Sometimes{20};  // the window begins anew
  host.clock.advance(8'000);
  host.pump();
  CHECK(host.told() == 1000);
  CHECK(host.channel().null("failing_since_ms"));
  CHECK(host.channel().null("last_reason"));
  const auto kinds = kinds_of_events(host);
  CHECK(std::ranges::count(kinds, "channel.failing") == 1);
  CHECK(std::ranges::count(kinds, "channel.working") == 1);
  CHECK(host.verify().empty());
}

TEST_CASE("threshold: what was handed out before does not close its breaker, however well it goes") {
  Practice host(600, claims());
  must(bccast_channel_put, host, "email", "notify");
  host.everybody();
  const auto failing = claim(host, "email", 200);
  const auto good = claim(host, "email", 200);
  CHECK(failing.complete_as(std::vector<std::int32_t>(200, BCCAST_ITEM_FAILED)) == BCCAST_OK);
  CHECK_FALSE(host.channel().null("failing_since_ms"));
  CHECK(good.complete() == BCCAST_OK);
  CHECK_FALSE(host.channel().null("failing_since_ms"));
  CHECK(claim(host).empty());
  host.clock.advance(1'000);
  const auto probe = claim(host);
  CHECK(probe.size() == 1);
  CHECK(claim(host).empty());
  CHECK(probe.complete() == BCCAST_OK);
  CHECK(host.channel().null("failing_since_ms"));
  CHECK(claim(host, "email", 500).size() == 199);
}

TEST_CASE("threshold: with the action pause it is paused, an event says so, and it goes on when it is let") {
  Practice host(1000);
  must(bccast_events, host, "operator", 100);
  host.set("fail_action", "pause");
  host.everybody();
  host.notifier.each = Sometimes{80, {BCCAST_ITEM_RETRY, "busy", 3'600'000}};
  host.pump();
  CHECK(host.channel().number("paused") == 1);
  CHECK(host.channel().text("last_reason") == "failing: 80 % of 350, mostly busy");
  CHECK(host.channel().null("failing_since_ms"));
  CHECK(host.next_ms() > 3'000'000);  // nothing but the deadline
  const auto events = must(bccast_events, host, "operator", 100).rows;
  CHECK(events.rows.back().text("kind") == "channel.paused");
  CHECK(events.rows.back().text("object") == "email");
  CHECK(std::ranges::count(kinds_of_events(host), "channel.failing") == 0);
  host.restart();
  host.clock.advance(3'600'000);
  host.pump();
  CHECK(host.told() == 350);
  host.notifier.each = {};
  host.set("paused", "off");
  CHECK(host.channel().null("last_reason"));
  host.pump();
  CHECK(host.told() == 1000 + 280);
  CHECK(host.verify().empty());
}

TEST_CASE("threshold: fewer failures, small counts, and what is skipped or given back, do not trip it") {
  Practice host(1000);
  const auto blast = host.everybody();
  host.notifier.each = Sometimes{49};
  host.pump();
  CHECK(host.people(blast).number("failed") == 490);
  CHECK(host.channel().null("failing_since_ms"));

  Practice few(199);
  const auto small = few.everybody();
  few.notifier.each = Sometimes{100};
  few.pump();
  CHECK(few.people(small).number("failed") == 199);
  CHECK(few.channel().null("failing_since_ms"));

  Practice skipped(1000);
  const auto none = skipped.everybody();
  skipped.notifier.each = Sometimes{100, {BCCAST_ITEM_SKIPPED, "quiet"}};
  skipped.pump();
  CHECK(skipped.people(none).number("skipped") == 1000);
  CHECK(skipped.channel().null("failing_since_ms"));
}

TEST_CASE("threshold: as it is set: its per cent, its window, off") {
  Practice host(1000);
  host.set("fail_percent", "10");
  host.set("fail_window", "50");
  host.everybody();
  host.notifier.each = Sometimes{10};
  host.pump();
  CHECK(host.told() == 50);
  CHECK(host.channel().text("last_reason") == "failing: 10 % of 50, mostly mailbox_full");
  host.set("fail_percent", "0");  // lets go what the rule held
  CHECK(host.channel().null("failing_since_ms"));
  CHECK(host.next_ms() == 0);
  host.notifier.each = Sometimes{100};
  host.pump();
  CHECK(host.told() == 1000);
}

TEST_CASE("threshold: another channel goes on") {
  Practice host(1000, Setup{.channels = {"email", "push"}});
  for (const auto& id : test::some_people(1000))
    must(bccast_directory_client_set, host, id, "address.push", "token-" + id);
  const auto blast = host.everybody();
  host.notifier.each = [](const test::Notice& notice) {
    return notice.channel == "email" ? test::Outcome{BCCAST_ITEM_FAILED, "gone"} : test::Outcome{};
  };
  host.pump();
  const auto status = host.status("lee", blast);
  CHECK(status.where("channel", "push").number("done") == 1000);
  CHECK(status.where("channel", "email").number("pending") > 0);
  CHECK_FALSE(host.channel("email").null("failing_since_ms"));
  CHECK(host.channel("push").null("failing_since_ms"));
}
