#include "topic.h"

#include <stdio.h>
#include <string.h>

static const char ROOT[] = "bccast/";
static const char UNENCODED[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.!~*'()";
static const char HEX[] = "0123456789ABCDEF";

bool topic_encode(const char* id, char out[ENCODED_SIZE]) {
  size_t length = strlen(id);
  if (length == 0 || length > BCCAST_MAX_ID) return false;
  for (; *id != '\0'; ++id) {
    if (strchr(UNENCODED, *id) != NULL) {
      *out++ = *id;
    } else {
      *out++ = '%';
      *out++ = HEX[(unsigned char)*id >> 4];
      *out++ = HEX[(unsigned char)*id & 15];
    }
  }
  *out = '\0';
  return true;
}

bool topic_build(const char* id, const char* branch, const char* thread, char out[TOPIC_SIZE]) {
  char encoded[ENCODED_SIZE];
  if (!topic_encode(id, encoded)) return false;
  int length = snprintf(out, TOPIC_SIZE, "%s%s/%s%s%s", ROOT, encoded, branch, thread ? "/" : "",
                        thread ? thread : "");
  return length > 0 && length < TOPIC_SIZE;
}

static bool begins(const char* text, const char* with, const char** out_rest) {
  size_t length = strlen(with);
  if (strncmp(text, with, length) != 0) return false;
  *out_rest = text + length;
  return true;
}

/* The topic `name`, or one below it. */
static bool is_within(const char* topic, const char* name) {
  const char* rest = NULL;
  return begins(topic, name, &rest) && (*rest == '\0' || *rest == '/');
}

/* What comes after bccast/<user>/, or NULL. */
static const char* own_part(const char* topic, const char* user) {
  char encoded[ENCODED_SIZE];
  const char* rest = NULL;
  if (user == NULL || !topic_encode(user, encoded)) return NULL;
  if (!begins(topic, ROOT, &rest) || !begins(rest, encoded, &rest) || *rest != '/') return NULL;
  return rest + 1;
}

static bool is_thread(const char* level) {
  return strlen(level) == 32 && strspn(level, "0123456789abcdef") == 32;
}

enum topic_kind topic_look(const char* topic, const char* user, const char** out_thread) {
  const char* thread = NULL;
  if (is_within(topic, "$SYS")) return TOPIC_COUNTERS;
  if (strcmp(topic, CONTROL_TOPIC) == 0) return TOPIC_CONTROL;
  if (is_within(topic, "$CONTROL/bccast")) return TOPIC_OURS;
  if (!is_within(topic, "bccast")) return TOPIC_FOREIGN;

  const char* part = own_part(topic, user);
  if (part == NULL) return TOPIC_OURS;
  if (strcmp(part, "answers") == 0) return TOPIC_INCOMING;
  if (begins(part, "inbox/", &thread) || begins(part, "desk/", &thread)) return TOPIC_INCOMING;
  enum topic_kind kind = begins(part, "reply/", &thread)  ? TOPIC_REPLY
                         : begins(part, "read/", &thread) ? TOPIC_READ
                                                          : TOPIC_OURS;
  if (kind == TOPIC_OURS || !is_thread(thread)) return TOPIC_OURS;
  if (out_thread != NULL) *out_thread = thread;
  return kind;
}

bool topic_is_own_filter(const char* filter, const char* user) {
  return own_part(filter, user) != NULL;
}

bool topic_is_inbox_filter(const char* filter, const char* user) {
  const char* part = own_part(filter, user);
  return part != NULL &&
         (*part == '#' || *part == '+' || is_within(part, "inbox") || is_within(part, "desk"));
}
