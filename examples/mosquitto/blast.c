#include <string.h>
#include <time.h>

#include "call.h"

/* ---- Sending --------------------------------------------------------------------------------------- */

/* When it goes; null: it has gone. */
static int32_t answer_when(struct call* call, int32_t code) {
  bccast_rows* rows = NULL;
  const char* state = "";
  int64_t at_ms = 0;
  int32_t looked = bccast_blast_get(call->engine, call->provider, given_text(call, "blast"), &rows);
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
  int32_t code =
      bccast_blast_send(call->engine, call->provider, given_text(call, "blast"), given_text(call, "digest"));
  cJSON_AddBoolToObject(call->answer, "sent_before", code == BCCAST_EXISTS);
  code = answer_recipients(call, answer_blast(call, code), bccast_blast_get);
  return code < 0 ? code : answer_when(call, code);
}

/* As the program answers for the time zone UTC. */
static int32_t blast_schedule(struct call* call) {
  int64_t at_ms = given_number(call, "at_ms", 0);
  time_t seconds = (time_t)(at_ms / 1000);
  struct tm utc = {0};
  char local[64] = "";
  int32_t code = bccast_blast_schedule(call->engine, call->provider, given_text(call, "blast"), at_ms,
                                       given_text(call, "digest"));
  if (gmtime_r(&seconds, &utc) != NULL) strftime(local, sizeof local, "%Y-%m-%dT%H:%M:%S+00:00", &utc);
  answer_number(call, "scheduled_at_ms", at_ms);
  answer_text(call, "local", local);
  answer_text(call, "zone", "UTC");
  return answer_blast(call, code);
}

/* ---- How far it is --------------------------------------------------------------------------------- */

static int32_t blast_show(struct call* call) {
  bccast_rows* rows = NULL;
  int32_t code = bccast_blast_get(call->engine, call->provider, given_text(call, "blast"), &rows);
  return answer_row(call, code, rows);
}

static int32_t blast_list(struct call* call) {
  bccast_rows* rows = NULL;
  int32_t code = bccast_blast_list(call->engine, call->provider, given_text(call, "filter"),
                                   given_text(call, "cursor"), given_limit(call), &rows);
  return answer_page(call, "blasts", code, rows);
}

/* The last row, that of the people, says of the blast what is no matter of one channel. */
static int32_t blast_status(struct call* call) {
  bccast_rows* rows = NULL;
  int32_t code = bccast_blast_status(call->engine, call->provider, given_text(call, "blast"), &rows);
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
  int32_t code = bccast_blast_recipients(call->engine, call->provider, given_text(call, "blast"),
                                         given_text(call, "filter"), given_text(call, "cursor"),
                                         given_limit(call), &rows);
  return answer_page(call, "recipients", code, rows);
}

static int32_t blast_find(struct call* call) {
  struct clients clients;
  bccast_rows* rows = NULL;
  int32_t code = given_clients(call, &clients);
  if (code >= 0) {
    code = bccast_blast_find(call->engine, call->provider, given_text(call, "blast"), clients.count,
                             clients.bytes, clients.offsets, &rows);
  }
  free_clients(&clients);
  return answer_page(call, "found", code, rows);
}

static int32_t blast_why(struct call* call) {
  bccast_rows* rows = NULL;
  int32_t code = bccast_blast_why(call->engine, call->provider, given_text(call, "blast"),
                                  given_text(call, "client"), &rows);
  return answer_page(call, "why", code, rows);
}

static int32_t blast_retry_failed(struct call* call) {
  int64_t count = 0;
  int32_t code = bccast_blast_retry_failed(call->engine, call->provider, given_text(call, "blast"), &count);
  answer_number(call, "retried", count);
  return answer_blast(call, code);
}

static int32_t overdue(struct call* call) {
  bccast_rows* rows = NULL;
  int32_t code = bccast_operate_overdue(call->engine, call->provider, given_text(call, "cursor"),
                                        given_limit(call), &rows);
  return answer_page(call, "overdue", code, rows);
}

