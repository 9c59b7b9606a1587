// Handles: what the opaque pointers point to, and how a wrong one is told.
//
// Engines and configs are few and long-lived: those that are alive are registered, so that a freed or foreign
// pointer is never looked into. Rows and batches begin with a number that is wiped when they go.
#pragma once

#include <bccast/bccast.h>
#include <sys/types.h>

#include <atomic>
#include <memory>

#include <bccast/engine.hpp>

struct bccast_engine {
  std::unique_ptr<bccast::Engine> engine;
  pid_t pid = 0;              // of the process that opened it
  std::atomic<int> calls{0};  // in progress
};

struct bccast_config {
  bccast::Options options;
};

namespace bccast::capi {

void add_handle(const bccast_engine* engine);
void add_handle(const bccast_config* config);
/// False when it was not alive, or is of the other kind.
bool remove_handle(const bccast_engine* engine) noexcept;
bool remove_handle(const bccast_config* config) noexcept;
bool is_handle(const bccast_config* config) noexcept;

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
