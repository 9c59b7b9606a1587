// Events: what has happened, for readers with names, from where each has acknowledged.
#include <bccast/bccast.h>
#include <doctest/doctest.h>

#include <algorithm>
#include <cstdint>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "support/embedding.hpp"
#include "support/host.hpp"

namespace {

using std::string;
using test::call;
using test::Host;
using test::must;
using Names = std::vector<string>;
using Pairs = std::vector<std::pair<string, string>>;

struct Practice : Host {
  explicit Practice(const test::Setup& setup = {}) : Host(setup) {
    provider("lee");
    clients("lee", {"ana", "ben", "cal"});
  }
  test::Rows events(const string& reader, std::uint32_t limit = 0) const {
    return must(bccast_events, *this, reader, limit).rows;
  }
  /// Kind and object.
  Pairs happened(const string& reader) const {
    Pairs pairs;
    for (const auto& row : events(reader)) pairs.emplace_back(row.text("kind"), row.text("object"));
    return pairs;
  }
  std::int32_t ack(const string& reader, const string& event) {
    return call(bccast_events_ack, *this, reader, event).code;
  }
  /// Acknowledges all there is.
  void ack_all(const string& reader) {
    for (auto rows = events(reader); !rows.empty(); rows = events(reader))
      if (ack(reader, rows.rows.back().text("event")) != BCCAST_OK) throw std::runtime_error("no ack");
  }
  /// What one act makes: kind and object, kind and object.
  template <typename Act>
  string made_by(Act&& act) {
    ack_all("reader");
    act();
    string events;
    for (const auto& [kind, object] : happened("reader"))
      events += (events.empty() ? "" : ", ") + kind + " " + object;
    return events;
  }
};

}  // namespace

TEST_CASE("each kind of event, and what it is about") {
  Practice host;
  CHECK(host.events("reader").empty());
  string blast;
  const auto sent = host.made_by([&] { blast = host.blast("lee", {"ana", "ben"}, "Good morning"); });
  CHECK(sent == "blast.sent " + blast);
  CHECK(host.made_by([&] { host.pump(); }) == "blast.finished " + blast);
  const auto thread = host.of_blast("lee", blast, "ana");
  CHECK(host.made_by([&] { host.read("ana", thread, 1); }) == "thread.read " + thread);
  CHECK(host.made_by([&] { host.read("ana", thread, 1); }) == "");  // nothing new
  CHECK(host.made_by([&] { host.reply("ana", thread, "Thank you"); }) == "message.created " + thread);
  CHECK(host.made_by([&] { host.provider_reply("lee", thread, "Welcome"); }) == "message.created " + thread);
  CHECK(host.made_by([&] { must(bccast_provider_read, host, "lee", thread, 3); }) == "thread.read " + thread);
  CHECK(host.made_by([&] { host.archive("lee", "cal"); }) == "roster.changed cal");
  CHECK(host.made_by([&] { must(bccast_directory_roster_restore, host, "lee", "cal"); }) ==
        "roster.changed cal");
  must(bccast_directory_client_put, host, "dan", "Dan", nullptr);
  CHECK(host.made_by([&] { must(bccast_directory_roster_add, host, "lee", "dan"); }) == "roster.changed dan");
  const auto many = test::Column(Names{"eve", "fay", "gil"});
  must(bccast_directory_client_put_many, host, 3U, many.bytes, many.offsets.data(), nullptr, nullptr, nullptr,
       nullptr, nullptr);
  CHECK(host.made_by([&] {
    must(bccast_directory_roster_add_many, host, "lee", 3U, many.bytes, many.offsets.data(), nullptr);
  }) == "roster.changed ");
}

