// bccast thread bind, find: threads and the host's own names for them.
#include <array>
#include <string>

#include "command.hpp"
#include "commands.hpp"
#include "output.hpp"

namespace cli {
namespace {

struct NameOptions {
  std::string thread;
  std::string name;
};

int bind(const Session& session, const NameOptions& options) {
  const Engine engine = open_to_write(session);
  const bool changed =
      check(bccast_thread_bind(engine.get(), options.thread.c_str(), options.name.c_str())) != BCCAST_EXISTS;
  Record()
      .add("thread", options.thread)
      .add("name", options.name.empty() ? Value() : Value(options.name))
      .add("changed", changed)
      .print(session.json);
  return kOk;
}

int find(const Session& session, const NameOptions& options) {
  const Engine engine = open_to_read(session);
  std::array<char, BCCAST_ID_SIZE> thread{};
  check(bccast_thread_find(engine.get(), options.name.c_str(), thread.data()));
  print_id(session.json, "thread", thread.data());
  return kOk;
}

}  // namespace

void add_thread_names(Command program, Session& session) {
  Command group = add_group(program, "thread", "The host's own names for threads");
  auto options = std::make_shared<NameOptions>();
  Command bound = add_command(group, session, "bind", "Give a thread the host's name for it", options, bind);
  bound.add_option("THREAD", options->thread, "The thread").required();
  bound.add_option("NAME", options->name, "The name; takes it away unless given");
  add_footer(bound,
             "A thread has one name at most, and a name belongs to one thread.\n"
             "Columns: thread name changed",
             "5f3a... room-1742");

  Command found = add_command(group, session, "find", "The thread with a name", options, find);
  found.add_option("NAME", options->name, "The name").required();
  add_footer(found, "Prints the thread's id alone; in JSON: thread", "room-1742");
}

}  // namespace cli
