// Threads: read marks, unread counts, pages, direct threads, and what both sides see of them.
#include <doctest/doctest.h>

#include <algorithm>
#include <cstdint>
#include <set>
#include <string>
#include <vector>

#include "support/host.hpp"

namespace {

using test::Answer;
using test::call;
using test::Host;
using test::must;
using Names = std::vector<std::string>;

struct Practice : Host {
  Practice() {
    provider("lee");
    clients("lee", {"ana", "ben", "cal"});
  }
  std::int64_t unread(const std::string& client, const std::string& thread) const {
    return threads(client).where("thread", thread).number("unread");
  }
  std::int64_t provider_unread(const std::string& thread) const {
    return provider_threads("lee").where("thread", thread).number("unread");
  }
  std::int64_t opened(const std::string& blast) const {
    return status("lee", blast).where("channel", "").number("opened");
  }
};

TEST_CASE("read marks: up to where the client has read, never back, never beyond the newest") {
  Practice host;
  const auto blast = host.blast("lee", {"ana", "ben"}, "One");
  const auto thread = host.of_blast("lee", blast, "ana");
  CHECK(host.unread("ana", thread) == 1);
  host.provider_reply("lee", thread, "Two");
  host.provider_reply("lee", thread, "Three");
  CHECK(host.unread("ana", thread) == 3);

  host.read("ana", thread, 0);
  CHECK(host.unread("ana", thread) == 3);
  host.read("ana", thread, 2);
  CHECK(host.unread("ana", thread) == 1);
  host.read("ana", thread, 1);  // not back
  CHECK(host.unread("ana", thread) == 1);
  host.read("ana", thread, 1'000'000);  // as far as there is something
  CHECK(host.unread("ana", thread) == 0);
  host.provider_reply("lee", thread, "Four");  // and no further
  CHECK(host.unread("ana", thread) == 1);
  host.read("ana", thread, INT64_MAX);
  CHECK(host.unread("ana", thread) == 0);
  CHECK(call(bccast_client_read, host, "ana", thread, -1).code == BCCAST_E_ARGUMENT);

  // What one writes oneself is not unread; nor does writing read.
  host.provider_reply("lee", thread, "Five");
  host.reply("ana", thread, "Six");
  CHECK(host.unread("ana", thread) == 1);
  CHECK(host.threads("ana", "unread=1").size() == 1);
  host.read("ana", thread, 5);
  CHECK(host.threads("ana", "unread=1").empty());
  CHECK(host.threads("ana", "unread=0").size() == 1);
}

TEST_CASE("read marks: the provider's side, and neither moves the other's") {
  Practice host;
  const auto blast = host.blast("lee", {"ana", "ben"}, "One");
  const auto thread = host.of_blast("lee", blast, "ana");
  CHECK(host.provider_threads("lee").empty());  // untouched
  host.reply("ana", thread, "Two");
  host.reply("ana", thread, "Three");
  CHECK(host.provider_unread(thread) == 2);
  CHECK(host.unread("ana", thread) == 1);
  must(bccast_provider_read, host, "lee", thread, 2);
  CHECK(host.provider_unread(thread) == 1);
  must(bccast_provider_read, host, "lee", thread, 1);
  CHECK(host.provider_unread(thread) == 1);
  must(bccast_provider_read, host, "lee", thread, 99);
  CHECK(host.provider_unread(thread) == 0);
  CHECK(host.unread("ana", thread) == 1);
  host.reply("ana", thread, "Four");
  CHECK(host.provider_unread(thread) == 1);
  CHECK(host.provider_threads("lee", "unread=1").size() == 1);
  must(bccast_provider_read, host, "lee", thread, 4);
  CHECK(host.provider_threads("lee", "unread=1").empty());
  CHECK(host.provider_threads("lee", "unread=0").size() == 1);
}

TEST_CASE(
    "opened is reading at least the first message: neither listing, nor fetching, nor reading up to 0") {
  Practice host;
  const auto blast = host.blast("lee", {"ana", "ben"}, "One");
  const auto thread = host.of_blast("lee", blast, "ana");
  host.threads("ana");
  host.messages("ana", thread);
  host.read("ana", thread, 0);
  must(bccast_provider_read, host, "lee", thread, 1);
  CHECK(host.opened(blast) == 0);
  host.clock.advance(12'345);
  host.read("ana", thread, 1);
  CHECK(host.opened(blast) == 1);
  const auto opened_at = host.clock.now_ms();
  const auto row = [&] { return host.recipients("lee", blast).where("client", "ana"); };
  CHECK(row().number("opened_at_ms") == opened_at);
  CHECK(row().number("replied") == 0);
  host.clock.advance(1000);
  host.provider_reply("lee", thread, "Two");
  host.read("ana", thread, 2);
  CHECK(row().number("opened_at_ms") == opened_at);  // the first time
  CHECK(host.opened(blast) == 1);
  host.reply("ana", thread, "Three");
  host.reply("ana", thread, "Four");
  CHECK(row().number("replied") == 1);
  const auto status = host.status("lee", blast).where("channel", "");
  CHECK(status.number("replied") == 1);
  CHECK(status.number("opened") == 1);

  // A reply is a reply, also of one who never marked anything as read.
  const auto bens = host.of_blast("lee", blast, "ben");
  host.reply("ben", bens, "Two");
  CHECK(host.opened(blast) == 1);
  CHECK(host.status("lee", blast).where("channel", "").number("replied") == 2);
}

Names texts(const Host& host, const std::string& thread, std::int64_t from, int direction, int limit) {
  const auto client = must(bccast_client_messages, host, "ana", thread, from, direction, limit).rows;
  CHECK(must(bccast_provider_messages, host, "lee", thread, from, direction, limit).rows.column("text") ==
        client.column("text"));
  for (const auto& row : client) CHECK(row.text("text") == "Message " + std::to_string(row.number("seq")));
  return client.column("text");
}

TEST_CASE("messages: pages upwards and downwards, of a blast's thread and of a direct one") {
  Practice host;
  std::string thread;
  SUBCASE("a blast's") {
    thread = host.of_blast("lee", host.blast("lee", {"ana", "ben"}, "Message 1"), "ana");
  }
  SUBCASE("a direct one") {
    thread = host.write_direct("lee", "ana", "Message 1");
  }
  CHECK(texts(host, thread, 0, 1, 3) == Names{"Message 1"});
  CHECK(texts(host, thread, 0, -1, 3) == Names{"Message 1"});
  for (int i = 2; i <= 7; ++i) {
    host.clock.advance(1000);
    const auto text = "Message " + std::to_string(i);
    CHECK((i % 2 == 0 ? host.reply("ana", thread, text) : host.provider_reply("lee", thread, text)) == i);
  }
  CHECK(texts(host, thread, 0, 1, 3) == Names{"Message 1", "Message 2", "Message 3"});
  CHECK(texts(host, thread, 1, 1, 1) == Names{"Message 1"});
  CHECK(texts(host, thread, 2, 1, 3) == Names{"Message 2", "Message 3", "Message 4"});
  CHECK(texts(host, thread, 6, 1, 3) == Names{"Message 6", "Message 7"});
  CHECK(texts(host, thread, 8, 1, 3).empty());
  CHECK(texts(host, thread, 0, -1, 3) == Names{"Message 7", "Message 6", "Message 5"});
  CHECK(texts(host, thread, 3, -1, 9) == Names{"Message 3", "Message 2", "Message 1"});
  CHECK(texts(host, thread, 2, -1, 1) == Names{"Message 2"});
  CHECK(texts(host, thread, 1, -1, 3) == Names{"Message 1"});
  CHECK(texts(host, thread, 1'000'000, -1, 1) == Names{"Message 7"});
  CHECK(texts(host, thread, 0, 1, 0).size() == 7);

  const auto rows = host.messages("ana", thread);
  CHECK(rows[0].text("author") == "lee");
  CHECK(rows[0].text("author_name") == Host::name_of("lee"));
  CHECK(rows[1].text("author") == "ana");
  CHECK(rows[1].text("author_name") == Host::name_of("ana"));
  for (const auto& row : rows) CHECK(row.number("removed") == 0);
}

TEST_CASE("messages: at most a thousand, a hundred unless asked") {
  Practice host;
  const auto thread = host.write_direct("lee", "ana", "x");
  for (int i = 0; i < 120; ++i) host.provider_reply("lee", thread, "x");
  CHECK(must(bccast_client_messages, host, "ana", thread, 0, 1, 0).rows.size() == 100);
  CHECK(must(bccast_client_messages, host, "ana", thread, 0, 1, 119).rows.size() == 119);
  CHECK(must(bccast_client_messages, host, "ana", thread, 0, 1, UINT32_MAX).rows.size() == 121);
}

TEST_CASE("messages: at most 8 MiB in a page, and going on from there gives the rest") {
  constexpr std::size_t kMost = 8 * 1024 * 1024;
  Practice host;
  const auto write = [&](const std::string& thread, std::size_t size) {
    host.provider_reply("lee", thread, std::string(size, 'x'));
  };
  const auto bytes = [](const test::Rows& rows) {
    std::size_t sum = 0;
    for (const auto& row : rows) sum += row.text("text").size();
    return sum;
  };
  std::size_t size = BCCAST_MAX_TEXT;
  SUBCASE("messages that fill it to the byte") {
    size = BCCAST_MAX_TEXT;
  }
  SUBCASE("messages that do not") {
    size = BCCAST_MAX_TEXT - 1;
  }
  CAPTURE(size);
  const auto first = std::string(size, 'x');
  const auto thread = host.of_blast("lee", host.blast("lee", {"ana", "ben"}, first), "ana");
  for (int i = 0; i < 9; ++i) write(thread, size);
  for (const int direction : {1, -1}) {
    CAPTURE(direction);
    std::vector<std::int64_t> seen;
    for (std::int64_t from = 0; from >= 0 && seen.size() < 20;) {
      const auto page = must(bccast_client_messages, host, "ana", thread, from, direction, 1000).rows;
      CHECK(bytes(page) <= kMost);
      if (page.empty()) break;
      for (const auto& row : page) seen.push_back(row.number("seq"));
      from = seen.back() + direction;
      if (from == 0) break;  // 0 would be the newest
    }
    std::vector<std::int64_t> expected{1, 2, 3, 4, 5, 6, 7, 8, 9, 10};
    if (direction < 0) std::reverse(expected.begin(), expected.end());
    CHECK(seen == expected);
  }
}

TEST_CASE("threads of a client: the latest activity first, in pages") {
  Practice host;
  host.provider("kim");
  host.clients("kim", {"ana", "ben"});
  Names expected;
  for (int i = 0; i < 9; ++i) {
    host.clock.advance(1500);
    const auto* provider = i % 2 == 0 ? "lee" : "kim";
    if (i % 3 == 0) {
      const auto blast = host.blast(provider, {"ana", "ben"}, "Number " + std::to_string(i));
      expected.insert(expected.begin(), host.of_blast(provider, blast, "ana"));
    } else {
      const auto thread = host.write_direct(provider, "ana", "Number " + std::to_string(i));
      std::erase(expected, thread);
      expected.insert(expected.begin(), thread);
    }
  }
  CHECK(host.threads("ana").column("thread") == expected);
  // A reply moves a thread up; so does an answer.
  host.clock.advance(1500);
  host.reply("ana", expected.back(), "Back to this one");
  std::rotate(expected.begin(), expected.end() - 1, expected.end());
  CHECK(host.threads("ana").column("thread") == expected);
  CHECK(host.threads("ana")[0].text("last_text") == "Back to this one");
  CHECK(host.threads("ana")[0].number("last_at_ms") == host.clock.now_ms() / 1000 * 1000);

  for (const int limit : {1, 2, 3, 4}) {
    CAPTURE(limit);
    Names paged;
    std::string cursor;
    do {
      const auto page =
          must(bccast_client_threads, host, "ana", nullptr, cursor.empty() ? nullptr : cursor.c_str(), limit)
              .rows;
      CHECK(page.size() <= static_cast<std::size_t>(limit));
      std::ranges::copy(page.column("thread"), std::back_inserter(paged));
      cursor = page.next;
    } while (!cursor.empty());
    CHECK(paged == expected);
  }
}

TEST_CASE("threads of one moment: a total order, so that pages neither repeat nor omit") {
  Practice host;
  std::set<std::string> all;
  for (int i = 0; i < 12; ++i) {
    all.insert(host.of_blast("lee", host.blast("lee", {"ana", "ben"}, "Good morning"), "ana"));
    if (i == 5) all.insert(host.write_direct("lee", "ana", "Good morning"));
    if (i == 7) host.threads("ana");
  }
  REQUIRE(all.size() == 13);
  std::set<std::string> paged;
  std::string cursor;
  std::size_t rows = 0;
  do {
    const auto page =
        must(bccast_client_threads, host, "ana", nullptr, cursor.empty() ? nullptr : cursor.c_str(), 5).rows;
    for (const auto& row : page) paged.insert(row.text("thread"));
    rows += page.size();
    cursor = page.next;
  } while (!cursor.empty());
  CHECK(paged == all);
  CHECK(rows == all.size());
}

TEST_CASE("cursors belong to a list and to who asked for it") {
  Practice host;
  host.provider("kim");
  host.clients("kim", {"ana", "ben"});
  for (int i = 0; i < 4; ++i) {
    const auto blast = host.blast("lee", {"ana", "ben"}, "Good morning");
    for (const auto* client : {"ana", "ben"})
      host.reply(client, host.of_blast("lee", blast, client), "Hello");
    host.blast("kim", {"ana", "ben"}, "Good morning");
  }
  const auto anas = must(bccast_client_threads, host, "ana", nullptr, nullptr, 2).rows.next;
  const auto lees = must(bccast_provider_threads, host, "lee", nullptr, nullptr, 2).rows.next;
  const auto lees_blasts = must(bccast_blast_list, host, "lee", nullptr, nullptr, 2).rows.next;
  REQUIRE_FALSE(anas.empty());
  REQUIRE_FALSE(lees.empty());
  REQUIRE_FALSE(lees_blasts.empty());
  const auto client_list = [&](const char* client, const std::string& cursor) {
    return call(bccast_client_threads, host, client, nullptr, cursor, 2);
  };
  const auto provider_list = [&](const char* provider, const std::string& cursor) {
    return call(bccast_provider_threads, host, provider, nullptr, cursor, 2);
  };
  const auto blast_list = [&](const char* provider, const std::string& cursor) {
    return call(bccast_blast_list, host, provider, nullptr, cursor, 2);
  };
  CHECK(client_list("ana", anas).code == BCCAST_OK);
  CHECK(provider_list("lee", lees).code == BCCAST_OK);
  CHECK(blast_list("lee", lees_blasts).code == BCCAST_OK);

  const auto made_up = client_list("ana", "00112233445566778899aabbccddeeff");
  CHECK(made_up.code == BCCAST_E_ARGUMENT);
  CHECK(client_list("ben", anas) == made_up);
  CHECK(client_list("ana", lees) == made_up);
  CHECK(client_list("ana", lees_blasts) == made_up);
  CHECK(client_list("ana", anas.substr(1)) == made_up);
  auto changed = anas;
  changed.back() = changed.back() == '0' ? '1' : '0';
  CHECK(client_list("ana", changed) == made_up);
  CHECK(provider_list("kim", lees) == made_up);
  CHECK(provider_list("lee", anas) == made_up);
  CHECK(provider_list("lee", lees_blasts) == made_up);
  CHECK(blast_list("kim", lees_blasts) == made_up);
  CHECK(blast_list("lee", lees) == made_up);
  // Of another store of the same contents, too; and of this one after a restart it still counts.
  host.restart();
  CHECK(client_list("ana", anas).code == BCCAST_OK);
  Practice elsewhere;
  CHECK(call(bccast_client_threads, elsewhere, "ana", nullptr, anas, 2).code == BCCAST_E_ARGUMENT);
  // It says nothing: what the provider's number, the time or the place are.
  CHECK(anas.find("1700000000") == std::string::npos);
}

TEST_CASE("threads of a provider: those in which somebody wrote, by client and by blast, in pages") {
  Practice host;
  const auto one = host.blast("lee", {"ana", "ben", "cal"}, "One");
  host.clock.advance(1000);
  const auto two = host.blast("lee", {"ana", "ben", "cal"}, "Two");
  CHECK(host.provider_threads("lee").empty());
  host.read("ana", host.of_blast("lee", one, "ana"), 1);  // reading is not writing
  host.threads("ana");
  CHECK(host.provider_threads("lee").empty());

  Names expected;
  const auto reply = [&](const std::string& blast, const std::string& client) {
    host.clock.advance(1000);
    const auto thread = host.of_blast("lee", blast, client);
    host.reply(client, thread, "Hello");
    expected.insert(expected.begin(), thread);
  };
  reply(one, "ana");
  reply(two, "ben");
  reply(one, "cal");
  host.clock.advance(1000);
  expected.insert(expected.begin(), host.write_direct("lee", "ana", "Hello"));
  CHECK(host.provider_threads("lee").column("thread") == expected);
  CHECK(host.provider_threads("lee")[0].null("blast"));
  CHECK(host.provider_threads("lee")[1].text("blast") == one);
  CHECK(host.provider_threads("lee", "client=ana").column("thread") == Names{expected[0], expected[3]});
  CHECK(host.provider_threads("lee", "blast=" + one).column("thread") == Names{expected[1], expected[3]});
  CHECK(host.provider_threads("lee", "unread=1").size() == 3);
  CHECK(host.provider_threads("lee", "unread=1&client=ana&blast=" + one).size() == 1);

  Names paged;
  std::string cursor;
  do {
    const auto page =
        must(bccast_provider_threads, host, "lee", nullptr, cursor.empty() ? nullptr : cursor.c_str(), 3)
            .rows;
    std::ranges::copy(page.column("thread"), std::back_inserter(paged));
    cursor = page.next;
  } while (!cursor.empty());
  CHECK(paged == expected);
  CHECK(call(bccast_provider_threads, host, "lee", "colour=red", nullptr, 0).code == BCCAST_E_ARGUMENT);
  CHECK(call(bccast_client_threads, host, "ana", "client=ana", nullptr, 0).code == BCCAST_E_ARGUMENT);
  CHECK(call(bccast_client_threads, host, "ana", "unread=2", nullptr, 0).code == BCCAST_E_ARGUMENT);
}

TEST_CASE("thread=: one row of the list, or none") {
  Practice host;
  const auto blast = host.blast("lee", {"ana", "ben", "cal"}, "One");
  host.clock.advance(1000);
  const auto direct = host.direct("lee", "ana");
  const auto group = host.community("lee", "Monday group", {"ana", "ben"});
  const auto thread = host.of_blast("lee", blast, "ana");
  const auto of_ana = [&](const std::string& id, const std::string& more = "") {
    return host.threads("ana", "thread=" + id + more).rows;
  };
  const auto of_lee = [&](const std::string& id, const std::string& more = "") {
    return host.provider_threads("lee", "thread=" + id + more).rows;
  };
  // What the list has not yet, it has not: but the provider's has the blast's thread that nobody wrote in.
  CHECK(of_ana(direct).empty());
  CHECK(of_lee(direct).empty());
  CHECK(of_ana(group).empty());
  const auto before = of_ana(thread);
  REQUIRE(before.size() == 1);
  CHECK(before == host.threads("ana").rows);
  CHECK(of_ana(thread) == before);  // now it may be a row
  REQUIRE(of_lee(thread).size() == 1);
  CHECK(of_lee(thread)[0].text("client") == "ana");
  CHECK(of_lee(thread)[0].text("blast") == blast);
  CHECK(of_lee(thread)[0].text("last_text") == "One");
  CHECK(of_lee(thread)[0].number("unread") == 0);
  CHECK(of_lee(thread)[0].number("read_seq") == 1);
  CHECK(host.provider_threads("lee").column("thread") == Names{group});

  host.provider_reply("lee", direct, "Hello");
  host.provider_reply("lee", group, "Welcome");
  host.reply("ana", thread, "Thanks");
  for (const auto& row : host.threads("ana")) CHECK(of_ana(row.text("thread")) == std::vector{row});
  for (const auto& row : host.provider_threads("lee")) CHECK(of_lee(row.text("thread")) == std::vector{row});
  REQUIRE(of_ana(group).size() == 1);
  // With the other filters.
  CHECK(of_ana(thread, "&unread=1").size() == 1);
  host.read("ana", thread, 2);
  CHECK(of_ana(thread, "&unread=1").empty());
  CHECK(of_ana(thread, "&unread=0").size() == 1);
  CHECK(of_lee(thread, "&client=ana&replied=1&unread=1&blast=" + blast).size() == 1);
  CHECK(of_lee(thread, "&client=ben").empty());
  CHECK(of_lee(thread, "&replied=0").empty());
  CHECK(of_lee(direct, "&blast=" + blast).empty());
  // Of a recalled blast, who had read it keeps it; to others there is no such thread.
  const auto bens = host.of_blast("lee", blast, "ben");
  CHECK(host.threads("ben", "thread=" + bens).size() == 1);
  must(bccast_blast_recall, host, "lee", blast);
  CHECK(host.threads("ben", "thread=" + bens).empty());
  CHECK(of_lee(bens).empty());
  CHECK(of_ana(thread).size() == 1);
  CHECK(must(bccast_client_threads, host, "ana", "thread=" + thread, nullptr, 1).rows.next.empty());
  CHECK(call(bccast_client_threads, host, "nobody", "thread=" + thread, nullptr, 0).code ==
        BCCAST_E_NOT_FOUND);
}

TEST_CASE("read_seq: from the next one on is what somebody has not read, written in or never looked at") {
  Practice host;
  const auto blast = host.blast("lee", {"ana", "ben"}, "One");
  const auto thread = host.of_blast("lee", blast, "ana");
  const auto read_seq = [&](const std::string& client, const std::string& of) {
    return host.threads(client).where("thread", of).number("read_seq");
  };
  CHECK(read_seq("ana", thread) == 0);
  CHECK(read_seq("ana", thread) == 0);  // stored by the first look
  host.provider_reply("lee", thread, "Two");
  host.provider_reply("lee", thread, "Three");
  CHECK(read_seq("ana", thread) == 0);
  host.read("ana", thread, 2);
  CHECK(read_seq("ana", thread) == 2);
  host.reply("ana", thread, "Four");  // which reads nothing
  CHECK(read_seq("ana", thread) == 2);
  CHECK(host.unread("ana", thread) == 1);
  host.read("ana", thread, 100);
  CHECK(read_seq("ana", thread) == 4);
  CHECK(host.provider_threads("lee").where("thread", thread).number("read_seq") == 1);
  must(bccast_provider_read, host, "lee", thread, 4);
  CHECK(host.provider_threads("lee").where("thread", thread).number("read_seq") == 4);
  CHECK(read_seq("ana", thread) == 4);
  // A member has read what was written before it came.
  const auto group = host.community("lee", "Monday group", {"ana"});
  host.provider_reply("lee", group, "One");
  host.add_members("lee", group, {"ben"});
  host.provider_reply("lee", group, "Two");
  CHECK(read_seq("ana", group) == 0);
  CHECK(read_seq("ben", group) == 1);
  // What was taken away counts as read, looked at or not.
  const auto second = host.blast("lee", {"ana", "ben"}, "Taken back");
  const auto bens = host.of_blast("lee", second, "ben");
  host.reply("ben", bens, "Thanks");
  CHECK(read_seq("ben", bens) == 0);
  must(bccast_blast_recall, host, "lee", second);
  CHECK(read_seq("ben", bens) == 1);
}

TEST_CASE("the provider answers in a thread that its client has never looked at") {
  Practice host;
  const auto blast = host.blast("lee", {"ana", "ben"}, "Good morning");
  const auto thread = host.of_blast("lee", blast, "ana");
  CHECK(host.provider_reply("lee", thread, "And one more thing") == 2);
  const auto threads = host.threads("ana");
  REQUIRE(threads.size() == 1);
  CHECK(threads[0].number("unread") == 2);
  CHECK(host.messages("ana", thread).column("text") == Names{"Good morning", "And one more thing"});
  CHECK(host.threads("ben")[0].text("last_text") == "Good morning");
}

TEST_CASE("direct threads: one for each pair, seen once there is a message") {
  Practice host;
  const auto thread = host.direct("lee", "ana");
  CHECK(host.direct("lee", "ana") == thread);
  CHECK(host.direct("lee", "ben") != thread);
  CHECK(host.threads("ana").empty());
  CHECK(host.provider_threads("lee").empty());
  CHECK(call(bccast_client_messages, host, "ana", thread, 0, 1, 0).code == BCCAST_E_NOT_FOUND);
  CHECK(call(bccast_client_reply, host, "ana", thread, nullptr, "Hi", 2, nullptr, nullptr).code ==
        BCCAST_E_NOT_FOUND);

  CHECK(host.provider_reply("lee", thread, "Hello") == 1);
  CHECK(host.threads("ana").size() == 1);
  CHECK(host.reply("ana", thread, "Hello to you") == 2);
  CHECK(host.direct("lee", "ana") == thread);
  host.restart();
  CHECK(host.direct("lee", "ana") == thread);

  // Archived: what is there goes on, new ones cannot be begun.
  const auto not_begun = host.direct("lee", "ben");
  host.archive("lee", "ana");
  host.archive("lee", "ben");
  CHECK(host.direct("lee", "ana") == thread);
  CHECK(host.provider_reply("lee", thread, "Still there?") == 3);
  char id[BCCAST_ID_SIZE] = "?";
  CHECK(call(bccast_provider_direct, host, "lee", "ben", id).code == BCCAST_E_STATE);
  CHECK(std::string(id).empty());
  CHECK(call(bccast_provider_reply, host, "lee", not_begun, nullptr, "Hi", 2, nullptr, nullptr).code ==
        BCCAST_E_STATE);
  CHECK(host.threads("ben").empty());
  CHECK(host.verify().empty());
}

TEST_CASE("times: whole seconds to a client, all of them to the provider, and never backwards in a thread") {
  Practice host;
  host.clock.advance(1789);
  const auto thread = host.of_blast("lee", host.blast("lee", {"ana", "ben"}, "One"), "ana");
  std::int64_t at_ms = 0;
  must(bccast_client_reply, host, "ana", thread, nullptr, "Two", 3, nullptr, &at_ms);
  CHECK(at_ms == test::Clock::kStart + 1000);
  CHECK(host.provider_messages("lee", thread).column("at_ms") ==
        Names{std::to_string(test::Clock::kStart + 1789), std::to_string(test::Clock::kStart + 1789)});
  host.clock.advance(-3'600'000);  // the clock is set back
  host.provider_reply("lee", thread, "Three");
  for (const auto& row : host.messages("ana", thread))
    CHECK(row.number("at_ms") == test::Clock::kStart + 1000);
  CHECK(host.messages("ana", thread).column("text") == Names{"One", "Two", "Three"});
}

TEST_CASE("texts: what is written is what is read, byte for byte") {
  Practice host;
  const auto thread = host.write_direct("lee", "ana", "x");
  const Names texts{"a", "tab\tline\nreturn\r\n", "Grüße, 你好, \U0001F600",
                    std::string(BCCAST_MAX_TEXT, 'y'), " z "};
  for (const auto& text : texts) {
    const auto seq = host.reply("ana", thread, text);
    CHECK(must(bccast_provider_messages, host, "lee", thread, seq, 1, 1).rows[0].text("text") == text);
  }
  const auto code = [&](const std::string& text) {
    return call(bccast_client_reply, host, "ana", thread, nullptr, text, text.size(), nullptr, nullptr).code;
  };
  CHECK(code("") == BCCAST_E_ARGUMENT);
  CHECK(code(std::string(1, '\0')) == BCCAST_E_ARGUMENT);
  CHECK(code("\x1b[2J") == BCCAST_E_ARGUMENT);
  CHECK(code("\xc3\x28") == BCCAST_E_UTF8);
  CHECK(code(std::string(BCCAST_MAX_TEXT + 1, 'y')) == BCCAST_E_LIMIT);
  CHECK(host.messages("ana", thread).size() == texts.size() + 1);
}

}  // namespace
