#include "core/holding.hpp"

namespace bccast {

Code Holding::release() {
  Code result = Code::ok;
  context_.store.write([&](Tables& tables) {
    if (tables.store().held()) {
      tables.store().set_held(false);
    } else {
      result = Code::exists;
    }
  });
  context_.held = false;
  return result;
}

StoreStatus Holding::status() {
  StoreStatus status;
  context_.store.read([&](const Tables& tables) {
    status.held = tables.store().held();
    status.debts = tables.store().debts();
    status.indexing = tables.store().folding().under_way();
  });
  return status;
}

}  // namespace bccast
