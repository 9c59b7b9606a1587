#include <mosquitto.h>
#include <mosquitto_broker.h>
#include <stdlib.h>
#include <string.h>

#include "call.h"
#include "plugin.h"

static bool is_list_of_texts(const cJSON* item) {
  const cJSON* one = NULL;
  if (!cJSON_IsArray(item) || cJSON_GetArraySize(item) > BCCAST_MAX_COLUMN) return false;
  cJSON_ArrayForEach(one, item) {
    if (!cJSON_IsString(one)) return false;
  }
  return true;
}

static bool is_whole_number(const cJSON* item, double least, double most) {
  return cJSON_IsNumber(item) && item->valuedouble >= least && item->valuedouble <= most &&
         item->valuedouble == (double)(int64_t)item->valuedouble;
}

/* Whether an argument has the type that its name stands for. */
static bool has_its_type(const cJSON* item) {
  const double exact =
      9007199254740991.0; /* the largest whole number that JSON carries everywhere, 2^53 - 1 */
  if (strcmp(item->string, "clients") == 0) return is_list_of_texts(item);
  if (strcmp(item->string, "limit") == 0) return is_whole_number(item, 0, BCCAST_MAX_LIST);
  if (strcmp(item->string, "direction") == 0) return is_whole_number(item, -1, 1);
  if (strcmp(item->string, "from_seq") == 0 || strcmp(item->string, "up_to_seq") == 0 ||
      strcmp(item->string, "at_ms") == 0) {
    return is_whole_number(item, 0, exact);
  }
  return cJSON_IsString(item);
}

/* Where `name` stands in `takes`, a list of words, or NULL. */
static const char* find_word(const char* takes, const char* name) {
  size_t length = strlen(name);
  for (const char* word = takes; length > 0 && word != NULL; word = strchr(word, ' ')) {
    word += *word == ' ';
    if (strncmp(word, name, length) == 0 && strchr(" !", word[length]) != NULL) return word;
  }
  return NULL;
}

/* What is wrong with a request, or NULL. */
static const char* fault_of(const cJSON* request, const struct command* command) {
  size_t needed = 0;
  const cJSON* item = NULL;
  if (!cJSON_IsObject(request)) return "not a JSON object";
  if (command == NULL) return "no such command";
  for (const char* mark = command->takes; (mark = strchr(mark, '!')) != NULL; ++mark) ++needed;
  cJSON_ArrayForEach(item, request) {
    if (strcmp(item->string, "command") == 0) continue;
    const char* word = find_word(command->takes, item->string);
    if (word == NULL) return "an argument that this command does not take";
    if (cJSON_GetObjectItemCaseSensitive(request, item->string) != item) return "an argument given twice";
    if (!has_its_type(item)) return "an argument of the wrong type";
    needed -= word[strlen(item->string)] == '!';
  }
  return needed == 0 ? NULL : "an argument is missing";
}

/* Texts end with NUL here, so one in the middle would cut them. */
static bool holds_nul(const char* json, size_t length) {
  for (size_t i = 0; i < length; ++i) {
    if (json[i] == '\0') return true;
    if (json[i] != '\\') continue;
    if (length - i > 5 && memcmp(json + i, "\\u0000", 6) == 0) return true;
    ++i;
  }
  return false;
}

void command_run(struct plugin* plugin, const char* provider, const struct mosquitto_evt_control* event) {
  const char* json = event->payload;
  cJSON* request = json == NULL ? NULL : cJSON_ParseWithLength(json, event->payloadlen);
  const struct command* command =
      call_find(cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(request, "command")));
  struct call call = {plugin->engine, provider, request, cJSON_CreateObject(), NULL, NULL};
  const char* fault =
      json != NULL && holds_nul(json, event->payloadlen) ? "a NUL in a text" : fault_of(request, command);
  int32_t code = fault != NULL ? BCCAST_E_ARGUMENT : command->run(&call);
  if (fault == NULL) fault = call.fault;
  if (code < 0) {
    cJSON_Delete(call.answer);
    call.answer = fault != NULL ? document_refusal(code, fault) : document_error(code);
  }
  outbox_answer(provider, command == NULL ? NULL : command->name, call.answer, call.next, event->properties);
  cJSON_Delete(call.answer);
  cJSON_Delete(request);
  free(call.next);
}
