// A small store with something in every table, in which every person and every text has a word of its own;
// and all that a store has to say to each of them.
#pragma once

#include <sqlite3.h>

#include <bccast/engine.hpp>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "still_clock.hpp"

namespace test {

class Database {
 public:
  explicit Database(const std::string& path) { need(sqlite3_open(path.c_str(), &db_) == SQLITE_OK); }
  ~Database() { sqlite3_close(db_); }
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;

  void each(const std::string& sql, const std::function<void(sqlite3_stmt*)>& row) {
    sqlite3_stmt* statement = nullptr;
    need(sqlite3_prepare_v2(db_, sql.c_str(), -1, &statement, nullptr) == SQLITE_OK);
    while (sqlite3_step(statement) == SQLITE_ROW) row(statement);
    need(sqlite3_finalize(statement) == SQLITE_OK);
  }
  void run(const std::string& sql) {
    each(sql, [](sqlite3_stmt*) {});
  }
  /// The first column of each row.
  std::vector<std::string> texts(const std::string& sql) {
    std::vector<std::string> all;
    each(sql, [&](sqlite3_stmt* row) {
      const auto* text = reinterpret_cast<const char*>(sqlite3_column_text(row, 0));
      all.emplace_back(text != nullptr ? text : "");
    });
    return all;
  }

