// Claiming and completing: hosts that send by themselves. What holds for claims holds for the batches of
// handlers, which are claims that the pump makes.
#include <bccast/bccast.h>
#include <doctest/doctest.h>

#include <algorithm>
#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <thread>
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
using Names = std::vector<string>;

/// Without a handler: it claims. Its clients are ana to eve, and as many more as one likes.
struct Practice : Host {
  explicit Practice(int more = 0) : Host(test::Setup{.channels = {}}) {
    must(bccast_channel_put, *this, "email", "notify");
    provider("lee");
    clients("lee", {"ana", "ben", "cal", "dan", "eve"});
    if (more > 0) clients("lee", test::some_people(more));
  }
  test::Row sums(const string& blast) const { return test::people_of(*this, blast); }
  test::Row recipient(const string& blast, const string& client) const {
    return recipients("lee", blast).where("client", client);
  }
  /// Claims and completes until nothing is due, moving the clock to what comes next.
  void work_off() {
    for (int turn = 0; turn < 2000; ++turn) {
      if (auto batch = claim(*this); !batch.empty()) {
        if (batch.complete() != BCCAST_OK) throw std::runtime_error("a batch could not be completed");
        continue;
      }
      if (must(bccast_channel_list, *this).rows[0].number("pending") == 0) return;
      clock.advance(1000);
    }
    throw std::runtime_error("there is no end to it");
  }
};

const Names kEverybody{"ana", "ben", "cal", "dan", "eve"};

std::set<string> people_in(const Batch& batch) {
  const auto people = batch.rows().column("to");
  return {people.begin(), people.end()};
}

constexpr std::int64_t kLease = 60'000;

}  // namespace

// ---- Claiming

TEST_CASE("a claim gives what a notifier is given, and nothing of the message") {
  Practice host;
  const auto blast = host.blast("lee", kEverybody, "Good morning");
  const auto batch = claim(host);
  REQUIRE(batch.size() == 5);
  const auto rows = batch.rows();
  Names columns;
  for (const auto& [name, type] : rows.columns) columns.push_back(name);
  CHECK(columns == Names{"id", "to_kind", "to", "address", "to_name", "thread", "at_ms", "locale"});
  for (const auto& row : rows) {
    const auto& client = row.text("to");
    CHECK(row.text("to_kind") == "client");
    CHECK(row.text("address") == Host::address_of(client));
    CHECK(row.text("to_name") == Host::name_of(client));
    CHECK(row.text("thread") == host.of_blast("lee", blast, client));
    CHECK(row.number("at_ms") == test::Clock::kStart);
    for (const auto& cell : row.cells) {
      CHECK(cell.value != blast);
      CHECK(cell.value.find("morning") == string::npos);
      CHECK(cell.value.find("lee") == string::npos);
    }
  }
  CHECK(host.recipients("lee", blast, "state=in_flight").size() == 5);
  CHECK(batch.complete() == BCCAST_OK);
  CHECK(host.sums(blast).number("done") == 5);
  CHECK(host.sums(blast).text("state") == "finished");
  CHECK(host.verify().empty());
}

TEST_CASE("a claim when nothing is due is DONE and no batch; of a channel that is not, NOT_FOUND") {
  Practice host;
  auto* batch = reinterpret_cast<bccast_batch*>(&host);
  CHECK(call(bccast_claim, host, "email", 0, &batch).code == BCCAST_DONE);
  CHECK(batch == nullptr);
  batch = reinterpret_cast<bccast_batch*>(&host);
  CHECK(call(bccast_claim, host, "pigeon", 0, &batch).code == BCCAST_E_NOT_FOUND);
  CHECK(batch == nullptr);
  CHECK(call(bccast_claim, host, nullptr, 0, &batch).code == BCCAST_E_ARGUMENT);
  CHECK(call(bccast_claim, host, "email", 0, nullptr).code == BCCAST_E_ARGUMENT);
  bccast_batch_free(nullptr);
  CHECK(call(bccast_batch_complete, nullptr, 0, nullptr).code == BCCAST_E_ARGUMENT);
  CHECK(call(bccast_batch_extend, nullptr, 1000).code == BCCAST_E_ARGUMENT);
  CHECK(bccast_batch_rows(nullptr) == nullptr);
}

TEST_CASE("two who claim at once get different items, as many at most as they asked for") {
  Practice host(20);
  Host other(test::Setup{.channels = {}, .beside = &host});
  const auto blast = host.blast("lee", "Good morning");
  std::vector<Batch> batches;
  std::set<string> people;
  std::size_t items = 0;
  for (int i = 0; i < 100; ++i) {
    auto batch = claim(i % 2 == 0 ? static_cast<bccast_engine*>(host) : other, "email", 4);
    if (batch.empty()) break;
    CHECK(batch.size() <= 4);
    items += batch.size();
    people.merge(people_in(batch));
    batches.push_back(std::move(batch));
  }
  CHECK(items == 25);
  CHECK(people.size() == 25);
  CHECK(claim(other).empty());
  CHECK(host.sums(blast).number("pending") == 25);
  std::reverse(batches.begin(), batches.end());  // in whatever order
  for (const auto& batch : batches) CHECK(batch.complete() == BCCAST_OK);
  CHECK(host.sums(blast).number("done") == 25);
  CHECK(host.verify().empty());
}

TEST_CASE(
    "a batch that is freed is given back as it was: at once, with the same ids, and no attempt counted") {
  Practice host;
  const auto blast = host.blast("lee", kEverybody, "Good morning");
  const auto thread = host.write_direct("lee", "ana", "Hello");
  std::map<string, string> first;
  std::size_t items = 0;
  for (int round = 0; round < 20; ++round) {
    std::map<string, string> ids;
    std::vector<Batch> batches;
    for (auto batch = claim(host); !batch.empty(); batch = claim(host)) {
      for (const auto& row : batch.rows()) ids[row.text("thread")] = row.text("id");
      batches.push_back(std::move(batch));
    }
    if (round == 0) first = ids;
    items = ids.size();
    CHECK(ids == first);
    batches.clear();
  }
  CHECK(items == 6);
  CHECK(first.count(thread) == 1);
  host.work_off();
  for (const auto& client : kEverybody) {
    CHECK(host.recipient(blast, client).text("state") == "done");
    CHECK(host.recipient(blast, client).number("attempts") <= 1);
  }
  CHECK(host.verify().empty());
}

// ---- Completing

