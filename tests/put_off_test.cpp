// Late reports of what was put off meanwhile: whoever took a batch over found that it was quiet.
#include <bccast/bccast.h>
#include <doctest/doctest.h>

#include <cstdint>
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
using Names = std::vector<string>;

constexpr std::int64_t kLease = 60'000;
/// It is 22:13:20 UTC.
constexpr std::int64_t kMorning = 1'700'035'200'000;  // 08:00 UTC

const Names kEverybody{"ana", "ben", "cal", "dan", "eve"};

/// Without a handler: it claims.
struct Practice : Host {
  Practice() : Host(test::Setup{.channels = {}}) {
    must(bccast_channel_put, *this, "email", "notify");
    provider("lee");
    clients("lee", kEverybody);
  }
  void quiet(const string& hours) { must(bccast_channel_set, *this, "email", "quiet_hours", hours.c_str()); }
  test::Row sums(const string& blast) const { return test::people_of(*this, blast); }
  test::Row recipient(const string& blast, const string& client) const {
    return recipients("lee", blast).where("client", client);
  }
  void go_to(std::int64_t at) { clock.advance(at - clock.now_ms()); }
  std::int64_t pending() const { return must(bccast_channel_list, *this).rows[0].number("pending"); }
};

/// What the first host says of everybody it was given.
struct Says {
  std::int32_t status;
  string state;  // what becomes of them
};
const std::vector<Says> kSays{{BCCAST_ITEM_DONE, "done"},
                              {BCCAST_ITEM_FAILED, "failed"},
                              {BCCAST_ITEM_SKIPPED, "skipped"},
                              {BCCAST_ITEM_RETRY, "retry"}};

void say(const Batch& batch, const Says& says) {
  // A moment of their own, or the whole would be tried again.
  for (std::size_t i = 0; i < batch.size(); ++i)
    batch.set(i, says.status, "by_the_first", says.status == BCCAST_ITEM_RETRY ? 1'000 : -1);
}

/// How the batch comes to the first host.
enum class As { places, items };
/// Where those in it are when it reports.
enum class Where { waiting, woken, in_hand, partly };

struct Late {
  Practice host;
  Host other{test::Setup{.channels = {}, .beside = &host}};
  string blast = host.blast("lee", kEverybody, "Good morning");
  Batch first;

  /// The first host has all five, and its lease is over; they are put off until the morning.
  explicit Late(As as) {
    std::int64_t morning = kMorning;
    if (as == As::items) {
      host.quiet("21:00-08:00");
      CHECK(claim(host).empty());
      host.go_to(morning);
    }
    first = claim(host);
    REQUIRE(first.size() == 5);
    host.clock.advance(kLease + 1);
    host.quiet(as == As::items ? "07:00-10:00" : "21:00-08:00");
  }
  std::int64_t morning(As as) const { return as == As::items ? kMorning + 7'200'000 : kMorning; }
};

void report_what_was_put_off(As as, Where where, const Says& says) {
  Late late(as);
  Practice& host = late.host;
  CHECK(claim(late.other).empty());
  REQUIRE(host.sums(late.blast).number("deferred") == 5);
  Batch second;
  if (where != Where::waiting) {
    host.go_to(late.morning(as));
    second = claim(late.other, "email", where == Where::partly ? 2 : 0);
    REQUIRE(second.size() == (where == Where::partly ? 2 : 5));
  }
  if (where == Where::woken) second.free();  // they wait as items
  say(late.first, says);
  CHECK(late.first.complete() == BCCAST_OK);
  for (const auto& client : kEverybody) {
    CAPTURE(client);
    const auto person = host.recipient(late.blast, client);
    CHECK(person.text("state") == says.state);
    if (says.status == BCCAST_ITEM_RETRY) CHECK(person.number("attempts") == 1);
  }
  CHECK(host.verify().empty());
  const auto before = host.recipients("lee", late.blast);
  if (where == Where::in_hand || where == Where::partly) CHECK(second.complete() == BCCAST_E_CONFLICT);
  CHECK(host.recipients("lee", late.blast) == before);
  host.go_to(host.clock.now_ms() + 86'400'000 / 2);
  const auto again = claim(late.other);
  if (says.status == BCCAST_ITEM_RETRY) {
    CHECK(again.size() == 5);
    CHECK(again.complete() == BCCAST_OK);
  } else {
    CHECK(again.empty());
  }
  CHECK(host.sums(late.blast).text("state") == "finished");
  CHECK(host.pending() == 0);
  CHECK(host.verify().empty());
}

}  // namespace

