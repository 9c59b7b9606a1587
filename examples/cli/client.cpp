// bccast client: the clients, as the operator keeps them.
#include <cstdint>
#include <optional>
#include <string>

#include "command.hpp"
#include "commands.hpp"
#include "output.hpp"

namespace cli {
namespace {

struct ClientOptions {
  std::string client;
  std::optional<std::string> name;
  std::optional<std::string> email;
  std::string key;
  std::string value;

  const char* id() const noexcept { return client.c_str(); }
};

/// The client as it is now, which all but `unread` answer with.
void print_client(const Session& session, const Engine& engine, const ClientOptions& options) {
  Rows rows;
  check(bccast_directory_client_get(engine.get(), options.id(), rows.out()));
  Record().add_row(rows, 0).print(session.json);
}

int put(const Session& session, const ClientOptions& options) {
  const Engine engine = open_or_make(session);
  check(bccast_directory_client_put(engine.get(), options.id(),
                                    options.name ? options.name->c_str() : nullptr,
                                    options.email ? options.email->c_str() : nullptr));
  print_client(session, engine, options);
  return kOk;
}

int set(const Session& session, const ClientOptions& options) {
  const Engine engine = open_to_write(session);
  check(bccast_directory_client_set(engine.get(), options.id(), options.key.c_str(), options.value.c_str()));
  print_client(session, engine, options);
  return kOk;
}

int change_state(const Session& session, const ClientOptions& options,
                 decltype(&bccast_directory_client_archive) change, const char* state) {
  const Engine engine = open_to_write(session);
  if (check(change(engine.get(), options.id())) == BCCAST_EXISTS) {
    remark(options.client + " was " + state + " before");
  }
  print_client(session, engine, options);
  return kOk;
}

int archive(const Session& session, const ClientOptions& options) {
  return change_state(session, options, bccast_directory_client_archive, "archived");
}

int restore(const Session& session, const ClientOptions& options) {
  return change_state(session, options, bccast_directory_client_restore, "active");
}

int show(const Session& session, const ClientOptions& options) {
  print_client(session, open_to_read(session), options);
  return kOk;
}

int show_unread(const Session& session, const ClientOptions& options) {
  const Engine engine = open_to_read(session);
  std::int64_t threads = 0;
  std::int64_t messages = 0;
  check(bccast_client_unread(engine.get(), options.id(), &threads, &messages));
  Record()
      .add("client", options.client)
      .add("threads", threads)
      .add("messages", messages)
      .print(session.json);
  return kOk;
}

}  // namespace

void add_client_commands(Command program, Session& session) {
  constexpr const char* kColumns =
      "Columns: client client_name locale timezone archived chat notify address rosters";
  Command group = add_group(program, "client", "The clients; see also export and erase");
  auto options = std::make_shared<ClientOptions>();
  const auto add = [&](const char* name, const char* help, int (*run)(const Session&, const ClientOptions&)) {
    Command command = add_command(group, session, name, help, options, run);
    command.add_option("CLIENT", options->client, "The client's id").required();
    return command;
  };

  Command made = add("put", "Make a client, or give it another name or address", put);
  made.add_option("--name", options->name, "The display name; as it was unless given");
  made.add_option("--email", options->email, "The e-mail; as it was unless given; empty: none");
  add_footer(made, std::string("Makes the store when there is none.\n") + kColumns,
             "c1 --name Ana --email ana@example.org");

  Command changed = add("set", "Set one thing of a client", set);
  changed
      .add_option("KEY", options->key,
                  "address.CHANNEL, locale, timezone, chat (on, off: no blasts), or notify (on, off)")
      .required();
  changed.add_option("VALUE", options->value, "The value; takes it away unless given");
  add_footer(changed, kColumns, "c1 notify off");

  add_footer(add("archive", "Archive a client on every roster", archive),
             std::string("It leaves all communities.\n") + kColumns, "c1");
  add_footer(
      add("restore", "Take an archived client back", restore),
      std::string("Each roster entry gets back the state it has of its own, but no membership.\n") + kColumns,
      "c1");
  add_footer(add("show", "A client as it is", show), kColumns, "c1");
  add_footer(add("unread", "How much a client has not read", show_unread), "Columns: client threads messages",
             "c1");
}

}  // namespace cli
