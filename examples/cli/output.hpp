// What a command answers, on stdout: an aligned table for people, or with --json one JSON document whose
// names are those of the C API's columns.
//
// Times are milliseconds in JSON, under the column's name ("sent_at_ms"); in a table they are ISO 8601 in
// UTC, under the name without the unit ("sent_at"). An empty cell is null in JSON and "-" in a table.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "handles.hpp"

namespace cli {

/// A cell; the first alternative is the empty one.
using Value = std::variant<std::monostate, bool, std::int64_t, std::string>;

/// One thing with its properties: in JSON an object, else a heading and one line.
class Record {
 public:
  Record& add(std::string name, Value value);
  void print(bool json) const;

 private:
  std::vector<std::string> names_;
  std::vector<Value> values_;
};

/// Many things of a kind, printed page by page as they come.
class Listing {
 public:
  /// `shown`: the columns of the table, all of them unless given; JSON has them all.
  Listing(bool json, std::string name, std::vector<std::string> shown = {});
  /// A property of the whole, before the list. Not after the first page.
  void add_property(std::string name, Value value);
  void add_page(const Rows& rows);
  /// At most that many rows of the page.
  void add_page(const Rows& rows, std::size_t most);
  void end();

 private:
  void begin();
  void add_json(const Rows& rows, std::size_t most);
  void add_table(const Rows& rows, std::size_t most);

  const bool json_;
  const std::string name_;
  const std::vector<std::string> shown_;
  std::vector<std::pair<std::string, Value>> properties_;
  std::vector<std::size_t> widths_;  // of the table's columns; they only grow
  bool begun_ = false;
  bool has_rows_ = false;
};

/// Makes sure that all output has arrived where it goes; throws Stop when it has not.
void flush_output();

}  // namespace cli
