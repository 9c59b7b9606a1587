// Blasts, drafts, recipients and what they did, in memory.
#pragma once

#include <algorithm>
#include <tuple>

#include "data.hpp"

namespace test::memory {

class Blasts final : public BlastTables {
 public:
  explicit Blasts(Data& data) : data_(data) {}

  std::optional<Blast> blast(ProviderNo provider, BlastNo no) const override {
    return data_.blasts.get({provider, no});
  }
  Found<BlastKey, Blast> blasts(std::span<const BlastKey> keys) const override {
    return found_in(data_.blasts, keys);
  }
  std::optional<BlastNo> blast_by_key(ProviderNo provider, std::string_view key_hash) const override {
    if (key_hash.empty()) return std::nullopt;
    for (const auto& blast : of(provider))
      if (blast.key_hash == key_hash) return blast.no;
    return std::nullopt;
  }
  std::vector<Blast> blasts(ProviderNo provider, BlastNo before, std::optional<BlastState> state,
                            std::size_t limit) const override {
    auto all = of(provider);
    std::reverse(all.begin(), all.end());
    std::erase_if(all, [&](const Blast& b) { return b.no >= before || (state && b.state != *state); });
    return first(std::move(all), limit);
  }
  std::vector<BlastNo> blast_numbers(ProviderNo provider, BlastNo after, std::size_t limit) const override {
    std::vector<BlastNo> all;
    for (const auto& blast : of(provider))
      if (blast.no > after && all.size() < limit) all.push_back(blast.no);
    return all;
  }
  void insert_blast(const Blast& blast) override {
    data_.blasts.insert({blast.provider_no, blast.no}, blast);
  }
  void update_blast(const Blast& blast) override {
    if (data_.blasts.has({blast.provider_no, blast.no}))
      data_.blasts.update({blast.provider_no, blast.no}, blast);
  }
  std::vector<Blast> unsent(ProviderNo provider) const override {
    auto all = of(provider);
    std::erase_if(all, [](const Blast& b) { return !is_unsent(b.state); });
    return all;
  }
  std::optional<BlastNo> unsent_from(ProviderNo provider, BlastNo from) const override {
    for (const auto& blast : unsent(provider))
      if (blast.no >= from) return blast.no;
    return std::nullopt;
  }

  Agenda agenda() const override {
    Agenda agenda;
    const auto earlier = [](std::optional<Ms>& first, Ms at) { first = std::min(first.value_or(at), at); };
    data_.blasts.for_all([&](const BlastKey&, const Blast& b) {
      if (b.state == BlastState::scheduled) earlier(agenda.schedule, b.scheduled_at);
      if (may_pass(b) && !b.overdue) earlier(agenda.deadline, b.deadline_at);
      agenda.to_sweep |= is_to_sweep(b);
    });
    data_.debts.for_all([&](DebtNo, const Nothing&) { agenda.owes = true; });
    data_.acts.for_all([&](ActNo, const ActInParts&) { agenda.to_finish = true; });
    agenda.to_index = data_.the_store().folding.under_way();
    data_.lines.for_all([&](LineNo, const Line& l) { agenda.to_forget |= !l.open && l.has_told_addresses; });
    return agenda;
  }
  std::optional<Blast> due_schedule(Ms now) const override {
    return least(&Blast::scheduled_at,
                 [&](const Blast& b) { return b.state == BlastState::scheduled && b.scheduled_at <= now; });
  }
  std::optional<Blast> due_deadline(Ms now) const override {
    return least(&Blast::deadline_at,
                 [&](const Blast& b) { return may_pass(b) && !b.overdue && b.deadline_at < now; });
  }
  std::vector<Blast> past_deadline(std::optional<ProviderNo> provider, Ms now, const DeadlinePosition& after,
                                   std::size_t limit) const override {
    const auto position = [](const Blast& b) { return std::tuple(b.deadline_at, b.provider_no, b.no); };
    const std::tuple behind(after.deadline_at, after.provider_no, after.blast_no);
    auto all = all_of([&](const Blast& b) {
      return may_pass(b) && b.finished_at == 0 && b.deadline_at < now && position(b) > behind &&
             (!provider || b.provider_no == *provider);
    });
    std::sort(all.begin(), all.end(),
              [&](const Blast& a, const Blast& b) { return position(a) < position(b); });
    return first(std::move(all), limit);
  }
  std::optional<Blast> recall_to_sweep() const override {
    return least(&Blast::recalled_at, [](const Blast& b) { return is_to_sweep(b); });
  }
  std::vector<bool> have_recalls_to_sweep(std::span<const ProviderNo> providers) const override {
    std::vector<bool> have;
    for (const auto provider : providers) {
      const auto all = of(provider);
      have.push_back(std::any_of(all.begin(), all.end(), is_to_sweep));
    }
    return have;
  }
  std::vector<Blast> recalled_before(Ms before, std::size_t limit, std::exception_ptr&) const override {
    auto all = all_of([&](const Blast& b) {
      return b.state == BlastState::recalled && !b.purged && b.recalled_at < before;
    });
    std::stable_sort(all.begin(), all.end(),
                     [](const Blast& a, const Blast& b) { return a.recalled_at < b.recalled_at; });
    return first(std::move(all), limit);
  }
  void delete_blast(ProviderNo provider, BlastNo no) override {
    delete_draft(provider, no);
    data_.texts.erase({provider, no});
    data_.blasts.erase({provider, no});
  }

