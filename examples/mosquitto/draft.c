#include <string.h>

#include "call.h"

/* ---- The roster ------------------------------------------------------------------------------------ */

static int32_t roster_list(struct call* call) {
  bccast_rows* rows = NULL;
  int32_t code = bccast_provider_roster(call->engine, call->provider, given_text(call, "filter"),
                                        given_text(call, "cursor"), given_limit(call), &rows);
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

static int32_t provider_show(struct call* call) {
  bccast_rows* rows = NULL;
  int32_t code = bccast_directory_provider_get(call->engine, call->provider, &rows);
  return answer_row(call, code, rows);
}

/* ---- A draft --------------------------------------------------------------------------------------- */

static int32_t blast_create(struct call* call) {
  char blast[BCCAST_ID_SIZE];
  int32_t code = bccast_blast_create(call->engine, call->provider, given_text(call, "key"), blast);
  answer_text(call, "blast", blast);
  return code;
}

static int32_t blast_discard(struct call* call) {
  cJSON_AddTrueToObject(call->answer, "discarded");
  return answer_blast(call, bccast_blast_discard(call->engine, call->provider, given_text(call, "blast")));
}

/* Who has an earlier blast; answered as blast-all-active. */
static int32_t select_from(struct call* call, const char* from) {
  int32_t code = bccast_blast_select_from(call->engine, call->provider, given_text(call, "blast"), from,
                                          given_text(call, "filter"));
  return answer_recipients(call, answer_blast(call, code), bccast_blast_preview);
}

static int32_t blast_select(struct call* call) {
  const char *from = given_text(call, "from"), *filter = given_text(call, "filter");
  bool clients = cJSON_HasObjectItem(call->request, "clients");
  if (clients == (from != NULL) || (filter != NULL && from == NULL)) {
    call->fault = "either clients, or from with a filter";
    return BCCAST_E_ARGUMENT;
  }
  return clients ? change_clients(call, "blast", bccast_blast_select_many) : select_from(call, from);
}

static int32_t blast_deselect(struct call* call) {
  return change_clients(call, "blast", bccast_blast_deselect_many);
}

static int32_t blast_all_active(struct call* call) {
  int32_t code = bccast_blast_select_all_active(call->engine, call->provider, given_text(call, "blast"));
  return answer_recipients(call, answer_blast(call, code), bccast_blast_preview);
}

static int32_t blast_none(struct call* call) {
  int32_t code = bccast_blast_select_none(call->engine, call->provider, given_text(call, "blast"));
  return answer_recipients(call, answer_blast(call, code), bccast_blast_preview);
}

static int32_t blast_selection(struct call* call) {
  bccast_rows* rows = NULL;
  int32_t code = bccast_blast_selection(call->engine, call->provider, given_text(call, "blast"),
                                        given_text(call, "filter"), given_text(call, "cursor"),
                                        given_limit(call), &rows);
  return answer_page(call, "selection", code, rows);
}

static int32_t blast_write(struct call* call) {
  const char* written = given_text(call, "text");
  size_t length = written == NULL ? 0 : strlen(written);
  answer_number(call, "bytes", (int64_t)length);
  return answer_blast(
      call, bccast_blast_write(call->engine, call->provider, given_text(call, "blast"), written, length));
}

static int32_t blast_set(struct call* call) {
  answer_text(call, "key", given_text(call, "key"));
  answer_text(call, "value", given_text(call, "value"));
  return answer_blast(call, bccast_blast_set(call->engine, call->provider, given_text(call, "blast"),
                                             given_text(call, "key"), given_text(call, "value")));
}

static int32_t blast_preview(struct call* call) {
  bccast_rows* rows = NULL;
  int32_t code = bccast_blast_preview(call->engine, call->provider, given_text(call, "blast"), &rows);
  return answer_row(call, answer_blast(call, code), rows);
}

const struct command DRAFT_COMMANDS[] = {
    {"provider-show", provider_show, ""},
    {"roster-list", roster_list, "filter cursor limit"},
    {"roster-count", roster_count, ""},
    {"blast-create", blast_create, "key"},
    {"blast-discard", blast_discard, "blast!"},
    {"blast-select", blast_select, "blast! clients from filter"},
    {"blast-deselect", blast_deselect, "blast! clients!"},
    {"blast-all-active", blast_all_active, "blast!"},
    {"blast-none", blast_none, "blast!"},
    {"blast-selection", blast_selection, "blast! filter cursor limit"},
    {"blast-write", blast_write, "blast! text!"},
    {"blast-set", blast_set, "blast! key! value"},
    {"blast-preview", blast_preview, "blast!"},
    {NULL, NULL, NULL},
};
