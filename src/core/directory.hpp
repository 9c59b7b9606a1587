// Providers, clients and rosters: what the operator keeps.
#pragma once

#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include <bccast/error.hpp>
#include <bccast/types.hpp>

#include "core/context.hpp"

namespace bccast {

class Directory {
 public:
  explicit Directory(Context& context) : context_(context) {}

  void provider_put(std::string_view provider, std::string_view name);
  void provider_set(std::string_view provider, std::string_view key, std::string_view value);

  /// Nothing where a name or address is to stay as it is.
  void client_put(std::string_view client, std::optional<std::string_view> name,
                  std::optional<std::string_view> address);
  /// Spans of names and addresses are empty (all as they are) or as long as `ids`.
  std::vector<Code> client_put_many(std::span<const std::string_view> ids,
                                    std::span<const std::string_view> names,
                                    std::span<const std::string_view> addresses);
  void client_set(std::string_view client, std::string_view key, std::string_view value);
  /// exists: it was so already.
  Code client_archive(std::string_view client, bool archived);

  Code roster_add(std::string_view provider, std::string_view client);
  /// New entries are active, or archived from the first moment on.
  std::vector<Code> roster_add_many(std::string_view provider, std::span<const std::string_view> ids,
                                    bool archived = false);
  void roster_set(std::string_view provider, std::string_view client, std::string_view key,
                  std::string_view value);
  Code roster_archive(std::string_view provider, std::string_view client, bool archived);
  std::vector<Code> roster_archive_many(std::string_view provider, std::span<const std::string_view> ids);
  Page<ProviderRow> provider_list(std::string_view cursor, std::size_t limit);
  ProviderRow provider_get(std::string_view provider);
  ClientRow client_get(std::string_view client);
  RosterCount roster_count(std::string_view provider);

 private:
  Context& context_;
};

}  // namespace bccast
