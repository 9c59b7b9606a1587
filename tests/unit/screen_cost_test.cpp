// The promise of cost of the screens: a page of a list, a preview, a why cost the same at any depth of any
// roster. Counted in statements, and in the steps of SQLite's virtual machine that they take (a row that is
// passed by costs some as well), never in time. bench/screens has the times.
#include <doctest/doctest.h>

#include <algorithm>
#include <bccast/engine.hpp>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "../support/sqlite_counts.hpp"
#include "../support/temporary_folder.hpp"
#include "still_clock.hpp"

namespace {

using bccast::Engine;
using bccast::NoticeStatus;
using std::string;
using std::to_string;
using Strings = std::vector<string>;
using Views = std::vector<std::string_view>;

constexpr std::size_t kRows = 50;  // of a page
constexpr const char* kLee = "lee";
constexpr std::string_view kBounces = "bounce.";

/// A store that counts, with a notifier that cannot tell those whose address begins with kBounces.
struct Store {
  Store() { engine->provider_put(kLee, "Dr. Lee"); }
  bccast::Options options() {
    bccast::Options with;
    with.clock(clock);
    for (const char* channel : {"email", "push"})
      with.notifier(channel, [](bccast::Notices& notices) {
        for (std::size_t i = 0; i < notices.size(); ++i)
          if (notices.at(i).address.starts_with(kBounces))
            notices.set(i, NoticeStatus::failed, "mailbox_full");
        return true;
      });
    return with;
  }

  /// Something is written, later than all before.
  template <typename F>
  auto later(F&& write) {
    clock->now += 1000;
    return write();
  }

  void clients(const Strings& ids, const Strings& names, const Strings& addresses) {
    const Views id_views(ids.begin(), ids.end());
    const Views name_views(names.begin(), names.end());
    const Views address_views(addresses.begin(), addresses.end());
    engine->client_put_many(id_views, name_views, address_views);
    engine->roster_add_many(kLee, id_views);
  }
  void archive(const Strings& ids) { engine->roster_archive_many(kLee, Views(ids.begin(), ids.end())); }

  string draft() {
    const auto blast = engine->blast_create(kLee).blast;
    engine->blast_write(kLee, blast, "We are closed on Monday.");
    return blast;
  }
  string draft_for_all() {
    const auto blast = draft();
    engine->blast_select_all_active(kLee, blast);
    return blast;
  }
  string draft_for(const Strings& ids) {
    const auto blast = draft();
    engine->blast_select_many(kLee, blast, Views(ids.begin(), ids.end()));
    return blast;
  }
  string send(const string& blast, const string& channels = "email") {
    engine->blast_set(kLee, blast, "channels", channels);
    later([&] { return engine->blast_send(kLee, blast); });
    return blast;
  }
  void pump() {
    while (engine->pump().more) {
    }
  }
  /// The clients' threads of a blast.
  std::map<string, string> threads_of(const string& blast, const Strings& ids) {
    std::map<string, string> threads;
    for (auto& row : engine->blast_find(kLee, blast, Views(ids.begin(), ids.end())))
      threads.emplace(row.client, row.thread);
    return threads;
  }

  test::SqliteCounts counts;
  test::TemporaryFolder folder;
  std::shared_ptr<test::StillClock> clock = std::make_shared<test::StillClock>();
  std::unique_ptr<Engine> engine = std::make_unique<Engine>(folder.file(), options());
};

struct Cost {
  std::int64_t statements = 0;
  std::int64_t steps = 0;
  void worst(const Cost& other) {
    statements = std::max(statements, other.statements);
    steps = std::max(steps, other.steps);
  }
};

std::ostream& operator<<(std::ostream& out, const Cost& cost) {
  return out << cost.statements << " statements, " << cost.steps << " steps";
}

/// What the screens of one store cost, by name.
class Screens {
 public:
  explicit Screens(Store& store) : store_(store) {}

