// The checks. Each throws Failure with the name of the guarantee that does not hold. They look at a model and
// may note in it what cannot be known before: ids and times.
#pragma once

#include <set>
#include <string>

#include "model.hpp"
#include "world.hpp"

namespace sim {

/// R1, P5, P11: what one client sees is what the model says, now and when looked at again.
void check_client(World& world, Model& model, PersonNo person);
/// R1, R2, R5: a blast's recipients, and what became of each of them on each channel.
void check_blast(World& world, Model& model, BlastNo blast);
/// R11: what is scheduled goes once, not before its time, or is a draft again for a reason. Learns what was
/// carried out. `all`: whoever has looked had to do all that was due.
void check_schedules(World& world, Model& model, bool all);
/// P8: whether a client still has what was recalled, where that was open; from then on it stays so.
void settle_fates(World& world, Model& model, PersonNo person);
/// What the provider sees of its threads.
void check_provider(World& world, Model& model, ProviderNo provider);
/// Providers, clients, rosters, members and channels are as the model has them.
void check_directory(World& world, Model& model);
/// P4: what is another's and what does not exist cannot be told apart.
void check_probes(World& world, const Model& model, Prng& prng);
/// The library finds nothing wrong with its own store.
void check_store(World& world);
/// Ids of drafts and communities whose makers never learnt them.
void find_unknown(World& world, Model& model);
/// All of them.
void check_all(World& world, Model& model);
/// By what the library says.
std::set<std::string> failing_channels(bccast_engine* engine);
/// P12, and quiet hours: whether this item may be told now.
void check_turn(World& world, const Model& model, std::size_t item);
/// The rate and the concurrency of its channel allow this batch.
void check_pace(World& world, Model& model, const Held& batch);
/// Which channels were paused because too much failed.
void learn_pauses(World& world, Model& model);
/// R5: what is late is in the list of it, and nothing else. `all`: whoever has looked had to say so by an
/// event.
void check_overdue(World& world, Model& model, bool all);
/// Some, chosen by the step: after every step.
void check_some(World& world, Prng& prng);

}  // namespace sim
