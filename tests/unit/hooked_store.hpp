// A store in whose transactions a hook comes before each call of a port.
#pragma once

#include <memory>
#include <utility>

#include "forwarding_store.hpp"
#include "hooked_tables.hpp"

namespace test {

/// `TablesOf`: HookedTables, or what is derived from it.
template <typename TablesOf>
class BasicHookedStore final : public ForwardingStore {
 public:
  BasicHookedStore(std::unique_ptr<bccast::Store> store, bccast::PortHook hook)
      : ForwardingStore(std::move(store)), hook_(std::move(hook)) {}

 private:
  void run_read(bccast::FunctionRef<void(const bccast::Tables&)> work) override {
    inner().read([&](const bccast::Tables& tables) {
      const TablesOf hooked(tables, hook_);
      work(hooked);
    });
  }
  auto hooked(bccast::FunctionRef<void(bccast::Tables&)> work) const {
    return [this, work](bccast::Tables& tables) {
      TablesOf hooked(tables, hook_);
      work(hooked);
    };
  }
  void run_write(bccast::FunctionRef<void(bccast::Tables&)> work, bccast::Durability durability) override {
    inner().write(hooked(work), durability);
  }
  bool run_try_write(bccast::FunctionRef<void(bccast::Tables&)> work) noexcept override {
    return inner().try_write(hooked(work));
  }

  bccast::PortHook hook_;
};
using HookedStore = BasicHookedStore<bccast::HookedTables>;

}  // namespace test
