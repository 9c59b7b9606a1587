// Blasts, drafts, recipients and what they did, as rows.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/function_ref.hpp"
#include "model/audience.hpp"
#include "model/blast.hpp"

namespace bccast {

/// What the recipients of one slice did.
struct MarkSlice {
  Slice opened;
  Slice replied;
};

class BlastTables {
 public:
  virtual ~BlastTables() = default;

  virtual std::optional<Blast> blast(ProviderNo provider, BlastNo no) const = 0;
  virtual std::optional<BlastNo> blast_by_key(ProviderNo provider, std::string_view key_hash) const = 0;
  /// Those with a number below `before`, newest first.
  virtual std::vector<Blast> blasts(ProviderNo provider, BlastNo before, std::optional<BlastState> state,
                                    std::size_t limit) const = 0;
  virtual void insert_blast(const Blast& blast) = 0;
  virtual void update_blast(const Blast& blast) = 0;
  virtual std::vector<BlastNo> drafts(ProviderNo provider) const = 0;
  /// With its text and its draft.
  virtual void delete_blast(ProviderNo provider, BlastNo no) = 0;

  virtual std::optional<std::string> text(ProviderNo provider, BlastNo no) const = 0;
  virtual void put_text(ProviderNo provider, BlastNo no, std::string_view text) = 0;

  virtual DraftSlice draft_slice(ProviderNo provider, BlastNo no, SliceNo slice) const = 0;
  /// An empty slice is no row.
  virtual void put_draft_slice(ProviderNo provider, BlastNo no, SliceNo slice, const DraftSlice& value) = 0;
  virtual void delete_draft(ProviderNo provider, BlastNo no) = 0;

  /// Who has a sent blast, and who was chosen and left out: one row a slice.
  virtual void insert_audience(ProviderNo provider, SliceNo slice, Seq seq, BlastNo no,
                               const Audience& value) = 0;
  /// All empty when nobody of the slice was chosen.
  virtual Audience audience(ProviderNo provider, SliceNo slice, Seq seq) const = 0;
  /// Empty when the blast has none in this slice.
  virtual Slice recipients(ProviderNo provider, SliceNo slice, Seq seq) const = 0;
  virtual bool is_recipient(ProviderNo provider, Place place, Seq seq) const = 0;
  /// The provider's blasts after `after` that went to `place`, ascending.
  virtual void newer_blasts(ProviderNo provider, Place place, Seq after,
                            FunctionRef<void(Seq, BlastNo)> f) const = 0;

  virtual MarkSlice marks(ProviderNo provider, BlastNo no, SliceNo slice) const = 0;
  virtual void put_marks(ProviderNo provider, BlastNo no, SliceNo slice, const MarkSlice& value) = 0;
  struct MarkCounts {
    std::int64_t opened = 0;
    std::int64_t replied = 0;
  };
  virtual MarkCounts mark_counts(ProviderNo provider, BlastNo no) const = 0;
};

}  // namespace bccast
