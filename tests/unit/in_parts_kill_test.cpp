// Acts in parts whose process dies between two of their transactions: the agenda finishes them.
#include <doctest/doctest.h>

#include <algorithm>
#include <bccast/engine.hpp>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "../support/temporary_folder.hpp"
#include "adapters/sqlite/sqlite_store.hpp"
#include "code_of.hpp"
#include "core/channels.hpp"
#include "core/control.hpp"
#include "core/in_parts.hpp"
#include "core/provider_end.hpp"
#include "forwarding_store.hpp"
#include "full_store.hpp"

namespace {

using bccast::Code;
using bccast::Context;
using std::string;
using test::code_of;
using test::Database;

/// What a process that dies does no more.
struct Killed {};

/// Dies after so many transactions that may write.
class MortalStore final : public test::ForwardingStore {
 public:
  MortalStore(std::unique_ptr<Store> store, int left) : ForwardingStore(std::move(store)), left_(left) {}

 private:
  void run_write(bccast::FunctionRef<void(bccast::Tables&)> work, bccast::Durability durability) override {
    if (left_ == 0) throw Killed();
    --left_;
    inner().write(work, durability);
  }
  int left_;
};

/// Lets others act before one of the transactions that may write: the first is 0.
class SlowStore final : public test::ForwardingStore {
 public:
  SlowStore(std::unique_ptr<Store> store, int before, std::function<void()> others)
      : ForwardingStore(std::move(store)), before_(before), others_(std::move(others)) {}

 private:
  void run_write(bccast::FunctionRef<void(bccast::Tables&)> work, bccast::Durability durability) override {
    if (before_-- == 0) others_();
    inner().write(work, durability);
  }
  int before_;
  std::function<void()> others_;
};

/// Two providers whose clients are told by mail and by a second channel, and to whom "chat" delivers.
class Practice {
 public:
  explicit Practice(const std::function<void(Practice&, bccast::Engine&)>& begin, const string& damage) {
    {
      const auto host = open(first());
      for (const string provider : {"lee", "may"}) {
        host->provider_put(provider, "Dr. " + provider);
        for (const char* id : {"ann", "bob", "cid", "dan", "eve", "fay"}) {
          const auto client = string(id) + "." + provider;
          host->client_put(client, "Quux", client + "@example.org");
          host->client_set(client, "address.sms", "+49 30 " + client);
          host->roster_add(provider, client);
        }
      }
      blast = test::make_blast(*host, "lee", "blast", {});
      other = test::make_blast(*host, "may", "other", {});
      begin(*this, *host);
    }
    Database(first()).run(damage);
  }

  bccast::Options own_clock() const {
    bccast::Options options;
    options.clock(clock);
    return options;
  }
  std::unique_ptr<bccast::Engine> open(const string& path) {
    bccast::Options options = own_clock();
    const auto tell = [](bccast::Notices& notices) {
      for (std::size_t i = 0; i < notices.size(); ++i) notices.set(i, bccast::NoticeStatus::done, {});
      return true;
    };
    options.notifier("email", tell);
    options.notifier("sms", tell);
    const auto deliver = [](bccast::Deliveries&) { return true; };
    options.deliverer("chat", deliver, deliver);
    return std::make_unique<bccast::Engine>(path, std::move(options));
  }
  string first() const { return folder_.file(); }
  /// The store as it was before the act.
  string copy() {
    const auto path = folder_.file("copy" + std::to_string(++copies_) + ".db");
    std::filesystem::copy_file(first(), path);
    return path;
  }

  const std::shared_ptr<test::StillClock> clock = std::make_shared<test::StillClock>();
  string blast, other;

