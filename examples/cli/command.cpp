#include "command.hpp"

#include <algorithm>

#include "files.hpp"

namespace cli {

CLI::App& add_group(CLI::App& program, const char* name, const char* help) {
  CLI::App* group = program.add_subcommand(name, help);
  group->require_subcommand(1);
  group->footer(std::string("bccast ") + name + " VERB --help tells more, with an example.");
  return *group;
}

void add_footer(CLI::App* command, const std::string& about, const std::string& example) {
  std::string path;
  for (const CLI::App* app = command; app != nullptr; app = app->get_parent()) {
    path = app->get_name() + " " + path;
  }
  command->footer(about + (about.empty() ? "" : "\n") + "Example: " + path + example);
}

void add_provider(CLI::App* command, Acting& acting) {
  command->add_option("--as-provider", acting.provider, "The provider")->required();
}

void add_acting(CLI::App* command, Acting& acting) {
  command->add_option("--as-provider", acting.provider, "The provider")->required();
  command->add_option("--actor", acting.actor, "Who acts for the provider: an assistant, a cover")
      ->check(given());
}

void add_clients(CLI::App* command, Clients& clients) {
  command->add_option("CLIENT", clients.named, "The clients");
  command->add_option("--file", clients.file, "A file with more of them, one id a line; - is stdin")
      ->check(given());
}

std::vector<std::string> ids_of(const Session& session, const Clients& clients) {
  for (const std::string& id : clients.named) {
    // CLI11 takes "[a,b]" for a list of two.
    if (std::find(session.arguments.begin(), session.arguments.end(), id) == session.arguments.end()) {
      throw Stop(kUsage, "an id in [brackets] is taken for a list here; put it into a file, and use --file");
    }
  }
  std::vector<std::string> ids = clients.named;
  if (!clients.file.empty()) {
    for (std::string& id : read_ids(clients.file)) ids.push_back(std::move(id));
  }
  if (ids.empty()) throw Stop(kUsage, "no clients are named: CLIENT or --file is required");
  return ids;
}

void add_limit(CLI::App* command, std::uint64_t& limit) {
  command->add_option("--limit", limit, "At most that many; all of them unless given");
}

// What was given is never repeated in the message: see explain() in main.cpp.

CLI::Validator given() {
  return {[](std::string& value) { return value.empty() ? "it must not be empty" : ""; }, ""};
}

void add_yes_no(CLI::App* command, const char* name, std::string& value, const char* help) {
  const auto to_digit = [](std::string& text) {
    if (text != "yes" && text != "no") return "it must be yes or no";
    text = text == "yes" ? "1" : "0";
    return "";
  };
  command->add_option(name, value, help)->transform(CLI::Validator(to_digit, "yes|no"));
}

}  // namespace cli
