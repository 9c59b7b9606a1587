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

void add_commands(cli::Program& whole, cli::Session& session) {
  cli::Command program = whole.top();
  const auto in = [&whole](const char* heading) { whole.heading(heading); };
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
  cli::Program program("bccast", kAbout, std::string("bccast ") + bccast_version(), kFooter);
  program.top()
      .add_option("--store", session.store, "The store's file")
      .environment("BCCAST_STORE")
      .show_default();
  program.top().add_flag("--json", session.json, "Answer with one JSON document");
  add_commands(program, session);
  if (const auto ended = program.parse(argc, argv)) return *ended;
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
