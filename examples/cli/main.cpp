// bccast on the command line: an example of the C API that people can use.
#include <bccast/bccast.h>

#include <iostream>
#include <string>

#include "commands.hpp"
#include "output.hpp"
#include "session.hpp"

namespace {

constexpr const char* kAbout =
    "One message, many clients, each in a private thread of their own.\n"
    "\n"
    "  bccast import clients.csv --provider dr-lee --name 'Dr. Lee'\n"
    "  bccast send --as-provider dr-lee --all-active --file message.txt\n"
    "  bccast run\n"
    "  bccast status --as-provider dr-lee\n";

constexpr const char* kFooter =
    "Data goes to stdout, remarks and progress to stderr. With --json a command answers with one JSON "
    "document;\n"
    "its names are the columns of its table, but times (sent_at) have their unit (sent_at_ms, since 1970, "
    "UTC).\n"
    "Exit codes: 0 done, 1 error, 2 wrong use, 3 done in part, 4 not found, 75 busy: try again.\n"
    "bccast COMMAND --help tells more, with an example.";

int exit_code_of(std::int32_t code) {
  switch (code) {
    case BCCAST_E_ARGUMENT:
      return cli::kUsage;
    case BCCAST_E_NOT_FOUND:
      return cli::kNotFound;
    case BCCAST_E_BUSY:
      return cli::kBusy;
    default:
      return cli::kError;
  }
}

/// One line. What stood on the command line is not repeated unless it is the name of an option: it may be the
/// text of a message, put there by mistake.
std::string explain(const CLI::App& program, const CLI::ParseError& error) {
  for (const std::string& left : program.remaining(true)) {
    if (left.size() > 1 && left.starts_with('-')) {
      return "there is no option " + left.substr(0, left.find('=')) + " here";
    }
  }
  if (program.get_subcommands().empty())
    return "a command is missing, or there is none of that name: see --help";
  if (error.get_exit_code() == static_cast<int>(CLI::ExitCodes::ExtrasError)) {
    return "there is an argument too many (texts are given with --file)";
  }
  std::string text = error.what();
  for (char& c : text) {
    if (c == '\n') c = ' ';
  }
  return text;
}

int run(int argc, char** argv) {
  cli::Session session;
  CLI::App program(kAbout, "bccast");
  program.footer(kFooter);
  program.fallthrough();
  program.require_subcommand(1);
  program.get_formatter()->column_width(34);
  program.set_help_all_flag("--help-all", "Show the help of all commands");
  program.set_version_flag("--version", std::string("bccast ") + bccast_version());
  program.add_option("--store", session.store, "The store's file")
      ->envname("BCCAST_STORE")
      ->capture_default_str();
  program.add_flag("--json", session.json, "Answer with one JSON document");

  cli::add_import(program, session);
  cli::add_send(program, session);
  cli::add_run(program, session);
  cli::add_blast_commands(program, session);
  cli::add_thread_commands(program, session);
  cli::add_roster_commands(program, session);
  cli::add_store_commands(program, session);

  try {
    program.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    if (error.get_exit_code() == 0) return program.exit(error);  // --help and --version
    cli::remark(explain(program, error));
    return cli::kUsage;
  }
  const int code = session.command();
  cli::flush_output();
  return code;
}

}  // namespace

int main(int argc, char** argv) {
  try {
    return run(argc, argv);
  } catch (const cli::Failure& failure) {
    cli::remark(failure.what());
    return exit_code_of(failure.code());
  } catch (const cli::Stop& stop) {
    cli::remark(stop.what());
    return stop.exit_code();
  } catch (const std::exception& error) {
    cli::remark(error.what());
    return cli::kError;
  }
}
