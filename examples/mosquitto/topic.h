/* The topics of the plugin. <id> stands for an encoded id, <thread> for 32 hexadecimal letters.
 *
 *     $CONTROL/bccast/v1          a provider writes its commands here
 *     bccast/<id>/answers         what became of what <id> wrote
 *     bccast/<id>/inbox/<thread>  the messages to the client <id>
 *     bccast/<id>/desk/<thread>   the messages to the provider <id>: replies
 *     bccast/<id>/reply/<thread>  the client <id> writes its reply here
 *     bccast/<id>/read/<thread>   and here up to which message it has read
 */
#ifndef BCCAST_MOSQUITTO_TOPIC_H
#define BCCAST_MOSQUITTO_TOPIC_H

#include <bccast/bccast.h>
#include <stdbool.h>

#define CONTROL_TOPIC "$CONTROL/bccast/v1"

#define ENCODED_SIZE (3 * BCCAST_MAX_ID + 1)
#define TOPIC_SIZE (ENCODED_SIZE + 64) /* more than the levels around the id take */

/* What somebody may do with a topic or, when subscribing, with a filter. */
enum topic_kind {
  TOPIC_FOREIGN,
  TOPIC_OURS,
  TOPIC_CONTROL,
  TOPIC_COUNTERS,
  TOPIC_INCOMING,
  TOPIC_REPLY,
  TOPIC_READ
};

/* Encodes an id into one level of a topic: all but letters, digits and -_.!~*'() becomes %XX, as JavaScript's
 * encodeURIComponent does it. So no id can hold a / + or #, nor begin with $. False: it is empty or too long.
 */
bool topic_encode(const char* id, char out[ENCODED_SIZE]);

/* Builds bccast/<id>/<branch> or, with `thread`, bccast/<id>/<branch>/<thread>. False: no such id. */
bool topic_build(const char* id, const char* branch, const char* thread, char out[TOPIC_SIZE]);

/* What a topic is to `user`, who may be NULL. FOREIGN: none of the plugin's. COUNTERS: the broker's own,
 * $SYS. OURS: the plugin's, but for nobody or for somebody else. Of REPLY and READ *out_thread (may be NULL)
 * is the thread. */
enum topic_kind topic_look(const char* topic, const char* user, const char** out_thread);

/* Whether a filter stays inside of what belongs to `user`. */
bool topic_is_own_filter(const char* filter, const char* user);
/* Whether messages to `user` come through it. */
bool topic_is_inbox_filter(const char* filter, const char* user);

#endif
