// Providers, clients and rosters as rows.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "model/audience.hpp"
#include "model/name_keys.hpp"
#include "model/person.hpp"
#include "model/same_address.hpp"
#include "ports/found.hpp"
#include "ports/roster_page.hpp"

namespace bccast {

struct Provider {
  ProviderNo no = 0;
  std::string id;
  std::string name;
  std::string locale;
  std::string zone;
  Addresses addresses;
  Ms archived_at = 0;  // 0: it is not
};

/// What a provider's sendings and the changes of its roster count on. Apart from its settings: neither is
/// written with the other, and whoever writes in a thread needs none of it.
struct RosterWork {
  ProviderNo provider_no = 0;
  Place next_place = 0;
  BlastNo next_blast = 1;
  CommunityNo next_community = 1;
  Seq send_seq = 0;  // of its newest blast
};

/// A client's place on one roster, and up to where its inbox has been stored there.
struct Membership {
  ProviderNo provider_no = 0;
  Place place = 0;
  Seq stored_seq = 0;
};

/// A client's place on a roster, by whose it is.
struct HeldMembership {
  ClientNo client_no = 0;
  Membership membership;
};

/// A slice of a roster; a slice of who has an address on a channel.
struct RosterSliceKey {
  ProviderNo provider_no = 0;
  SliceNo slice = 0;
  friend auto operator<=>(const RosterSliceKey&, const RosterSliceKey&) = default;
};
struct AddressSliceKey {
  RosterSliceKey of;
  std::string channel;
  friend auto operator<=>(const AddressSliceKey&, const AddressSliceKey&) = default;
};

/// A place comes to an address in the index of addresses, or leaves it.
struct AddressChange {
  RosterKey at;
  AddressHash hash = 0;
  bool comes = true;
};
/// What it found there. Of one that leaves: nothing.
struct SharedAddress {
  bool shared = false;             // other places have it, too
  std::optional<Place> was_alone;  // the other, when there had been one only
};

/// A row of the index of names.
struct NameRow {
  RosterKey at;
  NameKind kind = NameKind::whole;
  bool archived = false;
  std::string key;
};
/// Where the index of names leads.
struct NamedPlace {
  std::string key;
  Place place = 0;
};

/// A row of the index of addresses.
struct AddressRow {
  AddressHash hash = 0;
  Place place = 0;
  friend auto operator<=>(const AddressRow&, const AddressRow&) = default;
};

/// Const functions read; the others need a transaction that writes. Who calls with a set, or with a limit,
/// keeps it short of 8 MiB (core/set_pages.hpp).
class DirectoryTables {
 public:
  virtual ~DirectoryTables() = default;

  virtual std::optional<Provider> provider(std::string_view id) const = 0;
  virtual std::optional<Provider> provider(ProviderNo no) const = 0;
  virtual Found<ProviderNo, Provider> providers(std::span<const ProviderNo> nos) const = 0;
  /// The number it was given; Provider::no is not heeded. Its roster is empty. Nothing: the id is taken.
  virtual std::optional<ProviderNo> insert_provider(const Provider& provider) = 0;
  /// REQUIRES: its id is unchanged.
  virtual void update_provider(const Provider& provider) = 0;
  virtual Found<ProviderNo, RosterWork> roster_works(std::span<const ProviderNo> providers) const = 0;
  std::optional<RosterWork> roster_work(ProviderNo provider) const {
    const auto found = roster_works({&provider, 1});
    const auto* work = found.find(provider);
    return work != nullptr ? std::optional(*work) : std::nullopt;
  }
  virtual void update_roster_work(const RosterWork& work) = 0;

  virtual std::optional<Client> client(std::string_view id) const = 0;
  virtual std::optional<Client> client(ClientNo no) const = 0;
  /// By their ids, which must live as long as what is found.
  virtual Found<std::string_view, Client> clients(std::span<const std::string_view> ids) const = 0;
  virtual Found<ClientNo, Client> clients(std::span<const ClientNo> nos) const = 0;
  /// The numbers they were given; nothing where the id is taken, be it by another of them.
  virtual std::vector<std::optional<ClientNo>> insert_clients(std::span<const Client> clients) = 0;
  /// REQUIRES: their ids are unchanged.
  virtual void update_clients(std::span<const Client> clients) = 0;
  /// With its memberships.
  virtual void delete_client(ClientNo no) = 0;

  virtual std::optional<Membership> membership(ClientNo client, ProviderNo provider) const = 0;
  virtual std::vector<Membership> memberships(ClientNo client) const = 0;
  /// Those of several clients, in the order of these and then by provider, the first `limit` of them; of the
  /// first client only those with providers above `after`.
  virtual std::vector<HeldMembership> memberships(std::span<const ClientNo> clients, ProviderNo after,
                                                  std::size_t limit) const = 0;
  /// Puts the clients on a roster, at the places from `first` on, one behind the other. Their places; nothing
  /// where the client has one already.
  virtual std::vector<std::optional<Place>> insert_memberships(ProviderNo provider,
                                                               std::span<const ClientNo> clients, Place first,
                                                               Seq stored_seq) = 0;
  /// Of a client's memberships, by provider. Never back: what is stored stays where it is higher.
  virtual void set_stored_seqs(ClientNo client, std::span<const std::pair<ProviderNo, Seq>> seqs) = 0;
  void set_stored_seq(ClientNo client, ProviderNo provider, Seq seq) {
    const std::pair one(provider, seq);
    set_stored_seqs(client, {&one, 1});
  }

