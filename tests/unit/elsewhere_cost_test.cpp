// The promise of cost, whatever else the store holds: what a batch, a report, a sending, a recall, an
// erasure, the end of a provider, a status, a look at an inbox and a reply cost is the same with ten and with
// a thousand open blasts, foreign conversations, failures, claims in flight, and so on. Counted in the steps
// of SQLite's virtual machine, never in time.
#include <doctest/doctest.h>

#include <bccast/engine.hpp>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "../support/sqlite_counts.hpp"
#include "../support/temporary_folder.hpp"
#include "ports/notice_batch.hpp"
#include "ports/notifier.hpp"
#include "still_clock.hpp"

namespace {

using bccast::Engine;
using std::string;
using std::to_string;
using Views = std::vector<std::string_view>;

constexpr const char* kLee = "lee";
constexpr const char* kEmail = "email";

using Costs = std::map<string, std::int64_t>;

/// A store whose only channel the test works itself.
class Store {
 public:
  Store() {
    for (const char* channel : {kEmail, "push"}) {
      engine_->channel_put(channel);
      engine_->channel_set(channel, "fail_percent", "0");
    }
    provider(kLee, 40);
  }

  // ---- What else there may be

  void open_blasts(std::size_t n) {
    for (std::size_t i = 0; i < n; ++i) send(kLee, {"lee-1", "lee-2", "lee-3"});
  }
  void paused_blasts(std::size_t n) {
    for (std::size_t i = 0; i < n; ++i) engine_->blast_pause(kLee, send(kLee, {"lee-1", "lee-2"}));
  }
  void ended_blasts(std::size_t n) {
    for (std::size_t i = 0; i < n; ++i) send(kLee, {"lee-1", "lee-2"});
    work_all("");
  }
  void drafts(std::size_t n) {
    for (std::size_t i = 0; i < n; ++i) draft(kLee, {"lee-1", "lee-2"});
  }
  void recalled_blasts(std::size_t n) {
    for (std::size_t i = 0; i < n; ++i) engine_->blast_recall(kLee, send(kLee, {"lee-1", "lee-2"}));
    while (engine_->pump().more) {
    }
    work_all("");
  }
  void foreign_threads(std::size_t n) {
    for (std::size_t i = 0; i < n; ++i) {
      const auto blast = send(kLee, {"lee-1", "lee-2"});
      for (const char* who : {"lee-1", "lee-2"})
        engine_->client_reply(who, engine_->blast_find(kLee, blast, Views{who}).at(0).thread, "Yes.");
    }
    work_all("");
  }
  void failures(std::size_t n) {
    for (std::size_t i = 0; i < n; ++i) send(kLee, {"lee-1", "lee-2", "lee-3"});
    work_all("mailbox_full:it is full", bccast::ItemStatus::failed);
  }
  void failed_notices(std::size_t n) {
    const auto thread = engine_->provider_direct(kLee, "lee-1");
    for (std::size_t i = 0; i < n; ++i) engine_->provider_reply(kLee, thread, "And another thing.");
    work_all("mailbox_full:it is full", bccast::ItemStatus::failed);
  }
  void retries(std::size_t n) {
    for (std::size_t i = 0; i < n; ++i) send(kLee, {"lee-1", "lee-2"});
    for (const char* channel : {kEmail, "push"})
      for (std::size_t i = 0; i < 2 * n;
           ++i) {  // one by one: a whole batch of retries is held against a channel
        const auto batch = engine_->claim(channel, 1);
        REQUIRE(batch);
        batch->notices().set(0, {bccast::ItemStatus::retry, "busy:just now", 3'600'000});
        batch->complete(1);
      }
  }
  void claims(std::size_t n) {
    for (std::size_t i = 0; i < n; ++i) {
      send(kLee, {"lee-1", "lee-2"});
      held_.push_back(engine_->claim(kEmail, 1));
      REQUIRE(held_.back());
    }
  }
  void providers(std::size_t n) {
    for (std::size_t i = 0; i < n; ++i) provider("other-" + to_string(i), 1);
  }
  void late_blasts(std::size_t n) {
    provider("other", 3);
    for (std::size_t i = 0; i < n; ++i) send("other", {"other-1", "other-2"});
    clock_->now += 3 * 86'400'000LL;
    while (engine_->pump().more) {
    }
    work_all("");  // so that only their being late is left
    for (std::size_t i = 0; i < n; ++i) engine_->blast_pause("other", send("other", {"other-1", "other-2"}));
    clock_->now += 3 * 86'400'000LL;
    while (engine_->pump().more) {
    }
  }
  void events(std::size_t n) {
    engine_->events("host");
    for (std::size_t i = 0; i < n; ++i) engine_->client_put("lee-1", "Nr " + to_string(i), {});
  }
  void communities(std::size_t n) {
    for (std::size_t i = 0; i < n; ++i) {
      const auto thread = engine_->provider_community(kLee, "Group");
      for (const char* who : {"lee-1", "lee-2"}) engine_->community_add(kLee, thread, who);
      engine_->client_reply("lee-1", thread, "Hello.");
    }
    work_all("");
  }

  // ---- What is done

  /// The second time, when all statements are prepared, counts.
  Costs costs() {
    once();
    costs_.clear();
    once();
    return costs_;
  }

