// A claimed batch in the hands of a handler or a host.
#pragma once

#include <functional>
#include <memory>
#include <mutex>

#include "core/work.hpp"
#include "ports/notifier.hpp"

namespace bccast {

class ClaimedBatch final : public BatchControl {
 public:
  struct Around {
    std::shared_ptr<void> keep_alive{};  // what the batch needs of its engine
    /// A part was stored, or all given back. On any thread.
    std::function<void()> stored{};
    /// What was not reported is about to be given back.
    std::function<void()> given_back{};
    std::function<void()> freed{};
  };

  ClaimedBatch(Work& work, std::shared_ptr<Assignment> assignment, Around around)
      : work_(work), around_(std::move(around)), assignment_(std::move(assignment)) {}
  /// Gives back what was not reported.
  ~ClaimedBatch() override;

  NoticeBatch& notices() override { return assignment_->batch; }
  const Delivery* delivery() const override {
    return assignment_->delivery ? &*assignment_->delivery : nullptr;
  }
  std::size_t reported() const override;
  bool complete(std::size_t n) override;
  void extend(Ms ms) override;

  /// From now on another reports the rest.
  void hand_over() noexcept;
  bool over() const;

 private:
  Work& work_;
  Around around_;
  const std::shared_ptr<Assignment> assignment_;
  mutable std::mutex mutex_;
  std::size_t reported_ = 0;
  bool over_ = false;  // nothing is to be reported through this any more
};

}  // namespace bccast
