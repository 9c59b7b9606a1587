#include "adapters/sqlite/directory_tables.hpp"

#include "adapters/sqlite/columns.hpp"
#include "model/checked.hpp"

namespace bccast::sqlite {
namespace {

#define PROVIDER_COLUMNS                                                                                  \
  "provider_no, id, name, locale, zone, addresses, next_place, next_blast, next_community, next_notice, " \
  "send_seq, archived_at, activity, recalls"
#define CLIENT_COLUMNS "client_no, id, name, locale, zone, addresses, flags"

Provider provider_of(const Query& query) {
  Provider p;
  p.no = query.i64(0);
  p.id = query.string(1);
  p.name = query.string(2);
  p.locale = query.string(3);
  p.zone = query.string(4);
  p.addresses = Addresses(std::string(checked_content(query.blob(5), "a list of addresses")));
  p.next_place = static_cast<Place>(query.i64(6));
  p.next_blast = query.i64(7);
  p.next_community = query.i64(8);
  p.next_notice = query.i64(9);
  p.send_seq = query.i64(10);
  p.archived_at = query.i64(11);
  p.activity = query.i64(12);
  p.recalls = query.i64(13);
  return p;
}

Query& bind_numbers(Query& query, const Provider& p) {
  query.bind(std::int64_t{p.next_place}).bind(p.next_blast).bind(p.next_community).bind(p.next_notice);
  return query.bind(p.send_seq).bind(p.archived_at).bind(p.activity).bind(p.recalls);
}

std::optional<Provider> one_provider(Query& query) {
  if (!query.step()) return std::nullopt;
  return provider_of(query);
}

std::optional<Client> one_client(Query& query) {
  if (!query.step()) return std::nullopt;
  Client c;
  c.no = query.i64(0);
  c.id = query.string(1);
  c.name = query.string(2);
  c.locale = query.string(3);
  c.zone = query.string(4);
  c.addresses = Addresses(std::string(checked_content(query.blob(5), "a list of addresses")));
  c.flags = static_cast<std::uint32_t>(query.i64(6));
  return c;
}

Query& bind_name(Query& query, ProviderNo provider, const DirectoryTables::NameRow& row) {
  return query.bind(provider)
      .bind(static_cast<std::int64_t>(row.kind))
      .bind(std::int64_t{row.archived})
      .bind(string_as_bytes(row.key))
      .bind(std::int64_t{row.place});
}

}  // namespace

std::optional<Provider> SqliteDirectoryTables::provider(std::string_view id) const {
  auto query = db_.query("SELECT " PROVIDER_COLUMNS " FROM provider WHERE id = ?");
  query.bind(id);
  return one_provider(query);
}

std::optional<Provider> SqliteDirectoryTables::provider(ProviderNo no) const {
  auto query = db_.query("SELECT " PROVIDER_COLUMNS " FROM provider WHERE provider_no = ?");
  query.bind(no);
  return one_provider(query);
}

ProviderNo SqliteDirectoryTables::insert_provider(const Provider& p) {
  const std::string addresses = checked_bytes(p.addresses.stored());
  auto query = db_.query(
      "INSERT INTO provider(id, name, locale, zone, addresses, next_place, next_blast, next_community, "
      "next_notice, send_seq, archived_at, activity, recalls) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, "
      "?)");
  query.bind(p.id).bind(p.name).bind(p.locale).bind(p.zone).bind(string_as_bytes(addresses));
  bind_numbers(query, p).run();
  return db_.last_rowid();
}

void SqliteDirectoryTables::update_provider(const Provider& p) {
  const std::string addresses = checked_bytes(p.addresses.stored());
  // The id does not change: its index stays untouched.
  auto query = db_.query(
      "UPDATE provider SET name = ?, locale = ?, zone = ?, addresses = ?, next_place = ?, next_blast = ?, "
      "next_community = ?, next_notice = ?, send_seq = ?, archived_at = ?, activity = ?, recalls = ? "
      "WHERE provider_no = ?");
  query.bind(p.name).bind(p.locale).bind(p.zone).bind(string_as_bytes(addresses));
  bind_numbers(query, p).bind(p.no).run();
}

std::optional<Client> SqliteDirectoryTables::client(std::string_view id) const {
  auto query = db_.query("SELECT " CLIENT_COLUMNS " FROM client WHERE id = ?");
  query.bind(id);
  return one_client(query);
}

std::optional<Client> SqliteDirectoryTables::client(ClientNo no) const {
  auto query = db_.query("SELECT " CLIENT_COLUMNS " FROM client WHERE client_no = ?");
  query.bind(no);
  return one_client(query);
}

std::optional<ClientNo> SqliteDirectoryTables::insert_client(const Client& c) {
  const std::string addresses = checked_bytes(c.addresses.stored());
  auto query = db_.query(
      "INSERT INTO client(id, name, locale, zone, addresses, flags) VALUES (?, ?, ?, ?, ?, ?) "
      "ON CONFLICT(id) DO NOTHING");
  query.bind(c.id).bind(c.name).bind(c.locale).bind(c.zone).bind(string_as_bytes(addresses));
  if (query.bind(std::int64_t{c.flags}).run() == 0) return std::nullopt;
  return db_.last_rowid();
}

void SqliteDirectoryTables::update_client(const Client& c) {
  const std::string addresses = checked_bytes(c.addresses.stored());
  auto query = db_.query(
      "UPDATE client SET name = ?, locale = ?, zone = ?, addresses = ?, flags = ? WHERE client_no = ?");
  query.bind(c.name).bind(c.locale).bind(c.zone).bind(string_as_bytes(addresses));
  query.bind(std::int64_t{c.flags}).bind(c.no).run();
}

void SqliteDirectoryTables::delete_client(ClientNo no) {
  db_.query("DELETE FROM client_provider WHERE client_no = ?").bind(no).run();
  db_.query("DELETE FROM client WHERE client_no = ?").bind(no).run();
}

std::optional<Membership> SqliteDirectoryTables::membership(ClientNo client, ProviderNo provider) const {
  auto query =
      db_.query("SELECT place, stored_seq FROM client_provider WHERE client_no = ? AND provider_no = ?");
  query.bind(client).bind(provider);
  if (!query.step()) return std::nullopt;
  return Membership{provider, static_cast<Place>(query.i64(0)), query.i64(1)};
}

std::vector<Membership> SqliteDirectoryTables::memberships(ClientNo client) const {
  auto query = db_.query("SELECT provider_no, place, stored_seq FROM client_provider WHERE client_no = ?");
  query.bind(client);
  std::vector<Membership> all;
  while (query.step()) all.push_back({query.i64(0), static_cast<Place>(query.i64(1)), query.i64(2)});
  return all;
}

void SqliteDirectoryTables::set_stored_seq(ClientNo client, ProviderNo provider, Seq seq) {
  auto query = db_.query("UPDATE client_provider SET stored_seq = ? WHERE client_no = ? AND provider_no = ?");
  query.bind(seq).bind(client).bind(provider).run();
}

std::optional<Place> SqliteDirectoryTables::place_of(ProviderNo provider, std::string_view client_id) const {
  auto query = db_.query(
      "SELECT place FROM client CROSS JOIN client_provider USING (client_no) WHERE id = ? AND provider_no = "
      "?");
  query.bind(client_id).bind(provider);
  if (!query.step()) return std::nullopt;
  return static_cast<Place>(query.i64(0));
}

std::optional<RosterEntry> SqliteDirectoryTables::entry(ProviderNo provider, Place place) const {
  auto query = db_.query("SELECT entry FROM roster WHERE provider_no = ? AND place = ?");
  query.bind(provider).bind(std::int64_t{place});
  if (!query.step()) return std::nullopt;
  const RosterView v = decode_entry(provider, place, query.blob(0));
  RosterEntry e;
  e.provider_no = provider;
  e.place = place;
  e.flags = v.flags;
  e.since = v.since;
  e.client = {v.client_no,
              std::string(v.id),
              std::string(v.name),
              std::string(v.locale),
              std::string(v.zone),
              Addresses(std::string(v.addresses)),
              v.flags & flag::of_client};
  return e;
}

bool SqliteDirectoryTables::insert_entry(const RosterEntry& entry, Seq stored_seq) {
  {
    auto query = db_.query(
        "INSERT INTO client_provider(client_no, provider_no, place, stored_seq) VALUES (?, ?, ?, ?) "
        "ON CONFLICT DO NOTHING");
    query.bind(entry.client.no).bind(entry.provider_no).bind(std::int64_t{entry.place}).bind(stored_seq);
    if (query.run() == 0) return false;
  }
  encode_entry(entry.provider_no, entry.view(), encoded_);
  auto query = db_.query("INSERT INTO roster(provider_no, place, entry) VALUES (?, ?, ?)");
  query.bind(entry.provider_no).bind(std::int64_t{entry.place}).bind(string_as_bytes(encoded_)).run();
  return true;
}

void SqliteDirectoryTables::update_entry(const RosterEntry& entry) {
  encode_entry(entry.provider_no, entry.view(), encoded_);
  auto query = db_.query("UPDATE roster SET entry = ? WHERE provider_no = ? AND place = ?");
  query.bind(string_as_bytes(encoded_)).bind(entry.provider_no).bind(std::int64_t{entry.place}).run();
}

void SqliteDirectoryTables::scan(ProviderNo provider, Place begin, Place end,
                                 FunctionRef<void(const RosterView&)> f) const {
  auto query = db_.query(
      "SELECT place, entry FROM roster WHERE provider_no = ? AND place >= ? AND place < ? ORDER BY place");
  query.bind(provider).bind(std::int64_t{begin}).bind(std::int64_t{end});
  while (query.step()) f(decode_entry(provider, static_cast<Place>(query.i64(0)), query.blob(1)));
}

void SqliteDirectoryTables::insert_name(ProviderNo provider, const NameRow& row) {
  auto query = db_.query(
      "INSERT INTO roster_name(provider_no, kind, archived, key, place) VALUES (?, ?, ?, ?, ?) "
      "ON CONFLICT DO NOTHING");
  bind_name(query, provider, row).run();
}

void SqliteDirectoryTables::delete_name(ProviderNo provider, const NameRow& row) {
  auto query = db_.query(
      "DELETE FROM roster_name WHERE provider_no = ? AND kind = ? AND archived = ? AND key = ? AND place = "
      "?");
  bind_name(query, provider, row).run();
}

// Of both: SQLite merges the two, row by row.
#define NAMES_FROM                                                                                       \
  "SELECT key, place FROM roster_name WHERE provider_no = ?1 AND kind = ?2 AND (key, place) > (?3, ?4) " \
  "AND archived = "
void SqliteDirectoryTables::names(ProviderNo provider, NameKind kind, std::optional<bool> archived,
                                  std::string_view key, std::optional<Place> after,
                                  FunctionRef<bool(std::string_view, Place)> f) const {
  auto query = db_.query(!archived   ? NAMES_FROM "0 UNION ALL " NAMES_FROM "1 ORDER BY 1, 2"
                         : *archived ? NAMES_FROM "1 ORDER BY key, place"
                                     : NAMES_FROM "0 ORDER BY key, place");
  query.bind(provider).bind(static_cast<std::int64_t>(kind)).bind(string_as_bytes(key));
  query.bind(after ? std::int64_t{*after} : -1);
  while (query.step()) {
    const auto found = query.blob(0);
    if (!f({reinterpret_cast<const char*>(found.data()), found.size()}, static_cast<Place>(query.i64(1))))
      return;
  }
}
#undef NAMES_FROM

DirectoryTables::SharedAddress SqliteDirectoryTables::insert_address(ProviderNo provider, AddressHash hash,
                                                                     Place place) {
  {
    auto query = db_.query(
        "INSERT INTO roster_address(provider_no, hash, place) VALUES (?, ?, ?) ON CONFLICT DO NOTHING");
    if (query.bind(provider).bind(hash).bind(std::int64_t{place}).run() > 0) return {};
  }
  const auto share = [&](Place one) {
    auto query = db_.query(
        "INSERT INTO shared_address(provider_no, hash, place) VALUES (?, ?, ?) ON CONFLICT DO NOTHING");
    return query.bind(provider).bind(hash).bind(std::int64_t{one}).run() > 0;
  };
  SharedAddress found{true, std::nullopt};
  {
    auto query = db_.query("SELECT place FROM roster_address WHERE provider_no = ? AND hash = ?");
    query.bind(provider).bind(hash);
    if (!query.step()) throw Error(Code::corrupt, "the index of addresses has lost a row");
    found.was_alone = static_cast<Place>(query.i64(0));
  }
  if (!share(*found.was_alone)) found.was_alone.reset();
  share(place);
  return found;
}

void SqliteDirectoryTables::delete_address(ProviderNo provider, AddressHash hash, Place place) {
  const auto unshare = [&](Place one) {
    auto query = db_.query("DELETE FROM shared_address WHERE provider_no = ? AND hash = ? AND place = ?");
    return query.bind(provider).bind(hash).bind(std::int64_t{one}).run() > 0;
  };
  if (!unshare(place)) {
    auto query = db_.query("DELETE FROM roster_address WHERE provider_no = ? AND hash = ? AND place = ?");
    query.bind(provider).bind(hash).bind(std::int64_t{place}).run();
    return;
  }
  std::vector<Place> left;
  {
    auto query = db_.query(
        "SELECT place FROM shared_address WHERE provider_no = ? AND hash = ? ORDER BY place LIMIT 2");
    query.bind(provider).bind(hash);
    while (query.step()) left.push_back(static_cast<Place>(query.i64(0)));
  }
  if (left.empty()) throw Error(Code::corrupt, "the index of addresses has lost a row");
  if (left.size() == 1) unshare(left[0]);
  auto query = db_.query("UPDATE roster_address SET place = ? WHERE provider_no = ? AND hash = ?");
  query.bind(std::int64_t{left[0]}).bind(provider).bind(hash).run();
}

void SqliteDirectoryTables::shared_places(ProviderNo provider, AddressHash hash, Place start,
                                          FunctionRef<bool(Place)> f) const {
  // Two ranges of the key, one after the other: nothing is sorted, and what is not asked for not read.
  auto query = db_.query(
      "SELECT place FROM shared_address WHERE provider_no = ? AND hash = ? AND place >= ? UNION ALL "
      "SELECT place FROM shared_address WHERE provider_no = ? AND hash = ? AND place < ?");
  query.bind(provider).bind(hash).bind(std::int64_t{start});
  query.bind(provider).bind(hash).bind(std::int64_t{start});
  while (query.step())
    if (!f(static_cast<Place>(query.i64(0)))) return;
}

void SqliteDirectoryTables::addresses(ProviderNo provider, FunctionRef<void(AddressHash, Place)> f) const {
  auto query = db_.query("SELECT hash, place FROM roster_address WHERE provider_no = ? ORDER BY hash");
  query.bind(provider);
  while (query.step()) f(query.i64(0), static_cast<Place>(query.i64(1)));
}

void SqliteDirectoryTables::shared_addresses(ProviderNo provider,
                                             FunctionRef<void(AddressHash, Place)> f) const {
  auto query = db_.query("SELECT hash, place FROM shared_address WHERE provider_no = ? ORDER BY hash, place");
  query.bind(provider);
  while (query.step()) f(query.i64(0), static_cast<Place>(query.i64(1)));
}

std::vector<Provider> SqliteDirectoryTables::providers(std::string_view after, std::size_t limit) const {
  auto query = db_.query("SELECT " PROVIDER_COLUMNS " FROM provider WHERE id > ? ORDER BY id LIMIT ?");
  query.bind(after).bind(static_cast<std::int64_t>(limit));
  std::vector<Provider> all;
  while (query.step()) all.push_back(provider_of(query));
  return all;
}

RosterSlice SqliteDirectoryTables::roster_slice(ProviderNo provider, SliceNo slice) const {
  auto query =
      db_.query("SELECT active, chat_off, dead FROM roster_slice WHERE provider_no = ? AND slice_no = ?");
  query.bind(provider).bind(std::int64_t{slice});
  if (!query.step()) return {};
  return {Slice::decode(query.blob(0)), Slice::decode(query.blob(1)), Slice::decode(query.blob(2))};
}

void SqliteDirectoryTables::put_roster_slice(ProviderNo provider, SliceNo slice, const RosterSlice& value) {
  const auto active = value.active.encode();
  const auto chat_off = value.chat_off.encode();
  const auto dead = value.dead.encode();
  auto query = db_.query(
      "INSERT INTO roster_slice(provider_no, slice_no, active, chat_off, dead) VALUES (?, ?, ?, ?, ?) "
      "ON CONFLICT DO UPDATE SET active = excluded.active, chat_off = excluded.chat_off, dead = "
      "excluded.dead");
  query.bind(provider).bind(std::int64_t{slice}).bind(active).bind(chat_off).bind(dead).run();
}

Slice SqliteDirectoryTables::address_slice(ProviderNo provider, SliceNo slice,
                                           std::string_view channel) const {
  auto query =
      db_.query("SELECT places FROM address_slice WHERE provider_no = ? AND slice_no = ? AND channel = ?");
  query.bind(provider).bind(std::int64_t{slice}).bind(channel);
  return query.step() ? Slice::decode(query.blob(0)) : Slice();
}

void SqliteDirectoryTables::put_address_slice(ProviderNo provider, SliceNo slice, std::string_view channel,
                                              const Slice& value) {
  const auto places = value.encode();
  auto query = db_.query(
      "INSERT INTO address_slice(provider_no, slice_no, channel, places) VALUES (?, ?, ?, ?) "
      "ON CONFLICT DO UPDATE SET places = excluded.places");
  query.bind(provider).bind(std::int64_t{slice}).bind(channel).bind(places).run();
}

}  // namespace bccast::sqlite
