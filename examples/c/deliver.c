/* A server that keeps its threads itself: bccast gives it each message to put there (a channel that
 * delivers), and then tells the person that there is something new (a channel that notifies). */
#include <bccast/bccast.h>
#include <bccast/bccast_ext.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void check(int32_t result) {
  if (result >= 0) return;
  fprintf(stderr, "%s: %s\n", bccast_code_name(result), bccast_error_message());
  exit(1);
}

static const char* text_at(const bccast_rows* rows, size_t row, const char* column) {
  const char* text = NULL;
  check(bccast_rows_get_text(rows, row, column, &text, NULL));
  return text;
}

struct room { /* the server's own: of one client and its provider */
  char name[24], client[24];
};

struct server {
  bccast_engine* engine;
  struct room rooms[10];
  int open, delivered, notified, in_order;
};

/* Finds the room of a thread, and makes it when the thread is new. */
static struct room* room_of(struct server* server, const char* thread, const char* client) {
  char known[BCCAST_ID_SIZE];
  struct room* room = server->rooms;
  for (; room < server->rooms + server->open; ++room) {
    check(bccast_thread_find(server->engine, room->name, known));
    if (strcmp(known, thread) == 0) return room;
  }
  snprintf(room->name, sizeof room->name, "room-%d", ++server->open);
  snprintf(room->client, sizeof room->client, "%s", client);
  check(bccast_thread_bind(server->engine, thread, room->name));
  return room;
}

/* The messages themselves. After a crash one may come again: its id is the same, and so are thread and seq.
 */
static int32_t deliver(void* self, bccast_batch* batch) {
  struct server* server = self;
  const bccast_rows* items = bccast_batch_rows(batch);
  for (size_t i = 0; i < bccast_rows_count(items); ++i, ++server->delivered) {
    struct room* room = room_of(server, text_at(items, i, "thread"), text_at(items, i, "client"));
    printf("%s, for %s: %s\n", room->name, text_at(items, i, "to"), text_at(items, i, "text"));
  }
  return BCCAST_OK;
}

static int32_t notify(void* self, bccast_batch* batch) {
  struct server* server = self;
  server->notified += (int)bccast_rows_count(bccast_batch_rows(batch));
  server->in_order &= server->notified <= server->delivered;
  return BCCAST_OK;
}

int main(int argc, char** argv) {
  struct server server = {0};
  const struct bccast_deliverer_vtbl deliverer = {sizeof deliverer, 0, deliver, NULL, NULL};
  const struct bccast_notifier_vtbl notifier = {sizeof notifier, 0, notify, NULL};
  const char* text = "We are closed on Monday.";
  char blast[BCCAST_ID_SIZE], thread[BCCAST_ID_SIZE];
  bccast_config* config = NULL;
  server.in_order = 1;
  check(bccast_config_new(&config));
  check(bccast_config_deliverer(config, "chat", &deliverer, &server));
  check(bccast_config_notifier(config, "email", &notifier, &server));
  check(bccast_open(argc > 1 ? argv[1] : ":memory:", config, &server.engine));
  bccast_config_free(config);
  check(bccast_directory_provider_put(server.engine, "dr-lee", "Dr. Lee"));
  check(bccast_directory_client_put(server.engine, "c1", "Ana", "ana@example.org"));
  check(bccast_directory_client_put(server.engine, "c2", "Ben", "ben@example.org"));
  check(bccast_directory_roster_add(server.engine, "dr-lee", "c1"));
  check(bccast_directory_roster_add(server.engine, "dr-lee", "c2"));
  check(bccast_blast_create(server.engine, "dr-lee", NULL, blast));
  check(bccast_blast_select_all_active(server.engine, "dr-lee", blast));
  check(bccast_blast_write(server.engine, "dr-lee", blast, text, strlen(text)));
  check(bccast_blast_send(server.engine, "dr-lee", blast, NULL));
  check(bccast_pump(server.engine, 0, 0, NULL, NULL));

  /* A client writes in its room: bccast hears of it, and delivers it to the other side. */
  check(bccast_thread_find(server.engine, server.rooms[0].name, thread));
  check(
      bccast_client_reply(server.engine, server.rooms[0].client, thread, NULL, "Thank you!", 10, NULL, NULL));
  check(bccast_pump(server.engine, 0, 0, NULL, NULL));

  printf("delivered %d in %d rooms\n", server.delivered, server.open);
  printf(server.in_order ? "nobody was told before\n" : "somebody was told before\n");
  check(bccast_close(server.engine, 0));
  return 0;
}
