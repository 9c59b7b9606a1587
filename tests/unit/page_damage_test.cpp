// What is read was asked for. Every bit of every page of a small store is flipped, rows and pages are
// exchanged: each answer is the right one or CORRUPT, and never somebody else's name, address, message or
// thread.
//
// BCCAST_TEST_SCALE (default 1) says how much is tried: 1 is some twenty seconds a test, and a large number
// all of it.
#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "../support/temporary_folder.hpp"
#include "full_store.hpp"

namespace {

using bccast::Code;
using std::string;
using std::to_string;
using test::Account;
using test::Answer;
using test::Database;

std::int64_t scale() {
  const char* text = std::getenv("BCCAST_TEST_SCALE");
  return text != nullptr ? std::max<std::int64_t>(1, std::atoll(text)) : 1;
}

/// Every how many-th of `all` is tried, so that it is about so many; an odd number, for each bit of a byte in
/// turn.
std::size_t stride(std::size_t all, std::size_t about) {
  const auto wanted = about * static_cast<std::size_t>(scale());
  return std::max<std::size_t>(1, all / wanted) | 1;
}

bool counts(const string& line) {
  return line.starts_with("#");
}

bool is_client(const string& who) {
  return std::find(test::clients().begin(), test::clients().end(), who) != test::clients().end();
}

/// What says who somebody is, or what somebody wrote: names, addresses and texts, ids, keyed ids.
bool identifies(const string& field) {
  if (field.find("w-") != string::npos) return true;
  if (is_client(field)) return true;
  return field.size() == 32 && field.find_first_not_of("0123456789abcdef") == string::npos;
}

std::vector<string> identities_in(const string& line) {
  std::vector<string> found;
  for (std::size_t from = 0; from < line.size();) {
    const auto end = std::min(line.find(" | ", from), line.size());
    auto field = line.substr(from, end - from);
    if (identifies(field)) found.push_back(std::move(field));
    from = end + 3;
  }
  return found;
}

/// A store as it was made, what it says, and what its damaged copies say.
class Damaged {
 public:
  Damaged() {
    const string path = folder_.file();
    made_ = test::make_full_store(path);
    {
      // Small pages: less of them is empty.
      Database db(path);
      for (const char* sql : {"PRAGMA journal_mode = DELETE", "PRAGMA page_size = 512", "VACUUM",
                              "PRAGMA journal_mode = WAL", "PRAGMA wal_checkpoint(TRUNCATE)"})
        db.run(sql);
    }
    std::ifstream file(path, std::ios::binary);
    whole_.assign(std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>());
    right_ = account_of(whole_);
    for (const auto& answer : right_.answers) {
      CHECK_MESSAGE(answer.code == Code::ok, answer.to << ", " << answer.question);
      for (const auto& line : answer.lines)
        for (auto& identity : identities_in(line)) known_[answer.to].insert(std::move(identity));
    }
    for (const auto& told : right_.told)
      for (auto& identity : identities_in(told.line)) known_[told.to].insert(std::move(identity));
    CHECK(right_.told.size() > 5);
    CHECK(findings_of(whole_).empty());
  }

  const string& whole() const { return whole_; }
  std::size_t page_size() const { return 512; }
  std::size_t pages() const { return whole_.size() / page_size(); }
  /// A copy to change by SQL; then tried().
  string copy() const {
    write(whole_);
    return copy_;
  }
  void tried_copy(const string& what) {
    std::ifstream file(copy_, std::ios::binary);
    try_one(string(std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()), what);
  }

  void try_one(const string& bytes, const string& what) {
    ++tried_;
    const Account account = account_of(bytes);
    bool corrupt = false;
    bool less = false;
    string where;
    for (std::size_t i = 0; i < account.answers.size(); ++i) {
      const auto& got = account.answers[i];
      const auto& right = right_.answers[i];
      if (got.code == Code::corrupt) corrupt = true;
      // What an index has lost is not found.
      if (got.code == Code::not_found) less = true;
      if (where.empty() && (got.code == Code::not_found || got.lines != right.lines))
        where = got.to + ", " + got.question;
      // Whose schema it is, is asked at opening.
      if (got.code == Code::schema && got.question == "open") corrupt = true;
      if (got.code != Code::ok && got.code != Code::corrupt && got.code != Code::not_found &&
          (got.code != Code::schema || got.question != "open"))
        wrong("another error", what + ": " + got.to + ", " + got.question + ": " + got.text);
      if (got.code != Code::ok || got.lines == right.lines) continue;
      less = true;
      judge(got, right, what);
    }
    // Who is told may change: somebody at the address of one whose entry is damaged, say. Of whom and what
    // may not.
    for (const auto& told : account.told)
      for (const auto& identity : identities_in(told.line))
        if (known_[told.to].count(identity) == 0)
          wrong("somebody was told of something else", what + ": " + told.line);
    right_answers_ += !corrupt && !less ? 1 : 0;
    corrupt_ += corrupt ? 1 : 0;
    // A row that an index has lost, or a count: seen by verification.
    if (less && !corrupt) {
      ++less_;
      if (findings_of(bytes).empty())
        wrong("less than there is, and verification is content", what + ": " + where);
    }
  }

