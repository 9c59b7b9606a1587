// A store that runs all work twice, as one would whose first transaction came to nothing.
#pragma once

#include <exception>

#include "../unit/forwarding_store.hpp"

namespace test {

using bccast::Durability;
using bccast::FunctionRef;
using bccast::Tables;

/// What a first run writes is undone, what it returns or throws is forgotten: only the second counts. Work
/// that changes what it captures, or anything else but its tables, shows.
class TwiceStore final : public ForwardingStore {
 public:
  using ForwardingStore::ForwardingStore;

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
    forget([&] { inner().read(work); });
    inner().read(work);
  }
  void run_write(FunctionRef<void(Tables&)> work, Durability durability) override {
    forget([&] { inner().write(undone(work), durability); });
    inner().write(work, durability);
  }
  bool run_try_write(FunctionRef<void(Tables&)> work) noexcept override {
    inner().try_write(undone(work));
    return inner().try_write(work);
  }
};

}  // namespace test
