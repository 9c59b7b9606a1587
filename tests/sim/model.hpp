// What the store should hold, as plain maps and sets, from what the manual (bccast.h) promises. It knows
// nothing of slices, lines, claims and rows; it can be copied, and a copy is what a crash goes back to.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace sim {

using PersonNo = int;  // an erased client's id may be given to another person
using ProviderNo = int;
using BlastNo = int;
using ThreadNo = int;
using ChannelNo = int;  // a channel that is put again after its removal is another one

inline constexpr std::int64_t kUnknown = -1;
inline constexpr std::int64_t kHour = 3'600'000;

struct Person {
  std::string id;
  std::string name;
  std::map<std::string, std::string> addresses;
  bool archived = false;
  bool chat = true;
  bool notify = true;
  bool erased = false;
  std::string zone = {};
  std::set<std::string> had = {};  // "channel address": every one so far, folded
};

struct Entry {
  bool archived = false;
  bool chat = true;
  bool notify = true;
};

struct Provider {
  std::string id;
  std::string name;
  bool archived = false;
  std::map<std::string, std::string> addresses;
  std::map<PersonNo, Entry> roster;
  std::string zone = {};
};

/// How fast a channel may be worked, and when not.
struct Pace {
  std::int64_t rate = 0;    // items in a thousand seconds; 0: no limit
  std::int64_t tokens = 0;  // millionths of an item that may still be handed out
  std::int64_t counted_at = 0;
  int clock_steps = 0;  // then
  std::int64_t concurrency = 0;
  std::optional<std::pair<int, int>> quiet = {};  // minutes of the day
  bool pauses = false;                            // when too much fails
  std::int64_t given = 0;                         // items, with those given again

  /// Not more than this is saved up.
  std::int64_t most() const;
  void count(std::int64_t now, int steps);
  void give_back();
};

struct Channel {
  std::string name;
  bool deliver = false;
  bool paused = false;
  bool removed = false;
  Pace pace = {};
};

struct Blast {
  enum class State { draft, scheduled, sent, paused, recalled, discarded };
  ProviderNo provider = 0;
  std::string id;  // empty: not known, it was made when the answer was lost
  State state = State::draft;
  bool all = false;
  std::set<PersonNo> picked;
  std::set<PersonNo> deselected;
  std::optional<std::string> text;
  std::optional<std::set<std::string>> only;  // channels
  std::set<PersonNo> recipients;
  std::set<ChannelNo> channels;
  std::map<PersonNo, ThreadNo> threads;
  std::int64_t sent_at = kUnknown;
  bool finished = false;  // seen so
  std::int64_t scheduled_at = kUnknown;
  using Shown = std::pair<std::set<PersonNo>, std::string>;  // whom and what a digest showed
  std::optional<Shown> promised;
  std::optional<std::pair<std::string, Shown>> looked;  // a digest, of an earlier look
  std::int64_t hold_ms = 0;
  bool held = false;  // sent with a hold: when it goes is not known to the millisecond before it is seen
  std::int64_t deadline_ms = kHour;
  std::int64_t due = kUnknown;  // by when it must be done
  bool late = false;            // seen so after everything due was done
  int sendings = 0;             // each with a deadline: of the schedule, of the sending, of a second try
  int misses = 0;
  bool purged = false;

  bool sent() const { return state == State::sent || state == State::paused || state == State::recalled; }
  bool editable() const { return state == State::draft; }
};

struct Message {
  PersonNo author = -1;  // -1: the provider
  std::string text;
  std::int64_t at = kUnknown;
  bool removed = false;
  bool recalled = false;  // its client sees no text, its provider does
};

struct Member {
  int since = 0;  // messages before it joined
  int read = 0;
};

struct Thread {
  enum class Kind { blast, direct, community };
  Kind kind = Kind::blast;
  ProviderNo provider = 0;
  PersonNo person = -1;  // of a private thread
  BlastNo blast = -1;
  std::string id;
  std::string title;
  std::vector<Message> messages;
  int client_read = 0;
  int provider_read = 0;
  std::map<PersonNo, Member> members;
  std::map<std::string, int> keys;  // "author key": seq
  /// After a recall: whether its client still has it. open: it was not known whether it was told.
  enum class Fate { kept, open, gone };
  Fate fate = Fate::kept;
};

/// One notification or delivery: of a message, to one person, on one channel.
struct Item {
  enum class Answer { none, done, retry, failed, skipped, not_tried, whole };
  ThreadNo thread = 0;
  int seq = 0;  // 1, 2, ...
  ChannelNo channel = 0;
  bool to_provider = false;
  PersonNo person = -1;
  std::string id;
  bool given = false;
  int batch = -1;  // the last that held it
  int round = 0;   // goes up with each stored answer: what was given before counts no more
  bool open = false;
  Answer answer = Answer::none;
  bool stored = false;     // the answer was acknowledged
  bool uncertain = false;  // there was a crash before that
  bool dropped = false;    // its channel, provider or person went: whatever is still said
  bool unclear = false;  // given back after it was taken over: who took it first may still report it, or not
  bool alone = false;    // that batch had no other
  int failed_alone_in = -1;  // a batch that failed as a whole, of this alone: that may count as its try, and
                             // then who had it before comes too late
  bool alike = false;        // another has the same thread, time and recipient: which is which cannot be told
  bool may_skip = false;     // at some moment there was a reason to leave it out
  bool may_share = false;    // at some moment another could be told at its address
  std::string address;       // where it was told last
  std::set<std::string> told_at;  // folded: where it was told for good
  bool extended = false;          // its lease was, or may have been
  int tries = 0;                  // that did not succeed
  std::int64_t lease_until = 0;
  std::int64_t not_before = 0;
  int clock_steps = 0;  // at the moment it was given, or its time to wait was

