// A damaged store gives the right answer or CORRUPT: never a wrong recipient, never a wrong text, never a
// crash.
//
// Every single bit of every blob of a small store is flipped in a copy, and what the copy answers and whom it
// notifies is compared with the store as it was. BCCAST_TEST_SCALE (default 1) says how many bits are tried:
// 1 is some seconds, 100 is all of them.
#include <doctest/doctest.h>
#include <sqlite3.h>

#include <algorithm>
#include <bccast/engine.hpp>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>
#include <map>
#include <memory>
#include <set>
#include <stdexcept>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

#include "../support/temporary_folder.hpp"
#include "still_clock.hpp"

namespace {

using bccast::Code;
using bccast::Engine;
using bccast::Error;
using std::string;
using std::to_string;
using test::StillClock;
using test::TemporaryFolder;
namespace fs = std::filesystem;

class Database {
 public:
  explicit Database(const string& path) { need(sqlite3_open(path.c_str(), &db_) == SQLITE_OK); }
  ~Database() { sqlite3_close(db_); }
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;

  void each(const string& sql, const std::function<void(sqlite3_stmt*)>& row) {
    sqlite3_stmt* statement = nullptr;
    need(sqlite3_prepare_v2(db_, sql.c_str(), -1, &statement, nullptr) == SQLITE_OK);
    while (sqlite3_step(statement) == SQLITE_ROW) row(statement);
    need(sqlite3_finalize(statement) == SQLITE_OK);
  }
  void run(const string& sql) {
    each(sql, [](sqlite3_stmt*) {});
  }

