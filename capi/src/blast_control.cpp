// What becomes of a blast after it was drafted: later, held up, taken back.
#include <bccast/bccast.h>

#include "guard.hpp"
#include "rows.hpp"

using namespace bccast;
using namespace bccast::capi;

namespace {

/// For functions whose arguments are the provider and the blast alone.
template <typename Verb>
int32_t blast_verb(bccast_engine* engine, const char* provider, const char* blast, Verb&& verb) {
  return with_engine(engine, [&](Engine& e) {
    return verb(e, required(provider, "provider id"), required(blast, "blast id"));
  });
}

int32_t code_of(const Engine::Purged& purged) {
  if (purged.code == Code::ok && !purged.emptied) return BCCAST_PARTIAL;
  return static_cast<int32_t>(purged.code);
}

}  // namespace

int32_t bccast_blast_schedule(bccast_engine* engine, const char* provider, const char* blast, int64_t at_ms,
                              const char* digest) {
  return blast_verb(engine, provider, blast, [&](Engine& e, std::string_view of, std::string_view id) {
    if (digest != nullptr && *digest == '\0') throw Error(Code::argument, "the digest is empty");
    e.blast_schedule(of, id, at_ms, optional(digest));
    return Code::ok;
  });
}

int32_t bccast_blast_unschedule(bccast_engine* engine, const char* provider, const char* blast) {
  return blast_verb(engine, provider, blast, [](Engine& e, std::string_view of, std::string_view id) {
    return e.blast_unschedule(of, id);
  });
}

int32_t bccast_blast_pause(bccast_engine* engine, const char* provider, const char* blast) {
  return blast_verb(engine, provider, blast, [](Engine& e, std::string_view of, std::string_view id) {
    return e.blast_pause(of, id);
  });
}

int32_t bccast_blast_resume(bccast_engine* engine, const char* provider, const char* blast) {
  return blast_verb(engine, provider, blast, [](Engine& e, std::string_view of, std::string_view id) {
    return e.blast_resume(of, id);
  });
}

int32_t bccast_blast_recall(bccast_engine* engine, const char* provider, const char* blast) {
  return blast_verb(engine, provider, blast, [](Engine& e, std::string_view of, std::string_view id) {
    return e.blast_recall(of, id);
  });
}

int32_t bccast_blast_purge(bccast_engine* engine, const char* provider, const char* blast) {
  return guard([&] {
    const EngineCall call(engine);
    return code_of(call->blast_purge(required(provider, "provider id"), required(blast, "blast id")));
  });
}

int32_t bccast_operate_purge(bccast_engine* engine, int64_t before_ms, int64_t* out_count) {
  if (out_count != nullptr) *out_count = 0;
  return guard([&] {
    const EngineCall call(engine);
    const auto purged = call->purge(before_ms);
    if (out_count != nullptr) *out_count = purged.count;
    return code_of(purged);
  });
}

int32_t bccast_operate_overdue(bccast_engine* engine, const char* provider, const char* cursor,
                               uint32_t limit, bccast_rows** out_rows) {
  if (out_rows != nullptr) *out_rows = nullptr;
  return with_engine(engine, [&](Engine& e) {
    output(out_rows, "rows");
    if (provider != nullptr && *provider == '\0') throw Error(Code::argument, "the provider id is empty");
    const auto page = e.overdue(optional(provider), optional(cursor), limit);
    *out_rows = RowsBuilder(page.items)
                    .text("provider", [](const auto& r) { return r.provider; })
                    .text("blast", [](const auto& r) { return r.blast; })
                    .text("state", [](const auto& r) { return r.state; })
                    .i64("recipients", [](const auto& r) { return r.recipients; })
                    .i64("pending", [](const auto& r) { return r.pending; })
                    .i64("deferred", [](const auto& r) { return r.deferred; })
                    .i64("deadline_ms", [](const auto& r) { return r.deadline_ms; })
                    .text("why", [](const auto& r) { return r.why; })
                    .i64("left_ms", [](const auto& r) { return r.left_ms; })
                    .finish(page.next);
  });
}
