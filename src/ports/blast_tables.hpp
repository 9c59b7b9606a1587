// Blasts, drafts, recipients and what they did, as rows.
#pragma once

#include <exception>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "model/audience.hpp"
#include "model/blast.hpp"
#include "model/mark.hpp"
#include "model/person.hpp"
#include "ports/found.hpp"

namespace bccast {

/// Where a page of blasts past their deadline goes on: after this one, in the order of these numbers.
struct DeadlinePosition {
  Ms deadline_at = 0;
  ProviderNo provider_no = 0;
  BlastNo blast_no = 0;
};

using BlastKey = std::pair<ProviderNo, BlastNo>;

/// A place that may have the thread of a sent blast.
struct RecipientKey {
  ProviderNo provider_no = 0;
  Place place = 0;
  Seq seq = 0;
  friend auto operator<=>(const RecipientKey&, const RecipientKey&) = default;
};

/// A blast that was sent, as its recipients' row tells of it.
struct SentBlast {
  Seq seq = 0;
  BlastNo no = 0;
  bool recalled = false;
  friend bool operator==(const SentBlast&, const SentBlast&) = default;
};

/// Where the newer blasts of a client are looked for, on one of its rosters.
struct NewerKey {
  RosterKey at;
  Seq after = 0;
};
/// One of these, and at which place it was found.
struct NewerBlast {
  RosterKey at;
  SentBlast blast;
  friend bool operator==(const NewerBlast&, const NewerBlast&) = default;
};

struct ChosenSlice {
  SliceNo slice = 0;
  DraftSlice chosen;
};

/// Who has a blast that is sent, of one slice; and who keeps one that is recalled.
using AudienceOfSlice = std::pair<SliceNo, StoredAudience>;
using PlacesOfSlice = std::pair<SliceNo, Slice>;

/// What is asked of several slices is given in their order; no more than kSlicesTogether are named in one
/// call (core/set_pages.hpp).
class BlastTables {
 public:
  virtual ~BlastTables() = default;

  virtual std::optional<Blast> blast(ProviderNo provider, BlastNo no) const = 0;
  virtual Found<BlastKey, Blast> blasts(std::span<const BlastKey> keys) const = 0;
  virtual std::optional<BlastNo> blast_by_key(ProviderNo provider, std::string_view key_hash) const = 0;
  /// Those with a number below `before`, newest first.
  virtual std::vector<Blast> blasts(ProviderNo provider, BlastNo before, std::optional<BlastState> state,
                                    std::size_t limit) const = 0;
  /// The numbers of the provider's blasts after `after`, ascending; also of those whose rows are damaged.
  virtual std::vector<BlastNo> blast_numbers(ProviderNo provider, BlastNo after, std::size_t limit) const = 0;
  virtual void insert_blast(const Blast& blast) = 0;
  /// REQUIRES: when it was made, by whom, and with which key is unchanged.
  virtual void update_blast(const Blast& blast) = 0;
  /// Drafts, and what is scheduled.
  virtual std::vector<Blast> unsent(ProviderNo provider) const = 0;
  /// The number of the first of these from `from` on, also of one whose row is damaged.
  virtual std::optional<BlastNo> unsent_from(ProviderNo provider, BlastNo from) const = 0;

  /// What is due by the clock, or was left to be done.
  struct Agenda {
    std::optional<Ms> schedule;  // when the first one is due
    std::optional<Ms> deadline;  // the first one that was not yet said to have passed
    bool to_sweep = false;       // threads of a recalled blast are to be brought up to date
    bool to_forget = false;      // who was told at which address, of lines that have ended
    bool owes = false;           // there are debts
    bool to_finish = false;      // acts in parts
    bool to_index = false;       // names and addresses are to be indexed anew
  };
  virtual Agenda agenda() const = 0;
  /// The first that is to be sent at `now` or was to be before.
  virtual std::optional<Blast> due_schedule(Ms now) const = 0;
  /// The first whose deadline has passed, and of which that was not yet said.
  virtual std::optional<Blast> due_deadline(Ms now) const = 0;
  /// Those whose deadline has passed, of one provider or of all.
  virtual std::vector<Blast> past_deadline(std::optional<ProviderNo> provider, Ms now,
                                           const DeadlinePosition& after, std::size_t limit) const = 0;
  virtual std::optional<Blast> recall_to_sweep() const = 0;
  /// Whether the provider has such a one.
  virtual std::vector<bool> have_recalls_to_sweep(std::span<const ProviderNo> providers) const = 0;
  bool has_recall_to_sweep(ProviderNo provider) const {
    return have_recalls_to_sweep({&provider, 1}).front();
  }
  /// Those that were recalled before that time, and whose texts are still there. Damaged ones are passed by,
  /// and the first of them is remembered in `damaged` where that is null.
  virtual std::vector<Blast> recalled_before(Ms before, std::size_t limit,
                                             std::exception_ptr& damaged) const = 0;
  /// With its text and its draft.
  virtual void delete_blast(ProviderNo provider, BlastNo no) = 0;

