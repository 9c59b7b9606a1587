#include "core/indexing.hpp"

#include <algorithm>
#include <utility>

#include "base/error.hpp"
#include "base/unicode.hpp"
#include "core/roster_update.hpp"

namespace bccast {
namespace {

/// Entries, or rows of an index, of one transaction.
constexpr Place kEntriesTogether = 200;
constexpr std::size_t kRowsTogether = 1000;
constexpr std::int64_t kToBeTakenAway = -1;

bool has_own_version(const Folding& folding) noexcept {
  return folding.version == folding_version();
}

/// The first provider after `no`, at its beginning; all is done when there is none.
Folding from_after(const Tables& tables, ProviderNo no) {
  const auto next = tables.directory().provider_after(no);
  return {folding_version(), next.value_or(0), next ? kToBeTakenAway : 0};
}

/// A damaged entry is in no index, and stops nobody else's.
void index_entry(const Tables& tables, RosterUpdate& update, ProviderNo provider, Place place) {
  try {
    if (auto entry = tables.directory().entry(provider, place)) update.index(std::move(*entry));
  } catch (const Error& error) {
    if (error.code() != Code::corrupt || error.native() != 0) throw;
  }
}

Folding next_part(Tables& tables, const Context& context, Folding at) {
  auto& directory = tables.directory();
  if (at.place == kToBeTakenAway) {
    if (!directory.forget_indexes(at.provider_no, kRowsTogether)) at.place = 0;
    return at;
  }
  const auto last = directory.last_place(at.provider_no);
  RosterUpdate update(tables, context);
  const auto end = last ? std::min<std::int64_t>(at.place + kEntriesTogether, std::int64_t{*last} + 1) : 0;
  for (; at.place < end; ++at.place)
    index_entry(tables, update, at.provider_no, static_cast<Place>(at.place));
  return last && at.place <= std::int64_t{*last} ? at : from_after(tables, at.provider_no);
}

}  // namespace

bool is_indexed(const Folding& folding, ProviderNo provider) noexcept {
  return has_own_version(folding) && (!folding.under_way() || provider < folding.provider_no);
}

bool has_begun_indexing(const Tables& tables, Context& context) {
  const auto folding = tables.store().folding();
  if (has_own_version(folding) && !folding.under_way()) return false;
  context.indexing = true;
  return true;
}

void Indexing::begin() {
  Folding folding;
  context_.store.read([&](const Tables& tables) { folding = tables.store().folding(); });
  if (!has_own_version(folding) && !context_.store.read_only()) {
    context_.store.write([&](Tables& tables) {
      folding = tables.store().folding();  // another process may have been faster
      if (has_own_version(folding)) return;
      tables.store().set_folding(folding = from_after(tables, 0));
    });
  }
  context_.indexing = !has_own_version(folding) || folding.under_way();
}

bool Indexing::go_on() {
  bool did = false;
  // Were a part lost with the power, it would be done once more.
  context_.store.write(
      [&](Tables& tables) {
        const auto at = tables.store().folding();
        did = at.under_way() || !has_own_version(at);
        if (!did) return;
        context_.indexing = true;
        if (has_own_version(at)) {
          tables.store().set_folding(next_part(tables, context_, at));
          return;
        }
        tables.store().set_folding(from_after(tables, 0));
        if (!has_own_version(tables.store().folding()))  // else it would begin for ever
          throw Error(Code::corrupt, "how far the indexes are cannot be stored");
      },
      Durability::relaxed);
  return did;
}

}  // namespace bccast
