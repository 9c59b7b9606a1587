#include <string.h>

#include "call.h"

/* ---- Threads --------------------------------------------------------------------------------------- */

static int32_t threads(struct call* call) {
  bccast_rows* rows = NULL;
  int32_t code = bccast_provider_threads(call->engine, call->provider, given_text(call, "filter"),
                                         given_text(call, "cursor"), given_limit(call), &rows);
  return answer_page(call, "threads", code, rows);
}

static int32_t messages(struct call* call) {
  bccast_rows* rows = NULL;
  int32_t code = bccast_provider_messages(
      call->engine, call->provider, given_text(call, "thread"), given_number(call, "from_seq", 0),
      (int32_t)given_number(call, "direction", 1), given_limit(call), &rows);
  return answer_page(call, "messages", code, rows);
}

static int32_t reply(struct call* call) {
  const char* written = given_text(call, "text");
  int64_t seq = 0, at_ms = 0;
  int32_t code =
      bccast_provider_reply(call->engine, call->provider, given_text(call, "thread"), given_text(call, "key"),
                            written, written == NULL ? 0 : strlen(written), &seq, &at_ms);
  answer_text(call, "thread", given_text(call, "thread"));
  answer_number(call, "seq", seq);
  answer_number(call, "at_ms", at_ms);
  return code;
}

static int32_t read_up_to(struct call* call) {
  int64_t seq = given_number(call, "up_to_seq", 0);
  answer_text(call, "thread", given_text(call, "thread"));
  answer_number(call, "up_to_seq", seq);
  return bccast_provider_read(call->engine, call->provider, given_text(call, "thread"), seq);
}

static int32_t direct(struct call* call) {
  char thread[BCCAST_ID_SIZE];
  int32_t code = bccast_provider_direct(call->engine, call->provider, given_text(call, "client"), thread);
  answer_text(call, "thread", thread);
  return code;
}

static int32_t provider_unread(struct call* call) {
  int64_t unread = 0, written = 0;
  int32_t code = bccast_provider_unread(call->engine, call->provider, &unread, &written);
  answer_text(call, "provider", call->provider);
  answer_number(call, "threads", unread);
  answer_number(call, "messages", written);
  return code;
}

/* ---- Communities ----------------------------------------------------------------------------------- */

static int32_t community_create(struct call* call) {
  char thread[BCCAST_ID_SIZE];
  int32_t code = bccast_provider_community(call->engine, call->provider, given_text(call, "title"), thread);
  answer_text(call, "thread", thread);
  return code;
}

static int32_t community_set(struct call* call) {
  const char *thread = given_text(call, "thread"), *key = given_text(call, "key"),
             *value = given_text(call, "value");
  answer_text(call, "thread", thread);
  answer_text(call, "key", key);
  answer_text(call, "value", value);
  return bccast_provider_community_set(call->engine, call->provider, thread, key, value);
}

static int32_t community_add(struct call* call) {
  return change_clients(call, "thread", bccast_provider_community_add_many);
}

/* The library takes members out one by one. What concerns all of them is the call's own error. */
static int32_t remove_many(bccast_engine* engine, const char* provider, const char* thread, size_t n,
                           const char* bytes, const uint64_t* offsets, int32_t* results) {
  char client[BCCAST_MAX_ID + 1];
  bccast_rows* rows = NULL;
  int32_t code = bccast_provider_members(engine, provider, thread, &rows);
  bccast_rows_free(rows);
  for (size_t i = 0; code >= 0 && i < n; ++i) {
    size_t length = (size_t)(offsets[i + 1] - offsets[i]);
    results[i] = BCCAST_E_LIMIT;
    if (length >= sizeof client) continue;
    memcpy(client, bytes + offsets[i], length);
    client[length] = '\0';
    results[i] = bccast_provider_community_remove(engine, provider, thread, client);
  }
  return code;
}

static int32_t community_remove(struct call* call) {
  return change_clients(call, "thread", remove_many);
}

static int32_t members(struct call* call) {
  bccast_rows* rows = NULL;
  int32_t code = bccast_provider_members(call->engine, call->provider, given_text(call, "thread"), &rows);
  return answer_page(call, "members", code, rows);
}

const struct command CONVERSATION_COMMANDS[] = {
    {"threads", threads, "filter cursor limit"},
    {"messages", messages, "thread! from_seq direction limit"},
    {"reply", reply, "thread! text! key"},
    {"read", read_up_to, "thread! up_to_seq!"},
    {"direct", direct, "client!"},
    {"provider-unread", provider_unread, ""},
    {"community-create", community_create, "title!"},
    {"community-set", community_set, "thread! key! value!"},
    {"community-add", community_add, "thread! clients!"},
    {"community-remove", community_remove, "thread! clients!"},
    {"members", members, "thread!"},
    {NULL, NULL, NULL},
};