  std::optional<std::string> text(ProviderNo provider, BlastNo no) const override {
    return data_.texts.get({provider, no});
  }
  Found<BlastKey, std::string> texts(std::span<const BlastKey> keys) const override {
    return found_in(data_.texts, keys);
  }
  void put_text(ProviderNo provider, BlastNo no, std::string_view text) override {
    data_.texts.put({provider, no}, std::string(text));
  }

  std::vector<DraftSlice> draft_slices(ProviderNo provider, BlastNo no,
                                       std::span<const SliceNo> slices) const override {
    return each_of(slices, [&](SliceNo slice) {
      return data_.draft_slices.get({provider, no, slice}).value_or(DraftSlice{});
    });
  }
  std::vector<ChosenSlice> draft_slices(ProviderNo provider, BlastNo no, SliceNo from,
                                        std::size_t limit) const override {
    std::vector<ChosenSlice> slices;
    for (const auto& [key, slice] : slices_of(provider, no))
      if (std::get<2>(key) >= from && slices.size() < limit) slices.push_back({std::get<2>(key), slice});
    return slices;
  }
  void put_draft_slices(ProviderNo provider, BlastNo no, std::span<const ChosenSlice> slices) override {
    for (const auto& [slice, value] : slices) {
      if (value.empty()) {
        data_.draft_slices.erase({provider, no, slice});
      } else {
        data_.draft_slices.put({provider, no, slice}, value);
      }
    }
  }
  void delete_draft(ProviderNo provider, BlastNo no) override {
    for (const auto& [key, slice] : slices_of(provider, no)) data_.draft_slices.erase(key);
  }

  void insert_audiences(ProviderNo provider, Seq seq, BlastNo no,
                        std::span<const AudienceOfSlice> slices) override {
    for (const auto& [slice, value] : slices) {
      AudienceRow row;
      row.blast_no = no;
      row.audience.recipients = Slice::decode(value.recipients);
      row.audience.archived = Slice::decode(value.archived);
      row.audience.off = Slice::decode(value.off);
      row.audience.deselected = Slice::decode(value.deselected);
      data_.audiences.put({provider, slice, seq}, row);
    }
  }
  Audience audience(ProviderNo provider, SliceNo slice, Seq seq) const override {
    const auto* row = data_.audiences.find({provider, slice, seq});
    return row != nullptr ? row->audience : Audience{};
  }
  std::vector<Slice> recipients(ProviderNo provider, Seq seq,
                                std::span<const SliceNo> slices) const override {
    return each_of(slices, [&](SliceNo slice) { return audience(provider, slice, seq).recipients; });
  }
  bool is_recipient(ProviderNo provider, Place place, Seq seq) const override {
    return audience(provider, slice_of(place), seq).recipients.contains(within_slice(place));
  }
  bool has_thread(ProviderNo provider, Place place, Seq seq) const override {
    return kept_in(provider, slice_of(place), seq).contains(within_slice(place));
  }
  Found<RecipientKey, bool> have_threads(std::span<const RecipientKey> keys) const override {
    Found<RecipientKey, bool> found;
    for (const auto& key : keys) found.add(key, has_thread(key.provider_no, key.place, key.seq));
    return found;
  }
  std::vector<Slice> kept(ProviderNo provider, Seq seq, std::span<const SliceNo> slices) const override {
    return each_of(slices, [&](SliceNo slice) { return kept_in(provider, slice, seq); });
  }
  bool has_kept(ProviderNo provider, SliceNo slice, Seq seq) const override {
    const auto* row = data_.audiences.find({provider, slice, seq});
    return row != nullptr && row->kept.has_value();
  }
  void put_kept(ProviderNo provider, Seq seq, BlastNo, std::span<const PlacesOfSlice> slices) override {
    for (const auto& [slice, value] : slices) {
      auto row = data_.audiences.get({provider, slice, seq});
      if (!row) continue;
      row->kept = value;
      data_.audiences.update({provider, slice, seq}, *row);
    }
  }
  std::vector<NewerBlast> newer_blasts(std::span<const NewerKey> places, std::size_t limit) const override {
    std::vector<NewerBlast> blasts;
    for (const auto& wanted : places) {
      const auto provider = wanted.at.provider_no;
      const SliceNo slice = slice_of(wanted.at.place);
      const auto within = [&](const AudienceKey& key) {
        return std::get<0>(key) == provider && std::get<1>(key) == slice;
      };
      for (const auto& [key, row] : data_.audiences.rows({provider, slice, wanted.after + 1}, within,
                                                         [](auto&, auto&) { return true; }))
        if ((row.kept ? *row.kept : row.audience.recipients).contains(within_slice(wanted.at.place)) &&
            blasts.size() < limit)
          blasts.push_back({wanted.at, {std::get<2>(key), row.blast_no, row.kept.has_value()}});
    }
    return blasts;
  }

