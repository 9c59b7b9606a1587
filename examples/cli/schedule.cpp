// bccast schedule, unschedule: sending later.
#include <cstdint>
#include <string>

#include "command.hpp"
#include "commands.hpp"
#include "moment.hpp"
#include "output.hpp"

namespace cli {
namespace {

struct ScheduleOptions {
  Acting acting;
  std::string blast;
  std::string at;
  std::string zone;
  std::string digest;

  const char* provider() const noexcept { return acting.provider.c_str(); }
};

int schedule(const Session& session, const ScheduleOptions& options) {
  const Zone zone(options.zone);
  const std::int64_t at = zone.parse(options.at);
  const Engine engine = open_to_write(session, options.acting.actor);
  check(bccast_blast_schedule(engine.get(), options.provider(), options.blast.c_str(), at,
                              options.digest.empty() ? nullptr : options.digest.c_str()));
  Record()
      .add("blast", options.blast)
      .add("scheduled_at_ms", at)
      .add("local", zone.local(at))
      .add("zone", zone.name())
      .print(session.json);
  return kOk;
}

int unschedule(const Session& session, const ScheduleOptions& options) {
  const Engine engine = open_to_write(session, options.acting.actor);
  const bool changed = check(bccast_blast_unschedule(engine.get(), options.provider(),
                                                     options.blast.c_str())) != BCCAST_EXISTS;
  Record()
      .add("blast", options.blast)
      .add("state", std::string("draft"))
      .add("changed", changed)
      .print(session.json);
  return kOk;
}

}  // namespace

void add_schedule(Command group, Session& session) {
  auto options = std::make_shared<ScheduleOptions>();
  Command later = add_command(group, session, "schedule", "Send a draft at a time", options, schedule);
  later.add_option("BLAST", options->blast, "The draft, or what is to be sent at another time now")
      .required();
  later.add_option("--at", options->at, "When: 2026-12-01T09:00, or +10m, +2h, +3d").required();
  later.add_option("--zone", options->zone, "The IANA time zone of --at; the system's unless given")
      .not_empty();
  add_acting(later, options->acting);
  later.add_option("--digest", options->digest, "Only what `blast preview` showed with this digest")
      .not_empty();
  add_footer(
      later,
      "Recipients are who is chosen and active then. It goes when `bccast run` works the queue, at most\n"
      "an hour late; else it is a draft again (`blast show` says why). Scheduling again moves it.\n"
      "A time with Z or +01:00 behind it needs no zone. What the clocks skip is the next minute that\n"
      "there is; what they repeat, the first one. A day of +3d has 24 hours.\n"
      "Columns: blast scheduled_at (UTC) local zone",
      "5f3a... --at 2026-12-01T09:00 --zone Europe/Berlin --as-provider dr-lee");
}

void add_unschedule(Command group, Session& session) {
  auto options = std::make_shared<ScheduleOptions>();
  Command back = add_command(group, session, "unschedule", "Take back what is to be sent later, or is held",
                             options, unschedule);
  back.add_option("BLAST", options->blast, "The blast").required();
  add_acting(back, options->acting);
  add_footer(back,
             "It is a draft again; nothing was sent. What was sent can be recalled.\n"
             "Columns: blast state changed",
             "5f3a... --as-provider dr-lee");
}

}  // namespace cli
