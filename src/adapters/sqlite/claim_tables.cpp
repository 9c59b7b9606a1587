#include "adapters/sqlite/claim_tables.hpp"

#include <string>

#include "adapters/sqlite/columns.hpp"
#include "adapters/sqlite/mapping.hpp"
#include "adapters/sqlite/token_bytes.hpp"
#include "base/error.hpp"

namespace bccast::sqlite {
namespace {

#define CLAIM_COLUMNS "token, channel_no, line_no, from_pos, to_pos, lease_until, tries, lease"
#define CLAIM_KEY "channel_no = ? AND line_no = ? AND token = ?"
#define CLAIM_ROW CLAIM_COLUMNS ", sum"

#define NOT_OF_A_PAUSED_LINE \
  "NOT EXISTS (SELECT 1 FROM line WHERE line.line_no = claim.line_no AND state = 3)"

constexpr RowTable kClaim{"claim",
                          RowKind::claim,
                          CLAIM_COLUMNS,
                          {.key = "channel_no, line_no, token", .fixed = "", .counted = ""}};
constexpr Sql kInsertClaim = insert_row(kClaim);
constexpr Sql kUpdateClaim = update_row(kClaim);

template <typename Columns, typename Row>
void visit_claim(Columns& columns, std::string& token, Row& c) {
  columns.bytes(token);
  for (auto* number : {&c.channel_no, &c.line_no, &c.from, &c.to, &c.lease_until, &c.tries, &c.lease})
    columns.number(*number);
}

Query& bind_key(Query& query, const Claim& c) {
  return query.bind(c.channel_no).bind(c.line_no).bind(std::span<const std::uint8_t>(c.token));
}

Claim claim_of(const Query& query) {
  std::string token;
  Claim claim;
  RowReader reader(query, kClaim);
  visit_claim(reader, token, claim);
  reader.finish();
  claim.token = token_of(token);
  constexpr Position kMost = Position{slices_for(kMaxPlaces)} * Slice::kPlaces;
  if (claim.from < 0 || claim.from > claim.to || claim.to > kMost)
    throw Error(Code::corrupt, "a claim has positions that cannot be");
  return claim;
}

Claim claim_of_line(const Query& query, ChannelNo channel, LineNo line) {
  auto claim = claim_of(query);
  require_asked_for(claim.channel_no == channel && claim.line_no == line);
  return claim;
}

void write_claim(Query& query, const Claim& claim) {
  std::string token = bytes_of(claim.token);
  RowWriter writer(query, kClaim);
  visit_claim(writer, token, claim);
  writer.finish();
  query.run();
}

constexpr Sql kAllClaims = select_rows(kClaim);

}  // namespace

std::optional<Claim> SqliteClaimTables::claim(const Claim& of) const {
  auto query = db_.query("SELECT " CLAIM_ROW " FROM claim WHERE " CLAIM_KEY);
  bind_key(query, of);
  if (!query.step()) return std::nullopt;
  auto found = claim_of_line(query, of.channel_no, of.line_no);
  require_asked_for(found.token == of.token);
  return found;
}

std::optional<Claim> SqliteClaimTables::expired_claim(ChannelNo channel, Ms now, Ms longest,
                                                      std::exception_ptr& damaged) const {
  const auto first = [&](Query query, Ms at, bool later) -> std::optional<Claim> {
    query.bind(channel).bind(at);
    const auto asked_for = [&](const Query& row) {
      auto claim = claim_of(row);
      require_asked_for(claim.channel_no == channel);
      require_asked_for(later ? claim.lease_until > at : claim.lease_until <= at);
      return claim;
    };
    return next_sound(query, asked_for, damaged);
  };
  // Those from before a step of the clock first: while there is one, nobody knows what is in flight.
  auto far = first(db_.query("SELECT " CLAIM_ROW " FROM claim WHERE channel_no = ? AND lease_until > ? "
                             "AND " NOT_OF_A_PAUSED_LINE " ORDER BY lease_until"),
                   now + longest, true);
  if (far) return far;
  return first(db_.query("SELECT " CLAIM_ROW " FROM claim WHERE channel_no = ? AND lease_until <= ? "
                         "AND " NOT_OF_A_PAUSED_LINE " ORDER BY lease_until"),
               now, false);
}

Found<Token, Claim> SqliteClaimTables::claims(ChannelNo channel, std::span<const Token> tokens) const {
  return find_each(tokens, [&](const Token& token) {
    Claim of;
    of.channel_no = channel;
    of.token = token;
    return claim(of);
  });
}

void SqliteClaimTables::insert_claims(std::span<const Claim> claims) {
  for (const auto& claim : claims) {
    auto query = db_.query(kInsertClaim.c_str());
    write_claim(query, claim);
  }
}

void SqliteClaimTables::update_claims(std::span<const Claim> claims) {
  for (const auto& claim : claims) {
    auto query = db_.query(kUpdateClaim.c_str());
    write_claim(query, claim);
  }
}

void SqliteClaimTables::delete_claims(std::span<const Claim> claims) {
  for (const auto& claim : claims) delete_claim(claim);
}

bool SqliteClaimTables::delete_claim(const Claim& of) {
  auto query = db_.query("DELETE FROM claim WHERE " CLAIM_KEY);
  return bind_key(query, of).run() > 0;
}

std::vector<Claim> SqliteClaimTables::claims_on(ChannelNo channel, LineNo line) const {
  auto query = db_.query("SELECT " CLAIM_ROW " FROM claim WHERE channel_no = ? AND line_no = ?");
  query.bind(channel).bind(line);
  std::vector<Claim> claims;
  while (query.step()) claims.push_back(claim_of_line(query, channel, line));
  return claims;
}

SoundClaims SqliteClaimTables::sound_claims_on(ChannelNo channel, LineNo line) const {
  auto query = db_.query("SELECT " CLAIM_ROW " FROM claim WHERE channel_no = ? AND line_no = ?");
  query.bind(channel).bind(line);
  const auto of_line = [&](const Query& row) { return claim_of_line(row, channel, line); };
  std::exception_ptr damaged;
  SoundClaims found;
  while (const auto claim = next_sound(query, of_line, damaged)) found.claims.push_back(*claim);
  found.all_sound = damaged == nullptr;
  return found;
}

std::vector<Claim> SqliteClaimTables::claims_of(const Line& line) const {
  return claims_on(line.channel_no, line.no);
}

SoundClaims SqliteClaimTables::sound_claims_of(const Line& line) const {
  return sound_claims_on(line.channel_no, line.no);
}

std::vector<Claim> SqliteClaimTables::item_claims(ChannelNo channel) const {
  return claims_on(channel, 0);
}

SoundClaims SqliteClaimTables::sound_item_claims(ChannelNo channel) const {
  return sound_claims_on(channel, 0);
}

std::int64_t SqliteClaimTables::claims_in_flight(ChannelNo channel, Ms now, Ms longest) const {
  auto query =
      db_.query("SELECT count(*) FROM claim WHERE channel_no = ? AND lease_until > ? AND lease_until <= ?");
  query.bind(channel).bind(now).bind(now + longest);
  return query.step() ? query.i64(0) : 0;
}

void SqliteClaimTables::delete_claims(ChannelNo channel) {
  db_.query("DELETE FROM claim WHERE channel_no = ?").bind(channel).run();
}

std::optional<Ms> SqliteClaimTables::next_lease_over(ChannelNo channel, Ms after) const {
  auto query = db_.query("SELECT " CLAIM_ROW
                         " FROM claim WHERE channel_no = ? AND lease_until > ? AND " NOT_OF_A_PAUSED_LINE
                         " ORDER BY lease_until");
  query.bind(channel).bind(after);
  std::exception_ptr damaged;  // nobody can take up such a claim
  const auto next = next_sound(query, claim_of, damaged);
  return next ? std::optional(next->lease_until) : std::nullopt;
}

void SqliteClaimTables::find_damage(std::vector<FindingRow>& findings) const {
  find_damaged_rows(db_, kClaim, kAllClaims, findings);
}

}  // namespace bccast::sqlite