 private:
  void once() {
    const string nth = to_string(++times_);
    const string lou = "lou-" + nth;
    provider(lou, 6);
    const string first = lou + "-1";
    const auto drafted = draft(kLee, {"lee-11", "lee-12", "lee-13"});
    cost("send", [&] { engine_->blast_send(kLee, drafted); });
    cost("status", [&] { CHECK(engine_->blast_status(kLee, drafted).back().recipients == 3); });
    std::shared_ptr<bccast::BatchControl> batch;
    cost("claim", [&] { batch = engine_->claim(kEmail, 1); });
    REQUIRE(batch);
    cost("report", [&] { batch->complete(batch->notices().size()); });
    cost("pause", [&] { engine_->blast_pause(kLee, drafted); });
    cost("resume", [&] { engine_->blast_resume(kLee, drafted); });
    cost("recall", [&] { engine_->blast_recall(kLee, drafted); });
    cost("sweep", [&] { engine_->pump(); });

    send(lou, {first, lou + "-2"});
    cost("inbox", [&] { CHECK(engine_->client_threads(first).items.size() == 1); });
    const auto thread = engine_->client_threads(first).items.at(0).thread;
    cost("reply", [&] { engine_->client_reply(first, thread, "Thanks."); });
    cost("next", [&] { engine_->next_ms(); });
    cost("late", [&] { engine_->overdue(lou); });
    cost("address", [&] { engine_->client_set(first, "address.email", "new-" + first); });
    cost("erase", [&] { engine_->client_erase(first); });
    send(lou, {lou + "-2", lou + "-3"});
    draft(lou, {lou + "-3"});
    cost("archive a provider", [&] { engine_->provider_archive(lou); });
  }

  template <typename F>
  void cost(const char* what, F&& what_is_done) {
    const auto before = counts_.now();
    what_is_done();
    costs_[what] = (counts_.now() - before).steps;
  }

  void provider(const string& id, std::size_t clients) {
    engine_->provider_put(id, "Dr. " + id);
    for (std::size_t i = 0; i < clients; ++i) {
      const auto client = id + "-" + to_string(i);
      engine_->client_put(client, client, std::nullopt);
      engine_->client_set(client, "address.email", client);
      engine_->client_set(client, "address.push", client);
      engine_->roster_add(id, client);
    }
  }
  string draft(const string& by, const std::vector<string>& to) {
    const auto blast = engine_->blast_create(by).blast;
    engine_->blast_write(by, blast, "We are closed on Monday.");
    engine_->blast_select_many(by, blast, Views(to.begin(), to.end()));
    return blast;
  }
  string send(const string& by, const std::vector<string>& to) {
    const auto blast = draft(by, to);
    engine_->blast_send(by, blast);
    return blast;
  }
  void work_all(std::string_view reason, bccast::ItemStatus status = bccast::ItemStatus::done) {
    for (const char* channel : {kEmail, "push"})
      while (const auto batch = engine_->claim(channel, 1000)) {
        for (std::size_t i = 0; i < batch->notices().size(); ++i)
          batch->notices().set(i, {status, string(reason), -1});
        batch->complete(batch->notices().size());
      }
  }

  test::SqliteCounts counts_;
  test::TemporaryFolder folder_;
  std::shared_ptr<test::StillClock> clock_ = std::make_shared<test::StillClock>();
  std::unique_ptr<Engine> engine_ = [this] {
    bccast::Options options;
    options.clock(clock_);
    return std::make_unique<Engine>(folder_.file(), std::move(options));
  }();
  std::vector<std::shared_ptr<bccast::BatchControl>> held_;
  Costs costs_;
  int times_ = 0;
};

struct Elsewhere {
  const char* what;
  void (Store::*make)(std::size_t n);
};

void check_same(const char* what, const Costs& few, const Costs& many) {
  for (const auto& one : few) {
    INFO(one.first << ": " << one.second << " steps with ten " << string(what) << ", " << many.at(one.first)
                   << " with five hundred");
    CHECK(one.second > 0);
    CHECK(many.at(one.first) <= one.second + one.second / 10 + 60);
  }
}

}  // namespace

TEST_CASE("What anybody does costs the same whatever else the store holds") {
  for (const Elsewhere& one : {
           Elsewhere{"open blasts", &Store::open_blasts},
           Elsewhere{"paused blasts", &Store::paused_blasts},
           Elsewhere{"ended blasts", &Store::ended_blasts},
           Elsewhere{"recalled blasts", &Store::recalled_blasts},
           Elsewhere{"drafts", &Store::drafts},
           Elsewhere{"late blasts of others", &Store::late_blasts},
           Elsewhere{"foreign threads", &Store::foreign_threads},
           Elsewhere{"communities", &Store::communities},
           Elsewhere{"failures", &Store::failures},
           Elsewhere{"failed notices", &Store::failed_notices},
           Elsewhere{"retries", &Store::retries},
           Elsewhere{"claims in flight", &Store::claims},
           Elsewhere{"providers", &Store::providers},
           Elsewhere{"events", &Store::events},
       }) {
    Costs few;
    INFO(string(one.what));
    for (const std::size_t n : {std::size_t{10}, std::size_t{1'000}}) {
      Store store;
      (store.*one.make)(n);
      const auto costs = store.costs();
      if (n == 10) {
        few = costs;
      } else {
        check_same(one.what, few, costs);
      }
    }
  }
}
