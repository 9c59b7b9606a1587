// bccast threads, messages, reply, read, direct: conversations, as a client or as a provider sees them.
#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <iostream>
#include <limits>
#include <optional>
#include <string>
#include <vector>

#include "commands.hpp"
#include "files.hpp"
#include "output.hpp"
#include "pages.hpp"
#include "text.hpp"

namespace cli {
namespace {

constexpr std::int32_t kUpwards = 1;
constexpr std::int32_t kDownwards = -1;

struct ThreadOptions {
  std::string provider;  // one of these two is given
  std::string client;
  std::string thread;
  std::string file;
  std::string key;
  bool unread = false;
  std::optional<std::int64_t> up_to;
  std::uint64_t limit = kNoLimit;
};

/// Calls the function of the one who acts; both take the same arguments. Exactly one of them is given.
template <typename AsProvider, typename AsClient, typename... Arguments>
std::int32_t act(const Engine& engine, const ThreadOptions& options, AsProvider as_provider,
                 AsClient as_client, Arguments... arguments) {
  return check(options.client.empty() ? as_provider(engine.get(), options.provider.c_str(), arguments...)
                                      : as_client(engine.get(), options.client.c_str(), arguments...));
}

Rows messages(const Engine& engine, const ThreadOptions& options, std::int64_t from_seq,
              std::int32_t direction, std::uint32_t limit) {
  Rows rows;
  act(engine, options, bccast_provider_messages, bccast_client_messages, options.thread.c_str(), from_seq,
      direction, limit, rows.out());
  return rows;
}

int list_threads(const Session& session, const ThreadOptions& options) {
  const Engine engine = open_to_read(session);
  Listing listing(
      session.json, "threads",
      {"thread", "client", "client_name", "provider", "provider_name", "unread", "last_at_ms", "last_text"});
  list_all(listing, options.limit, [&](const char* cursor, std::uint32_t limit, bccast_rows** out) {
    return act(engine, options, bccast_provider_threads, bccast_client_threads,
               options.unread ? "unread=1" : nullptr, cursor, limit, out);
  });
  return kOk;
}

void print_messages(const Rows& rows) {
  for (std::size_t i = 0; i < rows.count(); ++i) {
    const std::string name(rows.text(i, rows.text(i, "author_name").empty() ? "author" : "author_name"));
    std::cout << '#' << rows.number(i, "seq") << "  " << iso_time(rows.number(i, "at_ms")) << "  "
              << printable(name) << '\n';
    if (rows.number(i, "removed") != 0) {
      std::cout << "    (removed)\n";
    } else {
      // Indented, so that no text can look like the heading of another message.
      std::cout << printable_lines(rows.text(i, "text"), "    ");
    }
  }
}

/// The number of the first one of the last `most` messages.
std::int64_t first_of_last(const Engine& engine, const ThreadOptions& options, std::uint64_t most) {
  const Rows newest = messages(engine, options, 0, kDownwards, 1);
  if (newest.count() == 0 || most >= static_cast<std::uint64_t>(newest.number(0, "seq"))) return 1;
  return newest.number(0, "seq") - static_cast<std::int64_t>(most) + 1;
}

int list_messages(const Session& session, const ThreadOptions& options) {
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
      print_messages(rows);
    }
    from = rows.number(rows.count() - 1, "seq") + 1;
  }
  if (session.json) listing.end();
  return kOk;
}

int reply(const Session& session, const ThreadOptions& options) {
  const std::string text = read_message(options.file);
  const Engine engine = open_to_write(session);
  std::int64_t seq = 0;
  std::int64_t at_ms = 0;
  const char* key = options.key.empty() ? nullptr : options.key.c_str();
  if (act(engine, options, bccast_provider_reply, bccast_client_reply, options.thread.c_str(), key,
          text.data(), text.size(), &seq, &at_ms) == BCCAST_EXISTS) {
    remark("the message with this key was written before; nothing was written again");
  }
  Record().add("thread", options.thread).add("seq", seq).add("at_ms", at_ms).print(session.json);
  return kOk;
}

