/* bccast: message blasts for chat servers. The C API.
 *
 * A provider writes one message; many clients each get it in a new private thread, as if it had been
 * written to them alone. This header is the manual; bccast_ext.h beside it is for those who write a
 * notifier. Both need nothing but <stddef.h> and <stdint.h>, and compile as C99 and as C++17.
 *
 * A blast from start to end (examples/c/hello.c is the same, complete):
 *
 *     bccast_open("practice.db", NULL, &engine);
 *     bccast_directory_provider_put(engine, "dr-lee", "Dr. Lee");
 *     bccast_directory_client_put(engine, "c1", "Ana", "ana@example.org");   ... and more
 *     bccast_directory_roster_add(engine, "dr-lee", "c1");
 *     bccast_blast_create(engine, "dr-lee", NULL, blast);
 *     bccast_blast_select_all_active(engine, "dr-lee", blast);
 *     bccast_blast_write(engine, "dr-lee", blast, text, length);
 *     bccast_blast_send(engine, "dr-lee", blast, NULL);
 *     bccast_pump(engine, 0, 0, &done, &next_ms);
 *
 * Words. A provider sends blasts; clients receive them. A provider's roster lists its clients, each active or
 * archived. A blast is drafted (a selection of clients, then a text) and sent; the clients it went to are its
 * recipients, fixed at that moment. A thread is a conversation: private, of one provider and one client; or a
 * community's, of one provider and its members, who see each other. A notification tells somebody that there is a
 * new message; it never holds the message. A channel is a named way out, such as "email" or "chat": for notifications,
 * or for the messages themselves where the host keeps its threads.
 *
 * CONTENTS
 *
 *     Results                                     what functions return
 *     Limits                                      of sizes and numbers
 *     The library                                 its version and parts; the last error
 *     Configuration                               how a store is opened
 *     Engine                                      an open store; who acts for a provider
 *     Rows                                        what answers are given in: cells, columns, JSON
 *     Directory                                   providers, clients and rosters
 *     Blasts                                      drafts; sending, now or later; taking back; how far they are
 *     Threads, as a client sees them              its threads and messages; replying and reading
 *     Threads, as a provider sees them            the same
 *     Communities, as their provider keeps them   making them; members
 *     Threads and the host's own                  names that the host has for them
 *     Channels                                    what may be handed out on each, and when
 *     Work                                        pumping, threads, waiting and waking; late reports
 *     Batches                                     claiming work, and saying what became of it
 *     Events                                      what has happened
 *     Operation                                   what is late; purging, verifying, checkpoints; backups
 *
 * RULES FOR ALL FUNCTIONS
 *
 * Results. Functions that return int32_t return 0 (BCCAST_OK), a positive number (another normal answer)
 * or a negative one (an error): test for failure with `< 0`. After an error, bccast_error_message() on
 * the same thread says what was wrong. An error means that nothing was written, unless said otherwise.
 * After STORAGE from a disk whose sync failed, though, what was written may be there at the next open: look, or
 * call again with the same key.
 *
 * Outputs come last and begin with out_. They are written on every path: NULL, 0 or "" where there is
 * nothing to give. An output pointer may be NULL only where its function says so.
 *
 * Texts are UTF-8. Ids, names, addresses, keys and titles end with NUL and hold no control characters;
 * message texts are pointer and length, and of control characters hold only TAB, LF and CR. What breaks
 * a rule is refused (BCCAST_E_UTF8, BCCAST_E_ARGUMENT; BCCAST_E_LIMIT when too long), never mended. A name, address,
 * title or message that shows nothing (only white space, or characters that nobody sees, such as zero-width spaces) is
 * ARGUMENT; an empty name or address is none.
 *
 * Ids. Providers and clients are named by the host's own ids, compared byte for byte. Blasts, threads and
 * notifications are named by 32 hexadecimal letters that say nothing to whoever reads them.
 *
 * Who acts is the first argument after the engine: bccast_client_* act as that client, bccast_provider_*
 * and bccast_blast_* as that provider, bccast_directory_*, bccast_channel_*, bccast_operate_* as the
 * operator. The host has authenticated them; bccast checks that the object belongs to the one who acts.
 * To a client, what does not exist and what is another's give the same BCCAST_E_NOT_FOUND with the same
 * message; to a provider, a client that is unknown and one that is not on the roster do.
 *
 * Lists. Their order is stated. `filter` is NULL, or "key=value" pairs joined by "&", in whose values %26, %25 and
 * so on stand for bytes; an unknown key or value is ARGUMENT. `cursor` is NULL for the start, then what
 * bccast_rows_next of the page before gave; it goes with its list, caller and filter (else ARGUMENT). `limit` is
 * rows, 0: 100; a page also ends at 8 MiB of texts.
 *
 * Times are milliseconds since the Unix epoch, UTC. To a client they are whole seconds.
 *
 * Handles. A config, rows or a batch that was freed is told by every function, whatever was made since: HANDLE, or 0
 * or NULL where a function gives those; and so is what never was one. Freeing it again does nothing. An engine that was
 * closed is told until another one is opened in its place. Freeing what another thread is using is not told.
 *
 * Threads. Functions that take an engine may be called from any thread at once. A config, a bccast_rows
 * or a batch belongs to one thread at a time. No function but bccast_start starts a thread. Each function is marked:
 *   [memory]  touches memory only;
 *   [reads]   reads the store, and never waits for a writer of this or another process;
 *   [writes]  may wait for the disk, and for its turn among the writers. When it returns BCCAST_OK the
 *             change is on the disk (fsync). BCCAST_E_BUSY: another process held the store too long.
 *
 * Errors that any function with an engine may give, beside those it lists: BCCAST_E_ARGUMENT (a NULL that
 * may not be, a malformed value), BCCAST_E_UTF8, BCCAST_E_LIMIT, BCCAST_E_HANDLE (not an open engine),
 * BCCAST_E_FORKED (a parent process opened it), BCCAST_E_STORAGE (the disk failed, or the store's file or log was
 * moved, deleted, replaced or cut short since it was opened; once it is put back, all goes on), BCCAST_E_BUSY,
 * BCCAST_E_FULL, BCCAST_E_CORRUPT (the store is damaged), BCCAST_E_SCHEMA (of what writes: a process with a later ICU
 * library has indexed the store meanwhile; end this one), BCCAST_E_NOMEM, BCCAST_E_INTERNAL.
 *
 * Damage. What is read from a damaged store is right, or BCCAST_E_CORRUPT; it is never another's. Only what the damage
 * touches is refused: the calls of the client whose row it is, that client in an act on many, a notification as a
 * failed item damaged_entry. A page with a damaged row is CORRUPT as a whole. What an index has lost may be missing;
 * bccast_operate_verify tells. An act that gives PARTIAL because of damage is done in parts. What a crash leaves of it is
 * done by whoever pumps next, and by the same call again, before that says EXISTS (bccast_channel_remove: NOT_FOUND).
 * A call that writes and meets a damaged page looks through the tables it uses before it gives CORRUPT: seconds, where
 * they are gigabytes. Others read and write meanwhile.
 */
#ifndef BCCAST_BCCAST_H
#define BCCAST_BCCAST_H

#include <stddef.h>
#include <stdint.h>

#if defined(_WIN32)
#define BCCAST_API
#elif defined(__GNUC__)
#define BCCAST_API __attribute__((visibility("default")))
#else
#define BCCAST_API
#endif

