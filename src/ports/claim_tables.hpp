// What is in flight, as rows.
#pragma once

#include <cstdint>
#include <exception>
#include <optional>
#include <span>
#include <vector>

#include "model/checked.hpp"
#include "ports/line_tables.hpp"

namespace bccast {

using Token = CheckedToken;

/// What is in flight: the positions from..to of a line, or (line_no 0) the items that carry its token, `to`
/// of them.
struct Claim {
  Token token{};
  ChannelNo channel_no = 0;
  LineNo line_no = 0;
  Position from = 0;
  Position to = 0;
  Ms lease_until = 0;      // 0: given back, anybody may take it
  Ms lease = 0;            // how long it was to last from when it was last made to last
  std::int64_t tries = 0;  // counted before the sending

  void hold(Ms now, Ms how_long) noexcept {
    lease = how_long;
    lease_until = now + how_long;
  }
};

/// The claims that are sound, and whether these are all.
struct SoundClaims {
  std::vector<Claim> claims;
  bool all_sound = true;
};

/// What is in flight at one time has no more claims than workers: they are given as a whole.
class ClaimTables {
 public:
  virtual ~ClaimTables() = default;

  /// As it is stored: found by its channel, line and token.
  virtual std::optional<Claim> claim(const Claim& of) const = 0;
  /// Those of items, of one channel.
  virtual Found<Token, Claim> claims(ChannelNo channel, std::span<const Token> tokens) const = 0;

  /// One whose lease is over at `now`, or ends further in the future than `longest`; none of a paused line.
  /// Damaged ones are passed by, and the first of them is remembered in `damaged` where that is null: nobody
  /// can take such a claim up, and what it has is in nobody's hands.
  virtual std::optional<Claim> expired_claim(ChannelNo channel, Ms now, Ms longest,
                                             std::exception_ptr& damaged) const = 0;
  virtual void insert_claims(std::span<const Claim> claims) = 0;
  void insert_claim(const Claim& claim) { insert_claims({&claim, 1}); }
  virtual void update_claims(std::span<const Claim> claims) = 0;
  void update_claim(const Claim& claim) { update_claims({&claim, 1}); }

  /// False when there is none.
  virtual bool delete_claim(const Claim& of) = 0;
  virtual void delete_claims(std::span<const Claim> claims) = 0;
  virtual std::vector<Claim> claims_of(const Line& line) const = 0;
  /// The same, but damaged ones are passed by.
  virtual SoundClaims sound_claims_of(const Line& line) const = 0;

  /// Those of the channel that are no expired_claim().
  virtual std::int64_t claims_in_flight(ChannelNo channel, Ms now, Ms longest) const = 0;
  virtual void delete_claims(ChannelNo channel) = 0;

  /// Those of items, of any line and of none.
  virtual std::vector<Claim> item_claims(ChannelNo channel) const = 0;
  /// The same, but damaged ones are passed by.
  virtual SoundClaims sound_item_claims(ChannelNo channel) const = 0;

  /// Leases of paused lines do not count, nor damaged claims.
  virtual std::optional<Ms> next_lease_over(ChannelNo channel, Ms after) const = 0;
};

}  // namespace bccast