 private:
  void need(bool good) {
    if (!good) throw std::runtime_error(sqlite3_errmsg(db_));
  }
  sqlite3* db_ = nullptr;
};

string text_at(sqlite3_stmt* row, int column) {
  const auto* text = reinterpret_cast<const char*>(sqlite3_column_blob(row, column));
  return text == nullptr ? string()
                         : string(text, static_cast<std::size_t>(sqlite3_column_bytes(row, column)));
}

/// The ids of what was made, to ask for it again.
struct Made {
  string sent;    // to all, drained, read and replied to
  string half;    // to all; some failed, some wait, a batch is in flight
  string unseen;  // to three; not begun
  string draft;   // some selected, some de-selected
  string thread;  // c2's, of `sent`
  string direct;  // c4's
};

/// One answer of the store.
struct Answer {
  string question;
  Code code = Code::ok;
  string text;
};

struct Told {
  string to;
  string address;
  string thread;
  bool operator<(const Told& o) const {
    return std::tie(to, address, thread) < std::tie(o.to, o.address, o.thread);
  }
};

/// Everything a store has to say.
struct Account {
  std::vector<Answer> answers;
  std::set<Told> told;
  std::vector<string> findings;
};

std::unique_ptr<Engine> open(const string& path, const std::shared_ptr<StillClock>& clock,
                             std::function<bool(bccast::Notices&)> notify) {
  bccast::Options options;
  options.clock(clock);
  options.notifier("email", std::move(notify));
  return std::make_unique<Engine>(path, std::move(options));
}

const std::vector<string>& clients() {
  static const std::vector<string> ids{"c1", "c2", "c3", "c4", "c5", "c6", "c7"};
  return ids;
}

/// A store with something in every table.
Made make(const string& path) {
  const auto clock = std::make_shared<StillClock>();
  const auto engine = open(path, clock, [](bccast::Notices& notices) {
    for (std::size_t i = 0; i < notices.size(); ++i) {
      const auto to = notices.at(i).to;
      if (to == "c3") notices.set(i, bccast::NoticeStatus::failed, "no_mailbox");
      if (to == "c4") notices.set(i, bccast::NoticeStatus::retry, "greylisted");
      if (to == "c5") notices.set(i, bccast::NoticeStatus::skipped, "on_holiday");
    }
    return true;
  });
  for (const string provider : {"lee", "may"}) {
    engine->provider_put(provider, "Dr. " + provider);
    engine->provider_set(provider, "address.email", provider + "@example.org");
  }
  for (const auto& id : clients()) {
    engine->client_put(id, "Name of " + id, id == "c6" ? "" : id + "@example.org");
    engine->roster_add("lee", id);
    if (id != "c1") engine->roster_add("may", id);
  }
  engine->client_set("c2", "locale", "de");
  engine->client_set("c2", "address.sms", "+49 30 1");
  engine->roster_set("lee", "c1", "notify", "off");
  engine->roster_set("lee", "c5", "chat", "off");
  engine->roster_archive("lee", "c7");
  Made made;
  const auto blast = [&](const string& provider, const string& key, const string& text,
                         const std::vector<std::string_view>& to) {
    const auto id = engine->blast_create(provider, key).blast;
    if (to.empty())
      engine->blast_select_all_active(provider, id);
    else
      engine->blast_select_many(provider, id, to);
    engine->blast_write(provider, id, text);
    return id;
  };
  made.sent = blast("lee", "first", "Take one tablet of 5 mg a day", {});
  engine->blast_send("lee", made.sent);
  engine->pump();
  made.thread = engine->client_threads("c2").items.at(0).thread;
  engine->client_read("c2", made.thread, 1);
  engine->client_reply("c2", made.thread, "5 mg or 50?", "reply");
  made.direct = engine->provider_direct("lee", "c4");
  engine->provider_reply("lee", made.direct, "Please call me at 5");
  made.half = blast("may", "second", "Closed on 24 and 25", {});
  engine->blast_send("may", made.half);
  {
    // A worker that dies at work leaves its claim.
    const auto worker = open(path, clock, [](bccast::Notices&) { return false; });
    worker->pump(2);
  }
  made.unseen = blast("lee", "third", "Flu vaccine on the 3rd", {"c1", "c2", "c4"});
  engine->blast_send("lee", made.unseen);
  made.draft = blast("lee", "fourth", "A draft", {"c1", "c3", "c4"});
  engine->blast_deselect("lee", made.draft, "c3");
  const auto recalled = blast("lee", "fifth", "Closed on the 12th", {"c1", "c2", "c4"});
  engine->blast_send("lee", recalled);
  engine->client_read("c4", engine->blast_why("lee", recalled, "c4").at(0).thread, 1);
  engine->blast_recall("lee", recalled);
  {
    // On a channel with quiet hours somebody waits for the morning.
    bccast::Options options;
    options.clock(clock);
    options.notifier("sms", [](bccast::Notices&) { return true; });
    Engine phone(path, std::move(options));
    phone.channel_set("sms", "quiet_hours", "00:00-23:59");
    const auto quiet = blast("lee", "sixth", "Come at 7", {"c2", "c4"});
    phone.blast_set("lee", quiet, "channels", "sms");
    phone.blast_send("lee", quiet);
    phone.pump();
  }
  engine->checkpoint();
  return made;
}

/// Asks for everything there is, goes on with what is to be done, and asks again.
Account account_of(const string& path, const Made& made) {
  Account account;
  const auto clock = std::make_shared<StillClock>();
  clock->now += 10 * 60'000;  // leases are over, retries due
  std::unique_ptr<Engine> engine;
  const auto ask = [&](const string& question, const std::function<string()>& answer) {
    Answer& a = account.answers.emplace_back();
    a.question = question;
    try {
      a.text = answer();
    } catch (const Error& error) {
      a.code = error.code();
    }
  };
  ask("open", [&] {
    engine = open(path, clock, [&](bccast::Notices& notices) {
      for (std::size_t i = 0; i < notices.size(); ++i) {
        const auto n = notices.at(i);
        account.told.insert({string(n.to), string(n.address), n.thread});
      }
      return true;
    });
    return string();
  });
  if (engine == nullptr) return account;
  Engine& e = *engine;
  const auto look = [&](const string& when) {
    for (const auto& client : clients())
      ask(when + "inbox of " + client, [&] {
        string text;
        for (const auto& t : e.client_threads(client).items) {
          text += t.thread + " " + t.provider + " " + t.provider_name + " " + t.last_text + " " +
                  to_string(t.unread) + "\n";
          for (const auto& m : e.client_messages(client, t.thread).items)
            text += " " + to_string(m.seq) + " " + m.author + " " + m.author_name + " " + m.text + "\n";
        }
        return text;
      });
    for (const string provider : {"lee", "may"}) {
      ask(when + "threads of " + provider, [&] {
        string text;
        for (const auto& t : e.provider_threads(provider).items)
          text += t.thread + " " + t.client + " " + t.client_name + " " + t.blast + " " + t.last_text + "\n";
        return text;
      });
      ask(when + "roster of " + provider, [&] {
        const auto count = e.roster_count(provider);
        string text = to_string(count.active) + " " + to_string(count.archived) + "\n";
        for (const auto& r : e.provider_roster(provider).items)
          text += r.client + " " + r.client_name + " " + r.state + " " + r.contact + "\n";
        for (const auto& r : e.provider_roster(provider, "search=c").items) text += r.client + " ";
        return text;
      });
    }
    for (const auto& entry :
         {std::pair{"lee", made.sent}, std::pair{"may", made.half}, std::pair{"lee", made.unseen}}) {
      const string provider = entry.first;
      const string& blast = entry.second;
      ask(when + "recipients of " + blast, [&] {
        string text;
        for (const auto& r : e.blast_recipients(provider, blast).items)
          text += r.client + " " + r.client_name + " " + r.thread + " " + r.state + " " + r.reason + " " +
                  (r.replied ? "replied" : "") + "\n";
        return text;
      });
      ask(when + "who has " + blast, [&] {
        string text;
        for (const auto& client : clients()) {
          if (provider == string("may") && client == "c1") continue;  // not on the roster
          for (const auto& r : e.blast_why(provider, blast, client))
            text += r.client + " " + r.state + " " + r.reason + "\n";
        }
        return text;
      });
      ask(when + "status of " + blast, [&] {
        string text;
        for (const auto& s : e.blast_status(provider, blast))
          text += s.channel + " " + s.state + " " + to_string(s.recipients) + " " + to_string(s.done) + " " +
                  to_string(s.failed) + " " + to_string(s.skipped) + " " + to_string(s.pending) + " " +
                  to_string(s.opened.value_or(-1)) + "\n";
        return text;
      });
    }
  };
  look("");
  ask("selection", [&] {
    string text;
    for (const auto& s : e.blast_selection("lee", made.draft).items)
      text += s.client + " " + (s.chosen ? "chosen" : s.reason) + "\n";
    return text;
  });
  ask("preview", [&] {
    const auto p = e.blast_preview("lee", made.draft);
    return to_string(p.recipients) + " " + to_string(p.archived) + " " + to_string(p.off) + " " +
           to_string(p.no_address) + " " + to_string(p.deselected) + " " + p.digest;
  });
  // What was done once is not done again.
  ask("the first blast again", [&] {
    const auto created = e.blast_create("lee", "first");
    return string(created.existed ? "existed" : "NEW") + (created.blast == made.sent ? "" : " ANOTHER");
  });
  ask("the reply again", [&] {
    return string(e.client_reply("c2", made.thread, "5 mg or 50?", "reply").existed ? "existed" : "TWICE");
  });
  // Addresses go from the client to its places on rosters.
  ask("rename", [&] {
    e.client_put("c2", "New name", std::nullopt);
    e.provider_set("lee", "locale", "fr");
    return string();
  });
  ask("send the draft", [&] {
    e.blast_send("lee", made.draft);
    return string();
  });
  for (int turn = 0; turn < 12; ++turn)
    ask("pump " + to_string(turn), [&] {
      const auto pumped = e.pump();
      clock->now += 20 * 60'000;
      return to_string(pumped.done);
    });
  look("afterwards, ");
  ask("verify", [&] {
    for (const auto& finding : e.verify())
      account.findings.push_back(finding.kind + " " + finding.object + ": " + finding.detail);
    return string();
  });
  return account;
}

/// The address of one bit.
struct Bit {
  string table;
  string column;
  string row;  // the condition that finds it
  std::size_t at = 0;
  string name() const { return table + "." + column + " where " + row + ", bit " + to_string(at); }
};

struct Cell {
  Bit bit;
  std::size_t size = 0;  // in bytes
};

/// Every blob there is, but none of the columns of the indexes, which SQLite keeps itself.
std::vector<Cell> blobs_of(const string& path) {
  Database db(path);
  std::vector<string> tables;
  db.each("SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY name",
          [&](auto* row) { tables.push_back(text_at(row, 0)); });
  std::vector<Cell> cells;
  for (const auto& table : tables) {
    std::vector<string> blobs;
    std::vector<string> keys;
    db.each("PRAGMA table_info(" + table + ")", [&](auto* row) {
      if (text_at(row, 2) == "BLOB") blobs.push_back(text_at(row, 1));
      if (sqlite3_column_int(row, 5) > 0) keys.push_back(text_at(row, 1));
    });
    for (const auto& blob : blobs) {
      string columns;
      for (const auto& key : keys) columns += ", quote(" + key + ")";
      db.each("SELECT length(" + blob + ")" + columns + " FROM " + table + " WHERE length(" + blob + ") > 0",
              [&](auto* row) {
                string condition;
                for (std::size_t k = 0; k < keys.size(); ++k)
                  condition +=
                      (k == 0 ? "" : " AND ") + keys[k] + " = " + text_at(row, static_cast<int>(k) + 1);
                cells.push_back(
                    {{table, blob, condition, 0}, static_cast<std::size_t>(sqlite3_column_int(row, 0))});
              });
    }
  }
  return cells;
}

void flip(const string& path, const Bit& bit) {
  Database db(path);
  string bytes;
  db.each("SELECT " + bit.column + " FROM " + bit.table + " WHERE " + bit.row,
          [&](auto* row) { bytes = text_at(row, 0); });
  bytes.at(bit.at / 8) =
      static_cast<char>(static_cast<unsigned char>(bytes[bit.at / 8]) ^ (1U << (bit.at % 8)));
  string hex;
  for (const char c : bytes) {
    const auto byte = static_cast<unsigned char>(c);
    hex += "0123456789abcdef"[byte >> 4];
    hex += "0123456789abcdef"[byte & 15];
  }
  db.run("UPDATE " + bit.table + " SET " + bit.column + " = x'" + hex + "' WHERE " + bit.row);
  db.run("PRAGMA wal_checkpoint(TRUNCATE)");
}

std::int64_t scale() {
  const char* text = std::getenv("BCCAST_TEST_SCALE");
  return text != nullptr ? std::max<std::int64_t>(1, std::atoll(text)) : 1;
}

/// The store, its account, and what is found in its damaged copies.
class Damage {
 public:
  Damage() {
    const string path = folder_.file();
    made_ = make(path);
    std::ifstream file(path, std::ios::binary);
    whole_.assign(std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>());
    cells_ = blobs_of(path);
    right_ = account_of(copy(), made_);
    for (const auto& answer : right_.answers) {
      CAPTURE(answer.question);
      CHECK(answer.code == Code::ok);
    }
    CHECK(right_.findings.empty());
    CHECK(right_.told.size() > 10);
  }

