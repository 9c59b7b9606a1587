// Taking a blast back: what clients, the provider and hosts see, and holding one up.
#include <bccast/bccast.h>
#include <bccast/bccast_ext.h>
#include <doctest/doctest.h>

#include <algorithm>
#include <atomic>
#include <map>
#include <memory>
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
using test::Engine;
using test::Host;
using test::must;
using Names = std::vector<string>;

const string kText = "We are closed on Monday";

struct Practice : Host {
  explicit Practice(int clients_wanted = 4) {
    provider("lee");
    Names ids{"ana", "ben", "cal", "dan"};
    for (int i = 4; i < clients_wanted; ++i) ids.push_back("c" + std::to_string(i));
    clients("lee", ids);
    everybody = ids;
    must(bccast_events, *this, "test", 100);
  }
  string sent() { return blast("lee", everybody, kText); }
  std::int32_t recall(const string& blast) { return call(bccast_blast_recall, *this, "lee", blast).code; }
  string thread_of(const string& blast, const string& client) const { return of_blast("lee", blast, client); }
  test::Row sums(const string& blast) const {
    const auto rows = status("lee", blast);
    return rows[rows.size() - 1];
  }
  test::Row on(const string& blast, const string& channel) const {
    return status("lee", blast).where("channel", channel);
  }
  std::pair<std::int64_t, std::int64_t> unread(const string& client) const {
    std::int64_t threads = 0;
    std::int64_t messages = 0;
    must(bccast_client_unread, *this, client, &threads, &messages);
    return {threads, messages};
  }
  Names everybody;
};

/// All that a client can see of a thread that is gone, is NOT_FOUND.
void check_gone(const Practice& practice, const string& client, const string& thread) {
  CAPTURE(client);
  CHECK(practice.threads(client).empty());
  CHECK(practice.threads(client, "unread=1").empty());
  CHECK(practice.unread(client) == std::pair<std::int64_t, std::int64_t>{0, 0});
  CHECK(call(bccast_client_messages, practice, client, thread, 0, 1, 10).code == BCCAST_E_NOT_FOUND);
  CHECK(call(bccast_client_read, practice, client, thread, 1).code == BCCAST_E_NOT_FOUND);
  CHECK(call(bccast_client_reply, practice, client, thread, nullptr, "Hi", 2, nullptr, nullptr).code ==
        BCCAST_E_NOT_FOUND);
  for (const auto& row : practice.exported(client)) CHECK(row.text("record") == "profile");
}

void check_removed(const Practice& practice, const string& client, const string& thread) {
  CAPTURE(client);
  const auto threads = practice.threads(client);
  REQUIRE(threads.size() == 1);
  CHECK(threads[0].text("thread") == thread);
  CHECK(threads[0].number("unread") == 0);
  CHECK(practice.unread(client) == std::pair<std::int64_t, std::int64_t>{0, 0});
  CHECK(practice.threads(client, "unread=1").empty());
  const auto messages = practice.messages(client, thread);
  CHECK(messages[0].number("removed") == 1);
  CHECK(messages[0].text("text").empty());
  CHECK(messages[0].text("author") == "lee");
}

TEST_CASE("recall: who had not read it, nor was told, has no such thread any more") {
  Practice practice;
  const auto blast = practice.sent();
  const auto ana = practice.thread_of(blast, "ana");
  const auto ben = practice.thread_of(blast, "ben");
  CHECK(practice.threads("ana").size() == 1);  // has looked at her list: that is not reading
  CHECK(practice.recall(blast) == BCCAST_OK);
  for (int swept = 0; swept < 2; ++swept) {  // before the rows are up to date, and after
    check_gone(practice, "ana", ana);
    check_gone(practice, "ben", ben);
    CHECK(practice.verify().empty());
    practice.pump_to_the_end();
  }
  CHECK(practice.notifier.all().empty());
  const auto sums = practice.sums(blast);
  CHECK(sums.text("state") == "recalled");
  CHECK(sums.number("skipped") == 4);
  CHECK(practice.on(blast, "email").number("removed") == 4);
  CHECK(practice.on(blast, "email").number("on_device") == 0);
  for (const auto& row : practice.recipients("lee", blast)) {
    CHECK(row.text("state") == "skipped");
    CHECK(row.text("reason") == "recalled");
  }
}

