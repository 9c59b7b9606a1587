// Random interleavings of archive, restore, send, schedule, unschedule, pause, resume, recall, reply, read,
// pump, claim and the clock, over three clients and two blasts, against a model of sets; after every step R1,
// R5, P4, P5 and P8 are looked at. The n-th interleaving is a function of n.
//
//     BCCAST_INTERLEAVINGS=100000  so many
//     BCCAST_INTERLEAVING=17       this one
#include <bccast/bccast.h>
#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <optional>
#include <set>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "sim/prng.hpp"
#include "support/host.hpp"

namespace {

using test::call;
using test::must;

constexpr std::uint64_t kInterleavings = 4'000;
constexpr std::uint64_t kTogether = 500;  // in one store, each with a provider and clients of its own
constexpr int kClients = 3;
constexpr std::int64_t kLateLimitMs = 3'600'000;
/// A verb that comes twice is twice as likely.
constexpr std::array<const char*, 16> kVerbs{
    "archive", "send",  "send", "schedule", "unschedule", "pause", "resume",   "recall",
    "recall",  "reply", "read", "read",     "pump",       "claim", "complete", "wait"};
constexpr const char* kText = "The practice is closed on Friday";
constexpr const char* kMadeUp = "0123456789abcdef0123456789abcdef";

std::uint64_t setting(const char* name, std::uint64_t otherwise) {
  const char* value = std::getenv(name);
  return value != nullptr ? std::stoull(value) : otherwise;
}

struct Mail {
  bool read = false;
  bool replied = false;
  bool told = false;       // or being told
  bool in_flight = false;  // claimed
  bool excused = false;    // there was a reason not to tell it
  bool gone = false;       // recalled, and it knew nothing of it
  std::string thread;
};

struct Blast {
  std::string id;
  std::string state = "draft";
  std::int64_t at = 0;  // scheduled
  std::set<int> recipients;
  std::array<Mail, kClients> mails;
  bool sent() const { return state != "draft" && state != "scheduled"; }
};

[[noreturn]] void wrong(const std::string& what) {
  throw std::runtime_error(what);
}

struct Store {
  Store() {
    bccast_config* config = nullptr;
    must(bccast_config_new, &config);
    const std::unique_ptr<bccast_config, void (*)(bccast_config*)> owner(config, bccast_config_free);
    clock.attach(config);
    notifier.attach(config, "email");
    must(bccast_open, ":memory:", config, &engine);
  }
  ~Store() { bccast_close(engine, 0); }
  Store(const Store&) = delete;
  Store& operator=(const Store&) = delete;

  test::Clock clock;
  test::Notifier notifier;
  bccast_engine* engine = nullptr;
};

class Interleaving {
 public:
  Interleaving(Store& store, std::uint64_t number)
      : store_(store), engine_(store.engine), prng_(number), provider_("p" + std::to_string(number)) {
    must(bccast_directory_provider_put, engine_, provider_, "Dr. Lee");
    for (int c = 0; c < kClients; ++c) {
      clients_.push_back(provider_ + "c" + std::to_string(c));
      must(bccast_directory_client_put, engine_, clients_.back(), "Ana", clients_.back() + "@example.org");
      must(bccast_directory_roster_add, engine_, provider_, clients_.back());
    }
    for (auto& blast : blasts_) {
      char id[BCCAST_ID_SIZE] = "";
      must(bccast_blast_create, engine_, provider_, nullptr, id);
      blast.id = id;
      must(bccast_blast_select_all_active, engine_, provider_, blast.id);
      must(bccast_blast_write, engine_, provider_, blast.id, kText, std::char_traits<char>::length(kText));
    }
  }
  ~Interleaving() { bccast_batch_free(batch_); }
  Interleaving(const Interleaving&) = delete;
  Interleaving& operator=(const Interleaving&) = delete;

