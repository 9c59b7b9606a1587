// Verification knows from how far each inbox is stored which threads must be there. In a store that nothing
// has damaged none is missing, whatever was done: after each act it is content.
#include <doctest/doctest.h>

#include <bccast/engine.hpp>
#include <cstdint>
#include <functional>
#include <memory>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "../support/temporary_folder.hpp"
#include "code_of.hpp"
#include "full_store.hpp"

namespace {

using bccast::Engine;
using std::string;
using std::to_string;
using test::code_of;

constexpr const char* kProvider = "lee";

/// Two providers, whose clients, blasts and communities come, go and come back.
class History {
 public:
  explicit History(unsigned seed) : random_(seed) {
    engine_ = open(folder_.file());
    for (const auto& provider : test::providers()) {
      engine_->provider_put(provider, provider);
      communities_.push_back(engine_->provider_community(provider, "title"));
    }
    for (int i = 0; i < 12; ++i) add_client();
  }

  void act() {
    clock_->now += 1000 * any(300);
    const std::vector<std::pair<const char*, std::function<void()>>> acts{
        {"send", [&] { send(); }},
        {"look", [&] { engine_->client_threads(client(), any(3) == 0 ? "unread=yes" : ""); }},
        {"look", [&] { engine_->client_threads(client()); }},
        {"read", [&] { in_thread([&](auto& who, auto& thread) { engine_->client_read(who, thread, 1); }); }},
        {"reply",
         [&] { in_thread([&](auto& who, auto& thread) { engine_->client_reply(who, thread, "a"); }); }},
        {"answer", [&] { answer(); }},
        {"recall", [&] { with_blast([&](auto& of, auto& blast) { engine_->blast_recall(of, blast); }); }},
        {"purge", [&] { with_blast([&](auto& of, auto& blast) { engine_->blast_purge(of, blast); }); }},
        {"pause", [&] { with_blast([&](auto& of, auto& blast) { engine_->blast_pause(of, blast); }); }},
        {"resume", [&] { with_blast([&](auto& of, auto& blast) { engine_->blast_resume(of, blast); }); }},
        {"pump", [&] { engine_->pump(static_cast<std::uint32_t>(any(4)), 1); }},
        {"pump", [&] { engine_->pump(static_cast<std::uint32_t>(any(4))); }},
        {"erase", [&] { erase(); }},
        {"add", [&] { add_client(); }},
        {"archive", [&] { engine_->roster_archive(provider(), client()); }},
        {"restore", [&] { engine_->roster_restore(provider(), client()); }},
        {"archive client", [&] { engine_->client_archive(client()); }},
        {"restore client", [&] { engine_->client_restore(client()); }},
        {"archive provider",
         [&] {
           if (any(4) == 0) engine_->provider_archive(provider());
         }},
        {"restore provider", [&] { engine_->provider_restore(provider()); }},
        {"member", [&] { engine_->community_add(provider(), communities_[any(2)], client()); }},
        {"no member", [&] { engine_->community_remove(provider(), communities_[any(2)], client()); }},
        {"to members", [&] { engine_->provider_reply(provider(), communities_[any(2)], "to members"); }},
        {"put back", [&] { put_back(); }},
    };
    const auto& one = acts[any(acts.size())];
    done_ += string(done_.empty() ? "" : ", ") + one.first;
    code_of([&] { one.second(); });  // many are refused: what is recalled twice, say
  }

  void check() const {
    for (const auto& finding : engine_->verify())
      FAIL(finding.kind << " " << finding.object << ": " << finding.detail << " after " << done_);
  }
  std::size_t sent() const { return blasts_.size(); }

 private:
  using Pair = std::pair<string, string>;

  std::unique_ptr<Engine> open(const string& path) const {
    return test::open_store(path, clock_, [](bccast::Notices& notices) {
      for (std::size_t i = 0; i < notices.size(); ++i)
        if (notices.at(i).to == "c3") notices.set(i, bccast::NoticeStatus::retry, "greylisted");
      return true;
    });
  }
  std::size_t any(std::size_t of) { return random_() % of; }
  const string& provider() { return test::providers()[any(2)]; }
  const string& client() { return clients_[any(clients_.size())]; }