  /// Pages are counted from 1.
  void try_exchanged(std::size_t one, std::size_t other) {
    string bytes = whole_;
    const auto at = [&](std::size_t page) {
      return bytes.begin() + static_cast<std::ptrdiff_t>((page - 1) * page_size());
    };
    std::swap_ranges(at(one), at(one) + static_cast<std::ptrdiff_t>(page_size()), at(other));
    try_one(bytes, "pages " + to_string(one) + " and " + to_string(other));
  }
  std::vector<std::size_t> pages_of(const string& table, const string& type) const {
    Database db(copy());
    std::vector<std::size_t> pages;
    for (const auto& page :
         db.texts("SELECT pageno FROM dbstat WHERE name = '" + table + "' AND pagetype = '" + type + "'"))
      pages.push_back(std::stoul(page));
    return pages;
  }

  void report() {
    MESSAGE("tried: ", tried_, ", answered right: ", right_answers_, ", said CORRUPT: ", corrupt_,
            ", less than there is and verification says so: ", less_);
    for (const auto& [kind, first] : wrong_) FAIL_CHECK(kind << " x" << first.second << ": " << first.first);
  }

 private:
  void write(const string& bytes) const {
    for (const char* suffix : {"-wal", "-shm"}) std::filesystem::remove(copy_ + suffix);
    std::ofstream(copy_, std::ios::binary | std::ios::trunc) << bytes;
  }
  Account account_of(const string& bytes) const {
    write(bytes);
    return test::Asking(copy_, made_).run();
  }
  std::vector<bccast::FindingRow> findings_of(const string& bytes) const {
    write(bytes);
    try {
      return test::open_store(copy_, std::make_shared<test::StillClock>(), [](auto&) { return true; })
          ->verify();
    } catch (const bccast::Error& error) {
      return {{"store", "", error.what()}};
    }
  }

  /// An answer that is not the right one: what it may be.
  void judge(const Answer& got, const Answer& right, const string& what) {
    const std::set<string> lines(right.lines.begin(), right.lines.end());
    const auto& known = known_[got.to];
    for (const auto& line : got.lines) {
      for (const auto& identity : identities_in(line))
        if (known.count(identity) == 0)
          wrong("somebody was shown another's", what + ": " + got.to + ", " + got.question + ": " + identity);
      // A provider's row may say less: a client who is not found has no name.
      if (!counts(line) && lines.count(line) == 0 && is_client(got.to))
        wrong("a wrong row", what + ": " + got.to + ", " + got.question + ": " + line);
    }
  }

  void wrong(const string& kind, const string& detail) {
    auto& entry = wrong_[kind];
    if (entry.second++ == 0) entry.first = detail;
  }

