// Providers, clients and rosters in SQLite.
#pragma once

#include <string>

#include <vector>

#include <bccast/types.hpp>

#include "adapters/sqlite/connection.hpp"
#include "ports/directory_tables.hpp"

namespace bccast::sqlite {

class SqliteDirectoryTables final : public DirectoryTables {
 public:
  explicit SqliteDirectoryTables(Connection& db) : db_(db) {}

  std::optional<Provider> provider(std::string_view id) const override;
  std::optional<Provider> provider(ProviderNo no) const override;
  Found<ProviderNo, Provider> providers(std::span<const ProviderNo> nos) const override;
  std::optional<ProviderNo> insert_provider(const Provider& provider) override;
  void update_provider(const Provider& provider) override;
  Found<ProviderNo, RosterWork> roster_works(std::span<const ProviderNo> providers) const override;
  void update_roster_work(const RosterWork& work) override;
  std::optional<Client> client(std::string_view id) const override;
  std::optional<Client> client(ClientNo no) const override;
  Found<std::string_view, Client> clients(std::span<const std::string_view> ids) const override;
  Found<ClientNo, Client> clients(std::span<const ClientNo> nos) const override;
  std::vector<std::optional<ClientNo>> insert_clients(std::span<const Client> clients) override;
  void update_clients(std::span<const Client> clients) override;
  void delete_client(ClientNo no) override;
  std::optional<Membership> membership(ClientNo client, ProviderNo provider) const override;
  std::vector<Membership> memberships(ClientNo client) const override;
  std::vector<HeldMembership> memberships(std::span<const ClientNo> clients, ProviderNo after,
                                          std::size_t limit) const override;
  std::vector<std::optional<Place>> insert_memberships(ProviderNo provider, std::span<const ClientNo> clients,
                                                       Place first, Seq stored_seq) override;
  void set_stored_seqs(ClientNo client, std::span<const std::pair<ProviderNo, Seq>> seqs) override;
  std::optional<Place> place_of(ProviderNo provider, std::string_view client_id) const override;
  Found<std::string_view, Place> places_of(ProviderNo provider,
                                           std::span<const std::string_view> client_ids) const override;
  std::optional<RosterEntry> entry(ProviderNo provider, Place place) const override;
  Found<RosterKey, RosterEntry> entries(std::span<const RosterKey> keys) const override;
  void insert_entries(std::span<const RosterEntry> entries) override;
  void update_entries(std::span<const RosterEntry> entries) override;
  RosterPage scan(ProviderNo provider, Place begin, Place end, std::size_t limit) const override;
  RosterPage scan(std::span<const RosterKey> places) const override;
  void insert_names(std::span<const NameRow> rows) override;
  void delete_names(std::span<const NameRow> rows) override;
  void forget_names(ProviderNo provider, Place place) override;
  std::vector<NamedPlace> names(ProviderNo provider, NameKind kind, std::optional<bool> archived,
                                std::string_view prefix, const std::optional<NamedPlace>& after,
                                std::size_t limit) const override;
  std::vector<SharedAddress> change_addresses(std::span<const AddressChange> changes) override;
  std::vector<AddressRow> shared_places(ProviderNo provider, std::span<const AddressHash> hashes,
                                        std::optional<AddressRow> after, std::size_t limit) const override;
  std::vector<AddressRow> addresses(ProviderNo provider, std::optional<AddressHash> after,
                                    std::size_t limit) const override;
  std::vector<AddressRow> shared_addresses(ProviderNo provider, std::optional<AddressRow> after,
                                           std::size_t limit) const override;
  bool forget_indexes(ProviderNo provider, std::size_t most) override;
  std::optional<ProviderNo> provider_after(ProviderNo no) const override;
  std::optional<Place> last_place(ProviderNo provider) const override;
  std::vector<Provider> providers(std::string_view after, std::size_t limit) const override;
  /// Of every provider: what it makes from now on has numbers behind a gap. Reads no row: a damaged one stays
  /// so.
  void skip_numbers(std::int64_t gap);
  RosterSlice roster_slice(ProviderNo provider, SliceNo slice) const override;
  std::vector<RosterSlice> roster_slices(std::span<const RosterSliceKey> keys) const override;
  void put_roster_slices(std::span<const std::pair<RosterSliceKey, RosterSlice>> slices) override;
  Slice address_slice(ProviderNo provider, SliceNo slice, std::string_view channel) const override;
  std::vector<std::string> zones() const override;
  std::vector<std::vector<std::string>> address_channels(
      std::span<const RosterSliceKey> slices) const override;
  std::vector<Slice> address_slices(std::span<const AddressSliceKey> keys) const override;
  void put_address_slices(std::span<const std::pair<AddressSliceKey, Slice>> slices) override;

  /// For verification: rows that are not what was once written.
  void find_damage(std::vector<FindingRow>& findings) const;

 private:
  std::optional<RosterWork> stored_work(ProviderNo provider) const;
  SharedAddress insert_address(const RosterKey& at, AddressHash hash);
  void delete_address(const RosterKey& at, AddressHash hash);

  Connection& db_;
  std::string encoded_;  // reused from entry to entry
};

}  // namespace bccast::sqlite
