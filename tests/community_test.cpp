// Communities: threads whose members see each other. Who is in, what each sees and since when, who is told,
// and what a member's id says.
#include <doctest/doctest.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <set>
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

const std::string kNoThread = "00112233445566778899aabbccddeeff";  // made up

bool is_id(std::string_view text) {
  return text.size() == 32 && text.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

struct Practice : Host {
  Practice() : Practice(test::Setup{}) {}
  explicit Practice(const test::Setup& setup) : Host(setup) {
    provider("lee");
    clients("lee", {"ana", "ben", "cal", "dan", "eve"});
    provider("kim");
    clients("kim", {"zoe", "ana"});
  }
  std::int32_t add(const std::string& thread, const std::string& client) {
    return call(bccast_provider_community_add, *this, "lee", thread, client).code;
  }
  std::int32_t remove(const std::string& thread, const std::string& client) {
    return call(bccast_provider_community_remove, *this, "lee", thread, client).code;
  }
  Names texts(const std::string& client, const std::string& thread) const {
    return messages(client, thread).column("text");
  }
  /// The id that the others know it by.
  std::string member(const std::string& thread, const std::string& client) const {
    return provider_members("lee", thread).where("client", client).text("member");
  }
  Names who(const std::string& thread) const { return provider_members("lee", thread).column("client"); }
  Names told() {
    REQUIRE(pump_to_the_end());
    Names people;
    for (const auto& notice : notifier.all()) people.push_back(notice.to());
    std::ranges::sort(people);
    notifier.forget();
    return people;
  }
};

/// What somebody gets who asks for all that can be asked of a thread. `text`: what it tries to write there.
std::vector<Answer> probe(const Host& host, const std::string& client, const std::string& thread) {
  std::vector<Answer> answers;
  for (const std::int64_t from : {0, 1, 2, 99})
    for (const int direction : {1, -1})
      answers.push_back(call(bccast_client_messages, host, client, thread, from, direction, 10));
  for (const char* key : {static_cast<const char*>(nullptr), "a key"})
    answers.push_back(call(bccast_client_reply, host, client, thread, key, "Let me in", 9, nullptr, nullptr));
  for (const std::int64_t seq : {0, 1, 99})
    answers.push_back(call(bccast_client_read, host, client, thread, seq));
  answers.push_back(call(bccast_client_members, host, client, thread));
  return answers;
}

/// To this client there is no such thread: nowhere, and for nothing.
void check_gone(const Host& host, const std::string& client, const std::string& thread) {
  CAPTURE(client);
  const auto unknown = probe(host, client, kNoThread);
  for (const auto& answer : unknown) CHECK(answer.code == BCCAST_E_NOT_FOUND);
  CHECK(probe(host, client, thread) == unknown);
  for (const char* filter : {"", "unread=1", "unread=0"})
    for (const auto& row : host.threads(client, filter)) CHECK(row.text("thread") != thread);
  for (const auto& row : host.exported(client)) CHECK(row.text("thread") != thread);
}

TEST_CASE("community: made empty, members one by one or as a list") {
  Practice host;
  host.clock.advance(1234);
  const auto thread = host.community("lee", "Monday group");
  CHECK(is_id(thread));
  CHECK(host.provider_members("lee", thread).empty());
  for (const auto* client : {"ana", "ben", "cal", "dan", "eve"}) check_gone(host, client, thread);

  CHECK(host.add(thread, "dan") == BCCAST_OK);
  CHECK(host.add(thread, "dan") == BCCAST_EXISTS);
  host.clock.advance(1000);
  host.archive("lee", "eve");
  const test::Column ids({"ben", "nobody", "ana", "eve", "dan", "ben", "zoe", "", "\xff"});
  std::vector<std::int32_t> results(9, 77);
  CHECK(call(bccast_provider_community_add_many, host, "lee", thread, 9, ids.bytes, ids.offsets.data(),
             results.data())
            .code == BCCAST_PARTIAL);
  CHECK(results == std::vector<std::int32_t>{BCCAST_OK, BCCAST_E_NOT_FOUND, BCCAST_OK, BCCAST_E_STATE,
                                             BCCAST_EXISTS, BCCAST_EXISTS, BCCAST_E_NOT_FOUND,
                                             BCCAST_E_ARGUMENT, BCCAST_E_UTF8});
  // Of one client these are the result.
  CHECK(host.add(thread, "nobody") == BCCAST_E_NOT_FOUND);
  CHECK(host.add(thread, "zoe") == BCCAST_E_NOT_FOUND);
  CHECK(host.add(thread, "eve") == BCCAST_E_STATE);
  must(bccast_directory_client_archive, host, "cal");
  CHECK(host.add(thread, "cal") == BCCAST_E_STATE);

  const auto rows = host.provider_members("lee", thread);
  CHECK(rows.column("client") == Names{"ana", "ben", "dan"});  // by name
  CHECK(rows.column("client_name") ==
        Names{Host::name_of("ana"), Host::name_of("ben"), Host::name_of("dan")});
  CHECK(rows.where("client", "dan").number("since_ms") == test::Clock::kStart + 1234);
  CHECK(rows.where("client", "ana").number("since_ms") == test::Clock::kStart + 2234);
  for (const auto& row : rows) {
    CHECK(is_id(row.text("member")));
    CHECK(row.null("actor"));
  }
  CHECK(host.verify().empty());
}

TEST_CASE("community: the roster, a rule and a blast's selection put nobody in") {
  Practice host;
  const auto thread = host.community("lee", "Monday group", {"ana", "ben"});
  host.clients("lee", {"fay"});
  host.archive("lee", "eve");
  host.restore("lee", "eve");
  const auto draft = host.draft("lee", {"cal", "dan"});
  must(bccast_blast_select_all_active, host, "lee", draft);
  host.write("lee", draft, "Good morning");
  host.send("lee", draft);
  CHECK(host.who(thread) == Names{"ana", "ben"});
  // Nor is a community something a blast goes to: its id is no blast's, and a blast's none of its.
  for (const auto& answer :
       {call(bccast_blast_select, host, "lee", thread, "cal"),
        call(bccast_blast_select_all_active, host, "lee", thread),
        call(bccast_provider_community_add, host, "lee", draft, "cal"),
        call(bccast_provider_community_add, host, "lee", host.of_blast("lee", draft, "cal"), "cal"),
        call(bccast_provider_community_add, host, "lee", host.direct("lee", "cal"), "cal"),
        call(bccast_provider_members, host, "lee", host.direct("lee", "cal"))})
    CHECK(answer.code == BCCAST_E_NOT_FOUND);
  CHECK(host.who(thread) == Names{"ana", "ben"});
  CHECK(host.threads("ana").size() == 1);  // the blast's
  CHECK(host.verify().empty());
}

TEST_CASE("community: a second one of the same title is another one") {
  Practice host;
  const auto one = host.community("lee", "Group", {"ana", "ben"});
  const auto two = host.community("lee", "Group", {"ana", "cal"});
  const auto kims = host.community("kim", "Group", {"ana", "zoe"});
  CHECK(std::set{one, two, kims}.size() == 3);
  host.provider_reply("lee", one, "In the first");
  host.clock.advance(1000);
  host.provider_reply("lee", two, "In the second");
  host.clock.advance(1000);
  host.provider_reply("kim", kims, "In Kim's");
  CHECK(host.threads("ana").column("thread") == Names{kims, two, one});
  CHECK(host.threads("ana").column("provider") == Names{"kim", "lee", "lee"});
  CHECK(host.threads("ben").column("last_text") == Names{"In the first"});
  CHECK(host.threads("cal").column("last_text") == Names{"In the second"});
  CHECK(host.provider_threads("kim").column("thread") == Names{kims});
  check_gone(host, "ben", two);
  check_gone(host, "ben", kims);
  CHECK(host.verify().empty());
}

TEST_CASE("community: what members see of each other, and what the provider sees") {
  Practice host;
  const auto thread = host.community("lee", "Monday group", {"ana", "ben", "cal"});
  CHECK(host.provider_reply("lee", thread, "Welcome") == 1);
  host.clock.advance(1250);
  CHECK(host.reply("ben", thread, "Hello from Ben") == 2);
  host.clock.advance(1250);
  CHECK(host.reply("ana", thread, "Hello from Ana") == 3);

  // One thread, one id, for all of them.
  for (const auto* client : {"ana", "ben", "cal"}) {
    CAPTURE(client);
    const auto list = host.threads(client);
    REQUIRE(list.size() == 1);
    CHECK(list[0].text("thread") == thread);
    CHECK(list[0].text("kind") == "community");
    CHECK(list[0].text("title") == "Monday group");
    CHECK(list[0].text("provider") == "lee");
    CHECK(list[0].text("provider_name") == Host::name_of("lee"));
    CHECK(list[0].text("last_text") == "Hello from Ana");
    CHECK(list[0].text("last_author_name") == Host::name_of("ana"));
    CHECK(list[0].number("last_at_ms") == test::Clock::kStart + 2000);
    CHECK(list[0].number("closed") == 0);
    CHECK(list[0].number("removed") == 0);
    CHECK(host.texts(client, thread) == Names{"Welcome", "Hello from Ben", "Hello from Ana"});
    const auto messages = host.messages(client, thread);
    CHECK(messages.column("author_name") ==
          Names{Host::name_of("lee"), Host::name_of("ben"), Host::name_of("ana")});
    CHECK(messages.column("at_ms") == Names{"1700000000000", "1700000001000", "1700000002000"});
    CHECK(messages[0].text("author") == "lee");
    // Oneself by one's own id, the others by theirs of this community.
    const auto as_seen = [&](const std::string& other) {
      return other == client ? other : host.member(thread, other);
    };
    CHECK(messages[1].text("author") == as_seen("ben"));
    CHECK(messages[2].text("author") == as_seen("ana"));
    CHECK(list[0].text("last_author") == as_seen("ana"));
    const auto members = host.members(client, thread);
    CHECK(members.column("member_name") ==
          Names{Host::name_of("ana"), Host::name_of("ben"), Host::name_of("cal")});
    CHECK(members.column("member") == Names{as_seen("ana"), as_seen("ben"), as_seen("cal")});
    for (const auto& row : members) {
      CHECK(row.number("me") == (row.text("member") == client ? 1 : 0));
      CHECK(row.number("since_ms") == test::Clock::kStart);
    }
  }
  // In no cell of one's view is another's id of the host's.
  for (const auto& rows :
       {host.threads("cal"), host.messages("cal", thread), host.members("cal", thread), host.exported("cal")})
    for (const auto& row : rows)
      for (const auto& cell : row.cells)
        for (const auto* other : {"ana", "ben"}) {
          CHECK(cell.value != other);
          CHECK(cell.value.find(Host::address_of(other)) == std::string::npos);
        }

  const auto lees = host.provider_threads("lee");
  REQUIRE(lees.size() == 1);
  CHECK(lees[0].text("thread") == thread);
  CHECK(lees[0].text("kind") == "community");
  CHECK(lees[0].text("title") == "Monday group");
  CHECK(lees[0].null("client"));
  CHECK(lees[0].null("client_name"));
  CHECK(lees[0].null("blast"));
  CHECK(lees[0].number("unread") == 2);
  CHECK(lees[0].text("last_author") == "ana");
  CHECK(lees[0].text("last_author_name") == Host::name_of("ana"));
  CHECK(lees[0].number("last_at_ms") == test::Clock::kStart + 2500);
  CHECK(host.provider_messages("lee", thread).column("author") == Names{"lee", "ben", "ana"});
  CHECK(call(bccast_provider_messages, host, "kim", thread, 0, 1, 0) ==
        call(bccast_provider_messages, host, "kim", kNoThread, 0, 1, 0));
  CHECK(call(bccast_provider_members, host, "kim", thread) ==
        call(bccast_provider_members, host, "kim", kNoThread));
  CHECK(host.verify().empty());
}

TEST_CASE("community: posts reach the members of that moment alone, and unread is what others wrote") {
  Practice host;
  const auto thread = host.community("lee", "Monday group", {"ana", "ben"});
  const auto unread = [&](const std::string& client) {
    return host.threads(client).where("thread", thread).number("unread");
  };
  host.provider_reply("lee", thread, "One");
  host.reply("ana", thread, "Two");
  CHECK(unread("ana") == 1);
  CHECK(unread("ben") == 2);
  host.read("ben", thread, 1);
  CHECK(unread("ben") == 1);
  host.read("ben", thread, 99);
  CHECK(unread("ben") == 0);
  CHECK(unread("ana") == 1);  // reading is each one's own
  host.reply("ben", thread, "Three");
  CHECK(unread("ana") == 2);
  CHECK(unread("ben") == 0);
  std::int64_t threads = 0;
  std::int64_t messages = 0;
  must(bccast_client_unread, host, "ana", &threads, &messages);
  CHECK(threads == 1);
  CHECK(messages == 2);
  CHECK(host.threads("ana", "unread=1").size() == 1);
  CHECK(host.threads("ben", "unread=1").empty());
  must(bccast_provider_unread, host, "lee", &threads, &messages);
  CHECK(threads == 1);
  CHECK(messages == 2);
  must(bccast_provider_read, host, "lee", thread, 2);
  must(bccast_provider_unread, host, "lee", &threads, &messages);
  CHECK(messages == 1);
  for (const auto* client : {"cal", "dan", "zoe"}) check_gone(host, client, thread);
  // Pages, both ways.
  const auto page = [&](std::int64_t from, int direction) {
    return must(bccast_client_messages, host, "ana", thread, from, direction, 2).rows.column("text");
  };
  CHECK(page(0, 1) == Names{"One", "Two"});
  CHECK(page(3, 1) == Names{"Three"});
  CHECK(page(0, -1) == Names{"Three", "Two"});
  CHECK(page(1, -1) == Names{"One"});
  CHECK(host.verify().empty());
}

TEST_CASE("community: a member may write before anybody else did; the provider sees it from its making on") {
  Practice host;
  host.clock.advance(1500);
  const auto thread = host.community("lee", "Monday group", {"ana", "ben"});
  const auto empty = host.provider_threads("lee");
  REQUIRE(empty.size() == 1);
  CHECK(empty[0].text("thread") == thread);
  CHECK(empty[0].text("title") == "Monday group");
  CHECK(empty[0].number("last_at_ms") == test::Clock::kStart + 1500);
  CHECK(empty[0].number("unread") == 0);
  for (const auto* column : {"last_author", "last_author_name", "last_actor"}) CHECK(empty[0].null(column));
  CHECK(empty[0].text("last_text").empty());
  CHECK(host.threads("ana").empty());
  CHECK(host.messages("ana", thread).empty());
  CHECK(host.members("ana", thread).size() == 2);
  CHECK(host.reply("ana", thread, "Is anybody here?") == 1);
  CHECK(host.texts("ben", thread) == Names{"Is anybody here?"});
  CHECK(host.threads("ana")[0].number("unread") == 0);
  CHECK(host.told() == Names{"ben", "lee"});
  CHECK(host.verify().empty());
}

TEST_CASE("community: a new member sees what is written from its joining on") {
  Practice host;
  const auto thread = host.community("lee", "Monday group", {"ana", "ben"});
  host.provider_reply("lee", thread, "Before Cal");
  host.reply("ana", thread, "About Cal");
  host.clock.advance(60'250);
  host.add_members("lee", thread, {"cal"});
  CHECK(host.provider_members("lee", thread).where("client", "cal").number("since_ms") ==
        test::Clock::kStart + 60'250);
  // There is nothing yet that it can see.
  CHECK(host.threads("cal").empty());
  std::int64_t threads = 7;
  std::int64_t messages = 7;
  must(bccast_client_unread, host, "cal", &threads, &messages);
  CHECK(threads == 0);
  CHECK(messages == 0);
  for (const auto& row : host.exported("cal")) CHECK(row.text("record") == "profile");

  host.clock.advance(1000);
  CHECK(host.reply("ben", thread, "Welcome Cal") == 3);
  REQUIRE(host.threads("cal").size() == 1);
  CHECK(host.threads("cal")[0].number("unread") == 1);
  CHECK(host.messages("cal", thread).column("seq") == Names{"3"});
  CHECK(host.texts("cal", thread) == Names{"Welcome Cal"});
  for (const std::int64_t from : {0, 1, 2, 3}) {
    CHECK(must(bccast_client_messages, host, "cal", thread, from, 1, 1).rows.column("seq") == Names{"3"});
    const auto downwards = must(bccast_client_messages, host, "cal", thread, from, -1, 9).rows.column("seq");
    CHECK(downwards == (from == 0 || from == 3 ? Names{"3"} : Names{}));
  }
  CHECK(host.texts("ana", thread).size() == 3);
  host.read("cal", thread, 1);  // what was before it is none of its unread ones
  CHECK(host.threads("cal")[0].number("unread") == 1);
  host.read("cal", thread, 3);
  CHECK(host.threads("cal")[0].number("unread") == 0);
  CHECK(host.reply("cal", thread, "Thank you") == 4);
  CHECK(host.members("cal", thread).where("me", "1").number("since_ms") == test::Clock::kStart + 60'000);
  CHECK(host.verify().empty());
}

TEST_CASE("community: whoever leaves has no such thread any more, and what it wrote stays") {
  Practice host;
  const auto thread = host.community("lee", "Monday group", {"ana", "ben", "cal"});
  host.provider_reply("lee", thread, "Welcome");
  host.reply("ben", thread, "Hello from Ben");
  const auto ben = host.member(thread, "ben");
  const auto before = host.messages("ana", thread);
  REQUIRE(host.told().size() == 6);
  host.provider_reply("lee", thread, "Not handed over yet");
  std::function<void()> come_back;
  SUBCASE("removed") {
    CHECK(host.remove(thread, "ben") == BCCAST_OK);
  }
  SUBCASE("archived here") {
    host.archive("lee", "ben");
    come_back = [&] { host.restore("lee", "ben"); };
  }
  SUBCASE("archived here, among many") {
    const test::Column ids({"dan", "ben"});
    must(bccast_directory_roster_archive_many, host, "lee", 2, ids.bytes, ids.offsets.data(), nullptr);
    come_back = [&] { host.restore("lee", "ben"); };
  }
  SUBCASE("archived as a client") {
    must(bccast_directory_client_archive, host, "ben");
    come_back = [&] { must(bccast_directory_client_restore, host, "ben"); };
  }
  check_gone(host, "ben", thread);
  CHECK(host.remove(thread, "ben") == BCCAST_E_NOT_FOUND);
  CHECK(host.who(thread) == Names{"ana", "cal"});
  CHECK(host.members("ana", thread).column("member_name") ==
        Names{Host::name_of("ana"), Host::name_of("cal")});
  // Nor is it told of what it cannot see.
  CHECK(host.told() == Names{"ana", "cal"});
  host.reply("ana", thread, "Where is Ben?");
  CHECK(host.told() == Names{"cal", "lee"});
  // To the others its messages are as they were.
  const auto after = must(bccast_client_messages, host, "ana", thread, 0, 1, 2).rows;
  CHECK(after.rows == before.rows);
  CHECK(after[1].text("author") == ben);
  CHECK(after[1].text("author_name") == Host::name_of("ben"));

  // Restoring an entry brings no membership back.
  if (come_back) {
    come_back();
    check_gone(host, "ben", thread);
    CHECK(host.who(thread) == Names{"ana", "cal"});
  }
  // Added again it is the same person to the others, and sees what is written from now on.
  CHECK(host.add(thread, "ben") == BCCAST_OK);
  CHECK(host.threads("ben").empty());
  CHECK(host.member(thread, "ben") == ben);
  host.provider_reply("lee", thread, "Ben is back");
  CHECK(host.texts("ben", thread) == Names{"Ben is back"});
  CHECK(host.threads("ben")[0].number("unread") == 1);
  host.reply("ben", thread, "Here I am");
  const auto messages = host.messages("ana", thread);
  CHECK(messages[messages.size() - 1].text("author") == ben);
  CHECK(host.verify().empty());
}

TEST_CASE("community: left and added again before anybody was told: what it left is not told") {
  Practice host;
  const auto thread = host.community("lee", "Monday group", {"ana", "ben"});
  host.provider_reply("lee", thread, "Before");
  CHECK(host.remove(thread, "ben") == BCCAST_OK);
  CHECK(host.add(thread, "ben") == BCCAST_OK);
  SUBCASE("nothing written since") {
    CHECK(host.told() == Names{"ana"});
  }
  SUBCASE("and something written since") {
    host.provider_reply("lee", thread, "After");
    CHECK(host.texts("ben", thread) == Names{"After"});
    CHECK(host.told() == Names{"ana", "ana", "ben"});
  }
  CHECK(host.verify().empty());
}

TEST_CASE("community: an archived member of one provider stays with another") {
  Practice host;
  const auto lees = host.community("lee", "Lee's", {"ana", "ben"});
  const auto kims = host.community("kim", "Kim's", {"ana", "zoe"});
  host.provider_reply("lee", lees, "From Lee");
  host.provider_reply("kim", kims, "From Kim");
  host.archive("lee", "ana");
  check_gone(host, "ana", lees);
  CHECK(host.threads("ana").column("thread") == Names{kims});
  must(bccast_directory_client_archive, host, "ana");
  check_gone(host, "ana", kims);
  CHECK(host.provider_members("kim", kims).column("client") == Names{"zoe"});
  CHECK(host.verify().empty());
}

TEST_CASE("community: as many members as it may have") {
  Practice host;
  Names many;
  for (int i = 0; i < 60; ++i) many.push_back("m" + std::to_string(100 + i));
  host.clients("lee", many);
  const auto thread = host.community("lee", "Group");
  const auto add = [&](const Names& list) {
    const test::Column ids(list);
    std::vector<std::int32_t> results(list.size(), 77);
    const auto code = call(bccast_provider_community_add_many, host, "lee", thread, list.size(), ids.bytes,
                           ids.offsets.data(), results.data())
                          .code;
    const auto full = static_cast<std::size_t>(std::ranges::count(results, BCCAST_E_LIMIT));
    const auto taken = static_cast<std::size_t>(std::ranges::count(results, BCCAST_OK));
    CHECK((code == BCCAST_PARTIAL) == (full > 0));
    return std::pair(taken, full);
  };
  using Pair = std::pair<std::size_t, std::size_t>;
  const auto set = [&](const char* value) {
    return call(bccast_provider_community_set, host, "lee", thread, "max_members", value).code;
  };
  CHECK(add(many) == Pair(50, 10));  // unless set
  CHECK(host.who(thread) == Names(many.begin(), many.begin() + 50));
  CHECK(host.add(thread, "ana") == BCCAST_E_LIMIT);
  CHECK(host.add(thread, many[0]) == BCCAST_EXISTS);
  CHECK(host.add(thread, "nobody") == BCCAST_E_NOT_FOUND);
  CHECK(host.remove(thread, many[7]) == BCCAST_OK);  // one place is free
  CHECK(add({"ana", "ben"}) == Pair(1, 1));
  CHECK(set("53") == BCCAST_OK);
  CHECK(add({"ben", "cal", "dan", "eve"}) == Pair(3, 1));
  // Fewer than there are: nobody goes, and nobody comes.
  CHECK(set("2") == BCCAST_OK);
  CHECK(host.who(thread).size() == 53);
  CHECK(host.add(thread, "eve") == BCCAST_E_LIMIT);
  host.archive("lee", "ana");
  CHECK(host.add(thread, "eve") == BCCAST_E_LIMIT);
  for (const char* wrong : {"0", "1001", "-1", "x", "1.5", " 3", "3 ", "99999999999999999999"})
    CHECK_MESSAGE(set(wrong) == BCCAST_E_ARGUMENT, wrong);
  CHECK(set("1000") == BCCAST_OK);
  CHECK(add({"eve"}) == Pair(1, 0));
  CHECK(host.verify().empty());
}

TEST_CASE("community: a thousand members") {
  Host host;
  host.provider("lee");
  Names many;
  for (int i = 0; i < BCCAST_MAX_MEMBERS + 1; ++i) many.push_back("m" + std::to_string(10'000 + i));
  host.clients("lee", many);
  const auto thread = host.community("lee", "Everybody we know by name");
  must(bccast_provider_community_set, host, "lee", thread, "max_members", "1000");
  const test::Column ids(many);
  CHECK(call(bccast_provider_community_add_many, host, "lee", thread, many.size(), ids.bytes,
             ids.offsets.data(), nullptr)
            .code == BCCAST_PARTIAL);
  CHECK(host.provider_members("lee", thread).size() == BCCAST_MAX_MEMBERS);
  CHECK(host.members(many[500], thread).size() == BCCAST_MAX_MEMBERS);
  host.provider_reply("lee", thread, "Welcome");
  host.reply(many[0], thread, "Thank you");
  REQUIRE(host.pump_to_the_end());
  std::set<std::string> ids_told;
  for (const auto& notice : host.notifier.all()) CHECK(ids_told.insert(notice.id()).second);
  CHECK(host.notifier.all().size() ==
        BCCAST_MAX_MEMBERS + BCCAST_MAX_MEMBERS);  // members; members - 1 and lee
  CHECK(host.notifier.to(many[0]).size() == 1);
  CHECK(host.notifier.to(many[999]).size() == 2);
  CHECK(host.notifier.to(many[1000]).empty());
  CHECK(host.notifier.to("lee").size() == 1);
  CHECK(host.verify().empty());
}

TEST_CASE("community: the title, for all to see") {
  Practice host;
  const auto thread = host.community("lee", "Monday group", {"ana", "ben"});
  host.provider_reply("lee", thread, "Welcome");
  must(bccast_provider_community_set, host, "lee", thread, "title", "Tuesday group");
  for (const auto* client : {"ana", "ben"}) CHECK(host.threads(client)[0].text("title") == "Tuesday group");
  CHECK(host.provider_threads("lee")[0].text("title") == "Tuesday group");
  CHECK(host.exported("ana").where("record", "message").text("title") == "Tuesday group");
  const std::string longest(BCCAST_MAX_TITLE, 'x');
  must(bccast_provider_community_set, host, "lee", thread, "title", longest);
  CHECK(host.threads("ana")[0].text("title") == longest);
  const auto set = [&](const char* key, const char* value) {
    return call(bccast_provider_community_set, host, "lee", thread, key, value).code;
  };
  CHECK(set("title", (longest + "x").c_str()) == BCCAST_E_LIMIT);
  CHECK(set("title", "") == BCCAST_E_ARGUMENT);
  CHECK(set("title", nullptr) == BCCAST_E_ARGUMENT);
  CHECK(set("title", "a\nb") == BCCAST_E_ARGUMENT);
  CHECK(set("title", "\xff") == BCCAST_E_UTF8);
  CHECK(set("colour", "red") == BCCAST_E_ARGUMENT);
  CHECK(host.threads("ana")[0].text("title") == longest);
  CHECK(host.verify().empty());
}

TEST_CASE("community: a post tells every member but its author, and the provider when a member wrote") {
  Practice host;
  host.community("lee", "Another one", {"dan", "eve"});
  const auto thread = host.community("lee", "Monday group", {"ana", "ben", "cal"});
  CHECK(host.told().empty());  // being added is no message
  host.provider_reply("lee", thread, "Welcome");
  CHECK(host.told() == Names{"ana", "ben", "cal"});
  host.reply("ana", thread, "Hello");
  CHECK(host.told() == Names{"ben", "cal", "lee"});
  // With an assistant it is the same.
  {
    const test::Actor jo(host, "assistant-jo");
    must(bccast_provider_reply, jo, "lee", thread, nullptr, "From Jo", 7, nullptr, nullptr);
  }
  CHECK(host.told() == Names{"ana", "ben", "cal"});
  // Who wants no notifications gets none, and has the messages; chat off is of blasts alone.
  must(bccast_directory_client_set, host, "ana", "notify", "off");
  must(bccast_directory_client_set, host, "ben", "chat", "off");
  host.provider_reply("lee", thread, "More");
  CHECK(host.told() == Names{"ben", "cal"});
  CHECK(host.messages("ana", thread).size() == 4);
  // Whoever has read it before it was handed over need not be told.
  host.provider_reply("lee", thread, "Even more");
  host.read("cal", thread, 99);
  CHECK(host.told() == Names{"ben"});
  CHECK(host.verify().empty());
}

TEST_CASE("community: a notification of a post looks like one of a direct message") {
  Practice host;
  const auto thread = host.community("lee", "Monday group", {"ana", "ben"});
  host.provider_reply("lee", thread, "Welcome");
  const auto direct = host.write_direct("lee", "ana", "Just for you");
  REQUIRE(host.pump_to_the_end());
  auto told = host.notifier.to("ana");
  REQUIRE(told.size() == 2);
  std::ranges::sort(told, {}, [&](const auto& notice) { return notice.thread() == direct; });
  CHECK(told[0].thread() == thread);
  CHECK(told[1].thread() == direct);
  CHECK(told[0].id() != told[1].id());
  CHECK(told[0].id() != host.notifier.to("ben")[0].id());
  for (auto& notice : told) {
    CHECK(is_id(notice.id()));
    for (auto& cell : notice.row.cells)
      if (cell.column == "id" || cell.column == "thread") cell.value = "";
    for (const auto& cell : notice.row.cells) {
      CHECK(cell.value.find("Monday") == std::string::npos);
      CHECK(cell.value.find("lee") == std::string::npos);
    }
  }
  CHECK(told[0].row == told[1].row);
}

TEST_CASE("community: writing again with the same key, of one member and of another") {
  Practice host;
  const auto thread = host.community("lee", "Monday group", {"ana", "ben"});
  host.provider_reply("lee", thread, "Welcome");
  std::int64_t seq = 0;
  const auto post = [&](const char* client) {
    return call(bccast_client_reply, host, client, thread, "a key", "Hello", 5, &seq, nullptr).code;
  };
  CHECK(post("ana") == BCCAST_OK);
  CHECK(seq == 2);
  CHECK(post("ana") == BCCAST_EXISTS);
  CHECK(seq == 2);
  CHECK(post("ben") == BCCAST_OK);  // keys are each one's own
  CHECK(seq == 3);
  CHECK(post("ben") == BCCAST_EXISTS);
  CHECK(seq == 3);
  CHECK(call(bccast_provider_reply, host, "lee", thread, "a key", "Hello", 5, &seq, nullptr).code ==
        BCCAST_OK);
  CHECK(seq == 4);
  CHECK(host.messages("ana", thread).size() == 4);
  CHECK(host.told().size() == 2 + 2 + 2 + 2);
  CHECK(host.verify().empty());
}

TEST_CASE("community: a new name of a member stands over all that it wrote") {
  Practice host;
  const auto thread = host.community("lee", "Monday group", {"ana", "ben", "cal"});
  host.provider_reply("lee", thread, "Welcome");
  host.reply("ben", thread, "Hello from Ben");
  must(bccast_directory_client_put, host, "ben", "Zed", nullptr);
  CHECK(host.messages("ana", thread)[1].text("author_name") == "Zed");
  CHECK(host.threads("ana")[0].text("last_author_name") == "Zed");
  CHECK(host.members("ana", thread).column("member_name") ==
        Names{Host::name_of("ana"), Host::name_of("cal"), "Zed"});
  CHECK(host.who(thread) == Names{"ana", "cal", "ben"});
  CHECK(host.provider_threads("lee")[0].text("last_author_name") == "Zed");
  CHECK(host.verify().empty());
}

TEST_CASE("community: a foreign one is not found, in the words of one that does not exist") {
  Practice host;
  const auto thread = host.community("lee", "Monday group", {"ana", "ben"});
  const auto empty = host.community("lee", "Nobody yet");
  const auto kims = host.community("kim", "Kim's", {"zoe", "ana"});
  host.provider_reply("lee", thread, "Welcome");
  host.provider_reply("kim", kims, "Welcome");
  check_gone(host, "dan", thread);
  check_gone(host, "zoe", thread);
  check_gone(host, "ben", kims);
  check_gone(host, "ana", empty);
  // A private thread of her own has no members to list, whatever it came from.
  const auto direct = host.write_direct("lee", "ana", "Just for you");
  const auto blasts = host.of_blast("lee", host.blast("lee", {"ana", "ben"}, "Good morning"), "ana");
  CHECK(call(bccast_client_members, host, "ana", direct).code == BCCAST_E_NOT_FOUND);
  CHECK(call(bccast_client_members, host, "ana", direct) == call(bccast_client_members, host, "ana", blasts));
  // To another provider, whatever is asked.
  const auto provider_probe = [&](const std::string& of) {
    const test::Column ids({"ana"});
    std::int32_t result = 77;
    std::vector<Answer> answers{
        call(bccast_provider_messages, host, "kim", of, 0, 1, 10),
        call(bccast_provider_reply, host, "kim", of, nullptr, "Hello", 5, nullptr, nullptr),
        call(bccast_provider_read, host, "kim", of, 1),
        call(bccast_provider_members, host, "kim", of),
        call(bccast_provider_community_set, host, "kim", of, "title", "Mine"),
        call(bccast_provider_community_add, host, "kim", of, "ana"),
        call(bccast_provider_community_add_many, host, "kim", of, 1, ids.bytes, ids.offsets.data(), &result),
        call(bccast_provider_community_remove, host, "kim", of, "ana")};
    for (const auto& answer : answers) CHECK(answer.code == BCCAST_E_NOT_FOUND);
    CHECK(result == BCCAST_E_NOT_FOUND);
    return answers;
  };
  const auto unknown = provider_probe(kNoThread);
  CHECK(provider_probe(thread) == unknown);
  CHECK(provider_probe(empty) == unknown);
  // Removing who is no member, and who is nobody, are one answer too.
  const auto remove = [&](const char* client) {
    return call(bccast_provider_community_remove, host, "lee", thread, client);
  };
  CHECK(remove("nobody").code == BCCAST_E_NOT_FOUND);
  CHECK(remove("zoe") == remove("nobody"));
  CHECK(host.who(thread) == Names{"ana", "ben"});
  CHECK(host.messages("ana", thread).size() == 1);
  CHECK(host.verify().empty());
}

TEST_CASE("community: the provider's list, by what is unread, by who replied, by client") {
  Practice host;
  const auto thread = host.community("lee", "Monday group", {"ana", "ben"});
  const auto quiet = host.community("lee", "Tuesday group", {"ana", "ben"});
  host.provider_reply("lee", quiet, "Welcome");
  host.clock.advance(1000);
  host.provider_reply("lee", thread, "Welcome");
  host.clock.advance(1000);
  const auto direct = host.write_direct("lee", "ana", "Just for you");
  const auto list = [&](const std::string& filter) {
    return host.provider_threads("lee", filter).column("thread");
  };
  CHECK(list("") == Names{direct, thread, quiet});
  CHECK(list("replied=1").empty());
  CHECK(list("replied=0") == Names{direct, thread, quiet});
  host.clock.advance(1000);
  host.reply("ben", thread, "Hello");
  CHECK(list("") == Names{thread, direct, quiet});
  CHECK(list("replied=1") == Names{thread});
  CHECK(list("replied=0") == Names{direct, quiet});
  CHECK(list("unread=1") == Names{thread});
  CHECK(list("client=ana") == Names{direct});  // a community is of no one client
  CHECK(host.verify().empty());
}

TEST_CASE(
    "community: who made it, who added a member, who wrote: the provider sees the person, members do not") {
  Practice host;
  const test::Actor jo(host, "assistant-jo");
  char thread[BCCAST_ID_SIZE];
  must(bccast_provider_community, jo, "lee", "Monday group", thread);
  must(bccast_provider_community_add, jo, "lee", thread, "ana");
  host.add_members("lee", thread, {"ben"});
  const test::Column ids({"cal"});
  must(bccast_provider_community_add_many, jo, "lee", thread, 1, ids.bytes, ids.offsets.data(), nullptr);
  must(bccast_provider_reply, jo, "lee", thread, nullptr, "Welcome", 7, nullptr, nullptr);
  const auto members = host.provider_members("lee", thread);
  CHECK(members.column("actor") == Names{"assistant-jo", "", "assistant-jo"});
  CHECK(host.provider_messages("lee", thread)[0].text("actor") == "assistant-jo");
  CHECK(host.provider_messages("lee", thread)[0].text("author") == "lee");
  CHECK(host.provider_threads("lee")[0].text("last_actor") == "assistant-jo");
  CHECK(host.provider_threads("lee")[0].text("last_author") == "lee");
  host.reply("ana", thread, "Hello");
  CHECK(host.provider_threads("lee")[0].null("last_actor"));
  REQUIRE(host.pump_to_the_end());
  for (const auto* client : {"ana", "ben", "cal"}) {
    std::vector<Rows> all{host.threads(client), host.messages(client, thread), host.members(client, thread),
                          host.exported(client)};
    for (const auto& rows : all)
      for (const auto& row : rows)
        for (const auto& cell : row.cells) CHECK(cell.value.find("jo") == std::string::npos);
    for (const auto& notice : host.notifier.to(client))
      for (const auto& cell : notice.row.cells) CHECK(cell.value.find("assistant") == std::string::npos);
  }
  CHECK(host.verify().empty());
}

// ---- The ids of members

TEST_CASE("community: a member's id is one for all viewers, another in another community") {
  Practice host;
  const auto one = host.community("lee", "One", {"ana", "ben", "cal"});
  const auto two = host.community("lee", "Two", {"ana", "ben", "cal"});
  for (const auto& thread : {one, two}) {
    host.provider_reply("lee", thread, "Welcome");
    host.reply("ben", thread, "Hello");
  }
  std::set<std::string> ids;
  for (const auto& thread : {one, two}) {
    const auto ben = host.messages("ana", thread)[1].text("author");
    CHECK(host.messages("cal", thread)[1].text("author") == ben);
    CHECK(host.members("ana", thread).where("member_name", Host::name_of("ben")).text("member") == ben);
    CHECK(host.members("cal", thread).where("member_name", Host::name_of("ben")).text("member") == ben);
    CHECK(host.member(thread, "ben") == ben);
    for (const auto* client : {"ana", "ben", "cal"}) CHECK(ids.insert(host.member(thread, client)).second);
  }
  CHECK(ids.size() == 6);
  // After a restart too.
  const auto before = host.provider_members("lee", one);
  host.restart();
  CHECK(host.provider_members("lee", one) == before);
  // It is no id that anything takes.
  const auto member = host.member(one, "ben");
  CHECK(probe(host, "ana", member) == probe(host, "ana", kNoThread));
  char direct[BCCAST_ID_SIZE];
  CHECK(call(bccast_provider_direct, host, "lee", member, direct).code == BCCAST_E_NOT_FOUND);
  CHECK(host.add(one, member) == BCCAST_E_NOT_FOUND);
  CHECK(host.verify().empty());
}

TEST_CASE("community: the ids of members cannot be told from random ones") {
  Host host;
  host.provider("lee");
  Names people;
  for (int i = 0; i < 60; ++i) people.push_back("p" + std::to_string(100 + i));
  host.clients("lee", people);
  Names ids;  // of the same people in two communities, in the order of the roster
  Names threads;
  for (const auto* title : {"One", "Two"}) {
    const auto thread = host.community("lee", title);
    must(bccast_provider_community_set, host, "lee", thread, "max_members", "100");
    host.add_members("lee", thread, people);
    for (const auto& row : host.provider_members("lee", thread)) ids.push_back(row.text("member"));
    for (const auto& person : people) threads.push_back(host.direct("lee", person));
    threads.push_back(thread);
  }
  REQUIRE(ids.size() == 120);
  std::size_t sum = 0;
  std::size_t most = 0;
  std::size_t pairs = 0;
  std::size_t ascents = 0;
  for (std::size_t a = 0; a < ids.size(); ++a) {
    CHECK(is_id(ids[a]));
    CHECK(std::ranges::find(threads, ids[a]) == threads.end());
    for (std::size_t b = 0; b < a; ++b, ++pairs) {
      std::size_t alike = 0;
      for (std::size_t i = 0; i < ids[a].size(); ++i) alike += ids[a][i] == ids[b][i] ? 1 : 0;
      sum += alike;
      most = std::max(most, alike);
    }
    if (a > 0) ascents += ids[a - 1] < ids[a] ? 1 : 0;
  }
  // As for the ids of threads: of 32 random letters two are alike by chance.
  CHECK(most < 16);
  CHECK(sum > pairs * 19 / 10);
  CHECK(sum < pairs * 21 / 10);
  CHECK(ascents > 30);
  CHECK(ascents < 90);
}

TEST_CASE("community: another store gives other ids") {
  Practice host;
  Practice elsewhere;
  const auto here = host.community("lee", "Group", {"ana", "ben"});
  const auto there = elsewhere.community("lee", "Group", {"ana", "ben"});
  CHECK(here != there);
  CHECK(host.member(here, "ana") != elsewhere.member(there, "ana"));
  CHECK(call(bccast_provider_members, elsewhere, "lee", here).code == BCCAST_E_NOT_FOUND);
}

TEST_CASE("community: nothing is lost with the process") {
  Practice host;
  const auto thread = host.community("lee", "Monday group", {"ana", "ben", "cal"});
  host.provider_reply("lee", thread, "Welcome");
  host.reply("ana", thread, "Hello");
  host.read("ben", thread, 1);
  CHECK(host.remove(thread, "cal") == BCCAST_OK);
  const auto list = host.threads("ben");
  const auto messages = host.messages("ben", thread);
  const auto members = host.members("ben", thread);
  host.restart();
  CHECK(host.threads("ben") == list);
  CHECK(host.messages("ben", thread) == messages);
  CHECK(host.members("ben", thread) == members);
  check_gone(host, "cal", thread);
  CHECK(host.told() == Names{"ana", "ben", "ben", "lee"});  // who has unread messages; and not cal
  CHECK(host.verify().empty());
}

}  // namespace
