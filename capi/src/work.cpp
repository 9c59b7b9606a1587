// Channels, pump, and operation.
#include <bccast/bccast.h>

#include "guard.hpp"
#include "rows.hpp"

using namespace bccast;
using namespace bccast::capi;

namespace {

constexpr bool kEmptyIsNull = true;
/// When to try again after an error of pump.
constexpr std::int64_t kAfterErrorMs = 1000;

}  // namespace

int32_t bccast_channel_put(bccast_engine* engine, const char* channel, const char* role) {
  return with_engine(
      engine, [&](Engine& e) { return e.channel_put(required(channel, "channel"), required(role, "role")); });
}

int32_t bccast_channel_set(bccast_engine* engine, const char* channel, const char* key, const char* value) {
  return with_engine(engine, [&](Engine& e) {
    e.channel_set(required(channel, "channel"), required(key, "key"), optional(value));
  });
}

int32_t bccast_channel_remove(bccast_engine* engine, const char* channel) {
  return with_engine(engine, [&](Engine& e) { return e.channel_remove(required(channel, "channel")); });
}

int32_t bccast_channel_list(bccast_engine* engine, bccast_rows** out_rows) {
  if (out_rows != nullptr) *out_rows = nullptr;
  return with_engine(engine, [&](Engine& e) {
    output(out_rows, "rows");
    const auto rows = e.channel_list();
    *out_rows = RowsBuilder(rows)
                    .text("channel", [](const auto& c) { return c.channel; })
                    .text("role", [](const auto& c) { return c.role; })
                    .i64("paused", [](const auto& c) { return c.paused ? 1 : 0; })
                    .i64("failing_since_ms", [](const auto& c) { return c.failing_since_ms; })
                    .text(
                        "last_reason", [](const auto& c) { return c.last_reason; }, kEmptyIsNull)
                    .i64("pending", [](const auto& c) { return c.pending; })
                    .i64("worker_seen_ms", [](const auto& c) { return c.worker_seen_ms; })
                    .text(
                        "rate", [](const auto& c) { return c.rate; }, kEmptyIsNull)
                    .i64("concurrency", [](const auto& c) { return c.concurrency; })
                    .i64("fail_percent", [](const auto& c) { return c.fail_percent; })
                    .i64("fail_window", [](const auto& c) { return c.fail_window; })
                    .text("fail_action", [](const auto& c) { return c.fail_action; })
                    .text(
                        "quiet_hours", [](const auto& c) { return c.quiet_hours; }, kEmptyIsNull)
                    .i64("due_at_ms", [](const auto& c) { return c.due_at_ms; })
                    .text(
                        "unknown_zones", [](const auto& c) { return c.unknown_zones; }, kEmptyIsNull)
                    .finish();
  });
}

int32_t bccast_pump(bccast_engine* engine, uint32_t max_items, uint32_t budget_us, uint64_t* out_done,
                    int64_t* out_next_ms) {
  if (out_done != nullptr) *out_done = 0;
  if (out_next_ms != nullptr) *out_next_ms = kAfterErrorMs;
  return with_engine(engine, [&](Engine& e) {
    const auto pumped = e.pump(max_items, budget_us);
    if (out_done != nullptr) *out_done = pumped.done;
    if (out_next_ms != nullptr) *out_next_ms = pumped.next_ms;
    return pumped.more ? Code::ok : Code::done;
  });
}

int32_t bccast_next(bccast_engine* engine, int64_t* out_next_ms) {
  if (out_next_ms != nullptr) *out_next_ms = kAfterErrorMs;
  return with_engine(engine, [&](Engine& e) { output(out_next_ms, "next") = e.next_ms(); });
}

int32_t bccast_fd(bccast_engine* engine, int32_t* out_fd) {
  if (out_fd != nullptr) *out_fd = -1;
  return with_engine(engine, [&](Engine& e) { output(out_fd, "fd") = e.fd(); });
}

int32_t bccast_wait(bccast_engine* engine, int64_t timeout_ms) {
  return with_engine(engine, [&](Engine& e) {
    if (timeout_ms < -1) throw Error(Code::argument, "the timeout is below -1");
    return e.wait(timeout_ms) ? Code::ok : Code::done;
  });
}