TEST_CASE("an item that was not set is done; others are as they were set, with the reason's class") {
  Practice host;
  const auto blast = host.blast("lee", kEverybody, "Good morning");
  const auto batch = claim(host);
  REQUIRE(batch.size() == 5);
  batch.set(batch.item_to("ben"), BCCAST_ITEM_RETRY, "throttled:421 4.7.0 come back later", 90'000);
  batch.set(batch.item_to("cal"), BCCAST_ITEM_FAILED, "no_such_mailbox:550 5.1.1 cal is unknown here");
  batch.set(batch.item_to("dan"), BCCAST_ITEM_SKIPPED, "quiet");
  batch.set(batch.item_to("eve"), BCCAST_ITEM_NOT_TRIED);
  CHECK(batch.complete() == BCCAST_OK);
  CHECK(host.recipient(blast, "ana").text("state") == "done");
  const auto ben = host.recipient(blast, "ben");
  CHECK(ben.text("state") == "retry");
  CHECK(ben.text("reason") == "throttled");
  CHECK(ben.number("attempts") == 1);
  CHECK(ben.number("next_at_ms") == host.clock.now_ms() + 90'000);
  const auto cal = host.recipient(blast, "cal");
  CHECK(cal.text("state") == "failed");
  CHECK(cal.text("reason") == "no_such_mailbox");
  CHECK(host.recipient(blast, "dan").text("state") == "skipped");
  CHECK(host.recipient(blast, "eve").number("attempts") == 0);
  const auto sums = host.sums(blast);
  CHECK(sums.number("done") == 1);
  CHECK(sums.number("failed") == 1);
  CHECK(sums.number("skipped") == 1);
  CHECK(sums.number("pending") == 2);

  host.clock.advance(5'000);
  {
    const auto again = claim(host);  // what was given back, and no more
    CHECK(people_in(again) == std::set<string>{"eve"});
    CHECK(again.complete() == BCCAST_OK);
  }
  host.clock.advance(90'000 - 5'001);
  CHECK(claim(host).empty());
  host.clock.advance(1);
  const auto last = claim(host);
  CHECK(people_in(last) == std::set<string>{"ben"});
  CHECK(last.rows()[0].text("id") == batch.rows()[batch.item_to("ben")].text("id"));
  CHECK(last.complete() == BCCAST_OK);
  CHECK(host.sums(blast).text("state") == "finished");
  CHECK(host.verify().empty());
}

TEST_CASE("a batch is completed in parts, in the order of its items, as set or as a list says") {
  Practice host;
  const auto blast = host.blast("lee", kEverybody, "Good morning");
  auto batch = claim(host);
  REQUIRE(batch.size() == 5);
  const auto order = batch.rows().column("to");
  batch.set(1, BCCAST_ITEM_FAILED, "no_such_mailbox");
  CHECK(batch.complete(2) == BCCAST_OK);
  auto sums = host.sums(blast);
  CHECK(sums.number("done") == 1);
  CHECK(sums.number("failed") == 1);
  CHECK(sums.number("pending") == 3);
  CHECK(host.recipient(blast, order[0]).text("state") == "done");
  CHECK(host.recipient(blast, order[1]).text("state") == "failed");
  CHECK(host.recipient(blast, order[2]).text("state") == "in_flight");

  CHECK(batch.complete_as({BCCAST_ITEM_DONE, BCCAST_ITEM_FAILED, BCCAST_ITEM_DONE, BCCAST_ITEM_DONE}) ==
        BCCAST_E_ARGUMENT);  // only three are left
  CHECK(batch.complete_as({42}) == BCCAST_E_ARGUMENT);
  CHECK(host.sums(blast) == sums);
  CHECK(batch.complete_as({BCCAST_ITEM_FAILED}) == BCCAST_OK);
  CHECK(host.recipient(blast, order[2]).text("state") == "failed");
  CHECK(host.recipient(blast, order[3]).text("state") == "in_flight");
  CHECK(host.verify().empty());

  SUBCASE("and then the rest") {
    CHECK(batch.complete() == BCCAST_OK);
    sums = host.sums(blast);
    CHECK(sums.number("done") == 3);
    CHECK(sums.number("failed") == 2);
    CHECK(sums.text("state") == "finished");
    CHECK(claim(host).empty());
  }
  SUBCASE("and freed: only what was not reported is given back") {
    batch.free();
    CHECK(host.sums(blast).number("pending") == 2);
    const auto again = claim(host);
    CHECK(people_in(again) == std::set<string>{order[3], order[4]});
    CHECK(again.complete() == BCCAST_OK);
    CHECK(host.sums(blast).number("done") == 3);
  }
  SUBCASE("and not tried: only the rest comes again") {
    CHECK(batch.complete_as({BCCAST_ITEM_NOT_TRIED, BCCAST_ITEM_NOT_TRIED}) == BCCAST_OK);
    CHECK(host.sums(blast).number("pending") == 2);
    host.clock.advance(5'000);
    std::set<string> again;
    for (auto next = claim(host); !next.empty(); next = claim(host)) {
      again.merge(people_in(next));
      CHECK(next.complete() == BCCAST_OK);
    }
    CHECK(again == std::set<string>{order[3], order[4]});
    CHECK(host.sums(blast).number("done") == 3);
  }
  SUBCASE("and lost: after the lease another gets only what was not reported") {
    host.clock.advance(kLease + 1'000);
    const auto again = claim(host);
    CHECK(people_in(again) == std::set<string>{order[3], order[4]});
    CHECK(again.complete() == BCCAST_OK);
    CHECK(batch.complete() == BCCAST_E_CONFLICT);
    CHECK(host.sums(blast).number("done") == 3);
    CHECK(host.sums(blast).number("failed") == 2);
  }
  CHECK(host.sums(blast).number("pending") == 0);
  CHECK(host.verify().empty());
}

TEST_CASE("completing one by one counts each once, and does not lengthen what is kept in flight") {
  Practice host(95);
  const auto blast = host.blast("lee", "Good morning");
  std::int64_t done = 0;
  for (auto batch = claim(host); !batch.empty(); batch = claim(host)) {
    for (std::size_t i = 0, size = batch.size(); i < size; ++i) {
      REQUIRE(batch.complete(1) == BCCAST_OK);
      REQUIRE(host.sums(blast).number("done") == ++done);
    }
  }
  CHECK(done == 100);
  CHECK(host.sums(blast).text("state") == "finished");
  CHECK(host.verify().empty());
}

TEST_CASE("single messages' notices are completed in parts, too") {
  Practice host;
  for (const auto& client : kEverybody) host.write_direct("lee", client, "Hello");
  std::set<string> told;
  {
    const auto batch = claim(host);
    REQUIRE(batch.size() == 5);
    const auto order = batch.rows().column("to");
    CHECK(batch.complete(2) == BCCAST_OK);
    told = {order[0], order[1]};
  }
  const auto rest = claim(host);
  CHECK(rest.size() == 3);
  for (const auto& person : people_in(rest)) CHECK(told.insert(person).second);
  CHECK(rest.complete() == BCCAST_OK);
  CHECK(told.size() == 5);
  CHECK(claim(host).empty());
  CHECK(host.verify().empty());
}

// ---- Leases

TEST_CASE("the first report counts, also a late one; the second changes nothing") {
  Practice host;
  Host other(test::Setup{.channels = {}, .beside = &host});
  const auto blast = host.blast("lee", kEverybody, "Good morning");
  auto first = claim(host);
  REQUIRE(first.size() == 5);
  for (std::size_t i = 0; i < 5; ++i) first.set(i, BCCAST_ITEM_FAILED, "by_the_first");
  host.clock.advance(kLease - 1);
  CHECK(claim(other).empty());

  SUBCASE("late, and nobody has taken the batch over") {
    host.clock.advance(3 * kLease);
    CHECK(first.complete() == BCCAST_OK);
    CHECK(host.sums(blast).number("failed") == 5);
    CHECK(claim(other).empty());
  }
  SUBCASE("late, and another is at it: the other's report changes nothing") {
    host.clock.advance(1'001);
    const auto second = claim(other);
    CHECK(test::ids_of(second.rows()) == test::ids_of(first.rows()));
    CHECK(first.complete() == BCCAST_OK);
    CHECK(host.sums(blast).number("failed") == 5);
    const auto before = host.recipients("lee", blast);
    CHECK(second.complete() == BCCAST_E_CONFLICT);
    CHECK(host.recipients("lee", blast) == before);
  }
  SUBCASE("later than the other's: it changes nothing") {
    host.clock.advance(1'001);
    const auto second = claim(other);
    CHECK(second.complete() == BCCAST_OK);
    const auto before = host.recipients("lee", blast);
    CHECK(first.complete() == BCCAST_E_CONFLICT);
    CHECK(host.recipients("lee", blast) == before);
    CHECK(host.sums(blast).number("done") == 5);
  }
  SUBCASE("in part while another is at it: each item as it was reported first") {
    const auto order = first.rows().column("to");
    host.clock.advance(1'001);
    const auto second = claim(other);
    REQUIRE(second.rows().column("to") == order);
    CHECK(first.complete(2) == BCCAST_OK);
    CHECK(second.complete() == BCCAST_E_CONFLICT);
    const auto sums = host.sums(blast);
    CHECK(sums.number("failed") == 2);
    CHECK(sums.number("done") == 3);
    CHECK(host.recipient(blast, order[0]).text("reason") == "by_the_first");
    CHECK(host.recipient(blast, order[2]).text("state") == "done");
    CHECK(first.complete() == BCCAST_E_CONFLICT);
    CHECK(host.sums(blast) == sums);
  }
  SUBCASE("freed by a worker whose batch another has: the other keeps it") {
    host.clock.advance(1'001);
    const auto second = claim(other);
    first.free();
    CHECK(claim(host).empty());
    CHECK(second.complete() == BCCAST_OK);
    CHECK(host.sums(blast).number("done") == 5);
  }
  CHECK(host.sums(blast).number("pending") == 0);
  CHECK(host.sums(blast).text("state") == "finished");
  CHECK(host.verify().empty());
}

namespace {

enum class Rest { waits, in_hand, ended };

/// Five are claimed, and two of them taken over; then the first reports on all five.
void report_on_what_was_taken_over_in_part(bool of_blast, Rest rest) {
  Practice host;
  Host other(test::Setup{.channels = {}, .beside = &host});
  string blast;
  if (of_blast) {
    blast = host.blast("lee", kEverybody, "Good morning");
  } else {
    for (const auto& client : kEverybody) host.write_direct("lee", client, "Hello");
  }
  auto first = claim(host);
  REQUIRE(first.size() == 5);
  for (std::size_t i = 0; i < 5; ++i) first.set(i, BCCAST_ITEM_FAILED, "by_the_first");
  host.clock.advance(kLease + 1);
  const auto second = claim(other, "email", 2);
  REQUIRE(second.size() == 2);
  Batch third;
  if (rest != Rest::waits) {
    third = claim(other);
    REQUIRE(third.size() == 3);
  }
  if (rest == Rest::ended) CHECK(third.complete() == BCCAST_OK);
  const bool all_by_the_first = rest != Rest::ended;
  CHECK(first.complete() == (all_by_the_first ? BCCAST_OK : BCCAST_E_CONFLICT));
  CHECK(second.complete() == BCCAST_E_CONFLICT);
  if (rest == Rest::in_hand) CHECK(third.complete() == BCCAST_E_CONFLICT);
  CHECK(must(bccast_channel_list, host).rows[0].number("pending") == 0);
  if (of_blast) {
    CHECK(host.sums(blast).number("failed") == (all_by_the_first ? 5 : 2));
    CHECK(host.sums(blast).number("done") == (all_by_the_first ? 0 : 3));
    CHECK(host.sums(blast).text("state") == "finished");
  }
  host.clock.advance(10 * kLease);
  CHECK(claim(host).empty());
  CHECK(host.verify().empty());
}

}  // namespace

TEST_CASE("taken over in part: the first report counts for each item, in whose hands ever it is by then") {
  for (const bool of_blast : {true, false})
    for (const auto rest : {Rest::waits, Rest::in_hand, Rest::ended}) {
      CAPTURE(of_blast);
      CAPTURE(static_cast<int>(rest));
      report_on_what_was_taken_over_in_part(of_blast, rest);
    }
}

TEST_CASE("a late report of one whose item went to somebody else's notice changes nothing there") {
  Practice host;
  Host other(test::Setup{.channels = {}, .beside = &host});
  host.write_direct("lee", "ana", "Hello");
  auto first = claim(host);
  REQUIRE(first.size() == 1);
  first.set(0, BCCAST_ITEM_FAILED, "by_the_first");
  host.clock.advance(kLease + 1);
  CHECK(claim(other).complete() == BCCAST_OK);
  host.write_direct("lee", "ben", "Hello");  // stored where ana's was
  CHECK(first.complete() == BCCAST_E_CONFLICT);
  const auto second = claim(other);
  REQUIRE(second.size() == 1);
  CHECK(second.rows().column("to") == Names{"ben"});
  CHECK(second.complete() == BCCAST_OK);
  CHECK(host.verify().empty());
}

TEST_CASE("a lease can be made longer, as long as nobody has taken the batch over") {
  Practice host;
  Host other(test::Setup{.channels = {}, .beside = &host});
  const auto blast = host.blast("lee", kEverybody, "Good morning");
  const auto batch = claim(host);
  CHECK(call(bccast_batch_extend, batch, 0).code == BCCAST_E_ARGUMENT);
  CHECK(call(bccast_batch_extend, batch, -5).code == BCCAST_E_ARGUMENT);
  CHECK(call(bccast_batch_extend, batch, 600'001).code == BCCAST_E_ARGUMENT);
  host.clock.advance(50'000);
  CHECK(call(bccast_batch_extend, batch, 600'000).code == BCCAST_OK);
  host.clock.advance(599'999);
  CHECK(claim(other).empty());
  CHECK(call(bccast_batch_extend, batch, kLease).code == BCCAST_OK);
  host.clock.advance(kLease - 1);
  CHECK(claim(other).empty());
  host.clock.advance(1'001);
  const auto taken = claim(other);
  CHECK(taken.size() == 5);
  CHECK(call(bccast_batch_extend, batch, kLease).code == BCCAST_E_CONFLICT);
  CHECK(call(bccast_batch_extend, taken, kLease).code == BCCAST_OK);
  CHECK(taken.complete() == BCCAST_OK);
  CHECK(call(bccast_batch_extend, batch, kLease).code == BCCAST_E_CONFLICT);
  CHECK(host.sums(blast).text("state") == "finished");
  CHECK(host.verify().empty());
}

TEST_CASE("R2: a clock that is set back gives a batch in hand to nobody else") {
  for (const std::int64_t step : {30'000LL, 1'200'000LL, 3'600'000LL, 86'400'000LL, 366 * 86'400'000LL}) {
    CAPTURE(step);
    Practice host;
    Host other(test::Setup{.channels = {}, .beside = &host});
    const auto blast = host.blast("lee", kEverybody, "Good morning");
    host.write_direct("lee", "ana", "Hello");
    const auto first = claim(host, "email", 3);
    const auto second = claim(host);
    const auto third = claim(host);
    REQUIRE(first.size() + second.size() + third.size() == 6);
    host.clock.advance(1'000 - step);
    CHECK(claim(other).empty());
    CHECK(claim(host).empty());
    host.clock.advance(kLease - 1);
    CHECK(claim(other).empty());
    for (const auto* batch : {&first, &second, &third})
      if (!batch->empty()) CHECK(batch->complete() == BCCAST_OK);
    CHECK(host.sums(blast).text("state") == "finished");
    CHECK(host.sums(blast).number("done") == 5);
    CHECK(claim(other).empty());
    CHECK(host.verify().empty());
  }
}

TEST_CASE(
    "R4: what somebody who died had in hand is taken up within two leases, also after the clock was set "
    "back") {
  for (const std::int64_t step : {3'600'000LL, 86'400'000LL, 366 * 86'400'000LL}) {
    CAPTURE(step);
    Practice host;
    Host other(test::Setup{.channels = {}, .beside = &host});
    const auto blast = host.blast("lee", kEverybody, "Good morning");
    const auto lost = claim(host);
    REQUIRE(lost.size() == 5);
    host.clock.advance(-step);
    const auto due_at = [&] { return must(bccast_channel_list, other).rows[0].number("due_at_ms"); };
    CHECK(due_at() == host.clock.now_ms());  // somebody is to look
    CHECK(claim(other).empty());
    CHECK(due_at() == host.clock.now_ms() + kLease);
    host.clock.advance(kLease);
    const auto taken = claim(other);
    CHECK(taken.size() == 5);
    CHECK(taken.complete() == BCCAST_OK);
    CHECK(lost.complete() == BCCAST_E_CONFLICT);
    CHECK(host.sums(blast).text("state") == "finished");
    CHECK(host.verify().empty());
  }
}

TEST_CASE("a lease that was made longer is as long again after the clock was set back") {
  Practice host;
  host.blast("lee", kEverybody, "Good morning");
  const auto batch = claim(host);
  must(bccast_batch_extend, batch, 600'000);
  host.clock.advance(-3'600'000);
  CHECK(claim(host).empty());
  host.clock.advance(599'999);
  CHECK(claim(host).empty());
  host.clock.advance(1);
  CHECK(claim(host).size() == 5);
}

TEST_CASE("concurrency: after the clock was set back, what is in hand still counts") {
  Practice host(20);
  host.blast("lee", "Good morning");
  const auto batch = claim(host, "email", 5);
  REQUIRE(batch.size() == 5);
  claim(host, "email", 5).free();  // given back: the next may have it, when there is room
  must(bccast_channel_set, host, "email", "concurrency", "1");
  host.clock.advance(-3'600'000);
  CHECK(claim(host).empty());
  CHECK(batch.complete() == BCCAST_OK);
  CHECK(claim(host).size() == 5);
}

TEST_CASE("lease_ms: the lease of what an engine claims, and of the rest after a part of it was reported") {
  Practice host;
  Host server(test::Setup{.channels = {}, .settings = {{"lease_ms", "10000"}}, .beside = &host});
  host.blast("lee", kEverybody, "Good morning");
  auto batch = claim(server);
  REQUIRE(batch.size() == 5);
  host.clock.advance(9'999);
  CHECK(claim(host).empty());
  CHECK(batch.complete(1) == BCCAST_OK);  // the rest has a lease of its own
  host.clock.advance(9'999);
  CHECK(claim(host).empty());
  host.clock.advance(2);
  const auto orphans = claim(host);
  CHECK(orphans.size() == 4);
  CHECK(must(bccast_batch_extend, orphans, kLease).code == BCCAST_OK);
  host.clock.advance(10'001);
  CHECK(claim(server).empty());  // whose lease it is says how long
  host.clock.advance(kLease);
  CHECK(claim(server).size() == 4);
}

TEST_CASE("the batch of a process that died is taken up within two leases, with the same ids") {
  const test::TemporaryFolder folder;
  const string path = (folder.path() / "store.db").string();
  test::Clock clock;
  const auto on_this_clock = [&](bccast_config* config) { clock.attach(config); };
  test::Child child([&] {
    const test::Engine engine(path, on_this_clock);
    const auto batch = claim(engine);
    if (batch.size() != 5 || batch.complete(2) != BCCAST_OK) throw std::runtime_error("no batch");
    ::raise(SIGKILL);
  });
  {
    const test::Engine engine(path, on_this_clock);
    must(bccast_channel_put, engine, "email", "notify");
    test::make_practice(engine, 5);
    test::send_blast(engine);
  }
  child.begin();
  CHECK(child.finish() == 128 + SIGKILL);
  const test::Engine engine(path, on_this_clock);
  CHECK(claim(engine).empty());
  std::int64_t waited = 0;
  Batch orphans;
  while (waited < 10 * kLease && orphans.empty()) {
    clock.advance(1'000);
    waited += 1'000;
    orphans = claim(engine);
  }
  CHECK(waited >= kLease);
  CHECK(waited <= 2 * kLease);
  CHECK(orphans.size() == 3);
  CHECK(orphans.complete() == BCCAST_OK);
  CHECK(must(bccast_channel_list, engine).rows[0].number("pending") == 0);
  CHECK(must(bccast_operate_verify, engine).rows.empty());
}

TEST_CASE(
    "tries are counted before anything is sent: whoever kills eight workers is given up, and nobody else") {
  Practice host;
  const auto blast = host.blast("lee", kEverybody, "Good morning");
  std::vector<Batch> lost;  // their workers never come back
  int with_ana = 0;
  for (int turn = 0; turn < 300 && host.sums(blast).number("pending") > 0; ++turn) {
    auto batch = claim(host);
    if (batch.empty()) {
      host.clock.advance(kLease + 1'000);
    } else if (people_in(batch).count("ana") == 1) {
      ++with_ana;
      lost.push_back(std::move(batch));
    } else {
      CHECK(batch.complete() == BCCAST_OK);
    }
  }
  CHECK(with_ana <= 16);  // together with others, halved, and alone
  CHECK(host.recipient(blast, "ana").text("state") == "failed");
  for (const auto& client : {"ben", "cal", "dan", "eve"})
    CHECK(host.recipient(blast, client).text("state") == "done");
  const auto before = host.recipients("lee", blast);
  for (const auto& batch : lost) CHECK(batch.complete() == BCCAST_E_CONFLICT);
  lost.clear();
  CHECK(host.recipients("lee", blast) == before);
  CHECK(host.verify().empty());
}

// ---- How large a batch is

TEST_CASE("a host of 1 s an item that asks for as many as fit gets batches shorter than a lease") {
  Practice host(195);
  Host other(test::Setup{.channels = {}, .beside = &host});
  const auto blast = host.blast("lee", "Good morning");
  std::set<string> told;
  for (auto batch = claim(host); !batch.empty(); batch = claim(host)) {
    CHECK(static_cast<std::int64_t>(batch.size()) * 1000 < kLease);
    for (const auto& person : people_in(batch)) CHECK(told.insert(person).second);
    host.clock.advance(static_cast<std::int64_t>(batch.size()) * 1000);
    CHECK(claim(other, "email", 1).size() <= 1);  // given back at once
    CHECK(batch.complete() == BCCAST_OK);
  }
  CHECK(told.size() == 200);
  CHECK(host.sums(blast).number("done") == 200);
}

TEST_CASE("with a short lease the first batch is as much smaller, before anything is known of the host") {
  Practice host(195);
  Host server(test::Setup{.channels = {}, .settings = {{"lease_ms", "6000"}}, .beside = &host});
  Host hasty(test::Setup{.channels = {}, .settings = {{"lease_ms", "1000"}}, .beside = &host});
  host.blast("lee", "Good morning");
  const auto few = claim(server);
  const auto one = claim(hasty);
  const auto many = claim(host);
  CHECK(few.size() == 5);
  CHECK(one.size() == 1);
  CHECK(many.size() == 50);
}

TEST_CASE("a quick host gets larger and larger batches, up to a thousand") {
  Practice host(5000);
  const auto blast = host.blast("lee", "Good morning");
  std::vector<std::size_t> sizes;
  for (auto batch = claim(host); !batch.empty(); batch = claim(host)) {
    sizes.push_back(batch.size());
    host.clock.advance(1);
    CHECK(batch.complete() == BCCAST_OK);
  }
  REQUIRE(sizes.size() > 3);
  CHECK(sizes.front() <= 100);
  CHECK(*std::max_element(sizes.begin(), sizes.end()) == 1000);
  CHECK(host.sums(blast).number("done") == 5005);
}

// ---- The channel's breaker

TEST_CASE("a batch that is all RETRY is the channel's failure: the breaker opens, and probes with one") {
  Practice host(15);
  const auto blast = host.blast("lee", "Good morning");
  {
    const auto batch = claim(host);
    REQUIRE(batch.size() == 20);
    for (std::size_t i = 0; i < 20; ++i) batch.set(i, BCCAST_ITEM_RETRY, "server_down:connection refused");
    CHECK(batch.complete() == BCCAST_OK);
  }
  auto channel = must(bccast_channel_list, host).rows[0];
  CHECK(channel.number("failing_since_ms") == host.clock.now_ms());
  CHECK(channel.text("last_reason").find("server_down") == 0);
  CHECK(host.sums(blast).number("pending") == 20);
  CHECK(claim(host).empty());
  std::int64_t waited = 0;
  Batch probe;
  while (probe.empty() && waited < 10'000) {
    host.clock.advance(100);
    waited += 100;
    probe = claim(host);
  }
  CHECK(waited >= 500);
  CHECK(waited <= 2'000);
  CHECK(probe.size() == 1);
  CHECK(claim(host).empty());  // one probe at a time
  CHECK(probe.complete() == BCCAST_OK);
  channel = must(bccast_channel_list, host).rows[0];
  CHECK(channel.number("failing_since_ms") == 0);
  CHECK(claim(host).size() > 1);
  host.work_off();
  CHECK(host.sums(blast).number("done") == 20);
  CHECK(host.verify().empty());
}

TEST_CASE("a probe whose lease seems to end in a year, after a step of the clock, holds nobody up") {
  Practice host(15);
  const auto blast = host.blast("lee", "Good morning");
  {
    const auto batch = claim(host);
    for (std::size_t i = 0; i < batch.size(); ++i) batch.set(i, BCCAST_ITEM_RETRY, "server_down");
    CHECK(batch.complete() == BCCAST_OK);
  }
  host.clock.advance(2'000);
  const auto probe = claim(host);
  REQUIRE(probe.size() == 1);
  CHECK(claim(host).empty());
  host.clock.advance(-366 * 86'400'000LL);
  CHECK(claim(host).empty());  // whoever has it may still be at work
  host.clock.advance(kLease);
  const auto next = claim(host);
  REQUIRE(next.size() == 1);  // still a probe
  CHECK(next.complete() == BCCAST_OK);
  // It is the lost probe's item, or the first of those that wait behind it: each counts once.
  const bool same = people_in(next) == people_in(probe);
  CHECK(probe.complete() == (same ? BCCAST_E_CONFLICT : BCCAST_OK));
  host.work_off();
  CHECK(host.sums(blast).number("done") == 20);
  CHECK(host.verify().empty());
}

TEST_CASE("while a channel fails, its probes come less and less often, and cost one attempt of nobody else") {
  Practice host(15);
  const auto blast = host.blast("lee", "Good morning");
  std::vector<std::int64_t> times;
  for (std::int64_t waited = 0; waited < 600'000; waited += 500, host.clock.advance(500)) {
    const auto batch = claim(host);
    if (batch.empty()) continue;
    times.push_back(waited);
    if (times.size() > 1) CHECK(batch.size() == 1);
    for (std::size_t i = 0; i < batch.size(); ++i) batch.set(i, BCCAST_ITEM_RETRY, "server_down");
    CHECK(batch.complete() == BCCAST_OK);
  }
  CHECK(times.size() >= 5);
  CHECK(times.size() <= 20);
  for (std::size_t i = 2; i < times.size(); ++i)
    CHECK(times[i] - times[i - 1] >= times[i - 1] - times[i - 2]);
  CHECK(host.sums(blast).number("failed") <= 2);
  host.clock.advance(300'000);
  host.work_off();
  CHECK(host.sums(blast).number("done") >= 18);
  CHECK(host.verify().empty());
}

// ---- Retries and what failed

TEST_CASE("retry_after_ms: up to a day is kept, to the millisecond, and more is refused") {
  Practice host;
  const auto blast = host.blast("lee", {"ana", "ben"}, "Good morning");
  const auto due = host.clock.now_ms() + BCCAST_MAX_RETRY_AFTER_MS;
  {
    const auto batch = claim(host);
    REQUIRE(batch.size() == 2);
    for (const std::int64_t wait : std::vector<std::int64_t>{BCCAST_MAX_RETRY_AFTER_MS + 1, 25 * 86'400'000LL,
                                                             INT64_MAX, -2, INT64_MIN}) {
      CAPTURE(wait);
      CHECK(call(bccast_batch_set, batch, 0, BCCAST_ITEM_RETRY, "later", wait).code == BCCAST_E_ARGUMENT);
    }
    batch.set(batch.item_to("ana"), BCCAST_ITEM_RETRY, "later", BCCAST_MAX_RETRY_AFTER_MS);
    CHECK(batch.complete() == BCCAST_OK);
  }
  CHECK(host.recipient(blast, "ana").number("next_at_ms") == due);
  CHECK(host.recipient(blast, "ben").text("state") == "done");
  host.clock.advance(-1'000);  // a small step back makes it no sooner
  CHECK(claim(host).empty());
  host.clock.advance(due - 1 - host.clock.now_ms());
  CHECK(claim(host).empty());
  host.clock.advance(1);
  CHECK(claim(host).size() == 1);
}

TEST_CASE("retries are front-loaded with jitter: eight attempts in the hour, and no more") {
  // The table of docs/embedding.md. A wait is at most a tenth shorter.
  const std::vector<std::int64_t> waits{5'000, 15'000, 60'000, 180'000, 480'000, 900'000, 1'500'000};
  Practice host;
  std::set<std::int64_t> last_waits;
  for (int round = 0; round < 5; ++round) {
    host.write_direct("lee", "ana", "Hello");
    const auto began = host.clock.now_ms();
    for (std::size_t attempt = 0; attempt <= waits.size(); ++attempt) {
      const auto batch = claim(host);
      REQUIRE(batch.size() == 1);
      batch.set(0, BCCAST_ITEM_RETRY, "mailbox_full");
      CHECK(batch.complete() == BCCAST_OK);
      if (attempt == waits.size()) break;
      std::int64_t waited = 0;
      while (waited <= waits[attempt]) {
        auto next = claim(host);
        if (!next.empty()) break;
        host.clock.advance(waits[attempt] / 200);
        waited += waits[attempt] / 200;
      }
      CAPTURE(attempt);
      CHECK(waited >= waits[attempt] * 9 / 10);
      CHECK(waited <= waits[attempt]);
      if (attempt + 1 == waits.size()) last_waits.insert(waited);
    }
    CHECK(host.clock.now_ms() - began < 3'600'000);
    CHECK(claim(host).empty());
    host.clock.advance(3'600'000);
    CHECK(claim(host).empty());  // eight attempts, and no more
  }
  CHECK(last_waits.size() > 1);
}

TEST_CASE("retry_failed sends what failed for good, and nothing else, with the same ids and a new deadline") {
  Practice host;
  must(bccast_channel_put, host, "push", "notify");
  for (const auto& client : kEverybody)
    must(bccast_directory_client_set, host, client, "address.push", "token of " + client);
  std::int64_t count = 7;
  const auto draft = host.draft("lee", kEverybody);
  host.write("lee", draft, "Good morning");
  CHECK(call(bccast_blast_retry_failed, host, "lee", draft, &count).code == BCCAST_E_STATE);
  CHECK(count == 0);
  host.send("lee", draft);
  CHECK(call(bccast_blast_retry_failed, host, "lee", draft, &count).code == BCCAST_DONE);
  std::map<string, string> ids;
  for (const auto& channel : {"email", "push"}) {
    const auto batch = claim(host, channel);
    REQUIRE(batch.size() == 5);
    for (const auto& client : {"ben", "eve"}) {
      const auto item = batch.item_to(client);
      ids[string(channel) + client] = batch.rows()[item].text("id");
      batch.set(item, BCCAST_ITEM_FAILED, "no_such_mailbox");
    }
    batch.set(batch.item_to("cal"), BCCAST_ITEM_SKIPPED);
    if (string(channel) == "push") batch.set(batch.item_to("eve"), BCCAST_ITEM_DONE);
    CHECK(batch.complete() == BCCAST_OK);
  }
  CHECK(host.sums(draft).text("state") == "finished");
  const auto first_deadline = host.sums(draft).number("deadline_ms");
  host.clock.advance(7'200'000);
  CHECK(call(bccast_blast_retry_failed, host, "lee", draft, &count).code == BCCAST_OK);
  CHECK(count == 3);
  CHECK(host.sums(draft).text("state") != "finished");
  CHECK(host.sums(draft).number("deadline_ms") >= first_deadline);
  CHECK(host.sums(draft).number("overdue") == 0);
  CHECK(call(bccast_blast_retry_failed, host, "lee", draft, nullptr).code == BCCAST_DONE);
  std::map<string, string> again;
  for (const auto& channel : {"email", "push"})
    for (auto batch = claim(host, channel); !batch.empty(); batch = claim(host, channel)) {
      for (const auto& row : batch.rows()) again[channel + row.text("to")] = row.text("id");
      CHECK(batch.complete() == BCCAST_OK);
    }
  ids.erase("pusheve");
  CHECK(again == ids);
  CHECK(host.sums(draft).text("state") == "finished");
  CHECK(host.sums(draft).number("failed") == 0);
  CHECK(host.verify().empty());
}

TEST_CASE("report: a mail that came back after it had been handed over") {
  Practice host;
  const auto blast = host.blast("lee", kEverybody, "Good morning");
  std::map<string, string> ids;
  {
    const auto batch = claim(host);
    ids = test::ids_of(batch.rows());
    CHECK(call(bccast_report, host, ids["ana"], BCCAST_ITEM_FAILED, "bounced").code == BCCAST_E_STATE);
    batch.set(batch.item_to("eve"), BCCAST_ITEM_FAILED, "no_such_mailbox");
    CHECK(batch.complete() == BCCAST_OK);
  }
  CHECK(host.sums(blast).number("done") == 4);

  CHECK(call(bccast_report, host, ids["ana"], BCCAST_ITEM_FAILED, "bounced:550 no such user").code ==
        BCCAST_OK);
  CHECK(host.recipient(blast, "ana").text("state") == "failed");
  CHECK(host.recipient(blast, "ana").text("reason") == "bounced");
  CHECK(host.sums(blast).number("done") == 3);
  CHECK(host.sums(blast).number("failed") == 2);
  CHECK(call(bccast_report, host, ids["ana"], BCCAST_ITEM_FAILED, "bounced").code == BCCAST_EXISTS);
  CHECK(claim(host).empty());

  CHECK(call(bccast_report, host, ids["ben"], BCCAST_ITEM_DONE, nullptr).code == BCCAST_EXISTS);
  CHECK(call(bccast_report, host, ids["eve"], BCCAST_ITEM_DONE, nullptr).code == BCCAST_OK);  // after all
  CHECK(host.recipient(blast, "eve").text("state") == "done");
  CHECK(host.verify().empty());

  CHECK(call(bccast_report, host, ids["cal"], BCCAST_ITEM_RETRY, "bounced").code == BCCAST_OK);
  CHECK(host.sums(blast).number("pending") == 1);
  CHECK(host.sums(blast).text("state") != "finished");
  CHECK(call(bccast_report, host, ids["cal"], BCCAST_ITEM_FAILED, nullptr).code == BCCAST_E_STATE);
  Batch again;
  for (int i = 0; i < 100 && again.empty(); ++i, host.clock.advance(1'000)) again = claim(host);
  REQUIRE(again.size() == 1);
  CHECK(again.rows()[0].text("to") == "cal");
  CHECK(again.rows()[0].text("id") == ids["cal"]);
  CHECK(again.complete() == BCCAST_OK);
  CHECK(host.sums(blast).text("state") == "finished");

  std::int64_t count = 0;
  CHECK(call(bccast_blast_retry_failed, host, "lee", blast, &count).code == BCCAST_OK);
  CHECK(count == 1);  // ana's
  CHECK(claim(host).rows()[0].text("id") == ids["ana"]);

  CHECK(call(bccast_report, host, string(32, 'a'), BCCAST_ITEM_FAILED, nullptr).code == BCCAST_E_NOT_FOUND);
  CHECK(call(bccast_report, host, "no id", BCCAST_ITEM_FAILED, nullptr).code == BCCAST_E_NOT_FOUND);
  CHECK(call(bccast_report, host, ids["ben"], BCCAST_ITEM_SKIPPED, nullptr).code == BCCAST_E_ARGUMENT);
  CHECK(call(bccast_report, host, ids["ben"], 42, nullptr).code == BCCAST_E_ARGUMENT);
  CHECK(host.verify().empty());
}

TEST_CASE("report: nothing is sent again on a channel that was removed, so that the blast stays finished") {
  for (const bool failed : {false, true}) {
    CAPTURE(failed);
    Practice host;
    const auto blast = host.blast("lee", kEverybody, "Good morning");
    const auto batch = claim(host);
    const auto id = test::ids_of(batch.rows())["eve"];
    if (failed) batch.set(batch.item_to("eve"), BCCAST_ITEM_FAILED, "no_such_mailbox");
    CHECK(batch.complete() == BCCAST_OK);
    must(bccast_channel_remove, host, "email");
    const auto answer = call(bccast_report, host, id, BCCAST_ITEM_RETRY, "bounced");
    CHECK(answer.code == BCCAST_E_STATE);
    CHECK(answer.message.find("removed") != string::npos);
    CHECK(host.sums(blast).text("state") == "finished");
    const auto other = failed ? BCCAST_ITEM_DONE : BCCAST_ITEM_FAILED;
    CHECK(call(bccast_report, host, id, other, "bounced").code == BCCAST_OK);
    CHECK(host.sums(blast).number("failed") == (failed ? 0 : 1));
    CHECK(host.verify().empty());
  }
}

TEST_CASE("a provider is archived while a batch of a paused blast is in flight: nothing is wrong with that") {
  Practice host;
  const auto blast = host.blast("lee", kEverybody, "Good morning");
  const auto batch = claim(host, "email", 2);
  must(bccast_blast_pause, host, "lee", blast);
  CHECK(host.verify().empty());
  must(bccast_directory_provider_archive, host, "lee");
  CHECK(host.verify().empty());
  CHECK(batch.complete() == BCCAST_OK);
  CHECK(host.sums(blast).text("state") == "finished");
  CHECK(host.verify().empty());
}

TEST_CASE(
    "a provider comes back while a batch of its paused blast is in flight: what is left is paused again") {
  Practice host;
  const auto blast = host.blast("lee", kEverybody, "Good morning");
  auto batch = claim(host, "email", 2);
  must(bccast_blast_pause, host, "lee", blast);
  must(bccast_directory_provider_archive, host, "lee");
  must(bccast_directory_provider_restore, host, "lee");
  CHECK(host.verify().empty());
  batch.set(0, BCCAST_ITEM_RETRY, "busy", 1000);
  CHECK(batch.complete() == BCCAST_OK);
  CHECK(host.verify().empty());
  host.clock.advance(60'000);
  CHECK(claim(host, "email").empty());
  must(bccast_blast_resume, host, "lee", blast);
  CHECK(claim(host, "email").size() == 1);
  CHECK(host.verify().empty());
}

TEST_CASE("report: of single messages' notices only failures are kept") {
  Practice host;
  host.write_direct("lee", "ana", "Hello");
  host.write_direct("lee", "ben", "Hello");
  const auto batch = claim(host);
  REQUIRE(batch.size() == 2);
  const auto ids = test::ids_of(batch.rows());
  batch.set(batch.item_to("ben"), BCCAST_ITEM_FAILED, "no_such_mailbox");
  CHECK(batch.complete() == BCCAST_OK);
  CHECK(call(bccast_report, host, ids.at("ana"), BCCAST_ITEM_FAILED, "bounced").code == BCCAST_E_NOT_FOUND);
  CHECK(call(bccast_report, host, ids.at("ben"), BCCAST_ITEM_FAILED, nullptr).code == BCCAST_EXISTS);
  CHECK(call(bccast_report, host, ids.at("ben"), BCCAST_ITEM_RETRY, nullptr).code == BCCAST_OK);
  Batch again;
  for (int i = 0; i < 100 && again.empty(); ++i, host.clock.advance(1'000)) again = claim(host);
  REQUIRE(again.size() == 1);
  CHECK(again.rows()[0].text("id") == ids.at("ben"));
  CHECK(again.complete() == BCCAST_OK);
  CHECK(host.verify().empty());
}

// ---- What was left out

TEST_CASE("30 % have opted out: no row for each of them, and the status is exact") {
  const int people = 20'000 * test::scale();  // by hand: a million
  const test::TemporaryFolder folder;
  const string path = (folder.path() / "store.db").string();
  const test::Engine engine(path);
  must(bccast_channel_put, engine, "email", "notify");
  test::make_practice(engine, people);
  const auto ids = test::some_people(people);
  int opted_out = 0;
  for (int i = 0; i < people; ++i) {
    if ((i * 7) % 10 >= 3) continue;
    must(bccast_directory_roster_set, engine, "lee", ids[static_cast<std::size_t>(i)], "notify", "off");
    ++opted_out;
  }
  const auto before = test::rows_in(path);
  const auto blast = test::send_blast(engine);
  std::int64_t told = 0;
  for (auto batch = claim(engine); !batch.empty(); batch = claim(engine)) {
    told += static_cast<std::int64_t>(batch.size());
    REQUIRE(batch.complete() == BCCAST_OK);
    if (told > people / 2 && told < people / 2 + 1000) CHECK(test::rows_in(path) - before < 100);
  }
  const auto sums = test::people_of(engine, blast);
  CHECK(sums.number("recipients") == people);
  CHECK(sums.number("skipped") == opted_out);
  CHECK(sums.number("done") == people - opted_out);
  CHECK(told == people - opted_out);
  CHECK(sums.text("state") == "finished");
  CHECK(test::rows_in(path) - before < 100);
  const auto skipped =
      must(bccast_blast_recipients, engine, "lee", blast, "state=skipped", nullptr, 10U).rows;
  REQUIRE(skipped.size() == 10);
  for (const auto& row : skipped) CHECK(row.text("reason") == "notify_off");
  CHECK(must(bccast_operate_verify, engine).rows.empty());
}

TEST_CASE("a claim in which all are left out is not given: the next one is") {
  Practice host(200);
  for (const auto& client : test::some_people(200))
    must(bccast_directory_roster_set, host, "lee", client, "notify", "off");
  const auto blast = host.blast("lee", "Good morning");
  std::set<string> told;
  for (auto batch = claim(host, "email", 10); !batch.empty(); batch = claim(host, "email", 10)) {
    CHECK(batch.size() > 0);
    told.merge(people_in(batch));
    CHECK(batch.complete() == BCCAST_OK);
  }
  CHECK(told == std::set<string>(kEverybody.begin(), kEverybody.end()));
  CHECK(host.sums(blast).number("skipped") == 200);
  CHECK(host.sums(blast).text("state") == "finished");
}

// ---- When progress cannot be stored

TEST_CASE("what cannot be stored is not reported, and nothing new is claimed until it can") {
  Practice host(200);
  const auto blast = host.blast("lee", "Good morning");
  auto batch = claim(host, "email", 10);
  REQUIRE(batch.size() == 10);
  batch.set(3, BCCAST_ITEM_FAILED, "no_such_mailbox");
  std::vector<std::int32_t> codes;
  bccast_batch* more = nullptr;
  {
    const test::NoRoom no_room(host.store_path());
    codes.push_back(batch.complete(5));
    codes.push_back(batch.complete());
    codes.push_back(call(bccast_claim, host, "email", 10, &more).code);
  }
  for (const auto code : codes) CHECK(code < 0);
  CHECK(more == nullptr);
  CHECK(host.sums(blast).number("pending") == 205);
  CHECK(batch.complete(5) == BCCAST_OK);
  CHECK(batch.complete() == BCCAST_OK);
  CHECK(host.sums(blast).number("done") == 9);
  CHECK(host.sums(blast).number("failed") == 1);
  host.work_off();
  CHECK(host.sums(blast).number("done") == 204);
  CHECK(host.verify().empty());
}

// ---- Threads and the end

TEST_CASE("a batch may be completed by another thread than the one that claimed it, and while others claim") {
  Practice host(2000);
  const auto blast = host.blast("lee", "Good morning");
  test::Tally tally;
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t)
    threads.emplace_back([&] {
      for (;;) {
        bccast_batch* batch = nullptr;
        if (bccast_claim(host, "email", 50, &batch) != BCCAST_OK) return;
        tally.add(batch);
        std::thread([batch] {
          bccast_batch_complete(batch, 0, nullptr);
          bccast_batch_free(batch);
        }).join();
      }
    });
  for (auto& thread : threads) thread.join();
  CHECK(tally.items() == 2005);
  CHECK(tally.repeated() == 0);
  CHECK(host.sums(blast).number("done") == 2005);
  CHECK(host.verify().empty());
}
