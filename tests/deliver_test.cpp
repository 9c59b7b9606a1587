// Delivery into the host's own threads: deliver before notify, the same messages as the built-in views show.
#include <bccast/bccast.h>
#include <bccast/bccast_ext.h>
#include <doctest/doctest.h>

#include <algorithm>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <thread>
#include <utility>
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

/// What was done, in its order.
struct Step {
  string channel;
  string text;  // of a delivery
  test::Row row;

  const string& to() const { return row.text("to"); }
};

using Judge = std::function<test::Outcome(const Step&)>;

/// A practice of ana to eve; and an engine beside it, on the same clock, that delivers on "chat" and notifies
/// on "email". Judges say what becomes of an item; none: done.
struct Practice : Host {
  Practice() : Host(test::Setup{.channels = {}}) {
    desk = std::make_unique<Engine>(store_path(), [&](bccast_config* c) {
      clock.attach(c);
      test::attach_deliverer(c, "chat", [&](bccast_batch* batch) { return take("chat", batch); });
      test::attach_notifier(c, "email", [&](bccast_batch* batch) { return take("email", batch); });
    });
    provider("lee");
    clients("lee", {"ana", "ben", "cal", "dan", "eve"});
  }

  std::int32_t take(const string& channel, bccast_batch* batch) {
    ++batches;
    const auto rows = test::copy_rows(bccast_batch_rows(batch));
    for (std::size_t i = 0; i < rows.size(); ++i) {
      const auto text = channel != "email" ? rows[i].text("text") : string();
      const auto& step = steps.emplace_back(Step{channel, text, rows[i]});
      const auto outcome = judge ? judge(step) : test::Outcome{};
      bccast_batch_set(batch, i, outcome.status, outcome.reason.c_str(), outcome.retry_after_ms);
    }
    return whole ? whole(channel, batch) : BCCAST_OK;
  }

  std::int64_t pump_desk() {
    std::int64_t next = 0;
    must(bccast_pump, *desk, 0U, 0U, nullptr, &next);
    return next;
  }
  bool pump_desk_to_the_end() {
    for (int turn = 0; turn < 1000; ++turn) {
      const auto next = pump_desk();
      if (next < 0) return true;
      clock.advance(next);
    }
    return false;
  }
  std::vector<Step> on(const string& channel, const string& to = "") const {
    std::vector<Step> some;
    for (const auto& step : steps)
      if (step.channel == channel && (to.empty() || step.to() == to)) some.push_back(step);
    return some;
  }
  test::Row state(const string& blast, const string& client, const string& channel) const {
    for (const auto& row : recipients("lee", blast, "channel=" + channel))
      if (row.text("client") == client) return row;
    throw std::runtime_error("no such recipient");
  }

  std::vector<Step> steps;
  std::size_t batches = 0;
  Judge judge;
  std::function<std::int32_t(const string& channel, bccast_batch* batch)> whole;
  std::unique_ptr<Engine> desk;
};

const Names kEverybody{"ana", "ben", "cal", "dan", "eve"};

}  // namespace

// ---- What is delivered

TEST_CASE("a batch to deliver holds the text once, and for each item whose message it is in which thread") {
  Practice host;
  const auto blast = host.blast("lee", kEverybody, "Good morning");
  host.pump_desk();
  const auto delivered = host.on("chat");
  REQUIRE(delivered.size() == 5);
  Names columns;
  for (const auto& cell : delivered[0].row.cells) columns.push_back(cell.column);
  CHECK(columns == Names{"id", "to_kind", "to", "address", "to_name", "thread", "at_ms", "locale", "provider",
                         "provider_name", "client", "kind", "title", "seq", "author", "author_name", "action",
                         "text"});
  std::set<string> threads;
  for (const auto& step : delivered) {
    CHECK(step.text == "Good morning");
    CHECK(step.row.text("to_kind") == "client");
    CHECK(step.row.text("provider") == "lee");
    CHECK(step.row.text("provider_name") == Host::name_of("lee"));
    CHECK(step.row.text("client") == step.to());
    CHECK(step.row.text("kind") == "private");
    CHECK(step.row.number("seq") == 1);
    CHECK(step.row.text("author") == "lee");
    CHECK(step.row.text("author_name") == Host::name_of("lee"));
    CHECK(step.row.text("thread") == host.of_blast("lee", blast, step.to()));
    threads.insert(step.row.text("thread"));
    for (const auto& cell : step.row.cells) CHECK(cell.value != blast);
  }
  CHECK(threads.size() == 5);
}

