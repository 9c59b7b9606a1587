// bccast events: what has happened, for readers that remember how far they are.
#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "command.hpp"
#include "commands.hpp"
#include "interrupt.hpp"
#include "output.hpp"

namespace cli {
namespace {

struct EventOptions {
  std::string reader;
  std::string event;
  std::uint64_t limit = BCCAST_MAX_LIST;
};

struct FollowOptions {
  std::string reader;
  bool follow = false;
  bool ack = false;
};

constexpr std::chrono::milliseconds kLook{250};  // between two looks for events

int list(const Session& session, const EventOptions& options) {
  const Engine engine = open_to_write(session);  // a reader's first look is remembered
  const auto limit = static_cast<std::uint32_t>(std::clamp<std::uint64_t>(options.limit, 1, BCCAST_MAX_LIST));
  Rows rows;
  check(bccast_events(engine.get(), options.reader.c_str(), limit, rows.out()));
  Listing listing(session.json, "events");
  listing.add_page(rows);
  listing.end();
  return kOk;
}

int acknowledge(const Session& session, const EventOptions& options) {
  const Engine engine = open_to_write(session);
  const bool changed =
      check(bccast_events_ack(engine.get(), options.reader.c_str(), options.event.c_str())) != BCCAST_EXISTS;
  Record()
      .add("reader", options.reader)
      .add("event", options.event)
      .add("changed", changed)
      .print(session.json);
  return kOk;
}

/// Of the events in `rows`, the first that comes after `last`; 0 when that is not among them.
std::size_t first_after(const Rows& rows, const std::string& last) {
  for (std::size_t i = 0; i < rows.count(); ++i) {
    if (rows.text(i, "event") == last) return i + 1;
  }
  return 0;
}

/// Prints each event as it comes: a line of a table, or a JSON document a line.
class Follower {
 public:
  Follower(const Session& session, const FollowOptions& options)
      : engine_(open_to_write(session)), json_(session.json), options_(options), table_(false, "events") {}

  void look() {
    Rows rows;
    check(bccast_events(engine_.get(), options_.reader.c_str(), BCCAST_MAX_LIST, rows.out()));
    const std::size_t first = first_after(rows, last_);
    if (first == rows.count()) {
      if (rows.count() == BCCAST_MAX_LIST)
        throw Stop(kPartly, "too many events are not acknowledged; see --ack");
      return;
    }
    print(rows, first);
    flush_output();
    last_ = rows.text(rows.count() - 1, "event");
    if (options_.ack) check(bccast_events_ack(engine_.get(), options_.reader.c_str(), last_.c_str()));
  }

 private:
  void print(const Rows& rows, std::size_t first) {
    std::vector<Record> events;
    for (std::size_t i = first; i < rows.count(); ++i) {
      events.emplace_back().add_row(rows, i);
      if (json_) events.back().print(true);
    }
    if (!json_) table_.add(events);
  }

  Engine engine_;
  const bool json_;
  const FollowOptions& options_;
  Listing table_;
  std::string last_;  // printed
};

int follow(const Session& session, const FollowOptions& options) {
  if (!options.follow || options.reader.empty()) {
    throw Stop(kUsage, "events needs a verb, or else --follow and --reader; see bccast events --help");
  }
  Follower follower(session, options);
  const Interrupt interrupt;
  do follower.look();
  while (interrupt.wait(kLook));
  return kOk;
}

/// `events` without a verb follows; with one, that is another command.
void add_follow(Command group, Session& session) {
  auto options = std::make_shared<FollowOptions>();
  group.require_verb(0);
  group.add_flag("--follow", options->follow, "Print each event as it comes, until Ctrl-C");
  group.add_option("--reader", options->reader, "The reader's name").not_empty();
  group.add_flag("--ack", options->ack, "Acknowledge what was printed");
  group.on_use([&session, group, options] {
    if (!group.has_verb()) {
      session.command = [&session, options] { return follow(session, *options); };
    } else if (options->follow || options->ack || !options->reader.empty()) {
      session.command = []() -> int { throw Stop(kUsage, "--follow, --reader and --ack go without a verb"); };
    }
  });
  add_footer(
      group,
      "Following is no list: it does not end, and with --json prints a document a line. A reader that\n"
      "does not acknowledge sees the same again the next time.\n"
      "Columns: event provider kind object at\n"
      "bccast events VERB --help tells more of the verbs.",
      "--follow --reader billing --ack");
}

}  // namespace

void add_event_commands(Command program, Session& session) {
  Command group = add_group(program, "events", "What has happened, for named readers");
  add_follow(group, session);
  auto options = std::make_shared<EventOptions>();

  Command listed =
      add_command(group, session, "list", "What a reader has not acknowledged, oldest first", options, list);
  listed.add_option("READER", options->reader, "The reader's name").required();
  listed.add_option("--limit", options->limit, "At most that many; 1000 unless given");
  add_footer(listed,
             "A reader sees what happens after its first look, and the same again until it acknowledges.\n"
             "Columns: event provider kind object at",
             "billing");

  Command acknowledged = add_command(group, session, "ack", "The reader has dealt with all up to an event",
                                     options, acknowledge);
  acknowledged.add_option("READER", options->reader, "The reader's name").required();
  acknowledged.add_option("EVENT", options->event, "The event").required();
  add_footer(acknowledged, "Columns: reader event changed", "billing 5f3a...");
}

}  // namespace cli