  test::TemporaryFolder folder_;
  string copy_ = folder_.file("copy.db");
  test::FullStore made_;
  string whole_;
  Account right_;
  std::map<string, std::set<string>> known_;  // by whom, what each may be shown
  std::size_t tried_ = 0, right_answers_ = 0, corrupt_ = 0, less_ = 0;
  std::map<string, std::pair<string, int>> wrong_;
};

/// A table: its columns, and which of them are its key.
struct Table {
  string name;
  std::vector<string> key;
  std::vector<string> others;
};

std::vector<Table> tables_of(Database& db) {
  std::vector<Table> tables;
  for (const auto& name :
       db.texts("SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'")) {
    Table table{name, {}, {}};
    table.key = db.texts("SELECT name FROM pragma_table_info('" + name + "') WHERE pk > 0");
    table.others = db.texts("SELECT name FROM pragma_table_info('" + name + "') WHERE pk = 0");
    tables.push_back(std::move(table));
  }
  return tables;
}

/// The conditions that find the rows of a table.
std::vector<string> rows_of(Database& db, const Table& table) {
  string condition;
  for (const auto& key : table.key)
    condition += (condition.empty() ? "'" : " || ' AND ") + key + " = ' || quote(" + key + ")";
  return db.texts("SELECT " + condition + " FROM " + table.name);
}

/// Exchanges columns of two rows.
void exchange(Database& db, const Table& table, const std::vector<string>& columns, const string& one,
              const string& other) {
  std::array<std::vector<string>, 2> values;
  for (std::size_t i = 0; i < 2; ++i)
    for (const auto& column : columns)
      values[i].push_back(
          db.texts("SELECT quote(" + column + ") FROM " + table.name + " WHERE " + (i == 0 ? one : other))
              .at(0));
  const auto set = [&](const string& row, const std::vector<string>& to) {
    string sql;
    for (std::size_t c = 0; c < columns.size(); ++c)
      sql += (c == 0 ? " SET " : ", ") + columns[c] + " = " + to[c];
    db.run("UPDATE " + table.name + sql + " WHERE " + row);
  };
  // Unique columns: out of the way first.
  std::vector<string> away = values[0];
  for (std::size_t c = 0; c < columns.size(); ++c)
    if (columns[c] == "id" || columns[c] == "host_ref" || (columns[c] == "name" && table.name == "channel"))
      away[c] = "'out of the way'";
    else if (columns[c] == "key_hash")
      away[c] = "NULL";
  set(one, away);
  set(other, values[0]);
  set(one, values[1]);
}

}  // namespace

TEST_CASE("The full store has something in every table") {
  const test::TemporaryFolder folder;
  test::make_full_store(folder.file());
  Database db(folder.file());
  for (const auto& table : tables_of(db))
    // These are empty but between an erase and the emptying of the log, and while an act in parts is under
    // way.
    if (table.name != "debt" && table.name != "act")
      CHECK_MESSAGE(std::stoll(db.texts("SELECT count(*) FROM " + table.name).at(0)) > 0, table.name);
}

TEST_CASE("A flipped bit of any page shows nobody another's message, name, address or thread") {
  Damaged store;
  const std::size_t bits = store.whole().size() * 8;
  string bytes = store.whole();
  const auto flip = [&](std::size_t bit) {
    bytes[bit / 8] = static_cast<char>(static_cast<unsigned char>(bytes[bit / 8]) ^ (1U << (bit % 8)));
  };
  for (std::size_t bit = 0; bit < bits; bit += stride(bits, 600)) {
    flip(bit);
    store.try_one(bytes, "page " + to_string(bit / 8 / store.page_size() + 1) + ", bit " +
                             to_string(bit % (store.page_size() * 8)));
    flip(bit);
  }
  store.report();
}

TEST_CASE("Two rows of a table that were exchanged show nobody another's, nor do two cells") {
  Damaged store;
  struct Exchange {
    Table table;
    std::vector<string> columns;
    string one, other;
  };
  std::vector<Exchange> all;
  {
    Database db(store.copy());
    for (const auto& table : tables_of(db)) {
      const auto rows = rows_of(db, table);
      for (std::size_t i = 0; i < rows.size(); ++i)
        for (std::size_t j = i + 1; j < rows.size(); ++j) {
          if (!table.others.empty()) all.push_back({table, table.others, rows[i], rows[j]});
          for (const auto& column : table.others) all.push_back({table, {column}, rows[i], rows[j]});
        }
    }
  }
  for (std::size_t i = 0; i < all.size(); i += stride(all.size(), 250)) {
    const auto& one = all[i];
    string columns;
    for (const auto& column : one.columns) columns += " " + column;
    try {
      Database db(store.copy());
      exchange(db, one.table, one.columns, one.one, one.other);
      db.run("PRAGMA wal_checkpoint(TRUNCATE)");
    } catch (const std::runtime_error&) {
      continue;  // SQLite itself refuses it
    }
    store.tried_copy(one.table.name + columns + " of " + one.one + " and " + one.other);
  }
  store.report();
}