  void run() {
    const auto steps = 6 + prng_.below(7);
    for (std::size_t i = 0; i < steps; ++i) {
      try {
        step();
        check();
      } catch (const std::exception& error) {
        wrong("after " + trace_ + error.what());
      }
    }
    // Then all comes to its end.
    complete();
    check();
    for (auto& blast : blasts_)
      if (blast.state == "paused") resume(blast);
    for (auto& blast : blasts_)
      if (blast.state == "scheduled" && blast.at > store_.clock.now_ms())
        store_.clock.advance(blast.at - store_.clock.now_ms());
    pump();
    check();
    for (const auto& blast : blasts_)
      if (blast.sent() && pending(blast) != 0) wrong("R5: it does not come to its end");
  }

 private:
  void step() {
    Blast& blast = blasts_[prng_.below(blasts_.size())];
    const int client = static_cast<int>(prng_.below(kClients));
    const auto kind = prng_.below(kVerbs.size());
    trace_ += std::string(kVerbs[kind]) + " " + std::to_string(&blast - blasts_.data()) + " " +
              std::to_string(client) + ", ";
    switch (kind) {
      case 0:
        return archive(client);
      case 1:
      case 2:
        return send(blast);
      case 3:
        return schedule(blast);
      case 4:
        return expect("unschedule", call(bccast_blast_unschedule, engine_, provider_, blast.id).code,
                      blast.state == "draft"       ? BCCAST_EXISTS
                      : blast.state == "scheduled" ? (blast.state = "draft", BCCAST_OK)
                                                   : BCCAST_E_STATE);
      case 5:
        return pause(blast);
      case 6:
        return resume(blast);
      case 7:
      case 8:
        return recall(blast);
      case 9:
        return reply(blast, client);
      case 10:
      case 11:
        return read(blast, client);
      case 12:
        return pump();
      case 13:
        return claim();
      case 14:
        return complete();
      default:
        return pass();
    }
  }

  static void expect(const char* what, std::int32_t code, std::int32_t expected) {
    if (code != expected)
      wrong(std::string(what) + " gave " + bccast_code_name(code) + ", not " + bccast_code_name(expected));
  }

  void archive(int client) {
    const bool is = archived_.contains(client);
    must(is ? bccast_directory_roster_restore : bccast_directory_roster_archive, engine_, provider_,
         clients_[static_cast<std::size_t>(client)]);
    if (is) {
      archived_.erase(client);
    } else {
      archived_.insert(client);
      for (auto& blast : blasts_) blast.mails[static_cast<std::size_t>(client)].excused = true;
    }
  }

  // ---- The provider

  std::size_t audience() const { return kClients - archived_.size(); }

  void was_sent(Blast& blast) {
    blast.state = "sent";
    std::set<int> got;
    for (int c = 0; c < kClients; ++c)
      if (!archived_.contains(c)) blast.recipients.insert(c);
    const test::Column ids(clients_);
    const auto rows =
        must(bccast_blast_find, engine_, provider_, blast.id, clients_.size(), ids.bytes, ids.offsets.data())
            .rows;
    for (const auto& row : rows) {
      const auto c = std::ranges::find(clients_, row.text("client")) - clients_.begin();
      got.insert(static_cast<int>(c));
      blast.mails[static_cast<std::size_t>(c)].thread = row.text("thread");
      blast.mails[static_cast<std::size_t>(c)].excused = false;
    }
    if (got != blast.recipients) wrong("R1: another's recipients");
  }

  void send(Blast& blast) {
    const auto code = call(bccast_blast_send, engine_, provider_, blast.id, nullptr).code;
    expect("send", code, blast.sent() ? BCCAST_EXISTS : audience() < 2 ? BCCAST_E_TOO_FEW : BCCAST_OK);
    if (code == BCCAST_OK) was_sent(blast);
  }

