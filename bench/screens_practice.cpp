#include "screens_practice.hpp"

#include <bccast/bccast_ext.h>

#include <algorithm>
#include <atomic>
#include <cstdio>
#include <exception>
#include <functional>
#include <stdexcept>
#include <string_view>
#include <thread>
#include <utility>

#include "design.hpp"
#include "people.hpp"
#include "screens_names.hpp"
#include "stopwatch.hpp"

namespace bench {
namespace {

using std::string;
using Clients = std::vector<std::uint64_t>;

constexpr unsigned kWriters = 8;  // threads that write at once, so that their commits are synced together
constexpr std::uint64_t kReader = 77;
constexpr std::uint64_t kTalker = 4242;
constexpr std::uint64_t kCommunities = 20;  // of the reader
constexpr std::uint64_t kTakenOut = 1000;   // of each draft
constexpr std::uint64_t kUnseen = 50;
constexpr std::int64_t kRetryMs = 24 * 60 * 60 * 1000;

// What mixed() is asked for; names have the numbers below 10.
enum : std::uint64_t { kIsArchived = 10, kHasNoAddress, kIsPicked, kIsDrafted };

bool is_archived(std::uint64_t client) {
  return mixed(client, kIsArchived) % 10 == 0 && client != kReader && client != kTalker;
}
bool has_no_address(std::uint64_t client) {
  return mixed(client, kHasNoAddress) % 50 == 0;
}
bool is_chat_off(std::uint64_t client) {
  return client % 997 == 500;
}
bool is_picked(std::uint64_t client) {
  return mixed(client, kIsPicked) % 2 == 0;
}
/// With kMain, from a blast to all.
bool receives(std::uint64_t client) {
  return !is_archived(client) && !is_chat_off(client);
}
bool receives_and_is_told(std::uint64_t client) {
  return receives(client) && !has_no_address(client) && client != kReader && client != kTalker;
}

/// The first from `from` on.
std::uint64_t somebody(std::uint64_t from, bool (*fits)(std::uint64_t) = receives_and_is_told) {
  while (!fits(from)) ++from;
  return from;
}

// By their addresses the notifier knows whom it cannot tell.
constexpr std::string_view kBounces = "bounce.";
constexpr std::string_view kNotNow = "later.";

string address_of(std::uint64_t client, std::uint64_t clients) {
  if (has_no_address(client)) return "";
  if (client + 40 >= clients && client % 8 == 0) return string(kBounces) + client_address(client);
  if (client % (clients / 20 + 1) == clients / 40) return string(kNotNow) + client_address(client);
  return client_address(client);
}

Column ids_of(const Clients& clients) {
  Column ids;
  for (const auto client : clients) ids.add(client_id(client));
  return ids;
}

/// Calls f(0), f(1), ... f(count - 1) from several threads.
void at_once(std::uint64_t count, const std::function<void(std::uint64_t)>& f) {
  std::atomic<std::uint64_t> next{0};
  std::atomic<bool> failed{false};
  string message;
  std::vector<std::thread> writers;
  for (unsigned i = 0; i < kWriters; ++i) {
    writers.emplace_back([&] {
      try {
        for (auto number = next++; number < count && !failed; number = next++) f(number);
      } catch (const std::exception& error) {
        if (!failed.exchange(true)) message = error.what();
      }
    });
  }
  for (auto& writer : writers) writer.join();
  if (failed) throw std::runtime_error(message);
}

/// Makes a practice, part by part.
class Maker {
 public:
  Maker(PracticeStore& store, const PracticeSize& size)
      : store_(store), engine_(store.engine()), size_(size) {}

  Practice make() {
    part("clients", [&] { make_clients(); });
    part("rosters", [&] { make_rosters(); });
    part("blasts, half of two of them failed", [&] { make_blasts(); });
    part("replies to one", [&] { make_replies(); });
    part("threads that a provider wrote in", [&] { make_answers(); });
    part("drafts", [&] { make_drafts(); });
    part("a long inbox", [&] { make_inbox(); });
    part("a long thread", [&] { make_long_thread(); });
    part("a community", [&] { make_community(); });
    choose_people();
    part("checkpoint", [&] { require_ok(bccast_operate_checkpoint(engine_)); });
    return std::move(practice_);
  }

 private:
  template <typename F>
  void part(const char* what, F&& make_it) {
    const Stopwatch watch;
    make_it();
    std::printf("  %-40s %7.1f s\n", what, watch.seconds());
    std::fflush(stdout);
  }