  /// The place of a client on a roster by its id, in one look-up.
  virtual std::optional<Place> place_of(ProviderNo provider, std::string_view client_id) const = 0;
  /// The same for several, whose ids must live as long as what is found.
  virtual Found<std::string_view, Place> places_of(ProviderNo provider,
                                                   std::span<const std::string_view> client_ids) const = 0;

  virtual std::optional<RosterEntry> entry(ProviderNo provider, Place place) const = 0;
  virtual Found<RosterKey, RosterEntry> entries(std::span<const RosterKey> keys) const = 0;
  virtual void insert_entries(std::span<const RosterEntry> entries) = 0;
  virtual void update_entries(std::span<const RosterEntry> entries) = 0;
  /// The first `limit` entries from `begin` up to but not including `end`, ascending; none: there are no
  /// more. A damaged one ends the page, which says so (RosterPage::damage): where it stands is not known, and
  /// a page that began there might step over it.
  virtual RosterPage scan(ProviderNo provider, Place begin, Place end, std::size_t limit) const = 0;
  /// The entries at these places, which ascend, in their order; those that are missing or damaged are passed
  /// by.
  virtual RosterPage scan(std::span<const RosterKey> places) const = 0;

  /// The index of names. What is there already is left as it is.
  virtual void insert_names(std::span<const NameRow> rows) = 0;
  virtual void delete_names(std::span<const NameRow> rows) = 0;
  /// Takes away all of a place's, whatever their keys are. Looks through all of the roster's.
  virtual void forget_names(ProviderNo provider, Place place) = 0;
  /// The first `limit` rows with keys that begin with `prefix`, after `after` when it is set, in the order of
  /// key and place. `archived` not set: of both.
  virtual std::vector<NamedPlace> names(ProviderNo provider, NameKind kind, std::optional<bool> archived,
                                        std::string_view prefix, const std::optional<NamedPlace>& after,
                                        std::size_t limit) const = 0;

  /// The index of addresses: for each of a roster, on whatever channel, the places that have it. One change
  /// after the other, in their order.
  virtual std::vector<SharedAddress> change_addresses(std::span<const AddressChange> changes) = 0;
  /// The first `limit` rows of those of these addresses that several have, ascending, after `after` when it
  /// is set. REQUIRES: the hashes ascend.
  virtual std::vector<AddressRow> shared_places(ProviderNo provider, std::span<const AddressHash> hashes,
                                                std::optional<AddressRow> after, std::size_t limit) const = 0;
  /// The index itself, ascending, the first `limit` rows after `after` when it is set: a row for each
  /// address, with one of its places; and one for each place of those that several have.
  virtual std::vector<AddressRow> addresses(ProviderNo provider, std::optional<AddressHash> after,
                                            std::size_t limit) const = 0;
  virtual std::vector<AddressRow> shared_addresses(ProviderNo provider, std::optional<AddressRow> after,
                                                   std::size_t limit) const = 0;

  /// Takes away at most about `most` rows of each of these indexes, whatever they say. False: there are none.
  virtual bool forget_indexes(ProviderNo provider, std::size_t most) = 0;
  /// The first provider with a number above `no`, and the last place of its roster; damaged rows count.
  virtual std::optional<ProviderNo> provider_after(ProviderNo no) const = 0;
  virtual std::optional<Place> last_place(ProviderNo provider) const = 0;

  /// Providers with ids after `after`, in the order of their ids.
  virtual std::vector<Provider> providers(std::string_view after, std::size_t limit) const = 0;

  virtual RosterSlice roster_slice(ProviderNo provider, SliceNo slice) const = 0;
  virtual std::vector<RosterSlice> roster_slices(std::span<const RosterSliceKey> keys) const = 0;
  virtual void put_roster_slices(std::span<const std::pair<RosterSliceKey, RosterSlice>> slices) = 0;
  /// Who has an address on a channel, for preview's sake. An absent slice is an empty one.
  virtual Slice address_slice(ProviderNo provider, SliceNo slice, std::string_view channel) const = 0;
  /// The names of the time zones that clients and providers have, each once.
  virtual std::vector<std::string> zones() const = 0;
  /// For each of these slices the channels of which somebody has, or had, an address.
  virtual std::vector<std::vector<std::string>> address_channels(
      std::span<const RosterSliceKey> slices) const = 0;
  virtual std::vector<Slice> address_slices(std::span<const AddressSliceKey> keys) const = 0;
  virtual void put_address_slices(std::span<const std::pair<AddressSliceKey, Slice>> slices) = 0;
};

}  // namespace bccast