  /// One answer. The next ones of the same name cost no more than the first one.
  template <typename F>
  void one(const string& name, F&& look) {
    const auto cost = cost_of(look);
    const auto first = costs_.try_emplace(name, cost).first->second;
    INFO(name << ": the first " << first << ", another " << cost);
    CHECK(cost.statements <= first.statements + 2);
    CHECK(cost.steps <= first.steps + first.steps / 4 + 50);
    costs_[name].worst(cost);
  }

  /// What costs some steps for each of `things`, and is not compared with another store.
  template <typename F>
  void each(const string& name, std::size_t things, F&& look) {
    const auto cost = cost_of(look);
    INFO(name << ": " << cost);
    CHECK(cost.steps <= static_cast<std::int64_t>(20 * things + 100));
    CHECK(cost.statements <= 10);
  }

  /// Every page of a list of `rows` rows; of a long list every twentieth, and all in pages of a thousand.
  /// page_of(cursor, limit) gives one.
  template <typename F>
  void list(const string& name, std::size_t rows, F&& page_of) {
    const std::size_t together = rows > 100 * kRows ? 20 : 1;
    std::size_t found = 0;
    Cost first;
    Cost worst;
    string cursor;
    do {
      const auto one = cost_of([&] { CHECK(page_of(cursor, kRows).items.size() <= kRows); });
      decltype(page_of(cursor, kRows)) page;
      auto all = cost_of([&] { page = page_of(cursor, together * kRows); });
      all.statements /= static_cast<std::int64_t>(together);
      all.steps /= static_cast<std::int64_t>(together);
      if (found == 0) first = one;
      worst.worst(one);
      worst.worst(all);
      found += page.items.size();
      cursor = page.next;
    } while (!cursor.empty());
    INFO(name << ": the first page " << first << ", the worst " << worst);
    CHECK(found == rows);
    // Of a blast its text, its lines and its marks; and a few for the page.
    CHECK(worst.statements <= 3 * static_cast<std::int64_t>(kRows) + 10);
    CHECK(worst.statements <= 2 * first.statements + 10);
    CHECK(worst.steps <= 2 * first.steps + 100);
    costs_[name].worst(worst);
  }

  const std::map<string, Cost>& costs() const { return costs_; }

 private:
  template <typename F>
  Cost cost_of(F&& look) {
    look();  // prepares the statements, and stores what is stored at a first look
    const auto before = store_.counts.now();
    look();
    const auto asked = store_.counts.now() - before;
    return {asked.statements, asked.steps};
  }

  Store& store_;
  std::map<string, Cost> costs_;
};

/// The slices of a larger roster may cost some statements each: bitmaps of who is active, chosen, reachable.
void check_same(const std::map<string, Cost>& small, const std::map<string, Cost>& large,
                std::int64_t more_slices) {
  REQUIRE(small.size() == large.size());
  for (const auto& one : small) {
    const auto& larger = large.at(one.first);
    INFO(one.first << ": " << one.second << "; in the larger store " << larger);
    CHECK(one.second.statements > 0);
    CHECK(larger.statements <= one.second.statements + one.second.statements / 8 + 12 * more_slices);
    CHECK(larger.steps <= one.second.steps + one.second.steps / 4 + 200 * more_slices + 50);
  }
}

string id_of(std::size_t i) {
  return "client-" + to_string(1'000'000 + i);
}

/// A provider with `size` clients, and some years of work. Much grows with the roster: who is archived, who
/// replied, what was left out, one long inbox. The rest does not: failures, unread threads.
struct Practice : Store {
  static constexpr std::size_t kFailed = 20;
  static constexpr std::size_t kFew = 7;
  static constexpr std::size_t kUnread = 100;
  static constexpr std::size_t kMessages = 2000;

  explicit Practice(std::size_t size_in) : size(size_in), blasts(size / 100) {
    for (std::size_t i = 0; i < size; ++i) {
      all.push_back(id_of(i));
      if (archived(i)) {
        gone.push_back(all[i]);
      } else if (chat_off(i)) {
        off.push_back(all[i]);
      } else {
        active.push_back(all[i]);
      }
    }
    make_roster();
    make_blasts();
    make_threads();
    make_drafts();
    make_inbox();
  }

