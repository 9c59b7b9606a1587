// What the library takes for random is a function of the seed: its store's key, its tokens, the spread of its
// retries.
#pragma once

#include <cstdint>

namespace sim {

/// From now on libsodium gives numbers of this seed.
void seed_entropy(std::uint64_t seed);
/// Fills a buffer from the same source; what SQLite takes for random.
void fill_entropy(void* buffer, std::size_t size);

}  // namespace sim
