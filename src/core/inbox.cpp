#include "core/inbox.hpp"

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <utility>
#include <vector>

#include "core/access.hpp"
#include "core/cursor.hpp"
#include "core/message_list.hpp"
#include "core/recalled.hpp"
#include "core/set_pages.hpp"
#include "core/thread_pages.hpp"
#include "model/text_rules.hpp"

namespace bccast {
namespace {

/// From this many blasts on that a look had to pass by, it is worth storing that there is nothing in them.
constexpr Seq kLongGap = 64;

/// Threads that are read besides those of a page: one that says that there is another page, and the one
/// behind which it goes on. None is read that is not needed: it may be damaged.
std::size_t besides(bool goes_on) {
  return goes_on ? 2 : 1;
}
/// Of several rosters one more says that none of the same time is missing.
constexpr std::size_t kOfSameTime = 1;

/// What one look at an inbox found that is not stored yet.
struct Memo {
  ClientNo client_no = 0;
  struct OfRoster {
    Membership membership;  // as it was then
    Seq seq;                // looked at up to here
    std::vector<Thread> threads;
  };
  std::vector<OfRoster> rosters;
};

RosterKey place_of(const Membership& membership) {
  return {membership.provider_no, membership.place};
}
NewerKey newer_than_stored(const Membership& membership) {
  return {place_of(membership), membership.stored_seq};
}

/// Of which rosters what was found in a snapshot is still so: the client is at the same place, nobody has
/// stored a later look, and none of the blasts was recalled since. (A recall deletes the threads of those who
/// had not read it; what is stored after that would bring them back.)
std::vector<const Memo::OfRoster*> still_true(const Tables& tables, const Memo& memo) {
  struct Check {
    const Memo::OfRoster* roster;
    std::size_t met = 0;
    bool same = true;
  };
  std::map<ProviderNo, Membership> now;
  for (const auto& one : tables.directory().memberships(memo.client_no)) now.emplace(one.provider_no, one);
  std::map<ProviderNo, Check> checks;
  std::vector<NewerKey> places;
  for (const auto& roster : memo.rosters) {
    const auto& then = roster.membership;
    const auto at = now.find(then.provider_no);
    if (at == now.end() || at->second.place != then.place || at->second.stored_seq != then.stored_seq)
      continue;
    checks.emplace(then.provider_no, Check{&roster});
    places.push_back(newer_than_stored(then));
  }
  for_each_page_of_newer(tables, places, [&](std::span<const NewerBlast> page) {
    for (const auto& [at, blast] : page) {
      auto& check = checks.at(at.provider_no);
      if (check.met == check.roster->threads.size()) continue;
      const Thread& thread = check.roster->threads[check.met];
      if (thread.key.origin != blast.no) continue;
      ++check.met;
      if (blast.recalled != (thread.client_read > 0)) check.same = false;
    }
  });
  std::vector<const Memo::OfRoster*> same;
  for (const auto& [provider, check] : checks)
    if (check.same && check.met == check.roster->threads.size()) same.push_back(check.roster);
  return same;
}

/// Where it is not so any more the next look finds out anew.
void store_memo(Tables& tables, const Memo& memo) {
  std::vector<Thread> threads;
  std::vector<std::pair<ProviderNo, Seq>> seqs;
  for (const auto* roster : still_true(tables, memo)) {
    threads.insert(threads.end(), roster->threads.begin(), roster->threads.end());
    seqs.emplace_back(roster->membership.provider_no, roster->seq);
  }
  for_each_page(std::span<const Thread>(threads),
                [&](auto page, std::size_t) { tables.threads().insert_threads(page); });
  if (!seqs.empty()) tables.directory().set_stored_seqs(memo.client_no, seqs);
}

ThreadKey key_of(const NewerBlast& newer) {
  return {newer.at.provider_no, newer.at.place, newer.blast.no};
}

Found<ThreadKey, Thread> stored_threads_of(const Tables& tables, std::span<const NewerBlast> page) {
  std::vector<ThreadKey> keys;
  for (const auto& newer : page) keys.push_back(key_of(newer));
  return tables.threads().threads(keys);
}

/// The threads of blasts sent since the last look that was stored, without those in which somebody did
/// something already: of one roster after the other.
std::vector<Thread> unstored_threads(const Tables& tables, std::vector<NewerKey> places) {
  std::vector<Thread> threads;
  for_each_page_of_newer(tables, std::move(places), [&](std::span<const NewerBlast> page) {
    const auto stored = stored_threads_of(tables, page);
    std::vector<BlastKey> unstored;
    for (const auto& newer : page)
      if (stored.find(key_of(newer)) == nullptr) unstored.push_back({newer.at.provider_no, newer.blast.no});
    if (unstored.empty()) return;
    const auto blasts = tables.blasts().blasts(unstored);
    for (const auto& newer : page) {
      const auto key = key_of(newer);
      if (stored.find(key) != nullptr) continue;
      const auto* blast = blasts.find({newer.at.provider_no, newer.blast.no});
      if (blast == nullptr || blast->seq != newer.blast.seq || is_unsent(blast->state))
        throw Error(Code::corrupt, "a blast is missing, or is another");
      const Thread fresh = untouched(key, blast->sent_at, blast->activity);
      threads.push_back(newer.blast.recalled ? without_message(fresh) : fresh);
    }
  });
  return threads;
}

/// The places of a client on rosters, and what the look at its threads there is to know of these.
class Rosters {
 public:
  Rosters(const Tables& tables, ClientNo client) : memberships_(tables.directory().memberships(client)) {
    std::vector<ProviderNo> numbers;
    for (const auto& one : memberships_) {
      numbers.push_back(one.provider_no);
      places_.push_back(place_of(one));
    }
    if (numbers.empty()) return;
    const auto have = tables.blasts().have_recalls_to_sweep(numbers);
    for (std::size_t i = 0; i < numbers.size(); ++i)
      if (have.at(i)) sweeping_.insert(numbers[i]);
  }