/* ---- What is done about it ------------------------------------------------------------------------- */

/* Which state it is in after a verb, and whether the verb changed anything. */
static int32_t answer_state(struct call* call, int32_t code) {
  bccast_rows* rows = NULL;
  const char* state = NULL;
  answer_blast(call, code);
  if (code < 0) return code;
  int32_t looked = bccast_blast_get(call->engine, call->provider, given_text(call, "blast"), &rows);
  (void)bccast_rows_get_text(rows, 0, "state", &state, NULL);
  answer_text(call, "state", state);
  cJSON_AddBoolToObject(call->answer, "changed", code != BCCAST_EXISTS);
  bccast_rows_free(rows);
  return looked < 0 ? looked : code;
}

static int32_t blast_unschedule(struct call* call) {
  return answer_state(call, bccast_blast_unschedule(call->engine, call->provider, given_text(call, "blast")));
}

static int32_t blast_pause(struct call* call) {
  return answer_state(call, bccast_blast_pause(call->engine, call->provider, given_text(call, "blast")));
}

static int32_t blast_resume(struct call* call) {
  return answer_state(call, bccast_blast_resume(call->engine, call->provider, given_text(call, "blast")));
}

/* Of each channel from how many it was taken in time, and how many were told of it or have it. */
static int32_t blast_recall(struct call* call) {
  const char* columns[] = {"channel", "removed", "on_device"};
  bccast_rows* rows = NULL;
  int32_t code = bccast_blast_recall(call->engine, call->provider, given_text(call, "blast"));
  code = answer_state(call, code);
  if (code < 0) return code;
  int32_t looked = bccast_blast_status(call->engine, call->provider, given_text(call, "blast"), &rows);
  cJSON* channels = cJSON_AddArrayToObject(call->answer, "channels");
  for (size_t i = 0; i + 1 < bccast_rows_count(rows); ++i) { /* the last row counts people */
    cJSON *row = document_row(rows, i), *channel = cJSON_CreateObject();
    for (size_t c = 0; c < sizeof columns / sizeof *columns; ++c) {
      cJSON_AddItemToObject(channel, columns[c], cJSON_DetachItemFromObjectCaseSensitive(row, columns[c]));
    }
    cJSON_AddItemToArray(channels, channel);
    cJSON_Delete(row);
  }
  bccast_rows_free(rows);
  return looked < 0 ? looked : code;
}

static int32_t blast_purge(struct call* call) {
  int32_t code = bccast_blast_purge(call->engine, call->provider, given_text(call, "blast"));
  cJSON_AddNullToObject(call->answer, "before_at_ms");
  answer_number(call, "purged", code != BCCAST_EXISTS);
  cJSON_AddBoolToObject(call->answer, "log_empty", code != BCCAST_PARTIAL);
  return answer_blast(call, code);
}

const struct command BLAST_COMMANDS[] = {
    {"blast-send", blast_send, "blast! digest"},
    {"blast-schedule", blast_schedule, "blast! at_ms! digest"},
    {"blast-show", blast_show, "blast!"},
    {"blast-list", blast_list, "filter cursor limit"},
    {"blast-status", blast_status, "blast!"},
    {"blast-recipients", blast_recipients, "blast! filter cursor limit"},
    {"blast-find", blast_find, "blast! clients!"},
    {"blast-why", blast_why, "blast! client!"},
    {"blast-retry-failed", blast_retry_failed, "blast!"},
    {"overdue", overdue, "cursor limit"},
    {"blast-unschedule", blast_unschedule, "blast!"},
    {"blast-pause", blast_pause, "blast!"},
    {"blast-resume", blast_resume, "blast!"},
    {"blast-recall", blast_recall, "blast!"},
    {"blast-purge", blast_purge, "blast!"},
    {NULL, NULL, NULL},
};
