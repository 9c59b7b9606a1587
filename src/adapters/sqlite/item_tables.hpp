// Items in SQLite, and beside them the bitmaps of their places.
#pragma once

#include <optional>
#include <span>
#include <vector>

#include <bccast/types.hpp>

#include "adapters/sqlite/connection.hpp"
#include "adapters/sqlite/item_places.hpp"
#include "ports/item_tables.hpp"

namespace bccast::sqlite {

class SqliteItemTables : public virtual ItemTables {
 public:
  explicit SqliteItemTables(Connection& db) : db_(db), item_places_(db) {}

  /// What is gathered until the transaction ends; written before each commit, and forgotten with what is
  /// undone.
  ItemPlaces& gathered() noexcept { return item_places_; }

  void insert_items(std::span<const Item> items) override;
  std::vector<Item> due_items(ChannelNo channel, Ms now, Ms longest, std::size_t limit) const override;
  std::vector<Item> items_of(const Token& token) const override;
  std::vector<Item> items_of(std::span<const Claim> claims) const override;
  std::vector<HeldItem> items(std::span<const ItemNo> nos) const override;
  void claim_items(std::span<const Item> items, const Token& token) override;
  void claim_items(std::span<const Item> items, std::span<const Token> tokens) override;
  void update_items(std::span<const Item> items) override;
  void delete_items(std::span<const Item> items) override;
  void delete_notices(ChannelNo channel) override;
  void delete_waiting_notices(ChannelNo channel, ProviderNo provider) override;
  void forget_details(ProviderNo provider, Place place) override;
  std::optional<Item> item_of_notice(ChannelNo channel, ProviderNo provider,
                                     std::int64_t notice_no) const override;
  ItemPage items_of_line(LineNo line, Place begin, Place end, std::size_t limit) const override;
  Found<NoticeKey, Item> items_of_notices(ChannelNo channel,
                                          std::span<const NoticeKey> notices) const override;
  std::vector<ItemAt> items_at(LineNo line, std::span<const Place> places) const override;
  ItemPage open_items_of_line(LineNo line, Place begin, std::size_t limit) override;
  std::vector<ItemSlice> item_slices(std::span<const LineSlice> slices) const override;
  void park_items(LineNo line, bool parked) override;
  std::optional<Ms> next_item_due(ChannelNo channel) const override;

  /// For verification: rows that are not what was once written.
  void find_damage(std::vector<FindingRow>& findings) const;

 private:
  void claim_item(const Item& item, const Token& token);
  void update_item(const Item& item);
  bool stands_where_it_says(const Item& item) const;
  bool may_be_due(const Item& item) const;

  Connection& db_;
  ItemPlaces item_places_;
};

}  // namespace bccast::sqlite
