#include "core/client_export.hpp"

#include <algorithm>
#include <array>
#include <limits>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <type_traits>
#include <utility>
#include <vector>

#include "core/access.hpp"
#include "core/cursor.hpp"
#include "core/message_list.hpp"
#include "core/passes_by.hpp"
#include "core/recalled.hpp"
#include "core/set_pages.hpp"
#include "core/texts.hpp"
#include "core/thread_pages.hpp"
#include "model/text_rules.hpp"

namespace bccast {
namespace {

/// A client's settings, those that are set. Whether it is archived is not for it to see.
std::vector<ExportRow> profile_of(const Client& client) {
  std::vector<ExportRow> rows;
  const auto add = [&](std::string name, std::string_view value) {
    if (value.empty()) return;
    ExportRow row;
    row.record = "profile";
    row.name = std::move(name);
    row.text = value;
    rows.push_back(std::move(row));
  };
  add("client", client.id);
  add("display_name", client.name);
  add("locale", client.locale);
  add("timezone", client.zone);
  add("chat", (client.flags & flag::client_chat_off) != 0 ? "off" : "on");
  add("notify", (client.flags & flag::client_notify_off) != 0 ? "off" : "on");
  Addresses::for_each(client.addresses.stored(), [&](std::string_view channel, std::string_view address) {
    add("address." + std::string(channel), address);
  });
  return rows;
}

/// A client's roster, as its owner is shown to it.
struct Roster {
  Provider provider;
  Membership membership;
};

/// In the order in which they are listed.
std::vector<Roster> rosters_of(const Tables& tables, ClientNo client) {
  const auto memberships = tables.directory().memberships(client);
  std::vector<ProviderNo> numbers;
  for (const auto& membership : memberships) numbers.push_back(membership.provider_no);
  const auto providers = tables.directory().providers(numbers);
  std::vector<Roster> rosters;
  for (const auto& membership : memberships) {
    const auto* provider = providers.find(membership.provider_no);
    if (provider == nullptr) throw Error(Code::corrupt, "a provider is missing");
    rosters.push_back({*provider, membership});
  }
  std::sort(rosters.begin(), rosters.end(),
            [](const Roster& a, const Roster& b) { return a.provider.id < b.provider.id; });
  return rosters;
}

/// Below all others.
constexpr BlastNo kFirstOrigin = std::numeric_limits<BlastNo>::min();

/// A thread of the client.
struct OwnThread {
  const Roster* roster;
  BlastNo origin = 0;
  std::int64_t from = 0;  // the message where it goes on

  ThreadKey key() const { return {roster->provider.no, roster->membership.place, origin}; }
};

/// The client's threads on these rosters, in their order, of each by origin, ascending.
std::vector<OwnThread> threads_of(const Tables& tables, std::span<const Roster> rosters) {
  std::vector<RosterKey> places;
  std::vector<NewerKey> newer;
  std::vector<ProviderNo> numbers;
  for (const auto& [provider, membership] : rosters) {
    places.push_back({provider.no, membership.place});
    newer.push_back({places.back(), membership.stored_seq});
    numbers.push_back(provider.no);
  }
  std::map<ProviderNo, std::set<BlastNo>> origins;
  std::set<ProviderNo> sweeping;
  if (!numbers.empty()) {
    const auto have = tables.blasts().have_recalls_to_sweep(numbers);
    for (std::size_t i = 0; i < numbers.size(); ++i)
      if (have.at(i)) sweeping.insert(numbers[i]);
  }
  for_each_page_of_client(
      tables, places, kEndOfTime, false, kRowsTogether, [&](std::span<const Thread> page) {
        std::vector<Thread> some;
        for (const auto& thread : page)
          if (sweeping.count(thread.key.provider_no) > 0) some.push_back(thread);
        const SeenThreads seen(tables, some);
        for (const auto& thread : page) {
          const bool is_there = sweeping.count(thread.key.provider_no) == 0 || seen.of(thread);
          if (thread.last_seq > 0 && is_there) origins[thread.key.provider_no].insert(thread.key.origin);
        }
        return true;
      });
  for_each_page_of_newer(tables, newer, [&](std::span<const NewerBlast> page) {
    for (const auto& one : page) origins[one.at.provider_no].insert(one.blast.no);
  });
  std::vector<OwnThread> threads;
  for (const auto& roster : rosters)
    for (const auto origin : origins[roster.provider.no]) threads.push_back({&roster, origin});
  return threads;
}

/// Threads of the client and their first messages, read together.
class Messages {
 public:
  /// At most `most` messages besides those that blasts begin with.
  Messages(const Tables& tables, const Context& context, ClientNo client, std::span<const OwnThread> threads,
           std::size_t most)
      : tables_(tables), context_(context), threads_(threads), first_(tables) {
    std::vector<ThreadKey> members;
    std::vector<ThreadKey> communities;
    std::vector<MessageKey> first;
    for (const auto& thread : threads) {
      const auto key = thread.key();
      if (key.of_community()) {
        members.push_back(key);
        communities.push_back(community_key(key.provider_no, key.community()));
      }
      if (key.of_blast() && thread.from <= 1) first.push_back({key, 1});
    }
    if (!members.empty()) {
      members_ = tables.communities().members(members);
      communities_ = tables.communities().communities(communities);
    }
    if (!first.empty()) first_.read(first);
    read_messages(most);
    read_people(client);
  }

