// Filling a claimed batch with what its handler needs.
#pragma once

#include "core/assignment.hpp"

namespace bccast {

void fill(const Tables& tables, const Context& context, Assignment& assignment);

}  // namespace bccast
