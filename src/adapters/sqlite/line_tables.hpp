// Lines, who of them waits and who was left out, in SQLite.
#pragma once

#include <exception>
#include <optional>
#include <vector>

#include <bccast/types.hpp>

#include "adapters/sqlite/connection.hpp"
#include "ports/line_tables.hpp"

namespace bccast::sqlite {

class SqliteLineTables : public virtual LineTables {
 public:
  explicit SqliteLineTables(Connection& db) : db_(db) {}

  void insert_line(const Line& line) override;
  std::optional<Line> line(LineNo no) const override;
  Found<LineNo, Line> lines(std::span<const LineNo> nos) const override;
  std::vector<Line> lines(ProviderNo provider, BlastNo blast) const override;
  Found<std::pair<ProviderNo, BlastNo>, std::vector<Line>> lines_of(
      std::span<const std::pair<ProviderNo, BlastNo>> blasts) const override;
  std::vector<Line> open_lines(ProviderNo provider) const override;
  std::vector<Line> sound_open_lines(ProviderNo provider) const override;
  std::vector<Line> open_lines_of_channel(ChannelNo channel) const override;
  std::vector<Line> sound_lines(ProviderNo provider, BlastNo blast) const override;
  std::vector<Line> sound_open_lines_of_channel(ChannelNo channel) const override;
  std::optional<Line> next_line(ChannelNo channel) const override;
  std::int64_t last_turn(ChannelNo channel) const override;
  void update_line(const Line& line) override;
  std::int64_t pending(ChannelNo channel) const override;
  std::vector<Slice> audience(const Line& line, std::span<const SliceNo> slices) const override;
  WaitingPage waiting_places(std::span<const LineSlice> slices) const override;
  std::vector<Slice> waiting(std::span<const WaitingKey> keys) const override;
  void put_waiting_places(const Line& line, std::span<const WaitingPlaces> places) override;
  std::optional<NextWaiting> next_waiting(ChannelNo channel, Ms now, Ms longest) const override;
  std::vector<Slice> skipped(std::span<const SkipKey> keys) const override;
  void put_skipped(std::span<const std::pair<SkipKey, Slice>> skips) override;
  SkippedPage skips(const Line& line, std::span<const SliceNo> slices) const override;
  Found<AddressOnLine, ToldAddress> told_addresses(std::span<const AddressOnLine> addresses) const override;
  std::vector<bool> insert_told_addresses(std::span<const ToldAddress> addresses) override;
  void put_told_addresses(std::span<const ToldAddress> addresses) override;
  void mark_told(std::span<const ToldAddress> addresses) override;
  void delete_told_addresses(std::span<const AddressOnLine> addresses) override;
  std::optional<Line> line_to_forget() const override;
  std::vector<LineNo> lines_to_forget(ProviderNo provider) const override;
  void forget_told_addresses(LineNo line, std::size_t most) override;
  std::optional<LineNo> told_line_after(LineNo after) const override;

  /// For verification: rows that are not what was once written.
  void find_damage(std::vector<FindingRow>& findings) const;

 private:
  std::size_t find_waiting(std::span<const LineSlice> run, std::vector<WaitingPlaces>& all) const;
  Slice stored_waiting(const WaitingKey& key) const;
  Slice stored_skip(const SkipKey& key) const;
  void find_skips(const Line& line, SliceNo slice, std::vector<SkippedPlaces>& all) const;
  /// Damaged ones are passed by, and the first of them remembered in `damaged`.
  std::vector<Line> sound_lines(ProviderNo provider, BlastNo blast, std::exception_ptr& damaged) const;
  std::vector<Line> sound_open_lines(ProviderNo provider, std::exception_ptr& damaged) const;
  std::vector<Line> sound_open_lines_of_channel(ChannelNo channel, std::exception_ptr& damaged) const;

  Connection& db_;
};

/// Those of the line that wait are parked, or parked ones wait again.
void park_waiting_places(Connection& db, LineNo line, bool parked);

}  // namespace bccast::sqlite
