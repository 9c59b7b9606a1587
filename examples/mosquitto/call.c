#include "call.h"

#include <stdlib.h>
#include <string.h>

/* ---- What it was given --------------------------------------------------------------------------------- */

static const char* text(const struct call* call, const char* name) {
  return cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(call->request, name)); /* NULL: not given */
}

static int64_t number(const struct call* call, const char* name, int64_t otherwise) {
  const cJSON* item = cJSON_GetObjectItemCaseSensitive(call->request, name);
  return item == NULL ? otherwise : (int64_t)item->valuedouble;
}

static uint32_t limit(const struct call* call) {
  return (uint32_t)number(call, "limit", 0);
}

/* ---- What it answers ----------------------------------------------------------------------------------- */

static void answer_text(struct call* call, const char* name, const char* value) {
  if (value == NULL) {
    cJSON_AddNullToObject(call->answer, name);
  } else {
    cJSON_AddStringToObject(call->answer, name, value);
  }
}

static void answer_number(struct call* call, const char* name, int64_t value) {
  cJSON_AddNumberToObject(call->answer, name, (double)value);
}

/* A page, and where the next one begins. Takes the rows over. */
static int32_t answer_page(struct call* call, const char* name, int32_t code, bccast_rows* rows) {
  if (code >= 0) {
    cJSON_AddItemToObject(call->answer, name, document_rows(rows));
    const char* next = bccast_rows_next(rows);
    if (next != NULL) call->next = strdup(next);
  }
  bccast_rows_free(rows);
  return code;
}

/* The cells of one row, among what was answered so far. Takes the rows over. */
static int32_t answer_row(struct call* call, int32_t code, bccast_rows* rows) {
  cJSON* row = code >= 0 ? document_row(rows, 0) : NULL;
  while (row != NULL && row->child != NULL) {
    cJSON* cell = cJSON_DetachItemViaPointer(row, row->child);
    cJSON_AddItemToObject(call->answer, cell->string, cell);
  }
  cJSON_Delete(row);
  bccast_rows_free(rows);
  return code;
}

static int32_t answer_blast(struct call* call, int32_t code) {
  answer_text(call, "blast", text(call, "blast"));
  return code;
}

/* How many the draft, or the blast, goes to. */
static int32_t answer_recipients(struct call* call, int32_t code,
                                 int32_t (*look)(bccast_engine*, const char*, const char*, bccast_rows**)) {
  bccast_rows* rows = NULL;
  int64_t recipients = 0;
  if (code < 0) return code;
  int32_t looked = look(call->engine, call->provider, text(call, "blast"), &rows);
  (void)bccast_rows_get_i64(rows, 0, "recipients", &recipients);
  answer_number(call, "recipients", recipients);
  bccast_rows_free(rows);
  return looked;
}

/* ---- The roster ------------------------------------------------------------------------------------------
 */

static int32_t roster_list(struct call* call) {
  bccast_rows* rows = NULL;
  int32_t code = bccast_provider_roster(call->engine, call->provider, text(call, "filter"),
                                        text(call, "cursor"), limit(call), &rows);
  return answer_page(call, "roster", code, rows);
}

static int32_t roster_count(struct call* call) {
  int64_t active = 0, archived = 0;
  int32_t code = bccast_provider_roster_count(call->engine, call->provider, &active, &archived);
  answer_text(call, "provider", call->provider);
  answer_number(call, "active", active);
  answer_number(call, "archived", archived);
  return code;
}

/* ---- A draft ---------------------------------------------------------------------------------------------
 */

static int32_t blast_create(struct call* call) {
  char blast[BCCAST_ID_SIZE];
  int32_t code = bccast_blast_create(call->engine, call->provider, text(call, "key"), blast);
  answer_text(call, "blast", blast);
  return code;
}

static int32_t blast_discard(struct call* call) {
  cJSON_AddTrueToObject(call->answer, "discarded");
  return answer_blast(call, bccast_blast_discard(call->engine, call->provider, text(call, "blast")));
}

typedef int32_t select_many(bccast_engine*, const char*, const char*, size_t, const char*, const uint64_t*,
                            int32_t*);

