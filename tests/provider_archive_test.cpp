// Archiving a provider: its drafts end, what was running is dropped, its threads stay readable and are
// closed; and restoring it.
#include <doctest/doctest.h>

#include <algorithm>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "support/host.hpp"

namespace {

using test::Answer;
using test::call;
using test::Host;
using test::must;
using test::Notice;
using test::Outcome;
using test::Row;
using Names = std::vector<std::string>;

const std::string kNoThread = "00112233445566778899aabbccddeeff";  // made up

struct Practice : Host {
  Practice() : Practice(test::Setup{}) {}
  explicit Practice(const test::Setup& setup) : Host(setup) {
    provider("lee");
    clients("lee", {"ana", "ben", "cal", "dan"});
    provider("kim");
    clients("kim", {"ana", "zoe"});
  }
};

/// done + failed + skipped + pending = recipients on every channel and over all; gives the row over all.
Row check_sums(const Host& host, const std::string& blast) {
  const auto status = host.status("lee", blast);
  for (const auto& row : status) {
    CAPTURE(row);
    CHECK(row.number("done") + row.number("failed") + row.number("skipped") + row.number("pending") ==
          row.number("recipients"));
    CHECK((row.text("state") == "finished") == (row.number("pending") == 0));
  }
  return status[status.size() - 1];
}

TEST_CASE("provider archived: found in the list, and archived just once") {
  Practice host;
  const auto archived = [&](const char* provider) {
    return must(bccast_directory_provider_list, host, nullptr, 0)
        .rows.where("provider", provider)
        .number("archived");
  };
  CHECK(archived("lee") == 0);
  CHECK(call(bccast_directory_provider_restore, host, "lee").code == BCCAST_EXISTS);
  CHECK(call(bccast_directory_provider_archive, host, "lee").code == BCCAST_OK);
  CHECK(call(bccast_directory_provider_archive, host, "lee").code == BCCAST_EXISTS);
  CHECK(archived("lee") == 1);
  CHECK(archived("kim") == 0);
  host.restart();
  CHECK(archived("lee") == 1);
  CHECK(call(bccast_directory_provider_restore, host, "lee").code == BCCAST_OK);
  CHECK(archived("lee") == 0);
  for (const auto verb : {bccast_directory_provider_archive, bccast_directory_provider_restore})
    CHECK(call(verb, host, "nobody").code == BCCAST_E_NOT_FOUND);
  CHECK(host.verify().empty());
}

TEST_CASE("provider archived: drafts end") {
  Practice host;
  const auto draft = host.draft("lee", {"ana", "ben"});
  host.write("lee", draft, "Good morning");
  char keyed[BCCAST_ID_SIZE];
  must(bccast_blast_create, host, "lee", "a key", keyed);
  const auto kims = host.draft("kim", {"ana", "zoe"});
  const auto sent = host.blast("lee", {"ana", "ben"}, "Sent");
  host.archive_provider("lee");
  const auto blasts = [&] {
    return must(bccast_blast_list, host, "lee", nullptr, nullptr, 0).rows.column("blast");
  };
  CHECK(blasts() == Names{sent});
  CHECK(call(bccast_blast_get, host, "lee", draft) == call(bccast_blast_get, host, "lee", kNoThread));
  host.restore_provider("lee");
  CHECK(blasts() == Names{sent});  // what was discarded stays so
  CHECK(call(bccast_blast_send, host, "lee", draft, nullptr).code == BCCAST_E_NOT_FOUND);
  char again[BCCAST_ID_SIZE];
  CHECK(call(bccast_blast_create, host, "lee", "a key", again).code == BCCAST_OK);  // and its key is free
  CHECK(must(bccast_blast_get, host, "kim", kims).rows[0].text("state") == "draft");
  CHECK(host.verify().empty());
}

TEST_CASE("provider archived: nothing that changes something is done for it") {
  Practice host;
  const auto sent = host.blast("lee", {"ana", "ben"}, "Sent");
  const auto thread = host.of_blast("lee", sent, "ana");
  const auto direct = host.write_direct("lee", "ana", "Just for you");
  const auto group = host.community("lee", "Monday group", {"ana", "ben"});
  const auto draft = host.draft("lee", {"ana", "ben"});
  host.archive_provider("lee");
  const test::Column ids({"ana"});
  char id[BCCAST_ID_SIZE];
  std::int32_t result = 77;
  const std::vector<std::pair<const char*, Answer>> answers{
      {"blast_create", call(bccast_blast_create, host, "lee", nullptr, id)},
      {"blast_create with a key", call(bccast_blast_create, host, "lee", "a key", id)},
      {"provider_reply",
       call(bccast_provider_reply, host, "lee", thread, nullptr, "Hello", 5, nullptr, nullptr)},
      {"provider_reply, directly",
       call(bccast_provider_reply, host, "lee", direct, nullptr, "Hello", 5, nullptr, nullptr)},
      {"provider_reply, to a community",
       call(bccast_provider_reply, host, "lee", group, nullptr, "Hello", 5, nullptr, nullptr)},
      {"provider_community", call(bccast_provider_community, host, "lee", "Another", id)},
      {"community_set", call(bccast_provider_community_set, host, "lee", group, "title", "Another")},
      {"community_add", call(bccast_provider_community_add, host, "lee", group, "cal")},
      {"community_add_many", call(bccast_provider_community_add_many, host, "lee", group, 1, ids.bytes,
                                  ids.offsets.data(), &result)},
      {"community_remove", call(bccast_provider_community_remove, host, "lee", group, "ana")},
  };
  for (const auto& answer : answers) {
    CAPTURE(answer.first);
    CAPTURE(answer.second);
    CHECK(answer.second.code == BCCAST_E_STATE);
    CHECK_FALSE(answer.second.message.empty());
  }
  CHECK(result == BCCAST_E_STATE);
  // Its drafts are gone, whatever is asked of them.
  for (const auto& answer : {call(bccast_blast_select, host, "lee", draft, "ana"),
                             call(bccast_blast_deselect, host, "lee", draft, "ana"),
                             call(bccast_blast_select_all_active, host, "lee", draft),
                             call(bccast_blast_select_none, host, "lee", draft),
                             call(bccast_blast_write, host, "lee", draft, "Text", 4),
                             call(bccast_blast_set, host, "lee", draft, "deadline_ms", "1000"),
                             call(bccast_blast_send, host, "lee", draft, nullptr),
                             call(bccast_blast_discard, host, "lee", draft)}) {
    CAPTURE(answer);
    CHECK((answer.code == BCCAST_E_STATE || answer.code == BCCAST_E_NOT_FOUND));
  }
  CHECK(host.provider_members("lee", group).column("client") == Names{"ana", "ben"});
  CHECK(host.messages("ana", thread).size() == 1);
  CHECK(host.messages("ana", direct).size() == 1);
  CHECK(host.verify().empty());
}

TEST_CASE("provider archived: everything of it stays readable, to it and to its clients") {
  Practice host;
  const auto sent = host.blast("lee", {"ana", "ben"}, "Sent");
  const auto thread = host.of_blast("lee", sent, "ana");
  host.reply("ana", thread, "From Ana");
  const auto direct = host.write_direct("lee", "ana", "Just for you");
  const auto group = host.community("lee", "Monday group", {"ana", "ben"});
  host.provider_reply("lee", group, "Welcome");
  host.reply("ben", group, "From Ben");
  const auto kims = host.write_direct("kim", "ana", "From Kim");
  REQUIRE(host.pump_to_the_end());
  const auto provider_view = [&] {
    std::vector<Answer> view{must(bccast_blast_list, host, "lee", nullptr, nullptr, 0),
                             must(bccast_blast_get, host, "lee", sent),
                             must(bccast_blast_status, host, "lee", sent),
                             must(bccast_blast_recipients, host, "lee", sent, nullptr, nullptr, 0),
                             must(bccast_blast_why, host, "lee", sent, "cal"),
                             must(bccast_provider_threads, host, "lee", nullptr, nullptr, 0),
                             must(bccast_provider_roster, host, "lee", nullptr, nullptr, 0),
                             must(bccast_provider_members, host, "lee", group)};
    for (const auto& of : {thread, direct, group})
      view.push_back(must(bccast_provider_messages, host, "lee", of, 0, 1, 0));
    char id[BCCAST_ID_SIZE];
    must(bccast_provider_direct, host, "lee", "ana", id);
    CHECK(id == direct);
    must(bccast_provider_unread, host, "lee", nullptr, nullptr);
    std::int64_t active = 0;
    must(bccast_provider_roster_count, host, "lee", &active, nullptr);
    CHECK(active == 4);
    return view;
  };
  const auto of_lee = provider_view();
  const auto list = host.threads("ana");
  const auto messages = host.messages("ana", thread);
  const auto members = host.members("ana", group);
  const auto exported = host.exported("ana");
  host.archive_provider("lee");
  CHECK(provider_view() == of_lee);
  CHECK(host.messages("ana", thread) == messages);
  CHECK(host.members("ana", group) == members);
  CHECK(host.exported("ana") == exported);
  // The client's list says that they are closed, and is as it was else.
  auto closed = host.threads("ana");
  REQUIRE(closed.size() == list.size());
  for (std::size_t i = 0; i < list.size(); ++i) {
    CHECK(list[i].number("closed") == 0);
    CHECK(closed[i].number("closed") == (list[i].text("thread") == kims ? 0 : 1));
    for (auto& cell : closed.rows[i].cells)
      if (cell.column == "closed") cell.value = "0";
  }
  CHECK(closed == list);
  // Reading goes on, writing does not; with Kim it does.
  must(bccast_provider_read, host, "lee", thread, 2);
  CHECK(host.provider_threads("lee").where("thread", thread).number("unread") == 0);
  host.read("ana", thread, 1);
  CHECK(host.threads("ana").where("thread", thread).number("unread") == 0);
  CHECK(host.status("lee", sent).where("channel", "").number("opened") == 1);
  const auto reply = [&](const std::string& client, const std::string& of) {
    return call(bccast_client_reply, host, client, of, nullptr, "Hello?", 6, nullptr, nullptr);
  };
  for (const auto& of : {thread, direct, group}) CHECK(reply("ana", of).code == BCCAST_E_STATE);
  CHECK(reply("ben", host.of_blast("lee", sent, "ben")) ==
        reply("ana", direct));  // never touched: the same words
  CHECK(reply("ana", kims).code == BCCAST_OK);
  CHECK(host.messages("ana", thread).size() == 2);
  // What is another's says nothing of closed ones.
  for (const auto& foreign : {thread, direct, group}) CHECK(reply("zoe", foreign) == reply("zoe", kNoThread));
  CHECK(host.verify().empty());
}

TEST_CASE("provider archived: what was not sent yet is dropped, and its blasts finish") {
  Practice host(test::Setup{.channels = {"email", "push"}});
  for (const auto* client : {"ana", "ben", "cal"})
    must(bccast_directory_client_set, host, client, "address.push", "device");
  host.notifier.each = [](const Notice& notice) {
    if (notice.to() == "ana" && notice.channel == "email") return Outcome{BCCAST_ITEM_RETRY, "mailbox_full"};
    if (notice.to() == "ben" && notice.channel == "email") return Outcome{BCCAST_ITEM_FAILED, "no_mailbox"};
    return Outcome{};
  };
  const auto begun = host.blast("lee", "Begun");
  host.pump();
  const auto pending = host.blast("lee", "Pending");
  const auto of_kim = host.blast("kim", "From Kim");
  host.write_direct("lee", "cal", "Just for you");
  host.reply("dan", host.of_blast("lee", begun, "dan"), "To Lee");
  REQUIRE(host.status("lee", begun).where("channel", "email").number("pending") == 1);
  Names told_on_push;  // one of the three at the one address
  for (const auto& notice : host.notifier.all())
    if (notice.channel == "push") told_on_push.push_back(notice.to());
  REQUIRE(told_on_push.size() == 1);
  host.notifier.forget();
  host.archive_provider("lee");

  const auto people = check_sums(host, begun);
  CHECK(people.text("state") == "finished");
  const auto email = host.status("lee", begun).where("channel", "email");
  CHECK(email.number("done") == 2);
  CHECK(email.number("failed") == 1);
  CHECK(email.number("skipped") == 1);
  const auto of = [&](const std::string& blast, const char* client, const char* channel) {
    for (const auto& row : host.recipients("lee", blast))
      if (row.text("client") == client && row.text("channel") == channel)
        return row.text("state") + " " + row.text("reason");
    return std::string("no such row");
  };
  CHECK(of(begun, "ana", "email") == "skipped provider_archived");
  CHECK(of(begun, "ben", "email") == "failed no_mailbox");
  for (const auto* client : {"ana", "ben", "cal"})
    CHECK(of(begun, client, "push") == (client == told_on_push[0] ? "done " : "skipped same_address"));
  CHECK(of(begun, "dan", "push") == "skipped no_address");
  CHECK(check_sums(host, pending).text("state") == "finished");
  for (const auto* channel : {"email", "push"})
    for (const auto* client : {"ana", "ben", "cal", "dan"})
      CHECK(of(pending, client, channel) == "skipped provider_archived");
  CHECK_FALSE(must(bccast_blast_get, host, "lee", pending).rows[0].null("finished_at_ms"));

  REQUIRE(host.pump_to_the_end());
  for (const auto& notice : host.notifier.all()) CHECK((notice.to() == "ana" || notice.to() == "zoe"));
  CHECK(host.notifier.to("zoe").size() ==
        1);  // Kim's goes on; on push nobody of its clients but ana has an address
  CHECK(host.notifier.to("lee").empty());
  for (const auto& row : must(bccast_channel_list, host).rows) CHECK(row.number("pending") == 0);
  for (const auto& row : must(bccast_blast_status, host, "kim", of_kim).rows)
    CHECK(row.number("pending") == 0);

  // Restored: what was dropped stays so, and what comes is sent.
  host.notifier.each = nullptr;
  host.notifier.forget();
  host.restore_provider("lee");
  REQUIRE(host.pump_to_the_end());
  CHECK(host.notifier.all().empty());
  CHECK(of(pending, "cal", "email") == "skipped provider_archived");
  const auto later = host.blast("lee", "Later");
  CHECK(host.reply("ana", host.of_blast("lee", begun, "ana"), "Back again") == 2);
  CHECK(host.threads("ana").where("thread", host.of_blast("lee", begun, "ana")).number("closed") == 0);
  REQUIRE(host.pump_to_the_end());
  CHECK(host.notifier.to("dan").size() == 1);
  CHECK(host.notifier.to("lee").size() == 1);
  CHECK(check_sums(host, later).text("state") == "finished");
  CHECK(host.verify().empty());
}

TEST_CASE("provider archived: what was dropped stays so, though it is restored at once") {
  Practice host;
  const auto blast = host.blast("lee", {"ana", "ben"}, "Good morning");
  host.write_direct("lee", "cal", "Just for you");
  host.reply("ana", host.of_blast("lee", blast, "ana"), "To Lee");
  host.archive_provider("lee");
  host.restore_provider("lee");
  REQUIRE(host.pump_to_the_end());
  CHECK(check_sums(host, blast).number("skipped") == 2);
  CHECK(host.notifier.to("ana").empty());
  CHECK(host.notifier.to("cal").empty());
  CHECK(host.notifier.to("lee").empty());
  CHECK(host.verify().empty());
}

TEST_CASE("provider archived: while a batch is in flight, which may still report") {
  Practice host;
  const auto blast = host.blast("lee", "Good morning");
  std::int32_t archived = 77;
  std::int32_t answer = BCCAST_OK;
  Outcome outcome;
  std::int64_t done = 4;
  SUBCASE("it is handed over") {}
  SUBCASE("one of it is to be tried again") {
    outcome = {BCCAST_ITEM_RETRY, "mailbox_full"};
    done = 3;
  }
  SUBCASE("one of it fails") {
    outcome = {BCCAST_ITEM_FAILED, "no_mailbox"};
    done = 3;
  }
  SUBCASE("the whole batch is to be tried again") {
    answer = BCCAST_E_NOTIFIER;
    done = 0;
  }
  host.notifier.each = [&](const Notice& notice) { return notice.to() == "ana" ? outcome : Outcome{}; };
  host.notifier.whole = [&](const std::vector<Notice>&) {
    if (archived != 77) return BCCAST_OK;
    archived = call(bccast_directory_provider_archive, host, "lee").code;
    check_sums(host, blast);
    return answer;
  };
  REQUIRE(host.pump_to_the_end());
  CHECK(archived == BCCAST_OK);
  CHECK(host.notifier.batches() == 1);  // and nothing of it is sent again
  const auto people = check_sums(host, blast);
  CHECK(people.text("state") == "finished");
  CHECK(people.number("done") == done);
  CHECK(people.number("failed") == (outcome.status == BCCAST_ITEM_FAILED ? 1 : 0));
  CHECK(must(bccast_channel_list, host).rows[0].number("pending") == 0);
  CHECK(host.verify().empty());
}

TEST_CASE("provider archived: in the middle of a large blast") {
  Host host;
  host.provider("lee");
  Names many;
  for (int i = 0; i < 2500; ++i) many.push_back("m" + std::to_string(10'000 + i));
  host.clients("lee", many);
  const auto blast = host.blast("lee", "Good morning");
  host.pump(1);
  const auto before = check_sums(host, blast);
  REQUIRE(before.number("pending") > 0);
  REQUIRE(before.number("done") > 0);
  host.archive_provider("lee");
  const auto after = check_sums(host, blast);
  CHECK(after.text("state") == "finished");
  CHECK(after.number("done") == before.number("done"));
  CHECK(after.number("skipped") == before.number("pending"));
  const auto told = host.notifier.all().size();
  REQUIRE(host.pump_to_the_end());
  CHECK(host.notifier.all().size() == told);
  CHECK(host.recipients("lee", blast, "state=skipped").size() ==
        static_cast<std::size_t>(after.number("skipped")));
  for (const auto& row : host.recipients("lee", blast, "state=skipped"))
    REQUIRE(row.text("reason") == "provider_archived");
  CHECK(host.verify().empty());
}

TEST_CASE("provider archived: the directory goes on") {
  Practice host;
  const auto sent = host.blast("lee", {"ana", "ben", "cal"}, "Sent");
  const auto group = host.community("lee", "Monday group", {"ana", "ben"});
  host.provider_reply("lee", group, "Welcome");
  host.archive_provider("lee");
  // Names, rosters, archiving, erasing and binding are the operator's.
  must(bccast_directory_provider_put, host, "lee", "Dr. Lee");
  CHECK(host.threads("ana")[0].text("provider_name") == "Dr. Lee");
  host.clients("lee", {"eve"});
  host.archive("lee", "ben");
  CHECK(host.provider_members("lee", group).column("client") == Names{"ana"});
  host.erase("cal");
  CHECK(host.status("lee", sent).where("channel", "").number("recipients") == 3);
  check_sums(host, sent);
  host.restore_provider("lee");
  CHECK(host.recipients("lee", host.blast("lee", "Back")).column("client") == Names{"ana", "dan", "eve"});
  CHECK(host.reply("ana", group, "Hello again") == 2);
  CHECK(host.verify().empty());
}

}  // namespace
