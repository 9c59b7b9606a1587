// The channels a blast makes work for.
#pragma once

#include <string_view>
#include <vector>

#include "core/context.hpp"

namespace bccast {

/// All of the store's, or those the provider set.
std::vector<Channel> channels_of(const Tables& tables, const Blast& blast);
/// The same, of those that the store has.
std::vector<Channel> channels_of(std::vector<Channel> channels, const Blast& blast);

/// Names joined by ",", or none. Throws Error: not_found (no such channel), argument (an empty name, or one
/// twice).
void check_channels(const Tables& tables, std::string_view names);

}  // namespace bccast
