// bccast store, version: the store and the library themselves.
#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "command.hpp"
#include "commands.hpp"
#include "output.hpp"

namespace cli {
namespace {

/// These commands have no options of their own.
struct NoOptions {};

int verify(const Session& session, const NoOptions&) {
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

int checkpoint(const Session& session, const NoOptions&) {
  const Engine engine = open_to_write(session);
  check(bccast_operate_checkpoint(engine.get()));
  Record().add("log_empty", true).print(session.json);
  return kOk;
}

int list_settings(const Session& session, const NoOptions& /*options*/) {
  std::vector<Record> settings;
  const char* key = nullptr;
  const char* type = nullptr;
  const char* value = nullptr;
  const char* help = nullptr;
  for (std::size_t i = 0; check(bccast_config_describe(i, &key, &type, &value, &help)) == BCCAST_OK; ++i) {
    settings.emplace_back()
        .add("key", std::string(key))
        .add("type", std::string(type))
        .add("default", std::string(value))
        .add("help", std::string(help));
  }
  Listing listing(session.json, "settings");
  listing.add(settings);
  listing.end();
  return kOk;
}

int version(const Session& session, const NoOptions&) {
  Record record;
  record.add("version", std::string(bccast_version())).add("api_date", std::int64_t{bccast_api_date()});
  for (const char* part : {"store.sqlite", "notifier.maildir", "notifier.callback", "deliverer.callback",
                           "queue.callback", "fd"}) {
    record.add(part, bccast_has(part) != 0);
  }
  record.print(session.json);
  return kOk;
}

}  // namespace

void add_store_commands(Command program, Session& session) {
  auto options = std::make_shared<NoOptions>();
  Command group = add_group(program, "store", "The store itself");
  add_footer(add_command(group, session, "verify", "Look through the whole store for anything wrong", options,
                         verify),
             "Exit code 1 when something is. Columns: kind object detail", "--store /srv/practice.db");
  add_footer(
      add_command(group, session, "checkpoint", "Empty the write-ahead log into the store's file", options,
                  checkpoint),
      "Happens by itself as the log grows; needed by hand after `bccast erase` that was PARTIAL. Exit code\n"
      "75 when somebody is reading an older state: try again.\n"
      "Columns: log_empty",
      "");
  add_footer(add_command(group, session, "settings", "The settings that `bccast run --set` takes", options,
                         list_settings),
             "Columns: key type default help", "");
  add_footer(
      add_command(program, session, "version", "The version of the library, and its parts", options, version),
      "Columns: version api_date, and whether it has store.sqlite notifier.maildir notifier.callback\n"
      "deliverer.callback queue.callback fd",
      "--json");
}

}  // namespace cli
