// From a list of clients' ids to their places on a roster.
#pragma once

#include <span>
#include <string_view>
#include <vector>

#include <bccast/error.hpp>

#include "core/context.hpp"

namespace bccast {

struct Resolved {
  Code code = Code::ok;  // exists: the id stood in the list before; not_found; corrupt: its place is damaged;
                         // or what is wrong with the id
  Place place = 0;       // when ok
};

/// Places do not change, so this may be done in a snapshot, outside of the transaction that uses it. A short
/// list is looked up by its ids; one of more than an eighth of the roster is met with one scan of it: O(ids +
/// roster).
std::vector<Resolved> resolve_places(const Tables& tables, const Provider& provider,
                                     std::span<const std::string_view> ids);

}  // namespace bccast
