// What an engine is made of: core and adapters, put together.
#pragma once

#include <bccast/engine.hpp>

#include <algorithm>
#include <exception>
#include <limits>
#include <memory>
#include <mutex>
#include <utility>

#include "adapters/tz/system_zones.hpp"
#include "core/channels.hpp"
#include "core/client_export.hpp"
#include "core/communities.hpp"
#include "core/conversation.hpp"
#include "core/debts.hpp"
#include "core/directory.hpp"
#include "core/drafting.hpp"
#include "core/erasure.hpp"
#include "core/events.hpp"
#include "core/holding.hpp"
#include "core/host_refs.hpp"
#include "core/in_parts.hpp"
#include "core/inbox.hpp"
#include "core/progress.hpp"
#include "core/provider_end.hpp"
#include "core/roster.hpp"
#include "core/second_tries.hpp"
#include "core/sending.hpp"
#include "core/verification.hpp"
#include "core/work.hpp"
#include "engine/agenda.hpp"
#include "engine/claims.hpp"
#include "engine/doorbell.hpp"
#include "engine/pump.hpp"
#include "engine/stores.hpp"
#include "engine/system_clock.hpp"
#include "engine/workers.hpp"
#include "model/text_rules.hpp"

namespace bccast {

/// Rings the engine's own bell and the host's.
class Bells final : public Queue {
 public:
  Bells(Doorbell& own, std::shared_ptr<Queue> hosts) : own_(own), hosts_(std::move(hosts)) {}
  void ring() noexcept override {
    own_.ring();
    if (hosts_) hosts_->ring();
  }

 private:
  Doorbell& own_;
  std::shared_ptr<Queue> hosts_;
};

struct Engine::Parts {
  Parts(std::string_view url, std::shared_ptr<Clock> clock_in, std::shared_ptr<Queue> hosts_queue)
      : clock(clock_in ? std::move(clock_in) : std::make_shared<SystemClock>()),
        store(open_store(url)),
        context(*store, *clock, zones),
        doorbell(*store),
        bells(doorbell, std::move(hosts_queue)) {
    context.queue = &bells;
  }

  /// When what cannot be read is looked at again, at the latest.
  static constexpr std::int64_t kLookAtDamageMs = 60'000;

  /// What the pump does, with the agenda before it and the bell around it.
  Pumped run(std::uint32_t max_items, std::uint32_t budget_us, const std::atomic<bool>* stop = nullptr) {
    try {
      return work_off(max_items, budget_us, stop);
    } catch (...) {
      forget_damage();  // the next run finds it, if it is there: a disk that fails seems damaged, too
      throw;
    }
  }
  Pumped work_off(std::uint32_t max_items, std::uint32_t budget_us, const std::atomic<bool>* stop) {
    doorbell.clear();
    const auto until = budget_us != 0 ? clock->monotonic_us() + budget_us : Pump::kNoLimit;
    const bool limited = max_items != 0 || budget_us != 0;
    Pumped pumped;
    bool limit_reached = false;
    for (bool again = true; again;) {
      const auto kept = keep_agenda_within(budget_us, until);
      // The rest of what may be a great deal, in turn with the batches.
      bool more_to_keep = kept > 0 && budget_us == 0;
      bool did = kept > 0;
      const auto between = [&] {
        did = true;
        more_to_keep = more_to_keep && keep_agenda(0) > 0;
      };
      if (kept > 0 && clock->monotonic_us() >= until) {
        agenda_took_all = true;
        doorbell.ring();
        pumped.next_ms = 0;
        pumped.more = true;
        return pumped;
      }
      const auto done = pumped.done;
      pumped = pump->run_until(max_items, until, stop, between);
      limit_reached = pumped.more;
      // What fell due meanwhile is done as well, where nothing limits it.
      again = finish_look(pumped) && !limited && (did || pumped.done > 0) && (stop == nullptr || !*stop);
      pumped.done += done;
    }
    keep_damage(pump->take_damage());
    if (!limit_reached && has_damage()) {
      // What is damaged stays due: nobody is to be woken for it at once.
      const bool due_later = pumped.next_ms > 0 && pumped.next_ms < kLookAtDamageMs;
      doorbell.set_timer(Doorbell::kPump, due_later ? pumped.next_ms : kLookAtDamageMs);
      say_damage();
    }
    if (pumped.more) {
      doorbell.ring();
    } else {
      doorbell.set_timer(Doorbell::kPump, pumped.next_ms);
    }
    return pumped;
  }

  /// Whether more is due now. Its own commits have rung, and perhaps others' as well: a last look tells.
  bool finish_look(Pumped& pumped) {
    if (pumped.more) return true;
    doorbell.clear();
    const auto next = next_ms();
    if (next >= 0) pumped.next_ms = next;
    return pumped.more = next == 0;
  }

