// A host's notifier behind its vtable, and the batch it is given.
#pragma once

#include <bccast/bccast_ext.h>

#include "ports/notice_batch.hpp"
#include "ports/notifier.hpp"
#include "rows.hpp"

struct bccast_batch {
  static constexpr std::uint64_t kMagic = 0x62636361'62746368;
  std::uint64_t magic = kMagic;
  bccast::NoticeBatch* notices;
  bccast_rows rows;
  explicit bccast_batch(bccast::NoticeBatch& batch);
  ~bccast_batch() { *static_cast<volatile std::uint64_t*>(&magic) = 0; }
};

namespace bccast::capi {

class VtblNotifier final : public Notifier {
 public:
  VtblNotifier(const bccast_notifier_vtbl& vtbl, void* self) : vtbl_(vtbl), self_(self) {}
  ~VtblNotifier() override {
    if (vtbl_.destroy != nullptr) vtbl_.destroy(self_);
  }
  VtblNotifier(const VtblNotifier&) = delete;
  VtblNotifier& operator=(const VtblNotifier&) = delete;
  bool notify(NoticeBatch& batch) override;

 private:
  bccast_notifier_vtbl vtbl_;
  void* self_;
};

}  // namespace bccast::capi
