// A blast and its state machine.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "model/numbers.hpp"

namespace bccast {

enum class BlastState : std::uint8_t {
  draft = 0,
  scheduled = 1,
  sent = 2,
  paused = 3,
  finished = 4,
  recalled = 5
};

enum class BlastVerb : std::uint8_t {
  edit,
  discard,
  schedule,  // also moves it
  unschedule,
  miss,  // it was due and could not go
  send,
  pause,
  resume,
  finish,  // nothing of it is pending any more
  reopen,  // what had failed is sent again
  recall,
  purge
};

struct BlastTransition {
  BlastState from;
  BlastVerb verb;
  BlastState to;
};

/// All that can happen to a blast; anything else is an error of state. `discard` removes the draft. The table
/// of docs/semantics.md is this one.
inline constexpr std::array kBlastTransitions{
    BlastTransition{BlastState::draft, BlastVerb::edit, BlastState::draft},
    BlastTransition{BlastState::draft, BlastVerb::discard, BlastState::draft},
    BlastTransition{BlastState::draft, BlastVerb::schedule, BlastState::scheduled},
    BlastTransition{BlastState::draft, BlastVerb::send, BlastState::sent},
    BlastTransition{BlastState::scheduled, BlastVerb::schedule, BlastState::scheduled},
    BlastTransition{BlastState::scheduled, BlastVerb::unschedule, BlastState::draft},
    BlastTransition{BlastState::scheduled, BlastVerb::miss, BlastState::draft},
    BlastTransition{BlastState::scheduled, BlastVerb::send, BlastState::sent},
    BlastTransition{BlastState::sent, BlastVerb::pause, BlastState::paused},
    BlastTransition{BlastState::sent, BlastVerb::finish, BlastState::finished},
    BlastTransition{BlastState::sent, BlastVerb::reopen, BlastState::sent},
    BlastTransition{BlastState::sent, BlastVerb::recall, BlastState::recalled},
    BlastTransition{BlastState::paused, BlastVerb::resume, BlastState::sent},
    BlastTransition{BlastState::paused, BlastVerb::finish, BlastState::finished},
    BlastTransition{BlastState::paused, BlastVerb::reopen, BlastState::paused},
    BlastTransition{BlastState::paused, BlastVerb::recall, BlastState::recalled},
    BlastTransition{BlastState::finished, BlastVerb::reopen, BlastState::sent},
    BlastTransition{BlastState::finished, BlastVerb::recall, BlastState::recalled},
    BlastTransition{BlastState::recalled, BlastVerb::finish, BlastState::recalled},
    BlastTransition{BlastState::recalled, BlastVerb::purge, BlastState::recalled},
};

std::optional<BlastState> next_state(BlastState from, BlastVerb verb) noexcept;
std::string_view name_of(BlastState state) noexcept;
std::string_view name_of(BlastVerb verb) noexcept;
/// As in "it cannot be ...".
std::string_view participle_of(BlastVerb verb) noexcept;
std::optional<BlastState> blast_state_named(std::string_view name) noexcept;
/// It has no recipients yet.
constexpr bool is_unsent(BlastState state) noexcept {
  return state == BlastState::draft || state == BlastState::scheduled;
}
/// It is on its way: what is pending of it can be overdue.
constexpr bool is_under_way(BlastState state) noexcept {
  return state == BlastState::sent || state == BlastState::paused;
}

struct Blast {
  ProviderNo provider_no = 0;
  BlastNo no = 0;
  BlastState state = BlastState::draft;
  bool all_active = false;  // the rule "all my active clients"
  Seq seq = 0;              // given when it becomes visible; 0: not yet
  std::int64_t activity =
      0;  // its place among all that its provider's threads were written (Thread::activity)
  Ms created_at = 0;
  Ms sent_at = 0;
  Ms deadline_at = 0;
  Ms finished_at = 0;
  std::int64_t recipients = 0;
  std::int64_t open_lines = 0;
  std::int64_t revision = 0;  // counts the changes of a draft
  Ms deadline = 0;            // milliseconds after sending; 0: the store's default
  Place roster_size = 0;      // places of the roster when it was sent: later ones cannot have it
  std::string key_hash;       // of the idempotency key; empty: none
  std::string actor;          // who made it; empty: the provider
  std::string sent_by;        // who sent it; empty: the provider
  std::string channels;       // names joined by "," that it makes work for; empty: all
  Ms hold = 0;                // sending waits so long, and can be taken back until then
  Ms scheduled_at = 0;        // when it is to be sent, or was; 0: it never was scheduled
  std::string digest;         // what a schedule was made for; empty: whatever it is then
  Ms missed_at = 0;           // when its schedule could not go; 0: none was missed
  std::string missed_reason;  // name_of(MissReason)
  bool overdue = false;       // its deadline has passed, and that was said
  Ms recalled_at = 0;
  Place swept = 0;      // of a recalled blast: threads at lower places have been brought up to date
  bool purged = false;  // its text was overwritten
};

/// Why a schedule could not go.
enum class MissReason : std::uint8_t { too_few, changed, late, provider_archived, damaged };
std::string_view name_of(MissReason reason) noexcept;

/// A blast is overdue one hour after it was sent, unless finished.
inline constexpr Ms kDefaultDeadline = 60 * 60 * 1000;
inline constexpr Ms kLongestDeadline = Ms{1000} * 60 * 60 * 24 * 366;
/// A schedule that nobody could carry out for so long is not carried out any more.
inline constexpr Ms kDefaultLateLimit = 60 * 60 * 1000;
/// How far ahead a blast can be scheduled, and the longest time to take one back.
inline constexpr Ms kFarthestSchedule = kLongestDeadline;
inline constexpr Ms kLongestHold = 60 * 60 * 1000;
/// A message to one is not a blast.
inline constexpr std::int64_t kFewestRecipients = 2;

}  // namespace bccast
