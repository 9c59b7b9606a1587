// The mission, row by row (what bccast must do), through the C API alone.
#include <doctest/doctest.h>

#include <algorithm>
#include <cctype>
#include <cstdint>
#include <set>
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

const std::string kNoThread = "00112233445566778899aabbccddeeff";  // made up

/// The clients that a sent blast went to, in the order of the roster.
Names recipients(const Host& host, const std::string& provider, const std::string& blast) {
  return host.recipients(provider, blast).column("client");
}

std::string to_hex(const std::string& text) {
  std::string hex;
  for (const char c : text) {
    hex += "0123456789abcdef"[static_cast<unsigned char>(c) >> 4];
    hex += "0123456789abcdef"[static_cast<unsigned char>(c) & 15];
  }
  return hex;
}

bool holds(const std::string& where, const std::string& what) {
  return where.find(what) != std::string::npos || where.find(to_hex(what)) != std::string::npos;
}

/// Every value that a client gets to see: lists, messages and notifications.
std::vector<std::string> view_of(const Host& host, const std::string& client) {
  std::vector<std::string> values;
  const auto add = [&](const Row& row) {
    for (const auto& cell : row.cells) values.push_back(cell.value);
  };
  for (const auto& thread : host.threads(client)) {
    add(thread);
    for (const auto& message : host.messages(client, thread.text("thread"))) add(message);
  }
  for (const auto& notice : host.notifier.to(client)) add(notice.row);
  return values;
}

Answer select(Host& host, const std::string& blast, const std::string& client) {
  return call(bccast_blast_select, host, "lee", blast, client);
}
Answer deselect(Host& host, const std::string& blast, const std::string& client) {
  return call(bccast_blast_deselect, host, "lee", blast, client);
}

struct Practice : Host {
  Practice() {
    provider("lee");
    clients("lee", {"ana", "ben", "cal", "dan"});
  }
};

TEST_CASE("mission 1: individual messages to many clients at once, at least two") {
  Practice host;
  SUBCASE("two") {
    const auto blast = host.blast("lee", {"ana", "ben"}, "Good morning");
    CHECK(recipients(host, "lee", blast) == Names{"ana", "ben"});
    for (const auto* client : {"ana", "ben"}) {
      const auto threads = host.threads(client);
      REQUIRE(threads.size() == 1);
      const auto messages = host.messages(client, threads[0].text("thread"));
      REQUIRE(messages.size() == 1);
      CHECK(messages[0].text("text") == "Good morning");
      CHECK(messages[0].text("author") == "lee");
    }
    CHECK(host.threads("cal").empty());
  }
  SUBCASE("fewer are refused, and nothing is written") {
    for (const auto& chosen : {Names{}, Names{"ana"}}) {
      const auto draft = host.draft("lee", chosen);
      host.write("lee", draft, "Good morning");
      const auto before = host.preview("lee", draft);
      CHECK(before.number("recipients") == static_cast<std::int64_t>(chosen.size()));
      CHECK(call(bccast_blast_send, host, "lee", draft, nullptr).code == BCCAST_E_TOO_FEW);
      CHECK(host.preview("lee", draft) == before);  // still a draft
      CHECK(host.threads("ana").empty());
      host.pump();
      CHECK(host.notifier.all().empty());
    }
  }
  SUBCASE("two thousand, each in a thread of its own, at the moment send returns") {
    Names many;
    for (int i = 0; i < 2000; ++i) many.push_back("m" + std::to_string(i));
    host.clients("lee", many);
    const auto blast = host.blast("lee", many, "Good morning");
    const auto rows = host.recipients("lee", blast);
    CHECK(rows.column("client") == many);
    const auto threads = rows.column("thread");
    CHECK(std::set(threads.begin(), threads.end()).size() == 2000);
    for (std::size_t i = 0; i < many.size(); i += 97) {
      CAPTURE(many[i]);
      const auto inbox = host.threads(many[i]);
      REQUIRE(inbox.size() == 1);
      CHECK(inbox[0].text("thread") == threads[i]);
      CHECK(inbox[0].text("last_text") == "Good morning");
    }
  }
  CHECK(host.verify().empty());
}

