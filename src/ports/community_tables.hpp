// Communities and their members, as rows.
#pragma once

#include <cstddef>
#include <optional>
#include <vector>

#include "model/thread.hpp"

namespace bccast {

class CommunityTables {
 public:
  virtual ~CommunityTables() = default;

  virtual std::optional<Community> community(ProviderNo provider, CommunityNo no) const = 0;
  /// Those of which there is a row or a thread, ascending.
  virtual std::vector<CommunityNo> communities(ProviderNo provider) const = 0;
  virtual void insert_community(const Community& community) = 0;
  virtual void update_community(const Community& community) = 0;

  virtual std::optional<Member> member(ProviderNo provider, CommunityNo no, Place place) const = 0;
  /// By place.
  virtual std::vector<Member> members(ProviderNo provider, CommunityNo no) const = 0;
  virtual std::int64_t count_members(ProviderNo provider, CommunityNo no) const = 0;
  virtual std::vector<CommunityNo> communities_of(ProviderNo provider, Place place) const = 0;
  virtual void insert_member(ProviderNo provider, CommunityNo no, const Member& member) = 0;
  /// False when there was none.
  virtual bool delete_member(ProviderNo provider, CommunityNo no, Place place) = 0;
};

}  // namespace bccast