  void make_clients() {
    for (std::uint64_t from = 0; from < size_.clients; from += kImportChunk) {
      Column ids, names, addresses;
      for (auto i = from; i < std::min(size_.clients, from + kImportChunk); ++i) {
        ids.add(client_id(i));
        names.add(person_name(i));
        addresses.add(address_of(i, size_.clients));
      }
      require_ok(bccast_directory_client_put_many(engine_, ids.count(), ids.bytes(), ids.offsets(),
                                                  names.bytes(), names.offsets(), addresses.bytes(),
                                                  addresses.offsets(), nullptr));
    }
  }

  void make_rosters() {
    make_roster(kMain, is_archived);
    for (std::uint64_t i = 0; i < size_.clients; ++i)
      if (is_chat_off(i)) set_chat_off(i);
    make_roster(kSpread, spread(2000));
    make_roster(kLast, [](std::uint64_t client) { return person_name(client) >= "Zo"; });
  }
  void set_chat_off(std::uint64_t client) {
    require_ok(bccast_directory_roster_set(engine_, kMain, client_id(client).c_str(), "chat", "off"));
  }
  std::function<bool(std::uint64_t)> spread(std::uint64_t archived) const {
    const std::uint64_t step = std::max<std::uint64_t>(2, size_.clients / archived);
    return [step](std::uint64_t client) { return client % step == 1; };
  }
  void make_roster(const char* provider, const std::function<bool(std::uint64_t)>& archived) {
    require_ok(bccast_directory_provider_put(engine_, provider, "Dr. Example"));
    for (std::uint64_t from = 0; from < size_.clients; from += kImportChunk) {
      Column ids;
      for (auto i = from; i < std::min(size_.clients, from + kImportChunk); ++i) ids.add(client_id(i));
      require_ok(bccast_directory_roster_add_many(engine_, provider, ids.count(), ids.bytes(), ids.offsets(),
                                                  nullptr));
    }
    Column gone;
    for (std::uint64_t i = 0; i < size_.clients; ++i)
      if (archived(i)) gone.add(client_id(i));
    require_ok(bccast_directory_roster_archive_many(engine_, provider, gone.count(), gone.bytes(),
                                                    gone.offsets(), nullptr));
  }

  string draft(const char* provider) {
    char blast[BCCAST_ID_SIZE];
    require_ok(bccast_blast_create(engine_, provider, nullptr, blast));
    const std::string_view text = blast_text();
    require_ok(bccast_blast_write(engine_, provider, blast, text.data(), text.size()));
    return blast;
  }
  string draft_for_all(const char* provider) {
    string blast = draft(provider);
    require_ok(bccast_blast_select_all_active(engine_, provider, blast.c_str()));
    return blast;
  }
  string draft_for(const Clients& clients) {
    string blast = draft(kMain);
    const Column ids = ids_of(clients);
    require_ok(bccast_blast_select_many(engine_, kMain, blast.c_str(), ids.count(), ids.bytes(),
                                        ids.offsets(), nullptr));
    return blast;
  }
  string take_out(string blast, const Clients& clients) {
    const Column ids = ids_of(clients);
    require_ok(bccast_blast_deselect_many(engine_, kMain, blast.c_str(), ids.count(), ids.bytes(),
                                          ids.offsets(), nullptr));
    return blast;
  }
  string send(const char* provider, string blast, const char* channels) {
    require_ok(bccast_blast_set(engine_, provider, blast.c_str(), "channels", channels));
    require_ok(bccast_blast_send(engine_, provider, blast.c_str(), nullptr));
    return blast;
  }

  void make_blasts() {
    const std::uint64_t taken_out = somebody(3);
    practice_.deselected = client_id(taken_out);
    practice_.main = send(kMain, take_out(draft_for_all(kMain), {taken_out}), "email");
    Clients half;
    int without_address = 0;
    for (std::uint64_t i = 0; i < size_.clients; ++i) {
      if (!is_picked(i) || !receives(i) || i == kReader) continue;
      if (!has_no_address(i) || ++without_address <= 7) half.push_back(i);
    }
    practice_.picked = send(kMain, draft_for(half), "email");
    store_.pump(false);
    for (const char* channel : {"email", "push"})  // or the channels would stop
      require_ok(bccast_channel_set(engine_, channel, "fail_percent", "0"));
    practice_.failing = send(kMain, draft_for_all(kMain), "email");
    practice_.failing_twice = send(kMain, draft_for_all(kMain), "email,push");
    store_.pump(true);
  }

