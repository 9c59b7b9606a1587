// Ana: what she looks at, what she does, what she tries, and what she is told. All of it is recorded.
#pragma once

#include <bccast/bccast.h>

#include <algorithm>
#include <cctype>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "history.hpp"
#include "leak.hpp"
#include "pairs.hpp"
#include "scene.hpp"
#include "store.hpp"
#include "trace.hpp"

namespace privacy {

class Ana {
 public:
  struct Known {
    std::string id;
    std::string provider;
    std::string kind;
  };

  Ana(Scene& scene, const Leak* leak, Trace& trace, Findings& findings)
      : scene_(scene), leak_(leak), trace_(trace), findings_(findings), shape_("ana", findings) {
    scene_.store.fate = [this](const std::string& channel, const test::Row& item) {
      return fate_of(channel, item);
    };
    if (!scene_.alone)
      scene_.store.whole_batch_fails = [this] {
        return failures_left_ > 0 && scene_.noise.one_in(4) && failures_left_-- > 0;
      };
  }

  /// A thread that she has seen; there may be none.
  const Known* known(std::uint32_t n) const { return known_.empty() ? nullptr : &known_[n % known_.size()]; }

  // ---- She looks and writes

  void look_through(const char* filter, std::uint32_t limit, std::uint32_t pages) {
    std::string cursor;
    do {
      cursor = look(filter, cursor, limit).answer.rows.next;
    } while (!cursor.empty() && --pages > 0);
  }
  std::vector<test::Row> export_through(std::uint32_t limit) {
    std::vector<test::Row> all;
    std::string cursor;
    do {
      const auto seen = record(ask("export", bccast_directory_client_export, scene_.store, "ana",
                                   cursor.empty() ? nullptr : cursor.c_str(), limit));
      std::ranges::copy(seen.answer.rows, std::back_inserter(all));
      cursor = seen.answer.rows.next;
    } while (!cursor.empty());
    return all;
  }
  Observation messages(const std::string& thread, std::uint32_t from, int direction, std::uint32_t limit) {
    return record(
        ask("messages", bccast_client_messages, scene_.store, "ana", thread, from, direction, limit), thread);
  }
  void unread() {
    std::int64_t threads = 0;
    std::int64_t messages = 0;
    auto seen = ask("unread", bccast_client_unread, scene_.store, "ana", &threads, &messages);
    seen.outs = {{"threads", threads}, {"messages", messages}};
    record(std::move(seen));
  }
  void read(const std::string& thread, std::uint32_t up_to_seq) {
    record(ask("read", bccast_client_read, scene_.store, "ana", thread, up_to_seq));
  }
  void reply(const std::string& thread, const char* key, const std::string& text) {
    std::int64_t seq = 0;
    std::int64_t at_ms = 0;
    scene_.facts.key = key != nullptr ? key : "";
    auto seen =
        ask("reply", bccast_client_reply, scene_.store, "ana", thread, key, text, text.size(), &seq, &at_ms);
    seen.outs = {{"seq", seq}, {"at_ms", at_ms}};
    scene_.wrote(seen.answer);
    record(std::move(seen));
  }

  void members(const std::string& thread) {
    auto seen = ask("members", bccast_client_members, scene_.store, "ana", thread);
    for (const auto& row : seen.answer.rows)
      if (row.number("me") == 0) last_member_ = row.text("member");
    // Members of one name stand in the order of their keyed ids, which is chance; here in the order of who
    // they are.
    std::map<std::string, std::string> people;
    if (const auto at = std::ranges::find(known_, thread, &Known::id); at != known_.end())
      for (const auto& row : act(bccast_provider_members, scene_.store, at->provider, thread).rows)
        people[row.text("member")] = row.text("client");
    const auto place = [&](const test::Row& row) {
      const auto& member = row.text("member");
      return std::pair(row.text("member_name"), people.contains(member) ? people.at(member) : member);
    };
    auto& rows = seen.answer.rows.rows;
    for (auto begin = rows.begin(); begin != rows.end();) {
      const auto& name = begin->text("member_name");
      const auto end = std::find_if(begin, rows.end(),
                                    [&](const test::Row& row) { return row.text("member_name") != name; });
      std::sort(begin, end, [&](const test::Row& a, const test::Row& b) { return place(a) < place(b); });
      begin = end;
    }
    record(std::move(seen), thread);
  }

