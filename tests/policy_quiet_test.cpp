// Quiet hours: who is in its night is told in its morning.
#include <bccast/bccast.h>
#include <doctest/doctest.h>
#include <sqlite3.h>

#include <cstdint>
#include <string>
#include <vector>

#include "support/embedding.hpp"
#include "support/host.hpp"

namespace {

using std::string;
using test::call;
using test::Host;
using test::must;
using test::Setup;

/// It is 22:13:20 UTC.
constexpr std::int64_t kNow = test::Clock::kStart;
constexpr std::int64_t kMorning = 1'700'035'200'000;        // 08:00 UTC
constexpr std::int64_t kBerlinMorning = 1'700'031'600'000;  // 08:00 in Berlin
constexpr std::int64_t kTokyoMorning = 1'700'002'800'000;

struct Practice : Host {
  explicit Practice(const std::vector<string>& ids, const Setup& setup = {}) : Host(setup) {
    provider("lee");
    clients("lee", ids);
    must(bccast_channel_set, *this, "email", "quiet_hours", "21:00-08:00");
  }
  void zone(const string& client, const string& zone) {
    must(bccast_directory_client_set, *this, client, "timezone", zone);
  }
  test::Row people(const string& blast) const { return test::people_of(*this, blast); }
  test::Row recipient(const string& blast, const string& client) const {
    return recipients("lee", blast).where("client", client);
  }
  void go_to(std::int64_t at) {
    clock.advance(at - clock.now_ms());
    pump();
  }
  std::size_t told() const { return notifier.all().size(); }
  std::int64_t stored_rows(const string& table) const {
    sqlite3* db = nullptr;
    sqlite3_open_v2(store_path().c_str(), &db, SQLITE_OPEN_READONLY, nullptr);
    sqlite3_stmt* query = nullptr;
    sqlite3_prepare_v2(db, ("SELECT count(*) FROM " + table).c_str(), -1, &query, nullptr);
    REQUIRE(sqlite3_step(query) == SQLITE_ROW);
    const auto count = sqlite3_column_int64(query, 0);
    sqlite3_finalize(query);
    sqlite3_close(db);
    return count;
  }
};

}  // namespace

TEST_CASE("quiet hours: what can be set, and where") {
  Practice host({});
  const auto hours = [&] { return must(bccast_channel_list, host).rows.where("channel", "email"); };
  CHECK(hours().text("quiet_hours") == "21:00-08:00");
  for (const auto* bad : {"21", "21:00", "21:00-21:00", "25:00-08:00", "21:00-08:61", "night"})
    CHECK(call(bccast_channel_set, host, "email", "quiet_hours", bad).code == BCCAST_E_ARGUMENT);
  CHECK(hours().text("quiet_hours") == "21:00-08:00");
  must(bccast_channel_set, host, "email", "quiet_hours", "");
  CHECK(hours().null("quiet_hours"));
  must(bccast_channel_put, host, "rooms", "deliver");
  CHECK(call(bccast_channel_set, host, "rooms", "quiet_hours", "21:00-08:00").code == BCCAST_E_ARGUMENT);
  for (const auto* zone : {"Mars/Olympus", "../../etc/passwd", "europe"}) {
    CHECK(call(bccast_directory_provider_set, host, "lee", "timezone", zone).code == BCCAST_E_ARGUMENT);
  }
  must(bccast_directory_provider_set, host, "lee", "timezone", "Europe/Berlin");
}

