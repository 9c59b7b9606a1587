// The host's own names for threads: bccast_thread_bind and bccast_thread_find.
#include <doctest/doctest.h>

#include <cstdint>
#include <string>
#include <vector>

#include "support/host.hpp"

namespace {

using test::call;
using test::Host;
using test::must;
using Names = std::vector<std::string>;

const std::string kNoThread = "00112233445566778899aabbccddeeff";  // made up

struct Practice : Host {
  Practice() {
    provider("lee");
    clients("lee", {"ana", "ben", "cal"});
  }
  std::int32_t try_bind(const std::string& thread, const char* host_ref) const {
    return call(bccast_thread_bind, *this, thread, host_ref).code;
  }
};

TEST_CASE("bind: a name for a thread of any kind, and the thread of a name") {
  Practice host;
  const auto blast = host.blast("lee", {"ana", "ben"}, "Good morning");
  const auto anas = host.of_blast("lee", blast, "ana");  // never looked at: no row of its own yet
  const auto bens = host.of_blast("lee", blast, "ben");
  host.read("ben", bens, 1);
  const auto direct = host.write_direct("lee", "ana", "Just for you");
  const auto community = host.community("lee", "Monday group", {"ana", "ben"});
  const Names threads{anas, bens, direct, community};
  for (std::size_t i = 0; i < threads.size(); ++i) {
    const auto name = "room " + std::to_string(i);
    CHECK(host.find(name).empty());
    CHECK(host.bind(threads[i], name) == BCCAST_OK);
    CHECK(host.bind(threads[i], name) == BCCAST_EXISTS);
    CHECK(host.find(name) == threads[i]);
  }
  host.restart();
  for (std::size_t i = 0; i < threads.size(); ++i)
    CHECK(host.find("room " + std::to_string(i)) == threads[i]);
  CHECK(host.verify().empty());
}

TEST_CASE("bind: a direct thread and a community that nobody has written in yet") {
  Practice host;
  const auto direct = host.direct("lee", "ana");
  const auto community = host.community("lee", "Monday group");
  CHECK(host.bind(community, "room c") == BCCAST_OK);
  CHECK(host.find("room c") == community);
  CHECK(host.bind(direct, "room d") == BCCAST_OK);
  CHECK(host.find("room d") == direct);
  // It begins neither: its client sees a thread once there is a message.
  CHECK(host.threads("ana").empty());
  CHECK(call(bccast_client_messages, host, "ana", direct, 0, 1, 0).code == BCCAST_E_NOT_FOUND);
  host.provider_reply("lee", direct, "Hello");
  CHECK(host.threads("ana").column("thread") == Names{direct});
  CHECK(host.find("room d") == direct);
  CHECK(host.verify().empty());
}

TEST_CASE("bind: another name replaces it, nothing takes it away, and one name is of one thread") {
  Practice host;
  const auto one = host.write_direct("lee", "ana", "One");
  const auto two = host.write_direct("lee", "ben", "Two");
  CHECK(host.bind(one, "first") == BCCAST_OK);
  CHECK(host.bind(one, "second") == BCCAST_OK);
  CHECK(host.find("first").empty());
  CHECK(host.find("second") == one);
  CHECK(host.try_bind(two, "second") == BCCAST_E_CONFLICT);
  CHECK(host.find("second") == one);
  CHECK(host.bind(two, "first") == BCCAST_OK);  // it is free again
  CHECK(host.try_bind(two, "second") == BCCAST_E_CONFLICT);
  CHECK(host.find("first") == two);
  // NULL and "" take it away; where there is none, they change nothing.
  CHECK(host.try_bind(one, nullptr) == BCCAST_OK);
  CHECK(host.find("second").empty());
  CHECK(host.try_bind(two, "") == BCCAST_OK);
  CHECK(host.find("first").empty());
  CHECK(host.try_bind(two, "") >= 0);
  CHECK(host.try_bind(two, nullptr) >= 0);
  CHECK(host.bind(two, "second") == BCCAST_OK);
  // Names are compared byte for byte.
  CHECK(host.bind(one, "Second") == BCCAST_OK);
  CHECK(host.find("Second") == one);
  CHECK(host.find("second") == two);
  CHECK(host.find("second ").empty());
  CHECK(host.verify().empty());
}

TEST_CASE("bind: threads that are not, and names that cannot be") {
  Practice host;
  const auto blast = host.blast("lee", {"ana", "ben"}, "Good morning");
  const auto thread = host.of_blast("lee", blast, "ana");
  auto changed = thread;
  changed[5] = changed[5] == '0' ? '1' : '0';
  const auto unknown = call(bccast_thread_bind, host, kNoThread, "room");
  CHECK(unknown.code == BCCAST_E_NOT_FOUND);
  for (const auto& wrong : {blast, changed, std::string("x"), std::string(), host.draft("lee"), thread + "0"})
    CHECK(call(bccast_thread_bind, host, wrong, "room") == unknown);
  CHECK(host.find("room").empty());
  CHECK(host.try_bind(thread, "\xff") == BCCAST_E_UTF8);
  CHECK(host.try_bind(thread, "a\nb") == BCCAST_E_ARGUMENT);
  const std::string longest(BCCAST_MAX_ID, 'x');
  CHECK(host.try_bind(thread, (longest + "x").c_str()) == BCCAST_E_LIMIT);
  CHECK(host.bind(thread, longest) == BCCAST_OK);
  CHECK(host.find(longest) == thread);
  char out[BCCAST_ID_SIZE] = "?";
  CHECK(call(bccast_thread_find, host, "", out).code == BCCAST_E_ARGUMENT);
  CHECK(std::string(out).empty());
  CHECK(call(bccast_thread_find, host, nullptr, out).code == BCCAST_E_ARGUMENT);
  CHECK(call(bccast_thread_find, host, longest, nullptr).code == BCCAST_E_ARGUMENT);
  CHECK(call(bccast_thread_find, host, longest + "x", out).code == BCCAST_E_LIMIT);
  CHECK(call(bccast_thread_bind, host, nullptr, "room").code == BCCAST_E_ARGUMENT);
  CHECK(host.verify().empty());
}

TEST_CASE("bind: nobody sees it, and it makes no thread that was not there") {
  Practice host;
  const auto blast = host.blast("lee", {"ana", "ben"}, "Good morning");
  const auto anas = host.of_blast("lee", blast, "ana");
  const auto bens = host.of_blast("lee", blast, "ben");
  const auto shown = [&](const std::string& client, const std::string& thread) {
    auto rows = host.threads(client).rows;
    for (const auto& row : host.messages(client, thread)) rows.push_back(row);
    for (auto& row : rows)
      for (auto& cell : row.cells)
        if (cell.value == thread) cell.value = "<thread>";
    return rows;
  };
  CHECK(host.bind(anas, "room ana") == BCCAST_OK);
  CHECK(shown("ana", anas) == shown("ben", bens));
  CHECK(host.provider_threads("lee").empty());  // binding is not writing
  CHECK(host.status("lee", blast).where("channel", "").number("opened") == 0);
  REQUIRE(host.pump_to_the_end());
  for (const auto& notice : host.notifier.all())
    for (const auto& cell : notice.row.cells) CHECK(cell.value != "room ana");
  CHECK(host.verify().empty());
}

TEST_CASE("bind: archived clients and archived providers change nothing of it") {
  Practice host;
  const auto thread = host.write_direct("lee", "ana", "Just for you");
  CHECK(host.bind(thread, "room") == BCCAST_OK);
  host.archive("lee", "ana");
  CHECK(host.find("room") == thread);
  host.archive_provider("lee");
  CHECK(host.find("room") == thread);
  CHECK(host.bind(thread, "another room") == BCCAST_OK);
  CHECK(host.find("another room") == thread);
  CHECK(host.verify().empty());
}

}  // namespace
