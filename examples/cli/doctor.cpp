// bccast doctor: whether all is well.
#include <algorithm>
#include <array>
#include <string>
#include <vector>

#include "checks.hpp"
#include "command.hpp"
#include "commands.hpp"
#include "output.hpp"

namespace cli {
namespace {

struct DoctorOptions {
  bool deep = false;
};

void check_store(const Session& session, bool deep, Findings& findings) {
  try {
    const Engine engine = open_to_read(session);
    check_content(engine.get(), deep, findings);
    check_held(engine.get(), findings);
    check_channels(engine.get(), findings);
    check_overdue(engine.get(), findings);
  } catch (const Failure& failure) {
    findings.push_back({"store", Health::bad, failure.what()});
  }
}

int examine(const Session& session, const DoctorOptions& options) {
  constexpr std::array<const char*, 3> kNames = {"ok", "warn", "bad"};
  Findings findings;
  check_versions(findings);
  check_store(session, options.deep, findings);
  check_log(session, findings);
  check_files(session, findings);  // with the companions that opening may have made
  check_disk(session, findings);

  std::vector<Record> rows;
  Health worst = Health::ok;
  for (const Finding& finding : findings) {
    worst = std::max(worst, finding.health);
    rows.emplace_back()
        .add("check", finding.check)
        .add("state", std::string(kNames[static_cast<std::size_t>(finding.health)]))
        .add("detail", finding.detail);
  }
  Listing listing(session.json, "checks");
  listing.add(rows);
  listing.end();
  return worst == Health::ok ? kOk : kPartly;
}

}  // namespace

void add_doctor(Command program, Session& session) {
  auto options = std::make_shared<DoctorOptions>();
  Command command =
      add_command(program, session, "doctor", "Whether all is well with a store", options, examine);
  command.add_flag("--deep", options->deep, "Also look through the whole store, as `store verify`");
  add_footer(
      command,
      "The library; the store, and whether it is held or owes anything; channels that fail, are paused,\n"
      "have work due and no worker for 10 minutes, or quiet hours and time zones that this machine does\n"
      "not know; blasts that are late, and why; the size of the log; the modes of the files; the room on\n"
      "the disk (1 GiB, and as much as the store has).\n"
      "States: ok, warn, bad. Exit code 0: all is ok; 3: something is not.\n"
      "Columns: check state detail",
      "--deep");
}

}  // namespace cli
