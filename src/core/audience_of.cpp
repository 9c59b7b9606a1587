#include "core/audience_of.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "core/set_pages.hpp"

namespace bccast {

void for_each_audience(const Tables& tables, const RosterWork& roster, const Blast& draft,
                       FunctionRef<void(SliceNo, const Audience&)> f) {
  const SliceNo end = slices_for(roster.next_place);
  const DraftSlice nobody_chosen;
  for (SliceNo begin = 0; begin < end;) {
    const auto chosen = tables.blasts().draft_slices(roster.provider_no, draft.no, begin, kSlicesTogether);
    std::vector<RosterSliceKey> keys;
    SliceNo next = end;
    if (draft.all_active) {  // where nobody was chosen one by one, the rule alone says who is
      next = std::min<SliceNo>(end, begin + kSlicesTogether);
      for (SliceNo s = begin; s < next; ++s) keys.push_back({roster.provider_no, s});
    } else {
      for (const auto& one : chosen)
        if (one.slice < end) keys.push_back({roster.provider_no, one.slice});
      if (chosen.size() == kSlicesTogether) next = chosen.back().slice + 1;
    }
    if (keys.empty()) return;
    const auto of_roster = tables.directory().roster_slices(keys);
    auto one = chosen.begin();
    for (std::size_t i = 0; i < keys.size(); ++i) {
      const auto s = keys[i].slice;
      while (one != chosen.end() && one->slice < s) ++one;
      const bool has_chosen = one != chosen.end() && one->slice == s;
      const Place left = roster.next_place - place_at(s, 0);
      const Slice existing = Slice::range(0, left < Slice::kPlaces ? left : Slice::kPlaces);
      f(s, resolve(draft.all_active, has_chosen ? one->chosen : nobody_chosen, of_roster[i], existing));
    }
    begin = next;
  }
}

AudienceDigest::AudienceDigest(const Context& context, const Blast& draft, std::string_view text)
    : digest_(context.store.key(), purpose::digest) {
  digest_.add(draft.provider_no).add(draft.no).add(text);
}

void AudienceDigest::add(SliceNo slice, const Slice& recipients) {
  if (!recipients.empty()) add_encoded(slice, recipients.encode());
}

void AudienceDigest::add_encoded(SliceNo slice, std::span<const std::uint8_t> recipients) {
  digest_.add(std::int64_t{slice}).add(recipients);
}

std::string AudienceDigest::finish() {
  std::string text;
  for (const auto byte : digest_.finish()) text += fmt::format("{:02x}", byte);
  return text;
}

}  // namespace bccast
