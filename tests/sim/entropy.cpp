#include <sodium.h>
#include <sqlite3.h>

#include <cstddef>
#include <cstdint>
#include <stdexcept>

#include "entropy.hpp"
#include "prng.hpp"

namespace sim {
namespace {

constinit std::uint64_t state = 0;

std::uint32_t number() {
  Prng prng(state++);
  return static_cast<std::uint32_t>(prng.next());
}

const char* name() {
  return "seeded";
}
void buffer_of(void* buffer, std::size_t size) {
  fill_entropy(buffer, size);
}

randombytes_implementation implementation() {
  randombytes_implementation made{};
  made.implementation_name = name;
  made.random = number;
  made.buf = buffer_of;
  return made;
}

}  // namespace

void fill_entropy(void* buffer, std::size_t size) {
  auto* bytes = static_cast<unsigned char*>(buffer);
  for (std::size_t i = 0; i < size; ++i) bytes[i] = static_cast<unsigned char>(number());
}

void seed_entropy(std::uint64_t seed) {
  static randombytes_implementation seeded = implementation();
  static const bool ready = randombytes_set_implementation(&seeded) == 0 && sodium_init() >= 0;
  if (!ready) throw std::runtime_error("libsodium does not take the simulator's random numbers");
  state = Prng(seed).next();
  sqlite3_randomness(0, nullptr);  // begins anew, from the VFS
}

}  // namespace sim