 private:
  test::TemporaryFolder folder_;
  int copies_ = 0;
};

/// Pumps until nothing is due; damage may be said.
void pump(bccast::Engine& host) {
  for (int i = 0; i < 20; ++i) code_of([&] { host.pump(); });
}

/// All that is left of an act, by rows.
std::vector<string> rows(const string& path) {
  Database db(path);
  std::vector<string> all;
  const auto add = [&](const char* table, const char* columns) {
    string sql = string("SELECT '") + table + " '";
    for (string rest = columns; !rest.empty();) {
      const auto end = rest.find(',');
      sql += " || ' ' || ifnull(hex(" + rest.substr(0, end) + "), '-')";
      rest = end == string::npos ? "" : rest.substr(end + 1);
    }
    auto found = db.texts(sql + " FROM " + table);
    std::sort(found.begin(), found.end());
    all.insert(all.end(), found.begin(), found.end());
  };
  add("act", "kind,provider_no,number,stage,next");
  add("provider", "id,archived_at");
  add("channel", "name,removed,paused");
  add("blast", "provider_no,blast_no,state,open_lines,finished_at,recalled_at,swept,missed_reason");
  add("recipients", "provider_no,slice_no,blast_no,places,kept");
  add("thread", "provider_no,place,origin,client_read,client_unread");
  add("line", "provider_no,blast_no,channel_no,kind,state,cursor,limit_pos,done,failed,skipped,waiting");
  add("skip", "provider_no,line_no,slice_no,reason,places");
  add("waiting", "line_no,slice_no,reason,parked,places");
  add("claim", "channel_no,line_no,from_pos,to_pos");
  add("item", "provider_no,channel_no,line_no,place,origin,state,attempts");
  return all;
}

using Do = std::function<Code(Context&, const Practice&)>;

struct Act {
  const char* name;
  std::function<void(Practice&, bccast::Engine&)> begin;
  const char* damage;
  Do whole;
  Do parts;
  std::function<void(bccast::Engine&, const Practice&)> again;  // by a second process

  /// As an engine does it.
  Code operator()(Context& context, const Practice& practice) const {
    return bccast::whole_or_in_parts(
        context, [&] { return whole(context, practice); }, [&] { return parts(context, practice); });
  }
};

#define OF_CHANNEL(name) "channel_no = (SELECT channel_no FROM channel WHERE name = '" name "')"
constexpr const char* kDamagedLine =
    "UPDATE line SET sum = sum + 1 WHERE provider_no = 1 AND kind < 2 AND " OF_CHANNEL("email");
constexpr const char* kDamagedMarks = "UPDATE mark SET bits = x'00' WHERE provider_no = 1";

void send(Practice& practice, bccast::Engine& host) {
  host.blast_send("lee", practice.blast);
  host.blast_send("may", practice.other);
  test::make_blast(host, "lee", "draft", {});
  host.blast_schedule("lee", test::make_blast(host, "lee", "scheduled", {}), practice.clock->now + 86'400'000,
                      {});
}

void deliver_some(Practice& practice, bccast::Engine& host) {
  send(practice, host);
  host.pump(7);
  host.client_read("ann.lee", host.client_threads("ann.lee").items.at(0).thread, 1);
}

void pause_some(Practice& practice, bccast::Engine& host) {
  deliver_some(practice, host);
  host.blast_pause("lee", practice.blast);
}

const std::vector<Act>& acts() {
  using namespace bccast;
  const Do recall = [](Context& context, const Practice& practice) {
    return Control(context).recall("lee", practice.blast);
  };
  const Do recall_in_parts = [](Context& context, const Practice& practice) {
    return InParts(context).recall("lee", practice.blast);
  };
  const auto recall_again = [](Engine& host, const Practice& practice) {
    host.blast_recall("lee", practice.blast);
  };
  const auto set_paused = [](bool paused) {
    return [paused](Context& context, const Practice& practice) {
      return InParts(context).set_paused("lee", practice.blast, paused);
    };
  };
  static const std::vector<Act> all{
      {"recall, a damaged line", deliver_some, kDamagedLine, recall, recall_in_parts, recall_again},
      {"recall, damaged marks", deliver_some, kDamagedMarks, recall, recall_in_parts, recall_again},
      {"recall of a paused blast", pause_some, kDamagedLine, recall, recall_in_parts, recall_again},
      {"pause", deliver_some, kDamagedLine,
       [](Context& context, const Practice& practice) {
         return Control(context).pause("lee", practice.blast);
       },
       set_paused(true),
       [](Engine& host, const Practice& practice) { host.blast_pause("lee", practice.blast); }},
      {"resume", pause_some, kDamagedLine,
       [](Context& context, const Practice& practice) {
         return Control(context).resume("lee", practice.blast);
       },
       set_paused(false),
       [](Engine& host, const Practice& practice) { host.blast_resume("lee", practice.blast); }},
      {"the end of a provider", deliver_some, kDamagedLine,
       [](Context& context, const Practice&) { return ProviderEnd(context).archive("lee"); },
       [](Context& context, const Practice&) { return InParts(context).archive_provider("lee"); },
       [](Engine& host, const Practice&) { host.provider_archive("lee"); }},
      {"the end of a channel", deliver_some, kDamagedLine,
       [](Context& context, const Practice&) {
         Channels(context).remove("email");
         return Code::ok;
       },
       [](Context& context, const Practice&) { return InParts(context).remove_channel("email"); },
       [](Engine& host, const Practice&) { host.channel_remove("email"); }}};
  return all;
}

/// What it says; nothing: it died.
std::optional<Code> run(const Do& act, Practice& practice, const string& path, int transactions) {
  MortalStore store(std::make_unique<bccast::sqlite::SqliteStore>(path), transactions);
  Context context(store, *practice.clock);
  try {
    return act(context, practice);
  } catch (const Killed&) {
    return std::nullopt;
  }
}
constexpr int kNeverDies = -1;

bool is_under_way(const string& path) {
  return !Database(path).texts("SELECT 1 FROM act").empty();
}

}  // namespace

