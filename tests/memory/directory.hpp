// Providers, clients and rosters in memory.
#pragma once

#include <algorithm>
#include <set>

#include "data.hpp"

namespace test::memory {

class Directory final : public DirectoryTables {
 public:
  explicit Directory(Data& data) : data_(data) {}

  std::optional<Provider> provider(std::string_view id) const override {
    const auto* no = data_.provider_ids.find(std::string(id));
    return no != nullptr ? data_.providers.get(*no) : std::nullopt;
  }
  std::optional<Provider> provider(ProviderNo no) const override { return data_.providers.get(no); }
  Found<ProviderNo, Provider> providers(std::span<const ProviderNo> nos) const override {
    return found_in(data_.providers, nos);
  }
  std::optional<ProviderNo> insert_provider(const Provider& provider) override {
    if (data_.provider_ids.has(provider.id)) return std::nullopt;
    Provider stored = provider;
    stored.no = data_.next(NumberKind::provider);
    data_.provider_ids.put(stored.id, stored.no);
    data_.providers.put(stored.no, stored);
    data_.roster_work.put(stored.no, {.provider_no = stored.no});
    return stored.no;
  }
  Found<ProviderNo, RosterWork> roster_works(std::span<const ProviderNo> providers) const override {
    return found_in(data_.roster_work, providers);
  }
  void update_roster_work(const RosterWork& work) override {
    data_.roster_work.update(work.provider_no, work);
  }
  void update_provider(const Provider& provider) override { data_.providers.update(provider.no, provider); }
  std::vector<Provider> providers(std::string_view after, std::size_t limit) const override {
    std::vector<Provider> all;
    data_.provider_ids.each(std::string(after), [&](const std::string& id, ProviderNo no) {
      if (id != after && all.size() < limit) all.push_back(*data_.providers.find(no));
      return all.size() < limit;
    });
    return all;
  }
  std::optional<ProviderNo> provider_after(ProviderNo no) const override {
    std::optional<ProviderNo> next;
    data_.providers.each(no + 1, [&](ProviderNo found, const Provider&) {
      next = found;
      return false;
    });
    return next;
  }

  std::optional<Client> client(std::string_view id) const override {
    const auto* no = data_.client_ids.find(std::string(id));
    return no != nullptr ? data_.clients.get(*no) : std::nullopt;
  }
  std::optional<Client> client(ClientNo no) const override { return data_.clients.get(no); }
  Found<std::string_view, Client> clients(std::span<const std::string_view> ids) const override {
    Found<std::string_view, Client> found;
    for (const auto id : ids) found.add(id, client(id));
    return found;
  }
  Found<ClientNo, Client> clients(std::span<const ClientNo> nos) const override {
    return found_in(data_.clients, nos);
  }
  std::vector<std::optional<ClientNo>> insert_clients(std::span<const Client> clients) override {
    std::vector<std::optional<ClientNo>> nos;
    for (const auto& client : clients) {
      if (data_.client_ids.has(client.id)) {
        nos.emplace_back();
        continue;
      }
      Client stored = client;
      stored.no = data_.next(NumberKind::client);
      data_.client_ids.put(stored.id, stored.no);
      data_.clients.put(stored.no, stored);
      nos.emplace_back(stored.no);
    }
    return nos;
  }
  void update_clients(std::span<const Client> clients) override {
    for (const auto& client : clients) data_.clients.update(client.no, client);
  }
  void delete_client(ClientNo no) override {
    if (const auto* client = data_.clients.find(no)) data_.client_ids.erase(client->id);
    data_.clients.erase(no);
    for (const auto& [key, row] : of_client(no)) data_.memberships.erase(key);
  }

  std::optional<Membership> membership(ClientNo client, ProviderNo provider) const override {
    return data_.memberships.get({client, provider});
  }
  std::vector<Membership> memberships(ClientNo client) const override {
    std::vector<Membership> all;
    for (const auto& [key, row] : of_client(client)) all.push_back(row);
    return all;
  }
  std::vector<HeldMembership> memberships(std::span<const ClientNo> clients, ProviderNo after,
                                          std::size_t limit) const override {
    std::vector<HeldMembership> all;
    for (const auto client : clients) {
      for (const auto& membership : memberships(client)) {
        if (membership.provider_no <= after) continue;
        if (all.size() == limit) return all;
        all.push_back({client, membership});
      }
      after = 0;
    }
    return all;
  }
  std::vector<std::optional<Place>> insert_memberships(ProviderNo provider, std::span<const ClientNo> clients,
                                                       Place first, Seq stored_seq) override {
    std::vector<std::optional<Place>> places;
    for (const auto client : clients) {
      const bool added = data_.memberships.add({client, provider}, {provider, first, stored_seq});
      places.push_back(added ? std::optional(first++) : std::nullopt);
    }
    return places;
  }
  void set_stored_seqs(ClientNo client, std::span<const std::pair<ProviderNo, Seq>> seqs) override {
    for (const auto& [provider, seq] : seqs) {
      auto row = membership(client, provider);
      if (!row) continue;
      row->stored_seq = std::max(row->stored_seq, seq);
      data_.memberships.update({client, provider}, *row);
    }
  }
  std::optional<Place> place_of(ProviderNo provider, std::string_view client_id) const override {
    const auto* no = data_.client_ids.find(std::string(client_id));
    if (no == nullptr) return std::nullopt;
    const auto* held = data_.memberships.find({*no, provider});
    return held != nullptr ? std::optional(held->place) : std::nullopt;
  }
  Found<std::string_view, Place> places_of(ProviderNo provider,
                                           std::span<const std::string_view> client_ids) const override {
    Found<std::string_view, Place> found;
    for (const auto id : client_ids) found.add(id, place_of(provider, id));
    return found;
  }

