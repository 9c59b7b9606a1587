// bccast retry (blast retry-failed), report: second thoughts on what was handed over, or could not be.
#include <cstdint>
#include <map>
#include <string>

#include "command.hpp"
#include "commands.hpp"
#include "output.hpp"

namespace cli {
namespace {

struct RetryOptions {
  Acting acting;
  std::string blast;
};

int retry_failed(const Session& session, const RetryOptions& options) {
  const Engine engine = open_to_write(session, options.acting.actor);
  std::int64_t count = 0;
  check(bccast_blast_retry_failed(engine.get(), options.acting.provider.c_str(), options.blast.c_str(),
                                  &count));
  Record().add("blast", options.blast).add("retried", count).print(session.json);
  return kOk;
}

struct ReportOptions {
  std::string item;
  std::string status;
  std::string reason;
};

int report(const Session& session, const ReportOptions& options) {
  static const std::map<std::string, std::int32_t> kStatuses = {
      {"done", BCCAST_ITEM_DONE}, {"retry", BCCAST_ITEM_RETRY}, {"failed", BCCAST_ITEM_FAILED}};
  const auto status = kStatuses.find(options.status);
  if (status == kStatuses.end()) throw Stop(kUsage, "the status must be done, retry or failed");
  const Engine engine = open_to_write(session);
  const char* reason = options.reason.empty() ? nullptr : options.reason.c_str();
  const bool changed =
      check(bccast_report(engine.get(), options.item.c_str(), status->second, reason)) != BCCAST_EXISTS;
  Record()
      .add("item", options.item)
      .add("status", options.status)
      .add("changed", changed)
      .print(session.json);
  return kOk;
}

}  // namespace

void add_retry(Command group, Session& session, const char* name) {
  auto options = std::make_shared<RetryOptions>();
  Command command =
      add_command(group, session, name, "Try once more what failed for good", options, retry_failed);
  command.add_option("BLAST", options->blast, "The blast").required();
  add_acting(command, options->acting);
  add_footer(command,
             "Of this blast, on every channel, and nothing else; by the next `bccast run`.\n"
             "Columns: blast retried",
             "5f3a... --as-provider dr-lee");
}

void add_report(Command program, Session& session) {
  auto options = std::make_shared<ReportOptions>();
  Command command =
      add_command(program, session, "report", "Say what became of a notification later", options, report);
  command.add_option("ITEM", options->item, "Its id: the left side of the mail's Message-ID").required();
  command.add_option("STATUS", options->status, "failed (it came back), retry, or done").required();
  command.add_option("--reason", options->reason, "A short class, such as no_such_mailbox").not_empty();
  add_footer(command, "Columns: item status changed", "5f3a... failed --reason no_such_mailbox");
}

}  // namespace cli
