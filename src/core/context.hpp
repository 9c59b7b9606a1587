// What all of the core works with.
#pragma once

#include <atomic>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>

#include "base/crypto.hpp"
#include "core/begin_anew.hpp"
#include "core/verb.hpp"
#include "model/blast.hpp"
#include "model/checked.hpp"
#include "model/public_id.hpp"
#include "model/retry.hpp"
#include "model/same_address.hpp"
#include "model/thread.hpp"
#include "ports/clock.hpp"
#include "ports/queue.hpp"
#include "ports/store.hpp"
#include "ports/zones.hpp"

namespace bccast {

/// What keys derived from the store's are for. Public ids have 1 (public_id.cpp).
namespace purpose {
inline constexpr std::uint64_t idempotency = 2;
inline constexpr std::uint64_t digest = 3;
inline constexpr std::uint64_t cursor = 4;
inline constexpr std::uint64_t order = 5;
inline constexpr std::uint64_t address = 6;
}  // namespace purpose

/// Events that nobody has acknowledged are kept for a week.
inline constexpr Ms kDefaultEventsKeep = Ms{7} * 24 * 60 * 60 * 1000;

/// What is known of the store in this process; all contexts on it share it.
struct KnownOfStore {
  /// The clock was stepped, and schedules wait (engine/agenda.hpp).
  std::atomic<bool> schedules_wait = false;
  /// False: the store is not held. True: it was when it was last asked (core/holding.hpp).
  std::atomic<bool> held = false;
  /// False: the indexes of names and addresses are right. True: they were to be made anew when it was last
  /// asked (core/indexing.hpp).
  std::atomic<bool> indexing = false;
};

struct Context {
  Context(Store& store_in, Clock& clock_in, const Zones& zones_in = kNoZones)
      : store(store_in),
        clock(clock_in),
        zones(zones_in),
        ids(store_in.key()),
        cursors(store_in.key(), purpose::cursor),
        addresses(store_in.key(), purpose::address) {}
  /// The same for what is done on behalf of `actor_in`.
  Context(const Context& other, std::string_view actor_in) : Context(other) { actor = actor_in; }

  /// The one place where core changes the store. Runs `work` in a transaction (Store::write), anew where what
  /// it had to lock was found too late (FoundAnother), and returns what it returned. Once that is committed,
  /// who waits for work is rung, if the verb may have left any: also where it was done already, since
  /// whoever did it may have died before it rang.
  template <typename Work>
  auto write(const VerbKind& kind, std::string_view object, const Work& work,
             Durability durability = Durability::synced) const {
    const Verb verb{actor, kind, object};
    const auto run = [&] { return store.write(work, durability); };
    if constexpr (std::is_void_v<std::invoke_result_t<const Work&, Tables&>>) {
      begin_anew_while_changed(run);
      committed(verb, false);
    } else {
      auto result = begin_anew_while_changed(run);
      if constexpr (requires { result.leaves_work(); }) {
        committed(verb, result.leaves_work());
      } else {
        committed(verb, false);
      }
      return result;
    }
  }

  /// Rings where nothing was committed, and somebody has to look nevertheless.
  void ring_who_waits() const noexcept {
    if (queue != nullptr) queue->ring();
  }

  Store& store;
  Clock& clock;
  const Zones& zones;
  PublicIds ids;
  Sealer cursors;
  ShortHash addresses;
  Ms deadline = kDefaultDeadline;
  Ms events_keep = kDefaultEventsKeep;
  Ms late_limit = kDefaultLateLimit;
  Ms lease = kDefaultLease;  // of what this engine claims
  std::string own_channel;   // what is written through this engine came by it; empty: by none
  std::string actor;         // the person behind the caller; empty: the provider or client, or the library
  Queue* queue = nullptr;    // what rings whoever waits for work; null: nobody does
  const std::shared_ptr<KnownOfStore> known = std::make_shared<KnownOfStore>();

  /// How long after its sending the blast is to be finished.
  Ms deadline_of(const Blast& blast) const noexcept {
    return blast.deadline != 0 ? blast.deadline : deadline;
  }

  PublicId blast_id(ProviderNo provider, BlastNo blast) const noexcept {
    return ids.encode({IdKind::blast, 0, provider, blast, 0});
  }
  PublicId thread_id(const ThreadKey& key) const noexcept { return ids.encode(parts_of(key)); }
  /// Of a community every participant has the same id, whichever of its threads is named.
  static IdParts parts_of(const ThreadKey& key) noexcept {
    if (key.of_community()) return {IdKind::thread, 0, key.provider_no, key.community(), kCommunityPlace};
    return {IdKind::thread, 0, key.provider_no, key.origin, key.place};
  }
  static ThreadKey key_of(const IdParts& parts) noexcept {
    if (parts.place == kCommunityPlace) return community_key(parts.provider, parts.number);
    return {parts.provider, parts.place, parts.number};
  }
  std::optional<ThreadKey> thread_key(std::string_view id) const noexcept {
    const auto parts = ids.decode(id, IdKind::thread);
    if (!parts) return std::nullopt;
    return key_of(*parts);
  }
  /// What a member of a community is called there.
  PublicId member_id(ProviderNo provider, CommunityNo community, Place place) const noexcept {
    return ids.encode({IdKind::member, 0, provider, community, place});
  }

  /// Idempotency keys are stored as keyed digests: they may hold what a host should not have put there.
  std::string key_hash(std::string_view key) const {
    if (key.empty()) return {};
    const auto digest = Digest(store.key(), purpose::idempotency).add(key).finish();
    const auto hash = make_token(std::span(digest).first<12>());
    return {reinterpret_cast<const char*>(hash.data()), hash.size()};
  }

  /// What the index of addresses holds of one: equal for those that are one address on the channel.
  AddressHash address_hash(std::string_view channel, std::string_view address) const {
    std::string text(channel);
    text.push_back('\0');
    text += folded_address(address);
    return static_cast<AddressHash>(addresses(text));
  }

  /// The time for something new behind something of the time `last`: never below it. What else goes on, in
  /// other threads, does not show in it.
  Ms time_after(Ms last) const {
    const Ms now = clock.wall_ms();
    return now > last ? now : last;
  }

 private:
  void committed(const Verb& verb, bool says_so) const noexcept {
    const bool leaves_work = verb.kind.leaves == VerbKind::Leaves::work ||
                             (verb.kind.leaves == VerbKind::Leaves::as_result_says && says_so);
    if (leaves_work) ring_who_waits();
  }
};

}  // namespace bccast
