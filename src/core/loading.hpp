// Filling a claimed batch with what its handler needs.
#pragma once

#include "core/assignment.hpp"

namespace bccast {

/// What it holds (Assignment::holds) is to be stored before anything is handed out.
void fill(const Tables& tables, const Context& context, Assignment& assignment);

}  // namespace bccast
