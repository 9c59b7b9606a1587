// What has happened, for a host's named readers.
#pragma once

#include <string_view>
#include <vector>

#include <bccast/error.hpp>
#include <bccast/types.hpp>

#include "core/context.hpp"

namespace bccast {

/// Notes that something happened, if anybody reads of it. To be called in the transaction that makes it so.
void emit(Tables& tables, const Context& context, EventKind kind, ProviderNo provider, std::int64_t number,
          Place place = 0);

class Events {
 public:
  explicit Events(Context& context) : context_(context) {}

  std::vector<EventRow> list(std::string_view reader, std::size_t limit);
  /// exists: acknowledged already.
  Code acknowledge(std::string_view reader, std::string_view event);

 private:
  std::vector<EventRow> rows(const Tables& tables, EventNo after, std::size_t limit) const;

  Context& context_;
};

}  // namespace bccast