  const std::vector<Membership>& memberships() const noexcept { return memberships_; }
  const std::vector<RosterKey>& places() const noexcept { return places_; }
  /// A recall of this provider is not yet in all rows.
  bool is_sweeping(ProviderNo provider) const { return sweeping_.count(provider) > 0; }
  /// Of a page of threads those that may not be as they are stored.
  std::vector<Thread> to_be_seen(std::span<const Thread> page) const {
    std::vector<Thread> some;
    if (sweeping_.empty()) return some;
    for (const auto& thread : page)
      if (is_sweeping(thread.key.provider_no)) some.push_back(thread);
    return some;
  }

 private:
  std::vector<Membership> memberships_;
  std::vector<RosterKey> places_;
  std::set<ProviderNo> sweeping_;
};

Found<ProviderNo, Provider> providers_of(const Tables& tables, std::span<const Membership> memberships) {
  std::vector<ProviderNo> numbers;
  for (const auto& membership : memberships) numbers.push_back(membership.provider_no);
  return tables.directory().providers(numbers);
}

/// Of each roster to which something was sent since the last look that was stored: what.
std::vector<Memo::OfRoster> newer_of(const Tables& tables, std::span<const Membership> memberships) {
  std::vector<ProviderNo> numbers;
  for (const auto& membership : memberships) numbers.push_back(membership.provider_no);
  const auto works = tables.directory().roster_works(numbers);
  std::vector<Memo::OfRoster> rosters;
  std::vector<NewerKey> places;
  for (const auto& membership : memberships) {
    const auto* work = works.find(membership.provider_no);
    if (work == nullptr) throw Error(Code::corrupt, "a roster has lost its row");
    if (work->send_seq <= membership.stored_seq) continue;
    rosters.push_back({membership, work->send_seq, {}});
    places.push_back(newer_than_stored(membership));
  }
  auto roster = rosters.begin();
  for (auto& thread : unstored_threads(tables, std::move(places))) {
    while (place_of(roster->membership) != RosterKey{thread.key.provider_no, thread.key.place}) ++roster;
    roster->threads.push_back(std::move(thread));
  }
  return rosters;
}

const Provider& provider_of(const Found<ProviderNo, Provider>& providers, const Membership& membership) {
  const auto* provider = providers.find(membership.provider_no);
  if (provider == nullptr) throw Error(Code::corrupt, "a provider is missing");
  return *provider;
}

/// A client's threads are ordered by last activity, the latest first; those of one millisecond as they came,
/// and of several providers by the providers' ids: by nothing that it could not know.
struct ClientPosition {
  Ms last_at = 0;
  std::string provider;
  std::int64_t activity = 0;
  friend auto operator<=>(const ClientPosition&, const ClientPosition&) = default;
};

/// The first threads in the order of the list that come after `after`, of all rosters: at most `most`.
class Merge {
 public:
  Merge(const std::optional<ClientPosition>& after, std::size_t most) : after_(after), most_(most) {}

