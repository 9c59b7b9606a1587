#include <bccast/bccast.h>

#include "guard.hpp"
#include "rows.hpp"

using namespace bccast;
using namespace bccast::capi;

int32_t bccast_provider_community(bccast_engine* engine, const char* provider, const char* title,
                                  char out_thread[BCCAST_ID_SIZE]) {
  if (out_thread != nullptr) out_thread[0] = '\0';
  return with_engine(engine, [&](Engine& e) {
    output(out_thread, "thread");
    write_id(e.provider_community(required(provider, "provider id"), required(title, "title")), out_thread);
  });
}

int32_t bccast_provider_community_set(bccast_engine* engine, const char* provider, const char* thread,
                                      const char* key, const char* value) {
  return with_engine(engine, [&](Engine& e) {
    e.community_set(required(provider, "provider id"), required(thread, "thread id"), required(key, "key"),
                    optional(value));
  });
}

int32_t bccast_provider_community_add(bccast_engine* engine, const char* provider, const char* thread,
                                      const char* client) {
  return with_engine(engine, [&](Engine& e) {
    const Code code = e.community_add(required(provider, "provider id"), required(thread, "thread id"),
                                      required(client, "client id"));
    if (code == Code::not_found) throw Error(code, "there is no such client on the roster");
    if (code == Code::state) throw Error(code, "the client is archived");
    if (code == Code::limit) throw Error(code, "the community is full");
    return code;
  });
}

int32_t bccast_provider_community_add_many(bccast_engine* engine, const char* provider, const char* thread,
                                           size_t n, const char* ids, const uint64_t* id_offsets,
                                           int32_t* out_results) {
  const auto code = guard([&] {
    const EngineCall call(engine);
    return give_results(
        call->community_add_many(required(provider, "provider id"), required(thread, "thread id"),
                                 column(n, ids, id_offsets, "ids")),
        out_results);
  });
  if (code < 0) fill_results(n, code, out_results);
  return code;
}

int32_t bccast_provider_community_remove(bccast_engine* engine, const char* provider, const char* thread,
                                         const char* client) {
  return with_engine(engine, [&](Engine& e) {
    e.community_remove(required(provider, "provider id"), required(thread, "thread id"),
                       required(client, "client id"));
  });
}

int32_t bccast_provider_members(bccast_engine* engine, const char* provider, const char* thread,
                                bccast_rows** out_rows) {
  if (out_rows != nullptr) *out_rows = nullptr;
  return with_engine(engine, [&](Engine& e) {
    output(out_rows, "rows");
    const auto members = e.provider_members(required(provider, "provider id"), required(thread, "thread id"));
    *out_rows = RowsBuilder(members)
                    .text("client", [](const auto& m) { return m.client; })
                    .text("client_name", [](const auto& m) { return m.client_name; })
                    .text("member", [](const auto& m) { return m.member; })
                    .i64("since_ms", [](const auto& m) { return m.since_ms; })
                    .text(
                        "actor", [](const auto& m) { return m.actor; }, true)
                    .finish();
  });
}

int32_t bccast_client_members(bccast_engine* engine, const char* client, const char* thread,
                              bccast_rows** out_rows) {
  if (out_rows != nullptr) *out_rows = nullptr;
  return with_engine(engine, [&](Engine& e) {
    output(out_rows, "rows");
    const auto members = e.client_members(required(client, "client id"), required(thread, "thread id"));
    *out_rows = RowsBuilder(members)
                    .text("member", [](const auto& m) { return m.member; })
                    .text("member_name", [](const auto& m) { return m.member_name; })
                    .i64("since_ms", [](const auto& m) { return m.since_ms; })
                    .i64("me", [](const auto& m) { return m.me ? 1 : 0; })
                    .finish();
  });
}
