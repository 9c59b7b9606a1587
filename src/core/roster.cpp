#include "core/roster.hpp"

#include <algorithm>
#include <iterator>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "base/fold.hpp"
#include "base/function_ref.hpp"
#include "core/access.hpp"
#include "core/audience_of.hpp"
#include "core/contact.hpp"
#include "core/cursor.hpp"
#include "core/indexing.hpp"
#include "core/roster_read.hpp"
#include "model/filter.hpp"
#include "model/text_rules.hpp"

namespace bccast {
namespace {

/// Where a page goes on: after this key and place of the index of names.
struct NamePosition {
  NameKind kind = NameKind::whole;
  std::string key;
  std::optional<Place> after;
};

std::string seal_name(const Context& context, std::string_view list, const NamePosition& at) {
  std::string plain(1, static_cast<char>(at.kind));
  for (int b = 0; b < 4; ++b) plain.push_back(static_cast<char>(at.after.value_or(0) >> (8 * b)));
  return context.cursors.seal(list, plain + at.key);
}

NamePosition open_name(const Context& context, std::string_view list, std::string_view cursor,
                       std::string_view prefix) {
  NamePosition at;
  at.key = prefix;
  if (cursor.empty()) return at;
  const auto plain = context.cursors.open(list, cursor);
  if (!plain || plain->size() < 5) throw Error(Code::argument, "the cursor is not one of this list");
  at.kind = static_cast<NameKind>((*plain)[0]);
  Place place = 0;
  for (std::size_t b = 0; b < 4; ++b) place |= Place{static_cast<std::uint8_t>((*plain)[b + 1])} << (8 * b);
  at.after = place;
  at.key = plain->substr(5);
  return at;
}

/// Where a name stands in a list of all names, or of those with a word that begins with `prefix`: nowhere,
/// under its whole name, or under the first later word that fits. So each entry is listed once.
std::optional<std::pair<NameKind, std::string>> listed_under(std::string folded, std::string_view prefix) {
  if (folded.starts_with(prefix)) return std::pair(NameKind::whole, std::move(folded));
  for (auto& word : later_words(folded))
    if (word.starts_with(prefix)) return std::pair(NameKind::later_word, std::move(word));
  return std::nullopt;
}

/// Throws Error(corrupt) when the index has what the name does not say.
void check_key(std::string_view folded, NameKind kind, std::string_view key) {
  const auto words = later_words(folded);
  if (kind == NameKind::whole ? key != folded : std::find(words.begin(), words.end(), key) == words.end())
    throw Error(Code::corrupt, "the index of names does not go with the roster");
}

/// What of a roster a page shows, and how.
class Listing {
 public:
  Listing(const Context& context, const Tables& tables, const Provider& provider, const Filter& filter)
      : tables_(tables),
        provider_(provider),
        roster_(access::roster_work(tables, provider.no)),
        contact_(tables.work().channels()) {
    if (const auto state = filter.get("state"); !state.empty()) {
      if (state != "active" && state != "archived")
        throw Error(Code::argument, "the filter has a state that roster entries do not have");
      archived_ = state == "archived";
    }
    if (const auto id = filter.get("draft"); !id.empty()) {
      const Blast draft = access::draft(tables, context, provider, id);
      chosen_.resize(slices_for(roster_.next_place));
      for_each_audience(tables, roster_, draft,
                        [&](SliceNo s, const Audience& audience) { chosen_[s] = audience.recipients; });
      has_draft_ = true;
    }
  }

  /// The state that is listed; nothing: both.
  std::optional<bool> archived() const noexcept { return archived_; }
  bool lists(const RosterView& entry) const noexcept {
    if ((entry.flags & flag::erased) != 0) return false;
    return !archived_ || *archived_ == ((entry.flags & flag::any_archived) != 0);
  }
  const Provider& provider() const noexcept { return provider_; }

  RosterRow describe(const RosterEntry& entry) const {
    RosterRow row;
    row.client = entry.client.id;
    row.client_name = entry.client.name;
    row.state = entry.active() ? "active" : "archived";
    row.since_ms = entry.since;
    if (has_draft_) row.chosen = chosen_[slice_of(entry.place)].contains(within_slice(entry.place));
    const bool off = (entry.flags & flag::any_chat_off) != 0;
    row.contact = off ? "off" : contact_.reaches(entry.client.addresses) ? "ok" : "no_address";
    return row;
  }

  RosterKey key(Place place) const noexcept { return {provider_.no, place}; }
  Found<RosterKey, RosterEntry> read(std::span<const RosterKey> keys) const {
    return tables_.directory().entries(keys);
  }
  /// Throws Error(corrupt) when the index has what the entry does not say.
  const RosterEntry& entry(const Found<RosterKey, RosterEntry>& entries, Place place) const {
    if (place >= roster_.next_place) throw Error(Code::corrupt, "the index of names goes beyond the roster");
    const auto& entry = access::entry_in(entries, key(place));
    if (archived_ && entry.active() == *archived_)
      throw Error(Code::corrupt, "the index of names does not go with the roster");
    return entry;
  }