TEST_CASE("who has no address is delivered to all the same, and who wants no notifications, too") {
  Practice host;
  must(bccast_directory_client_put, host, "ana", nullptr, "");
  must(bccast_directory_client_set, host, "ben", "notify", "off");
  const auto blast = host.blast("lee", kEverybody, "Good morning");
  CHECK(host.pump_desk_to_the_end());
  CHECK(host.on("chat").size() == 5);
  CHECK(host.on("chat", "ana")[0].row.text("address") == "");
  CHECK(host.on("email", "ana").empty());
  CHECK(host.on("email", "ben").empty());
  CHECK(host.on("email").size() == 3);
  CHECK(host.state(blast, "ana", "chat").text("state") == "done");
  CHECK(host.state(blast, "ana", "email").text("reason") == "no_address");
  CHECK(host.verify().empty());
}

TEST_CASE("the text of a batch is a column, and is there once however many items have it") {
  Practice host;
  Names more;
  for (int i = 0; i < 10; ++i) more.push_back("more" + std::to_string(i));
  host.clients("lee", more);
  const string longest(BCCAST_MAX_TEXT, 'x');
  for (const string& text : {string("Good morning"), longest}) {
    host.blast("lee", text == longest ? more : kEverybody, text);
    bccast_batch* batch = nullptr;
    must(bccast_claim, *host.desk, "chat", 0U, &batch);
    const auto* rows = bccast_batch_rows(batch);
    REQUIRE(bccast_rows_count(rows) == (text == longest ? 10 : 5));
    std::set<const char*> places;
    for (std::size_t i = 0; i < bccast_rows_count(rows); ++i) {
      const char* cell = nullptr;
      std::size_t length = 0;
      CHECK(bccast_rows_get_text(rows, i, "text", &cell, &length) == BCCAST_OK);
      CHECK(string(cell, length) == text);
      CHECK(cell[length] == '\0');
      places.insert(cell);
    }
    CHECK(places.size() == 1);
    // As a whole column it is a copy for each item, up to 8 MiB.
    std::size_t column = 0;
    CHECK(bccast_rows_find(rows, "text", &column) == BCCAST_OK);
    const char* bytes = nullptr;
    const std::uint64_t* offsets = nullptr;
    const auto code = bccast_rows_text(rows, column, &bytes, &offsets);
    CHECK(code == (text == longest ? BCCAST_E_LIMIT : BCCAST_OK));
    for (std::size_t i = 0; code == BCCAST_OK && i < bccast_rows_count(rows); ++i)
      CHECK(string(bytes + offsets[i], offsets[i + 1] - offsets[i] - 1) == text);
    must(bccast_batch_complete, batch, 0U, nullptr);
    bccast_batch_free(batch);
  }
}

TEST_CASE("messages of different texts are never in one batch to deliver") {
  Practice host;
  host.blast("lee", kEverybody, "Good morning");
  host.blast("lee", kEverybody, "Good evening");
  host.write_direct("lee", "ana", "Hello ana");
  host.write_direct("lee", "ben", "Hello ben");
  CHECK(host.pump_desk_to_the_end());
  std::map<string, Names> texts;
  for (const auto& step : host.on("chat")) {
    texts[step.to()].push_back(step.text);
    const auto rows = host.messages(step.to(), step.row.text("thread"));
    CHECK(rows.where("seq", std::to_string(step.row.number("seq"))).text("text") == step.text);
  }
  for (const auto& client : kEverybody) {
    auto& got = texts[client];
    std::ranges::sort(got);
    Names expected{"Good evening", "Good morning"};
    if (client == "ana" || client == "ben") expected.push_back("Hello " + client);
    CHECK(got == expected);
  }
}

