// What happens in the situations of docs/semantics.md, one test case for each of its sections. Erasing, the
// archiving of a provider and communities have files of their own.
#include <doctest/doctest.h>

#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "support/host.hpp"

namespace {

using test::Answer;
using test::call;
using test::Host;
using test::must;
using test::Row;
using test::Rows;
using Names = std::vector<std::string>;

struct Practice : Host {
  Practice() {
    provider("lee");
    clients("lee", {"ana", "ben", "cal", "dan"});
    provider("kim");
    clients("kim", {"zoe", "xia"});
  }
  void all_active(const std::string& draft) { must(bccast_blast_select_all_active, *this, "lee", draft); }
  void select(const std::string& draft, const std::string& client) {
    must(bccast_blast_select, *this, "lee", draft, client);
  }
  void set(const std::string& client, const std::string& key, const char* value) {
    must(bccast_directory_client_set, *this, client, key, value);
  }
  std::string why(const std::string& blast, const std::string& client) const {
    const auto row = must(bccast_blast_why, *this, "lee", blast, client).rows[0];
    return row.text("state") + (row.null("reason") ? "" : " " + row.text("reason"));
  }
  Names received(const std::string& blast) const { return recipients("lee", blast).column("client"); }
  std::string state(const std::string& provider, const std::string& client) const {
    return must(bccast_provider_roster, *this, provider, nullptr, nullptr, 0)
        .rows.where("client", client)
        .text("state");
  }
  std::string contact(const std::string& client) const {
    return must(bccast_provider_roster, *this, "lee", nullptr, nullptr, 0)
        .rows.where("client", client)
        .text("contact");
  }
  std::size_t told(const std::string& person) const { return notifier.to(person).size(); }
};

/// Everything that a client can ask for, as it comes.
std::vector<Answer> view_of(const Host& host, const std::string& client) {
  std::vector<Answer> view;
  for (const char* filter : {"", "unread=1", "unread=0"})
    view.push_back(must(bccast_client_threads, host, client, filter, nullptr, 0));
  std::int64_t threads = 0;
  std::int64_t messages = 0;
  view.push_back(must(bccast_client_unread, host, client, &threads, &messages));
  view.back().message = std::to_string(threads) + " " + std::to_string(messages);
  for (const auto& thread : host.threads(client)) {
    for (const int direction : {1, -1})
      view.push_back(must(bccast_client_messages, host, client, thread.text("thread"), 0, direction, 0));
    view.push_back(call(bccast_client_members, host, client, thread.text("thread")));
  }
  view.push_back({BCCAST_OK, "", host.exported(client)});
  return view;
}

/// What the functions that write answer to a client in one of its threads: the code and the message, and what
/// they put out.
std::vector<std::string> answers_of(const Host& host, const std::string& client, const std::string& thread) {
  std::vector<std::string> answers;
  const auto add = [&](const Answer& answer, std::int64_t seq = 0, std::int64_t at_ms = 0) {
    answers.push_back(std::string(bccast_code_name(answer.code)) + " " + answer.message + " " +
                      std::to_string(seq) + " " + std::to_string(at_ms));
  };
  const auto reply = [&](const char* key, const std::string& text) {
    std::int64_t seq = -1;
    std::int64_t at_ms = -1;
    const auto answer = call(bccast_client_reply, host, client, thread, key, text, text.size(), &seq, &at_ms);
    add(answer, seq, at_ms);
  };
  reply(nullptr, "Thank you");
  reply("a key", "And with a key");
  reply("a key", "And with a key");
  reply(nullptr, "");
  for (const std::int64_t seq : {0, 1, 99, -1}) add(call(bccast_client_read, host, client, thread, seq));
  return answers;
}

TEST_CASE("semantics: archived after sending") {
  Practice host;
  const auto blast = host.blast("lee", {"ana", "ben", "cal"}, "Good morning");
  const auto thread = host.of_blast("lee", blast, "ana");
  host.provider_reply("lee", thread, "And one more thing");
  host.provider_reply("lee", host.of_blast("lee", blast, "ben"), "And one more thing");
  REQUIRE(host.pump_to_the_end());
  const auto before = view_of(host, "ana");
  host.notifier.forget();

  host.clock.advance(60'000);
  host.archive("lee", "ana");
  // It keeps all, and nothing in it shows the archiving.
  CHECK(view_of(host, "ana") == before);
  CHECK(host.threads("ana")[0].number("closed") == 0);
  // It reads and replies as an active one does.
  CHECK(answers_of(host, "ana", thread) == answers_of(host, "ben", host.of_blast("lee", blast, "ben")));
  CHECK(host.messages("ana", thread).column("text") ==
        Names{"Good morning", "And one more thing", "Thank you", "And with a key"});
  // The provider sees the replies, is told of them, and can answer.
  REQUIRE(host.pump_to_the_end());
  CHECK(host.told("lee") == 4);
  CHECK(host.provider_messages("lee", thread).size() == 4);
  CHECK(host.provider_reply("lee", thread, "You are welcome") == 5);
  CHECK(host.messages("ana", thread).size() == 5);
  CHECK(host.threads("ana")[0].number("unread") == 1);
  // Sums and rows of the blast stay.
  CHECK(host.received(blast) == Names{"ana", "ben", "cal"});
  CHECK(host.status("lee", blast).where("channel", "").number("recipients") == 3);
  CHECK(host.status("lee", blast).where("channel", "").number("replied") == 2);
  // It is told of nothing while it is archived, and receives no later blast.
  const auto later = host.blast("lee", "Without Ana");
  REQUIRE(host.pump_to_the_end());
  CHECK(host.told("ana") == 0);
  CHECK(host.received(later) == Names{"ben", "cal", "dan"});
  CHECK(host.why(later, "ana") == "left_out archived");
  CHECK(host.threads("ana").size() == 1);
  CHECK(host.verify().empty());
}

TEST_CASE("semantics: archived after sending and before it was told") {
  Practice host;
  const auto blast = host.blast("lee", {"ana", "ben"}, "Good morning");
  host.archive("lee", "ana");
  REQUIRE(host.pump_to_the_end());
  CHECK(host.told("ana") == 0);
  CHECK(host.told("ben") == 1);
  CHECK(host.why(blast, "ana") == "skipped archived");
  CHECK(host.threads("ana").size() == 1);  // it has the message all the same
  CHECK(host.status("lee", blast).where("channel", "").number("skipped") == 1);
  CHECK(host.verify().empty());
}

TEST_CASE("semantics: restored") {
  Practice host;
  const auto first = host.blast("lee", {"ana", "ben", "cal"}, "First");
  host.archive("lee", "ana");
  const auto meanwhile = host.blast("lee", "Meanwhile");
  REQUIRE(host.pump_to_the_end());
  const auto before = view_of(host, "ana");
  host.restore("lee", "ana");
  CHECK(call(bccast_directory_roster_restore, host, "lee", "ana").code == BCCAST_EXISTS);
  CHECK(host.state("lee", "ana") == "active");
  // What it had, it has; what was sent meanwhile, it never gets, nor is it told late.
  CHECK(view_of(host, "ana") == before);
  REQUIRE(host.pump_to_the_end());
  CHECK(host.told("ana") == 0);
  CHECK(host.why(first, "ana") == "skipped archived");
  CHECK(host.why(meanwhile, "ana") == "left_out archived");
  // From now on it receives again, and is told.
  const auto later = host.blast("lee", "Later");
  host.provider_reply("lee", host.of_blast("lee", first, "ana"), "Again");
  REQUIRE(host.pump_to_the_end());
  CHECK(host.told("ana") == 2);
  CHECK(host.threads("ana").size() == 2);
  CHECK(host.received(later) == Names{"ana", "ben", "cal", "dan"});
  CHECK(host.verify().empty());
}

TEST_CASE("semantics: added later") {
  Practice host;
  const auto blast = host.blast("lee", "Good morning");
  host.clients("lee", {"eve"});
  CHECK(host.threads("eve").empty());
  CHECK(host.why(blast, "eve") == "left_out added_later");
  CHECK(host.received(blast) == Names{"ana", "ben", "cal", "dan"});
  REQUIRE(host.pump_to_the_end());
  CHECK(host.told("eve") == 0);
  CHECK(host.received(host.blast("lee", "Good evening")) == Names{"ana", "ben", "cal", "dan", "eve"});
  CHECK(host.threads("eve").column("last_text") == Names{"Good evening"});
  CHECK(host.verify().empty());
}

TEST_CASE("semantics: on two providers' rosters") {
  Practice host;
  host.clients("kim", {"ana"});
  const auto of_lee = host.blast("lee", {"ana", "ben"}, "From Lee");
  host.clock.advance(1000);
  const auto of_kim = host.blast("kim", {"ana", "zoe"}, "From Kim");
  // Two threads, each with its provider alone.
  CHECK(host.threads("ana").column("provider") == Names{"kim", "lee"});
  CHECK(host.threads("ana").column("last_text") == Names{"From Kim", "From Lee"});
  const auto lees = host.of_blast("lee", of_lee, "ana");
  const auto kims = host.of_blast("kim", of_kim, "ana");
  CHECK(lees != kims);
  CHECK(host.direct("lee", "ana") != host.direct("kim", "ana"));
  host.reply("ana", kims, "To Kim");
  CHECK(host.provider_threads("lee").empty());
  CHECK(host.provider_threads("kim").column("last_text") == Names{"To Kim"});
  CHECK(call(bccast_provider_messages, host, "lee", kims, 0, 1, 0) ==
        call(bccast_provider_messages, host, "lee", "00112233445566778899aabbccddeeff", 0, 1, 0));
  // What one provider's roster says of it is nothing to the other.
  host.archive("kim", "ana");
  must(bccast_directory_roster_set, host, "kim", "ana", "notify", "off");
  CHECK(host.state("lee", "ana") == "active");
  CHECK(host.state("kim", "ana") == "archived");
  CHECK(host.received(host.blast("lee", "From Lee again")) == Names{"ana", "ben", "cal", "dan"});
  REQUIRE(host.pump_to_the_end());
  const auto told = host.notifier.to("ana");
  CHECK(told.size() == 2);  // of what Lee sent; Kim's was not handed over before the archiving
  for (const auto& notice : told) CHECK(notice.thread() != kims);
  // Its name is one, and so are its settings.
  must(bccast_directory_client_put, host, "ana", "Ana Berg", nullptr);
  for (const auto* provider : {"lee", "kim"})
    CHECK(must(bccast_provider_roster, host, provider, "search=berg", nullptr, 0).rows.size() == 1);
  CHECK(host.verify().empty());
}

TEST_CASE("semantics: archived as a client") {
  Practice host;
  host.clients("kim", {"ana"});
  host.archive("kim", "ana");
  const auto blast = host.blast("lee", {"ana", "ben"}, "Good morning");
  const auto before = view_of(host, "ana");
  must(bccast_directory_client_archive, host, "ana");
  CHECK(call(bccast_directory_client_archive, host, "ana").code == BCCAST_EXISTS);
  // On every roster, also on one that it joins later; and it keeps what it has, and cannot tell.
  host.provider("may");
  host.clients("may", {"ana", "ben", "cal"});
  for (const auto* provider : {"lee", "kim", "may"}) CHECK(host.state(provider, "ana") == "archived");
  CHECK(host.recipients("may", host.blast("may", "From May")).column("client") == Names{"ben", "cal"});
  CHECK(host.received(host.blast("lee", "From Lee")) == Names{"ben", "cal", "dan"});
  CHECK(view_of(host, "ana") == before);
  CHECK(host.reply("ana", host.of_blast("lee", blast, "ana"), "Thank you") == 2);
  // Restored on one roster it is still archived; restored as a client each roster has its own state back.
  host.restore("lee", "ana");
  CHECK(host.state("lee", "ana") == "archived");
  must(bccast_directory_client_restore, host, "ana");
  CHECK(call(bccast_directory_client_restore, host, "ana").code == BCCAST_EXISTS);
  CHECK(host.state("lee", "ana") == "active");
  CHECK(host.state("kim", "ana") == "archived");
  CHECK(host.state("may", "ana") == "active");
  CHECK(host.received(host.blast("lee", "Again")) == Names{"ana", "ben", "cal", "dan"});
  CHECK(host.verify().empty());
}

TEST_CASE("semantics: chosen twice") {
  Practice host;
  const auto draft = host.draft("lee", {"ana", "ben", "ana"});
  host.select(draft, "ana");
  SUBCASE("one by one") {}
  SUBCASE("and by the rule") {
    host.all_active(draft);
    host.select(draft, "ana");
    for (const auto* other : {"cal", "dan"}) must(bccast_blast_deselect, host, "lee", draft, other);
  }
  SUBCASE("taken out in between: the last act decides") {
    must(bccast_blast_deselect, host, "lee", draft, "ana");
    host.select(draft, "ana");
  }
  host.write("lee", draft, "Good morning");
  CHECK(host.preview("lee", draft).number("recipients") == 2);
  host.send("lee", draft);
  CHECK(host.received(draft) == Names{"ana", "ben"});
  CHECK(host.threads("ana").size() == 1);
  CHECK(host.messages("ana", host.of_blast("lee", draft, "ana")).size() == 1);
  REQUIRE(host.pump_to_the_end());
  CHECK(host.told("ana") == 1);
  CHECK(host.verify().empty());
}

TEST_CASE("semantics: all active, and later additions") {
  Practice host;
  const auto draft = host.draft("lee");
  host.all_active(draft);
  host.write("lee", draft, "Good morning");
  CHECK(host.preview("lee", draft).number("recipients") == 4);
  host.clients("lee", {"eve"});  // after the choosing, before the sending: the rule takes it
  host.archive("lee", "dan");
  CHECK(host.preview("lee", draft).number("recipients") == 4);
  CHECK(host.why(draft, "eve") == "chosen");
  host.send("lee", draft);
  CHECK(host.received(draft) == Names{"ana", "ben", "cal", "eve"});
  host.clients("lee", {"fay"});  // after the sending: not
  host.restore("lee", "dan");
  CHECK(host.received(draft) == Names{"ana", "ben", "cal", "eve"});
  CHECK(host.why(draft, "fay") == "left_out added_later");
  CHECK(host.why(draft, "dan") == "left_out archived");
  CHECK(host.threads("fay").empty());
  CHECK(host.threads("dan").empty());
  CHECK(host.verify().empty());
}

TEST_CASE("semantics: import over an archived entry") {
  Practice host;
  const test::Column ids({"ana", "ben", "eve"});
  const test::Column names({"Ana from the file", "Ben from the file", "Eve from the file"});
  host.archive("lee", "ana");
  must(bccast_directory_client_archive, host, "ben");
  must(bccast_directory_client_put_many, host, 3, ids.bytes, ids.offsets.data(), names.bytes,
       names.offsets.data(), nullptr, nullptr, nullptr);
  std::vector<std::int32_t> results(3, 77);
  must(bccast_directory_roster_add_many, host, "lee", 3, ids.bytes, ids.offsets.data(), results.data());
  CHECK(results == std::vector<std::int32_t>{BCCAST_EXISTS, BCCAST_EXISTS, BCCAST_OK});
  CHECK(call(bccast_directory_roster_add, host, "lee", "ana").code == BCCAST_EXISTS);
  // The names are those of the file; archived stays archived.
  for (const auto* client : {"ana", "ben"}) CHECK(host.state("lee", client) == "archived");
  CHECK(must(bccast_provider_roster, host, "lee", "search=file", nullptr, 0).rows.column("client") ==
        Names{"ana", "ben", "eve"});
  CHECK(host.received(host.blast("lee", "Good morning")) == Names{"cal", "dan", "eve"});
  CHECK(host.threads("ana").empty());
  CHECK(host.verify().empty());
}

TEST_CASE("semantics: rename of a provider or a client") {
  Practice host;
  const auto blast = host.blast("lee", {"ana", "ben"}, "Good morning");
  const auto anas = host.of_blast("lee", blast, "ana");
  const auto bens = host.of_blast("lee", blast, "ben");
  // ana's thread is touched: listed, read by her and by the provider, a row of its own. ben's is not.
  host.threads("ana");
  host.read("ana", anas, 0);
  must(bccast_provider_read, host, "lee", anas, 1);
  host.clock.advance(60'000);
  must(bccast_directory_provider_put, host, "lee", "Dr. Lee, formerly Berg");
  const auto shown = [&](const std::string& client, const std::string& thread) {
    std::vector<Row> rows;
    rows.push_back(host.threads(client).where("thread", thread));
    for (const auto& row : host.messages(client, thread)) rows.push_back(row);
    for (auto& row : rows)
      for (auto& cell : row.cells)
        if (cell.value == thread) cell.value = "<thread>";
    return rows;
  };
  // Today's name stands everywhere, also over what was written before; and both look the same.
  const auto touched = shown("ana", anas);
  CHECK(touched == shown("ben", bens));
  CHECK(touched[0].text("provider_name") == "Dr. Lee, formerly Berg");
  CHECK(touched[0].text("last_author_name") == "Dr. Lee, formerly Berg");
  CHECK(touched[1].text("author_name") == "Dr. Lee, formerly Berg");
  // Nothing else moved: neither the times nor what is unread.
  CHECK(touched[0].number("last_at_ms") == test::Clock::kStart);
  CHECK(touched[0].number("unread") == 1);

  host.reply("ana", anas, "Thank you");
  must(bccast_directory_client_put, host, "ana", "Ana the second", nullptr);
  CHECK(host.provider_messages("lee", anas)[1].text("author_name") == "Ana the second");
  CHECK(host.provider_threads("lee")[0].text("client_name") == "Ana the second");
  CHECK(host.provider_threads("lee")[0].text("last_author_name") == "Ana the second");
  CHECK(host.recipients("lee", blast).column("client_name") == Names{"Ana the second", Host::name_of("ben")});
  CHECK(host.messages("ana", anas)[1].text("author_name") == "Ana the second");
  REQUIRE(host.pump_to_the_end());
  REQUIRE(host.told("ana") == 1);
  CHECK(host.notifier.to("ana")[0].row.text("to_name") == "Ana the second");
  for (const auto& notice : host.notifier.to("lee"))
    CHECK(notice.row.text("to_name") == "Dr. Lee, formerly Berg");
  CHECK(host.verify().empty());
}

TEST_CASE("semantics: chat off") {
  Practice host;
  const auto before = host.blast("lee", {"ana", "ben"}, "Before");
  SUBCASE("for the client, on every roster") {
    host.set("ana", "chat", "off");
    host.clients("kim", {"ana"});
    CHECK(host.recipients("kim", host.blast("kim", "From Kim")).column("client") == Names{"zoe", "xia"});
  }
  SUBCASE("with this provider alone") {
    must(bccast_directory_roster_set, host, "lee", "ana", "chat", "off");
    host.clients("kim", {"ana"});
    CHECK(host.recipients("kim", host.blast("kim", "From Kim")).column("client") ==
          Names{"zoe", "xia", "ana"});
  }
  REQUIRE(host.pump_to_the_end());
  host.notifier.forget();
  // No blasts.
  CHECK(host.contact("ana") == "off");
  const auto draft = host.draft("lee", {"ana", "ben", "cal"});
  host.write("lee", draft, "Without Ana");
  CHECK(host.preview("lee", draft).number("off") == 1);
  CHECK(host.why(draft, "ana") == "left_out off");
  host.send("lee", draft);
  CHECK(host.received(draft) == Names{"ben", "cal"});
  CHECK(host.why(draft, "ana") == "left_out off");
  // Everything else goes on: it keeps what it has, replies, is answered, written to and told.
  const auto thread = host.of_blast("lee", before, "ana");
  CHECK(host.reply("ana", thread, "Thank you") == 2);
  host.provider_reply("lee", thread, "You are welcome");
  host.write_direct("lee", "ana", "Just for you");
  REQUIRE(host.pump_to_the_end());
  CHECK(host.told("ana") == 2);
  // Turned on again, it receives what is sent from then on.
  must(bccast_directory_roster_set, host, "lee", "ana", "chat", "on");
  host.set("ana", "chat", nullptr);
  CHECK(host.contact("ana") == "ok");
  CHECK(host.received(host.blast("lee", "With Ana")) == Names{"ana", "ben", "cal", "dan"});
  CHECK(host.verify().empty());
}

TEST_CASE("semantics: notify off") {
  Practice host;
  host.set("ana", "notify", "off");
  must(bccast_directory_roster_set, host, "lee", "ben", "notify", "off");
  const auto blast = host.blast("lee", "Good morning");
  host.write_direct("lee", "ana", "Just for you");
  REQUIRE(host.pump_to_the_end());
  CHECK(host.received(blast) == Names{"ana", "ben", "cal", "dan"});
  CHECK(host.threads("ana").size() == 2);
  CHECK(host.threads("ben").size() == 1);
  CHECK(host.told("ana") == 0);
  CHECK(host.told("ben") == 0);
  CHECK(host.told("cal") == 1);
  CHECK(host.why(blast, "ana") == "skipped notify_off");
  CHECK(host.verify().empty());
}

TEST_CASE("semantics: opened is read, and nothing else") {
  Practice host;
  const auto blast = host.blast("lee", {"ana", "ben"}, "Good morning");
  const auto thread = host.of_blast("lee", blast, "ana");
  const auto opened = [&] { return host.status("lee", blast).where("channel", "").number("opened"); };
  const auto row = [&](const char* client) { return host.recipients("lee", blast).where("client", client); };
  // Told, listed, counted, fetched, exported, replied to by the provider, read by the provider, read up to 0.
  REQUIRE(host.pump_to_the_end());
  view_of(host, "ana");
  host.read("ana", thread, 0);
  host.provider_reply("lee", thread, "And one more thing");
  must(bccast_provider_read, host, "lee", thread, 2);
  must(bccast_provider_messages, host, "lee", thread, 0, 1, 0);
  CHECK(opened() == 0);
  CHECK(row("ana").null("opened_at_ms"));
  CHECK(host.threads("ana")[0].number("unread") == 2);
  // A reply alone does not open either.
  host.reply("ben", host.of_blast("lee", blast, "ben"), "Thank you");
  CHECK(opened() == 0);
  CHECK(row("ben").number("replied") == 1);
  CHECK(row("ben").null("opened_at_ms"));
  // Reading does, once, at that moment.
  host.clock.advance(5'432);
  const auto at = host.clock.now_ms();
  host.read("ana", thread, 1);
  host.clock.advance(1000);
  host.read("ana", thread, 2);
  CHECK(opened() == 1);
  CHECK(row("ana").number("opened_at_ms") == at);
  CHECK(host.recipients("lee", blast, "opened=1").column("client") == Names{"ana"});
  CHECK(host.verify().empty());
}

TEST_CASE("semantics: every list and every message says who, for whom, and since when") {
  Practice host;
  test::Actor jo(host, "assistant-jo");
  host.clock.advance(1500);
  host.archive("lee", "dan");
  host.clock.advance(1500);
  const auto sent_at = host.clock.now_ms();
  char blast[BCCAST_ID_SIZE];
  must(bccast_blast_create, jo, "lee", nullptr, blast);
  must(bccast_blast_select_all_active, jo, "lee", blast);
  must(bccast_blast_write, jo, "lee", blast, "Good morning", 12);
  must(bccast_blast_send, jo, "lee", blast, nullptr);
  const auto thread = host.of_blast("lee", blast, "ana");
  host.clock.advance(1500);
  host.reply("ana", thread, "Thank you");
  const auto replied_at = host.clock.now_ms();

  const auto roster = must(bccast_provider_roster, host, "lee", nullptr, nullptr, 0).rows;
  CHECK(roster.where("client", "ana").text("client_name") == Host::name_of("ana"));
  CHECK(roster.where("client", "ana").number("since_ms") == test::Clock::kStart);
  CHECK(roster.where("client", "dan").number("since_ms") == test::Clock::kStart + 1500);

  const auto blasts = must(bccast_blast_list, host, "lee", nullptr, nullptr, 0).rows;
  CHECK(blasts[0].text("text") == "Good morning");
  CHECK(blasts[0].text("actor") == "assistant-jo");
  CHECK(blasts[0].text("sent_by") == "assistant-jo");
  CHECK(blasts[0].number("created_at_ms") == sent_at);
  CHECK(blasts[0].number("sent_at_ms") == sent_at);

  const auto anas = host.threads("ana");
  CHECK(anas[0].text("provider") == "lee");
  CHECK(anas[0].text("provider_name") == Host::name_of("lee"));
  CHECK(anas[0].text("last_text") == "Thank you");
  CHECK(anas[0].text("last_author") == "ana");
  CHECK(anas[0].text("last_author_name") == Host::name_of("ana"));
  CHECK(anas[0].number("last_at_ms") == replied_at / 1000 * 1000);
  const auto bens = host.threads("ben");
  CHECK(bens[0].text("last_author") == "lee");
  CHECK(bens[0].text("last_author_name") == Host::name_of("lee"));
  const auto messages = host.messages("ana", thread);
  CHECK(messages.column("author") == Names{"lee", "ana"});
  CHECK(messages.column("author_name") == Names{Host::name_of("lee"), Host::name_of("ana")});
  CHECK(messages[0].number("at_ms") == sent_at / 1000 * 1000);

  const auto lees = host.provider_threads("lee");
  CHECK(lees[0].text("client") == "ana");
  CHECK(lees[0].text("client_name") == Host::name_of("ana"));
  CHECK(lees[0].text("blast") == blast);
  CHECK(lees[0].text("last_author") == "ana");
  CHECK(lees[0].text("last_author_name") == Host::name_of("ana"));
  CHECK(lees[0].null("last_actor"));
  CHECK(lees[0].number("last_at_ms") == replied_at);
  const auto told = host.provider_messages("lee", thread);
  CHECK(told.column("author") == Names{"lee", "ana"});
  CHECK(told.column("author_name") == Names{Host::name_of("lee"), Host::name_of("ana")});
  CHECK(told.column("actor") == Names{"assistant-jo", ""});
  must(bccast_provider_reply, jo, "lee", thread, nullptr, "Welcome", 7, nullptr, nullptr);
  CHECK(host.provider_threads("lee")[0].text("last_actor") == "assistant-jo");
  CHECK(host.provider_threads("lee")[0].text("last_author") == "lee");

  CHECK(host.recipients("lee", blast).column("client_name") ==
        Names{Host::name_of("ana"), Host::name_of("ben"), Host::name_of("cal")});
  const auto draft = host.draft("lee", {"ana"});
  CHECK(must(bccast_blast_selection, host, "lee", draft, nullptr, nullptr, 0).rows[0].text("client_name") ==
        Host::name_of("ana"));
  CHECK(must(bccast_directory_provider_list, host, nullptr, 0).rows.column("provider_name") ==
        Names{Host::name_of("kim"), Host::name_of("lee")});
  CHECK(must(bccast_directory_client_get, host, "ana").rows[0].text("client_name") == Host::name_of("ana"));
  CHECK(host.verify().empty());
}

// ---- Export

/// The messages of an export as somebody would find them who reads thread by thread.
std::vector<std::vector<std::string>> messages_of(const Host& host, const std::string& client) {
  std::vector<std::vector<std::string>> rows;
  for (const auto& thread : host.threads(client))
    for (const auto& row : host.messages(client, thread.text("thread")))
      rows.push_back({thread.text("thread"), thread.text("provider"), thread.text("provider_name"),
                      thread.text("kind"), thread.text("title"), row.cell("seq").value, row.text("author"),
                      row.text("author_name"), row.text("text"), row.cell("at_ms").value,
                      row.cell("removed").value});
  return rows;
}

std::vector<std::vector<std::string>> messages_of(const Rows& exported) {
  std::vector<std::vector<std::string>> rows;
  for (const auto& row : exported) {
    if (row.text("record") != "message") continue;
    rows.emplace_back();
    for (const auto* column : {"thread", "provider", "provider_name", "kind", "title", "seq", "author",
                               "author_name", "text", "at_ms", "removed"})
      rows.back().push_back(row.cell(column).value);
  }
  return rows;
}

TEST_CASE("semantics: export of one client") {
  Practice host;
  host.clients("kim", {"ana"});
  host.set("ana", "locale", "de");
  host.set("ana", "notify", "off");
  host.set("ana", "address.push", "device 1");
  const auto blast = host.blast("lee", {"ana", "ben", "cal"}, "To many");
  const auto thread = host.of_blast("lee", blast, "ana");
  host.clock.advance(1000);
  host.reply("ana", thread, "From Ana");
  host.reply("ben", host.of_blast("lee", blast, "ben"), "From Ben alone");
  host.blast("lee", {"ben", "cal"}, "Not to Ana");
  host.clock.advance(1000);
  host.write_direct("kim", "ana", "From Kim");
  host.write_direct("lee", "ben", "To Ben alone");
  host.clock.advance(1000);
  const auto community = host.community("lee", "Monday group", {"ben", "cal"});
  host.provider_reply("lee", community, "Before Ana");
  host.add_members("lee", community, {"ana"});
  host.provider_reply("lee", community, "With Ana");
  host.reply("ben", community, "Hello Ana");
  host.reply("ana", community, "Hello Ben");

  const auto rows = host.exported("ana");
  // First the profile: what is set; chat and notify always are.
  std::vector<std::pair<std::string, std::string>> profile;
  bool messages_began = false;
  for (const auto& row : rows) {
    messages_began = messages_began || row.text("record") == "message";
    CHECK((row.text("record") == "message") == messages_began);
    if (row.text("record") != "profile") continue;
    profile.emplace_back(row.text("name"), row.text("text"));
    for (const auto* column : {"thread", "provider", "author", "at_ms"}) CHECK(row.null(column));
  }
  std::ranges::sort(profile);
  CHECK(profile == std::vector<std::pair<std::string, std::string>>{{"address.email", "ana@example.org"},
                                                                    {"address.push", "device 1"},
                                                                    {"chat", "on"},
                                                                    {"client", "ana"},
                                                                    {"display_name", "Name of ana"},
                                                                    {"locale", "de"},
                                                                    {"notify", "off"}});
  // Then all its messages, each as its lists and threads show it, and nothing else.
  auto exported = messages_of(rows);
  auto shown = messages_of(host, "ana");
  CHECK(exported.size() == 6);
  Names threads;
  for (const auto& row : exported) {
    if (threads.empty() || threads.back() != row[0]) threads.push_back(row[0]);
  }
  CHECK(threads.size() == 3);  // thread by thread
  std::ranges::sort(exported);
  std::ranges::sort(shown);
  CHECK(exported == shown);
  for (const auto& row : rows) {
    for (const auto& cell : row.cells) {
      for (const auto* hidden : {"ben", "cal", "assistant"}) CHECK(cell.value != hidden);
      for (const auto* hidden : {"From Ben alone", "To Ben alone", "Not to Ana", "Before Ana"})
        CHECK(cell.value != hidden);
    }
  }
  // A page at a time it is the same; and reading it reads nothing.
  for (const std::uint32_t limit : {1U, 2U, 5U}) {
    CAPTURE(limit);
    const auto paged = test::all_pages([&](const char* cursor) {
      auto page = must(bccast_directory_client_export, host, "ana", cursor, limit).rows;
      CHECK(page.size() <= limit);
      return page;
    });
    CHECK(paged == rows);
  }
  CHECK(host.status("lee", blast).where("channel", "").number("opened") == 0);
  CHECK(call(bccast_directory_client_export, host, "nobody", nullptr, 0).code == BCCAST_E_NOT_FOUND);
  CHECK(host.verify().empty());
}

TEST_CASE("semantics: export of a client who has nothing, and of one with a long history") {
  Practice host;
  CHECK(messages_of(host.exported("dan")).empty());
  CHECK(host.exported("dan").where("name", "client").text("text") == "dan");
  must(bccast_directory_client_put, host, "alone", nullptr, nullptr);
  CHECK(host.exported("alone").column("name") == Names{"client", "chat", "notify"});

  const auto thread = host.write_direct("lee", "dan", "Number 1");
  for (int i = 2; i <= 250; ++i) host.provider_reply("lee", thread, "Number " + std::to_string(i));
  for (int i = 0; i < 30; ++i) host.blast("lee", "Blast " + std::to_string(i));
  const auto exported = messages_of(host.exported("dan"));
  CHECK(exported.size() == 280);
  Names seqs;
  for (const auto& row : exported)
    if (row[0] == thread) seqs.push_back(row[5]);
  REQUIRE(seqs.size() == 250);
  for (std::size_t i = 0; i < seqs.size(); ++i) CHECK(seqs[i] == std::to_string(i + 1));
  const auto most = BCCAST_MAX_TEXT;
  for (int i = 0; i < 10; ++i) host.provider_reply("lee", thread, std::string(most, 'x'));
  const auto page = must(bccast_directory_client_export, host, "dan", nullptr, 1000).rows;
  std::size_t bytes = 0;
  for (const auto& row : page) bytes += row.text("text").size();
  CHECK(bytes <= 8U * most);
  CHECK(messages_of(host.exported("dan")).size() == 290);
  CHECK(host.verify().empty());
}

}  // namespace
