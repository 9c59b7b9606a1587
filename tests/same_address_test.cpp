// P12: no two recipients of a blast at one address get two notifications of it on a channel; and one of them
// gets one, whatever becomes of the others.
#include <bccast/bccast.h>
#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <functional>
#include <map>
#include <random>
#include <set>
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
using Names = std::vector<string>;

constexpr std::int64_t kLease = 60'000;
constexpr const char* kAddress = "Family.Ionescu@example.org";

/// Clients who share an address, and ana and zoe, who do not. Nobody handles: one claims.
struct Family : Host {
  explicit Family(int size, const Setup& setup = {.channels = {}}) : Host(setup) {
    must(bccast_channel_put, *this, "email", "notify");
    provider("lee");
    clients("lee", {"ana"});
    for (int i = 0; i < size; ++i) {
      members.push_back("f" + std::to_string(i));
      clients("lee", {members.back()});
      move(members.back(), kAddress);
    }
    clients("lee", {"zoe"});
  }
  void move(const string& client, const string& address, const string& channel = "email") {
    must(bccast_directory_client_set, *this, client, "address." + channel, address);
  }
  bool is_member(const string& client) const { return std::ranges::find(members, client) != members.end(); }
  static string state_of(const test::Row& row) {
    return row.null("reason") ? row.text("state") : row.text("state") + " " + row.text("reason");
  }
  string state(const string& blast, const string& client) const {
    return state_of(recipients("lee", blast).where("client", client));
  }
  /// How many of the family, erased ones too, are in a state.
  std::int64_t count(const string& blast, const string& wanted) const {
    const auto rows = recipients("lee", blast);
    return std::ranges::count_if(rows, [&](const auto& row) {
      const auto& client = row.text("client");
      return (client.empty() || is_member(client)) && state_of(row) == wanted;
    });
  }
  /// The next of the family that is due, claimed alone; ana and zoe are told in passing.
  Batch next_member(bccast_engine* engine = nullptr) {
    for (;;) {
      auto batch = claim(engine != nullptr ? engine : *this, "email", 1);
      if (batch.empty() || is_member(batch.rows()[0].text("to"))) return batch;
      CHECK(batch.complete() == BCCAST_OK);
    }
  }
  static string who(const Batch& batch) { return batch.rows()[0].text("to"); }
  /// Claims and completes all that comes, moving the clock; says who was told.
  Names work_off(std::uint32_t most = 0) {
    Names told;
    for (int turn = 0; turn < 4000; ++turn) {
      if (auto batch = claim(*this, "email", most); !batch.empty()) {
        for (const auto& row : batch.rows()) told.push_back(row.text("to"));
        must(bccast_batch_complete, batch, 0, nullptr);
        continue;
      }
      if (must(bccast_channel_list, *this).rows.where("channel", "email").number("pending") == 0) return told;
      clock.advance(1000);
    }
    throw std::runtime_error("there is no end to it");
  }
  Names told_of_family(std::uint32_t most = 0) {
    auto told = work_off(most);
    std::erase_if(told, [&](const string& client) { return !is_member(client); });
    return told;
  }
  Names members;
};

void check_sound(const Family& host, const string& blast) {
  for (const auto& row : host.status("lee", blast)) {
    CHECK(row.number("done") + row.number("failed") + row.number("skipped") == row.number("recipients"));
    CHECK(row.text("state") == "finished");
  }
  CHECK(host.verify().empty());
}

const std::vector<std::uint32_t> kSizes{0, 1, 2, 3};  // of claims; 0: as many as fit

}  // namespace

TEST_CASE("P12: one notification at an address, for families of two to five, in batches of any size") {
  for (const int size : {2, 3, 4, 5})
    for (const auto most : kSizes) {
      CAPTURE(size);
      CAPTURE(most);
      Family host(size);
      const auto blast = host.blast("lee", "Good morning");
      auto told = host.work_off(most);
      CHECK(told.size() == 3);
      CHECK(std::ranges::count(told, "ana") == 1);
      CHECK(std::ranges::count(told, "zoe") == 1);
      CHECK(host.count(blast, "done") == 1);
      CHECK(host.count(blast, "skipped same_address") == size - 1);
      check_sound(host, blast);
      for (const auto& member : host.members) CHECK(host.threads(member).size() == 1);
      // The next blast again.
      const auto next = host.blast("lee", "Good evening");
      CHECK(host.told_of_family(most).size() == 1);
      check_sound(host, next);
    }
}

