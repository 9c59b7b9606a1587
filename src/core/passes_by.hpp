// Damage that work passes by, so that others still get theirs.
#pragma once

#include "base/error.hpp"
#include "ports/store.hpp"

namespace bccast {

/// Whether work that has met this may go on in the same transaction without what is damaged. A sum or a
/// bitmap's key that is wrong costs no more than its row; but where the store itself found the damage, the
/// transaction may have ended with it.
inline bool passes_by(const Tables& tables, const Error& error) noexcept {
  return error.code() == Code::corrupt && tables.goes_on_after(error);
}

}  // namespace bccast
