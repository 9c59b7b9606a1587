// A real store in whose transactions a hook comes before each call of a port.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "adapters/sqlite/sqlite_store.hpp"
#include "hooked_tables.hpp"

namespace bccast {

class HookedStore final : public Store {
 public:
  HookedStore(const std::string& path, PortHook hook) : store_(path), hook_(std::move(hook)) {}

  const SecretKey& key() const noexcept override { return store_.key(); }
  bool read_only() const noexcept override { return store_.read_only(); }
  void read(FunctionRef<void(const Tables&)> work) override {
    store_.read([&](const Tables& tables) {
      const HookedTables hooked(tables, hook_);
      work(hooked);
    });
  }
  void write(FunctionRef<void(Tables&)> work, Durability durability) override {
    store_.write(
        [&](Tables& tables) {
          HookedTables hooked(tables, hook_);
          work(hooked);
        },
        durability);
  }
  bool try_write(FunctionRef<void(Tables&)> work) noexcept override {
    return store_.try_write([&](Tables& tables) {
      HookedTables hooked(tables, hook_);
      work(hooked);
    });
  }
  bool checkpoint(Patience patience) override { return store_.checkpoint(patience); }
  bool backup(std::string_view path) override { return store_.backup(path); }
  int changes_fd() override { return store_.changes_fd(); }
  bool is_shared() const noexcept override { return store_.is_shared(); }
  void drain_changes() noexcept override { store_.drain_changes(); }
  std::vector<FindingRow> verify() override { return store_.verify(); }

 private:
  sqlite::SqliteStore store_;
  PortHook hook_;
};

}  // namespace bccast
