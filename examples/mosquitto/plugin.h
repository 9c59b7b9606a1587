/* What the files of the plugin share. All of it runs on the broker's one thread. */
#ifndef BCCAST_MOSQUITTO_PLUGIN_H
#define BCCAST_MOSQUITTO_PLUGIN_H

#include <bccast/bccast.h>
#include <bccast/bccast_ext.h>
#include <cjson/cJSON.h>
#include <mosquitto_broker.h>
#include <stdbool.h>

struct plugin {
  mosquitto_plugin_id_t* broker;
  bccast_engine* engine;
  int32_t fd;            /* readable when there is work */
  uint32_t budget_us;    /* of work in one tick, at most */
  int64_t ended_us;      /* when work last ended; of the monotonic clock */
  int64_t rest_until_us; /* no work before */
  bool ticks;            /* the broker's loop has told the plugin that it turns */
  char* sys_user;        /* the only one who may read the broker's counters; NULL: nobody */
};

/* ---- outbox.c: what is published -------------------------------------------------------------------- */

/* Puts the messages of a batch on the topics of those whom they are to. */
int32_t outbox_deliver(void* plugin, bccast_batch* batch);
/* Publishes that they were taken back. */
int32_t outbox_retract(void* plugin, bccast_batch* batch);
/* Publishes what this user has not read, and what was taken back, of its threads with the latest activity. */
void outbox_catch_up(struct plugin* plugin, const char* user);
/* Publishes an answer to `user`, with the correlation data of what it answers. `command` and `next` may be
 * NULL. */
void outbox_answer(const char* user, const char* command, const cJSON* answer, const char* next,
                   const mosquitto_property* request);

/* ---- command.c: what providers command --------------------------------------------------------------- */

/* Does what a provider wrote to the control topic, and answers. */
void command_run(struct plugin* plugin, const char* provider, const struct mosquitto_evt_control* request);

/* ---- reply.c: what clients write --------------------------------------------------------------------- */

/* Both give what the broker is to tell the client: MOSQ_ERR_SUCCESS or MOSQ_ERR_ACL_DENIED. */
int reply_write(struct plugin* plugin, const char* client, const char* thread,
                const struct mosquitto_evt_message* message);
int reply_read(struct plugin* plugin, const char* client, const char* thread,
               const struct mosquitto_evt_message* message);

/* ---- document.c: rows and errors as JSON, in the shapes of docs/cli.schema.json -------------------------
 */

/* The rows as an array of objects, to be printed as it is, or one of them. They do not free the rows. */
cJSON* document_rows(const bccast_rows* rows);
cJSON* document_row(const bccast_rows* rows, size_t row);
/* The calling thread's last error, of a function that returned `code`. */
cJSON* document_error(int32_t code);
/* An error of the plugin's own. */
cJSON* document_refusal(int32_t code, const char* message);

#endif