TEST_CASE("recall: who was told keeps the thread, without the text; nothing is bumped, nobody is told") {
  Practice practice;
  const auto blast = practice.sent();
  practice.pump_to_the_end();
  const auto direct = practice.write_direct("lee", "ana", "Hello");
  practice.pump_to_the_end();
  practice.notifier.forget();
  const auto before = practice.threads("ben");
  CHECK(practice.recall(blast) == BCCAST_OK);
  for (int swept = 0; swept < 2; ++swept) {
    check_removed(practice, "ben", practice.thread_of(blast, "ben"));
    auto after = practice.threads("ben");
    CHECK(after[0].number("last_at_ms") == before[0].number("last_at_ms"));
    CHECK(after[0].text("last_text").empty());
    CHECK(after[0].number("removed") == 1);
    // Ana's order of threads is as it was, and the other one is still unread.
    CHECK(practice.threads("ana").column("thread") == Names{direct, practice.thread_of(blast, "ana")});
    CHECK(practice.unread("ana") == std::pair<std::int64_t, std::int64_t>{1, 1});
    CHECK(practice.verify().empty());
    practice.pump_to_the_end();
  }
  CHECK(practice.notifier.all().empty());
  CHECK(practice.on(blast, "email").number("on_device") == 4);
  CHECK(practice.on(blast, "email").number("removed") == 0);
  CHECK(practice.recipients("lee", blast)[0].text("reason") == "on_device");
}

TEST_CASE("recall: who has read or written keeps the thread, and may go on in it") {
  Practice practice;
  const auto blast = practice.sent();
  const auto ana = practice.thread_of(blast, "ana");
  const auto ben = practice.thread_of(blast, "ben");
  const auto cal = practice.thread_of(blast, "cal");
  practice.read("ana", ana, 1);
  practice.reply("ben", ben, "What?");
  practice.provider_reply("lee", cal, "One more thing");
  CHECK(practice.recall(blast) == BCCAST_OK);
  for (int swept = 0; swept < 2; ++swept) {
    check_removed(practice, "ana", ana);
    check_removed(practice, "ben", ben);
    CHECK(practice.messages("ben", ben)[1].text("text") == "What?");
    CHECK(practice.messages("cal", cal)[1].text("text") == "One more thing");
    CHECK(practice.unread("cal") == std::pair<std::int64_t, std::int64_t>{1, 1});
    check_gone(practice, "dan", practice.thread_of(blast, "dan"));
    practice.pump_to_the_end();
  }
  practice.reply("ana", ana, "I see");
  practice.provider_reply("lee", ana, "Sorry");
  CHECK(practice.unread("ana").second == 1);
  const auto sums = practice.sums(blast);
  CHECK(sums.number("opened") == 1);
  CHECK(sums.number("replied") == 2);
  CHECK(practice.verify().empty());
}

TEST_CASE("recall: reading what was removed opens nothing") {
  Practice practice;
  const auto blast = practice.sent();
  practice.pump_to_the_end();
  CHECK(practice.recall(blast) == BCCAST_OK);
  practice.read("ana", practice.thread_of(blast, "ana"), 1);
  CHECK(practice.sums(blast).number("opened") == 0);
}

