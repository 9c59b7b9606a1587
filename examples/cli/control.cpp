// bccast pause, resume, recall, purge: what can still be done about a blast that was sent.
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "command.hpp"
#include "commands.hpp"
#include "moment.hpp"
#include "output.hpp"

namespace cli {
namespace {

struct ControlOptions {
  Acting acting;
  std::string blast;
  std::string before;
  std::string zone;

  const char* provider() const noexcept { return acting.provider.c_str(); }
};

using Verb = decltype(&bccast_blast_pause);

/// What a verb did, and what the blast is then.
struct Changed {
  Record record;
  int exit_code;
};

Changed change_state(const Engine& engine, const ControlOptions& options, Verb verb) {
  const auto result = check(verb(engine.get(), options.provider(), options.blast.c_str()));
  Rows rows;
  check(bccast_blast_get(engine.get(), options.provider(), options.blast.c_str(), rows.out()));
  return {Record()
              .add("blast", options.blast)
              .add("state", std::string(rows.text(0, "state")))
              .add("changed", result != BCCAST_EXISTS),
          exit_for_damage(result)};
}

int change_and_print(const Session& session, const ControlOptions& options, Verb verb) {
  const Engine engine = open_to_write(session, options.acting.actor);
  const Changed changed = change_state(engine, options, verb);
  changed.record.print(session.json);
  return changed.exit_code;
}

int pause(const Session& session, const ControlOptions& options) {
  return change_and_print(session, options, bccast_blast_pause);
}

int resume(const Session& session, const ControlOptions& options) {
  return change_and_print(session, options, bccast_blast_resume);
}

int recall(const Session& session, const ControlOptions& options) {
  const Engine engine = open_to_write(session, options.acting.actor);
  const Changed changed = change_state(engine, options, bccast_blast_recall);
  Rows status;
  // Of a damaged blast nobody can count; it is taken back all the same.
  const auto counted =
      bccast_blast_status(engine.get(), options.provider(), options.blast.c_str(), status.out());
  int exit_code = changed.exit_code;
  if (counted != BCCAST_E_CORRUPT) {
    check(counted);
  } else if (exit_code == kOk) {
    exit_code = exit_for_damage(BCCAST_PARTIAL);
  }
  Listing listing(session.json, "channels");
  for (const auto& [name, value] : changed.record.properties()) listing.add_property(name, value);
  std::vector<Record> channels;
  for (std::size_t i = 0; i + 1 < status.count(); ++i) {  // the last row counts people
    Record& channel = channels.emplace_back();
    for (const char* column : {"channel", "removed", "on_device"}) {
      channel.add(column, cell(status, i, status.find(column)));
    }
  }
  listing.add(channels);
  listing.end();
  return exit_code;
}

int purge(const Session& session, const ControlOptions& options) {
  const bool all = !options.before.empty();
  if (all != options.blast.empty()) throw Stop(kUsage, "one of BLAST and --before is required");
  if (!all && options.acting.provider.empty()) throw Stop(kUsage, "BLAST goes with --as-provider");
  std::int64_t before = 0;
  if (all) before = Zone(options.zone).parse(options.before);

  const Engine engine = open_to_write(session);
  std::int64_t purged = 0;
  std::int32_t result = BCCAST_OK;
  if (all) {
    result = check(bccast_operate_purge(engine.get(), before, &purged));
  } else {
    result = check(bccast_blast_purge(engine.get(), options.provider(), options.blast.c_str()));
    purged = result == BCCAST_EXISTS ? 0 : 1;
  }
  const bool partial = result == BCCAST_PARTIAL;
  if (partial) {
    remark(
        "PARTIAL: it is purged, but somebody is reading an older state, and the store's log keeps the "
        "bytes until then; whoever works next empties it, or `bccast store checkpoint`. Or a blast is "
        "damaged and was passed by: `bccast doctor --deep`");
  }
  Record()
      .add("blast", all ? Value() : Value(options.blast))
      .add("before_at_ms", all ? Value(before) : Value())
      .add("purged", purged)
      .add("log_empty", !partial)
      .print(session.json);
  return partial ? kPartly : kOk;
}

}  // namespace

void add_control(Command group, Session& session) {
  auto options = std::make_shared<ControlOptions>();
  const auto add = [&](const char* name, const char* help,
                       int (*run)(const Session&, const ControlOptions&)) {
    Command command = add_command(group, session, name, help, options, run);
    command.add_option("BLAST", options->blast, "The blast").required();
    add_acting(command, options->acting);
    return command;
  };
  add_footer(add("pause", "Hand nothing more of a blast out", pause),
             "At most the batches in progress are still sent. Its threads stay where they are.\n"
             "Columns: blast state changed",
             "5f3a... --as-provider dr-lee");
  add_footer(add("resume", "Let a paused blast go on where it stood", resume), "Columns: blast state changed",
             "5f3a... --as-provider dr-lee");
  add_footer(
      add("recall", "Take a blast back from everybody", recall),
      "A client who neither read it nor was told of it loses the thread; all others see its message as\n"
      "removed. What waits is not sent. A recall is for good; `purge` overwrites the text, which the\n"
      "provider still sees.\n"
      "Says of each channel from how many it was taken in time, and how many were told of it or have it.\n"
      "Columns: channel removed on_device; in JSON also blast state changed",
      "5f3a... --as-provider dr-lee");
}

void add_purge(Command group, Session& session) {
  auto options = std::make_shared<ControlOptions>();
  Command command =
      add_command(group, session, "purge", "Overwrite the text of recalled blasts for good", options, purge);
  Option blast = command.add_option("BLAST", options->blast, "The blast").not_empty();
  command.add_option("--as-provider", options->acting.provider, "The provider, of BLAST").not_empty();
  command.add_option("--before", options->before, "All that were recalled before a time, of all providers")
      .not_empty()
      .excludes(blast);
  command.add_option("--zone", options->zone, "The IANA time zone of --before; the system's unless given")
      .not_empty();
  add_footer(
      command,
      "A time is given as 2026-12-01T09:00, also with Z or +01:00 behind it, or as --before=-30d.\n"
      "Exit code 3: PARTIAL, purged, but the store's log keeps the bytes; whoever works next empties it, or\n"
      "`bccast store checkpoint`.\n"
      "Columns: blast before_at purged (how many) log_empty",
      "--before 2026-12-01T00:00");
}

}  // namespace cli
