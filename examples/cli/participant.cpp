#include "participant.hpp"

namespace cli {

void add_participant(CLI::App* command, Participant& participant) {
  CLI::Option* provider =
      command->add_option("--as-provider", participant.acting.provider, "As this provider");
  CLI::Option* client = command->add_option("--as-client", participant.client, "As this client");
  provider->excludes(client)->check(given());
  client->check(given());
}

void add_acting_participant(CLI::App* command, Participant& participant) {
  add_participant(command, participant);
  command->add_option("--actor", participant.acting.actor, "Who acts for the provider: an assistant, a cover")
      ->check(given())
      ->needs("--as-provider");
}

void check_participant(const Participant& participant) {
  if (participant.acting.provider.empty() && participant.client.empty()) {
    throw Stop(kUsage, "one of --as-provider and --as-client is required");
  }
}

}  // namespace cli