/* The results of a list of clients: how many changed, and who was refused. */
static void answer_results(struct call* call, const cJSON* clients, const int32_t* results) {
  int64_t changed = 0, unchanged = 0;
  cJSON *refused = cJSON_CreateArray(), *client = NULL;
  cJSON_ArrayForEach(client, clients) {
    int32_t result = *results++;
    changed += result == BCCAST_OK;
    unchanged += result > BCCAST_OK;
    if (result >= 0) continue;
    cJSON* entry = cJSON_CreateObject();
    cJSON_AddStringToObject(entry, "client", client->valuestring);
    cJSON_AddStringToObject(entry, "code", bccast_code_name(result));
    cJSON_AddItemToArray(refused, entry);
  }
  answer_number(call, "changed", changed);
  answer_number(call, "unchanged", unchanged);
  cJSON_AddItemToObject(call->answer, "refused", refused);
}

/* The library takes a list of texts as their bytes, one after the other, and where each begins. */
static int32_t select_clients(struct call* call, select_many* act) {
  const cJSON *clients = cJSON_GetObjectItemCaseSensitive(call->request, "clients"), *client = NULL;
  size_t n = (size_t)cJSON_GetArraySize(clients), length = 0, i = 0;
  uint64_t* offsets = calloc(n + 1, sizeof *offsets);
  int32_t* results = calloc(n + 1, sizeof *results);
  cJSON_ArrayForEach(client, clients) length += strlen(client->valuestring);
  char* bytes = calloc(length + 1, 1);
  int32_t code = BCCAST_E_NOMEM;
  if (offsets != NULL && results != NULL && bytes != NULL) {
    cJSON_ArrayForEach(client, clients) {
      size_t one = strlen(client->valuestring);
      memcpy(bytes + offsets[i], client->valuestring, one);
      offsets[i + 1] = offsets[i] + one;
      ++i;
    }
    code = act(call->engine, call->provider, text(call, "blast"), n, bytes, offsets, results);
    answer_results(call, clients, results);
  }
  free(bytes);
  free(results);
  free(offsets);
  return answer_blast(call, code);
}

static int32_t blast_select(struct call* call) {
  return select_clients(call, bccast_blast_select_many);
}

static int32_t blast_deselect(struct call* call) {
  return select_clients(call, bccast_blast_deselect_many);
}

static int32_t blast_all_active(struct call* call) {
  int32_t code = bccast_blast_select_all_active(call->engine, call->provider, text(call, "blast"));
  return answer_recipients(call, answer_blast(call, code), bccast_blast_preview);
}

static int32_t blast_none(struct call* call) {
  int32_t code = bccast_blast_select_none(call->engine, call->provider, text(call, "blast"));
  return answer_recipients(call, answer_blast(call, code), bccast_blast_preview);
}

static int32_t blast_selection(struct call* call) {
  bccast_rows* rows = NULL;
  int32_t code = bccast_blast_selection(call->engine, call->provider, text(call, "blast"),
                                        text(call, "filter"), text(call, "cursor"), limit(call), &rows);
  return answer_page(call, "selection", code, rows);
}

static int32_t blast_write(struct call* call) {
  const char* written = text(call, "text");
  size_t length = written == NULL ? 0 : strlen(written);
  answer_number(call, "bytes", (int64_t)length);
  return answer_blast(call,
                      bccast_blast_write(call->engine, call->provider, text(call, "blast"), written, length));
}

static int32_t blast_set(struct call* call) {
  answer_text(call, "key", text(call, "key"));
  answer_text(call, "value", text(call, "value"));
  return answer_blast(call, bccast_blast_set(call->engine, call->provider, text(call, "blast"),
                                             text(call, "key"), text(call, "value")));
}

static int32_t blast_preview(struct call* call) {
  bccast_rows* rows = NULL;
  int32_t code = bccast_blast_preview(call->engine, call->provider, text(call, "blast"), &rows);
  return answer_row(call, answer_blast(call, code), rows);
}

/* ---- A blast ---------------------------------------------------------------------------------------------
 */

/* When it goes; null: it has gone. */
static int32_t answer_when(struct call* call, int32_t code) {
  bccast_rows* rows = NULL;
  const char* state = "";
  int64_t at_ms = 0;
  int32_t looked = bccast_blast_get(call->engine, call->provider, text(call, "blast"), &rows);
  (void)bccast_rows_get_text(rows, 0, "state", &state, NULL);
  (void)bccast_rows_get_i64(rows, 0, "scheduled_at_ms", &at_ms);
  if (strcmp(state, "scheduled") == 0) {
    answer_number(call, "scheduled_at_ms", at_ms);
  } else {
    cJSON_AddNullToObject(call->answer, "scheduled_at_ms");
  }
  bccast_rows_free(rows);
  return looked < 0 ? looked : code;
}

