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
  Found<ThreadKey, Community> communities(std::span<const ThreadKey> keys) const override;
  std::vector<CommunityNo> communities(ProviderNo provider) const override;
  void insert_community(const Community& community) override;
  void update_community(const Community& community) override;
  std::optional<Member> member(ProviderNo provider, CommunityNo no, Place place) const override;
  std::vector<Member> members(ProviderNo provider, CommunityNo no) const override;
  std::int64_t count_members(ProviderNo provider, CommunityNo no) const override;
  Found<ThreadKey, Member> members(std::span<const ThreadKey> keys) const override;
  std::vector<ThreadKey> memberships_of(std::span<const RosterKey> keys) const override;
  void insert_members(ProviderNo provider, CommunityNo no, std::span<const Member> members) override;
  std::vector<bool> delete_members(std::span<const ThreadKey> keys) override;

  /// For verification: rows that are not what was once written.
  void find_damage(std::vector<FindingRow>& findings) const;

 private:
  Connection& db_;
};

}  // namespace bccast::sqlite
