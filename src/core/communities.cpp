#include "core/communities.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/fold.hpp"
#include "core/access.hpp"
#include "core/resolve.hpp"
#include "model/number.hpp"
#include "model/text_rules.hpp"

namespace bccast {
namespace {

/// Rows in the order of their folded names; those of one name in the order of their keyed ids.
template <typename Row>
std::vector<Row> by_name(std::vector<std::pair<std::pair<std::string, std::string>, Row>> rows) {
  std::sort(rows.begin(), rows.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
  std::vector<Row> sorted;
  for (auto& [name, row] : rows) sorted.push_back(std::move(row));
  return sorted;
}

}  // namespace

bool leave(Tables& tables, ProviderNo provider, CommunityNo community, Place place) {
  if (!tables.communities().delete_member(provider, community, place)) return false;
  tables.threads().delete_thread(community_key(provider, community, place));
  return true;
}

std::string Communities::create(std::string_view provider_id, std::string_view title,
                                std::string_view actor) {
  check_title(title);
  return context_.store.write([&](Tables& tables) {
    Provider provider = access::open_provider(tables, provider_id);
    Community community;
    community.provider_no = provider.no;
    community.no = provider.next_community++;
    if (community.no > kMaxNumber)
      throw Error(Code::limit, "the provider has no numbers left for communities");
    community.title = title;
    community.max_members = kDefaultMembers;
    community.created_at = context_.clock.wall_ms();
    community.actor = actor;
    tables.communities().insert_community(community);
    Thread thread;
    thread.key = community_key(provider.no, community.no);
    thread.last_at = community.created_at;
    thread.touched = true;
    tables.threads().put_thread(thread);
    tables.directory().update_provider(provider);
    return std::string(view(context_.thread_id(thread.key)));
  });
}

void Communities::set(std::string_view provider_id, std::string_view thread_id, std::string_view key,
                      std::string_view value) {
  std::int64_t max_members = 0;
  if (key == "title") {
    check_title(value);
  } else if (key == "max_members") {
    max_members = parse_number(value, 1, kMaxMembers, "most members");
  } else {
    throw Error(Code::argument, "there is no such setting");
  }
  context_.store.write([&](Tables& tables) {
    const Provider provider = access::open_provider(tables, provider_id);
    Community community = access::community(tables, context_, provider, thread_id);
    if (key == "title") {
      community.title = value;
    } else {
      community.max_members = max_members;
    }
    tables.communities().update_community(community);
  });
}

std::vector<Code> Communities::add_many(std::string_view provider_id, std::string_view thread_id,
                                        std::span<const std::string_view> ids, std::string_view actor) {
  return context_.store.write([&](Tables& tables) {
    const Provider provider = access::open_provider(tables, provider_id);
    const Community community = access::community(tables, context_, provider, thread_id);
    const auto thread = tables.threads().thread(community_key(provider.no, community.no));
    if (!thread) throw Error(Code::corrupt, "a community has lost its thread");
    auto count = tables.communities().count_members(provider.no, community.no);
    const auto add = [&](Place place) {
      if (!access::entry_at(tables, provider.no, place).active()) return Code::state;
      if (tables.communities().member(provider.no, community.no, place)) return Code::exists;
      if (count >= community.max_members) return Code::limit;
      ++count;
      Member member;
      member.place = place;
      member.first_seq = thread->last_seq + 1;
      member.since = context_.clock.wall_ms();
      member.actor = actor;
      tables.communities().insert_member(provider.no, community.no, member);
      Thread own;  // shown once there is a message in it
      own.key = community_key(provider.no, community.no, place);
      own.client_read = thread->last_seq;
      tables.threads().put_thread(own);
      return Code::ok;
    };
    const auto resolved = resolve_places(tables, provider, ids);
    std::vector<Code> results(ids.size());
    for (std::size_t i = 0; i < ids.size(); ++i)
      results[i] = resolved[i].code == Code::ok ? add(resolved[i].place) : resolved[i].code;
    return results;
  });
}

void Communities::remove(std::string_view provider_id, std::string_view thread_id,
                         std::string_view client_id) {
  context_.store.write([&](Tables& tables) {
    const Provider provider = access::open_provider(tables, provider_id);
    const Community community = access::community(tables, context_, provider, thread_id);
    const RosterEntry entry = access::entry(tables, provider, client_id);
    if (!leave(tables, provider.no, community.no, entry.place))
      throw Error(Code::not_found, "there is no such member");
  });
}

std::vector<MemberRow> Communities::members_for_provider(std::string_view provider_id,
                                                         std::string_view thread_id) {
  return context_.store.read([&](const Tables& tables) {
    std::vector<std::pair<std::pair<std::string, std::string>, MemberRow>> rows;
    const Provider provider = access::provider(tables, provider_id);
    const Community community = access::community(tables, context_, provider, thread_id);
    for (const auto& member : tables.communities().members(provider.no, community.no)) {
      const RosterEntry entry = access::entry_at(tables, provider.no, member.place);
      MemberRow row;
      row.client = entry.client.id;
      row.client_name = entry.client.name;
      row.member = view(context_.member_id(provider.no, community.no, member.place));
      row.since_ms = member.since;
      row.actor = member.actor;
      rows.push_back({{fold(row.client_name), row.member}, std::move(row)});
    }
    return by_name(std::move(rows));
  });
}

std::vector<FellowRow> Communities::members_for_client(std::string_view client_id,
                                                       std::string_view thread_id) {
  return context_.store.read([&](const Tables& tables) {
    std::vector<std::pair<std::pair<std::string, std::string>, FellowRow>> rows;
    const Client client = access::client(tables, client_id);
    const auto reached = access::thread_of_client(tables, context_, client, thread_id);
    const ThreadKey& key = reached.thread.key;
    if (!key.of_community()) throw Error(Code::not_found, "there is no such community");
    for (const auto& member : tables.communities().members(key.provider_no, key.community())) {
      const RosterEntry entry = access::entry_at(tables, key.provider_no, member.place);
      const std::string id(view(context_.member_id(key.provider_no, key.community(), member.place)));
      FellowRow row;
      row.me = member.place == key.place;
      row.member = row.me ? entry.client.id : id;
      row.member_name = entry.client.name;
      row.since_ms = whole_seconds(member.since);
      rows.push_back({{fold(row.member_name), id}, std::move(row)});
    }
    return by_name(std::move(rows));
  });
}

}  // namespace bccast
