#include "command.hpp"

#include <algorithm>

#include "files.hpp"

namespace cli {

Command add_group(Command program, const char* name, const char* help) {
  Command group = program.add_command(name, help);
  group.require_verb(1);
  group.footer(std::string("bccast ") + name + " VERB --help tells more, with an example.");
  return group;
}

void add_footer(Command command, const std::string& about, const std::string& example) {
  command.footer(about + (about.empty() ? "" : "\n") + "Example: " + command.path() + example);
}

void add_provider(Command command, Acting& acting) {
  command.add_option("--as-provider", acting.provider, "The provider").required();
}

void add_acting(Command command, Acting& acting) {
  command.add_option("--as-provider", acting.provider, "The provider").required();
  command.add_option("--actor", acting.actor, "Who acts for the provider: an assistant, a cover").not_empty();
}

void add_clients(Command command, Clients& clients) {
  command.add_option("CLIENT", clients.named, "The clients");
  command.add_option("--file", clients.file, "A file with more of them, one id a line; - is stdin")
      .not_empty();
}

std::vector<std::string> ids_of(const Session& session, const Clients& clients) {
  for (const std::string& id : clients.named) {
    // CLI11 takes "[a,b]" for a list of two.
    if (std::find(session.arguments.begin(), session.arguments.end(), id) == session.arguments.end()) {
      throw Stop(kUsage, "an id in [brackets] is taken for a list here; put it into a file, and use --file");
    }
  }
  std::vector<std::string> ids = clients.named;
  if (!clients.file.empty()) {
    for (std::string& id : read_ids(clients.file)) ids.push_back(std::move(id));
  }
  if (ids.empty()) throw Stop(kUsage, "no clients are named: CLIENT or --file is required");
  return ids;
}

void add_limit(Command command, std::uint64_t& limit) {
  command.add_option("--limit", limit, "At most that many; all of them unless given");
}

void add_yes_no(Command command, const char* name, std::string& value, const char* help) {
  command.add_option(name, value, help).yes_no();
}

}  // namespace cli
