// The indexes of a roster's names and addresses in SQLite.
#include <limits>
#include <utility>

#include "adapters/sqlite/columns.hpp"
#include "adapters/sqlite/directory_tables.hpp"
#include "adapters/sqlite/mapping.hpp"

namespace bccast::sqlite {
namespace {

Query& bind_name(Query& query, const NameRow& row) {
  return query.bind(row.at.provider_no)
      .bind(static_cast<std::int64_t>(row.kind))
      .bind(std::int64_t{row.archived})
      .bind(string_as_bytes(row.key))
      .bind(std::int64_t{row.at.place});
}

}  // namespace

void SqliteDirectoryTables::insert_names(std::span<const NameRow> rows) {
  for (const auto& row : rows) {
    auto query = db_.query(
        "INSERT INTO roster_name(provider_no, kind, archived, key, place) VALUES (?, ?, ?, ?, ?) "
        "ON CONFLICT DO NOTHING");
    bind_name(query, row).run();
  }
}

void SqliteDirectoryTables::delete_names(std::span<const NameRow> rows) {
  for (const auto& row : rows) {
    auto query = db_.query(
        "DELETE FROM roster_name WHERE provider_no = ? AND kind = ? AND archived = ? AND key = ? AND place = "
        "?");
    bind_name(query, row).run();
  }
}

void SqliteDirectoryTables::forget_names(ProviderNo provider, Place place) {
  auto query = db_.query("DELETE FROM roster_name WHERE provider_no = ? AND place = ?");
  query.bind(provider).bind(std::int64_t{place}).run();
}

// Of both: SQLite merges the two, row by row.
#define NAMES_FROM                                                                                       \
  "SELECT key, place FROM roster_name WHERE provider_no = ?1 AND kind = ?2 AND (key, place) > (?3, ?4) " \
  "AND archived = "
std::vector<NamedPlace> SqliteDirectoryTables::names(ProviderNo provider, NameKind kind,
                                                     std::optional<bool> archived, std::string_view prefix,
                                                     const std::optional<NamedPlace>& after,
                                                     std::size_t limit) const {
  auto query = db_.query(!archived   ? NAMES_FROM "0 UNION ALL " NAMES_FROM "1 ORDER BY 1, 2"
                         : *archived ? NAMES_FROM "1 ORDER BY key, place"
                                     : NAMES_FROM "0 ORDER BY key, place");
  query.bind(provider).bind(static_cast<std::int64_t>(kind));
  query.bind(string_as_bytes(after ? std::string_view(after->key) : prefix));
  query.bind(after ? std::int64_t{after->place} : -1);
  std::vector<NamedPlace> found;
  while (found.size() < limit && query.step()) {
    auto key = bytes_as_string(query.blob(0));
    if (!key.starts_with(prefix)) break;
    found.push_back({std::move(key), place_in(query.i64(1))});
  }
  return found;
}
#undef NAMES_FROM

std::vector<SharedAddress> SqliteDirectoryTables::change_addresses(std::span<const AddressChange> changes) {
  std::vector<SharedAddress> found;
  found.reserve(changes.size());
  for (const auto& change : changes) {
    if (change.comes) {
      found.push_back(insert_address(change.at, change.hash));
    } else {
      delete_address(change.at, change.hash);
      found.emplace_back();
    }
  }
  return found;
}

SharedAddress SqliteDirectoryTables::insert_address(const RosterKey& at, AddressHash hash) {
  const ProviderNo provider = at.provider_no;
  const Place place = at.place;
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
    found.was_alone = place_in(query.i64(0));
  }
  if (!share(*found.was_alone)) found.was_alone.reset();
  share(place);
  return found;
}

void SqliteDirectoryTables::delete_address(const RosterKey& at, AddressHash hash) {
  const ProviderNo provider = at.provider_no;
  const Place place = at.place;
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
    while (query.step()) left.push_back(place_in(query.i64(0)));
  }
  if (left.empty()) throw Error(Code::corrupt, "the index of addresses has lost a row");
  if (left.size() == 1) unshare(left[0]);
  auto query = db_.query("UPDATE roster_address SET place = ? WHERE provider_no = ? AND hash = ?");
  query.bind(std::int64_t{left[0]}).bind(provider).bind(hash).run();
}