static int32_t blast_send(struct call* call) {
  int32_t code = bccast_blast_send(call->engine, call->provider, text(call, "blast"), text(call, "digest"));
  cJSON_AddBoolToObject(call->answer, "sent_before", code == BCCAST_EXISTS);
  code = answer_recipients(call, answer_blast(call, code), bccast_blast_get);
  return code < 0 ? code : answer_when(call, code);
}

static int32_t blast_show(struct call* call) {
  bccast_rows* rows = NULL;
  int32_t code = bccast_blast_get(call->engine, call->provider, text(call, "blast"), &rows);
  return answer_row(call, code, rows);
}

static int32_t blast_list(struct call* call) {
  bccast_rows* rows = NULL;
  int32_t code = bccast_blast_list(call->engine, call->provider, text(call, "filter"), text(call, "cursor"),
                                   limit(call), &rows);
  return answer_page(call, "blasts", code, rows);
}

/* The last row, that of the people, says of the blast what is no matter of one channel. */
static int32_t blast_status(struct call* call) {
  bccast_rows* rows = NULL;
  int32_t code = bccast_blast_status(call->engine, call->provider, text(call, "blast"), &rows);
  answer_blast(call, code);
  if (code >= 0) {
    cJSON* people = document_row(rows, bccast_rows_count(rows) - 1);
    const char* shared[] = {"sent_at_ms", "deadline_ms"};
    for (size_t i = 0; i < 2; ++i) {
      cJSON_AddItemToObject(call->answer, shared[i],
                            cJSON_DetachItemFromObjectCaseSensitive(people, shared[i]));
    }
    const cJSON* overdue = cJSON_GetObjectItemCaseSensitive(people, "overdue");
    cJSON_AddBoolToObject(call->answer, "overdue", cJSON_IsNumber(overdue) && overdue->valuedouble != 0);
    cJSON_Delete(people);
  }
  return answer_page(call, "status", code, rows);
}

static int32_t blast_recipients(struct call* call) {
  bccast_rows* rows = NULL;
  int32_t code = bccast_blast_recipients(call->engine, call->provider, text(call, "blast"),
                                         text(call, "filter"), text(call, "cursor"), limit(call), &rows);
  return answer_page(call, "recipients", code, rows);
}

static int32_t blast_why(struct call* call) {
  bccast_rows* rows = NULL;
  int32_t code =
      bccast_blast_why(call->engine, call->provider, text(call, "blast"), text(call, "client"), &rows);
  return answer_page(call, "why", code, rows);
}

static int32_t blast_retry_failed(struct call* call) {
  int64_t count = 0;
  int32_t code = bccast_blast_retry_failed(call->engine, call->provider, text(call, "blast"), &count);
  answer_number(call, "retried", count);
  return answer_blast(call, code);
}

/* ---- What happens to a blast ------------------------------------------------------------------------------
 */

/* Which state it is in after a verb, and whether the verb changed anything. */
static int32_t answer_state(struct call* call, int32_t code) {
  bccast_rows* rows = NULL;
  const char* state = NULL;
  answer_blast(call, code);
  if (code < 0) return code;
  int32_t looked = bccast_blast_get(call->engine, call->provider, text(call, "blast"), &rows);
  (void)bccast_rows_get_text(rows, 0, "state", &state, NULL);
  answer_text(call, "state", state);
  cJSON_AddBoolToObject(call->answer, "changed", code != BCCAST_EXISTS);
  bccast_rows_free(rows);
  return looked < 0 ? looked : code;
}

static int32_t blast_schedule(struct call* call) {
  return answer_state(call, bccast_blast_schedule(call->engine, call->provider, text(call, "blast"),
                                                  number(call, "at_ms", 0), text(call, "digest")));
}

static int32_t blast_unschedule(struct call* call) {
  return answer_state(call, bccast_blast_unschedule(call->engine, call->provider, text(call, "blast")));
}

static int32_t blast_pause(struct call* call) {
  return answer_state(call, bccast_blast_pause(call->engine, call->provider, text(call, "blast")));
}

