#include <mosquitto.h>
#include <mosquitto_broker.h>
#include <mqtt_protocol.h>
#include <stdlib.h>
#include <string.h>

#include "plugin.h"

/* Tells the client what became of what it wrote, and the broker what to say of it. */
static int answer(const char* client, int32_t code, cJSON* document, const mosquitto_property* request) {
  if (code < 0) {
    cJSON_Delete(document);
    document = document_error(code);
  }
  outbox_answer(client, NULL, document, NULL, request);
  cJSON_Delete(document);
  return code < 0 ? MOSQ_ERR_ACL_DENIED : MOSQ_ERR_SUCCESS; /* the document says whether to try again */
}

/* The user property "key": the same reply sent twice is written once. NULL: there is none. Free it. */
static char* idempotency_key(const mosquitto_property* properties) {
  bool skip_first = false;
  char *name = NULL, *value = NULL;
  while ((properties = mosquitto_property_read_string_pair(properties, MQTT_PROP_USER_PROPERTY, &name, &value,
                                                           skip_first)) != NULL) {
    bool found = strcmp(name, "key") == 0;
    free(name);
    if (found) return value;
    free(value);
    skip_first = true;
  }
  return NULL;
}

int reply_write(struct plugin* plugin, const char* client, const char* thread,
                const struct mosquitto_evt_message* message) {
  int64_t seq = 0, at_ms = 0;
  char* key = idempotency_key(message->properties);
  int32_t code = bccast_client_reply(plugin->engine, client, thread, key, message->payload,
                                     message->payloadlen, &seq, &at_ms);
  free(key);
  cJSON* document = cJSON_CreateObject();
  cJSON_AddStringToObject(document, "thread", thread);
  cJSON_AddNumberToObject(document, "seq", (double)seq);
  cJSON_AddNumberToObject(document, "at_ms", (double)at_ms);
  return answer(client, code, document, message->properties);
}

/* The payload is the number of a message in decimal digits, as in the property "seq". */
int reply_read(struct plugin* plugin, const char* client, const char* thread,
               const struct mosquitto_evt_message* message) {
  char digits[19] = "";
  if (message->payloadlen >= sizeof digits) return MOSQ_ERR_ACL_DENIED;
  if (message->payloadlen > 0) memcpy(digits, message->payload, message->payloadlen);
  size_t length = strspn(digits, "0123456789");
  if (length == 0 || length != message->payloadlen) return MOSQ_ERR_ACL_DENIED;
  int64_t up_to = strtoll(digits, NULL, 10);

  int32_t code = bccast_client_read(plugin->engine, client, thread, up_to);
  cJSON* document = cJSON_CreateObject();
  cJSON_AddStringToObject(document, "thread", thread);
  cJSON_AddNumberToObject(document, "up_to_seq", (double)up_to);
  return answer(client, code, document, message->properties);
}