  // The order of names is not that of places.
  std::size_t number(std::size_t i) const { return i * 7919 % size; }
  bool archived(std::size_t i) const { return (number(i) * 40503 >> 4) % 10 < 3 && i != kReader; }
  bool chat_off(std::size_t i) const { return number(i) % 50 == 7 && i != kReader; }
  bool receives(std::size_t i) const { return !archived(i) && !chat_off(i); }
  bool fails(std::size_t i) const {
    return std::find(failing.begin(), failing.end(), all[i]) != failing.end();
  }
  bool no_address(std::size_t i) const { return number(i) % 25 == 3 && !fails(i); }
  bool is_lee(std::size_t i) const { return number(i) % 4 == 0; }
  bool is_quill(std::size_t i) const { return i % (size / 3) == size / 6; }
  string name(std::size_t i) const {
    static const Strings given{"Ana", "Ben", "Cal", "Dan", "Eve", "Fay", "Gil",
                               "Ian", "Joe", "Kim", "Mia", "Noa", "Zoe"};
    return given[number(i) % given.size()] + (is_lee(i) ? " Lee" : "") + (is_quill(i) ? " Quill" : "") +
           " F" + to_string(1'000'000 + number(i));
  }
  std::size_t count(bool (Practice::*is)(std::size_t) const) const {
    std::size_t n = 0;
    for (std::size_t i = 0; i < size; ++i) n += (this->*is)(i) ? 1 : 0;
    return n;
  }

  void make_roster() {
    Strings names;
    Strings addresses;
    const std::size_t step = active.size() / kFailed;
    std::size_t nth = 0;
    for (std::size_t i = 0; i < size; ++i) {
      names.push_back(name(i));
      if (receives(i) && nth++ % step == step / 2 && failing.size() < kFailed) failing.push_back(all[i]);
      addresses.push_back(fails(i)        ? string(kBounces) + all[i]
                          : no_address(i) ? ""
                                          : all[i] + "@example.org");
    }
    clients(all, names, addresses);
    archive(gone);
    for (const auto& id : off) engine->roster_set(kLee, id, "chat", "off");
  }

  void make_blasts() {
    main = send(draft_for_all());
    Strings half;
    std::size_t without = 0;
    for (std::size_t i = 0; i < size; ++i) {
      if (!receives(i) || fails(i) || i == kReader) continue;
      if (no_address(i) ? without++ < kFew : number(i) % 2 == 0) half.push_back(all[i]);
    }
    picked_size = half.size();
    picked = send(draft_for(half));
    pump();
  }

  /// Replies to a blast, read but for some; a few replies to the other; a long direct thread.
  void make_threads() {
    Strings some;
    for (std::size_t i = 0; i < active.size(); i += 20) some.push_back(active[i]);
    std::size_t n = 0;
    for (const auto& one : threads_of(main, some)) {
      engine->client_read(one.first, one.second, 1);
      later([&] { return engine->client_reply(one.first, one.second, "That suits me well."); });
      if (++n > kUnread) engine->provider_read(kLee, one.second, 2);
    }
    replied = n;
    const auto threads = threads_of(picked, active);
    n = 0;
    for (auto thread = threads.rbegin(); n < kFew; ++thread, ++n) {
      engine->client_read(thread->first, thread->second, 1);
      later([&] { return engine->client_reply(thread->first, thread->second, "I see."); });
      engine->provider_read(kLee, thread->second, 2);
    }
    talker = active[active.size() / 2];
    direct = engine->provider_direct(kLee, talker);
    later([&] { return engine->provider_reply(kLee, direct, "How are you?"); });
    for (std::size_t i = 1; i < kMessages; ++i)
      later([&] { return engine->client_reply(talker, direct, "And another thing."); });
    engine->provider_read(kLee, direct, kMessages);
  }

