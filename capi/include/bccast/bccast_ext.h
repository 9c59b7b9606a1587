/* bccast: for those who write a notifier, a deliverer or a queue, or bring a clock of their own.
 *
 * A vtable begins with its own size and flags, so that it can grow: set struct_size to sizeof and flags to 0.
 * VERSION: smaller than it ever was, or flags that this version does not know. The vtable is copied. `self` is
 * given back to each function; `destroy` (may be NULL) is called with it exactly once: when the engine that
 * took it over is closed, when the config is freed before any engine took it over, or at once when registering
 * fails.
 */
#ifndef BCCAST_BCCAST_EXT_H
#define BCCAST_BCCAST_EXT_H

#include <bccast/bccast.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Handlers are given batches. Both kinds are called on the thread that pumps, or on one of bccast_start's, with no lock
 * held and no transaction open; one handler may be called on several threads at once when several work. A handler may
 * block, up to the lease (lease_ms of the config, 60 s unless set; bccast_batch_extend for more: after that another
 * worker may take the batch up), and may call any function but bccast_pump, bccast_wait, bccast_stop and bccast_close. It
 * looks at bccast_batch_rows and sets what did not go well with bccast_batch_set; items not set are done. It returns
 *   BCCAST_OK       items as set. The batch and its rows were valid until here.
 *   BCCAST_PENDING  the handler keeps the batch: it is the host's as if claimed, to be completed from any thread and
 *                   freed. Of one channel an engine leaves at most 4 batches with its handler; more come as those end.
 *                   What is freed without having been completed is given back, and the handler is called again for
 *                   its channel after a second; other engines may claim it at once.
 *   < 0             the whole batch again later; the channel's breaker opens.
 * No exception and no longjmp may leave it. After a crash the items that were in flight come again, with the same ids.
 */

/* A notifier hands notifications ("you have a new message") to whatever carries them. */
struct bccast_notifier_vtbl {
  uint32_t struct_size;
  uint32_t flags;
  int32_t (*notify)(void *self, bccast_batch *batch);
  void (*destroy)(void *self);
};

/* A deliverer puts messages into the host's own threads (the columns text and others of its batch). An item may come
 * again after a crash: the host tells by its id, or by thread and seq. bccast_thread_bind remembers the host's name of a
 * thread. `retract` (may be NULL: it stays where it is) is given what was delivered of a blast that was recalled, with
 * the ids it was delivered with, and takes it back; SKIPPED: it cannot be. */
struct bccast_deliverer_vtbl {
  uint32_t struct_size;
  uint32_t flags;
  int32_t (*deliver)(void *self, bccast_batch *batch);
  int32_t (*retract)(void *self, bccast_batch *batch);
  void (*destroy)(void *self);
};

/* A queue between the processes of a host: a doorbell without payload. The store is the truth; a ring that is lost,
 * doubled or late costs time and nothing else.
 *   ring: something was stored that makes work. Called on the thread that stored it, after the commit; must not block,
 *     nor call any function but bccast_wake. What it returns below 0 is ignored. The host brings the ring to its other
 *     processes, which call bccast_wake on their engines.
 */
struct bccast_queue_vtbl {
  uint32_t struct_size;
  uint32_t flags;
  int32_t (*ring)(void *self);
  void (*destroy)(void *self);
};

/* A clock, for tests. Both are called from any thread and must not call the library.
 *   wall_ms: milliseconds since the Unix epoch, UTC; may step.
 *   monotonic_us: microseconds since any fixed point; never goes back.
 */
struct bccast_clock_vtbl {
  uint32_t struct_size;
  uint32_t flags;
  int64_t (*wall_ms)(void *self);
  int64_t (*monotonic_us)(void *self);
  void (*destroy)(void *self);
};

/* Attaches a notifier to a channel; bccast_open makes the channel when the store has none of that name.
 * CONFLICT: the config has a notifier for it already. [memory] */
BCCAST_API int32_t bccast_config_notifier(bccast_config *config, const char *channel,
                                          const struct bccast_notifier_vtbl *vtbl, void *self);
/* Attaches a deliverer to a channel, in the same way. */
BCCAST_API int32_t bccast_config_deliverer(bccast_config *config, const char *channel,
                                           const struct bccast_deliverer_vtbl *vtbl, void *self);
/* Rings this queue besides the engine's own. CONFLICT: the config has one. [memory] */
BCCAST_API int32_t bccast_config_queue(bccast_config *config, const struct bccast_queue_vtbl *vtbl, void *self);
/* Uses this clock instead of the system's. [memory] */
BCCAST_API int32_t bccast_config_clock(bccast_config *config, const struct bccast_clock_vtbl *vtbl,
                                       void *self);

#ifdef __cplusplus
}
#endif

#endif /* BCCAST_BCCAST_EXT_H */