int32_t bccast_wake(bccast_engine* engine) {
  return with_engine(engine, [&](Engine& e) { e.wake(); });
}

int32_t bccast_start(bccast_engine* engine, uint32_t n) {
  return with_engine(engine, [&](Engine& e) { e.start(n); });
}

int32_t bccast_stop(bccast_engine* engine, int64_t timeout_ms) {
  return with_engine(engine, [&](Engine& e) {
    if (!e.stop(timeout_ms)) throw Error(Code::busy, "threads that were started are still at work");
  });
}

int32_t bccast_blast_retry_failed(bccast_engine* engine, const char* provider, const char* blast,
                                  int64_t* out_count) {
  if (out_count != nullptr) *out_count = 0;
  return with_engine(engine, [&](Engine& e) {
    const auto count = e.blast_retry_failed(required(provider, "provider id"), required(blast, "blast id"));
    if (out_count != nullptr) *out_count = count;
    return count > 0 ? Code::ok : Code::done;
  });
}

int32_t bccast_events(bccast_engine* engine, const char* reader, uint32_t limit, bccast_rows** out_rows) {
  if (out_rows != nullptr) *out_rows = nullptr;
  return with_engine(engine, [&](Engine& e) {
    output(out_rows, "rows");
    const auto rows = e.events(required(reader, "reader"), limit);
    *out_rows = RowsBuilder(rows)
                    .text("event", [](const auto& r) { return r.event; })
                    .text(
                        "provider", [](const auto& r) { return r.provider; }, kEmptyIsNull)
                    .text("kind", [](const auto& r) { return r.kind; })
                    .text(
                        "object", [](const auto& r) { return r.object; }, kEmptyIsNull)
                    .i64("at_ms", [](const auto& r) { return r.at_ms; })
                    .finish();
  });
}

int32_t bccast_events_ack(bccast_engine* engine, const char* reader, const char* event) {
  return with_engine(engine, [&](Engine& e) {
    return e.events_ack(required(reader, "reader"), required(event, "event id"));
  });
}

int32_t bccast_operate_verify(bccast_engine* engine, bccast_rows** out_rows) {
  if (out_rows != nullptr) *out_rows = nullptr;
  return with_engine(engine, [&](Engine& e) {
    output(out_rows, "rows");
    const auto rows = e.verify();
    *out_rows = RowsBuilder(rows)
                    .text("kind", [](const auto& f) { return f.kind; })
                    .text(
                        "object", [](const auto& f) { return f.object; }, kEmptyIsNull)
                    .text("detail", [](const auto& f) { return f.detail; })
                    .finish();
  });
}

int32_t bccast_operate_status(bccast_engine* engine, bccast_rows** out_rows) {
  if (out_rows != nullptr) *out_rows = nullptr;
  return with_engine(engine, [&](Engine& e) {
    output(out_rows, "rows");
    const std::vector<StoreStatus> rows{e.store_status()};
    *out_rows = RowsBuilder(rows)
                    .i64("held", [](const auto& s) { return s.held ? 1 : 0; })
                    .i64("debts", [](const auto& s) { return s.debts; })
                    .i64("indexing", [](const auto& s) { return s.indexing ? 1 : 0; })
                    .finish();
  });
}

int32_t bccast_operate_backup(bccast_engine* engine, const char* path) {
  return with_engine(engine, [&](Engine& e) { return e.backup(std::string(required(path, "path"))); });
}

int32_t bccast_operate_release(bccast_engine* engine) {
  return with_engine(engine, [&](Engine& e) { return e.release(); });
}

int32_t bccast_restore(const char* backup, const char* path) {
  return guard([&] {
    bccast::restore(required(backup, "path of the backup"), required(path, "path"));
    return BCCAST_OK;
  });
}

int32_t bccast_operate_checkpoint(bccast_engine* engine) {
  return with_engine(engine, [&](Engine& e) {
    if (!e.checkpoint())
      throw Error(Code::busy, "somebody reads an older state of the store: its log could not be emptied");
  });
}