 private:
  void need(bool good) {
    if (!good) throw std::runtime_error(sqlite3_errmsg(db_));
  }
  sqlite3* db_ = nullptr;
};

/// Each has a name, an address, and words of its own.
inline const std::vector<std::string>& clients() {
  static const std::vector<std::string> ids{"ann", "bob", "cid", "dan", "eve"};
  return ids;
}
inline const std::vector<std::string>& providers() {
  static const std::vector<std::string> ids{"lee", "may"};
  return ids;
}

/// Begins with "w-" and is found nowhere else.
inline std::string word(const std::string& what) {
  return "w-" + what + "-w";
}

struct FullStore {
  std::vector<std::pair<std::string, std::string>> sent;        // provider, blast
  std::string draft, scheduled;                                 // of lee
  std::string community;                                        // a thread of lee's
  std::vector<std::pair<std::string, std::string>> references;  // the host's, and the thread
};

inline std::unique_ptr<bccast::Engine> open_store(const std::string& path,
                                                  const std::shared_ptr<StillClock>& clock,
                                                  std::function<bool(bccast::Notices&)> notify) {
  bccast::Options options;
  options.clock(clock);
  options.notifier("email", std::move(notify));
  return std::make_unique<bccast::Engine>(path, std::move(options));
}

inline std::string make_blast(bccast::Engine& engine, const std::string& provider, const std::string& key,
                              const std::vector<std::string_view>& to) {
  const auto id = engine.blast_create(provider, key).blast;
  if (to.empty()) {
    engine.blast_select_all_active(provider, id);
  } else {
    engine.blast_select_many(provider, id, to);
  }
  engine.blast_write(provider, id, word("text of " + key));
  return id;
}

inline void fill_directory(bccast::Engine& engine) {
  for (const auto& provider : providers()) {
    engine.provider_put(provider, word("name of " + provider));
    engine.provider_set(provider, "address.email", word(provider) + "@example.org");
  }
  for (const auto& client : clients()) {
    engine.client_put(client, word("name of " + client),
                      client == "eve" ? word("bob") + "@example.org" : word(client) + "@example.org");
    for (const auto& provider : providers())
      if (provider == "lee" || client != "ann") engine.roster_add(provider, client);
  }
  engine.client_set("cid", "address.email", word("dan") + "@example.org");
  engine.roster_set("lee", "cid", "chat", "off");
  engine.roster_archive("may", "eve");
}

inline void fill_threads(bccast::Engine& engine, FullStore& made) {
  for (const auto& client : clients()) {
    const auto direct = engine.provider_direct("lee", client);
    engine.provider_reply("lee", direct, word("direct to " + client), "direct");
    if (client != "cid") engine.client_reply(client, direct, word("answer of " + client), "answer");
    engine.thread_bind(direct, "room of " + client);
    made.references.emplace_back("room of " + client, direct);
  }
  made.community = engine.provider_community("lee", word("title"));
  engine.community_add("lee", made.community, "ann");
  engine.community_add("lee", made.community, "bob");
  engine.provider_reply("lee", made.community, word("to all members"));
  engine.client_reply("ann", made.community, word("of a member"), "first");
  const auto second = engine.provider_community("lee", word("second title"));
  engine.community_add("lee", second, "cid");
  engine.community_add("lee", second, "dan");
  engine.provider_reply("lee", second, word("to the second"));
}

inline void fill_blasts(bccast::Engine& engine, const std::string& path,
                        const std::shared_ptr<StillClock>& clock, FullStore& made) {
  const auto send = [&](const std::string& provider, const std::string& key,
                        const std::vector<std::string_view>& to) {
    const auto id = make_blast(engine, provider, key, to);
    engine.blast_send(provider, id);
    made.sent.emplace_back(provider, id);
    return id;
  };
  send("lee", "first", {});
  engine.pump();
  // One of two at an address was told; both leave it while the blast is on its way.
  for (const char* client : {"bob", "eve"})
    engine.client_set(client, "address.email", word(client) + "@example.net");
  const auto thread = engine.client_threads("bob", "").items.at(0).thread;
  engine.client_read("bob", thread, 1);
  engine.client_reply("bob", thread, word("reply of bob"), "reply");
  send("may", "second", {});
  send("lee", "third", {"ann", "bob"});
  const auto taken_back = send("lee", "fourth", {"ann", "bob", "dan"});
  engine.client_threads("ann");
  engine.blast_recall("lee", taken_back);
  {
    // On a channel with quiet hours somebody waits for the morning.
    bccast::Options options;
    options.clock(clock);
    options.notifier("sms", [](bccast::Notices&) { return true; });
    bccast::Engine phone(path, std::move(options));
    phone.client_set("ann", "address.sms", word("sms of ann"));
    phone.client_set("bob", "address.sms", word("sms of bob"));
    phone.channel_set("sms", "quiet_hours", "00:00-23:59");
    send("lee", "fifth", {"ann", "bob"});
    phone.pump();
  }
  {
    // A worker that dies at work leaves its claim.
    const auto worker = open_store(path, clock, [](bccast::Notices&) { return false; });
    worker->pump(2);
  }
  made.draft = make_blast(engine, "lee", "draft", {"ann", "cid", "dan"});
  engine.blast_deselect("lee", made.draft, "cid");
  make_blast(engine, "may", "other draft", {"bob", "cid"});
  made.scheduled = make_blast(engine, "lee", "scheduled", {"bob", "dan"});
  engine.blast_schedule("lee", made.scheduled, clock->now + 86'400'000);
}

inline FullStore make_full_store(const std::string& path) {
  const auto clock = std::make_shared<StillClock>();
  FullStore made;
  const auto engine = open_store(path, clock, [](bccast::Notices& notices) {
    for (std::size_t i = 0; i < notices.size(); ++i) {
      const auto to = notices.at(i).to;
      if (to == "cid") notices.set(i, bccast::NoticeStatus::failed, "no_mailbox: " + word("detail"));
      if (to == "dan") notices.set(i, bccast::NoticeStatus::retry, "greylisted");
    }
    return true;
  });
  engine->events("a reader");
  engine->events("another reader");
  fill_directory(*engine);
  fill_threads(*engine, made);
  fill_blasts(*engine, path, clock, made);
  engine->checkpoint();
  return made;
}

/// One answer, to somebody: a line for each row. What is counted by an index stands in lines that begin with
/// "#".
struct Answer {
  std::string to;
  std::string question;
  bccast::Code code = bccast::Code::ok;
  std::vector<std::string> lines;
  std::string text;  // of an error
};

struct Told {
  std::string to;
  std::string line;
};

/// All that a store says, and whom it tells.
struct Account {
  std::vector<Answer> answers;
  std::vector<Told> told;
};

class Asking {
 public:
  Asking(const std::string& path, const FullStore& made) : made_(made) {
    clock_->now += 10 * 60'000;  // leases are over, retries due
    ask("the host", "open", [&] {
      engine_ = open_store(path, clock_, [this](bccast::Notices& notices) {
        for (std::size_t i = 0; i < notices.size(); ++i) {
          const auto n = notices.at(i);
          const std::string to(n.to);
          account_.told.push_back({to, to + " | " + std::string(n.address) + " | " + std::string(n.to_name) +
                                           " | " + n.thread + " | "});
        }
        return true;
      });
    });
  }

