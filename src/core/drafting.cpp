#include "core/drafting.hpp"

#include <span>
#include <utility>
#include <vector>

#include "core/access.hpp"
#include "core/audience_of.hpp"
#include "core/channels_of.hpp"
#include "core/contact.hpp"
#include "core/cursor.hpp"
#include "core/line_slices.hpp"
#include "core/resolve.hpp"
#include "core/set_pages.hpp"
#include "core/texts.hpp"
#include "model/filter.hpp"
#include "model/number.hpp"
#include "model/text_rules.hpp"

namespace bccast {
namespace {

void apply(DraftSlice& slice, Place place, Drafting::Act act) {
  const auto at = within_slice(place);
  if (act == Drafting::Act::select) {
    slice.picked.add(at);
    slice.deselected.remove(at);
  } else {
    slice.picked.remove(at);
    slice.deselected.add(at);
  }
}

void touch(Tables& tables, Blast& blast) {
  ++blast.revision;
  tables.blasts().update_blast(blast);
}

}  // namespace

Drafting::Created Drafting::create(std::string_view provider_id, std::string_view key) {
  return context_.write(verb::blast_create, provider_id, [&](Tables& tables) {
    const Provider provider = access::open_provider(tables, provider_id, Hold::shared);
    RosterWork roster = access::lock_roster(tables, provider.no);
    const auto key_hash = context_.key_hash(key);
    if (!key_hash.empty()) {
      if (const auto no = tables.blasts().blast_by_key(provider.no, key_hash))
        return Created{true, std::string(view(context_.blast_id(provider.no, *no)))};
    }
    Blast blast;
    blast.provider_no = provider.no;
    blast.no = roster.next_blast++;
    if (blast.no > kMaxNumber) throw Error(Code::limit, "the provider has no numbers left for blasts");
    blast.created_at = context_.clock.wall_ms();
    blast.key_hash = key_hash;
    blast.actor = context_.actor;
    tables.blasts().insert_blast(blast);
    tables.directory().update_roster_work(roster);
    return Created{false, std::string(view(context_.blast_id(provider.no, blast.no)))};
  });
}

void Drafting::discard(std::string_view provider_id, std::string_view blast_id) {
  context_.write(verb::blast_discard, blast_id, [&](Tables& tables) {
    const Provider provider = access::open_provider(tables, provider_id, Hold::shared);
    const Blast blast = access::blast(tables, context_, provider, blast_id, Hold::exclusive);
    access::next(blast, BlastVerb::discard, blast_id);
    tables.blasts().delete_blast(provider.no, blast.no);
  });
}

void Drafting::act(std::string_view provider_id, std::string_view blast_id, std::string_view client,
                   Act act) {
  context_.write(act == Act::select ? verb::blast_select : verb::blast_deselect, blast_id,
                 [&](Tables& tables) {
                   const Provider provider = access::open_provider(tables, provider_id, Hold::shared);
                   Blast blast = access::draft(tables, context_, provider, blast_id, Hold::exclusive);
                   const Place place = access::entry(tables, provider, client).place;
                   auto slice = tables.blasts().draft_slice(provider.no, blast.no, slice_of(place));
                   apply(slice, place, act);
                   tables.blasts().put_draft_slice(provider.no, blast.no, slice_of(place), slice);
                   touch(tables, blast);
                 });
}

std::vector<Code> Drafting::act_many(std::string_view provider_id, std::string_view blast_id,
                                     std::span<const std::string_view> ids, Act act) {
  // The long part holds nobody up: places do not change.
  const auto resolved = context_.store.read([&](const Tables& tables) {
    const Provider provider = access::provider(tables, provider_id);
    access::draft(tables, context_, provider, blast_id);
    return resolve_places(tables, provider, ids);
  });
  context_.write(act == Act::select ? verb::blast_select : verb::blast_deselect, blast_id,
                 [&](Tables& tables) {
                   const Provider provider = access::open_provider(tables, provider_id, Hold::shared);
                   Blast blast = access::draft(tables, context_, provider, blast_id, Hold::exclusive);
                   std::vector<std::pair<SliceNo, Place>> changes;
                   for (const auto& one : resolved)
                     if (one.code == Code::ok) changes.emplace_back(slice_of(one.place), one.place);
                   if (changes.empty()) return;
                   auto& blasts = tables.blasts();
                   const auto write = [&](std::span<const std::pair<SliceNo, DraftSlice>> rows) {
                     std::vector<ChosenSlice> chosen;
                     for (const auto& [s, slice] : rows) chosen.push_back({s, slice});
                     blasts.put_draft_slices(provider.no, blast.no, chosen);
                   };
                   SliceCache<SliceNo, DraftSlice> slices;
                   slices.change(
                       changes, [&](auto keys) { return blasts.draft_slices(provider.no, blast.no, keys); },
                       write, [&](DraftSlice& slice, Place place) { apply(slice, place, act); });
                   slices.store(write);
                   touch(tables, blast);
                 });
  std::vector<Code> results(ids.size());
  for (std::size_t i = 0; i < ids.size(); ++i) results[i] = resolved[i].code;
  return results;
}

void Drafting::act_all(std::string_view provider_id, std::string_view blast_id, Act act) {
  context_.write(act == Act::select ? verb::blast_select_all_active : verb::blast_select_none, blast_id,
                 [&](Tables& tables) {
                   const Provider provider = access::open_provider(tables, provider_id, Hold::shared);
                   Blast blast = access::draft(tables, context_, provider, blast_id, Hold::exclusive);
                   tables.blasts().delete_draft(provider.no, blast.no);
                   blast.all_active = act == Act::select;
                   touch(tables, blast);
                 });
}

namespace {

/// Chooses these, of a page of slices.
void pick(Tables& tables, const Blast& draft, std::span<const SliceNo> page,
          std::span<const Slice> of_slices) {
  std::vector<SliceNo> slices;
  std::vector<const Slice*> chosen;
  for (std::size_t i = 0; i < page.size(); ++i) {
    if (of_slices[i].empty()) continue;
    slices.push_back(page[i]);
    chosen.push_back(&of_slices[i]);
  }
  if (slices.empty()) return;
  auto drafts = tables.blasts().draft_slices(draft.provider_no, draft.no, slices);
  std::vector<ChosenSlice> rows;
  for (std::size_t i = 0; i < slices.size(); ++i) {
    auto& row = rows.emplace_back(ChosenSlice{slices[i], std::move(drafts.at(i))});
    row.chosen.picked |= *chosen[i];
    row.chosen.deselected -= *chosen[i];
  }
  tables.blasts().put_draft_slices(draft.provider_no, draft.no, rows);
}

}  // namespace

void Drafting::select_from(std::string_view provider_id, std::string_view blast_id,
                           std::string_view from_blast_id, std::string_view filter_text) {
  const Filter filter(filter_text, {"opened", "replied"});
  const auto opened = filter.get_switch("opened");
  const auto replied = filter.get_switch("replied");
  context_.write(verb::blast_select_from, blast_id, [&](Tables& tables) {
    const Provider provider = access::open_provider(tables, provider_id, Hold::shared);
    Blast blast = access::draft(tables, context_, provider, blast_id, Hold::exclusive);
    const Blast from = access::sent_blast(tables, context_, provider, from_blast_id);
    const auto slices = slices_from(0, slices_for(from.roster_size));
    for_each_page(
        std::span<const SliceNo>(slices),
        [&](std::span<const SliceNo> page, std::size_t) {
          auto chosen = tables.blasts().recipients(provider.no, from.seq, page);
          const auto keep = [&](MarkKind kind, bool with) {
            const auto those = tables.blasts().marks(provider.no, from.no, kind, page);
            for (std::size_t i = 0; i < page.size(); ++i)
              with ? chosen[i] &= those.at(i) : chosen[i] -= those.at(i);
          };
          if (opened) keep(MarkKind::opened, *opened);
          if (replied) keep(MarkKind::replied, *replied);
          pick(tables, blast, page, chosen);
        },
        kSlicesTogether);
    touch(tables, blast);
  });
}

void Drafting::write(std::string_view provider_id, std::string_view blast_id, std::string_view text) {
  check_message(text);
  context_.write(verb::blast_write, blast_id, [&](Tables& tables) {
    const Provider provider = access::open_provider(tables, provider_id, Hold::shared);
    Blast blast = access::draft(tables, context_, provider, blast_id, Hold::exclusive);
    tables.blasts().put_text(provider.no, blast.no, texts::seal_of_blast(provider.no, blast.no, text));
    touch(tables, blast);
  });
}

void Drafting::set(std::string_view provider_id, std::string_view blast_id, std::string_view key,
                   std::string_view value) {
  Ms deadline = 0;
  Ms hold = 0;
  if (key == "deadline_ms") {
    if (!value.empty()) deadline = parse_number(value, 1, kLongestDeadline, "deadline");
  } else if (key == "hold_ms") {
    if (!value.empty()) hold = parse_number(value, 0, kLongestHold, "hold");
  } else if (key != "channels") {
    throw Error(Code::argument, "there is no such setting");
  }
  context_.write(verb::blast_set, blast_id, [&](Tables& tables) {
    const Provider provider = access::open_provider(tables, provider_id, Hold::shared);
    Blast blast = access::draft(tables, context_, provider, blast_id, Hold::exclusive);
    if (key == "channels") {
      check_channels(tables, value);
      blast.channels = value;
    } else if (key == "hold_ms") {
      blast.hold = hold;
    } else {
      blast.deadline = deadline;
    }
    touch(tables, blast);
  });
}

BlastDetail Drafting::get(std::string_view provider_id, std::string_view blast_id) {
  return context_.store.read([&](const Tables& tables) {
    BlastDetail detail;
    const Provider provider = access::provider(tables, provider_id);
    const Blast blast = access::blast(tables, context_, provider, blast_id);
    const auto unless_zero = [](Ms at) { return at != 0 ? std::optional(at) : std::nullopt; };
    detail.blast = view(context_.blast_id(provider.no, blast.no));
    detail.state = name_of(blast.state);
    detail.text = texts::of_blast(tables, provider.no, blast.no).value_or("");
    detail.all_active = blast.all_active;
    detail.recipients = blast.recipients;
    detail.created_at_ms = blast.created_at;
    detail.sent_at_ms = unless_zero(blast.sent_at);
    detail.deadline_at_ms = unless_zero(blast.deadline_at);
    detail.finished_at_ms = unless_zero(blast.finished_at);
    detail.deadline_ms = context_.deadline_of(blast);
    detail.revision = blast.revision;
    detail.actor = blast.actor;
    detail.sent_by = blast.sent_by;
    detail.channels = blast.channels;
    detail.hold_ms = blast.hold;
    detail.scheduled_at_ms = unless_zero(blast.scheduled_at);
    detail.missed_at_ms = unless_zero(blast.missed_at);
    detail.missed_reason = blast.missed_reason;
    detail.recalled_at_ms = unless_zero(blast.recalled_at);
    detail.purged = blast.purged;
    if (!is_unsent(blast.state)) return detail;
    std::vector<ChosenSlice> slices;
    for (SliceNo from = 0; from == 0 || slices.size() == kSlicesTogether; from = slices.back().slice + 1) {
      slices = tables.blasts().draft_slices(provider.no, blast.no, from, kSlicesTogether);
      for (const auto& one : slices) {
        detail.picked += one.chosen.picked.count();
        detail.deselected += one.chosen.deselected.count();
      }
      if (slices.empty()) break;
    }
    return detail;
  });
}

Page<SelectionRow> Drafting::selection(std::string_view provider_id, std::string_view blast_id,
                                       std::string_view filter_text, std::string_view cursor,
                                       std::size_t limit) {
  const Filter filter(filter_text, {"chosen"});
  const auto only = filter.get_switch("chosen");
  const auto list = list_of("blast_selection", std::string(provider_id) + '\0' + std::string(blast_id) +
                                                   '\0' + std::string(filter_text));
  const auto from =
      static_cast<Place>(open_cursor<1>(context_, list, cursor).value_or(std::array<std::int64_t, 1>{})[0]);
  const std::size_t most = page_limit(limit);
  return context_.store.read([&](const Tables& tables) {
    Page<SelectionRow> page;
    const Provider provider = access::provider(tables, provider_id);
    const Blast blast = access::unsent_blast(tables, context_, provider, blast_id);
    std::vector<RosterKey> keys;
    for_each_audience(tables, access::roster_work(tables, provider.no), blast,
                      [&](SliceNo s, const Audience& audience) {
                        if (s < slice_of(from) || !page.next.empty()) return;
                        const Slice left_out = audience.archived | audience.off | audience.deselected;
                        const Slice listed = !only   ? audience.recipients | left_out
                                             : *only ? audience.recipients
                                                     : left_out;
                        const std::uint32_t begin = s == slice_of(from) ? within_slice(from) : 0;
                        for (auto at = listed.next(begin); at < Slice::kPlaces && page.next.empty();
                             at = listed.next(at + 1)) {
                          const Place place = place_at(s, at);
                          if (keys.size() == most) {
                            page.next = seal_cursor<1>(context_, list, {std::int64_t{place}});
                            return;
                          }
                          const auto within = within_slice(place);
                          keys.push_back({provider.no, place});
                          page.items.push_back({{},
                                                {},
                                                audience.recipients.contains(within),
                                                std::string(reason_left_out(audience, within))});
                        }
                      });
    for_each_page(std::span<const RosterKey>(keys), [&](std::span<const RosterKey> some, std::size_t first) {
      const auto entries = tables.directory().entries(some);
      for (std::size_t i = 0; i < some.size(); ++i) {
        const auto& client = access::entry_in(entries, some[i]).client;
        page.items[first + i].client = client.id;
        page.items[first + i].client_name = client.name;
      }
    });
    return page;
  });
}

Preview Drafting::preview(std::string_view provider_id, std::string_view blast_id) {
  return context_.store.read([&](const Tables& tables) {
    Preview preview;
    const Provider provider = access::provider(tables, provider_id);
    const Blast blast = access::unsent_blast(tables, context_, provider, blast_id);
    const Contact contact(channels_of(tables, blast));
    AudienceDigest digest(context_, blast, texts::of_blast(tables, provider.no, blast.no).value_or(""));
    std::vector<PlacesOfSlice> chosen;
    const auto count_without_address = [&] {
      contact.take_reached(tables, provider.no, chosen);
      for (const auto& one : chosen) preview.no_address += one.second.count();
      chosen.clear();
    };
    for_each_audience(tables, access::roster_work(tables, provider.no), blast,
                      [&](SliceNo s, const Audience& audience) {
                        preview.recipients += audience.recipients.count();
                        preview.archived += audience.archived.count();
                        preview.off += audience.off.count();
                        preview.deselected += audience.deselected.count();
                        preview.not_on_roster += audience.gone.count();
                        digest.add(s, audience.recipients);
                        chosen.emplace_back(s, audience.recipients);
                        if (chosen.size() == kSlicesTogether) count_without_address();
                      });
    count_without_address();
    preview.digest = digest.finish();
    return preview;
  });
}

}  // namespace bccast