  void make_drafts() {
    by_rule = draft_for_all();
    Strings some;
    for (std::size_t i = 0; i < size; i += 100) some.push_back(all[i]);
    engine->blast_deselect_many(kLee, by_rule, Views(some.begin(), some.end()));
    Strings third;
    for (std::size_t i = 0; i < size; i += 3) third.push_back(all[i]);
    one_by_one = draft_for(third);
  }

  /// Blasts of which every tenth was replied to, communities, a direct thread; half of it is read.
  void make_inbox() {
    for (std::size_t i = 0; i < blasts; ++i) {
      const auto blast = send(draft_for_all());
      const auto thread = i % 2 == 0 ? threads_of(blast, {reader}).at(reader) : "";
      if (i % 10 == 0) {
        later([&] { return engine->client_reply(reader, thread, "Thanks."); });
        engine->provider_read(kLee, thread, 2);
      }
      if (i % 2 == 0) engine->client_read(reader, thread, 2);
      if (i % 10 == 5) {
        community = later([&] { return engine->provider_community(kLee, "Walking on Fridays"); });
        engine->community_add(kLee, community, reader);
        later([&] { return engine->provider_reply(kLee, community, "Next time by the lake."); });
      }
    }
    later(
        [&] { return engine->provider_reply(kLee, engine->provider_direct(kLee, reader), "See you soon."); });
  }
  static constexpr std::size_t kReader = 9;

