// Killed at any moment, and started again: what was acknowledged is there, whole and once; notifications come
// at least once, and again only those that were in flight, with the same id.
//
// Two processes work on one store: a chat server, which keeps it open, and a program for the command line,
// which opens it for each of its acts and checkpoints. Both are killed again and again. What they were told
// was done stands in a log beside the store, written and synced by them; and so does what their notifiers
// were given.
//
// BCCAST_TEST_SECONDS (default 20) says how long. It takes a minute or more to see claims that were lost in a
// crash taken up while the killing goes on (time runs five times as fast: a lease is twelve seconds).
#include <bccast/bccast.h>
#include <bccast/bccast_ext.h>
#include <dlfcn.h>
#include <doctest/doctest.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <map>
#include <random>
#include <set>
#include <sstream>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "support/host.hpp"

namespace {

using std::string;
using std::to_string;
using Strings = std::vector<string>;

constexpr int kClients = 300;
constexpr std::int64_t kTimesAsFast = 5;

string client_id(int i) {
  return "client-" + to_string(1000 + i);
}

// ---- The logs

/// Lines that survive their writer. One that was killed may leave half a line: a whole one ends with a dot,
/// and begins anew after whatever was before it.
class Log {
 public:
  explicit Log(const std::filesystem::path& path)
      : file_(open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600)) {
    if (file_ < 0) throw std::runtime_error("no log");
  }
  ~Log() { close(file_); }
  Log(const Log&) = delete;
  Log& operator=(const Log&) = delete;
  void add(const Strings& all) {
    string lines = "\n";
    for (const auto& line : all) lines += line + " .\n";
    if (write(file_, lines.data(), lines.size()) != static_cast<ssize_t>(lines.size()) ||
        fdatasync(file_) != 0)
      throw std::runtime_error("the log cannot be written");
  }

 private:
  int file_;
};

std::vector<Strings> read_log(const std::filesystem::path& path) {
  std::vector<Strings> lines;
  std::ifstream file(path);
  for (string line; std::getline(file, line);) {
    std::istringstream words(line);
    Strings one;
    for (string word; words >> word;) one.push_back(word);
    if (one.empty() || one.back() != ".") continue;
    one.pop_back();
    lines.push_back(std::move(one));
  }
  return lines;
}

Strings split(const string& text) {
  Strings parts;
  std::istringstream in(text);
  for (string part; std::getline(in, part, ',');) parts.push_back(part);
  return parts;
}

string join(const Strings& parts) {
  string text;
  for (const auto& part : parts) text += (text.empty() ? "" : ",") + part;
  return text;
}

// ---- The two programs

struct Paths {
  explicit Paths(const std::filesystem::path& folder)
      : store(folder / "store.db"),
        acknowledged(folder / "acknowledged.log"),
        notices(folder / "notices.log") {}
  std::filesystem::path store;
  std::filesystem::path acknowledged;
  std::filesystem::path notices;
};

/// Runs fast; and may be put forward, for the end.
struct FastClock {
  std::int64_t start_ms = 0;
  std::int64_t forward_ms = 0;
  std::int64_t real_ms() const {
    return std::chrono::duration_cast<std::chrono::milliseconds>(
               std::chrono::system_clock::now().time_since_epoch())
        .count();
  }
  static std::int64_t wall_ms(void* self) {
    const auto* c = static_cast<FastClock*>(self);
    return c->start_ms + (c->real_ms() - c->start_ms) * kTimesAsFast + c->forward_ms;
  }
  static std::int64_t monotonic_us(void*) {
    return std::chrono::duration_cast<std::chrono::microseconds>(
               std::chrono::steady_clock::now().time_since_epoch())
        .count();
  }
};

/// An engine whose notifier writes what it is given into the log.
class Program {
 public:
  Program(const Paths& paths, string instance, FastClock clock)
      : paths_(paths), instance_(std::move(instance)), notices_(paths.notices), clock_(clock) {
    open();
  }
  ~Program() { bccast_close(engine_, 1000); }
  Program(const Program&) = delete;
  Program& operator=(const Program&) = delete;
  operator bccast_engine*() const { return engine_; }  // NOLINT: stands for its engine in calls
  FastClock& clock() { return clock_; }
  void reopen() {
    test::must(bccast_close, std::exchange(engine_, nullptr), 1000);
    open();
  }

