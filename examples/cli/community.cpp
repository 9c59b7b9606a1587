// bccast community, members: threads whose members see each other.
#include <array>
#include <cstdint>
#include <string>

#include "ask.hpp"
#include "change.hpp"
#include "command.hpp"
#include "commands.hpp"
#include "output.hpp"
#include "participant.hpp"

namespace cli {
namespace {

struct CommunityOptions {
  Acting acting;
  std::string thread;
  std::string title;
  std::string key;
  std::string value;
  Clients clients;
  bool members_see_each_other = false;

  const char* provider() const noexcept { return acting.provider.c_str(); }
};

int create(const Session& session, const CommunityOptions& options) {
  if (!options.members_see_each_other) {
    require_terminal("a community's members see each other: add --members-see-each-other if they may");
    if (!ask("Its members will see each other's names and messages; go on?")) {
      throw Stop(kError, "no community was made");
    }
  }
  const Engine engine = open_to_write(session, options.acting.actor);
  std::array<char, BCCAST_ID_SIZE> thread{};
  check(bccast_provider_community(engine.get(), options.provider(), options.title.c_str(), thread.data()));
  print_id(session.json, "thread", thread.data());
  return kOk;
}

int set(const Session& session, const CommunityOptions& options) {
  const Engine engine = open_to_write(session, options.acting.actor);
  check(bccast_provider_community_set(engine.get(), options.provider(), options.thread.c_str(),
                                      options.key.c_str(), options.value.c_str()));
  Record()
      .add("thread", options.thread)
      .add("key", options.key)
      .add("value", options.value)
      .print(session.json);
  return kOk;
}

int change_members(const Session& session, const CommunityOptions& options, bool adds) {
  const auto clients = ids_of(session, options.clients);
  const Engine engine = open_to_write(session, options.acting.actor);
  const char* thread = options.thread.c_str();
  Change change;
  change.one = [&](const char* client) {
    const auto one = adds ? bccast_provider_community_add : bccast_provider_community_remove;
    return one(engine.get(), options.provider(), thread, client);
  };
  if (adds) {
    change.many = [&](std::size_t n, const char* ids, const std::uint64_t* offsets, std::int32_t* results) {
      return bccast_provider_community_add_many(engine.get(), options.provider(), thread, n, ids, offsets,
                                                results);
    };
  }
  return change_and_print(session, clients, Record().add("thread", options.thread), change);
}

int add_them(const Session& session, const CommunityOptions& options) {
  return change_members(session, options, true);
}

int remove_them(const Session& session, const CommunityOptions& options) {
  return change_members(session, options, false);
}

struct MembersOptions {
  Participant participant;
  std::string thread;
};

int list_members(const Session& session, const MembersOptions& options) {
  check_participant(options.participant);
  const Engine engine = open_to_read(session);
  Rows rows;
  act(engine, options.participant, bccast_provider_members, bccast_client_members, options.thread.c_str(),
      rows.out());
  Listing listing(session.json, "members");
  listing.add_page(rows);
  listing.end();
  return kOk;
}

}  // namespace

void add_members(Command group, Session& session) {
  auto options = std::make_shared<MembersOptions>();
  Command command =
      add_command(group, session, "members", "The members of a community, by name", options, list_members);
  command.add_option("THREAD", options->thread, "The community").required();
  add_participant(command, options->participant);
  add_footer(
      command,
      "To a provider: client client_name member (what the others see as its id) since actor (who added\n"
      "it). To a member: member member_name since me",
      "5f3a... --as-client c1");
}

void add_community(Command program, Session& session) {
  Command group = add_group(program, "community", "Threads whose members see each other");
  auto options = std::make_shared<CommunityOptions>();
  const auto add = [&](const char* name, const char* help,
                       int (*run)(const Session&, const CommunityOptions&)) {
    Command command = add_command(group, session, name, help, options, run);
    command.add_option("THREAD", options->thread, "The community").required();
    return command;
  };

  Command made = add_command(group, session, "create", "Make a community, without members", options, create);
  made.add_option("--title", options->title, "Its title, for all members to see").required();
  add_acting(made, options->acting);
  made.add_flag("--members-see-each-other", options->members_see_each_other,
                "Do not ask whether its members may see each other's names and messages");
  add_footer(made, "Prints the community's id alone; in JSON: thread",
             "--as-provider dr-lee --title 'Parents, Tuesdays'");

  Command changed = add("set", "Set one thing of a community", set);
  changed.add_option("KEY", options->key, "title, or max_members").required();
  changed.add_option("VALUE", options->value, "The value").required();
  add_acting(changed, options->acting);
  add_footer(changed, "Columns: thread key value", "5f3a... max_members 20 --as-provider dr-lee");

  Command added = add("add", "Add clients of the roster", add_them);
  add_clients(added, options->clients);
  add_acting(added, options->acting);
  add_footer(added,
             "They see what is written from then on, and each other. Ids that are refused are told, and the\n"
             "others added (exit code 3).\n"
             "Columns: thread changed unchanged refused",
             "5f3a... c1 c2 --as-provider dr-lee");

  Command removed = add("remove", "Take clients out", remove_them);
  add_clients(removed, options->clients);
  add_acting(removed, options->acting);
  add_footer(removed,
             "They lose the thread; what they wrote stays.\n"
             "Columns: thread changed unchanged refused",
             "5f3a... c2 --as-provider dr-lee");

  add_members(group, session);
}

}  // namespace cli