  Account run() {
    if (engine_ == nullptr) return account_;
    for (const auto& client : clients()) ask_as_client(client);
    for (const auto& provider : providers()) ask_as_provider(provider);
    ask_as_host();
    ask_again();
    ask("the host", "pump", [&] {
      for (int turn = 0; turn < 3; ++turn) {
        engine_->pump();
        clock_->now += 20 * 60'000;
      }
    });
    return account_;
  }

 private:
  template <typename F>
  void ask(const std::string& to, const std::string& question, F&& answer) {
    account_.answers.push_back({to, question, bccast::Code::ok, {}, {}});
    try {
      answer();
    } catch (const bccast::Error& error) {
      account_.answers.back().code = error.code();
      account_.answers.back().text = error.what();
      account_.answers.back().lines.clear();
    }
  }
  template <typename... Parts>
  void say(const Parts&... parts) {
    std::string line;
    ((line += as_text(parts) + " | "), ...);
    account_.answers.back().lines.push_back(std::move(line));
  }
  static const std::string& as_text(const std::string& text) { return text; }
  static std::string as_text(const char* text) { return text; }
  static std::string as_text(std::int64_t number) { return std::to_string(number); }
  static std::string as_text(std::optional<std::int64_t> number) {
    return number ? std::to_string(*number) : "-";
  }

  void say_messages(const std::string& thread, const bccast::Page<bccast::MessageView>& page) {
    for (const auto& m : page.items)
      say(thread, m.seq, m.author, m.author_name, m.text, m.at_ms, m.removed, m.actor);
  }

  void ask_as_client(const std::string& client) {
    ask(client, "inbox", [&] {
      for (const auto& t : engine_->client_threads(client).items) {
        say(t.thread, t.provider, t.provider_name, t.kind, t.title, t.unread, t.read_seq, t.last_at_ms,
            t.last_text, t.removed, t.last_author, t.last_author_name);
        say_messages(t.thread, engine_->client_messages(client, t.thread));
      }
    });
    ask(client, "messages by reference", [&] {
      for (const auto& [reference, thread] : made_.references)
        if (reference == "room of " + client) say_messages(thread, engine_->client_messages(client, thread));
    });
    ask(client, "unread", [&] {
      const auto unread = engine_->client_unread(client);
      say("#", unread.threads, unread.messages);
    });
    ask(client, "export", [&] {
      for (const auto& r : engine_->client_export(client).items)
        say(r.record, r.name, r.thread, r.provider, r.provider_name, r.kind, r.title, r.seq, r.author,
            r.author_name, r.text, r.at_ms, r.removed);
    });
    if (client == "ann" || client == "bob")
      ask(client, "members", [&] {
        for (const auto& m : engine_->client_members(client, made_.community))
          say(m.member, m.member_name, m.since_ms, m.me);
      });
  }

