// Sending later, and taking back in time.
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
constexpr std::int64_t kMinute = 60'000;
constexpr std::int64_t kHour = 60 * kMinute;
constexpr std::int64_t kYear = 365 * 24 * kHour;

struct Practice : Host {
  Practice() {
    provider("lee");
    clients("lee", {"ana", "ben", "cal"});
    must(bccast_events, *this, "test", 100);  // a reader sees what comes after its first look
  }
  /// A draft to ana, ben and cal, with a text.
  string written() {
    const auto blast = draft("lee", {"ana", "ben", "cal"});
    write("lee", blast, "Good morning");
    return blast;
  }
  string scheduled(std::int64_t in_ms, const string& digest = "") {
    const auto blast = written();
    must(bccast_blast_schedule, *this, "lee", blast, clock.now_ms() + in_ms,
         digest.empty() ? nullptr : digest.c_str());
    return blast;
  }
  test::Row get(const string& blast) { return must(bccast_blast_get, *this, "lee", blast).rows[0]; }
  string state(const string& blast) { return get(blast).text("state"); }
  string digest(const string& blast) { return preview("lee", blast).text("digest"); }
  /// The events of a kind, by their objects.
  std::vector<string> events(const string& kind) {
    std::vector<string> objects;
    for (const auto& event : must(bccast_events, *this, "test", 1000).rows)
      if (event.text("kind") == kind) objects.push_back(event.null("object") ? "" : event.text("object"));
    return objects;
  }
  std::int32_t schedule(const string& blast, std::int64_t at) {
    return call(bccast_blast_schedule, *this, "lee", blast, at, nullptr).code;
  }
};

TEST_CASE("schedule: it goes when it is due, not before, and once") {
  Practice practice;
  const auto blast = practice.scheduled(10 * kMinute);
  CHECK(practice.state(blast) == "scheduled");
  CHECK(practice.get(blast).number("scheduled_at_ms") == practice.clock.now_ms() + 10 * kMinute);
  CHECK(practice.pump().next_ms == kMinute);  // the clocks are compared once a minute
  CHECK(practice.threads("ana").empty());
  practice.clock.advance(10 * kMinute - 1);
  CHECK(practice.pump().next_ms == 1);
  CHECK(practice.state(blast) == "scheduled");
  practice.clock.advance(1);
  CHECK(practice.pump().done == 3);
  CHECK(practice.state(blast) == "finished");
  CHECK(practice.threads("ana").size() == 1);
  CHECK(practice.notifier.all().size() == 3);
  CHECK(practice.events("blast.sent") == std::vector{blast});
  practice.clock.advance(kHour);
  CHECK(practice.pump().done == 0);
  CHECK(practice.verify().empty());
}

TEST_CASE("schedule: who is chosen and active then receives it") {
  Practice practice;
  const auto blast = practice.draft("lee");
  must(bccast_blast_select_all_active, practice, "lee", blast);
  practice.write("lee", blast, "Good morning");
  must(bccast_blast_schedule, practice, "lee", blast, practice.clock.now_ms() + kHour, nullptr);
  practice.archive("lee", "ana");
  practice.clients("lee", {"dan"});
  practice.clock.advance(kHour);
  practice.pump_to_the_end();
  CHECK(practice.recipients("lee", blast).column("client") == std::vector<string>{"ben", "cal", "dan"});
}

TEST_CASE("schedule: moved earlier and later") {
  Practice practice;
  const auto blast = practice.scheduled(kHour);
  CHECK(practice.schedule(blast, practice.clock.now_ms() + 2 * kHour) == BCCAST_OK);
  practice.clock.advance(kHour + kMinute);
  practice.pump();
  CHECK(practice.state(blast) == "scheduled");
  CHECK(practice.schedule(blast, practice.clock.now_ms() + kMinute) == BCCAST_OK);
  practice.clock.advance(kMinute);
  practice.pump_to_the_end();
  CHECK(practice.state(blast) == "finished");
}

TEST_CASE("schedule: taken back it is a draft, and can be changed and sent") {
  Practice practice;
  const auto blast = practice.scheduled(kMinute);
  CHECK(call(bccast_blast_unschedule, practice, "lee", blast).code == BCCAST_OK);
  CHECK(practice.get(blast).null("scheduled_at_ms"));
  practice.clock.advance(kHour);
  practice.pump();
  CHECK(practice.state(blast) == "draft");
  practice.write("lee", blast, "Good evening");
  practice.send("lee", blast);
  CHECK(practice.threads("ana")[0].text("last_text") == "Good evening");
}

