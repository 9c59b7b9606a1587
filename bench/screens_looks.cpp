#include "screens_looks.hpp"

#include <time.h>

#include <algorithm>
#include <cstdio>
#include <functional>
#include <utility>

#include "figures.hpp"
#include "people.hpp"
#include "screens_names.hpp"
#include "stopwatch.hpp"

namespace bench {
namespace {

using std::string;

constexpr std::uint32_t kPageRows = 100;  // what a limit of 0 asks for
constexpr std::uint32_t kWalkRows = 1000;
constexpr double kNoiseMs = 1;

/// "" is NULL to the C API.
const char* or_null(const string& text) {
  return text.empty() ? nullptr : text.c_str();
}

/// How long the same page took, each time.
class Times {
 public:
  void add(const std::function<Rows()>& look) {
    const double cpu_before = cpu_seconds();
    const Stopwatch watch;
    const Rows answer = look();
    seconds_.push_back(watch.seconds());
    cpu_seconds_.push_back(cpu_seconds() - cpu_before);
    rows_ = bccast_rows_count(answer.get());
  }
  std::size_t rows() const { return rows_; }
  Page page(const char* where) const {
    const double worst = *std::max_element(seconds_.begin(), seconds_.end());
    return {where, rows_, median(seconds_) * 1e3, worst * 1e3, median(cpu_seconds_) * 1e3};
  }

 private:
  /// Of this thread.
  static double cpu_seconds() {
    timespec used{};
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &used);
    return static_cast<double>(used.tv_sec) + static_cast<double>(used.tv_nsec) * 1e-9;
  }

  std::vector<double> seconds_;
  std::vector<double> cpu_seconds_;
  std::size_t rows_ = 0;
};

class Looker {
 public:
  explicit Looker(unsigned looks) : looks_(looks) {}

  std::vector<Screen> finish() { return std::move(screens_); }

  /// One answer, no list.
  void one(const char* call, const string& what, const std::function<Rows()>& look) {
    Screen screen{call, what, 0, {}};
    screen.pages.push_back(measured("", look));
    screen.rows = screen.pages[0].rows;
    add(std::move(screen));
  }

  /// Answers that can be had only once each: the median of all.
  void once(const char* call, const string& what, const std::vector<std::function<Rows()>>& looks) {
    Times times;
    for (const auto& look : looks) times.add(look);
    add({call, what, times.rows(), {times.page("")}});
  }

  /// A list, at several depths. It is walked through once to get there.
  using List = std::function<Rows(const char* cursor, std::uint32_t limit)>;
  void list(const char* call, const string& what, const List& page_of) {
    Screen screen{call, what, 0, {}};
    Walk walk = walk_from("", kWalkRows, SIZE_MAX, page_of);
    screen.rows = walk.rows;
    if (walk.cursors.size() < 50) walk = walk_from("", kPageRows, SIZE_MAX, page_of);
    const auto page_at = [&](const char* where, const string& cursor) {
      screen.pages.push_back(measured(where, [&] { return page_of(or_null(cursor), kPageRows); }));
    };
    for (const auto& [where, share] :
         {std::pair("0 %", 0.0), {"10 %", 0.1}, {"50 %", 0.5}, {"90 %", 0.9}, {"99 %", 0.99}})
      page_at(where,
              walk.cursors[static_cast<std::size_t>(share * static_cast<double>(walk.cursors.size()))]);
    const Walk nearby = walk_from(walk.slowest(), kPageRows, kWalkRows / kPageRows, page_of);
    page_at("slowest", nearby.slowest());
    add(std::move(screen));
  }

