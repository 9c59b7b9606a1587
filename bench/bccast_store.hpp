// bccast through its C API only: one open store with a no-op notifier on the channel "email".
#pragma once

#include <bccast/bccast.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "column.hpp"
#include "noop_notifier.hpp"

namespace bench {

struct RowsFree {
  void operator()(bccast_rows* rows) const { bccast_rows_free(rows); }
};
using Rows = std::unique_ptr<bccast_rows, RowsFree>;

class BccastStore {
 public:
  explicit BccastStore(const std::string& path);
  ~BccastStore();
  BccastStore(const BccastStore&) = delete;
  BccastStore& operator=(const BccastStore&) = delete;

  void put_provider(const std::string& provider);
  /// Makes clients, and puts them on the roster.
  void put_clients(const std::string& provider, const Column& ids, const Column& names,
                   const Column& addresses);

  std::string create_blast(const std::string& provider);
  void select_all_active(const std::string& provider, const std::string& blast);
  void select_many(const std::string& provider, const std::string& blast, const Column& ids);
  void write(const std::string& provider, const std::string& blast);
  void send(const std::string& provider, const std::string& blast);
  void recall(const std::string& provider, const std::string& blast);
  /// Until nothing is due.
  void pump();
  /// Throws unless the blast is finished and all of `recipients` are done.
  void require_finished(const std::string& provider, const std::string& blast, std::uint64_t recipients);
  Rows threads_of_client(const std::string& client);

  /// Moves the log into the file and closes. The destructor closes too, but says nothing when that fails.
  void close();

  const NoopNotifier& notifier() const { return notifier_; }
  void reset_notifier() { notifier_.reset(); }
  /// Called at the begin of each batch. Must not throw.
  void on_batch(std::function<void()> seen) { batch_seen_ = std::move(seen); }

 private:
  static std::int32_t notify(void* self, bccast_batch* batch) noexcept;

  bccast_engine* engine_ = nullptr;
  NoopNotifier notifier_;
  std::function<void()> batch_seen_ = [] {};
};

}  // namespace bench
