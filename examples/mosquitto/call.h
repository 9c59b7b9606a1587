/* A command of a provider, and the table of them. */
#ifndef BCCAST_MOSQUITTO_CALL_H
#define BCCAST_MOSQUITTO_CALL_H

#include "plugin.h"

/* A command being run: what it was given, and what it answers. */
struct call {
  bccast_engine* engine;
  const char* provider;
  const cJSON* request;
  cJSON* answer;
  char* next; /* the cursor of the next page, or NULL */
};

struct command {
  const char* name;
  int32_t (*run)(struct call*);
  const char* takes; /* what may be given besides "command", and must be where a ! follows */
};

/* The command of that name (as in docs/cli.schema.json, which describes its answer), or NULL; `name` may be
 * NULL. */
const struct command* call_find(const char* name);

#endif