  std::size_t size;
  std::size_t blasts;  // of the long inbox, besides those before
  Strings all;
  Strings active;  // and chat is on
  Strings gone;    // archived
  Strings off;
  Strings failing;
  string main, picked, by_rule, one_by_one;
  std::size_t picked_size = 0;
  std::size_t replied = 0;
  string reader = id_of(kReader);
  string talker, direct, community;
};

void look_at_roster(Practice& p, Screens& screens) {
  const auto roster = [&](const string& filter, std::size_t rows) {
    screens.list("roster " + filter.substr(0, filter.find("draft=")), rows,
                 [&](const string& cursor, std::size_t limit) {
                   return p.engine->provider_roster(kLee, filter, cursor, limit);
                 });
  };
  const auto lees = p.count(&Practice::is_lee);
  roster("", p.size);
  roster("draft=" + p.by_rule, p.size);
  roster("state=active", p.active.size() + p.off.size());
  roster("state=archived", p.gone.size());
  roster("search=lee", lees);
  roster("search=quill", p.count(&Practice::is_quill));
  roster("search=nobody", 0);
  roster("search=f1", p.size);
  std::size_t archived_lees = 0;
  for (std::size_t i = 0; i < p.size; ++i) archived_lees += p.is_lee(i) && p.archived(i) ? 1U : 0U;
  roster("search=lee&state=active", lees - archived_lees);
  roster("search=lee&state=archived", archived_lees);
  roster("search=lee&state=archived&draft=" + p.one_by_one, archived_lees);
  screens.one("roster_count", [&] { p.engine->roster_count(kLee); });
}

void look_at_drafts(Practice& p, Screens& screens) {
  for (const auto* draft : {&p.by_rule, &p.one_by_one}) {
    const string name = draft == &p.by_rule ? "by rule: " : "one by one: ";
    screens.one(name + "preview", [&] { p.engine->blast_preview(kLee, *draft); });
    screens.one(name + "get", [&] { p.engine->blast_get(kLee, *draft); });
    screens.one(name + "why", [&] { p.engine->blast_why(kLee, *draft, p.active.back()); });
    std::map<string, std::size_t> rows;
    for (std::size_t i = 0; i < p.size; ++i) {
      const bool listed = draft == &p.by_rule || i % 3 == 0;
      const bool chosen = listed && p.receives(i) && !(draft == &p.by_rule && i % 100 == 0);
      rows[""] += listed ? 1U : 0U;
      rows["chosen=1"] += chosen ? 1U : 0U;
      rows["chosen=0"] += listed && !chosen ? 1U : 0U;
    }
    for (const auto& [filter, n] : rows)
      screens.list(name + "selection " + filter, n,
                   [&, &filter = filter](const string& cursor, std::size_t limit) {
                     return p.engine->blast_selection(kLee, *draft, filter, cursor, limit);
                   });
  }
}

void look_at_recipients(Practice& p, Screens& screens) {
  const auto recipients = [&](const char* name, const string& blast, const string& filter, std::size_t rows) {
    screens.list(name + (" recipients " + filter), rows, [&](const string& cursor, std::size_t limit) {
      return p.engine->blast_recipients(kLee, blast, filter, cursor, limit);
    });
  };
  const auto n = p.active.size();
  std::size_t without = 0;
  for (std::size_t i = 0; i < p.size; ++i) without += p.receives(i) && p.no_address(i) ? 1U : 0U;
  recipients("main", p.main, "", n);
  recipients("main", p.main, "state=done", n - without - p.failing.size());
  recipients("main", p.main, "state=skipped", without);
  recipients("main", p.main, "state=failed", p.failing.size());
  recipients("main", p.main, "state=pending", 0);
  recipients("main", p.main, "opened=1", p.replied);
  recipients("main", p.main, "replied=1", p.replied);
  recipients("main", p.main, "replied=0", n - p.replied);
  recipients("main", p.main, "replied=1&state=pending", 0);
  recipients("picked", p.picked, "", p.picked_size);
  recipients("picked", p.picked, "state=skipped", Practice::kFew);
  recipients("picked", p.picked, "opened=1", Practice::kFew);
  recipients("picked", p.picked, "replied=1&state=done", Practice::kFew);
  recipients("picked", p.picked, "replied=0", p.picked_size - Practice::kFew);
  for (const auto& client :
       {p.active.front(), p.active.back(), p.failing.back(), p.gone.back(), p.off.back()})
    screens.one("why", [&] { p.engine->blast_why(kLee, p.main, client); });
  Strings fifty;
  for (std::size_t i = 0; i < kRows; ++i) fifty.push_back(p.all[i * (p.size / kRows)]);
  screens.one("find", [&] { p.engine->blast_find(kLee, p.main, Views(fifty.begin(), fifty.end())); });
  screens.one("status", [&] { p.engine->blast_status(kLee, p.main); });
  screens.list("blasts", p.blasts + 4, [&](const string& cursor, std::size_t limit) {
    return p.engine->blast_list(kLee, {}, cursor, limit);
  });
}

void look_at_threads(Practice& p, Screens& screens) {
  const auto threads = [&](const string& name, const string& filter, std::size_t rows) {
    screens.list("provider's threads " + name, rows, [&](const string& cursor, std::size_t limit) {
      return p.engine->provider_threads(kLee, filter, cursor, limit);
    });
  };
  const std::size_t of_reader = p.blasts / 10 + 1;  // without communities
  threads("", "", p.replied + Practice::kFew + 1 + of_reader + p.blasts / 10);
  threads("unread=1", "unread=1", Practice::kUnread);
  threads("replied=1", "replied=1", p.replied + Practice::kFew + 1 + of_reader - 1);
  threads("blast=", "blast=" + p.main, p.replied);
  threads("blast=&replied=1", "replied=1&blast=" + p.main, p.replied);
  for (const auto& client : {p.active.front(), p.active.back()}) {
    const auto thread = p.threads_of(p.main, {client}).at(client);
    const string which = client == p.active.front() ? "" : ", untouched";
    screens.one("provider's thread" + which,
                [&] { CHECK(p.engine->provider_threads(kLee, "thread=" + thread).items.size() == 1); });
    screens.one("client's thread" + which,
                [&] { CHECK(p.engine->client_threads(client, "thread=" + thread).items.size() == 1); });
  }
  screens.each("provider_unread", Practice::kUnread,
               [&] { CHECK(p.engine->provider_unread(kLee).threads == Practice::kUnread); });

  const std::size_t all = p.blasts + p.blasts / 10 + 2;
  const auto inbox = [&](const string& filter, std::size_t rows) {
    screens.list("inbox " + filter, rows, [&](const string& cursor, std::size_t limit) {
      return p.engine->client_threads(p.reader, filter, cursor, limit);
    });
  };
  inbox("", all);
  const auto unread = all - p.blasts / 2;
  inbox("unread=1", unread);
  screens.each("client_unread", unread, [&] {
    CHECK(p.engine->client_unread(p.reader).threads == static_cast<std::int64_t>(unread));
  });
  for (const int direction : {1, -1}) {
    for (const std::int64_t from : {0, 60, 1000, 1940}) {
      const auto name = [&](const char* side) {
        return side + string(direction == 1 ? " upwards" : " downwards");
      };
      screens.one(name("client's messages"), [&] {
        CHECK(p.engine->client_messages(p.talker, p.direct, from, direction, kRows).items.size() == kRows);
      });
      screens.one(name("provider's messages"), [&] {
        CHECK(p.engine->provider_messages(kLee, p.direct, from, direction, kRows).items.size() == kRows);
      });
    }
  }
}

/// A roster of which 2,500 are archived: all over it, or those whose names come last.
struct ArchivedOnes : Store {
  static constexpr std::size_t kArchived = 2500;
  ArchivedOnes(std::size_t size, bool all_over) {
    Strings ids;
    Strings names;
    Strings gone;
    for (std::size_t i = 0; i < size; ++i) {
      ids.push_back(id_of(i));
      names.push_back("Nr " + to_string(1'000'000 + i));
      const bool wanted = all_over ? i % (size / kArchived) == 0 : i >= size - kArchived;
      if (wanted && gone.size() < kArchived) gone.push_back(ids[i]);
    }
    clients(ids, names, names);
    archive(gone);
  }
};

/// Blasts to `size` clients of whom every second could not be told.
struct Failures : Store {
  explicit Failures(std::size_t size) {
    Strings addresses;
    for (std::size_t i = 0; i < size; ++i) {
      ids.push_back(id_of(i));
      addresses.push_back((i % 2 == 0 ? "" : string(kBounces)) + ids[i]);
    }
    clients(ids, ids, addresses);
    for (const char* channel : {"email", "push"}) engine->channel_set(channel, "fail_percent", "0");
    blast = send(draft_for_all());
    on_two_channels = send(draft_for_all(), "email,push");
    pump();
  }
  Strings ids;
  string blast, on_two_channels;
};

/// A blast to `size` clients. In five of its threads their clients wrote, and then in all others the
/// provider; or the other way round.
struct Written : Store {
  static constexpr std::size_t kFirst = 5;
  Written(std::size_t size, bool clients_first) {
    Strings ids;
    for (std::size_t i = 0; i < size; ++i) ids.push_back(id_of(i));
    clients(ids, ids, ids);
    blast = send(draft_for_all());
    std::size_t n = 0;
    for (const auto& one : threads_of(blast, ids)) {
      const bool by_client = (n++ < kFirst) == clients_first;
      later([&] {
        return by_client ? engine->client_reply(one.first, one.second, "That suits me well.")
                         : engine->provider_reply(kLee, one.second, "See you then.");
      });
    }
  }
  void look(Screens& screens, const string& filter, std::size_t rows) {
    screens.list(filter, rows, [&](const string& cursor, std::size_t limit) {
      return engine->provider_threads(kLee, filter, cursor, limit);
    });
    screens.list("blast=&" + filter, rows, [&](const string& cursor, std::size_t limit) {
      return engine->provider_threads(kLee, filter + "&blast=" + blast, cursor, limit);
    });
  }
  string blast;
};

/// The same screens of two stores, a small one and a large one of one slice.
template <typename Look>
void check_sizes(std::size_t small, std::size_t large, Look&& look) {
  std::map<string, Cost> of_small;
  for (const auto size : {small, large}) {
    CAPTURE(size);
    const auto costs = look(size);
    if (size == small) {
      of_small = costs;
    } else {
      check_same(of_small, costs, 0);
    }
  }
}

}  // namespace

