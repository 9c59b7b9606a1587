// bccast channel: the ways out for notifications and messages.
#include <string>

#include "command.hpp"
#include "commands.hpp"
#include "output.hpp"

namespace cli {
namespace {

struct ChannelOptions {
  std::string channel;
  std::string role = "notify";
  std::string key;
  std::string value;

  const char* name() const noexcept { return channel.c_str(); }
};

int put(const Session& session, const ChannelOptions& options) {
  const Engine engine = open_or_make(session);
  const bool made =
      check(bccast_channel_put(engine.get(), options.name(), options.role.c_str())) != BCCAST_EXISTS;
  Record().add("channel", options.channel).add("role", options.role).add("changed", made).print(session.json);
  return kOk;
}

int set(const Session& session, const ChannelOptions& options) {
  const Engine engine = open_to_write(session);
  check(bccast_channel_set(engine.get(), options.name(), options.key.c_str(), options.value.c_str()));
  Record()
      .add("channel", options.channel)
      .add("key", options.key)
      .add("value", options.value.empty() ? Value() : Value(options.value))
      .print(session.json);
  return kOk;
}

int remove(const Session& session, const ChannelOptions& options) {
  const Engine engine = open_to_write(session);
  const int exit_code = exit_for_damage(check(bccast_channel_remove(engine.get(), options.name())));
  Record().add("channel", options.channel).add("removed", true).print(session.json);
  return exit_code;
}

int list(const Session& session, const ChannelOptions& /*options*/) {
  const Engine engine = open_to_read(session);
  Rows rows;
  check(bccast_channel_list(engine.get(), rows.out()));
  Listing listing(session.json, "channels");
  listing.add_page(rows);
  listing.end();
  return kOk;
}

}  // namespace

void add_channel_commands(Command program, Session& session) {
  Command group = add_group(program, "channel", "The ways out for notifications");
  auto options = std::make_shared<ChannelOptions>();
  const auto add = [&](const char* name, const char* help,
                       int (*run)(const Session&, const ChannelOptions&)) {
    Command command = add_command(group, session, name, help, options, run);
    command.add_option("CHANNEL", options->channel, "Its name").required();
    return command;
  };

  Command made = add("put", "Make a channel", put);
  made.add_option("--role", options->role, "notify (unless given), or deliver");
  add_footer(made,
             "Blasts sent and messages written from then on make work for it. Where there are channels that\n"
             "deliver, people are notified of what was delivered. Makes the store when there is none.\n"
             "Columns: channel role changed",
             "email");

  Command changed = add("set", "Set one thing of a channel", set);
  changed.add_option("KEY", options->key, "See below").required();
  changed.add_option("VALUE", options->value, "The value; as if never set unless given");
  add_footer(
      changed,
      "Keys, and their values:\n"
      "  paused        on (nothing is handed out, work waits), or off\n"
      "  rate          items a second, such as 20 or 0.5; 0: no limit\n"
      "  concurrency   batches in flight at once, of all processes; 0: no limit\n"
      "  quiet_hours   such as 21:00-08:00: who is in them is told when they end\n"
      "  fail_percent  so much of the last fail_window items fails: too much (50, 200 unless set); 0: never\n"
      "  fail_action   what is done then: breaker (it rests, unless set), or pause\n"
      "Columns: channel key value",
      "email rate 20");

  add_footer(add("remove", "Remove a channel", remove),
             "All that was still to be done on it is left out, so that blasts finish.\n"
             "Columns: channel removed",
             "email");

  Command listed = add_command(group, session, "list", "The channels, and whether they work", options, list);
  add_footer(listed,
             "Columns: channel role paused failing_since last_reason pending worker_seen rate concurrency\n"
             "fail_percent fail_window fail_action quiet_hours due_at unknown_zones",
             "");
}

}  // namespace cli