int mark_read(const Session& session, const ThreadOptions& options) {
  const Engine engine = open_to_write(session);
  // Looked up, so that what is written while this runs is not taken as read.
  const Rows newest = messages(engine, options, 0, kDownwards, 1);
  std::int64_t up_to = newest.count() == 0 ? 0 : newest.number(0, "seq");
  if (options.up_to) up_to = std::min(up_to, *options.up_to);
  act(engine, options, bccast_provider_read, bccast_client_read, options.thread.c_str(), up_to);
  Record().add("thread", options.thread).add("up_to_seq", up_to).print(session.json);
  return kOk;
}

int show_direct(const Session& session, const ThreadOptions& options) {
  const Engine engine = open_to_write(session);
  std::array<char, BCCAST_ID_SIZE> thread{};
  check(
      bccast_provider_direct(engine.get(), options.provider.c_str(), options.client.c_str(), thread.data()));
  if (session.json) {
    Record().add("thread", std::string(thread.data())).print(true);
  } else {
    std::cout << thread.data() << '\n';  // alone, for scripts
  }
  return kOk;
}

using Command = int (*)(const Session&, const ThreadOptions&);

void run_as(CLI::App* command, Session& session, const std::shared_ptr<ThreadOptions>& options, Command run) {
  command->callback([&session, options, run] {
    if (options->provider.empty() && options->client.empty()) {
      throw Stop(kUsage, "one of --as-provider and --as-client is required");
    }
    session.command = [&session, options, run] { return run(session, *options); };
  });
}

void add_actor(CLI::App* command, ThreadOptions& options) {
  CLI::Option* provider = command->add_option("--as-provider", options.provider, "As this provider");
  CLI::Option* client = command->add_option("--as-client", options.client, "As this client");
  provider->excludes(client);
}

}  // namespace

void add_thread_commands(CLI::App& program, Session& session) {
  auto options = std::make_shared<ThreadOptions>();
  CLI::App* threads =
      program.add_subcommand("threads", "The threads of a client or a provider, latest first");
  add_actor(threads, *options);
  threads->add_flag("--unread", options->unread, "Only those with unread messages");
  threads->add_option("--limit", options->limit, "At most that many");
  threads->footer(
      "A provider sees threads in which somebody has written besides the blast; for the others see "
      "`recipients`.\n"
      "Columns: thread client client_name (or provider provider_name) unread last_at last_text; in JSON also "
      "kind\n"
      "title, blast (to a provider), removed (to a client)\n"
      "Example: bccast threads --as-client c1 --unread");
  run_as(threads, session, options, list_threads);

  CLI::App* messages = program.add_subcommand("messages", "The messages of a thread, oldest first");
  messages->add_option("THREAD", options->thread, "The thread")->required();
  add_actor(messages, *options);
  messages->add_option("--limit", options->limit, "Only that many of the newest");
  messages->footer(
      "Does not mark anything as read: see `bccast read`. In JSON: seq author author_name text at_ms "
      "removed\n"
      "Example: bccast messages 5f3a... --as-client c1");
  run_as(messages, session, options, list_messages);

  CLI::App* answer = program.add_subcommand("reply", "Write a message into a thread");
  answer->add_option("THREAD", options->thread, "The thread")->required();
  add_actor(answer, *options);
  answer->add_option("--file", options->file, "The file with the text; - is stdin")->required();
  answer->add_option("--key", options->key, "Writes at most once with the same key");
  answer->footer(
      "Columns: thread seq at\n"
      "Example: bccast reply 5f3a... --as-client c1 --file -");
  run_as(answer, session, options, reply);

  CLI::App* read = program.add_subcommand("read", "Mark the messages of a thread as read");
  read->add_option("THREAD", options->thread, "The thread")->required();
  add_actor(read, *options);
  read->add_option("--up-to", options->up_to, "Up to the message with this number; all of them unless given");
  read->footer(
      "Columns: thread up_to_seq\n"
      "Example: bccast read 5f3a... --as-client c1 --up-to 2");
  run_as(read, session, options, mark_read);

  CLI::App* direct =
      program.add_subcommand("direct", "The thread of a provider and a client outside of blasts");
  direct->add_option("CLIENT", options->client, "The client")->required();
  direct->add_option("--as-provider", options->provider, "The provider")->required();
  direct->footer(
      "Makes it the first time. Prints the thread's id alone; in JSON: thread\n"
      "Example: bccast direct c1 --as-provider dr-lee");
  run_as(direct, session, options, show_direct);
}

}  // namespace cli
