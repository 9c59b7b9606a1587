// Time zones that are set but not known, as on a machine without tzdata: nobody is told in the night by a
// guess.
#include <doctest/doctest.h>

#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "../support/temporary_folder.hpp"
#include "adapters/sqlite/sqlite_store.hpp"
#include "core/channels.hpp"
#include "core/conversation.hpp"
#include "core/directory.hpp"
#include "core/drafting.hpp"
#include "core/overdue.hpp"
#include "core/progress.hpp"
#include "core/sending.hpp"
#include "core/verification.hpp"
#include "core/work.hpp"
#include "engine/pump.hpp"
#include "still_clock.hpp"

namespace {

using bccast::Ms;
using std::string;

constexpr Ms kNight = 1'700'000'000'000;    // 2023-11-14 22:13:20 UTC
constexpr Ms kMorning = 1'700'035'200'000;  // 08:00
constexpr Ms kHour = 3'600'000;

/// All show what UTC shows. Names come and go.
class SomeZones final : public bccast::Zones {
 public:
  bool has(std::string_view name) const override { return known.contains(name); }
  Ms shown_at(std::string_view, Ms moment) const override { return moment; }
  Ms when_shown(std::string_view, Ms shown) const override { return shown; }
  std::set<string, std::less<>> known{"Europe/Berlin", "Europe/Paris", "Asia/Tokyo"};
};

class Told final : public bccast::Notifier {
 public:
  bccast::Handled notify(bccast::NoticeBatch& batch, const std::shared_ptr<bccast::BatchControl>&) override {
    for (std::size_t i = 0; i < batch.size(); ++i) people.emplace(batch.to().at(i));
    return bccast::Handled::as_set;
  }
  std::multiset<string, std::less<>> people;
};

class NoQueue final : public bccast::Queue {
 public:
  void ring() noexcept override {}
};

struct World {
  explicit World(const std::vector<string>& clients) {
    channels.put("email", "notify");
    channels.set("email", "quiet_hours", "21:00-08:00");
    directory.provider_put("lee", "Dr. Lee");
    for (const auto& client : clients) {
      directory.client_put(client, client, client + "@example.org");
      directory.roster_add("lee", client);
    }
    pump = std::make_unique<bccast::Pump>(context, work, queue, handlers);
  }
  void zone(const string& client, const string& name) { directory.client_set(client, "timezone", name); }
  string blast() {
    const auto id = drafting.create("lee", {}).blast;
    drafting.act_all("lee", id, bccast::Drafting::Act::select);
    drafting.write("lee", id, "Good morning");
    sending.send("lee", id, {});
    return id;
  }
  void go_to(Ms at) {
    clock.now = at;
    pump->run(0, 0);
  }
  bccast::RecipientRow why(const string& blast, const string& client) {
    return progress.why("lee", blast, client).at(0);
  }
  std::size_t told(const string& person) const { return notifier->people.count(person); }

  test::TemporaryFolder folder;
  test::StillClock clock;
  SomeZones zones;
  bccast::sqlite::SqliteStore store{folder.file()};
  bccast::Context context{store, clock, zones};
  bccast::Channels channels{context};
  bccast::Directory directory{context};
  bccast::Drafting drafting{context};
  bccast::Sending sending{context};
  bccast::Conversation conversation{context};
  bccast::Progress progress{context};
  bccast::Overdue overdue{context};
  bccast::Verification verification{context};
  bccast::Work work{context};
  NoQueue queue;
  std::shared_ptr<Told> notifier = std::make_shared<Told>();
  bccast::Handlers handlers{{"email", {notifier, nullptr}}};
  std::unique_ptr<bccast::Pump> pump;
};

}  // namespace