TEST_CASE("schedule: sending what is scheduled sends it now") {
  Practice practice;
  const auto blast = practice.scheduled(kHour);
  CHECK(call(bccast_blast_send, practice, "lee", blast, nullptr).code == BCCAST_OK);
  CHECK(practice.state(blast) == "sent");
  practice.clock.advance(2 * kHour);
  practice.pump_to_the_end();
  CHECK(practice.notifier.all().size() == 3);
}

TEST_CASE("schedule: only what was previewed") {
  Practice practice;
  const auto blast = practice.written();
  const auto seen = practice.digest(blast);
  SUBCASE("changed before it is scheduled: refused") {
    practice.write("lee", blast, "Good evening");
    CHECK(call(bccast_blast_schedule, practice, "lee", blast, practice.clock.now_ms() + kHour, seen).code ==
          BCCAST_E_CONFLICT);
    CHECK(practice.state(blast) == "draft");
  }
  SUBCASE("the same then: sent") {
    must(bccast_blast_schedule, practice, "lee", blast, practice.clock.now_ms() + kHour, seen);
    practice.clock.advance(kHour);
    practice.pump_to_the_end();
    CHECK(practice.state(blast) == "finished");
  }
  SUBCASE("somebody archived since: missed") {
    must(bccast_blast_schedule, practice, "lee", blast, practice.clock.now_ms() + kHour, seen);
    practice.archive("lee", "ben");
    practice.clock.advance(kHour);
    practice.pump();
    const auto now = practice.get(blast);
    CHECK(now.text("state") == "draft");
    CHECK(now.text("missed_reason") == "changed");
    CHECK(now.number("missed_at_ms") == practice.clock.now_ms());
    CHECK(practice.events("blast.missed") == std::vector{blast});
    CHECK(practice.threads("ana").empty());
  }
}

TEST_CASE("schedule: what cannot go is a draft again, and says why") {
  Practice practice;
  const auto blast = practice.scheduled(kHour);
  const auto check_missed = [&](const string& reason) {
    CHECK(practice.state(blast) == "draft");
    CHECK(practice.get(blast).text("missed_reason") == reason);
    CHECK(practice.events("blast.missed") == std::vector{blast});
    CHECK(practice.threads("ana").empty());
    CHECK(practice.verify().empty());
  };
  SUBCASE("too few are left") {
    practice.archive("lee", "ana");
    practice.archive("lee", "ben");
    practice.clock.advance(kHour);
    practice.pump();
    check_missed("too_few");
    practice.restore("lee", "ana");
    CHECK(practice.schedule(blast, practice.clock.now_ms() + kHour) == BCCAST_OK);
    CHECK(practice.get(blast).null("missed_reason"));
    practice.clock.advance(kHour);
    practice.pump_to_the_end();
    CHECK(practice.state(blast) == "finished");
  }
  SUBCASE("nobody has looked for longer than the late limit") {
    practice.clock.advance(2 * kHour + 1);
    practice.pump();
    check_missed("late");
  }
  SUBCASE("as late as it may be") {
    practice.clock.advance(2 * kHour);
    practice.pump_to_the_end();
    CHECK(practice.state(blast) == "finished");
  }
  SUBCASE("the provider is archived") {
    practice.archive_provider("lee");
    check_missed("provider_archived");
  }
}

TEST_CASE("schedule: times that cannot be") {
  Practice practice;
  const auto blast = practice.written();
  const auto now = practice.clock.now_ms();
  CHECK(practice.schedule(blast, now) == BCCAST_E_ARGUMENT);
  CHECK(practice.schedule(blast, -1) == BCCAST_E_ARGUMENT);
  CHECK(practice.schedule(blast, now + 366 * 24 * kHour + 1) == BCCAST_E_ARGUMENT);
  CHECK(practice.schedule(blast, INT64_MAX) == BCCAST_E_ARGUMENT);
  CHECK(call(bccast_blast_schedule, practice, "lee", blast, now + 1, "").code == BCCAST_E_ARGUMENT);
  const auto empty = practice.draft("lee", {"ana", "ben"});
  CHECK(practice.schedule(empty, now + 1) == BCCAST_E_STATE);
  CHECK(practice.schedule(blast, now + 366 * 24 * kHour) == BCCAST_OK);
}

TEST_CASE("schedule: it outlives the process, and whoever claims carries it out too") {
  Practice practice;
  const auto blast = practice.scheduled(kHour);
  practice.restart();
  practice.clock.advance(kHour);
  const auto batch = test::claim(practice);
  CHECK(batch.size() == 3);
  CHECK(batch.complete() == BCCAST_OK);
  CHECK(practice.state(blast) == "finished");
}