namespace {

/// The bits of the last bytes of a table's or an index's pages, where the first rows are; counted from the
/// file's beginning.
std::vector<std::size_t> bits_at_the_ends(const Damaged& damaged, const string& tree, std::size_t bytes) {
  std::vector<std::size_t> bits;
  for (const char* type : {"leaf", "internal"})
    for (const auto page : damaged.pages_of(tree, type))
      for (auto bit = (page * damaged.page_size() - bytes) * 8; bit < page * damaged.page_size() * 8; ++bit)
        bits.push_back(bit);
  return bits;
}

void flip(Damaged& damaged, const string& tree, std::size_t bit) {
  string bytes = damaged.whole();
  char& byte = bytes[bit / 8];
  byte = static_cast<char>(byte ^ (1 << (bit % 8)));
  damaged.try_one(bytes, tree + ", page " + to_string(bit / 8 / damaged.page_size() + 1) + ", bit " +
                             to_string(bit % (damaged.page_size() * 8)));
}

/// The last eighth of a table's pages, where its first rows are.
void flip_the_ends(Damaged& damaged, const string& table) {
  for (const auto bit : bits_at_the_ends(damaged, table, damaged.page_size() / 8)) flip(damaged, table, bit);
  damaged.report();
}

}  // namespace

TEST_CASE("A row of recipients whose key cannot be read is not taken for another blast's") {
  Damaged damaged;
  flip_the_ends(damaged, "recipients");
}

TEST_CASE("A draft's selection that has come to belong to a sent blast is found by verification") {
  Damaged damaged;
  flip_the_ends(damaged, "draft_slice");
}

TEST_CASE("No row of any table or index whose key cannot be read is taken for another, or lost in silence") {
  Damaged damaged;
  std::vector<string> trees;
  {
    Database db(damaged.copy());
    trees = db.texts("SELECT DISTINCT name FROM dbstat WHERE name <> 'sqlite_schema' ORDER BY name");
  }
  constexpr std::size_t kLastBytes = 96;
  std::vector<std::pair<string, std::size_t>> bits;
  for (const auto& tree : trees)
    for (const auto bit : bits_at_the_ends(damaged, tree, kLastBytes)) bits.emplace_back(tree, bit);
  for (std::size_t i = 0; i < bits.size(); i += stride(bits.size(), 200))
    flip(damaged, bits[i].first, bits[i].second);
  damaged.report();
}

namespace {

/// Nothing else says that there was a row: a draft may have no text and no selection, a blast that has ended
/// no line on a channel, a thread no reference; the oldest events go, and readers.
bool leaves_no_trace(const string& table) {
  return table == "line" || table == "blast_text" || table == "draft_slice" || table == "thread_ref" ||
         table == "event" || table == "event_reader";
}

}  // namespace

TEST_CASE(
    "A row whose key says another, or that is gone, shows nobody another's, nor is it lost in silence") {
  Damaged store;
  std::vector<std::pair<string, string>> all;  // what is done, and its name
  {
    Database db(store.copy());
    for (const auto& table : tables_of(db))
      for (const auto& row : rows_of(db, table)) {
        for (const auto& key : table.key)
          for (const char* change : {" + 1", " - 1", " + 100", " - 100"})
            all.push_back({"UPDATE " + table.name + " SET " + key + " = " + key + change + " WHERE " + row,
                           table.name + ", " + row + ": " + key + change});
        if (!leaves_no_trace(table.name))
          all.push_back(
              {"DELETE FROM " + table.name + " WHERE " + row, table.name + ", " + row + " is gone"});
      }
  }
  for (std::size_t i = 0; i < all.size(); i += stride(all.size(), 150)) {
    try {
      Database db(store.copy());
      db.run(all[i].first);
      db.run("PRAGMA wal_checkpoint(TRUNCATE)");
    } catch (const std::runtime_error&) {
      continue;  // SQLite itself refuses it
    }
    store.tried_copy(all[i].second);
  }
  store.report();
}

TEST_CASE("Two pages that were exchanged show nobody another's") {
  Damaged store;
  const auto pairs = store.pages() * (store.pages() - 1) / 2;
  const auto step = stride(pairs, 120);
  std::size_t next = 0;
  for (std::size_t i = 1; i <= store.pages(); ++i)
    for (std::size_t j = i + 1; j <= store.pages(); ++j)
      if (next++ % step == 0) store.try_exchanged(i, j);
  store.report();
}

