// Channels, lines, claims and items in SQLite.
#pragma once

#include <vector>

#include <bccast/types.hpp>

#include "adapters/sqlite/connection.hpp"
#include "adapters/sqlite/item_places.hpp"
#include "ports/work_tables.hpp"

namespace bccast::sqlite {

class SqliteWorkTables final : public WorkTables {
 public:
  explicit SqliteWorkTables(Connection& db) : db_(db), item_places_(db) {}

  /// What is gathered until the transaction ends; written before each commit, and forgotten with what is
  /// undone.
  ItemPlaces& gathered() noexcept { return item_places_; }

  std::vector<Channel> channels() const override;
  std::optional<Channel> channel(std::string_view name) const override;
  std::optional<Channel> channel(ChannelNo no) const override;
  ChannelNo insert_channel(const Channel& channel) override;
  void update_channel(const Channel& channel) override;
  void insert_line(const Line& line) override;
  std::optional<Line> line(LineNo no) const override;
  std::vector<Line> lines(ProviderNo provider, BlastNo blast) const override;
  std::vector<Line> open_lines(ProviderNo provider) const override;
  std::vector<Line> open_lines_of_channel(ChannelNo channel) const override;
  std::optional<Line> next_line(ChannelNo channel) const override;
  std::int64_t last_turn(ChannelNo channel) const override;
  void update_line(const Line& line) override;
  std::int64_t pending(ChannelNo channel) const override;
  std::optional<Claim> claim(const Claim& of) const override;
  std::optional<Claim> expired_claim(ChannelNo channel, Ms now, Ms longest) const override;
  void insert_claim(const Claim& claim) override;
  void update_claim(const Claim& claim) override;
  bool delete_claim(const Claim& of) override;
  void claims_of(const Line& line, FunctionRef<void(const Claim&)> f) const override;
  bool sound_claims_of(const Line& line, FunctionRef<void(const Claim&)> f) const override;
  std::int64_t claims_in_flight(ChannelNo channel, Ms now, Ms longest) const override;
  void delete_claims(ChannelNo channel) override;
  void item_claims(ChannelNo channel, FunctionRef<void(const Claim&)> f) const override;
  ItemNo insert_item(const Item& item) override;
  std::vector<Item> due_items(ChannelNo channel, Ms now, Ms longest, std::size_t limit) const override;
  std::vector<Item> items_of(const Token& token) const override;
  std::optional<Item> item(ItemNo no) const override;
  std::optional<Token> holder_of(ItemNo no) const override;
  void claim_item(const Item& item, const Token& token) override;
  void update_item(const Item& item) override;
  void delete_item(const Item& item) override;
  void delete_notices(ChannelNo channel) override;
  void delete_waiting_notices(ChannelNo channel, ProviderNo provider) override;
  void forget_details(ProviderNo provider, Place place) override;
  std::optional<Item> item_of_notice(ChannelNo channel, ProviderNo provider,
                                     std::int64_t notice_no) const override;
  void items_of_line(LineNo line, Place begin, Place end, FunctionRef<bool(const Item&)> f) const override;
  void open_items_of_line(LineNo line, FunctionRef<bool(const Item&)> f) override;
  Slice item_places(LineNo line, SliceNo slice) const override;
  Slice failed_places(LineNo line, SliceNo slice) const override;
  void park_items(LineNo line, bool parked) override;
  void waiting_places(LineNo line, SliceNo slice,
                      FunctionRef<void(const Wait&, const Slice&)> f) const override;
  void put_waiting_places(const Line& line, SliceNo slice, const Wait& wait, const Slice& places) override;
  std::optional<NextWaiting> next_waiting(ChannelNo channel, Ms now, Ms longest) const override;
  Slice skipped(const Line& line, SliceNo slice, SkipReason reason) const override;
  void put_skipped(const Line& line, SliceNo slice, SkipReason reason, const Slice& value) override;
  void skips(const Line& line, SliceNo slice, FunctionRef<void(SkipReason, const Slice&)> f) const override;
  std::optional<ToldAddress> told_address(LineNo line, AddressHash hash) const override;
  bool hold_address(const ToldAddress& address, std::optional<Place> instead) override;
  void put_told_address(const ToldAddress& address) override;
  void delete_told_address(const ToldAddress& address) override;
  std::optional<Ms> next_item_due(ChannelNo channel) const override;
  std::optional<Ms> next_lease_over(ChannelNo channel, Ms after) const override;

  /// For verification: rows that are not what was once written.
  void find_damage(std::vector<FindingRow>& findings) const;

 private:
  Connection& db_;
  bool stands_where_it_says(const Item& item) const;

  ItemPlaces item_places_;
};

}  // namespace bccast::sqlite