 private:
  void open() {
    bccast_config* config = nullptr;
    test::must(bccast_config_new, &config);
    const bccast_clock_vtbl clock{sizeof clock, 0, FastClock::wall_ms, FastClock::monotonic_us, nullptr};
    test::must(bccast_config_clock, config, &clock, &clock_);
    const bccast_notifier_vtbl notifier{
        sizeof notifier, 0,
        [](void* self, bccast_batch* batch) { return static_cast<Program*>(self)->notify(batch); }, nullptr};
    test::must(bccast_config_notifier, config, "email", &notifier, this);
    const auto opened = test::call(bccast_open, paths_.store.c_str(), config, &engine_);
    bccast_config_free(config);
    if (opened.code < 0) throw std::runtime_error("open: " + opened.message);
  }
  std::int32_t notify(bccast_batch* batch) {
    Strings lines;
    const auto number = to_string(batches_++);
    for (const auto& row : test::copy_rows(bccast_batch_rows(batch)))
      lines.push_back("N " + instance_ + " " + number + " " + row.text("id") + " " + row.text("to") + " " +
                      row.text("thread"));
    notices_.add(lines);
    std::this_thread::sleep_for(std::chrono::milliseconds(3));
    return BCCAST_OK;
  }

  const Paths& paths_;
  string instance_;
  Log notices_;
  FastClock clock_;
  bccast_engine* engine_ = nullptr;
  int batches_ = 0;
};

/// A blast that somebody set out to send.
struct Intent {
  string key;
  string provider;
  string recipients;  // "all", or their ids
};

string text_of(const Intent& intent) {
  return "text of " + intent.key;
}

/// From a draft to its being sent, as far as it is not yet. Gives its id.
string send(bccast_engine* engine, const Intent& intent) {
  const char* provider = intent.provider.c_str();
  char blast[BCCAST_ID_SIZE];
  test::must(bccast_blast_create, engine, provider, intent.key.c_str(), blast);
  if (test::must(bccast_blast_status, engine, provider, blast).rows[0].text("state") != "draft") return blast;
  if (intent.recipients == "all") {
    test::must(bccast_blast_select_all_active, engine, provider, blast);
  } else {
    const auto ids = split(intent.recipients);
    const test::Column column(ids);
    test::must(bccast_blast_select_many, engine, provider, blast, ids.size(), column.bytes.c_str(),
               column.offsets.data(), nullptr);
  }
  const auto text = text_of(intent);
  test::must(bccast_blast_write, engine, provider, blast, text.data(), text.size());
  test::must(bccast_blast_send, engine, provider, blast, nullptr);
  return blast;
}

/// The life of one process, until it is killed.
class Worker {
 public:
  Worker(const Paths& paths, const string& role, int generation, FastClock clock)
      : instance_(role + to_string(generation)),
        acknowledged_(paths.acknowledged),
        program_(paths, instance_, clock),
        random_(static_cast<unsigned>(generation) * 2U + (role == "server" ? 1U : 0U)) {
    // What the one before had begun, and was not told of.
    std::map<string, Intent> open;
    for (const auto& line : read_log(paths.acknowledged)) {
      if (line[0] == "I" && line[1].compare(0, role.size(), role) == 0)
        open[line[1]] = {line[1], line[2], line[3]};
      if (line[0] == "S") open.erase(line[1]);
    }
    for (const auto& [key, intent] : open) begun_.push_back(intent);
  }