TEST_CASE("unknown zones: nobody is told by a guess, and all say why, until the zone is known") {
  World world({"ana", "ben", "cal"});
  world.zone("ana", "Europe/Berlin");
  world.zone("ben", "Asia/Tokyo");
  world.zones.known.erase("Europe/Berlin");
  const auto blast = world.blast();
  world.go_to(kNight);
  auto ana = world.why(blast, "ana");
  CHECK(ana.state == "pending");
  CHECK(ana.reason == "unknown_zone");
  CHECK(ana.next_at_ms == kNight / kHour * kHour + kHour);
  CHECK(ana.attempts == 0);
  CHECK(world.why(blast, "ben").reason == "quiet_hours");
  // In the morning of UTC too: what is morning there is not known.
  for (Ms at = kNight; at <= kMorning + kHour; at += kHour / 2) world.go_to(at);
  CHECK(world.told("ana") == 0);
  CHECK(world.told("ben") == 1);
  CHECK(world.told("cal") == 1);
  CHECK(world.why(blast, "ana").reason == "unknown_zone");
  CHECK(world.verification.run().empty());
  // Known again, it is the zone's day.
  world.zones.known.insert("Europe/Berlin");
  world.go_to(kMorning + 2 * kHour);
  CHECK(world.told("ana") == 1);
  CHECK(world.progress.status("lee", blast).back().state == "finished");
  CHECK(world.verification.run().empty());
}

TEST_CASE("unknown zones: set to one that is known, the client is told within the hour or in its morning") {
  World world({"ana", "ben"});
  world.zone("ana", "Europe/Berlin");
  world.zone("ben", "Europe/Berlin");
  world.zones.known.erase("Europe/Berlin");
  const auto blast = world.blast();
  world.go_to(kMorning + kHour);  // by day
  CHECK(world.notifier->people.empty());
  world.zone("ana", "Asia/Tokyo");
  world.zone("ben", "");
  world.go_to(kMorning + 2 * kHour);
  CHECK(world.told("ana") == 1);
  CHECK(world.told("ben") == 1);
  CHECK(world.progress.status("lee", blast).back().state == "finished");
}