  // ---- She tries what is not hers

  void probe(const Event& event) {
    const auto there = foreign(event);
    scene_.facts.thing_exists = !there.empty();
    const auto answers = try_thread(there.empty() ? made_up(event.number) : there);
    scene_.facts.thing_exists = false;
    const auto unknown = try_thread(made_up(event.number + 1'000'000U));
    for (const auto& seen : answers) trace_.add(seen);
    if (answers != unknown)
      findings_.push_back({"alike", "event " + std::to_string(event.number) +
                                        ": what is another's and what does not exist have other answers"});
    // What is no id at all.
    std::string no_id = known_.empty() ? made_up(event.number) : known(event.c)->id;
    switch (event.b % 5) {
      case 0:
        no_id.pop_back();
        break;
      case 1:
        no_id += 'a';
        break;
      case 2:
        for (char& c : no_id) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
        if (no_id.find_first_of("ABCDEF") == std::string::npos) no_id += 'A';
        break;
      case 3:
        no_id[7] = 'x';
        break;
      default:
        no_id.clear();
    }
    for (const auto& seen : try_thread(no_id)) trace_.add(seen);
  }

  void probe_cursor(const Event& event) {
    const auto& other = scene_.disturbed[event.b % scene_.disturbed.size()];
    const auto& provider = scene_.own_provider(event.c);
    std::string cursor;
    switch (event.a % 8) {
      case 0:
        cursor = act(bccast_client_threads, scene_.store, other, nullptr, nullptr, 1).rows.next;
        break;
      case 1:
        cursor = act(bccast_provider_threads, scene_.store, provider, nullptr, nullptr, 1).rows.next;
        break;
      case 2:
        cursor = act(bccast_provider_roster, scene_.store, provider, nullptr, nullptr, 1).rows.next;
        break;
      case 3:
        cursor = act(bccast_blast_list, scene_.store, provider, nullptr, nullptr, 1).rows.next;
        break;
      case 4:
        cursor = act(bccast_directory_client_export, scene_.store, "ana", nullptr, 1).rows.next;
        break;
      case 5:
        cursor = act(bccast_directory_client_export, scene_.store, other, nullptr, 1).rows.next;
        break;
      case 6:  // her own, of another filter
        cursor = act(bccast_client_threads, scene_.store, "ana", "unread=1", nullptr, 1).rows.next;
        break;
      default:  // her own, changed
        cursor = act(bccast_client_threads, scene_.store, "ana", nullptr, nullptr, 1).rows.next;
        if (!cursor.empty()) {
          char& letter = cursor[event.b % cursor.size()];
          letter = letter == '0' ? '1' : '0';
        }
    }
    scene_.facts.thing_exists = !cursor.empty();
    if (cursor.empty()) cursor = made_up(event.number, 144);
    const auto try_cursor = [&](const std::string& tried) {
      auto seen = ask("probe cursor", bccast_client_threads, scene_.store, "ana", nullptr, tried, 3);
      if (leak_ != nullptr && leak_->answer) leak_->answer(seen, scene_.facts);
      return seen;
    };
    const auto answer = try_cursor(cursor);
    scene_.facts.thing_exists = false;
    const auto unknown = try_cursor(made_up(event.number + 1'000'000U, cursor.size()));
    trace_.add(answer);
    trace_.add(try_cursor("no cursor"));
    if (answer != unknown)
      findings_.push_back({"alike", "event " + std::to_string(event.number) +
                                        ": a cursor of another list and one made up have other answers"});
  }

  // ---- She is told