TEST_CASE("the built-in views agree with what was delivered: blasts, replies, direct messages, communities") {
  Practice host;
  const auto blast = host.blast("lee", kEverybody, "Good morning\twith a tab\nand a line");
  const auto thread = host.of_blast("lee", blast, "ana");
  host.reply("ana", thread, "Thank you");
  host.provider_reply("lee", thread, "You are welcome");
  const auto direct = host.write_direct("lee", "ben", "Hello");
  host.reply("ben", direct, "Hello to you");
  char community[BCCAST_ID_SIZE];
  must(bccast_provider_community, host, "lee", "The choir", community);
  for (const auto& client : {"cal", "dan"})
    must(bccast_provider_community_add, host, "lee", community, client);
  host.provider_reply("lee", community, "Welcome to the choir");
  host.reply("cal", community, "We begin at eight");
  CHECK(host.pump_desk_to_the_end());

  std::set<std::pair<string, string>> delivered;  // to, thread and seq
  for (const auto& step : host.on("chat")) {
    const auto& to = step.to();
    const auto& in = step.row.text("thread");
    const auto seq = std::to_string(step.row.number("seq"));
    CAPTURE(to);
    CAPTURE(step.text);
    CHECK(delivered.emplace(to, in + seq).second);
    const bool to_provider = step.row.text("to_kind") == "provider";
    CHECK(to_provider == (to == "lee"));
    const auto message =
        (to_provider ? host.provider_messages(to, in) : host.messages(to, in)).where("seq", seq);
    CHECK(message.text("text") == step.text);
    CHECK(message.text("author") == step.row.text("author"));
    CHECK(message.text("author_name") == step.row.text("author_name"));
    CHECK(message.text("author") != to);
    if (!to_provider) {
      const auto listed = host.threads(to).where("thread", in);
      CHECK(listed.text("kind") == step.row.text("kind"));
      CHECK(listed.text("title") == step.row.text("title"));
      CHECK(listed.text("provider") == step.row.text("provider"));
      CHECK(listed.text("provider_name") == step.row.text("provider_name"));
      CHECK(message.number("at_ms") == step.row.number("at_ms"));
    }
    if (in == community) {
      CHECK(step.row.text("kind") == "community");
      CHECK(step.row.text("title") == "The choir");
      CHECK(step.row.null("client"));
    }
  }
  // And nothing is in the views that was not delivered: each message to each participant but its author.
  std::set<std::pair<string, string>> shown;
  for (const auto& client : kEverybody)
    for (const auto& listed : host.threads(client))
      for (const auto& message : host.messages(client, listed.text("thread")))
        if (message.text("author") == "lee" || (listed.text("thread") == community && client == "dan"))
          shown.emplace(client, listed.text("thread") + std::to_string(message.number("seq")));
  for (const auto& in : {thread, direct, string(community)})
    for (const auto& message : host.provider_messages("lee", in))
      if (message.text("author") != "lee") shown.emplace("lee", in + std::to_string(message.number("seq")));
  CHECK(delivered == shown);
  CHECK(host.verify().empty());
}

TEST_CASE("an item has the same id at every attempt, and another on another channel") {
  Practice host;
  host.blast("lee", kEverybody, "Good morning");
  host.write_direct("lee", "ana", "Hello");
  host.judge = [&](const Step& step) -> test::Outcome {
    const auto times = host.on(step.channel, step.to());
    return step.to() == "ana" && times.size() < 5 ? test::Outcome{BCCAST_ITEM_RETRY, "busy", 100}
                                                  : test::Outcome{};
  };
  CHECK(host.pump_desk_to_the_end());
  std::map<string, std::set<string>> ids;  // by channel, person, thread
  std::set<string> all;
  for (const auto& step : host.steps) {
    ids[step.channel + " " + step.to() + " " + step.row.text("thread")].insert(step.row.text("id"));
    all.insert(step.row.text("id"));
  }
  CHECK(ids.size() == 12);
  for (const auto& [what, some] : ids) CHECK(some.size() == 1);
  CHECK(all.size() == 12);
  CHECK(host.on("chat", "ana").size() > 2);
}