 private:
  struct Walk {
    std::size_t rows = 0;
    std::vector<string> cursors;
    std::vector<double> seconds;
    const string& slowest() const {
      return cursors[static_cast<std::size_t>(std::max_element(seconds.begin(), seconds.end()) -
                                              seconds.begin())];
    }
  };
  static Walk walk_from(string cursor, std::uint32_t limit, std::size_t most_pages, const List& page_of) {
    Walk walk;
    do {
      const Stopwatch watch;
      const Rows page = page_of(or_null(cursor), limit);
      walk.seconds.push_back(watch.seconds());
      walk.cursors.push_back(cursor);
      walk.rows += bccast_rows_count(page.get());
      cursor = next_of(page);
    } while (!cursor.empty() && walk.cursors.size() < most_pages);
    return walk;
  }

  Page measured(const char* where, const std::function<Rows()>& look) const {
    look();
    Times times;
    for (unsigned i = 0; i < looks_; ++i) times.add(look);
    return times.page(where);
  }

  void add(Screen screen) {
    std::printf(".");
    std::fflush(stdout);
    screens_.push_back(std::move(screen));
  }

  unsigned looks_;
  std::vector<Screen> screens_;
};

class Screens {
 public:
  Screens(bccast_engine* engine, const Practice& practice, unsigned looks)
      : engine_(engine), p_(practice), looker_(looks) {}

  std::vector<Screen> all() {
    first_looks();  // before anything else has looked at their inboxes
    rosters();
    drafts();
    recipients();
    single_clients();
    blasts();
    provider_threads();
    inboxes();
    messages();
    std::printf("\n");
    return looker_.finish();
  }

 private:
  void first_looks() {
    std::vector<std::function<Rows()>> counts, looks, later;
    for (const string& client : p_.unseen) {
      counts.push_back([&] { return unread_of(client); });
      looks.push_back(
          [&] { return rows_of(bccast_client_threads, engine_, client.c_str(), nullptr, nullptr, 0U); });
    }
    looker_.once("client_unread", "a long inbox never looked at", counts);
    looker_.once("client_threads", "the first look at a long inbox", looks);
    looker_.once("client_threads", "the second look", looks);
    looker_.once("client_unread", "then", counts);
  }

  void roster(const char* provider, const string& filter) {
    const string what = filter.substr(0, filter.find(p_.draft_all));  // its id says nothing
    looker_.list("provider_roster", string(provider) + ' ' + what,
                 [&](const char* cursor, std::uint32_t limit) {
                   return rows_of(bccast_provider_roster, engine_, provider, or_null(filter), cursor, limit);
                 });
  }
  void rosters() {
    const string with_draft = "draft=" + p_.draft_all;
    const string rare = string("search=") + kRareWord;
    const string common = string("search=") + kCommonWord;
    roster(kMain, "");
    roster(kMain, with_draft);
    for (const char* filter : {"state=active", "state=archived"}) roster(kMain, filter);
    for (const string& filter :
         {rare, common, string("search=m"), string("search=ba"), string("search=von%20"),
          string("search=maria%20a"), string("search=nobody")})
      roster(kMain, filter);
    roster(kMain, common + "&state=active");
    roster(kMain, common + "&state=archived");
    roster(kMain, "search=m&state=archived&" + with_draft);
    for (const char* provider : {kSpread, kLast})
      for (const string& filter :
           {string("state=archived"), string("state=archived&search=m"), common + "&state=archived",
            rare + "&state=archived", string("state=active")})
        roster(provider, filter);
    looker_.one("provider_roster", "main, 1,000 rows",
                [&] { return rows_of(bccast_provider_roster, engine_, kMain, nullptr, nullptr, 1000U); });
    looker_.one("provider_roster", "2,000-archived state=archived, 1,000 rows", [&] {
      return rows_of(bccast_provider_roster, engine_, kSpread, "state=archived", nullptr, 1000U);
    });
    looker_.one("provider_roster_count", kMain, [&] {
      std::int64_t active = 0;
      require_ok(bccast_provider_roster_count(engine_, kMain, &active, nullptr));
      return Rows();
    });
  }

