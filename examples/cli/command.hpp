// Putting a command, and the options that many commands have, on the command line.
#pragma once

#include <CLI/CLI.hpp>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "session.hpp"

namespace cli {

/// A family of commands: `bccast NAME VERB`.
CLI::App& add_group(CLI::App& program, const char* name, const char* help);

/// A command: `run` is called with what stood on the command line. Several commands may share their options.
template <typename Options>
CLI::App* add_command(CLI::App& group, Session& session, const char* name, const char* help,
                      const std::shared_ptr<Options>& options, int (*run)(const Session&, const Options&)) {
  CLI::App* command = group.add_subcommand(name, help);
  command->callback([&session, options, run] {
    session.command = [&session, options, run] { return run(session, *options); };
  });
  return command;
}

/// What stands below the options in the help of a command: `about`, and an example of its arguments.
void add_footer(CLI::App* command, const std::string& about, const std::string& example);

/// Who acts: a provider, and perhaps the person behind it.
struct Acting {
  std::string provider;
  std::string actor;
};

/// --as-provider, of a command that only reads.
void add_provider(CLI::App* command, Acting& acting);
/// --as-provider and --actor, of a command that writes.
void add_acting(CLI::App* command, Acting& acting);

/// Clients named one by one, or in a file.
struct Clients {
  std::vector<std::string> named;
  std::string file;
};

/// CLIENT... and --file.
void add_clients(CLI::App* command, Clients& clients);
/// All of them; throws Stop when there are none, or when one is not as it was on the command line.
std::vector<std::string> ids_of(const Session& session, const Clients& clients);

/// --limit, of a list.
void add_limit(CLI::App* command, std::uint64_t& limit);

/// Refuses an empty value: from a script it is a variable that was never set, and would widen what is done.
CLI::Validator given();

/// An option with the values yes and no; what the library calls 1 and 0 stands in `value`.
void add_yes_no(CLI::App* command, const char* name, std::string& value, const char* help);

}  // namespace cli