  /// Half of a budget is the agenda's. When one thing of it has taken all, the pump's turn comes first the
  /// next time. Without a budget it is one thing at a time.
  std::size_t keep_agenda_within(std::uint32_t budget_us, std::int64_t until_us) {
    if (agenda_took_all.exchange(false)) return 0;
    return keep_agenda(budget_us == 0 ? 0 : until_us - budget_us / 2);
  }
  /// Does what is due by the clock: how many things. What it cannot read is kept for say_damage(): the
  /// channels have their turn all the same.
  std::size_t keep_agenda(std::int64_t until_us) {
    try {
      const auto done = agenda.run(until_us);
      keep_damage(agenda.take_left_out());
      return done;
    } catch (const Error& error) {
      if (error.code() != Code::corrupt) throw;
      keep_damage(std::current_exception());
      return 0;
    }
  }
  void keep_damage(std::exception_ptr found) {
    if (!found) return;
    const std::lock_guard lock(damage_mutex);
    damage = std::move(found);
  }
  void forget_damage() noexcept {
    pump->take_damage();
    const std::lock_guard lock(damage_mutex);
    damage = nullptr;
  }
  bool has_damage() {
    const std::lock_guard lock(damage_mutex);
    return damage != nullptr;
  }
  /// Throws what agenda and pump have passed by since the last time.
  void say_damage() {
    std::exception_ptr found;
    {
      const std::lock_guard lock(damage_mutex);
      found = std::exchange(damage, nullptr);
    }
    if (found) std::rethrow_exception(found);
  }
  /// For hosts that claim, and do not pump. `done`: how many things the agenda has just done. What is damaged
  /// stays due, and nobody is woken for it at once.
  void set_agenda_timer(std::size_t done) {
    const auto due = agenda.next_due();
    if (due && *due == 0 && done == 0 && has_damage()) {
      doorbell.set_timer(Doorbell::kAgenda, kLookAtDamageMs);
    } else if (due && *due == 0) {
      doorbell.ring();
    } else {
      doorbell.set_timer(Doorbell::kAgenda, due.value_or(-1));
    }
  }
  /// In how many milliseconds pump has something to do; -1: nothing known.
  std::int64_t next_ms() {
    const auto next = pump->next_ms();
    const auto due = agenda.next_due();
    if (!due) return next;
    return next < 0 ? *due : std::min<std::int64_t>(next, *due);
  }

  std::shared_ptr<Clock> clock;
  std::unique_ptr<Store> store;
  tz::SystemZones zones;
  Context context;
  Doorbell doorbell;
  Bells bells;
  // What is done by the library itself.
  Scheduling scheduling{context};
  Control control{context};
  InParts in_parts{context};
  Overdue overdue{context};
  Indexing indexing{context};
  Agenda agenda{context, scheduling, overdue, control, indexing, in_parts};
  std::atomic<bool> agenda_took_all{false};
  std::mutex damage_mutex;    // guards `damage`
  std::exception_ptr damage;  // what was passed by, and nobody was told yet
  Work work{context};
  std::unique_ptr<Pump> pump;
  std::unique_ptr<Claims> claims;
};

/// What a handle's calls are made of: all of them act for its actor.
struct Engine::Nouns {
  Nouns(const Context& of_store, std::string_view actor) : context(of_store, actor) {}

  Context context;
  Directory directory{context};
  Roster roster{context};
  Drafting drafting{context};
  Sending sending{context};
  Scheduling scheduling{context};
  Control control{context};
  InParts in_parts{context};
  Inbox inbox{context};
  Conversation conversation{context};
  Communities communities{context};
  HostRefs host_refs{context};
  ClientExport client_export{context};
  Erasure erasure{context};
  ProviderEnd provider_end{context};
  Progress progress{context};
  Verification verification{context};
  Channels channels{context};
  Holding holding{context};
  SecondTries second_tries{context};
  Events events{context};
  Overdue overdue{context};
};

/// What all handles on a store share. Batches in a host's hands keep the parts, not this: threads end with
/// the last handle.
struct Engine::Session {
  explicit Session(std::shared_ptr<Parts> parts_in)
      : parts(std::move(parts_in)),
        workers({[this](const std::atomic<bool>& stop) {
                   const auto pumped = parts->run(0, 0, &stop);
                   // Whoever slept when it was rung has not seen it: there may be enough for all.
                   if (pumped.done > 0 && !stop) parts->doorbell.ring();
                   return pumped.next_ms;
                 },
                 [this](std::int64_t ms) { parts->doorbell.wait(ms); }, [this] { parts->doorbell.ring(); }}) {
  }
  std::shared_ptr<Parts> parts;
  Workers workers;
};

}  // namespace bccast
