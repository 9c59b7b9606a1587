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
};

// Never destroyed: handles may outlive static objects.
Registry& registry() {
  static Registry& the_registry = []() -> Registry& {
    auto& made = *new Registry;
    // A child must not inherit the lock of a thread that it does not have: whoever forks holds it, and both
    // let go of it. (A shared mutex would not do: its writer cannot be let go of under the child's thread
    // id.)
    constexpr auto unlock = [] { registry().mutex.unlock(); };
    pthread_atfork([] { registry().mutex.lock(); }, unlock, unlock);
    return made;
  }();
  return the_registry;
}

// Made when the library is loaded, before there is a thread that could hold its first use up, and whose lock
// a child would inherit.
[[maybe_unused]] const Registry& made_at_load = registry();

}  // namespace

void add_handle(const bccast_engine* engine) {
  const std::lock_guard lock(registry().mutex);
  registry().engines.insert(engine);
}

bool remove_handle(const bccast_engine* engine) noexcept {
  const std::lock_guard lock(registry().mutex);
  return registry().engines.erase(engine) > 0;
}

Config& config_of(const bccast_config* handle) {
  if (handle == nullptr) throw Error(Code::argument, "the config is NULL");
  auto* config = static_cast<Config*>(config_handles.find(reinterpret_cast<std::uintptr_t>(handle)));
  if (config == nullptr) throw Error(Code::handle, "not a config, or a freed one");
  return *config;
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

HandleSlots::Slot& HandleSlots::take_free(std::size_t& number) {
  if (first_free_ != kNone) {
    number = first_free_;
    Slot& slot = chunks_[number >> kChunkBits].load(std::memory_order_relaxed)[number & (kChunkSlots - 1)];
    first_free_ = slot.next_free;
    return slot;
  }
  if (used_ == kChunks * kChunkSlots) throw Error(Code::limit, "too many rows or batches are held at once");
  auto& chunk = chunks_[used_ >> kChunkBits];
  if (chunk.load(std::memory_order_relaxed) == nullptr)
    chunk.store(new Slot[kChunkSlots], std::memory_order_release);
  number = used_++;
  return chunk.load(std::memory_order_relaxed)[number & (kChunkSlots - 1)];
}

std::uintptr_t HandleSlots::add(void* object) {
  const std::lock_guard lock(registry().mutex);
  std::size_t number = 0;
  Slot& slot = take_free(number);
  const std::uintptr_t handle =
      ++slot.generation << kGenerationShift | std::uintptr_t{number} << kSlotShift | kind_ << 1 | 1;
  slot.hidden.store(hidden(object), std::memory_order_relaxed);
  slot.handle.store(handle, std::memory_order_release);
  return handle;
}

void* HandleSlots::remove(std::uintptr_t handle) noexcept {
  const std::lock_guard lock(registry().mutex);
  Slot* slot = slot_of(handle);
  if (slot == nullptr || slot->handle.load(std::memory_order_relaxed) != handle) return nullptr;
  slot->handle.store(0, std::memory_order_relaxed);
  slot->next_free = first_free_;
  first_free_ = handle >> kSlotShift & ((std::uintptr_t{1} << kSlotBits) - 1);
  return shown(slot->hidden.load(std::memory_order_relaxed));
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