 private:
  const Tables& tables_;
  const Provider& provider_;
  RosterWork roster_;
  Contact contact_;
  std::optional<bool> archived_;
  std::vector<Slice> chosen_;
  bool has_draft_ = false;
};

/// Takes the next entry of a page; false: the page is full.
using Offer = FunctionRef<bool(const RosterEntry&, NameKind, std::string_view)>;

/// The next of one kind of names. False: the page is full.
bool list_kind(const Tables& tables, const Listing& listing, const NamePosition& at,
               const std::string& prefix, std::size_t most, Offer offer) {
  std::optional<NamedPlace> after;
  if (at.after) after = NamedPlace{at.key, *at.after};
  for (;;) {
    auto names =
        tables.directory().names(listing.provider().no, at.kind, listing.archived(), prefix, after, most);
    std::vector<RosterKey> keys;
    for (const auto& one : names) keys.push_back(listing.key(one.place));
    const auto entries = listing.read(keys);
    for (const auto& [key, place] : names) {
      const RosterEntry& entry = listing.entry(entries, place);
      auto folded = fold(entry.client.name);
      check_key(folded, at.kind, key);
      const auto under = listed_under(std::move(folded), prefix);
      if (under->first != at.kind || under->second != key) continue;
      if (!offer(entry, at.kind, key)) return false;
    }
    if (names.size() < most) return true;
    after = std::move(names.back());
  }
}

/// Whole names first; in a search then those of which a later word begins with the text. `most`: the page's
/// rows, and one more.
void list_indexed(const Tables& tables, const Listing& listing, const NamePosition& at,
                  const std::string& prefix, std::size_t most, Offer offer) {
  if (!list_kind(tables, listing, at, prefix, most, offer)) return;
  if (prefix.empty() || at.kind == NameKind::later_word) return;
  list_kind(tables, listing, {NameKind::later_word, prefix, std::nullopt}, prefix, most, offer);
}

/// The same, of the next `most` in the roster itself: its index is still to be made (indexing.hpp).
void list_scanned(const Tables& tables, const Listing& listing, const NamePosition& at,
                  const std::string& prefix, std::size_t most, Offer offer) {
  using Position = std::tuple<NameKind, std::string, std::int64_t>;
  const Position after{at.kind, at.key, at.after ? std::int64_t{*at.after} : -1};
  std::set<Position> next;
  for_each_entry(tables, listing.provider().no, 0, kMaxPlaces, [&](const RosterView& entry) {
    if (!listing.lists(entry)) return;
    auto under = listed_under(fold(entry.name), prefix);
    if (!under) return;
    Position position{under->first, std::move(under->second), entry.place};
    if (position <= after) return;
    next.insert(std::move(position));
    if (next.size() > most) next.erase(std::prev(next.end()));
  });
  std::vector<RosterKey> keys;
  for (const auto& [kind, key, place] : next) keys.push_back(listing.key(static_cast<Place>(place)));
  const auto entries = listing.read(keys);
  for (const auto& [kind, key, place] : next)
    if (!offer(listing.entry(entries, static_cast<Place>(place)), kind, key)) return;
}

}  // namespace

Page<RosterRow> Roster::list(std::string_view provider_id, std::string_view filter_text,
                             std::string_view cursor, std::size_t limit) {
  const Filter filter(filter_text, {"state", "search", "draft"});
  const std::string prefix = fold(filter.get("search"));
  const auto list = list_of("provider_roster", std::string(provider_id) + '\0' + std::string(filter_text));
  NamePosition at = open_name(context_, list, cursor, prefix);
  const std::size_t most = page_limit(limit);

  return context_.store.read([&](const Tables& tables) {
    Page<RosterRow> page;
    const Provider provider = access::provider(tables, provider_id);
    const Listing listing(context_, tables, provider, filter);
    NamePosition last;
    // False when the page is full.
    const auto offer = [&](const RosterEntry& entry, NameKind kind, std::string_view key) {
      if (page.items.size() == most) {
        page.next = seal_name(context_, list, last);
        return false;
      }
      page.items.push_back(listing.describe(entry));
      last = {kind, std::string(key), entry.place};
      return true;
    };

    if (is_indexed(tables.store().folding(), provider.no)) {
      list_indexed(tables, listing, at, prefix, most + 1, offer);
    } else {
      list_scanned(tables, listing, at, prefix, most + 1, offer);
    }
    return page;
  });
}

}  // namespace bccast