TEST_CASE("recall: the provider sees the text, until it is purged") {
  Practice practice;
  const auto blast = practice.sent();
  practice.pump_to_the_end();
  CHECK(practice.recall(blast) == BCCAST_OK);
  const auto thread = practice.thread_of(blast, "ana");
  const auto got = [&] { return must(bccast_blast_get, practice, "lee", blast).rows[0]; };
  CHECK(practice.provider_messages("lee", thread)[0].text("text") == kText);
  CHECK(practice.provider_messages("lee", thread)[0].number("removed") == 1);
  CHECK(got().text("text") == kText);
  CHECK(got().number("recalled_at_ms") == practice.clock.now_ms());
  CHECK(got().number("purged") == 0);
  CHECK(practice.stored().find(kText) != string::npos);

  CHECK(call(bccast_blast_purge, practice, "lee", blast).code == BCCAST_OK);
  CHECK(practice.stored().find(kText) == string::npos);
  CHECK(got().null("text"));
  CHECK(got().number("purged") == 1);
  CHECK(practice.provider_messages("lee", thread)[0].text("text").empty());
  check_removed(practice, "ana", thread);
  CHECK(call(bccast_blast_purge, practice, "lee", blast).code == BCCAST_EXISTS);
  CHECK(practice.verify().empty());
}

TEST_CASE("purge: all that were recalled before a time") {
  Practice practice;
  const auto first = practice.sent();
  const auto second = practice.sent();
  const auto kept = practice.sent();
  CHECK(practice.recall(first) == BCCAST_OK);
  practice.clock.advance(1000);
  const auto then = practice.clock.now_ms();
  CHECK(practice.recall(second) == BCCAST_OK);
  std::int64_t count = -1;
  CHECK(call(bccast_operate_purge, practice, then, &count).code == BCCAST_OK);
  CHECK(count == 1);
  const auto purged = [&](const string& blast) {
    return must(bccast_blast_get, practice, "lee", blast).rows[0].number("purged") == 1;
  };
  CHECK(purged(first));
  CHECK_FALSE(purged(second));
  CHECK(call(bccast_operate_purge, practice, then + 1, nullptr).code == BCCAST_OK);
  CHECK(purged(second));
  CHECK_FALSE(purged(kept));
  CHECK(practice.threads("ana")[0].text("last_text") == kText);
}

