// bccast erase: a client is gone for good.
#include <string>

#include "ask.hpp"
#include "command.hpp"
#include "commands.hpp"
#include "output.hpp"

namespace cli {
namespace {

struct EraseOptions {
  std::string client;
  bool yes = false;
};

/// The client as one may know it: "c1 (Ana)".
std::string id_and_name(const Engine& engine, const std::string& client) {
  Rows rows;
  check(bccast_directory_client_get(engine.get(), client.c_str(), rows.out()));
  const std::string name(rows.text(0, "client_name"));
  return name.empty() ? client : client + " (" + name + ")";
}

int erase(const Session& session, const EraseOptions& options) {
  if (!options.yes) require_terminal("add --yes to erase without asking");
  const Engine engine = open_to_write(session);
  const std::string who = id_and_name(engine, options.client);
  if (!options.yes && !ask("Erase " + who + " for good, on every roster, with all that it wrote?")) {
    throw Stop(kError, "nothing was erased");
  }
  const bool partial =
      check(bccast_directory_client_erase(engine.get(), options.client.c_str())) == BCCAST_PARTIAL;
  if (partial) {
    remark(
        "PARTIAL: it is erased, but somebody is reading an older state, and the store's log keeps the "
        "bytes until then; whoever works next empties it, or `bccast store checkpoint`");
  }
  Record().add("client", options.client).add("erased", true).add("log_empty", !partial).print(session.json);
  return partial ? kPartly : kOk;
}

}  // namespace

void add_erase(Command program, Session& session) {
  auto options = std::make_shared<EraseOptions>();
  Command command = add_command(program, session, "erase", "Erase a client for good", options, erase);
  command.add_option("CLIENT", options->client, "The client").required();
  command.add_flag("--yes", options->yes, "Do not ask");
  add_footer(
      command,
      "Its id, name, addresses and settings, and its messages, on every roster; the bytes are overwritten.\n"
      "What providers wrote stays, and so do the counts of blasts. Backups are out of reach.\n"
      "Exit code 3: PARTIAL, erased, but the store's log keeps the bytes; whoever works next empties it, or\n"
      "`bccast store checkpoint`.\n"
      "Columns: client erased log_empty",
      "c1 --yes");
}

}  // namespace cli
