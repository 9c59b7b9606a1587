#include <bccast/bccast.h>

#include "guard.hpp"
#include "rows.hpp"

using namespace bccast;
using namespace bccast::capi;

namespace {

constexpr bool kEmptyIsNull = true;

bccast_rows* message_rows(const Page<MessageView>& page, bool with_actor) {
  RowsBuilder rows(page.items);
  rows.i64("seq", [](const auto& m) { return m.seq; })
      .text(
          "author", [](const auto& m) { return m.author; }, kEmptyIsNull)
      .text(
          "author_name", [](const auto& m) { return m.author_name; }, kEmptyIsNull)
      .text("text", [](const auto& m) { return m.text; })
      .i64("at_ms", [](const auto& m) { return m.at_ms; })
      .i64("removed", [](const auto& m) { return m.removed ? 1 : 0; });
  if (with_actor)
    rows.text(
        "actor", [](const auto& m) { return m.actor; }, kEmptyIsNull);
  return rows.finish(page.next);
}

std::string_view key_of(const char* key) {
  if (key != nullptr && *key == '\0') throw Error(Code::argument, "the key is empty");
  return optional(key);
}

Code give(const Written& written, std::int64_t* out_seq, std::int64_t* out_at_ms) {
  if (out_seq != nullptr) *out_seq = written.seq;
  if (out_at_ms != nullptr) *out_at_ms = written.at_ms;
  return written.existed ? Code::exists : Code::ok;
}

void give(const UnreadCount& count, std::int64_t* out_threads, std::int64_t* out_messages) {
  if (out_threads != nullptr) *out_threads = count.threads;
  if (out_messages != nullptr) *out_messages = count.messages;
}

}  // namespace

int32_t bccast_client_threads(bccast_engine* engine, const char* client, const char* filter,
                              const char* cursor, uint32_t limit, bccast_rows** out_rows) {
  if (out_rows != nullptr) *out_rows = nullptr;
  return with_engine(engine, [&](Engine& e) {
    output(out_rows, "rows");
    const auto page =
        e.client_threads(required(client, "client id"), optional(filter), optional(cursor), limit);
    *out_rows = RowsBuilder(page.items)
                    .text("thread", [](const auto& t) { return t.thread; })
                    .text("provider", [](const auto& t) { return t.provider; })
                    .text("provider_name", [](const auto& t) { return t.provider_name; })
                    .text("kind", [](const auto& t) { return t.kind; })
                    .text(
                        "title", [](const auto& t) { return t.title; }, kEmptyIsNull)
                    .i64("unread", [](const auto& t) { return t.unread; })
                    .i64("last_at_ms", [](const auto& t) { return t.last_at_ms; })
                    .text("last_text", [](const auto& t) { return t.last_text; })
                    .i64("removed", [](const auto& t) { return t.removed ? 1 : 0; })
                    .text(
                        "last_author", [](const auto& t) { return t.last_author; }, kEmptyIsNull)
                    .text(
                        "last_author_name", [](const auto& t) { return t.last_author_name; }, kEmptyIsNull)
                    .i64("closed", [](const auto& t) { return t.closed ? 1 : 0; })
                    .i64("read_seq", [](const auto& t) { return t.read_seq; })
                    .finish(page.next);
  });
}

int32_t bccast_client_messages(bccast_engine* engine, const char* client, const char* thread,
                               int64_t from_seq, int32_t direction, uint32_t limit, bccast_rows** out_rows) {
  if (out_rows != nullptr) *out_rows = nullptr;
  return with_engine(engine, [&](Engine& e) {
    output(out_rows, "rows");
    *out_rows = message_rows(e.client_messages(required(client, "client id"), required(thread, "thread id"),
                                               from_seq, direction, limit),
                             false);
  });
}

int32_t bccast_client_reply(bccast_engine* engine, const char* client, const char* thread, const char* key,
                            const char* text, size_t length, int64_t* out_seq, int64_t* out_at_ms) {
  if (out_seq != nullptr) *out_seq = 0;
  if (out_at_ms != nullptr) *out_at_ms = 0;
  return with_engine(engine, [&](Engine& e) {
    return give(e.client_reply(required(client, "client id"), required(thread, "thread id"),
                               required(text, length, "text"), key_of(key)),
                out_seq, out_at_ms);
  });
}

int32_t bccast_client_read(bccast_engine* engine, const char* client, const char* thread, int64_t up_to_seq) {
  return with_engine(engine, [&](Engine& e) {
    e.client_read(required(client, "client id"), required(thread, "thread id"), up_to_seq);
  });
}

