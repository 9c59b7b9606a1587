// A run as a list of steps, made from its seed beforehand. Each step carries its own numbers, so that the
// others keep their meaning when some are left out.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace sim {

enum class Kind {
  // The directory.
  provider,
  provider_address,
  provider_zone,
  provider_archive,
  provider_restore,
  client,
  client_address,
  client_flag,
  client_zone,
  client_archive,
  client_restore,
  client_erase,
  roster_add,
  roster_archive,
  roster_restore,
  roster_flag,
  // Blasts.
  create,
  select,
  deselect,
  select_all,
  select_none,
  write,
  only_channels,
  hold,
  deadline,
  select_from,
  discard,
  send,
  blast,  // all of the above at once
  // What becomes of a blast.
  schedule,
  unschedule,
  pause,
  resume,
  recall,
  purge,
  purge_all,
  // Threads.
  direct,
  client_reply,
  provider_reply,
  client_read,
  provider_read,
  community,
  member_add,
  member_remove,
  // Work.
  pump,
  claim,
  complete,
  extend,
  give_back,
  channel_put,
  channel_pause,
  channel_resume,
  channel_rate,
  channel_concurrency,
  channel_quiet,
  channel_threshold,
  channel_remove,
  retry_failed,
  report,
  events,
  acknowledge,
  wake,
  // What happens to all of it.
  wait,
  step_clock,
  fault,
  heal,
  crash,
  crash_within,
  power_loss,
  reopen,
  recover,
  checkpoint,
  backup,
  restore,
  probe,
  count
};
inline constexpr std::size_t kKinds = static_cast<std::size_t>(Kind::count);

struct Step {
  Kind kind = Kind::wait;
  std::uint32_t a = 0;
  std::uint32_t b = 0;
  std::uint32_t c = 0;
};
using Script = std::vector<Step>;

std::string_view name_of(Kind kind);
/// A small world is set up first; `steps` more follow.
Script generate(std::uint64_t seed, std::size_t steps);
/// A line for the seed, and one for each step.
std::string print(std::uint64_t seed, const Script& script);
/// What print() gave. Throws std::runtime_error with the line that is none.
Script parse(const std::string& text, std::uint64_t& out_seed);

}  // namespace sim