  std::optional<RosterEntry> entry(ProviderNo provider, Place place) const override {
    return data_.entries.get({provider, place});
  }
  Found<RosterKey, RosterEntry> entries(std::span<const RosterKey> keys) const override {
    return found_in(data_.entries, keys);
  }
  void insert_entries(std::span<const RosterEntry> entries) override { update_entries(entries); }
  void update_entries(std::span<const RosterEntry> entries) override {
    for (const auto& entry : entries) {
      RosterEntry stored = entry;
      // As one row that says both.
      stored.client.flags = stored.flags & flag::of_client;
      data_.entries.put({entry.provider_no, entry.place}, std::move(stored));
    }
  }
  RosterPage scan(ProviderNo provider, Place begin, Place end, std::size_t limit) const override {
    RosterPage page;
    data_.entries.each({provider, begin}, [&](const RosterKey& key, const RosterEntry& row) {
      if (key.provider_no != provider || key.place >= end || page.entries().size() == limit) return false;
      page.add_copy(row.view());
      return true;
    });
    return page;
  }
  RosterPage scan(std::span<const RosterKey> places) const override {
    RosterPage page;
    for (const auto& at : places)
      if (const auto row = entry(at.provider_no, at.place)) page.add_copy(row->view());
    return page;
  }
  std::optional<Place> last_place(ProviderNo provider) const override {
    std::optional<Place> last;
    data_.entries.each({provider, 0}, [&](const RosterKey& key, const RosterEntry&) {
      if (key.provider_no == provider) last = key.place;
      return key.provider_no == provider;
    });
    return last;
  }

  void insert_names(std::span<const NameRow> rows) override {
    for (const auto& row : rows) data_.names.put(key_of(row), {});
  }
  void delete_names(std::span<const NameRow> rows) override {
    for (const auto& row : rows) data_.names.erase(key_of(row));
  }
  void forget_names(ProviderNo provider, Place place) override {
    for (const auto& [key, row] : data_.names.rows([&](const NameKey&key, const Nothing&) {
           return std::get<0>(key) == provider && std::get<4>(key) == place;
         }))
      data_.names.erase(key);
  }
  std::vector<NamedPlace> names(ProviderNo provider, NameKind kind, std::optional<bool> archived,
                                std::string_view prefix, const std::optional<NamedPlace>& after,
                                std::size_t limit) const override {
    std::vector<std::pair<std::string, Place>> found;
    data_.names.for_all([&](const NameKey& key, const Nothing&) {
      const auto& [of, of_kind, is_archived, name, place] = key;
      if (of != provider || of_kind != kind || (archived && *archived != is_archived)) return;
      if (!name.starts_with(prefix)) return;
      if (!after || std::pair(name, place) > std::pair(after->key, after->place))
        found.emplace_back(name, place);
    });
    std::sort(found.begin(), found.end());
    if (found.size() > limit) found.resize(limit);
    std::vector<NamedPlace> names;
    for (auto& [name, place] : found) names.push_back({std::move(name), place});
    return names;
  }