#ifdef __cplusplus
extern "C" {
#endif

/* ---- Results ----------------------------------------------------------------------------------------- */

#define BCCAST_OK 0
#define BCCAST_DONE 1    /* nothing left, nothing due */
#define BCCAST_PARTIAL 2 /* some items failed: see the column of results */
#define BCCAST_EXISTS 3  /* it was there, or done, before: the first answer stands and is in the outputs */
#define BCCAST_NULL 4    /* the cell is empty */
#define BCCAST_PENDING 5 /* from a callback: it keeps the batch */

#define BCCAST_E_ARGUMENT (-10)  /* a value that cannot be right */
#define BCCAST_E_UTF8 (-11)      /* not UTF-8 */
#define BCCAST_E_HANDLE (-12)    /* not a handle, a freed one, or of another kind */
#define BCCAST_E_VERSION (-13)   /* a vtable of an unknown size or with unknown flags */
#define BCCAST_E_LIMIT (-14)     /* longer or more than a published limit */
#define BCCAST_E_NOT_FOUND (-20) /* no such thing, or not yours */
#define BCCAST_E_STATE (-21)     /* not in the state it is in */
#define BCCAST_E_FORBIDDEN (-22) /* not by this one */
#define BCCAST_E_CONFLICT (-23)  /* it changed since you looked */
#define BCCAST_E_TOO_FEW (-24)   /* fewer than two recipients */
#define BCCAST_E_REENTRANT (-25) /* not from inside a callback */
#define BCCAST_E_CLOSED (-26)    /* the engine is closing */
#define BCCAST_E_FORKED (-27)    /* opened by a parent process: exec, or open after the fork */
#define BCCAST_E_STORAGE (-30)   /* the storage engine failed: bccast_error_native() has its number */
#define BCCAST_E_BUSY (-31)      /* in use by another; try again */
#define BCCAST_E_FULL (-32)      /* the disk is full */
#define BCCAST_E_CORRUPT (-33)   /* damaged, or not a store at all */
#define BCCAST_E_IN_USE (-34)    /* still held by something else */
#define BCCAST_E_SCHEMA (-35)    /* a store of another program, or of a later one, or indexed by a later ICU library */
#define BCCAST_E_KEY (-36)       /* a missing or wrong key */
#define BCCAST_E_QUEUE (-40)     /* the queue failed */
#define BCCAST_E_NOTIFIER (-41)  /* the notifier failed */
#define BCCAST_E_NOMEM (-50)     /* out of memory */
#define BCCAST_E_INTERNAL (-51)  /* a defect of bccast */
/* -10000 and below are the host's own: what a callback returns there is passed through as it is. */

/* ---- Limits ------------------------------------------------------------------------------------------ */

#define BCCAST_ID_SIZE 33        /* bytes for the id of a blast or thread: 32 hexadecimal letters and NUL */
#define BCCAST_MAX_ID 1023       /* bytes of a host's id */
#define BCCAST_MAX_NAME 255      /* bytes of a display name */
#define BCCAST_MAX_ADDRESS 320   /* bytes of an address */
#define BCCAST_MAX_TITLE 255     /* bytes of a title */
#define BCCAST_MAX_MEMBERS 1000  /* members of a community */
#define BCCAST_MAX_KEY 255       /* bytes of an idempotency key, a channel's name, a setting's name */
#define BCCAST_MAX_TEXT 1048576  /* bytes of a message */
#define BCCAST_MAX_RETRY_AFTER_MS 86400000 /* a day: the longest that bccast_batch_set takes */
#define BCCAST_MAX_LIST 1000     /* rows of a page; 0 asks for 100; more is clamped */
#define BCCAST_MAX_COLUMN 1000000 /* items of one _many call */

#define BCCAST_API_DATE 20261129 /* changes whenever a function is added */

typedef struct bccast_engine bccast_engine;
typedef struct bccast_config bccast_config;
typedef struct bccast_rows bccast_rows;
typedef struct bccast_batch bccast_batch;

/* ---- The library ------------------------------------------------------------------------------------- */

/* The version, such as "0.1.0"; the BCCAST_API_DATE it was built with; 1 when it has a part ("store.sqlite",
 * "notifier.maildir", "notifier.callback", "deliverer.callback", "queue.callback", "fd"), 0 when not. [memory] */
BCCAST_API const char *bccast_version(void);
BCCAST_API int32_t bccast_api_date(void);
BCCAST_API int32_t bccast_has(const char *part);

/* The last error of the calling thread. Every function that returns int32_t clears it on entry (those that
 * read cells of rows, and bccast_error_* themselves, do not). Valid until that thread calls again. The
 * message names ids and limits, never texts, names or addresses. [memory] */
BCCAST_API const char *bccast_error_message(void);
/* 1 when the same call may succeed later without a change by the caller. */
BCCAST_API int32_t bccast_error_retriable(void);
/* The number of the storage engine (SQLite's extended result code), or 0. */
BCCAST_API int32_t bccast_error_native(void);
/* Copies the message, cut at `size` - 1 bytes, and returns its whole length. For hosts whose tasks move
 * between threads: call it in the same native call as the function that failed. `buffer` may be NULL when
 * `size` is 0. */
BCCAST_API size_t bccast_error_copy(char *buffer, size_t size);
/* "BCCAST_E_NOT_FOUND" for -20, and so on; "unknown" for what is none of them. */
BCCAST_API const char *bccast_code_name(int32_t code);

/* ---- Configuration ----------------------------------------------------------------------------------- */

/* A new, empty configuration. Free it with bccast_config_free; bccast_open does not. [memory] */
BCCAST_API int32_t bccast_config_new(bccast_config **out_config);
/* Sets one key; NOT_FOUND for a key that is not known. The keys, with types, defaults and help, come from
 * bccast_config_describe. notifier.<channel> attaches a built-in notifier: "maildir:PATH". [memory] */
BCCAST_API int32_t bccast_config_set(bccast_config *config, const char *key, const char *value);
/* The i-th key: for i = 0, 1, ... until BCCAST_DONE. The texts are constants. Outputs may be NULL. [memory] */
BCCAST_API int32_t bccast_config_describe(size_t i, const char **out_key, const char **out_type,
                                          const char **out_default, const char **out_help);
/* NULL is fine. Vtables that were not taken over by bccast_open are destroyed. [memory] */
BCCAST_API void bccast_config_free(bccast_config *config);

/* ---- Engine ------------------------------------------------------------------------------------------ */

/* Opens a store, and makes it when there is none. `url` is a path, "sqlite:PATH", "sqlite:PATH?mode=ro" (writes nothing
 * into the store), or ":memory:". A file that it makes, and its companions (-wal, -shm), have mode 0600. Several
 * processes of one machine may have the same store open. A relative path and symbolic links are followed once: the
 * store stays the same file wherever the process goes. `config` may be NULL; on success its vtables are taken over, and
 * the engine then destroys them. NOT_FOUND: no file, with mode=ro. CORRUPT: the file is no store. SCHEMA: made by
 * another program or a later version. LIMIT: the absolute path has more than 504 bytes. STORAGE: the folder cannot be
 * written, the file has a second name (a hard link), the log (-wal) beside it is another file's, or it is on a network file
 * system, where SQLite's WAL is not safe (https://www.sqlite.org/wal.html). FORKED: the process that forked this one had the store open at that moment. SQLite's
 * table of locks is inherited, the locks are not, so this process cannot have the store, not even when its parent has
 * closed it or has ended: exec, or open only after the fork. [writes] */
BCCAST_API int32_t bccast_open(const char *url, bccast_config *config, bccast_engine **out_engine);
/* A light handle on the same open store, for the person behind the provider (an assistant, a cover): `actor` is
 * the host's id of that person, and is written into every draft, sending, message, community and membership made
 * through it; the provider's lists show it, a client's never. Close it like any
 * other; the store is closed with the last of its handles. [memory] */
BCCAST_API int32_t bccast_as(bccast_engine *engine, const char *actor, bccast_engine **out_engine);
/* Waits up to `timeout_ms` (0: not at all) for calls in progress on other threads, then closes. BUSY: some are
 * still running; the engine is as it was. Outcomes of notifications that could not be stored are tried once more;
 * what still cannot be is sent again, as after a crash. NULL is fine. REENTRANT inside a callback. In the child of
 * a fork it frees memory and touches no file. When nobody else has the store open, its log (-wal) is moved into the file
 * and removed: what is left is one file, complete, which may be copied and put back. Rows stay valid. [writes] */
BCCAST_API int32_t bccast_close(bccast_engine *engine, int64_t timeout_ms);

/* ---- Rows: an owned table ---------------------------------------------------------------------------- */

#define BCCAST_TYPE_I64 1
#define BCCAST_TYPE_TEXT 2

/* Rows and columns. Columns may be added at the end in later versions: ask for them by name. Pointers into
 * rows stay valid until bccast_rows_free, unless said otherwise. 0 or NULL for what is no rows. [memory, all of them] */
BCCAST_API size_t bccast_rows_count(const bccast_rows *rows);
BCCAST_API size_t bccast_rows_columns(const bccast_rows *rows);
BCCAST_API const char *bccast_rows_name(const bccast_rows *rows, size_t column);
BCCAST_API int32_t bccast_rows_find(const bccast_rows *rows, const char *name, size_t *out_column);
BCCAST_API int32_t bccast_rows_type(const bccast_rows *rows, size_t column);
/* A whole column: `count` numbers; or the bytes of `count` cells, each followed by a NUL, cell i at offsets[i],
 * and offsets[count] where the next would begin (its length is offsets[i + 1] - offsets[i] - 1). Empty cells
 * are 0 and "" here. ARGUMENT: the column is of the other type, or there is none. LIMIT: the texts of a batch that have
 * more than 8 MiB, counted for each item: ask for its cells. */
BCCAST_API int32_t bccast_rows_i64(const bccast_rows *rows, size_t column, const int64_t **out_values);
BCCAST_API int32_t bccast_rows_text(const bccast_rows *rows, size_t column, const char **out_bytes,
                                    const uint64_t **out_offsets);
/* A cell, by the column's index or by its name. The text is NUL-ended; out_length may be NULL. BCCAST_NULL: the
 * cell is empty (0, ""). ARGUMENT: no such row or column, or of the other type. */
BCCAST_API int32_t bccast_rows_i64_at(const bccast_rows *rows, size_t row, size_t column, int64_t *out_value);
BCCAST_API int32_t bccast_rows_text_at(const bccast_rows *rows, size_t row, size_t column,
                                       const char **out_text, size_t *out_length);
BCCAST_API int32_t bccast_rows_get_i64(const bccast_rows *rows, size_t row, const char *column,
                                       int64_t *out_value);
BCCAST_API int32_t bccast_rows_get_text(const bccast_rows *rows, size_t row, const char *column,
                                        const char **out_text, size_t *out_length);
/* A row as a JSON object, by column name, or with BCCAST_ALL_ROWS all of them as an array of such objects. Cells without
 * a value, and texts without letters, are null. Control characters, DEL and what turns the order of a line around are
 * escaped. out_length may be NULL. The text is the rows' own: valid until the next call of this for the same rows.
 * ARGUMENT: no such row. */
#define BCCAST_ALL_ROWS ((size_t)-1)
BCCAST_API int32_t bccast_rows_json(const bccast_rows *rows, size_t row, const char **out_json, size_t *out_length);
/* The cursor of the next page; NULL: this was the last. Valid as long as the rows. */
BCCAST_API const char *bccast_rows_next(const bccast_rows *rows);
/* NULL is fine. */
BCCAST_API void bccast_rows_free(bccast_rows *rows);

/* ---- Directory: providers, clients and rosters, kept by the operator --------------------------------- */

/* Makes a provider, or gives it another display name. [writes] */
BCCAST_API int32_t bccast_directory_provider_put(bccast_engine *engine, const char *provider,
                                                 const char *display_name);
/* Sets one thing of a provider; `value` NULL or "" takes it away. Keys: address.<channel> (where the provider
 * is told of replies), locale, timezone (a name that the system knows: "Europe/Berlin"). NOT_FOUND: no such
 * provider. ARGUMENT: no such key, or time zone. [writes] */
BCCAST_API int32_t bccast_directory_provider_set(bccast_engine *engine, const char *provider, const char *key,
                                                 const char *value);

/* Ends a provider's work: its drafts are discarded, notices not yet sent are dropped (skipped, with the reason
 * provider_archived), and its threads stay readable for all but closed: nobody writes there any more (STATE), and
 * bccast_blast_* and bccast_provider_* that change more than what is read give STATE. Its roster is kept. EXISTS: it was
 * archived. Restoring opens its threads again; what was discarded or dropped stays so. PARTIAL: it is archived, but
 * something of its blasts is damaged, and stays as it is. NOT_FOUND: no such provider. [writes] */
BCCAST_API int32_t bccast_directory_provider_archive(bccast_engine *engine, const char *provider);
BCCAST_API int32_t bccast_directory_provider_restore(bccast_engine *engine, const char *provider);
/* The providers, by id: provider provider_name locale timezone address clients archived. address: that of "email".
 * clients: entries of its roster. [reads] */
BCCAST_API int32_t bccast_directory_provider_list(bccast_engine *engine, const char *cursor, uint32_t limit,
                                                  bccast_rows **out_rows);

/* One of them, a row with the same columns. NOT_FOUND: no such provider. [reads] */
BCCAST_API int32_t bccast_directory_provider_get(bccast_engine *engine, const char *provider,
                                                 bccast_rows **out_rows);

/* Makes a client, or changes its name and its address on the channel "email". `display_name` and `address`
 * may be NULL: as it was (of a new client: none); "" takes an address away. [writes] */
BCCAST_API int32_t bccast_directory_client_put(bccast_engine *engine, const char *client,
                                               const char *display_name, const char *address);
/* The same for `n` clients in one transaction. A column of texts is its bytes and n + 1 ascending offsets:
 * text i is bytes[offsets[i]] to bytes[offsets[i + 1]]; the first offset may be above 0. `names` and
 * `addresses` may be NULL, with their offsets: all as they were. `out_results` may be NULL, else holds n
 * results: OK; EXISTS, the id was in this list before, and this item changed nothing; or the error of an item
 * that was left out. PARTIAL when there are errors; the others are written. [writes] */
BCCAST_API int32_t bccast_directory_client_put_many(bccast_engine *engine, size_t n, const char *ids,
                                                    const uint64_t *id_offsets, const char *names,
                                                    const uint64_t *name_offsets, const char *addresses,
                                                    const uint64_t *address_offsets, int32_t *out_results);
/* Sets one thing of a client; `value` NULL or "" takes it away. Keys: address.<channel>, locale, timezone, and
 * chat and notify ("on", "off"; taken away: "on"). chat off: no blasts. notify off: messages but no
 * notifications. NOT_FOUND: no such client. [writes] */
BCCAST_API int32_t bccast_directory_client_set(bccast_engine *engine, const char *client, const char *key,
                                               const char *value);
/* Archives a client on every roster, now and for rosters it joins later; EXISTS when it was. It leaves all
 * communities. Restoring gives each roster entry back the state it has of its own, but no membership. NOT_FOUND:
 * no such client. [writes] */
BCCAST_API int32_t bccast_directory_client_archive(bccast_engine *engine, const char *client);
BCCAST_API int32_t bccast_directory_client_restore(bccast_engine *engine, const char *client);

/* A client as the operator keeps it, one row: client client_name locale timezone archived chat notify address
 * rosters. NOT_FOUND: no such client. [reads] */
BCCAST_API int32_t bccast_directory_client_get(bccast_engine *engine, const char *client, bccast_rows **out_rows);
/* All that the store shows to one client, and nothing else, for handing out: record name thread provider
 * provider_name kind title seq author author_name text at_ms removed. First rows with record "profile": a setting's
 * name (client, display_name, locale, timezone, chat, notify, address.<channel>) and in text its value, those that
 * are set; then rows with record "message", thread by thread, each from its first message on. NOT_FOUND: no such
 * client. [reads] */
BCCAST_API int32_t bccast_directory_client_export(bccast_engine *engine, const char *client, const char *cursor,
                                                  uint32_t limit, bccast_rows **out_rows);
/* Erases a client for good, on every roster: its id, name, addresses and settings, its messages (they show as
 * removed), its memberships, the host's references to its threads. It leaves what providers wrote, and counts:
 * places and sums of blasts stay as they were, its cells in lists are empty. What was still to be sent to it is
 * dropped. The id may be used again, by a new person who has nothing of the old one. The bytes are overwritten, in
 * the file and in its log; PARTIAL: erased, but the log still has the bytes, since somebody is reading an older state or the
 * disk failed. That is remembered, also when this process dies: whoever pumps, claims, opens the store or calls
 * bccast_operate_checkpoint empties the log as soon as it can be, and this need not be called again. Backups and what
 * hosts copied are out of reach. NOT_FOUND: no such client. [writes] */
BCCAST_API int32_t bccast_directory_client_erase(bccast_engine *engine, const char *client);

/* Puts a client on a provider's roster, active. EXISTS: it is there already, and stays as it is, archived
 * ones too. NOT_FOUND: no such provider or client. [writes] */
BCCAST_API int32_t bccast_directory_roster_add(bccast_engine *engine, const char *provider, const char *client);
/* The same for `n` clients in one transaction: columns and results as in bccast_directory_client_put_many.
 * An unknown provider is an error of the call, an unknown client one of its item. [writes] */
BCCAST_API int32_t bccast_directory_roster_add_many(bccast_engine *engine, const char *provider, size_t n,
                                                    const char *ids, const uint64_t *id_offsets,
                                                    int32_t *out_results);
/* The same, but new entries are archived from the first moment on: no blast sent meanwhile can reach them. An entry
 * that is there is EXISTS and stays as it is. [writes] */
BCCAST_API int32_t bccast_directory_roster_add_archived_many(bccast_engine *engine, const char *provider, size_t n,
                                                             const char *ids, const uint64_t *id_offsets,
                                                             int32_t *out_results);
/* Sets chat or notify ("on", "off") for this client with this provider. NOT_FOUND: not on the roster. [writes] */
BCCAST_API int32_t bccast_directory_roster_set(bccast_engine *engine, const char *provider, const char *client,
                                               const char *key, const char *value);
/* Archives a client on this roster: once this returned, no blast sent later reaches it. It keeps the private
 * threads it has, and may read and reply there; it leaves this provider's communities. EXISTS: it was archived.
 * NOT_FOUND: not on the roster. [writes] */
BCCAST_API int32_t bccast_directory_roster_archive(bccast_engine *engine, const char *provider,
                                                   const char *client);
BCCAST_API int32_t bccast_directory_roster_archive_many(bccast_engine *engine, const char *provider, size_t n,
                                                        const char *ids, const uint64_t *id_offsets,
                                                        int32_t *out_results);
/* Makes an archived entry active again; EXISTS when it was. It does not bring memberships back. [writes] */
BCCAST_API int32_t bccast_directory_roster_restore(bccast_engine *engine, const char *provider,
                                                   const char *client);

/* The roster by name: client client_name state chosen contact since_ms. state: active, archived. since_ms: since when
 * it is so. chosen: 1 when the draft named by the filter would go to it, 0 when not, empty without. contact: ok; off
 * (chat is off: no blasts); no_address (no address on any notifying channel; while the store has no channel, no address
 * at all; never where all channels deliver, which needs none).
 * `filter`: state=, search= (the beginning of any word of the name; whole names that begin with it come first, then
 * the others by that word), draft=BLAST.
 * Names are ordered and searched folded: without case and marks, Latin letters and signs as ASCII writes them
 * ("lukasz" finds Łukasz, "o'brien" and "brien" find O’Brien), white space as one space. A word begins after white
 * space, a hyphen, an apostrophe or another sign. [reads] */
BCCAST_API int32_t bccast_provider_roster(bccast_engine *engine, const char *provider, const char *filter,
                                          const char *cursor, uint32_t limit, bccast_rows **out_rows);
/* How many of the roster are active, and how many archived (here, or as clients). Outputs may be NULL. [reads] */
BCCAST_API int32_t bccast_provider_roster_count(bccast_engine *engine, const char *provider,
                                                int64_t *out_active, int64_t *out_archived);

/* ---- Blasts ------------------------------------------------------------------------------------------ */

/* A new, empty draft. `key` may be NULL; a second call with the same key (of this provider) makes nothing and gives
 * EXISTS and the first blast's id, for ever; only discarding the draft makes its key free again. NOT_FOUND: no such
 * provider. [writes] */
BCCAST_API int32_t bccast_blast_create(bccast_engine *engine, const char *provider, const char *key,
                                       char out_blast[BCCAST_ID_SIZE]);
/* Throws a draft away. STATE: it is scheduled (unschedule it first), or was sent (recall it instead). [writes] */
BCCAST_API int32_t bccast_blast_discard(bccast_engine *engine, const char *provider, const char *blast);

/* The selection of a draft. The last act on a client decides. select_all_active is a rule: whoever is active
 * when the blast is sent; it and select_none forget all earlier acts. Archived clients may be chosen but will
 * not receive. NOT_FOUND: no such blast, or the client is not on the roster. STATE: not a draft. [writes] */
BCCAST_API int32_t bccast_blast_select(bccast_engine *engine, const char *provider, const char *blast,
                                       const char *client);
BCCAST_API int32_t bccast_blast_deselect(bccast_engine *engine, const char *provider, const char *blast,
                                         const char *client);
BCCAST_API int32_t bccast_blast_select_all_active(bccast_engine *engine, const char *provider,
                                                  const char *blast);
BCCAST_API int32_t bccast_blast_select_none(bccast_engine *engine, const char *provider, const char *blast);
/* The same for `n` clients in one transaction: columns and results as in bccast_directory_client_put_many
 * (EXISTS: the id was in this list before). [writes] */
BCCAST_API int32_t bccast_blast_select_many(bccast_engine *engine, const char *provider, const char *blast,
                                            size_t n, const char *ids, const uint64_t *id_offsets,
                                            int32_t *out_results);
BCCAST_API int32_t bccast_blast_deselect_many(bccast_engine *engine, const char *provider, const char *blast,
                                              size_t n, const char *ids, const uint64_t *id_offsets,
                                              int32_t *out_results);
/* Selects the recipients of a blast of the same provider that was sent, in one act: those of them that fit `filter`:
 * opened=0|1, replied=0|1 (NULL: all). Who was archived since may be among them but will not receive. NOT_FOUND: no
 * such blast. STATE: `blast` is not a draft, or `from_blast` was not sent. [writes] */
BCCAST_API int32_t bccast_blast_select_from(bccast_engine *engine, const char *provider, const char *blast,
                                            const char *from_blast, const char *filter);
/* The text of a draft; writing again replaces it. 1 to BCCAST_MAX_TEXT bytes. STATE: not a draft. [writes] */
BCCAST_API int32_t bccast_blast_write(bccast_engine *engine, const char *provider, const char *blast,
                                      const char *text, size_t length);

/* Sets one thing of a draft; `value` NULL or "" takes it back. Keys: deadline_ms (after sending; 1 to a year);
 * hold_ms (0 to an hour, 0 unless set: bccast_blast_send schedules it so far ahead, and until then
 * bccast_blast_unschedule takes it back); channels (names joined by ",": the only ones it makes work for; else all).
 * NOT_FOUND: no such channel. STATE: not a draft. [writes] */
BCCAST_API int32_t bccast_blast_set(bccast_engine *engine, const char *provider, const char *blast, const char *key,
                                    const char *value);
/* A blast as it is, one row: blast state text all_active picked deselected recipients created_at_ms sent_at_ms
 * deadline_at_ms finished_at_ms deadline_ms revision actor sent_by channels hold_ms scheduled_at_ms missed_at_ms
 * missed_reason recalled_at_ms purged. state: draft, scheduled, sent, paused, finished, recalled. all_active: the
 * rule; picked and deselected: how many clients one by one, before it is sent. revision counts the changes of a
 * draft. actor: who made it, sent_by: who sent or scheduled it; empty: the provider. channels: as set, empty: all.
 * scheduled_at_ms: when it is to be sent, or was to be. missed_reason: why a schedule could not go (too_few, changed,
 * late, provider_archived, damaged), until it is scheduled again. purged: its text was overwritten. [reads] */
BCCAST_API int32_t bccast_blast_get(bccast_engine *engine, const char *provider, const char *blast,
                                    bccast_rows **out_rows);
/* Who of the roster would receive a draft, and who was chosen or taken out and would not, in the order of the
 * roster: client client_name chosen reason. reason: archived, off, deselected; empty for the chosen. `filter`:
 * chosen=0|1. STATE: it was sent. [reads] */
BCCAST_API int32_t bccast_blast_selection(bccast_engine *engine, const char *provider, const char *blast,
                                          const char *filter, const char *cursor, uint32_t limit,
                                          bccast_rows **out_rows);
/* What sending now would do, and nothing written. One row:
 *   recipients     who would receive it
 *   archived       chosen (by the rule: on the roster) and left out: archived
 *   off            chosen and left out: chat is off
 *   not_on_roster  chosen and left out: no longer on the roster
 *   no_address     recipients who receive but cannot be told, as contact of bccast_provider_roster says
 *   deselected     chosen, and deselected again by the provider
 *   digest         for bccast_blast_send: changes whenever the recipients or the text do
 * STATE: it was sent. [reads] */
BCCAST_API int32_t bccast_blast_preview(bccast_engine *engine, const char *provider, const char *blast,
                                        bccast_rows **out_rows);
/* Sends: in one transaction every recipient has it in a new private thread, or nobody has. Who is archived at
 * that moment does not receive. `digest` may be NULL; else, if the audience or the text are not what the
 * preview with that digest showed: CONFLICT. TOO_FEW: fewer than two recipients. STATE: no text.
 * EXISTS: it was sent before; nothing was sent again. What is scheduled goes now. With hold_ms it is scheduled so far
 * ahead instead, and until it goes EXISTS says so. [writes] */
BCCAST_API int32_t bccast_blast_send(bccast_engine *engine, const char *provider, const char *blast,
                                     const char *digest);
/* Sends it at `at_ms` (in the future, at most 366 days ahead), as bccast_blast_send would then: recipients are who is
 * chosen and active at that moment. Again: moves it. With `digest` (may be NULL) only what the preview with that digest
 * showed: CONFLICT now, or missed then, if it is another. It goes as soon after `at_ms` as somebody pumps or claims. What
 * cannot go (fewer than two recipients, another digest, nobody looked for late_limit_ms of the config, the provider
 * archived) is a draft again, with missed_reason and the event blast.missed. Its deadline counts from `at_ms`, so one
 * that nobody carries out is overdue. When the clock was set by more than a minute, schedules wait for five minutes
 * (event clock.stepped). ARGUMENT: not in that time. STATE: no text, or sent. [writes] */
BCCAST_API int32_t bccast_blast_schedule(bccast_engine *engine, const char *provider, const char *blast,
                                         int64_t at_ms, const char *digest);
/* A draft again. EXISTS: it is one. STATE: it was sent: recall it instead. [writes] */
BCCAST_API int32_t bccast_blast_unschedule(bccast_engine *engine, const char *provider, const char *blast);
/* No new batch of it is handed out; each worker finishes at most the one it holds on a channel. Its threads stay where
 * they are. EXISTS: it is paused. PARTIAL: it is, but on a channel where something of it is damaged, which hands nothing out
 * anyway. STATE: not sent, finished, or recalled. [writes] */
BCCAST_API int32_t bccast_blast_pause(bccast_engine *engine, const char *provider, const char *blast);
/* It goes on where it stood. EXISTS: it is not paused. PARTIAL and STATE as for bccast_blast_pause. [writes] */
BCCAST_API int32_t bccast_blast_resume(bccast_engine *engine, const char *provider, const char *blast);
/* Takes it back from everybody at once. A client who neither read it, wrote in its thread, nor was told of it (or is being
 * told right now) loses the thread. All others keep the thread where it was, read, and the message in it with removed 1
 * and without its text; nobody is told. What was still to be sent is skipped, with the reason
 * recalled; what was delivered is taken back by the deliverers (`retract`). The provider still sees the text, until
 * bccast_blast_purge. bccast_blast_status says how many it was taken from in time. EXISTS: it was recalled. PARTIAL: it is
 * recalled, nobody sees it and nothing more of it is handed out, but something that says who was told is damaged
 * (bccast_operate_verify names it): whoever may have been told keeps the thread. A crash cuts nothing off: whoever works
 * next ends it. STATE: a draft (discard it), or scheduled (unschedule it). [writes] */
BCCAST_API int32_t bccast_blast_recall(bccast_engine *engine, const char *provider, const char *blast);
/* Overwrites the text of a recalled blast, in the file and in its log, for good. PARTIAL: done, but the log still has the
 * bytes; it is emptied as after bccast_directory_client_erase. EXISTS: it was purged. STATE: it was not recalled.
 * [writes] */
BCCAST_API int32_t bccast_blast_purge(bccast_engine *engine, const char *provider, const char *blast);

/* Sends what failed for good once more: of this blast, on every channel, and nothing else. Its deadline begins anew.
 * *out_count (may be NULL): how many items. DONE: nothing had failed. STATE: not sent, or recalled. [writes] */
BCCAST_API int32_t bccast_blast_retry_failed(bccast_engine *engine, const char *provider, const char *blast,
                                             int64_t *out_count);

/* How far a blast is. One row for each channel, and last one with channel empty that counts people (pending
 * when so on any channel, else failed when so on any, else done when so on any, else skipped; without
 * channels: done). Always done + failed + skipped + pending = recipients.
 *   channel state recipients done failed skipped deferred pending opened replied sent_at_ms deadline_ms
 *   overdue why left_ms removed on_device
 * state of a channel's row: open, paused, finished; of the last: the blast's. opened and replied are in the last row
 * only. deferred: of the pending, those that wait for the end of quiet hours or their turn at the channel's rate.
 * overdue is 1 when something else is pending at the deadline, also what waits for a timezone to be known; why then says
 * why. left_ms: how long the rest takes at the pace so far, where that is known. Of a recalled blast, on each channel: on_device, who was told of it, or has it
 * from a deliverer who could not take it back (yet); removed, all others. [reads] */
BCCAST_API int32_t bccast_blast_status(bccast_engine *engine, const char *provider, const char *blast,
                                       bccast_rows **out_rows);
/* The recipients of a sent blast, in the order of the roster, one row for each channel (one in all without
 * channels): client client_name thread channel state reason attempts next_at_ms opened_at_ms replied.
 * state: pending, in_flight, retry, done, failed, skipped. reason of who was skipped: archived, notify_off, no_address,
 * already_read, skipped_by_notifier, erased, provider_archived, not_delivered, channel_removed, recalled, same_address (of
 * several recipients at one address one is told). reason quiet_hours: it waits for their end, at next_at_ms;
 * unknown_zone: there are quiet hours, and this machine does not know its timezone; looked at again at next_at_ms. Of a
 * recalled blast the reason of done is on_device, or removed when a deliverer has taken it back. client and client_name
 * are empty for who was erased.
 * `filter`: state=, channel=, opened=0|1, replied=0|1. STATE: a draft has no recipients. [reads] */
BCCAST_API int32_t bccast_blast_recipients(bccast_engine *engine, const char *provider, const char *blast,
                                           const char *filter, const char *cursor, uint32_t limit,
                                           bccast_rows **out_rows);
/* Which of `n` clients have a sent blast, in the order of the list: client thread. Ids that do not, are unknown or
 * malformed are left out. Column as in bccast_directory_client_put_many. STATE: a draft. [reads] */
BCCAST_API int32_t bccast_blast_find(bccast_engine *engine, const char *provider, const char *blast, size_t n,
                                     const char *ids, const uint64_t *id_offsets, bccast_rows **out_rows);
/* What happened to one client of the roster: columns as bccast_blast_recipients. A recipient: one row for each
 * channel. Anybody else: one row, state left_out, with the reason: archived, off, deselected (at the moment of
 * sending), not_chosen, added_later (to the roster). Of a draft, what would: chosen, or left_out. [reads] */
BCCAST_API int32_t bccast_blast_why(bccast_engine *engine, const char *provider, const char *blast,
                                    const char *client, bccast_rows **out_rows);
/* The provider's blasts, newest first: blast state created_at_ms sent_at_ms recipients key_given actor sent_by
 * text done failed skipped pending opened replied. The last six count people, as the last row of bccast_blast_status
 * does; of a blast on several channels done, failed, skipped and pending are empty: there they take a look at all
 * recipients, which only bccast_blast_status takes. `filter`: state=. [reads] */
BCCAST_API int32_t bccast_blast_list(bccast_engine *engine, const char *provider, const char *filter,
                                     const char *cursor, uint32_t limit, bccast_rows **out_rows);

/* ---- Threads, as a client sees them ------------------------------------------------------------------ */

/* A client's threads, the one with the latest activity first: thread provider provider_name kind title unread
 * last_at_ms last_text removed last_author last_author_name closed read_seq. kind: private or community. title: of a
 * community. unread: messages by others that the client has not read; read_seq: it has read up to this one (0: none).
 * last_text, and whose (as in bccast_client_messages), is that of the newest message; removed: 1 when that was taken
 * away. closed: 1 when nobody can write there any more. `filter`: unread=0|1, thread=ID (one row; none when the client
 * has no such thread, whatever the reason). Listing is not reading. NOT_FOUND: no such client. [reads] */
BCCAST_API int32_t bccast_client_threads(bccast_engine *engine, const char *client, const char *filter,
                                         const char *cursor, uint32_t limit, bccast_rows **out_rows);
/* The messages of a thread: seq author author_name text at_ms removed. seq begins at 1; in a community a member
 * sees from its joining on. author: the provider's id, the client's own, or in a community a member's keyed id
 * (bccast_client_members); empty, with removed 1 and no text, for who was erased. direction 1: from `from_seq` (0:
 * the first) upwards; -1: from `from_seq` (0: the newest) downwards. At most `limit` rows, and at most 8 MiB of
 * them. NOT_FOUND: no such thread. [reads] */
BCCAST_API int32_t bccast_client_messages(bccast_engine *engine, const char *client, const char *thread,
                                          int64_t from_seq, int32_t direction, uint32_t limit,
                                          bccast_rows **out_rows);
/* Writes a message into a thread. In a private one only its provider sees it, and is notified; in a community the
 * provider and the members of that moment. `key` may be NULL; the same key again (of this client in this thread)
 * writes nothing and gives EXISTS with the first one's outputs. Outputs may be NULL. NOT_FOUND: no such thread.
 * STATE: it is closed. [writes] */
BCCAST_API int32_t bccast_client_reply(bccast_engine *engine, const char *client, const char *thread,
                                       const char *key, const char *text, size_t length, int64_t *out_seq,
                                       int64_t *out_at_ms);
/* The client has read all up to and including `up_to_seq` (clamped to the newest). "Opened" is just this, with
 * up_to_seq of 1 or more. Never goes back. NOT_FOUND: no such thread. [writes] */
BCCAST_API int32_t bccast_client_read(bccast_engine *engine, const char *client, const char *thread,
                                      int64_t up_to_seq);
/* How many of the client's threads have messages by others that it has not read, and how many such messages.
 * Outputs may be NULL. NOT_FOUND: no such client. [reads] */
BCCAST_API int32_t bccast_client_unread(bccast_engine *engine, const char *client, int64_t *out_threads,
                                        int64_t *out_messages);
/* The members of a community, by name: member member_name since_ms me. member: 32 letters that stand for the person
 * in this community alone, and author its messages here; the client's own id in its own row, where me is 1. Times
 * in whole seconds. NOT_FOUND: no such thread, or not a community. [reads] */
BCCAST_API int32_t bccast_client_members(bccast_engine *engine, const char *client, const char *thread,
                                         bccast_rows **out_rows);

/* ---- Threads, as a provider sees them ---------------------------------------------------------------- */

/* The thread in which provider and client write to each other outside of blasts; never a blast's thread. The
 * same id each time. The client sees it once there is a message. NOT_FOUND: not on the roster. STATE: the client is
 * archived, and there is no such thread yet. [reads] */
BCCAST_API int32_t bccast_provider_direct(bccast_engine *engine, const char *provider, const char *client,
                                          char out_thread[BCCAST_ID_SIZE]);
/* Threads in which somebody has written besides the blast, direct ones and communities; the latest activity first:
 * thread client client_name kind title blast unread last_at_ms last_text last_author last_author_name last_actor
 * removed read_seq. blast: empty but for a blast's threads. client: empty for a community, and for who was erased.
 * read_seq: the provider has read up to this message. `filter`: unread=0|1, replied=0|1 (the client, or a member, has
 * written), client=ID, blast=ID, thread=ID (one row, or none; of a blast also when nobody else has written there).
 * (A blast's untouched threads are among its recipients.) [reads] */
BCCAST_API int32_t bccast_provider_threads(bccast_engine *engine, const char *provider, const char *filter,
                                           const char *cursor, uint32_t limit, bccast_rows **out_rows);
/* As the client's functions of the same names; authors are the host's ids, and messages have one more column,
 * actor: who wrote for the provider, empty: the provider. bccast_provider_reply, STATE: the provider is archived,
 * the client erased, or the thread a new one with an archived client. [reads] [writes] [writes] [reads] */
BCCAST_API int32_t bccast_provider_messages(bccast_engine *engine, const char *provider, const char *thread,
                                            int64_t from_seq, int32_t direction, uint32_t limit,
                                            bccast_rows **out_rows);
BCCAST_API int32_t bccast_provider_reply(bccast_engine *engine, const char *provider, const char *thread,
                                         const char *key, const char *text, size_t length, int64_t *out_seq,
                                         int64_t *out_at_ms);
BCCAST_API int32_t bccast_provider_read(bccast_engine *engine, const char *provider, const char *thread,
                                        int64_t up_to_seq);
BCCAST_API int32_t bccast_provider_unread(bccast_engine *engine, const char *provider, int64_t *out_threads,
                                          int64_t *out_messages);

/* ---- Communities, as their provider keeps them ------------------------------------------------------- */

/* A new community: a thread whose members see each other's names and messages. It begins without members; the
 * provider alone puts them there, one by one or as a list, never by a rule. A second call makes a second community.
 * `title`: 1 to BCCAST_MAX_TITLE bytes, for all members to see. [writes] */
BCCAST_API int32_t bccast_provider_community(bccast_engine *engine, const char *provider, const char *title,
                                             char out_thread[BCCAST_ID_SIZE]);
/* Sets one thing of a community. Keys: title; max_members (1 to BCCAST_MAX_MEMBERS, 50 unless set; fewer than there
 * are puts nobody out). NOT_FOUND: no such community. [writes] */
BCCAST_API int32_t bccast_provider_community_set(bccast_engine *engine, const char *provider, const char *thread,
                                                 const char *key, const char *value);
/* Adds clients of the roster to a community. They see what is written from then on, and each other. For each item,
 * as in bccast_directory_client_put_many: OK; EXISTS: it is a member; NOT_FOUND: not on the roster; STATE:
 * archived; LIMIT: the community is full. Of one client these are the result. [writes] */
BCCAST_API int32_t bccast_provider_community_add(bccast_engine *engine, const char *provider, const char *thread,
                                                 const char *client);
BCCAST_API int32_t bccast_provider_community_add_many(bccast_engine *engine, const char *provider, const char *thread,
                                                      size_t n, const char *ids, const uint64_t *id_offsets,
                                                      int32_t *out_results);
/* Takes a client out: it loses the thread; what it wrote stays. NOT_FOUND: no such community, or
 * not a member. [writes] */
BCCAST_API int32_t bccast_provider_community_remove(bccast_engine *engine, const char *provider, const char *thread,
                                                    const char *client);
/* The members, by name: client client_name member since_ms actor. member: what the others see as its id. actor: who
 * added it, empty: the provider. [reads] */
BCCAST_API int32_t bccast_provider_members(bccast_engine *engine, const char *provider, const char *thread,
                                           bccast_rows **out_rows);

/* ---- Threads and the host's own ---------------------------------------------------------------------- */

/* Binds a thread to the host's own name for it (1 to BCCAST_MAX_ID bytes), which one thread has at most; another
 * name replaces it, NULL or "" takes it away. EXISTS: bound so already. CONFLICT: the name is another thread's.
 * NOT_FOUND: no such thread. [writes] */
BCCAST_API int32_t bccast_thread_bind(bccast_engine *engine, const char *thread, const char *host_ref);
/* The thread with that name. NOT_FOUND: none. [reads] */
BCCAST_API int32_t bccast_thread_find(bccast_engine *engine, const char *host_ref,
                                      char out_thread[BCCAST_ID_SIZE]);

/* ---- Channels ---------------------------------------------------------------------------------------- */

/* Makes a channel of the store; attaching a handler by config does it too. Blasts sent and messages written from then
 * on make work for it, whoever sends them; a process without a handler for it leaves that work to others. `role`:
 * "notify", it tells people that there is something new; "deliver", it puts the messages themselves into the host's own
 * threads. Where there are channels that deliver, a person is notified of a message after it was delivered, and not
 * when that failed. What is written through an engine whose config names a channel as own_channel (replies, direct
 * messages, posts; not blasts) came by it, and is not delivered there again. EXISTS: it was there with this role.
 * CONFLICT: with another. [writes] */
BCCAST_API int32_t bccast_channel_put(bccast_engine *engine, const char *channel, const char *role);
/* Sets one thing of a channel, from the next claim on; `value` NULL or "": as if never set. Keys:
 *   paused       "on": nothing is handed out, work waits; "off"
 *   rate         items a second, of all processes together: up to 1000000, with up to three decimals ("0.5"); 0: no limit
 *                (unless set). At most a second's worth is saved up. Retries count; what is left out does not
 *   concurrency  how many batches may be claimed at once, of all processes together; 0: no limit (unless set)
 *   quiet_hours  "21:00-08:00": who is in them, by the clock of its timezone, else the provider's, else UTC, is told when
 *                they end (unless read by then); "": none (unless set). Channels that notify only. A timezone that is set
 *                but that this machine does not know is not guessed: whoever it is of is not told, and is looked at again
 *                every hour (reason unknown_zone)
 *   fail_percent, fail_window, fail_action
 *                when so many per cent (1 to 100, 50 unless set; 0: never) of the last fail_window (50 to 100000, 200
 *                unless set) items or more failed or are to be tried again, its breaker opens ("breaker", unless set), or
 *                it is paused ("pause"). Batches that fail as a whole open the breaker at once, whatever is set
 * ARGUMENT: no such key, or not one of its values. NOT_FOUND: no such channel. [writes] */
BCCAST_API int32_t bccast_channel_set(bccast_engine *engine, const char *channel, const char *key, const char *value);
/* Removes a channel. All that was still to be done on it is left out (skipped, with the reason channel_removed), so that
 * blasts finish; what is in flight counts as left out, whatever is still reported of it. Putting the channel again makes
 * a new one. PARTIAL: it is removed, but what something damaged has of it stays pending. NOT_FOUND: no such channel.
 * [writes] */
BCCAST_API int32_t bccast_channel_remove(bccast_engine *engine, const char *channel);
/* The channels by name: channel role paused failing_since_ms last_reason pending worker_seen_ms rate concurrency
 * fail_percent fail_window fail_action quiet_hours due_at_ms unknown_zones. last_reason: why it fails, or was paused by
 * its threshold. pending counts what has not ended yet. worker_seen_ms: when somebody last took up work, to the minute;
 * empty: nobody ever did. rate, concurrency: as set, empty: no limit. due_at_ms: when there is next something for a worker
 * to do, now or later (a retry, the end of quiet hours, of a lease, of a rest); empty: nothing, or it is paused.
 * unknown_zones: of a channel with quiet hours, the timezones of clients and providers that this machine does not know,
 * joined by ",", at most ten: nobody there is told; empty: none. [reads] */
BCCAST_API int32_t bccast_channel_list(bccast_engine *engine, bccast_rows **out_rows);

/* ---- Work -------------------------------------------------------------------------------------------- */

/* Three ways to have the work done, in any mix, in any number of processes of one machine (docs/embedding.md):
 * bccast_pump on a thread of the host's, when bccast_fd or bccast_next says so; bccast_start, threads of the library's;
 * or bccast_claim, for hosts that send by themselves. The first two call the handlers that the config attached. */

/* Works the queue on the calling thread: claims what is due on the channels this engine has handlers for, calls them, and
 * stores the outcome, until nothing is due or a limit is reached: `max_items` items or `budget_us` microseconds, 0: no
 * limit. A batch is as large as what is left of both allows, by what items have cost so far: while that is steady, a
 * call overruns its budget by one item or one budget at most, whichever is longer, and never does nothing. Where nothing
 * limits it, messages and what else is due (a schedule, the rows that a recall left behind) take turns. OK: stopped by a
 * limit, more is due now. DONE: nothing due; *out_next_ms says in how many milliseconds something will be, -1: nothing
 * known. On an error *out_next_ms says when to try again; what could not be stored is kept, and nothing more is sent
 * before it is. CORRUPT: something is damaged; it is passed by, what could not be stored because of it holds up its own
 * channel alone, and all else that was due has been done. A failing handler is no error of pump. *out_done counts items
 * that ended, in whatever way. Outputs may be NULL. REENTRANT inside a callback. [writes] */
BCCAST_API int32_t bccast_pump(bccast_engine *engine, uint32_t max_items, uint32_t budget_us,
                               uint64_t *out_done, int64_t *out_next_ms);
/* In how many milliseconds pump has something to do; 0: now; -1: nothing known. [reads] */
BCCAST_API int32_t bccast_next(bccast_engine *engine, int64_t *out_next_ms);
/* A file descriptor that becomes readable when pump (or claim, of an engine without handlers) has something to do: due
 * now or, by a timer of its own, later; made by this engine, another thread, or another process. For poll, epoll and the
 * like; never read, write or close it: it is the engine's. It is quiet again once pump or claim was entered, until there
 * is something new, a batch that was claimed is completed while more is due, or pump was stopped by a limit. A host that
 * does not look at its events is not woken for them. Linux only. [reads] */
BCCAST_API int32_t bccast_fd(bccast_engine *engine, int32_t *out_fd);
/* Blocks until there is something to do, bccast_wake is called, or `timeout_ms` have passed (-1: no limit). OK: look;
 * DONE: the time has passed. REENTRANT inside a callback. [reads] */
BCCAST_API int32_t bccast_wait(bccast_engine *engine, int64_t timeout_ms);
/* Makes bccast_wait return and bccast_fd readable, now or, when nobody waits, next time: "look". May be called from any
 * thread and any callback; a queue of the host's calls it when it was rung. [memory] */
BCCAST_API int32_t bccast_wake(bccast_engine *engine);
/* Starts `n` (1 to 64) threads that do what pump does until bccast_stop. They block all signals. STATE: started
 * already. [memory] */
BCCAST_API int32_t bccast_start(bccast_engine *engine, uint32_t n);
/* Lets the threads finish the batches in their hands, and ends them. BUSY: not within `timeout_ms`; they end when they
 * can, and stop may be called again. bccast_close stops by itself. OK when there are none. REENTRANT inside a callback.
 * [writes] */
BCCAST_API int32_t bccast_stop(bccast_engine *engine, int64_t timeout_ms);

/* What became of an item later: a mail that came back, a push token that is dead. `item`: its id. `status`:
 * BCCAST_ITEM_FAILED (it had been done), BCCAST_ITEM_RETRY (send it again), BCCAST_ITEM_DONE (it arrived after all).
 * `reason` as in bccast_batch_set. EXISTS: so it was. STATE: it has not ended yet, or cannot be sent again: its blast was
 * recalled, or its channel removed. NOT_FOUND: no such item, or nothing is kept of it: of single messages' notices, only
 * failures are. [writes] */
BCCAST_API int32_t bccast_report(bccast_engine *engine, const char *item, int32_t status, const char *reason);

/* ---- Batches: what a handler is given, or a host claims ---------------------------------------------- */

#define BCCAST_ITEM_DONE 0      /* handed over */
#define BCCAST_ITEM_RETRY 1     /* not now: again later */
#define BCCAST_ITEM_FAILED 2    /* never */
#define BCCAST_ITEM_SKIPPED 3   /* need not be */
#define BCCAST_ITEM_NOT_TRIED 4 /* given back as it was */

/* Claims at most `max_items` items that are due on a channel; 0: as many as fit well into a lease, by how long batches
 * took so far. They are this batch's for lease_ms of the config (its lease; 60 s unless set): whoever has not completed
 * it by then may find it claimed by another, and sent twice. A lease that would last too long because the system's clock
 * was set back begins anew; a clock that is set forward ends leases as if the time had passed. What a process had in
 * hand that died is claimed by others within two leases. DONE: nothing is due; *out_batch is NULL. A call that finds only
 * people to be left out, or to wait for the end of quiet hours, says DONE after some 20 ms, and bccast_fd is readable: call
 * again. Complete the batch, or free it. NOT_FOUND: no such channel. [writes] */
BCCAST_API int32_t bccast_claim(bccast_engine *engine, const char *channel, uint32_t max_items,
                                bccast_batch **out_batch);
/* The items of a batch, borrowed: valid as long as the batch, not to be freed. Columns: id to_kind to address to_name
 * thread at_ms locale. id is the same at every attempt, so that what was handed over before a crash is known again; whoever
 * is to be told anew of the same message gets another. to_kind: client or provider. to: the host's id. To notify there
 * is no text, no blast, no provider and no count in it. To deliver there are besides: provider provider_name client kind
 * title seq author author_name. client: of a private thread. kind, title: of the thread. seq, author, author_name: of the
 * message, as its reader is shown them (bccast_client_messages, bccast_provider_messages). action: deliver, or retract
 * (of all items: take back what was delivered, known by its id, or by thread and seq). text: the message; NULL to
 * retract. Items whose text is the same share it: ask for the cell of an item, which is no copy. address may be empty.
 * NULL when `batch` is no batch. [memory] */
BCCAST_API const bccast_rows *bccast_batch_rows(const bccast_batch *batch);
/* What became of item `item` (0 to rows - 1): BCCAST_ITEM_*. `reason` may be NULL: a short class ("mailbox_full") and,
 * after a colon, at most 200 bytes of detail that only the operator sees (bccast_channel_list). `retry_after_ms`: not
 * before that, 0 to BCCAST_MAX_RETRY_AFTER_MS; -1: as the library's schedule says. ARGUMENT: more, or another value that
 * cannot be; nothing was set, and the item counts as done unless it is set again. [memory] */
BCCAST_API int32_t bccast_batch_set(bccast_batch *batch, size_t item, int32_t status, const char *reason,
                                    int64_t retry_after_ms);
/* Makes the lease last `ms` (1 to 600,000) from now. CONFLICT: another has taken the batch over, or reported it; stop
 * sending. [writes] */
BCCAST_API int32_t bccast_batch_extend(bccast_batch *batch, int64_t ms);
/* Reports the next `n` items, in their order: `statuses` (n of BCCAST_ITEM_*), or NULL: as they were set, else done. In
 * one part or several; 0: all that are left. Any thread may. After the last part only bccast_batch_free remains to be
 * called. CONFLICT: some had been reported by another who took the batch over; what ended then stays as it was. On any
 * other error nothing was reported: call again. [writes] */
BCCAST_API int32_t bccast_batch_complete(bccast_batch *batch, size_t n, const int32_t *statuses);
/* Frees a batch that was claimed or kept; what was not reported is given back as it was, and may be claimed at once. (A
 * handler that gives one back is called again after a second.) NULL is fine. A batch that is lent to a callback ends
 * with the callback: freed in it, it cannot be kept, and is given back when the callback answers PENDING. [writes] */
BCCAST_API void bccast_batch_free(bccast_batch *batch);

/* ---- Events ------------------------------------------------------------------------------------------ */

/* What has happened, for a reader of that name (1 to BCCAST_MAX_KEY bytes), oldest first, from its last acknowledgement
 * on: event provider kind object at_ms. The same again until bccast_events_ack, also after a crash. A reader sees what
 * happens after its first call; events that all readers have acknowledged, or that are older than events_keep_ms (of the
 * config; a week unless set), are forgotten. provider: whose; empty: the store's. object: the id of what it is about.
 *   blast.sent, blast.finished          the blast
 *   blast.missed                        a schedule that could not go: a draft again
 *   blast.paused, blast.resumed, blast.recalled
 *   blast.overdue                       something of it is late; once for each deadline
 *   message.created, thread.read        the thread
 *   roster.changed                      the client; empty: many
 *   channel.failing, channel.working    the channel, when its breaker opens and at the first success after it
 *   channel.paused                      the channel, when too much failed and its fail_action is pause
 *   clock.stepped                       nothing: the system's clock was set, and schedules wait
 *   log.pinned                          nothing: the store's log has passed 64 MiB and grows, since somebody reads an
 *                                       older state and does not end; once from each process that notices
 * No event holds a text, name or address. [reads], but the first call of a reader [writes] */
BCCAST_API int32_t bccast_events(bccast_engine *engine, const char *reader, uint32_t limit, bccast_rows **out_rows);
/* The reader has dealt with all up to and including `event`. EXISTS: it had. NOT_FOUND: no such event, or no such
 * reader. [writes] */
BCCAST_API int32_t bccast_events_ack(bccast_engine *engine, const char *reader, const char *event);

/* ---- Operation --------------------------------------------------------------------------------------- */

/* Blasts that are late, the oldest deadline first; `provider` NULL: of all. provider blast state recipients pending
 * deferred deadline_ms why left_ms. pending, deferred: over all channels. why, left_ms: as in bccast_blast_status.
 * What quiet hours or a channel's rate defer is not late: it has a later deadline. [reads] */
BCCAST_API int32_t bccast_operate_overdue(bccast_engine *engine, const char *provider, const char *cursor,
                                          uint32_t limit, bccast_rows **out_rows);
/* bccast_blast_purge for all that were recalled before `before_ms`. *out_count (may be NULL): how many. PARTIAL: as there,
 * or blasts among them are damaged, and were left as they are (bccast_operate_verify names them). [writes] */
BCCAST_API int32_t bccast_operate_purge(bccast_engine *engine, int64_t before_ms, int64_t *out_count);
/* Looks through the whole store: one row for each thing that is wrong, none when all is well: kind object
 * detail. Every row, text and bitmap is checked, and counts and indexes against what they count. [reads] */
BCCAST_API int32_t bccast_operate_verify(bccast_engine *engine, bccast_rows **out_rows);
/* Moves what is in the write-ahead log into the database file, and empties the log. Moving happens by itself as the
 * log grows. BUSY: somebody reads an older state; what could be moved was moved. [writes] */
BCCAST_API int32_t bccast_operate_checkpoint(bccast_engine *engine);
/* The store as it is, one row: held debts indexing. held: 1 when nothing is handed out until bccast_operate_release. debts: erasures
 * and purges whose bytes may still be in the log; they are settled by themselves (bccast_directory_client_erase). indexing: 1
 * while names and addresses are indexed anew, since the ICU library is a later one than before: nothing is handed out, until
 * whoever pumps or claims has done it. [reads] */
BCCAST_API int32_t bccast_operate_status(bccast_engine *engine, bccast_rows **out_rows);

/* Writes a whole copy of the store, as it is at one moment, into a new file with mode 0600, while others read and write; a
 * file that `path` names is never touched. The file gets its name when it is complete and on the disk; what a crash leaves
 * has the name with ".bccast-partial" behind it, and the next backup to that path writes over it. It holds nothing that
 * was erased, purged or deleted before. A backup that is opened as a store is held (bccast_operate_release); a file that
 * was copied by other means, while nobody had it open, is not. The log is not emptied meanwhile: it grows with what is
 * written. PARTIAL: the backup is made, but rows of the store are damaged, and they are in it as they are;
 * bccast_operate_verify, here or there, names them and looks at all else. CONFLICT: there is a file of that name. BUSY:
 * another backup to it is being made. [reads], and may wait for the disk for as long as copying takes */
BCCAST_API int32_t bccast_operate_backup(bccast_engine *engine, const char *path);
/* Lets a held store go. A store is held when it was made by bccast_operate_backup or bccast_restore: what was done since
 * the backup it does not know, so it would tell people once more, or send what was recalled. Until this everything can be
 * read, and written: replies, drafts, sendings, schedules, recalls are taken and stay in the queue, so that an operator can
 * first put right what is behind. But nothing is handed out (bccast_pump and bccast_claim give DONE), no schedule goes, and
 * no deadline passes; bccast_operate_overdue says that the store is held. Once released, schedules go that are not later than
 * late_limit_ms, and what is late is said. For all processes, at once, and for good. EXISTS: it was not held. [writes] */
BCCAST_API int32_t bccast_operate_release(bccast_engine *engine);
/* Puts a copy of `backup` at `path`, in place of the store that is there, if any: held, without a log of the old one, and
 * with its owner, group and mode (0600 where there is none). STORAGE, and nothing is replaced: it belongs to another user,
 * to whom this process may not give the copy. A group that it may not give has no rights in the copy. `backup` is a file made by bccast_operate_backup, or any store that nobody writes; it stays as it is. It is
 * first looked through as by bccast_operate_verify. The old store is replaced at once and as a whole, or stays as it
 * was. Of a provider that the backup has, ids of blasts, communities and notifications made from now on lie behind a gap, so
 * that none of those that the lost store gave after the backup is given again; providers, places on a roster and messages
 * of a thread that were made after it have none. BUSY: somebody, of this process or another, has the store at `path` open. FORKED: a parent process had
 * one of the two files open as it forked. CONFLICT: somebody has made, or moved, a store at `path` meanwhile; it stays. NOT_FOUND: there
 * is no backup. CORRUPT: the backup is damaged; or what is at `path` is no store, or a damaged one: move it away first.
 * SCHEMA: one of them is of another program. ARGUMENT: they are one file. Needs no engine, and belongs to the operator. [writes] */
BCCAST_API int32_t bccast_restore(const char *backup, const char *path);

#ifdef __cplusplus
}
#endif

#endif /* BCCAST_BCCAST_H */