TEST_CASE(
    "P12: addresses are one without regard to the case of letters; what is no mail address is compared as it "
    "is") {
  Family host(3);
  host.move("f1", "family.ionescu@EXAMPLE.ORG");
  host.move("f2", "FAMILY.IONESCU@example.org");
  host.blast("lee", "Good morning");
  CHECK(host.told_of_family().size() == 1);
  must(bccast_channel_put, host, "push", "notify");
  host.move("f0", "device-a", "push");
  host.move("f1", "device-A", "push");
  host.move("f2", "device-a", "push");
  const auto blast = host.blast("lee", "Good evening");
  Names told;
  for (auto batch = claim(host, "push"); !batch.empty(); batch = claim(host, "push")) {
    for (const auto& row : batch.rows()) told.push_back(row.text("address"));
    must(bccast_batch_complete, batch, 0, nullptr);
  }
  std::ranges::sort(told);
  CHECK(told == Names{"device-A", "device-a"});
  CHECK(host.told_of_family().size() == 1);
  check_sound(host, blast);
}

TEST_CASE("P12: a mailbox is one however its address is written, and marks make two people") {
  struct Pair {
    const char* one;
    const char* other;
    std::size_t told;
  };
  const Pair pairs[] = {
      {"josé@example.org", "JOSÉ@example.org", 1},     {"josé@example.org", "jose\u0301@example.org", 1},
      {"mia@bücher.example", "mia@BÜCHER.example", 1}, {"mia@bücher.example", "mia@xn--bcher-kva.example", 1},
      {"\"mia\"@example.org", "mia@example.org.", 1},  {"josé@example.org", "jose@example.org", 2},
      {"mia+a@example.org", "mia+b@example.org", 2},   {"m.ia@example.org", "mia@example.org", 2},
  };
  Family host(2);
  for (const auto& pair : pairs) {
    INFO(pair.one << " and " << pair.other);
    host.move("f0", pair.one);
    host.move("f1", pair.other);
    const auto blast = host.blast("lee", "Good morning");
    CHECK(host.told_of_family().size() == pair.told);
    check_sound(host, blast);
  }
}

TEST_CASE("P12: only recipients count, and only of one provider's blast") {
  Family host(4);
  const auto blast = host.blast("lee", {"f2", "ana", "zoe"}, "Just three");
  CHECK(host.told_of_family() == Names{"f2"});
  host.provider("kim");
  host.clients("kim", {"f1", "f2", "ana"});
  for (const auto* member : {"f1", "f2"}) host.move(member, kAddress);
  host.blast("kim", "From another");
  host.blast("lee", "To all");
  CHECK(host.told_of_family().size() == 2);
  check_sound(host, blast);
}

TEST_CASE("P12: of single messages everybody is told") {
  Family host(3);
  for (const auto& member : host.members) host.write_direct("lee", member, "Just for you");
  CHECK(host.told_of_family() == host.members);
  host.community("lee", "Parents", {"f0", "f1", "f2"});
  must(bccast_channel_put, host, "post", "deliver");
  const auto blast = host.blast("lee", "Delivered to each");
  auto batch = claim(host, "post");
  CHECK(batch.size() == 5);
  must(bccast_batch_complete, batch, 0, nullptr);
  CHECK(host.told_of_family().size() == 1);
  check_sound(host, blast);
}

TEST_CASE("P12: who is left out for another reason stands for nobody") {
  struct Way {
    const char* reason;
    std::function<void(Family&, const string& blast, const string& member)> act;
  };
  const std::vector<Way> ways{
      {"archived", [](Family& h, auto&, auto& m) { h.archive("lee", m); }},
      {"notify_off",
       [](Family& h, auto&, auto& m) { must(bccast_directory_client_set, h, m, "notify", "off"); }},
      {"no_address", [](Family& h, auto&, auto& m) { h.move(m, ""); }},
      {"already_read", [](Family& h, auto& b, auto& m) { h.read(m, h.of_blast("lee", b, m), 1); }},
      {"erased", [](Family& h, auto&, auto& m) { h.erase(m); }},
  };
  for (const auto& way : ways)
    for (const auto most : kSizes)
      for (std::size_t out = 1; out <= 3; ++out) {
        CAPTURE(way.reason);
        CAPTURE(most);
        CAPTURE(out);
        Family host(3);
        const auto blast = host.blast("lee", "Good morning");
        for (std::size_t i = 0; i < out; ++i) way.act(host, blast, host.members[i]);
        const auto told = host.told_of_family(most);
        CHECK(told.size() == (out < 3 ? 1 : 0));
        if (out == 2) CHECK(told == Names{"f2"});
        check_sound(host, blast);
      }
}

