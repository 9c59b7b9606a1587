#include "row_roster.hpp"

#include <algorithm>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "people.hpp"
#include "stopwatch.hpp"

namespace bench {
namespace {

constexpr const char* kSchema =
    "CREATE TABLE client (client_no INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, name TEXT NOT NULL,"
    " address TEXT NOT NULL) STRICT;"
    "CREATE TABLE roster (provider_no INTEGER NOT NULL, place INTEGER NOT NULL, client_no INTEGER NOT NULL,"
    " id TEXT NOT NULL, name TEXT NOT NULL, address TEXT NOT NULL, PRIMARY KEY (provider_no, place))"
    " STRICT, WITHOUT ROWID;"
    "CREATE TABLE client_provider (client_no INTEGER NOT NULL, provider_no INTEGER NOT NULL,"
    " place INTEGER NOT NULL, PRIMARY KEY (client_no, provider_no)) STRICT, WITHOUT ROWID;"
    "CREATE TABLE roster_name (provider_no INTEGER NOT NULL, kind INTEGER NOT NULL, key BLOB NOT NULL,"
    " place INTEGER NOT NULL, PRIMARY KEY (provider_no, kind, key, place)) STRICT, WITHOUT ROWID;"
    "CREATE TABLE roster_address (provider_no INTEGER NOT NULL, hash INTEGER NOT NULL, place INTEGER NOT "
    "NULL,"
    " PRIMARY KEY (provider_no, hash)) STRICT, WITHOUT ROWID;";

/// The names here are ASCII: to fold them is to make their letters small.
std::string folded(std::string name) {
  for (char& c : name)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return name;
}

class RosterWriter {
 public:
  explicit RosterWriter(const Database& database)
      : client_(database, "INSERT INTO client VALUES (?1, ?2, ?3, ?4)"),
        roster_(database, "INSERT INTO roster VALUES (1, ?1, ?2, ?3, ?4, ?5)"),
        place_(database, "INSERT INTO client_provider VALUES (?1, 1, ?2)"),
        name_(database, "INSERT INTO roster_name VALUES (1, ?1, CAST(?2 AS BLOB), ?3)"),
        address_(database, "INSERT INTO roster_address VALUES (1, ?1, ?2)") {}

  void write(std::uint64_t client) {
    const auto place = static_cast<std::int64_t>(client);
    const std::int64_t client_no = place + 1;
    const std::string id = client_id(client), name = client_name(client), address = client_address(client);
    client_.bind(1, client_no).bind(2, id).bind(3, name).bind(4, address).run();
    roster_.bind(1, place).bind(2, client_no).bind(3, id).bind(4, name).bind(5, address).run();
    place_.bind(1, client_no).bind(2, place).run();
    const std::string key = folded(name);
    write_key(kWhole, key, place);
    for (std::size_t space = key.find(' '); space != std::string::npos; space = key.find(' ', space + 1))
      write_key(kLaterWord, std::string_view(key).substr(space + 1), place);
    // Any hash does that scatters the addresses; bccast's is keyed.
    address_.bind(1, static_cast<std::int64_t>(std::hash<std::string>{}(address))).bind(2, place).run();
  }

 private:
  static constexpr std::int64_t kWhole = 0, kLaterWord = 1;

  void write_key(std::int64_t kind, std::string_view key, std::int64_t place) {
    name_.bind(1, kind).bind(2, key).bind(3, place).run();
  }

  Statement client_, roster_, place_, name_, address_;
};

void write_roster(Database& database, std::uint64_t clients) {
  RosterWriter writer(database);
  for (std::uint64_t from = 0; from < clients; from += kImportChunk) {
    Transaction transaction(database);
    const std::uint64_t to = std::min(from + kImportChunk, clients);
    for (std::uint64_t client = from; client < to; ++client) writer.write(client);
    transaction.commit();
  }
}

}  // namespace

Figures import_rows(const Task& task) {
  Stopwatch watch;
  std::int64_t rows = 0;
  {
    Database database(task.path);
    database.run(kSchema);
    watch = Stopwatch();
    write_roster(database, task.recipients);
    rows = database.rows_changed();
  }
  settle(task.path);
  return {{"import_s", watch.seconds()}, {"import_rows", static_cast<double>(rows)}};
}

}  // namespace bench
