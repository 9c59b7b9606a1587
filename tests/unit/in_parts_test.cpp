// Acts on many things in a store with damage: what is sound is done, and what is damaged is said.
#include <doctest/doctest.h>

#include <algorithm>
#include <bccast/engine.hpp>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "../support/temporary_folder.hpp"
#include "code_of.hpp"
#include "full_store.hpp"

namespace {

using bccast::Code;
using std::string;
using test::code_of;
using test::Database;

/// A provider with six clients, told by mail and by a second channel.
class Practice {
 public:
  Practice() {
    const auto host = open();
    host->provider_put("lee", "Lee");
    for (const auto& client : clients()) {
      host->client_put(client, "Quux " + client, client + "@example.org");
      host->client_set(client, "address.sms", "+49 30 " + client);
      host->roster_add("lee", client);
    }
    blast = test::make_blast(*host, "lee", "blast", {});
  }
  static std::vector<string> clients() { return {"ann", "bob", "cid", "dan", "eve", "fay"}; }

  std::unique_ptr<bccast::Engine> open() {
    bccast::Options options;
    options.clock(clock);
    for (const char* channel : {"email", "sms"})
      options.notifier(channel, [this, channel](bccast::Notices& notices) {
        for (std::size_t i = 0; i < notices.size(); ++i) {
          if (fails) {
            notices.set(i, i == 0 ? bccast::NoticeStatus::done : bccast::NoticeStatus::retry, "later");
          } else {
            ++told[channel];
          }
        }
        return true;
      });
    return std::make_unique<bccast::Engine>(folder_.file(), std::move(options));
  }
  /// Instead of the notifiers two deliverers, who count in `has` how many have the message.
  std::unique_ptr<bccast::Engine> open_with_deliverers(std::map<string, int>& has) {
    bccast::Options options;
    options.clock(clock);
    for (const char* channel : {"chat", "desk"}) {
      const auto count = [&has, channel](int by) {
        return [&has, channel, by](bccast::Deliveries& deliveries) {
          has[channel] += by * static_cast<int>(deliveries.size());
          return true;
        };
      };
      options.deliverer(channel, count(1), count(-1));
    }
    return std::make_unique<bccast::Engine>(folder_.file(), std::move(options));
  }
  void damage(const string& table, const string& where) {
    run("UPDATE " + table + " SET sum = sum + 1 WHERE " + where);
  }
  void run(const string& sql) { Database(folder_.file()).run(sql); }
  std::vector<string> ask(const string& sql) { return Database(folder_.file()).texts(sql); }
  /// What the clients see of blasts.
  std::vector<string> inboxes(bccast::Engine& host) {
    std::vector<string> all;
    for (const auto& client : clients())
      for (const auto& thread : host.client_threads(client).items)
        all.push_back(client + " " + thread.thread + " " + thread.last_text);
    return all;
  }
  string path() const { return folder_.file(); }

  const std::shared_ptr<test::StillClock> clock = std::make_shared<test::StillClock>();
  string blast;
  bool fails = false;
  std::map<string, int> told;

 private:
  test::TemporaryFolder folder_;
};

constexpr const char* kOfEmail = "channel_no = (SELECT channel_no FROM channel WHERE name = 'email')";
constexpr const char* kOfSms = "channel_no = (SELECT channel_no FROM channel WHERE name = 'sms')";

}  // namespace

TEST_CASE("A blast is recalled, and keeps who may know of it, whatever claim of single items is damaged") {
  std::vector<string> inboxes;
  for (const bool damaged : {false, true}) {
    CAPTURE(damaged);
    Practice practice;
    const auto host = practice.open();
    host->blast_send("lee", practice.blast);
    practice.fails = true;
    host->pump();
    practice.clock->now += 3'600'000;
    const auto dead = practice.open();
    const auto lost = dead->claim("email", 3);
    REQUIRE(lost != nullptr);
    REQUIRE(practice.ask("SELECT 1 FROM claim WHERE line_no = 0").size() == 1);
    if (damaged) practice.damage("claim", "1");
    CHECK(host->blast_recall("lee", practice.blast) == Code::ok);
    if (damaged) {
      CHECK(practice.inboxes(*host).size() == inboxes.size());
    } else {
      inboxes = practice.inboxes(*host);
      CHECK(inboxes.size() >= 3);
    }
    for (const auto& line : practice.inboxes(*host)) CHECK(line.find("w-text") == string::npos);
  }
}

TEST_CASE("A recall takes effect for all that is sound, and says PARTIAL of what is damaged") {
  const auto check = [](const string& table, const string& damage) {
    CAPTURE(table);
    Practice practice;
    const auto host = practice.open();
    host->blast_send("lee", practice.blast);
    if (table == "paused line") host->blast_pause("lee", practice.blast);
    practice.run(damage);
    CHECK(host->blast_recall("lee", practice.blast) == Code::partial);
    CHECK(host->blast_get("lee", practice.blast).state == "recalled");
    for (const auto& client : Practice::clients())
      code_of([&] {
        for (const auto& thread : host->client_threads(client).items)
          CHECK(thread.last_text.find("w-text") == string::npos);
      });
    for (int i = 0; i < 3; ++i) {
      code_of([&] { host->pump(); });
      practice.clock->now += 300'000;
    }
    CHECK(practice.told.empty());
    if (table.ends_with("line"))
      CHECK(practice.ask(string("SELECT state FROM line WHERE ") + kOfSms) == std::vector<string>{"0"});
    CHECK(host->blast_recall("lee", practice.blast) == Code::exists);
  };
  check("line", string("UPDATE line SET sum = sum + 1 WHERE ") + kOfEmail);
  check("paused line", string("UPDATE line SET sum = sum + 1 WHERE ") + kOfEmail);
  check("recipients", "UPDATE recipients SET places = x'00'");
}