TEST_CASE("mission 2: no client can learn that others received it, nor who") {
  Practice host;
  const auto blast = host.blast("lee", {"ana", "ben", "cal"}, "Good morning");
  host.pump();
  const auto ben_thread = host.of_blast("lee", blast, "ben");
  host.read("ben", ben_thread, 1);
  host.reply("ben", ben_thread, "Thank you");
  host.provider_reply("lee", ben_thread, "You are welcome");
  host.pump();
  const Names everybody{"ana", "ben", "cal", "dan"};
  for (const auto& client : everybody) {
    const auto view = view_of(host, client);
    CHECK(view.empty() == (client == "dan"));
    for (const auto& value : view) {
      for (const auto& other : everybody) {
        if (other == client) continue;
        CAPTURE(client);
        CAPTURE(value);
        CHECK_FALSE(holds(value, Host::name_of(other)));
        CHECK_FALSE(holds(value, Host::address_of(other)));
        CHECK_FALSE(value == other);
        CHECK_FALSE(holds(value, blast));
        if (client != "ben") CHECK_FALSE(value == "3");  // a count of recipients; ben has three messages
        for (const auto& row : host.recipients("lee", blast))
          if (row.text("client") == other) CHECK_FALSE(holds(value, row.text("thread")));
      }
      if (client != "ben") {
        CHECK_FALSE(holds(value, "Thank you"));
        CHECK_FALSE(holds(value, "You are welcome"));
      }
    }
  }
  // A later reply of one does not move anything of another.
  const auto before = host.threads("ana");
  host.clock.advance(5000);
  host.reply("cal", host.of_blast("lee", blast, "cal"), "Me too");
  CHECK(host.threads("ana") == before);
}

TEST_CASE("mission 3: first the clients and a draft, then the text, then it is sent") {
  Practice host;
  const auto draft = host.draft("lee", {"ana", "ben"});
  CHECK(host.threads("ana").empty());
  CHECK(call(bccast_blast_send, host, "lee", draft, nullptr).code == BCCAST_E_STATE);  // no text yet
  CHECK(call(bccast_blast_recipients, host, "lee", draft, nullptr, nullptr, 0).code == BCCAST_E_STATE);
  host.write("lee", draft, "Good mornign");
  host.write("lee", draft, "Good morning");  // replaces
  CHECK(host.threads("ana").empty());
  host.pump();
  CHECK(host.notifier.all().empty());
  CHECK(must(bccast_blast_list, host, "lee", "state=draft", nullptr, 0).rows.size() == 1);

  host.send("lee", draft);
  CHECK(host.threads("ana")[0].text("last_text") == "Good morning");
  // And from then on it is as it is.
  CHECK(select(host, draft, "cal").code == BCCAST_E_STATE);
  CHECK(deselect(host, draft, "ana").code == BCCAST_E_STATE);
  CHECK(call(bccast_blast_select_all_active, host, "lee", draft).code == BCCAST_E_STATE);
  CHECK(call(bccast_blast_select_none, host, "lee", draft).code == BCCAST_E_STATE);
  CHECK(call(bccast_blast_write, host, "lee", draft, "Other", 5).code == BCCAST_E_STATE);
  CHECK(call(bccast_blast_preview, host, "lee", draft).code == BCCAST_E_STATE);
  CHECK(call(bccast_blast_discard, host, "lee", draft).code == BCCAST_E_STATE);
  CHECK(recipients(host, "lee", draft) == Names{"ana", "ben"});
  CHECK(host.threads("ana")[0].text("last_text") == "Good morning");

  const auto thrown_away = host.draft("lee", {"ana", "ben"});
  must(bccast_blast_discard, host, "lee", thrown_away);
  CHECK(call(bccast_blast_send, host, "lee", thrown_away, nullptr).code == BCCAST_E_NOT_FOUND);
}

