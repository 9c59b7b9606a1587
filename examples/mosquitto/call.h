/* A command of a provider, and the tables of them. */
#ifndef BCCAST_MOSQUITTO_CALL_H
#define BCCAST_MOSQUITTO_CALL_H

#include "plugin.h"

/* A command being run: what it was given, and what it answers. */
struct call {
  bccast_engine* engine;
  const char* provider;
  const cJSON* request;
  cJSON* answer;
  char* next;        /* the cursor of the next page, or NULL */
  const char* fault; /* what is wrong with the request, where the plugin has found it */
};

struct command {
  const char* name;
  int32_t (*run)(struct call*);
  const char* takes; /* what may be given besides "command", and must be where a ! follows */
};

/* Each ends with a name that is NULL. draft.c: the roster, choosing and writing; blast.c: sending, and what
 * becomes of it; conversation.c: threads and communities. */
extern const struct command DRAFT_COMMANDS[], BLAST_COMMANDS[], CONVERSATION_COMMANDS[];

/* The command of that name (as in docs/cli.schema.json, which describes its answer), or NULL; `name` may be
 * NULL. */
const struct command* call_find(const char* name);

/* ---- What it was given; NULL, `otherwise` or 0: nothing ------------------------------------------------ */

const char* given_text(const struct call* call, const char* name);
int64_t given_number(const struct call* call, const char* name, int64_t otherwise);
uint32_t given_limit(const struct call* call);

/* The list "clients" as a column, with room for a result of each. Free it, also after an error. */
struct clients {
  const cJSON* list;
  size_t count;
  char* bytes;
  uint64_t* offsets;
  int32_t* results;
};
int32_t given_clients(const struct call* call, struct clients* out);
void free_clients(struct clients* clients);

/* ---- What it answers; those that have a code give it back ---------------------------------------------- */

void answer_text(struct call* call, const char* name, const char* value); /* NULL: null */
void answer_number(struct call* call, const char* name, int64_t value);
/* A page, and where the next one begins. Takes the rows over. */
int32_t answer_page(struct call* call, const char* name, int32_t code, bccast_rows* rows);
/* The cells of one row, among what was answered so far. Takes the rows over. */
int32_t answer_row(struct call* call, int32_t code, bccast_rows* rows);
/* Does it to the list "clients" of what the argument `of` names; answers with how many changed, and who was
 * refused. */
typedef int32_t change_many(bccast_engine*, const char*, const char*, size_t, const char*, const uint64_t*,
                            int32_t*);
int32_t change_clients(struct call* call, const char* of, change_many* change);

/* The blast it is about. */
int32_t answer_blast(struct call* call, int32_t code);
/* How many the draft, or the blast, goes to. */
int32_t answer_recipients(struct call* call, int32_t code,
                          int32_t (*look)(bccast_engine*, const char*, const char*, bccast_rows**));

#endif
