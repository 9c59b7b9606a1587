// Communities and their members in SQLite.
#pragma once

#include <vector>

#include <bccast/types.hpp>

#include "adapters/sqlite/connection.hpp"
#include "ports/community_tables.hpp"

namespace bccast::sqlite {

class SqliteCommunityTables final : public CommunityTables {
 public:
  explicit SqliteCommunityTables(Connection& db) : db_(db) {}

  std::optional<Community> community(ProviderNo provider, CommunityNo no) const override;
  std::vector<CommunityNo> communities(ProviderNo provider) const override;
  void insert_community(const Community& community) override;
  void update_community(const Community& community) override;
  std::optional<Member> member(ProviderNo provider, CommunityNo no, Place place) const override;
  std::vector<Member> members(ProviderNo provider, CommunityNo no) const override;
  std::int64_t count_members(ProviderNo provider, CommunityNo no) const override;
  std::vector<CommunityNo> communities_of(ProviderNo provider, Place place) const override;
  void insert_member(ProviderNo provider, CommunityNo no, const Member& member) override;
  bool delete_member(ProviderNo provider, CommunityNo no, Place place) override;

  /// For verification: rows that are not what was once written.
  void find_damage(std::vector<FindingRow>& findings) const;

 private:
  Connection& db_;
};

}  // namespace bccast::sqlite