  /// Time for all of ana's notifications, and what she was told. When they come is up to the load: they are
  /// compared as a set. Others' can fail at every probe of a channel and hold it up for as long as they do;
  /// so from some time on they do not, and that is when she is told at last.
  void drain() {
    static constexpr std::int64_t kTroubleS[] = {0, 7, 20, 75, 300};
    static constexpr std::int64_t kCalmS[] = {600, 7, 20, 75, 300};  // the first outlasts the longest breaker
    failures_left_ = 2;
    for (const auto wait_s : kTroubleS) pump_after(wait_s);
    failures_left_ = 0;
    calm_ = true;
    for (const auto wait_s : kCalmS) pump_after(wait_s);
    calm_ = false;
    scene_.facts.now_ms = scene_.store.clock.now_ms();
    look_through(nullptr, 100, 100);  // so that her threads have their numbers
    auto notices = scene_.store.take_notices("ana");
    if (!notices.empty()) last_notice_ = notices.back().row.text("id");
    if (leak_ != nullptr && leak_->notices) leak_->notices(notices, scene_.facts);
    std::vector<std::pair<std::string, const Store::Notice*>> sorted;
    for (const auto& notice : notices) {
      std::string order = notice.channel;
      for (const auto& cell : notice.row.cells) {
        if (cell.column == "id") continue;
        order += " " + (cell.column == "thread" ? trace_.number_of(cell.value) : cell.value);
      }
      sorted.emplace_back(std::move(order), &notice);
    }
    std::ranges::stable_sort(sorted, {}, &std::pair<std::string, const Store::Notice*>::first);
    for (const auto& [order, notice] : sorted) record(told(*notice));
  }

  /// All of it, once more; and what holds at the end.
  void finish() {
    drain();
    unread();
    look_through(nullptr, 2, 1000);
    std::vector<std::string> seen;
    for (std::size_t i = 0; i < known_.size(); ++i) {
      const auto [id, provider, kind] = known_[i];
      look(("thread=" + id).c_str(), "", 10);
      messages(id, 0, -1, 2);
      members(id);
      for (const auto& row : messages(id, 0, 1, 1000).answer.rows) seen.push_back(line_of(id, row));
    }
    // P15: what is handed out is what she sees, once.
    std::vector<std::string> exported;
    for (const auto& row : export_through(1000))
      if (row.text("record") == "message") exported.push_back(line_of(row.text("thread"), row));
    std::ranges::sort(seen);
    std::ranges::sort(exported);
    if (seen != exported)
      findings_.push_back({"export", "it has " + std::to_string(exported.size()) + " messages, she sees " +
                                         std::to_string(seen.size())});
    for (const auto& row : test::must(bccast_operate_verify, scene_.store).rows)
      findings_.push_back({"store", row.text("kind") + " " + row.text("object") + " " + row.text("detail")});
    compare_pairs();
  }

 private:
  template <typename Function, typename... Given>
  static Observation ask(const std::string& what, Function function, Given&&... given) {
    Observation seen{what, test::call(function, given...)};
    seen.retriable = bccast_error_retriable();
    seen.native = bccast_error_native();
    return seen;
  }

  /// What ana sees of it: after the planted leak, if any.
  Observation record(Observation seen, const std::string& thread = "") {
    if (leak_ != nullptr && leak_->answer) leak_->answer(seen, scene_.facts);
    shape_.check(seen, thread);
    trace_.add(seen);
    return seen;
  }

  Observation look(const char* filter, const std::string& cursor, std::uint32_t limit) {
    auto seen = record(ask("threads", bccast_client_threads, scene_.store, "ana", filter,
                           cursor.empty() ? nullptr : cursor.c_str(), limit));
    for (const auto& row : seen.answer.rows) {
      const auto& id = row.text("thread");
      if (std::ranges::find(known_, id, &Known::id) == known_.end())
        known_.push_back({id, row.text("provider"), row.text("kind")});
    }
    return seen;
  }

  std::string made_up(std::uint64_t n, std::size_t size = 32) const {
    std::string text;
    for (Random random(mix(scene_.history.seed, n)); text.size() < size;)
      text += "0123456789abcdef"[random.below(16)];
    return text;
  }

  std::string first_thread(const std::string& client) const {
    for (const auto& row : act(bccast_client_threads, scene_.store, client, nullptr, nullptr, 10).rows)
      if (row.text("kind") == "private") return row.text("thread");
    return "";
  }
  bool ana_is_member(const Community& community) const {
    for (const auto& row : act(bccast_provider_members, scene_.store, community.provider, community.id).rows)
      if (row.text("client") == "ana") return true;
    return false;
  }

  void pump_after(std::int64_t wait_s) {
    scene_.store.clock.advance(wait_s * 1000);
    for (;;) {
      std::uint64_t done = 0;
      std::int64_t next_ms = 0;
      const auto most = scene_.alone || scene_.noise.one_in(2) ? 0U : 1 + scene_.noise.below(20);
      if (act(bccast_pump, scene_.store, most, 0, &done, &next_ms).code == BCCAST_DONE) break;
    }
  }

