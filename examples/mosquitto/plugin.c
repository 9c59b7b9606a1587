/* bccast inside of Mosquitto 2.0: opens the store, and does its work on the broker's thread. */
#include "plugin.h"

#include <mosquitto.h>
#include <mosquitto_broker.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "topic.h"

#pragma GCC visibility push(default) /* the three functions that the broker looks for */
#include <mosquitto_plugin.h>
#pragma GCC visibility pop

static const uint32_t BUDGET_US = 20000; /* unless set: a fifth of the 100 ms that an idle broker sleeps */

static int64_t now_us(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

/* The broker's loop has turned. Work rests for as long as it took, and then goes on for half as long as it
 * rested: a broker that has slept is kept for the whole budget, a busy one soon for no more than a batch. */
static int on_tick(int event, void* data, void* self) {
  (void)event, (void)data;
  struct plugin* plugin = self;
  struct pollfd work = {plugin->fd, POLLIN, 0};
  int64_t begin = now_us(), next_ms = 0;
  plugin->ticks = true;
  if (begin < plugin->rest_until_us || poll(&work, 1, 0) != 1) return MOSQ_ERR_SUCCESS;
  int64_t fair_us = (begin - plugin->ended_us) / 2;
  uint32_t budget_us = fair_us < plugin->budget_us ? (uint32_t)fair_us : plugin->budget_us;
  int32_t code = bccast_pump(plugin->engine, 0, budget_us > 0 ? budget_us : 1, NULL, &next_ms);
  int64_t end = plugin->ended_us = now_us();
  plugin->rest_until_us = end + (end - begin);
  if (code < 0) {
    mosquitto_log_printf(MOSQ_LOG_ERR, "bccast: work: %s", bccast_error_message());
    if (next_ms > 0) plugin->rest_until_us = end + next_ms * 1000;
  }
  return MOSQ_ERR_SUCCESS;
}

static bool is_provider(struct plugin* plugin, const char* user) {
  bccast_rows* rows = NULL;
  int32_t code = bccast_directory_provider_get(plugin->engine, user, &rows);
  bccast_rows_free(rows);
  return code == BCCAST_OK;
}

/* Denies all of the plugin's topics but those that the user has; other topics are for the broker's ACL file
 * to say. */
static bool may(struct plugin* plugin, const struct mosquitto_evt_acl_check* check, const char* user) {
  bool write = check->access == MOSQ_ACL_WRITE && !check->retain;
  switch (topic_look(check->topic, user, NULL)) {
    case TOPIC_CONTROL:
      return write && user != NULL && is_provider(plugin, user);
    case TOPIC_REPLY:
    case TOPIC_READ:
      if (write) return true;
      break;
    case TOPIC_INCOMING:
      if (check->access == MOSQ_ACL_READ) return true;
      break;
    default:
      break;
  }
  return (check->access == MOSQ_ACL_SUBSCRIBE || check->access == MOSQ_ACL_UNSUBSCRIBE) &&
         topic_is_own_filter(check->topic, user);
}

static int on_acl_check(int event, void* data, void* self) {
  (void)event;
  struct plugin* plugin = self;
  const struct mosquitto_evt_acl_check* check = data;
  const char* user = mosquitto_client_username(check->client);
  enum topic_kind kind = topic_look(check->topic, user, NULL);
  if (kind == TOPIC_FOREIGN) return MOSQ_ERR_PLUGIN_DEFER;
  if (kind == TOPIC_COUNTERS) { /* they show how many messages went out, and so the size of a blast */
    bool known = plugin->sys_user != NULL && user != NULL && strcmp(plugin->sys_user, user) == 0;
    return known ? MOSQ_ERR_SUCCESS : MOSQ_ERR_ACL_DENIED;
  }
  if (!may(plugin, check, user)) return MOSQ_ERR_ACL_DENIED;
  /* 2.0 has no event for a subscription. What is published now goes out when the loop has turned, to who has
   * it then. */
  if (check->access == MOSQ_ACL_SUBSCRIBE && topic_is_inbox_filter(check->topic, user))
    outbox_catch_up(plugin, user);
  return MOSQ_ERR_SUCCESS;
}

static int on_control(int event, void* data, void* self) {
  (void)event;
  struct plugin* plugin = self;
  struct mosquitto_evt_control* request = data;
  const char* user = mosquitto_client_username(request->client);
  if (user == NULL) return MOSQ_ERR_SUCCESS; /* a bridge, of which no rights are asked */
  if (!plugin->ticks) {
    mosquitto_log_printf(MOSQ_LOG_ERR,
                         "bccast: nothing is sent: with per_listener_settings the broker has no tick");
  }
  command_run(plugin, user, request);
  return MOSQ_ERR_SUCCESS;
}

static int on_message(int event, void* data, void* self) {
  (void)event;
  struct mosquitto_evt_message* message = data;
  const char *user = mosquitto_client_username(message->client), *thread = NULL;
  switch (topic_look(message->topic, user, &thread)) {
    case TOPIC_REPLY:
      return reply_write(self, user, thread, message);
    case TOPIC_READ:
      return reply_read(self, user, thread, message);
    default:
      return MOSQ_ERR_SUCCESS;
  }
}

/* ---- Beginning and end ------------------------------------------------------------------------------- */

static const char* option(const struct mosquitto_opt* options, int count, const char* name,
                          const char* otherwise) {
  for (int i = 0; i < count; ++i) {
    if (strcmp(options[i].key, name) == 0) return options[i].value;
  }
  return otherwise;
}

static int32_t open_store(struct plugin* plugin, const char* store, const char* channel) {
  const struct bccast_deliverer_vtbl deliverer = {sizeof deliverer, 0, outbox_deliver, outbox_retract, NULL};
  bccast_config* config = NULL;
  int32_t code = bccast_config_new(&config);
  if (code >= 0) code = bccast_config_deliverer(config, channel, &deliverer, plugin);
  if (code >= 0) code = bccast_open(store, config, &plugin->engine);
  if (code >= 0) code = bccast_fd(plugin->engine, &plugin->fd);
  if (code < 0) mosquitto_log_printf(MOSQ_LOG_ERR, "bccast: %s: %s", store, bccast_error_message());
  bccast_config_free(config);
  return code;
}

static bool listen_to_broker(struct plugin* plugin) {
  return mosquitto_callback_register(plugin->broker, MOSQ_EVT_TICK, on_tick, NULL, plugin) ==
             MOSQ_ERR_SUCCESS &&
         mosquitto_callback_register(plugin->broker, MOSQ_EVT_ACL_CHECK, on_acl_check, NULL, plugin) ==
             MOSQ_ERR_SUCCESS &&
         mosquitto_callback_register(plugin->broker, MOSQ_EVT_MESSAGE, on_message, NULL, plugin) ==
             MOSQ_ERR_SUCCESS &&
         mosquitto_callback_register(plugin->broker, MOSQ_EVT_CONTROL, on_control, CONTROL_TOPIC, plugin) ==
             MOSQ_ERR_SUCCESS;
}

static void destroy(struct plugin* plugin) {
  bccast_close(plugin->engine, 0);
  free(plugin->sys_user);
  free(plugin);
}

int mosquitto_plugin_version(int count, const int* versions) {
  for (int i = 0; i < count; ++i) {
    if (versions[i] == MOSQ_PLUGIN_VERSION) return MOSQ_PLUGIN_VERSION;
  }
  return -1;
}

int mosquitto_plugin_init(mosquitto_plugin_id_t* broker, void** out_self, struct mosquitto_opt* options,
                          int count) {
  struct plugin* plugin = calloc(1, sizeof *plugin);
  const char* store = option(options, count, "store", NULL);
  const char* budget_ms = option(options, count, "budget_ms", NULL);
  const char* sys_user = option(options, count, "sys_user", NULL);
  if (plugin == NULL) return MOSQ_ERR_NOMEM;
  plugin->broker = broker;
  plugin->budget_us = budget_ms == NULL ? BUDGET_US : (uint32_t)strtoul(budget_ms, NULL, 10) * 1000;
  if (sys_user != NULL) plugin->sys_user = strdup(sys_user);
  if (store == NULL || plugin->budget_us == 0 || plugin->budget_us > 1000000) {
    mosquitto_log_printf(MOSQ_LOG_ERR,
                         "bccast: plugin_opt_store is missing, or plugin_opt_budget_ms is not 1 to 1000");
    destroy(plugin);
    return MOSQ_ERR_INVAL;
  }
  if (open_store(plugin, store, option(options, count, "channel", "mqtt")) < 0 || !listen_to_broker(plugin)) {
    destroy(plugin);
    return MOSQ_ERR_UNKNOWN;
  }
  *out_self = plugin;
  return MOSQ_ERR_SUCCESS;
}

int mosquitto_plugin_cleanup(void* self, struct mosquitto_opt* options, int count) {
  (void)options, (void)count;
  struct plugin* plugin = self;
  mosquitto_callback_unregister(plugin->broker, MOSQ_EVT_TICK, on_tick, NULL);
  mosquitto_callback_unregister(plugin->broker, MOSQ_EVT_ACL_CHECK, on_acl_check, NULL);
  mosquitto_callback_unregister(plugin->broker, MOSQ_EVT_MESSAGE, on_message, NULL);
  mosquitto_callback_unregister(plugin->broker, MOSQ_EVT_CONTROL, on_control, CONTROL_TOPIC);
  destroy(plugin);
  return MOSQ_ERR_SUCCESS;
}