TEST_CASE(
    "unknown zones: the provider's counts for clients without one, and a client's own is not replaced") {
  World world({"ana", "ben", "cal"});
  world.directory.provider_set("lee", "timezone", "Europe/Paris");
  world.zone("ana", "Asia/Tokyo");
  world.zone("cal", "Europe/Berlin");
  const auto blast = world.blast();
  world.zones.known.erase("Europe/Paris");
  world.go_to(kMorning + kHour);
  CHECK(world.told("ana") == 1);
  CHECK(world.why(blast, "ben").reason == "unknown_zone");
  CHECK(world.told("cal") == 1);
  world.zones.known = {"Europe/Paris"};
  const auto next = world.blast();
  world.go_to(kMorning + kHour + 60'000);
  CHECK(world.told("ben") == 1);
  CHECK(world.why(next, "cal").reason == "unknown_zone");  // not told by the provider's
}

TEST_CASE("unknown zones: without quiet hours they keep nobody waiting") {
  World world({"ana", "ben"});
  world.channels.set("email", "quiet_hours", "");
  world.zone("ana", "Europe/Berlin");
  world.zones.known.clear();
  world.blast();
  world.go_to(kNight);
  CHECK(world.told("ana") == 1);
  CHECK(world.told("ben") == 1);
}

TEST_CASE("unknown zones: a blast that waits for one is late, and says why") {
  World world({"ana", "ben", "cal"});
  for (const char* client : {"ana", "ben"}) world.zone(client, "Europe/Berlin");
  world.zones.known.clear();
  world.clock.now = kMorning;
  const auto blast = world.blast();
  world.go_to(kMorning);
  CHECK(world.told("cal") == 1);
  auto status = world.progress.status("lee", blast).front();
  CHECK(status.pending == 2);
  CHECK(status.deferred == 0);  // nobody set that they wait
  CHECK_FALSE(status.overdue);
  CHECK_FALSE(status.left_ms);
  world.go_to(kMorning + kHour + 1);
  CHECK(world.overdue.say_next());
  status = world.progress.status("lee", blast).front();
  CHECK(status.overdue);
  CHECK(status.why == "channel email: it has quiet hours, and 2 wait for their time zone to be known");
  const auto late = world.overdue.list("", {}, 0).items;
  REQUIRE(late.size() == 1);
  CHECK(late[0].why == status.why);
}

TEST_CASE("unknown zones: single messages wait too, are looked at again, and keep their attempts") {
  World world({"ana"});
  world.zone("ana", "Europe/Berlin");
  world.directory.provider_set("lee", "timezone", "Europe/Paris");
  world.directory.provider_set("lee", "address.email", "lee@example.org");
  world.zones.known.erase("Europe/Berlin");
  const auto thread = world.conversation.direct("lee", "ana");
  world.conversation.write({bccast::Side::provider, "lee"}, thread, {}, "Hello");
  world.conversation.write({bccast::Side::client, "ana"}, thread, {}, "Hello to you");
  world.conversation.write({bccast::Side::provider, "lee"}, thread, {}, "Are you there?");
  world.go_to(kMorning + kHour);
  CHECK(world.told("ana") == 0);
  CHECK(world.told("lee") == 1);
  world.go_to(kMorning + 2 * kHour);
  CHECK(world.told("ana") == 0);
  world.zones.known.insert("Europe/Berlin");
  world.go_to(kMorning + 3 * kHour);
  CHECK(world.told("ana") == 2);
  CHECK(world.verification.run().empty());
}

TEST_CASE(
    "unknown zones: of many who wait there is a row for each slice, and each is looked at once an hour") {
  World world({});
  std::vector<string> ids;
  for (int i = 0; i < 3000; ++i) ids.push_back("client-" + std::to_string(i));
  const std::vector<std::string_view> views(ids.begin(), ids.end());
  world.directory.client_put_many(views, views, views);
  world.directory.roster_add_many("lee", views);
  world.directory.provider_set("lee", "timezone", "Europe/Berlin");
  world.zones.known.clear();
  const auto blast = world.blast();
  world.go_to(kMorning);
  std::size_t rows = 0;
  std::int64_t places = 0;
  const auto look = [&] {
    rows = 0;
    places = 0;
    world.store.read([&](const bccast::Tables& tables) {
      for (const auto& one : tables.work().waiting_places(1, 0)) {
        CHECK(one.wait.reason == bccast::WaitReason::unknown_zone);
        ++rows;
        places += one.places.count();
      }
    });
  };
  look();
  CHECK(rows == 1);
  CHECK(places == 3000);
  CHECK(world.pump->next_ms() == kHour);
  world.go_to(kMorning + kHour);
  look();
  CHECK(rows == 1);
  CHECK(places == 3000);
  CHECK(world.pump->next_ms() == kHour);
  CHECK(world.verification.run().empty());
  world.zones.known.insert("Europe/Berlin");
  world.go_to(kMorning + 2 * kHour);
  CHECK(world.notifier->people.size() == 3000);
}

TEST_CASE("unknown zones: channels with quiet hours name those that are stored and not known") {
  World world({"ana", "ben", "cal"});
  world.channels.put("push", "notify");
  world.zone("ana", "Europe/Berlin");
  world.zone("ben", "Europe/Berlin");
  world.zone("cal", "Asia/Tokyo");
  world.directory.provider_set("lee", "timezone", "Europe/Paris");
  const auto named = [&](std::size_t channel) { return world.progress.channels().at(channel).unknown_zones; };
  CHECK(named(0).empty());
  world.zones.known.erase("Europe/Berlin");
  CHECK(named(0) == "Europe/Berlin");
  CHECK(named(1).empty());  // it has none
  world.zones.known.clear();
  CHECK(named(0) == "Asia/Tokyo,Europe/Berlin,Europe/Paris");
  CHECK_THROWS_AS(world.zone("ana", "Asia/Tokyo"), bccast::Error);  // not known now
  for (const char* client : {"ana", "ben"}) world.zone(client, "");
  CHECK(named(0) == "Asia/Tokyo,Europe/Paris");
}
