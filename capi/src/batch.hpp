// Batches in the hands of a host, and its handlers behind their vtables.
#pragma once

#include <bccast/bccast_ext.h>
#include <sys/types.h>

#include <atomic>
#include <memory>

#include "ports/delivery.hpp"
#include "ports/notifier.hpp"
#include "rows.hpp"

namespace bccast::capi {

inline constinit HandleSlots batch_handles{2};

/// What a bccast_batch stands for.
class Batch {
 public:
  /// A batch that is lent to a callback may be kept by it, and freed by another thread before the callback
  /// returns.
  enum class Owner { callback, host, nobody };
  Batch(std::shared_ptr<BatchControl> control_in, Owner owner_in);

  bccast_batch* handle() const noexcept { return reinterpret_cast<bccast_batch*>(handle_.value()); }
  const bccast_rows* rows() const noexcept { return as_rows(rows_handle_.value()); }
  /// Both handles are freed ones from now on. False: they were before.
  bool retire() noexcept {
    rows_handle_.retire();
    return handle_.retire();
  }

  const std::shared_ptr<BatchControl> control;
  const pid_t pid;  // of the process that has claimed it
  std::atomic<Owner> owner;

 private:
  Rows rows_;
  HandleOf rows_handle_;
  HandleOf handle_;
};

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
