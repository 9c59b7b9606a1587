/* A host that lets the library do the work on threads of the library's, and waits for a blast to be finished.
 */
#include <bccast/bccast_ext.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void check(int32_t code) {
  if (code >= 0) return;
  fprintf(stderr, "%s: %s\n", bccast_code_name(code), bccast_error_message());
  exit(1);
}

/* Called on one of the library's threads. A handler that is slow asks for more time before its lease is over.
 */
static int32_t notify(void* self, bccast_batch* batch) {
  (void)self;
  check(bccast_batch_extend(batch, 120000));
  printf("told %u\n", (unsigned)bccast_rows_count(bccast_batch_rows(batch)));
  fflush(stdout);
  return BCCAST_OK;
}

static int is_finished(bccast_engine* engine, const char* blast) {
  bccast_rows* rows = NULL;
  const char* state = "";
  int finished = 0;
  check(bccast_blast_get(engine, "dr-lee", blast, &rows));
  check(bccast_rows_get_text(rows, 0, "state", &state, NULL));
  finished = strcmp(state, "finished") == 0;
  bccast_rows_free(rows);
  return finished;
}

int main(void) {
  static const char* const clients[] = {"ana", "ben", "cal"};
  const struct bccast_notifier_vtbl notifier = {sizeof notifier, 0, notify, NULL};
  const char* const text = "The practice is closed on Friday.";
  bccast_config* config = NULL;
  bccast_engine* engine = NULL;
  char blast[BCCAST_ID_SIZE];
  size_t i;

  check(bccast_config_new(&config));
  check(bccast_config_notifier(config, "email", &notifier, NULL));
  check(bccast_open(":memory:", config, &engine));
  bccast_config_free(config);
  check(bccast_start(engine, 2));

  check(bccast_directory_provider_put(engine, "dr-lee", "Dr. Lee"));
  for (i = 0; i < 3; ++i) {
    char address[32];
    snprintf(address, sizeof address, "%s@example.org", clients[i]);
    check(bccast_directory_client_put(engine, clients[i], clients[i], address));
    check(bccast_directory_roster_add(engine, "dr-lee", clients[i]));
  }
  check(bccast_blast_create(engine, "dr-lee", NULL, blast));
  check(bccast_blast_select_all_active(engine, "dr-lee", blast));
  check(bccast_blast_write(engine, "dr-lee", blast, text, strlen(text)));
  check(bccast_blast_send(engine, "dr-lee", blast, NULL));

  while (!is_finished(engine, blast)) check(bccast_wait(engine, 10)); /* at most so many milliseconds */
  printf("finished\n");
  check(bccast_stop(engine, 10000));
  check(bccast_close(engine, 0));
  return 0;
}
