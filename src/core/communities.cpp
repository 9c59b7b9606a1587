#include "core/communities.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/fold.hpp"
#include "core/access.hpp"
#include "core/resolve.hpp"
#include "core/set_pages.hpp"
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

/// Of at most kMaxMembers.
Found<RosterKey, RosterEntry> entries_of(const Tables& tables, ProviderNo provider,
                                         const std::vector<Member>& members) {
  static_assert(kMaxMembers <= std::int64_t{kRowsTogether});
  std::vector<RosterKey> keys;
  for (const auto& member : members) keys.push_back({provider, member.place});
  return tables.directory().entries(keys);
}

/// Adds members to one community, page by page.
class Adding {
 public:
  Adding(Tables& tables, const Provider& provider, const Community& community, std::int64_t count,
         std::int64_t last_seq, Ms now, std::string_view actor)
      : tables_(tables),
        provider_(provider),
        community_(community),
        count_(count),
        last_seq_(last_seq),
        now_(now),
        actor_(actor) {}

  /// Each place stands in one page, and there once.
  std::vector<Code> page(std::span<const Place> places) {
    std::vector<RosterKey> entry_keys;
    std::vector<ThreadKey> keys;
    for (const auto place : places) {
      entry_keys.push_back({provider_.no, place});
      keys.push_back(community_key(provider_.no, community_.no, place));
    }
    const auto entries = tables_.directory().entries(entry_keys);
    const auto known = tables_.communities().members(keys);
    std::vector<Code> codes(places.size());
    std::vector<Member> members;
    std::vector<Thread> threads;  // shown once there is a message in them
    for (std::size_t i = 0; i < places.size(); ++i) {
      codes[i] = add(access::entry_in(entries, entry_keys[i]), known, keys[i]);
      if (codes[i] != Code::ok) continue;
      members.push_back({places[i], last_seq_ + 1, now_, actor_});
      threads.emplace_back();
      threads.back().key = keys[i];
      threads.back().client_read = last_seq_;
    }
    if (members.empty()) return codes;
    tables_.communities().insert_members(provider_.no, community_.no, members);
    insert_views(threads);
    return codes;
  }

 private:
  /// What a member that was lost has left there goes first.
  void insert_views(std::span<const Thread> threads) {
    const auto inserted = tables_.threads().insert_threads(threads);
    std::vector<Thread> others;
    std::vector<ThreadKey> left;
    for (std::size_t i = 0; i < threads.size(); ++i) {
      if (inserted[i]) continue;
      others.push_back(threads[i]);
      left.push_back(threads[i].key);
    }
    if (left.empty()) return;
    tables_.threads().delete_threads(left);
    tables_.threads().insert_threads(others);
  }

  Code add(const RosterEntry& entry, const Found<ThreadKey, Member>& known, const ThreadKey& key) {
    if (!entry.active()) return Code::state;
    if (known.find(key) != nullptr) return Code::exists;
    if (count_ >= community_.max_members) return Code::limit;
    ++count_;
    return Code::ok;
  }

  Tables& tables_;
  const Provider& provider_;
  const Community& community_;
  std::int64_t count_;
  const std::int64_t last_seq_;
  const Ms now_;
  const std::string actor_;
};

}  // namespace

bool leave(Tables& tables, std::span<const ThreadKey> members) {
  const auto were = tables.communities().delete_members(members);
  std::vector<ThreadKey> threads;
  for (std::size_t i = 0; i < members.size(); ++i)
    if (were[i]) threads.push_back(members[i]);
  if (!threads.empty()) tables.threads().delete_threads(threads);
  return threads.size() == members.size();
}

