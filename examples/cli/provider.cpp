// bccast provider: the providers, as the operator keeps them.
#include <cstdint>
#include <optional>
#include <string>

#include "command.hpp"
#include "commands.hpp"
#include "output.hpp"
#include "pages.hpp"

namespace cli {
namespace {

struct ProviderOptions {
  std::string provider;
  std::string name;
  std::optional<std::string> email;
  std::string key;
  std::string value;
  std::uint64_t limit = kNoLimit;

  const char* id() const noexcept { return provider.c_str(); }
};

int put(const Session& session, const ProviderOptions& options) {
  const Engine engine = open_or_make(session);
  check(bccast_directory_provider_put(engine.get(), options.id(), options.name.c_str()));
  if (options.email) {
    check(bccast_directory_provider_set(engine.get(), options.id(), "address.email", options.email->c_str()));
  }
  Record().add("provider", options.provider).add("provider_name", options.name).print(session.json);
  return kOk;
}

int set(const Session& session, const ProviderOptions& options) {
  const Engine engine = open_to_write(session);
  check(
      bccast_directory_provider_set(engine.get(), options.id(), options.key.c_str(), options.value.c_str()));
  Record()
      .add("provider", options.provider)
      .add("key", options.key)
      .add("value", options.value.empty() ? Value() : Value(options.value))
      .print(session.json);
  return kOk;
}

int change_state(const Session& session, const ProviderOptions& options,
                 decltype(&bccast_directory_provider_archive) change, const std::string& state) {
  const Engine engine = open_to_write(session);
  const auto result = check(change(engine.get(), options.id()));
  const bool changed = result != BCCAST_EXISTS;
  if (!changed) remark(options.provider + " was " + state + " before");
  Record().add("provider", options.provider).add("state", state).add("changed", changed).print(session.json);
  return exit_for_damage(result);
}

int archive(const Session& session, const ProviderOptions& options) {
  return change_state(session, options, bccast_directory_provider_archive, "archived");
}

int restore(const Session& session, const ProviderOptions& options) {
  return change_state(session, options, bccast_directory_provider_restore, "active");
}

int list(const Session& session, const ProviderOptions& options) {
  const Engine engine = open_to_read(session);
  Listing listing(session.json, "providers");
  list_all(listing, options.limit, [&](const char* cursor, std::uint32_t limit, bccast_rows** out) {
    return bccast_directory_provider_list(engine.get(), cursor, limit, out);
  });
  return kOk;
}

int show(const Session& session, const ProviderOptions& options) {
  const Engine engine = open_to_read(session);
  Rows rows;
  check(bccast_directory_provider_get(engine.get(), options.id(), rows.out()));
  Record().add_row(rows, 0).print(session.json);
  return kOk;
}

int show_unread(const Session& session, const ProviderOptions& options) {
  const Engine engine = open_to_read(session);
  std::int64_t threads = 0;
  std::int64_t messages = 0;
  check(bccast_provider_unread(engine.get(), options.id(), &threads, &messages));
  Record()
      .add("provider", options.provider)
      .add("threads", threads)
      .add("messages", messages)
      .print(session.json);
  return kOk;
}

}  // namespace

void add_provider_commands(Command program, Session& session) {
  constexpr const char* kColumns = "Columns: provider provider_name locale timezone address clients archived";
  Command group = add_group(program, "provider", "The providers");
  auto options = std::make_shared<ProviderOptions>();
  const auto add = [&](const char* name, const char* help,
                       int (*run)(const Session&, const ProviderOptions&)) {
    Command command = add_command(group, session, name, help, options, run);
    command.add_option("PROVIDER", options->provider, "The provider's id").required();
    return command;
  };

  Command made = add("put", "Make a provider, or give it another name", put);
  made.add_option("--name", options->name, "The display name").required();
  made.add_option("--email", options->email, "Where the provider is told of replies; empty: nowhere");
  add_footer(made,
             "Makes the store when there is none.\n"
             "Columns: provider provider_name",
             "dr-lee --name 'Dr. Lee' --email lee@example.org");

  Command changed = add("set", "Set one thing of a provider", set);
  changed.add_option("KEY", options->key, "address.CHANNEL, locale, or timezone").required();
  changed.add_option("VALUE", options->value, "The value; takes it away unless given");
  add_footer(changed, "Columns: provider key value", "dr-lee address.email lee@example.org");

  add_footer(add("archive", "End a provider's work", archive),
             "Discards its drafts, drops notifications not sent yet, and closes its threads, which stay\n"
             "readable. Its roster is kept.\n"
             "Columns: provider state changed",
             "dr-lee");
  add_footer(add("restore", "Take an archived provider back", restore),
             "Opens its threads again. What was discarded or dropped stays so.\n"
             "Columns: provider state changed",
             "dr-lee");

  Command listed = add_command(group, session, "list", "The providers, by id", options, list);
  add_limit(listed, options->limit);
  add_footer(listed, kColumns, "");

  add_footer(add("show", "A provider as it is", show), kColumns, "dr-lee");

  add_footer(add("unread", "How much a provider has not read", show_unread),
             "Columns: provider threads messages", "dr-lee");
}

}  // namespace cli
