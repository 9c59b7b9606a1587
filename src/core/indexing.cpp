#include "core/indexing.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "base/error.hpp"
#include "base/unicode.hpp"
#include "core/begin_anew.hpp"
#include "core/roster_update.hpp"
#include "core/unreadable.hpp"

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
void index_entries(Tables& tables, const Context& context, std::span<const RosterKey> keys) {
  RosterUpdate update(tables, context);
  const auto entries = tables.directory().entries(keys);
  for (const auto& key : keys) {
    try {
      if (const auto* entry = entries.find(key)) update.index(*entry);
    } catch (const Error& error) {
      if (error.code() != Code::corrupt || error.native() != 0) throw;
    }
  }
  update.finish();
}

std::optional<RosterEntry> entry_at(const Tables& tables, const Folding& at) {
  try {
    return tables.directory().entry(at.provider_no, static_cast<Place>(at.place));
  } catch (const Error& error) {
    if (error.code() != Code::corrupt) throw;
    throw Unreadable(error, at);
  }
}

/// Behind one entry. Does not ask the roster for its end, whose last page may be damaged.
Folding behind(const Tables& tables, Folding at) {
  const auto work = tables.directory().roster_work(at.provider_no);
  ++at.place;
  return work && at.place < std::int64_t{work->next_place} ? at : from_after(tables, at.provider_no);
}

Folding next_part(Tables& tables, const Context& context, Folding at) {
  auto& directory = tables.directory();
  if (at.place == kToBeTakenAway) {
    if (!directory.forget_indexes(at.provider_no, kRowsTogether)) at.place = 0;
    return at;
  }
  const auto last = directory.last_place(at.provider_no);
  const auto end = last ? std::min<std::int64_t>(at.place + kEntriesTogether, std::int64_t{*last} + 1) : 0;
  std::vector<RosterKey> keys;
  for (; at.place < end; ++at.place) keys.push_back({at.provider_no, static_cast<Place>(at.place)});
  if (!keys.empty()) index_entries(tables, context, keys);
  return last && at.place <= std::int64_t{*last} ? at : from_after(tables, at.provider_no);
}

/// How far it is, and nobody else goes on from there, or changes the roster that has its turn.
Folding lock_where_it_is(Tables& tables) {
  const auto seen = tables.store().folding();
  tables.lock().rosters({&seen.provider_no, 1});
  if (!tables.lock().others_write()) return seen;
  const auto at = tables.store().folding();
  if (at != seen) throw FoundAnother();
  return at;
}

}  // namespace

bool is_indexed(const Folding& folding, ProviderNo provider) noexcept {
  return has_own_version(folding) && (!folding.under_way() || provider < folding.provider_no);
}

bool has_begun_indexing(const Tables& tables) {
  const auto folding = tables.store().folding();
  return !has_own_version(folding) || folding.under_way();
}

void Indexing::begin() {
  auto folding = context_.store.read([](const Tables& tables) { return tables.store().folding(); });
  if (!has_own_version(folding) && !context_.store.read_only()) {
    folding = context_.write(verb::index, {}, [](Tables& tables) {
      const auto now = tables.store().folding();  // another process may have been faster
      if (has_own_version(now)) return now;
      const auto first = from_after(tables, 0);
      tables.store().set_folding(first);
      return first;
    });
  }
  context_.known->indexing = !has_own_version(folding) || folding.under_way();
}

bool Indexing::go_on(std::exception_ptr& damaged) {
  context_.known->indexing = true;  // before anybody can see that it is: nothing is handed out meanwhile
  try {
    return go_on_together();
  } catch (const Error& error) {
    if (error.code() != Code::corrupt) throw;
    if (!go_past_damage(damaged)) throw;
  }
  return true;
}

/// A part of a roster that has damaged pages: each entry in a transaction of its own, since nothing more is
/// written in one that has met such a page. Who is on it is in no index, and said. False: nothing was done.
bool Indexing::go_past_damage(std::exception_ptr& damaged) {
  bool did = false;
  for (Place i = 0; i < kEntriesTogether; ++i) {
    try {
      if (!take_step()) return did;
    } catch (const Unreadable<Folding>& unreadable) {
      damaged = std::make_exception_ptr(leave_out(unreadable.thing()));
    }
    did = true;
  }
  return did;
}

/// One entry, or what is to be taken away before. False: nothing is left. Throws Unreadable<Folding> for an
/// entry that cannot be read.
bool Indexing::take_step() {
  const auto step = [&](Tables& tables) {
    const auto at = lock_where_it_is(tables);
    if (!at.under_way() || !has_own_version(at)) return false;
    if (at.place == kToBeTakenAway) {
      tables.store().set_folding(next_part(tables, context_, at));
      return true;
    }
    if (const auto entry = entry_at(tables, at)) {
      RosterUpdate update(tables, context_);
      update.index(*entry);
      update.finish();
    }
    tables.store().set_folding(behind(tables, at));
    return true;
  };
  return context_.write(verb::index, {}, step, Durability::relaxed);
}

/// Goes on behind an entry that cannot be read, unless another has done so. What is to be said of it.
Error Indexing::leave_out(const Folding& at) {
  const std::string provider = context_.write(
      verb::index, {},
      [&](Tables& tables) {
        tables.lock().rosters({&at.provider_no, 1});
        if (tables.store().folding() == at) tables.store().set_folding(behind(tables, at));
        const auto row = tables.directory().provider(at.provider_no);
        return row ? row->id : fmt::format("number {}", at.provider_no);
      },
      Durability::relaxed);
  return {Code::corrupt,
          fmt::format("the roster of provider {} is damaged: not all of it could be indexed", provider)};
}

bool Indexing::go_on_together() {
  // Were a part lost with the power, it would be done once more.
  const auto go_on = [&](Tables& tables) {
    const auto at = lock_where_it_is(tables);
    if (has_own_version(at)) {
      if (at.under_way()) tables.store().set_folding(next_part(tables, context_, at));
      return at.under_way();
    }
    tables.store().set_folding(from_after(tables, 0));
    if (!has_own_version(tables.store().folding()))  // else it would begin for ever
      throw Error(Code::corrupt, "how far the indexes are cannot be stored");
    return true;
  };
  return context_.write(verb::index, {}, go_on, Durability::relaxed);
}

}  // namespace bccast