  const std::vector<Cell>& cells() const { return cells_; }

  /// Tries the bits of the blobs that are `wanted`; says what each kind of fault was and where it was first
  /// seen.
  void try_all(const std::function<bool(const Cell&)>& wanted, std::size_t about) {
    std::size_t bits = 0;
    for (const auto& cell : cells_)
      if (wanted(cell)) bits += cell.size * 8;
    REQUIRE(bits > 0);
    std::size_t step = std::max<std::size_t>(1, bits / (about * static_cast<std::size_t>(scale())));
    if (step > 1 && step % 2 == 0) ++step;  // each of the eight bits in turn
    std::size_t next = 0;
    std::size_t tried = 0;
    for (const auto& cell : cells_) {
      if (!wanted(cell)) continue;
      for (Bit bit = cell.bit; bit.at < cell.size * 8; ++bit.at)
        if (next++ % step == 0) {
          try_one(bit);
          ++tried;
        }
    }
    MESSAGE("bits: ", bits, ", tried: ", tried, ", said CORRUPT: ", said_);
    for (const auto& [kind, first] : wrong_) FAIL_CHECK(kind << " x" << first.second << ": " << first.first);
  }

 private:
  string copy() {
    const string path = folder_.file("copy.db");
    for (const char* suffix : {"-wal", "-shm"}) fs::remove(path + suffix);
    std::ofstream(path, std::ios::binary | std::ios::trunc) << whole_;
    return path;
  }