  void schedule(Blast& blast) {
    const auto at =
        store_.clock.now_ms() + (prng_.percent(30) ? 90'000'000 : 1 + static_cast<int>(prng_.below(20'000)));
    const auto code = call(bccast_blast_schedule, engine_, provider_, blast.id, at, nullptr).code;
    expect("schedule", code, blast.sent() ? BCCAST_E_STATE : BCCAST_OK);
    if (code != BCCAST_OK) return;
    blast.state = "scheduled";
    blast.at = at;
  }

  void pause(Blast& blast) {
    const bool open = blast.state == "sent" && pending(blast) > 0;
    expect("pause", call(bccast_blast_pause, engine_, provider_, blast.id).code,
           blast.state == "paused" ? BCCAST_EXISTS
           : open                  ? BCCAST_OK
                                   : BCCAST_E_STATE);
    if (open) blast.state = "paused";
  }

  void resume(Blast& blast) {
    const auto code = call(bccast_blast_resume, engine_, provider_, blast.id).code;
    expect("resume", code,
           blast.state == "paused"                       ? BCCAST_OK
           : blast.state == "sent" && pending(blast) > 0 ? BCCAST_EXISTS
                                                         : BCCAST_E_STATE);
    if (code == BCCAST_OK) blast.state = "sent";
  }

  void recall(Blast& blast) {
    const auto before = lists();
    const auto code = call(bccast_blast_recall, engine_, provider_, blast.id).code;
    expect("recall", code,
           !blast.sent()               ? BCCAST_E_STATE
           : blast.state == "recalled" ? BCCAST_EXISTS
                                       : BCCAST_OK);
    if (code != BCCAST_OK) return;
    blast.state = "recalled";
    const auto after = lists();
    // Of a batch that is out it is not stored whom it left out: they may keep the thread.
    const bool out = std::ranges::any_of(blast.mails, &Mail::in_flight);
    for (const int c : blast.recipients) {
      auto& mail = blast.mails[static_cast<std::size_t>(c)];
      mail.gone = !mail.read && !mail.replied && !mail.told;
      if (mail.gone && out && mail.excused)
        mail.gone = std::ranges::count(after[static_cast<std::size_t>(c)], mail.thread) == 0;
      mail.excused = true;
      mail.read = true;
    }
    // P8: nothing moves, and all but this blast's threads is as it was.
    for (std::size_t c = 0; c < clients_.size(); ++c) {
      std::vector<std::string> expected = before[c];
      if (blast.mails[c].gone) std::erase(expected, blast.mails[c].thread);
      if (after[c] != expected) wrong("P8: a recall has moved something in a list");
    }
  }

  std::vector<std::vector<std::string>> lists() {
    std::vector<std::vector<std::string>> all;
    for (const auto& client : clients_)
      all.push_back(must(bccast_client_threads, engine_, client, nullptr, nullptr, 0).rows.column("thread"));
    return all;
  }

  // ---- The clients

  void reply(Blast& blast, int client) {
    auto& mail = blast.mails[static_cast<std::size_t>(client)];
    const bool there = !mail.thread.empty() && !mail.gone;
    const auto code =
        call(bccast_client_reply, engine_, clients_[static_cast<std::size_t>(client)],
             mail.thread.empty() ? std::string(kMadeUp) : mail.thread, nullptr, "Thanks", 6, nullptr, nullptr)
            .code;
    expect("reply", code, there ? BCCAST_OK : BCCAST_E_NOT_FOUND);
    if (there) mail.replied = true;
  }

  void read(Blast& blast, int client) {
    auto& mail = blast.mails[static_cast<std::size_t>(client)];
    const bool there = !mail.thread.empty() && !mail.gone;
    const auto code = call(bccast_client_read, engine_, clients_[static_cast<std::size_t>(client)],
                           mail.thread.empty() ? std::string(kMadeUp) : mail.thread, 1)
                          .code;
    expect("read", code, there ? BCCAST_OK : BCCAST_E_NOT_FOUND);
    if (there) mail.read = mail.excused = true;
  }

  // ---- Work and the clock

  /// What is due goes, or is a draft again with the right reason. `all`: whoever looked had to do it.
  void carry_out_due(bool all) {
    for (auto& blast : blasts_) {
      if (blast.state != "scheduled" || blast.at > store_.clock.now_ms()) continue;
      const auto row = must(bccast_blast_get, engine_, provider_, blast.id).rows[0];
      const auto& state = row.text("state");
      if (state == "scheduled" && !all) continue;
      const bool late = store_.clock.now_ms() - blast.at > kLateLimitMs;
      if (late || audience() < 2) {
        if (state != "draft" || row.text("missed_reason") != (late ? "late" : "too_few"))
          wrong("R11: a schedule that could not go is " + state + ", " + row.text("missed_reason"));
        blast.state = "draft";
      } else {
        if (state == "draft" || state == "scheduled") wrong("R11: a schedule is lost: " + state);
        was_sent(blast);
      }
    }
  }

  /// A notification, as it is handed out.
  void told(const test::Row& row, bool claimed) {
    for (auto& blast : blasts_)
      for (const int c : blast.recipients) {
        auto& mail = blast.mails[static_cast<std::size_t>(c)];
        if (mail.thread != row.text("thread")) continue;
        if (blast.state == "paused" || blast.state == "recalled") wrong("P8: told of what is " + blast.state);
        if (mail.told) wrong("R2: told twice");
        mail.told = true;
        mail.in_flight = claimed;
        return;
      }
    wrong("R2: told of nothing");
  }

  void pump() {
    store_.notifier.forget();
    must(bccast_pump, engine_, 0, 0, nullptr, nullptr);
    carry_out_due(true);
    for (const auto& notice : store_.notifier.all()) told(notice.row, false);
  }

  void claim() {
    if (batch_ != nullptr) return;
    must(bccast_claim, engine_, "email", 1 + static_cast<std::uint32_t>(prng_.below(2)), &batch_);
    carry_out_due(false);
    if (batch_ == nullptr) return;
    for (const auto& row : test::copy_rows(bccast_batch_rows(batch_))) told(row, true);
  }

  /// Its batch, some of it as failed: those were not told.
  void complete() {
    if (batch_ == nullptr) return;
    const auto rows = test::copy_rows(bccast_batch_rows(batch_));
    std::vector<std::int32_t> statuses;
    for (const auto& row : rows) {
      const bool failed = prng_.percent(30);
      statuses.push_back(failed ? BCCAST_ITEM_FAILED : BCCAST_ITEM_DONE);
      for (auto& blast : blasts_)
        for (auto& mail : blast.mails)
          if (mail.thread == row.text("thread")) {
            mail.in_flight = false;
            mail.told = !failed;
            mail.excused = mail.excused || failed;
          }
    }
    must(bccast_batch_complete, batch_, 0, statuses.data());
    bccast_batch_free(std::exchange(batch_, nullptr));
  }

  void pass() {
    constexpr std::array<std::int64_t, 5> kTimes{1, 1000, 30'000, 4'000'000, 91'000'000};
    const auto ms = kTimes[prng_.below(kTimes.size())];
    if (ms > 1000) complete();  // within its lease
    store_.clock.advance(ms);
  }

  // ---- What must hold

  std::int64_t pending(const Blast& blast) {
    const auto rows = must(bccast_blast_status, engine_, provider_, blast.id).rows;
    return rows[rows.size() - 1].number("pending");
  }

  void check() {
    for (auto& blast : blasts_) check_blast(blast);
    for (std::size_t c = 0; c < clients_.size(); ++c) check_client(c);
  }

  void check_blast(Blast& blast) {
    const auto state = must(bccast_blast_get, engine_, provider_, blast.id).rows[0].text("state");
    if (!blast.sent()) {
      if (state != blast.state) wrong("R11: a blast is " + state + ", not " + blast.state);
      return;
    }
    for (const auto& row : must(bccast_blast_status, engine_, provider_, blast.id).rows) {
      const auto done = row.number("done");
      const auto open = row.number("pending");
      const auto sum = done + row.number("failed") + row.number("skipped") + open;
      const auto all = static_cast<std::int64_t>(blast.recipients.size());
      if (sum != all || row.number("recipients") != all) wrong("R5: it does not add up");
      if (row.text("channel").empty()) {
        // What was in flight when it was paused may have been the last of it.
        if (blast.state == "paused" && open == 0) blast.state = "sent";
        const auto expected = blast.state == "sent" && open == 0 ? "finished" : blast.state;
        if (state != expected) wrong("R5: a blast is " + state + ", not " + expected);
      }
    }
    for (const auto& row :
         must(bccast_blast_recipients, engine_, provider_, blast.id, nullptr, nullptr, 0).rows) {
      const auto c = std::ranges::find(clients_, row.text("client")) - clients_.begin();
      const auto& mail = blast.mails[static_cast<std::size_t>(c)];
      const auto& is = row.text("state");
      if ((is == "done") != (mail.told && !mail.in_flight)) wrong("R5: " + is + ", and told or not");
      if (is == "skipped" && !mail.excused) wrong("R5: skipped for no reason: " + row.text("reason"));
    }
  }

  void check_client(std::size_t c) {
    const auto seen = must(bccast_client_threads, engine_, clients_[c], nullptr, nullptr, 0).rows;
    if (must(bccast_client_threads, engine_, clients_[c], nullptr, nullptr, 0).rows != seen)
      wrong("P5: another list at a second look");
    std::size_t expected = 0;
    std::int64_t unread = 0;
    for (const auto& blast : blasts_) {
      const auto& mail = blast.mails[c];
      if (mail.thread.empty()) continue;
      const auto messages = call(bccast_client_messages, engine_, clients_[c], mail.thread, 0, 1, 0);
      if (mail.gone) {
        const auto unknown = call(bccast_client_messages, engine_, clients_[c], kMadeUp, 0, 1, 0);
        if (messages != unknown) wrong("P4: a thread that was recalled is told from one that never was");
        if (std::ranges::any_of(seen,
                                [&](const test::Row& row) { return row.text("thread") == mail.thread; }))
          wrong("P8: a recalled blast is still shown");
        continue;
      }
      ++expected;
      unread += mail.read ? 0 : 1;
      const auto& row = seen.where("thread", mail.thread);
      if (row.number("unread") != (mail.read ? 0 : 1)) wrong("R1: unread");
      if (messages.code != BCCAST_OK) wrong("R1: its own thread is not there");
      const bool recalled = blast.state == "recalled";
      const auto& first = messages.rows[0];
      if ((first.number("removed") != 0) != recalled || first.text("text") != (recalled ? "" : kText))
        wrong("R1: removed, or its text");
      if (!mail.replied && (row.number("removed") != 0) != recalled) wrong("R1: removed in the list");
    }
    if (seen.size() != expected) wrong("R1: more threads, or fewer");
    std::int64_t threads = 0;
    std::int64_t messages = 0;
    must(bccast_client_unread, engine_, clients_[c], &threads, &messages);
    if (threads != unread || messages != unread) wrong("R1: the sum of what is unread");
    // P4: another's.
    const auto& other = blasts_[0].mails[(c + 1) % kClients];
    if (other.thread.empty()) return;
    if (call(bccast_client_messages, engine_, clients_[c], other.thread, 0, 1, 0) !=
        call(bccast_client_messages, engine_, clients_[c], kMadeUp, 0, 1, 0))
      wrong("P4: another's thread is told from one that never was");
  }

  Store& store_;
  bccast_engine* engine_;
  sim::Prng prng_;
  std::string provider_;
  std::string trace_;  // the steps so far: verb, blast, client
  std::vector<std::string> clients_;
  std::set<int> archived_;
  std::array<Blast, 2> blasts_;
  bccast_batch* batch_ = nullptr;
};

}  // namespace

TEST_CASE("archive, send, schedule, recall, reply and read in any order") {
  const auto only = setting("BCCAST_INTERLEAVING", 0);
  const auto first = only != 0 ? only : 1;
  const auto count = only != 0 ? 1 : setting("BCCAST_INTERLEAVINGS", kInterleavings);
  std::optional<Store> store;
  int failed = 0;
  for (auto n = first; n < first + count && failed < 3; ++n) {
    if (!store || n % kTogether == 0) store.emplace();
    try {
      Interleaving(*store, n).run();
    } catch (const std::exception& error) {
      ++failed;
      store.reset();
      FAIL_CHECK("interleaving " << n << ": " << std::string(error.what()));
    }
  }
  CHECK(failed == 0);
}