  void ask_as_provider(const std::string& provider) {
    ask(provider, "threads", [&] {
      for (const auto& t : engine_->provider_threads(provider).items) {
        say(t.thread, t.client, t.client_name, t.kind, t.title, t.blast, t.unread, t.read_seq, t.last_at_ms,
            t.last_text, t.last_author, t.last_author_name, t.last_actor);
        say_messages(t.thread, engine_->provider_messages(provider, t.thread));
      }
    });
    ask(provider, "unread", [&] {
      const auto unread = engine_->provider_unread(provider);
      say("#", unread.threads, unread.messages);
    });
    for (const char* filter : {"", "search=w"})
      ask(provider, std::string("roster ") + filter, [&] {
        for (const auto& r : engine_->provider_roster(provider, filter).items)
          say(r.client, r.client_name, r.state, r.contact, r.since_ms);
      });
    ask(provider, "count", [&] {
      const auto count = engine_->roster_count(provider);
      say("#", count.active, count.archived);
    });
    ask(provider, "blasts", [&] {
      for (const auto& b : engine_->blast_list(provider).items)
        say(b.blast, b.state, b.created_at_ms, b.sent_at_ms, b.recipients, b.text, b.opened, b.replied);
    });
    for (const auto& [of, blast] : made_.sent)
      if (of == provider) ask_of_blast(provider, blast);
    if (provider != "lee") return;
    for (const auto& blast : {made_.draft, made_.scheduled})
      ask(provider, "draft", [&] {
        const auto d = engine_->blast_get(provider, blast);
        say(d.blast, d.state, d.text, d.picked, d.deselected, d.scheduled_at_ms);
        for (const auto& s : engine_->blast_selection(provider, blast).items)
          say(s.client, s.client_name, s.chosen, s.reason);
        const auto p = engine_->blast_preview(provider, blast);
        say("#", p.recipients, p.archived, p.off, p.no_address, p.deselected, "digest " + p.digest);
      });
    ask(provider, "members", [&] {
      for (const auto& m : engine_->provider_members(provider, made_.community))
        say(m.client, m.client_name, m.member, m.since_ms, m.actor);
    });
  }

  void ask_of_blast(const std::string& provider, const std::string& blast) {
    ask(provider, "status of " + blast, [&] {
      for (const auto& s : engine_->blast_status(provider, blast))
        say("#", s.channel, s.state, s.recipients, s.done, s.failed, s.skipped, s.pending, s.opened,
            s.replied);
    });
    ask(provider, "recipients of " + blast, [&] {
      for (const auto& r : engine_->blast_recipients(provider, blast).items)
        say(r.client, r.client_name, r.thread, r.channel, r.state, r.reason, r.attempts, r.opened_at_ms,
            r.replied);
    });
    ask(provider, "why of " + blast, [&] {
      for (const auto& r : engine_->blast_why(provider, blast, "bob"))
        say(r.client, r.thread, r.channel, r.state);
    });
  }

  void ask_as_host() {
    ask("the host", "providers", [&] {
      for (const auto& p : engine_->provider_list().items)
        say(p.provider, p.provider_name, p.locale, p.timezone, p.address, p.clients, p.archived);
    });
    for (const auto& client : clients())
      ask("the host", "client " + client, [&] {
        const auto c = engine_->client_get(client);
        say(c.client, c.client_name, c.locale, c.timezone, c.archived, c.chat, c.notify, c.address,
            c.rosters);
      });
    ask("the host", "channels", [&] {
      for (const auto& c : engine_->channel_list()) {
        say(c.channel, c.role, c.paused, c.last_reason, c.rate, c.quiet_hours);
        say("#", c.channel, c.pending);
      }
    });
    for (const auto& one : made_.references)
      ask("the host", one.first, [&] { say(engine_->thread_find(one.first)); });
    ask("the host", "events", [&] {
      for (const auto& e : engine_->events("a reader")) say(e.event, e.provider, e.kind, e.object, e.at_ms);
    });
  }

  /// What was done once is not done again, for whoever has the key.
  void ask_again() {
    ask("lee", "the first blast again", [&] {
      say("#", engine_->blast_create("lee", "first").blast == made_.sent.front().second ? "it" : "another");
    });
    for (const auto& client : clients())
      ask(client, "the answer again", [&] {
        if (client == "cid") return;
        for (const auto& [reference, thread] : made_.references)
          if (reference == "room of " + client) {
            const auto written = engine_->client_reply(client, thread, word("answer of " + client), "answer");
            say("#", written.existed, written.seq);
          }
      });
  }

  const FullStore& made_;
  std::shared_ptr<StillClock> clock_ = std::make_shared<StillClock>();
  Account account_;
  std::unique_ptr<bccast::Engine> engine_;
};

}  // namespace test
