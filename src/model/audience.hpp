// Who a draft reaches: the rule of selection, for one slice.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "model/slice.hpp"

namespace bccast {

/// One slice of a roster: who is active (here and as a client), who has chat switched off, and which places
/// are dead: their clients were erased.
struct RosterSlice {
  Slice active;
  Slice chat_off;
  Slice dead;
};

/// One slice of a draft: chosen one by one, and de-selected. Disjoint: the last act on a client decides.
struct DraftSlice {
  Slice picked;
  Slice deselected;
  bool empty() const noexcept { return picked.empty() && deselected.empty(); }
};

/// The slice split by what happens to each place.
struct Audience {
  Slice recipients;
  Slice archived;    // chosen, but archived
  Slice off;         // chosen and active, but chat is off
  Slice deselected;  // taken out again
  Slice gone;        // chosen one by one, and no longer on the roster
  /// Nobody of the slice was chosen, or taken out again.
  bool nobody() const noexcept {
    return recipients.empty() && archived.empty() && off.empty() && deselected.empty();
  }
};

/// What is kept of a slice's audience when it is sent: some bytes for the rule, where an Audience is 40 KiB.
struct StoredAudience {
  explicit StoredAudience(const Audience& audience)
      : recipients(audience.recipients.encode()),
        archived(audience.archived.encode()),
        off(audience.off.encode()),
        deselected(audience.deselected.encode()) {}
  std::vector<std::uint8_t> recipients, archived, off, deselected;  // Slice::encode()
};

/// "deselected", "archived", "off", or "" for who was not left out. `at`: a place within the slice.
std::string_view reason_left_out(const Audience& audience, std::uint16_t at) noexcept;

/// `existing`: the places of the slice that were given out. With the rule everyone is chosen, else only
/// the picked.
Audience resolve(bool all_active, const DraftSlice& draft, const RosterSlice& roster, const Slice& existing);

}  // namespace bccast
