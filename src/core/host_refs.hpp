// The host's own names for threads.
#pragma once

#include <string>
#include <string_view>

#include <bccast/error.hpp>

#include "core/context.hpp"

namespace bccast {

class HostRefs {
 public:
  explicit HostRefs(Context& context) : context_(context) {}

  /// `host_ref` empty: takes the name away. exists: it was so already. Throws Error(conflict) when the name
  /// is another thread's.
  Code bind(std::string_view thread, std::string_view host_ref);
  /// The id of the thread. Throws Error(not_found).
  std::string find(std::string_view host_ref);

 private:
  Context& context_;
};

}  // namespace bccast