TEST_CASE(
    "what is written through the engine of a host that has it is not delivered there, and notified of") {
  Practice host;
  Engine server(host.store_path(), [&](bccast_config* c) {
    host.clock.attach(c);
    must(bccast_config_set, c, "own_channel", "chat");
    CHECK(bccast_config_set(c, "own_channel", "a\nb") == BCCAST_E_ARGUMENT);
  });
  const auto blast = host.draft("lee", kEverybody);
  host.write("lee", blast, "Good morning");
  must(bccast_blast_send, server, "lee", blast, nullptr);
  CHECK(host.pump_desk_to_the_end());
  CHECK(host.on("chat").size() == 5);
  CHECK(host.on("email").size() == 5);
  host.steps.clear();
  const auto thread = host.of_blast("lee", blast, "ana");
  must(bccast_client_reply, server, "ana", thread, nullptr, "Thanks", 6U, nullptr, nullptr);
  must(bccast_provider_reply, server, "lee", thread, nullptr, "You are welcome", 15U, nullptr, nullptr);
  CHECK(host.pump_desk_to_the_end());
  CHECK(host.on("chat").empty());
  CHECK(host.on("email", "lee").size() == 1);
  CHECK(host.on("email", "ana").size() == 1);
  host.reply("ana", thread, "Written elsewhere");
  CHECK(host.pump_desk_to_the_end());
  REQUIRE(host.on("chat").size() == 1);
  CHECK(host.on("chat")[0].text == "Written elsewhere");
}

TEST_CASE("a deliverer binds the thread to the host's own, from inside the callback, and finds it again") {
  Practice host;
  host.whole = [&](const string& channel, bccast_batch* batch) {
    if (channel != "chat") return BCCAST_OK;
    for (const auto& row : test::copy_rows(bccast_batch_rows(batch)))
      if (row.text("to_kind") == "client" && bccast_thread_bind(*host.desk, row.text("thread").c_str(),
                                                                ("room-of-" + row.text("to")).c_str()) < 0)
        return BCCAST_E_INTERNAL;
    return BCCAST_OK;
  };
  const auto blast = host.blast("lee", kEverybody, "Good morning");
  CHECK(host.pump_desk_to_the_end());
  for (const auto& client : kEverybody) {
    char thread[BCCAST_ID_SIZE];
    must(bccast_thread_find, host, "room-of-" + client, thread);
    CHECK(thread == host.of_blast("lee", blast, client));
    // What the client writes in the host's room goes into that thread.
    host.reply(client, thread, "Thank you");
  }
  CHECK(host.on("chat", "lee").empty());
  CHECK(host.pump_desk_to_the_end());
  CHECK(host.on("chat", "lee").size() == 5);
}

TEST_CASE("a bot that answers inside deliver works") {
  Practice host;
  const auto thread = host.write_direct("lee", "ana", "What can I do for you?");
  int answers = 0;
  host.whole = [&](const string& channel, bccast_batch* batch) {
    if (channel != "chat") return BCCAST_OK;
    for (const auto& row : test::copy_rows(bccast_batch_rows(batch))) {
      if (row.text("to_kind") != "provider" || answers == 3) continue;
      const auto text = "answer " + std::to_string(++answers);
      if (bccast_provider_reply(*host.desk, "lee", row.text("thread").c_str(), row.text("id").c_str(),
                                text.data(), text.size(), nullptr, nullptr) != BCCAST_OK)
        return BCCAST_E_INTERNAL;
      if (bccast_provider_read(*host.desk, "lee", row.text("thread").c_str(), row.number("seq")) < 0)
        return BCCAST_E_INTERNAL;
    }
    return BCCAST_OK;
  };
  for (int i = 0; i < 3; ++i) {
    host.reply("ana", thread, "question");
    CHECK(host.pump_desk_to_the_end());
  }
  CHECK(answers == 3);
  CHECK(host.messages("ana", thread).size() == 7);
  CHECK(host.on("chat", "ana").size() == 4);
  CHECK(host.on("email", "ana").size() == 4);
  CHECK(host.verify().empty());
}

// ---- Delivering before notifying