  void wrong(const Bit& bit, const string& kind, const string& detail) {
    auto& entry = wrong_[bit.table + "." + bit.column + ": " + kind];
    if (entry.second++ == 0) entry.first = bit.name() + ": " + detail;
  }

  void try_one(const Bit& bit) {
    const string path = copy();
    flip(path, bit);
    const Account account = account_of(path, made_);
    for (const auto& told : account.told)
      if (right_.told.count(told) == 0)
        wrong(bit, "somebody was told of something else", told.to + " " + told.address + " " + told.thread);
    bool corrupt = !account.findings.empty();
    for (const auto& answer : account.answers) corrupt = corrupt || answer.code == Code::corrupt;
    for (std::size_t i = 0; i < account.answers.size(); ++i) {
      const auto& got = account.answers[i];
      const auto& right = right_.answers[i];
      if (got.code != Code::ok && got.code != Code::corrupt)
        wrong(bit, "another error", got.question + ": " + to_string(static_cast<int>(got.code)));
      // Once CORRUPT was said to a writer or to pump, what would have followed from its work is missing.
      if (got.code == Code::ok && got.text != right.text && !corrupt)
        wrong(bit, "a wrong answer, and nobody says so", got.question + ": " + got.text);
      if (got.code == Code::ok && got.text != right.text && got.question.compare(0, 8, "inbox of") == 0)
        wrong(bit, "a wrong inbox", got.question + ": " + got.text);
      if (got.code == Code::ok && got.text != right.text && got.question.compare(0, 13, "recipients of") == 0)
        wrong(bit, "wrong recipients", got.question + ": " + got.text);
    }
    if (account.told.size() != right_.told.size() && !corrupt)
      wrong(bit, "somebody was not told, and nobody says so", to_string(account.told.size()));
    said_ += corrupt ? 1 : 0;
  }