  /// As bytes (core/texts.hpp).
  virtual std::optional<std::string> text(ProviderNo provider, BlastNo no) const = 0;
  /// Of the first of these, up to 8 MiB together, and of one at least: it was asked for the others in vain.
  virtual Found<BlastKey, std::string> texts(std::span<const BlastKey> keys) const = 0;
  virtual void put_text(ProviderNo provider, BlastNo no, std::string_view text) = 0;

  virtual std::vector<DraftSlice> draft_slices(ProviderNo provider, BlastNo no,
                                               std::span<const SliceNo> slices) const = 0;
  DraftSlice draft_slice(ProviderNo provider, BlastNo no, SliceNo slice) const {
    return draft_slices(provider, no, {&slice, 1}).front();
  }
  /// The first `limit` that have something, from `from` on, ascending.
  virtual std::vector<ChosenSlice> draft_slices(ProviderNo provider, BlastNo no, SliceNo from,
                                                std::size_t limit) const = 0;
  /// An empty slice is no row.
  virtual void put_draft_slices(ProviderNo provider, BlastNo no, std::span<const ChosenSlice> slices) = 0;
  void put_draft_slice(ProviderNo provider, BlastNo no, SliceNo slice, const DraftSlice& value) {
    const ChosenSlice one{slice, value};
    put_draft_slices(provider, no, {&one, 1});
  }
  virtual void delete_draft(ProviderNo provider, BlastNo no) = 0;

  /// Who has a sent blast, and who was chosen and left out: one row a slice.
  virtual void insert_audiences(ProviderNo provider, Seq seq, BlastNo no,
                                std::span<const AudienceOfSlice> slices) = 0;
  void insert_audience(ProviderNo provider, SliceNo slice, Seq seq, BlastNo no, const StoredAudience& value) {
    const AudienceOfSlice one{slice, value};
    insert_audiences(provider, seq, no, {&one, 1});
  }
  /// All empty when nobody of the slice was chosen.
  virtual Audience audience(ProviderNo provider, SliceNo slice, Seq seq) const = 0;
  /// Empty when the blast has none in this slice.
  virtual std::vector<Slice> recipients(ProviderNo provider, Seq seq,
                                        std::span<const SliceNo> slices) const = 0;
  Slice recipients(ProviderNo provider, SliceNo slice, Seq seq) const {
    return recipients(provider, seq, {&slice, 1}).front();
  }
  virtual bool is_recipient(ProviderNo provider, Place place, Seq seq) const = 0;
  /// The same, but of a recalled blast only when the thread is still there.
  virtual bool has_thread(ProviderNo provider, Place place, Seq seq) const = 0;
  virtual Found<RecipientKey, bool> have_threads(std::span<const RecipientKey> keys) const = 0;
  /// Who still has the thread: all recipients, unless it was recalled.
  virtual std::vector<Slice> kept(ProviderNo provider, Seq seq, std::span<const SliceNo> slices) const = 0;
  Slice kept(ProviderNo provider, SliceNo slice, Seq seq) const {
    return kept(provider, seq, {&slice, 1}).front();
  }
  /// Whether that was stored.
  virtual bool has_kept(ProviderNo provider, SliceNo slice, Seq seq) const = 0;
  virtual void put_kept(ProviderNo provider, Seq seq, BlastNo no, std::span<const PlacesOfSlice> slices) = 0;
  void put_kept(ProviderNo provider, SliceNo slice, Seq seq, BlastNo no, const Slice& value) {
    const PlacesOfSlice one{slice, value};
    put_kept(provider, seq, no, {&one, 1});
  }
  /// The first `limit` blasts in which one of these places has a thread: one place after the other, and of
  /// each place those after its `after`, ascending.
  virtual std::vector<NewerBlast> newer_blasts(std::span<const NewerKey> places, std::size_t limit) const = 0;

  /// Marks a recipient: once, however often.
  virtual void mark(ProviderNo provider, BlastNo no, MarkKind kind, Place place) = 0;
  /// Who of a slice has the mark.
  virtual std::vector<Slice> marks(ProviderNo provider, BlastNo no, MarkKind kind,
                                   std::span<const SliceNo> slices) const = 0;
  Slice marks(ProviderNo provider, BlastNo no, MarkKind kind, SliceNo slice) const {
    return marks(provider, no, kind, {&slice, 1}).front();
  }
  /// How many have which. Each of the blasts is found, also one that nobody has marked.
  virtual Found<BlastKey, MarkCounts> mark_counts(std::span<const BlastKey> keys) const = 0;
};

}  // namespace bccast
