#include "core/reasons.hpp"

#include "base/error.hpp"
#include "core/passes_by.hpp"

namespace bccast {

std::string Reasons::kept(ProviderNo provider, Place place, const std::string& reason) {
  const auto its_class = class_of(reason);
  if (its_class.size() == reason.size() || may_have_detail(provider, place)) return reason;
  return std::string(its_class);
}

bool Reasons::may_have_detail(ProviderNo provider, Place place) {
  const std::pair key(provider, slice_of(place));
  auto found = dead_.find(key);
  try {
    if (found == dead_.end())
      found = dead_.emplace(key, tables_.directory().roster_slice(provider, key.second).dead).first;
  } catch (const Error& error) {
    if (!passes_by(tables_, error)) throw;
    return false;  // nobody knows
  }
  return !found->second.contains(within_slice(place));
}

}  // namespace bccast