  std::size_t threads() const noexcept { return threads_.size(); }
  /// Whether it was read: else the next ones are to be read from this one on.
  bool has(std::size_t i) const {
    const OwnThread& thread = threads_[i];
    if (i >= messages_.threads && !is_cut(i)) return false;  // one before it was
    return !thread.key().of_blast() || thread.from > 1 || first_.has({thread.key(), 1});
  }
  /// Where the messages of one that has() go on that were not read; nothing: all were.
  std::optional<std::int64_t> rest_of(std::size_t i) const {
    return is_cut(i) ? std::optional(messages_.messages.back().message.seq + 1) : std::nullopt;
  }
  /// Calls f(row) for its messages until it returns false, and says whether it has not.
  template <typename F>
  bool show(std::size_t i, F&& f) {
    const OwnThread& thread = threads_[i];
    const auto key = thread.key();
    const Provider& provider = thread.roster->provider;
    ExportRow base;
    base.record = "message";
    base.thread = view(context_.thread_id(key));
    base.provider = provider.id;
    base.provider_name = provider.name;
    base.kind = key.of_community() ? "community" : "private";
    if (key.of_community()) base.title = community(key).title;
    Authors authors(context_, tables_, provider, key, key.place);
    const auto show_one = [&](const Message& message) {
      if (message.author.side == Side::client)
        authors.know(access::entry_in(authors_, {key.provider_no, message.author.place}));
      const auto& author = authors.of(message.author);
      ExportRow row = base;
      row.seq = message.seq;
      row.author = author.id;
      row.author_name = author.name;
      if (!message.removed) row.text = message.text;
      row.at_ms = whole_seconds(message.at);
      row.removed = message.removed;
      return f(std::move(row));
    };
    if (key.of_blast() && thread.from <= 1 && !show_one(first_.at({key, 1}))) return false;
    auto& read = messages_.messages;
    while (next_ < read.size() && read[next_].thread < i) ++next_;
    for (; next_ < read.size() && read[next_].thread == i; ++next_) {
      Message message = read[next_].message;
      if (!show_one(texts::open_message(key, std::move(message)))) return false;
    }
    return true;
  }

 private:
  /// Some of its messages were read, and not all.
  bool is_cut(std::size_t i) const {
    return i == messages_.threads && !messages_.messages.empty() && messages_.messages.back().thread == i;
  }
  const Community& community(const ThreadKey& key) const {
    const auto* found = communities_.find(community_key(key.provider_no, key.community()));
    if (found == nullptr) throw Error(Code::corrupt, "a community is missing");
    return *found;
  }

  void read_messages(std::size_t most) {
    std::vector<MessagesFrom> wanted;
    for (const auto& thread : threads_) {
      const auto key = thread.key();
      std::int64_t first_seq = 1;
      if (key.of_community()) {
        const auto* member = members_.find(key);
        if (member == nullptr) throw Error(Code::corrupt, "a client has a thread of a community it has left");
        first_seq = member->first_seq;
      }
      wanted.push_back({key.shelf(), std::max(thread.from, first_seq)});
    }
    messages_ = tables_.threads().messages_from(wanted, most);
  }

  /// Who wrote them. And whose threads they are: the client's.
  void read_people(ClientNo client) {
    std::vector<RosterKey> own;
    for (const auto& thread : threads_) {
      const RosterKey at{thread.key().provider_no, thread.key().place};
      if (own.empty() || own.back() != at) own.push_back(at);
    }
    const auto entries = tables_.directory().entries(own);
    for (const auto& at : own)
      if (access::entry_in(entries, at).client.no != client)
        throw Error(Code::corrupt, "a client's place on a roster is damaged, or another's");
    std::vector<RosterKey> authors;
    for (const auto& [thread, message] : messages_.messages)
      if (message.author.side == Side::client)
        authors.push_back({threads_[thread].key().provider_no, message.author.place});
    if (!authors.empty()) authors_ = tables_.directory().entries(authors);
  }