  TemporaryFolder folder_;
  Made made_;
  string whole_;
  std::vector<Cell> cells_;
  Account right_;
  std::size_t said_ = 0;
  std::map<string, std::pair<string, int>> wrong_;
};

auto of(std::initializer_list<const char*> names) {
  const std::set<string> wanted(names.begin(), names.end());
  return [wanted](const Cell& cell) {
    return wanted.count(cell.bit.table + "." + cell.bit.column) != 0 || wanted.count(cell.bit.table) != 0;
  };
}

}  // namespace

TEST_CASE("The small store has a blob in every column of blobs") {
  const TemporaryFolder folder;
  const string path = folder.file();
  make(path);
  std::set<string> filled;
  for (const auto& cell : blobs_of(path)) filled.insert(cell.bit.table + "." + cell.bit.column);
  Database(path).each(
      "SELECT m.name || '.' || c.name FROM sqlite_schema AS m, pragma_table_info(m.name) AS c "
      "WHERE m.type = 'table' AND c.type = 'BLOB'",
      [&](auto* row) { CHECK_MESSAGE(filled.count(text_at(row, 0)) == 1, text_at(row, 0)); });
}

TEST_CASE("A flipped bit in a bitmap is found, and nobody is told who should not be") {
  Damage damage;
  damage.try_all(of({"recipients", "roster_slice", "address_slice", "draft_slice", "mark", "skip", "waiting",
                     "item_slice"}),
                 400);
}

TEST_CASE("A flipped bit in a roster's entry is found, and nobody is told who should not be") {
  Damage damage;
  damage.try_all(of({"roster"}), 300);
}

TEST_CASE("A flipped bit in the index of names is found, and no list shows somebody twice") {
  Damage damage;
  damage.try_all(of({"roster_name"}), 200);
}

TEST_CASE("A flipped bit in a claim loses no notification in silence") {
  Damage damage;
  damage.try_all(of({"claim", "item.token"}), 128);
}

TEST_CASE("A flipped bit in an address of a person is found, and nothing goes to the address it makes") {
  Damage damage;
  damage.try_all(of({"provider.addresses", "client.addresses"}), 200);
}

TEST_CASE("A flipped bit in a text is found, and nobody reads another text") {
  Damage damage;
  damage.try_all(of({"blast_text", "message.text"}), 200);
}

TEST_CASE("A flipped bit in the store's key is found") {
  Damage damage;
  damage.try_all(of({"store", "log_mark"}), 64);
}

TEST_CASE("A flipped bit in a stored idempotency key is found, and nothing is done twice") {
  Damage damage;
  damage.try_all(of({"blast.key_hash", "message.key_hash"}), 64);
}

TEST_CASE("No blob is left out") {
  const auto tried = of(
      {"recipients",       "roster_slice", "address_slice", "draft_slice", "mark",     "skip",
       "waiting",          "item_slice",   "roster",        "roster_name", "claim",    "provider.addresses",
       "client.addresses", "blast_text",   "message.text",  "store",       "log_mark", "blast.key_hash",
       "message.key_hash", "item.token"});
  const TemporaryFolder folder;
  const string path = folder.file();
  make(path);
  for (const auto& cell : blobs_of(path)) CHECK_MESSAGE(tried(cell), cell.bit.name());
}