TEST_CASE(
    "Every page of every list costs the same, and so do preview and why, with 10,000 clients and with "
    "70,000") {
  std::map<string, Cost> of_small;
  for (const std::size_t size : {std::size_t{10'000}, std::size_t{70'000}}) {
    CAPTURE(size);
    Practice practice(size);
    Screens screens(practice);
    look_at_roster(practice, screens);
    look_at_drafts(practice, screens);
    look_at_recipients(practice, screens);
    look_at_threads(practice, screens);
    if (of_small.empty()) {
      of_small = screens.costs();
    } else {
      check_same(of_small, screens.costs(), 1);
    }
  }
}

TEST_CASE(
    "A page of the roster in one state costs the same however many are in the other, wherever they stand") {
  for (const bool all_over : {true, false}) {
    CAPTURE(all_over);
    check_sizes(10'000, 40'000, [&](std::size_t size) {
      ArchivedOnes store(size, all_over);
      Screens screens(store);
      for (const string filter : {"state=archived", "search=nr&state=archived"})
        screens.list(filter, ArchivedOnes::kArchived, [&](const string& cursor, std::size_t limit) {
          return store.engine->provider_roster(kLee, filter, cursor, limit);
        });
      return screens.costs();
    });
  }
}

TEST_CASE("A page of recipients and a why cost the same however many failed") {
  check_sizes(2'000, 20'000, [](std::size_t size) {
    Failures store(size);
    Screens screens(store);
    const std::map<string, std::size_t> rows{
        {"", size}, {"state=failed", size / 2}, {"state=done", size / 2}, {"state=failed&opened=1", 0}};
    for (const auto& [filter, n] : rows)
      screens.list("recipients " + filter, n, [&, &filter = filter](const string& cursor, std::size_t limit) {
        return store.engine->blast_recipients(kLee, store.blast, filter, cursor, limit);
      });
    screens.one("why", [&] { store.engine->blast_why(kLee, store.blast, store.ids[7]); });
    return screens.costs();
  });
}