TEST_CASE("P12: while one is in flight the others wait, and then do as it did") {
  struct Way {
    std::int32_t status;
    const char* first;
    bool another_is_told;
  };
  for (const auto& way :
       {Way{BCCAST_ITEM_DONE, "done", false}, Way{BCCAST_ITEM_FAILED, "failed bounced", false},
        Way{BCCAST_ITEM_SKIPPED, "skipped skipped_by_notifier", true}}) {
    CAPTURE(way.first);
    Family host(3);
    Host other(Setup{.channels = {}, .beside = &host});
    const auto blast = host.blast("lee", "Good morning");
    auto first = host.next_member();
    REQUIRE(!first.empty());
    const auto who = Family::who(first);
    CHECK(host.next_member(other).empty());
    CHECK(host.count(blast, "pending") == 2);
    for (int i = 0; i < 5; ++i) {
      host.clock.advance(2000);
      CHECK(host.next_member(other).empty());
    }
    first.set(0, way.status, "bounced");
    must(bccast_batch_complete, first, 0, nullptr);
    const auto told = host.told_of_family();
    CHECK(told.size() == (way.another_is_told ? 1 : 0));
    CHECK(host.state(blast, who).starts_with(way.first));
    CHECK(host.count(blast, "skipped same_address") == (way.another_is_told ? 1 : 2));
    check_sound(host, blast);
  }
}

TEST_CASE("P12: in one batch, whatever the first says the others follow; in one part or in several") {
  for (const bool in_parts : {false, true})
    for (const auto status : {BCCAST_ITEM_DONE, BCCAST_ITEM_FAILED, BCCAST_ITEM_SKIPPED, BCCAST_ITEM_RETRY,
                              BCCAST_ITEM_NOT_TRIED}) {
      CAPTURE(in_parts);
      CAPTURE(status);
      Family host(3);
      const auto blast = host.blast("lee", "Good morning");
      auto batch = claim(host);
      REQUIRE(batch.size() == 3);  // ana, one of the family, zoe
      string who;
      for (const auto& row : batch.rows())
        if (host.is_member(row.text("to"))) who = row.text("to");
      batch.set(batch.item_to(who), status, status == BCCAST_ITEM_FAILED ? "bounced" : nullptr);
      for (std::size_t i = 0; i < (in_parts ? 3 : 1); ++i)
        must(bccast_batch_complete, batch, in_parts ? 1 : 0, nullptr);
      batch.free();
      const bool again = status == BCCAST_ITEM_RETRY || status == BCCAST_ITEM_NOT_TRIED;
      // Where the first was not tried at all, and said so alone, another may go at once.
      if (status == BCCAST_ITEM_RETRY || (again && !in_parts)) CHECK(host.next_member().empty());
      const auto told = host.told_of_family();
      const bool ended = status == BCCAST_ITEM_DONE || status == BCCAST_ITEM_FAILED;
      REQUIRE(told.size() == (ended ? 0 : 1));
      // What is to be tried again goes first; of those that were not, any may.
      if (status == BCCAST_ITEM_RETRY) CHECK(told == Names{who});
      const auto& last = ended ? who : told.front();
      CHECK(host.state(blast, last) == (status == BCCAST_ITEM_FAILED ? "failed bounced" : "done"));
      if (status == BCCAST_ITEM_SKIPPED) {
        CHECK(last != who);
        CHECK(host.state(blast, who) == "skipped skipped_by_notifier");
      }
      CHECK(host.count(blast, "skipped same_address") == (status == BCCAST_ITEM_SKIPPED ? 1 : 2));
      check_sound(host, blast);
    }
}