  std::vector<SharedAddress> change_addresses(std::span<const AddressChange> changes) override {
    std::vector<SharedAddress> met;
    for (const auto& [at, hash, comes] : changes) {
      SharedAddress found;
      if (comes) {
        const auto others = places_of(at.provider_no, hash);
        found.shared = !others.empty();
        if (others.size() == 1) found.was_alone = others[0];
        data_.addresses.put({at.provider_no, hash, at.place}, {});
      } else {
        data_.addresses.erase({at.provider_no, hash, at.place});
      }
      met.push_back(found);
    }
    return met;
  }
  std::vector<AddressRow> shared_places(ProviderNo provider, std::span<const AddressHash> hashes,
                                        std::optional<AddressRow> after, std::size_t limit) const override {
    std::vector<AddressRow> rows;
    for (const auto hash : hashes) {
      const auto places = places_of(provider, hash);
      if (places.size() < 2) continue;
      for (const auto place : places)
        if (const AddressRow row{hash, place}; (!after || row > *after) && rows.size() < limit)
          rows.push_back(row);
    }
    return rows;
  }
  std::vector<AddressRow> addresses(ProviderNo provider, std::optional<AddressHash> after,
                                    std::size_t limit) const override {
    std::vector<AddressRow> rows;
    for (const auto& [hash, place] : all_addresses(provider))
      if ((!after || hash > *after) && rows.size() < limit && (rows.empty() || rows.back().hash != hash))
        rows.push_back({hash, place});
    return rows;
  }
  std::vector<AddressRow> shared_addresses(ProviderNo provider, std::optional<AddressRow> after,
                                           std::size_t limit) const override {
    const auto all = all_addresses(provider);
    std::vector<AddressRow> rows;
    for (std::size_t i = 0; i < all.size(); ++i) {
      const bool before = i > 0 && all[i - 1].first == all[i].first;
      const bool behind = i + 1 < all.size() && all[i + 1].first == all[i].first;
      const AddressRow row{all[i].first, all[i].second};
      if ((before || behind) && (!after || row > *after) && rows.size() < limit) rows.push_back(row);
    }
    return rows;
  }
  bool forget_indexes(ProviderNo provider, std::size_t most) override {
    std::vector<NameKey> names;
    data_.names.for_all([&](const NameKey& key, const Nothing&) {
      if (std::get<0>(key) == provider && names.size() < most) names.push_back(key);
    });
    for (const auto& key : names) data_.names.erase(key);
    auto addresses = all_addresses(provider);
    if (addresses.size() > most) addresses.resize(most);
    for (const auto& [hash, place] : addresses) data_.addresses.erase({provider, hash, place});
    return !names.empty() || !addresses.empty();
  }

  RosterSlice roster_slice(ProviderNo provider, SliceNo slice) const override {
    return data_.roster_slices.get({provider, slice}).value_or(RosterSlice{});
  }
  std::vector<RosterSlice> roster_slices(std::span<const RosterSliceKey> keys) const override {
    std::vector<RosterSlice> all;
    for (const auto& key : keys) all.push_back(roster_slice(key.provider_no, key.slice));
    return all;
  }
  void put_roster_slices(std::span<const std::pair<RosterSliceKey, RosterSlice>> slices) override {
    for (const auto& [key, slice] : slices) data_.roster_slices.put(key, slice);
  }
  Slice address_slice(ProviderNo provider, SliceNo slice, std::string_view channel) const override {
    return data_.address_slices.get({{provider, slice}, std::string(channel)}).value_or(Slice());
  }
  std::vector<Slice> address_slices(std::span<const AddressSliceKey> keys) const override {
    std::vector<Slice> all;
    for (const auto& key : keys) all.push_back(data_.address_slices.get(key).value_or(Slice()));
    return all;
  }
  void put_address_slices(std::span<const std::pair<AddressSliceKey, Slice>> slices) override {
    for (const auto& [key, slice] : slices) data_.address_slices.put(key, slice);
  }
  std::vector<std::vector<std::string>> address_channels(
      std::span<const RosterSliceKey> slices) const override {
    return each_of(slices, [&](const RosterSliceKey& slice) {
      std::vector<std::string> channels;
      data_.address_slices.each({slice, ""}, [&](const AddressSliceKey& key, const Slice&) {
        if (key.of != slice) return false;
        channels.push_back(key.channel);
        return true;
      });
      return channels;
    });
  }
  std::vector<std::string> zones() const override {
    std::set<std::string> zones;
    data_.clients.for_all([&](ClientNo, const Client& client) { zones.insert(client.zone); });
    data_.providers.for_all([&](ProviderNo, const Provider& provider) { zones.insert(provider.zone); });
    zones.erase("");
    return {zones.begin(), zones.end()};
  }

 private:
  static NameKey key_of(const NameRow& row) {
    return {row.at.provider_no, row.kind, row.archived, row.key, row.at.place};
  }
  std::vector<std::pair<std::pair<ClientNo, ProviderNo>, Membership>> of_client(ClientNo no) const {
    return data_.memberships.rows(
        {no, 0}, [&](const auto& key) { return key.first == no; },
        [](const auto&, const auto&) { return true; });
  }
  std::vector<Place> places_of(ProviderNo provider, AddressHash hash) const {
    std::vector<Place> places;
    data_.addresses.each({provider, hash, 0}, [&](const AddressKey& key, const Nothing&) {
      if (std::get<0>(key) != provider || std::get<1>(key) != hash) return false;
      places.push_back(std::get<2>(key));
      return true;
    });
    return places;
  }
  std::vector<std::pair<AddressHash, Place>> all_addresses(ProviderNo provider) const {
    std::vector<std::pair<AddressHash, Place>> all;
    data_.addresses.for_all([&](const AddressKey& key, const Nothing&) {
      if (std::get<0>(key) == provider) all.emplace_back(std::get<1>(key), std::get<2>(key));
    });
    return all;
  }

  Data& data_;
};

}  // namespace test::memory
