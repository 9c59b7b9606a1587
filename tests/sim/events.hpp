// Readers of events: the same again until acknowledged, none lost, none twice.
#pragma once

#include <cstdint>

#include "world.hpp"

namespace sim {

void look_at_events(World& world, std::uint32_t reader, std::uint32_t limit);
void acknowledge_event(World& world, std::uint32_t reader, std::uint32_t which);
/// To the end of what there is, for all readers; what was sent must have been told.
void check_events(World& world);

}  // namespace sim