  void mark(ProviderNo provider, BlastNo no, MarkKind kind, Place place) override {
    const MarkPageKey key{provider, no, kind, mark_page_of(place)};
    data_.marks.lock(key, true);  // one statement reads and writes it
    auto page = data_.marks.get(key).value_or(MarkPage());
    if (page.add(place)) data_.marks.put(key, page);
  }
  std::vector<Slice> marks(ProviderNo provider, BlastNo no, MarkKind kind,
                           std::span<const SliceNo> slices) const override {
    return each_of(slices, [&](SliceNo slice) {
      Slice all;
      for (MarkPageNo i = 0; i < kMarkPagesOfSlice; ++i)
        if (const auto* page = data_.marks.find({provider, no, kind, slice * kMarkPagesOfSlice + i}))
          all.add_part(i, page->bits());
      return all;
    });
  }
  Found<BlastKey, MarkCounts> mark_counts(std::span<const BlastKey> keys) const override {
    return find_each(keys, [&](const BlastKey& blast) {
      MarkCounts counts;
      data_.marks.each({blast.first, blast.second, MarkKind(), 0}, [&](const MarkPageKey& key, auto& page) {
        if (std::get<0>(key) != blast.first || std::get<1>(key) != blast.second) return false;
        counts.add(std::get<2>(key), MarkPage::count(page.bits()));
        return true;
      });
      return std::optional(counts);
    });
  }

 private:
  Slice kept_in(ProviderNo provider, SliceNo slice, Seq seq) const {
    const auto* row = data_.audiences.find({provider, slice, seq});
    return row == nullptr ? Slice() : row->kept ? *row->kept : row->audience.recipients;
  }
  static bool may_pass(const Blast& b) { return b.state == BlastState::scheduled || is_under_way(b.state); }
  static bool is_to_sweep(const Blast& b) {
    return b.state == BlastState::recalled && b.swept < b.roster_size;
  }
  static std::vector<Blast> first(std::vector<Blast> all, std::size_t limit) {
    if (all.size() > limit) all.resize(limit);
    return all;
  }
  std::vector<Blast> of(ProviderNo provider) const {
    std::vector<Blast> all;
    data_.blasts.each({provider, 0}, [&](const BlastKey& key, const Blast& blast) {
      if (key.first != provider) return false;
      all.push_back(blast);
      return true;
    });
    return all;
  }
  template <typename Wanted>
  std::vector<Blast> all_of(const Wanted& wanted) const {
    std::vector<Blast> all;
    data_.blasts.for_all([&](const BlastKey&, const Blast& blast) {
      if (wanted(blast)) all.push_back(blast);
    });
    return all;
  }
  template <typename Wanted>
  std::optional<Blast> least(Ms Blast::*time, const Wanted& wanted) const {
    const auto all = all_of(wanted);
    const auto found = std::min_element(all.begin(), all.end(),
                                        [&](const Blast& a, const Blast& b) { return a.*time < b.*time; });
    return found != all.end() ? std::optional(*found) : std::nullopt;
  }
  std::vector<std::pair<SliceKey, DraftSlice>> slices_of(ProviderNo provider, BlastNo no) const {
    const auto within = [&](const SliceKey& key) {
      return std::get<0>(key) == provider && std::get<1>(key) == no;
    };
    return data_.draft_slices.rows({provider, no, 0}, within, [](auto&, auto&) { return true; });
  }

  Data& data_;
};

}  // namespace test::memory