TEST_CASE("quiet hours: each is told in its own morning; without a zone in the provider's, else in UTC's") {
  Practice host({"ana", "ben", "cal", "dan"});
  host.zone("ana", "Europe/Berlin");
  host.zone("ben", "America/New_York");
  host.zone("cal", "Asia/Tokyo");
  const auto blast = host.blast("lee", "Good morning");
  CHECK(host.pump().next_ms == kTokyoMorning - kNow);
  CHECK(host.told() == 1);
  CHECK(host.notifier.to("ben").size() == 1);
  const auto ana = host.recipient(blast, "ana");
  CHECK(ana.text("state") == "pending");
  CHECK(ana.text("reason") == "quiet_hours");
  CHECK(ana.number("next_at_ms") == kBerlinMorning);
  CHECK(ana.number("attempts") == 0);
  CHECK(host.people(blast).number("pending") == 3);
  CHECK(host.people(blast).number("deferred") == 3);
  CHECK(host.verify().empty());
  host.go_to(kTokyoMorning);
  CHECK(host.notifier.to("cal").size() == 1);
  host.restart();
  host.go_to(kBerlinMorning - 1);
  CHECK(host.told() == 2);
  host.go_to(kBerlinMorning);
  CHECK(host.notifier.to("ana").size() == 1);
  host.go_to(kMorning);
  CHECK(host.told() == 4);
  CHECK(host.people(blast).text("state") == "finished");
  CHECK(host.verify().empty());

  must(bccast_directory_provider_set, host, "lee", "timezone", "Asia/Tokyo");
  host.clock.advance(kNow + 86'400'000 - host.clock.now_ms());
  const auto next = host.blast("lee", "Good evening");
  host.pump();
  CHECK(host.recipient(next, "dan").number("next_at_ms") == kTokyoMorning + 86'400'000);
}

TEST_CASE("quiet hours: who has read it by the morning is not told") {
  Practice host({"ana", "ben"});
  const auto blast = host.blast("lee", "Good morning");
  host.pump();
  host.read("ana", host.of_blast("lee", blast, "ana"), 1);
  host.archive("lee", "ben");
  host.go_to(kMorning);
  CHECK(host.told() == 0);
  CHECK(host.recipient(blast, "ana").text("reason") == "already_read");
  CHECK(host.recipient(blast, "ben").text("reason") == "archived");
  CHECK(host.people(blast).text("state") == "finished");
  CHECK(host.verify().empty());
}

