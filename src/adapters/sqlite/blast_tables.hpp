// Blasts, drafts, recipients and marks in SQLite.
#pragma once

#include <vector>

#include <bccast/types.hpp>

#include "adapters/sqlite/connection.hpp"
#include "ports/blast_tables.hpp"

namespace bccast::sqlite {

class SqliteBlastTables final : public BlastTables {
 public:
  explicit SqliteBlastTables(Connection& db) : db_(db) {}

  std::optional<Blast> blast(ProviderNo provider, BlastNo no) const override;
  Found<BlastKey, Blast> blasts(std::span<const BlastKey> keys) const override;
  std::optional<BlastNo> blast_by_key(ProviderNo provider, std::string_view key_hash) const override;
  std::vector<Blast> blasts(ProviderNo provider, BlastNo before, std::optional<BlastState> state,
                            std::size_t limit) const override;
  std::vector<Blast> unsent(ProviderNo provider) const override;
  std::optional<BlastNo> unsent_from(ProviderNo provider, BlastNo from) const override;
  Agenda agenda() const override;
  std::optional<Blast> due_schedule(Ms now) const override;
  std::optional<Blast> due_deadline(Ms now) const override;
  std::vector<Blast> past_deadline(std::optional<ProviderNo> provider, Ms now, const DeadlinePosition& after,
                                   std::size_t limit) const override;
  std::optional<Blast> recall_to_sweep() const override;
  std::vector<bool> have_recalls_to_sweep(std::span<const ProviderNo> providers) const override;
  std::vector<Blast> recalled_before(Ms before, std::size_t limit,
                                     std::exception_ptr& damaged) const override;
  std::vector<BlastNo> blast_numbers(ProviderNo provider, BlastNo after, std::size_t limit) const override;
  void insert_blast(const Blast& blast) override;
  void update_blast(const Blast& blast) override;
  void delete_blast(ProviderNo provider, BlastNo no) override;
  std::optional<std::string> text(ProviderNo provider, BlastNo no) const override;
  Found<BlastKey, std::string> texts(std::span<const BlastKey> keys) const override;
  void put_text(ProviderNo provider, BlastNo no, std::string_view text) override;
  std::vector<DraftSlice> draft_slices(ProviderNo provider, BlastNo no,
                                       std::span<const SliceNo> slices) const override;
  std::vector<ChosenSlice> draft_slices(ProviderNo provider, BlastNo no, SliceNo from,
                                        std::size_t limit) const override;
  void put_draft_slices(ProviderNo provider, BlastNo no, std::span<const ChosenSlice> slices) override;
  void delete_draft(ProviderNo provider, BlastNo no) override;
  void insert_audiences(ProviderNo provider, Seq seq, BlastNo no,
                        std::span<const AudienceOfSlice> slices) override;
  Audience audience(ProviderNo provider, SliceNo slice, Seq seq) const override;
  std::vector<Slice> recipients(ProviderNo provider, Seq seq, std::span<const SliceNo> slices) const override;
  bool is_recipient(ProviderNo provider, Place place, Seq seq) const override;
  bool has_thread(ProviderNo provider, Place place, Seq seq) const override;
  Found<RecipientKey, bool> have_threads(std::span<const RecipientKey> keys) const override;
  std::vector<Slice> kept(ProviderNo provider, Seq seq, std::span<const SliceNo> slices) const override;
  bool has_kept(ProviderNo provider, SliceNo slice, Seq seq) const override;
  void put_kept(ProviderNo provider, Seq seq, BlastNo no, std::span<const PlacesOfSlice> slices) override;
  std::vector<NewerBlast> newer_blasts(std::span<const NewerKey> places, std::size_t limit) const override;
  void mark(ProviderNo provider, BlastNo no, MarkKind kind, Place place) override;
  std::vector<Slice> marks(ProviderNo provider, BlastNo no, MarkKind kind,
                           std::span<const SliceNo> slices) const override;
  Found<BlastKey, MarkCounts> mark_counts(std::span<const BlastKey> keys) const override;

  /// For verification: rows that are not what was once written.
  void find_damage(std::vector<FindingRow>& findings) const;

 private:
  bool has_recall(ProviderNo provider) const;
  DraftSlice stored_draft(ProviderNo provider, BlastNo no, SliceNo slice) const;
  Slice stored_kept(ProviderNo provider, Seq seq, SliceNo slice) const;
  Slice stored_marks(ProviderNo provider, BlastNo no, MarkKind kind, SliceNo slice) const;
  void find_newer(const NewerKey& key, std::size_t limit, std::vector<NewerBlast>& blasts) const;

  Connection& db_;
};

/// Who has a sent blast, of one slice.
Slice recipients_of(Connection& db, ProviderNo provider, SliceNo slice, Seq seq);

}  // namespace bccast::sqlite
