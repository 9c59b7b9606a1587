// bccast roster: who is on a provider's roster.
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "change.hpp"
#include "command.hpp"
#include "commands.hpp"
#include "filter.hpp"
#include "output.hpp"
#include "pages.hpp"

namespace cli {
namespace {

struct RosterOptions {
  std::string provider;
  std::string client;
  Clients clients;
  bool archived = false;
  std::string state;
  std::string search;
  std::string draft;
  std::string key;
  std::string value;
  std::uint64_t limit = kNoLimit;

  const char* id() const noexcept { return provider.c_str(); }
};

int list(const Session& session, const RosterOptions& options) {
  const Engine engine = open_to_read(session);
  const Filter filter =
      Filter().add("state", options.state).add("search", options.search).add("draft", options.draft);
  std::vector<std::string> columns = {"client", "client_name", "state", "contact", "since_ms"};
  if (!options.draft.empty()) columns.emplace_back("chosen");
  Listing listing(session.json, "roster", std::move(columns));
  list_all(listing, options.limit, [&](const char* cursor, std::uint32_t limit, bccast_rows** out) {
    return bccast_provider_roster(engine.get(), options.id(), filter.get(), cursor, limit, out);
  });
  return kOk;
}

int count(const Session& session, const RosterOptions& options) {
  const Engine engine = open_to_read(session);
  std::int64_t active = 0;
  std::int64_t archived = 0;
  check(bccast_provider_roster_count(engine.get(), options.id(), &active, &archived));
  Record()
      .add("provider", options.provider)
      .add("active", active)
      .add("archived", archived)
      .print(session.json);
  return kOk;
}

using One = decltype(&bccast_directory_roster_add);
using Many = decltype(&bccast_directory_roster_add_many);

/// One of `one` and `many` may be nullptr: there is no such call.
int change_clients(const Session& session, const RosterOptions& options, One one, Many many) {
  const auto clients = ids_of(session, options.clients);
  const Engine engine = open_to_write(session);
  Change change;
  if (one != nullptr) {
    change.one = [&](const char* client) { return one(engine.get(), options.id(), client); };
  }
  if (many != nullptr) {
    change.many = [&](std::size_t n, const char* ids, const std::uint64_t* offsets, std::int32_t* results) {
      return many(engine.get(), options.id(), n, ids, offsets, results);
    };
  }
  return change_and_print(session, clients, Record().add("provider", options.provider), change);
}

int add(const Session& session, const RosterOptions& options) {
  if (!options.archived) {
    return change_clients(session, options, bccast_directory_roster_add, bccast_directory_roster_add_many);
  }
  return change_clients(session, options, nullptr, bccast_directory_roster_add_archived_many);
}

int archive(const Session& session, const RosterOptions& options) {
  return change_clients(session, options, bccast_directory_roster_archive,
                        bccast_directory_roster_archive_many);
}

int restore(const Session& session, const RosterOptions& options) {
  return change_clients(session, options, bccast_directory_roster_restore, nullptr);
}

int set(const Session& session, const RosterOptions& options) {
  const Engine engine = open_to_write(session);
  check(bccast_directory_roster_set(engine.get(), options.id(), options.client.c_str(), options.key.c_str(),
                                    options.value.c_str()));
  Record()
      .add("provider", options.provider)
      .add("client", options.client)
      .add("key", options.key)
      .add("value", options.value)
      .print(session.json);
  return kOk;
}

using Run = int (*)(const Session&, const RosterOptions&);

}  // namespace

void add_roster_commands(Command program, Session& session) {
  Command group = add_group(program, "roster", "Who is on a provider's roster");
  auto options = std::make_shared<RosterOptions>();
  const auto add_verb = [&](const char* name, const char* help, Run run) {
    Command command = add_command(group, session, name, help, options, run);
    command.add_option("PROVIDER", options->provider, "Whose roster").required();
    return command;
  };
  const auto add_change = [&](const char* name, const char* help, Run run, const std::string& about) {
    Command command = add_verb(name, help, run);
    add_clients(command, options->clients);
    add_footer(command,
               about +
                   "Ids that are refused are told, and the others done (exit code 3).\n"
                   "Columns: provider changed unchanged refused",
               "dr-lee c17 c18");
    return command;
  };

  Command listed = add_verb("list", "The clients, by name", list);
  listed.add_option("--state", options->state, "Only those that are: active, archived").not_empty();
  listed.add_option("--search", options->search,
                    "Only those with a word in the name that begins so, whatever its case and marks");
  listed.add_option("--draft", options->draft, "Also whether this draft would go to them").not_empty();
  add_limit(listed, options->limit);
  add_footer(
      listed,
      "Columns: client client_name state contact (ok; off: wants no blasts; no_address: cannot be told)\n"
      "since (when it is so), with --draft also chosen",
      "dr-lee --state active --search bj");
  add_footer(add_verb("count", "How many are active, and how many archived", count),
             "Columns: provider active archived", "dr-lee");

  add_change("add", "Put clients on the roster", add, "Who is there already stays as it is.\n")
      .add_flag("--archived", options->archived, "Archived from the first moment on");
  add_change("archive", "Archive clients on the roster: no later blast reaches them", archive,
             "They keep their private threads, and may read and reply there; they leave the provider's\n"
             "communities.\n");
  add_change("restore", "Make archived clients of the roster active again", restore, "");

  Command changed = add_verb("set", "Set one thing of a client with this provider", set);
  changed.add_option("CLIENT", options->client, "The client").required();
  changed.add_option("KEY", options->key, "chat (off: no blasts), or notify (off: no notifications)")
      .required();
  changed.add_option("VALUE", options->value, "on, or off").required();
  add_footer(changed, "Columns: provider client key value", "dr-lee c17 notify off");
}

}  // namespace cli
