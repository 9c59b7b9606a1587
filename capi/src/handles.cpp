#include "handles.hpp"

#include <pthread.h>
#include <unistd.h>

#include <mutex>
#include <unordered_set>

#include "base/error.hpp"

namespace bccast::capi {
namespace {

struct Registry {
  std::mutex mutex;  // held for the look at a set, and never across a call
  std::unordered_set<const bccast_engine*> engines;
  std::unordered_set<const bccast_config*> configs;
};

// Never destroyed: handles may outlive static objects.
Registry& registry() {
  static Registry& the_registry = []() -> Registry& {
    auto& made = *new Registry;
    // A child must not inherit the lock of a thread that it does not have: whoever forks holds it, and both
    // let go of it. (A shared mutex would not do: its writer can not be let go of under the child's thread
    // id.)
    constexpr auto unlock = [] { registry().mutex.unlock(); };
    pthread_atfork([] { registry().mutex.lock(); }, unlock, unlock);
    return made;
  }();
  return the_registry;
}

}  // namespace

void add_handle(const bccast_engine* engine) {
  const std::lock_guard lock(registry().mutex);
  registry().engines.insert(engine);
}

void add_handle(const bccast_config* config) {
  const std::lock_guard lock(registry().mutex);
  registry().configs.insert(config);
}

bool remove_handle(const bccast_engine* engine) noexcept {
  const std::lock_guard lock(registry().mutex);
  return registry().engines.erase(engine) > 0;
}

bool remove_handle(const bccast_config* config) noexcept {
  const std::lock_guard lock(registry().mutex);
  return registry().configs.erase(config) > 0;
}

bool is_handle(const bccast_config* config) noexcept {
  const std::lock_guard lock(registry().mutex);
  return registry().configs.count(config) > 0;
}

Owner owner_of(const bccast_engine* engine) noexcept {
  const std::lock_guard lock(registry().mutex);
  if (registry().engines.count(engine) == 0) return Owner::nobody;
  return engine->pid == getpid() ? Owner::this_process : Owner::parent_process;
}

Removal remove_idle_engine(bccast_engine* engine) noexcept {
  const std::lock_guard lock(registry().mutex);
  if (registry().engines.count(engine) == 0) return Removal::unknown;
  if (engine->calls.load(std::memory_order_acquire) > 0) return Removal::busy;
  registry().engines.erase(engine);
  return Removal::removed;
}

EngineCall::EngineCall(bccast_engine* engine) : engine_(engine) {
  if (engine == nullptr) throw Error(Code::argument, "the engine is NULL");
  const std::lock_guard lock(registry().mutex);
  if (registry().engines.count(engine) == 0) throw Error(Code::handle, "not an open engine");
  if (engine->pid != getpid())
    throw Error(Code::forked,
                "the engine was opened by a parent process: exec, or open a store only after the fork");
  engine->calls.fetch_add(1, std::memory_order_relaxed);
}

}  // namespace bccast::capi