TEST_CASE("an event has its provider and its time, and the columns are as stated") {
  Practice host;
  host.events("reader");
  host.clock.advance(12'345);
  const auto blast = host.blast("lee", {"ana", "ben"}, "Good morning");
  const auto rows = host.events("reader");
  Names columns;
  for (const auto& [name, type] : rows.columns) columns.push_back(name);
  CHECK(columns == Names{"event", "provider", "kind", "object", "at_ms"});
  REQUIRE(rows.size() == 1);
  CHECK(rows[0].text("provider") == "lee");
  CHECK(rows[0].number("at_ms") == test::Clock::kStart + 12'345);
  CHECK(!rows[0].text("event").empty());
}

TEST_CASE(
    "a channel that fails and works again makes an event at the first failure and at the first success") {
  Practice host;
  host.events("reader");
  bool down = true;
  host.notifier.whole = [&](const std::vector<test::Notice>&) { return down ? -10'001 : BCCAST_OK; };
  host.blast("lee", {"ana", "ben"}, "Good morning");
  host.ack_all("reader");
  for (int i = 0; i < 4; ++i) host.clock.advance(std::max<std::int64_t>(host.pump().next_ms, 0));
  const auto failing = host.events("reader");
  REQUIRE(failing.size() == 1);
  CHECK(failing[0].text("kind") == "channel.failing");
  CHECK(failing[0].text("object") == "email");
  CHECK(failing[0].text("provider") == "");
  host.ack_all("reader");
  down = false;
  CHECK(host.pump_to_the_end());
  Names kinds;
  for (const auto& row : host.events("reader")) kinds.push_back(row.text("kind"));
  CHECK(std::ranges::count(kinds, "channel.working") == 1);
  CHECK(std::ranges::count(kinds, "channel.failing") == 0);
  CHECK(std::ranges::count(kinds, "blast.finished") == 1);
}

TEST_CASE("the same again until it is acknowledged, also after a crash; then what came after") {
  Practice host;
  host.events("reader");
  const auto first = host.blast("lee", {"ana", "ben"}, "Good morning");
  const auto second = host.blast("lee", {"ana", "ben"}, "Good evening");
  const auto rows = host.events("reader");
  REQUIRE(rows.size() == 2);
  CHECK(rows[0].text("object") == first);
  CHECK(rows[1].text("object") == second);
  CHECK(host.events("reader") == rows);
  host.restart();
  CHECK(host.events("reader") == rows);
  CHECK(host.ack("reader", rows[0].text("event")) == BCCAST_OK);
  CHECK(host.happened("reader") == Pairs{{"blast.sent", second}});
  CHECK(host.ack("reader", rows[0].text("event")) == BCCAST_EXISTS);
  host.restart();
  CHECK(host.happened("reader") == Pairs{{"blast.sent", second}});
  CHECK(host.ack("reader", rows[1].text("event")) == BCCAST_OK);
  CHECK(host.events("reader").empty());
  CHECK(host.ack("reader", rows[0].text("event")) == BCCAST_EXISTS);
  CHECK(host.happened("reader").empty());  // never back
}

TEST_CASE("readers have their own places; one sees what happens after its first call") {
  Practice host;
  host.events("early");
  const auto first = host.blast("lee", {"ana", "ben"}, "Good morning");
  host.events("late");
  const auto second = host.blast("lee", {"ana", "ben"}, "Good evening");
  CHECK(host.happened("early") == Pairs{{"blast.sent", first}, {"blast.sent", second}});
  CHECK(host.happened("late") == Pairs{{"blast.sent", second}});
  host.ack_all("early");
  CHECK(host.events("early").empty());
  CHECK(host.happened("late") == Pairs{{"blast.sent", second}});
  // From another engine, the same.
  const Practice other(test::Setup{.channels = {}, .beside = &host});
  CHECK(other.happened("late").front() == std::pair<string, string>{"blast.sent", second});
}

TEST_CASE("a page has as many as asked for, the oldest first") {
  Practice host;
  host.events("reader");
  const auto thread = host.write_direct("lee", "ana", "Hello");
  for (int i = 0; i < 250; ++i) host.reply("ana", thread, "message");
  host.ack("reader", host.events("reader", 1)[0].text("event"));
  CHECK(host.events("reader", 7).size() == 7);
  CHECK(host.events("reader").size() == 100);
  CHECK(host.events("reader", 1'000).size() == 250);
  std::size_t seen = 0;
  std::set<string> ids;
  for (auto rows = host.events("reader", 60); !rows.empty(); rows = host.events("reader", 60)) {
    seen += rows.size();
    for (const auto& row : rows) CHECK(ids.insert(row.text("event")).second);
    CHECK(host.ack("reader", rows.rows.back().text("event")) == BCCAST_OK);
  }
  CHECK(seen == 250);
}

TEST_CASE("events are kept a week, or as long as the config says, whoever has not read them") {
  const auto keeps = [](Practice& host, std::int64_t kept_ms) {
    host.events("reader");
    host.blast("lee", {"ana", "ben"}, "Good morning");
    host.clock.advance(kept_ms - 60'000);
    host.blast("lee", {"ana", "ben"}, "Good evening");
    CHECK(host.events("reader").size() == 2);
    host.clock.advance(120'000);
    host.blast("lee", {"ana", "ben"}, "Good night");
    host.pump();
    Names kinds;
    for (const auto& row : host.events("reader")) kinds.push_back(row.text("kind"));
    CHECK(std::ranges::count(kinds, "blast.sent") == 2);
    CHECK(host.verify().empty());
  };
  SUBCASE("a week") {
    Practice host;
    keeps(host, 7 * 24 * 3'600'000LL);
  }
  SUBCASE("an hour") {
    Practice host(test::Setup{.settings = {{"events_keep_ms", "3600000"}}});
    keeps(host, 3'600'000);
  }
}

TEST_CASE("what was not done makes no event, and what is done once makes one") {
  Practice host;
  host.events("reader");
  const auto draft = host.draft("lee", {"ana"});
  host.write("lee", draft, "Good morning");
  CHECK(call(bccast_blast_send, host, "lee", draft, nullptr).code == BCCAST_E_TOO_FEW);
  CHECK(host.events("reader").empty());
  must(bccast_blast_select, host, "lee", draft, "ben");
  host.send("lee", draft);
  CHECK(call(bccast_blast_send, host, "lee", draft, nullptr).code == BCCAST_EXISTS);
  CHECK(host.happened("reader") == Pairs{{"blast.sent", draft}});
  host.ack_all("reader");
  const auto thread = host.of_blast("lee", draft, "ana");
  for (int i = 0; i < 3; ++i)
    must(bccast_client_reply, host, "ana", thread, "key", "Thank you", 9U, nullptr, nullptr);
  CHECK(host.happened("reader") == Pairs{{"message.created", thread}});
  host.ack_all("reader");
  host.archive("lee", "cal");
  host.archive("lee", "cal");
  CHECK(host.happened("reader") == Pairs{{"roster.changed", "cal"}});
}

TEST_CASE("no event holds a text, a name or an address") {
  Practice host;
  host.events("reader");
  const auto blast = host.blast("lee", {"ana", "ben"}, "Good morning");
  const auto thread = host.of_blast("lee", blast, "ana");
  host.reply("ana", thread, "Thank you");
  host.read("ana", thread, 1);
  host.archive("lee", "cal");
  must(bccast_directory_client_put, host, "ana", "Ana Maria", "maria@example.org");
  host.pump();
  const auto rows = host.events("reader");
  CHECK(rows.size() >= 5);
  for (const auto& row : rows)
    for (const auto& cell : row.cells)
      for (const auto* secret : {"morning", "Thank", "Name of", "Maria", "@"})
        CHECK(cell.value.find(secret) == string::npos);
}

TEST_CASE("events: bad input") {
  Practice host;
  host.events("reader");
  host.blast("lee", {"ana", "ben"}, "Good morning");
  const auto event = host.events("reader")[0].text("event");
  CHECK(call(bccast_events, host, "", 0).code == BCCAST_E_ARGUMENT);
  CHECK(call(bccast_events, host, nullptr, 0).code == BCCAST_E_ARGUMENT);
  CHECK(call(bccast_events, host, string(BCCAST_MAX_KEY + 1, 'r'), 0).code == BCCAST_E_LIMIT);
  CHECK(call(bccast_events, host, string(BCCAST_MAX_KEY, 'r'), 0).code == BCCAST_OK);
  CHECK(call(bccast_events, host, "re\nader", 0).code == BCCAST_E_ARGUMENT);
  CHECK(host.ack("nobody", event) == BCCAST_E_NOT_FOUND);
  CHECK(host.ack("reader", "no event") == BCCAST_E_NOT_FOUND);
  CHECK(host.ack("reader", string(32, 'f')) == BCCAST_E_NOT_FOUND);
  CHECK(host.ack("reader", "") == BCCAST_E_NOT_FOUND);
  CHECK(call(bccast_events_ack, host, "reader", nullptr).code == BCCAST_E_ARGUMENT);
  CHECK(host.events("reader").size() == 1);
}

TEST_CASE("a blast that is made pending again finishes again, with an event") {
  Practice host;
  host.notifier.each = [](const test::Notice& notice) -> test::Outcome {
    return notice.to() == "ana" ? test::Outcome{BCCAST_ITEM_FAILED, "no_such_mailbox"} : test::Outcome{};
  };
  const auto blast = host.blast("lee", {"ana", "ben"}, "Good morning");
  host.pump();
  host.notifier.each = nullptr;
  CHECK(host.events("reader").empty());
  must(bccast_blast_retry_failed, host, "lee", blast, nullptr);
  CHECK(host.pump_to_the_end());
  CHECK(host.happened("reader") == Pairs{{"blast.finished", blast}});
}

TEST_CASE("an act and its event are one: another process that sees the one sees the other") {
  Practice host;
  host.events("reader");
  Host other(test::Setup{.channels = {}, .beside = &host});
  for (int i = 0; i < 20; ++i) {
    const auto blast = host.blast("lee", {"ana", "ben"}, "Good morning");
    const auto rows = must(bccast_events, other, "reader", 1000U).rows;
    REQUIRE(!rows.empty());
    CHECK(rows.rows.back().text("object") == blast);
  }
}
