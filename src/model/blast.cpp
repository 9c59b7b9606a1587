#include "model/blast.hpp"

namespace bccast {
namespace {

constexpr std::array<std::string_view, 6> kNames{"draft",  "scheduled", "sent",
                                                 "paused", "finished",  "recalled"};
constexpr std::array<std::string_view, 12> kVerbNames{"edit",   "discard", "schedule", "unschedule",
                                                      "miss",   "send",    "pause",    "resume",
                                                      "finish", "reopen",  "recall",   "purge"};
constexpr std::array<std::string_view, 12> kParticiples{"changed",  "discarded",  "scheduled", "unscheduled",
                                                        "missed",   "sent",       "paused",    "resumed",
                                                        "finished", "sent again", "recalled",  "purged"};
constexpr std::array<std::string_view, 5> kMissNames{"too_few", "changed", "late", "provider_archived",
                                                     "damaged"};

}  // namespace

std::optional<BlastState> next_state(BlastState from, BlastVerb verb) noexcept {
  for (const auto& t : kBlastTransitions)
    if (t.from == from && t.verb == verb) return t.to;
  return std::nullopt;
}

std::string_view name_of(BlastState state) noexcept {
  return kNames[static_cast<std::size_t>(state)];
}

std::string_view name_of(BlastVerb verb) noexcept {
  return kVerbNames[static_cast<std::size_t>(verb)];
}

std::string_view participle_of(BlastVerb verb) noexcept {
  return kParticiples[static_cast<std::size_t>(verb)];
}

std::string_view name_of(MissReason reason) noexcept {
  return kMissNames[static_cast<std::size_t>(reason)];
}

std::optional<BlastState> blast_state_named(std::string_view name) noexcept {
  for (std::size_t i = 0; i < kNames.size(); ++i)
    if (kNames[i] == name) return static_cast<BlastState>(i);
  return std::nullopt;
}

}  // namespace bccast