TEST_CASE("An act in parts that is killed after any of its transactions is finished by whoever works next") {
  for (const auto& act : acts()) {
    CAPTURE(string(act.name));
    Practice practice(act.begin, act.damage);
    const auto unkilled = practice.copy();
    REQUIRE(run(act, practice, unkilled, kNeverDies) == Code::partial);
    pump(*practice.open(unkilled));
    const auto expected = rows(unkilled);
    for (const bool again : {false, true}) {
      CAPTURE(again);
      int under_way = 0;
      bool ended = false;
      for (int transactions = 0; !ended; ++transactions) {
        CAPTURE(transactions);
        const auto path = practice.copy();
        ended = run(act, practice, path, transactions).has_value();
        under_way += is_under_way(path) ? 1 : 0;
        if (!again && !ended && !is_under_way(path)) continue;  // nothing was begun
        if (again) {
          bccast::Engine second(path, practice.own_clock());
          code_of([&] { act.again(second, practice); });
        }
        pump(*practice.open(path));
        CHECK(rows(path) == expected);
      }
      CHECK(under_way >= 3);
    }
  }
}

TEST_CASE("An act in parts that was killed is finished by the same call again, without a pump") {
  for (const auto& act : acts()) {
    CAPTURE(string(act.name));
    Practice practice(act.begin, act.damage);
    for (const int transactions : {2, 4}) {
      CAPTURE(transactions);
      const auto path = practice.copy();
      REQUIRE_FALSE(run(act, practice, path, transactions).has_value());
      REQUIRE(is_under_way(path));
      bccast::Engine second(path, practice.own_clock());
      const auto code = code_of([&] { act.again(second, practice); });
      CHECK(code.value_or(Code::not_found) == Code::not_found);
      CHECK_FALSE(is_under_way(path));
    }
  }
}

TEST_CASE("An act in parts that others finish at the same time, or some of it, leaves what one alone does") {
  for (const auto& act : acts()) {
    CAPTURE(string(act.name));
    Practice practice(act.begin, act.damage);
    const auto alone = practice.copy();
    REQUIRE(run(act, practice, alone, kNeverDies) == Code::partial);
    pump(*practice.open(alone));
    const auto expected = rows(alone);
    bool met = true;
    for (int before = 1; met; ++before) {
      for (const int transactions : {1, 2, kNeverDies}) {
        CAPTURE(before);
        CAPTURE(transactions);
        const auto path = practice.copy();
        met = false;
        SlowStore slow(std::make_unique<bccast::sqlite::SqliteStore>(path), before, [&] {
          met = true;
          const Do finish = [](Context& context, const Practice&) {
            bccast::finish_acts(context);
            return Code::ok;
          };
          run(finish, practice, path, transactions);
        });
        Context context(slow, *practice.clock);
        CHECK(act.parts(context, practice) == Code::partial);
        CHECK_FALSE(is_under_way(path));
        pump(*practice.open(path));
        CHECK(rows(path) == expected);
      }
    }
  }
}

TEST_CASE("Where nothing is damaged, an act in parts leaves what the whole one does, killed or not") {
  for (const auto& act : acts()) {
    CAPTURE(string(act.name));
    Practice practice(act.begin, "");
    const auto whole = practice.copy();
    REQUIRE(run(act, practice, whole, kNeverDies) == Code::ok);
    pump(*practice.open(whole));
    const auto expected = rows(whole);
    bool ended = false;
    for (int transactions = 1; !ended; ++transactions) {
      CAPTURE(transactions);
      const auto path = practice.copy();
      ended = run(act.parts, practice, path, transactions).has_value();
      CHECK(is_under_way(path) != ended);
      const auto host = practice.open(path);
      if (transactions == 1) CHECK_FALSE(host->verify().empty());
      pump(*host);
      CHECK(host->verify().empty());
      CHECK(rows(path) == expected);
    }
  }
}

