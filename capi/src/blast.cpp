#include <bccast/bccast.h>

#include "guard.hpp"
#include "rows.hpp"

using namespace bccast;
using namespace bccast::capi;

namespace {

constexpr bool kEmptyIsNull = true;

/// The two ids that every function of a blast begins with.
struct BlastOf {
  BlastOf(const char* provider_in, const char* blast_in)
      : provider(required(provider_in, "provider id")), blast(required(blast_in, "blast id")) {}
  std::string_view provider;
  std::string_view blast;
};

bccast_rows* recipient_rows(const Page<RecipientRow>& page) {
  return RowsBuilder(page.items)
      .text(
          "client", [](const auto& r) { return r.client; }, kEmptyIsNull)
      .text(
          "client_name", [](const auto& r) { return r.client_name; }, kEmptyIsNull)
      .text(
          "thread", [](const auto& r) { return r.thread; }, kEmptyIsNull)
      .text(
          "channel", [](const auto& r) { return r.channel; }, kEmptyIsNull)
      .text("state", [](const auto& r) { return r.state; })
      .text(
          "reason", [](const auto& r) { return r.reason; }, kEmptyIsNull)
      .i64("attempts", [](const auto& r) { return r.attempts; })
      .i64("next_at_ms", [](const auto& r) { return r.next_at_ms; })
      .i64("opened_at_ms", [](const auto& r) { return r.opened_at_ms; })
      .i64("replied", [](const auto& r) { return r.replied ? 1 : 0; })
      .finish(page.next);
}

}  // namespace

int32_t bccast_blast_create(bccast_engine* engine, const char* provider, const char* key,
                            char out_blast[BCCAST_ID_SIZE]) {
  if (out_blast != nullptr) out_blast[0] = '\0';
  return with_engine(engine, [&](Engine& e) {
    output(out_blast, "blast");
    if (key != nullptr && *key == '\0') throw Error(Code::argument, "the key is empty");
    const auto created = e.blast_create(required(provider, "provider id"), optional(key));
    write_id(created.blast, out_blast);
    return created.existed ? Code::exists : Code::ok;
  });
}

int32_t bccast_blast_discard(bccast_engine* engine, const char* provider, const char* blast) {
  return with_engine(engine, [&](Engine& e) {
    const BlastOf of(provider, blast);
    e.blast_discard(of.provider, of.blast);
  });
}

int32_t bccast_blast_select(bccast_engine* engine, const char* provider, const char* blast,
                            const char* client) {
  return with_engine(engine, [&](Engine& e) {
    const BlastOf of(provider, blast);
    e.blast_select(of.provider, of.blast, required(client, "client id"));
  });
}

int32_t bccast_blast_deselect(bccast_engine* engine, const char* provider, const char* blast,
                              const char* client) {
  return with_engine(engine, [&](Engine& e) {
    const BlastOf of(provider, blast);
    e.blast_deselect(of.provider, of.blast, required(client, "client id"));
  });
}

int32_t bccast_blast_select_all_active(bccast_engine* engine, const char* provider, const char* blast) {
  return with_engine(engine, [&](Engine& e) {
    const BlastOf of(provider, blast);
    e.blast_select_all_active(of.provider, of.blast);
  });
}

int32_t bccast_blast_select_none(bccast_engine* engine, const char* provider, const char* blast) {
  return with_engine(engine, [&](Engine& e) {
    const BlastOf of(provider, blast);
    e.blast_select_none(of.provider, of.blast);
  });
}

int32_t bccast_blast_select_from(bccast_engine* engine, const char* provider, const char* blast,
                                 const char* from_blast, const char* filter) {
  return with_engine(engine, [&](Engine& e) {
    const BlastOf of(provider, blast);
    e.blast_select_from(of.provider, of.blast, required(from_blast, "blast to select from"),
                        optional(filter));
  });
}

int32_t bccast_blast_select_many(bccast_engine* engine, const char* provider, const char* blast, size_t n,
                                 const char* ids, const uint64_t* id_offsets, int32_t* out_results) {
  const auto code = guard([&] {
    const EngineCall call(engine);
    const BlastOf of(provider, blast);
    return give_results(call->blast_select_many(of.provider, of.blast, column(n, ids, id_offsets, "ids")),
                        out_results);
  });
  if (code < 0) fill_results(n, code, out_results);
  return code;
}

int32_t bccast_blast_deselect_many(bccast_engine* engine, const char* provider, const char* blast, size_t n,
                                   const char* ids, const uint64_t* id_offsets, int32_t* out_results) {
  const auto code = guard([&] {
    const EngineCall call(engine);
    const BlastOf of(provider, blast);
    return give_results(call->blast_deselect_many(of.provider, of.blast, column(n, ids, id_offsets, "ids")),
                        out_results);
  });
  if (code < 0) fill_results(n, code, out_results);
  return code;
}

int32_t bccast_blast_write(bccast_engine* engine, const char* provider, const char* blast, const char* text,
                           size_t length) {
  return with_engine(engine, [&](Engine& e) {
    const BlastOf of(provider, blast);
    e.blast_write(of.provider, of.blast, required(text, length, "text"));
  });
}

