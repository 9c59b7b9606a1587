// A store that hands all on to another: what a store of the tests does otherwise it overrides.
#pragma once

#include <memory>
#include <utility>
#include <vector>

#include "ports/store.hpp"

namespace test {

class ForwardingStore : public bccast::Store {
 public:
  explicit ForwardingStore(std::unique_ptr<bccast::Store> store) : store_(std::move(store)) {}

  const bccast::SecretKey& key() const noexcept override { return store_->key(); }
  bool read_only() const noexcept override { return store_->read_only(); }
  bool checkpoint(bccast::Patience patience) override { return store_->checkpoint(patience); }
  bool backup(std::string_view path) override { return store_->backup(path); }
  bool log_is_pinned() const noexcept override { return store_->log_is_pinned(); }
  int changes_fd() override { return store_->changes_fd(); }
  bool is_shared() const noexcept override { return store_->is_shared(); }
  void drain_changes() noexcept override { store_->drain_changes(); }
  std::vector<bccast::FindingRow> verify() override { return store_->verify(); }

 protected:
  bccast::Store& inner() noexcept { return *store_; }

  void run_read(bccast::FunctionRef<void(const bccast::Tables&)> work) override { store_->read(work); }
  void run_write(bccast::FunctionRef<void(bccast::Tables&)> work, bccast::Durability durability) override {
    store_->write(work, durability);
  }
  bool run_try_write(bccast::FunctionRef<void(bccast::Tables&)> work) noexcept override {
    return store_->try_write(work);
  }

 private:
  std::unique_ptr<bccast::Store> store_;
};

}  // namespace test
