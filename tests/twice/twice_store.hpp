// A store that runs all work twice, as one would whose first transaction came to nothing.
#pragma once

#include <exception>
#include <memory>
#include <utility>

#include "ports/store.hpp"

namespace test {

using bccast::Durability;
using bccast::FunctionRef;
using bccast::Patience;
using bccast::Tables;

/// What a first run writes is undone, what it returns or throws is forgotten: only the second counts. Work
/// that changes what it captures, or anything else but its tables, shows.
class TwiceStore final : public bccast::Store {
 public:
  explicit TwiceStore(std::unique_ptr<bccast::Store> store) : store_(std::move(store)) {}

  const bccast::SecretKey& key() const noexcept override { return store_->key(); }
  bool read_only() const noexcept override { return store_->read_only(); }
  bool checkpoint(Patience patience) override { return store_->checkpoint(patience); }
  bool backup(std::string_view path) override { return store_->backup(path); }
  bool log_is_pinned() const noexcept override { return store_->log_is_pinned(); }
  int changes_fd() override { return store_->changes_fd(); }
  bool is_shared() const noexcept override { return store_->is_shared(); }
  void drain_changes() noexcept override { store_->drain_changes(); }
  std::vector<bccast::FindingRow> verify() override { return store_->verify(); }

 private:
  struct Undo : std::exception {};

  static auto undone(FunctionRef<void(Tables&)> work) {
    return [work](Tables& tables) {
      work(tables);
      throw Undo();
    };
  }
  template <typename Run>
  static void forget(const Run& run) {
    try {
      run();
    } catch (const std::exception&) {
      // It was undone, or failed: so does the second run, if the cause is there to stay.
    }
  }

  void run_read(FunctionRef<void(const Tables&)> work) override {
    forget([&] { store_->read(work); });
    store_->read(work);
  }
  void run_write(FunctionRef<void(Tables&)> work, Durability durability) override {
    forget([&] { store_->write(undone(work), durability); });
    store_->write(work, durability);
  }
  bool run_try_write(FunctionRef<void(Tables&)> work) noexcept override {
    store_->try_write(undone(work));
    return store_->try_write(work);
  }

  std::unique_ptr<bccast::Store> store_;
};

}  // namespace test