  /// One act of the chat server, or of somebody at the command line.
  void act() {
    const auto dice = pick(10);
    if (!begun_.empty()) {
      const auto intent = begun_.back();
      send_and_say(intent);
      begun_.pop_back();
    } else if (dice < 2) {
      Intent intent{instance_ + "-" + to_string(sent_++), pick(2) == 0 ? "lee" : "may", "all"};
      if (pick(3) != 0) {
        Strings ids;
        for (int i = 0; i < kClients; ++i)
          if (pick(8) == 0) ids.push_back(client_id(i));
        if (ids.size() >= 2) intent.recipients = join(ids);
      }
      acknowledged_.add({"I " + intent.key + " " + intent.provider + " " + intent.recipients});
      send_and_say(intent);
    } else if (dice < 5) {
      visit(client_id(pick(kClients)));
    } else if (dice < 6) {
      answer(pick(2) == 0 ? "lee" : "may");
    } else {
      test::must(bccast_pump, program_, 200U, 0U, nullptr, nullptr);
    }
  }
  void checkpoint() { test::must(bccast_operate_checkpoint, program_); }
  void reopen() { program_.reopen(); }

 private:
  int pick(int below) { return static_cast<int>(random_() % static_cast<unsigned>(below)); }

  void send_and_say(const Intent& intent) {
    const auto blast = send(program_, intent);
    acknowledged_.add({"S " + intent.key + " " + blast});
  }
  /// A client looks, reads, and sometimes writes.
  void visit(const string& client) {
    const auto threads =
        test::must(bccast_client_threads, program_, client.c_str(), nullptr, nullptr, 5U).rows;
    if (threads.empty()) return;
    const auto thread =
        threads[static_cast<std::size_t>(pick(static_cast<int>(threads.size())))].text("thread");
    if (pick(2) == 0) {
      test::must(bccast_client_read, program_, client.c_str(), thread.c_str(), 1);
      acknowledged_.add({"O " + client + " " + thread});
    }
    if (pick(2) == 0) {
      const string key = "reply-" + thread;
      test::must(bccast_client_reply, program_, client.c_str(), thread.c_str(), key.c_str(), key.data(),
                 key.size(), nullptr, nullptr);
      acknowledged_.add({"R " + client + " " + thread + " " + key});
    }
  }
  /// A provider answers one of those who wrote, once.
  void answer(const string& provider) {
    const auto threads =
        test::must(bccast_provider_threads, program_, provider.c_str(), nullptr, nullptr, 5U).rows;
    if (threads.empty()) return;
    const auto& row = threads[static_cast<std::size_t>(pick(static_cast<int>(threads.size())))];
    const auto thread = row.text("thread");
    const string key = "answer-" + thread;
    test::must(bccast_provider_reply, program_, provider.c_str(), thread.c_str(), key.c_str(), key.data(),
               key.size(), nullptr, nullptr);
    acknowledged_.add({"R " + row.text("client") + " " + thread + " " + key});
  }

  string instance_;
  Log acknowledged_;
  Program program_;
  std::mt19937 random_;
  std::vector<Intent> begun_;
  int sent_ = 0;
};

/// Never returns. What was not to be expected is said in the log.
[[noreturn]] void live(const Paths& paths, const string& role, int generation, FastClock clock) {
  string said;
  try {
    Worker worker(paths, role, generation, clock);
    for (int acts = 1;; ++acts) {
      worker.act();
      if (role == "server") continue;
      if (acts % 3 == 0) worker.checkpoint();
      worker.reopen();
    }
  } catch (const std::exception& error) {
    said = error.what();
  }
  try {
    std::replace(said.begin(), said.end(), '\n', ' ');
    Log(paths.acknowledged).add({"X " + role + to_string(generation) + " " + said});
  } catch (const std::exception&) {
  }
  _exit(3);
}

/// What SQLite itself finds wrong with the file: "ok", or what not.
string integrity_of(const std::filesystem::path& path) {
  const auto open = reinterpret_cast<int (*)(const char*, void**)>(dlsym(RTLD_DEFAULT, "sqlite3_open"));
  using Each = int (*)(void*, int, char**, char**);
  const auto exec =
      reinterpret_cast<int (*)(void*, const char*, Each, void*, char**)>(dlsym(RTLD_DEFAULT, "sqlite3_exec"));
  const auto close_it = reinterpret_cast<int (*)(void*)>(dlsym(RTLD_DEFAULT, "sqlite3_close"));
  REQUIRE((open != nullptr && exec != nullptr && close_it != nullptr));
  void* db = nullptr;
  string result;
  REQUIRE(open(path.c_str(), &db) == 0);
  const auto each = [](void* to, int, char** values, char**) {
    *static_cast<string*>(to) += values[0];
    return 0;
  };
  CHECK(exec(db, "PRAGMA integrity_check", each, &result, nullptr) == 0);
  close_it(db);
  return result;
}

