// Sending: a draft becomes a blast that every recipient has, in one transaction.
#pragma once

#include <string_view>

#include <bccast/error.hpp>

#include "core/context.hpp"

namespace bccast {

class Sending {
 public:
  explicit Sending(Context& context) : context_(context) {}

  /// ok, or exists when it was sent before. `digest` empty: whatever the draft is now.
  /// Rows written: one a slice with recipients, one a channel, and a constant; whatever the number of
  /// recipients.
  Code send(std::string_view provider, std::string_view blast, std::string_view digest,
            std::string_view actor);

 private:
  Context& context_;
};

}  // namespace bccast
