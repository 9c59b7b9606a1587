// All that a client is shown, for handing out.
#pragma once

#include <string_view>

#include <bccast/types.hpp>

#include "core/context.hpp"

namespace bccast {

class ClientExport {
 public:
  explicit ClientExport(Context& context) : context_(context) {}

  /// Its settings, then its messages: by provider's id, thread by thread in an order that does not change
  /// while messages come in.
  Page<ExportRow> list(std::string_view client, std::string_view cursor, std::size_t limit);

 private:
  Context& context_;
};

}  // namespace bccast
