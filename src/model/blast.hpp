// A blast and its state machine.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "model/numbers.hpp"

namespace bccast {

enum class BlastState : std::uint8_t { draft = 0, sent = 1, finished = 2 };

enum class BlastVerb : std::uint8_t { edit, discard, send, finish, reopen };

struct BlastTransition {
  BlastState from;
  BlastVerb verb;
  BlastState to;
};

/// All that can happen to a blast; anything else is an error of state. `discard` removes the draft.
inline constexpr std::array kBlastTransitions{
    BlastTransition{BlastState::draft, BlastVerb::edit, BlastState::draft},
    BlastTransition{BlastState::draft, BlastVerb::discard, BlastState::draft},
    BlastTransition{BlastState::draft, BlastVerb::send, BlastState::sent},
    BlastTransition{BlastState::sent, BlastVerb::finish, BlastState::finished},
    BlastTransition{BlastState::sent, BlastVerb::reopen, BlastState::sent},  // what had failed is sent again
    BlastTransition{BlastState::finished, BlastVerb::reopen, BlastState::sent},
};

std::optional<BlastState> next_state(BlastState from, BlastVerb verb) noexcept;
std::string_view name_of(BlastState state) noexcept;
std::optional<BlastState> blast_state_named(std::string_view name) noexcept;

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
  Place roster_size = 0;      // places of the roster when it was sent: later ones can not have it
  std::string key_hash;       // of the idempotency key; empty: none
  std::string actor;          // who made it; empty: the provider
  std::string sent_by;        // who sent it; empty: the provider
  std::string channels;       // names joined by "," that it makes work for; empty: all
};

/// A blast is overdue one hour after it was sent, unless finished.
inline constexpr Ms kDefaultDeadline = 60 * 60 * 1000;
inline constexpr Ms kLongestDeadline = Ms{1000} * 60 * 60 * 24 * 366;
/// A message to one is not a blast.
inline constexpr std::int64_t kFewestRecipients = 2;

}  // namespace bccast