TEST_CASE("R3: the first report counts for those who were put off meanwhile, wherever they wait by then") {
  for (const auto as : {As::places, As::items})
    for (const auto where : {Where::waiting, Where::woken, Where::in_hand, Where::partly})
      for (const auto& says : kSays) {
        CAPTURE(static_cast<int>(as));
        CAPTURE(static_cast<int>(where));
        CAPTURE(says.state);
        report_what_was_put_off(as, where, says);
      }
}

TEST_CASE("R3: of those who were put off, told in the morning and reported, a late report changes nothing") {
  for (const auto as : {As::places, As::items})
    for (const auto& says : kSays) {
      CAPTURE(static_cast<int>(as));
      CAPTURE(says.state);
      Late late(as);
      Practice& host = late.host;
      CHECK(claim(late.other).empty());
      host.go_to(late.morning(as));
      const auto second = claim(late.other);
      REQUIRE(second.size() == 5);
      say(second, says);
      CHECK(second.complete() == BCCAST_OK);
      const auto before = host.recipients("lee", late.blast);
      CHECK(late.first.complete() == BCCAST_E_CONFLICT);
      CHECK(host.recipients("lee", late.blast) == before);
      CHECK(host.verify().empty());
    }
}

TEST_CASE("R3: who says late that nobody was told leaves them where they wait") {
  for (const auto where : {Where::waiting, Where::in_hand}) {
    CAPTURE(static_cast<int>(where));
    Late late(As::places);
    Practice& host = late.host;
    CHECK(claim(late.other).empty());
    Batch second;
    if (where == Where::in_hand) {
      host.go_to(kMorning);
      second = claim(late.other);
      REQUIRE(second.size() == 5);
    }
    say(late.first, {BCCAST_ITEM_NOT_TRIED, ""});
    CHECK(late.first.complete() == BCCAST_OK);
    CHECK(host.verify().empty());
    if (where == Where::waiting) {
      CHECK(host.sums(late.blast).number("deferred") == 5);
      host.go_to(kMorning);
      second = claim(late.other);
    }
    CHECK(second.size() == 5);
    CHECK(second.complete() == BCCAST_OK);
    CHECK(host.sums(late.blast).number("done") == 5);
    CHECK(host.verify().empty());
  }
}

TEST_CASE(
    "R3: those of a batch who were put off count, and those who were not are as another reported them") {
  Late late(As::places);
  Practice& host = late.host;
  for (const auto* client : {"ana", "ben"})
    must(bccast_directory_client_set, host, client, "timezone", "America/New_York");
  const auto second = claim(late.other);
  REQUIRE(second.size() == 2);
  SUBCASE("reported by the other before") {
    CHECK(second.complete() == BCCAST_OK);
    say(late.first, {BCCAST_ITEM_FAILED, ""});
    CHECK(late.first.complete() == BCCAST_E_CONFLICT);
    CHECK(host.sums(late.blast).number("done") == 2);
    CHECK(host.sums(late.blast).number("failed") == 3);
  }
  SUBCASE("in part by the other before") {
    CHECK(second.complete(1) == BCCAST_OK);
    say(late.first, {BCCAST_ITEM_FAILED, ""});
    CHECK(late.first.complete() == BCCAST_E_CONFLICT);
    CHECK(host.sums(late.blast).number("done") == 1);
    CHECK(host.sums(late.blast).number("failed") == 4);
  }
  SUBCASE("reported by nobody") {
    CHECK(late.first.complete(3) == BCCAST_OK);
    CHECK(late.first.complete() == BCCAST_OK);
    CHECK(host.sums(late.blast).number("done") == 5);
    CHECK(second.complete() == BCCAST_E_CONFLICT);
  }
  CHECK(host.sums(late.blast).text("state") == "finished");
  CHECK(host.verify().empty());
}

TEST_CASE("R3: a late report of a recalled blast changes nothing for those who were put off") {
  Late late(As::places);
  CHECK(claim(late.other).empty());
  must(bccast_blast_recall, late.host, "lee", late.blast);
  const auto before = late.host.recipients("lee", late.blast);
  CHECK(late.first.complete() == BCCAST_E_CONFLICT);
  CHECK(late.host.recipients("lee", late.blast) == before);
  CHECK(late.host.verify().empty());
}