TEST_CASE("What was delivered of a blast is taken back though who opened it cannot be read") {
  for (const bool damaged : {false, true}) {
    CAPTURE(damaged);
    Practice practice;
    int delivered = 0;
    int taken_back = 0;
    const auto count = [](int& of) {
      return [&of](bccast::Deliveries& deliveries) {
        of += static_cast<int>(deliveries.size());
        return true;
      };
    };
    bccast::Options options;
    options.clock(practice.clock);
    options.deliverer("chat", count(delivered), count(taken_back));
    bccast::Engine host(practice.path(), std::move(options));
    host.blast_send("lee", practice.blast);
    host.pump();
    CHECK(delivered == 6);
    host.client_read("ann", host.client_threads("ann").items.at(0).thread, 1);
    if (damaged) practice.run("UPDATE mark SET bits = x'00'");
    CHECK(host.blast_recall("lee", practice.blast) == (damaged ? Code::partial : Code::ok));
    for (int i = 0; i < 3; ++i) {
      code_of([&] { host.pump(); });
      practice.clock->now += 300'000;
    }
    CHECK(taken_back == 6);
  }
}

TEST_CASE("A recall keeps who knows slice by slice: where that cannot be read, everybody may know") {
  Practice practice;
  const auto host = practice.open();
  for (const char* channel : {"email", "sms"}) host->channel_remove(channel);
  std::vector<string> ids;  // of the first slice all but the six
  for (int i = 6; i < 65'536; ++i) ids.push_back("x" + std::to_string(i));
  const std::vector<std::string_view> views(ids.begin(), ids.end());
  host->client_put_many(views, std::vector<std::string_view>(ids.size(), "Somebody"), {});
  host->roster_add_archived_many("lee", views);
  for (const char* client : {"gil", "hal"}) {
    host->client_put(client, "Quux", {});
    host->roster_add("lee", client);
  }
  const auto blast = test::make_blast(*host, "lee", "two slices", {});
  host->blast_send("lee", blast);
  for (const char* client : {"ann", "gil"})
    host->client_read(client, host->client_threads(client).items.at(0).thread, 1);
  practice.run("UPDATE mark SET bits = x'00' WHERE page = 0");
  CHECK(host->blast_recall("lee", blast) == Code::partial);
  const auto has = [&](const char* client) { return host->client_threads(client).items.size(); };
  for (const char* client : {"ann", "bob", "fay"}) CHECK(has(client) == 1);
  CHECK(has("gil") == 1);
  CHECK(has("hal") == 0);
  code_of([&] { host->pump(); });
  for (const char* client : {"ann", "bob", "fay"}) CHECK(has(client) == 1);
  CHECK(has("gil") == 1);
  CHECK(has("hal") == 0);
}

TEST_CASE("What was delivered is taken back on the sound channels, whichever line is damaged, and when") {
  for (const bool before : {true, false}) {
    CAPTURE(before);
    Practice practice;
    std::map<string, int> has;
    const auto host = practice.open_with_deliverers(has);
    host->blast_send("lee", practice.blast);
    host->pump();
    CHECK(has == std::map<string, int>{{"chat", 6}, {"desk", 6}});
    const auto lose = [&] {
      practice.damage("line",
                      "kind < 2 AND channel_no = (SELECT channel_no FROM channel WHERE name = 'desk')");
    };
    if (before) lose();
    CHECK(host->blast_recall("lee", practice.blast) == (before ? Code::partial : Code::ok));
    if (!before) lose();
    for (int i = 0; i < 3; ++i) {
      const auto code = code_of([&] { host->pump(); });
      CHECK((before || i > 0 || code == Code::corrupt));
      practice.clock->now += 300'000;
    }
    CHECK(has == std::map<string, int>{{"chat", 0}, {"desk", 6}});
    CHECK(practice.ask("SELECT state FROM line WHERE kind = 2 AND channel_no = (SELECT channel_no FROM "
                       "channel WHERE name = 'chat')") == std::vector<string>{"0"});
  }
}

TEST_CASE("Who was told on a channel whose line is damaged keeps the thread of a recalled blast") {
  Practice practice;
  const auto host = practice.open();
  host->blast_send("lee", practice.blast);
  host->pump();
  CHECK(practice.told == std::map<string, int>{{"email", 6}, {"sms", 6}});
  practice.damage("line", "1");
  CHECK(host->blast_recall("lee", practice.blast) == Code::partial);
  const auto all = practice.inboxes(*host);
  CHECK(all.size() == 6);
  for (const auto& line : all) CHECK(line.find("w-text") == string::npos);
}

TEST_CASE(
    "What is damaged of a recalled blast keeps neither its other threads nor other blasts from being swept") {
  for (const char* damage :
       {"UPDATE line SET sum = sum + 1 WHERE blast_no = 1", "UPDATE skip SET places = x'00'",
        "UPDATE recipients SET places = x'00' WHERE blast_no = 1",
        "UPDATE recipients SET kept = x'00' WHERE blast_no = 1",
        "UPDATE thread SET sum = sum + 1 WHERE place = 2 AND origin = 1",
        "UPDATE item_slice SET open = x'00'"}) {
    CAPTURE(string(damage));
    Practice practice;
    const auto host = practice.open();
    host->blast_send("lee", practice.blast);
    practice.fails = true;
    host->pump();
    practice.fails = false;
    practice.inboxes(*host);  // rows of threads
    const auto later = test::make_blast(*host, "lee", "later", {});
    host->blast_send("lee", later);
    practice.inboxes(*host);
    host->blast_recall("lee", practice.blast);
    host->blast_recall("lee", later);
    practice.run(damage);
    for (int i = 0; i < 12; ++i) code_of([&] { host->pump(); });
    CHECK(practice.ask("SELECT blast_no FROM blast WHERE state = 5 AND swept < roster_size").empty());
    CHECK(practice.ask("SELECT 1 FROM thread WHERE origin = 2 AND client_unread > 0").empty());
  }
}

TEST_CASE("A blast with a damaged line is paused, and goes on, on its other channels") {
  Practice practice;
  const auto host = practice.open();
  host->blast_send("lee", practice.blast);
  practice.damage("line", kOfEmail);
  CHECK(host->blast_pause("lee", practice.blast) == Code::partial);
  code_of([&] { host->pump(); });
  CHECK(practice.told.empty());
  CHECK(host->blast_resume("lee", practice.blast) == Code::partial);
  code_of([&] { host->pump(); });
  CHECK(practice.told == std::map<string, int>{{"sms", 6}});
}

TEST_CASE("A channel with a damaged claim is removed, and all other blasts finish") {
  Practice practice;
  const auto host = practice.open();
  host->blast_send("lee", practice.blast);
  const auto dead = practice.open();
  const auto lost = dead->claim("email", 2);
  REQUIRE(lost != nullptr);
  const auto other = test::make_blast(*host, "lee", "other", {});
  host->blast_send("lee", other);
  practice.damage("claim", "1");
  CHECK(host->channel_remove("email") == Code::partial);
  CHECK(practice.ask("SELECT 1 FROM claim").size() == 1);  // nobody knows what it has
  const auto open = string("SELECT 1 FROM line WHERE state > 0 AND ") + kOfEmail;
  CHECK(practice.ask(open).size() == 1);
  CHECK(code_of([&] { host->channel_remove("email"); }) == Code::not_found);
  CHECK(practice.told.empty());
}

TEST_CASE("A provider whose blast has a damaged line is archived: nothing of it is handed out") {
  Practice practice;
  const auto host = practice.open();
  host->blast_send("lee", practice.blast);
  practice.damage("line", kOfEmail);
  CHECK(host->provider_archive("lee") == Code::partial);
  CHECK(practice.ask(string("SELECT state FROM line WHERE ") + kOfSms) == std::vector<string>{"0"});
  code_of([&] { host->pump(); });
  CHECK(practice.told.empty());
  CHECK(host->provider_archive("lee") == Code::exists);
}

TEST_CASE("A client whose roster entry is damaged is erased all the same") {
  Practice practice;
  const auto host = practice.open();
  host->blast_send("lee", practice.blast);
  practice.run(
      "UPDATE roster SET entry = CAST(substr(entry, 1, 20) || x'00' || substr(entry, 22) AS BLOB) WHERE "
      "place = 1");
  REQUIRE_FALSE(host->verify().empty());
  CHECK(host->client_erase("bob"));
  CHECK(host->verify().empty());
  CHECK(practice.ask("SELECT 1 FROM roster WHERE instr(entry, CAST('Quux bob' AS BLOB)) > 0").empty());
  CHECK(practice.ask("SELECT 1 FROM roster_name WHERE place = 1").empty());
  host->pump();
  CHECK(practice.told == std::map<string, int>{{"email", 5}, {"sms", 5}});
}

TEST_CASE("A damaged blast that was recalled keeps no other from being purged") {
  Practice practice;
  const auto host = practice.open();
  host->blast_send("lee", practice.blast);
  host->blast_recall("lee", practice.blast);
  practice.clock->now += 1000;
  const auto other = test::make_blast(*host, "lee", "other", {});
  host->blast_send("lee", other);
  host->blast_recall("lee", other);
  practice.damage("blast", "blast_no = (SELECT min(blast_no) FROM blast)");
  const auto purged = host->purge(practice.clock->now + 1);
  CHECK(purged.count == 1);
  CHECK(purged.code == Code::partial);
  CHECK(host->blast_get("lee", other).purged);
}
