#include "bccast_extras.hpp"

#include <bccast/bccast.h>

#include <algorithm>
#include <numeric>
#include <random>
#include <stdexcept>
#include <vector>

#include "bccast_store.hpp"
#include "people.hpp"
#include "sqlite.hpp"
#include "stopwatch.hpp"
#include "work_meter.hpp"

namespace bench {
namespace {

constexpr unsigned kRecalls = 3;
constexpr unsigned kUnseen = 5;         // blasts that wait in each inbox
constexpr std::uint64_t kLookers = 50;  // providers of two clients; and as many clients of the big roster
constexpr unsigned kLaterLooks = 5;     // a client

std::vector<std::uint64_t> all_clients(std::uint64_t n) {
  std::vector<std::uint64_t> clients(n);
  std::iota(clients.begin(), clients.end(), 0);
  return clients;
}

std::vector<std::uint64_t> shuffled_clients(std::uint64_t n) {
  std::vector<std::uint64_t> clients = all_clients(n);
  std::mt19937_64 random(7);  // the same order in every run
  std::shuffle(clients.begin(), clients.end(), random);
  return clients;
}

/// As many calls as the limit of a column asks for: one, up to a million.
double select_seconds(BccastStore& store, const std::string& blast,
                      const std::vector<std::uint64_t>& clients) {
  double seconds = 0;
  for (std::size_t from = 0; from < clients.size(); from += BCCAST_MAX_COLUMN) {
    const std::size_t to = std::min<std::size_t>(from + BCCAST_MAX_COLUMN, clients.size());
    Column ids;
    for (std::size_t i = from; i < to; ++i) ids.add(client_id(clients[i]));
    const Stopwatch watch;
    store.select_many(kProvider, blast, ids);
    seconds += watch.seconds();
  }
  return seconds;
}

/// One provider with a roster of two.
class Pair {
 public:
  explicit Pair(std::uint64_t number)
      : provider_("pair-" + std::to_string(number)), clients_{provider_ + "-a", provider_ + "-b"} {}

  void put(BccastStore& store) const {
    store.put_provider(provider_);
    Column ids, names, addresses;
    for (const std::string& client : clients_) {
      ids.add(client);
      names.add(client);
      addresses.add(client + "@example.org");
    }
    store.put_clients(provider_, ids, names, addresses);
  }

  const std::string& provider() const { return provider_; }
  const std::string& first_client() const { return clients_[0]; }

 private:
  std::string provider_;
  std::string clients_[2];
};

void send_unseen(BccastStore& store, const std::string& provider) {
  for (unsigned i = 0; i < kUnseen; ++i) {
    const std::string blast = store.create_blast(provider);
    store.select_all_active(provider, blast);
    store.write(provider, blast);
    store.send(provider, blast);
  }
}

struct Looks {
  std::vector<double> first, later;
};

double look(BccastStore& store, const std::string& client) {
  const Stopwatch watch;
  const Rows rows = store.threads_of_client(client);
  const double seconds = watch.seconds();
  if (bccast_rows_count(rows.get()) != kUnseen) {
    throw std::runtime_error("bccast: " + std::to_string(bccast_rows_count(rows.get())) +
                             " threads in an inbox of " + std::to_string(kUnseen));
  }
  return seconds;
}

void look_as(BccastStore& store, const std::string& client, Looks& looks) {
  looks.first.push_back(look(store, client));
  for (unsigned i = 0; i < kLaterLooks; ++i) looks.later.push_back(look(store, client));
}

}  // namespace

Figures bccast_select_by_id(const Task& task) {
  BccastStore store(task.path);
  Figures figures;
  figures["select_ascending_s"] =
      select_seconds(store, store.create_blast(kProvider), all_clients(task.recipients));
  figures["select_shuffled_s"] =
      select_seconds(store, store.create_blast(kProvider), shuffled_clients(task.recipients));
  store.close();
  return figures;
}

Figures bccast_random_half(const Task& task) {
  std::vector<std::uint64_t> half = shuffled_clients(task.recipients);
  half.resize(half.size() / 2);
  const std::uint64_t before = bytes_in_use(task.path);
  WorkMeter meter(task.path);
  {
    BccastStore store(task.path);
    const std::string blast = store.create_blast(kProvider);
    select_seconds(store, blast, half);
    store.write(kProvider, blast);
    meter.start();
    store.send(kProvider, blast);
    meter.accepted();
    store.pump();
    meter.finished();
    if (store.notifier().totals().addresses != half.size())
      throw std::runtime_error("bccast: not the half notified");
    store.require_finished(kProvider, blast, half.size());
    store.close();
  }
  settle(task.path);
  const Figures work = meter.figures();
  return {{"half_recipients", static_cast<double>(half.size())},
          {"half_accept_s", work.at("accept_s")},
          {"half_work_s", work.at("work_s")},
          {"half_kept_bytes", static_cast<double>(bytes_in_use(task.path)) - static_cast<double>(before)}};
}

Figures bccast_recall(const Task& task) {
  BccastStore store(task.path);
  std::vector<double> untold, told;
  for (unsigned i = 0; i < kRecalls; ++i) {
    for (auto* times : {&untold, &told}) {
      const std::string blast = store.create_blast(kProvider);
      store.select_all_active(kProvider, blast);
      store.write(kProvider, blast);
      store.send(kProvider, blast);
      if (times == &told) store.pump();
      const Stopwatch watch;
      store.recall(kProvider, blast);
      times->push_back(watch.seconds());
      store.pump();
    }
  }
  store.close();
  return {{"recall_untold_s", median(untold)}, {"recall_told_s", median(told)}};
}

Figures bccast_inbox(const Task& task) {
  BccastStore store(task.path);
  std::vector<Pair> pairs;
  for (std::uint64_t i = 0; i < kLookers; ++i) {
    pairs.emplace_back(i).put(store);
    send_unseen(store, pairs.back().provider());
  }
  send_unseen(store, kProvider);

  // In turn, so that both meet the same caches and the same machine.
  Looks two, all;
  for (std::uint64_t i = 0; i < std::min(kLookers, task.recipients); ++i) {
    look_as(store, pairs[i].first_client(), two);
    look_as(store, client_id(i * (task.recipients / std::min(kLookers, task.recipients))), all);
  }
  store.pump();  // nothing of it is left for who uses this store next
  store.close();
  return {{"inbox_2_first_s", median(two.first)},
          {"inbox_2_later_s", median(two.later)},
          {"inbox_all_first_s", median(all.first)},
          {"inbox_all_later_s", median(all.later)}};
}

}  // namespace bench
