// bccast store, version: the store and the library themselves.
#include <array>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "ask.hpp"
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

int status(const Session& session, const NoOptions&) {
  const Engine engine = open_to_read(session);
  Rows rows;
  check(bccast_operate_status(engine.get(), rows.out()));
  Record()
      .add("held", rows.number(0, "held") != 0)
      .add("debts", rows.number(0, "debts"))
      .add("indexing", rows.number(0, "indexing") != 0)
      .print(session.json);
  return kOk;
}

struct FileOptions {
  std::string file;
  bool yes = false;
};

int back_up(const Session& session, const FileOptions& options) {
  const Engine engine = open_to_read(session);
  const bool damaged = check(bccast_operate_backup(engine.get(), options.file.c_str())) == BCCAST_PARTIAL;
  if (damaged)
    remark(
        "PARTIAL: the backup is made, but rows of the store are damaged, and so they are in it: see "
        "`bccast store verify`");
  Record().add("file", options.file).add("held", true).add("damaged", damaged).print(session.json);
  return damaged ? kPartly : kOk;
}

int restore(const Session& session, const FileOptions& options) {
  std::error_code ignored;
  if (!options.yes && std::filesystem::exists(store_path(session), ignored)) {
    require_terminal("add --yes to replace the store without asking");
    if (!ask("Replace the store " + store_path(session) + " by " + options.file + "?"))
      throw Stop(kError, "nothing was replaced");
  }
  check(bccast_restore(options.file.c_str(), session.store.c_str()));
  remark("the store is held: look at it, then let it go with `bccast store release`");
  Record().add("store", store_path(session)).add("held", true).print(session.json);
  return kOk;
}

int release(const Session& session, const NoOptions&) {
  const Engine engine = open_to_write(session);
  const bool was_held = check(bccast_operate_release(engine.get())) == BCCAST_OK;
  if (!was_held) remark("it was not held");
  Record().add("released", was_held).print(session.json);
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
      "Happens by itself as the log grows, and is done by whoever works next after an erase or a purge that\n"
      "was PARTIAL. Exit code 75 when somebody is reading an older state: try again.\n"
      "Columns: log_empty",
      "");
  add_footer(
      add_command(group, session, "status", "Whether it is held, and what it owes", options, status),
      "held: nothing is handed out until `bccast store release`. debts: erasures and purges whose bytes may\n"
      "still be in the log; they are settled by themselves. indexing: the ICU library is a later one, and\n"
      "names and addresses are indexed anew: nothing is handed out until `bccast run`, or whoever has the\n"
      "store open, has done it.\n"
      "Columns: held debts indexing",
      "--json");
  auto files = std::make_shared<FileOptions>();
  Command backup =
      add_command(group, session, "backup", "Write a copy of it into a new file", files, back_up);
  backup.add_option("FILE", files->file, "The new file").required();
  add_footer(
      backup,
      "While others read and write it. The copy is one file, mode 0600, and never replaces another. Opened\n"
      "as a store it is held: nothing is handed out until `bccast store release`.\n"
      "Exit code 3: PARTIAL, made, but rows of the store are damaged, in the copy as well.\n"
      "Columns: file held damaged",
      "/srv/backup/practice-2026-12-01.db");
  Command restored =
      add_command(group, session, "restore", "Put a backup in the place of the store", files, restore);
  restored.add_option("FILE", files->file, "The backup").required();
  restored.add_flag("--yes", files->yes, "Do not ask");
  add_footer(
      restored,
      "Looks through the backup first. Nobody may have the store open (exit code 75). The old store, its\n"
      "log too, is replaced as a whole; the new one is held until `bccast store release`.\n"
      "Columns: store held",
      "/srv/backup/practice-2026-12-01.db --store /srv/practice.db");
  add_footer(add_command(group, session, "release", "Let a held store go", options, release),
             "What waits in it is handed out, and schedules go. Look first: it knows nothing of what was "
             "done since\n"
             "the backup.\n"
             "Columns: released (no: it was not held)",
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