  /// Also one who was erased comes back.
  void add_client() {
    const auto id = any(3) == 0 && !clients_.empty() ? client() : "c" + to_string(clients_.size());
    engine_->client_put(id, id, id + "@example.org");
    for (const auto& one : test::providers())
      if (any(3) > 0) engine_->roster_add(one, id);
    clients_.push_back(id);
  }
  void send() {
    const auto& of = provider();
    const auto blast = test::make_blast(*engine_, of, "blast " + to_string(++drafts_), {});
    engine_->blast_send(of, blast);
    blasts_.emplace_back(of, blast);
  }
  void erase() {
    if (any(3) == 0) engine_->client_erase(client());
  }
  template <typename F>
  void with_blast(F&& f) {
    if (blasts_.empty()) return;
    const auto& [of, blast] = blasts_[any(blasts_.size())];
    f(of, blast);
  }
  template <typename F>
  void in_thread(F&& f) {
    const auto& who = client();
    const auto threads = engine_->client_threads(who).items;
    if (!threads.empty()) f(who, threads[any(threads.size())].thread);
  }
  /// In a thread of which its client may know nothing yet.
  void answer() {
    with_blast([&](const string& of, const string& blast) {
      const auto rows = engine_->blast_recipients(of, blast).items;
      if (!rows.empty()) engine_->provider_reply(of, rows[any(rows.size())].thread, "an answer");
    });
  }
  /// A backup takes the store's place.
  void put_back() {
    if (any(4) > 0) return;
    const auto copy = folder_.file("copy" + to_string(++copies_) + ".db");
    engine_->backup(copy);
    engine_ = open(copy);
  }

  std::mt19937 random_;
  test::TemporaryFolder folder_;
  std::shared_ptr<test::StillClock> clock_ = std::make_shared<test::StillClock>();
  std::unique_ptr<Engine> engine_;
  std::vector<string> communities_, clients_;
  std::vector<Pair> blasts_;
  int drafts_ = 0, copies_ = 0;
  string done_;
};

}  // namespace

TEST_CASE("Verification misses no thread in a sound store, whatever was recalled, erased or put back") {
  std::size_t sent = 0;
  for (unsigned seed = 1; seed <= 12; ++seed) {
    CAPTURE(seed);
    History history(seed);
    for (int i = 0; i < 120; ++i) {
      history.act();
      if (i % 3 == 0) history.check();
    }
    history.check();
    sent += history.sent();
  }
  CHECK(sent > 20);
}

namespace {

/// Whenever it is looked at, a budget of a millisecond is over.
class FastClock final : public bccast::Clock {
 public:
  bccast::Ms wall_ms() override { return 1'700'000'000'000 + passed_us_ / 1000; }
  std::int64_t monotonic_us() override { return passed_us_ += 1000; }

 private:
  std::int64_t passed_us_ = 0;
};

}  // namespace

TEST_CASE("Verification misses no thread while a recall is brought up to date, a few threads at a time") {
  constexpr int kClients = 4500;
  const test::TemporaryFolder folder;
  bccast::Options options;
  options.clock(std::make_shared<FastClock>());
  options.notifier("email", [](bccast::Notices&) { return true; });
  const auto engine = std::make_unique<Engine>(folder.file(), std::move(options));
  engine->provider_put(kProvider, kProvider);
  const auto client = [](int i) { return "c" + to_string(i); };
  for (int i = 0; i < kClients; ++i) {
    engine->client_put(client(i), client(i), client(i) + "@example.org");
    engine->roster_add(kProvider, client(i));
  }
  const auto blast = test::make_blast(*engine, kProvider, "blast", {});
  engine->blast_send(kProvider, blast);
  for (int i = 0; i < kClients; i += 2) {
    const auto threads = engine->client_threads(client(i)).items;
    REQUIRE(threads.size() == 1);
    if (i % 3 == 0) engine->client_read(client(i), threads[0].thread, 1);
  }
  CHECK(engine->verify().empty());
  engine->blast_recall(kProvider, blast);
  int parts = 0;
  do {
    CHECK(engine->verify().empty());
    // Who looks now meets a recall that is not in all rows.
    for (int i = parts; i < kClients; i += 1000) engine->client_threads(client(i));
    ++parts;
  } while (engine->pump(0, 1).more && parts < 100);
  CHECK(parts > 2);
  CHECK(parts < 100);
  CHECK(engine->verify().empty());
}
