// bccast provider, providers, roster, archive, restore: providers and who is on their rosters.
#include <cstdint>
#include <optional>
#include <string>

#include "commands.hpp"
#include "output.hpp"
#include "pages.hpp"

namespace cli {
namespace {

struct ProviderOptions {
  std::string provider;
  std::optional<std::string> name;
  std::optional<std::string> email;
};

int put_provider(const Session& session, const ProviderOptions& options) {
  const char* provider = options.provider.c_str();
  const bool writes = options.name || options.email;
  const Engine engine = options.name ? open_or_make(session)
                        : writes     ? open_to_write(session)
                                     : open_to_read(session);
  if (options.name) check(bccast_directory_provider_put(engine.get(), provider, options.name->c_str()));
  if (options.email) {
    check(bccast_directory_provider_set(engine.get(), provider, "address.email", options.email->c_str()));
  }
  std::int64_t active = 0;
  std::int64_t archived = 0;
  check(bccast_provider_roster_count(engine.get(), provider, &active, &archived));
  Record()
      .add("provider", options.provider)
      .add("active", active)
      .add("archived", archived)
      .print(session.json);
  return kOk;
}

struct RosterOptions {
  std::string provider;
  std::string state;
  std::string search;
  std::uint64_t limit = kNoLimit;
  bool all = false;
};

int list_roster(const Session& session, const RosterOptions& options) {
  const Engine engine = open_to_read(session);
  std::string filter;
  if (!options.state.empty()) filter = "state=" + options.state;
  if (!options.search.empty()) filter += (filter.empty() ? "search=" : "&search=") + options.search;
  Listing listing(session.json, "roster", {"client", "client_name", "state", "contact"});
  list_all(listing, options.limit, [&](const char* cursor, std::uint32_t limit, bccast_rows** out) {
    return bccast_provider_roster(engine.get(), options.provider.c_str(), filter.c_str(), cursor, limit, out);
  });
  return kOk;
}

int list_providers(const Session& session) {
  const Engine engine = open_to_read(session);
  Listing listing(session.json, "providers");
  list_all(listing, kNoLimit, [&](const char* cursor, std::uint32_t limit, bccast_rows** out) {
    return bccast_directory_provider_list(engine.get(), cursor, limit, out);
  });
  return kOk;
}

void add_roster(CLI::App& program, Session& session) {
  auto options = std::make_shared<RosterOptions>();
  CLI::App* command = program.add_subcommand("roster", "A provider's clients, by name");
  command->add_option("--as-provider", options->provider, "Whose roster")->required();
  command->add_option("--state", options->state, "Only those that are: active, archived");
  command->add_option("--search", options->search,
                      "Only those with a word in the name that begins so, whatever its case and marks");
  CLI::Option* limit = command->add_option("--limit", options->limit, "At most that many");
  command->add_flag("--all", options->all, "All of them, as without --limit")->excludes(limit);
  command->footer(
      "Columns: client client_name state contact (ok; off: wants no blasts; no_address: can not be told)\n"
      "Example: bccast roster --as-provider dr-lee --state active --search bj");
  command->callback([&session, options] {
    session.command = [&session, options] { return list_roster(session, *options); };
  });
}

void add_providers(CLI::App& program, Session& session) {
  CLI::App* command = program.add_subcommand("providers", "The providers, by id");
  command->footer(
      "Columns: provider provider_name locale timezone address clients\n"
      "Example: bccast providers");
  command->callback([&session] { session.command = [&session] { return list_providers(session); }; });
}

struct EntryOptions {
  std::string client;
  std::string provider;
};

using Change = std::int32_t (*)(bccast_engine*, const char*, const char*);

/// Archives or restores one entry of a roster.
int change_entry(const Session& session, const EntryOptions& options, Change change, const char* state) {
  const Engine engine = open_to_write(session);
  if (check(change(engine.get(), options.provider.c_str(), options.client.c_str())) == BCCAST_EXISTS) {
    remark(options.client + " was " + state + " before");
  }
  Record()
      .add("client", options.client)
      .add("provider", options.provider)
      .add("state", std::string(state))
      .print(session.json);
  return kOk;
}

CLI::App* add_change(CLI::App& program, Session& session, const char* name, const char* help, Change change,
                     const char* state) {
  auto options = std::make_shared<EntryOptions>();
  CLI::App* command = program.add_subcommand(name, help);
  command->add_option("CLIENT", options->client, "The client")->required();
  command->add_option("--provider", options->provider, "Whose roster")->required();
  command->callback([&session, options, change, state] {
    session.command = [&session, options, change, state] {
      return change_entry(session, *options, change, state);
    };
  });
  return command;
}

}  // namespace

void add_roster_commands(CLI::App& program, Session& session) {
  auto options = std::make_shared<ProviderOptions>();
  CLI::App* provider = program.add_subcommand("provider", "Make, change or show a provider");
  provider->add_option("PROVIDER", options->provider, "The provider's id")->required();
  provider->add_option("--name", options->name, "The display name; makes the provider when there is none");
  provider->add_option("--email", options->email, "Where the provider is told of replies; empty: nowhere");
  provider->footer(
      "Columns: provider active archived (how many of the roster are)\n"
      "Example: bccast provider dr-lee --name 'Dr. Lee' --email lee@example.org");
  provider->callback([&session, options] {
    session.command = [&session, options] { return put_provider(session, *options); };
  });

  add_providers(program, session);
  add_roster(program, session);

  add_change(program, session, "archive", "Archive a client on a roster: no later blast reaches it",
             bccast_directory_roster_archive, "archived")
      ->footer(
          "The client keeps its threads, and may read and reply there.\n"
          "Columns: client provider state\n"
          "Example: bccast archive c17 --provider dr-lee");
  add_change(program, session, "restore", "Make an archived client of a roster active again",
             bccast_directory_roster_restore, "active")
      ->footer(
          "Columns: client provider state\n"
          "Example: bccast restore c17 --provider dr-lee");
}

}  // namespace cli