  /// Who has a blast, and the thread of each: about as many as wanted, all over the roster.
  using Threads = std::vector<std::pair<string, string>>;
  Threads threads_of(const char* provider, const string& blast, std::uint64_t wanted) {
    Clients clients;
    const double step = static_cast<double>(size_.clients) / static_cast<double>(wanted);
    for (std::uint64_t i = 0; i < wanted; ++i)
      clients.push_back(somebody(static_cast<std::uint64_t>(static_cast<double>(i) * step)));
    clients.erase(std::unique(clients.begin(), clients.end()), clients.end());
    const Column ids = ids_of(clients);
    const Rows found =
        rows_of(bccast_blast_find, engine_, provider, blast.c_str(), ids.count(), ids.bytes(), ids.offsets());
    Threads threads;
    for (std::size_t i = 0; i < bccast_rows_count(found.get()); ++i)
      threads.emplace_back(text_at(found, i, "client"), text_at(found, i, "thread"));
    return threads;
  }
  void client_writes(const string& client, const string& thread) {
    constexpr std::string_view kText = "Thank you, that suits me well.";
    require_ok(bccast_client_reply(engine_, client.c_str(), thread.c_str(), nullptr, kText.data(),
                                   kText.size(), nullptr, nullptr));
  }
  void provider_writes(const char* provider, const string& thread) {
    constexpr std::string_view kText = "Good. See you then.";
    require_ok(bccast_provider_reply(engine_, provider, thread.c_str(), nullptr, kText.data(), kText.size(),
                                     nullptr, nullptr));
  }
  string direct_thread(std::uint64_t client) {
    char thread[BCCAST_ID_SIZE];
    require_ok(bccast_provider_direct(engine_, kMain, client_id(client).c_str(), thread));
    return thread;
  }
  void read_and_reply(const std::pair<string, string>& of) {
    require_ok(bccast_client_read(engine_, of.first.c_str(), of.second.c_str(), 1));
    client_writes(of.first, of.second);
  }

  /// First 200 threads in which the provider alone has written; then many replies, all unread.
  void make_replies() {
    for (std::uint64_t i = 0; i < 200; ++i)
      provider_writes(kMain, direct_thread(somebody(i * (size_.clients / 250))));
    const Threads threads = threads_of(kMain, practice_.main, size_.touched);
    at_once(threads.size(), [&](std::uint64_t i) { read_and_reply(threads[i]); });
    Threads few = threads_of(kMain, practice_.picked, 40);
    if (few.size() > 7) few.resize(7);
    for (const auto& thread : few) read_and_reply(thread);
  }

  void make_answers() {
    practice_.answered = send(kSpread, draft_for_all(kSpread), "email");
    const Threads threads = threads_of(kSpread, practice_.answered, size_.touched);
    constexpr std::size_t kReplied = 50;
    for (std::size_t i = 0; i < kReplied; ++i) client_writes(threads.at(i).first, threads.at(i).second);
    at_once(threads.size() - kReplied,
            [&](std::uint64_t i) { provider_writes(kSpread, threads[kReplied + i].second); });
  }

  void make_drafts() {
    Clients taken_out;
    for (std::uint64_t i = 0; i < kTakenOut; ++i) taken_out.push_back(i * (size_.clients / kTakenOut));
    practice_.draft_all = take_out(draft_for_all(kMain), taken_out);
    Clients some;
    for (std::uint64_t i = 0; i < size_.clients; ++i)
      if (mixed(i, kIsDrafted) % 10 < 3) some.push_back(i);
    practice_.draft_picked = take_out(draft_for(some), taken_out);
  }

  /// Blasts to all, communities, a direct thread; every tenth blast was replied to.
  void make_inbox() {
    practice_.reader = client_id(kReader);
    std::int64_t there = 0;
    require_ok(bccast_client_unread(engine_, practice_.reader.c_str(), &there, nullptr));
    const std::uint64_t blasts =
        size_.inbox - std::min(size_.inbox, kCommunities + 1 + static_cast<std::uint64_t>(there));
    for (std::uint64_t i = 0; i < blasts; ++i) {
      const string blast = send(kMain, draft_for_all(kMain), "email");
      if (i % 10 == 0) {
        const Column ids = ids_of({kReader});
        const Rows found = rows_of(bccast_blast_find, engine_, kMain, blast.c_str(), ids.count(), ids.bytes(),
                                   ids.offsets());
        client_writes(practice_.reader, text_at(found, 0, "thread"));
      }
      if (i * kCommunities / blasts != (i + 1) * kCommunities / blasts) {
        const string thread = new_community();
        require_ok(bccast_provider_community_add(engine_, kMain, thread.c_str(), practice_.reader.c_str()));
        provider_writes(kMain, thread);
      }
    }
    provider_writes(kMain, direct_thread(kReader));
  }
  string new_community() {
    char thread[BCCAST_ID_SIZE];
    require_ok(bccast_provider_community(engine_, kMain, "Walking on Fridays", thread));
    return thread;
  }

