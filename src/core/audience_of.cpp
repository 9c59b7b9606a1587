#include "core/audience_of.hpp"

#include <fmt/format.h>

namespace bccast {

void for_each_audience(const Tables& tables, const RosterWork& roster, const Blast& draft,
                       FunctionRef<void(SliceNo, const Audience&)> f) {
  const SliceNo end = slices_for(roster.next_place);
  const auto resolved = [&](SliceNo s, const DraftSlice& chosen) {
    const Place left = roster.next_place - place_at(s, 0);
    const Slice existing = Slice::range(0, left < Slice::kPlaces ? left : Slice::kPlaces);
    f(s, resolve(draft.all_active, chosen, tables.directory().roster_slice(roster.provider_no, s), existing));
  };
  SliceNo next = 0;
  // Where nobody was chosen one by one, the rule alone says who is.
  const auto by_rule_until = [&](SliceNo until) {
    for (; draft.all_active && next < until; ++next) resolved(next, {});
  };
  tables.blasts().draft_slices(roster.provider_no, draft.no, [&](SliceNo s, const DraftSlice& chosen) {
    if (s >= end) return;
    by_rule_until(s);
    resolved(s, chosen);
    next = s + 1;
  });
  by_rule_until(end);
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