TEST_CASE("Two pages of one table or index in each other's place show nobody another's") {
  Damaged store;
  std::vector<string> trees;
  {
    Database db(store.copy());
    trees = db.texts("SELECT name FROM dbstat WHERE pagetype = 'leaf' GROUP BY name HAVING count(*) > 1");
  }
  std::size_t next = 0;
  for (const auto& tree : trees) {
    const auto leaves = store.pages_of(tree, "leaf");
    for (std::size_t i = 0; i < leaves.size(); ++i)
      for (std::size_t j = i + 1; j < leaves.size(); ++j)
        if (next++ % stride(300, 100) == 0) store.try_exchanged(leaves[i], leaves[j]);
  }
  CHECK(next > 20);
  store.report();
}

TEST_CASE("Verification ends, whatever page stands where it walks from number to number") {
  Damaged store;
  for (const char* walked : {"told_address", "provider", "blast"})
    for (const auto page : store.pages_of(walked, "leaf"))
      for (std::size_t other = 2; other <= store.pages(); other += stride(store.pages(), 40))
        if (other != page) store.try_exchanged(page, other);
  store.report();
}

TEST_CASE("Pump ends, whatever page stands in the place of the items") {
  Damaged store;
  for (const auto page : store.pages_of("item", "leaf"))
    for (std::size_t other = 2; other <= store.pages(); ++other)
      if (other != page) store.try_exchanged(page, other);
  store.report();
}

TEST_CASE(
    "A cell that lies elsewhere, or across the end of its page, is CORRUPT each time, and no failed read") {
  Damaged store;
  constexpr std::size_t kHeader = 8;
  for (const char* table : {"blast", "line", "thread", "item"})
    for (const auto page : store.pages_of(table, "leaf")) {
      const auto at = (page - 1) * store.page_size();
      const auto cells = static_cast<unsigned char>(store.whole()[at + 4]);
      for (std::size_t cell = 0; cell < cells; ++cell)
        for (const bool across : {true, false}) {
          string bytes = store.whole();
          char* pointer = &bytes[at + kHeader + 2 * cell];
          pointer[0] = across ? '\x01' : static_cast<char>(pointer[0] ^ 1);
          if (across) pointer[1] = '\xff';
          for (int time = 0; time < 3; ++time)
            store.try_one(bytes, table + (", cell " + to_string(cell)) + (across ? " across" : " elsewhere"));
        }
    }
  store.report();
}

namespace {

/// A cell of a page that is placed across the page's end, and the byte with which it then begins.
struct CellAcross {
  std::size_t page, pointer, to;
  unsigned char byte;
};

std::vector<CellAcross> cells_across(const Damaged& damaged, const std::vector<string>& trees) {
  std::vector<CellAcross> all;
  for (const auto& tree : trees)
    for (const bool leaf : {true, false})
      for (const auto page : damaged.pages_of(tree, leaf ? "leaf" : "internal")) {
        const auto at = (page - 1) * damaged.page_size();
        const auto cells = static_cast<unsigned char>(damaged.whole()[at + 4]);
        for (std::size_t cell = 0; cell < cells; ++cell)
          for (std::size_t from_end = 1; from_end <= 3; ++from_end)
            for (int byte = 0; byte < 256; ++byte)
              all.push_back({page, at + (leaf ? 8 : 12) + 2 * cell, damaged.page_size() - from_end,
                             static_cast<unsigned char>(byte)});
      }
  return all;
}

void try_across(Damaged& damaged, const std::vector<CellAcross>& all, std::size_t about) {
  for (std::size_t i = 0; i < all.size(); i += stride(all.size(), about)) {
    const auto& cell = all[i];
    string bytes = damaged.whole();
    bytes[cell.pointer] = static_cast<char>(cell.to >> 8U);
    bytes[cell.pointer + 1] = static_cast<char>(cell.to & 0xffU);
    bytes[(cell.page - 1) * damaged.page_size() + cell.to] = static_cast<char>(cell.byte);
    for (int time = 0; time < 2; ++time)
      damaged.try_one(bytes, "page " + to_string(cell.page) + ", the pointer at " + to_string(cell.pointer) +
                                 " to " + to_string(cell.to) + ", where " + to_string(cell.byte) + " is");
  }
}

}  // namespace

TEST_CASE("A page with a cell across its end is damaged for all who come to it, whatever its bytes are") {
  Damaged store;
  std::vector<string> trees;
  {
    Database db(store.copy());
    trees = db.texts("SELECT DISTINCT name FROM dbstat WHERE name <> 'sqlite_schema' ORDER BY name");
  }
  // A page of threads is come to again and again within one read.
  try_across(store, cells_across(store, {"thread"}), 60);
  try_across(store, cells_across(store, trees), 90);
  store.report();
}
