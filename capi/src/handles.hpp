// Handles: what the opaque pointers point to, and how a wrong one is told.
//
// No freed or foreign pointer is ever looked into. Engines are few and long-lived: those that are open are
// registered. Configs, rows and batches have slots (handle_slots.hpp).
#pragma once

#include <bccast/bccast.h>
#include <sys/types.h>

#include <atomic>
#include <memory>

#include <bccast/engine.hpp>

#include "handle_slots.hpp"

struct bccast_engine {
  std::unique_ptr<bccast::Engine> engine;
  pid_t pid = 0;              // of the process that opened it
  std::atomic<int> calls{0};  // in progress
};

namespace bccast::capi {

/// What a bccast_config stands for.
struct Config {
  Options options;
};

inline constinit HandleSlots config_handles{3};

/// Throws Error: argument when it is NULL, handle.
Config& config_of(const bccast_config* handle);

void add_handle(const bccast_engine* engine);
/// False when it was not open.
bool remove_handle(const bccast_engine* engine) noexcept;

/// Whose engine it is, if it is one that is open.
enum class Owner { nobody, this_process, parent_process };
Owner owner_of(const bccast_engine* engine) noexcept;

/// Takes the engine out of the registry if no call is in progress on it.
enum class Removal { removed, busy, unknown };
Removal remove_idle_engine(bccast_engine* engine) noexcept;

/// An engine for the time of one call. Throws Error: handle, forked.
class EngineCall {
 public:
  explicit EngineCall(bccast_engine* engine);
  ~EngineCall() { engine_->calls.fetch_sub(1, std::memory_order_release); }
  EngineCall(const EngineCall&) = delete;
  EngineCall& operator=(const EngineCall&) = delete;
  Engine& operator*() const noexcept { return *engine_->engine; }
  Engine* operator->() const noexcept { return engine_->engine.get(); }

 private:
  bccast_engine* engine_;
};

}  // namespace bccast::capi
