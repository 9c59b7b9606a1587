#include "ways_store.hpp"

#include <bccast/bccast_ext.h>

#include <algorithm>
#include <cstdio>
#include <stdexcept>

#include "people.hpp"
#include "screens_calls.hpp"

namespace bench {
namespace {

constexpr std::uint64_t kChunk = 100000;  // of clients imported at once

}  // namespace

void print_line(const std::string& what, double value, const char* unit) {
  const bool whole = value == static_cast<double>(static_cast<std::int64_t>(value));
  std::printf("  %-66s %12.*f %s\n", what.c_str(), whole ? 0 : 2, value, unit);
  std::fflush(stdout);
}

WaysStore::WaysStore(const std::string& path, const std::vector<std::string>& channels) {
  bccast_config* config = nullptr;
  require_ok(bccast_config_new(&config));
  const std::unique_ptr<bccast_config, void (*)(bccast_config*)> owner(config, bccast_config_free);
  for (const auto& name : channels) {
    channels_.push_back(std::make_unique<Channel>(Channel{this, name}));
    const bccast_notifier_vtbl vtbl{sizeof(bccast_notifier_vtbl), 0, &WaysStore::notify, nullptr};
    require_ok(bccast_config_notifier(config, name.c_str(), &vtbl, channels_.back().get()));
  }
  require_ok(bccast_open(path.c_str(), config, &engine_));
}

WaysStore::~WaysStore() {
  bccast_close(engine_, 0);
}

void WaysStore::close() {
  require_ok(bccast_operate_checkpoint(engine_));
  require_ok(bccast_close(engine_, 0));
  engine_ = nullptr;
}

std::int32_t WaysStore::notify(void* self, bccast_batch* batch) noexcept {
  const auto& channel = *static_cast<Channel*>(self);
  try {
    if (channel.store->on_batch_) channel.store->on_batch_(batch, channel.name.c_str());
  } catch (const std::exception& error) {
    std::fprintf(stderr, "ways: %s\n", error.what());
    std::abort();
  }
  return BCCAST_OK;
}

void WaysStore::import(std::uint64_t clients) {
  require_ok(bccast_directory_provider_put(engine_, kProvider, "Dr. Example"));
  require_ok(bccast_directory_provider_set(engine_, kProvider, "address.email", "dr@example.org"));
  for (std::uint64_t from = 0; from < clients; from += kChunk) {
    Column ids, names, addresses;
    for (auto client = from; client < std::min(from + kChunk, clients); ++client) {
      ids.add(client_id(client));
      names.add(client_name(client));
      addresses.add(client_address(client));
    }
    require_ok(bccast_directory_client_put_many(engine_, ids.count(), ids.bytes(), ids.offsets(),
                                                names.bytes(), names.offsets(), addresses.bytes(),
                                                addresses.offsets(), nullptr));
    require_ok(bccast_directory_roster_add_many(engine_, kProvider, ids.count(), ids.bytes(), ids.offsets(),
                                                nullptr));
  }
}

void WaysStore::notify_off(std::uint64_t client) {
  require_ok(bccast_directory_roster_set(engine_, kProvider, client_id(client).c_str(), "notify", "off"));
}

void WaysStore::remove_channel(const char* channel) {
  require_ok(bccast_channel_remove(engine_, channel));
}

std::string WaysStore::draft_to_all() {
  char blast[BCCAST_ID_SIZE];
  require_ok(bccast_blast_create(engine_, kProvider, nullptr, blast));
  require_ok(bccast_blast_select_all_active(engine_, kProvider, blast));
  require_ok(bccast_blast_write(engine_, kProvider, blast, blast_text().data(), blast_text().size()));
  return blast;
}

std::string WaysStore::draft_to(const std::vector<std::uint64_t>& clients) {
  char blast[BCCAST_ID_SIZE];
  require_ok(bccast_blast_create(engine_, kProvider, nullptr, blast));
  Column ids;
  for (const auto client : clients) ids.add(client_id(client));
  require_ok(
      bccast_blast_select_many(engine_, kProvider, blast, ids.count(), ids.bytes(), ids.offsets(), nullptr));
  require_ok(bccast_blast_write(engine_, kProvider, blast, blast_text().data(), blast_text().size()));
  return blast;
}

void WaysStore::send(const std::string& blast) {
  require_ok(bccast_blast_send(engine_, kProvider, blast.c_str(), nullptr));
}

void WaysStore::reply(std::uint64_t client, const std::string& thread, const std::string& text) {
  require_ok(bccast_client_reply(engine_, client_id(client).c_str(), thread.c_str(), nullptr, text.data(),
                                 text.size(), nullptr, nullptr));
}

std::string WaysStore::thread_of(const std::string& blast, std::uint64_t client) {
  Column ids;
  ids.add(client_id(client));
  return text_at(rows_of(bccast_blast_find, engine_, kProvider, blast.c_str(), std::size_t{1}, ids.bytes(),
                         ids.offsets()),
                 0, "thread");
}

std::vector<std::string> WaysStore::threads_of(const std::string& blast) {
  const Rows rows =
      rows_of(bccast_blast_recipients, engine_, kProvider, blast.c_str(), "channel=email", nullptr, 100U);
  std::vector<std::string> threads;
  for (std::size_t i = 0; i < bccast_rows_count(rows.get()); ++i)
    threads.push_back(text_at(rows, i, "thread"));
  std::sort(threads.begin(), threads.end());
  return threads;
}

std::map<std::string, double> WaysStore::sums(const std::string& blast) {
  const Rows rows = rows_of(bccast_blast_status, engine_, kProvider, blast.c_str());
  std::map<std::string, double> sums;
  for (const auto* name : {"recipients", "done", "failed", "skipped", "pending"}) {
    std::int64_t value = 0;
    require_ok(bccast_rows_get_i64(rows.get(), bccast_rows_count(rows.get()) - 1, name, &value));
    sums[name] = static_cast<double>(value);
  }
  return sums;
}

void WaysStore::pump() {
  pump_until([] { return false; });
}

void WaysStore::pump_until(const std::function<bool()>& over) {
  std::int32_t result = BCCAST_OK;
  while (result == BCCAST_OK && !over()) result = bccast_pump(engine_, kChunk, 0, nullptr, nullptr);
  if (result != BCCAST_DONE) require_ok(result);
}

int WaysStore::fd() {
  std::int32_t fd = -1;
  require_ok(bccast_fd(engine_, &fd));
  return fd;
}

}  // namespace bench
