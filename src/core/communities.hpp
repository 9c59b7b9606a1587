// Communities: threads whose members see each other, and who is in them.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <bccast/error.hpp>
#include <bccast/types.hpp>

#include "core/context.hpp"

namespace bccast {

class Communities {
 public:
  explicit Communities(Context& context) : context_(context) {}

  /// The id of its thread.
  std::string create(std::string_view provider, std::string_view title);
  void set(std::string_view provider, std::string_view thread, std::string_view key, std::string_view value);
  /// ok; exists: a member already; not_found: not on the roster; state: archived; limit: the community is
  /// full.
  std::vector<Code> add_many(std::string_view provider, std::string_view thread,
                             std::span<const std::string_view> ids);
  void remove(std::string_view provider, std::string_view thread, std::string_view client);

  /// As the provider is shown them, and as a member is; by name.
  std::vector<MemberRow> members_for_provider(std::string_view provider, std::string_view thread);
  std::vector<FellowRow> members_for_client(std::string_view client, std::string_view thread);

 private:
  Context& context_;
};

/// Takes members, by their own threads' keys, out of communities: to them there is no such thread any more.
/// False when one was no member.
bool leave(Tables& tables, std::span<const ThreadKey> members);

}  // namespace bccast
