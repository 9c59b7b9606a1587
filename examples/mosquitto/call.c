#include "call.h"

#include <stdlib.h>
#include <string.h>

/* ---- What it was given ----------------------------------------------------------------------------- */

const char* given_text(const struct call* call, const char* name) {
  return cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(call->request, name));
}

int64_t given_number(const struct call* call, const char* name, int64_t otherwise) {
  const cJSON* item = cJSON_GetObjectItemCaseSensitive(call->request, name);
  return item == NULL ? otherwise : (int64_t)item->valuedouble;
}

uint32_t given_limit(const struct call* call) {
  return (uint32_t)given_number(call, "limit", 0);
}

/* The library takes a list of texts as their bytes, one after the other, and where each begins. */
int32_t given_clients(const struct call* call, struct clients* out) {
  const cJSON* client = NULL;
  size_t length = 0, i = 0;
  out->list = cJSON_GetObjectItemCaseSensitive(call->request, "clients");
  out->count = (size_t)cJSON_GetArraySize(out->list);
  cJSON_ArrayForEach(client, out->list) length += strlen(client->valuestring);
  out->bytes = calloc(length + 1, 1);
  out->offsets = calloc(out->count + 1, sizeof *out->offsets);
  out->results = calloc(out->count + 1, sizeof *out->results);
  if (out->bytes == NULL || out->offsets == NULL || out->results == NULL) return BCCAST_E_NOMEM;
  cJSON_ArrayForEach(client, out->list) {
    size_t one = strlen(client->valuestring);
    memcpy(out->bytes + out->offsets[i], client->valuestring, one);
    out->offsets[i + 1] = out->offsets[i] + one;
    ++i;
  }
  return BCCAST_OK;
}

void free_clients(struct clients* clients) {
  free(clients->bytes);
  free(clients->offsets);
  free(clients->results);
}

/* ---- What it answers ------------------------------------------------------------------------------- */

void answer_text(struct call* call, const char* name, const char* value) {
  if (value == NULL) {
    cJSON_AddNullToObject(call->answer, name);
  } else {
    cJSON_AddStringToObject(call->answer, name, value);
  }
}

void answer_number(struct call* call, const char* name, int64_t value) {
  cJSON_AddNumberToObject(call->answer, name, (double)value);
}

int32_t answer_page(struct call* call, const char* name, int32_t code, bccast_rows* rows) {
  if (code >= 0) {
    cJSON_AddItemToObject(call->answer, name, document_rows(rows));
    const char* next = bccast_rows_next(rows);
    if (next != NULL) call->next = strdup(next);
  }
  bccast_rows_free(rows);
  return code;
}

int32_t answer_row(struct call* call, int32_t code, bccast_rows* rows) {
  cJSON* row = code >= 0 ? document_row(rows, 0) : NULL;
  while (row != NULL && row->child != NULL) {
    cJSON* cell = cJSON_DetachItemViaPointer(row, row->child);
    cJSON_AddItemToObject(call->answer, cell->string, cell);
  }
  cJSON_Delete(row);
  bccast_rows_free(rows);
  return code;
}

/* How many changed, and who was refused. */
static void answer_results(struct call* call, const struct clients* clients) {
  int64_t changed = 0, unchanged = 0;
  const int32_t* results = clients->results;
  cJSON *refused = cJSON_CreateArray(), *client = NULL;
  cJSON_ArrayForEach(client, clients->list) {
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

int32_t change_clients(struct call* call, const char* of, change_many* change) {
  struct clients clients;
  int32_t code = given_clients(call, &clients);
  answer_text(call, of, given_text(call, of));
  if (code >= 0) {
    code = change(call->engine, call->provider, given_text(call, of), clients.count, clients.bytes,
                  clients.offsets, clients.results);
  }
  if (code >= 0) answer_results(call, &clients);
  free_clients(&clients);
  return code;
}

int32_t answer_blast(struct call* call, int32_t code) {
  answer_text(call, "blast", given_text(call, "blast"));
  return code;
}

int32_t answer_recipients(struct call* call, int32_t code,
                          int32_t (*look)(bccast_engine*, const char*, const char*, bccast_rows**)) {
  bccast_rows* rows = NULL;
  int64_t recipients = 0;
  if (code < 0) return code;
  int32_t looked = look(call->engine, call->provider, given_text(call, "blast"), &rows);
  (void)bccast_rows_get_i64(rows, 0, "recipients", &recipients);
  answer_number(call, "recipients", recipients);
  bccast_rows_free(rows);
  return looked;
}

/* ---- The tables ------------------------------------------------------------------------------------ */

const struct command* call_find(const char* name) {
  const struct command* tables[] = {DRAFT_COMMANDS, BLAST_COMMANDS, CONVERSATION_COMMANDS};
  for (size_t i = 0; name != NULL && i < sizeof tables / sizeof *tables; ++i) {
    for (const struct command* one = tables[i]; one->name != NULL; ++one) {
      if (strcmp(one->name, name) == 0) return one;
    }
  }
  return NULL;
}
