// A store that a backup has made is held: it is read and written as ever, but nothing leaves it. What the
// lost store had told since the backup it does not know, and would tell again; an operator looks first, and
// then releases it.
#pragma once

#include <bccast/error.hpp>
#include <bccast/types.hpp>

#include "core/context.hpp"
#include "core/indexing.hpp"

namespace bccast {

/// Whether nothing may be handed out, sent by its schedule, or said to be late. Costs nothing in a store that
/// was not held when it was opened: none becomes held while it is open.
inline bool is_held(const Tables& tables, const Context& context) {
  return context.known->held && tables.store().held();
}

/// Whether nothing may be handed out for whatever reason.
inline bool hands_nothing_out(const Tables& tables, const Context& context) {
  return is_held(tables, context) || is_indexing(tables, context);
}

class Holding {
 public:
  explicit Holding(Context& context) : context_(context) {}

  /// exists: it was not held.
  Code release();
  StoreStatus status();

 private:
  Context& context_;
};

}  // namespace bccast
