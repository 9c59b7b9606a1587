#include "core/audience_of.hpp"

#include <fmt/format.h>

namespace bccast {

void for_each_audience(const Tables& tables, const Provider& provider, const Blast& draft,
                       FunctionRef<void(SliceNo, const Audience&)> f) {
  for (SliceNo s = 0; s < slices_for(provider.next_place); ++s) {
    const Place left = provider.next_place - place_at(s, 0);
    const Slice existing = Slice::range(0, left < Slice::kPlaces ? left : Slice::kPlaces);
    f(s, resolve(draft.all_active, tables.blasts().draft_slice(provider.no, draft.no, s),
                 tables.directory().roster_slice(provider.no, s), existing));
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
