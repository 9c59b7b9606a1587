#include "core/debts.hpp"

namespace bccast {
namespace {

std::optional<DebtNo> last_debt(const Context& context) {
  return context.store.read([](const Tables& tables) { return tables.store().last_debt(); });
}

bool empty_log(const Context& context, std::optional<DebtNo> owed, Patience patience) {
  if (!context.store.checkpoint(patience)) return false;
  // Were this lost with the power, the log would be emptied once more.
  if (owed)
    context.write(
        verb::settle_debts, {}, [&](Tables& tables) { tables.store().settle_debts(*owed); },
        Durability::relaxed);
  return true;
}

}  // namespace

bool empty_log(const Context& context, Patience patience) {
  return empty_log(context, last_debt(context), patience);  // what is owed from here on is not meant
}

bool settle_debts(const Context& context, Patience patience) noexcept {
  try {
    const auto owed = last_debt(context);
    return !owed || empty_log(context, owed, patience);
  } catch (...) {
    return false;
  }
}

}  // namespace bccast
