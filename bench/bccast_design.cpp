#include "bccast_design.hpp"

#include <algorithm>
#include <vector>

#include "bccast_store.hpp"
#include "people.hpp"
#include "sqlite.hpp"
#include "stopwatch.hpp"
#include "work_meter.hpp"

namespace bench {
namespace {

std::string draft_to_all(BccastStore& store) {
  const std::string blast = store.create_blast(kProvider);
  store.select_all_active(kProvider, blast);
  store.write(kProvider, blast);
  return blast;
}

}  // namespace

Figures bccast_import(const Task& task) {
  Stopwatch watch;
  {
    BccastStore store(task.path);
    watch = Stopwatch();
    store.put_provider(kProvider);
    Column ids, names, addresses;
    for (std::uint64_t from = 0; from < task.recipients; from += kImportChunk) {
      ids.clear();
      names.clear();
      addresses.clear();
      const std::uint64_t to = std::min(from + kImportChunk, task.recipients);
      for (std::uint64_t client = from; client < to; ++client) {
        ids.add(client_id(client));
        names.add(client_name(client));
        addresses.add(client_address(client));
      }
      store.put_clients(kProvider, ids, names, addresses);
    }
    store.close();
  }
  settle(task.path);
  const double seconds = watch.seconds();
  std::int64_t rows = 0;
  const auto tables = rows_by_table(task.path);
  for (const char* table : {"client", "roster", "client_provider", "roster_name", "roster_address"}) rows += tables.at(table);
  return {{"import_s", seconds}, {"import_rows", static_cast<double>(rows)}};
}

Figures bccast_work(const Task& task) {
  const std::uint64_t before = bytes_in_use(task.path);
  WorkMeter meter(task.path);
  std::vector<double> drafts;
  {
    BccastStore store(task.path);
    store.on_batch([&meter] { meter.batch(); });
    for (unsigned i = 0; i < task.blasts; ++i) {
      store.reset_notifier();
      const Stopwatch drafting;
      const std::string blast = draft_to_all(store);
      drafts.push_back(drafting.seconds());
      meter.start();
      store.send(kProvider, blast);
      meter.accepted();
      store.pump();
      meter.finished();
      require_all_notified(store.notifier().totals(), task.recipients, "bccast");
      store.require_finished(kProvider, blast, task.recipients);
    }
    store.close();
  }
  settle(task.path);
  Figures figures = meter.figures();
  figures["draft_s"] = median(drafts);
  figures["kept_bytes"] = static_cast<double>(bytes_in_use(task.path)) - static_cast<double>(before);
  return figures;
}

Figures bccast_accept_rows(const Task& task) {
  std::string blast;
  {
    BccastStore store(task.path);
    blast = draft_to_all(store);
    store.close();
  }
  const auto before = rows_by_table(task.path);
  {
    BccastStore store(task.path);
    store.send(kProvider, blast);
    store.close();
  }
  Figures figures;
  double& sum = figures["accept_rows"];
  for (const auto& [table, rows] : rows_by_table(task.path)) {
    const auto found = before.find(table);
    const std::int64_t added = rows - (found == before.end() ? 0 : found->second);
    if (added <= 0) continue;
    figures["accept_rows_" + table] = static_cast<double>(added);
    sum += static_cast<double>(added);
  }
  return figures;
}

}  // namespace bench
