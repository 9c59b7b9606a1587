// The channels of the store.
#pragma once

#include <string_view>

#include <bccast/error.hpp>

#include "core/context.hpp"

namespace bccast {

class Channels {
 public:
  explicit Channels(Context& context) : context_(context) {}

  /// Makes the channel. exists: it is there. Throws Error(conflict): with another role.
  Code put(std::string_view name, std::string_view role);
  void set(std::string_view name, std::string_view key, std::string_view value);
  /// What was still to be done on it is left out.
  void remove(std::string_view name);
  /// Throws Error(not_found).
  ChannelNo find(std::string_view name);

 private:
  Context& context_;
};

}  // namespace bccast
