/* A blast from start to end: one provider, three clients, one of them archived. */
#include <bccast/bccast.h>
#include <bccast/bccast_ext.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Every result is looked at: below 0 is an error, and the library says which. */
static void check(int32_t result) {
  if (result >= 0) return;
  fprintf(stderr, "%s: %s\n", bccast_code_name(result), bccast_error_message());
  exit(1);
}

static void expect(int holds, const char* what) {
  if (holds) return;
  fprintf(stderr, "This should hold, and does not: %s\n", what);
  exit(1);
}

static const char* text_at(const bccast_rows* rows, size_t row, const char* column) {
  const char* text = NULL;
  check(bccast_rows_get_text(rows, row, column, &text, NULL));
  return text;
}

/* The notifier: who is to be told that there is a new message. What it says is not in here. */
static int32_t notify(void* self, bccast_batch* batch) {
  int* told = self;
  const bccast_rows* items = bccast_batch_rows(batch);
  for (size_t i = 0; i < bccast_rows_count(items); ++i, ++*told) {
    printf("telling %s %s at %s\n", text_at(items, i, "to_kind"), text_at(items, i, "to"),
           text_at(items, i, "address"));
  }
  return BCCAST_OK; /* all of them are done */
}

int main(void) {
  int told = 0;
  const struct bccast_notifier_vtbl notifier = {sizeof notifier, 0, notify, NULL};
  bccast_config* config = NULL;
  bccast_engine* engine = NULL;
  check(bccast_config_new(&config));
  check(bccast_config_notifier(config, "email", &notifier, &told));
  check(bccast_open(":memory:", config, &engine)); /* or a path */
  bccast_config_free(config);

  check(bccast_directory_provider_put(engine, "dr-lee", "Dr. Lee"));
  check(bccast_directory_provider_set(engine, "dr-lee", "address.email", "lee@example.org"));
  check(bccast_directory_client_put(engine, "c1", "Ana", "ana@example.org"));
  check(bccast_directory_client_put(engine, "c2", "Björn", "bjorn@example.org"));
  check(bccast_directory_client_put(engine, "c3", "Chiara", "chiara@example.org"));
  check(bccast_directory_roster_add(engine, "dr-lee", "c1"));
  check(bccast_directory_roster_add(engine, "dr-lee", "c2"));
  check(bccast_directory_roster_add(engine, "dr-lee", "c3"));
  check(bccast_directory_roster_archive(engine, "dr-lee", "c3"));

  /* First who receives it, then what, then send. */
  const char* message = "We are closed on Monday.";
  char blast[BCCAST_ID_SIZE];
  check(bccast_blast_create(engine, "dr-lee", NULL, blast));
  check(bccast_blast_select_all_active(engine, "dr-lee", blast));
  check(bccast_blast_write(engine, "dr-lee", blast, message, strlen(message)));
  check(bccast_blast_send(engine, "dr-lee", blast, NULL));

  /* The messages are there; now those who have one are told. */
  check(bccast_pump(engine, 0, 0, NULL, NULL));
  expect(told == 2, "two clients were told, not the archived one");

  /* Ana reads and replies. */
  bccast_rows* threads = NULL;
  bccast_rows* messages = NULL;
  check(bccast_client_threads(engine, "c1", NULL, NULL, 0, &threads));
  expect(bccast_rows_count(threads) == 1, "Ana has one thread");
  const char* thread = text_at(threads, 0, "thread");
  check(bccast_client_messages(engine, "c1", thread, 0, 1, 0, &messages));
  printf("Ana reads: %s\n", text_at(messages, 0, "text"));
  bccast_rows_free(messages);
  check(bccast_client_read(engine, "c1", thread, 1));
  check(bccast_client_reply(engine, "c1", thread, NULL, "Thank you!", 10, NULL, NULL));
  bccast_rows_free(threads);

  /* Her provider sees it, and is told of it. Nobody else is. */
  check(bccast_provider_threads(engine, "dr-lee", "unread=1", NULL, 0, &threads));
  expect(bccast_rows_count(threads) == 1, "Dr. Lee has one reply");
  printf("Dr. Lee reads: %s: %s\n", text_at(threads, 0, "client_name"), text_at(threads, 0, "last_text"));
  expect(strcmp(text_at(threads, 0, "last_text"), "Thank you!") == 0, "it is the one that Ana wrote");
  bccast_rows_free(threads);
  check(bccast_pump(engine, 0, 0, NULL, NULL));
  expect(told == 3, "Dr. Lee was told");

  check(bccast_close(engine, 0));
  return 0;
}