int32_t bccast_provider_direct(bccast_engine* engine, const char* provider, const char* client,
                               char out_thread[BCCAST_ID_SIZE]) {
  if (out_thread != nullptr) out_thread[0] = '\0';
  return with_engine(engine, [&](Engine& e) {
    output(out_thread, "thread");
    write_id(e.provider_direct(required(provider, "provider id"), required(client, "client id")), out_thread);
  });
}

int32_t bccast_provider_threads(bccast_engine* engine, const char* provider, const char* filter,
                                const char* cursor, uint32_t limit, bccast_rows** out_rows) {
  if (out_rows != nullptr) *out_rows = nullptr;
  return with_engine(engine, [&](Engine& e) {
    output(out_rows, "rows");
    const auto page =
        e.provider_threads(required(provider, "provider id"), optional(filter), optional(cursor), limit);
    *out_rows = RowsBuilder(page.items)
                    .text("thread", [](const auto& t) { return t.thread; })
                    .text(
                        "client", [](const auto& t) { return t.client; }, kEmptyIsNull)
                    .text(
                        "client_name", [](const auto& t) { return t.client_name; }, kEmptyIsNull)
                    .text("kind", [](const auto& t) { return t.kind; })
                    .text(
                        "title", [](const auto& t) { return t.title; }, kEmptyIsNull)
                    .text(
                        "blast", [](const auto& t) { return t.blast; }, kEmptyIsNull)
                    .i64("unread", [](const auto& t) { return t.unread; })
                    .i64("last_at_ms", [](const auto& t) { return t.last_at_ms; })
                    .text("last_text", [](const auto& t) { return t.last_text; })
                    .text(
                        "last_author", [](const auto& t) { return t.last_author; }, kEmptyIsNull)
                    .text(
                        "last_author_name", [](const auto& t) { return t.last_author_name; }, kEmptyIsNull)
                    .text(
                        "last_actor", [](const auto& t) { return t.last_actor; }, kEmptyIsNull)
                    .i64("removed", [](const auto& t) { return t.removed ? 1 : 0; })
                    .i64("read_seq", [](const auto& t) { return t.read_seq; })
                    .finish(page.next);
  });
}

int32_t bccast_provider_messages(bccast_engine* engine, const char* provider, const char* thread,
                                 int64_t from_seq, int32_t direction, uint32_t limit,
                                 bccast_rows** out_rows) {
  if (out_rows != nullptr) *out_rows = nullptr;
  return with_engine(engine, [&](Engine& e) {
    output(out_rows, "rows");
    *out_rows = message_rows(e.provider_messages(required(provider, "provider id"),
                                                 required(thread, "thread id"), from_seq, direction, limit),
                             true);
  });
}

int32_t bccast_provider_reply(bccast_engine* engine, const char* provider, const char* thread,
                              const char* key, const char* text, size_t length, int64_t* out_seq,
                              int64_t* out_at_ms) {
  if (out_seq != nullptr) *out_seq = 0;
  if (out_at_ms != nullptr) *out_at_ms = 0;
  return with_engine(engine, [&](Engine& e) {
    return give(e.provider_reply(required(provider, "provider id"), required(thread, "thread id"),
                                 required(text, length, "text"), key_of(key)),
                out_seq, out_at_ms);
  });
}

int32_t bccast_provider_read(bccast_engine* engine, const char* provider, const char* thread,
                             int64_t up_to_seq) {
  return with_engine(engine, [&](Engine& e) {
    e.provider_read(required(provider, "provider id"), required(thread, "thread id"), up_to_seq);
  });
}

int32_t bccast_client_unread(bccast_engine* engine, const char* client, int64_t* out_threads,
                             int64_t* out_messages) {
  give(UnreadCount(), out_threads, out_messages);
  return with_engine(engine, [&](Engine& e) {
    give(e.client_unread(required(client, "client id")), out_threads, out_messages);
  });
}

int32_t bccast_provider_unread(bccast_engine* engine, const char* provider, int64_t* out_threads,
                               int64_t* out_messages) {
  give(UnreadCount(), out_threads, out_messages);
  return with_engine(engine, [&](Engine& e) {
    give(e.provider_unread(required(provider, "provider id")), out_threads, out_messages);
  });
}

int32_t bccast_thread_bind(bccast_engine* engine, const char* thread, const char* host_ref) {
  return with_engine(
      engine, [&](Engine& e) { return e.thread_bind(required(thread, "thread id"), optional(host_ref)); });
}

int32_t bccast_thread_find(bccast_engine* engine, const char* host_ref, char out_thread[BCCAST_ID_SIZE]) {
  if (out_thread != nullptr) out_thread[0] = '\0';
  return with_engine(engine, [&](Engine& e) {
    output(out_thread, "thread");
    write_id(e.thread_find(required(host_ref, "host's reference")), out_thread);
  });
}
