// Doing it again: keys, second sends, retries, leases. Nothing is lost, nothing is done twice, and the counts
// add up.
#include <doctest/doctest.h>

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <stdexcept>
#include <string>
#include <thread>
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

struct Practice : Host {
  explicit Practice(const test::Setup& setup = {}) : Host(setup) {
    provider("lee");
    clients("lee", {"ana", "ben", "cal", "dan"});
  }
  Row recipient(const std::string& blast, const std::string& client) const {
    return recipients("lee", blast).where("client", client);
  }
};

/// done + failed + skipped + pending = recipients on every channel and over all, and finished just when
/// nothing is pending. Gives the row over all.
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

std::int64_t pending(const Host& host, const std::string& blast) {
  return check_sums(host, blast).number("pending");
}

// ---- Keys

TEST_CASE("create with a key: the same key gives the first answer, for ever") {
  Practice host;
  host.provider("kim");
  const auto create = [&](const char* provider, const char* key) {
    char blast[BCCAST_ID_SIZE];
    const auto answer = call(bccast_blast_create, host, provider, key, blast);
    return std::pair(answer.code, std::string(blast));
  };
  const auto first = create("lee", "monday");
  CHECK(first.first == BCCAST_OK);
  CHECK(create("lee", "monday") == std::pair(std::int32_t{BCCAST_EXISTS}, first.second));
  const auto tuesday = create("lee", "tuesday");
  CHECK(tuesday.first == BCCAST_OK);
  CHECK(tuesday.second != first.second);
  CHECK(create("kim", "monday").first == BCCAST_OK);  // another provider's keys are its own
  CHECK(create("lee", nullptr).first == BCCAST_OK);
  CHECK(create("lee", nullptr).first == BCCAST_OK);
  CHECK(create("lee", "").first == BCCAST_E_ARGUMENT);
  CHECK(create("nobody", "monday").first == BCCAST_E_NOT_FOUND);

  host.restart();
  CHECK(create("lee", "monday") == std::pair(std::int32_t{BCCAST_EXISTS}, first.second));
  must(bccast_blast_select_all_active, host, "lee", first.second);
  host.write("lee", first.second, "Good morning");
  host.send("lee", first.second);
  CHECK(create("lee", "monday") == std::pair(std::int32_t{BCCAST_EXISTS}, first.second));
  CHECK(must(bccast_blast_list, host, "lee", nullptr, nullptr, 0).rows.size() == 4);
  CHECK(must(bccast_blast_list, host, "lee", nullptr, nullptr, 0)
            .rows.where("blast", first.second)
            .number("key_given") == 1);
}

TEST_CASE("create with a key: a draft that was thrown away leaves its key free") {
  Practice host;
  char first[BCCAST_ID_SIZE];
  char second[BCCAST_ID_SIZE];
  must(bccast_blast_create, host, "lee", "monday", first);
  must(bccast_blast_discard, host, "lee", first);
  CHECK(call(bccast_blast_create, host, "lee", "monday", second).code == BCCAST_OK);
  CHECK(std::string(first) != second);
}

