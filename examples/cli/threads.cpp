// bccast threads, messages, reply, read, direct: conversations, as a client or as a provider sees them.
#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include "command.hpp"
#include "commands.hpp"
#include "files.hpp"
#include "filter.hpp"
#include "messages.hpp"
#include "output.hpp"
#include "pages.hpp"
#include "participant.hpp"

namespace cli {
namespace {

constexpr std::int32_t kUpwards = 1;
constexpr std::int32_t kDownwards = -1;

struct ThreadOptions {
  Participant participant;
  std::string thread;
  std::string file;
  std::string key;
  std::string replied;
  std::string client;  // of whom a provider wants the threads, or the direct one
  std::string blast;
  bool unread = false;
  std::optional<std::int64_t> up_to;
  std::uint64_t limit = kNoLimit;
};

Rows messages(const Engine& engine, const ThreadOptions& options, std::int64_t from_seq,
              std::int32_t direction, std::uint32_t limit) {
  Rows rows;
  act(engine, options.participant, bccast_provider_messages, bccast_client_messages, options.thread.c_str(),
      from_seq, direction, limit, rows.out());
  return rows;
}

int list_threads(const Session& session, const ThreadOptions& options) {
  check_participant(options.participant);
  const Engine engine = open_to_read(session);
  const Filter filter = Filter()
                            .add("unread", options.unread ? "1" : "")
                            .add("replied", options.replied)
                            .add("client", options.client)
                            .add("blast", options.blast)
                            .add("thread", options.thread);
  Listing listing(session.json, "threads",
                  {"thread", "client", "client_name", "provider", "provider_name", "kind", "title", "unread",
                   "last_at_ms", "last_text"});
  list_all(listing, options.limit, [&](const char* cursor, std::uint32_t limit, bccast_rows** out) {
    return act(engine, options.participant, bccast_provider_threads, bccast_client_threads, filter.get(),
               cursor, limit, out);
  });
  return kOk;
}

/// The number of the first one of the last `most` messages.
std::int64_t first_of_last(const Engine& engine, const ThreadOptions& options, std::uint64_t most) {
  const Rows newest = messages(engine, options, 0, kDownwards, 1);
  if (newest.count() == 0 || most >= static_cast<std::uint64_t>(newest.number(0, "seq"))) return 1;
  return newest.number(0, "seq") - static_cast<std::int64_t>(most) + 1;
}

int list_messages(const Session& session, const ThreadOptions& options) {
  check_participant(options.participant);
  const Engine engine = open_to_read(session);
  Listing listing(session.json, "messages");
  std::int64_t from = options.limit == kNoLimit ? 0 : first_of_last(engine, options, options.limit);
  for (;;) {
    // A page may hold fewer than it was asked for, as there is a limit for its bytes too.
    const Rows rows = messages(engine, options, from, kUpwards, BCCAST_MAX_LIST);
    if (rows.count() == 0) break;
    if (session.json) {
      listing.add_page(rows);
    } else {
      for (std::size_t i = 0; i < rows.count(); ++i) print_message(rows, i);
    }
    from = rows.number(rows.count() - 1, "seq") + 1;
  }
  if (session.json) listing.end();
  return kOk;
}

int reply(const Session& session, const ThreadOptions& options) {
  check_participant(options.participant);
  const std::string text = read_message(options.file);
  const Engine engine = open_to_write(session, options.participant.acting.actor);
  std::int64_t seq = 0;
  std::int64_t at_ms = 0;
  const char* key = options.key.empty() ? nullptr : options.key.c_str();
  if (act(engine, options.participant, bccast_provider_reply, bccast_client_reply, options.thread.c_str(),
          key, text.data(), text.size(), &seq, &at_ms) == BCCAST_EXISTS) {
    remark("the message with this key was written before; nothing was written again");
  }
  Record().add("thread", options.thread).add("seq", seq).add("at_ms", at_ms).print(session.json);
  return kOk;
}

int mark_read(const Session& session, const ThreadOptions& options) {
  check_participant(options.participant);
  const Engine engine = open_to_write(session);
  // Looked up, so that what is written while this runs is not taken as read.
  const Rows newest = messages(engine, options, 0, kDownwards, 1);
  std::int64_t up_to = newest.count() == 0 ? 0 : newest.number(0, "seq");
  if (options.up_to) up_to = std::min(up_to, *options.up_to);
  act(engine, options.participant, bccast_provider_read, bccast_client_read, options.thread.c_str(), up_to);
  Record().add("thread", options.thread).add("up_to_seq", up_to).print(session.json);
  return kOk;
}

int show_direct(const Session& session, const ThreadOptions& options) {
  const Engine engine = open_to_read(session);
  std::array<char, BCCAST_ID_SIZE> thread{};
  check(bccast_provider_direct(engine.get(), options.participant.acting.provider.c_str(),
                               options.client.c_str(), thread.data()));
  print_id(session.json, "thread", thread.data());
  return kOk;
}

void add_threads(Command program, Session& session, const std::shared_ptr<ThreadOptions>& options) {
  Command command = add_command(program, session, "threads",
                                "The threads of a client or a provider, latest first", options, list_threads);
  add_participant(command, options->participant);
  command.add_flag("--unread", options->unread, "Only those with unread messages");
  add_yes_no(command, "--replied", options->replied, "Only those in which a client has written, or has not");
  command.add_option("--client", options->client, "Only those with this client").not_empty();
  command.add_option("--blast", options->blast, "Only those of this blast").not_empty();
  command.add_option("--thread", options->thread, "Only this one, if it is there").not_empty();
  for (const char* name : {"--replied", "--client", "--blast"}) {
    command.option(name).needs("--as-provider");
  }
  add_limit(command, options->limit);
  add_footer(
      command,
      "A provider sees threads in which somebody has written besides the blast; for the others see\n"
      "`blast recipients`, or name one with --thread.\n"
      "Columns: thread client client_name (or provider provider_name) kind title unread last_at last_text;\n"
      "in JSON also last_author last_author_name removed read_seq, closed (to a client), blast last_actor\n"
      "(to a provider)",
      "--as-client c1 --unread");
}

}  // namespace

void add_thread_commands(Command program, Session& session) {
  auto options = std::make_shared<ThreadOptions>();
  add_threads(program, session, options);

  const auto add = [&](const char* name, const char* help, int (*run)(const Session&, const ThreadOptions&)) {
    Command command = add_command(program, session, name, help, options, run);
    command.add_option("THREAD", options->thread, "The thread").required();
    return command;
  };

  Command listed = add("messages", "The messages of a thread, oldest first", list_messages);
  add_participant(listed, options->participant);
  listed.add_option("--limit", options->limit, "Only that many of the newest; all of them unless given");
  add_footer(listed,
             "Does not mark anything as read: see `bccast read`. In JSON: seq author author_name text at_ms\n"
             "removed, to a provider also actor",
             "5f3a... --as-client c1");

  Command answer = add("reply", "Write a message into a thread", reply);
  add_acting_participant(answer, options->participant);
  answer.add_option("--file", options->file, "The file with the text; - is stdin").required();
  answer.add_option("--key", options->key, "Writes at most once with the same key").not_empty();
  add_footer(answer, "Columns: thread seq at", "5f3a... --as-client c1 --file -");

  Command read = add("read", "Mark the messages of a thread as read", mark_read);
  add_participant(read, options->participant);
  read.add_option("--up-to", options->up_to, "Up to the message with this number; all of them unless given");
  add_footer(read, "Columns: thread up_to_seq", "5f3a... --as-client c1 --up-to 2");

  Command direct =
      add_command(program, session, "direct", "The thread of a provider and a client outside of blasts",
                  options, show_direct);
  direct.add_option("CLIENT", options->client, "The client").required();
  add_provider(direct, options->participant.acting);
  add_footer(direct,
             "The client sees it once there is a message. Prints the thread's id alone; in JSON: thread",
             "c1 --as-provider dr-lee");
}

}  // namespace cli