int32_t bccast_blast_preview(bccast_engine* engine, const char* provider, const char* blast,
                             bccast_rows** out_rows) {
  if (out_rows != nullptr) *out_rows = nullptr;
  return with_engine(engine, [&](Engine& e) {
    output(out_rows, "rows");
    const BlastOf of(provider, blast);
    const std::vector<Preview> one{e.blast_preview(of.provider, of.blast)};
    *out_rows = RowsBuilder(one)
                    .i64("recipients", [](const auto& p) { return p.recipients; })
                    .i64("archived", [](const auto& p) { return p.archived; })
                    .i64("off", [](const auto& p) { return p.off; })
                    .i64("not_on_roster", [](const auto& p) { return p.not_on_roster; })
                    .i64("no_address", [](const auto& p) { return p.no_address; })
                    .i64("deselected", [](const auto& p) { return p.deselected; })
                    .text("digest", [](const auto& p) { return p.digest; })
                    .finish();
  });
}

int32_t bccast_blast_send(bccast_engine* engine, const char* provider, const char* blast,
                          const char* digest) {
  return with_engine(engine, [&](Engine& e) {
    const BlastOf of(provider, blast);
    if (digest != nullptr && *digest == '\0') throw Error(Code::argument, "the digest is empty");
    return e.blast_send(of.provider, of.blast, optional(digest));
  });
}

int32_t bccast_blast_status(bccast_engine* engine, const char* provider, const char* blast,
                            bccast_rows** out_rows) {
  if (out_rows != nullptr) *out_rows = nullptr;
  return with_engine(engine, [&](Engine& e) {
    output(out_rows, "rows");
    const BlastOf of(provider, blast);
    const auto rows = e.blast_status(of.provider, of.blast);
    *out_rows = RowsBuilder(rows)
                    .text(
                        "channel", [](const auto& r) { return r.channel; }, kEmptyIsNull)
                    .text("state", [](const auto& r) { return r.state; })
                    .i64("recipients", [](const auto& r) { return r.recipients; })
                    .i64("done", [](const auto& r) { return r.done; })
                    .i64("failed", [](const auto& r) { return r.failed; })
                    .i64("skipped", [](const auto& r) { return r.skipped; })
                    .i64("deferred", [](const auto& r) { return r.deferred; })
                    .i64("pending", [](const auto& r) { return r.pending; })
                    .i64("opened", [](const auto& r) { return r.opened; })
                    .i64("replied", [](const auto& r) { return r.replied; })
                    .i64("sent_at_ms", [](const auto& r) { return r.sent_at_ms; })
                    .i64("deadline_ms", [](const auto& r) { return r.deadline_ms; })
                    .i64("overdue", [](const auto& r) { return r.overdue ? 1 : 0; })
                    .text(
                        "why", [](const auto& r) { return r.why; }, kEmptyIsNull)
                    .i64("left_ms", [](const auto& r) { return r.left_ms; })
                    .i64("removed", [](const auto& r) { return r.removed; })
                    .i64("on_device", [](const auto& r) { return r.on_device; })
                    .finish();
  });
}

int32_t bccast_blast_recipients(bccast_engine* engine, const char* provider, const char* blast,
                                const char* filter, const char* cursor, uint32_t limit,
                                bccast_rows** out_rows) {
  if (out_rows != nullptr) *out_rows = nullptr;
  return with_engine(engine, [&](Engine& e) {
    output(out_rows, "rows");
    const BlastOf of(provider, blast);
    const auto page = e.blast_recipients(of.provider, of.blast, optional(filter), optional(cursor), limit);
    *out_rows = recipient_rows(page);
  });
}

int32_t bccast_blast_list(bccast_engine* engine, const char* provider, const char* filter, const char* cursor,
                          uint32_t limit, bccast_rows** out_rows) {
  if (out_rows != nullptr) *out_rows = nullptr;
  return with_engine(engine, [&](Engine& e) {
    output(out_rows, "rows");
    const auto page =
        e.blast_list(required(provider, "provider id"), optional(filter), optional(cursor), limit);
    *out_rows = RowsBuilder(page.items)
                    .text("blast", [](const auto& r) { return r.blast; })
                    .text("state", [](const auto& r) { return r.state; })
                    .i64("created_at_ms", [](const auto& r) { return r.created_at_ms; })
                    .i64("sent_at_ms", [](const auto& r) { return r.sent_at_ms; })
                    .i64("recipients", [](const auto& r) { return r.recipients; })
                    .i64("key_given", [](const auto& r) { return r.key_given ? 1 : 0; })
                    .text(
                        "actor", [](const auto& r) { return r.actor; }, kEmptyIsNull)
                    .text(
                        "sent_by", [](const auto& r) { return r.sent_by; }, kEmptyIsNull)
                    .text(
                        "text", [](const auto& r) { return r.text; }, kEmptyIsNull)
                    .i64("done", [](const auto& r) { return r.done; })
                    .i64("failed", [](const auto& r) { return r.failed; })
                    .i64("skipped", [](const auto& r) { return r.skipped; })
                    .i64("pending", [](const auto& r) { return r.pending; })
                    .i64("opened", [](const auto& r) { return r.opened; })
                    .i64("replied", [](const auto& r) { return r.replied; })
                    .finish(page.next);
  });
}