  /// Something that is there in this world, if it can be, and that ana cannot see.
  std::string foreign(const Event& event) const {
    const auto& other = scene_.disturbed[event.b % scene_.disturbed.size()];
    switch (event.a % 9) {
      case 0:
        return first_thread(other);
      case 1:  // of a blast that she has, too
        if (scene_.own_blasts.empty()) return "";
        for (const auto& row : scene_.find(scene_.own_blasts.back(), "ben")) return row.text("thread");
        return "";
      case 2:
        return scene_.own_blasts.empty() ? "" : scene_.own_blasts.back().id;
      case 3:
        if (!scene_.other_communities.empty())
          return scene_.other_communities[event.b % scene_.other_communities.size()].id;
        for (const auto& community : scene_.communities)
          if (!community.id.empty() && !ana_is_member(community)) return community.id;
        return "";
      case 4:
        return last_notice_;
      case 5:
        return last_member_;
      case 6:
        return scene_.direct_of(scene_.provider(event.c), other);
      case 7:
        return scene_.drafts[event.c % scene_.drafts.size()].id;
      default:
        return scene_.alone ? "" : scene_.direct_of("zoe", "ana");
    }
  }

  std::vector<Observation> try_thread(const std::string& thread) {
    std::vector<Observation> answers;
    const auto add = [&](Observation seen) {
      if (leak_ != nullptr && leak_->answer) leak_->answer(seen, scene_.facts);
      answers.push_back(std::move(seen));
    };
    add(ask("probe messages", bccast_client_messages, scene_.store, "ana", thread, 0, 1, 10));
    add(ask("probe messages", bccast_client_messages, scene_.store, "ana", thread, 0, -1, 1));
    add(ask("probe reply", bccast_client_reply, scene_.store, "ana", thread, "k0", "Let me in", 9, nullptr,
            nullptr));
    add(ask("probe read", bccast_client_read, scene_.store, "ana", thread, 1));
    add(ask("probe members", bccast_client_members, scene_.store, "ana", thread));
    add(ask("probe threads", bccast_client_threads, scene_.store, "ana", "thread=" + thread, nullptr, 10));
    return answers;
  }

  /// What becomes of an item. Of ana's: by its time and how often it was tried, so the same in both worlds.
  test::Outcome fate_of(const std::string& channel, const test::Row& item) {
    static const std::vector<test::Outcome> kFates{{BCCAST_ITEM_RETRY, "mailbox_full"},
                                                   {BCCAST_ITEM_FAILED, "unknown"},
                                                   {BCCAST_ITEM_SKIPPED, "opted_out"},
                                                   {BCCAST_ITEM_NOT_TRIED, ""}};
    std::uint64_t coin = 0;
    if (item.text("to") == "ana") {
      const auto tries = tries_[channel + item.text("id")]++;
      if (tries > 1) return {};
      coin = mix(static_cast<std::uint64_t>(item.number("at_ms")), channel.size() * 8 + tries);
    } else if (!scene_.alone && !calm_) {
      coin = scene_.noise.next();
    } else {
      return {};
    }
    return coin % 8 < kFates.size() ? kFates[coin % 8] : test::Outcome{};
  }

  static std::string line_of(const std::string& thread, const test::Row& row) {
    std::string line = thread;
    for (const auto* column : {"seq", "author", "author_name", "text", "at_ms", "removed"})
      line += " | " + row.cell(column).value;
    return line;
  }

  /// P2: ana and ben lay all of their private threads and notifications side by side.
  void compare_pairs() {
    const auto hers = view_of(scene_.store, "ana", leak_, scene_.facts);
    const auto his = view_of(scene_.store, "ben", leak_, scene_.facts);
    for (const auto& shared : shared_ids(hers, his))
      findings_.push_back({"pairs", "ana and ben share " + shared});
  }

  Scene& scene_;
  const Leak* leak_;
  Trace& trace_;
  Findings& findings_;
  Shape shape_;
  std::vector<Known> known_;
  std::map<std::string, std::uint64_t> tries_;
  std::string last_notice_;
  std::string last_member_;
  int failures_left_ = 0;
  bool calm_ = false;
};

}  // namespace privacy