TEST_CASE("The status of a blast on two channels costs the same however many failed") {
  check_sizes(2'000, 20'000, [](std::size_t size) {
    Failures store(size);
    Screens screens(store);
    screens.one("status", [&] {
      CHECK(store.engine->blast_status(kLee, store.on_two_channels).back().failed ==
            static_cast<std::int64_t>(size / 2));
    });
    return screens.costs();
  });
}

TEST_CASE(
    "A page of threads that were replied to, or not, or are unread costs the same however many others there "
    "are") {
  check_sizes(500, 5'000, [](std::size_t size) {
    Written few_replied(size, true);
    Screens screens(few_replied);
    few_replied.look(screens, "replied=1", Written::kFirst);
    few_replied.look(screens, "unread=1", Written::kFirst);
    return screens.costs();
  });
  check_sizes(500, 5'000, [](std::size_t size) {
    Written most_replied(size, false);
    Screens screens(most_replied);
    most_replied.look(screens, "replied=0", Written::kFirst);
    return screens.costs();
  });
}

TEST_CASE("A page of a blast's threads costs the same at any depth when all were written in at one moment") {
  constexpr std::size_t kThreads = 2000;
  Store store;
  Strings ids;
  for (std::size_t i = 0; i < kThreads; ++i) ids.push_back(id_of(i));
  store.clients(ids, ids, ids);
  const auto blast = store.send(store.draft_for_all());
  for (const auto& one : store.threads_of(blast, ids))
    store.engine->provider_reply(kLee, one.second, "See you.");
  Screens screens(store);
  for (const auto& filter : {string(), "blast=" + blast})
    screens.list("threads " + filter, kThreads, [&](const string& cursor, std::size_t limit) {
      return store.engine->provider_threads(kLee, filter, cursor, limit);
    });
}