TEST_CASE("each person is delivered to before it is notified, in blasts and in single messages") {
  Practice host;
  std::map<string, int> tries;
  host.judge = [&](const Step& step) -> test::Outcome {
    const auto outcome = [](std::int32_t status) { return test::Outcome{status, "busy", 1'000}; };
    if (step.channel == "chat" && step.to() == "ben" && ++tries["ben"] < 4) return outcome(BCCAST_ITEM_RETRY);
    if (step.channel == "chat" && step.to() == "cal" && ++tries["cal"] < 3)
      return outcome(BCCAST_ITEM_NOT_TRIED);
    return {};
  };
  const auto blast = host.blast("lee", kEverybody, "Good morning");
  const auto thread = host.of_blast("lee", blast, "ana");
  host.reply("ana", thread, "Thank you");
  host.write_direct("lee", "ben", "Hello");
  CHECK(host.pump_desk_to_the_end());
  CHECK(host.on("email").size() == 7);
  for (std::size_t n = 0; n < host.steps.size(); ++n) {
    const auto& notified = host.steps[n];
    if (notified.channel != "email") continue;
    CAPTURE(notified.to());
    // The last delivery of the same message's thread to the same person came before.
    bool before = false;
    for (std::size_t d = 0; d < host.steps.size(); ++d) {
      const auto& delivered = host.steps[d];
      if (delivered.channel != "chat" || delivered.to() != notified.to() ||
          delivered.row.text("thread") != notified.row.text("thread"))
        continue;
      before = true;
      CHECK(d < n);
    }
    CHECK(before);
  }
  CHECK(tries["ben"] >= 4);
  CHECK(host.verify().empty());
}

TEST_CASE("who could not be delivered to is not notified, with a reason, and the blast finishes") {
  Practice host;
  host.judge = [](const Step& step) -> test::Outcome {
    return step.channel == "chat" && step.to() == "ben" ? test::Outcome{BCCAST_ITEM_FAILED, "no_such_room"}
                                                        : test::Outcome{};
  };
  const auto blast = host.blast("lee", kEverybody, "Good morning");
  host.write_direct("lee", "ben", "Hello");
  CHECK(host.pump_desk_to_the_end());
  CHECK(host.on("email", "ben").empty());
  CHECK(host.on("email").size() == 4);
  CHECK(host.state(blast, "ben", "chat").text("state") == "failed");
  CHECK(host.state(blast, "ben", "email").text("state") == "skipped");
  CHECK(!host.state(blast, "ben", "email").text("reason").empty());
  CHECK(test::people_of(host, blast).text("state") == "finished");
  CHECK(test::people_of(host, blast).number("failed") == 1);
  CHECK(host.verify().empty());

  // Delivered at last.
  host.judge = nullptr;
  std::int64_t count = 0;
  must(bccast_blast_retry_failed, host, "lee", blast, &count);
  CHECK(count == 1);
  CHECK(host.pump_desk_to_the_end());
  CHECK(host.state(blast, "ben", "chat").text("state") == "done");
  CHECK(host.verify().empty());
}

TEST_CASE("who was not told on a channel since removed is not told there once it is delivered after all") {
  Practice host;
  host.judge = [](const Step& step) -> test::Outcome {
    return step.channel == "chat" && step.to() == "ben" ? test::Outcome{BCCAST_ITEM_FAILED, "no_such_room"}
                                                        : test::Outcome{};
  };
  const auto blast = host.blast("lee", kEverybody, "Good morning");
  CHECK(host.pump_desk_to_the_end());
  must(bccast_channel_remove, host, "email");
  host.judge = nullptr;
  must(bccast_blast_retry_failed, host, "lee", blast, nullptr);
  CHECK(host.pump_desk_to_the_end());
  CHECK(host.state(blast, "ben", "chat").text("state") == "done");
  CHECK(host.on("email", "ben").empty());
  CHECK(test::people_of(host, blast).text("state") == "finished");
  CHECK(host.verify().empty());
}

TEST_CASE("while a delivery is in flight nobody of it is notified, whoever asks and however often") {
  Practice host;
  Names more;
  for (int i = 0; i < 400; ++i) more.push_back("m" + std::to_string(i));
  host.clients("lee", more);
  const auto blast = host.blast("lee", "Good morning");
  const Engine other(host.store_path(), [&](bccast_config* c) { host.clock.attach(c); });
  std::set<string> delivered;
  std::set<string> notified;
  const auto notify_what_may = [&] {
    for (auto batch = claim(other, "email"); !batch.empty(); batch = claim(other, "email")) {
      for (const auto& row : batch.rows()) {
        CHECK(delivered.count(row.text("to")) == 1);
        CHECK(notified.insert(row.text("to")).second);
      }
      CHECK(batch.complete() == BCCAST_OK);
    }
  };
  notify_what_may();
  CHECK(notified.empty());
  std::vector<Batch> held;
  for (int round = 0;; ++round) {
    auto batch = claim(other, "chat", 40);
    if (batch.empty()) break;
    if (round % 3 == 1) {
      held.push_back(std::move(batch));
    } else {
      // In part.
      const auto people = batch.rows().column("to");
      const auto half = people.size() / 2;
      CHECK(batch.complete(half) == BCCAST_OK);
      delivered.insert(people.begin(), people.begin() + static_cast<std::ptrdiff_t>(half));
      notify_what_may();
      CHECK(batch.complete() == BCCAST_OK);
      delivered.insert(people.begin(), people.end());
    }
    notify_what_may();
  }
  CHECK(held.size() >= 3);
  CHECK(notified.size() < 405);
  while (!held.empty()) {
    const auto people = held.back().rows().column("to");
    CHECK(held.back().complete() == BCCAST_OK);
    delivered.insert(people.begin(), people.end());
    held.pop_back();
    notify_what_may();
  }
  CHECK(delivered.size() == 405);
  CHECK(notified.size() == 405);
  CHECK(test::people_of(host, blast).text("state") == "finished");
  CHECK(host.verify().empty());
}

TEST_CASE("where two channels deliver, a person is notified after both") {
  Practice host;
  must(bccast_channel_put, host, "archive", "deliver");
  const auto blast = host.blast("lee", kEverybody, "Good morning");
  const auto thread = host.of_blast("lee", blast, "ana");
  host.reply("ana", thread, "Thank you");
  host.pump_desk();
  CHECK(host.on("chat").size() == 6);
  CHECK(host.on("email").empty());
  for (auto batch = claim(host, "archive"); !batch.empty(); batch = claim(host, "archive"))
    CHECK(batch.complete() == BCCAST_OK);
  CHECK(host.pump_desk_to_the_end());
  CHECK(host.on("email").size() == 6);
  CHECK(test::people_of(host, blast).text("state") == "finished");
  CHECK(host.verify().empty());
}

TEST_CASE("when the channel that delivers is removed, its people are not left without an end") {
  Practice host;
  const auto blast = host.blast("lee", kEverybody, "Good morning");
  host.write_direct("lee", "ana", "Hello");
  must(bccast_channel_remove, host, "chat");
  CHECK(host.pump_desk_to_the_end());
  CHECK(test::people_of(host, blast).text("state") == "finished");
  CHECK(test::people_of(host, blast, "chat").number("skipped") == 5);
  CHECK(test::people_of(host, blast, "email").number("pending") == 0);
  CHECK(host.on("chat").empty());
  CHECK(host.verify().empty());
}

TEST_CASE("who was archived after the sending is not notified, keeps its thread, and holds nobody up") {
  Practice host;
  const auto blast = host.blast("lee", kEverybody, "Good morning");
  host.archive("lee", "ana");
  CHECK(host.pump_desk_to_the_end());
  CHECK(host.state(blast, "ana", "email").text("state") == "skipped");
  CHECK(test::people_of(host, blast).text("state") == "finished");
  CHECK(host.messages("ana", host.of_blast("lee", blast, "ana"))[0].text("text") == "Good morning");
  CHECK(host.verify().empty());
}

// ---- Handlers

TEST_CASE("a deliverer keeps batches, at most four, and completes them from other threads, in parts") {
  Practice host;
  Names more;
  for (int i = 0; i < 600; ++i) more.push_back("m" + std::to_string(i));
  host.clients("lee", more);
  std::vector<Batch> kept;
  host.whole = [&](const string& channel, bccast_batch* batch) {
    if (channel != "chat") return BCCAST_OK;
    kept.emplace_back(batch);
    return BCCAST_PENDING;
  };
  const auto blast = host.blast("lee", "Good morning");
  std::size_t most = 0;
  std::size_t rounds = 0;
  do {
    host.pump_desk();
    most = std::max(most, kept.size());
    std::thread([&] {
      for (auto& batch : kept) {
        if (batch.complete(1) != BCCAST_OK) throw std::runtime_error("a part could not be completed");
        if (batch.size() > 1 && batch.complete() != BCCAST_OK) throw std::runtime_error("nor the rest");
        batch.free();
      }
      kept.clear();
    }).join();
  } while (++rounds < 200 && test::people_of(host, blast, "chat").number("pending") > 0);
  CHECK(most == 4);
  host.whole = nullptr;
  CHECK(host.pump_desk_to_the_end());
  std::set<string> delivered;
  for (const auto& step : host.on("chat")) CHECK(delivered.insert(step.to()).second);
  CHECK(delivered.size() == 605);
  CHECK(host.on("email").size() == 605);
  CHECK(host.verify().empty());
}

TEST_CASE("a deliverer that fails opens its channel's breaker, and nobody is notified before it worked") {
  Practice host;
  host.whole = [](const string& channel, bccast_batch*) { return channel == "chat" ? -10'001 : BCCAST_OK; };
  const auto blast = host.blast("lee", kEverybody, "Good morning");
  const auto next = host.pump_desk();
  CHECK(next > 0);
  CHECK(host.on("email").empty());
  CHECK(must(bccast_channel_list, host).rows.where("channel", "chat").number("failing_since_ms") > 0);
  host.whole = nullptr;
  CHECK(host.pump_desk_to_the_end());
  CHECK(host.on("email").size() == 5);
  CHECK(test::people_of(host, blast).number("done") == 5);
  CHECK(host.verify().empty());
}

TEST_CASE("a deliverer's vtable that is wrong is refused, and its self is destroyed just once") {
  bccast_config* config = nullptr;
  must(bccast_config_new, &config);
  int destroyed = 0;
  const auto deliver = [](void*, bccast_batch*) { return std::int32_t{BCCAST_OK}; };
  const auto destroy = [](void* self) { ++*static_cast<int*>(self); };
  bccast_deliverer_vtbl vtbl{sizeof vtbl, 0, deliver, deliver, destroy};
  const auto attach = [&](const bccast_deliverer_vtbl& v, const char* channel) {
    return call(bccast_config_deliverer, config, channel, &v, &destroyed).code;
  };
  auto wrong = vtbl;
  wrong.struct_size = 4;
  CHECK(attach(wrong, "chat") == BCCAST_E_VERSION);
  wrong = vtbl;
  wrong.flags = 1;
  CHECK(attach(wrong, "chat") == BCCAST_E_VERSION);
  wrong = vtbl;
  wrong.deliver = nullptr;
  CHECK(attach(wrong, "chat") == BCCAST_E_ARGUMENT);
  CHECK(call(bccast_config_deliverer, config, "chat", nullptr, &destroyed).code == BCCAST_E_ARGUMENT);
  destroyed = 0;
  CHECK(attach(vtbl, "chat") == BCCAST_OK);
  CHECK(destroyed == 0);
  CHECK(attach(vtbl, "chat") == BCCAST_E_CONFLICT);
  CHECK(destroyed == 1);
  bccast_engine* engine = nullptr;
  must(bccast_open, ":memory:", config, &engine);
  bccast_config_free(config);
  CHECK(destroyed == 1);
  CHECK(must(bccast_channel_list, engine).rows.where("channel", "chat").text("role") == "deliver");
  must(bccast_close, engine, 0);
  CHECK(destroyed == 2);
}

TEST_CASE("a handler of one role on a channel of the other does not open") {
  Practice host;
  const auto open_with = [&](const auto& attach) {
    bccast_config* config = nullptr;
    must(bccast_config_new, &config);
    attach(config);
    bccast_engine* engine = nullptr;
    const auto code = call(bccast_open, host.store_path(), config, &engine).code;
    bccast_config_free(config);
    if (engine != nullptr) bccast_close(engine, 0);
    return code;
  };
  const auto handle = [](bccast_batch*) { return BCCAST_OK; };
  CHECK(open_with([&](auto* c) { test::attach_deliverer(c, "email", handle); }) == BCCAST_E_CONFLICT);
  CHECK(open_with([&](auto* c) { test::attach_notifier(c, "chat", handle); }) == BCCAST_E_CONFLICT);
  CHECK(open_with([&](auto* c) { test::attach_deliverer(c, "chat", handle); }) == BCCAST_OK);
}