TEST_CASE("mission 4: chosen one by one, or all active ones and some de-selected") {
  Practice host;
  const auto draft = host.draft("lee");
  host.write("lee", draft, "Good morning");
  const auto act = [&](const Answer& answer) { REQUIRE(answer.code == BCCAST_OK); };
  const auto send = [&] {
    host.send("lee", draft);
    return recipients(host, "lee", draft);
  };
  SUBCASE("one by one") {
    act(select(host, draft, "dan"));
    act(select(host, draft, "ana"));
    CHECK(send() == Names{"ana", "dan"});
  }
  SUBCASE("all active ones") {
    act(call(bccast_blast_select_all_active, host, "lee", draft));
    CHECK(send() == Names{"ana", "ben", "cal", "dan"});
  }
  SUBCASE("all active ones, some de-selected") {
    act(call(bccast_blast_select_all_active, host, "lee", draft));
    act(deselect(host, draft, "ben"));
    act(deselect(host, draft, "dan"));
    CHECK(send() == Names{"ana", "cal"});
  }
  SUBCASE("the last act on a client decides") {
    act(call(bccast_blast_select_all_active, host, "lee", draft));
    act(deselect(host, draft, "ben"));
    act(select(host, draft, "ben"));
    act(select(host, draft, "cal"));
    act(deselect(host, draft, "cal"));
    CHECK(send() == Names{"ana", "ben", "dan"});
  }
  SUBCASE("de-selected before the rule counts no more; de-selected after it does") {
    act(deselect(host, draft, "ana"));
    act(call(bccast_blast_select_all_active, host, "lee", draft));
    act(deselect(host, draft, "ben"));
    CHECK(send() == Names{"ana", "cal", "dan"});
  }
  SUBCASE("none forgets the rule and the picks") {
    act(call(bccast_blast_select_all_active, host, "lee", draft));
    act(select(host, draft, "dan"));
    act(call(bccast_blast_select_none, host, "lee", draft));
    act(select(host, draft, "ana"));
    act(select(host, draft, "ben"));
    CHECK(send() == Names{"ana", "ben"});
  }
  SUBCASE("a client picked, and the rule: whoever de-selects has the last word") {
    act(select(host, draft, "ana"));
    act(call(bccast_blast_select_all_active, host, "lee", draft));
    act(deselect(host, draft, "ana"));
    CHECK(send() == Names{"ben", "cal", "dan"});
  }
  SUBCASE("all active ones is a rule, resolved when it is sent") {
    act(call(bccast_blast_select_all_active, host, "lee", draft));
    host.clients("lee", {"eve"});  // joins after the choosing
    host.archive("lee", "ana");
    CHECK(send() == Names{"ben", "cal", "dan", "eve"});
    host.clients("lee", {"fay"});  // joins after the sending
    CHECK(host.threads("fay").empty());
  }
  SUBCASE("many in one call, in any order, with strangers among them") {
    const test::Column ids({"dan", "nobody", "ana", "dan"});
    std::int32_t results[4] = {};
    CHECK(
        call(bccast_blast_select_many, host, "lee", draft, 4, ids.bytes, ids.offsets.data(), results).code ==
        BCCAST_PARTIAL);
    CHECK(results[0] == BCCAST_OK);
    CHECK(results[1] == BCCAST_E_NOT_FOUND);
    CHECK(results[2] == BCCAST_OK);
    CHECK(results[3] == BCCAST_EXISTS);
    CHECK(send() == Names{"ana", "dan"});
  }
  SUBCASE("only clients of the roster") {
    host.provider("kim");
    host.clients("kim", {"zoe"});
    const auto stranger = select(host, draft, "zoe");
    CHECK(stranger.code == BCCAST_E_NOT_FOUND);
    CHECK(stranger == select(host, draft, "nobody"));
  }
}