std::vector<AddressRow> SqliteDirectoryTables::shared_places(ProviderNo provider,
                                                             std::span<const AddressHash> hashes,
                                                             std::optional<AddressRow> after,
                                                             std::size_t limit) const {
  std::vector<AddressRow> rows;
  for (const auto hash : hashes) {
    if (after && hash < after->hash) continue;
    if (rows.size() >= limit) break;
    const bool within = after && hash == after->hash;
    auto query = db_.query(
        "SELECT place FROM shared_address WHERE provider_no = ? AND hash = ? AND place > ? "
        "ORDER BY place LIMIT ?");
    query.bind(provider).bind(hash).bind(within ? std::int64_t{after->place}
                                                : std::numeric_limits<std::int64_t>::min());
    query.bind(static_cast<std::int64_t>(limit - rows.size()));
    while (query.step()) {
      rows.push_back({hash, place_in(query.i64(0))});
      // Else it is out of order, and whoever goes on behind it may come here again and again.
      require_asked_for(!within || rows.back().place > after->place);
    }
  }
  return rows;
}

namespace {

std::vector<AddressRow> address_rows(Query& query) {
  std::vector<AddressRow> rows;
  while (query.step()) rows.push_back({query.i64(0), place_in(query.i64(1))});
  return rows;
}

}  // namespace

std::vector<AddressRow> SqliteDirectoryTables::addresses(ProviderNo provider,
                                                         std::optional<AddressHash> after,
                                                         std::size_t limit) const {
  // From the least on, or behind the last one.
  auto query = db_.query(after ? "SELECT hash, place FROM roster_address WHERE provider_no = ? AND hash > ? "
                                 "ORDER BY hash LIMIT ?"
                               : "SELECT hash, place FROM roster_address WHERE provider_no = ? AND hash >= ? "
                                 "ORDER BY hash LIMIT ?");
  query.bind(provider).bind(after.value_or(std::numeric_limits<AddressHash>::min()));
  query.bind(static_cast<std::int64_t>(limit));
  auto rows = address_rows(query);
  for (const auto& row : rows) require_asked_for(!after || row.hash > *after);  // as above
  return rows;
}

std::vector<AddressRow> SqliteDirectoryTables::shared_addresses(ProviderNo provider,
                                                                std::optional<AddressRow> after,
                                                                std::size_t limit) const {
  auto query = db_.query(
      "SELECT hash, place FROM shared_address WHERE provider_no = ? AND (hash, place) > (?, ?) "
      "ORDER BY hash, place LIMIT ?");
  query.bind(provider).bind(after ? after->hash : std::numeric_limits<AddressHash>::min());
  query.bind(after ? std::int64_t{after->place} : std::numeric_limits<std::int64_t>::min())
      .bind(static_cast<std::int64_t>(limit));
  return address_rows(query);
}

bool SqliteDirectoryTables::forget_indexes(ProviderNo provider, std::size_t most) {
  const auto limit = static_cast<std::int64_t>(most);
  int gone = 0;
  {
    // Up to the row behind as many; without one, all.
    auto behind = db_.query(
        "SELECT kind, archived, key, place FROM roster_name WHERE provider_no = ? "
        "ORDER BY kind, archived, key, place LIMIT 1 OFFSET ?");
    behind.bind(provider).bind(limit);
    if (behind.step()) {
      auto some = db_.query(
          "DELETE FROM roster_name WHERE provider_no = ? AND (kind, archived, key, place) < (?, ?, ?, ?)");
      some.bind(provider).bind(behind.i64(0)).bind(behind.i64(1)).bind(behind.blob(2)).bind(behind.i64(3));
      gone += some.run();
    } else {
      gone += db_.query("DELETE FROM roster_name WHERE provider_no = ?").bind(provider).run();
    }
  }
  auto alone = db_.query(
      "DELETE FROM roster_address WHERE provider_no = ?1 AND hash IN "
      "(SELECT hash FROM roster_address WHERE provider_no = ?1 ORDER BY hash LIMIT ?2)");
  gone += alone.bind(provider).bind(limit).run();
  auto shared = db_.query(
      "DELETE FROM shared_address WHERE provider_no = ?1 AND (hash, place) IN "
      "(SELECT hash, place FROM shared_address WHERE provider_no = ?1 ORDER BY hash, place LIMIT ?2)");
  gone += shared.bind(provider).bind(limit).run();
  return gone > 0;
}

}  // namespace bccast::sqlite
