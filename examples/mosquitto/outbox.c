#include <mosquitto.h>
#include <mosquitto_broker.h>
#include <mqtt_protocol.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "plugin.h"
#include "topic.h"

/* What somebody gets who comes back: the broker drops what exceeds its max_queued_messages, 1,000 unless set.
 */
enum { CATCH_UP_THREADS = 100, CATCH_UP_MESSAGES = 1000, CATCH_UP_REMOVED = 10 };

/* A message as its reader is shown it: one row of a batch, or of what a thread holds. */
struct message {
  const char *to, *branch, *thread, *kind, *title, *author, *author_name, *text;
  size_t length;
  int64_t seq, at_ms;
  bool removed; /* it was taken back: forget it */
};

static const char* text_of(const bccast_rows* rows, size_t row, const char* column) {
  const char* text = "";
  (void)bccast_rows_get_text(rows, row, column, &text, NULL); /* an empty cell is "" */
  return text == NULL ? "" : text;
}

static int64_t number_of(const bccast_rows* rows, size_t row, const char* column) {
  int64_t number = 0;
  (void)bccast_rows_get_i64(rows, row, column, &number);
  return number;
}

/* MQTT forbids some characters that a name may have: such a property is left out. */
static void add_text(mosquitto_property** properties, const char* name, const char* value) {
  if (*value != '\0') mosquitto_property_add_string_pair(properties, MQTT_PROP_USER_PROPERTY, name, value);
}

static void add_number(mosquitto_property** properties, const char* name, int64_t value) {
  char digits[24];
  snprintf(digits, sizeof digits, "%lld", (long long)value);
  add_text(properties, name, digits);
}

/* To everybody who has subscribed: whether they may read it is asked for each. To one connection by its id
 * would go past that, and who has the id may change before the broker looks. */
static bool publish(const char* topic, const char* text, size_t length, mosquitto_property* properties) {
  if (mosquitto_broker_publish_copy(NULL, topic, (int)length, text, 1, false, properties) ==
      MOSQ_ERR_SUCCESS) {
    return true; /* the properties are the broker's now */
  }
  mosquitto_property_free_all(&properties);
  return false;
}

static bool publish_message(const struct message* message) {
  char topic[TOPIC_SIZE], id[BCCAST_ID_SIZE + 24];
  mosquitto_property* properties = NULL;
  if (!topic_build(message->to, message->branch, message->thread, topic)) return false;
  snprintf(id, sizeof id, "%s-%lld", message->thread, (long long)message->seq);
  add_text(&properties, "id", id);
  add_number(&properties, "seq", message->seq);
  add_number(&properties, "at_ms", message->at_ms);
  add_text(&properties, "author", message->author);
  add_text(&properties, "author_name", message->author_name);
  add_text(&properties, "kind", message->kind);
  add_text(&properties, "title", message->title);
  if (message->removed) add_text(&properties, "removed", "1");
  return publish(topic, message->text, message->length, properties);
}

static void publish_batch(bccast_batch* batch, struct message message) {
  const bccast_rows* items = bccast_batch_rows(batch);
  for (size_t i = 0; i < bccast_rows_count(items); ++i) {
    message.text = ""; /* of what is taken back there is none */
    (void)bccast_rows_get_text(items, i, "text", &message.text, &message.length);
    message.to = text_of(items, i, "to");
    message.branch = strcmp(text_of(items, i, "to_kind"), "provider") == 0 ? "desk" : "inbox";
    message.thread = text_of(items, i, "thread");
    message.kind = text_of(items, i, "kind");
    message.title = text_of(items, i, "title");
    message.author = text_of(items, i, "author");
    message.author_name = text_of(items, i, "author_name");
    message.seq = number_of(items, i, "seq");
    message.at_ms = number_of(items, i, "at_ms");
    if (!publish_message(&message)) bccast_batch_set(batch, i, BCCAST_ITEM_RETRY, "broker", -1);
  }
}

int32_t outbox_deliver(void* plugin, bccast_batch* batch) {
  (void)plugin;
  publish_batch(batch, (struct message){.removed = false});
  return BCCAST_OK;
}

int32_t outbox_retract(void* plugin, bccast_batch* batch) {
  (void)plugin;
  publish_batch(batch, (struct message){.removed = true});
  return BCCAST_OK;
}

