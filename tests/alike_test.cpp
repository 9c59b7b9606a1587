// P11, P5, P2 and P1: what a client sees does not tell a blast from a direct message, nor that others
// received it.
#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <random>
#include <set>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

#include "support/host.hpp"

namespace {

using test::Answer;
using test::call;
using test::Host;
using test::must;
using test::Row;
using Names = std::vector<std::string>;

bool is_id(std::string_view text) {
  return text.size() == 32 && text.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

/// Ids in the order in which somebody first saw them.
class Renaming {
 public:
  std::string operator()(const std::string& value) {
    if (!is_id(value)) return value;
    const auto [at, added] = names_.try_emplace(value, names_.size());
    return "#" + std::to_string(at->second);
  }
  Row operator()(Row row) {
    for (auto& cell : row.cells) cell.value = (*this)(cell.value);
    return row;
  }

 private:
  std::map<std::string, std::size_t> names_;
};

/// All that one client sees of one thread: its line in the list, its messages both ways, its notifications.
struct View {
  std::vector<Row> list;
  std::vector<Row> up;
  std::vector<Row> down;
  std::vector<Row> notices;
  std::vector<std::pair<std::string, std::int32_t>> list_columns;
  std::vector<std::pair<std::string, std::int32_t>> message_columns;

  bool operator==(const View&) const = default;
};

std::ostream& operator<<(std::ostream& out, const View& view) {
  const auto show = [&](const char* what, const std::vector<Row>& rows) {
    for (const auto& row : rows) out << "\n  " << what << ": " << row;
  };
  show("list", view.list);
  show("up", view.up);
  show("down", view.down);
  show("notice", view.notices);
  return out;
}

/// With the ids renamed, and the client's own name and address put into words.
View view_of(const Host& host, const std::string& client, const std::string& thread) {
  Renaming renamed;
  const auto show = [&](Row row) {
    for (auto& cell : row.cells) {
      if (cell.value == client) cell.value = "<the client>";
      if (cell.value.starts_with(Host::name_of(client)))
        cell.value.replace(0, Host::name_of(client).size(), "<its name>");
      if (cell.value == Host::address_of(client)) cell.value = "<its address>";
    }
    return renamed(std::move(row));
  };
  const auto list = host.threads(client);
  const auto up = must(bccast_client_messages, host, client, thread, 0, 1, 100).rows;
  const auto down = must(bccast_client_messages, host, client, thread, 0, -1, 100).rows;
  View view;
  view.list_columns = list.columns;
  view.message_columns = up.columns;
  view.list.push_back(show(list.where("thread", thread)));
  for (const auto& row : up) view.up.push_back(show(row));
  for (const auto& row : down) view.down.push_back(show(row));
  for (const auto& notice : host.notifier.to(client)) {
    if (notice.thread() != thread) continue;
    CHECK(is_id(notice.id()));
    view.notices.push_back(show(notice.row));
  }
  return view;
}

/// The whole seconds of everything a client is shown.
void check_whole_seconds(const View& view) {
  for (const auto& row : view.list) CHECK(row.number("last_at_ms") % 1000 == 0);
  for (const auto& row : view.up) CHECK(row.number("at_ms") % 1000 == 0);
  for (const auto& row : view.notices) CHECK(row.number("at_ms") % 1000 == 0);
}

void alike_step_by_step(bool blast_first) {
  Host host;
  host.provider("lee");
  host.clients("lee", {"ana", "ben", "cal"});
  must(bccast_directory_client_set, host, "ana", "locale", "de");
  std::string of_blast;
  std::string direct;
  host.clock.advance(123);
  const auto send_blast = [&] {
    of_blast = host.of_blast("lee", host.blast("lee", {"ana", "ben"}, "Good morning"), "ana");
  };
  const auto send_direct = [&] { direct = host.write_direct("lee", "ana", "Good morning"); };
  const auto check_alike = [&] {
    REQUIRE(host.pump_to_the_end());
    const auto blast_view = view_of(host, "ana", of_blast);
    CHECK(blast_view == view_of(host, "ana", direct));
    CHECK(blast_view.up[0].number("seq") == 1);
    CHECK(is_id(of_blast));
    CHECK(is_id(direct));
    check_whole_seconds(blast_view);
  };
  // What is done, is done in both; at another millisecond of the same second.
  const auto in_both = [&](const std::function<void(const std::string&)>& act) {
    host.clock.advance(60'000 - host.clock.now_ms() % 1000 + 250);
    act(of_blast);
    host.clock.advance(500);
    act(direct);
    check_alike();
  };
  blast_first ? send_blast() : send_direct();
  host.clock.advance(876);
  blast_first ? send_direct() : send_blast();
  check_alike();
  SUBCASE("read, replied to, answered, renamed") {
    in_both([&](const std::string& thread) { host.read("ana", thread, 0); });
    in_both([&](const std::string& thread) { host.read("ana", thread, 1); });
    in_both([&](const std::string& thread) { CHECK(host.reply("ana", thread, "Thank you") == 2); });
    in_both([&](const std::string& thread) { CHECK(host.provider_reply("lee", thread, "Welcome") == 3); });
    in_both([&](const std::string& thread) { host.read("ana", thread, 1'000'000); });
  }
  SUBCASE("answered before it was read") {
    in_both(
        [&](const std::string& thread) { CHECK(host.provider_reply("lee", thread, "And one more") == 2); });
    in_both([&](const std::string& thread) { CHECK(host.reply("ana", thread, "Thank you") == 3); });
  }
  SUBCASE("read by the provider") {
    in_both([&](const std::string& thread) { must(bccast_provider_read, host, "lee", thread, 1); });
  }
  must(bccast_directory_provider_put, host, "lee", "Dr. Lee");
  must(bccast_directory_client_put, host, "ana", (Host::name_of("ana") + " the second"), nullptr);
  check_alike();
  host.archive("lee", "ana");
  check_alike();
  host.restart();
  check_alike();
  host.archive_provider("lee");
  check_alike();
  CHECK(view_of(host, "ana", of_blast).list[0].number("closed") == 1);
  host.restore_provider("lee");
  check_alike();
  CHECK(view_of(host, "ana", of_blast).list[0].number("closed") == 0);
}

TEST_CASE("P11: a blast's thread and a direct one of the same second look the same, step by step") {
  alike_step_by_step(true);
}
TEST_CASE("P11: a direct thread and a blast's of the same second look the same, step by step") {
  alike_step_by_step(false);
}

TEST_CASE("P11: read, and written to again, before anybody was told: as many notifications in both") {
  Host host;
  host.provider("lee");
  host.clients("lee", {"ana", "ben"});
  const auto of_blast = host.of_blast("lee", host.blast("lee", {"ana", "ben"}, "Good morning"), "ana");
  const auto direct = host.write_direct("lee", "ana", "Good morning");
  for (const auto& thread : {of_blast, direct}) {
    host.read("ana", thread, 1);
    host.provider_reply("lee", thread, "And one more");
  }
  REQUIRE(host.pump_to_the_end());
  CHECK(view_of(host, "ana", of_blast) == view_of(host, "ana", direct));
}

TEST_CASE("P11: whoever acts for the provider, in what is sent and in what is written") {
  Host host;
  host.provider("lee");
  host.clients("lee", {"ana", "ben"});
  const test::Actor jo(host, "actor-jo");
  const auto draft = host.draft("lee", {"ana", "ben"});
  host.write("lee", draft, "Good morning");
  must(bccast_blast_send, jo, "lee", draft, nullptr);
  const auto of_blast = host.of_blast("lee", draft, "ana");
  const auto direct = host.write_direct("lee", "ana", "Good morning");
  REQUIRE(host.pump_to_the_end());
  CHECK(view_of(host, "ana", of_blast) == view_of(host, "ana", direct));
  must(bccast_provider_reply, jo, "lee", direct, nullptr, "One more", 8, nullptr, nullptr);
  host.provider_reply("lee", of_blast, "One more");
  REQUIRE(host.pump_to_the_end());
  CHECK(view_of(host, "ana", of_blast) == view_of(host, "ana", direct));
}

TEST_CASE("P11: two clients compare: one got a blast, one a direct message") {
  Host host;
  host.provider("lee");
  host.clients("lee", {"ana", "ben", "cal"});
  host.clock.advance(999);
  const auto blast = host.blast("lee", {"ana", "ben"}, "Good morning");
  // In the same millisecond and so in the same second.
  const auto direct = host.write_direct("lee", "cal", "Good morning");
  const auto of_ana = host.of_blast("lee", blast, "ana");
  REQUIRE(host.pump_to_the_end());
  CHECK(view_of(host, "ana", of_ana) == view_of(host, "cal", direct));
  host.reply("ana", of_ana, "Thank you");
  host.reply("cal", direct, "Thank you");
  REQUIRE(host.pump_to_the_end());
  CHECK(view_of(host, "ana", of_ana) == view_of(host, "cal", direct));

  // And what the provider is told of their replies is alike.
  const auto told = host.notifier.to("lee");
  REQUIRE(told.size() == 2);
  Renaming first;
  Renaming second;
  CHECK(first(told[0].row) == second(told[1].row));
}

TEST_CASE("P11: the same codes and messages for what goes wrong in a blast's thread and in a direct one") {
  Host host;
  host.provider("lee");
  host.clients("lee", {"ana", "ben"});
  const auto of_blast = host.of_blast("lee", host.blast("lee", {"ana", "ben"}, "Good morning"), "ana");
  const auto direct = host.write_direct("lee", "ana", "Good morning");
  const std::string too_long(BCCAST_MAX_TEXT + 1, 'x');
  const auto answers = [&](const std::string& thread) {
    return std::vector{
        call(bccast_client_reply, host, "ana", thread, nullptr, "", 0, nullptr, nullptr),
        call(bccast_client_reply, host, "ana", thread, nullptr, too_long, too_long.size(), nullptr, nullptr),
        call(bccast_client_reply, host, "ana", thread, nullptr, "\xff", 1, nullptr, nullptr),
        call(bccast_client_reply, host, "ana", thread, "", "Hello", 5, nullptr, nullptr),
        call(bccast_client_read, host, "ana", thread, -1),
        call(bccast_client_messages, host, "ana", thread, -1, 1, 0),
        call(bccast_client_messages, host, "ana", thread, 0, 0, 0),
        call(bccast_client_messages, host, "ana", thread, 0, 2, 0),
        call(bccast_client_messages, host, "ana", thread, 2, 1, 0),
        call(bccast_client_messages, host, "ben", thread, 0, 1, 0),
    };
  };
  CHECK(answers(of_blast) == answers(direct));
}

TEST_CASE("P5: a thread looks the same before and after it became a row of its own") {
  Host host;
  host.provider("lee");
  host.clients("lee", {"ana", "ben", "cal"});
  const auto blast = host.blast("lee", {"ana", "ben", "cal"}, "Good morning");
  const auto thread = [&](const std::string& client) { return host.of_blast("lee", blast, client); };
  host.clock.advance(77'000);
  // cal's is never looked at before the end.
  const auto first = host.threads("ana");  // the first look may store what it found
  const auto second = host.threads("ana");
  CHECK(first == second);
  const auto messages = host.messages("ana", thread("ana"));
  host.read("ana", thread("ana"), 0);
  CHECK(host.threads("ana") == first);
  CHECK(host.messages("ana", thread("ana")) == messages);
  must(bccast_provider_read, host, "lee", thread("ana"), 1);
  CHECK(host.threads("ana") == first);

  const auto alike = [&] {
    const auto touched = view_of(host, "ana", thread("ana"));
    const auto stored = view_of(host, "ben", thread("ben"));
    CHECK(touched == stored);
    return touched;
  };
  const auto before = alike();
  // Renamed: today's name, for what is a row and what is none.
  must(bccast_directory_provider_put, host, "lee", "Dr. Lee");
  const auto renamed = alike();
  CHECK(renamed.list[0].text("provider_name") == "Dr. Lee");
  CHECK(renamed.up[0].text("author_name") == "Dr. Lee");
  CHECK(renamed == view_of(host, "cal", thread("cal")));
  must(bccast_directory_provider_put, host, "lee", Host::name_of("lee"));
  CHECK(alike() == before);
  // Archived, and the other directory changes: nothing of them shows.
  host.archive("lee", "ana");
  must(bccast_directory_client_set, host, "ana", "chat", "off");
  must(bccast_directory_client_set, host, "ana", "notify", "off");
  must(bccast_directory_client_set, host, "ana", "address.email", "");
  CHECK(alike() == before);
  // Closed, a thread that is a row and one that is none.
  host.archive_provider("lee");
  const auto closed = alike();
  CHECK(closed.list[0].number("closed") == 1);
  CHECK(closed == view_of(host, "cal", thread("cal")));
  host.restore_provider("lee");
  CHECK(alike() == before);
}

TEST_CASE(
    "P5: read through a filter or page by page, threads that are rows and those that are not are one list") {
  Host host;
  host.provider("lee");
  host.clients("lee", {"ana", "ben"});
  Names threads;
  for (int i = 0; i < 12; ++i) {
    host.clock.advance(1000);
    threads.push_back(
        host.of_blast("lee", host.blast("lee", {"ana", "ben"}, "Number " + std::to_string(i)), "ana"));
    if (i % 3 == 0) host.provider_reply("lee", threads.back(), "And more");  // a row, though never listed
    if (i % 4 == 1) host.read("ana", threads.back(), 1);
  }
  std::reverse(threads.begin(), threads.end());
  for (int round = 0; round < 3; ++round) {
    Names paged;
    std::string cursor;
    do {
      const auto page = must(bccast_client_threads, host, "ana", nullptr,
                             cursor.empty() ? nullptr : cursor.c_str(), round + 1)
                            .rows;
      for (const auto& row : page) paged.push_back(row.text("thread"));
      cursor = page.next;
    } while (!cursor.empty());
    CHECK(paged == threads);
    CHECK(host.threads("ana").column("thread") == threads);
    CHECK(host.threads("ana", "unread=1").size() == 10);  // one of those read has a second message
    CHECK(host.threads("ana", "unread=0").size() == 2);
  }
}

/// What a client sees, value by value, ids as they are.
std::set<std::string> values_of(const Host& host, const std::string& client) {
  std::set<std::string> values;
  const auto add = [&](const Row& row) {
    for (const auto& cell : row.cells) values.insert(cell.column + "=" + cell.value);
  };
  for (const auto& thread : host.threads(client)) {
    add(thread);
    for (const auto& message : host.messages(client, thread.text("thread"))) add(message);
  }
  for (const auto& notice : host.notifier.to(client)) add(notice.row);
  return values;
}

std::set<std::string> shared(const std::set<std::string>& a, const std::set<std::string>& b) {
  std::set<std::string> both;
  std::ranges::set_intersection(a, b, std::inserter(both, both.end()));
  return both;
}

TEST_CASE("P2: two recipients who compare share only the text, the provider, the second, and constants") {
  Host host;
  host.provider("lee");
  host.clients("lee", {"ana", "ben", "cal", "dan"});
  host.clock.advance(300);
  host.blast("lee", {"ana", "ben"}, "Good morning");
  host.write_direct("lee", "cal", "Good morning");
  host.write_direct("lee", "dan", "Good morning");
  REQUIRE(host.pump_to_the_end());
  const auto of_blast = shared(values_of(host, "ana"), values_of(host, "ben"));
  CHECK(of_blast == std::set<std::string>{"at_ms=1700000000000", "author=lee", "author_name=Name of lee",
                                          "closed=0", "kind=private", "last_at_ms=1700000000000",
                                          "last_author=lee", "last_author_name=Name of lee",
                                          "last_text=Good morning", "locale=", "provider=lee",
                                          "provider_name=Name of lee", "read_seq=0", "removed=0", "seq=1",
                                          "text=Good morning", "title=", "to_kind=client", "unread=1"});
  CHECK(shared(values_of(host, "cal"), values_of(host, "dan")) == of_blast);
}

TEST_CASE("P2: the ids of one blast have no more in common than those of direct messages") {
  Host host;
  host.provider("lee");
  Names people;
  for (int i = 0; i < 120; ++i) people.push_back("p" + std::to_string(i));
  host.clients("lee", people);
  const auto blast = host.blast("lee", people, "Good morning");
  for (const auto& person : people) host.write_direct("lee", person, "Good morning");
  REQUIRE(host.pump_to_the_end());
  Names blast_threads;
  Names direct_threads;
  Names blast_items;
  Names direct_items;
  for (const auto& person : people) {
    blast_threads.push_back(host.of_blast("lee", blast, person));
    direct_threads.push_back(host.direct("lee", person));
    for (const auto& notice : host.notifier.to(person))
      (notice.thread() == blast_threads.back() ? blast_items : direct_items).push_back(notice.id());
  }
  const auto letters_in_common = [](const std::string& a, const std::string& b) {
    std::size_t n = 0;
    for (std::size_t i = 0; i < a.size(); ++i) n += a[i] == b[i] ? 1 : 0;
    return n;
  };
  for (const auto* ids : {&blast_threads, &direct_threads, &blast_items, &direct_items}) {
    REQUIRE(ids->size() == people.size());
    std::size_t sum = 0;
    std::size_t most = 0;
    std::size_t pairs = 0;
    for (std::size_t a = 0; a < ids->size(); ++a) {
      for (std::size_t b = 0; b < a; ++b, ++pairs) {
        const auto n = letters_in_common((*ids)[a], (*ids)[b]);
        sum += n;
        most = std::max(most, n);
      }
    }
    // Of 32 random letters two are alike by chance; 16 in one pair of 7,140 happen once in some ten million
    // runs.
    CHECK(most < 16);
    CHECK(sum > pairs * 19 / 10);
    CHECK(sum < pairs * 21 / 10);
    // Nor do they ascend with the roster, or descend.
    std::size_t ascents = 0;
    for (std::size_t i = 1; i < ids->size(); ++i) ascents += (*ids)[i - 1] < (*ids)[i] ? 1 : 0;
    CHECK(ascents > 30);
    CHECK(ascents < 90);
  }
  // And each is given once only.
  std::set<std::string> all;
  for (const auto* ids : {&blast_threads, &direct_threads, &blast_items, &direct_items})
    all.insert(ids->begin(), ids->end());
  CHECK(all.size() == 4 * people.size());
}

// ---- P4

const std::string kUnknownId = "00112233445566778899aabbccddeeff";  // made up

/// A practice with one of everything that is not ana's.
struct Foreign : Host {
  Foreign() {
    provider("lee");
    clients("lee", {"ana", "ben", "cal", "dan"});
    provider("kim");
    clients("kim", {"zoe", "yan"});
    provider("old");
    clients("old", {"zoe", "yan"});
    const auto sent = blast("lee", {"ben", "cal"}, "Not for Ana");
    const auto add = [this](const char* what, const std::string& thread) { ids.emplace_back(what, thread); };
    add("another's, untouched", of_blast("lee", sent, "ben"));
    add("another's, direct", write_direct("lee", "ben", "Just for Ben"));
    const auto with = [this](const char* provider, const std::vector<std::string>& who) {
      const auto thread = community(provider, "A community", who);
      provider_reply(provider, thread, "Welcome");
      return thread;
    };
    add("a community of others", with("lee", {"ben", "cal"}));
    add("a community of another provider", with("kim", {"zoe", "yan"}));
    add("a community of nobody", with("lee", {}));
    add("a community that nobody has written in", community("lee", "Quiet", {"ben"}));
    add("a community she was removed from", with("lee", {"ana", "ben"}));
    remove_member("lee", ids.back().second, "ana");
    add("a closed thread", write_direct("old", "zoe", "Closed"));
    add("a closed community", with("old", {"zoe", "yan"}));
    archive_provider("old");
    add("one of somebody who was erased", write_direct("lee", "dan", "Gone"));
    erase("dan");
    add("one that the host has bound", write_direct("kim", "yan", "Bound"));
    bind(ids.back().second, "a room");
    add("a member's id", provider_members("lee", ids[2].second)[0].text("member"));
    add("a blast's", sent);
    add("the host's own name of one", "a room");
  }
  std::vector<std::pair<const char*, std::string>> ids;
};

TEST_CASE("P4: to a client, what does not exist and what is another's are one answer, in every function") {
  Foreign host;
  const auto probe = [&](const std::string& client, const std::string& thread) {
    std::vector<Answer> answers;
    for (const std::int64_t from : {0, 1, 5})
      for (const int direction : {1, -1})
        answers.push_back(call(bccast_client_messages, host, client, thread, from, direction, 10));
    for (const char* key : {static_cast<const char*>(nullptr), "a key"})
      answers.push_back(call(bccast_client_reply, host, client, thread, key, "Hello", 5, nullptr, nullptr));
    for (const std::int64_t seq : {0, 1, 5})
      answers.push_back(call(bccast_client_read, host, client, thread, seq));
    answers.push_back(call(bccast_client_members, host, client, thread));
    for (const auto& answer : answers) CHECK(answer.code == BCCAST_E_NOT_FOUND);
    for (const char* more : {"", "&unread=1", "&unread=0"})
      answers.push_back(call(bccast_client_threads, host, client, "thread=" + thread + more, nullptr, 0));
    CHECK(answers.back().code == BCCAST_OK);
    CHECK(answers.back().rows.empty());
    return answers;
  };
  const auto unknown = probe("ana", kUnknownId);
  for (const auto& foreign : host.ids) {
    CAPTURE(foreign.first);
    CHECK(probe("ana", foreign.second) == unknown);
  }
  // To one who is archived, and to one who has nothing, as well.
  host.archive("lee", "ana");
  for (const auto& foreign : host.ids) {
    CAPTURE(foreign.first);
    CHECK(probe("ana", foreign.second) == unknown);
  }
  CHECK(host.threads("ana").empty());
  // And clients who are not, or are no more, are one answer.
  const auto of_client = [&](const std::string& client) {
    return std::vector{call(bccast_client_threads, host, client, nullptr, nullptr, 0),
                       call(bccast_client_unread, host, client, nullptr, nullptr),
                       call(bccast_client_messages, host, client, kUnknownId, 0, 1, 0),
                       call(bccast_client_members, host, client, kUnknownId),
                       call(bccast_client_members, host, client, host.ids[2].second),
                       call(bccast_directory_client_export, host, client, nullptr, 0)};
  };
  CHECK(of_client("dan") == of_client("nobody"));
  CHECK(host.verify().empty());
}

TEST_CASE("P4: to a provider, what is unknown, another's, or not on its roster is one answer") {
  Foreign host;
  const auto of_thread = [&](const std::string& thread) {
    const test::Column column({"ben", "ana"});
    std::array<std::int32_t, 2> results{77, 77};
    std::vector<Answer> answers{
        call(bccast_provider_messages, host, "lee", thread, 0, 1, 10),
        call(bccast_provider_reply, host, "lee", thread, nullptr, "Hello", 5, nullptr, nullptr),
        call(bccast_provider_read, host, "lee", thread, 1),
        call(bccast_provider_members, host, "lee", thread),
        call(bccast_provider_community_set, host, "lee", thread, "title", "Mine"),
        call(bccast_provider_community_set, host, "lee", thread, "max_members", "5"),
        call(bccast_provider_community_add, host, "lee", thread, "ben"),
        call(bccast_provider_community_add, host, "lee", thread, "nobody"),
        call(bccast_provider_community_add_many, host, "lee", thread, 2, column.bytes, column.offsets.data(),
             results.data()),
        call(bccast_provider_community_remove, host, "lee", thread, "ben")};
    for (const auto result : results) CHECK(result == answers[8].code);
    return answers;
  };
  const auto unknown = of_thread(kUnknownId);
  for (const auto& answer : unknown) CHECK(answer.code == BCCAST_E_NOT_FOUND);
  const auto blast = host.blast("kim", {"zoe", "yan"}, "From Kim");
  for (const auto& foreign : {host.ids[3].second, host.ids[7].second, host.ids[8].second, host.ids[11].second,
                              blast, host.of_blast("kim", blast, "zoe")})
    CHECK(of_thread(foreign) == unknown);
  // Private threads of its own are no communities.
  for (const std::size_t own : {std::size_t{0}, std::size_t{1}}) {
    const auto answers = of_thread(host.ids[own].second);
    for (std::size_t i = 3; i < answers.size(); ++i) CHECK(answers[i] == unknown[i]);
  }
  // Clients of another, unknown ones and those who are gone.
  const auto of_client = [&](const std::string& client) {
    const auto& community = host.ids[2].second;
    const test::Column column({client});
    std::int32_t result = 77;
    std::vector<Answer> answers{call(bccast_provider_community_add, host, "lee", community, client),
                                call(bccast_provider_community_remove, host, "lee", community, client),
                                call(bccast_provider_community_add_many, host, "lee", community, 1,
                                     column.bytes, column.offsets.data(), &result),
                                call(bccast_provider_threads, host, "lee", "client=" + client, nullptr, 0)};
    CHECK(result == BCCAST_E_NOT_FOUND);
    return answers;
  };
  CHECK(of_client("zoe") == of_client("nobody"));
  CHECK(of_client("dan") == of_client("nobody"));
  CHECK(of_client("nobody")[0].code == BCCAST_E_NOT_FOUND);
  CHECK(host.verify().empty());
}

// ---- P1: two worlds on one seed. In one, ana and ben are all there is; in the other there are many others,
// who are archived, renamed, unreachable, reading, replying, written to; another provider; another order of
// import.

using Random = std::mt19937;

std::uint32_t below(Random& random, std::uint32_t n) {
  return static_cast<std::uint32_t>(random() % n);
}

class TwoWorlds {
 public:
  TwoWorlds(std::uint32_t seed, std::size_t others) : random_(seed), noise_(seed + 1'000'000) {
    host_.provider("lee");
    for (std::size_t i = 0; i < others; ++i) others_.push_back("o" + std::to_string(i));
    if (others > 0) {
      host_.provider("kim");
      host_.clients("lee", Names(others_.begin(), others_.begin() + static_cast<std::ptrdiff_t>(others / 2)));
      host_.clients("kim", others_);
    }
    host_.clients("lee", {"ben"});
    host_.clients("lee", {"ana"});
    if (others > 0) {
      host_.clients("lee", others_);
      host_.clients("kim", {"ana"});  // a roster she is on, and hears nothing of
      host_.notifier.each = [this](const test::Notice& notice) { return fate_of(notice); };
      host_.notifier.whole = [this](const std::vector<test::Notice>&) {
        const bool fails = below(noise_, 8) == 0 && failures_ < 2;
        failures_ = fails ? failures_ + 1 : 0;
        return fails ? BCCAST_E_NOTIFIER : BCCAST_OK;
      };
    }
  }

  /// What ana saw.
  Names run(int steps) {
    for (int i = 0; i < steps; ++i) {
      disturb();
      step();
      disturb();
      if (below(random_, 2) == 0) work();
    }
    work();
    look(100);
    // Each notification once, in the order of the messages; when they came is up to the load.
    std::vector<Row> told;
    std::set<std::string> ids;
    for (const auto& notice : host_.notifier.to("ana"))
      if (ids.insert(notice.id()).second) told.push_back(notice.row);
    std::ranges::sort(told, {}, [&](const Row& row) {
      return std::pair(row.number("at_ms"), renamed_(row.text("thread")));
    });
    for (const auto& row : told) add("told", row);
    CHECK(host_.verify().empty());
    return trace_;
  }

 private:
  test::Outcome fate_of(const test::Notice& notice) {
    if (notice.to() == "ana" || notice.to() == "ben") return {};
    switch (below(noise_, 6)) {
      case 0:
        return {BCCAST_ITEM_RETRY, "mailbox_full"};
      case 1:
        return {BCCAST_ITEM_FAILED, "unknown"};
      case 2:
        return {BCCAST_ITEM_SKIPPED, "opted_out"};
      default:
        return {};
    }
  }

  void add(const std::string& what, const Row& row) {
    std::ostringstream line;
    line << what << ": " << renamed_(row);
    trace_.push_back(line.str());
  }
  /// An answer to ana, in full.
  const Answer& add(const std::string& what, const Answer& answer) {
    last_ = answer;
    trace_.push_back(what + ": " + bccast_code_name(answer.code) + " " + answer.message + " rows " +
                     std::to_string(answer.rows.size()) +
                     (answer.rows.next.empty() ? " the last" : " and more"));
    for (const auto& row : answer.rows) add("  ", row);
    return last_;
  }

  /// Her list, in pages of `limit`.
  void look(std::uint32_t limit) {
    std::string cursor;
    do {
      const auto& page = add(
          "threads", call(bccast_client_threads, host_, "ana", below(random_, 4) == 0 ? "unread=1" : nullptr,
                          cursor.empty() ? nullptr : cursor.c_str(), limit));
      for (const auto& row : page.rows) {
        const auto thread = row.text("thread");
        if (std::ranges::find(known_, thread) == known_.end()) known_.push_back(thread);
      }
      cursor = page.rows.next;
    } while (!cursor.empty() && below(random_, 8) != 0);
  }

  std::string known_thread() { return known_[below(random_, static_cast<std::uint32_t>(known_.size()))]; }

  /// What happens in both worlds.
  void step() {
    host_.clock.advance(below(random_, 5000));
    const auto text = "Text " + std::to_string(++texts_);
    const auto action = below(random_, 16);
    if (known_.empty() && action >= 6 && action <= 10) return look(3);
    switch (action) {
      case 0:
      case 1:
      case 2: {
        Names to{"ana", "ben"};
        to.insert(to.end(), others_.begin(), others_.end());
        const auto draft = host_.draft("lee", to);
        host_.write("lee", draft, text);
        const auto code = call(bccast_blast_send, host_, "lee", draft, nullptr).code;
        CHECK((code == BCCAST_OK || code == BCCAST_E_TOO_FEW));
        break;
      }
      case 3:
        call(bccast_provider_reply, host_, "lee", host_.direct("lee", "ben"), nullptr, text, text.size(),
             nullptr, nullptr);
        break;
      case 4:
        if (!archived_) host_.write_direct("lee", "ana", text);
        break;
      case 5:
        look(1 + below(random_, 4));
        break;
      case 6:
        add("messages", call(bccast_client_messages, host_, "ana", known_thread(), below(random_, 4),
                             below(random_, 2) == 0 ? 1 : -1, 1 + below(random_, 3)));
        break;
      case 7: {
        std::int64_t seq = 0;
        std::int64_t at_ms = 0;
        const char* key = below(random_, 2) == 0 ? "a key" : nullptr;
        add("reply",
            call(bccast_client_reply, host_, "ana", known_thread(), key, text, text.size(), &seq, &at_ms));
        trace_.push_back("  seq " + std::to_string(seq) + " at " + std::to_string(at_ms));
        break;
      }
      case 8:
      case 9:
        add("read", call(bccast_client_read, host_, "ana", known_thread(), below(random_, 4)));
        break;
      case 10:
        host_.provider_reply("lee", known_thread(), text);
        break;
      case 11:
        must(bccast_directory_provider_put, host_, "lee", "Lee, by the name of " + text);
        break;
      case 12:
        must(bccast_directory_client_put, host_, "ana", "Ana, by the name of " + text, nullptr);
        break;
      case 13:
        archived_ = !archived_;
        must(archived_ ? bccast_directory_roster_archive : bccast_directory_roster_restore, host_, "lee",
             "ana");
        break;
      case 14:
        must(bccast_directory_client_set, host_, "ana", below(random_, 2) == 0 ? "chat" : "notify",
             below(random_, 3) == 0 ? "off" : "on");
        break;
      default:
        add("a foreign one", call(bccast_client_messages, host_, "ana", foreign(), 0, 1, 10));
        add("a made-up cursor", call(bccast_client_threads, host_, "ana", nullptr, "00112233", 0));
    }
  }

  /// Somebody's thread that is not hers; one made up where there is none.
  std::string foreign() {
    char thread[BCCAST_ID_SIZE] = "";
    if (!others_.empty()) call(bccast_provider_direct, host_, "kim", other(), thread);
    return thread[0] != '\0' ? thread : "00112233445566778899aabbccddeeff";
  }
  const std::string& other() { return others_[below(noise_, static_cast<std::uint32_t>(others_.size()))]; }

  /// What happens in the larger world only; the clock stands still.
  void disturb() {
    if (others_.empty()) return;
    for (auto n = below(noise_, 4); n > 0; --n) {
      const auto& who = other();
      const auto* provider = below(noise_, 2) == 0 ? "lee" : "kim";
      switch (below(noise_, 14)) {
        case 9: {  // a community that ana is not in
          char thread[BCCAST_ID_SIZE];
          if (call(bccast_provider_community, host_, provider, "Not Ana's", thread).code != BCCAST_OK) break;
          call(bccast_provider_community_add, host_, provider, thread, who);
          call(bccast_provider_community_add, host_, provider, thread, other());
          call(bccast_provider_reply, host_, provider, thread, nullptr, "Not for Ana", 11, nullptr, nullptr);
          call(bccast_client_reply, host_, who, thread, nullptr, "Nor this", 8, nullptr, nullptr);
          break;
        }
        case 10:  // somebody goes for good, and the id comes back
          must(bccast_directory_client_erase, host_, who);
          must(bccast_directory_client_put, host_, who, "Somebody new", "new@example.org");
          for (const auto* of : {"lee", "kim"}) must(bccast_directory_roster_add, host_, of, who);
          break;
        case 11: {  // somebody acts for the provider
          const test::Actor jo(host_, "actor-jo");
          char thread[BCCAST_ID_SIZE];
          if (call(bccast_provider_direct, jo, provider, who, thread).code == BCCAST_OK) {
            call(bccast_provider_reply, jo, provider, thread, nullptr, "Not for Ana", 11, nullptr, nullptr);
            call(bccast_thread_bind, jo, thread, "the host's " + who);
          }
          break;
        }
        case 12:
          must(below(noise_, 2) == 0 ? bccast_directory_provider_archive : bccast_directory_provider_restore,
               host_, "kim");
          break;
        case 0:
          must(bccast_directory_roster_archive, host_, provider, who);
          break;
        case 1:
          must(bccast_directory_roster_restore, host_, provider, who);
          break;
        case 2:
          must(bccast_directory_client_set, host_, who, "chat", below(noise_, 2) == 0 ? "on" : "off");
          break;
        case 3:
          must(bccast_directory_client_put, host_, who, "Another name",
               below(noise_, 2) == 0 ? "" : "new@example.org");
          break;
        case 4: {  // a blast that ana is not in, unless its provider is archived
          char draft[BCCAST_ID_SIZE];
          if (call(bccast_blast_create, host_, provider, nullptr, draft).code != BCCAST_OK) break;
          for (const auto& one : others_) must(bccast_blast_select, host_, provider, draft, one);
          host_.write(provider, draft, "Not for Ana");
          call(bccast_blast_send, host_, provider, draft, nullptr);
          break;
        }
        case 5: {
          char thread[BCCAST_ID_SIZE];
          if (call(bccast_provider_direct, host_, provider, who, thread).code == BCCAST_OK)
            call(bccast_provider_reply, host_, provider, thread, nullptr, "Not for Ana", 11, nullptr,
                 nullptr);
          break;
        }
        default:
          for (const auto& row : host_.threads(who)) {
            if (below(noise_, 3) == 0) host_.read(who, row.text("thread"), 1);
            if (below(noise_, 3) == 0)
              call(bccast_client_reply, host_, who, row.text("thread"), nullptr, "Not for Ana either", 18,
                   nullptr, nullptr);
          }
      }
    }
  }

  /// Time for all notifications, also those that need all of their attempts.
  void work() {
    for (int i = 0; i < 14; ++i) {
      host_.pump();
      host_.clock.advance(5 * 60'000);
    }
  }

  Random random_;
  Random noise_;
  Host host_;
  Names others_;
  Names known_;  // threads she has seen
  Names trace_;
  Renaming renamed_;
  Answer last_;
  bool archived_ = false;
  int failures_ = 0;
  int texts_ = 0;
};

void compare(std::uint32_t seed, std::size_t others, int steps) {
  CAPTURE(seed);
  const auto alone = TwoWorlds(seed, 0).run(steps);
  const auto among_others = TwoWorlds(seed, others).run(steps);
  CHECK(alone.size() == among_others.size());
  for (std::size_t i = 0; i < std::min(alone.size(), among_others.size()); ++i) {
    CAPTURE(i);
    REQUIRE(alone[i] == among_others[i]);
  }
}

TEST_CASE("P1: what ana sees is the same with and without five hundred others") {
  compare(1, 500, 60);
}

TEST_CASE("P1: what ana sees is the same with and without others, over many histories") {
  for (std::uint32_t seed = 2; seed < 14; ++seed) compare(seed, 12, 60);
}

TEST_CASE("P1: the comparison can fail") {
  // Another seed is another history; and there is something of everything in the trace.
  const auto one = TwoWorlds(1, 0).run(60);
  for (const auto* what : {"threads: ", "messages: ", "reply: ", "read: ", "told: ", "a foreign one: "}) {
    CAPTURE(what);
    CHECK(std::ranges::any_of(one, [&](const std::string& line) { return line.starts_with(what); }));
  }
  CHECK(one != TwoWorlds(2, 0).run(60));
}

}  // namespace
