#include "bccast_store.hpp"

#include <bccast/bccast_ext.h>

#include <stdexcept>

#include "people.hpp"

namespace bench {
namespace {

/// Every call here is expected to do all it was asked: EXISTS and PARTIAL are failures too.
void require_ok(std::int32_t result, const char* call) {
  if (result == BCCAST_OK) return;
  throw std::runtime_error(std::string(call) + ": " + bccast_code_name(result) + ": " +
                           bccast_error_message());
}

std::int64_t number(const bccast_rows* rows, std::size_t row, const char* column) {
  std::int64_t value = 0;
  require_ok(bccast_rows_get_i64(rows, row, column, &value), column);
  return value;
}

}  // namespace

BccastStore::BccastStore(const std::string& path) {
  bccast_config* config = nullptr;
  require_ok(bccast_config_new(&config), "config_new");
  const std::unique_ptr<bccast_config, void (*)(bccast_config*)> owner(config, bccast_config_free);
  const bccast_notifier_vtbl vtbl{sizeof(bccast_notifier_vtbl), 0, &BccastStore::notify, nullptr};
  require_ok(bccast_config_notifier(config, "email", &vtbl, this), "config_notifier");
  require_ok(bccast_open(path.c_str(), config, &engine_), "open");
}

BccastStore::~BccastStore() {
  bccast_close(engine_, 0);
}

void BccastStore::close() {
  require_ok(bccast_operate_checkpoint(engine_), "operate_checkpoint");
  require_ok(bccast_close(engine_, 0), "close");
  engine_ = nullptr;
}

std::int32_t BccastStore::notify(void* self, bccast_batch* batch) noexcept {
  BccastStore& store = *static_cast<BccastStore*>(self);
  store.batch_seen_();
  const bccast_rows* rows = bccast_batch_rows(batch);
  const std::size_t count = bccast_rows_count(rows);
  for (std::size_t row = 0; row < count; ++row) {
    const char* address = nullptr;
    std::size_t length = 0;
    if (bccast_rows_get_text(rows, row, "address", &address, &length) != BCCAST_OK) return BCCAST_E_NOTIFIER;
    store.notifier_.notify(address, length);
  }
  return BCCAST_OK;
}

void BccastStore::put_provider(const std::string& provider) {
  require_ok(bccast_directory_provider_put(engine_, provider.c_str(), "Dr. Example"), "provider_put");
}

void BccastStore::put_clients(const std::string& provider, const Column& ids, const Column& names,
                              const Column& addresses) {
  require_ok(
      bccast_directory_client_put_many(engine_, ids.count(), ids.bytes(), ids.offsets(), names.bytes(),
                                       names.offsets(), addresses.bytes(), addresses.offsets(), nullptr),
      "client_put_many");
  require_ok(bccast_directory_roster_add_many(engine_, provider.c_str(), ids.count(), ids.bytes(),
                                              ids.offsets(), nullptr),
             "roster_add_many");
}

std::string BccastStore::create_blast(const std::string& provider) {
  char blast[BCCAST_ID_SIZE];
  require_ok(bccast_blast_create(engine_, provider.c_str(), nullptr, blast), "blast_create");
  return blast;
}

void BccastStore::select_all_active(const std::string& provider, const std::string& blast) {
  require_ok(bccast_blast_select_all_active(engine_, provider.c_str(), blast.c_str()),
             "blast_select_all_active");
}

void BccastStore::recall(const std::string& provider, const std::string& blast) {
  require_ok(bccast_blast_recall(engine_, provider.c_str(), blast.c_str()), "blast_recall");
}

void BccastStore::select_many(const std::string& provider, const std::string& blast, const Column& ids) {
  require_ok(bccast_blast_select_many(engine_, provider.c_str(), blast.c_str(), ids.count(), ids.bytes(),
                                      ids.offsets(), nullptr),
             "blast_select_many");
}

void BccastStore::write(const std::string& provider, const std::string& blast) {
  const std::string_view text = blast_text();
  require_ok(bccast_blast_write(engine_, provider.c_str(), blast.c_str(), text.data(), text.size()),
             "blast_write");
}

void BccastStore::send(const std::string& provider, const std::string& blast) {
  require_ok(bccast_blast_send(engine_, provider.c_str(), blast.c_str(), nullptr), "blast_send");
}

void BccastStore::pump() {
  std::int32_t result = BCCAST_OK;
  while (result == BCCAST_OK) {
    std::uint64_t done = 0;
    std::int64_t next_ms = 0;
    result = bccast_pump(engine_, 0, 0, &done, &next_ms);
  }
  if (result != BCCAST_DONE) require_ok(result, "pump");
}

void BccastStore::require_finished(const std::string& provider, const std::string& blast,
                                   std::uint64_t recipients) {
  bccast_rows* out = nullptr;
  require_ok(bccast_blast_status(engine_, provider.c_str(), blast.c_str(), &out), "blast_status");
  const Rows rows(out);
  const std::size_t last = bccast_rows_count(out) - 1;  // the row that counts people
  const char* state = nullptr;
  require_ok(bccast_rows_get_text(out, last, "state", &state, nullptr), "state");
  const std::int64_t done = number(out, last, "done");
  if (std::string_view(state) == "finished" && done == static_cast<std::int64_t>(recipients)) return;
  throw std::runtime_error("bccast: the blast is " + std::string(state) + " with " + std::to_string(done) +
                           " done of " + std::to_string(recipients));
}

Rows BccastStore::threads_of_client(const std::string& client) {
  bccast_rows* out = nullptr;
  require_ok(bccast_client_threads(engine_, client.c_str(), nullptr, nullptr, 0, &out), "client_threads");
  return Rows(out);
}

}  // namespace bench