/* A provider's functions and a client's have the same form. */
struct side {
  const char* branch;
  int32_t (*threads)(bccast_engine*, const char*, const char*, const char*, uint32_t, bccast_rows**);
  int32_t (*messages)(bccast_engine*, const char*, const char*, int64_t, int32_t, uint32_t, bccast_rows**);
};

static void publish_row(const bccast_rows* rows, size_t i, struct message message) {
  message.author = text_of(rows, i, "author");
  message.author_name = text_of(rows, i, "author_name");
  message.seq = number_of(rows, i, "seq");
  message.at_ms = number_of(rows, i, "at_ms");
  message.removed = number_of(rows, i, "removed") == 1;
  message.text = "";
  message.length = 0;
  (void)bccast_rows_get_text(rows, i, "text", &message.text, &message.length);
  publish_message(&message);
}

/* Publishes what follows on what was read, the oldest first; says how many. */
static uint32_t catch_up_unread(struct plugin* plugin, const struct side* side, struct message message,
                                int64_t read_seq, uint32_t most) {
  bccast_rows* rows = NULL;
  (void)side->messages(plugin->engine, message.to, message.thread, read_seq + 1, 1, most, &rows);
  size_t count = bccast_rows_count(rows);
  for (size_t i = 0; i < count; ++i) publish_row(rows, i, message);
  bccast_rows_free(rows);
  return (uint32_t)count;
}

/* Publishes what was taken back of the newest messages. */
static void catch_up_removed(struct plugin* plugin, const struct side* side, struct message message) {
  bccast_rows* rows = NULL;
  (void)side->messages(plugin->engine, message.to, message.thread, 0, -1, CATCH_UP_REMOVED, &rows);
  for (size_t i = bccast_rows_count(rows); i-- > 0;) {
    if (number_of(rows, i, "removed") == 1) publish_row(rows, i, message);
  }
  bccast_rows_free(rows);
}

static void catch_up_threads(struct plugin* plugin, const struct side* side, const char* user,
                             const char* filter) {
  bccast_rows* rows = NULL;
  uint32_t left = CATCH_UP_MESSAGES;
  int32_t code = side->threads(plugin->engine, user, filter, NULL, CATCH_UP_THREADS, &rows);
  if (code < 0 && code != BCCAST_E_NOT_FOUND) {
    mosquitto_log_printf(MOSQ_LOG_ERR, "bccast: threads: %s", bccast_error_message());
  }
  for (size_t i = bccast_rows_count(rows); i-- > 0;) {
    struct message message = {.to = user, .branch = side->branch};
    message.thread = text_of(rows, i, "thread");
    message.kind = text_of(rows, i, "kind");
    message.title = text_of(rows, i, "title");
    if (filter != NULL) { /* something is kept for each of the threads that follow: i of them */
      left -= catch_up_unread(plugin, side, message, number_of(rows, i, "read_seq"), left - (uint32_t)i);
    } else if (number_of(rows, i, "removed") == 1) {
      catch_up_removed(plugin, side, message);
    }
  }
  bccast_rows_free(rows);
}

void outbox_catch_up(struct plugin* plugin, const char* user) {
  static const struct side client = {"inbox", bccast_client_threads, bccast_client_messages};
  static const struct side provider = {"desk", bccast_provider_threads, bccast_provider_messages};
  catch_up_threads(plugin, &client, user,
                   NULL); /* what was taken back: a device that was away may still show it */
  catch_up_threads(plugin, &client, user, "unread=1");
  catch_up_threads(plugin, &provider, user, "unread=1");
}

void outbox_answer(const char* user, const char* command, const cJSON* answer, const char* next,
                   const mosquitto_property* request) {
  char topic[TOPIC_SIZE];
  char* text = cJSON_PrintUnformatted(answer);
  if (text == NULL || !topic_build(user, "answers", NULL, topic)) {
    cJSON_free(text);
    return;
  }
  mosquitto_property* properties = NULL;
  void* correlation = NULL;
  uint16_t length = 0;
  if (mosquitto_property_read_binary(request, MQTT_PROP_CORRELATION_DATA, &correlation, &length, false) !=
      NULL) {
    mosquitto_property_add_binary(&properties, MQTT_PROP_CORRELATION_DATA, correlation, length);
    free(correlation);
  }
  if (command != NULL) add_text(&properties, "command", command);
  if (next != NULL) add_text(&properties, "next", next);
  publish(topic, text, strlen(text), properties);
  cJSON_free(text);
}
