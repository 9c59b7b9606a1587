#include "participant.hpp"

namespace cli {

void add_participant(Command command, Participant& participant) {
  Option provider = command.add_option("--as-provider", participant.acting.provider, "As this provider");
  Option client = command.add_option("--as-client", participant.client, "As this client");
  provider.excludes(client).not_empty();
  client.not_empty();
}

void add_acting_participant(Command command, Participant& participant) {
  add_participant(command, participant);
  command.add_option("--actor", participant.acting.actor, "Who acts for the provider: an assistant, a cover")
      .not_empty()
      .needs("--as-provider");
}

void check_participant(const Participant& participant) {
  if (participant.acting.provider.empty() && participant.client.empty()) {
    throw Stop(kUsage, "one of --as-provider and --as-client is required");
  }
}

}  // namespace cli