TEST_CASE("quiet hours: of 70,000 who wait there is a row for each slice, not for each of them") {
  Practice host({});
  host.clients("lee", test::some_people(70'000));
  const auto blast = host.blast("lee", "Good morning");
  host.pump();
  CHECK(host.told() == 0);
  CHECK(host.people(blast).number("deferred") == 70'000);
  CHECK(host.stored_rows("waiting") == 2);
  CHECK(host.stored_rows("item") == 0);
  CHECK(host.verify().empty());
  host.restart();
  host.go_to(kMorning);
  CHECK(host.told() == 70'000);
  CHECK(host.people(blast).number("done") == 70'000);
  CHECK(host.stored_rows("waiting") == 0);
  CHECK(host.stored_rows("item") == 0);
}

TEST_CASE("quiet hours: single messages wait as well, and those to the provider") {
  Practice host({"ana", "ben"});
  host.zone("ben", "America/New_York");
  must(bccast_directory_provider_set, host, "lee", "timezone", "Europe/Berlin");
  const auto thread = host.write_direct("lee", "ana", "Hello");
  host.write_direct("lee", "ben", "Hello");
  host.reply("ana", thread, "Hi");
  host.pump();
  CHECK(host.told() == 1);
  host.go_to(kBerlinMorning);
  CHECK(host.notifier.to("lee").size() == 1);
  CHECK(host.told() == 3);
}

TEST_CASE("quiet hours: changed, they are looked at again at once") {
  Practice host({"ana", "ben", "cal"});
  host.zone("ana", "Asia/Tokyo");
  const auto blast = host.blast("lee", "Good morning");
  host.pump();
  must(bccast_channel_set, host, "email", "quiet_hours", "21:00-09:00");
  host.pump();
  CHECK(host.told() == 0);
  CHECK(host.recipient(blast, "ben").number("next_at_ms") == kMorning + 3'600'000);
  CHECK(host.recipient(blast, "ana").number("next_at_ms") == kTokyoMorning + 3'600'000);
  must(bccast_channel_set, host, "email", "quiet_hours", "");
  CHECK(host.pump().next_ms == -1);
  CHECK(host.told() == 3);
  CHECK(host.verify().empty());
}

TEST_CASE(
    "quiet hours: those who wait are left out when provider or channel end, and erased ones are dropped") {
  Practice host({"ana", "ben", "cal"});
  const auto blast = host.blast("lee", "Good morning");
  host.pump();
  host.erase("ana");
  CHECK(host.verify().empty());
  host.archive_provider("lee");
  CHECK(host.people(blast).number("skipped") == 3);
  CHECK(host.people(blast).text("state") == "finished");
  CHECK(host.stored_rows("waiting") == 0);
  CHECK(host.verify().empty());

  Practice removed({"ana", "ben", "cal"});
  const auto other = removed.blast("lee", "Good morning");
  removed.pump();
  must(bccast_channel_remove, removed, "email");
  CHECK(removed.people(other).number("skipped") == 3);
  CHECK(removed.stored_rows("waiting") == 0);
  CHECK(removed.verify().empty());
}

TEST_CASE("quiet hours: a paused blast waits in its morning, and a recalled one reaches nobody") {
  Practice host({"ana", "ben", "cal"});
  const auto blast = host.blast("lee", "Good morning");
  host.pump();
  must(bccast_blast_pause, host, "lee", blast);
  host.go_to(kMorning);
  CHECK(host.told() == 0);
  CHECK(host.pump().code == BCCAST_DONE);
  must(bccast_blast_resume, host, "lee", blast);
  host.pump();
  CHECK(host.told() == 3);

  host.clock.advance(14 * 3'600'000);
  const auto other = host.blast("lee", "Good evening");
  host.pump();
  must(bccast_blast_recall, host, "lee", other);
  host.go_to(host.clock.now_ms() + 12 * 3'600'000);
  CHECK(host.told() == 3);
  CHECK(host.verify().empty());
}

TEST_CASE("quiet hours: a retry waits for the morning, and no failure is lost") {
  Practice host({"ana", "ben"});
  must(bccast_channel_set, host, "email", "quiet_hours", "22:14-08:00");
  const auto blast = host.blast("lee", "Good morning");
  host.notifier.each = [](const test::Notice& notice) {
    return notice.to() == "ana" ? test::Outcome{BCCAST_ITEM_RETRY, "busy", 60'000} : test::Outcome{};
  };
  host.pump();
  host.notifier.each = {};
  host.clock.advance(60'000);
  host.pump();
  CHECK(host.told() == 2);
  CHECK(host.recipient(blast, "ana").number("next_at_ms") == kMorning);
  CHECK(host.recipient(blast, "ana").text("state") == "retry");
  CHECK(host.recipient(blast, "ana").number("attempts") == 1);
  host.go_to(kMorning);
  CHECK(host.notifier.to("ana").size() == 2);
  CHECK(host.people(blast).text("state") == "finished");
  CHECK(host.verify().empty());
}

TEST_CASE("quiet hours: what waits for the morning is not overdue, and has its deadline after that") {
  Practice host({"ana", "ben"});
  must(bccast_events, host, "operator", 100);
  const auto blast = host.blast("lee", "Good morning");
  host.pump();
  const auto overdue = [&] {
    for (const auto& kind : must(bccast_events, host, "operator", 100).rows.column("kind"))
      if (kind == "blast.overdue") return true;
    return false;
  };
  for (int hour = 0; hour < 9; ++hour) {
    host.clock.advance(3'600'000);
    host.pump();
    CHECK(host.people(blast).number("overdue") == 0);
  }
  CHECK(host.people(blast).number("deferred") == 2);
  must(bccast_channel_set, host, "email", "paused", "on");
  host.go_to(kMorning + 1);
  CHECK_FALSE(overdue());
  host.go_to(kMorning + 3'600'001);
  CHECK(overdue());
  CHECK(host.people(blast).number("overdue") == 1);
}
