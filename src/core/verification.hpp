// Looks through a whole store for what cannot be right: the store's own checks, then ours.
#pragma once

#include <vector>

#include <bccast/types.hpp>

#include "core/context.hpp"

namespace bccast {

class Verification {
 public:
  explicit Verification(Context& context) : context_(context) {}

  /// Reads everything: O(store). Findings name numbers and public ids, never people.
  std::vector<FindingRow> run();

 private:
  Context& context_;
};

}  // namespace bccast