TEST_CASE("A provider comes back only when its end is finished: what was to be dropped is not handed out") {
  const auto& act = acts().at(5);
  REQUIRE(act.name == string("the end of a provider"));
  Practice practice(act.begin, act.damage);
  const auto path = practice.copy();
  REQUIRE_FALSE(run(act, practice, path, 2).has_value());
  REQUIRE(is_under_way(path));
  bccast::Engine second(path, practice.own_clock());
  CHECK(second.provider_restore("lee") == Code::ok);
  CHECK_FALSE(is_under_way(path));
  CHECK(Database(path).texts("SELECT state FROM line WHERE provider_no = 1 AND " OF_CHANNEL("sms")) ==
        std::vector<string>{"0"});
}

TEST_CASE("Who was slow to finish an act does not take another one for it that has its number") {
  const auto& recall = acts().at(0);
  const auto& removal = acts().at(6);
  REQUIRE(removal.name == string("the end of a channel"));
  Practice practice(recall.begin, recall.damage);
  for (int before = 1; before < 12; ++before) {
    CAPTURE(before);
    const auto path = practice.copy();
    bool met = false;
    SlowStore slow(std::make_unique<bccast::sqlite::SqliteStore>(path), before, [&] {
      bccast::sqlite::SqliteStore store(path);
      Context context(store, *practice.clock);
      bccast::finish_acts(context);
      REQUIRE_FALSE(run(removal.parts, practice, path, 1).has_value());
      met = is_under_way(path);
    });
    Context context(slow, *practice.clock);
    CHECK(recall.parts(context, practice) == Code::partial);
    if (!met) break;
    pump(*practice.open(path));
    CHECK_FALSE(is_under_way(path));
    CHECK(Database(path).texts("SELECT state FROM line WHERE provider_no = 2 AND " OF_CHANNEL("email")) ==
          std::vector<string>{"0"});
    CHECK(Database(path).texts("SELECT skipped FROM line WHERE provider_no = 2 AND " OF_CHANNEL("email")) ==
          std::vector<string>{"6"});
  }
}

TEST_CASE("A damaged row about an act under way is begun anew, and goes when all is done") {
  for (const char* damage :
       {"sum = sum + 1", "stage = 1", "next = 100", "kind = 7", "number = 99", "stage = -1"}) {
    CAPTURE(string(damage));
    const auto& act = acts().at(1);
    Practice practice(act.begin, act.damage);
    const auto path = practice.copy();
    REQUIRE_FALSE(run(act, practice, path, 3).has_value());
    Database(path).run(string("UPDATE act SET ") + damage);
    const auto host = practice.open(path);
    pump(*host);
    CHECK_FALSE(is_under_way(path));
    const auto chat = Database(path).texts("SELECT state FROM line WHERE kind = 2");
    CHECK(chat == std::vector<string>{"0"});
  }
}

TEST_CASE("An act is finished though the row about it is damaged, whatever it says") {
  for (const auto& act : acts()) {
    CAPTURE(string(act.name));
    Practice practice(act.begin, "");
    const auto whole = practice.copy();
    REQUIRE(run(act, practice, whole, kNeverDies) == Code::ok);
    pump(*practice.open(whole));
    const auto expected = rows(whole);
    const auto try_one = [&](int transactions, const string& damage) {
      CAPTURE(transactions);
      CAPTURE(damage);
      const auto path = practice.copy();
      if (run(act.parts, practice, path, transactions)) return;
      Database(path).run("UPDATE act SET " + damage);
      const auto host = practice.open(path);
      const auto findings = host->verify();
      CHECK(std::any_of(findings.begin(), findings.end(), [](const auto& finding) {
        return finding.kind == "row" && finding.object.starts_with("act");
      }));
      pump(*host);
      CHECK_FALSE(is_under_way(path));
      CHECK(host->verify().empty());
      CHECK(rows(path) == expected);
    };
    for (const int transactions : {1, 3, 6}) {
      try_one(transactions, "kind = kind % 4 + 1");
      try_one(transactions, "provider_no = provider_no + 1");
      try_one(transactions, "number = number + 1");
    }
    try_one(1, "kind = 7");
    try_one(2, "sum = sum + 1");
  }
}