  bool final() const {
    return answer == Answer::done || answer == Answer::failed || answer == Answer::skipped;
  }
  bool ended() const { return stored && final(); }
  bool may_be_left_out() const { return may_skip || may_share; }
};

struct Reader {
  bool known = false;
  std::vector<std::string> unacknowledged;
  std::int64_t acknowledged = 0;
  std::set<std::string> seen;         // events
  std::map<std::string, int> blasts;  // "kind blast": how often
  std::set<BlastNo> sent_before;
  std::set<BlastNo> recalled_before;
  std::map<BlastNo, int> missed_before;
  std::set<BlastNo> late_before;  // or may have been
};

class Model {
 public:
  std::vector<Person> people;
  std::map<std::string, PersonNo> clients;  // living ids
  std::vector<Provider> providers;
  std::vector<Channel> channels;
  std::vector<Blast> blasts;
  std::vector<Thread> threads;
  std::map<std::pair<ProviderNo, PersonNo>, ThreadNo> direct;
  std::vector<Item> items;
  std::map<std::string, std::size_t> item_ids;
  std::map<ThreadNo, std::vector<std::size_t>> items_of;
  std::map<std::string, Reader> readers;

  // The directory.
  std::optional<PersonNo> person(const std::string& id) const;
  Entry* entry(ProviderNo provider, PersonNo person);
  const Entry* entry(ProviderNo provider, PersonNo person) const;
  bool active(ProviderNo provider, PersonNo person) const;
  bool archived(ProviderNo provider, PersonNo person) const { return !active(provider, person); }
  void add_to_roster(ProviderNo provider, PersonNo person);
  void archive_entry(ProviderNo provider, PersonNo person);
  void archive_person(PersonNo person);
  void erase(PersonNo person);
  void archive_provider(ProviderNo provider);

  // Channels.
  std::optional<ChannelNo> channel(const std::string& name) const;
  void put_channel(const std::string& name, bool deliver);
  void remove_channel(ChannelNo channel);
  std::set<ChannelNo> living_channels() const;

  // Blasts.
  std::set<PersonNo> audience(const Blast& blast) const;
  /// `carried_out`: when it was due; else a schedule is forgotten.
  void send(BlastNo blast, bool carried_out = false);
  /// Who knows nothing of it has no such thread any more.
  void recall(BlastNo blast);
  /// Whether there is such a thread for this client.
  bool sees(const Thread& thread, PersonNo person) const;
  int first_seen(const Thread& thread, PersonNo person) const;  // 1, or the first since joining
  int unread(const Thread& thread, PersonNo person) const;
  int provider_unread(const Thread& thread) const;
  /// What its list shows: threads in which there is something for it to see.
  std::vector<ThreadNo> inbox(PersonNo person) const;
  bool closed(const Thread& thread) const { return providers[at(thread.provider)].archived; }

  ThreadNo direct_thread(ProviderNo provider, PersonNo person);
  /// `author` -1: the provider. The sequence number.
  int write(ThreadNo thread, PersonNo author, const std::string& text, std::int64_t at_ms);
  void read(ThreadNo thread, PersonNo person, int up_to);

  // Work.
  /// The item that a row of a batch is about: known by its id, or one like it that has none yet.
  std::optional<std::size_t> match(const std::string& id, ChannelNo channel, bool to_provider,
                                   PersonNo person, ThreadNo thread, std::int64_t at_ms, int seq);
  /// Notes for whom there is at this moment a reason not to be told; after every step.
  void note_reasons();
  bool reason_to_skip(const Item& item) const;
  /// Another recipient of its blast has, or had, an address in common with it there.
  bool shares_address(std::size_t item) const;
  bool share_address(const Item& one, const Item& another) const;
  void put_address(PersonNo person, const std::string& channel, const std::string& address);
  /// Its message was recalled, or its blast is paused.
  bool held_up(const Item& item) const;
  bool undelivered(const Item& item) const;
  /// Nobody has begun to deliver its message.
  bool too_early(const Item& item) const;
  /// An answer was acknowledged.
  static void settle(Item& item, Item::Answer answer);
  /// It goes again with its batch; whoever had it before may still report it.
  static void fail_as_a_whole(Item& item);
  /// A claim is not synced: with the power it may be lost, and with it what it took of its channel's rate.
  void lose_claims();
  void crashed();

  /// As addresses are compared.
  static std::string folded(std::string address);

  static std::size_t at(int number) { return static_cast<std::size_t>(number); }

 private:
  Thread::Fate fate_of(ThreadNo thread) const;
  void add_items(ThreadNo thread, int seq, const std::set<ChannelNo>& on);
  void add_item(ThreadNo thread, int seq, ChannelNo channel, bool to_provider, PersonNo person);
};

}  // namespace sim
