// bccast run: works the queue.
#include "commands.hpp"
#include "output.hpp"
#include "queue.hpp"
#include "text.hpp"

namespace cli {
namespace {

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

int run_queue(const Session& session, const std::string& maildir) {
  const Config config = maildir_config(session, maildir);
  const Engine engine = open_to_write(session, &config);
  const Worked worked = work_queue(engine.get(), session.json);
  remark_failing_channels(engine.get());
  if (worked.interrupted) {
    remark("interrupted; what is left is done by the next run");
  } else if (worked.pending > 0 && worked.next_at_ms) {
    remark(std::to_string(worked.pending) + " left, the next one is due at " + iso_time(*worked.next_at_ms));
  }
  Record()
      .add("done", static_cast<std::int64_t>(worked.done))
      .add("pending", worked.pending)
      .add("next_at_ms", worked.next_at_ms ? Value(*worked.next_at_ms) : Value())
      .print(session.json);
  return worked.interrupted ? kPartly : kOk;
}

}  // namespace

void add_run(CLI::App& program, Session& session) {
  auto maildir = std::make_shared<std::string>();
  CLI::App* command = program.add_subcommand("run", "Work the queue until nothing is due now");
  command->add_option("--maildir", *maildir, "The folder that mails are put into");
  command->footer(
      "Does not wait for what is due later, such as the next attempt of a notification that failed, but says "
      "when\n"
      "that is: run it again then. Ctrl-C ends it after the batch in progress; nothing is lost (exit code "
      "3).\n"
      "Without --maildir the folder is BCCAST_MAILDIR of the environment, else the store's name and "
      "\".maildir\".\n"
      "Columns: done pending next_at\n"
      "Example: bccast run --maildir /srv/mail/outgoing");
  command->callback([&session, maildir] {
    session.command = [&session, maildir] { return run_queue(session, *maildir); };
  });
}

}  // namespace cli
