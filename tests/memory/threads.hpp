// Threads, messages and communities in memory.
#pragma once

#include <algorithm>
#include <set>

#include "data.hpp"
#include "model/text_rules.hpp"

namespace test::memory {

class Threads final : public ThreadTables {
 public:
  explicit Threads(Data& data) : data_(data) {}

  std::optional<Thread> thread(const ThreadKey& key) const override { return data_.threads.get(key); }
  Found<ThreadKey, Thread> threads(std::span<const ThreadKey> keys) const override {
    return found_in(data_.threads, keys);
  }
  std::vector<bool> insert_threads(std::span<const Thread> threads) override {
    std::vector<bool> inserted;
    for (const auto& thread : threads) inserted.push_back(data_.threads.add(thread.key, thread));
    return inserted;
  }
  void update_threads(std::span<const Thread> threads) override {
    for (const auto& thread : threads) {
      const auto stored = data_.threads.get(thread.key);
      if (!stored) continue;
      Thread changed = thread;
      changed.last_seq = std::max(stored->last_seq, thread.last_seq);
      data_.threads.update(thread.key, changed);
    }
  }
  void delete_threads(std::span<const ThreadKey> keys) override {
    for (const auto& key : keys) data_.threads.erase(key);
  }

  std::vector<Thread> client_threads(std::span<const RosterKey> places, const ClientThreadPosition& after,
                                     bool unread, std::size_t limit) const override {
    return first(all_of([&](const Thread& t) {
                   return is_at(places, t.key) && client_position_of(t) < after &&
                          (!unread || t.client_unread > 0);
                 }),
                 limit);
  }
  std::vector<Thread> provider_threads(ProviderNo provider, const ThreadPosition* after, const Wanted& wanted,
                                       std::size_t limit) const override {
    return first(
        all_of([&](const Thread& t) {
          if (t.key.provider_no != provider || !t.touched) return false;
          if (wanted.of_blast && t.key.origin != *wanted.of_blast) return false;
          if (wanted.unread ? t.provider_unread == 0 : wanted.replied && t.replied != *wanted.replied)
            return false;
          return after == nullptr || position_of(t) < *after;
        }),
        limit);
  }
  std::vector<ThreadPosition> touched_places(ProviderNo provider, BlastNo blast, const ThreadPosition* after,
                                             std::size_t limit) const override {
    Wanted of_blast;
    of_blast.of_blast = blast;
    std::vector<ThreadPosition> touched;
    for (const auto& t : provider_threads(provider, after, of_blast, limit))
      touched.push_back(position_of(t));
    return touched;
  }
  Unread client_unread(std::span<const RosterKey> places) const override {
    Unread unread;
    data_.threads.for_all([&](const ThreadKey& key, const Thread& t) {
      if (!is_at(places, key) || t.client_unread == 0) return;
      ++unread.threads;
      unread.messages += t.client_unread;
    });
    return unread;
  }
  Unread provider_unread(ProviderNo provider) const override {
    Unread unread;
    data_.threads.for_all([&](const ThreadKey& key, const Thread& t) {
      if (key.provider_no != provider || t.provider_unread == 0) return;
      ++unread.threads;
      unread.messages += t.provider_unread;
    });
    return unread;
  }

  void insert_message(const ThreadKey& thread, const Message& message) override {
    data_.messages.insert({thread, message.seq}, message);
  }
  std::optional<Message> message(const ThreadKey& thread, std::int64_t seq) const override {
    return data_.messages.get({thread, seq});
  }
  std::optional<Message> message_by_key(const ThreadKey& thread, const Author& author,
                                        std::string_view key_hash) const override {
    for (const auto& m : messages_of(thread))
      if (m.author == author && !m.key_hash.empty() && m.key_hash == key_hash) return m;
    return std::nullopt;
  }
  Found<MessageKey, Message> messages(std::span<const MessageKey> keys) const override {
    Found<MessageKey, Message> found;
    std::size_t bytes = 0;
    for (const auto& key : keys) {
      if (bytes >= kMaxPageBytes) break;
      auto row = message(key.thread, key.seq);
      if (row) bytes += row->text.size();
      found.add(key, std::move(row));
    }
    return found;
  }
  MessagePage messages(const ThreadKey& thread, std::int64_t from, bool ascending,
                       std::size_t limit) const override {
    auto all = messages_of(thread);
    if (!ascending) std::reverse(all.begin(), all.end());
    MessagePage page;
    std::size_t bytes = 0;
    for (auto& m : all) {
      if (ascending ? m.seq < from : m.seq > from) continue;
      page.more = page.messages.size() == limit || bytes >= kMaxPageBytes;
      if (page.more) break;
      bytes += m.text.size();
      page.messages.push_back(std::move(m));
    }
    return page;
  }
  MessagesOf messages_from(std::span<const MessagesFrom> threads, std::size_t limit) const override {
    MessagesOf all;
    std::size_t bytes = 0;
    for (; all.threads < threads.size(); ++all.threads)
      for (const auto& m : messages_of(threads[all.threads].thread)) {
        if (m.seq < threads[all.threads].seq) continue;
        if (all.messages.size() == limit || bytes >= kMaxPageBytes) return all;
        bytes += m.text.size();
        all.messages.push_back({all.threads, m});
      }
    return all;
  }
  std::int64_t count_for(const ThreadKey& thread, std::int64_t seq, const Author& reader) const override {
    const auto all = messages_of(thread);
    return std::count_if(all.begin(), all.end(),
                         [&](const Message& m) { return m.seq > seq && m.author != reader; });
  }
  void remove_texts(ProviderNo provider, Place place) override {
    const Author author{Side::client, place};
    for (auto& [key, message] : data_.messages.rows([&](const StoredAt&key, const Message&m) {
           return key.first.provider_no == provider && m.author == author;
         })) {
      message.text.clear();
      message.key_hash.clear();
      message.removed = true;
      data_.messages.update(key, message);
    }
  }

