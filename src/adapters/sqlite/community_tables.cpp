#include "adapters/sqlite/community_tables.hpp"

namespace bccast::sqlite {
namespace {

Member member_of(const Query& query) {
  return {static_cast<Place>(query.i64(0)), query.i64(1), query.i64(2), query.string(3)};
}

}  // namespace

std::optional<Community> SqliteCommunityTables::community(ProviderNo provider, CommunityNo no) const {
  auto query = db_.query(
      "SELECT title, max_members, created_at, actor FROM community WHERE provider_no = ? AND community_no = "
      "?");
  if (!query.bind(provider).bind(no).step()) return std::nullopt;
  return Community{provider, no, query.string(0), query.i64(1), query.i64(2), query.string(3)};
}

void SqliteCommunityTables::insert_community(const Community& c) {
  auto query = db_.query(
      "INSERT INTO community(provider_no, community_no, title, max_members, created_at, actor) "
      "VALUES (?, ?, ?, ?, ?, ?)");
  query.bind(c.provider_no).bind(c.no).bind(c.title).bind(c.max_members).bind(c.created_at);
  query.bind_or_null(c.actor).run();
}

void SqliteCommunityTables::update_community(const Community& c) {
  auto query =
      db_.query("UPDATE community SET title = ?, max_members = ? WHERE provider_no = ? AND community_no = ?");
  query.bind(c.title).bind(c.max_members).bind(c.provider_no).bind(c.no).run();
}

std::optional<Member> SqliteCommunityTables::member(ProviderNo provider, CommunityNo no, Place place) const {
  auto query = db_.query(
      "SELECT place, first_seq, since, actor FROM member "
      "WHERE provider_no = ? AND community_no = ? AND place = ?");
  if (!query.bind(provider).bind(no).bind(std::int64_t{place}).step()) return std::nullopt;
  return member_of(query);
}

std::vector<Member> SqliteCommunityTables::members(ProviderNo provider, CommunityNo no) const {
  auto query = db_.query(
      "SELECT place, first_seq, since, actor FROM member "
      "WHERE provider_no = ? AND community_no = ? ORDER BY place");
  query.bind(provider).bind(no);
  std::vector<Member> all;
  while (query.step()) all.push_back(member_of(query));
  return all;
}

std::int64_t SqliteCommunityTables::count_members(ProviderNo provider, CommunityNo no) const {
  auto query = db_.query("SELECT count(*) FROM member WHERE provider_no = ? AND community_no = ?");
  query.bind(provider).bind(no);
  return query.step() ? query.i64(0) : 0;
}

std::vector<CommunityNo> SqliteCommunityTables::communities_of(ProviderNo provider, Place place) const {
  auto query =
      db_.query("SELECT community_no FROM member WHERE provider_no = ? AND place = ? ORDER BY community_no");
  query.bind(provider).bind(std::int64_t{place});
  std::vector<CommunityNo> all;
  while (query.step()) all.push_back(query.i64(0));
  return all;
}

void SqliteCommunityTables::insert_member(ProviderNo provider, CommunityNo no, const Member& m) {
  auto query = db_.query(
      "INSERT INTO member(provider_no, community_no, place, first_seq, since, actor) VALUES (?, ?, ?, ?, ?, "
      "?)");
  query.bind(provider).bind(no).bind(std::int64_t{m.place}).bind(m.first_seq).bind(m.since);
  query.bind_or_null(m.actor).run();
}

bool SqliteCommunityTables::delete_member(ProviderNo provider, CommunityNo no, Place place) {
  auto query = db_.query("DELETE FROM member WHERE provider_no = ? AND community_no = ? AND place = ?");
  return query.bind(provider).bind(no).bind(std::int64_t{place}).run() > 0;
}

}  // namespace bccast::sqlite