  void draft(const string& blast, const string& what) {
    looker_.one("blast_preview", what,
                [&] { return rows_of(bccast_blast_preview, engine_, kMain, blast.c_str()); });
    looker_.one("blast_get", what, [&] { return rows_of(bccast_blast_get, engine_, kMain, blast.c_str()); });
    for (const string filter : {"", "chosen=1", "chosen=0"}) {
      looker_.list("blast_selection", what + ' ' + filter, [&](const char* cursor, std::uint32_t limit) {
        return rows_of(bccast_blast_selection, engine_, kMain, blast.c_str(), or_null(filter), cursor, limit);
      });
    }
  }
  void drafts() {
    draft(p_.draft_all, "by rule");
    draft(p_.draft_picked, "one by one");
  }

  void recipients_of(const char* what, const char* provider, const string& blast,
                     std::initializer_list<const char*> filters) {
    for (const string filter : filters) {
      looker_.list("blast_recipients", what + (' ' + filter), [&](const char* cursor, std::uint32_t limit) {
        return rows_of(bccast_blast_recipients, engine_, provider, blast.c_str(), or_null(filter), cursor,
                       limit);
      });
    }
  }
  void recipients() {
    recipients_of("many replied", kMain, p_.main,
                  {"", "state=failed", "state=retry", "state=pending", "state=skipped", "state=done",
                   "opened=1", "replied=1", "replied=0", "opened=1&state=failed"});
    recipients_of("7 replied", kMain, p_.picked,
                  {"", "state=failed", "state=skipped", "opened=1", "replied=1", "replied=0"});
    recipients_of("half failed", kMain, p_.failing,
                  {"", "state=failed", "state=done", "state=failed&opened=1"});
    recipients_of("two channels", kMain, p_.failing_twice,
                  {"", "state=failed", "channel=push", "state=skipped&channel=email"});
  }

  void why(const char* what, const string& blast, const string& client) {
    looker_.one("blast_why", what,
                [&] { return rows_of(bccast_blast_why, engine_, kMain, blast.c_str(), client.c_str()); });
  }
  void single_clients() {
    why("done", p_.main, p_.done);
    why("failed", p_.main, p_.failed);
    why("archived", p_.main, p_.archived);
    why("deselected", p_.main, p_.deselected);
    why("added later", p_.main, p_.added_later);
    why("not chosen", p_.picked, p_.not_chosen);
    why("done, when half failed", p_.failing, p_.done);
    why("done, when half failed, two channels", p_.failing_twice, p_.done);
    why("of a draft, chosen", p_.draft_all, p_.done);
    why("of a draft, archived", p_.draft_all, p_.archived);
    Column ids;
    for (std::uint64_t i = 0; i < 100; ++i) ids.add(client_id(i * 397));
    looker_.one("blast_find", "100", [&] {
      return rows_of(bccast_blast_find, engine_, kMain, p_.main.c_str(), ids.count(), ids.bytes(),
                     ids.offsets());
    });
  }

  void status(const char* what, const string& blast) {
    looker_.one("blast_status", what,
                [&] { return rows_of(bccast_blast_status, engine_, kMain, blast.c_str()); });
  }
  void blasts() {
    status("many replied", p_.main);
    status("half failed", p_.failing);
    status("half failed on two channels", p_.failing_twice);
    status("draft", p_.draft_all);
    for (const string filter : {"", "state=sent", "state=finished", "state=draft"})
      looker_.list("blast_list", filter, [&](const char* cursor, std::uint32_t limit) {
        return rows_of(bccast_blast_list, engine_, kMain, or_null(filter), cursor, limit);
      });
    looker_.one("channel_list", "", [&] { return rows_of(bccast_channel_list, engine_); });
    looker_.one("directory_provider_list", "",
                [&] { return rows_of(bccast_directory_provider_list, engine_, nullptr, 0U); });
  }

