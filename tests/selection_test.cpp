// Drafts: what a preview says, what its digest stands for, and who is left out and why.
#include <doctest/doctest.h>

#include <algorithm>
#include <cstdint>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "support/host.hpp"

namespace {

using test::Answer;
using test::call;
using test::Host;
using test::must;
using test::Row;
using Names = std::vector<std::string>;

struct Practice : Host {
  Practice() {
    provider("lee");
    clients("lee", {"ana", "ben", "cal", "dan", "eve", "fay"});
  }
  void set(const std::string& client, const std::string& key, const char* value) {
    must(bccast_directory_client_set, *this, client, key, value);
  }
  void roster_set(const std::string& client, const std::string& key, const char* value) {
    must(bccast_directory_roster_set, *this, "lee", client, key, value);
  }
  void all_active(const std::string& draft) { must(bccast_blast_select_all_active, *this, "lee", draft); }
  void select(const std::string& draft, const std::string& client) {
    must(bccast_blast_select, *this, "lee", draft, client);
  }
  void deselect(const std::string& draft, const std::string& client) {
    must(bccast_blast_deselect, *this, "lee", draft, client);
  }
  Answer try_send(const std::string& draft, const std::string& digest) {
    return call(bccast_blast_send, *this, "lee", draft, digest);
  }
  std::string digest(const std::string& draft) const { return preview("lee", draft).text("digest"); }
};

void check_counts(const Row& preview, std::int64_t recipients, std::int64_t archived, std::int64_t off,
                  std::int64_t no_address, std::int64_t deselected) {
  CHECK(preview.number("recipients") == recipients);
  CHECK(preview.number("archived") == archived);
  CHECK(preview.number("off") == off);
  CHECK(preview.number("not_on_roster") == 0);
  CHECK(preview.number("no_address") == no_address);
  CHECK(preview.number("deselected") == deselected);
}

TEST_CASE("preview: counts, and the reasons for those left out") {
  Practice host;
  const auto draft = host.draft("lee");
  check_counts(host.preview("lee", draft), 0, 0, 0, 0, 0);
  host.all_active(draft);
  check_counts(host.preview("lee", draft), 6, 0, 0, 0, 0);
  host.archive("lee", "ana");
  must(bccast_directory_client_archive, host, "ben");
  check_counts(host.preview("lee", draft), 4, 2, 0, 0, 0);
  host.roster_set("cal", "chat", "off");
  check_counts(host.preview("lee", draft), 3, 2, 1, 0, 0);
  host.set("dan", "chat", "off");
  check_counts(host.preview("lee", draft), 2, 2, 2, 0, 0);
  host.set("eve", "address.email", "");
  check_counts(host.preview("lee", draft), 2, 2, 2, 1, 0);  // receives, but cannot be told
  host.deselect(draft, "fay");
  check_counts(host.preview("lee", draft), 1, 2, 2, 1, 1);
  host.set("ana", "chat", "off");  // one reason for each
  check_counts(host.preview("lee", draft), 1, 2, 2, 1, 1);

  // And back again.
  host.select(draft, "fay");
  host.set("ana", "chat", "on");
  host.set("dan", "chat", nullptr);
  host.roster_set("cal", "chat", "on");
  must(bccast_directory_roster_restore, host, "lee", "ana");
  must(bccast_directory_client_restore, host, "ben");
  host.set("eve", "address.email", "eve@example.org");
  check_counts(host.preview("lee", draft), 6, 0, 0, 0, 0);
}

TEST_CASE("preview: of those picked one by one") {
  Practice host;
  host.archive("lee", "ana");
  host.set("ben", "chat", "off");
  host.set("fay", "address.email", "");
  const auto draft = host.draft("lee", {"ana", "ben", "cal", "dan"});
  check_counts(host.preview("lee", draft), 2, 1, 1, 0, 0);  // eve and fay are nobody's business
  must(bccast_blast_select_none, host, "lee", draft);
  check_counts(host.preview("lee", draft), 0, 0, 0, 0, 0);
}

TEST_CASE("preview: on a store without channels nobody can be told, and it is no matter") {
  Host host(test::Setup{.channels = {}});
  host.provider("lee");
  host.clients("lee", {"ana", "ben"});
  const auto draft = host.draft("lee", {"ana", "ben"});
  host.write("lee", draft, "Good morning");
  CHECK(host.preview("lee", draft).number("recipients") == 2);
  host.send("lee", draft);
  const auto status = host.status("lee", draft);
  REQUIRE(status.size() == 1);
  CHECK(status[0].text("state") == "finished");
  CHECK(status[0].number("done") == 2);
}

TEST_CASE("preview: nobody with an address on one of two channels counts as without address") {
  Host host(test::Setup{.channels = {"email", "push"}});
  host.provider("lee");
  host.clients("lee", {"ana", "ben", "cal"});
  must(bccast_directory_client_set, host, "ana", "address.email", "");
  must(bccast_directory_client_set, host, "ana", "address.push", "device 1");
  must(bccast_directory_client_set, host, "ben", "address.email", "");
  const auto draft = host.draft("lee", {"ana", "ben", "cal"});
  CHECK(host.preview("lee", draft).number("no_address") == 1);
}

TEST_CASE("preview writes nothing, and says the same until something changes") {
  Practice host;
  const auto draft = host.draft("lee", {"ana", "ben"});
  host.write("lee", draft, "Good morning");
  const auto first = host.preview("lee", draft);
  CHECK(host.preview("lee", draft) == first);
  host.clock.advance(86'400'000);
  host.restart();
  CHECK(host.preview("lee", draft) == first);
  CHECK(host.threads("ana").empty());
}

/// What happens between a preview and the sending against its digest.
struct Change {
  const char* what;
  std::function<void(Practice&, const std::string& draft)> act;
};

/// The draft: the rule, without fay.
std::string prepared(Practice& host) {
  host.archive("lee", "eve");
  const auto draft = host.draft("lee");
  host.all_active(draft);
  host.deselect(draft, "fay");
  host.write("lee", draft, "Good morning");
  return draft;
}

TEST_CASE("digest: CONFLICT after each change of the recipients or the text") {
  const std::vector<Change> changes{
      {"another text", [](Practice& h, const std::string& d) { h.write("lee", d, "Good evening"); }},
      {"one space more", [](Practice& h, const std::string& d) { h.write("lee", d, "Good morning "); }},
      {"picked", [](Practice& h, const std::string& d) { h.select(d, "fay"); }},
      {"de-selected", [](Practice& h, const std::string& d) { h.deselect(d, "dan"); }},
      {"the rule anew, which forgets acts", [](Practice& h, const std::string& d) { h.all_active(d); }},
      {"the rule dropped",
       [](Practice& h, const std::string& d) {
         must(bccast_blast_select_none, h, "lee", d);
         h.select(d, "ana");
         h.select(d, "ben");
       }},
      {"archived here", [](Practice& h, const std::string&) { h.archive("lee", "ana"); }},
      {"archived everywhere",
       [](Practice& h, const std::string&) { must(bccast_directory_client_archive, h, "ana"); }},
      {"restored",
       [](Practice& h, const std::string&) { must(bccast_directory_roster_restore, h, "lee", "eve"); }},
      {"chat off here", [](Practice& h, const std::string&) { h.roster_set("ana", "chat", "off"); }},
      {"chat off everywhere", [](Practice& h, const std::string&) { h.set("ana", "chat", "off"); }},
      {"a new client", [](Practice& h, const std::string&) { h.clients("lee", {"gus"}); }},
      {"one for another, the same count",
       [](Practice& h, const std::string& d) {
         h.deselect(d, "ana");
         h.select(d, "fay");
       }},
  };
  for (const auto& change : changes) {
    CAPTURE(change.what);
    Practice host;
    const auto draft = prepared(host);
    const auto digest = host.digest(draft);
    change.act(host, draft);
    const auto answer = host.try_send(draft, digest);
    CHECK(answer.code == BCCAST_E_CONFLICT);
    CHECK(answer.message.find(draft) != std::string::npos);
    CHECK(host.threads("ben").empty());  // nothing was written
    const auto fresh = host.digest(draft);
    CHECK(fresh != digest);
    CHECK(host.try_send(draft, fresh).code == BCCAST_OK);
  }
}

TEST_CASE("digest: no CONFLICT after what changes neither") {
  const std::vector<Change> changes{
      {"nothing", [](Practice&, const std::string&) {}},
      {"time", [](Practice& h, const std::string&) { h.clock.advance(3'600'000); }},
      {"another engine", [](Practice& h, const std::string&) { h.restart(); }},
      {"the same text again", [](Practice& h, const std::string& d) { h.write("lee", d, "Good morning"); }},
      {"there and back",
       [](Practice& h, const std::string& d) {
         h.deselect(d, "ana");
         h.select(d, "ana");
         h.write("lee", d, "Good evening");
         h.write("lee", d, "Good morning");
         h.archive("lee", "ben");
         must(bccast_directory_roster_restore, h, "lee", "ben");
       }},
      {"picked, who is in by the rule", [](Practice& h, const std::string& d) { h.select(d, "ana"); }},
      {"picked, who is archived", [](Practice& h, const std::string& d) { h.select(d, "eve"); }},
      {"archived, who is de-selected", [](Practice& h, const std::string&) { h.archive("lee", "fay"); }},
      {"renamed",
       [](Practice& h, const std::string&) {
         must(bccast_directory_client_put, h, "ana", "Ana the second", nullptr);
         must(bccast_directory_provider_put, h, "lee", "Dr. Lee");
       }},
      {"another address",
       [](Practice& h, const std::string&) { h.set("ana", "address.email", "a@b.example"); }},
      {"notifications off", [](Practice& h, const std::string&) { h.set("ana", "notify", "off"); }},
      {"a new client, archived",
       [](Practice& h, const std::string&) {
         must(bccast_directory_client_put, h, "gus", nullptr, nullptr);
         must(bccast_directory_client_archive, h, "gus");
         must(bccast_directory_roster_add, h, "lee", "gus");
       }},
      {"another provider's doings",
       [](Practice& h, const std::string&) {
         h.provider("kim");
         h.clients("kim", {"ana", "zoe"});
         h.blast("kim", {"zoe", "ana"}, "Hello");
         h.archive("kim", "ana");
       }},
      {"another blast of the same provider",
       [](Practice& h, const std::string&) {
         h.blast("lee", {"ana", "ben"}, "Good morning");
       }},
  };
  for (const auto& change : changes) {
    CAPTURE(change.what);
    Practice host;
    const auto draft = prepared(host);
    const auto digest = host.digest(draft);
    change.act(host, draft);
    CHECK(host.digest(draft) == digest);
    CHECK(host.try_send(draft, digest).code == BCCAST_OK);
  }
}

TEST_CASE("digest: of those picked one by one, a new client changes nothing") {
  Practice host;
  const auto draft = host.draft("lee", {"ana", "ben"});
  host.write("lee", draft, "Good morning");
  const auto digest = host.digest(draft);
  host.clients("lee", {"gus"});
  host.archive("lee", "cal");
  CHECK(host.try_send(draft, digest).code == BCCAST_OK);
}

TEST_CASE("digest: another draft's is of no use, nor one of another store") {
  Practice host;
  const auto one = host.draft("lee", {"ana", "ben"});
  const auto two = host.draft("lee", {"ana", "ben"});
  host.write("lee", one, "Good morning");
  host.write("lee", two, "Good morning");
  CHECK(host.digest(one) != host.digest(two));
  CHECK(host.try_send(one, host.digest(two)).code == BCCAST_E_CONFLICT);
  Practice elsewhere;
  const auto same = elsewhere.draft("lee", {"ana", "ben"});
  elsewhere.write("lee", same, "Good morning");
  CHECK(host.try_send(one, elsewhere.digest(same)).code == BCCAST_E_CONFLICT);
  CHECK(host.try_send(one, "nonsense").code == BCCAST_E_CONFLICT);
  CHECK(host.try_send(one, "").code == BCCAST_E_ARGUMENT);
}

TEST_CASE("send: TOO_FEW and STATE come before anything is written") {
  Practice host;
  const auto draft = host.draft("lee", {"ana"});
  CHECK(call(bccast_blast_send, host, "lee", draft, nullptr).code == BCCAST_E_STATE);
  host.write("lee", draft, "Good morning");
  CHECK(call(bccast_blast_send, host, "lee", draft, nullptr).code == BCCAST_E_TOO_FEW);
  host.select(draft, "ben");
  host.roster_set("ben", "chat", "off");
  const auto too_few = host.try_send(draft, host.digest(draft));
  CHECK(too_few.code == BCCAST_E_TOO_FEW);
  CHECK(must(bccast_blast_list, host, "lee", "state=sent", nullptr, 0).rows.empty());
  host.roster_set("ben", "chat", "on");
  CHECK(call(bccast_blast_send, host, "lee", draft, nullptr).code == BCCAST_OK);
}

TEST_CASE("chat off: no blasts, but what one writes to another") {
  Practice host;
  host.set("ana", "chat", "off");
  host.roster_set("ben", "chat", "off");
  const auto blast = host.blast("lee", "Good morning");
  CHECK(host.recipients("lee", blast).column("client") == Names{"cal", "dan", "eve", "fay"});
  CHECK(host.threads("ana").empty());
  CHECK(host.threads("ben").empty());
  host.write_direct("lee", "ana", "Just for you");
  CHECK(host.threads("ana").size() == 1);
  // With another provider it is on, where it was off with one only.
  host.provider("kim");
  host.clients("kim", {"ana", "ben", "cal"});
  CHECK(host.recipients("kim", host.blast("kim", "Hello")).column("client") == Names{"ben", "cal"});
}

TEST_CASE("recipients: who is not notified, and why") {
  Practice host;
  host.set("ana", "notify", "off");
  host.roster_set("ben", "notify", "off");
  host.set("cal", "address.email", "");
  const auto blast = host.blast("lee", "Good morning");
  host.read("dan", host.of_blast("lee", blast, "dan"), 1);
  host.archive("lee", "eve");
  REQUIRE(host.pump_to_the_end());
  const auto rows = host.recipients("lee", blast);
  const auto check = [&](const char* client, const char* state, const char* reason, std::int64_t attempts) {
    CAPTURE(client);
    const auto& row = rows.where("client", client);
    CHECK(row.text("channel") == "email");
    CHECK(row.text("state") == state);
    CHECK(row.text("reason") == reason);
    CHECK(row.null("reason") == row.text("reason").empty());
    CHECK(row.number("attempts") == attempts);
    CHECK(row.null("next_at_ms"));
  };
  check("ana", "skipped", "notify_off", 0);
  check("ben", "skipped", "notify_off", 0);
  check("cal", "skipped", "no_address", 0);
  check("dan", "skipped", "already_read", 0);
  check("eve", "skipped", "archived", 0);
  check("fay", "done", "", 1);
  CHECK(host.notifier.all().size() == 1);
  // All six have the message, all the same.
  for (const auto* client : {"ana", "ben", "cal", "dan", "eve", "fay"})
    CHECK(host.threads(client).size() == 1);
  CHECK(rows.where("client", "dan").number("opened_at_ms") == host.clock.now_ms());
  CHECK(rows.where("client", "fay").null("opened_at_ms"));

  CHECK(host.recipients("lee", blast, "state=skipped").size() == 5);
  CHECK(host.recipients("lee", blast, "state=done").column("client") == Names{"fay"});
  CHECK(host.recipients("lee", blast, "opened=1").column("client") == Names{"dan"});
  CHECK(host.recipients("lee", blast, "opened=0&state=skipped").size() == 4);
  CHECK(host.recipients("lee", blast, "replied=1").empty());
  CHECK(host.recipients("lee", blast, "channel=push").empty());
  CHECK(call(bccast_blast_recipients, host, "lee", blast, "state=gone", nullptr, 0).code ==
        BCCAST_E_ARGUMENT);
  CHECK(call(bccast_blast_recipients, host, "lee", blast, "colour=red", nullptr, 0).code ==
        BCCAST_E_ARGUMENT);

  const auto status = host.status("lee", blast);
  CHECK(status.where("channel", "email").number("skipped") == 5);
  CHECK(status.where("channel", "").text("state") == "finished");
}

TEST_CASE("recipients: pages, in the order of the roster, with a cursor of this list and caller alone") {
  Practice host;
  Names many;
  for (int i = 0; i < 250; ++i) many.push_back("m" + std::to_string(i));
  host.clients("lee", many);
  const auto blast = host.blast("lee", many, "Good morning");
  Names paged;
  std::string cursor;
  std::size_t pages = 0;
  do {
    const auto rows = must(bccast_blast_recipients, host, "lee", blast, nullptr,
                           cursor.empty() ? nullptr : cursor.c_str(), 0)
                          .rows;
    std::ranges::copy(rows.column("client"), std::back_inserter(paged));
    cursor = rows.next;
    ++pages;
  } while (!cursor.empty());
  CHECK(pages == 3);  // of a hundred
  CHECK(paged == many);

  cursor = must(bccast_blast_recipients, host, "lee", blast, nullptr, nullptr, 10).rows.next;
  const auto other_blast = host.blast("lee", many, "Good morning");
  host.provider("kim");
  host.clients("kim", many);
  const auto kims = host.blast("kim", many, "Hello");
  const auto code = [&](const char* provider, const std::string& of, const std::string& with) {
    return call(bccast_blast_recipients, host, provider, of, nullptr, with, 10).code;
  };
  CHECK(code("lee", blast, cursor) == BCCAST_OK);
  CHECK(code("lee", other_blast, cursor) == BCCAST_E_ARGUMENT);
  CHECK(code("kim", kims, cursor) == BCCAST_E_ARGUMENT);
  CHECK(code("lee", blast, "nonsense") == BCCAST_E_ARGUMENT);
  CHECK(call(bccast_blast_list, host, "lee", nullptr, cursor, 10).code == BCCAST_E_ARGUMENT);
}

TEST_CASE("importing again: EXISTS, and archived ones stay archived") {
  Practice host;
  host.archive("lee", "ana");
  must(bccast_directory_client_archive, host, "ben");
  CHECK(call(bccast_directory_roster_add, host, "lee", "ana").code == BCCAST_EXISTS);
  const test::Column ids({"ana", "ben", "cal", "new", "nobody"});
  must(bccast_directory_client_put, host, "new", nullptr, nullptr);
  std::int32_t results[5] = {};
  CHECK(call(bccast_directory_roster_add_many, host, "lee", 5, ids.bytes, ids.offsets.data(), results).code ==
        BCCAST_PARTIAL);
  CHECK(results[0] == BCCAST_EXISTS);
  CHECK(results[1] == BCCAST_EXISTS);
  CHECK(results[2] == BCCAST_EXISTS);
  CHECK(results[3] == BCCAST_OK);
  CHECK(results[4] == BCCAST_E_NOT_FOUND);
  // The clients again, with their names and addresses: nobody comes back by that.
  host.clients("lee", {"ana", "ben", "cal"});
  std::int64_t active = 0;
  std::int64_t archived = 0;
  must(bccast_provider_roster_count, host, "lee", &active, &archived);
  CHECK(active == 5);
  CHECK(archived == 2);
  CHECK(host.recipients("lee", host.blast("lee", "Good morning")).column("client") ==
        Names{"cal", "dan", "eve", "fay", "new"});

  CHECK(call(bccast_directory_roster_archive, host, "lee", "ana").code == BCCAST_EXISTS);
  CHECK(call(bccast_directory_client_archive, host, "ben").code == BCCAST_EXISTS);
  CHECK(call(bccast_directory_roster_restore, host, "lee", "cal").code == BCCAST_EXISTS);
  CHECK(call(bccast_directory_client_restore, host, "cal").code == BCCAST_EXISTS);
}

TEST_CASE("one roster entry is archived in two ways, and each is taken back alone") {
  Practice host;
  const auto active = [&] {
    std::int64_t count = 0;
    must(bccast_provider_roster_count, host, "lee", &count, nullptr);
    return count;
  };
  host.archive("lee", "ana");
  must(bccast_directory_client_archive, host, "ana");
  CHECK(active() == 5);
  must(bccast_directory_client_restore, host, "ana");
  CHECK(active() == 5);  // still archived here
  must(bccast_directory_roster_restore, host, "lee", "ana");
  CHECK(active() == 6);
  // Archived everywhere: on rosters it joins later, too.
  must(bccast_directory_client_archive, host, "ana");
  host.provider("kim");
  host.clients("kim", {"ana", "ben", "cal"});
  CHECK(host.recipients("kim", host.blast("kim", "Hello")).column("client") == Names{"ben", "cal"});
}

}  // namespace