static int32_t blast_resume(struct call* call) {
  return answer_state(call, bccast_blast_resume(call->engine, call->provider, text(call, "blast")));
}

static int32_t blast_recall(struct call* call) {
  return answer_state(call, bccast_blast_recall(call->engine, call->provider, text(call, "blast")));
}

static int32_t blast_purge(struct call* call) {
  return answer_state(call, bccast_blast_purge(call->engine, call->provider, text(call, "blast")));
}

/* ---- Threads ---------------------------------------------------------------------------------------------
 */

static int32_t threads(struct call* call) {
  bccast_rows* rows = NULL;
  int32_t code = bccast_provider_threads(call->engine, call->provider, text(call, "filter"),
                                         text(call, "cursor"), limit(call), &rows);
  return answer_page(call, "threads", code, rows);
}

static int32_t messages(struct call* call) {
  bccast_rows* rows = NULL;
  int32_t code = bccast_provider_messages(call->engine, call->provider, text(call, "thread"),
                                          number(call, "from_seq", 0), (int32_t)number(call, "direction", 1),
                                          limit(call), &rows);
  return answer_page(call, "messages", code, rows);
}

static int32_t reply(struct call* call) {
  const char* written = text(call, "text");
  int64_t seq = 0, at_ms = 0;
  int32_t code = bccast_provider_reply(call->engine, call->provider, text(call, "thread"), text(call, "key"),
                                       written, written == NULL ? 0 : strlen(written), &seq, &at_ms);
  answer_text(call, "thread", text(call, "thread"));
  answer_number(call, "seq", seq);
  answer_number(call, "at_ms", at_ms);
  return code;
}

static int32_t read_up_to(struct call* call) {
  int64_t seq = number(call, "up_to_seq", 0);
  answer_text(call, "thread", text(call, "thread"));
  answer_number(call, "up_to_seq", seq);
  return bccast_provider_read(call->engine, call->provider, text(call, "thread"), seq);
}

static int32_t direct(struct call* call) {
  char thread[BCCAST_ID_SIZE];
  int32_t code = bccast_provider_direct(call->engine, call->provider, text(call, "client"), thread);
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

/* ---- The table
 * --------------------------------------------------------------------------------------------- */

static const struct command COMMANDS[] = {
    {"roster-list", roster_list, "filter cursor limit"},
    {"roster-count", roster_count, ""},
    {"blast-create", blast_create, "key"},
    {"blast-discard", blast_discard, "blast!"},
    {"blast-select", blast_select, "blast! clients!"},
    {"blast-deselect", blast_deselect, "blast! clients!"},
    {"blast-all-active", blast_all_active, "blast!"},
    {"blast-none", blast_none, "blast!"},
    {"blast-selection", blast_selection, "blast! filter cursor limit"},
    {"blast-write", blast_write, "blast! text!"},
    {"blast-set", blast_set, "blast! key! value"},
    {"blast-preview", blast_preview, "blast!"},
    {"blast-send", blast_send, "blast! digest"},
    {"blast-show", blast_show, "blast!"},
    {"blast-list", blast_list, "filter cursor limit"},
    {"blast-status", blast_status, "blast!"},
    {"blast-recipients", blast_recipients, "blast! filter cursor limit"},
    {"blast-why", blast_why, "blast! client!"},
    {"blast-retry-failed", blast_retry_failed, "blast!"},
    {"blast-schedule", blast_schedule, "blast! at_ms! digest"},
    {"blast-unschedule", blast_unschedule, "blast!"},
    {"blast-pause", blast_pause, "blast!"},
    {"blast-resume", blast_resume, "blast!"},
    {"blast-recall", blast_recall, "blast!"},
    {"blast-purge", blast_purge, "blast!"},
    {"threads", threads, "filter cursor limit"},
    {"messages", messages, "thread! from_seq direction limit"},
    {"reply", reply, "thread! text! key"},
    {"read", read_up_to, "thread! up_to_seq!"},
    {"direct", direct, "client!"},
    {"provider-unread", provider_unread, ""},
};

const struct command* call_find(const char* name) {
  for (size_t i = 0; name != NULL && i < sizeof COMMANDS / sizeof *COMMANDS; ++i) {
    if (strcmp(COMMANDS[i].name, name) == 0) return &COMMANDS[i];
  }
  return NULL;
}