TEST_CASE("reply with a key: the same key gives the first answer, and writes and notifies nothing") {
  Practice host;
  const auto blast = host.blast("lee", {"ana", "ben"}, "Good morning");
  const auto thread = host.of_blast("lee", blast, "ana");
  REQUIRE(host.pump_to_the_end());
  host.notifier.forget();
  struct Reply {
    std::int32_t code;
    std::int64_t seq;
    std::int64_t at_ms;
    bool operator==(const Reply&) const = default;
  };
  const auto reply = [&](bool by_client, const std::string& in, const char* key, const std::string& text) {
    Reply out{};
    const auto* who = by_client ? "ana" : "lee";
    out.code = call(by_client ? bccast_client_reply : bccast_provider_reply, host, who, in, key, text,
                    text.size(), &out.seq, &out.at_ms)
                   .code;
    return out;
  };
  host.clock.advance(5678);
  const auto first = reply(true, thread, "k", "Thank you");
  CHECK(first == Reply{BCCAST_OK, 2, test::Clock::kStart + 5000});
  host.clock.advance(60'000);
  const Reply again{BCCAST_EXISTS, first.seq, first.at_ms};
  CHECK(reply(true, thread, "k", "Thank you") == again);
  CHECK(reply(true, thread, "k", "Another text") == again);
  host.restart();
  CHECK(reply(true, thread, "k", "Thank you") == again);
  CHECK(host.messages("ana", thread).column("text") == Names{"Good morning", "Thank you"});
  REQUIRE(host.pump_to_the_end());
  CHECK(host.notifier.to("lee").size() == 1);
  CHECK(host.provider_threads("lee")[0].number("unread") == 1);

  // Another key, no key, another's key, another thread: others.
  CHECK(reply(true, thread, "k2", "Thank you").seq == 3);
  CHECK(reply(true, thread, nullptr, "Thank you").seq == 4);
  CHECK(reply(true, thread, nullptr, "Thank you").seq == 5);
  const auto by_provider = reply(false, thread, "k", "You are welcome");
  CHECK(by_provider.code == BCCAST_OK);
  CHECK(by_provider.seq == 6);
  CHECK(reply(false, thread, "k", "You are welcome").code == BCCAST_EXISTS);
  CHECK(reply(false, thread, "k", "You are welcome").seq == 6);
  const auto direct = host.write_direct("lee", "ana", "Hello");
  CHECK(reply(true, direct, "k", "Hello") == Reply{BCCAST_OK, 2, host.clock.now_ms() / 1000 * 1000});
  CHECK(reply(true, thread, "", "Thank you").code == BCCAST_E_ARGUMENT);
  CHECK(reply(true, thread, std::string(BCCAST_MAX_KEY + 1, 'k').c_str(), "x").code == BCCAST_E_LIMIT);
  CHECK(reply(true, thread, std::string(BCCAST_MAX_KEY, 'k').c_str(), "x").code == BCCAST_OK);
  // An error uses no key up.
  CHECK(reply(true, thread, "k3", "\xff").code == BCCAST_E_UTF8);
  CHECK(reply(true, thread, "k3", "x").code == BCCAST_OK);
}

TEST_CASE("a first direct message with a key: again, and also when the client was archived since") {
  Practice host;
  const auto thread = host.direct("lee", "ana");
  const auto write = [&] {
    return call(bccast_provider_reply, host, "lee", thread, "k", "Hello", 5, nullptr, nullptr).code;
  };
  CHECK(write() == BCCAST_OK);
  CHECK(write() == BCCAST_EXISTS);
  host.archive("lee", "ana");
  CHECK(write() == BCCAST_EXISTS);
  CHECK(host.messages("ana", thread).size() == 1);
}

TEST_CASE("sending again: EXISTS, before anything is compared") {
  Practice host;
  const auto draft = host.draft("lee", {"ana", "ben"});
  host.write("lee", draft, "Good morning");
  const auto digest = host.preview("lee", draft).text("digest");
  const auto send = [&](const char* with) { return call(bccast_blast_send, host, "lee", draft, with).code; };
  CHECK(send(digest.c_str()) == BCCAST_OK);
  const auto status = host.status("lee", draft);
  host.clock.advance(60'000);
  CHECK(send(nullptr) == BCCAST_EXISTS);
  CHECK(send(digest.c_str()) == BCCAST_EXISTS);
  CHECK(send("a wrong digest") == BCCAST_EXISTS);
  host.archive("lee", "ana");  // now they would be too few
  CHECK(send(nullptr) == BCCAST_EXISTS);
  CHECK(send("a wrong digest") == BCCAST_EXISTS);
  host.restart();
  CHECK(send(digest.c_str()) == BCCAST_EXISTS);
  CHECK(host.status("lee", draft) == status);
  CHECK(host.threads("ben").size() == 1);
  REQUIRE(host.pump_to_the_end());
  CHECK(send("a wrong digest") == BCCAST_EXISTS);  // finished ones too
  CHECK(host.notifier.to("ben").size() == 1);
}

// ---- The queue

TEST_CASE("without faults each is told exactly once, in whatever steps") {
  Practice host;
  Names many;
  for (int i = 0; i < 700; ++i) many.push_back("m" + std::to_string(i));
  host.clients("lee", many);
  const auto blast = host.blast("lee", many, "Good morning");
  CHECK(check_sums(host, blast).text("state") == "sent");
  CHECK(pending(host, blast) == 700);
  std::uint64_t done = 0;
  std::int32_t code = BCCAST_OK;
  for (std::uint32_t max = 1; code == BCCAST_OK; max = max * 2 + 1) {
    const auto before = host.notifier.all().size();
    const auto pumped = host.pump(max);
    code = pumped.code;
    done += pumped.done;
    CHECK(pumped.done <= max);
    CHECK(host.notifier.all().size() - before == pumped.done);
    CHECK(pumped.next_ms == (code == BCCAST_OK ? 0 : -1));
    CHECK(pending(host, blast) == static_cast<std::int64_t>(700 - done));
  }
  CHECK(code == BCCAST_DONE);
  CHECK(done == 700);
  CHECK(check_sums(host, blast).text("state") == "finished");
  std::set<std::string> people;
  std::set<std::string> ids;
  for (const auto& notice : host.notifier.all()) {
    people.insert(notice.to());
    ids.insert(notice.id());
  }
  CHECK(host.notifier.all().size() == 700);
  CHECK(people.size() == 700);
  CHECK(ids.size() == 700);
  CHECK(host.pump().code == BCCAST_DONE);
  CHECK(host.verify().empty());
}

TEST_CASE("a limit of pump holds for those who are skipped, too") {
  Practice host;
  Names many;
  for (int i = 0; i < 300; ++i) many.push_back("m" + std::to_string(i));
  host.clients("lee", many);
  for (const auto& one : many) must(bccast_directory_client_set, host, one, "notify", "off");
  const auto blast = host.blast("lee", many, "Good morning");
  const auto pumped = host.pump(10);
  CHECK(pumped.code == BCCAST_OK);  // more is due
  CHECK(pumped.done <= 10);
  REQUIRE(host.pump_to_the_end());
  CHECK(check_sums(host, blast).number("skipped") == 300);
}

TEST_CASE("each message has a notification id of its own, for ever") {
  Practice host;
  const auto thread = host.write_direct("lee", "ana", "Hello");
  const auto bens = host.write_direct("lee", "ben", "Hello");
  for (int i = 0; i < 5; ++i) {
    REQUIRE(host.pump_to_the_end());
    host.reply("ana", thread, "Hello");
    REQUIRE(host.pump_to_the_end());
    host.provider_reply("lee", thread, "Hello");
    REQUIRE(host.pump_to_the_end());
    host.provider_reply("lee", bens, "Hello");
    if (i == 2) host.restart();
  }
  REQUIRE(host.pump_to_the_end());
  const auto all = host.notifier.all();
  REQUIRE(all.size() == 17);
  std::set<std::string> ids;
  for (const auto& notice : all) ids.insert(notice.id());
  CHECK(ids.size() == all.size());
}

TEST_CASE("RETRY: again when the notifier said, and not before, with the same id") {
  Practice host;
  const auto blast = host.blast("lee", {"ana", "ben"}, "Good morning");
  host.notifier.each = [](const Notice& notice) -> Outcome {
    if (notice.to() == "ana") return {BCCAST_ITEM_RETRY, "mailbox_full:4.2.2", 30'000};
    return {};
  };
  auto pumped = host.pump();
  CHECK(pumped.code == BCCAST_DONE);
  CHECK(pumped.done == 1);
  CHECK(pumped.next_ms == 30'000);
  auto row = host.recipient(blast, "ana");
  CHECK(row.text("state") == "retry");
  CHECK(row.text("reason") == "mailbox_full");  // the detail is the operator's alone
  CHECK(row.number("attempts") == 1);
  CHECK(row.number("next_at_ms") == host.clock.now_ms() + 30'000);
  CHECK(host.recipient(blast, "ben").text("state") == "done");
  CHECK(host.recipients("lee", blast, "state=retry").column("client") == Names{"ana"});
  CHECK(check_sums(host, blast).text("state") == "sent");
  CHECK(pending(host, blast) == 1);

  host.clock.advance(29'999);
  CHECK(host.pump().next_ms == 1);
  CHECK(host.notifier.to("ana").size() == 1);
  host.notifier.each = nullptr;
  host.clock.advance(1);
  std::int64_t next_ms = -1;
  must(bccast_next, host, &next_ms);
  CHECK(next_ms == 0);
  pumped = host.pump();
  CHECK(pumped.done == 1);
  CHECK(pumped.next_ms == -1);
  const auto told = host.notifier.to("ana");
  REQUIRE(told.size() == 2);
  CHECK(told[0].row == told[1].row);  // id and all
  row = host.recipient(blast, "ana");
  CHECK(row.text("state") == "done");
  CHECK(row.null("reason"));
  CHECK(row.null("next_at_ms"));
  CHECK(check_sums(host, blast).text("state") == "finished");
}

TEST_CASE("RETRY for all of a batch: the time that the notifier said holds for it too") {
  Practice host;
  const auto blast = host.blast("lee", {"ana", "ben"}, "Good morning");
  host.notifier.each = [](const Notice&) -> Outcome { return {BCCAST_ITEM_RETRY, "later", 120'000}; };
  CHECK(host.pump().done == 0);
  for (int second = 0; second < 119; ++second) {
    host.clock.advance(1000);
    host.pump();
  }
  CHECK(host.notifier.all().size() == 2);
  CHECK(pending(host, blast) == 2);
  host.notifier.each = nullptr;
  REQUIRE(host.pump_to_the_end());
  CHECK(check_sums(host, blast).number("done") == 2);
}

TEST_CASE("RETRY without a time: eight attempts within the hour, then failed") {
  Practice host;
  const auto blast = host.blast("lee", {"ana", "ben", "cal"}, "Good morning");
  host.notifier.each = [](const Notice& notice) -> Outcome {
    if (notice.to() == "ana") return {BCCAST_ITEM_RETRY, "greylisted"};
    return {};
  };
  std::int64_t waited = 0;
  for (std::int64_t attempt = 1; attempt <= 8; ++attempt) {
    const auto pumped = host.pump();
    CHECK(host.notifier.to("ana").size() == static_cast<std::size_t>(attempt));
    const auto row = host.recipient(blast, "ana");
    CHECK(row.number("attempts") == attempt);
    CHECK(row.text("reason") == "greylisted");
    if (attempt == 8) {
      CHECK(row.text("state") == "failed");
      CHECK(pumped.next_ms == -1);
      break;
    }
    CHECK(row.text("state") == "retry");
    CHECK(check_sums(host, blast).text("state") == "sent");
    CHECK(pending(host, blast) == 1);
    REQUIRE(pumped.next_ms > 0);
    host.clock.advance(pumped.next_ms);
    waited += pumped.next_ms;
  }
  CHECK(waited < 3'600'000);
  CHECK(waited > 40 * 60'000);
  const auto sums = check_sums(host, blast);
  CHECK(sums.text("state") == "finished");
  CHECK(sums.number("failed") == 1);
  CHECK(sums.number("done") == 2);
  host.clock.advance(86'400'000);
  host.pump();
  CHECK(host.notifier.to("ana").size() == 8);
  std::set<std::string> ids;
  for (const auto& notice : host.notifier.to("ana")) ids.insert(notice.id());
  CHECK(ids.size() == 1);
  CHECK(host.verify().empty());
}

TEST_CASE("a single message: retried, and failed after eight attempts, just as a blast's") {
  Practice host;
  host.write_direct("lee", "ana", "Hello");
  host.notifier.each = [](const Notice&) -> Outcome { return {BCCAST_ITEM_RETRY, "greylisted"}; };
  REQUIRE(host.pump_to_the_end());
  const auto told = host.notifier.to("ana");
  REQUIRE(told.size() == 8);
  for (const auto& notice : told) CHECK(notice.row == told[0].row);
  CHECK(host.clock.now_ms() - test::Clock::kStart < 3'600'000);
  CHECK(must(bccast_channel_list, host).rows[0].number("pending") == 0);
}

TEST_CASE("FAILED: never again") {
  Practice host;
  const auto blast = host.blast("lee", {"ana", "ben"}, "Good morning");
  host.notifier.each = [](const Notice& notice) -> Outcome {
    if (notice.to() == "ana") return {BCCAST_ITEM_FAILED, "no_such_mailbox:5.1.1"};
    return {};
  };
  const auto pumped = host.pump();
  CHECK(pumped.done == 2);
  CHECK(pumped.next_ms == -1);
  const auto row = host.recipient(blast, "ana");
  CHECK(row.text("state") == "failed");
  CHECK(row.text("reason") == "no_such_mailbox");
  CHECK(row.number("attempts") == 1);
  CHECK(row.null("next_at_ms"));
  const auto sums = check_sums(host, blast);
  CHECK(sums.number("failed") == 1);
  CHECK(sums.text("state") == "finished");
  host.clock.advance(86'400'000);
  host.pump();
  CHECK(host.notifier.to("ana").size() == 1);
  CHECK(host.threads("ana").size() == 1);  // the message she has
}

TEST_CASE("SKIPPED: need not be") {
  Practice host;
  const auto blast = host.blast("lee", {"ana", "ben"}, "Good morning");
  host.notifier.each = [](const Notice& notice) -> Outcome {
    if (notice.to() == "ana") return {BCCAST_ITEM_SKIPPED, "online"};
    return {};
  };
  CHECK(host.pump().done == 2);
  CHECK(host.recipient(blast, "ana").text("state") == "skipped");
  CHECK(check_sums(host, blast).number("skipped") == 1);
  CHECK(check_sums(host, blast).text("state") == "finished");
}

TEST_CASE("NOT_TRIED: given back as it was, which is no attempt") {
  Practice host;
  const auto blast = host.blast("lee", {"ana", "ben", "cal"}, "Good morning");
  int given_back = 0;
  host.notifier.each = [&](const Notice& notice) -> Outcome {
    if (notice.to() == "ana" && ++given_back <= 20) return {BCCAST_ITEM_NOT_TRIED};
    return {};
  };
  host.pump(3);
  CHECK(host.recipient(blast, "ana").text("state") == "pending");
  CHECK(host.recipient(blast, "ana").number("attempts") == 0);
  CHECK(pending(host, blast) == 1);
  REQUIRE(host.pump_to_the_end());
  CHECK(given_back == 21);
  std::set<std::string> ids;
  for (const auto& notice : host.notifier.to("ana")) ids.insert(notice.id());
  CHECK(ids.size() == 1);
  CHECK(check_sums(host, blast).number("done") == 3);
}

TEST_CASE("NOT_TRIED for ever: pump comes back") {
  Practice host;
  const auto blast = host.blast("lee", {"ana", "ben"}, "Good morning");
  int calls = 0;
  host.notifier.whole = [&](const std::vector<Notice>&) {
    ++calls;
    return BCCAST_OK;
  };
  host.notifier.each = [&](const Notice&) -> Outcome {
    if (calls < 500) return {BCCAST_ITEM_NOT_TRIED};
    return {};
  };
  host.pump();
  CHECK(calls < 100);
  CHECK(pending(host, blast) == 2);
}

TEST_CASE("a retry that is no longer needed, or no longer wanted, is skipped") {
  Practice host;
  const auto blast = host.blast("lee", {"ana", "ben", "cal", "dan"}, "Good morning");
  host.notifier.each = [](const Notice& notice) -> Outcome {
    if (notice.to() != "dan") return {BCCAST_ITEM_RETRY, "later", 30'000};
    return {};
  };
  host.pump();
  CHECK(pending(host, blast) == 3);
  host.read("ana", host.of_blast("lee", blast, "ana"), 1);
  host.archive("lee", "ben");
  must(bccast_directory_client_set, host, "cal", "notify", "off");
  host.clock.advance(30'000);
  host.pump();
  CHECK(host.notifier.all().size() == 4);
  CHECK(host.recipient(blast, "ana").text("reason") == "already_read");
  CHECK(host.recipient(blast, "ben").text("reason") == "archived");
  CHECK(host.recipient(blast, "cal").text("reason") == "notify_off");
  const auto sums = check_sums(host, blast);
  CHECK(sums.number("skipped") == 3);
  CHECK(sums.text("state") == "finished");
  CHECK(host.verify().empty());
}

TEST_CASE("a whole batch that fails opens the breaker, and then nothing is lost") {
  Practice host;
  const auto blast = host.blast("lee", {"ana", "ben", "cal"}, "Good morning");
  const auto failure = [&] {
    switch (host.notifier.batches() % 3) {
      case 0:
        return BCCAST_E_NOTIFIER;
      case 1:
        return BCCAST_E_BUSY;
      default:
        return -10'000;
    }
  };
  host.notifier.whole = [&](const std::vector<Notice>&) { return failure(); };
  const auto channel = [&] { return must(bccast_channel_list, host).rows[0]; };
  CHECK(channel().null("failing_since_ms"));
  const auto began = host.clock.now_ms();
  std::int64_t last_wait = 0;
  for (std::size_t failures = 1; failures <= 15; ++failures) {
    const auto pumped = host.pump();
    CHECK(pumped.code == BCCAST_DONE);
    CHECK(pumped.done == 0);
    CHECK(host.notifier.batches() == failures);
    CHECK(channel().number("failing_since_ms") == began);
    CHECK(channel().text("last_reason") == "handler_failed");
    CHECK(channel().number("pending") == 3);
    CHECK(pending(host, blast) == 3);
    // Longer each time, up to five minutes.
    CHECK(pumped.next_ms >= last_wait);
    CHECK(pumped.next_ms >= 1000);
    CHECK(pumped.next_ms <= 300'000);
    last_wait = pumped.next_ms;
    host.clock.advance(pumped.next_ms - 1);
    host.pump();
    CHECK(host.notifier.batches() == failures);  // not before
    host.clock.advance(1);
  }
  CHECK(last_wait == 300'000);
  // What is written meanwhile waits, too.
  host.write_direct("lee", "dan", "Hello");
  host.notifier.forget();
  host.notifier.whole = nullptr;
  REQUIRE(host.pump_to_the_end());
  CHECK(host.notifier.all().size() == 4);
  std::set<std::string> people;
  for (const auto& notice : host.notifier.all()) people.insert(notice.to());
  CHECK(people == std::set<std::string>{"ana", "ben", "cal", "dan"});
  CHECK(channel().null("failing_since_ms"));
  const auto sums = check_sums(host, blast);
  CHECK(sums.number("done") == 3);
  CHECK(sums.text("state") == "finished");
  CHECK(host.verify().empty());
}

TEST_CASE("one channel's failure is none of another's") {
  Practice host(test::Setup{.channels = {"email", "push"}});
  for (const std::string client : {"ana", "ben"})
    must(bccast_directory_client_set, host, client, "address.push", "device of " + client);
  const auto blast = host.blast("lee", {"ana", "ben", "cal"}, "Good morning");
  host.notifier.whole = [](const std::vector<Notice>& batch) {
    return batch[0].channel == "email" ? BCCAST_E_NOTIFIER : BCCAST_OK;
  };
  host.pump();
  auto status = host.status("lee", blast);
  REQUIRE(status.size() == 3);
  CHECK(status.where("channel", "push").text("state") == "finished");
  CHECK(status.where("channel", "push").number("done") == 2);
  CHECK(status.where("channel", "push").number("skipped") == 1);  // cal has no device
  CHECK(status.where("channel", "email").number("pending") == 3);
  CHECK(pending(host, blast) == 3);
  CHECK(host.recipients("lee", blast).size() == 6);
  CHECK(host.recipients("lee", blast, "channel=push&state=skipped").column("client") == Names{"cal"});
  host.notifier.whole = nullptr;
  host.notifier.each = [](const Notice& notice) -> Outcome {
    if (notice.to() == "ben") return {BCCAST_ITEM_FAILED, "gone"};
    return {};
  };
  REQUIRE(host.pump_to_the_end());
  // Counting people: failed on any channel, else done on any.
  const auto sums = check_sums(host, blast);
  CHECK(sums.number("done") == 2);
  CHECK(sums.number("failed") == 1);
  CHECK(sums.number("skipped") == 0);
  CHECK(host.verify().empty());
}

TEST_CASE("the counts add up after every step, whatever the notifier says") {
  Practice host;
  Names many;
  for (int i = 0; i < 60; ++i) many.push_back("m" + std::to_string(i));
  host.clients("lee", many);
  for (std::size_t i = 0; i < many.size(); i += 7)
    must(bccast_directory_client_set, host, many[i], "notify", "off");
  const auto blast = host.blast("lee", many, "Good morning");
  std::uint32_t random = 1;
  const auto next = [&random](std::uint32_t n) {
    return ((random = random * 1'664'525 + 1'013'904'223) >> 16) % n;
  };
  std::map<std::string, int> ended;
  host.notifier.each = [&](const Notice& notice) -> Outcome {
    const auto status = static_cast<std::int32_t>(next(8));
    if (status > BCCAST_ITEM_NOT_TRIED) return {BCCAST_ITEM_RETRY, "later"};
    if (status == BCCAST_ITEM_DONE || status == BCCAST_ITEM_FAILED || status == BCCAST_ITEM_SKIPPED)
      ++ended[notice.to()];
    return {status, "as it came"};
  };
  std::int64_t last_pending = 60;
  for (int step = 0; step < 3000 && last_pending > 0; ++step) {
    const auto pumped = host.pump(1 + static_cast<std::uint32_t>(step) % 7);
    const auto now_pending = pending(host, blast);
    CHECK(now_pending == last_pending - static_cast<std::int64_t>(pumped.done));
    last_pending = now_pending;
    const auto rows = host.recipients("lee", blast);
    std::map<std::string, std::int64_t> states;
    for (const auto& row : rows) ++states[row.text("state")];
    const auto sums = check_sums(host, blast);
    CHECK(states["done"] == sums.number("done"));
    CHECK(states["failed"] == sums.number("failed"));
    CHECK(states["skipped"] == sums.number("skipped"));
    CHECK(states["pending"] + states["retry"] + states["in_flight"] == sums.number("pending"));
    if (pumped.next_ms > 0) host.clock.advance(pumped.next_ms);
  }
  CHECK(last_pending == 0);
  for (const auto& one : ended) {
    CAPTURE(one.first);
    CHECK(one.second == 1);  // whoever was done with was not asked again
  }
  CHECK(host.verify().empty());
}

TEST_CASE("overdue: not finished within the hour, and why") {
  Practice host;
  const auto blast = host.blast("lee", {"ana", "ben"}, "Good morning");
  const auto last = [&] { return check_sums(host, blast); };
  CHECK(last().number("deadline_ms") == host.clock.now_ms() + 3'600'000);
  host.clock.advance(3'600'000);
  CHECK(last().number("overdue") == 0);
  host.clock.advance(1);
  CHECK(last().number("overdue") == 1);
  CHECK(last().text("why").find("email") != std::string::npos);
  REQUIRE(host.pump_to_the_end());
  CHECK(last().number("overdue") == 0);  // late, but finished
  CHECK(last().null("why"));
}

// ---- Leases

/// Stays inside its callback until it is let go.
class Gate {
 public:
  void wait() {
    std::unique_lock lock(mutex_);
    ++inside_;
    changed_.notify_all();
    changed_.wait(lock, [&] { return open_; });
  }
  void wait_for_somebody(int count) {
    std::unique_lock lock(mutex_);
    const bool came = changed_.wait_for(lock, std::chrono::seconds(60), [&] { return inside_ >= count; });
    if (!came) throw std::runtime_error("nobody came to the gate");
  }
  void open() {
    const std::lock_guard lock(mutex_);
    open_ = true;
    changed_.notify_all();
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  int inside_ = 0;
  bool open_ = false;
};

/// Pumps on a thread of its own, whose notifier waits at the gate.
class Worker {
 public:
  Worker(Host& host, Gate& gate)
      : gate_(gate), thread_([this, &host] {
          try {
            pumped_ = host.pump();
          } catch (const std::exception& failure) {
            failure_ = failure.what();
          }
        }) {}
  ~Worker() {
    if (thread_.joinable()) finish();
  }
  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;
  /// Lets it go, and waits for it.
  Host::Pumped finish() {
    gate_.open();
    thread_.join();
    CHECK(failure_ == "");
    return pumped_;
  }

 private:
  Gate& gate_;
  Host::Pumped pumped_;
  std::string failure_;
  std::thread thread_;  // the last: it uses the others
};

std::map<std::string, std::string> ids_by_person(const Host& host) {
  std::map<std::string, std::string> ids;
  for (const auto& notice : host.notifier.all()) ids[notice.to()] = notice.id();
  return ids;
}

TEST_CASE("a lease that runs out is taken up again, with the same ids; who comes too late changes nothing") {
  Practice stuck;
  Host other(test::Setup{.beside = &stuck});
  const auto blast = stuck.blast("lee", {"ana", "ben", "cal"}, "Good morning");
  Gate gate;
  stuck.notifier.each = [](const Notice&) -> Outcome { return {BCCAST_ITEM_FAILED, "too late"}; };
  stuck.notifier.whole = [&](const std::vector<Notice>&) {
    gate.wait();
    return BCCAST_OK;
  };
  Worker worker(stuck, gate);
  gate.wait_for_somebody(1);

  // In flight: nobody else may have it.
  CHECK(other.recipients("lee", blast, "state=in_flight").size() == 3);
  CHECK(pending(other, blast) == 3);
  auto pumped = other.pump();
  CHECK(pumped.done == 0);
  CHECK(pumped.next_ms == 60'000);
  other.clock.advance(59'999);
  CHECK(other.pump().done == 0);
  CHECK(other.notifier.all().empty());

  SUBCASE("the other reports first") {
    other.clock.advance(1001);
    pumped = other.pump();
    CHECK(pumped.done == 3);
    CHECK(ids_by_person(other) == ids_by_person(stuck));
    CHECK(check_sums(other, blast).number("done") == 3);
    CHECK(worker.finish().done == 0);
    const auto sums = check_sums(other, blast);
    CHECK(sums.number("done") == 3);
    CHECK(sums.number("failed") == 0);
  }
  SUBCASE("the first one reports while the other is at it: the first report counts") {
    Gate other_gate;
    other.notifier.whole = [&](const std::vector<Notice>&) {
      other_gate.wait();
      return BCCAST_OK;
    };
    other.clock.advance(1001);
    Worker second(other, other_gate);
    other_gate.wait_for_somebody(1);
    CHECK(worker.finish().done == 3);
    CHECK(check_sums(other, blast).number("failed") == 3);
    CHECK(second.finish().done == 0);
    CHECK(check_sums(other, blast).number("failed") == 3);
    CHECK(check_sums(other, blast).number("done") == 0);
  }
  CHECK(stuck.notifier.all().size() == 3);
  CHECK(other.notifier.all().size() <= 3);
  CHECK(check_sums(other, blast).text("state") == "finished");
  CHECK(other.pump_to_the_end());
  CHECK(other.verify().empty());
}

TEST_CASE("the lease of single messages, too") {
  Practice stuck;
  Host other(test::Setup{.beside = &stuck});
  stuck.write_direct("lee", "ana", "Hello");
  stuck.write_direct("lee", "ben", "Hello");
  Gate gate;
  stuck.notifier.each = [](const Notice&) -> Outcome { return {BCCAST_ITEM_RETRY, "too late"}; };
  stuck.notifier.whole = [&](const std::vector<Notice>&) {
    gate.wait();
    return BCCAST_OK;
  };
  Worker worker(stuck, gate);
  gate.wait_for_somebody(1);
  CHECK(other.pump().done == 0);
  other.clock.advance(61'000);
  CHECK(other.pump().done == 2);
  CHECK(ids_by_person(other) == ids_by_person(stuck));
  worker.finish();
  REQUIRE(other.pump_to_the_end());
  CHECK(other.notifier.all().size() == 2);
  CHECK(stuck.notifier.all().size() == 2);
  CHECK(must(bccast_channel_list, other).rows[0].number("pending") == 0);
}

TEST_CASE("a notification whose workers never come back is given up after eight of them") {
  Practice host;
  host.write_direct("lee", "ana", "Hello");
  constexpr int kWorkers = 8;
  Gate gate;
  std::vector<std::unique_ptr<Host>> hosts;
  std::vector<std::unique_ptr<Worker>> workers;
  for (int i = 0; i < kWorkers; ++i) {
    auto& lost = *hosts.emplace_back(std::make_unique<Host>(test::Setup{.beside = &host}));
    lost.notifier.whole = [&](const std::vector<Notice>&) {
      gate.wait();
      return BCCAST_OK;
    };
    workers.push_back(std::make_unique<Worker>(lost, gate));
    gate.wait_for_somebody(i + 1);
    host.clock.advance(61'000);
  }
  CHECK(host.pump().done == 1);
  CHECK(host.notifier.all().empty());
  for (const auto& worker : workers) CHECK(worker->finish().done == 0);
  CHECK(must(bccast_channel_list, host).rows[0].number("pending") == 0);
  CHECK(host.verify().empty());
}

TEST_CASE("a recipient that fails its whole batch costs only itself, after its attempts") {
  Practice host;
  const auto first = host.blast("lee", {"ana", "ben"}, "Good morning");
  const auto second = host.blast("lee", {"ana", "ben"}, "Good evening");
  // ana's mail brings the notifier down, whoever else is in the batch.
  host.notifier.whole = [&](const std::vector<Notice>& batch) {
    for (const auto& notice : batch)
      if (notice.to() == "ana") return -10001;
    return BCCAST_OK;
  };
  for (int i = 0; i < 200; ++i) {
    host.pump();
    host.clock.advance(60'000);
  }
  for (const auto& blast : {first, second}) {
    CHECK(host.recipient(blast, "ben").text("state") == "done");
    CHECK(host.recipient(blast, "ana").text("state") == "failed");
    CHECK(check_sums(host, blast).text("state") == "finished");
  }
  CHECK(host.verify().empty());
}

TEST_CASE("a small blast does not wait behind a large one: one batch of each in turn") {
  Practice host;
  Names many;
  for (int i = 0; i < 3000; ++i) many.push_back("m" + std::to_string(i));
  host.clients("lee", many);
  const auto large = host.blast("lee", many, "Good morning");
  host.pump(1);
  const auto small = host.blast("lee", {"ana", "ben"}, "Good evening");
  int batches = 0;
  int until_small = 0;
  host.notifier.whole = [&](const std::vector<Notice>& batch) {
    ++batches;
    for (const auto& notice : batch)
      if (notice.to() == "ana") until_small = batches;
    return BCCAST_OK;
  };
  REQUIRE(host.pump_to_the_end());
  CHECK(until_small > 0);
  CHECK(until_small <= 2);
  CHECK(batches > until_small);
  CHECK(check_sums(host, large).text("state") == "finished");
  CHECK(check_sums(host, small).text("state") == "finished");
}

TEST_CASE("a clock that steps back a little takes no batch from its worker") {
  Practice host;
  const auto blast = host.blast("lee", {"ana", "ben"}, "Good morning");
  Host other(test::Setup{.beside = &host});
  host.notifier.whole = [&](const std::vector<Notice>&) {
    host.clock.advance(-1'000);
    other.clock.advance(-1'000);
    CHECK(other.pump().done == 0);
    return BCCAST_OK;
  };
  CHECK(host.pump().done == 2);
  CHECK(other.notifier.all().empty());
  CHECK(check_sums(host, blast).text("state") == "finished");
}

TEST_CASE("two engines on one store share a blast, and nobody is told twice") {
  Practice one;
  Host two(test::Setup{.beside = &one});
  Names many;
  for (int i = 0; i < 1500; ++i) many.push_back("m" + std::to_string(i));
  one.clients("lee", many);
  const auto blast = one.blast("lee", many, "Good morning");
  Gate none;
  Worker other(two, none);
  one.pump();
  other.finish();
  std::multiset<std::string> told;
  for (const auto* host : {&one.notifier, &two.notifier})
    for (const auto& notice : host->all()) told.insert(notice.to());
  CHECK(told.size() == 1500);
  CHECK(std::set(told.begin(), told.end()).size() == 1500);
  CHECK(check_sums(one, blast).text("state") == "finished");
}

}  // namespace
