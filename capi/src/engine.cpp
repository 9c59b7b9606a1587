// The library, and opening and closing a store.
#include <bccast/bccast.h>
#include <unistd.h>

#include <chrono>
#include <cstring>
#include <thread>

#include "guard.hpp"

using namespace bccast;
using namespace bccast::capi;

const char* bccast_version(void) {
  return bccast::version();
}

int32_t bccast_api_date(void) {
  return BCCAST_API_DATE;
}

int32_t bccast_has(const char* part) {
  if (part == nullptr) return 0;
  for (const char* known : {"store.sqlite", "notifier.callback", "notifier.maildir", "deliverer.callback",
                            "queue.callback", "fd"})
    if (std::strcmp(part, known) == 0) return 1;
  return 0;
}

int32_t bccast_open(const char* url, bccast_config* config_handle, bccast_engine** out_engine) {
  return guard([&] {
    output(out_engine, "engine") = nullptr;
    Config* config = config_handle != nullptr ? &config_of(config_handle) : nullptr;
    auto handle = std::make_unique<bccast_engine>();
    handle->pid = getpid();
    handle->engine =
        std::make_unique<Engine>(required(url, "url"), config != nullptr ? config->options : Options());
    add_handle(handle.get());
    if (config != nullptr) config->options.release_parts();
    *out_engine = handle.release();
    return BCCAST_OK;
  });
}

int32_t bccast_as(bccast_engine* engine, const char* actor, bccast_engine** out_engine) {
  if (out_engine != nullptr) *out_engine = nullptr;
  return with_engine(engine, [&](Engine& e) {
    output(out_engine, "engine");
    auto handle = std::make_unique<bccast_engine>();
    handle->pid = getpid();
    handle->engine = e.as(required(actor, "actor id"));
    add_handle(handle.get());
    *out_engine = handle.release();
  });
}

int32_t bccast_close(bccast_engine* engine, int64_t timeout_ms) {
  return guard([&]() -> std::int32_t {
    if (engine == nullptr) return BCCAST_OK;
    if (timeout_ms < 0) throw Error(Code::argument, "the timeout is below 0");
    if (owner_of(engine) == Owner::parent_process) {
      // In the child of a fork: SQLite's files and locks are the parent's. They are left alone, and so is
      // what the engine holds.
      if (remove_handle(engine)) {
        static_cast<void>(engine->engine.release());
        delete engine;
      }
      return BCCAST_OK;
    }
    std::uint32_t threads = 0;
    {
      const EngineCall call(engine);
      if (call->handling()) throw Error(Code::reentrant, "close was called inside a handler");
      threads = call->is_last() ? call->threads() : 0;
      if (threads > 0 && !call->stop(timeout_ms))
        throw Error(Code::busy, "threads that were started are still at work");
      try {
        call->finish();
      } catch (const Error&) {
        // Said in the header: what cannot be stored even now is sent again.
      }
    }
    using Clock = std::chrono::steady_clock;
    const auto until =
        Clock::now() + std::chrono::milliseconds(std::min<std::int64_t>(timeout_ms, 86'400'000));
    for (;;) {
      switch (remove_idle_engine(engine)) {
        case Removal::unknown:
          throw Error(Code::handle, "not an open engine");
        case Removal::removed:
          delete engine;
          return BCCAST_OK;
        case Removal::busy:
          if (Clock::now() >= until) {
            if (threads > 0) EngineCall(engine)->start(threads);  // as it was
            throw Error(Code::busy, "calls are in progress on the engine");
          }
          std::this_thread::sleep_for(std::chrono::milliseconds(1));
      }
    }
  });
}
