// Deadlines: what is late says so by itself, once, with its reason.
#include <bccast/bccast.h>
#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "support/embedding.hpp"
#include "support/host.hpp"

namespace {

using std::string;
using test::call;
using test::Host;
using test::must;

constexpr std::int64_t kSecond = 1'000;
constexpr std::int64_t kHour = 3'600'000;

struct Practice : Host {
  Practice() {
    provider("lee");
    clients("lee", {"ana", "ben", "cal"});
    must(bccast_events, *this, "test", 100);
  }
  string sent() { return blast("lee", {"ana", "ben", "cal"}, "Good morning"); }
  std::vector<test::Row> said() {
    std::vector<test::Row> events;
    for (const auto& event : must(bccast_events, *this, "test", 1000).rows)
      if (event.text("kind") == "blast.overdue") events.push_back(event);
    return events;
  }
  test::Rows overdue(const char* of = nullptr) {
    return must(bccast_operate_overdue, *this, of, nullptr, 100).rows;
  }
  test::Row sums(const string& blast) const {
    const auto rows = status("lee", blast);
    return rows[rows.size() - 1];
  }
  void pause_channel(const char* on) { must(bccast_channel_set, *this, "email", "paused", on); }
  bool holds(const string& text, const string& part) const { return text.find(part) != string::npos; }
};

TEST_CASE(
    "mission 10: a blast that is not finished within the hour says so by itself, why, and how much is left") {
  Practice practice;
  practice.pause_channel("on");
  const auto blast = practice.sent();
  practice.pump();
  practice.clock.advance(kHour);
  CHECK(practice.pump().next_ms == 1);  // it is not late yet
  CHECK(practice.overdue().empty());
  CHECK(practice.said().empty());
  practice.clock.advance(1);
  practice.pump();
  REQUIRE(practice.said().size() == 1);
  CHECK(practice.said()[0].text("object") == blast);
  CHECK(practice.said()[0].text("provider") == "lee");
  CHECK(practice.said()[0].number("at_ms") - practice.sums(blast).number("deadline_ms") <= kSecond);
  const auto late = practice.overdue();
  REQUIRE(late.size() == 1);
  CHECK(late[0].text("blast") == blast);
  CHECK(late[0].number("pending") == 3);
  CHECK(late[0].text("why") == "channel email: paused");
  CHECK(practice.sums(blast).number("overdue") == 1);
  CHECK(practice.sums(blast).text("why") == "channel email: paused");
  // Once.
  practice.clock.advance(kHour);
  practice.pump();
  CHECK(practice.said().size() == 1);
  practice.pause_channel("off");
  practice.pump_to_the_end();
  CHECK(practice.overdue().empty());
  CHECK(practice.sums(blast).number("overdue") == 0);
}

TEST_CASE("overdue: the reasons") {
  Practice practice;
  const auto why = [&](const string& blast) {
    practice.clock.advance(kHour + 1);
    return practice.sums(blast).text("why");
  };
  SUBCASE("nobody ever worked") {
    const auto blast = practice.sent();
    CHECK(why(blast) == "channel email: no worker was ever seen");
  }
  SUBCASE("nobody has worked since") {
    practice.sent();
    practice.pump_to_the_end();
    const auto seen = practice.clock.now_ms();
    practice.clock.advance(kHour);
    const auto blast = practice.sent();
    CHECK(why(blast) == "channel email: no worker was seen since " + std::to_string(seen));
  }
  SUBCASE("the channel fails") {
    practice.notifier.whole = [](const auto&) { return BCCAST_E_NOTIFIER; };
    const auto blast = practice.sent();
    const auto since = practice.clock.now_ms();
    practice.pump();
    CHECK(practice.holds(why(blast), "channel email: failing since " + std::to_string(since) + " ("));
  }
  SUBCASE("the blast is paused") {
    const auto blast = practice.sent();
    must(bccast_blast_pause, practice, "lee", blast);
    CHECK(why(blast) == "the blast is paused");
  }
  SUBCASE("a schedule that nobody carries out") {
    const auto blast = practice.draft("lee", {"ana", "ben"});
    practice.write("lee", blast, "Good morning");
    const auto at = practice.clock.now_ms() + kHour;
    must(bccast_blast_schedule, practice, "lee", blast, at, nullptr);
    practice.clock.advance(kHour);
    CHECK(practice.overdue().empty());
    CHECK(why(blast) == "it was to be sent at " + std::to_string(at) + ": no worker has looked since");
    CHECK(practice.overdue()[0].text("state") == "scheduled");
  }
}

TEST_CASE("overdue: its own deadline, and one that begins anew") {
  Practice practice;
  practice.notifier.each = [](const test::Notice&) { return test::Outcome{BCCAST_ITEM_FAILED, "no", -1}; };
  const auto blast = practice.draft("lee", {"ana", "ben"});
  practice.write("lee", blast, "Good morning");
  must(bccast_blast_set, practice, "lee", blast, "deadline_ms", "5000");
  practice.send("lee", blast);
  practice.clock.advance(5'001);
  CHECK(practice.overdue().size() == 1);
  practice.pump_to_the_end();
  CHECK(practice.said().size() == 1);
  must(bccast_blast_retry_failed, practice, "lee", blast, nullptr);
  CHECK(practice.overdue().empty());
  practice.pause_channel("on");
  practice.clock.advance(5'001);
  practice.pump();
  CHECK(practice.said().size() == 2);
}

TEST_CASE("overdue: a report that something is to be sent again does not say it a second time") {
  Practice practice;
  practice.notifier.each = [](const test::Notice& notice) {
    return test::Outcome{notice.to() == "ana" ? BCCAST_ITEM_DONE : BCCAST_ITEM_RETRY, "busy", 2 * kHour};
  };
  const auto blast = practice.sent();
  practice.pump();
  practice.clock.advance(kHour + 1);
  practice.pump();
  REQUIRE(practice.said().size() == 1);
  const auto item = practice.notifier.to("ana")[0].id();
  CHECK(call(bccast_report, practice, item, BCCAST_ITEM_RETRY, "bounced").code == BCCAST_OK);
  practice.pump();
  CHECK(practice.said().size() == 1);
  CHECK(practice.sums(blast).number("overdue") == 1);
}

TEST_CASE("overdue: finished and recalled blasts are not") {
  Practice practice;
  const auto finished = practice.sent();
  practice.pump_to_the_end();
  practice.pause_channel("on");
  const auto recalled = practice.sent();
  must(bccast_blast_recall, practice, "lee", recalled);
  practice.clock.advance(2 * kHour);
  practice.pump();
  CHECK(practice.overdue().empty());
  CHECK(practice.said().empty());
}

TEST_CASE("overdue: how long the rest takes, at the pace so far") {
  Practice practice;
  std::vector<string> many;
  for (int i = 0; i < 200; ++i) many.push_back("m" + std::to_string(i));
  practice.clients("lee", many);
  const auto blast = practice.blast("lee", many, "Good morning");
  CHECK(practice.sums(blast).null("left_ms"));
  const auto batch = test::claim(practice, "email", 50);
  practice.clock.advance(10 * kSecond);
  CHECK(batch.complete() == BCCAST_OK);
  CHECK(practice.sums(blast).number("left_ms") == 30 * kSecond);
}

TEST_CASE("overdue: pages, of one provider and of all") {
  Practice practice;
  practice.provider("kim");
  practice.clients("kim", {"ana", "ben"});
  std::vector<string> blasts;
  for (int i = 0; i < 5; ++i) {
    blasts.push_back(i == 2 ? practice.blast("kim", {"ana", "ben"}, "Hi") : practice.sent());
    practice.clock.advance(kSecond);
  }
  practice.clock.advance(kHour);
  std::vector<string> found;
  const auto rows = test::all_pages(
      [&](const char* cursor) { return must(bccast_operate_overdue, practice, nullptr, cursor, 2).rows; });
  CHECK(rows.column("blast") == blasts);
  CHECK(practice.overdue("kim").column("blast") == std::vector<string>{blasts[2]});
  CHECK(call(bccast_operate_overdue, practice, "nobody", nullptr, 10).code == BCCAST_E_NOT_FOUND);
  const auto first = must(bccast_operate_overdue, practice, nullptr, nullptr, 2).rows.next;
  CHECK(call(bccast_operate_overdue, practice, "kim", first, 2).code == BCCAST_E_ARGUMENT);
}

}  // namespace