  void offer(const Provider& provider, const Thread& thread) {
    Placed placed{{thread.last_at, provider.id, thread.activity}, thread};
    if (after_ && placed.at >= *after_) return;
    if (threads_.size() == most_ && placed.at < threads_.front().at) return;
    // A heap with the last of the page on top.
    threads_.push_back(std::move(placed));
    std::push_heap(threads_.begin(), threads_.end(), later);
    if (threads_.size() > most_) {
      std::pop_heap(threads_.begin(), threads_.end(), later);
      threads_.pop_back();
    }
  }
  /// Whether one of this time may still be on the page.
  bool wants(Ms last_at) const { return threads_.size() < most_ || threads_.front().at.last_at <= last_at; }
  std::vector<Thread> finish() {
    std::sort(threads_.begin(), threads_.end(), later);
    std::vector<Thread> sorted;
    for (auto& placed : threads_) sorted.push_back(std::move(placed.thread));
    return sorted;
  }

 private:
  struct Placed {
    ClientPosition at;
    Thread thread;
  };
  static bool later(const Placed& a, const Placed& b) { return a.at > b.at; }
  const std::optional<ClientPosition>& after_;
  std::size_t most_;
  std::vector<Placed> threads_;
};

/// What the rows of a page of threads are made of, read with a few calls, of as many of them as fit into
/// memory together.
class LastMessages {
 public:
  LastMessages(const Tables& tables, Side side, std::span<const Thread> threads) : messages_(tables) {
    std::vector<ThreadKey> communities;
    std::vector<MessageKey> last;
    for (const auto& thread : threads) {
      if (thread.key.of_community()) communities.push_back(community_of(thread));
      if (thread.last_seq > 0) last.push_back({thread.key, thread.last_seq});
    }
    if (!communities.empty()) communities_ = tables.communities().communities(communities);
    messages_.read(last);
    std::vector<RosterKey> people;
    for (const auto& thread : threads) {
      if (!has(thread)) break;
      if (side == Side::provider && !thread.key.of_community())
        people.push_back({thread.key.provider_no, thread.key.place});
      const auto* message = messages_.peek({thread.key, thread.last_seq});
      if (message != nullptr && message->author.side == Side::client)
        people.push_back({thread.key.provider_no, message->author.place});
    }
    if (!people.empty()) people_ = tables.directory().entries(people);
  }

  /// Whether it was read: else the next ones are to be read from this one on.
  bool has(const Thread& thread) const {
    return thread.last_seq == 0 || messages_.has({thread.key, thread.last_seq});
  }
  /// Each throws Error(corrupt) when it is damaged or missing.
  const Community& community(const Thread& thread) const {
    const auto* found = communities_.find(community_of(thread));
    if (found == nullptr) throw Error(Code::corrupt, "a community is missing");
    return *found;
  }
  Message message(const Thread& thread) const { return messages_.at({thread.key, thread.last_seq}); }
  const RosterEntry& entry(const RosterKey& key) const { return access::entry_in(people_, key); }

 private:
  static ThreadKey community_of(const Thread& thread) {
    return community_key(thread.key.provider_no, thread.key.community());
  }

