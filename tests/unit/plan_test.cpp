// The plan of every statement of the SQLite adapter: no statement reads a table that grows from end to end,
// none sorts, and each uses the index that was made for it.
//
// "Every" is what stands in the sources: this test reads them. Plans depend on the schema alone, since the
// store never runs ANALYZE. The expected ones stand in sqlite_plans.txt, in the words of EXPLAIN QUERY PLAN.
#include <doctest/doctest.h>
#include <sqlite3.h>

#include <algorithm>
#include <array>
#include <bccast/engine.hpp>
#include <cstddef>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <regex>
#include <set>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

#include "../support/sql_literals.hpp"
#include "../support/sqlite_counts.hpp"
#include "../support/temporary_folder.hpp"
#include "adapters/sqlite/sqlite_store.hpp"

namespace {

using std::string;
namespace fs = std::filesystem;

const fs::path kSource = BCCAST_SOURCE_DIR;

string content_of(const fs::path& path) {
  std::ifstream file(path);
  REQUIRE(file);
  return {std::istreambuf_iterator<char>(file), {}};
}

std::set<string> statements_of_the_adapter() {
  std::set<string> all;
  for (const auto& entry : fs::directory_iterator(kSource / "src/adapters/sqlite"))
    if (entry.path().extension() == ".cpp" || entry.path().extension() == ".hpp")
      for (auto& one : test::SqlLiterals::of(content_of(entry.path()))) all.insert(std::move(one));
  return all;
}

/// A new store's schema, opened as another program would.
class Database {
 public:
  Database() {
    { const bccast::sqlite::SqliteStore made(folder_.file()); }
    REQUIRE(sqlite3_open(folder_.file().c_str(), &db_) == SQLITE_OK);
  }
  ~Database() { sqlite3_close(db_); }
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;

  std::vector<string> column(const string& sql, int which) const {
    sqlite3_stmt* statement = nullptr;
    INFO(sql);
    REQUIRE_MESSAGE(sqlite3_prepare_v2(db_, sql.c_str(), -1, &statement, nullptr) == SQLITE_OK,
                    sqlite3_errmsg(db_));
    std::vector<string> rows;
    while (sqlite3_step(statement) == SQLITE_ROW)
      rows.emplace_back(reinterpret_cast<const char*>(sqlite3_column_text(statement, which)));
    sqlite3_finalize(statement);
    return rows;
  }
  std::vector<string> plan_of(const string& sql) const { return column("EXPLAIN QUERY PLAN " + sql, 3); }

 private:
  test::TemporaryFolder folder_;
  sqlite3* db_ = nullptr;
};

/// A statement as sqlite_plans.txt names it: which columns are read or written does not matter.
string short_form(const string& sql) {
  static const std::regex columns("SELECT [^()]*? FROM ");
  static const std::regex assignments("^(UPDATE [a-z_]+) SET .*? WHERE ");
  return std::regex_replace(std::regex_replace(sql, columns, "SELECT ... FROM "), assignments,
                            "$1 ... WHERE ");
}

std::map<string, std::vector<string>> expected_plans() {
  std::map<string, std::vector<string>> plans;
  std::istringstream lines(content_of(kSource / "tests/unit/sqlite_plans.txt"));
  string statement;
  for (string line; std::getline(lines, line);) {
    if (line.empty() || line.starts_with("#")) continue;
    if (line.starts_with("    ")) {
      plans[statement].push_back(line.substr(4));
    } else {
      plans[statement = line];
    }
  }
  return plans;
}

/// What may be read without a range of a key, and why.
struct Scan {
  std::string_view plan;
  std::string_view of;  // a part of the statement
  std::string_view why;
};
constexpr std::array kMayScan{
    Scan{"SCAN store", "FROM store", "it has one row"},
    Scan{"SCAN sqlite_schema", "FROM sqlite_schema", "the same"},
    Scan{"USE TEMP B-TREE FOR ORDER BY", "FROM sqlite_schema", "the same"},
    Scan{"SCAN sqlite_master", "FROM sqlite_schema", "a row for each table and index; once, at opening"},
    Scan{"SCAN channel USING INDEX channel_name", "FROM channel", "all channels are asked for"},
    Scan{"SCAN channel_work", "FROM channel_work",
         "channels are few: at most kMaxChannels, with removed ones"},
    Scan{"SEARCH channel", "max(channel_no)", "the last of its key"},
    Scan{"SCAN event_reader", "FROM event_reader", "readers are few: programs, not people"},
    Scan{"SCAN event", "LIMIT ?) WHERE at", "the oldest ones, as many as are named"},
    Scan{"SEARCH (subquery-1)", "LIMIT ?) WHERE at", "the same"},
    Scan{"SCAN blast USING INDEX blast_recalled", "swept < roster_size",
         "the first of an index that has only what is to be done"},
    Scan{"SCAN line USING INDEX line_to_forget", "state < 0", "the same"},
    Scan{"SEARCH blast USING INDEX blast_scheduled", "min(scheduled_at)", "the first of that index"},
    Scan{"SEARCH debt", "max(debt_no)", "the last of its key"},
    Scan{"SEARCH act", "max(act_no)", "the same"},
    Scan{"SCAN act", "FROM act ORDER BY act_no LIMIT 1", "the first of its key"},
    Scan{"SCAN m USING COVERING INDEX sqlite_autoindex_message_1", "FROM message AS m WHERE NOT EXISTS",
         "verification reads everything"},
    Scan{"SCAN t USING COVERING INDEX thread_of_client", "FROM thread AS t WHERE origin < 0", "the same"},
};

/// What a mapping of the adapter writes a row with (mapping.hpp), which stands in no source: all columns and
/// their sum. It finds the row by its key, and the number of a new one at the end of a table.
bool is_made_by_a_mapping(const Database& db, const string& sql) {
  const bool inserts = sql.starts_with("INSERT ") && sql.find(", sum) VALUES (") != string::npos;
  const bool updates = sql.starts_with("UPDATE ") && sql.find(", sum = ?") != string::npos;
  if (!inserts && !updates) return false;
  for (const auto& step : db.plan_of(sql)) {
    const bool by_key = step.starts_with("SEARCH ") && step.find("PRIMARY KEY") != string::npos;
    const bool newest = inserts && step.starts_with("SEARCH ");
    if (!by_key && !newest && !step.starts_with("SCALAR SUBQUERY")) return false;
  }
  return true;
}

}  // namespace

