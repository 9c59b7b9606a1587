// Putting a command, and the options that many commands have, on the command line.
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "arguments.hpp"
#include "session.hpp"

namespace cli {

/// A family of commands: `bccast NAME VERB`.
Command add_group(Command program, const char* name, const char* help);

/// A command: `run` is called with what stood on the command line. Several commands may share their options.
template <typename Options>
Command add_command(Command group, Session& session, const char* name, const char* help,
                    const std::shared_ptr<Options>& options, int (*run)(const Session&, const Options&)) {
  Command command = group.add_command(name, help);
  command.on_use([&session, options, run] {
    session.command = [&session, options, run] { return run(session, *options); };
  });
  return command;
}

/// What stands below the options in the help of a command: `about`, and an example of its arguments.
void add_footer(Command command, const std::string& about, const std::string& example);

/// Who acts: a provider, and perhaps the person behind it.
struct Acting {
  std::string provider;
  std::string actor;
};

/// --as-provider, of a command that only reads.
void add_provider(Command command, Acting& acting);
/// --as-provider and --actor, of a command that writes.
void add_acting(Command command, Acting& acting);

/// Clients named one by one, or in a file.
struct Clients {
  std::vector<std::string> named;
  std::string file;
};

/// CLIENT... and --file.
void add_clients(Command command, Clients& clients);
/// All of them; throws Stop when there are none, or when one is not as it was on the command line.
std::vector<std::string> ids_of(const Session& session, const Clients& clients);

/// --limit, of a list.
void add_limit(Command command, std::uint64_t& limit);

/// An option with the values yes and no; what the library calls 1 and 0 stands in `value`.
void add_yes_no(Command command, const char* name, std::string& value, const char* help);

}  // namespace cli
