// bccast watch: a blast while it is under way.
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "command.hpp"
#include "commands.hpp"
#include "interrupt.hpp"
#include "moment.hpp"
#include "output.hpp"
#include "pace.hpp"
#include "screen.hpp"
#include "table.hpp"
#include "text.hpp"

namespace cli {
namespace {

struct WatchOptions {
  Acting acting;
  std::string blast;
};

constexpr std::chrono::milliseconds kRedraw{500};

/// What is shown of a row of the status; where the first part is as it was, nothing has changed.
struct Line {
  Record counts;
  Record pace;
};

class Watcher {
 public:
  Watcher(const Session& session, const WatchOptions& options)
      : engine_(open_to_read(session)),
        json_(session.json),
        live_(!json_ && Screen::is_there()),
        options_(options) {}

  /// Shows how it stands. False: it has ended.
  bool look() {
    check(bccast_blast_status(engine_.get(), options_.acting.provider.c_str(), options_.blast.c_str(),
                              rows_.out()));
    const std::string state(rows_.text(rows_.count() - 1, "state"));
    if (state == "draft")
      throw Stop(kError, was_shown_ ? "it is a draft again" : "it is a draft: nothing was sent");
    live_ ? draw(state) : print_changes();
    was_shown_ = true;
    return state != "finished" && state != "recalled";
  }

  /// Whether it has ended as it should.
  bool is_well() const {
    const std::size_t people = rows_.count() - 1;
    return rows_.text(people, "state") == "finished" && rows_.number(people, "failed") == 0;
  }

 private:
  Line line(std::size_t row) {
    Line line;
    for (const char* column :
         {"channel", "state", "recipients", "done", "failed", "skipped", "deferred", "pending"}) {
      line.counts.add(column, cell(rows_, row, rows_.find(column)));
    }
    const std::string channel(rows_.text(row, "channel"));
    Pace& pace = paces_[channel];
    pace.note(rows_.number(row, "recipients") - rows_.number(row, "pending"));
    line.counts.add("why", cell(rows_, row, rows_.find("why")));
    line.pace.add("rate", static_cast<std::int64_t>(pace.per_second()));
    line.pace.add("left_ms", cell(rows_, row, rows_.find("left_ms")));
    return line;
  }

  void draw(const std::string& state) {
    Table table;
    table.lines.push_back(
        {"channel", "state", "done", "failed", "skipped", "deferred", "pending", "rate/s", "left"});
    table.to_the_right = {false, false, true, true, true, true, true, true, true};
    std::vector<std::string> why;
    for (std::size_t row = 0; row < rows_.count(); ++row) {
      const Line all = line(row);
      auto& cells = table.lines.emplace_back();
      for (const auto& [name, value] : all.counts.properties()) {
        if (name != "recipients" && name != "why") cells.push_back(shown(name, value));
      }
      cells.push_back(shown("rate", all.pace.properties()[0].second));
      const auto left = rows_.number(row, rows_.find("left_ms"));
      cells.push_back(left ? duration(static_cast<std::uint64_t>(*left) / 1000) : "-");
      if (!rows_.text(row, "why").empty()) why.push_back("overdue: " + printable(rows_.text(row, "why")));
    }
    std::vector<std::string> lines = {"blast " + options_.blast + ": " + state + ", " + iso_time(now_ms())};
    for (auto& text : table.aligned(widths_)) lines.push_back(std::move(text));
    // The last row says of all channels what the others say of theirs.
    if (why.size() > 1) why.pop_back();
    lines.insert(lines.end(), why.begin(), why.end());
    screen_.draw(lines);
  }

  void print_changes() {
    std::vector<Record> changes;
    for (std::size_t row = 0; row < rows_.count(); ++row) {
      const Line all = line(row);
      const std::string channel(rows_.text(row, "channel"));
      if (const auto before = before_.find(channel);
          before != before_.end() && before->second == all.counts.properties()) {
        continue;
      }
      before_[channel] = all.counts.properties();
      Record& change = changes.emplace_back();
      change.add("at_ms", now_ms());
      for (const Record* part : {&all.counts, &all.pace}) {
        for (const auto& [name, value] : part->properties()) change.add(name, value);
      }
      if (json_) change.print(true);
    }
    if (!json_ && !changes.empty()) table_.add(changes);
    flush_output();
  }

  Engine engine_;
  const bool json_;
  const bool live_;
  const WatchOptions& options_;
  Rows rows_;
  bool was_shown_ = false;
  std::map<std::string, Pace> paces_;  // by channel
  std::map<std::string, std::vector<std::pair<std::string, Value>>> before_;
  std::vector<std::size_t> widths_;
  Screen screen_;
  Listing table_{false, "watch"};
};

int watch(const Session& session, const WatchOptions& options) {
  Watcher watcher(session, options);
  const Interrupt interrupt;
  while (watcher.look()) {
    if (!interrupt.wait(kRedraw)) return kPartly;
  }
  return watcher.is_well() ? kOk : kPartly;
}

}  // namespace

void add_watch(Command program, Session& session) {
  auto options = std::make_shared<WatchOptions>();
  Command command = add_command(program, session, "watch",
                                "A blast while it is under way, until it has ended", options, watch);
  command.add_option("BLAST", options->blast, "The blast").required();
  add_provider(command, options->acting);
  add_footer(
      command,
      "On a terminal a table that is drawn anew twice a second; else a line for each change of a channel,\n"
      "with --json one document a line. The line that names no channel counts people. Exit code 0: it is\n"
      "finished and nobody failed; 3: somebody did, it was recalled, or Ctrl-C.\n"
      "Columns: at channel state recipients done failed skipped deferred pending why (it is overdue) rate\n"
      "(ended a second) left_ms",
      "5f3a... --as-provider dr-lee");
}

}  // namespace cli
