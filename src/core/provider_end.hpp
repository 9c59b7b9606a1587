// The end of a provider's work, and its beginning again.
#pragma once

#include <string_view>

#include <bccast/error.hpp>

#include "core/context.hpp"

namespace bccast {

class ProviderEnd {
 public:
  explicit ProviderEnd(Context& context) : context_(context) {}

  /// Discards its drafts, drops what was still to be sent, and closes its threads. exists: it was archived.
  Code archive(std::string_view provider);
  /// Opens its threads again. exists: it was not archived.
  Code restore(std::string_view provider);

 private:
  Context& context_;
};

}  // namespace bccast
