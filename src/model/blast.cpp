#include "model/blast.hpp"

namespace bccast {
namespace {

constexpr std::array<std::string_view, 3> kNames{"draft", "sent", "finished"};

}  // namespace

std::optional<BlastState> next_state(BlastState from, BlastVerb verb) noexcept {
  for (const auto& t : kBlastTransitions)
    if (t.from == from && t.verb == verb) return t.to;
  return std::nullopt;
}

std::string_view name_of(BlastState state) noexcept {
  return kNames[static_cast<std::size_t>(state)];
}

std::optional<BlastState> blast_state_named(std::string_view name) noexcept {
  for (std::size_t i = 0; i < kNames.size(); ++i)
    if (kNames[i] == name) return static_cast<BlastState>(i);
  return std::nullopt;
}

}  // namespace bccast
