#include "core/holding.hpp"

namespace bccast {

Code Holding::release() {
  const Code result = context_.write(
      verb::release, {}, [](Tables& tables) { return tables.store().release() ? Code::ok : Code::exists; });
  context_.known->held = false;
  return result;
}

StoreStatus Holding::status() {
  return context_.store.read([](const Tables& tables) {
    StoreStatus status;
    status.held = tables.store().held();
    status.debts = tables.store().debts();
    status.indexing = tables.store().folding().under_way();
    return status;
  });
}

}  // namespace bccast