  const Tables& tables_;
  const Context& context_;
  std::span<const OwnThread> threads_;
  MessagesAt first_;
  Found<ThreadKey, Member> members_;
  Found<ThreadKey, Community> communities_;
  Found<RosterKey, RosterEntry> authors_;
  MessagesOf messages_;
  std::size_t next_ = 0;
};

/// Nothing where one of what it needs is damaged.
template <typename Read>
std::optional<std::invoke_result_t<const Read&>> if_sound(const Tables& tables, const Read& read) {
  try {
    return read();
  } catch (const Error& error) {
    if (!passes_by(tables, error)) throw;
    return std::nullopt;
  }
}

/// Of all of them, or else of the first alone: what is damaged behind it is not shown yet.
Messages messages_of(const Tables& tables, const Context& context, ClientNo client,
                     std::span<const OwnThread> threads, std::size_t most) {
  const auto read = [&](std::span<const OwnThread> some) {
    return Messages(tables, context, client, some, most);
  };
  if (threads.size() > 1)
    if (auto all = if_sound(tables, [&] { return read(threads); })) return std::move(*all);
  return read(threads.first(1));
}

}  // namespace

Page<ExportRow> ClientExport::list(std::string_view client_id, std::string_view cursor, std::size_t limit) {
  const auto list = list_of("client_export", client_id);
  // Where to go on: a provider (0: in the settings), a thread's origin, and a row of the settings or a
  // message.
  const auto from = open_cursor<3>(context_, list, cursor).value_or(std::array<std::int64_t, 3>{0, 0, 0});
  const std::size_t most = page_limit(limit);
  return context_.store.read([&](const Tables& tables) {
    Page<ExportRow> page;
    std::size_t bytes = 0;
    // False, and the page is over, when there is no room: it goes on with this row.
    const auto offer = [&](ExportRow&& row, const std::array<std::int64_t, 3>& at) {
      if (page.items.size() == most || bytes + row.text.size() > kMaxPageBytes) {
        page.next = seal_cursor<3>(context_, list, at);
        return false;
      }
      bytes += row.text.size();
      page.items.push_back(std::move(row));
      return true;
    };
    const Client client = access::client(tables, client_id);
    if (from[0] == 0) {
      auto profile = profile_of(client);
      for (std::size_t i = static_cast<std::size_t>(from[2]); i < profile.size(); ++i)
        if (!offer(std::move(profile[i]), {0, 0, static_cast<std::int64_t>(i)})) return page;
    }
    const auto all = rosters_of(tables, client.no);
    const auto first = std::find_if(all.begin(), all.end(), [&](const Roster& roster) {
      return from[0] == 0 || roster.provider.no == from[0];
    });
    const auto rosters = std::span<const Roster>(all).subspan(static_cast<std::size_t>(first - all.begin()));
    // False: the page is over.
    const auto show_threads = [&](std::vector<OwnThread> threads) {
      std::erase_if(threads, [&](const OwnThread& thread) {
        return thread.roster->provider.no == from[0] && thread.origin < from[1];
      });
      if (!threads.empty() && threads.front().roster->provider.no == from[0] &&
          threads.front().origin == from[1])
        threads.front().from = from[2];
      for (auto rest = std::span(threads); !rest.empty();) {
        const std::size_t room = most - page.items.size() + 1;
        const auto some = rest.first(std::min({rest.size(), room, kRowsTogether}));
        auto messages = messages_of(tables, context_, client.no, some, room);
        std::size_t shown = 0;
        for (; shown < messages.threads() && messages.has(shown); ++shown) {
          const auto key = some[shown].key();
          const auto show = [&](ExportRow&& row) {
            const std::array<std::int64_t, 3> at{key.provider_no, key.origin, row.seq.value_or(0)};
            return offer(std::move(row), at);
          };
          if (!messages.show(shown, show)) return false;
          const auto go_on = messages.rest_of(shown);
          if (!go_on) continue;
          some[shown].from = *go_on;
          break;
        }
        rest = rest.subspan(shown);
      }
      return true;
    };
    if (const auto threads = if_sound(tables, [&] { return threads_of(tables, rosters); })) {
      show_threads(*threads);
      return page;
    }
    // What is damaged ends the page in front of it, and is CORRUPT for who goes on there.
    for (const auto& roster : rosters) {
      const auto threads = if_sound(tables, [&] { return threads_of(tables, {&roster, 1}); });
      if (!threads) {
        if (page.items.empty()) throw Error(Code::corrupt, "a thread of the client is damaged");
        page.next = seal_cursor<3>(context_, list, {roster.provider.no, kFirstOrigin, 0});
        return page;
      }
      if (!show_threads(*threads)) return page;
    }
    return page;
  });
}

}  // namespace bccast