  MessagesAt messages_;
  Found<ThreadKey, Community> communities_;
  Found<RosterKey, RosterEntry> people_;
};

/// What both sides are shown of a thread, but that a client is not shown what was taken away.
void describe_last(const LastMessages& read, const Thread& thread, Side side, Authors& authors,
                   ThreadSummary& row) {
  if (thread.key.of_community()) {
    row.kind = "community";
    row.title = read.community(thread).title;
  } else {
    row.kind = "private";
  }
  if (thread.last_seq == 0) return;  // a community in which nothing was written yet
  Message last = read.message(thread);
  if (last.author.side == Side::client) authors.know(read.entry({thread.key.provider_no, last.author.place}));
  const auto& author = authors.of(last.author);
  row.last_author = author.id;
  row.last_author_name = author.name;
  row.last_actor = std::move(last.actor);
  row.removed = last.removed;
  if (side == Side::provider || !last.removed) row.last_text = std::move(last.text);
}

std::optional<ThreadPosition> parse_position(const Context& context, std::string_view list,
                                             std::string_view cursor) {
  const auto numbers = open_cursor<4>(context, list, cursor);
  if (!numbers) return std::nullopt;
  return ThreadPosition{(*numbers)[0], (*numbers)[1], (*numbers)[2], static_cast<Place>((*numbers)[3])};
}

std::string seal_position(const Context& context, std::string_view list, const Thread& last) {
  const auto p = position_of(last);
  return seal_cursor<4>(context, list, {p.last_at, p.provider_no, p.origin, std::int64_t{p.place}});
}

constexpr std::size_t kNumbers = 16;

std::optional<ClientPosition> parse_client_position(const Context& context, std::string_view list,
                                                    std::string_view cursor) {
  if (cursor.empty()) return std::nullopt;
  const auto plain = context.cursors.open(list, cursor);
  if (!plain || plain->size() < kNumbers) throw Error(Code::argument, "the cursor is not one of this list");
  const auto number = [&](std::size_t from) {
    std::uint64_t value = 0;
    for (std::size_t b = 0; b < 8; ++b)
      value |= std::uint64_t{static_cast<std::uint8_t>((*plain)[from + b])} << (8 * b);
    return static_cast<std::int64_t>(value);
  };
  return ClientPosition{number(0), plain->substr(kNumbers), number(8)};
}

std::string seal_client_position(const Context& context, std::string_view list, const Provider& provider,
                                 const Thread& last) {
  std::string plain;
  for (const std::int64_t number : {last.last_at, last.activity})
    for (std::size_t b = 0; b < 8; ++b)
      plain.push_back(static_cast<char>(static_cast<std::uint64_t>(number) >> (8 * b)));
  return context.cursors.seal(list, plain + provider.id);
}

/// Turns threads into rows until the page is full; says where it ended.
template <typename Seal, typename Describe>
Page<ThreadSummary> make_page(const Tables& tables, Side side, std::span<const Thread> threads,
                              std::size_t most, Seal&& seal, Describe&& describe) {
  Page<ThreadSummary> page;
  std::size_t bytes = 0;
  std::optional<LastMessages> read;
  const auto shown = threads.first(std::min(threads.size(), most));
  for (std::size_t i = 0; i < threads.size(); ++i) {
    if (i == most || bytes >= kMaxPageBytes) {
      page.next = seal(threads[i - 1]);
      break;
    }
    if (!read || !read->has(threads[i])) read.emplace(tables, side, shown.subspan(i));
    page.items.push_back(describe(*read, threads[i]));
    bytes += page.items.back().last_text.size();
  }
  return page;
}

/// A thread as its client is shown it.
ThreadSummary row_of_client(const Context& context, const Tables& tables, const LastMessages& read,
                            const Provider& provider, const Thread& thread) {
  ThreadSummary row;
  row.thread = view(context.thread_id(thread.key));
  row.provider = provider.id;
  row.provider_name = provider.name;
  row.unread = thread.client_unread;
  row.read_seq = thread.client_read;
  row.last_at_ms = whole_seconds(thread.last_at);
  row.closed = provider.archived_at != 0;
  Authors authors(context, tables, provider, thread.key, thread.key.place);
  describe_last(read, thread, Side::client, authors, row);
  row.last_actor.clear();
  return row;
}

/// A thread as its provider is shown it.
ThreadSummary row_of_provider(const Context& context, const Tables& tables, const LastMessages& read,
                              const Provider& provider, const Thread& thread) {
  ThreadSummary row;
  row.thread = view(context.thread_id(thread.key));
  Authors authors(context, tables, provider, thread.key, std::nullopt);
  if (!thread.key.of_community()) {
    const auto& entry = read.entry({provider.no, thread.key.place});
    row.client = entry.client.id;
    row.client_name = entry.client.name;
    authors.know(entry);
  }
  if (thread.key.of_blast()) row.blast = view(context.blast_id(provider.no, thread.key.origin));
  row.unread = thread.provider_unread;
  row.read_seq = thread.provider_read;
  row.last_at_ms = thread.last_at;
  describe_last(read, thread, Side::provider, authors, row);
  return row;
}

}  // namespace

Page<ThreadSummary> Inbox::of_client(std::string_view client_id, std::string_view filter_text,
                                     std::string_view cursor, std::size_t limit) {
  const Filter filter(filter_text, {"unread", "thread"});
  const auto unread = filter.get_switch("unread");
  const auto list = list_of("client_threads", std::string(client_id) + '\0' + std::string(filter_text));
  const auto after = parse_client_position(context_, list, cursor);
  const std::size_t most = page_limit(limit);
  const auto wanted = [&](const Thread& t) { return !unread || *unread == (t.client_unread > 0); };

  struct Look {
    Page<ThreadSummary> page;
    Memo memo;
  };
  auto look = context_.store.read([&](const Tables& tables) {
    Look found;
    const Client client = access::client(tables, client_id);
    if (!filter.get("thread").empty()) {
      const auto one = access::find_thread_of_client(tables, context_, client, filter.get("thread"));
      if (one && one->thread.last_seq > 0 && wanted(one->thread))
        found.page.items.push_back(row_of_client(context_, tables,
                                                 LastMessages(tables, Side::client, {&one->thread, 1}),
                                                 one->provider, one->thread));
      return found;
    }
    found.memo.client_no = client.no;
    Merge merge(after, most + 1);
    const Rosters rosters(tables, client.no);
    const auto providers = providers_of(tables, rosters.memberships());
    found.memo.rosters = newer_of(tables, rosters.memberships());
    for (const auto& roster : found.memo.rosters)
      for (const auto& thread : roster.threads)
        if (wanted(thread)) merge.offer(provider_of(providers, roster.membership), thread);
    std::erase_if(found.memo.rosters, [](const Memo::OfRoster& roster) {
      return roster.threads.empty() && roster.seq - roster.membership.stored_seq < kLongGap;
    });
    for_each_page_of_client(tables, rosters.places(), after ? after->last_at : kEndOfTime,
                            unread.value_or(false), most + besides(after.has_value()) + kOfSameTime,
                            [&](std::span<const Thread> page) {
                              const SeenThreads all_seen(tables, rosters.to_be_seen(page));
                              for (const auto& thread : page) {
                                if (!merge.wants(thread.last_at)) return false;
                                const auto no = thread.key.provider_no;
                                const auto seen = rosters.is_sweeping(no) ? all_seen.of(thread) : thread;
                                if (seen && seen->last_seq > 0 && wanted(*seen))
                                  merge.offer(*providers.find(no), *seen);
                              }
                              return true;
                            });
    const auto seal = [&](const Thread& last) {
      return seal_client_position(context_, list, *providers.find(last.key.provider_no), last);
    };
    const auto describe = [&](const LastMessages& read, const Thread& thread) {
      return row_of_client(context_, tables, read, *providers.find(thread.key.provider_no), thread);
    };
    found.page = make_page(tables, Side::client, merge.finish(), most, seal, describe);
    return found;
  });
  if (!look.memo.rosters.empty())
    context_.store.try_write([&](Tables& tables) { store_memo(tables, look.memo); });
  return std::move(look.page);
}

namespace {

/// Over the client's stored threads. Their index has the answer, unless a recall is not yet in all rows.
ThreadTables::Unread stored_unread(const Tables& tables, const Rosters& rosters) {
  std::vector<RosterKey> sound;
  std::vector<RosterKey> sweeping;
  for (const auto& at : rosters.places())
    (rosters.is_sweeping(at.provider_no) ? sweeping : sound).push_back(at);
  ThreadTables::Unread unread;
  if (!sound.empty()) unread = tables.threads().client_unread(sound);
  for_each_page_of_client(tables, sweeping, kEndOfTime, true, kRowsTogether,
                          [&](std::span<const Thread> page) {
                            const SeenThreads all_seen(tables, page);
                            for (const auto& thread : page) {
                              const auto seen = all_seen.of(thread);
                              if (!seen || seen->client_unread == 0) continue;
                              ++unread.threads;
                              unread.messages += seen->client_unread;
                            }
                            return true;
                          });
  return unread;
}

}  // namespace

UnreadCount Inbox::unread_of_client(std::string_view client_id) {
  return context_.store.read([&](const Tables& tables) {
    const Client client = access::client(tables, client_id);
    const Rosters rosters(tables, client.no);
    const auto stored = stored_unread(tables, rosters);
    UnreadCount count{stored.threads, stored.messages};
    std::vector<NewerKey> places;
    for (const auto& membership : rosters.memberships()) places.push_back(newer_than_stored(membership));
    for_each_page_of_newer(tables, std::move(places), [&](std::span<const NewerBlast> page) {
      const auto threads = stored_threads_of(tables, page);
      for (const auto& newer : page) {
        if (newer.blast.recalled || threads.find(key_of(newer)) != nullptr) continue;
        ++count.threads;
        ++count.messages;
      }
    });
    return count;
  });
}

UnreadCount Inbox::unread_of_provider(std::string_view provider_id) {
  return context_.store.read([&](const Tables& tables) {
    const auto stored = tables.threads().provider_unread(access::provider(tables, provider_id).no);
    return UnreadCount{stored.threads, stored.messages};
  });
}

Page<ThreadSummary> Inbox::of_provider(std::string_view provider_id, std::string_view filter_text,
                                       std::string_view cursor, std::size_t limit) {
  const Filter filter(filter_text, {"unread", "replied", "client", "blast", "thread"});
  const auto unread = filter.get_switch("unread");
  const auto replied = filter.get_switch("replied");
  const auto list = list_of("provider_threads", std::string(provider_id) + '\0' + std::string(filter_text));
  const auto after = parse_position(context_, list, cursor);
  const std::size_t most = page_limit(limit);
  return context_.store.read([&](const Tables& tables) {
    Page<ThreadSummary> page;
    const Provider provider = access::provider(tables, provider_id);
    std::optional<BlastNo> of_blast;
    std::optional<Place> of_client;
    if (!filter.get("blast").empty())
      of_blast = access::blast(tables, context_, provider, filter.get("blast")).no;
    if (!filter.get("client").empty())
      of_client = access::entry(tables, provider, filter.get("client")).place;

    const auto wanted = [&](const Thread& thread) {
      return (!unread || *unread == (thread.provider_unread > 0)) &&
             (!replied || *replied == thread.replied) && (!of_blast || *of_blast == thread.key.origin) &&
             (!of_client || *of_client == thread.key.place);
    };
    if (!filter.get("thread").empty()) {
      const auto found = access::find_thread_of_provider(tables, context_, provider, filter.get("thread"));
      if (found && wanted(found->thread))
        page.items.push_back(row_of_provider(context_, tables,
                                             LastMessages(tables, Side::provider, {&found->thread, 1}),
                                             provider, found->thread));
      return page;
    }
    std::vector<Thread> threads;
    const auto offer = [&](const Thread& thread) {
      if (after && position_of(thread) >= *after) return true;
      if (thread.touched && wanted(thread)) threads.push_back(thread);
      return threads.size() <= most;
    };
    const auto offer_all = [&](std::span<const Thread> some) { return std::ranges::all_of(some, offer); };
    if (of_client) {
      const RosterKey at{provider.no, *of_client};
      for_each_page_of_client(tables, {&at, 1}, after ? after->last_at : kEndOfTime, false,
                              most + besides(after.has_value()), offer_all);
    } else {
      const ThreadTables::Wanted of_list{unread.value_or(false), of_blast, replied};
      auto last = after;
      std::size_t wish = most + 1;
      Growing growing(wish);
      for (bool more = true; more; wish = growing.next()) {
        const auto some =
            tables.threads().provider_threads(provider.no, last ? &*last : nullptr, of_list, wish);
        more = offer_all(some) && some.size() == wish;
        if (more) last = position_of(some.back());
      }
    }
    const auto seal = [&](const Thread& last) { return seal_position(context_, list, last); };
    const auto describe = [&](const LastMessages& read, const Thread& thread) {
      return row_of_provider(context_, tables, read, provider, thread);
    };
    page = make_page(tables, Side::provider, threads, most, seal, describe);
    return page;
  });
}

}  // namespace bccast