TEST_CASE("recall: a batch in flight may have told them, and is reported") {
  Practice practice;
  const auto blast = practice.sent();
  const auto batch = claim(practice, "email", 2);
  REQUIRE(batch.size() == 2);
  CHECK(practice.recall(blast) == BCCAST_OK);
  const auto told = batch.rows().column("to");
  for (const auto& client : practice.everybody) {
    const auto thread = practice.thread_of(blast, client);
    if (std::ranges::find(told, client) != told.end()) {
      check_removed(practice, client, thread);
    } else {
      check_gone(practice, client, thread);
    }
  }
  CHECK(practice.sums(blast).number("pending") == 2);
  batch.set(0, BCCAST_ITEM_RETRY);
  CHECK(batch.complete() == BCCAST_OK);
  practice.clock.advance(10'000);
  practice.pump_to_the_end();
  CHECK(practice.notifier.all().empty());  // it is not tried again
  const auto sums = practice.sums(blast);
  CHECK(sums.number("done") == 1);
  CHECK(sums.number("skipped") == 3);
  check_removed(practice, told[0], practice.thread_of(blast, told[0]));  // as at the moment of the recall
  CHECK(practice.verify().empty());
}

TEST_CASE("recall: what waits for another attempt is not tried again; what is not told is gone") {
  Practice practice(40);
  const auto blast = practice.sent();
  practice.notifier.each = [](const test::Notice& notice) {
    return notice.to() == "ana" || notice.to() == "ben" ? test::Outcome{BCCAST_ITEM_RETRY, "busy", -1}
                                                        : test::Outcome{};
  };
  practice.pump();
  CHECK(practice.sums(blast).number("pending") == 2);
  practice.notifier.forget();
  CHECK(practice.recall(blast) == BCCAST_OK);
  check_gone(practice, "ana", practice.thread_of(blast, "ana"));
  practice.clock.advance(3'600'000);
  practice.pump_to_the_end();
  CHECK(practice.notifier.all().empty());
  CHECK(practice.sums(blast).number("skipped") == 2);
  CHECK(practice.sums(blast).number("done") == 38);
  CHECK(must(bccast_blast_get, practice, "lee", blast).rows[0].null("finished_at_ms") == false);
  CHECK(practice.verify().empty());
}

TEST_CASE("recall: of a paused blast") {
  Practice practice;
  const auto blast = practice.sent();
  must(bccast_blast_pause, practice, "lee", blast);
  CHECK(practice.recall(blast) == BCCAST_OK);
  practice.pump_to_the_end();
  CHECK(practice.notifier.all().empty());
  check_gone(practice, "ana", practice.thread_of(blast, "ana"));
  CHECK(practice.verify().empty());
}

TEST_CASE("recall: other blasts to the same clients stay as they are") {
  Practice practice;
  const auto first = practice.sent();
  const auto second = practice.blast("lee", practice.everybody, "Second");
  practice.threads("ana");
  CHECK(practice.recall(first) == BCCAST_OK);
  for (int swept = 0; swept < 2; ++swept) {
    for (const auto* client : {"ana", "ben"}) {
      CHECK(practice.threads(client).column("last_text") == Names{"Second"});
      CHECK(practice.unread(client) == std::pair<std::int64_t, std::int64_t>{1, 1});
    }
    practice.pump_to_the_end();
  }
  CHECK(practice.sums(second).number("done") == 4);
}

TEST_CASE("recall: whoever reads meanwhile sees all of it or nothing") {
  Practice practice(600);
  for (int round = 0; round < 5; ++round) {
    const auto blast = practice.sent();
    std::map<string, string> threads;
    for (const auto& row : practice.recipients("lee", blast))
      threads[row.text("client")] = row.text("thread");
    REQUIRE(threads.size() == 600);
    std::atomic<bool> stop = false;
    std::atomic<int> looks = 0;
    int wrong = 0;
    // One client after another is asked; after the first that has lost it, no later one may have it.
    std::thread reader([&] {
      while (!stop) {
        bool gone = false;
        for (const auto& [client, thread] : threads) {
          const auto code = call(bccast_client_messages, practice, client, thread, 0, 1, 1).code;
          const bool lost = code == BCCAST_E_NOT_FOUND;
          if (gone && !lost) ++wrong;
          gone = gone || lost;
          ++looks;
        }
      }
    });
    while (looks < 50) std::this_thread::yield();
    CHECK(practice.recall(blast) == BCCAST_OK);
    const int until = looks + 1300;  // two rounds through all of them
    while (looks < until) std::this_thread::yield();
    stop = true;
    reader.join();
    CHECK(wrong == 0);
    CHECK(call(bccast_client_messages, practice, "ana", threads["ana"], 0, 1, 1).code == BCCAST_E_NOT_FOUND);
    practice.pump_to_the_end();
  }
}

// ---- Pause

TEST_CASE("pause: nothing more is handed out, and it goes on where it stood") {
  Practice practice(200);
  const auto blast = practice.sent();
  const auto in_flight = claim(practice, "email", 20);
  CHECK(call(bccast_blast_pause, practice, "lee", blast).code == BCCAST_OK);
  CHECK(practice.on(blast, "email").text("state") == "paused");
  CHECK(claim(practice).empty());
  in_flight.set(0, BCCAST_ITEM_RETRY, nullptr, 0);
  in_flight.set(1, BCCAST_ITEM_NOT_TRIED);
  CHECK(in_flight.complete() == BCCAST_OK);
  practice.clock.advance(600'000);
  practice.pump_to_the_end();
  CHECK(practice.notifier.all().empty());
  CHECK(practice.sums(blast).number("done") == 18);
  CHECK(practice.sums(blast).number("pending") == 182);
  CHECK(practice.verify().empty());
  // Another one is not held up by it.
  const auto other = practice.blast("lee", practice.everybody, "Other");
  practice.pump_to_the_end();
  CHECK(practice.sums(other).number("done") == 200);
  practice.notifier.forget();

  CHECK(call(bccast_blast_resume, practice, "lee", blast).code == BCCAST_OK);
  practice.pump_to_the_end();
  CHECK(practice.notifier.all().size() == 182);
  CHECK(practice.sums(blast).text("state") == "finished");
  CHECK(practice.verify().empty());
}

TEST_CASE("pause: what a worker left behind is taken up after it, and not before") {
  Practice practice(20);
  const auto blast = practice.sent();
  auto lost = claim(practice, "email", 5);
  must(bccast_blast_pause, practice, "lee", blast);
  SUBCASE("given back") {
    lost.free();
  }
  SUBCASE("its lease over") {
    practice.clock.advance(120'000);
  }
  CHECK(claim(practice).empty());
  CHECK(practice.pump().next_ms > 60'000);  // nothing but the deadline: it does not spin
  must(bccast_blast_resume, practice, "lee", blast);
  practice.pump_to_the_end();
  CHECK(practice.sums(blast).number("done") == 20);
  CHECK(practice.verify().empty());
}

TEST_CASE("pause: retries of a paused blast among others' in one batch that is taken over") {
  Practice practice;
  practice.notifier.each = [](const test::Notice&) { return test::Outcome{BCCAST_ITEM_RETRY, "busy", 1000}; };
  const auto first = practice.sent();
  const auto second = practice.sent();
  practice.pump();
  practice.clock.advance(1000);
  auto batch = claim(practice);
  REQUIRE(batch.size() == 8);
  must(bccast_blast_pause, practice, "lee", first);
  batch.free();
  practice.notifier.each = nullptr;
  practice.notifier.forget();
  practice.pump();
  CHECK(practice.notifier.all().size() == 4);
  CHECK(practice.sums(second).number("done") == 4);
  CHECK(practice.sums(first).number("pending") == 4);
  CHECK(practice.verify().empty());
  must(bccast_blast_resume, practice, "lee", first);
  practice.pump_to_the_end();
  CHECK(practice.sums(first).number("done") == 4);
}

TEST_CASE("pause: retrying what failed of a paused blast waits for it to go on") {
  Practice practice;
  practice.notifier.each = [](const test::Notice& notice) {
    return test::Outcome{notice.to() == "ana" ? BCCAST_ITEM_FAILED : BCCAST_ITEM_RETRY, "busy", 3'000};
  };
  const auto blast = practice.sent();
  practice.pump();
  must(bccast_blast_pause, practice, "lee", blast);
  std::int64_t count = 0;
  must(bccast_blast_retry_failed, practice, "lee", blast, &count);
  CHECK(count == 1);
  practice.notifier.each = nullptr;
  practice.notifier.forget();
  practice.clock.advance(10'000);
  practice.pump_to_the_end();
  CHECK(practice.notifier.all().empty());
  must(bccast_blast_resume, practice, "lee", blast);
  practice.pump_to_the_end();
  CHECK(practice.sums(blast).number("done") == 4);
  CHECK(practice.verify().empty());
}

TEST_CASE("pause: the end of its provider drops the rest") {
  Practice practice(10);
  const auto blast = practice.sent();
  auto lost = claim(practice, "email", 5);
  must(bccast_blast_pause, practice, "lee", blast);
  practice.archive_provider("lee");
  lost.free();
  practice.pump_to_the_end();
  CHECK(practice.sums(blast).number("skipped") == 10);
  CHECK(practice.sums(blast).text("state") == "finished");
  CHECK(practice.verify().empty());
}

// ---- Deliverers

/// Beside the practice an engine that delivers on "chat", and takes back unless `stuck` says otherwise.
struct Desk {
  explicit Desk(Practice& practice, bool can_retract = true) {
    engine = std::make_unique<Engine>(practice.store_path(),
                                      [&](bccast_config* config) {
                                        practice.clock.attach(config);
                                        const bccast_deliverer_vtbl vtbl{
          sizeof(bccast_deliverer_vtbl), 0,
          [](void* self, bccast_batch* batch) { return static_cast<Desk*>(self)->take(batch, "deliver"); },
          can_retract ? +[](void* self, bccast_batch* batch) {
            return static_cast<Desk*>(self)->take(batch, "retract");
          }
                      : nullptr,
          nullptr};
                                        must(bccast_config_deliverer, config, "chat", &vtbl, this);
                                      });
  }
  std::int32_t take(bccast_batch* batch, const string& action) {
    const auto rows = test::copy_rows(bccast_batch_rows(batch));
    for (std::size_t i = 0; i < rows.size(); ++i) {
      if (rows[i].text("action") != action) return BCCAST_E_INTERNAL;
      if (rows[i].null("text") != (action == "retract")) return BCCAST_E_INTERNAL;
      if (rows[i].text("to") == stuck) {
        bccast_batch_set(batch, i, BCCAST_ITEM_FAILED, "unreachable", -1);
        continue;
      }
      if (action == "deliver")
        delivered[rows[i].text("id")] = rows[i].text("to");
      else if (delivered.erase(rows[i].text("id")) == 0)
        return BCCAST_E_INTERNAL;
    }
    return BCCAST_OK;
  }
  void work() {
    while (must(bccast_pump, *engine, 0, 0, nullptr, nullptr).code != BCCAST_DONE) {
    }
  }
  std::unique_ptr<Engine> engine;
  std::map<string, string> delivered;  // who has it, by the item's id
  string stuck;
};

TEST_CASE("recall: deliverers take back what they delivered, with the same ids") {
  Practice practice(30);
  Desk desk(practice);
  const auto blast = practice.sent();
  SUBCASE("all of it") {
    desk.work();
    REQUIRE(desk.delivered.size() == 30);
    CHECK(practice.recall(blast) == BCCAST_OK);
    CHECK(practice.on(blast, "chat").number("on_device") == 30);
    desk.work();
    CHECK(desk.delivered.empty());
    CHECK(practice.on(blast, "chat").number("on_device") == 0);
    CHECK(practice.on(blast, "chat").number("removed") == 30);
    const auto why = must(bccast_blast_why, practice, "lee", blast, "ana").rows;
    CHECK(why.where("channel", "chat").text("reason") == "removed");
    check_removed(practice, "ana", practice.thread_of(blast, "ana"));
  }
  SUBCASE("a part of it, and a batch in flight") {
    must(bccast_pump, *desk.engine, 10, 0, nullptr, nullptr);
    const auto before = desk.delivered.size();
    REQUIRE(before > 0);
    REQUIRE(before < 30);
    const auto in_flight = claim(practice, "chat", 5);
    const auto rows = in_flight.rows();
    CHECK(practice.recall(blast) == BCCAST_OK);
    desk.work();
    CHECK(desk.delivered.size() <= before);
    for (const auto& row : rows) desk.delivered[row.text("id")] = row.text("to");
    CHECK(in_flight.complete() == BCCAST_OK);
    practice.clock.advance(5'000);
    desk.work();
    CHECK(desk.delivered.empty());
    CHECK(practice.on(blast, "chat").number("removed") == 30);
  }
  SUBCASE("some cannot be reached") {
    desk.work();
    desk.stuck = "ben";
    CHECK(practice.recall(blast) == BCCAST_OK);
    desk.work();
    CHECK(practice.on(blast, "chat").number("on_device") == 1);
    CHECK(
        must(bccast_blast_why, practice, "lee", blast, "ben").rows.where("channel", "chat").text("reason") ==
        "on_device");
  }
  practice.pump_to_the_end();
  CHECK(practice.verify().empty());
  CHECK_FALSE(must(bccast_blast_get, practice, "lee", blast).rows[0].null("finished_at_ms"));
}

TEST_CASE("recall: a deliverer without retract leaves it where it is") {
  Practice practice;
  Desk desk(practice, false);
  const auto blast = practice.sent();
  desk.work();
  CHECK(practice.recall(blast) == BCCAST_OK);
  desk.work();
  CHECK(desk.delivered.size() == 4);
  CHECK(practice.on(blast, "chat").number("on_device") == 4);
  practice.pump_to_the_end();
  CHECK(practice.verify().empty());
}

}  // namespace