TEST_CASE("R3: of a paused blast, who was put off and reported late is done, and the rest waits") {
  Late late(As::places);
  Practice& host = late.host;
  CHECK(claim(late.other).empty());
  must(bccast_blast_pause, host, "lee", late.blast);
  CHECK(late.first.complete(2) == BCCAST_OK);
  CHECK(host.sums(late.blast).number("done") == 2);
  CHECK(host.sums(late.blast).number("deferred") == 3);
  CHECK(host.verify().empty());
  host.go_to(kMorning);
  CHECK(claim(late.other).empty());
  must(bccast_blast_resume, host, "lee", late.blast);
  CHECK(claim(late.other).complete() == BCCAST_OK);
  CHECK(host.sums(late.blast).number("done") == 5);
  CHECK(host.verify().empty());
}

TEST_CASE("R3: who is said to have been told counts, though another gave the same back untried") {
  Practice host;
  Host other(test::Setup{.channels = {}, .beside = &host});
  const auto blast = host.blast("lee", kEverybody, "Good morning");
  const auto first = claim(host);
  host.clock.advance(kLease + 1);
  const auto second = claim(other);
  say(second, {BCCAST_ITEM_NOT_TRIED, ""});
  CHECK(second.complete() == BCCAST_OK);
  CHECK(first.complete() == BCCAST_OK);
  CHECK(host.sums(blast).number("done") == 5);
  CHECK(host.sums(blast).text("state") == "finished");
  host.clock.advance(10 * kLease);
  CHECK(claim(other).empty());
  CHECK(host.verify().empty());
}

TEST_CASE("R3: a late report counts no more for somebody who failed and is to be tried once again") {
  for (const bool as_place : {true, false}) {
    CAPTURE(as_place);
    Practice host;
    Host other(test::Setup{.channels = {}, .beside = &host});
    if (!as_place) host.quiet("21:00-08:00");
    const auto blast = host.blast("lee", kEverybody, "Good morning");
    if (!as_place) {
      CHECK(claim(host).empty());
      host.go_to(kMorning);
    }
    const auto first = claim(host);
    REQUIRE(first.size() == 5);
    host.clock.advance(kLease + 1);
    const auto second = claim(other);
    say(second, {BCCAST_ITEM_FAILED, ""});
    CHECK(second.complete() == BCCAST_OK);
    std::int64_t count = 0;
    REQUIRE(call(bccast_blast_retry_failed, host, "lee", blast, &count).code == BCCAST_OK);
    bool put_off = false;
    SUBCASE("it waits as an item") {}
    SUBCASE("it is quiet") {
      host.quiet("00:00-23:59");
      CHECK(claim(host).empty());
      put_off = true;
    }
    CHECK(first.complete() == BCCAST_E_CONFLICT);
    if (put_off) host.quiet("");
    CHECK(claim(host).size() == 5);
    CHECK(host.verify().empty());
  }
}

TEST_CASE("R3: a late report counts no more for a single message's notice that was begun again") {
  for (const bool claimed : {false, true}) {
    CAPTURE(claimed);
    Practice host;
    Host other(test::Setup{.channels = {}, .beside = &host});
    host.write_direct("lee", "ana", "Good morning");
    const auto first = claim(host);
    REQUIRE(first.size() == 1);
    host.clock.advance(kLease + 1);
    const auto second = claim(other);
    REQUIRE(second.size() == 1);
    const auto id = second.rows()[0].text("id");
    say(second, {BCCAST_ITEM_FAILED, ""});
    CHECK(second.complete() == BCCAST_OK);
    must(bccast_report, other, id.c_str(), BCCAST_ITEM_RETRY, nullptr);
    Batch third;
    if (claimed) third = claim(other);
    CHECK(first.complete() == BCCAST_E_CONFLICT);
    if (!claimed) third = claim(other);
    REQUIRE(third.size() == 1);
    CHECK(third.rows()[0].text("id") == id);  // the same to whoever is told
    CHECK(third.complete() == BCCAST_OK);
    CHECK(host.pending() == 0);
    CHECK(host.verify().empty());
  }
}
