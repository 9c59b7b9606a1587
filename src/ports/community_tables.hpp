// Communities and their members, as rows.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <vector>

#include "model/person.hpp"
#include "model/thread.hpp"
#include "ports/found.hpp"

namespace bccast {

class CommunityTables {
 public:
  virtual ~CommunityTables() = default;

  virtual std::optional<Community> community(ProviderNo provider, CommunityNo no) const = 0;
  /// By their threads' keys (community_key()).
  virtual Found<ThreadKey, Community> communities(std::span<const ThreadKey> keys) const = 0;
  /// Those of which there is a row or a thread, ascending.
  virtual std::vector<CommunityNo> communities(ProviderNo provider) const = 0;
  virtual void insert_community(const Community& community) = 0;
  virtual void update_community(const Community& community) = 0;

  virtual std::optional<Member> member(ProviderNo provider, CommunityNo no, Place place) const = 0;
  /// Members by their own threads' keys (community_key()), here and below.
  virtual Found<ThreadKey, Member> members(std::span<const ThreadKey> keys) const = 0;
  /// By place.
  virtual std::vector<Member> members(ProviderNo provider, CommunityNo no) const = 0;
  virtual std::int64_t count_members(ProviderNo provider, CommunityNo no) const = 0;
  /// All that those at these places of rosters are members by.
  virtual std::vector<ThreadKey> memberships_of(std::span<const RosterKey> keys) const = 0;
  virtual void insert_members(ProviderNo provider, CommunityNo no, std::span<const Member> members) = 0;
  /// Which there were.
  virtual std::vector<bool> delete_members(std::span<const ThreadKey> keys) = 0;
};

}  // namespace bccast