TEST_CASE("hold: sending waits, and can be taken back until then") {
  Practice practice;
  const auto blast = practice.written();
  must(bccast_blast_set, practice, "lee", blast, "hold_ms", "10000");
  CHECK(call(bccast_blast_send, practice, "lee", blast, nullptr).code == BCCAST_OK);
  CHECK(practice.state(blast) == "scheduled");
  CHECK(practice.get(blast).number("scheduled_at_ms") == practice.clock.now_ms() + 10 * kSecond);
  practice.clock.advance(9 * kSecond);
  practice.pump();
  SUBCASE("the same call again is the same sending") {
    CHECK(call(bccast_blast_send, practice, "lee", blast, nullptr).code == BCCAST_EXISTS);
    CHECK(practice.state(blast) == "scheduled");
    practice.clock.advance(kSecond);
    practice.pump_to_the_end();
    CHECK(practice.state(blast) == "finished");
    CHECK(call(bccast_blast_send, practice, "lee", blast, nullptr).code == BCCAST_EXISTS);
  }
  SUBCASE("taken back") {
    CHECK(call(bccast_blast_unschedule, practice, "lee", blast).code == BCCAST_OK);
    practice.clock.advance(kHour);
    practice.pump();
    CHECK(practice.state(blast) == "draft");
    CHECK(practice.notifier.all().empty());
  }
}

TEST_CASE("hold: what could not be sent is not held either") {
  Practice practice;
  const auto blast = practice.draft("lee", {"ana"});
  must(bccast_blast_set, practice, "lee", blast, "hold_ms", "10000");
  CHECK(call(bccast_blast_send, practice, "lee", blast, nullptr).code == BCCAST_E_STATE);
  practice.write("lee", blast, "Good morning");
  CHECK(call(bccast_blast_send, practice, "lee", blast, nullptr).code == BCCAST_E_TOO_FEW);
  CHECK(practice.state(blast) == "draft");
  for (const auto* value : {"-1", "3600001", "soon"})
    CHECK(call(bccast_blast_set, practice, "lee", blast, "hold_ms", value).code == BCCAST_E_ARGUMENT);
}

TEST_CASE(
    "R11: a clock that is set holds schedules for five minutes, and they are neither lost nor doubled") {
  Practice practice;
  const auto soon = practice.scheduled(30 * kMinute);
  const auto far = practice.scheduled(200 * 24 * kHour);
  practice.pump();
  SUBCASE("a year ahead, and back") {
    practice.clock.step(kYear);
    practice.pump();
    CHECK(practice.state(soon) == "scheduled");
    CHECK(practice.events("clock.stepped").size() == 1);
    practice.clock.advance(kMinute);
    practice.clock.step(-kYear);
    practice.pump();
    practice.clock.advance(30 * kMinute);
    practice.pump_to_the_end();
    CHECK(practice.state(soon) == "finished");
    CHECK(practice.state(far) == "scheduled");
    CHECK(practice.events("blast.missed").empty());
    CHECK(practice.notifier.all().size() == 3);
  }
  SUBCASE("half an hour ahead, for good: it goes after the wait") {
    practice.clock.step(31 * kMinute);
    practice.pump();
    CHECK(practice.state(soon) == "scheduled");
    practice.clock.advance(5 * kMinute - 1);
    practice.pump();
    CHECK(practice.state(soon) == "scheduled");
    practice.clock.advance(1);
    practice.pump_to_the_end();
    CHECK(practice.state(soon) == "finished");
  }
  SUBCASE("a year ahead, for good: what was due in it says that it is late") {
    practice.clock.step(kYear);
    practice.pump();
    practice.clock.advance(5 * kMinute);
    practice.pump_to_the_end();
    CHECK(practice.get(soon).text("missed_reason") == "late");
    CHECK(practice.get(far).text("missed_reason") == "late");
    CHECK(practice.notifier.all().empty());
  }
  SUBCASE("an hour back: it goes an hour later by the old clock, once") {
    practice.clock.step(-kHour);
    practice.pump();
    practice.clock.advance(31 * kMinute);
    practice.pump();
    CHECK(practice.state(soon) == "scheduled");
    practice.clock.advance(kHour);
    practice.pump_to_the_end();
    CHECK(practice.state(soon) == "finished");
    practice.clock.step(-kHour);
    practice.pump();
    practice.clock.advance(2 * kHour);
    practice.pump_to_the_end();
    CHECK(practice.notifier.all().size() == 3);
  }
  SUBCASE("some seconds are no step") {
    practice.clock.step(30 * kMinute);
    practice.clock.step(-29 * kMinute - 30 * kSecond);
    practice.pump();
    CHECK(practice.events("clock.stepped").empty());
    practice.clock.advance(30 * kMinute);
    practice.pump_to_the_end();
    CHECK(practice.state(soon) == "finished");
  }
}

}  // namespace
