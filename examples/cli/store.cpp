// bccast channels, verify, version: the store and the library themselves.
#include <cstdint>
#include <string>

#include "commands.hpp"
#include "output.hpp"

namespace cli {
namespace {

int list_channels(const Session& session) {
  const Engine engine = open_to_read(session);
  Rows rows;
  check(bccast_channel_list(engine.get(), rows.out()));
  Listing listing(session.json, "channels");
  listing.add_page(rows);
  listing.end();
  return kOk;
}

int verify(const Session& session) {
  const Engine engine = open_to_read(session);
  Rows rows;
  check(bccast_operate_verify(engine.get(), rows.out()));
  Listing listing(session.json, "faults");
  if (session.json || rows.count() != 0) listing.add_page(rows);
  if (session.json) listing.end();
  if (rows.count() == 0) {
    if (!session.json) remark("nothing is wrong");
    return kOk;
  }
  throw Stop(kError, std::to_string(rows.count()) + " things are wrong with the store");
}

int version(const Session& session) {
  Record()
      .add("version", std::string(bccast_version()))
      .add("api_date", std::int64_t{bccast_api_date()})
      .print(session.json);
  return kOk;
}

void add(CLI::App& program, Session& session, const char* name, const char* help, const char* footer,
         int (*run)(const Session&)) {
  CLI::App* command = program.add_subcommand(name, help);
  command->footer(footer);
  command->callback([&session, run] { session.command = [&session, run] { return run(session); }; });
}

}  // namespace

void add_store_commands(CLI::App& program, Session& session) {
  add(program, session, "channels", "The ways out for notifications, and whether they work",
      "Columns: channel role paused failing_since last_reason pending worker_seen\n"
      "Example: bccast channels",
      list_channels);
  add(program, session, "verify", "Look through the whole store for anything wrong",
      "Exit code 1 when something is. Columns: kind object detail\n"
      "Example: bccast verify --store /srv/practice.db",
      verify);
  add(program, session, "version", "The version of the library",
      "Columns: version api_date\n"
      "Example: bccast version --json",
      version);
}

}  // namespace cli
