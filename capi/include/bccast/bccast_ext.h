/* bccast: for those who write a notifier, or bring a clock of their own.
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

/* A notifier hands notifications ("you have a new message") to whatever carries them.
 *
 * notify: called on the thread that pumps, with no lock held and no transaction open. May block (up to the
 *   lease, 60 s by default; after that another worker may take the batch up) and may call any function but
 *   bccast_pump and bccast_close. Looks at bccast_batch_rows, sets what did not go well with
 *   bccast_batch_set; items not set are done. The batch and its rows are valid until it returns. Returns
 *   BCCAST_OK (items as set), or < 0: the whole batch again later. BCCAST_PENDING is not supported by this
 *   version and counts as a failure. No exception and no longjmp may leave it.
 *   After a crash the items that were in flight come again, with the same ids.
 */
struct bccast_notifier_vtbl {
  uint32_t struct_size;
  uint32_t flags;
  int32_t (*notify)(void *self, bccast_batch *batch);
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
/* Uses this clock instead of the system's. [memory] */
BCCAST_API int32_t bccast_config_clock(bccast_config *config, const struct bccast_clock_vtbl *vtbl,
                                       void *self);

#ifdef __cplusplus
}
#endif

#endif /* BCCAST_BCCAST_EXT_H */