/// Chosen one by one, or by the rule.
void only_active_clients(bool by_rule) {
  Practice host;
  const auto draft = host.draft("lee");
  host.write("lee", draft, "Good morning");
  const auto choose = [&] {
    if (by_rule) {
      must(bccast_blast_select_all_active, host, "lee", draft);
    } else {
      for (const auto* client : {"ana", "ben", "cal", "dan"})
        REQUIRE(select(host, draft, client).code == BCCAST_OK);
    }
  };
  const auto send = [&] {
    host.send("lee", draft);
    return recipients(host, "lee", draft);
  };
  Names received;
  SUBCASE("archived before choosing") {
    host.archive("lee", "ben");
    choose();
    CHECK(host.preview("lee", draft).number("archived") == 1);
    received = send();
    CHECK(received == Names{"ana", "cal", "dan"});
  }
  SUBCASE("archived between choosing and sending") {
    choose();
    const auto seen = host.preview("lee", draft);
    CHECK(seen.number("recipients") == 4);
    host.archive("lee", "ben");
    CHECK(call(bccast_blast_send, host, "lee", draft, seen.text("digest")).code == BCCAST_E_CONFLICT);
    received = send();
    CHECK(received == Names{"ana", "cal", "dan"});
  }
  SUBCASE("archived everywhere, as a client") {
    choose();
    must(bccast_directory_client_archive, host, "ben");
    received = send();
    CHECK(received == Names{"ana", "cal", "dan"});
  }
  SUBCASE("many archived in one call, between choosing and sending") {
    choose();
    const test::Column ids({"ana", "dan"});
    must(bccast_directory_roster_archive_many, host, "lee", 2, ids.bytes, ids.offsets.data(), nullptr);
    received = send();
    CHECK(received == Names{"ben", "cal"});
  }
  SUBCASE("restored in time") {
    host.archive("lee", "ben");
    choose();
    must(bccast_directory_roster_restore, host, "lee", "ben");
    received = send();
    CHECK(received == Names{"ana", "ben", "cal", "dan"});
  }
  SUBCASE("restored here, but archived everywhere") {
    host.archive("lee", "ben");
    must(bccast_directory_client_archive, host, "ben");
    choose();
    must(bccast_directory_roster_restore, host, "lee", "ben");
    received = send();
    CHECK(received == Names{"ana", "cal", "dan"});
  }
  SUBCASE("restored everywhere, but archived here") {
    host.archive("lee", "ben");
    must(bccast_directory_client_archive, host, "ben");
    choose();
    must(bccast_directory_client_restore, host, "ben");
    received = send();
    CHECK(received == Names{"ana", "cal", "dan"});
  }
  SUBCASE("restored too late") {
    choose();
    host.archive("lee", "ben");
    received = send();
    must(bccast_directory_roster_restore, host, "lee", "ben");
    CHECK(received == Names{"ana", "cal", "dan"});
  }
  SUBCASE("only one is left: too few, and nobody has it") {
    choose();
    for (const auto* client : {"ana", "ben", "cal"}) host.archive("lee", client);
    CHECK(call(bccast_blast_send, host, "lee", draft, nullptr).code == BCCAST_E_TOO_FEW);
  }
  SUBCASE("archived on another provider's roster says nothing here") {
    host.provider("kim");
    host.clients("kim", {"ana", "ben"});
    host.archive("kim", "ben");
    choose();
    received = send();
    CHECK(received == Names{"ana", "ben", "cal", "dan"});
  }
  // Whoever did not receive has nothing of it, nor a notification.
  REQUIRE(host.pump_to_the_end());
  for (const auto* client : {"ana", "ben", "cal", "dan"}) {
    CAPTURE(client);
    const auto has = static_cast<std::size_t>(std::ranges::count(received, client));
    CHECK(host.threads(client).size() == has);
    CHECK(host.notifier.to(client).size() == has);
  }
  CHECK(host.verify().empty());
}

TEST_CASE("mission 5: only active clients receive it, of those chosen one by one") {
  only_active_clients(false);
}
TEST_CASE("mission 5: only active clients receive it, of those the rule takes") {
  only_active_clients(true);
}

TEST_CASE("mission 5: whoever is archived after the sending keeps what it has, and may read and reply") {
  Practice host;
  const auto blast = host.blast("lee", {"ana", "ben"}, "Good morning");
  const auto thread = host.of_blast("lee", blast, "ana");
  const auto before = host.threads("ana");
  SUBCASE("here") {
    host.archive("lee", "ana");
  }
  SUBCASE("everywhere") {
    must(bccast_directory_client_archive, host, "ana");
  }
  CHECK(host.threads("ana") == before);
  CHECK(host.messages("ana", thread).size() == 1);
  host.read("ana", thread, 1);
  CHECK(host.reply("ana", thread, "Thank you") == 2);
  CHECK(host.provider_reply("lee", thread, "You are welcome") == 3);
  CHECK(host.messages("ana", thread).column("text") == Names{"Good morning", "Thank you", "You are welcome"});
  CHECK(host.status("lee", blast).where("channel", "").number("recipients") == 2);
}