std::string Communities::create(std::string_view provider_id, std::string_view title) {
  check_title(title);
  return context_.write(verb::provider_community, provider_id, [&](Tables& tables) {
    const Provider provider = access::open_provider(tables, provider_id, Hold::shared);
    RosterWork roster = access::lock_roster(tables, provider.no);
    Community community;
    community.provider_no = provider.no;
    community.no = roster.next_community++;
    if (community.no > kMaxNumber)
      throw Error(Code::limit, "the provider has no numbers left for communities");
    community.title = title;
    community.max_members = kDefaultMembers;
    community.created_at = context_.clock.wall_ms();
    community.actor = context_.actor;
    tables.communities().insert_community(community);
    Thread thread;
    thread.key = community_key(provider.no, community.no);
    thread.last_at = community.created_at;
    thread.touched = true;
    if (!tables.threads().insert_threads({&thread, 1}).front())
      throw Error(Code::corrupt, "a new community has a thread");
    tables.directory().update_roster_work(roster);
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
  context_.write(verb::community_set, thread_id, [&](Tables& tables) {
    const Provider provider = access::open_provider(tables, provider_id, Hold::shared);
    Community community = access::community(tables, context_, provider, thread_id, Hold::exclusive);
    if (key == "title") {
      community.title = value;
    } else {
      community.max_members = max_members;
    }
    tables.communities().update_community(community);
  });
}

std::vector<Code> Communities::add_many(std::string_view provider_id, std::string_view thread_id,
                                        std::span<const std::string_view> ids) {
  return context_.write(verb::community_add, thread_id, [&](Tables& tables) {
    const Provider provider = access::open_provider(tables, provider_id, Hold::shared);
    const Community community = access::community(tables, context_, provider, thread_id, Hold::exclusive);
    const auto thread = tables.threads().thread(community_key(provider.no, community.no));
    if (!thread) throw Error(Code::corrupt, "a community has lost its thread");
    const auto count = tables.communities().count_members(provider.no, community.no);
    Adding adding(tables, provider, community, count, thread->last_seq, context_.clock.wall_ms(),
                  context_.actor);
    const auto resolved = resolve_places(tables, provider, ids);
    std::vector<Code> results(ids.size());
    std::vector<std::size_t> found;
    for (std::size_t i = 0; i < ids.size(); ++i) {
      results[i] = resolved[i].code;
      if (resolved[i].code == Code::ok) found.push_back(i);
    }
    for_each_page(std::span<const std::size_t>(found), [&](auto page, std::size_t) {
      std::vector<Place> places;
      for (const auto i : page) places.push_back(resolved[i].place);
      const auto added = adding.page(places);
      for (std::size_t i = 0; i < page.size(); ++i) results[page[i]] = added[i];
    });
    return results;
  });
}

void Communities::remove(std::string_view provider_id, std::string_view thread_id,
                         std::string_view client_id) {
  context_.write(verb::community_remove, thread_id, [&](Tables& tables) {
    const Provider provider = access::open_provider(tables, provider_id, Hold::shared);
    const Community community = access::community(tables, context_, provider, thread_id, Hold::exclusive);
    const RosterEntry entry = access::entry(tables, provider, client_id);
    const auto member = community_key(provider.no, community.no, entry.place);
    if (!leave(tables, {&member, 1})) throw Error(Code::not_found, "there is no such member");
  });
}

std::vector<MemberRow> Communities::members_for_provider(std::string_view provider_id,
                                                         std::string_view thread_id) {
  return context_.store.read([&](const Tables& tables) {
    std::vector<std::pair<std::pair<std::string, std::string>, MemberRow>> rows;
    const Provider provider = access::provider(tables, provider_id);
    const Community community = access::community(tables, context_, provider, thread_id);
    const auto members = tables.communities().members(provider.no, community.no);
    const auto entries = entries_of(tables, provider.no, members);
    for (const auto& member : members) {
      const RosterEntry& entry = access::entry_in(entries, {provider.no, member.place});
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
    const auto members = tables.communities().members(key.provider_no, key.community());
    const auto entries = entries_of(tables, key.provider_no, members);
    for (const auto& member : members) {
      const RosterEntry& entry = access::entry_in(entries, {key.provider_no, member.place});
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
