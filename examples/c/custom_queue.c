/* Two processes on one store: one sends, the other does the work. A queue of the host's carries the news from
 * the one to the other; here it is a pipe, elsewhere a message broker. The store is the truth: a ring that is
 * lost costs time only. */
#define _POSIX_C_SOURCE 200809L
#include <bccast/bccast.h>
#include <bccast/bccast_ext.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static void check(int32_t result) {
  if (result >= 0) return;
  fprintf(stderr, "%s: %s\n", bccast_code_name(result), bccast_error_message());
  exit(1);
}

/* The sender's end of the queue: called after each commit that makes work. Must not block. */
static int32_t ring(void* self) {
  const int* bell = self;
  return write(*bell, "!", 1) == 1 ? BCCAST_OK : BCCAST_E_QUEUE;
}

static int32_t notify(void* self, bccast_batch* batch) {
  *(size_t*)self += bccast_rows_count(bccast_batch_rows(batch));
  return BCCAST_OK;
}

/* The other process: hears the bell, wakes its engine, pumps; until nobody can ring any more. */
static void work(const char* store, int bell) {
  size_t told = 0;
  int rings = 0;
  const struct bccast_notifier_vtbl notifier = {sizeof notifier, 0, notify, NULL};
  struct pollfd ready[2];
  bccast_config* config = NULL;
  bccast_engine* engine = NULL;
  check(bccast_config_new(&config));
  check(bccast_config_notifier(config, "email", &notifier, &told));
  check(bccast_open(store, config, &engine));
  bccast_config_free(config);
  ready[0].fd = bell;
  check(bccast_fd(engine, &ready[1].fd));
  ready[0].events = ready[1].events = POLLIN;
  for (int open = 1; open;) {
    char bytes[64];
    if (poll(ready, 2, 10000) <= 0) exit(1);
    if (ready[0].revents != 0) {
      open = read(bell, bytes, sizeof bytes) > 0; /* however many rings: one look */
      rings += open;
      check(bccast_wake(engine));
    }
    check(bccast_pump(engine, 0, 2000, NULL, NULL));
  }
  while (bccast_pump(engine, 0, 0, NULL, NULL) == BCCAST_OK) continue;
  printf("told %zu\n%s\n", told, rings > 0 ? "the bell rang" : "the bell did not ring");
  check(bccast_close(engine, 0));
}

static void send_from(const char* store, int bell) {
  const struct bccast_queue_vtbl queue = {sizeof queue, 0, ring, NULL};
  const char* text = "We are closed on Monday.";
  char blast[BCCAST_ID_SIZE];
  bccast_config* config = NULL;
  bccast_engine* engine = NULL;
  check(bccast_config_new(&config));
  check(bccast_config_queue(config, &queue, &bell));
  check(bccast_open(store, config, &engine));
  bccast_config_free(config);
  check(bccast_channel_put(engine, "email",
                           "notify")); /* this one has no handler for it, and makes work all the same */
  check(bccast_directory_provider_put(engine, "dr-lee", "Dr. Lee"));
  check(bccast_directory_client_put(engine, "c1", "Ana", "ana@example.org"));
  check(bccast_directory_client_put(engine, "c2", "Ben", "ben@example.org"));
  check(bccast_directory_roster_add(engine, "dr-lee", "c1"));
  check(bccast_directory_roster_add(engine, "dr-lee", "c2"));
  check(bccast_blast_create(engine, "dr-lee", NULL, blast));
  check(bccast_blast_select_all_active(engine, "dr-lee", blast));
  check(bccast_blast_write(engine, "dr-lee", blast, text, strlen(text)));
  check(bccast_blast_send(engine, "dr-lee", blast, NULL));
  check(bccast_close(engine, 0));
}

int main(int argc, char** argv) {
  const char* store = argc > 1 ? argv[1] : "custom_queue.db";
  int bell[2], status = 1;
  pid_t worker;
  if (pipe(bell) != 0) return 1;
  worker = fork(); /* first fork, then open: a store is no child's inheritance */
  if (worker == 0) {
    close(bell[1]);
    work(store, bell[0]);
    return 0;
  }
  close(bell[0]);
  send_from(store, bell[1]);
  close(bell[1]);
  return waitpid(worker, &status, 0) == worker && status == 0 ? 0 : 1;
}
