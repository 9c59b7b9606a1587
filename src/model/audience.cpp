#include "model/audience.hpp"

namespace bccast {

std::string_view reason_left_out(const Audience& audience, std::uint16_t at) noexcept {
  if (audience.deselected.contains(at)) return "deselected";
  if (audience.archived.contains(at)) return "archived";
  if (audience.off.contains(at)) return "off";
  return "";
}

Audience resolve(bool all_active, const DraftSlice& draft, const RosterSlice& roster, const Slice& existing) {
  Audience audience;
  Slice chosen = draft.picked;
  if (all_active) chosen |= existing;
  chosen &= existing;
  chosen -= draft.deselected;
  audience.gone = draft.picked & roster.dead;
  chosen -= roster.dead;
  audience.deselected = draft.deselected - roster.dead;
  audience.archived = chosen;
  audience.archived -= roster.active;
  chosen &= roster.active;
  audience.off = chosen;
  audience.off &= roster.chat_off;
  audience.recipients = chosen;
  audience.recipients -= roster.chat_off;
  return audience;
}

}  // namespace bccast