  std::optional<ThreadKey> thread_bound_to(std::string_view host_ref) const override {
    return data_.bound_threads.get(std::string(host_ref));
  }
  Bound put_host_ref(const ThreadKey& thread, std::string_view host_ref) override {
    const std::string ref(host_ref);
    if (!data_.bound_threads.add(ref, thread))
      return *data_.bound_threads.get(ref) == thread ? Bound::same : Bound::taken;
    unbind([&](const std::string& name, const ThreadKey& key) { return key == thread && name != ref; });
    data_.host_refs.put(thread, ref);
    return Bound::put;
  }
  bool delete_host_ref(const ThreadKey& thread) override {
    unbind([&](const std::string&, const ThreadKey& key) { return key == thread; });
    return data_.host_refs.erase(thread);
  }
  void delete_host_refs(ProviderNo provider, Place place) override {
    for (const auto& one : data_.host_refs.rows([&](const ThreadKey&key, const std::string&) {
           return key.provider_no == provider && key.place == place;
         }))
      delete_host_ref(one.first);
  }

 private:
  static bool is_at(std::span<const RosterKey> places, const ThreadKey& key) {
    return std::any_of(places.begin(), places.end(), [&](const RosterKey& at) {
      return at == RosterKey{key.provider_no, key.place};
    });
  }
  template <typename Which>
  void unbind(const Which& which) {
    for (const auto& one : data_.bound_threads.rows_to_change(which)) data_.bound_threads.erase(one.first);
  }
  template <typename Which>
  std::vector<Thread> all_of(const Which& which) const {
    std::vector<Thread> all;
    data_.threads.for_all([&](const ThreadKey&, const Thread& thread) {
      if (which(thread)) all.push_back(thread);
    });
    return all;
  }
  static std::vector<Thread> first(std::vector<Thread> all, std::size_t limit) {
    std::sort(all.begin(), all.end(),
              [](const Thread& a, const Thread& b) { return position_of(a) > position_of(b); });
    if (all.size() > limit) all.resize(limit);
    return all;
  }
  std::vector<Message> messages_of(const ThreadKey& thread) const {
    std::vector<Message> all;
    data_.messages.each({thread, 0}, [&](const StoredAt& key, const Message& message) {
      if (key.first != thread) return false;
      all.push_back(message);
      return true;
    });
    return all;
  }

  Data& data_;
};

class Communities final : public CommunityTables {
 public:
  explicit Communities(Data& data) : data_(data) {}

  std::optional<Community> community(ProviderNo provider, CommunityNo no) const override {
    return data_.communities.get({provider, no});
  }
  Found<ThreadKey, Community> communities(std::span<const ThreadKey> keys) const override {
    Found<ThreadKey, Community> found;
    for (const auto& key : keys) found.add(key, community(key.provider_no, key.community()));
    return found;
  }
  std::vector<CommunityNo> communities(ProviderNo provider) const override {
    std::set<CommunityNo> all;
    data_.communities.for_all([&](const auto& key, const Community&) {
      if (key.first == provider) all.insert(key.second);
    });
    data_.threads.for_all([&](const ThreadKey& key, const Thread&) {
      if (key.provider_no == provider && key.of_community() && key.place == kCommunityPlace)
        all.insert(key.community());
    });
    return {all.begin(), all.end()};
  }
  void insert_community(const Community& community) override {
    data_.communities.insert({community.provider_no, community.no}, community);
  }
  void update_community(const Community& community) override {
    data_.communities.update({community.provider_no, community.no}, community);
  }

  std::optional<Member> member(ProviderNo provider, CommunityNo no, Place place) const override {
    return data_.members.get({provider, no, place});
  }
  Found<ThreadKey, Member> members(std::span<const ThreadKey> keys) const override {
    Found<ThreadKey, Member> found;
    for (const auto& key : keys) found.add(key, data_.members.get(key_of(key)));
    return found;
  }
  std::vector<Member> members(ProviderNo provider, CommunityNo no) const override {
    std::vector<Member> all;
    data_.members.each({provider, no, 0}, [&](const MemberKey& key, const Member& member) {
      if (std::get<0>(key) != provider || std::get<1>(key) != no) return false;
      all.push_back(member);
      return true;
    });
    return all;
  }
  std::int64_t count_members(ProviderNo provider, CommunityNo no) const override {
    return static_cast<std::int64_t>(members(provider, no).size());
  }
  std::vector<ThreadKey> memberships_of(std::span<const RosterKey> keys) const override {
    std::vector<ThreadKey> all;
    for (const auto& [provider, place] : keys)
      data_.members.for_all([&, provider = provider, place = place](const MemberKey& key, const Member&) {
        if (std::get<0>(key) == provider && std::get<2>(key) == place)
          all.push_back(community_key(provider, std::get<1>(key), place));
      });
    return all;
  }
  void insert_members(ProviderNo provider, CommunityNo no, std::span<const Member> members) override {
    for (const auto& member : members) data_.members.insert({provider, no, member.place}, member);
  }
  std::vector<bool> delete_members(std::span<const ThreadKey> keys) override {
    std::vector<bool> were;
    for (const auto& key : keys) were.push_back(data_.members.erase(key_of(key)));
    return were;
  }

 private:
  static MemberKey key_of(const ThreadKey& key) { return {key.provider_no, key.community(), key.place}; }

  Data& data_;
};

}  // namespace test::memory
