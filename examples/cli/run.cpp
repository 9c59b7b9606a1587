// bccast run: works the queue.
#include <algorithm>
#include <cstdint>
#include <string>
#include <vector>

#include "command.hpp"
#include "commands.hpp"
#include "output.hpp"
#include "queue.hpp"
#include "text.hpp"

namespace cli {
namespace {

struct RunOptions {
  std::string maildir;
  std::vector<std::string> settings;
  std::uint32_t workers = 0;
  bool watch = false;
};

void remark_failing_channels(bccast_engine* engine) {
  Rows channels;
  check(bccast_channel_list(engine, channels.out()));
  for (std::size_t i = 0; i < channels.count(); ++i) {
    const auto since = channels.number(i, channels.find("failing_since_ms"));
    if (!since || *since == 0) continue;
    remark("channel " + std::string(channels.text(i, "channel")) + " is failing since " + iso_time(*since) +
           ": " + std::string(channels.text(i, "last_reason")));
  }
}

/// True when it is: the run has done nothing, and more runs will not.
bool remark_held(bccast_engine* engine) {
  Rows status;
  check(bccast_operate_status(engine, status.out()));
  if (status.number(0, "held") == 0) return false;
  remark("the store was made by a backup and is held: nothing is handed out until `bccast store release`");
  return true;
}

Config config_of(const Session& session, const RunOptions& options) {
  Config config = maildir_config(session, options.maildir);
  for (const std::string& setting : options.settings) {
    const std::size_t end = setting.find('=');
    if (end == std::string::npos) throw Stop(kUsage, "--set takes KEY=VALUE; see `bccast store settings`");
    config.set(setting.substr(0, end), setting.substr(end + 1));
  }
  return config;
}

int run_queue(const Session& session, const RunOptions& options) {
  const Config config = config_of(session, options);
  const Engine engine = open_to_write(session, "", &config);
  const bool held = remark_held(engine.get());
  const Worked worked = options.workers != 0
                            ? work_with_threads(engine.get(), options.workers, options.watch, session.json)
                        : options.watch ? watch_queue(engine.get())
                                        : work_queue(engine.get(), session.json);
  remark_failing_channels(engine.get());
  if (worked.interrupted) {
    remark("interrupted; what is left is done by the next run");
  } else if (worked.pending > 0 && worked.next_at_ms) {
    remark(std::to_string(worked.pending) + " left, the next one is due at " + iso_time(*worked.next_at_ms));
  }
  Record()
      .add("done", worked.done ? Value(static_cast<std::int64_t>(*worked.done)) : Value())
      .add("pending", worked.pending)
      .add("next_at_ms", worked.next_at_ms ? Value(*worked.next_at_ms) : Value())
      .print(session.json);
  return worked.interrupted || held ? kPartly : kOk;
}

}  // namespace

void add_run(Command program, Session& session) {
  auto options = std::make_shared<RunOptions>();
  Command command =
      add_command(program, session, "run", "Work the queue until nothing is due now", options, run_queue);
  command.add_option("--maildir", options->maildir, "The folder that mails are put into").not_empty();
  command.add_option("--set", options->settings, "A setting, as KEY=VALUE; may be repeated").one_each();
  command.add_flag("--watch", options->watch, "Go on until Ctrl-C, with what comes in and falls due");
  command.add_option("--workers", options->workers, "With so many threads, 1 to 64, instead of one");
  add_footer(
      command,
      "Without --watch it does not wait for what is due later, such as the next attempt of a notification\n"
      "that failed, but says when that is: run it again then. Only a blast that is to be sent within a\n"
      "minute is waited for, and then sent. Ctrl-C ends it after the batch in progress;\n"
      "nothing is lost (exit code 3 when something is left that was due, or the store is held).\n"
      "Without --maildir the folder is BCCAST_MAILDIR of the environment, else the store's name and\n"
      "\".maildir\". The settings are listed by `bccast store settings`.\n"
      "Columns: done (empty with --workers: threads do not count) pending next_at",
      "--maildir /srv/mail/outgoing --set mail.from=practice@example.org");
}

}  // namespace cli
