// bccast events: what has happened, for readers that remember how far they are.
#include <algorithm>
#include <cstdint>
#include <string>

#include "command.hpp"
#include "commands.hpp"
#include "output.hpp"

namespace cli {
namespace {

struct EventOptions {
  std::string reader;
  std::string event;
  std::uint64_t limit = BCCAST_MAX_LIST;
};

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

}  // namespace

void add_event_commands(CLI::App& program, Session& session) {
  CLI::App& group = add_group(program, "events", "What has happened, for named readers");
  auto options = std::make_shared<EventOptions>();

  CLI::App* listed =
      add_command(group, session, "list", "What a reader has not acknowledged, oldest first", options, list);
  listed->add_option("READER", options->reader, "The reader's name")->required();
  listed->add_option("--limit", options->limit, "At most that many; 1000 unless given");
  add_footer(listed,
             "A reader sees what happens after its first look, and the same again until it acknowledges.\n"
             "Columns: event provider kind object at",
             "billing");

  CLI::App* acknowledged = add_command(group, session, "ack", "The reader has dealt with all up to an event",
                                       options, acknowledge);
  acknowledged->add_option("READER", options->reader, "The reader's name")->required();
  acknowledged->add_option("EVENT", options->event, "The event")->required();
  add_footer(acknowledged, "Columns: reader event changed", "billing 5f3a...");
}

}  // namespace cli
