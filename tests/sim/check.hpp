// The checks. Each throws Failure with the name of the guarantee that does not hold. They look at a model and
// may note in it what can not be known before: ids and times.
#pragma once

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
void check_directory(World& world, const Model& model);
/// P4: what is another's and what does not exist can not be told apart.
void check_probes(World& world, const Model& model, Prng& prng);
/// The library finds nothing wrong with its own store.
void check_store(World& world);
/// Ids of drafts and communities whose makers never learnt them.
void find_unknown(World& world, Model& model);
/// All of them.
void check_all(World& world, Model& model);
/// Some, chosen by the step: after every step.
void check_some(World& world, Prng& prng);

}  // namespace sim
