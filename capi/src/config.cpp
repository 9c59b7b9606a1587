// Configuration, and the vtables that hosts register.
#include <bccast/bccast.h>
#include <bccast/bccast_ext.h>

#include <cstddef>
#include <cstring>

#include "batch.hpp"
#include "guard.hpp"
#include "ports/clock.hpp"
#include "ports/queue.hpp"

using namespace bccast;
using namespace bccast::capi;

namespace {

/// A copy of a vtable, or Error(version). `Vtbl` as it first was is the least there may be.
template <typename Vtbl>
Vtbl copy_vtbl(const Vtbl* vtbl) {
  if (vtbl == nullptr) throw Error(Code::argument, "the vtable is NULL");
  if (vtbl->struct_size < sizeof(Vtbl)) throw Error(Code::version, "the vtable is smaller than it ever was");
  if (vtbl->flags != 0) throw Error(Code::version, "the vtable has flags that this version does not know");
  Vtbl copy{};
  std::memcpy(&copy, vtbl, sizeof copy);
  copy.struct_size = sizeof copy;
  return copy;
}

/// Calls `destroy` when registering fails.
template <typename Vtbl>
class SelfOwner {
 public:
  SelfOwner(const Vtbl* vtbl, void* self) : self_(self) {
    if (vtbl != nullptr && vtbl->struct_size >= sizeof(Vtbl)) destroy_ = vtbl->destroy;
  }
  ~SelfOwner() {
    if (destroy_ != nullptr) destroy_(self_);
  }
  void release() noexcept { destroy_ = nullptr; }

 private:
  void (*destroy_)(void*) = nullptr;
  void* self_;
};

class VtblClock final : public Clock {
 public:
  VtblClock(const bccast_clock_vtbl& vtbl, void* self) : self_(vtbl, self) {}
  Ms wall_ms() override { return self_.vtbl().wall_ms(self_.self()); }
  std::int64_t monotonic_us() override { return self_.vtbl().monotonic_us(self_.self()); }

 private:
  VtblSelf<bccast_clock_vtbl> self_;
};

class VtblQueue final : public Queue {
 public:
  VtblQueue(const bccast_queue_vtbl& vtbl, void* self) : self_(vtbl, self) {}
  void ring() noexcept override { static_cast<void>(self_.vtbl().ring(self_.self())); }

 private:
  VtblSelf<bccast_queue_vtbl> self_;
};

/// Registers a vtable: `complete` says whether it has all its functions, `give` what becomes of it.
template <typename Made, typename Vtbl, typename Complete, typename Give>
std::int32_t attach(bccast_config* config, const Vtbl* vtbl, void* self, Complete&& complete, Give&& give) {
  return guard([&] {
    SelfOwner owner(vtbl, self);
    auto& options = config_of(config).options;
    const auto copy = copy_vtbl(vtbl);
    if (!complete(copy)) throw Error(Code::argument, "the vtable lacks a function");
    auto made = std::make_shared<Made>(copy, self);
    owner.release();
    give(options, std::move(made));
    return BCCAST_OK;
  });
}

}  // namespace

int32_t bccast_config_new(bccast_config** out_config) {
  return guard([&] {
    output(out_config, "config") = nullptr;
    auto config = std::make_unique<Config>();
    *out_config = reinterpret_cast<bccast_config*>(config_handles.add(config.get()));
    static_cast<void>(config.release());
    return BCCAST_OK;
  });
}

int32_t bccast_config_set(bccast_config* config, const char* key, const char* value) {
  return guard([&] {
    config_of(config).options.set(required(key, "key"), required(value, "value"));
    return BCCAST_OK;
  });
}

int32_t bccast_config_describe(size_t i, const char** out_key, const char** out_type,
                               const char** out_default, const char** out_help) {
  return guard([&] {
    const auto keys = Options::keys();
    const Options::Key none{"", "", "", ""};
    const auto& key = i < keys.size() ? keys[i] : none;
    if (out_key != nullptr) *out_key = key.key;
    if (out_type != nullptr) *out_type = key.type;
    if (out_default != nullptr) *out_default = key.fallback;
    if (out_help != nullptr) *out_help = key.help;
    return i < keys.size() ? BCCAST_OK : BCCAST_DONE;
  });
}

void bccast_config_free(bccast_config* config) {
  delete static_cast<Config*>(config_handles.remove(reinterpret_cast<std::uintptr_t>(config)));
}

int32_t bccast_config_notifier(bccast_config* config, const char* channel,
                               const struct bccast_notifier_vtbl* vtbl, void* self) {
  return attach<VtblNotifier>(
      config, vtbl, self, [](const auto& v) { return v.notify != nullptr; },
      [&](Options& options, std::shared_ptr<Notifier> made) {
        options.notifier(required(channel, "channel"), std::move(made));
      });
}

int32_t bccast_config_deliverer(bccast_config* config, const char* channel,
                                const struct bccast_deliverer_vtbl* vtbl, void* self) {
  return attach<VtblDeliverer>(
      config, vtbl, self, [](const auto& v) { return v.deliver != nullptr; },
      [&](Options& options, std::shared_ptr<Deliverer> made) {
        options.deliverer(required(channel, "channel"), std::move(made));
      });
}

int32_t bccast_config_queue(bccast_config* config, const struct bccast_queue_vtbl* vtbl, void* self) {
  return attach<VtblQueue>(
      config, vtbl, self, [](const auto& v) { return v.ring != nullptr; },
      [](Options& options, std::shared_ptr<Queue> made) { options.queue(std::move(made)); });
}

int32_t bccast_config_clock(bccast_config* config, const struct bccast_clock_vtbl* vtbl, void* self) {
  return attach<VtblClock>(
      config, vtbl, self, [](const auto& v) { return v.wall_ms != nullptr && v.monotonic_us != nullptr; },
      [](Options& options, std::shared_ptr<Clock> made) { options.clock(std::move(made)); });
}