TEST_CASE(
    "No statement of the store reads a table from end to end, or sorts, but for tables known to be tiny") {
  const Database db;
  std::set<std::string_view> used;
  for (const auto& sql : statements_of_the_adapter()) {
    for (const auto& step : db.plan_of(sql)) {
      INFO(sql << "\n    " << step);
      CHECK(step.find("AUTOMATIC") == string::npos);
      const bool sorts = step.find("TEMP B-TREE") != string::npos;
      const bool scans = sorts || (step.starts_with("SCAN ") && step != "SCAN CONSTANT ROW");
      const bool all = step.starts_with("SEARCH ") && step.find('?') == string::npos;
      if (!scans && !all) continue;
      const auto* may = std::find_if(kMayScan.begin(), kMayScan.end(), [&](const Scan& one) {
        return step == one.plan && sql.find(one.of) != string::npos;
      });
      CHECK(may != kMayScan.end());
      if (may != kMayScan.end()) used.insert(may->plan);
    }
  }
  for (const auto& one : kMayScan) {
    INFO(one.plan << ": " << one.why);
    CHECK(used.count(one.plan) > 0);
  }
}

TEST_CASE("Every statement of the store uses the index that was made for it") {
  const Database db;
  auto expected = expected_plans();
  std::set<string> seen;
  for (const auto& sql : statements_of_the_adapter()) {
    auto plan = db.plan_of(sql);
    if (plan.empty()) continue;  // inserts
    for (auto& step : plan)      // which columns are read decides
      if (const auto at = step.find("COVERING "); at != string::npos) step.erase(at, 9);
    const auto name = short_form(sql);
    string entry = name;
    for (const auto& step : plan) entry += "\n    " + step;
    INFO("tests/unit/sqlite_plans.txt would have to say:\n" << entry);
    seen.insert(name);
    REQUIRE(expected.count(name) > 0);
    CHECK(expected[name] == plan);
  }
  for (const auto& one : expected) {
    INFO(one.first);
    CHECK(seen.count(one.first) > 0);  // else the line is of a statement that is gone
  }
}

TEST_CASE("What the store runs are the statements whose plans are known, and what frames them") {
  const test::SqliteCounts counts;
  const test::TemporaryFolder folder;
  {
    bccast::Engine engine(folder.file(), {});
    engine.channel_put("email");
    engine.provider_put("lee", "Dr. Lee");
    for (const char* who : {"ana", "ben"}) {
      engine.client_put(who, who, {});
      engine.roster_add("lee", who);
    }
    const auto blast = engine.blast_create("lee").blast;
    engine.blast_write("lee", blast, "We are closed on Monday.");
    engine.blast_select_all_active("lee", blast);
    engine.blast_send("lee", blast);
    engine.client_reply("ana", engine.client_threads("ana").items.at(0).thread, "Thanks.");
    engine.blast_recall("lee", blast);
    engine.client_erase("ben");
    engine.provider_archive("lee");
  }
  const auto known = statements_of_the_adapter();
  const Database db;
  std::size_t rows = 0;
  for (const auto& sql : counts.sql_begun()) {
    if (!test::SqlLiterals::is_statement(sql)) continue;  // BEGIN, PRAGMA, CREATE, ...
    INFO(sql);
    CHECK((known.count(sql) > 0 || is_made_by_a_mapping(db, sql)));
    ++rows;
  }
  CHECK(rows > 60);
}

TEST_CASE("No index of the store is kept up for nothing") {
  const Database db;
  string plans;
  for (const auto& sql : statements_of_the_adapter())
    for (const auto& step : db.plan_of(sql)) plans += step + " ";
  for (const auto& index :
       db.column("SELECT name FROM sqlite_schema WHERE type = 'index' AND sql IS NOT NULL", 0)) {
    INFO(index);
    CHECK(plans.find(" " + index + " ") != string::npos);
  }
}

TEST_CASE("The reader of SQL finds joined literals and macros") {
  const auto found = test::SqlLiterals::of(R"(
#define COLUMNS "a, " \
  "b"
#define OF(what) "SELECT " COLUMNS " FROM t WHERE " what " ORDER BY a"
auto one = db.query("SELECT " COLUMNS  // of t
                    " FROM t");
auto two = db.query(x ? OF("c = 1") : OF("c = 2" " AND d"));
auto none = text("nothing");
)");
  REQUIRE(found.size() == 3);
  CHECK(found[0] == "SELECT a, b FROM t");
  CHECK(found[1] == "SELECT a, b FROM t WHERE c = 1 ORDER BY a");
  CHECK(found[2] == "SELECT a, b FROM t WHERE c = 2 AND d ORDER BY a");
}
