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

int32_t bccast_operate_checkpoint(bccast_engine* engine) {
  return with_engine(engine, [&](Engine& e) {
    if (!e.checkpoint())
      throw Error(Code::busy, "somebody reads an older state of the store: its log could not be emptied");
  });
}