  void threads_of(const char* provider, const char* what, const string& filter) {
    looker_.list("provider_threads", what, [&](const char* cursor, std::uint32_t limit) {
      return rows_of(bccast_provider_threads, engine_, provider, or_null(filter), cursor, limit);
    });
  }
  void provider_threads() {
    const string main = "blast=" + p_.main;
    const string answered = "blast=" + p_.answered;
    threads_of(kMain, "nearly all unread", "");
    threads_of(kMain, "nearly all unread: unread=1", "unread=1");
    threads_of(kMain, "nearly all unread: unread=0", "unread=0");
    threads_of(kMain, "nearly all replied: replied=1", "replied=1");
    threads_of(kMain, "nearly all replied: replied=0", "replied=0");
    threads_of(kMain, "blast=", main);
    threads_of(kMain, "blast=&unread=1", main + "&unread=1");
    threads_of(kMain, "blast=, all replied: replied=0", main + "&replied=0");
    threads_of(kMain, "client=, of many blasts", "client=" + p_.reader);
    threads_of(kMain, "client=, of many blasts, replied=0", "replied=0&client=" + p_.reader);
    threads_of(kSpread, "50 replied", "");
    threads_of(kSpread, "50 replied: unread=1", "unread=1");
    threads_of(kSpread, "50 replied: replied=1", "replied=1");
    threads_of(kSpread, "50 replied: replied=0", "replied=0");
    threads_of(kSpread, "50 replied: blast=&replied=1", answered + "&replied=1");
    threads_of(kSpread, "50 unread: blast=&unread=1", answered + "&unread=1");
    looker_.one("provider_unread", "nearly all unread", [&] {
      std::int64_t threads = 0;
      require_ok(bccast_provider_unread(engine_, kMain, &threads, nullptr));
      return Rows();
    });
  }

  Rows unread_of(const string& client) {
    std::int64_t threads = 0;
    require_ok(bccast_client_unread(engine_, client.c_str(), &threads, nullptr));
    return Rows();
  }
  void inboxes() {
    for (const string filter : {"", "unread=1", "unread=0"}) {
      looker_.list("client_threads", "a long inbox " + filter, [&](const char* cursor, std::uint32_t limit) {
        return rows_of(bccast_client_threads, engine_, p_.reader.c_str(), or_null(filter), cursor, limit);
      });
    }
    looker_.one("client_unread", "a long inbox", [&] { return unread_of(p_.reader); });
    looker_.one("client_members", "1,000", [&] {
      return rows_of(bccast_client_members, engine_, p_.member.c_str(), p_.community.c_str());
    });
    looker_.one("provider_members", "1,000",
                [&] { return rows_of(bccast_provider_members, engine_, kMain, p_.community.c_str()); });
  }

  void messages() {
    for (const int direction : {1, -1}) {
      for (const std::int64_t from :
           {std::int64_t{0}, std::int64_t{5000}, direction == 1 ? std::int64_t{9800} : std::int64_t{200}}) {
        const string what =
            string(direction == 1 ? "upwards from " : "downwards from ") + std::to_string(from);
        looker_.one("client_messages", what, [&] {
          return rows_of(bccast_client_messages, engine_, p_.talker.c_str(), p_.direct.c_str(), from,
                         direction, 0U);
        });
        looker_.one("provider_messages", what, [&] {
          return rows_of(bccast_provider_messages, engine_, kMain, p_.direct.c_str(), from, direction, 0U);
        });
      }
    }
  }

  bccast_engine* engine_;
  const Practice& p_;
  Looker looker_;
};

}  // namespace

namespace {

double highest(const std::vector<Page>& pages, double Page::*figure) {
  double most = 0;
  for (const Page& page : pages) most = std::max(most, page.*figure);
  return most;
}

}  // namespace

double Screen::worst_ms() const {
  return highest(pages, &Page::worst_ms);
}

double Screen::slowest_ms() const {
  return highest(pages, &Page::median_ms);
}

double Screen::cpu_ms() const {
  return highest(pages, &Page::cpu_ms);
}

bool Screen::uneven() const {
  return slowest_ms() > 3 * pages.front().median_ms + kNoiseMs;
}

std::vector<Screen> look_at_screens(PracticeStore& store, const Practice& practice, unsigned looks) {
  return Screens(store.engine(), practice, looks).all();
}

}  // namespace bench
