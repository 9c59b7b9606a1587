// Erasing a client for good.
#pragma once

#include <string_view>

#include "core/context.hpp"

namespace bccast {

class Erasure {
 public:
  explicit Erasure(Context& context) : context_(context) {}

  /// Its places stay, dead, and with them the sums of blasts; what it is and what it wrote goes. False: done,
  /// but the bytes are still in the store's log, which somebody reads.
  bool erase(std::string_view client);

 private:
  Context& context_;
};

}  // namespace bccast