/// All pages of a list: page(cursor) gives one.
template <typename GetPage>
test::Rows every_page(GetPage&& get_page) {
  test::Rows all;
  do {
    auto page = get_page(all.next.empty() ? nullptr : all.next.c_str());
    all.next = page.next;
    for (auto& row : page.rows) all.rows.push_back(std::move(row));
  } while (!all.next.empty());
  return all;
}

double seconds_to_run() {
  const char* text = std::getenv("BCCAST_TEST_SECONDS");
  const double given = text != nullptr ? std::atof(text) : 0;
  return given > 0 ? given : 20;
}

void make_store(const Paths& paths, FastClock clock) {
  Program program(paths, "setup", clock);
  Strings ids;
  Strings addresses;
  for (int i = 0; i < kClients; ++i) {
    ids.push_back(client_id(i));
    addresses.push_back(ids.back() + "@example.org");
  }
  const test::Column column(ids);
  const test::Column address_column(addresses);
  test::must(bccast_directory_client_put_many, program, ids.size(), column.bytes.c_str(),
             column.offsets.data(), nullptr, nullptr, address_column.bytes.c_str(),
             address_column.offsets.data(), nullptr);
  for (const char* provider : {"lee", "may"}) {
    test::must(bccast_directory_provider_put, program, provider, provider);
    test::must(bccast_directory_provider_set, program, provider, "address.email", "p@example.org");
    test::must(bccast_directory_roster_add_many, program, provider, ids.size(), column.bytes.c_str(),
               column.offsets.data(), nullptr);
  }
}

}  // namespace

