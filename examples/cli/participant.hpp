// Commands that a provider and a client have alike: --as-provider or --as-client, exactly one of them.
#pragma once

#include <memory>
#include <string>

#include "command.hpp"

namespace cli {

struct Participant {
  Acting acting;
  std::string client;
};

/// --as-provider and --as-client.
void add_participant(Command command, Participant& participant);
/// The same and --actor.
void add_acting_participant(Command command, Participant& participant);
/// Throws Stop when neither was given.
void check_participant(const Participant& participant);

/// Calls the function of the one who acts; both take the same arguments.
template <typename AsProvider, typename AsClient, typename... Arguments>
std::int32_t act(const Engine& engine, const Participant& participant, AsProvider as_provider,
                 AsClient as_client, Arguments... arguments) {
  return check(participant.client.empty()
                   ? as_provider(engine.get(), participant.acting.provider.c_str(), arguments...)
                   : as_client(engine.get(), participant.client.c_str(), arguments...));
}

}  // namespace cli
