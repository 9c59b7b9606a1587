#include "adapters/sqlite/community_tables.hpp"

#include <algorithm>
#include <utility>

#include "adapters/sqlite/mapping.hpp"

namespace bccast::sqlite {
namespace {

#define COMMUNITY_COLUMNS "provider_no, community_no, title, max_members, created_at, actor"
#define MEMBER_COLUMNS "provider_no, community_no, place, first_seq, since, actor"

constexpr RowTable kCommunity{
    "community",
    RowKind::community,
    COMMUNITY_COLUMNS,
    {.key = "provider_no, community_no", .fixed = "created_at, actor", .counted = ""}};
constexpr Sql kInsertCommunity = insert_row(kCommunity);
constexpr Sql kUpdateCommunity = update_row(kCommunity);

constexpr RowTable kMember{"member",
                           RowKind::member,
                           MEMBER_COLUMNS,
                           {.key = "provider_no, community_no, place", .fixed = "", .counted = ""}};
constexpr Sql kInsertMember = insert_row(kMember);

template <typename Columns, typename Row>
void visit(Columns& columns, Row& c) {
  columns.number(c.provider_no);
  columns.number(c.no);
  columns.text(c.title);
  columns.number(c.max_members);
  columns.number(c.created_at);
  columns.text_or_null(c.actor);
}

/// Whose it is, and it.
template <typename Columns, typename Number, typename Row>
void visit(Columns& columns, Number& provider, Number& community, Row& m) {
  columns.number(provider);
  columns.number(community);
  columns.place(m.place);
  columns.number(m.first_seq);
  columns.number(m.since);
  columns.text_or_null(m.actor);
}

void write(Query& query, const Community& community) {
  RowWriter writer(query, kCommunity);
  visit(writer, community);
  writer.finish();
  query.run();
}

struct OfCommunity {
  ProviderNo provider = 0;
  CommunityNo community = 0;
  Member member;
};

OfCommunity member_of(const Query& query) {
  OfCommunity found;
  RowReader reader(query, kMember);
  visit(reader, found.provider, found.community, found.member);
  reader.finish();
  return found;
}

constexpr Sql kAllCommunities = select_rows(kCommunity);
constexpr Sql kAllMembers = select_rows(kMember);

}  // namespace

std::optional<Community> SqliteCommunityTables::community(ProviderNo provider, CommunityNo no) const {
  auto query = db_.query("SELECT " COMMUNITY_COLUMNS
                         ", sum FROM community WHERE provider_no = ? AND community_no = ?");
  if (!query.bind(provider).bind(no).step()) return std::nullopt;
  Community found;
  RowReader reader(query, kCommunity);
  visit(reader, found);
  reader.finish();
  require_asked_for(found.provider_no == provider && found.no == no);
  return found;
}

Found<ThreadKey, Community> SqliteCommunityTables::communities(std::span<const ThreadKey> keys) const {
  return find_each(keys, [&](const ThreadKey& key) { return community(key.provider_no, key.community()); });
}

std::vector<CommunityNo> SqliteCommunityTables::communities(ProviderNo provider) const {
  std::vector<CommunityNo> all;
  auto rows = db_.query("SELECT community_no FROM community WHERE provider_no = ?");
  rows.bind(provider);
  while (rows.step()) all.push_back(rows.i64(0));
  auto threads = db_.query("SELECT origin FROM thread WHERE provider_no = ? AND place = ? AND origin < 0");
  threads.bind(provider).bind(std::int64_t{kCommunityPlace});
  while (threads.step()) all.push_back(-threads.i64(0));
  std::sort(all.begin(), all.end());
  all.erase(std::unique(all.begin(), all.end()), all.end());
  return all;
}

void SqliteCommunityTables::insert_community(const Community& community) {
  auto query = db_.query(kInsertCommunity.c_str());
  write(query, community);
}

void SqliteCommunityTables::update_community(const Community& community) {
  auto query = db_.query(kUpdateCommunity.c_str());
  write(query, community);
}

std::optional<Member> SqliteCommunityTables::member(ProviderNo provider, CommunityNo no, Place place) const {
  auto query = db_.query("SELECT " MEMBER_COLUMNS
                         ", sum FROM member WHERE provider_no = ? AND community_no = ? AND place = ?");
  if (!query.bind(provider).bind(no).bind(std::int64_t{place}).step()) return std::nullopt;
  const auto found = member_of(query);
  require_asked_for(found.provider == provider && found.community == no && found.member.place == place);
  return found.member;
}

std::vector<Member> SqliteCommunityTables::members(ProviderNo provider, CommunityNo no) const {
  auto query = db_.query("SELECT " MEMBER_COLUMNS
                         ", sum FROM member WHERE provider_no = ? AND community_no = ? ORDER BY place");
  query.bind(provider).bind(no);
  std::vector<Member> all;
  while (query.step()) {
    const auto found = member_of(query);
    require_asked_for(found.provider == provider && found.community == no);
    all.push_back(found.member);
  }
  return all;
}

std::int64_t SqliteCommunityTables::count_members(ProviderNo provider, CommunityNo no) const {
  auto query = db_.query("SELECT count(*) FROM member WHERE provider_no = ? AND community_no = ?");
  query.bind(provider).bind(no);
  return query.step() ? query.i64(0) : 0;
}

Found<ThreadKey, Member> SqliteCommunityTables::members(std::span<const ThreadKey> keys) const {
  return find_each(keys,
                   [&](const ThreadKey& key) { return member(key.provider_no, key.community(), key.place); });
}

std::vector<ThreadKey> SqliteCommunityTables::memberships_of(std::span<const RosterKey> keys) const {
  std::vector<ThreadKey> all;
  for (const auto& key : keys) {
    // The rows, not the index alone: it decides what somebody leaves.
    auto query = db_.query("SELECT " MEMBER_COLUMNS
                           ", sum FROM member INDEXED BY member_place WHERE provider_no = ? AND place = ? "
                           "ORDER BY community_no");
    query.bind(key.provider_no).bind(std::int64_t{key.place});
    while (query.step()) {
      const auto found = member_of(query);
      require_asked_for(found.provider == key.provider_no && found.member.place == key.place);
      all.push_back(community_key(key.provider_no, found.community, key.place));
    }
  }
  return all;
}

void SqliteCommunityTables::insert_members(ProviderNo provider, CommunityNo no,
                                           std::span<const Member> members) {
  for (const auto& member : members) {
    auto query = db_.query(kInsertMember.c_str());
    RowWriter writer(query, kMember);
    visit(writer, std::as_const(provider), std::as_const(no), member);
    writer.finish();
    query.run();
  }
}

std::vector<bool> SqliteCommunityTables::delete_members(std::span<const ThreadKey> keys) {
  std::vector<bool> were;
  were.reserve(keys.size());
  for (const auto& key : keys) {
    auto query = db_.query("DELETE FROM member WHERE provider_no = ? AND community_no = ? AND place = ?");
    query.bind(key.provider_no).bind(key.community()).bind(std::int64_t{key.place});
    were.push_back(query.run() > 0);
  }
  return were;
}

void SqliteCommunityTables::find_damage(std::vector<FindingRow>& findings) const {
  find_damaged_rows(db_, kCommunity, kAllCommunities, findings);
  find_damaged_rows(db_, kMember, kAllMembers, findings);
}

}  // namespace bccast::sqlite
