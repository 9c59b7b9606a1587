// bccast on the command line: an example of the C API that people can use.
#include <bccast/bccast.h>

#include <algorithm>
#include <cstddef>
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
    "Exit codes: 0 done, 1 error, 2 wrong use, 3 in part or late, 4 not found, 75 busy: try again.\n"
    "bccast COMMAND --help tells more, with an example.";

/// One line. What stood on the command line is not repeated unless it is the name of an option: it may be the
/// text of a message, put there by mistake.
std::string explain(const CLI::App& program, const CLI::ParseError& error) {
  for (const std::string& left : program.remaining(true)) {
    if (left.size() > 1 && left.starts_with('-')) {
      return "there is no option " + left.substr(0, left.find('=')) + " here; see --help";
    }
  }
  const auto commands = program.get_subcommands();
  if (commands.empty()) return "a command is missing, or there is none of that name; see --help";
  if (commands[0]->get_subcommands().empty() && commands[0]->get_require_subcommand_min() != 0) {
    const std::string& group = commands[0]->get_name();
    return group + " needs a verb, or has none of that name; see bccast " + group + " --help";
  }
  if (error.get_exit_code() == static_cast<int>(CLI::ExitCodes::ExtrasError)) {
    return "there is an argument too many (texts are given with --file)";
  }
  std::string text = error.what();
  if (error.get_exit_code() == static_cast<int>(CLI::ExitCodes::ConversionError)) {
    text = text.substr(0, text.find(" = "));
  }
  std::replace(text.begin(), text.end(), '\n', ' ');
  return text;
}

void add_commands(CLI::App& program, cli::Session& session) {
  std::size_t named = 0;  // what came before the last heading
  const auto in = [&program, &named](const char* heading) {
    const auto all = program.get_subcommands([](CLI::App*) { return true; });
    for (; named < all.size(); ++named) all[named]->group(heading);
  };
  cli::add_import(program, session);
  cli::add_send(program, session);
  cli::add_run(program, session);
  cli::add_status(program, session);
  cli::add_why(program, session);
  cli::add_watch(program, session);
  cli::add_overdue(program, session);
  in("The common job");
  cli::add_schedule(program, session);
  cli::add_unschedule(program, session);
  cli::add_control(program, session);
  cli::add_retry(program, session, "retry");
  cli::add_purge(program, session);
  in("Later or not at all");
  cli::add_thread_commands(program, session);
  cli::add_members(program, session);
  cli::add_community(program, session);
  in("Conversations");
  cli::add_provider_commands(program, session);
  cli::add_client_commands(program, session);
  cli::add_roster_commands(program, session);
  cli::add_export(program, session);
  cli::add_erase(program, session);
  in("Who there is");
  cli::add_blast_commands(program, session);
  in("A blast step by step");
  cli::add_channel_commands(program, session);
  cli::add_report(program, session);
  cli::add_event_commands(program, session);
  cli::add_thread_names(program, session);
  cli::add_doctor(program, session);
  cli::add_store_commands(program, session);
  in("The store");
}

int run(cli::Session& session, int argc, char** argv) {
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
  add_commands(program, session);

  try {
    program.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    if (error.get_exit_code() == 0) return program.exit(error);  // --help and --version
    throw cli::Stop(cli::kUsage, explain(program, error));
  }
  const int code = session.command();
  cli::flush_output();
  return code;
}

int fail(const cli::Session& session, const cli::Error& error) {
  cli::remark(error.message);
  cli::print_error(session.json, error);
  return error.exit_code;
}

}  // namespace

int main(int argc, char** argv) {
  cli::Session session;
  session.arguments.assign(argv + std::min(argc, 1), argv + argc);
  // Known before the command line is: what is wrong with it is told in JSON too.
  const auto& given = session.arguments;
  session.json = std::find(given.begin(), given.end(), "--json") != given.end();
  try {
    return run(session, argc, argv);
  } catch (const cli::Failure& failure) {
    return fail(session, {cli::exit_code_of(failure.code()), failure.what(), bccast_code_name(failure.code()),
                          failure.retriable(), failure.native()});
  } catch (const cli::Stop& stop) {
    return fail(session, {stop.exit_code(), stop.what(), "", stop.exit_code() == cli::kBusy, 0});
  } catch (const std::exception& error) {
    return fail(session, {cli::kError, error.what(), "", false, 0});
  }
}
