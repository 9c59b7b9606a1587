// Batches in the hands of a host, and its handlers behind their vtables.
#pragma once

#include <bccast/bccast_ext.h>
#include <sys/types.h>

#include <atomic>
#include <memory>

#include "ports/delivery.hpp"
#include "ports/notifier.hpp"
#include "rows.hpp"

struct bccast_batch {
  static constexpr std::uint64_t kMagic = 0x62636361'62746368;
  std::uint64_t magic = kMagic;
  std::shared_ptr<bccast::BatchControl> control;
  bccast_rows rows;
  pid_t pid;  // of the process that has claimed it
  /// A batch that is lent to a callback may be kept by it, and freed by another thread before the callback
  /// returns.
  enum class Owner { callback, host, nobody };
  std::atomic<Owner> owner;

  bccast_batch(std::shared_ptr<bccast::BatchControl> control_in, Owner owner_in);
  ~bccast_batch() { *static_cast<volatile std::uint64_t*>(&magic) = 0; }
};

namespace bccast::capi {

/// Destroys `self` with the vtable's function, exactly once.
template <typename Vtbl>
class VtblSelf {
 public:
  VtblSelf(const Vtbl& vtbl, void* self) : vtbl_(vtbl), self_(self) {}
  ~VtblSelf() {
    if (vtbl_.destroy != nullptr) vtbl_.destroy(self_);
  }
  VtblSelf(const VtblSelf&) = delete;
  VtblSelf& operator=(const VtblSelf&) = delete;
  const Vtbl& vtbl() const noexcept { return vtbl_; }
  void* self() const noexcept { return self_; }

 private:
  Vtbl vtbl_;
  void* self_;
};

class VtblNotifier final : public Notifier {
 public:
  VtblNotifier(const bccast_notifier_vtbl& vtbl, void* self) : self_(vtbl, self) {}
  Handled notify(NoticeBatch& batch, const std::shared_ptr<BatchControl>& control) override;

 private:
  VtblSelf<bccast_notifier_vtbl> self_;
};

class VtblDeliverer final : public Deliverer {
 public:
  VtblDeliverer(const bccast_deliverer_vtbl& vtbl, void* self) : self_(vtbl, self) {}
  Handled deliver(NoticeBatch& batch, const Delivery& delivery,
                  const std::shared_ptr<BatchControl>& control) override;
  Handled retract(NoticeBatch& batch, const Delivery& delivery,
                  const std::shared_ptr<BatchControl>& control) override;

 private:
  VtblSelf<bccast_deliverer_vtbl> self_;
};

}  // namespace bccast::capi