int32_t bccast_blast_set(bccast_engine* engine, const char* provider, const char* blast, const char* key,
                         const char* value) {
  return with_engine(engine, [&](Engine& e) {
    const BlastOf of(provider, blast);
    e.blast_set(of.provider, of.blast, required(key, "key"), optional(value));
  });
}

int32_t bccast_blast_get(bccast_engine* engine, const char* provider, const char* blast,
                         bccast_rows** out_rows) {
  if (out_rows != nullptr) *out_rows = nullptr;
  return with_engine(engine, [&](Engine& e) {
    output(out_rows, "rows");
    const BlastOf of(provider, blast);
    const std::vector<BlastDetail> one{e.blast_get(of.provider, of.blast)};
    *out_rows = RowsBuilder(one)
                    .text("blast", [](const auto& b) { return b.blast; })
                    .text("state", [](const auto& b) { return b.state; })
                    .text(
                        "text", [](const auto& b) { return b.text; }, kEmptyIsNull)
                    .i64("all_active", [](const auto& b) { return b.all_active ? 1 : 0; })
                    .i64("picked", [](const auto& b) { return b.picked; })
                    .i64("deselected", [](const auto& b) { return b.deselected; })
                    .i64("recipients", [](const auto& b) { return b.recipients; })
                    .i64("created_at_ms", [](const auto& b) { return b.created_at_ms; })
                    .i64("sent_at_ms", [](const auto& b) { return b.sent_at_ms; })
                    .i64("deadline_at_ms", [](const auto& b) { return b.deadline_at_ms; })
                    .i64("finished_at_ms", [](const auto& b) { return b.finished_at_ms; })
                    .i64("deadline_ms", [](const auto& b) { return b.deadline_ms; })
                    .i64("revision", [](const auto& b) { return b.revision; })
                    .text(
                        "actor", [](const auto& b) { return b.actor; }, kEmptyIsNull)
                    .text(
                        "sent_by", [](const auto& b) { return b.sent_by; }, kEmptyIsNull)
                    .text(
                        "channels", [](const auto& b) { return b.channels; }, kEmptyIsNull)
                    .i64("hold_ms", [](const auto& b) { return b.hold_ms; })
                    .i64("scheduled_at_ms", [](const auto& b) { return b.scheduled_at_ms; })
                    .i64("missed_at_ms", [](const auto& b) { return b.missed_at_ms; })
                    .text(
                        "missed_reason", [](const auto& b) { return b.missed_reason; }, kEmptyIsNull)
                    .i64("recalled_at_ms", [](const auto& b) { return b.recalled_at_ms; })
                    .i64("purged", [](const auto& b) { return b.purged ? 1 : 0; })
                    .finish();
  });
}

int32_t bccast_blast_selection(bccast_engine* engine, const char* provider, const char* blast,
                               const char* filter, const char* cursor, uint32_t limit,
                               bccast_rows** out_rows) {
  if (out_rows != nullptr) *out_rows = nullptr;
  return with_engine(engine, [&](Engine& e) {
    output(out_rows, "rows");
    const BlastOf of(provider, blast);
    const auto page = e.blast_selection(of.provider, of.blast, optional(filter), optional(cursor), limit);
    *out_rows = RowsBuilder(page.items)
                    .text("client", [](const auto& r) { return r.client; })
                    .text("client_name", [](const auto& r) { return r.client_name; })
                    .i64("chosen", [](const auto& r) { return r.chosen ? 1 : 0; })
                    .text(
                        "reason", [](const auto& r) { return r.reason; }, kEmptyIsNull)
                    .finish(page.next);
  });
}

int32_t bccast_blast_find(bccast_engine* engine, const char* provider, const char* blast, size_t n,
                          const char* ids, const uint64_t* id_offsets, bccast_rows** out_rows) {
  if (out_rows != nullptr) *out_rows = nullptr;
  return with_engine(engine, [&](Engine& e) {
    output(out_rows, "rows");
    const BlastOf of(provider, blast);
    const auto rows = e.blast_find(of.provider, of.blast, column(n, ids, id_offsets, "ids"));
    *out_rows = RowsBuilder(rows)
                    .text("client", [](const auto& r) { return r.client; })
                    .text("thread", [](const auto& r) { return r.thread; })
                    .finish();
  });
}

int32_t bccast_blast_why(bccast_engine* engine, const char* provider, const char* blast, const char* client,
                         bccast_rows** out_rows) {
  if (out_rows != nullptr) *out_rows = nullptr;
  return with_engine(engine, [&](Engine& e) {
    output(out_rows, "rows");
    const BlastOf of(provider, blast);
    *out_rows = recipient_rows({e.blast_why(of.provider, of.blast, required(client, "client id")), {}});
  });
}
