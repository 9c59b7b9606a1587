#include <bccast/bccast.h>

#include "guard.hpp"
#include "rows.hpp"

using namespace bccast;
using namespace bccast::capi;

namespace {

constexpr bool kEmptyIsNull = true;

bccast_rows* provider_rows(const std::vector<ProviderRow>& providers, std::string next = {}) {
  return RowsBuilder(providers)
      .text("provider", [](const auto& p) { return p.provider; })
      .text("provider_name", [](const auto& p) { return p.provider_name; })
      .text(
          "locale", [](const auto& p) { return p.locale; }, kEmptyIsNull)
      .text(
          "timezone", [](const auto& p) { return p.timezone; }, kEmptyIsNull)
      .text(
          "address", [](const auto& p) { return p.address; }, kEmptyIsNull)
      .i64("clients", [](const auto& p) { return p.clients; })
      .i64("archived", [](const auto& p) { return p.archived ? 1 : 0; })
      .finish(std::move(next));
}

}  // namespace

int32_t bccast_directory_provider_put(bccast_engine* engine, const char* provider, const char* display_name) {
  return with_engine(engine, [&](Engine& e) {
    e.provider_put(required(provider, "provider id"), required(display_name, "display name"));
  });
}

int32_t bccast_directory_provider_set(bccast_engine* engine, const char* provider, const char* key,
                                      const char* value) {
  return with_engine(engine, [&](Engine& e) {
    e.provider_set(required(provider, "provider id"), required(key, "key"), optional(value));
  });
}

int32_t bccast_directory_provider_archive(bccast_engine* engine, const char* provider) {
  return with_engine(engine,
                     [&](Engine& e) { return e.provider_archive(required(provider, "provider id")); });
}

int32_t bccast_directory_provider_restore(bccast_engine* engine, const char* provider) {
  return with_engine(engine,
                     [&](Engine& e) { return e.provider_restore(required(provider, "provider id")); });
}

int32_t bccast_directory_client_put(bccast_engine* engine, const char* client, const char* display_name,
                                    const char* address) {
  return with_engine(engine, [&](Engine& e) {
    const auto given = [](const char* text) {
      return text ? std::optional<std::string_view>(text) : std::nullopt;
    };
    e.client_put(required(client, "client id"), given(display_name), given(address));
  });
}

int32_t bccast_directory_client_put_many(bccast_engine* engine, size_t n, const char* ids,
                                         const uint64_t* id_offsets, const char* names,
                                         const uint64_t* name_offsets, const char* addresses,
                                         const uint64_t* address_offsets, int32_t* out_results) {
  const auto code = guard([&] {
    const EngineCall call(engine);
    return give_results(call->client_put_many(column(n, ids, id_offsets, "ids"),
                                              optional_column(n, names, name_offsets, "names"),
                                              optional_column(n, addresses, address_offsets, "addresses")),
                        out_results);
  });
  if (code < 0) fill_results(n, code, out_results);
  return code;
}

int32_t bccast_directory_client_set(bccast_engine* engine, const char* client, const char* key,
                                    const char* value) {
  return with_engine(engine, [&](Engine& e) {
    e.client_set(required(client, "client id"), required(key, "key"), optional(value));
  });
}

int32_t bccast_directory_client_archive(bccast_engine* engine, const char* client) {
  return with_engine(engine, [&](Engine& e) { return e.client_archive(required(client, "client id")); });
}

int32_t bccast_directory_client_restore(bccast_engine* engine, const char* client) {
  return with_engine(engine, [&](Engine& e) { return e.client_restore(required(client, "client id")); });
}

int32_t bccast_directory_roster_add(bccast_engine* engine, const char* provider, const char* client) {
  return with_engine(engine, [&](Engine& e) {
    return e.roster_add(required(provider, "provider id"), required(client, "client id"));
  });
}

int32_t bccast_directory_roster_add_many(bccast_engine* engine, const char* provider, size_t n,
                                         const char* ids, const uint64_t* id_offsets, int32_t* out_results) {
  const auto code = guard([&] {
    const EngineCall call(engine);
    return give_results(
        call->roster_add_many(required(provider, "provider id"), column(n, ids, id_offsets, "ids")),
        out_results);
  });
  if (code < 0) fill_results(n, code, out_results);
  return code;
}

int32_t bccast_directory_roster_set(bccast_engine* engine, const char* provider, const char* client,
                                    const char* key, const char* value) {
  return with_engine(engine, [&](Engine& e) {
    e.roster_set(required(provider, "provider id"), required(client, "client id"), required(key, "key"),
                 optional(value));
  });
}

int32_t bccast_directory_roster_archive(bccast_engine* engine, const char* provider, const char* client) {
  return with_engine(engine, [&](Engine& e) {
    return e.roster_archive(required(provider, "provider id"), required(client, "client id"));
  });
}

int32_t bccast_directory_roster_archive_many(bccast_engine* engine, const char* provider, size_t n,
                                             const char* ids, const uint64_t* id_offsets,
                                             int32_t* out_results) {
  const auto code = guard([&] {
    const EngineCall call(engine);
    return give_results(
        call->roster_archive_many(required(provider, "provider id"), column(n, ids, id_offsets, "ids")),
        out_results);
  });
  if (code < 0) fill_results(n, code, out_results);
  return code;
}

int32_t bccast_directory_roster_restore(bccast_engine* engine, const char* provider, const char* client) {
  return with_engine(engine, [&](Engine& e) {
    return e.roster_restore(required(provider, "provider id"), required(client, "client id"));
  });
}

