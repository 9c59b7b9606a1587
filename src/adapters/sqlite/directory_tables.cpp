#include "adapters/sqlite/directory_tables.hpp"

#include <algorithm>
#include <limits>
#include <set>
#include <utility>

#include "adapters/sqlite/columns.hpp"
#include "adapters/sqlite/mapping.hpp"
#include "adapters/sqlite/number_tables.hpp"

namespace bccast::sqlite {
namespace {

#define PROVIDER_COLUMNS "provider_no, id, name, locale, zone, addresses, archived_at"
#define ROSTER_WORK_COLUMNS "provider_no, next_place, next_blast, next_community, send_seq"
#define CLIENT_COLUMNS "client_no, id, name, locale, zone, addresses, flags"
#define MEMBERSHIP_COLUMNS "client_no, provider_no, place, stored_seq"

// The ids do not change: their indexes stay untouched.
constexpr RowTable kProvider{
    "provider", RowKind::provider, PROVIDER_COLUMNS, {.key = "provider_no", .fixed = "id", .counted = ""}};
constexpr Sql kInsertProvider = insert_row(kProvider, " ON CONFLICT(id) DO NOTHING");
constexpr Sql kUpdateProvider = update_row(kProvider);

constexpr RowTable kRosterWork{"roster_work",
                               RowKind::roster_work,
                               ROSTER_WORK_COLUMNS,
                               {.key = "provider_no", .fixed = "", .counted = "next_blast, next_community"}};
constexpr Sql kInsertRosterWork = insert_row(kRosterWork);
constexpr Sql kUpdateRosterWork = update_row(kRosterWork);

constexpr RowTable kClient{
    "client", RowKind::client, CLIENT_COLUMNS, {.key = "client_no", .fixed = "id", .counted = ""}};
constexpr Sql kInsertClient = insert_row(kClient, " ON CONFLICT(id) DO NOTHING");
constexpr Sql kUpdateClient = update_row(kClient);

constexpr RowTable kMembership{"client_provider",
                               RowKind::membership,
                               MEMBERSHIP_COLUMNS,
                               {.key = "client_no, provider_no", .fixed = "", .counted = "stored_seq"}};
constexpr Sql kInsertMembership = insert_row(kMembership, " ON CONFLICT DO NOTHING");

template <typename Columns, typename Who>
void visit_addresses(Columns& columns, Who& who) {
  if constexpr (Columns::kReads) {
    std::string stored;
    columns.bytes(stored);
    who.addresses = Addresses(std::move(stored));
  } else {
    columns.bytes(who.addresses.stored());
  }
}

template <typename Columns, typename Row>
void visit_provider(Columns& columns, Row& p) {
  columns.number(p.no);
  columns.text(p.id);
  columns.text(p.name);
  columns.text(p.locale);
  columns.text(p.zone);
  visit_addresses(columns, p);
  columns.number(p.archived_at);
}

template <typename Columns, typename Row>
void visit_roster_work(Columns& columns, Row& w) {
  columns.number(w.provider_no);
  columns.place(w.next_place);
  for (auto* number : {&w.next_blast, &w.next_community, &w.send_seq}) columns.number(*number);
}

template <typename Columns, typename Row>
void visit_client(Columns& columns, Row& c) {
  columns.number(c.no);
  columns.text(c.id);
  columns.text(c.name);
  columns.text(c.locale);
  columns.text(c.zone);
  visit_addresses(columns, c);
  columns.one_of(c.flags, std::uint32_t{0xff});
}

template <typename Columns, typename Number, typename Row>
void visit_membership(Columns& columns, Number& client, Row& m) {
  columns.number(client);
  columns.number(m.provider_no);
  columns.place(m.place);
  columns.number(m.stored_seq);
}

Provider provider_of(const Query& query) {
  Provider provider;
  RowReader reader(query, kProvider);
  visit_provider(reader, provider);
  reader.finish();
  return provider;
}

std::optional<Provider> one_provider(Query& query) {
  if (!query.step()) return std::nullopt;
  return provider_of(query);
}

std::optional<Client> one_client(Query& query) {
  if (!query.step()) return std::nullopt;
  Client client;
  RowReader reader(query, kClient);
  visit_client(reader, client);
  reader.finish();
  return client;
}

Membership membership_of(const Query& query, ClientNo asked) {
  ClientNo client = 0;
  Membership membership;
  RowReader reader(query, kMembership);
  visit_membership(reader, client, membership);
  reader.finish();
  if (client != asked) throw Error(Code::corrupt, "the place of another client was found");
  return membership;
}

void write_provider(Query& query, const Provider& provider) {
  RowWriter writer(query, kProvider);
  visit_provider(writer, provider);
  writer.finish();
}

void write_roster_work(Query& query, const RosterWork& work) {
  RowWriter writer(query, kRosterWork);
  visit_roster_work(writer, work);
  writer.finish();
  query.run();
}

void write_client(Query& query, const Client& client) {
  RowWriter writer(query, kClient);
  visit_client(writer, client);
  writer.finish();
}

std::uint32_t roster_key(int column, ProviderNo provider, SliceNo slice) {
  return bitmap_key(RowKind::roster_slice, column, provider, slice);
}
std::uint32_t address_key(ProviderNo provider, SliceNo slice, std::string_view channel) {
  return RowSum(RowKind::address_slice).add(provider).add(std::int64_t{slice}).add(channel).short_sum();
}

constexpr Sql kAllProviders = select_rows(kProvider);
constexpr Sql kAllRosterWork = select_rows(kRosterWork);
constexpr Sql kAllClients = select_rows(kClient);
constexpr Sql kAllMemberships = select_rows(kMembership);

/// A scan reads what lies between; looking an entry up costs what scanning past so many strangers costs.
constexpr Place kStrangers = 4;

}  // namespace

std::optional<Provider> SqliteDirectoryTables::provider(std::string_view id) const {
  auto query = db_.query("SELECT " PROVIDER_COLUMNS ", sum FROM provider WHERE id = ?");
  query.bind(id);
  auto found = one_provider(query);
  if (found && found->id != id) throw Error(Code::corrupt, "the index of ids leads to another provider");
  return found;
}

std::optional<Provider> SqliteDirectoryTables::provider(ProviderNo no) const {
  auto query = db_.query("SELECT " PROVIDER_COLUMNS ", sum FROM provider WHERE provider_no = ?");
  query.bind(no);
  auto found = one_provider(query);
  require_asked_for(!found || found->no == no);
  return found;
}

Found<ProviderNo, Provider> SqliteDirectoryTables::providers(std::span<const ProviderNo> nos) const {
  return find_each(nos, [&](ProviderNo no) { return provider(no); });
}

std::optional<ProviderNo> SqliteDirectoryTables::insert_provider(const Provider& provider) {
  SqliteNumberTables numbers(db_);
  Provider row = provider;
  row.no = numbers.peek(NumberKind::provider);
  auto query = db_.query(kInsertProvider.c_str());
  write_provider(query, row);
  if (query.run() == 0) return std::nullopt;
  auto work = db_.query(kInsertRosterWork.c_str());
  write_roster_work(work, {.provider_no = row.no});
  return numbers.next(NumberKind::provider);
}

void SqliteDirectoryTables::update_provider(const Provider& provider) {
  auto query = db_.query(kUpdateProvider.c_str());
  write_provider(query, provider);
  query.run();
}

Found<ProviderNo, RosterWork> SqliteDirectoryTables::roster_works(
    std::span<const ProviderNo> providers) const {
  return find_each(providers, [&](ProviderNo no) { return stored_work(no); });
}

std::optional<RosterWork> SqliteDirectoryTables::stored_work(ProviderNo provider) const {
  auto query = db_.query("SELECT " ROSTER_WORK_COLUMNS ", sum FROM roster_work WHERE provider_no = ?");
  if (!query.bind(provider).step()) return std::nullopt;
  RosterWork work;
  RowReader reader(query, kRosterWork);
  visit_roster_work(reader, work);
  reader.finish();
  require_asked_for(work.provider_no == provider);
  return work;
}

void SqliteDirectoryTables::update_roster_work(const RosterWork& work) {
  auto query = db_.query(kUpdateRosterWork.c_str());
  write_roster_work(query, work);
}

std::optional<Client> SqliteDirectoryTables::client(std::string_view id) const {
  auto query = db_.query("SELECT " CLIENT_COLUMNS ", sum FROM client WHERE id = ?");
  query.bind(id);
  auto found = one_client(query);
  if (found && found->id != id) throw Error(Code::corrupt, "the index of ids leads to another client");
  return found;
}

std::optional<Client> SqliteDirectoryTables::client(ClientNo no) const {
  auto query = db_.query("SELECT " CLIENT_COLUMNS ", sum FROM client WHERE client_no = ?");
  query.bind(no);
  auto found = one_client(query);
  require_asked_for(!found || found->no == no);
  return found;
}

Found<std::string_view, Client> SqliteDirectoryTables::clients(std::span<const std::string_view> ids) const {
  return find_each(ids, [&](std::string_view id) { return client(id); });
}

Found<ClientNo, Client> SqliteDirectoryTables::clients(std::span<const ClientNo> nos) const {
  return find_each(nos, [&](ClientNo no) { return client(no); });
}

std::vector<std::optional<ClientNo>> SqliteDirectoryTables::insert_clients(std::span<const Client> clients) {
  // Whoever writes is alone: those that are there take no numbers.
  SqliteNumberTables numbers(db_);
  const ClientNo first = numbers.peek(NumberKind::client);
  ClientNo next = first;
  std::vector<std::optional<ClientNo>> nos;
  nos.reserve(clients.size());
  Client row;
  for (const auto& client : clients) {
    row = client;
    row.no = next;
    auto query = db_.query(kInsertClient.c_str());
    write_client(query, row);
    nos.push_back(query.run() > 0 ? std::optional(next++) : std::nullopt);
  }
  if (next != first) numbers.next(NumberKind::client, next - first);
  return nos;
}

void SqliteDirectoryTables::update_clients(std::span<const Client> clients) {
  for (const auto& client : clients) {
    auto query = db_.query(kUpdateClient.c_str());
    write_client(query, client);
    query.run();
  }
}

void SqliteDirectoryTables::delete_client(ClientNo no) {
  db_.query("DELETE FROM client_provider WHERE client_no = ?").bind(no).run();
  db_.query("DELETE FROM client WHERE client_no = ?").bind(no).run();
}

std::optional<Membership> SqliteDirectoryTables::membership(ClientNo client, ProviderNo provider) const {
  auto query = db_.query("SELECT " MEMBERSHIP_COLUMNS
                         ", sum FROM client_provider WHERE client_no = ? AND provider_no = ?");
  query.bind(client).bind(provider);
  if (!query.step()) return std::nullopt;
  const auto found = membership_of(query, client);
  require_asked_for(found.provider_no == provider);
  return found;
}

std::vector<Membership> SqliteDirectoryTables::memberships(ClientNo client) const {
  auto query = db_.query("SELECT " MEMBERSHIP_COLUMNS ", sum FROM client_provider WHERE client_no = ?");
  query.bind(client);
  std::vector<Membership> all;
  while (query.step()) all.push_back(membership_of(query, client));
  return all;
}

std::vector<HeldMembership> SqliteDirectoryTables::memberships(std::span<const ClientNo> clients,
                                                               ProviderNo after, std::size_t limit) const {
  std::vector<HeldMembership> all;
  for (const auto client : clients) {
    auto query = db_.query("SELECT " MEMBERSHIP_COLUMNS
                           ", sum FROM client_provider WHERE client_no = ? AND provider_no > ? "
                           "ORDER BY provider_no");
    query.bind(client).bind(after);
    after = 0;
    while (query.step()) {
      if (all.size() == limit) return all;
      all.push_back({client, membership_of(query, client)});
    }
  }
  return all;
}

std::vector<std::optional<Place>> SqliteDirectoryTables::insert_memberships(ProviderNo provider,
                                                                            std::span<const ClientNo> clients,
                                                                            Place first, Seq stored_seq) {
  std::vector<std::optional<Place>> places;
  places.reserve(clients.size());
  Membership membership{provider, first, stored_seq};
  for (const auto client : clients) {
    auto query = db_.query(kInsertMembership.c_str());
    RowWriter writer(query, kMembership);
    visit_membership(writer, client, std::as_const(membership));
    writer.finish();
    if (query.run() == 0) {
      places.emplace_back();
      continue;
    }
    places.emplace_back(membership.place++);
  }
  return places;
}

void SqliteDirectoryTables::set_stored_seqs(ClientNo client,
                                            std::span<const std::pair<ProviderNo, Seq>> seqs) {
  for (const auto& [provider, seq] : seqs) {
    auto query = db_.query(
        "UPDATE client_provider SET stored_seq = ?1, sum = sum + (?1 - stored_seq) "
        "WHERE client_no = ?2 AND provider_no = ?3 AND stored_seq < ?1");
    query.bind(seq).bind(client).bind(provider).run();
  }
}

// The index of ids and the membership alone could lead to another's place: the entry there says whose it is.
std::optional<Place> SqliteDirectoryTables::place_of(ProviderNo provider, std::string_view client_id) const {
  auto query = db_.query(
      "SELECT m.place, r.entry FROM client c CROSS JOIN client_provider m USING (client_no) "
      "LEFT JOIN roster r ON r.provider_no = m.provider_no AND r.place = m.place "
      "WHERE c.id = ? AND m.provider_no = ?");
  query.bind(client_id).bind(provider);
  if (!query.step()) return std::nullopt;
  const Place place = place_in(query.i64(0));
  if (decode_entry(provider, place, query.blob(1)).id != client_id)
    throw Error(Code::corrupt, "a client's place on a roster is damaged, or another's");
  return place;
}

Found<std::string_view, Place> SqliteDirectoryTables::places_of(
    ProviderNo provider, std::span<const std::string_view> client_ids) const {
  return find_each(client_ids, [&](std::string_view id) { return place_of(provider, id); });
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

Found<RosterKey, RosterEntry> SqliteDirectoryTables::entries(std::span<const RosterKey> keys) const {
  return find_each(keys, [&](const RosterKey& key) { return entry(key.provider_no, key.place); });
}

void SqliteDirectoryTables::insert_entries(std::span<const RosterEntry> entries) {
  for (const auto& entry : entries) {
    encode_entry(entry.provider_no, entry.view(), encoded_);
    auto query = db_.query("INSERT INTO roster(provider_no, place, entry) VALUES (?, ?, ?)");
    query.bind(entry.provider_no).bind(std::int64_t{entry.place}).bind(string_as_bytes(encoded_)).run();
  }
}

void SqliteDirectoryTables::update_entries(std::span<const RosterEntry> entries) {
  for (const auto& entry : entries) {
    encode_entry(entry.provider_no, entry.view(), encoded_);
    auto query = db_.query("UPDATE roster SET entry = ? WHERE provider_no = ? AND place = ?");
    query.bind(string_as_bytes(encoded_)).bind(entry.provider_no).bind(std::int64_t{entry.place}).run();
  }
}

RosterPage SqliteDirectoryTables::scan(ProviderNo provider, Place begin, Place end, std::size_t limit) const {
  auto query = db_.query(
      "SELECT place, entry FROM roster WHERE provider_no = ? AND place >= ? AND place < ? ORDER BY place "
      "LIMIT ?");
  query.bind(provider).bind(std::int64_t{begin}).bind(std::int64_t{end});
  query.bind(static_cast<std::int64_t>(limit));
  RosterPage page(std::min(limit, std::size_t{end - begin}));
  try {
    while (query.step()) page.add(decode_entry(provider, place_in(query.i64(0)), page.keep(query.blob(1))));
  } catch (const Error& error) {
    if (error.code() != Code::corrupt) throw;
    page.end_with(std::current_exception());
  }
  return page;
}

RosterPage SqliteDirectoryTables::scan(std::span<const RosterKey> places) const {
  RosterPage page(places.size());
  while (!places.empty()) {
    const ProviderNo provider = places[0].provider_no;
    std::size_t run = 1;
    while (run < places.size() && places[run].provider_no == provider &&
           places[run].place - places[run - 1].place <= kStrangers + 1)
      ++run;
    std::size_t next = 0;
    const auto read = [&](Place begin, Place end) {
      auto query = db_.query(
          "SELECT place, entry FROM roster WHERE provider_no = ? AND place >= ? AND place < ? "
          "ORDER BY place");
      query.bind(provider).bind(std::int64_t{begin}).bind(std::int64_t{end});
      try {
        while (query.step()) {
          const Place place = place_in(query.i64(0));
          while (next < run && places[next].place < place) ++next;
          if (next == run) break;
          if (places[next].place != place) continue;
          page.add(decode_entry(provider, place, page.keep(query.blob(1))));
          ++next;
        }
      } catch (const Error& error) {
        if (error.code() != Code::corrupt) throw;
      }
    };
    read(places[0].place, places[run - 1].place + 1);
    while (next < run) {  // behind a damaged one, or missing: each by itself
      const auto one = next;
      read(places[one].place, places[one].place + 1);
      next = one + 1;
    }
    places = places.subspan(run);
  }
  return page;
}

std::optional<ProviderNo> SqliteDirectoryTables::provider_after(ProviderNo no) const {
  auto query = db_.query("SELECT min(provider_no) FROM provider WHERE provider_no > ?");
  if (!query.bind(no).step() || query.is_null(0)) return std::nullopt;
  return query.i64_after(0, no);
}

std::optional<Place> SqliteDirectoryTables::last_place(ProviderNo provider) const {
  auto query = db_.query("SELECT max(place) FROM roster WHERE provider_no = ?");
  if (!query.bind(provider).step() || query.is_null(0)) return std::nullopt;
  return place_in(query.i64(0));
}

std::vector<Provider> SqliteDirectoryTables::providers(std::string_view after, std::size_t limit) const {
  auto query = db_.query("SELECT " PROVIDER_COLUMNS ", sum FROM provider WHERE id > ? ORDER BY id LIMIT ?");
  query.bind(after).bind(static_cast<std::int64_t>(limit));
  std::vector<Provider> all;
  while (query.step()) all.push_back(provider_of(query));
  return all;
}

void SqliteDirectoryTables::skip_numbers(std::int64_t gap) {
  static_assert(kRosterWork.weights[2] + kRosterWork.weights[3] == 4);
  // A damaged number beyond which there is none stays as it is, and its row is refused whenever it is read.
  auto query = db_.query(
      "UPDATE roster_work SET next_blast = next_blast + ?1, next_community = next_community + ?1, "
      "sum = sum + ?1 * 4 WHERE provider_no > ?2 AND max(next_blast, next_community, sum) <= ?3");
  constexpr auto kLeast = std::numeric_limits<std::int64_t>::min();
  query.bind(gap).bind(kLeast).bind(std::numeric_limits<std::int64_t>::max() - 4 * gap).run();
}

RosterSlice SqliteDirectoryTables::roster_slice(ProviderNo provider, SliceNo slice) const {
  auto query =
      db_.query("SELECT active, chat_off, dead FROM roster_slice WHERE provider_no = ? AND slice_no = ?");
  query.bind(provider).bind(std::int64_t{slice});
  if (!query.step()) return {};
  return {Slice::decode(query.blob(0), roster_key(1, provider, slice)),
          Slice::decode(query.blob(1), roster_key(2, provider, slice)),
          Slice::decode(query.blob(2), roster_key(3, provider, slice))};
}

std::vector<RosterSlice> SqliteDirectoryTables::roster_slices(std::span<const RosterSliceKey> keys) const {
  std::vector<RosterSlice> slices;
  slices.reserve(keys.size());
  for (const auto& key : keys) slices.push_back(roster_slice(key.provider_no, key.slice));
  return slices;
}

void SqliteDirectoryTables::put_roster_slices(
    std::span<const std::pair<RosterSliceKey, RosterSlice>> slices) {
  for (const auto& [key, value] : slices) {
    const auto active = value.active.encode(roster_key(1, key.provider_no, key.slice));
    const auto chat_off = value.chat_off.encode(roster_key(2, key.provider_no, key.slice));
    const auto dead = value.dead.encode(roster_key(3, key.provider_no, key.slice));
    auto query = db_.query(
        "INSERT INTO roster_slice(provider_no, slice_no, active, chat_off, dead) VALUES (?, ?, ?, ?, ?) "
        "ON CONFLICT DO UPDATE SET active = excluded.active, chat_off = excluded.chat_off, dead = "
        "excluded.dead");
    query.bind(key.provider_no).bind(std::int64_t{key.slice}).bind(active).bind(chat_off).bind(dead).run();
  }
}

Slice SqliteDirectoryTables::address_slice(ProviderNo provider, SliceNo slice,
                                           std::string_view channel) const {
  auto query =
      db_.query("SELECT places FROM address_slice WHERE provider_no = ? AND slice_no = ? AND channel = ?");
  query.bind(provider).bind(std::int64_t{slice}).bind(channel);
  return query.step() ? Slice::decode(query.blob(0), address_key(provider, slice, channel)) : Slice();
}

std::vector<std::string> SqliteDirectoryTables::zones() const {
  std::set<std::string> zones;
  // From each name on to the next: a step for each zone, not for each of those who live there.
  const auto collect = [&](const char* next, auto&& read) {
    for (std::string last;;) {
      auto query = db_.query(next);
      query.bind(last);
      const auto found = read(query);
      if (!found) return;
      if (found->zone <= last) throw Error(Code::corrupt, "the index of time zones is damaged");
      zones.insert(last = found->zone);
    }
  };
  collect("SELECT " CLIENT_COLUMNS ", sum FROM client WHERE zone <> '' AND zone > ? ORDER BY zone LIMIT 1",
          one_client);
  collect("SELECT " PROVIDER_COLUMNS
          ", sum FROM provider WHERE zone <> '' AND zone > ? ORDER BY zone LIMIT 1",
          one_provider);
  return {zones.begin(), zones.end()};
}

std::vector<std::vector<std::string>> SqliteDirectoryTables::address_channels(
    std::span<const RosterSliceKey> slices) const {
  return each_of(slices, [&](const RosterSliceKey& key) {
    std::vector<std::string> channels;
    auto query = db_.query("SELECT channel FROM address_slice WHERE provider_no = ? AND slice_no = ?");
    query.bind(key.provider_no).bind(std::int64_t{key.slice});
    while (query.step()) channels.push_back(query.string(0));
    return channels;
  });
}

std::vector<Slice> SqliteDirectoryTables::address_slices(std::span<const AddressSliceKey> keys) const {
  std::vector<Slice> slices;
  slices.reserve(keys.size());
  for (const auto& key : keys) slices.push_back(address_slice(key.of.provider_no, key.of.slice, key.channel));
  return slices;
}

void SqliteDirectoryTables::put_address_slices(std::span<const std::pair<AddressSliceKey, Slice>> slices) {
  for (const auto& [key, value] : slices) {
    const auto places = value.encode(address_key(key.of.provider_no, key.of.slice, key.channel));
    auto query = db_.query(
        "INSERT INTO address_slice(provider_no, slice_no, channel, places) VALUES (?, ?, ?, ?) "
        "ON CONFLICT DO UPDATE SET places = excluded.places");
    query.bind(key.of.provider_no)
        .bind(std::int64_t{key.of.slice})
        .bind(std::string_view(key.channel))
        .bind(places)
        .run();
  }
}

void SqliteDirectoryTables::find_damage(std::vector<FindingRow>& findings) const {
  find_damaged_rows(db_, kProvider, kAllProviders, findings);
  find_damaged_rows(db_, kRosterWork, kAllRosterWork, findings);
  find_damaged_rows(db_, kClient, kAllClients, findings);
  find_damaged_rows(db_, kMembership, kAllMemberships, findings);
}

}  // namespace bccast::sqlite
