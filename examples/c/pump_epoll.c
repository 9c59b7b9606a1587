/* A server with an event loop. Its epoll set has its own descriptors and one of bccast: when that is
 * readable, the loop pumps for at most 2 ms and goes on. One mailbox is busy at first: the loop sleeps until
 * its second try. */
#define _POSIX_C_SOURCE 200809L
#include <bccast/bccast.h>
#include <bccast/bccast_ext.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

static void check(int32_t result) {
  if (result >= 0) return;
  fprintf(stderr, "%s: %s\n", bccast_code_name(result), bccast_error_message());
  exit(1);
}

struct mailer {
  int told, busy;
};

/* Called by bccast_pump, on the loop's thread: it should be quick, or hand the batch on (BCCAST_PENDING). */
static int32_t notify(void* self, bccast_batch* batch) {
  struct mailer* mailer = self;
  const bccast_rows* items = bccast_batch_rows(batch);
  for (size_t i = 0; i < bccast_rows_count(items); ++i) {
    const char* address = NULL;
    check(bccast_rows_get_text(items, i, "address", &address, NULL));
    if (mailer->busy == 0 && strcmp(address, "c2@example.org") == 0) {
      mailer->busy = 1;
      check(bccast_batch_set(batch, i, BCCAST_ITEM_RETRY, "mailbox_busy", 200)); /* ms */
    } else {
      ++mailer->told;
    }
  }
  return BCCAST_OK; /* what was not set is done */
}

static void watch(int epoll, int fd) {
  struct epoll_event event = {0};
  event.events = EPOLLIN;
  event.data.fd = fd;
  if (epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event) != 0) exit(1);
}

/* What the server is there for: here somebody presses "send". */
static void serve(bccast_engine* engine, int connection) {
  char blast[BCCAST_ID_SIZE], byte;
  const char* text = "We are closed on Monday.";
  if (read(connection, &byte, 1) != 1) exit(1);
  check(bccast_blast_create(engine, "dr-lee", NULL, blast));
  check(bccast_blast_select_all_active(engine, "dr-lee", blast));
  check(bccast_blast_write(engine, "dr-lee", blast, text, strlen(text)));
  check(bccast_blast_send(engine, "dr-lee", blast, NULL));
}

int main(int argc, char** argv) {
  struct mailer mailer = {0, 0};
  const struct bccast_notifier_vtbl notifier = {sizeof notifier, 0, notify, NULL};
  bccast_config* config = NULL;
  bccast_engine* engine = NULL;
  int32_t work = -1;
  int sockets[2], epoll = epoll_create1(0), wakeups = 0;
  if (epoll < 0 || pipe(sockets) != 0) return 1;
  check(bccast_config_new(&config));
  check(bccast_config_notifier(config, "email", &notifier, &mailer));
  check(bccast_open(argc > 1 ? argv[1] : ":memory:", config, &engine));
  bccast_config_free(config);
  check(bccast_directory_provider_put(engine, "dr-lee", "Dr. Lee"));
  for (int i = 1; i <= 3; ++i) {
    char id[16], address[32];
    snprintf(id, sizeof id, "c%d", i);
    snprintf(address, sizeof address, "c%d@example.org", i);
    check(bccast_directory_client_put(engine, id, NULL, address));
    check(bccast_directory_roster_add(engine, "dr-lee", id));
  }
  check(bccast_fd(engine, &work));
  watch(epoll, work);
  watch(epoll, sockets[0]);
  if (write(sockets[1], "x", 1) != 1) return 1;

  while (mailer.told < 3) {
    struct epoll_event ready[8];
    const int count = epoll_wait(epoll, ready, 8, 10000);
    if (count <= 0) return 1;
    ++wakeups;
    for (int i = 0; i < count; ++i) {
      if (ready[i].data.fd == work) {
        check(bccast_pump(engine, 0, 2000, NULL, NULL)); /* what is left makes it readable again */
      } else {
        serve(engine, ready[i].data.fd);
      }
    }
  }
  printf("told %d\n", mailer.told);
  printf(wakeups < 20 ? "the loop slept in between\n" : "the loop span\n");
  check(bccast_close(engine, 0));
  return 0;
}