int32_t bccast_provider_roster_count(bccast_engine* engine, const char* provider, int64_t* out_active,
                                     int64_t* out_archived) {
  if (out_active != nullptr) *out_active = 0;
  if (out_archived != nullptr) *out_archived = 0;
  return with_engine(engine, [&](Engine& e) {
    const auto count = e.roster_count(required(provider, "provider id"));
    if (out_active != nullptr) *out_active = count.active;
    if (out_archived != nullptr) *out_archived = count.archived;
  });
}

int32_t bccast_directory_provider_list(bccast_engine* engine, const char* cursor, uint32_t limit,
                                       bccast_rows** out_rows) {
  if (out_rows != nullptr) *out_rows = nullptr;
  return with_engine(engine, [&](Engine& e) {
    output(out_rows, "rows");
    const auto page = e.provider_list(optional(cursor), limit);
    *out_rows = provider_rows(page.items, page.next);
  });
}

int32_t bccast_directory_provider_get(bccast_engine* engine, const char* provider, bccast_rows** out_rows) {
  if (out_rows != nullptr) *out_rows = nullptr;
  return with_engine(engine, [&](Engine& e) {
    output(out_rows, "rows");
    *out_rows = provider_rows({e.provider_get(required(provider, "provider id"))});
  });
}

int32_t bccast_directory_client_get(bccast_engine* engine, const char* client, bccast_rows** out_rows) {
  if (out_rows != nullptr) *out_rows = nullptr;
  return with_engine(engine, [&](Engine& e) {
    output(out_rows, "rows");
    const std::vector<ClientRow> one{e.client_get(required(client, "client id"))};
    *out_rows = RowsBuilder(one)
                    .text("client", [](const auto& c) { return c.client; })
                    .text("client_name", [](const auto& c) { return c.client_name; })
                    .text(
                        "locale", [](const auto& c) { return c.locale; }, kEmptyIsNull)
                    .text(
                        "timezone", [](const auto& c) { return c.timezone; }, kEmptyIsNull)
                    .i64("archived", [](const auto& c) { return c.archived ? 1 : 0; })
                    .i64("chat", [](const auto& c) { return c.chat ? 1 : 0; })
                    .i64("notify", [](const auto& c) { return c.notify ? 1 : 0; })
                    .text(
                        "address", [](const auto& c) { return c.address; }, kEmptyIsNull)
                    .i64("rosters", [](const auto& c) { return c.rosters; })
                    .finish();
  });
}

int32_t bccast_directory_roster_add_archived_many(bccast_engine* engine, const char* provider, size_t n,
                                                  const char* ids, const uint64_t* id_offsets,
                                                  int32_t* out_results) {
  const auto code = guard([&] {
    const EngineCall call(engine);
    return give_results(
        call->roster_add_archived_many(required(provider, "provider id"), column(n, ids, id_offsets, "ids")),
        out_results);
  });
  if (code < 0) fill_results(n, code, out_results);
  return code;
}

int32_t bccast_provider_roster(bccast_engine* engine, const char* provider, const char* filter,
                               const char* cursor, uint32_t limit, bccast_rows** out_rows) {
  if (out_rows != nullptr) *out_rows = nullptr;
  return with_engine(engine, [&](Engine& e) {
    output(out_rows, "rows");
    const auto page =
        e.provider_roster(required(provider, "provider id"), optional(filter), optional(cursor), limit);
    *out_rows = RowsBuilder(page.items)
                    .text("client", [](const auto& r) { return r.client; })
                    .text("client_name", [](const auto& r) { return r.client_name; })
                    .text("state", [](const auto& r) { return r.state; })
                    .i64("chosen", [](const auto& r) { return r.chosen; })
                    .text("contact", [](const auto& r) { return r.contact; })
                    .i64("since_ms", [](const auto& r) { return r.since_ms; })
                    .finish(page.next);
  });
}

int32_t bccast_directory_client_export(bccast_engine* engine, const char* client, const char* cursor,
                                       uint32_t limit, bccast_rows** out_rows) {
  if (out_rows != nullptr) *out_rows = nullptr;
  return with_engine(engine, [&](Engine& e) {
    output(out_rows, "rows");
    const auto page = e.client_export(required(client, "client id"), optional(cursor), limit);
    RowsBuilder rows(page.items);
    const auto text = [&](const char* name, std::string ExportRow::*member) {
      rows.text(
          name, [member](const ExportRow& row) { return row.*member; }, kEmptyIsNull);
    };
    text("record", &ExportRow::record);
    text("name", &ExportRow::name);
    text("thread", &ExportRow::thread);
    text("provider", &ExportRow::provider);
    text("provider_name", &ExportRow::provider_name);
    text("kind", &ExportRow::kind);
    text("title", &ExportRow::title);
    rows.i64("seq", [](const auto& r) { return r.seq; });
    text("author", &ExportRow::author);
    text("author_name", &ExportRow::author_name);
    text("text", &ExportRow::text);
    rows.i64("at_ms", [](const auto& r) { return r.at_ms; });
    rows.i64("removed", [](const auto& r) { return r.removed ? 1 : 0; });
    *out_rows = rows.finish(page.next);
  });
}

int32_t bccast_directory_client_erase(bccast_engine* engine, const char* client) {
  return guard([&]() -> std::int32_t {
    const EngineCall call(engine);
    return call->client_erase(required(client, "client id")) ? BCCAST_OK : BCCAST_PARTIAL;
  });
}
