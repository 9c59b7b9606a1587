#include "core/holding.hpp"

namespace bccast {

Code Holding::release() {
  const Code result = context_.write(verb::release, {}, [](Tables& tables) {
    if (!tables.store().held()) return Code::exists;
    tables.store().set_held(false);
    return Code::ok;
  });
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
