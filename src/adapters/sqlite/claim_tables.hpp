// Claims in SQLite.
#pragma once

#include <optional>
#include <vector>

#include <bccast/types.hpp>

#include "adapters/sqlite/connection.hpp"
#include "ports/claim_tables.hpp"

namespace bccast::sqlite {

class SqliteClaimTables : public virtual ClaimTables {
 public:
  explicit SqliteClaimTables(Connection& db) : db_(db) {}

  std::optional<Claim> claim(const Claim& of) const override;
  std::optional<Claim> expired_claim(ChannelNo channel, Ms now, Ms longest,
                                     std::exception_ptr& damaged) const override;
  Found<Token, Claim> claims(ChannelNo channel, std::span<const Token> tokens) const override;
  void insert_claims(std::span<const Claim> claims) override;
  void update_claims(std::span<const Claim> claims) override;
  bool delete_claim(const Claim& of) override;
  void delete_claims(std::span<const Claim> claims) override;
  std::vector<Claim> claims_of(const Line& line) const override;
  SoundClaims sound_claims_of(const Line& line) const override;
  std::int64_t claims_in_flight(ChannelNo channel, Ms now, Ms longest) const override;
  void delete_claims(ChannelNo channel) override;
  std::vector<Claim> item_claims(ChannelNo channel) const override;
  SoundClaims sound_item_claims(ChannelNo channel) const override;
  std::optional<Ms> next_lease_over(ChannelNo channel, Ms after) const override;

  /// For verification: rows that are not what was once written.
  void find_damage(std::vector<FindingRow>& findings) const;

 private:
  /// Of a line of the channel; 0: of items.
  std::vector<Claim> claims_on(ChannelNo channel, LineNo line) const;
  SoundClaims sound_claims_on(ChannelNo channel, LineNo line) const;

  Connection& db_;
};

}  // namespace bccast::sqlite