TEST_CASE("mission 6: each recipient gets a new thread, never one that is there") {
  Practice host;
  std::set<std::string> old_threads;
  const auto keep = [&](const std::string& thread) { CHECK(old_threads.insert(thread).second); };
  const auto direct = host.write_direct("lee", "ana", "First, just for you");
  host.reply("ana", direct, "Yes?");
  keep(direct);
  const auto earlier = host.blast("lee", {"ana", "ben"}, "An earlier one");
  for (const auto* client : {"ana", "ben"}) keep(host.of_blast("lee", earlier, client));
  host.reply("ana", host.of_blast("lee", earlier, "ana"), "Seen");
  const auto before = host.threads("ana");
  REQUIRE(before.size() == 2);

  host.clock.advance(60'000);
  const auto blast = host.blast("lee", {"ana", "ben"}, "Good morning");
  const auto again = host.blast("lee", {"ana", "ben"}, "Good morning");  // the same once more is another one
  for (const auto& id : {blast, again})
    for (const auto* client : {"ana", "ben"}) keep(host.of_blast("lee", id, client));

  // What was there is as it was, with the new ones above it.
  const auto after = host.threads("ana");
  REQUIRE(after.size() == 4);
  CHECK(after[2] == before[0]);
  CHECK(after[3] == before[1]);
  CHECK(host.messages("ana", direct).column("text") == Names{"First, just for you", "Yes?"});
  for (std::size_t i = 0; i < 2; ++i) {
    CHECK(after[i].text("kind") == "private");
    const auto messages = host.messages("ana", after[i].text("thread"));
    REQUIRE(messages.size() == 1);
    CHECK(messages[0].number("seq") == 1);
  }
  // And the direct thread is never a blast's.
  CHECK(host.direct("lee", "ana") == direct);
  const auto begun_later = host.write_direct("lee", "ben", "And for you");
  keep(begun_later);
  CHECK(host.messages("ben", begun_later).column("text") == Names{"And for you"});
}

// Random bits, so that nothing else can hold them.
const Names kCanaries{"b3f7f4f5a1c96d0e8e42", "5d20c7e1907b4fa3916c", "e80a6be2d31f4c57bb09"};
const std::string kCanaryText = kCanaries[0] + " and " + kCanaries[1] + "\nand " + kCanaries[2];

TEST_CASE("mission 7: each recipient is told, as of any other message, and never what it says") {
  Practice host;
  const auto blast = host.blast("lee", {"ana", "ben", "cal"}, kCanaryText);
  host.pump();
  const auto of_blast = host.notifier.all();
  REQUIRE(of_blast.size() == 3);
  const auto thread = host.write_direct("lee", "dan", kCanaryText);
  host.pump();
  REQUIRE(host.notifier.to("dan").size() == 1);
  host.reply("ana", host.of_blast("lee", blast, "ana"), kCanaryText);
  host.provider_reply("lee", host.of_blast("lee", blast, "ben"), kCanaryText);
  host.pump();
  REQUIRE(host.notifier.to("lee").size() == 1);
  REQUIRE(host.notifier.to("ben").size() == 2);
  CHECK(host.notifier.to("cal").size() == 1);  // once, and to nobody else
  REQUIRE(host.pump_to_the_end());
  CHECK(host.notifier.all().size() == 6);

  const Names columns{"id", "to_kind", "to", "address", "to_name", "thread", "at_ms", "locale"};
  std::set<std::string> ids;
  for (const auto& notice : host.notifier.all()) {
    CAPTURE(notice.row);
    CHECK(ids.insert(notice.id()).second);
    Names names;
    for (const auto& cell : notice.row.cells) {
      names.push_back(cell.column);
      for (const auto& canary : kCanaries) CHECK_FALSE(holds(cell.value, canary));
      CHECK_FALSE(holds(cell.value, blast));
      if (notice.to() != "lee") CHECK_FALSE(holds(cell.value, "lee"));  // nor who sent it
    }
    CHECK(names == columns);
    CHECK(notice.row.text("address") == Host::address_of(notice.to()));
    CHECK(notice.row.text("to_name") == Host::name_of(notice.to()));
    CHECK(notice.row.text("to_kind") == (notice.to() == "lee" ? "provider" : "client"));
  }
  CHECK(host.notifier.to("dan")[0].thread() == thread);
  for (const auto& notice : of_blast) CHECK(notice.thread() == host.of_blast("lee", blast, notice.to()));
}

TEST_CASE("mission 7: no error message holds a text, a name or an address") {
  Practice host;
  const auto draft = host.draft("lee", {"ana", "ben"});
  const auto sent = host.blast("lee", {"ana", "ben"}, kCanaryText);
  const auto thread = host.of_blast("lee", sent, "ana");
  const auto too_long = kCanaryText + std::string(BCCAST_MAX_TEXT, 'x');
  const auto not_utf8 = kCanaryText + "\xff";
  const auto control = kCanaryText + "\x01";
  std::vector<Answer> answers;
  for (const auto& text : {too_long, not_utf8, control, std::string()}) {
    answers.push_back(call(bccast_blast_write, host, "lee", draft, text, text.size()));
    answers.push_back(
        call(bccast_client_reply, host, "ana", thread, nullptr, text, text.size(), nullptr, nullptr));
    answers.push_back(
        call(bccast_provider_reply, host, "lee", thread, nullptr, text, text.size(), nullptr, nullptr));
  }
  const auto& text = kCanaryText;
  answers.push_back(call(bccast_blast_write, host, "lee", sent, text, text.size()));
  answers.push_back(
      call(bccast_client_reply, host, "ben", thread, nullptr, text, text.size(), nullptr, nullptr));
  answers.push_back(
      call(bccast_provider_reply, host, "lee", kNoThread, nullptr, text, text.size(), nullptr, nullptr));
  host.write("lee", draft, kCanaryText);
  answers.push_back(call(bccast_blast_send, host, "lee", draft, kCanaries[0]));
  host.archive("lee", "ben");
  answers.push_back(call(bccast_blast_send, host, "lee", draft, nullptr));
  for (const auto& name :
       {kCanaries[0] + std::string(400, 'x'), kCanaries[0] + "\xff", kCanaries[0] + "\n"}) {
    answers.push_back(call(bccast_directory_provider_put, host, "lee", name));
    answers.push_back(call(bccast_directory_client_put, host, "ana", name, nullptr));
    answers.push_back(call(bccast_directory_client_put, host, "ana", nullptr, name));
    answers.push_back(call(bccast_directory_client_set, host, "ana", "address.email", name));
    answers.push_back(call(bccast_directory_provider_set, host, "lee", "address.email", name));
  }
  for (const auto& answer : answers) {
    CAPTURE(answer);
    CHECK(answer.code < 0);
    CHECK_FALSE(answer.message.empty());
    for (const auto& canary : kCanaries) CHECK_FALSE(holds(answer.message, canary));
  }
}

TEST_CASE("mission 8: a reply reaches the provider alone, who is told of it") {
  Practice host;
  const auto blast = host.blast("lee", {"ana", "ben"}, "Good morning");
  host.provider("kim");
  host.clients("kim", {"ana", "ben"});
  REQUIRE(host.pump_to_the_end());
  host.notifier.forget();
  const auto thread = host.of_blast("lee", blast, "ana");
  const auto bens_view = view_of(host, "ben");
  CHECK(host.reply("ana", thread, "A word in private") == 2);

  const auto list = host.provider_threads("lee");
  REQUIRE(list.size() == 1);
  CHECK(list[0].text("thread") == thread);
  CHECK(list[0].text("client") == "ana");
  CHECK(list[0].text("blast") == blast);
  CHECK(list[0].text("last_text") == "A word in private");
  CHECK(list[0].number("unread") == 1);
  CHECK(host.provider_messages("lee", thread).column("text") == Names{"Good morning", "A word in private"});
  CHECK(host.provider_messages("lee", thread).column("author") == Names{"lee", "ana"});

  REQUIRE(host.pump_to_the_end());
  REQUIRE(host.notifier.all().size() == 1);
  const auto notice = host.notifier.all()[0];
  CHECK(notice.to() == "lee");
  CHECK(notice.row.text("to_kind") == "provider");
  CHECK(notice.thread() == thread);

  CHECK(view_of(host, "ben") == bens_view);
  CHECK(host.provider_threads("kim").empty());
  CHECK(host.status("lee", blast).where("channel", "").number("replied") == 1);

  // The answer goes back to that client, in that thread.
  host.notifier.forget();
  host.provider_reply("lee", thread, "And one back");
  REQUIRE(host.pump_to_the_end());
  REQUIRE(host.notifier.all().size() == 1);
  CHECK(host.notifier.all()[0].to() == "ana");
  CHECK(view_of(host, "ben") == bens_view);
}

TEST_CASE("mission 8: a client can never reach another client, nor see what is another's") {
  Practice host;
  host.provider("kim");
  host.clients("kim", {"zoe", "yan", "ana"});
  const auto blast = host.blast("lee", {"ana", "ben", "cal"}, "Good morning");
  host.read("cal", host.of_blast("lee", blast, "cal"), 1);
  const auto elsewhere = host.blast("kim", {"zoe", "yan"}, "From Kim");
  const auto draft = host.draft("lee", {"ana", "ben"});
  host.pump();

  auto changed = host.of_blast("lee", blast, "ana");  // an own one, with one letter changed
  changed[7] = changed[7] == '0' ? '1' : '0';
  auto upper = host.of_blast("lee", blast, "ana");
  for (char& c : upper) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  REQUIRE(upper != host.of_blast("lee", blast, "ana"));
  std::vector<std::pair<const char*, std::string>> foreign{
      {"another's, untouched", host.of_blast("lee", blast, "ben")},
      {"another's, read", host.of_blast("lee", blast, "cal")},
      {"another's direct one", host.write_direct("lee", "ben", "Just for Ben")},
      {"another's direct one, not begun", host.direct("lee", "dan")},
      {"her own direct one, not begun", host.direct("lee", "ana")},
      {"another provider's client's", host.of_blast("kim", elsewhere, "zoe")},
      {"another provider's, direct", host.write_direct("kim", "zoe", "Just for Zoe")},
      {"a blast's id", blast},
      {"another's blast's id", elsewhere},
      {"a draft's id", draft},
      {"a notification's id", host.notifier.to("ana").at(0).id()},
      {"one letter changed", changed},
      {"in capitals", upper},
      {"too short", upper.substr(1)},
      {"too long", kNoThread + "0"},
      {"nothing", ""},
      {"a client's id", "ben"},
  };
  const auto before = host.verify();
  const auto probe = [&](const std::string& client, const std::string& thread) {
    std::vector<Answer> answers;
    for (const std::int64_t from : {0, 1, 2, 1'000'000})
      for (const int direction : {1, -1})
        answers.push_back(call(bccast_client_messages, host, client, thread, from, direction, 10));
    for (const char* key : {static_cast<const char*>(nullptr), "a key"}) {
      answers.push_back(call(bccast_client_reply, host, client, thread, key, "Hello", 5, nullptr, nullptr));
    }
    for (const std::int64_t seq : {0, 1, 2, 1'000'000})
      answers.push_back(call(bccast_client_read, host, client, thread, seq));
    return answers;
  };
  const auto unknown = probe("ana", kNoThread);
  for (const auto& answer : unknown) CHECK(answer.code == BCCAST_E_NOT_FOUND);
  for (const auto& one : foreign) {
    CAPTURE(one.first);
    CHECK(probe("ana", one.second) == unknown);
  }
  // The same for one who has nothing at all, and one who is archived.
  host.archive("lee", "dan");
  CHECK(probe("dan", host.of_blast("lee", blast, "ana")) == unknown);
  CHECK(probe("yan", host.of_blast("lee", blast, "ana")) == unknown);

  // Nothing was written anywhere.
  CHECK(host.messages("ben", host.of_blast("lee", blast, "ben")).size() == 1);
  CHECK(host.threads("ben", "unread=1").size() == 2);
  CHECK(host.provider_threads("lee").size() == 1);
  CHECK(host.verify() == before);

  // And for providers: what is another's, and what is not.
  const auto provider_probe = [&](const std::string& thread, const std::string& of_blast) {
    return std::vector{
        call(bccast_provider_messages, host, "lee", thread, 0, 1, 10),
        call(bccast_provider_messages, host, "lee", thread, 0, -1, 10),
        call(bccast_provider_reply, host, "lee", thread, nullptr, "Hello", 5, nullptr, nullptr),
        call(bccast_provider_read, host, "lee", thread, 1),
        call(bccast_blast_status, host, "lee", of_blast),
        call(bccast_blast_recipients, host, "lee", of_blast, nullptr, nullptr, 0),
        call(bccast_blast_preview, host, "lee", of_blast),
        call(bccast_blast_send, host, "lee", of_blast, nullptr),
        call(bccast_blast_select, host, "lee", of_blast, "ana"),
        call(bccast_blast_select_all_active, host, "lee", of_blast),
        call(bccast_blast_write, host, "lee", of_blast, "Hello", 5),
        call(bccast_blast_discard, host, "lee", of_blast),
        call(bccast_provider_threads, host, "lee", "blast=" + of_blast, nullptr, 0),
    };
  };
  const auto unknown_here = provider_probe(kNoThread, kNoThread);
  for (const auto& answer : unknown_here) CHECK(answer.code == BCCAST_E_NOT_FOUND);
  CHECK(provider_probe(host.of_blast("kim", elsewhere, "zoe"), elsewhere) == unknown_here);
  CHECK(provider_probe(host.direct("kim", "zoe"), host.draft("kim", {"zoe"})) == unknown_here);
  CHECK(call(bccast_provider_threads, host, "lee", "client=zoe", nullptr, 0) ==
        call(bccast_provider_threads, host, "lee", "client=nobody", nullptr, 0));
  char id[BCCAST_ID_SIZE];
  CHECK(call(bccast_provider_direct, host, "lee", "zoe", id) ==
        call(bccast_provider_direct, host, "lee", "nobody", id));
}

TEST_CASE(
    "mission 9: the contrast: in a community the members see each other, in a direct thread nobody else") {
  Practice host;
  const auto community = host.community("lee", "Monday group", {"ana", "ben"});
  host.provider_reply("lee", community, "Welcome, both of you");
  CHECK(host.reply("ben", community, "Hello Ana") == 2);
  CHECK(host.reply("ana", community, "Hello Ben") == 3);
  // A community: one thread, the same for all, with everybody's messages and names.
  for (const auto* client : {"ana", "ben"}) {
    const auto list = host.threads(client);
    REQUIRE(list.size() == 1);
    CHECK(list[0].text("thread") == community);
    CHECK(list[0].text("kind") == "community");
    CHECK(list[0].text("title") == "Monday group");
    const auto messages = host.messages(client, community);
    CHECK(messages.column("text") == Names{"Welcome, both of you", "Hello Ana", "Hello Ben"});
    CHECK(messages.column("author_name") ==
          Names{Host::name_of("lee"), Host::name_of("ben"), Host::name_of("ana")});
    CHECK(host.members(client, community).column("member_name") ==
          Names{Host::name_of("ana"), Host::name_of("ben")});
  }
  // But never the host's ids of each other, nor an address; and nobody else sees anything.
  for (const auto& value : view_of(host, "ana")) {
    CHECK(value != "ben");
    CHECK_FALSE(holds(value, Host::address_of("ben")));
  }
  for (const auto* client : {"cal", "dan"}) CHECK(host.threads(client).empty());
  REQUIRE(host.pump_to_the_end());
  CHECK(host.notifier.to("ana").size() == 2);
  CHECK(host.notifier.to("ben").size() == 2);
  CHECK(host.notifier.to("lee").size() == 2);
  for (const auto& notice : host.notifier.all())
    for (const auto& cell : notice.row.cells) CHECK_FALSE(holds(cell.value, "Monday"));

  // A direct thread: the two of them.
  const auto direct = host.write_direct("lee", "ana", "Just for you");
  CHECK(host.reply("ana", direct, "Just for you, too") == 2);
  CHECK(host.messages("ana", direct).column("text") == Names{"Just for you", "Just for you, too"});
  CHECK(host.threads("ana").where("thread", direct).text("kind") == "private");
  CHECK(host.threads("ana").where("thread", direct).null("title"));
  CHECK(host.threads("ben").size() == 1);
  CHECK(call(bccast_client_messages, host, "ben", direct, 0, 1, 0) ==
        call(bccast_client_messages, host, "ben", kNoThread, 0, 1, 0));
  CHECK(host.direct("lee", "ana") == direct);  // and it stays the one of the two

  // A blast to the members of a community is none to the community: each has it alone.
  const auto blast = host.blast("lee", {"ana", "ben"}, "Good morning");
  CHECK(host.of_blast("lee", blast, "ana") != host.of_blast("lee", blast, "ben"));
  host.reply("ana", host.of_blast("lee", blast, "ana"), "In private");
  CHECK(host.messages("ben", community).size() == 3);
  CHECK(host.messages("ben", host.of_blast("lee", blast, "ben")).column("text") == Names{"Good morning"});
  CHECK(host.verify().empty());
}

}  // namespace