  void make_long_thread() {
    practice_.talker = client_id(kTalker);
    practice_.direct = direct_thread(kTalker);
    for (std::uint64_t i = 0; i < size_.messages; i += 2) {
      provider_writes(kMain, practice_.direct);
      client_writes(practice_.talker, practice_.direct);
    }
  }

  void make_community() {
    practice_.community = new_community();
    require_ok(bccast_provider_community_set(engine_, kMain, practice_.community.c_str(), "max_members",
                                             std::to_string(BCCAST_MAX_MEMBERS).c_str()));
    Clients members;
    for (std::uint64_t i = somebody(0); members.size() < BCCAST_MAX_MEMBERS; i = somebody(i + 1))
      members.push_back(i);
    const Column ids = ids_of(members);
    require_ok(bccast_provider_community_add_many(engine_, kMain, practice_.community.c_str(), ids.count(),
                                                  ids.bytes(), ids.offsets(), nullptr));
    practice_.member = client_id(members.front());
    provider_writes(kMain, practice_.community);
  }

  void choose_people() {
    const std::uint64_t middle = size_.clients / 2;
    practice_.done = client_id(somebody(middle));
    practice_.archived = client_id(somebody(middle, is_archived));
    practice_.not_chosen = client_id(somebody(middle, [](std::uint64_t i) { return !is_picked(i); }));
    for (std::uint64_t i = size_.clients - 40; i < size_.clients; ++i)
      if (receives_and_is_told(i) && address_of(i, size_.clients).starts_with(kBounces))
        practice_.failed = client_id(i);
    for (std::uint64_t i = 0; i < kUnseen; ++i)
      practice_.unseen.push_back(client_id(somebody(middle + i * (size_.clients / 200))));
    practice_.added_later = client_id(size_.clients);
    require_ok(bccast_directory_client_put(engine_, practice_.added_later.c_str(), "Anna Later",
                                           "anna.later@example.org"));
    require_ok(bccast_directory_roster_add(engine_, kMain, practice_.added_later.c_str()));
  }

  PracticeStore& store_;
  bccast_engine* engine_;
  PracticeSize size_;
  Practice practice_;
};

}  // namespace

PracticeStore::PracticeStore(const string& path) {
  bccast_config* config = nullptr;
  require_ok(bccast_config_new(&config));
  const std::unique_ptr<bccast_config, void (*)(bccast_config*)> owner(config, bccast_config_free);
  const bccast_notifier_vtbl vtbl{sizeof(bccast_notifier_vtbl), 0, &PracticeStore::notify, nullptr};
  for (const char* channel : {"email", "push"})
    require_ok(bccast_config_notifier(config, channel, &vtbl, this));
  require_ok(bccast_open(path.c_str(), config, &engine_));
}

PracticeStore::~PracticeStore() {
  bccast_close(engine_, 0);
}

void PracticeStore::pump(bool half_fail) {
  half_fail_ = half_fail;
  std::int32_t result = BCCAST_OK;
  while (result == BCCAST_OK) {
    std::uint64_t done = 0;
    std::int64_t next_ms = 0;
    result = bccast_pump(engine_, 0, 0, &done, &next_ms);
  }
  if (result != BCCAST_DONE) require_ok(result);
}

std::int32_t PracticeStore::notify(void* self, bccast_batch* batch) noexcept {
  const bool half_fail = static_cast<PracticeStore*>(self)->half_fail_;
  const bccast_rows* rows = bccast_batch_rows(batch);
  for (std::size_t row = 0; row < bccast_rows_count(rows); ++row) {
    const char* address = nullptr;
    if (bccast_rows_get_text(rows, row, "address", &address, nullptr) != BCCAST_OK) return BCCAST_E_NOTIFIER;
    const std::string_view to = address;
    if (to.starts_with(kBounces) || (half_fail && row % 2 == 1))
      bccast_batch_set(batch, row, BCCAST_ITEM_FAILED, "mailbox_full", -1);
    else if (to.starts_with(kNotNow))
      bccast_batch_set(batch, row, BCCAST_ITEM_RETRY, "try_later", kRetryMs);
  }
  return BCCAST_OK;
}

Practice make_practice(PracticeStore& store, const PracticeSize& size) {
  return Maker(store, size).make();
}

}  // namespace bench
