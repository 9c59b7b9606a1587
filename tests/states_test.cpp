// The states of a blast: every verb in every state.
#include <bccast/bccast.h>
#include <doctest/doctest.h>

#include <functional>
#include <map>
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

constexpr std::int64_t kMinute = 60'000;

/// Blasts of lee to ana and ben, in any state.
struct Practice : Host {
  Practice() {
    provider("lee");
    clients("lee", {"ana", "ben"});
  }

  string in_state(const string& state) {
    const auto blast = draft("lee", {"ana", "ben"});
    write("lee", blast, "Good morning");
    if (state == "scheduled")
      must(bccast_blast_schedule, *this, "lee", blast, clock.now_ms() + kMinute, nullptr);
    if (state == "draft" || state == "scheduled") return blast;
    send("lee", blast);
    if (state == "paused") must(bccast_blast_pause, *this, "lee", blast);
    if (state == "finished") pump_to_the_end();
    if (state == "recalled") must(bccast_blast_recall, *this, "lee", blast);
    return blast;
  }
  string state_of(const string& blast) {
    const auto got = call(bccast_blast_get, *this, "lee", blast);
    return got.code == BCCAST_E_NOT_FOUND ? "gone" : got.rows[0].text("state");
  }
};

/// What a verb gives, and the state after it; "": as before.
struct Expected {
  std::int32_t code;
  string state;
};
const Expected kOk{BCCAST_OK, ""};
const Expected kExists{BCCAST_EXISTS, ""};
const Expected kState{BCCAST_E_STATE, ""};
Expected to(string state) {
  return {BCCAST_OK, std::move(state)};
}

using Verb = std::function<test::Answer(Practice&, const string&)>;

const std::map<string, Verb> kVerbs{
    {"select", [](auto& p, const auto& b) { return call(bccast_blast_select, p, "lee", b, "ana"); }},
    {"write", [](auto& p, const auto& b) { return call(bccast_blast_write, p, "lee", b, "Hello", 5); }},
    {"set", [](auto& p, const auto& b) { return call(bccast_blast_set, p, "lee", b, "deadline_ms", "5"); }},
    {"discard", [](auto& p, const auto& b) { return call(bccast_blast_discard, p, "lee", b); }},
    {"schedule",
     [](auto& p, const auto& b) {
       return call(bccast_blast_schedule, p, "lee", b, p.clock.now_ms() + 2 * kMinute, nullptr);
     }},
    {"unschedule", [](auto& p, const auto& b) { return call(bccast_blast_unschedule, p, "lee", b); }},
    {"send", [](auto& p, const auto& b) { return call(bccast_blast_send, p, "lee", b, nullptr); }},
    {"pause", [](auto& p, const auto& b) { return call(bccast_blast_pause, p, "lee", b); }},
    {"resume", [](auto& p, const auto& b) { return call(bccast_blast_resume, p, "lee", b); }},
    {"recall", [](auto& p, const auto& b) { return call(bccast_blast_recall, p, "lee", b); }},
    {"purge", [](auto& p, const auto& b) { return call(bccast_blast_purge, p, "lee", b); }},
    {"retry_failed",
     [](auto& p, const auto& b) { return call(bccast_blast_retry_failed, p, "lee", b, nullptr); }},
};

// In the order of the states below.
const std::vector<string> kStates{"draft", "scheduled", "sent", "paused", "finished", "recalled"};
const Expected kNothingFailed{BCCAST_DONE, ""};
const std::map<string, std::vector<Expected>> kTable{
    {"select", {kOk, kState, kState, kState, kState, kState}},
    {"write", {kOk, kState, kState, kState, kState, kState}},
    {"set", {kOk, kState, kState, kState, kState, kState}},
    {"discard", {to("gone"), kState, kState, kState, kState, kState}},
    {"schedule", {to("scheduled"), kOk, kState, kState, kState, kState}},
    {"unschedule", {kExists, to("draft"), kState, kState, kState, kState}},
    {"send", {to("sent"), to("sent"), kExists, kExists, kExists, kExists}},
    {"pause", {kState, kState, to("paused"), kExists, kState, kState}},
    {"resume", {kState, kState, kExists, to("sent"), kState, kState}},
    {"recall", {kState, kState, to("recalled"), to("recalled"), to("recalled"), kExists}},
    {"purge", {kState, kState, kState, kState, kState, kOk}},
    {"retry_failed", {kState, kState, kNothingFailed, kNothingFailed, kNothingFailed, kState}},
};

TEST_CASE("states: every verb in every state") {
  Practice practice;
  for (const auto& [name, run] : kVerbs) {
    const string& verb = name;
    for (std::size_t s = 0; s < kStates.size(); ++s) {
      CAPTURE(verb);
      CAPTURE(kStates[s]);
      const auto blast = practice.in_state(kStates[s]);
      REQUIRE(practice.state_of(blast) == kStates[s]);
      const auto answer = run(practice, blast);
      const auto& expected = kTable.at(verb)[s];
      CHECK(answer.code == expected.code);
      CHECK((expected.code < 0) == !answer.message.empty());
      CHECK(practice.state_of(blast) == (expected.state.empty() ? kStates[s] : expected.state));
    }
  }
  CHECK(practice.verify().empty());
}

TEST_CASE("states: what cannot be done is said, and what to do instead") {
  Practice practice;
  const auto message = [&](const string& verb, const string& state) {
    return kVerbs.at(verb)(practice, practice.in_state(state)).message;
  };
  const auto ends_with = [](const string& text, const string& end) {
    CAPTURE(text);
    CHECK(text.ends_with(end));
  };
  ends_with(message("discard", "sent"), "is sent, and cannot be discarded: recall it instead");
  ends_with(message("unschedule", "finished"), "is finished, and cannot be unscheduled: recall it instead");
  ends_with(message("recall", "draft"), "is a draft, and cannot be recalled: discard it instead");
  ends_with(message("recall", "scheduled"), "is scheduled, and cannot be recalled: unschedule it first");
  ends_with(message("write", "scheduled"), "is scheduled, and cannot be changed: unschedule it first");
  ends_with(message("purge", "sent"), "is sent, and cannot be purged: recall it first");
  ends_with(message("pause", "finished"), "is finished, and cannot be paused");
}

TEST_CASE("states: a foreign blast is one that does not exist, for every verb") {
  Practice practice;
  practice.provider("kim");
  const auto foreign = practice.draft("kim");
  for (const auto& [name, run] : kVerbs) {
    const string& verb = name;
    CAPTURE(verb);
    const auto theirs = run(practice, foreign);
    CHECK(theirs.code == BCCAST_E_NOT_FOUND);
    CHECK(theirs == run(practice, string(32, '0')));
  }
}

TEST_CASE("states: an archived provider changes nothing, but texts of recalled blasts can be purged") {
  Practice practice;
  const auto sent = practice.in_state("sent");
  const auto recalled = practice.in_state("recalled");
  practice.archive_provider("lee");
  for (const auto* verb : {"pause", "resume", "recall", "schedule", "unschedule"})
    CHECK(kVerbs.at(verb)(practice, sent).code == BCCAST_E_STATE);
  CHECK(kVerbs.at("purge")(practice, recalled).code == BCCAST_OK);
}

}  // namespace