TEST_CASE("P12: the others wait for the retries of one; if it is left out meanwhile, the next is told") {
  for (const int archived_after : {0, 1, 2, 3}) {  // attempts; 0: it is not
    CAPTURE(archived_after);
    Family host(4);
    const auto blast = host.blast("lee", "Good morning");
    auto trying = host.next_member();
    REQUIRE(!trying.empty());
    const string who = Family::who(trying);
    for (int attempt = 1; attempt <= 3; ++attempt) {
      trying.set(0, BCCAST_ITEM_RETRY, "busy", 30'000);
      must(bccast_batch_complete, trying, 0, nullptr);
      trying.free();
      CHECK(host.next_member().empty());
      host.clock.advance(29'000);
      CHECK(host.next_member().empty());
      if (attempt == archived_after) break;
      host.clock.advance(1000);
      trying = host.next_member();
      REQUIRE(!trying.empty());
      CHECK(Family::who(trying) == who);
    }
    if (archived_after > 0) host.archive("lee", who);
    trying.free();
    const auto told = host.told_of_family();
    CHECK(told.size() == 1);
    CHECK((told == Names{who}) == (archived_after == 0));
    check_sound(host, blast);
  }
}

TEST_CASE("P12: who was told, is to be tried again after all and is left out then, stands for nobody") {
  for (const bool archived : {false, true}) {
    CAPTURE(archived);
    Family host(3);
    const auto blast = host.blast("lee", "Good morning");
    auto first = host.next_member();
    const auto who = Family::who(first);
    const auto item = first.rows()[0].text("id");
    must(bccast_batch_complete, first, 0, nullptr);
    must(bccast_report, host, item, BCCAST_ITEM_RETRY, "bounced");
    if (archived) host.archive("lee", who);
    const auto told = host.told_of_family();
    CHECK(told.size() == 1);
    CHECK((told == Names{who}) == !archived);
    CHECK(host.count(blast, "skipped same_address") == (archived ? 1 : 2));
    check_sound(host, blast);
  }
}

TEST_CASE("P12: a batch that is given back, that its worker loses, or that fails as a whole") {
  for (const string way : {"given back", "lost", "restart"}) {
    CAPTURE(way);
    Family host(3);
    const auto blast = host.blast("lee", "Good morning");
    auto batch = claim(host, "email", 2);
    auto rest = claim(host, "email", 5);
    if (way == "lost") {
      host.clock.advance(kLease + 1);
    } else {
      batch.free();
      rest.free();
      if (way == "restart") host.restart();
    }
    CHECK(host.told_of_family(2).size() == 1);
    check_sound(host, blast);
  }
  // As a whole: until what is to blame is alone. Nobody is told twice.
  Family host(5, Setup{.channels = {"email"}});
  std::map<string, int> told;
  host.notifier.whole = [&](const auto& notices) {
    for (const auto& notice : notices)
      if (notice.to() == "ana") return std::int32_t{BCCAST_E_NOTIFIER};
    for (const auto& notice : notices) ++told[notice.row.text("address")];
    return std::int32_t{BCCAST_OK};
  };
  const auto blast = host.blast("lee", "Good morning");
  CHECK(host.pump_to_the_end());
  CHECK(told == std::map<string, int>{{kAddress, 1}, {"zoe@example.org", 1}});
  CHECK(host.state(blast, "ana").starts_with("failed"));
  check_sound(host, blast);
}

TEST_CASE("P12: while one waits for its morning one of the others is told, in one claim as in several") {
  for (const auto most : kSizes)
    for (std::size_t quiet = 0; quiet < 3; ++quiet) {
      CAPTURE(most);
      CAPTURE(quiet);
      Family host(3);
      must(bccast_channel_set, host, "email", "quiet_hours", "21:00-08:00");
      for (std::size_t i = 0; i < 3; ++i)
        must(bccast_directory_client_set, host, host.members[i], "timezone",
             i == quiet ? "Europe/Berlin" : "America/New_York");  // 23:13 and 17:13
      const auto blast = host.blast("lee", "Good morning");
      // All that is handed out at first is told, and then its workers are lost.
      std::set<string> told;
      std::vector<Batch> lost;
      for (auto batch = claim(host, "email", most); !batch.empty(); batch = claim(host, "email", most)) {
        for (const auto& row : batch.rows())
          if (host.is_member(row.text("to"))) told.insert(row.text("to"));
        if (told.empty()) CHECK(batch.complete() == BCCAST_OK);
        lost.push_back(std::move(batch));
      }
      host.clock.advance(18 * 60 * kLease);  // it is day in both
      for (const auto& client : host.told_of_family(most)) told.insert(client);
      CHECK(told.size() == 1);
      check_sound(host, blast);
    }
}

TEST_CASE("P12: an address that changes while the blast is told") {
  // Before its turn: what counts is where it is then.
  {
    Family host(3);
    const auto blast = host.blast("lee", "Good morning");
    auto first = host.next_member();
    const auto who = Family::who(first);
    CHECK(host.next_member().empty());
    const string moved = who == "f1" ? "f2" : "f1";
    host.move(moved, "elsewhere@example.org");
    must(bccast_batch_complete, first, 0, nullptr);
    CHECK(host.told_of_family() == Names{moved});
    check_sound(host, blast);
  }
  // The one who is to be tried again leaves: the next is told at the old address, and it at the new one.
  {
    Family host(3);
    const auto blast = host.blast("lee", "Good morning");
    auto first = host.next_member();
    const auto who = Family::who(first);
    first.set(0, BCCAST_ITEM_RETRY, "busy", 5000);
    must(bccast_batch_complete, first, 0, nullptr);
    host.move(who, "elsewhere@example.org");
    const auto told = host.told_of_family();
    CHECK(told.size() == 2);
    CHECK(std::ranges::count(told, who) == 1);
    check_sound(host, blast);
  }
  // Who is to be tried again comes to an address that was told.
  {
    Family host(2);
    const auto blast = host.blast("lee", {"ana", "zoe", "f0", "f1"}, "Good morning");
    for (auto batch = claim(host, "email", 1); !batch.empty(); batch = claim(host, "email", 1)) {
      if (batch.rows()[0].text("to") == "ana") batch.set(0, BCCAST_ITEM_RETRY, "busy", 5000);
      must(bccast_batch_complete, batch, 0, nullptr);
    }
    host.move("ana", kAddress);
    CHECK(host.work_off().empty());
    CHECK(host.state(blast, "ana") == "skipped same_address");
    check_sound(host, blast);
  }
  // Only the case of its letters: the same address, for the index as well.
  {
    Family host(2);
    const auto blast = host.blast("lee", "Good morning");
    auto first = host.next_member();
    host.move(Family::who(first), "FAMILY.ionescu@example.org");
    CHECK(host.next_member().empty());
    must(bccast_batch_complete, first, 0, nullptr);
    CHECK(host.told_of_family().empty());
    check_sound(host, blast);
  }
}

TEST_CASE("P12: an address stays told when whoever was told there leaves it") {
  const std::vector<std::pair<const char*, std::function<void(Family&, const string&)>>> ways{
      {"another address", [](Family& h, const string& m) { h.move(m, "elsewhere@example.org"); }},
      {"none", [](Family& h, const string& m) { h.move(m, ""); }},
      {"erased", [](Family& h, const string& m) { h.erase(m); }},
  };
  for (const auto& [name, leave] : ways)
    for (const int size : {2, 3})
      for (const bool in_flight : {false, true}) {
        const string what = name;
        CAPTURE(what);
        CAPTURE(size);
        CAPTURE(in_flight);
        Family host(size);
        const auto blast = host.blast("lee", "Good morning");
        auto first = host.next_member();
        const auto who = Family::who(first);
        if (!in_flight) must(bccast_batch_complete, first, 0, nullptr);
        leave(host, who);
        if (in_flight) must(bccast_batch_complete, first, 0, nullptr);
        CHECK(host.told_of_family().empty());
        CHECK(host.count(blast, "skipped same_address") == size - 1);
        check_sound(host, blast);
        // Of the next blast those who are left are told.
        const auto next = host.blast("lee", "Good evening");
        CHECK(host.told_of_family().size() == (what == "another address" ? 2 : 1));
        check_sound(host, next);
      }
}

TEST_CASE("P12: who leaves an address while another is told there takes nothing from it") {
  for (const string way : {"moved", "erased"})
    for (const auto& how : {std::pair(false, 2), std::pair(true, 2), std::pair(true, 3)}) {
      const bool lost = how.first;
      const int size = how.second;
      CAPTURE(way);
      CAPTURE(lost);
      CAPTURE(size);
      Family host(size);
      const auto blast = host.blast("lee", "Good morning");
      auto batch = claim(host);
      REQUIRE(batch.size() == 3);  // ana, one of the family, zoe
      string first;
      for (const auto& row : batch.rows())
        if (host.is_member(row.text("to"))) first = row.text("to");
      const auto& other = host.members[first == "f0" ? 1 : 0];
      if (way == "moved") host.move(other, "");
      if (way == "erased") host.erase(other);
      if (lost) {
        host.clock.advance(kLease + 1);
      } else {
        batch.free();
      }
      CHECK(host.told_of_family() == Names{first});
      CHECK(host.state(blast, first) == "done");
      check_sound(host, blast);
    }
}

TEST_CASE("P12: sending again what failed, and reports that come later, tell nobody else") {
  Family host(3);
  const auto blast = host.blast("lee", "Good morning");
  auto first = host.next_member();
  const auto who = Family::who(first);
  const auto item = first.rows()[0].text("id");
  first.set(0, BCCAST_ITEM_FAILED, "mailbox_full");
  must(bccast_batch_complete, first, 0, nullptr);
  CHECK(host.told_of_family().empty());
  must(bccast_blast_retry_failed, host, "lee", blast, nullptr);
  CHECK(host.told_of_family() == Names{who});
  for (const auto status : {BCCAST_ITEM_FAILED, BCCAST_ITEM_DONE, BCCAST_ITEM_RETRY}) {
    must(bccast_report, host, item, status, "bounced");
    CHECK(host.told_of_family() == (status == BCCAST_ITEM_RETRY ? Names{who} : Names{}));
    CHECK(host.count(blast, "skipped same_address") == 2);
  }
  check_sound(host, blast);
  // One that had failed elsewhere and came to a told address since is not told there.
  const auto second = host.blast("lee", "Good evening");
  for (auto batch = claim(host, "email", 1); !batch.empty(); batch = claim(host, "email", 1)) {
    if (batch.rows()[0].text("to") == "zoe") batch.set(0, BCCAST_ITEM_FAILED, "no_such_mailbox");
    must(bccast_batch_complete, batch, 0, nullptr);
  }
  host.move("zoe", kAddress);
  must(bccast_blast_retry_failed, host, "lee", second, nullptr);
  CHECK(host.work_off().empty());
  CHECK(host.state(second, "zoe") == "skipped same_address");
  check_sound(host, second);
}

TEST_CASE("P12: who comes to an address whose only owner is being told there waits for it") {
  for (const string way : {"done", "lost", "skipped"}) {
    CAPTURE(way);
    Family host(1);
    string blast;
    Batch batch;
    do {  // until f0 happens to be the first
      batch.free();
      host.work_off();
      blast = host.blast("lee", {"f0", "zoe"}, "Good morning");
      batch = claim(host, "email", 1);
    } while (Family::who(batch) != "f0");
    host.move("zoe", kAddress);
    CHECK(claim(host).empty());
    if (way == "done") CHECK(batch.complete() == BCCAST_OK);
    if (way == "lost") host.clock.advance(kLease + 1);
    if (way == "skipped") {
      batch.set(0, BCCAST_ITEM_SKIPPED, "no need");
      CHECK(batch.complete() == BCCAST_OK);
    }
    const auto told = host.work_off(1);
    CHECK(told == (way == "done" ? Names{} : way == "lost" ? Names{"f0"} : Names{"zoe"}));
    CHECK((host.state(blast, "zoe") == "skipped same_address") == (way != "skipped"));
    check_sound(host, blast);
  }
}

TEST_CASE("P12: where messages are delivered first, who was not delivered stands for nobody") {
  Family host(3);
  must(bccast_channel_put, host, "post", "deliver");
  const auto blast = host.blast("lee", "Good morning");
  auto delivery = claim(host, "post");
  REQUIRE(delivery.size() == 5);
  delivery.set(delivery.item_to("f0"), BCCAST_ITEM_FAILED, "no_room");
  delivery.set(delivery.item_to("f1"), BCCAST_ITEM_RETRY, "busy", 5000);
  must(bccast_batch_complete, delivery, 0, nullptr);
  Names told;
  for (int turn = 0; turn < 100; ++turn) {
    for (const char* channel : {"post", "email"})
      if (auto batch = claim(host, channel, 1); !batch.empty()) {
        const auto who = batch.rows()[0].text("to");
        if (string(channel) == "email" && host.is_member(who)) told.push_back(who);
        must(bccast_batch_complete, batch, 0, nullptr);
      }
    host.clock.advance(1000);
  }
  CHECK(told.size() == 1);
  CHECK(told != Names{"f0"});
  CHECK(must(bccast_blast_status, host, "lee", blast).rows.where("channel", "email").number("done") == 3);
  // Delivered after all, it is still not told a second time at the address.
  must(bccast_blast_retry_failed, host, "lee", blast, nullptr);
  for (int turn = 0; turn < 10; ++turn) {
    for (const char* channel : {"post", "email"})
      if (auto batch = claim(host, channel); !batch.empty()) {
        CHECK(string(channel) == "post");
        must(bccast_batch_complete, batch, 0, nullptr);
      }
    host.clock.advance(1000);
  }
  CHECK(must(bccast_blast_status, host, "lee", blast).rows.where("channel", "email").number("done") == 3);
  check_sound(host, blast);
}

TEST_CASE("P12: the index follows every change of the roster") {
  Family host(4);
  std::mt19937 random(12);
  const auto any = [&](int n) { return static_cast<int>(random() % static_cast<unsigned>(n)); };
  const Names addresses{"",      kAddress, "FAMILY.IONESCU@example.org", "a@example.org", "b@example.org",
                        "device"};
  const Names everybody{"ana", "f0", "f1", "f2", "f3", "zoe"};
  host.provider("kim");
  host.clients("kim", everybody);
  for (int step = 0; step < 300; ++step) {
    CAPTURE(step);
    const auto& who = everybody[static_cast<std::size_t>(any(6))];
    if (any(12) == 0) {
      host.erase(who);
      must(bccast_directory_client_put, host, who, who, addresses[static_cast<std::size_t>(any(6))]);
      must(bccast_directory_roster_add, host, any(2) == 0 ? "lee" : "kim", who);
    } else {
      host.move(who, addresses[static_cast<std::size_t>(any(6))], any(4) == 0 ? "push" : "email");
    }
    REQUIRE(host.verify().empty());
  }
}

namespace {

/// Random histories of two who claim in turn: what they do with their batches, and what happens to people.
class History {
 public:
  explicit History(unsigned seed) : random_(seed) {
    for (int i = 0; i < 14; ++i) {
      people_.push_back("p" + std::to_string(i));
      host_.clients("lee", {people_.back()});
      host_.move(people_.back(), some_address());
    }
    for (int i = 0; i < 2; ++i) blasts_.push_back(host_.blast("lee", "Good morning"));
  }

  void run() {
    for (int step = 0; step < 150; ++step) {
      if (any(3) != 0) {
        work(any(2));
      } else {
        happen();
      }
      if (any(4) == 0) host_.clock.advance(any(3) == 0 ? any(70'000) : any(3000));
    }
    for (auto& batches : held_) batches.clear();
    host_.work_off();
  }

  /// Nobody twice at an address; and somebody, unless all were left out for reasons of their own.
  void check() const {
    CHECK(host_.verify().empty());
    for (const auto& blast : blasts_) {
      std::map<string, int> told;
      std::map<string, int> ended;
      std::map<string, int> left_out;
      for (const auto& row : host_.recipients("lee", blast)) {
        const auto client = row.text("client");
        if (client.empty()) continue;  // erased: of its address nothing is known
        const auto address = address_of(client);
        told[address] += row.text("state") == "done" ? 1 : 0;
        ended[address] += row.text("state") == "done" || row.text("state") == "failed" ? 1 : 0;
        left_out[address] += row.text("reason") == "same_address" ? 1 : 0;
        CHECK(
            (row.text("state") == "done" || row.text("state") == "failed" || row.text("state") == "skipped"));
      }
      for (const auto& [told_at, times] : told) {
        const string& address = told_at;
        CAPTURE(address);
        CAPTURE(story_);
        CHECK(times <= 1);
        if (left_out[address] > 0) CHECK(ended[address] > 0);
      }
    }
  }

 private:
  int any(int n) { return static_cast<int>(random_() % static_cast<unsigned>(n)); }
  string some_address() {
    return (any(2) == 0 ? "family" : "Family") + std::to_string(any(5)) + "@example.org";
  }
  string address_of(const string& client) const {
    auto rows = must(bccast_directory_client_get, host_, client).rows;
    auto address = rows[0].text("address");
    std::ranges::transform(address, address.begin(), [](char c) { return c == 'F' ? 'f' : c; });
    return address;
  }

  void work(int which) {
    auto& held = held_[static_cast<std::size_t>(which)];
    bccast_engine* engine = which == 0 ? static_cast<bccast_engine*>(host_) : other_;
    if (held.empty() || any(3) == 0) {
      auto batch = claim(engine, "email", static_cast<std::uint32_t>(1 + any(5)));
      if (batch.empty()) return;
      say(which, "claims", batch);
      held.push_back(std::move(batch));
      return;
    }
    auto batch = std::move(held.back());
    held.pop_back();
    if (any(8) == 0) {
      say(which, "gives back", batch);
      return;
    }
    say(which, "reports", batch);
    const auto size = batch.size();
    for (std::size_t i = 0; i < size; ++i) {
      constexpr std::array kStatuses{BCCAST_ITEM_DONE,     BCCAST_ITEM_DONE,    BCCAST_ITEM_DONE,
                                     BCCAST_ITEM_RETRY,    BCCAST_ITEM_SKIPPED, BCCAST_ITEM_FAILED,
                                     BCCAST_ITEM_NOT_TRIED};
      const auto status = kStatuses[static_cast<std::size_t>(any(7))];
      story_ += " " + std::to_string(status);
      batch.set(i, status, "reason", any(2) == 0 ? -1 : any(10'000));
    }
    // Reported in parts, perhaps not to the end, perhaps too late.
    for (std::size_t done = 0; done < size;) {
      const auto n = static_cast<std::size_t>(1 + any(static_cast<int>(size - done)));
      const auto code = batch.complete(n);
      story_ += " " + std::to_string(n) + ": " + bccast_code_name(code);
      CHECK((code == BCCAST_OK || code == BCCAST_E_CONFLICT));
      done += n;
      if (any(5) == 0) break;
    }
  }

  /// Somebody holds a message to them, perhaps in a batch that another took over long ago. Reported done, it
  /// was handed over at the address they had when it was claimed.
  bool in_hand(const string& who) const {
    return std::ranges::any_of(held_, [&](const auto& batches) {
      return std::ranges::any_of(batches, [&](const Batch& batch) {
        const auto rows = batch.rows();
        return std::ranges::any_of(rows, [&](const auto& row) { return row.text("to") == who; });
      });
    });
  }

  /// Something happens to somebody. Addresses change of those whom no blast has told, nor has in flight.
  void happen() {
    const auto& who = people_[static_cast<std::size_t>(any(14))];
    if (must(bccast_provider_roster, host_, "lee", nullptr, nullptr, 0).rows.column("client").size() < 14)
      return;
    bool open = !in_hand(who);
    for (const auto& blast : blasts_)
      for (const auto& row : host_.recipients("lee", blast))
        if (row.text("client") == who && row.text("state") != "pending" && row.text("state") != "retry")
          open = false;
    switch (any(5)) {
      case 0:
        must(bccast_directory_client_set, host_, who, "notify", any(3) == 0 ? "off" : "on");
        break;
      case 1:
        call(any(3) == 0 ? bccast_directory_roster_archive : bccast_directory_roster_restore, host_, "lee",
             who);
        break;
      default:
        if (open) {
          const auto address = any(6) == 0 ? string() : some_address();
          story_ += "\n" + who + " moves to " + address;
          host_.move(who, address);
        }
    }
  }

  void say(int which, const char* does, const Batch& batch) {
    story_ += "\n" + std::to_string(host_.clock.now_ms() - test::Clock::kStart) +
              " ms: " + std::to_string(which) + " " + does;
    for (const auto& row : batch.rows())
      story_ += " " + row.text("to") + " at " + address_of(row.text("to")) + " (" +
                row.text("id").substr(row.text("id").size() - 6) + ")";
  }

  std::mt19937 random_;
  string story_;  // for whoever has to find out why it failed
  Family host_{0};
  Host other_{Setup{.channels = {}, .beside = &host_}};
  Names people_;
  Names blasts_;
  std::array<std::vector<Batch>, 2> held_;
};

}  // namespace

TEST_CASE("P12: random histories of two who claim in turn") {
  const unsigned seeds = 40 * static_cast<unsigned>(test::scale());
  for (unsigned seed = 1; seed <= seeds; ++seed) {
    CAPTURE(seed);
    History history(seed);
    history.run();
    history.check();
  }
}

TEST_CASE("P12: however late the host comes back, somebody at the address is told after a retry") {
  for (const std::int64_t late_ms : {0, 1100, 2500, 60'000}) {
    CAPTURE(late_ms);
    Family host(4);
    const auto blast = host.blast("lee", "Good morning");
    // Nobody of the first batch could be told.
    auto first = claim(host);
    for (std::size_t i = 0; i < first.size(); ++i) first.set(i, BCCAST_ITEM_RETRY, "busy", 1000);
    must(bccast_batch_complete, first, 0, nullptr);
    first.free();
    Names told;
    for (int turn = 0; turn < 30; ++turn) {
      host.clock.advance(1000 + late_ms);
      for (auto batch = claim(host); !batch.empty(); batch = claim(host)) {
        for (const auto& row : batch.rows())
          if (host.is_member(row.text("to"))) told.push_back(row.text("to"));
        must(bccast_batch_complete, batch, 0, nullptr);
      }
    }
    CHECK(told.size() == 1);
    CHECK(host.count(blast, "skipped same_address") == 3);
    check_sound(host, blast);
  }
}