TEST_CASE("Two processes on one store, killed at random: nothing acknowledged is lost, partial or doubled") {
  const test::TemporaryFolder folder;
  const Paths paths(folder.path());
  FastClock clock;
  clock.start_ms = clock.real_ms();
  make_store(paths, clock);

  // ---- Kill, and start again.
  struct Role {
    string name;
    int generation = 0;
    pid_t pid = 0;
  };
  std::array<Role, 2> roles{Role{"server"}, Role{"command"}};
  const auto start = [&](Role& role) {
    const int generation = role.generation++;
    role.pid = fork();
    REQUIRE(role.pid >= 0);
    if (role.pid == 0) live(paths, role.name, generation, clock);
  };
  const auto kill_it = [](Role& role) {
    kill(role.pid, SIGKILL);
    int status = 0;
    REQUIRE(waitpid(role.pid, &status, 0) == role.pid);
    CHECK(WIFSIGNALED(status));
    CHECK(WTERMSIG(status) == SIGKILL);
  };
  for (auto& role : roles) start(role);
  std::mt19937 random(std::random_device{}());
  int kills = 0;
  const auto end = std::chrono::steady_clock::now() + std::chrono::duration<double>(seconds_to_run());
  while (std::chrono::steady_clock::now() < end) {
    // Mostly in the midst of work, sometimes while starting.
    std::this_thread::sleep_for(std::chrono::microseconds(random() % (random() % 8 == 0 ? 5'000 : 300'000)));
    auto& role = roles[random() % roles.size()];
    const bool both = random() % 10 == 0;
    kill_it(role);
    ++kills;
    if (both) {  // nobody has the store open: the next one recovers its log
      auto& other = &role == &roles[0] ? roles[1] : roles[0];
      kill_it(other);
      ++kills;
      start(other);
    }
    start(role);
  }
  for (auto& role : roles) kill_it(role);

  // ---- What is there now
  CHECK(integrity_of(paths.store) == "ok");
  clock.forward_ms = 3'600'000;  // all leases are over
  Program program(paths, "end0", clock);
  for (const auto& finding : test::must(bccast_operate_verify, program).rows)
    FAIL_CHECK("before the end: " << finding);
  std::int64_t next = 0;
  for (int turn = 0; turn < 1000 && next >= 0; ++turn) {
    test::must(bccast_pump, program, 0U, 0U, nullptr, &next);
    if (next > 0) program.clock().forward_ms += next;
  }
  CHECK(next == -1);
  CHECK(test::must(bccast_operate_checkpoint, program).code == BCCAST_OK);
  for (const auto& finding : test::must(bccast_operate_verify, program).rows)
    FAIL_CHECK("at the end: " << finding);

  // ---- Blasts
  std::map<string, Intent> intents;
  std::map<string, string> sent;  // blast by key, as acknowledged
  for (const auto& line : read_log(paths.acknowledged)) {
    if (line[0] == "I") intents[line[1]] = {line[1], line[2], line[3]};
    if (line[0] == "S") CHECK(sent.emplace(line[1], line[2]).first->second == line[2]);
    if (line[0] == "X") FAIL_CHECK(join(line));
  }
  std::set<std::pair<string, string>> threads_of_blasts;  // client, thread
  std::map<std::pair<string, string>, string> told_state;
  std::set<string> blasts_sent;
  std::set<string> opened;
  Strings everybody;
  for (int i = 0; i < kClients; ++i) everybody.push_back(client_id(i));
  for (const auto& entry : intents) {
    const auto& key = entry.first;
    const auto& intent = entry.second;

    CAPTURE(key);
    const char* provider = intent.provider.c_str();
    char blast[BCCAST_ID_SIZE];
    const auto created = bccast_blast_create(program, provider, key.c_str(), blast);
    CHECK((created == BCCAST_EXISTS || sent.count(key) == 0));
    if (sent.count(key) != 0) CHECK(sent[key] == blast);
    const auto people = test::must(bccast_blast_status, program, provider, blast).rows.where("channel", "");
    if (people.text("state") == "draft") {
      CHECK_MESSAGE(sent.count(key) == 0, "acknowledged, and not sent");
      continue;
    }
    blasts_sent.insert(blast);
    CHECK(people.text("state") == "finished");
    CHECK(people.number("pending") == 0);
    CHECK(people.number("failed") == 0);
    CHECK(people.number("done") + people.number("skipped") == people.number("recipients"));
    const auto recipients = every_page([&](const char* cursor) {
      return test::must(bccast_blast_recipients, program, provider, blast, nullptr, cursor, 1000U).rows;
    });
    CHECK(recipients.column("client") == (intent.recipients == "all" ? everybody : split(intent.recipients)));
    for (const auto& row : recipients) {
      CHECK(threads_of_blasts.emplace(row.text("client"), row.text("thread")).second);
      told_state[{row.text("client"), row.text("thread")}] = row.text("state");
      if (!row.null("opened_at_ms")) opened.insert(row.text("thread"));
    }
    const auto& one = recipients[random() % recipients.size()];
    const auto messages = test::must(bccast_client_messages, program, one.text("client").c_str(),
                                     one.text("thread").c_str(), 0, 1, 0U)
                              .rows;
    CHECK(messages[0].text("text") == text_of(intent));
  }
  std::size_t listed = 0;
  for (const char* provider : {"lee", "may"})
    for (const auto& row : every_page([&](const char* cursor) {
           return test::must(bccast_blast_list, program, provider, nullptr, cursor, 1000U).rows;
         }))
      if (row.text("state") != "draft") {
        ++listed;
        CHECK(blasts_sent.count(row.text("blast")) == 1);
      }
  CHECK(listed == blasts_sent.size());

  // ---- Inboxes: of each blast all, and nothing twice
  std::set<std::pair<string, string>> in_inboxes;
  for (const auto& client : everybody)
    for (const auto& row : every_page([&](const char* cursor) {
           return test::must(bccast_client_threads, program, client.c_str(), nullptr, cursor, 1000U).rows;
         }))
      CHECK(in_inboxes.emplace(client, row.text("thread")).second);
  CHECK(in_inboxes == threads_of_blasts);

  // ---- Reads and replies
  std::map<string, Strings> replies;  // by thread, each once
  std::map<string, string> owner;
  for (const auto& line : read_log(paths.acknowledged)) {
    if (line[0] == "O") CHECK(opened.count(line[2]) == 1);
    if (line[0] != "R") continue;
    owner[line[2]] = line[1];
    auto& keys = replies[line[2]];
    if (std::find(keys.begin(), keys.end(), line[3]) == keys.end()) keys.push_back(line[3]);
  }
  for (const auto& [thread, keys] : replies) {
    const auto rows =
        test::must(bccast_client_messages, program, owner[thread].c_str(), thread.c_str(), 0, 1, 0U).rows;
    for (const auto& key : keys) CHECK(rows.where("text", key).number("seq") > 1);
    for (std::size_t i = 0; i < rows.size(); ++i)
      CHECK(rows[i].number("seq") == static_cast<std::int64_t>(i) + 1);
  }

  // ---- Notifications
  struct Told {
    string instance;
    int batch;
  };
  std::map<std::array<string, 3>, std::vector<Told>> told;  // by to, thread, id
  std::map<std::pair<string, string>, std::set<string>> ids;
  std::map<string, int> last_batch;
  for (const auto& line : read_log(paths.notices)) {
    const int batch = std::stoi(line[2]);
    told[{line[4], line[5], line[3]}].push_back({line[1], batch});
    ids[{line[4], line[5]}].insert(line[3]);
    last_batch[line[1]] = std::max(last_batch[line[1]], batch);
  }
  std::size_t repeated = 0;
  for (const auto& entry : told) {
    const auto& notice = entry.first;
    const auto& times = entry.second;

    repeated += times.size() - 1;
    // All but the last were in the batch that was in flight when its process was killed.
    for (std::size_t i = 0; i + 1 < times.size(); ++i) {
      CAPTURE(notice[0]);
      CAPTURE(times[i].instance);
      CHECK(times[i].batch == last_batch[times[i].instance]);
    }
  }
  for (const auto& entry : told_state) {
    const auto& person = entry.first;
    const auto& state = entry.second;

    CAPTURE(person.first);
    CHECK((state == "done" || state == "skipped"));
    if (state == "done") CHECK(ids.count(person) == 1);
    // One of the blast, and one of the provider's answer.
    if (ids.count(person) != 0)
      CHECK(ids[person].size() <= (replies.count(person.second) != 0 ? std::size_t{2} : std::size_t{1}));
  }
  for (const auto& [thread, keys] : replies)
    if (std::find(keys.begin(), keys.end(), "reply-" + thread) != keys.end())
      CHECK((ids.count({"lee", thread}) == 1 || ids.count({"may", thread}) == 1));

  std::cout << "kills: " << kills << ", blasts sent: " << blasts_sent.size()
            << ", acknowledged: " << sent.size() << ", threads written in: " << replies.size()
            << ", notifications: " << told.size() << ", repeated: " << repeated << '\n';
  CHECK(kills > 10);
  CHECK(sent.size() > 10);
  CHECK(told.size() > 1000);
}

TEST_CASE("A notification's id is its own: no other notification ever has it, before or after") {
  test::Host host;
  host.provider("lee");
  host.clients("lee", {"ana", "ben"});
  std::map<string, string> what;  // by id
  std::size_t notices = 0;
  const auto drain = [&](const string& message) {
    host.notifier.forget();
    host.pump();
    for (const auto& notice : host.notifier.all()) {
      ++notices;
      const string about = message + " to " + notice.to();
      const auto placed = what.emplace(notice.id(), about);
      CHECK_MESSAGE(placed.second, about, " has the id of ", placed.first->second);
    }
  };
  const auto blast = host.blast("lee", "the first blast");
  drain("the first blast");
  const auto thread = host.of_blast("lee", blast, "ana");
  for (int i = 0; i < 5; ++i) {
    host.reply("ana", thread, "a reply");
    drain("reply " + to_string(i));
    host.provider_reply("lee", thread, "an answer");
    drain("answer " + to_string(i));
    host.write_direct("lee", "ben", "directly");
    drain("direct " + to_string(i));
  }
  host.blast("lee", "the second blast");
  drain("the second blast");
  CHECK(notices == 19);
}
