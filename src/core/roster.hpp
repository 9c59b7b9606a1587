// A provider's roster as its screen shows it: by name, searched, with what a draft has chosen.
#pragma once

#include <string_view>

#include <bccast/types.hpp>

#include "core/context.hpp"

namespace bccast {

class Roster {
 public:
  explicit Roster(Context& context) : context_(context) {}

  /// By folded name. Reads no more than a page whatever the size of the roster and however deep the page, but
  /// for rare states: then at most some thousands of entries.
  Page<RosterRow> list(std::string_view provider, std::string_view filter, std::string_view cursor,
                       std::size_t limit);

 private:
  Context& context_;
};

}  // namespace bccast
